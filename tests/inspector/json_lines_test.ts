// A recording as JSON Lines: what was recorded comes back, and what is no recording is refused.
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError, URI, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { fromJsonLines, toJsonLines } from "../../inspector/json_lines.ts";
import { Recorder } from "../../inspector/recorder.ts";
import type { Recording } from "../../inspector/recording.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { recordingOf } from "./made_messages.ts";

const HEADER = '{"format":"strowger-recording","version":1}\n';

function textOf(recording: Recording): string {
  return [...toJsonLines(recording.calls)].join("");
}

Deno.test("every kind of entry comes back as it was", () => {
  const recorder = new Recorder();
  const network = new MemoryNetwork({ deliver: (run) => run() });
  const clock = new VirtualClock();
  const transports = [network.transport({ host: "a.example", port: 5060 })];
  const core = new UserAgentCore(
    recorder.watch({ transports, clock, onError: () => {} }, "alice"),
  );
  const to = URI.parse("sip:bob@b.example");
  const request = core.invite(core.makeOutgoingRequestMessage("INVITE", to, to, to), {
    onReject: () => {
      throw new Error("a guest's mistake");
    },
  });
  request.cancel();
  clock.advance(64_000);
  const kinds = new Set(recorder.calls.flatMap(({ entries }) => entries.map(({ kind }) => kind)));
  assertEquals([...kinds].sort(), [
    "delegate",
    "error",
    "event",
    "message",
    "start",
    "timer",
    "transition",
  ]);
  const again = fromJsonLines(textOf(recorder));
  for (const { callId, entries } of recorder.calls) {
    assertEquals(again.call(callId)?.entries, entries);
  }
});

Deno.test("octets that are no UTF-8 come back, and so does a byte order mark", () => {
  for (const body of [[0xff, 0x00, 0xfe, 0x80], [0xef, 0xbb, 0xbf, 0x61]]) {
    const recording = recordingOf([["a", "b", "a", { first: "MESSAGE", cseq: "1 MESSAGE" }]]);
    const [entry] = recording.call("1@a.example")?.entries ?? [];
    if (entry?.kind !== "message") throw new Error("expected a message");
    const octets = Uint8Array.from([...entry.octets, ...body]);
    recording.clear();
    recording.add({ ...entry, octets });
    const [again] = fromJsonLines(textOf(recording)).call("1@a.example")?.entries ?? [];
    assertEquals(again?.kind === "message" ? again.octets : undefined, octets);
  }
});

Deno.test("the example in the docs is read", async () => {
  const docs = await Deno.readTextFile(new URL("../../docs/recording.md", import.meta.url));
  const [, example = ""] = /## An example\n\n```json\n([^`]*)```/.exec(docs) ?? [];
  assertEquals(fromJsonLines(example).call("x7f")?.entries.map(({ kind }) => kind), [
    "timer",
    "message",
    "delegate",
  ]);
});

Deno.test("what was dropped stays known", () => {
  const recorder = new Recorder({ maxEntries: 4 });
  for (let i = 0; i < 10; i++) {
    recorder.add({ kind: "delegate", callId: "1", time: i, method: "onProgress" });
  }
  const again = fromJsonLines(textOf(recorder)).call("1");
  assertEquals(again?.entries.map(({ n }) => n), [0, 1, 8, 9]);
  assertEquals(again?.dropped, 6);
});

Deno.test("lines may come one by one, with CR, and with what later versions have", () => {
  const later = [
    HEADER.trim(),
    '{"kind":"delegate","callId":"1","n":0,"time":0,"method":"onAck","colour":"green"}\r',
    '{"kind":"picture","callId":"1","n":1,"time":0}',
    "",
  ];
  for (const text of [later, later.join("\n")]) {
    assertEquals(fromJsonLines(text).call("1")?.entries.length, 1);
  }
});

Deno.test("limits hold for what is read", () => {
  const line = (i: number) =>
    `{"kind":"delegate","callId":"${i}","n":0,"time":0,"method":"onAck"}\n`;
  const text = HEADER + Array.from({ length: 50 }, (_, i) => line(i)).join("");
  const recording = fromJsonLines(text, { maxCalls: 10 });
  assertEquals([recording.calls.length, recording.droppedCalls], [10, 40]);
});

const MESSAGE = '"kind":"message","callId":"1","n":0,"time":0,"protocol":"UDP"';
const ENDS = '"source":{"host":"a"},"destination":{"host":"b"}';
const REFUSED: [text: string, where: string][] = [
  ["", "line 1: expected"],
  ["nonsense", "line 1: expected a JSON object, found nonsense"],
  ["[]", "line 1: expected a JSON object"],
  ['{"format":"other"}', 'line 1, format: expected "strowger-recording", found other'],
  ['{"format":"strowger-recording","version":2}', "line 1, version: expected 1, found 2"],
  [`${HEADER}{`, "line 2: expected a JSON object"],
  [`${HEADER}{"kind":"delegate","callId":1}`, "line 2, callId: expected a string, found 1"],
  [`${HEADER}{"kind":"delegate","callId":"1","n":-1}`, "line 2, n: expected"],
  [`${HEADER}{"kind":"delegate","callId":"1","n":0,"time":"0"}`, "line 2, time: expected a number"],
  [`${HEADER}{${MESSAGE}}`, "line 2, source: expected an object, found undefined"],
  [`${HEADER}{${MESSAGE},${ENDS}}`, "line 2, text: expected a string, or base64"],
  [`${HEADER}{${MESSAGE},${ENDS},"base64":"?"}`, "line 2, base64: expected base64"],
  [`${HEADER}{${MESSAGE},${ENDS},"direction":"up"}`, 'line 2, direction: expected "in" or "out"'],
  [
    `${HEADER}{${MESSAGE},"source":{"host":"a","port":65536}}`,
    "line 2, source.port: expected 0 to 65535, found 65536",
  ],
  [
    `${HEADER}{"kind":"start","callId":"1","n":0,"time":0,"actor":"x","machine":"m","state":4}`,
    "line 2, state: expected",
  ],
  [
    `${HEADER}{"kind":"start","callId":"1","n":0,"time":0,"actor":"x","machine":"m","state":${
      '{"a":'.repeat(5_000)
    }"b"${"}".repeat(5_000)}}`,
    "line 2, state: expected",
  ],
  [
    `${HEADER}{"kind":"transition","callId":"1","n":0,"time":0,"actor":"x","machine":"m","edges":[1]}`,
    "line 2, edges: expected an object, found 1",
  ],
];

for (const [text, where] of REFUSED) {
  Deno.test(`refused: ${where}`, () => {
    assertThrows(() => fromJsonLines(text), InvalidArgumentError, where);
  });
}
