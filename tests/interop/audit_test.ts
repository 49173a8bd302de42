import { assertEquals } from "@std/assert";
import { auditCall } from "./audit.ts";
import { parseLoggedMessage } from "./message_log.ts";

const INVITE = `INVITE sip:callee@127.0.0.1:5070 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport
Max-Forwards: 70
From: <sip:engine@127.0.0.1>;tag=engine
To: <sip:callee@127.0.0.1>
Call-ID: call
CSeq: 1 INVITE
Contact: <sip:engine@127.0.0.1:5060>
Content-Length: 0

`;

const ACCEPT = `SIP/2.0 200 OK
Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport
From: <sip:engine@127.0.0.1>;tag=engine
To: <sip:callee@127.0.0.1>;tag=sipp
Call-ID: call
CSeq: 1 INVITE
Contact: <sip:callee@127.0.0.1:5090>
Content-Length: 0

`;

const ACK = `ACK sip:callee@127.0.0.1:5090 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK2;rport
Max-Forwards: 70
From: <sip:engine@127.0.0.1>;tag=engine
To: <sip:callee@127.0.0.1>;tag=sipp
Call-ID: call
CSeq: 1 ACK
Content-Length: 0

`;

const BYE = ACK.replace("z9hG4bK2", "z9hG4bK3").replaceAll("ACK", "BYE").replace("1 BYE", "2 BYE");
const REFUSAL = ACCEPT.replace("200 OK", "486 Busy Here");
const REFUSAL_ACK = ACK.replace("5090", "5070").replace("z9hG4bK2", "z9hG4bK1");
const CANCEL = INVITE.replaceAll("INVITE", "CANCEL");

/** Audits a call in which the engine calls SIPp, whose messages are the responses. */
function audit(...texts: string[]): string[] {
  return auditCall(texts.map(read(false))).complaints;
}

function read(isEngineCalled: boolean) {
  return (text: string) => {
    const isResponse = text.startsWith("SIP/2.0");
    return parseLoggedMessage(text.replaceAll("\n", "\r\n"), isResponse !== isEngineCalled);
  };
}

Deno.test("an audit has nothing to say of calls that are right", () => {
  assertEquals(audit(INVITE, ACCEPT, ACK, BYE), []);
  assertEquals(audit(INVITE, REFUSAL, REFUSAL_ACK), []);
  assertEquals(audit(INVITE, CANCEL, REFUSAL, REFUSAL_ACK), []);
});

Deno.test("an audit counts repetitions", () => {
  const messages = [INVITE, INVITE, ACCEPT, ACK, ACCEPT, ACK].map(read(false));
  assertEquals(auditCall(messages).repeated, 2);
});

for (
  const [mistake, call, complaint] of [
    [
      "a body that is not counted",
      [INVITE.replace("\n\n", "\nContent-Type: a/b\n\nv=0")],
      "INVITE: Content-Length 0, expected 3",
    ],
    [
      "an ACK with a foreign To-tag",
      [INVITE, ACCEPT, ACK.replace("=sipp", "=other")],
      "ACK: To tag other, expected one of the peer's",
    ],
    [
      "an ACK to a 2xx with the INVITE's branch",
      [INVITE, ACCEPT, ACK.replace("z9hG4bK2", "z9hG4bK1")],
      "ACK: a branch of its own false, expected true",
    ],
    [
      "an ACK to a 2xx that does not go to the Contact",
      [INVITE, ACCEPT, ACK.replace("5090", "5070")],
      "ACK: Request-URI sip:callee@127.0.0.1:5070, expected sip:callee@127.0.0.1:5090",
    ],
    [
      "an ACK with a CSeq of its own",
      [INVITE, ACCEPT, ACK.replace("1 ACK", "2 ACK")],
      "ACK: an INVITE with its CSeq false, expected true",
    ],
    [
      "a BYE with the INVITE's CSeq",
      [INVITE, ACCEPT, ACK, BYE.replace("2 BYE", "1 BYE")],
      "BYE: a CSeq above those before false, expected true",
    ],
    [
      "an ACK to a failure with a branch of its own",
      [INVITE, REFUSAL, REFUSAL_ACK.replace("z9hG4bK1", "z9hG4bK9")],
      "ACK: branch z9hG4bK9, expected z9hG4bK1",
    ],
    [
      "a CANCEL with another From-tag",
      [INVITE, CANCEL.replace("tag=engine", "tag=other")],
      "CANCEL: from <sip:engine@127.0.0.1>;tag=other, expected <sip:engine@127.0.0.1>;tag=engine",
    ],
  ] as const
) {
  Deno.test(`an audit finds ${mistake}`, () => assertEquals(audit(...call), [complaint]));
}

for (
  const [mistake, response, complaint] of [
    [
      "a response with another Via",
      ACCEPT.replace(";rport", ""),
      "200 to 1 INVITE: via SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1, " +
      "expected SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport",
    ],
    [
      "a response to nothing",
      ACCEPT.replace("1 INVITE", "7 INVITE"),
      "200 to 7 INVITE: a request that it answers false, expected true",
    ],
    [
      "a 2xx without Contact",
      ACCEPT.replace(/Contact.*\n/, ""),
      "200 to 1 INVITE: a Contact false, expected true",
    ],
  ] as const
) {
  Deno.test(`an audit finds ${mistake}`, () => {
    assertEquals(auditCall([INVITE, response].map(read(true))).complaints, [complaint]);
  });
}

const ROUTED = ACCEPT.replace(
  "Contact",
  "Record-Route: <sip:b.example;lr>\nRecord-Route: <sip:a.example;lr>\nContact",
);
const ROUTED_ACK = ACK.replace("Max-", "Route: <sip:a.example;lr>, <sip:b.example;lr>\nMax-");

Deno.test("an audit follows the route set of a caller, which is reversed (RFC 3261 §12.1.2)", () => {
  assertEquals(audit(INVITE, ROUTED, ROUTED_ACK), []);
  assertEquals(audit(INVITE, ROUTED, ACK), [
    "ACK: Route , expected <sip:a.example;lr>, <sip:b.example;lr>",
  ]);
});

Deno.test("an audit follows the remote target (RFC 3261 §12.2.1.2)", () => {
  const reInvite = ACK.replaceAll("ACK", "INVITE").replace("1 INVITE", "2 INVITE")
    .replace("z9hG4bK2", "z9hG4bK4").replace(
      "Content-",
      "Contact: <sip:engine@127.0.0.1>\nContent-",
    );
  const moved = ACCEPT.replace("5090", "6090").replace("z9hG4bK1", "z9hG4bK4")
    .replace("1 INVITE", "2 INVITE");
  const ack = ACK.replace("5090", "6090").replace("1 ACK", "2 ACK").replace("z9hG4bK2", "z9hG4bK5");
  assertEquals(audit(INVITE, ACCEPT, ACK, reInvite, moved, ack), []);
  assertEquals(audit(INVITE, ACCEPT, ACK, reInvite, moved, ack.replace("6090", "5090")), [
    "ACK: Request-URI sip:callee@127.0.0.1:5090, expected sip:callee@127.0.0.1:6090",
  ]);
});

Deno.test("an audit finds a PRACK for a response that never came (RFC 3262 §7.2)", () => {
  const prack = ACK.replaceAll("ACK", "PRACK").replace("1 PRACK", "2 PRACK")
    .replace("Content-", "RAck: 1 1 INVITE\nContent-");
  const reliable = ACCEPT.replace("200 OK", "180 Ringing").replace("Content-", "RSeq: 1\nContent-");
  assertEquals(audit(INVITE, reliable, prack), []);
  assertEquals(audit(INVITE, reliable, prack.replace("RAck: 1", "RAck: 2")), [
    "PRACK: a response that RAck names false, expected true",
  ]);
});

Deno.test("an audit finds credentials that an ACK lacks (RFC 3261 §22.1)", () => {
  const invite = INVITE.replace("Content-", "Authorization: Digest x\nContent-");
  assertEquals(audit(invite, ACCEPT, ACK), ["ACK: authorization , expected Digest x"]);
});
