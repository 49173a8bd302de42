import { assert, assertEquals } from "@std/assert";
import { TimerWheel, type WheelTimer } from "../../transports/timer_wheel.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** A wheel on a virtual clock, and what its timers have done. */
function wheelOf() {
  const runtime = new VirtualClock();
  const wheel = new TimerWheel(runtime);
  const ran: string[] = [];
  const arm = (name: string, ms: number, then: () => void = () => {}): WheelTimer =>
    wheel.setTimeout(() => {
      ran.push(`${name} at ${runtime.now()}`);
      then();
    }, ms);
  return { runtime, wheel, ran, arm };
}

Deno.test("a timer runs once, at its time", () => {
  const { runtime, ran, arm } = wheelOf();
  arm("T1", 500);
  runtime.advance(499);
  assertEquals(ran, []);
  runtime.advance(1);
  assertEquals(ran, ["T1 at 500"]);
  runtime.advance(100_000);
  assertEquals(ran, ["T1 at 500"]);
  assertEquals(runtime.pending, 0);
});

Deno.test("it is never early, and late by less than 10 ms", () => {
  const { runtime, wheel } = wheelOf();
  let open = 0;
  for (let ms = 0; ms < 300; ms++) {
    runtime.advance(3);
    const armedAt = runtime.now();
    open++;
    wheel.setTimeout(() => {
      open--;
      const waited = runtime.now() - armedAt;
      assert(waited >= ms && waited < ms + 10, `${ms} ms took ${waited}`);
    }, ms);
  }
  runtime.advance(1_000);
  assertEquals(open, 0);
});

Deno.test("timers of one time run in the order in which they were armed, others in that of time", () => {
  const { runtime, ran, arm } = wheelOf();
  arm("later", 32_000);
  arm("first", 500);
  arm("second", 500);
  arm("soon", 20);
  runtime.advance(40_000);
  assertEquals(ran, ["soon at 20", "first at 500", "second at 500", "later at 32000"]);
});

Deno.test("the runtime has one timer, and none when nothing is armed", () => {
  const { runtime, wheel, arm } = wheelOf();
  const armed = Array.from({ length: 1000 }, (_, i) => arm(`${i}`, 32_000 + i));
  assertEquals(runtime.pending, 1);
  arm("earlier", 100);
  assertEquals(runtime.pending, 1);
  for (const timer of armed) wheel.clearTimeout(timer);
  assertEquals(runtime.pending, 1);
  runtime.advance(100);
  assertEquals(runtime.pending, 0);
});

Deno.test("a timer that is disarmed does not run; disarming it again, or after it ran, does nothing", () => {
  const { runtime, wheel, ran, arm } = wheelOf();
  const gone = arm("gone", 500);
  const kept = arm("kept", 500);
  wheel.clearTimeout(gone);
  wheel.clearTimeout(gone);
  wheel.clearTimeout(undefined);
  runtime.advance(500);
  wheel.clearTimeout(kept);
  assertEquals(ran, ["kept at 500"]);
  arm("next", 500);
  runtime.advance(500);
  assertEquals(ran, ["kept at 500", "next at 1000"]);
});

Deno.test("a timer may disarm others that are due with it, all that are left, and arm new ones", () => {
  const { runtime, wheel, ran, arm } = wheelOf();
  arm("one", 500, () => {
    wheel.clearTimeout(two);
    arm("three", 0);
  });
  const two = arm("two", 500);
  runtime.advance(520);
  assertEquals(ran, ["one at 500", "three at 510"]);
  assertEquals(runtime.pending, 0);
});

Deno.test("a timer that arms itself again without delay does not stop the others", () => {
  const { runtime, ran, arm } = wheelOf();
  const again = (): void => void arm("again", 0, again);
  again();
  arm("other", 25);
  runtime.advance(30);
  assertEquals(ran, ["again at 0", "again at 10", "again at 20", "other at 30", "again at 30"]);
});

Deno.test("what a runtime runs while it sets a timer may use the wheel, too", () => {
  const runtime = new VirtualClock();
  let meanwhile = (): void => {};
  const wheel = new TimerWheel({
    setTimeout: (run, ms) => {
      const first = meanwhile;
      meanwhile = () => {};
      first();
      return runtime.setTimeout(run, ms);
    },
    clearTimeout: (handle) => runtime.clearTimeout(handle),
    now: () => runtime.now(),
  });
  const ran: string[] = [];
  meanwhile = () => {
    wheel.clearTimeout(wheel.setTimeout(() => ran.push("never"), 100));
    wheel.setTimeout(() => ran.push(`inner at ${runtime.now()}`), 200);
  };
  const outer = wheel.setTimeout(() => ran.push(`outer at ${runtime.now()}`), 1_000);
  runtime.advance(300);
  assertEquals(ran, ["inner at 200"]);
  assertEquals(runtime.pending, 1);
  wheel.clearTimeout(outer);
  assertEquals(runtime.pending, 0);
});

Deno.test("what is due after more than the runtime counts is waited for all the same", () => {
  const { runtime, ran, arm } = wheelOf();
  arm("in 50 days", 50 * 86_400_000);
  runtime.advance(50 * 86_400_000 - 1);
  assertEquals(ran, []);
  runtime.advance(1);
  assertEquals(ran.length, 1);
});

Deno.test("as a clock of its own, beside one that is known to be right: 20,000 random timers", () => {
  const { runtime, wheel } = wheelOf();
  const truth = new VirtualClock();
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const ran: number[] = [];
  const expected: number[] = [];
  const armed: [WheelTimer, number][] = [];
  for (let id = 0; id < 20_000; id++) {
    const ms = 10 + 10 * random(3_300);
    armed.push([
      wheel.setTimeout(() => ran.push(id), ms),
      truth.setTimeout(() => expected.push(id), ms),
    ]);
    if (random(3) > 0) {
      const [timer, handle] = armed[random(armed.length)] ?? [];
      wheel.clearTimeout(timer);
      truth.clearTimeout(handle);
    }
    if (random(4) === 0) {
      runtime.advance(10);
      truth.advance(10);
    }
  }
  runtime.advance(40_000);
  truth.advance(40_000);
  assert(ran.length > 5_000);
  assertEquals(ran, expected);
  assertEquals(runtime.pending, 0);
});
