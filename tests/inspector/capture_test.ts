// Captures of others: what Strowger would have done, and what was against the RFC.
import { assertEquals } from "@std/assert";
import { type Deed, replayCapture, withMachines } from "../../inspector/capture_replay.ts";
import { violationsOf } from "../../inspector/conformance.ts";
import { fromPcap, toPcap } from "../../inspector/pcap.ts";
import { type RecordedCall, Recording } from "../../inspector/recording.ts";
import { replay } from "../../inspector/replay.ts";
import { recordedCall } from "./recorded_call.ts";

const CALLER = { host: "192.0.2.1", port: 5060 };
const CALLEE = { host: "192.0.2.2", port: 5060 };

/** One message: when, from whom, and what it is; lines that are given take the place of others. */
interface Said {
  readonly at: number;
  readonly what: string;
  readonly by?: "callee";
  readonly lines?: Readonly<Record<string, string | undefined>>;
}

function textOf({ what, lines = {} }: Said): string {
  const isResponse = /^\d/.test(what);
  const [status = "", of = "INVITE"] = what.split(" of ");
  const method = isResponse ? of : what;
  const branch = method === "INVITE" || method === "CANCEL" ? "z9hG4bKa" : `z9hG4bK${method}`;
  const headers: Record<string, string | undefined> = {
    "Via": `SIP/2.0/UDP 192.0.2.1:5060;branch=${branch}`,
    "Max-Forwards": isResponse ? undefined : "70",
    "From": "<sip:a@192.0.2.1>;tag=a",
    "To": isResponse && status !== "100" || method === "BYE" || method === "ACK"
      ? "<sip:b@192.0.2.2>;tag=b"
      : "<sip:b@192.0.2.2>",
    "Call-ID": "c",
    "CSeq": `${method === "BYE" ? 2 : 1} ${method}`,
    "Contact": method === "INVITE" ? "<sip:x@192.0.2.1>" : undefined,
    "Content-Length": "0",
    ...lines,
  };
  const start = isResponse ? `SIP/2.0 ${status} Said` : `${method} sip:b@192.0.2.2 SIP/2.0`;
  const head = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`]
  );
  return [start, ...head, "", ""].join("\r\n");
}

function captured(messages: readonly Said[], protocol = "UDP"): RecordedCall {
  const recording = new Recording();
  for (const said of messages) {
    const isCallee = said.by === "callee" || /^\d/.test(said.what);
    recording.add({
      kind: "message",
      callId: "c",
      time: 1_700_000_000_000 + said.at,
      protocol,
      source: isCallee ? CALLEE : CALLER,
      destination: isCallee ? CALLER : CALLEE,
      octets: new TextEncoder().encode(textOf(said)),
    });
  }
  const call = recording.call("c");
  if (call === undefined) throw new TypeError("expected messages, found none");
  return call;
}

const GOOD: readonly Said[] = [
  { at: 0, what: "INVITE" },
  { at: 10, what: "100" },
  { at: 20, what: "180" },
  { at: 900, what: "200" },
  { at: 910, what: "ACK" },
  { at: 5_000, what: "BYE" },
  { at: 5_010, what: "200 of BYE" },
];

const said = (call: RecordedCall): string[] =>
  violationsOf(call).map(({ n, section, expected, found }) =>
    `${n} ${section}: ${expected}; ${found}`
  );

/** What is not the same, in a few words. */
function different(call: RecordedCall): string[] {
  return replayCapture(call).flatMap(({ role, method, deeds }) =>
    deeds.filter(({ by }: Deed) => by !== "same").map(({ by, what, time }) =>
      `${role} of ${method}: ${by} ${what} at ${time - 1_700_000_000_000}`
    )
  );
}

Deno.test("a call as it should be is neither different nor against anything", () => {
  assertEquals(said(captured(GOOD)), []);
  assertEquals(different(captured(GOOD)), []);
});

Deno.test("Strowger's own call, captured, is neither", async () => {
  const { recording } = fromPcap(toPcap((await recordedCall()).calls));
  for (const call of recording.calls) {
    assertEquals(said(call), []);
    assertEquals(different(call), []);
  }
});

/** Something that is against a rule, and what is said of it. */
const VIOLATIONS: Record<string, [messages: readonly Said[], said: readonly string[]]> = {
  "a branch without the magic cookie": [
    [{ at: 0, what: "BYE", lines: { Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=1" } }],
    ["0 RFC 3261 §8.1.1.7: a branch that begins with z9hG4bK; 1"],
  ],
  "no Max-Forwards": [
    [{ at: 0, what: "BYE", lines: { "Max-Forwards": undefined } }],
    ["0 RFC 3261 §8.1.1: Max-Forwards; none"],
  ],
  "no tag in From": [
    [{ at: 0, what: "OPTIONS", lines: { From: "<sip:a@192.0.2.1>" } }],
    ["0 RFC 3261 §8.1.1.3: a tag in From; none"],
  ],
  "no tag in the To of a response": [
    [{ at: 0, what: "OPTIONS" }, {
      at: 5,
      what: "200 of OPTIONS",
      lines: { To: "<sip:b@192.0.2.2>" },
    }],
    ["1 RFC 3261 §8.2.6.2: a tag in To; none"],
  ],
  "an INVITE without a Contact": [
    [{ at: 0, what: "INVITE", lines: { Contact: undefined } }],
    ["0 RFC 3261 §8.1.1.8: one Contact; none"],
  ],
  "a response with a branch that was never sent": [
    [{ at: 0, what: "INVITE" }, {
      at: 10,
      what: "180",
      lines: { Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKother" },
    }],
    ["1 RFC 3261 §8.2.6.2: Via's branch z9hG4bKa; z9hG4bKother"],
  ],
  "a response with another From tag": [
    [{ at: 0, what: "INVITE" }, {
      at: 10,
      what: "180",
      lines: { From: "<sip:a@192.0.2.1>;tag=z" },
    }],
    ["1 RFC 3261 §8.2.6.2: From's tag a; z"],
  ],
  "a CSeq that does not grow": [
    [
      { at: 0, what: "BYE", lines: { CSeq: "5 BYE" } },
      { at: 9, what: "INFO", lines: { CSeq: "5 INFO", To: "<sip:b@192.0.2.2>;tag=b" } },
    ],
    ["1 RFC 3261 §12.2.1.1: a CSeq number above 5; 5"],
  ],
  "a second final response": [
    [{ at: 0, what: "INVITE" }, { at: 9, what: "486" }, {
      at: 10,
      what: "ACK",
      lines: {
        Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa",
      },
    }, { at: 20, what: "603" }],
    ["3 RFC 3261 §17.2: nothing but the 486 after it; 603"],
  ],
  "a CANCEL before any provisional response": [
    [{ at: 0, what: "INVITE" }, { at: 9, what: "CANCEL" }],
    ["1 RFC 3261 §9.1: a provisional response before the CANCEL; none"],
  ],
  "an INVITE that is repeated after a response": [
    [{ at: 0, what: "INVITE" }, { at: 9, what: "180" }, { at: 500, what: "INVITE" }],
    ["2 RFC 3261 §17.1.1.2: no INVITE after its response; one more"],
  ],
  "an ACK to a failure with a branch of its own": [
    [{ at: 0, what: "INVITE" }, { at: 9, what: "486" }, { at: 10, what: "ACK" }],
    ["2 RFC 3261 §17.1.1.3: the branch z9hG4bKa; z9hG4bKACK"],
  ],
  "an ACK that never comes, and a 2xx that is not repeated": [
    [{ at: 0, what: "INVITE" }, { at: 9, what: "200" }, { at: 3_009, what: "INFO", by: "callee" }],
    [
      "1 RFC 3261 §13.2.2.4: an ACK to the 200; none in 3000 ms",
      "1 RFC 3261 §13.3.1.4: the 2xx again while no ACK comes; it was sent once",
    ],
  ],
};

for (const [name, [messages, expected]] of Object.entries(VIOLATIONS)) {
  Deno.test(`against the RFC: ${name}`, () => {
    const found = said(captured(messages));
    assertEquals(expected.filter((line) => !found.includes(line)), [], found.join("\n"));
    assertEquals(found.length, expected.length, found.join("\n"));
  });
}

Deno.test("against the RFC: a request that is repeated over TCP, but not over UDP", () => {
  const messages = [{ at: 0, what: "OPTIONS" }, { at: 500, what: "OPTIONS" }];
  assertEquals(said(captured(messages)), []);
  assertEquals(said(captured(messages, "TCP")), [
    "1 RFC 3261 §17.1.2.2: one OPTIONS over a reliable transport; 2",
  ]);
});

Deno.test("where a capture ends with the 2xx, nobody is accused of not acknowledging it", () => {
  assertEquals(said(captured(GOOD.slice(0, 4))), []);
});

Deno.test("what cannot be read is against the grammar, and stops nothing", () => {
  const call = captured([...GOOD, { at: 6_000, what: "INFO", lines: { CSeq: "x INFO" } }]);
  const [violation, ...others] = violationsOf(call);
  assertEquals(others, []);
  assertEquals([violation?.section, violation?.n], ["RFC 3261 §25.1", 7]);
});

Deno.test("Strowger would have repeated an INVITE that nobody answers", () => {
  const call = captured([{ at: 0, what: "INVITE" }, { at: 1_800, what: "486" }]);
  assertEquals(different(call).filter((line) => line.startsWith("client")), [
    "client of INVITE: ours INVITE at 500",
    "client of INVITE: ours INVITE at 1500",
    "client of INVITE: ours ACK at 1800",
  ]);
});

Deno.test("Strowger would not have repeated one that is answered", () => {
  const call = captured([{ at: 0, what: "INVITE" }, { at: 50, what: "180" }, {
    at: 500,
    what: "INVITE",
  }]);
  assertEquals(different(call).filter((line) => line.startsWith("client")), [
    "client of INVITE: captured INVITE at 500",
  ]);
});

Deno.test("Strowger would have acknowledged a 2xx each time that it comes", () => {
  const call = captured([{ at: 0, what: "INVITE" }, { at: 50, what: "200" }, {
    at: 550,
    what: "200",
  }, { at: 4_000, what: "200" }]);
  assertEquals(different(call).filter((line) => line.startsWith("client")), [
    "client of INVITE: ours ACK at 50",
    "client of INVITE: ours ACK at 550",
    "client of INVITE: ours ACK at 4000",
  ]);
});

Deno.test("Strowger would have said 100 where a callee takes its time", () => {
  const call = captured([{ at: 0, what: "INVITE" }, { at: 490, what: "180" }]);
  assertEquals(different(call), ["server of INVITE: ours 100 at 200"]);
});

Deno.test("Strowger would have repeated a failure until its ACK", () => {
  const call = captured([{ at: 0, what: "INVITE" }, { at: 50, what: "486" }, {
    at: 1_700,
    what: "INFO",
  }]);
  assertEquals(different(call).filter((line) => line.startsWith("server of INVITE")), [
    "server of INVITE: ours 486 at 550",
    "server of INVITE: ours 486 at 1550",
  ]);
});

Deno.test("a capture with the machines that play it is a recording that goes again", () => {
  const call = withMachines(captured([...GOOD, { at: 9_000, what: "INFO", lines: { CSeq: "x" } }]));
  const { actors, differences, unplayed } = replay(call);
  assertEquals([actors, differences, unplayed], [4, [], []]);
  const messages = call.entries.filter(({ kind }) => kind === "message");
  assertEquals(messages.length, 2 * (GOOD.length + 1));
});
