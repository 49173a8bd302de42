import { assertEquals } from "@std/assert";
import { createActor, setup } from "xstate";
import { VirtualClock } from "./virtual_clock.ts";

Deno.test("timers run in order of due time, then of arming, each at its due time", () => {
  const clock = new VirtualClock();
  const ran: [string, number][] = [];
  const note = (name: string) => () => ran.push([name, clock.now()]);
  clock.setTimeout(note("c"), 30);
  clock.setTimeout(note("a"), 10);
  clock.setTimeout(note("b1"), 20);
  clock.setTimeout(note("b2"), 20);
  clock.setTimeout(note("late"), 41);
  clock.advance(40);
  assertEquals(ran, [["a", 10], ["b1", 20], ["b2", 20], ["c", 30]]);
  assertEquals([clock.now(), clock.pending], [40, 1]);
});

Deno.test("a timer that is armed while time advances runs in the same advance when it falls due", () => {
  const clock = new VirtualClock();
  const sent: number[] = [];
  const retransmit = (after: number) => {
    sent.push(clock.now());
    clock.setTimeout(() => retransmit(after * 2), after);
  };
  retransmit(500);
  clock.advance(32_000);
  assertEquals(sent, [0, 500, 1500, 3500, 7500, 15500, 31500]);
});

Deno.test("a cleared timer never runs, also when it is cleared by one that runs before it", () => {
  const clock = new VirtualClock();
  let ran = 0;
  const second = clock.setTimeout(() => ran++, 20);
  clock.setTimeout(() => clock.clearTimeout(second), 10);
  clock.clearTimeout(clock.setTimeout(() => ran++, 5));
  clock.clearTimeout(undefined);
  clock.advance(100);
  assertEquals([ran, clock.pending, clock.now()], [0, 0, 100]);
});

Deno.test("thousands of timers, armed in any order and half of them cleared, stay in order", () => {
  const clock = new VirtualClock();
  const due: number[] = [];
  let state = 1;
  for (let i = 0; i < 5000; i++) {
    state = (state * 48271) % 2147483647;
    const id = clock.setTimeout(() => due.push(clock.now()), state % 1000);
    if (i % 2 === 1) clock.clearTimeout(id);
  }
  assertEquals(clock.pending, 2500);
  clock.advance(1000);
  assertEquals(due.length, 2500);
  assertEquals(due, due.toSorted((a, b) => a - b));
});

Deno.test("advanceAsync lets what awaits arm its timers between two others", async () => {
  const clock = new VirtualClock();
  const ran: [string, number][] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  const task = async (name: string, step: number) => {
    for (let i = 0; i < 3; i++) {
      await wait(step);
      await Promise.resolve();
      ran.push([name, clock.now()]);
    }
  };
  const tasks = [task("a", 10), task("b", 15)];
  await clock.advanceAsync(45);
  await Promise.all(tasks);
  assertEquals(ran, [["a", 10], ["b", 15], ["a", 20], ["b", 30], ["a", 30], ["b", 45]]);
  assertEquals(clock.now(), 45);
});

Deno.test("XState takes it as its clock", () => {
  const machine = setup({ delays: { timerB: 32_000 } }).createMachine({
    initial: "calling",
    states: { calling: { after: { timerB: "terminated" } }, terminated: { type: "final" } },
  });
  const clock = new VirtualClock();
  const actor = createActor(machine, { clock }).start();
  clock.advance(31_999);
  assertEquals(actor.getSnapshot().value, "calling");
  clock.advance(1);
  assertEquals(actor.getSnapshot().value, "terminated");
  assertEquals(clock.pending, 0);
});
