/**
 * Requests of a session that overlap: what one of them ends must not touch the others (RFC 3261 §12.2,
 * §14.1, RFC 3264 §4, RFC 3311 §5).
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidStateError, type Session } from "@strowger/sip";
import { Exchange, sdp } from "../../support/exchange.ts";
import type { RequestScript } from "../../support/scripted_peer.ts";

/** A request of the far end within the session. */
function within({ callId, remoteTag, localTag }: Session, cseq: number): RequestScript {
  return { callId, fromTag: remoteTag, toTag: localTag, cseq };
}

/** A session that is up, with an offer and its answer. */
function talking(): { x: Exchange; session: Session } {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("v=0 first offer") });
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 first answer" });
  return { x, session: x.lastSession() };
}

function end({ x, session }: { x: Exchange; session: Session }): void {
  if (session.sessionState !== "Terminated") session.bye();
  if (x.peer.requests("BYE").length > 0) x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
}

Deno.test("the end of an UPDATE's transaction leaves the offer of a later re-INVITE alone", () => {
  const call = talking();
  const { x, session } = call;
  session.update({}, { body: sdp("v=0 second offer") });
  x.peer.respond(x.peer.request("UPDATE"), 200, { body: "v=0 second answer" });
  x.clock.advance(1000);
  session.invite(x.recorder(), { body: sdp("v=0 third offer") });
  x.peer.respond(x.peer.request("INVITE"), 100);
  // Timer K of the UPDATE, T4 after its response.
  x.clock.advance(10_000);
  assertEquals(session.signalingState, "HaveLocalOffer");
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 third answer" });
  assertEquals(
    [session.signalingState, session.offer?.content, session.answer?.content],
    ["Stable", "v=0 third offer", "v=0 third answer"],
  );
  end(call);
});

Deno.test("an UPDATE that offers nothing leaves the offer of a 2xx alone", () => {
  const call = talking();
  const { x, session } = call;
  session.delegate = {
    onInvite: (request) => void request.accept({ statusCode: 200, body: sdp("v=0 our offer") }),
  };
  session.update();
  x.peer.ask("INVITE", within(session, 1));
  assertEquals(session.signalingState, "HaveLocalOffer");
  x.peer.respond(x.peer.request("UPDATE"), 200);
  assertEquals(session.signalingState, "HaveLocalOffer");
  x.peer.ask("ACK", { ...within(session, 1), body: "v=0 their answer" });
  assertEquals(
    [session.signalingState, session.offer?.content, session.answer?.content],
    ["Stable", "v=0 our offer", "v=0 their answer"],
  );
  end(call);
});

Deno.test("a body in the 2xx to an UPDATE that offered nothing is no answer to another offer", () => {
  const call = talking();
  const { x, session } = call;
  session.invite(x.recorder(), { body: sdp("v=0 second offer") });
  x.peer.respond(x.peer.request("INVITE"), 100);
  session.update();
  x.peer.respond(x.peer.request("UPDATE"), 200, { body: "v=0 out of place" });
  assertEquals(session.signalingState, "HaveLocalOffer");
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 second answer" });
  assertEquals(session.answer?.content, "v=0 second answer");
  end(call);
});

Deno.test("after a 491, a re-INVITE waits for the answer to an offer that was made meanwhile", () => {
  const call = talking();
  const { x, session } = call;
  session.invite(x.recorder(), { body: sdp("v=0 second offer") });
  x.peer.respond(x.peer.request("INVITE"), 491);
  session.update({}, { body: sdp("v=0 third offer") });
  // §14.1: the owner of the Call-ID waits "between 2.1 and 4 seconds".
  x.clock.advance(4500);
  // RFC 3264 §4: "MUST NOT generate a new offer ... if it has generated a prior offer for which it has
  // not yet received an answer or a rejection."
  const numbers = (): number[] => [
    ...new Set(x.peer.requests("INVITE").map(({ cseq }) => cseq)),
  ];
  assertEquals(numbers(), [1, 2]);
  x.peer.respond(x.peer.request("UPDATE"), 200, { body: "v=0 third answer" });
  x.clock.advance(4500);
  assertEquals(numbers(), [1, 2, 4]);
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 second answer" });
  assertEquals(session.answer?.content, "v=0 second answer");
  end(call);
});

Deno.test("no UPDATE offers while an INVITE without an offer is in progress", () => {
  const call = talking();
  const { x, session } = call;
  session.invite({ onAccept: (response) => void response.ack({ body: sdp("v=0 our answer") }) });
  // The offer comes in the 2xx, and would be taken for the answer.
  const update = (): unknown => session.update({}, { body: sdp("v=0 second offer") });
  assertThrows(update, InvalidStateError);
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 their offer" });
  assertEquals(
    [session.offer?.content, session.answer?.content],
    ["v=0 their offer", "v=0 our answer"],
  );
  end(call);
});

Deno.test("an UPDATE of the far end leaves the round of an INVITE without an offer open", () => {
  const call = talking();
  const { x, session } = call;
  session.delegate = {
    onUpdate: (request) => void request.accept({ statusCode: 200, body: sdp("v=0 an answer") }),
  };
  session.invite({ onAccept: (response) => void response.ack({ body: sdp("v=0 our answer") }) });
  // They cross.
  x.peer.ask("UPDATE", { ...within(session, 1), body: "v=0 an offer" });
  assertEquals(session.answer?.content, "v=0 an answer");
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 their offer" });
  assertEquals(
    [session.offer?.content, session.answer?.content],
    ["v=0 their offer", "v=0 our answer"],
  );
  end(call);
});

Deno.test("a 2xx that repeats an early answer is no answer to the UPDATE that is under way", () => {
  const call = talking();
  const { x, session } = call;
  const headers = ["Require: 100rel", "RSeq: 1"];
  session.invite({
    onProgress: (response) => void response.prack(),
    onAccept: (response) => void response.ack(),
  }, { body: sdp("v=0 second offer") });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 183, { headers, body: "v=0 second answer" });
  x.peer.respond(x.peer.request("PRACK"), 200);
  session.update({}, { body: sdp("v=0 third offer") });
  x.peer.respond(invite, 200, { body: "v=0 second answer" });
  assertEquals(session.signalingState, "HaveLocalOffer");
  x.peer.respond(x.peer.request("UPDATE"), 200, { body: "v=0 third answer" });
  assertEquals(
    [session.signalingState, session.offer?.content, session.answer?.content],
    ["Stable", "v=0 third offer", "v=0 third answer"],
  );
  end(call);
});

Deno.test("a session that was disposed of within a re-INVITE: its 2xx gets ACK, and BYE with a number that is new", () => {
  const { x, session } = talking();
  session.invite({}, { body: sdp("v=0 second offer") });
  session.info();
  x.peer.respond(x.peer.request("INFO"), 200);
  session.dispose();
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 second answer" });
  assertEquals(
    [x.peer.request("INVITE").cseq, x.peer.request("INFO").cseq, x.peer.request("ACK").cseq],
    [2, 3, 2],
  );
  assertEquals(x.peer.request("BYE").cseq, 4);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("a PRACK whose INVITE was refused says nothing any more", () => {
  const call = talking();
  const { x, session } = call;
  session.delegate = {
    onInvite: (request) =>
      void request.progress({
        statusCode: 183,
        extraHeaders: ["Require: 100rel"],
        body: sdp("v=0 our offer"),
      }),
  };
  const invite = { ...within(session, 1), branch: "z9hG4bKreinvite" };
  x.peer.ask("INVITE", { ...invite, headers: ["Supported: 100rel"] });
  x.peer.ask("CANCEL", invite);
  assertEquals(x.peer.response("INVITE").statusCode, 487);
  const rseq = x.peer.responses("INVITE").map((each) => each.getHeader("RSeq")).find(Boolean);
  x.peer.ask("PRACK", {
    ...within(session, 2),
    headers: [`RAck: ${rseq} 1 INVITE`],
    body: "v=0 their answer",
  });
  // Its answer is no offer, for want of an answer to which the call would be ended.
  assertEquals(x.peer.response("PRACK").statusCode, 200);
  assertEquals([session.sessionState, session.signalingState], ["Confirmed", "Stable"]);
  assertEquals(session.offer?.content, "v=0 first offer");
  x.peer.ask("ACK", invite);
  end(call);
});

Deno.test("a BYE that waits for the ACK has a higher number than what is sent before it", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { body: "v=0" });
  const { session } = x.lastInvite().accept({ statusCode: 200, body: sdp("v=0") });
  session.bye();
  session.info();
  x.peer.respond(x.peer.request("INFO"), 200);
  x.peer.ask("ACK", { toTag: session.localTag });
  const numbers = [x.peer.request("INFO").cseq, x.peer.request("BYE").cseq];
  // §12.2.1.1: "strictly monotonically increasing and contiguous".
  assertEquals(numbers, [1, 2]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("bye() after the engine has hung up, and was answered, finds a session that is over", () => {
  const { x, session } = talking();
  // §12.2.1.2: 481 ends the dialog.
  session.info();
  x.peer.respond(x.peer.request("INFO"), 481);
  x.peer.respond(x.peer.request("BYE"), 200);
  assertThrows(() => session.bye(), InvalidStateError, "Terminated");
  x.finish();
});

Deno.test("a BYE that waits for the ACK, and the far end's comes first: its program is told", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { body: "v=0" });
  const { session } = x.lastInvite().accept({ statusCode: 200, body: sdp("v=0") });
  const told: string[] = [];
  session.bye({
    onReject: ({ message }) => void told.push(`${message.statusCode} ${message.local}`),
  });
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  assertEquals(x.peer.response("BYE").statusCode, 200);
  assertEquals(told, ["481 true"]);
  assertEquals(x.peer.requests("BYE"), []);
  x.finish();
});

Deno.test("a repeated 2xx gets the ACK of its own INVITE, also after a later one", () => {
  const call = talking();
  const { x, session } = call;
  const first = x.peer.request("INVITE");
  session.invite({ onAccept: (response) => void response.ack() }, {
    body: sdp("v=0 second offer"),
  });
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "v=0 second answer" });
  x.peer.respond(first, 200, { body: "v=0 first answer" });
  // §13.2.2.4: "The ACK ... MUST be passed to the client transport every time a retransmission of the
  // 2xx final response that triggered the ACK arrives."
  assertEquals(x.peer.requests("ACK").map(({ cseq }) => cseq), [1, 2, 1]);
  end(call);
});

Deno.test("the 2xx to a re-INVITE that was disposed of is acknowledged, whatever came after it", () => {
  const call = talking();
  const { x, session } = call;
  const forgotten = session.invite({}, { body: sdp("v=0 second offer") });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 100);
  forgotten.dispose();
  session.info();
  x.peer.respond(x.peer.request("INFO"), 200);
  x.peer.respond(invite, 200, { body: "v=0 second answer" });
  x.peer.respond(invite, 200, { body: "v=0 second answer" });
  assertEquals(x.peer.requests("ACK").map(({ cseq }) => cseq), [1, 2, 2]);
  end(call);
});

// RFC 3262 §5: the 2xx to a PRACK with an offer has the answer, and may be overtaken by the INVITE's.
Deno.test("a 2xx to the INVITE overtakes the one to a PRACK with an offer: that is open until then", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer 1") });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 183, { body: "answer 1", headers: ["Require: 100rel", "RSeq: 1"] });
  x.progressed[0]?.prack({ body: sdp("offer 2") });
  x.peer.respond(invite, 200);
  const session = x.lastSession();
  assertThrows(() => session.invite(), InvalidStateError, "invite");
  assertThrows(() => session.update({}, { body: sdp("offer 3") }), InvalidStateError, "update");
  x.peer.ask("INVITE", { callId: invite.callId, toTag: session.localTag, body: "offer 4" });
  assertEquals(x.peer.response("INVITE").statusCode, 491);
  x.peer.respond(x.peer.request("PRACK"), 200, { body: "answer 2" });
  assertEquals([session.offer?.content, session.answer?.content], ["offer 2", "answer 2"]);
  session.update({}, { body: sdp("offer 3") });
  session.dispose();
  x.finish();
});
