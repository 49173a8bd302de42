// An UPDATE of this side, before and after a call is up: RFC 3311 §5.1, §5.3.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { InvalidStateError } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

const AGREED = "Confirmed Stable offer 1 answer 1";
const RELIABLE = ["Require: 100rel", "RSeq: 1"];

function call(protocol = "TCP"): Call {
  return Call.out({ body: sdp("offer 1") }, { body: "answer 1" }, { protocol });
}

/** A call of the far end, likewise. */
function callIn(): Call {
  return Call.in({ body: "offer 1" }, { statusCode: 200, body: sdp("answer 1") });
}

for (const [side, make] of [["caller", call], ["callee", callIn]] as const) {
  Deno.test(`update() with an offer, as ${side}: the 2xx answers, and refreshes the target`, () => {
    const c = make();
    c.session.update(c.x.recorder({}), { body: sdp("offer 2") });
    const update = c.peer.request("UPDATE");
    assertEquals([update.body, update.getHeaders("Contact").length], ["offer 2", 1]);
    assert(update.getHeaders("Allow").includes("UPDATE"));
    assertEquals(c.states, "Confirmed HaveLocalOffer offer 2 -");
    c.respond("UPDATE", 200, { body: "answer 2", contact: "<sip:bob@bob.example:5060;x=1>" });
    c.saw("UPDATE", "onAccept 200");
    assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
    assertEquals(`${c.session.remoteTarget}`, "sip:bob@bob.example:5060;x=1");
    c.end();
  });
}

Deno.test("update() without an offer: the session stays; nothing in the 2xx is an offer", () => {
  const c = call();
  c.session.update(c.x.recorder({}));
  assertEquals(c.states, AGREED);
  c.respond("UPDATE", 200, { body: "what is this?" });
  assertEquals(c.states, AGREED);
  c.end();
});

// §5.3: "If a UA receives a non-2xx final response to a UPDATE, the session parameters MUST remain
// unchanged, as if no UPDATE had been issued."
for (const status of [302, 400, 405, 488, 500, 501, 504, 603]) {
  Deno.test(`update() refused with ${status}: the session and the remote target are what they were`, () => {
    const c = call();
    c.session.update(c.x.recorder({}), { body: sdp("offer 2") });
    c.respond("UPDATE", status, { body: "x", contact: "<sip:else@else.example>" });
    c.saw("UPDATE", `${status < 400 ? "onRedirect" : "onReject"} ${status}`);
    assertEquals(c.states, AGREED);
    assertEquals(`${c.session.remoteTarget}`, "sip:bob@bob.example:5060");
    c.end();
  });
}

// "if the non-2xx final response is a 481 ..., or a 408 ..., or no response at all is received for the
// UPDATE (that is, a timeout is returned by the UPDATE client transaction), the UAC will terminate the
// dialog."
for (const status of [408, 481, undefined]) {
  Deno.test(`update() refused with ${status ?? "nothing at all"}: BYE`, () => {
    const c = call();
    c.session.update(c.x.recorder({}));
    if (status === undefined) c.pass(TIMER_B);
    else c.respond("UPDATE", status);
    c.saw("UPDATE", "BYE", `onReject ${status ?? "408 local"}`);
    c.ended();
  });
}

// "If a UAC receives a 491 response to a UPDATE, it SHOULD start a timer with a value T ... When the
// timer fires, the UAC SHOULD attempt the UPDATE once more".
Deno.test("update() refused with 491: what was agreed on holds, and then it goes again", () => {
  const c = call();
  c.session.update(c.x.recorder({}), { body: sdp("offer 2") });
  c.respond("UPDATE", 491);
  assertEquals(c.states, AGREED);
  assertThrows(() => c.session.update(), InvalidStateError);
  c.pass(2099);
  c.saw("UPDATE");
  c.pass(1901);
  c.saw("UPDATE");
  const [first, second] = c.peer.requests("UPDATE");
  assertEquals([first?.cseq, second?.cseq, second?.body], [2, 3, "offer 2"]);
  assertNotEquals(first?.viaBranch, second?.viaBranch);
  assertEquals(c.states, "Confirmed HaveLocalOffer offer 2 -");
  c.respond("UPDATE", 200, { body: "answer 2" });
  c.saw("onAccept 200");
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

Deno.test("an UPDATE that waits after a 491 waits for the offers of others, too", () => {
  const c = call();
  c.session.update(undefined, { body: sdp("offer 2") });
  c.respond("UPDATE", 491);
  c.session.invite(c.x.recorder(), { body: sdp("offer 3") });
  c.pass(10_000);
  c.saw("UPDATE", "INVITE");
  c.respond("INVITE", 200, { body: "answer 3" });
  c.pass(4000);
  c.saw("onAccept 200", "ACK", "UPDATE");
  c.respond("UPDATE", 488);
  assertEquals(c.states, "Confirmed Stable offer 3 answer 3");
  c.end();
});

for (const how of ["bye", "dispose", "request"] as const) {
  Deno.test(`an UPDATE that waits after a 491, and ${how}: it does not go`, () => {
    const c = call();
    const request = c.session.update(c.x.recorder({}), { body: sdp("offer 2") });
    c.respond("UPDATE", 491);
    c.x.takeEvents();
    if (how === "request") request.dispose();
    else c.session[how]();
    c.saw(...how === "bye" ? ["onReject 491", "BYE"] : []);
    c.pass(10_000);
    assertEquals(c.peer.requests("UPDATE").length, 1);
    if (how === "request") return c.end();
    if (how === "bye") c.respond("BYE", 200);
    c.x.finish();
  });
}

Deno.test("update() while one is in progress: InvalidStateError; after it, fine", () => {
  const c = call();
  c.session.update();
  assertThrows(() => c.session.update(), InvalidStateError);
  c.respond("UPDATE", 200);
  c.session.update();
  c.respond("UPDATE", 200);
  c.saw("UPDATE", "UPDATE");
  c.end();
});

// Its transaction lives on for T4 (timer K): nothing of the next UPDATE is its business.
Deno.test("update() across the end of the last one's transaction", () => {
  const c = call("UDP");
  c.session.update(undefined, { body: sdp("offer 2") });
  c.respond("UPDATE", 200, { body: "answer 2" });
  c.pass(4900);
  c.session.update(undefined, { body: sdp("offer 3") });
  c.pass(200);
  assertEquals(c.states, "Confirmed HaveLocalOffer offer 3 -");
  assertThrows(() => c.session.update(), InvalidStateError);
  c.respond("UPDATE", 200, { body: "answer 3" });
  assertEquals(c.states, "Confirmed Stable offer 3 answer 3");
  c.end();
});

Deno.test("update() without an offer while a re-INVITE with one is open: that offer stays open", () => {
  const c = call();
  c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
  assertThrows(() => c.session.update(undefined, { body: sdp("offer 3") }), InvalidStateError);
  c.session.update();
  c.respond("UPDATE", 200);
  assertEquals(c.states, "Confirmed HaveLocalOffer offer 2 -");
  c.respond("INVITE", 200, { body: "answer 2" });
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

// §5.1, the caller: "the UPDATE can contain an offer if the callee generated an answer in a reliable
// provisional response, and the caller has received answers to any other offers it sent".
Deno.test("update() of an early session, as caller: an offer on a reliable answer only", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer 1") });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const [early] = x.progressed;
  const offer = { body: sdp("offer 2") };
  assertThrows(() => early?.session?.update(undefined, offer), InvalidStateError);
  early?.session?.update();
  x.peer.respond(x.peer.request("UPDATE"), 200);
  x.peer.respond(invite, 183, { body: "answer 1" });
  assertThrows(() => early?.session?.update(undefined, offer), InvalidStateError);
  x.peer.respond(invite, 183, { toTag: "other", headers: RELIABLE, body: "answer 1" });
  const reliable = x.progressed.at(-1);
  reliable?.prack();
  reliable?.session?.update(undefined, offer);
  const update = x.peer.request("UPDATE");
  assertEquals([update.toTag, update.body], ["other", "offer 2"]);
  x.peer.respond(x.peer.request("PRACK"), 200);
  x.peer.respond(update, 200, { body: "answer 2" });
  assertEquals(reliable?.session?.answer?.content, "answer 2");
  x.peer.respond(invite, 200, { toTag: "other", body: "answer 1" });
  assertEquals(x.lastSession().answer?.content, "answer 2");
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// The callee: "cannot be sent with an offer unless the callee has generated an answer in a reliable
// provisional response, has received a PRACK for that reliable provisional response".
Deno.test("update() of an early session, as callee: an offer after the PRACK only", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { body: "offer 1", headers: ["Supported: 100rel"] });
  const { session } = x.lastInvite().progress();
  const offer = { body: sdp("offer 2") };
  assertThrows(() => session.update(undefined, offer), InvalidStateError);
  const extraHeaders = ["Require: 100rel"];
  x.lastInvite().progress({ statusCode: 183, extraHeaders, body: sdp("answer 1") });
  assertThrows(() => session.update(undefined, offer), InvalidStateError);
  const toTag = session.localTag;
  const rseq = x.peer.response("INVITE").getHeader("RSeq");
  x.peer.ask("PRACK", { toTag, cseq: 2, headers: [`RAck: ${rseq} 1 INVITE`] });
  session.update(undefined, offer);
  assertEquals(x.peer.request("UPDATE").body, "offer 2");
  x.peer.respond(x.peer.request("UPDATE"), 200, { body: "answer 2" });
  x.lastInvite().accept();
  assertEquals(session.answer?.content, "answer 2");
  x.peer.ask("ACK", { toTag });
  x.peer.ask("BYE", { toTag, cseq: 3 });
  x.finish();
});

Deno.test("update() before the session and after it: InvalidStateError", () => {
  const c = call();
  c.session.bye();
  assertThrows(() => c.session.update(), InvalidStateError, "Terminated");
  c.ended();
});
