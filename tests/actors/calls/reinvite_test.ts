// A re-INVITE of this side: RFC 3261 §14.1, RFC 5057 §5.1.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  InvalidArgumentError,
  InvalidStateError,
  type OutgoingInviteRequest,
  type RequestOptions,
} from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { sdp, TIMER_B } from "../../support/exchange.ts";

/** A call of this side with an offer and an answer. */
function callOut(): Call {
  return Call.out({ body: sdp("offer 1") }, { body: "answer 1" });
}

/** The same, and a re-INVITE with another offer that the far end has. */
function reinvite(): { c: Call; request: OutgoingInviteRequest } {
  const c = callOut();
  const request = c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
  c.saw("INVITE");
  return { c, request };
}

const BEFORE = "Confirmed Stable offer 1 answer 1";
const ASKED = "Confirmed HaveLocalOffer offer 2 -";

// "the same considerations for the generation of ... requests within a dialog, described in Section
// 12.2.1"
Deno.test("invite(): an INVITE in the dialog, with Contact, Allow and Supported; ack() by the program", () => {
  const { c } = reinvite();
  const [first, again] = c.peer.requests("INVITE");
  assert(first !== undefined && again !== undefined);
  assertEquals([again.callId, again.fromTag, again.toTag], [first.callId, first.fromTag, "far"]);
  assertEquals([again.cseq, `${again.ruri}`], [2, "sip:bob@bob.example:5060"]);
  assertEquals(again.getHeader("Contact"), first.getHeader("Contact"));
  assert(again.getHeaders("Allow").includes("UPDATE"));
  assert(again.getHeaders("Supported").includes("timer"));
  assertNotEquals(again.viaBranch, first.viaBranch);
  assertEquals(c.states, ASKED);
  c.respond("INVITE", 100);
  c.respond("INVITE", 180);
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("onTrying 100", "onProgress 180", "onAccept 200", "ACK");
  assertEquals(c.peer.request("ACK").cseq, 2);
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  assertEquals(c.x.accepted.at(-1)?.session, c.session);
  c.end();
});

// §13.2.2.4: the ACK "MUST be passed to the client transport every time a retransmission of the 2xx
// final response that triggered the ACK arrives."
Deno.test("the 2xx again: the same ACK, and onAccept once", () => {
  const { c } = reinvite();
  for (let i = 0; i < 3; i++) c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("onAccept 200", "ACK", "ACK", "ACK");
  const [, ...acks] = c.peer.texts.filter((text) => text.startsWith("ACK"));
  assertEquals(new Set(acks).size, 1);
  c.end();
});

Deno.test("the 2xx again after the request was disposed of: the same ACK", () => {
  const { c, request } = reinvite();
  c.respond("INVITE", 200, { body: "answer 2" });
  request.dispose();
  c.x.takeEvents();
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("ACK");
  assertEquals(c.peer.request("ACK").cseq, 2);
  c.end();
});

Deno.test("onAccept without ack(): the engine acknowledges in time, and reports it", () => {
  const c = callOut();
  c.session.invite(c.x.recorder({}), { body: sdp("offer 2") });
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("INVITE", "onAccept 200");
  c.pass(TIMER_B / 2 - 1);
  c.saw();
  c.pass(1);
  c.saw("ACK");
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end("InvalidStateError");
});

Deno.test("no onAccept: the engine acknowledges at once", () => {
  const c = callOut();
  c.session.invite(undefined, { body: sdp("offer 2") });
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("INVITE", "ACK");
  c.end();
});

Deno.test("without a body: the 2xx offers, the ACK answers", () => {
  const c = callOut();
  c.session.invite(c.x.recorder({
    onAccept: (response) => {
      c.x.events.push(c.states);
      response.ack({ body: sdp("answer 2") });
    },
  }));
  c.respond("INVITE", 200, { body: "offer 2" });
  c.saw("INVITE", "onAccept 200", "Confirmed HaveRemoteOffer offer 2 -", "ACK");
  assertEquals(c.peer.request("ACK").body, "answer 2");
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

// §14.1: "If a UA receives a non-2xx final response to a re-INVITE, the session parameters MUST remain
// unchanged, as if no re-INVITE had been issued."
for (const status of [302, 400, 404, 415, 488, 500, 503, 600, 606]) {
  Deno.test(`refused with ${status}: the session is what it was, and may be invited again`, () => {
    const { c } = reinvite();
    const target = `${c.session.remoteTarget}`;
    const contact = "<sip:elsewhere@else.example>";
    c.respond("INVITE", 183, { contact, body: "answer 2" });
    c.x.takeEvents();
    c.respond("INVITE", status, { contact });
    c.saw("ACK", `${status < 400 ? "onRedirect" : "onReject"} ${status}`);
    assertEquals(c.states, BEFORE);
    assertEquals(`${c.session.remoteTarget}`, target);
    c.session.invite(c.x.recorder(), { body: sdp("offer 3") });
    c.respond("INVITE", 200, { body: "answer 3" });
    assertEquals(c.states, "Confirmed Stable offer 3 answer 3");
    assertEquals(c.peer.request("INVITE").cseq, 3);
    c.end();
  });
}

// §12.2.1.2: "If the response for a request within a dialog is a 481 (Call/Transaction Does Not Exist)
// or a 408 (Request Timeout), the UAC SHOULD terminate the dialog. A UAC SHOULD also terminate a
// dialog if no response at all is received for the request".
for (const status of [408, 481]) {
  Deno.test(`refused with ${status}: BYE, and onReject is told of a session that is over`, () => {
    const c = callOut();
    c.session.invite(c.x.recorder({
      onReject: () => void c.x.events.push(c.session.sessionState),
    }));
    c.respond("INVITE", status);
    c.saw("INVITE", "ACK", "BYE", `onReject ${status}`, "Terminated");
    assertEquals(c.peer.request("BYE").cseq, 3);
    c.ended();
  });
}

Deno.test("never answered: a local 408 and a BYE", () => {
  const { c } = reinvite();
  c.pass(TIMER_B);
  assertEquals(c.x.takeEvents().slice(-2), ["BYE", "onReject 408 local"]);
  c.ended();
});

Deno.test("it cannot be sent: a local 503; the session is what it was", async () => {
  const c = callOut();
  c.x.transport.onSend = () => Promise.reject(new Error("no network"));
  c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
  await c.x.clock.advanceAsync(0);
  c.x.transport.onSend = () => {};
  c.saw("onReject 503 local");
  assertEquals(c.states, BEFORE);
  c.end();
});

// §14.1: "a UAC MUST NOT initiate a new INVITE transaction within a dialog while another INVITE
// transaction is in progress in either direction."
Deno.test("invite() while one is in progress: InvalidStateError, nothing sent", () => {
  const { c, request } = reinvite();
  assertThrows(() => c.session.invite(), InvalidStateError);
  c.respond("INVITE", 180);
  assertThrows(() => c.session.invite(), InvalidStateError);
  request.delegate = {
    onAccept: (response) => {
      assertThrows(() => c.session.invite(), InvalidStateError);
      response.ack();
      c.session.invite(c.x.recorder(), { body: sdp("offer 3") });
    },
  };
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("onProgress 180", "ACK", "INVITE");
  c.respond("INVITE", 200, { body: "answer 3" });
  assertEquals(c.states, "Confirmed Stable offer 3 answer 3");
  c.end();
});

Deno.test("invite() while the far end's is in progress, until its ACK: InvalidStateError", () => {
  const c = callOut();
  c.session.delegate = {
    onInvite: (request) => {
      assertThrows(() => c.session.invite(), InvalidStateError);
      request.accept({ statusCode: 200, body: sdp("answer 2") });
      assertThrows(() => c.session.invite(), InvalidStateError);
    },
  };
  c.ask("INVITE", { body: "offer 2" });
  c.ack();
  c.saw("200 INVITE");
  c.session.invite(c.x.recorder());
  c.respond("INVITE", 488);
  c.end();
});

Deno.test("invite() before the call is up, and after it: InvalidStateError", () => {
  const c = callOut();
  c.x.invite();
  c.respond("INVITE", 180);
  const early = c.x.progressed.at(-1)?.session;
  assertThrows(() => early?.invite(), InvalidStateError, "Early");
  c.respond("INVITE", 487);
  c.session.bye();
  assertThrows(() => c.session.invite(), InvalidStateError, "Terminated");
  c.ended();
});

const REFUSED: [string, RequestOptions][] = [
  ["a header of two lines", { extraHeaders: ["X-A: b\r\nX-C: d"] }],
  ["a header of the engine's", { extraHeaders: ["CSeq: 7 INVITE"] }],
  ["a broken Contact", { extraHeaders: ["Contact: <sip:a@b"] }],
  ["Contact *", { extraHeaders: ["Contact: *"] }],
  ["a Contact that is no SIP URI", { extraHeaders: ["Contact: <tel:+1>"] }],
  ["a Content-Type of two lines", { body: { ...sdp("z"), contentType: "a/b\r\nX: y" } }],
];
for (const [what, options] of REFUSED) {
  for (const method of ["invite", "update"] as const) {
    Deno.test(`${method}() with ${what}: refused; everything is as it was, CSeq, too`, () => {
      const c = callOut();
      assertThrows(() => c.session[method](undefined, options), InvalidArgumentError);
      c.saw();
      assertEquals(c.states, BEFORE);
      c.session[method](undefined, { body: sdp("offer 2") });
      const request = c.peer.request(method.toUpperCase());
      assertEquals(request.cseq, 2);
      assertEquals(request.getHeader("Contact"), c.peer.request("INVITE").getHeader("Contact"));
      c.peer.respond(request, 488);
      c.end();
    });
  }
}

// §13.2.2.4: the ACK "MUST contain the same credentials as the INVITE"; §22.2: CSeq counts on.
Deno.test("challenged by a proxy: again with credentials, and the ACK has them, too", () => {
  const credentials = [{ username: "alice", password: "secret", realm: "proxy" }];
  const c = Call.out(
    { body: sdp("offer 1") },
    { body: "answer 1" },
    { configuration: { credentials } },
  );
  c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
  const headers = ['Proxy-Authenticate: Digest realm="proxy", nonce="n", qop="auth"'];
  c.respond("INVITE", 407, { headers });
  c.saw("INVITE", "ACK", "INVITE");
  const again = c.peer.request("INVITE");
  assertEquals([again.cseq, again.hasHeader("Proxy-Authorization")], [3, true]);
  c.respond("INVITE", 200, { body: "answer 2" });
  const ack = c.peer.request("ACK");
  assertEquals(ack.cseq, 3);
  assertEquals(ack.getHeaders("Proxy-Authorization"), again.getHeaders("Proxy-Authorization"));
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});
