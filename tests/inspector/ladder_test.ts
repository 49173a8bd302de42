// Ladders: what is drawn of a call, in a terminal, as SVG and for Mermaid.
import { assert, assertEquals } from "@std/assert";
import { URI, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { ladderMermaid, ladderOf, ladderSvg, ladderText } from "../../inspector/ladder.ts";
import { Recorder } from "../../inspector/recorder.ts";
import { Recording } from "../../inspector/recording.ts";
import { widthOf } from "../../inspector/shown_text.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { endpoint, type Line, made, recordingOf } from "./made_messages.ts";

// deno-lint-ignore no-control-regex
const ESCAPES = /\x1b\[\d+m/g;

function textOf(recording: Recording, columns = 80): string[] {
  return ladderText(ladderOf(recording.calls), { columns }).split("\n").slice(0, -1);
}

/** A call that is refused, between two cores in one recording. */
function refused(): Recorder {
  const recorder = new Recorder({ now: () => 1_700_000_000_000 });
  const network = new MemoryNetwork({ deliver: (run) => run() });
  const clock = new VirtualClock();
  const made = (host: string, name: string) =>
    recorder.watch({ transports: [network.transport({ host, port: 5060 })], clock }, name);
  const alice = new UserAgentCore(made("a.example", "alice"));
  new UserAgentCore(made("b.example", "bob"), {
    onInvite: (request) => void request.reject({ statusCode: 486 }),
  });
  const to = URI.parse("sip:bob@b.example");
  alice.invite(alice.makeOutgoingRequestMessage("INVITE", to, URI.parse("sip:a@a.example"), to));
  return recorder;
}

Deno.test("a call of two cores: each message once, and what it moved on both sides", () => {
  assertEquals(textOf(refused()), [
    "    ms     alice a.example:5060 │                   │ bob b.example:5060",
    "                                │                   │",
    "     0     inviteClient calling │───── INVITE ─────▶│ inviteServer proceeding",
    "     0   inviteClient completed │◀─ 486 Busy Here ──│ inviteServer completed",
    "     0                          │────── ACK ───────▶│ inviteServer confirmed",
  ]);
});

Deno.test("a ladder fits its terminal, and says the same with colours and without", () => {
  const ladder = ladderOf(refused().calls);
  for (const columns of [40, 60, 80, 100, 120, 200]) {
    const plain = ladderText(ladder, { columns });
    for (const line of plain.split("\n")) assert(widthOf(line) <= columns, `${columns}: ${line}`);
    const colored = ladderText(ladder, { columns, color: true });
    assertEquals(colored.replace(ESCAPES, ""), plain);
    assertEquals(colored.split("\x1b[31m").length, 2, "486 in red, and nothing else");
  }
  assert(ladderText(ladder, { columns: 120 }).includes("486 Busy Here"));
});

const FORK: Line[] = [
  ["alice", "proxy", "alice", { first: "INVITE" }],
  ["proxy", "alice", "alice", { first: "180 Ringing", toTag: "b1" }],
  ["proxy", "alice", "alice", { first: "180 Ringing", toTag: "b2" }],
  ["proxy", "alice", "alice", { first: "200 OK", toTag: "b2" }],
  ["alice", "bob2", "alice", { first: "ACK", toTag: "b2", cseq: "1 ACK" }],
  ["alice", "bob2", "alice", { first: "BYE", toTag: "b2", cseq: "2 BYE" }],
  ["bob2", "alice", "alice", { first: "200 OK", toTag: "b2", cseq: "2 BYE" }],
];

Deno.test("a fork: branches have numbers, and who answers by another way has a line", () => {
  const ladder = ladderOf(recordingOf(FORK).calls);
  assertEquals(ladder.participants.map(({ name }) => name), ["alice", "proxy:5060", "bob2:5060"]);
  assertEquals(ladder.rows.map((row) => row.type === "arrow" && [row.from, row.to, row.label]), [
    [0, 1, "INVITE"],
    [1, 0, "180 Ringing [1]"],
    [1, 0, "180 Ringing [2]"],
    [1, 0, "200 OK [2]"],
    [0, 2, "ACK [2]"],
    [0, 2, "BYE [2]"],
    [2, 0, "200 OK (BYE) [2]"],
  ]);
  const ack = textOf(recordingOf(FORK))[6] ?? "";
  assertEquals([...ack].filter((each) => each === "│").length, 2, "it crosses the proxy's line");
});

Deno.test("both sides of a B2BUA stand in one ladder", () => {
  const other = "2@b2b.example";
  const recording = recordingOf([
    ["alice", "b2b", "b2b", { first: "INVITE" }],
    ["b2b", "bob", "b2b", { first: "INVITE", callId: other }],
    ["bob", "b2b", "b2b", { first: "200 OK", callId: other, toTag: "b" }],
    ["b2b", "alice", "b2b", { first: "200 OK", toTag: "c" }],
  ]);
  const ladder = ladderOf(recording.calls);
  assertEquals(ladder.participants.map(({ name }) => name), ["alice:5060", "b2b", "bob:5060"]);
  assertEquals(ladder.rows.map((row) => row.type === "arrow" && [row.from, row.to]), [
    [0, 1],
    [1, 2],
    [2, 1],
    [1, 0],
  ]);
});

Deno.test("what was sent again, and what did not arrive, can be seen", () => {
  const recording = recordingOf([
    ["alice", "bob", "alice", { first: "INVITE" }],
    ["alice", "bob", "alice", { first: "INVITE" }],
    ["alice", "bob", "bob", { first: "INVITE" }],
    ["bob", "alice", "bob", { first: "486 No", toTag: "b" }],
  ]);
  const rows = ladderOf(recording.calls).rows.filter((row) => row.type === "arrow");
  assertEquals(rows.map(({ isRepeated, isLost }) => [isRepeated, isLost]), [
    [false, false],
    [true, true],
    [false, true],
  ]);
  const lines = textOf(recording);
  assert(lines[3]?.includes("INVITE ↻ ") && lines[3].includes("×│"), lines[3]);
  assert(lines[4]?.includes("│×"), lines[4]);
});

Deno.test("where something was dropped, nothing is said to be lost", () => {
  const recording = new Recording({ maxEntries: 2 });
  for (
    const [from, to, core, message] of [FORK[0], FORK[1], FORK[2]].flatMap((e) => e ? [e] : [])
  ) {
    const common = { kind: "message", callId: "1", time: 0, protocol: "UDP", core } as const;
    const ends = { source: endpoint(from), destination: endpoint(to) };
    recording.add({ ...common, ...ends, direction: "out", octets: made(message) });
  }
  const rows = ladderOf(recording.calls).rows.filter((row) => row.type === "arrow");
  assertEquals(rows.map(({ isLost }) => isLost), [false, false]);
});

Deno.test("errors are shown, delegates and timers where asked for, and what was dropped", () => {
  const recorder = new Recorder({ now: () => 1_700_000_000_000, maxEntries: 20 });
  const network = new MemoryNetwork({ deliver: (run) => run() });
  const clock = new VirtualClock();
  const transports = [network.transport({ host: "a.example", port: 5060 })];
  const onError = () => {};
  const alice = new UserAgentCore(recorder.watch({ transports, clock, onError }, "alice"));
  const to = URI.parse("sip:bob@b.example");
  alice.invite(alice.makeOutgoingRequestMessage("INVITE", to, to, to), {
    onReject: () => {
      throw new Error("a guest's mistake");
    },
  });
  clock.advance(32_000);
  const say = (options = {}) =>
    ladderOf(recorder.calls, options).rows
      .flatMap((row) => row.type === "remark" ? [row.text] : []);
  assertEquals(say().filter((text) => !text.includes("dropped")), [
    "delegate: onReject failed: a guest's mistake",
  ]);
  assert(say().some((text) => /^\d+ entries were dropped$/.test(text)));
  const all = say({ delegates: true, timers: true });
  assert(all.includes("onReject()") && all.includes("timerB fires"), `${all}`);
});

Deno.test("text from the network does nothing to a terminal or a page", () => {
  const recording = recordingOf([
    ["alice", "bob", "alice", { first: "INVITE" }],
    ["bob", "alice", "alice", { first: '486 \x1b[2J\u202e<b>&"; end #1' }],
  ]);
  const ladder = ladderOf(recording.calls);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x09\x0b-\x1f\u202e]/.exec(ladderText(ladder)), null);
  const svg = ladderSvg(ladder);
  assertEquals(svg.includes("<b>"), false);
  assert(svg.includes("&#60;b&#62;&#38;"));
  const line = ladderMermaid(ladder).split("\n").find((each) => each.includes("486")) ?? "";
  assertEquals(line, "  p1-->>p0: 486 ·[2J·#60;b#62;#38;#34;#59; end #35;1");
});

Deno.test("as SVG: a line for each participant, an arrow for each message, nothing from elsewhere", () => {
  const svg = ladderSvg(ladderOf(recordingOf(FORK).calls));
  assertEquals(svg.split('<line class="line"').length - 1, 3);
  assertEquals(svg.split('<path class="h ').length - 1, FORK.length);
  assertEquals(svg.match(/https?:[^"]*/g), ["http://www.w3.org/2000/svg"]);
  assert(svg.includes("prefers-color-scheme:dark"));
});

Deno.test("for Mermaid: requests and responses, states, and what was lost", () => {
  const text = ladderMermaid(ladderOf(refused().calls));
  assertEquals(text.split("\n").slice(0, 8), [
    "sequenceDiagram",
    "  participant p0 as alice a.example#58;5060",
    "  participant p1 as bob b.example#58;5060",
    "  p0->>p1: INVITE",
    "  Note over p0: inviteClient calling",
    "  Note over p1: inviteServer proceeding",
    "  p1-->>p0: 486 Busy Here",
    "  Note over p1: inviteServer completed",
  ]);
});

Deno.test("wide characters, a reason that is too long, a recording of nothing", () => {
  const recording = recordingOf([
    ["alice", "bob", "alice", { first: "INVITE" }],
    ["bob", "alice", "alice", { first: "486 忙碌中忙碌中忙碌中忙碌中忙碌中忙碌中忙碌中忙碌中" }],
  ]);
  const lines = textOf(recording, 60);
  assert(lines.every((line) => widthOf(line) <= 60));
  assert(lines[3]?.includes("486 忙"));
  assertEquals(ladderText(ladderOf([])), "");
  assertEquals(ladderMermaid(ladderOf([])), "sequenceDiagram\n");
});
