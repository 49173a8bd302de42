// An UPDATE of the far end: RFC 3311 §5.2.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type IncomingUpdateRequest, InvalidStateError, type Session } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

const AGREED = "Confirmed Stable offer 1 answer 1";

function call(): Call {
  return Call.out({ body: sdp("offer 1") }, { body: "answer 1" });
}

/** Takes UPDATEs, and answers them at once or later. */
function listen(session: Session, answer: (request: IncomingUpdateRequest) => void = () => {}) {
  const updates: IncomingUpdateRequest[] = [];
  session.delegate = {
    onUpdate: (request) => {
      updates.push(request);
      return answer(request);
    },
  };
  return updates;
}

Deno.test("an UPDATE with an offer: accept() with the answer, at once or later; the target follows", () => {
  for (const isLate of [false, true]) {
    const c = call();
    const answer = { statusCode: 200, body: sdp("answer 2") };
    const updates = listen(c.session, (request) => {
      assertEquals(c.states, "Confirmed HaveRemoteOffer offer 2 -");
      if (!isLate) request.accept(answer);
    });
    c.ask("UPDATE", { body: "offer 2", contact: "<sip:bob@bob.example:5060;x=1>" });
    if (isLate) {
      c.saw();
      updates[0]?.accept(answer);
    }
    c.saw("200 UPDATE");
    const response = c.peer.response("UPDATE");
    assertEquals([response.body, response.getHeaders("Contact").length], ["answer 2", 1]);
    assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
    assertEquals(`${c.session.remoteTarget}`, "sip:bob@bob.example:5060;x=1");
    c.end();
  }
});

Deno.test("an UPDATE that is refused: the session and the target are what they were", () => {
  for (const status of [488, 500]) {
    const c = call();
    listen(c.session, (request) => {
      if (status === 500) throw new Error("no");
      request.reject({ statusCode: status });
    });
    c.ask("UPDATE", { body: "offer 2", contact: "<sip:else@else.example>" });
    c.saw(`${status} UPDATE`);
    assertEquals(c.states, AGREED);
    assertEquals(`${c.session.remoteTarget}`, "sip:bob@bob.example:5060");
    c.end(...status === 500 ? ["DelegateError"] : []);
  }
});

// "If the new session description is not acceptable, the UAS can reject it by returning a 488 (Not
// Acceptable Here) response for the UPDATE. This response SHOULD include a Warning header field."
Deno.test("an UPDATE, and nobody listens: 200 without an offer, 488 with Warning with one", () => {
  const c = call();
  c.ask("UPDATE", { contact: "<sip:bob@bob.example:5060;x=1>" });
  c.ask("UPDATE", { body: "offer 2", contact: "<sip:bob@else.example>" });
  c.saw("200 UPDATE", "488 UPDATE");
  assert(c.peer.response("UPDATE").hasHeader("Warning"));
  assertEquals(`${c.session.remoteTarget}`, "sip:bob@bob.example:5060;x=1");
  assertEquals(c.states, AGREED);
  c.end();
});

// §5.2: "A UAS that receives an UPDATE before it has generated a final response to a previous UPDATE on
// the same dialog MUST return a 500 response to the new UPDATE, and MUST include a Retry-After header
// field with a randomly chosen value between 0 and 10 seconds."
Deno.test("an UPDATE with an offer that nobody answers: reported after 64*T1, and the offer is void", () => {
  const c = call();
  const updates = listen(c.session);
  c.ask("UPDATE", { body: "offer 2" });
  c.pass(TIMER_B - 1);
  assertEquals(c.states, "Confirmed HaveRemoteOffer offer 2 -");
  c.pass(1);
  assertEquals(c.states, AGREED);
  assertThrows(() => updates[0]?.accept(), InvalidStateError);
  c.ask("UPDATE", { body: "offer 3" });
  updates[1]?.accept({ statusCode: 200, body: sdp("answer 3") });
  c.saw("200 UPDATE");
  assertEquals(c.states, "Confirmed Stable offer 3 answer 3");
  c.end("TimeoutError");
});

Deno.test("a second UPDATE while one is open: 500 with Retry-After", () => {
  const c = call();
  const updates = listen(c.session);
  c.ask("UPDATE", { body: "offer 2" });
  c.ask("UPDATE");
  c.saw("500 UPDATE");
  const seconds = Number(c.peer.response("UPDATE").getHeader("Retry-After"));
  assert(seconds >= 0 && seconds <= 10);
  updates[0]?.accept({ statusCode: 200, body: sdp("answer 2") });
  c.ask("UPDATE");
  assertEquals(updates.length, 2);
  c.saw("200 UPDATE", "200 UPDATE");
  c.end();
});

// "If an UPDATE is received that contains an offer, and the UAS has generated an offer (in an UPDATE,
// PRACK or INVITE) to which it has not yet received an answer, the UAS MUST reject the UPDATE with a
// 491 response."
for (const method of ["invite", "update"] as const) {
  Deno.test(`an UPDATE with an offer while the offer of ${method}() is open: 491; one without, 200`, () => {
    const c = call();
    const name = method.toUpperCase();
    c.session[method](undefined, { body: sdp("offer 2") });
    c.ask("UPDATE", { body: "offer 3" });
    c.ask("UPDATE");
    c.saw(name, "491 UPDATE", "200 UPDATE");
    assertEquals(c.states, "Confirmed HaveLocalOffer offer 2 -");
    c.respond(name, 200, { body: "answer 2" });
    assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
    c.end();
  });
}

// "... and the UAS has received an offer (in an UPDATE, PRACK, or INVITE) to which it has not yet
// generated an answer, the UAS MUST reject the UPDATE with a 500 response, and MUST include a
// Retry-After header field".
Deno.test("an UPDATE with an offer while the far end's INVITE is open: 500 with Retry-After", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { body: "offer 1" });
  const { session } = x.lastInvite().progress();
  const toTag = session.localTag;
  x.peer.ask("UPDATE", { toTag, cseq: 2, body: "offer 2" });
  assertEquals(x.takeEvents(), ["onInvite", "180 INVITE", "500 UPDATE"]);
  assert(x.peer.response("UPDATE").hasHeader("Retry-After"));
  x.peer.ask("UPDATE", { toTag, cseq: 3, contact: "<sip:bob@bob.example:5060;x=1>" });
  assertEquals(x.takeEvents(), ["200 UPDATE"]);
  assertEquals(`${session.remoteTarget}`, "sip:bob@bob.example:5060;x=1");
  x.lastInvite().accept({ statusCode: 200, body: sdp("answer 1") });
  x.peer.ask("ACK", { toTag });
  x.peer.ask("BYE", { toTag, cseq: 4 });
  x.finish();
});

Deno.test("an UPDATE with an offer of the callee before its answer: 491", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer 1") });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const script = { callId: invite.callId, toTag: invite.fromTag ?? "" };
  x.peer.ask("UPDATE", { ...script, cseq: 1, body: "offer 2" });
  x.peer.ask("UPDATE", { ...script, cseq: 2 });
  assertEquals(x.takeEvents().slice(-2), ["491 UPDATE", "200 UPDATE"]);
  x.peer.respond(invite, 486);
  x.finish();
});

// §5.1: the UAS of an INVITE in progress "MUST place the same value into the Contact header field of the
// 2xx to the INVITE that it placed into the UPDATE request or response."
for (const how of ["request", "response"]) {
  Deno.test(`another Contact in an UPDATE ${how} before the 2xx to the INVITE: the same in that`, () => {
    const x = new Exchange();
    x.takeInvites();
    x.peer.ask("INVITE");
    const { session } = x.lastInvite().progress();
    const extraHeaders = ["Contact: <sip:alice@elsewhere.example>"];
    const toTag = session.localTag;
    if (how === "request") session.update(undefined, { extraHeaders });
    else {
      listen(session, (request) => void request.accept({ statusCode: 200, extraHeaders }));
      x.peer.ask("UPDATE", { toTag, cseq: 2 });
    }
    if (how === "request") x.peer.respond(x.peer.request("UPDATE"), 200);
    x.lastInvite().accept();
    const contact = x.peer.response("INVITE").getHeader("Contact");
    assertEquals(contact, "<sip:alice@elsewhere.example>");
    x.peer.ask("ACK", { toTag });
    x.peer.ask("BYE", { toTag, cseq: 3 });
    x.finish();
  });
}

Deno.test("an UPDATE that is open when the call ends: 487", () => {
  const c = call();
  listen(c.session);
  c.ask("UPDATE", { body: "offer 2" });
  c.session.bye();
  assertEquals(c.x.takeEvents().sort(), ["487 UPDATE", "BYE"]);
  c.ended();
});

Deno.test("an UPDATE outside of any session: 481", () => {
  const c = call();
  c.ask("UPDATE", { toTag: "wrong" });
  c.saw("481 UPDATE");
  c.end();
});
