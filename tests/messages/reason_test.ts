// Reason: RFC 3326.
import { assertEquals } from "@std/assert";
import { type IncomingMessage, parseMessage, reasonsOf } from "@strowger/sip";

function cancelWith(...lines: string[]): IncomingMessage {
  const parsed = parseMessage(
    new TextEncoder().encode([
      "CANCEL sip:bob@bob.example SIP/2.0",
      "Via: SIP/2.0/UDP alice.example;branch=z9hG4bK1",
      "From: <sip:alice@alice.example>;tag=1",
      "To: <sip:bob@bob.example>",
      "Call-ID: 1",
      "CSeq: 1 CANCEL",
      ...lines,
      "",
      "",
    ].join("\r\n")),
  );
  if (parsed.kind === "fault") throw new Error(`${parsed}`);
  return parsed;
}

Deno.test("several reasons, of several protocols, in one line and in two", () => {
  const sip = { protocol: "SIP", cause: 200, text: "Call completed elsewhere" };
  const q850 = { protocol: "Q.850", cause: 16, text: undefined };
  assertEquals(
    reasonsOf(cancelWith('Reason: sip;cause=200;text="Call completed elsewhere", Q.850;cause=16')),
    [sip, q850],
  );
  assertEquals(
    reasonsOf(cancelWith(
      "reason: q.850 ; cause = 16",
      'REASON: SIP ;cause=200 ;text="Call completed elsewhere"',
    )),
    [q850, sip],
  );
});

Deno.test("a reason without a cause, or with one that is no number, or with more", () => {
  assertEquals(
    reasonsOf(cancelWith("Reason: SIP", "Reason: Preemption;cause=x;text=ours;more")),
    [
      { protocol: "SIP", cause: undefined, text: undefined },
      { protocol: "PREEMPTION", cause: undefined, text: "ours" },
    ],
  );
});

// §2: "An implementation is free to ignore Reason values that it does not understand."
Deno.test("none, and one that cannot be read: nothing is told", () => {
  assertEquals(reasonsOf(cancelWith()), []);
  assertEquals(reasonsOf(cancelWith("Reason: ;cause=1")), []);
  assertEquals(reasonsOf(cancelWith('Reason: SIP;text="open')), []);
});
