// What a recording keeps, and that it is bounded.
import { assertEquals } from "@std/assert";
import { Recording } from "../../inspector/recording.ts";

function told(callId: string, method = "onTrying") {
  return { kind: "delegate", callId, time: 0, method } as const;
}

function message(callId: string, size: number) {
  const end = { host: "192.0.2.1", port: 5060 };
  const octets = new Uint8Array(size);
  return {
    kind: "message",
    callId,
    time: 0,
    protocol: "UDP",
    source: end,
    destination: end,
    octets,
  } as const;
}

Deno.test("beyond the limit, the call goes that has been quiet for longest", () => {
  const recording = new Recording({ maxCalls: 2 });
  for (const callId of ["a", "b", "a", "c"]) recording.add(told(callId));
  assertEquals(recording.calls.map(({ callId }) => callId), ["a", "c"]);
  assertEquals(recording.droppedCalls, 1);
});

Deno.test("of a call with too many entries, the first and the last are kept", () => {
  const recording = new Recording({ maxEntries: 6 });
  for (let i = 0; i < 100; i++) recording.add(told("a"));
  const call = recording.call("a");
  assertEquals(call?.entries.map(({ n }) => n), [0, 1, 2, 97, 98, 99]);
  assertEquals(call?.dropped, 94);
});

Deno.test("of a call with too many octets, too; one message that is too large is not kept", () => {
  const recording = new Recording({ maxOctets: 10_000 });
  for (let i = 0; i < 100; i++) recording.add(message("a", 1_000));
  const call = recording.call("a");
  const octets = call?.entries.reduce((sum, e) => sum + (e.kind === "message" ? 1_256 : 0), 0) ?? 0;
  assertEquals(octets <= 10_000 && octets > 8_000, true);
  assertEquals([call?.entries[0]?.n, call?.entries.at(-1)?.n], [0, 99]);
  recording.add(message("b", 20_000));
  assertEquals(recording.call("b")?.entries, []);
  assertEquals(recording.call("b")?.dropped, 1);
});

Deno.test("a Call-ID without end is cut, and finds its call all the same", () => {
  const recording = new Recording();
  const callId = "x".repeat(60_000);
  recording.add(told(callId));
  assertEquals(recording.call(callId)?.callId.length, 1024);
});

Deno.test("listeners hear every entry, one that throws disturbs none", () => {
  const recording = new Recording({ maxEntries: 1 });
  const heard: number[] = [];
  const { warn } = console;
  const warned: unknown[] = [];
  console.warn = (line) => void warned.push(line);
  try {
    recording.subscribe(() => {
      throw new Error("a guest's mistake");
    });
    const stop = recording.subscribe(({ n }) => void heard.push(n));
    for (let i = 0; i < 3; i++) recording.add(told("a"));
    stop();
    recording.add(told("a"));
  } finally {
    console.warn = warn;
  }
  assertEquals(heard, [0, 1, 2]);
  assertEquals(warned.length, 4);
});

Deno.test("what is cleared is gone", () => {
  const recording = new Recording();
  for (const callId of ["a", "b", "c"]) recording.add(told(callId));
  recording.clear("b");
  assertEquals(recording.calls.map(({ callId }) => callId), ["a", "c"]);
  recording.clear();
  assertEquals(recording.calls, []);
});
