// Where offers and answers are: RFC 3261 §13.2.1, RFC 3262 §5, RFC 3264 §4, RFC 6337 §2.
// UPDATE and re-INVITE have tests of their own.
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidStateError, type ResponseOptions, type Session } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, sdp } from "../../support/exchange.ts";
import type { RequestScript } from "../../support/scripted_peer.ts";

function show({ signalingState, offer, answer }: Session): string {
  return `${signalingState} ${offer?.content ?? "-"} ${answer?.content ?? "-"}`;
}

/** An INVITE of this side that rings reliably, with a body or none, and its early session. */
function ring(offer: string, body: string): { x: Exchange; session: Session } {
  const x = new Exchange();
  x.invite(x.recorder(), offer === "" ? {} : { body: sdp(offer) });
  respond(x, 183, body, ["Require: 100rel", "RSeq: 1"]);
  const session = x.progressed.at(-1)?.session;
  if (session === undefined) throw new Error("no session");
  return { x, session };
}

function respond(x: Exchange, status: number, body = "", headers: string[] = []): void {
  x.peer.respond(x.peer.request("INVITE"), status, { body, headers });
}

/** This side hangs up; nothing is left. */
function hangUp(x: Exchange, session: Session): void {
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
}

/** An INVITE of the far end that rings reliably, with a body or none, and its early session. */
function ringing(offer: string, body: string): { x: Exchange; session: Session } {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { headers: ["Supported: 100rel"], body: offer });
  const options: ResponseOptions = { statusCode: 183, extraHeaders: ["Require: 100rel"] };
  const { session } = x.lastInvite().progress(
    body === "" ? options : { ...options, body: sdp(body) },
  );
  return { x, session };
}

function prack(x: Exchange, script: RequestScript = {}): void {
  const { toTag = "" } = x.peer.response("INVITE");
  const rseq = x.peer.response("INVITE").getHeader("RSeq");
  x.peer.ask("PRACK", { toTag, cseq: 2, headers: [`RAck: ${rseq} 1 INVITE`], ...script });
}

/** The far end acknowledges and hangs up; nothing is left. */
function end(x: Exchange, ack: RequestScript = {}): void {
  const { toTag = "" } = x.peer.response("INVITE");
  x.peer.ask("ACK", { toTag, ...ack });
  x.peer.ask("BYE", { toTag, cseq: 100 });
  x.finish();
}

// RFC 3261 §13.2.1: "If the initial offer is in an INVITE, the answer MUST be in a reliable non-failure
// message from UAS back to UAC which is correlated to that INVITE."
Deno.test("caller: offer in the INVITE, answer in the 2xx", () => {
  const c = Call.out({ body: sdp("offer") }, { body: "answer" });
  assertEquals(show(c.session), "Stable offer answer");
  c.end();
});

Deno.test("callee: offer in the INVITE, answer in the 2xx", () => {
  const c = Call.in({ body: "offer" }, { statusCode: 200, body: sdp("answer") });
  assertEquals(show(c.session), "Stable offer answer");
  c.end();
});

// "If the initial offer is in the first reliable non-failure message from the UAS back to UAC, the
// answer MUST be in the acknowledgement for that message (in this specification, ACK for a 2xx
// response)."
Deno.test("caller: offer in the 2xx, answer in the ACK", () => {
  const x = new Exchange();
  const seen: string[] = [];
  x.invite({
    onAccept: (response) => {
      seen.push(show(response.session));
      response.ack({ body: sdp("answer") });
      seen.push(show(response.session));
      x.accepted.push(response);
    },
  });
  respond(x, 200, "offer");
  assertEquals(seen, ["HaveRemoteOffer offer -", "Stable offer answer"]);
  assertEquals(x.peer.request("ACK").body, "answer");
  hangUp(x, x.lastSession());
});

Deno.test("callee: offer in the 2xx, answer in the ACK", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE");
  const { session } = x.lastInvite().accept({ statusCode: 200, body: sdp("offer") });
  assertEquals(show(session), "HaveLocalOffer offer -");
  const { toTag = "" } = x.peer.response("INVITE");
  x.peer.ask("ACK", { toTag, body: "answer" });
  assertEquals(show(session), "Stable offer answer");
  end(x);
});

// "... the UAC MUST treat the first session description it receives as the answer, and MUST ignore any
// session descriptions in subsequent responses to the initial INVITE."
Deno.test("caller: the first description in a response is the answer; later ones are ignored", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer") });
  respond(x, 183, "answer");
  const session = x.progressed.at(-1)?.session as Session;
  assertEquals(show(session), "Stable offer answer");
  respond(x, 183, "another");
  respond(x, 200, "a third");
  assertEquals(show(session), "Stable offer answer");
  hangUp(x, session);
});

Deno.test("callee: an answer in a 180 that is repeated in the 2xx", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { body: "offer" });
  const body = sdp("answer");
  const { session } = x.lastInvite().progress({ statusCode: 183, body });
  x.lastInvite().accept({ statusCode: 200, body });
  assertEquals(show(session), "Stable offer answer");
  end(x);
});

Deno.test("a fork: each branch has an answer of its own", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer") });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 183, { toTag: "a", body: "answer of a" });
  x.peer.respond(invite, 180, { toTag: "b" });
  const [a, b] = x.progressed.map(({ session }) => session as Session);
  assertEquals([a, b].map((each) => each && show(each)), [
    "Stable offer answer of a",
    "HaveLocalOffer offer -",
  ]);
  x.peer.respond(invite, 200, { toTag: "b", body: "answer of b" });
  assertEquals(show(x.lastSession()), "Stable offer answer of b");
  hangUp(x, x.lastSession());
});

// RFC 3262 §5: "If the UAC receives a reliable provisional response with an offer ..., it MUST generate
// an answer in the PRACK. If the UAC receives a reliable provisional response with an answer, it MAY
// generate an additional offer in the PRACK. If the UAS receives a PRACK with an offer, it MUST place
// the answer in the 2xx to the PRACK."
Deno.test("caller: answer in a reliable 183; offer in the PRACK, answer in its 2xx", () => {
  const { x, session } = ring("offer 1", "answer 1");
  assertEquals(show(session), "Stable offer 1 answer 1");
  session.prack(undefined, { body: sdp("offer 2") });
  assertEquals(show(session), "HaveLocalOffer offer 2 -");
  x.peer.respond(x.peer.request("PRACK"), 200, { body: "answer 2" });
  assertEquals(show(session), "Stable offer 2 answer 2");
  respond(x, 200, "answer 1");
  assertEquals(show(session), "Stable offer 2 answer 2");
  hangUp(x, session);
});

Deno.test("caller: the offer in a PRACK is refused: what was agreed on holds", () => {
  const { x, session } = ring("offer 1", "answer 1");
  session.prack(undefined, { body: sdp("offer 2") });
  x.peer.respond(x.peer.request("PRACK"), 488);
  assertEquals(show(session), "Stable offer 1 answer 1");
  respond(x, 200);
  hangUp(x, session);
});

Deno.test("caller: a PRACK may not offer while the INVITE's offer is open: InvalidStateError", () => {
  const { x, session } = ring("offer 1", "");
  assertThrows(
    () => session.prack(undefined, { body: sdp("offer 2") }),
    InvalidStateError,
    "offer",
  );
  assertEquals(x.peer.requests("PRACK").length, 0);
  session.prack(undefined, { body: { ...sdp("a picture"), contentDisposition: "render" } });
  assertEquals(x.peer.request("PRACK").cseq, 2);
  x.peer.respond(x.peer.request("PRACK"), 200);
  respond(x, 200, "answer 1");
  assertEquals(show(session), "Stable offer 1 answer 1");
  hangUp(x, session);
});

Deno.test("caller: offer in a reliable 183, answer in the PRACK", () => {
  const { x, session } = ring("", "offer");
  assertEquals(show(session), "HaveRemoteOffer offer -");
  session.prack(undefined, { body: sdp("answer") });
  assertEquals(show(session), "Stable offer answer");
  x.peer.respond(x.peer.request("PRACK"), 200);
  respond(x, 200);
  assertEquals(x.peer.request("ACK").body, "");
  hangUp(x, session);
});

Deno.test("callee: answer in a reliable 183; offer in the PRACK, answer in its 2xx", () => {
  const { x, session } = ringing("offer 1", "answer 1");
  assertEquals(show(session), "Stable offer 1 answer 1");
  session.delegate = {
    onPrack: (request) => {
      assertEquals(show(session), "HaveRemoteOffer offer 2 -");
      request.accept({ statusCode: 200, body: sdp("answer 2") });
    },
  };
  prack(x, { body: "offer 2" });
  assertEquals(show(session), "Stable offer 2 answer 2");
  x.lastInvite().accept({ statusCode: 200, body: sdp("answer 1") });
  assertEquals(show(session), "Stable offer 2 answer 2");
  end(x);
});

Deno.test("callee: the offer in a PRACK is refused: what was agreed on holds", () => {
  const { x, session } = ringing("offer 1", "answer 1");
  session.delegate = { onPrack: (request) => void request.reject({ statusCode: 488 }) };
  prack(x, { body: "offer 2" });
  assertEquals(show(session), "Stable offer 1 answer 1");
  x.lastInvite().accept();
  end(x);
});

Deno.test("callee: offer in a reliable 183, answer in the PRACK", () => {
  const { x, session } = ringing("", "offer");
  assertEquals(show(session), "HaveLocalOffer offer -");
  prack(x, { body: "answer" });
  assertEquals(show(session), "Stable offer answer");
  x.lastInvite().accept();
  end(x);
});

// RFC 3261 §20.11: "session" is what describes a session; "render" and others are for people.
Deno.test("bodies of another disposition are neither offer nor answer", () => {
  const picture = { contentDisposition: "render", contentType: "text/plain", content: "hello" };
  const x = new Exchange();
  x.invite(x.recorder(), { body: picture });
  const render = ["Content-Type: text/plain", "Content-Disposition: render"];
  const alert = ["Content-Type: text/plain", "Content-Disposition: alert"];
  respond(x, 183, "ring ring", alert);
  const session = x.progressed.at(-1)?.session as Session;
  assertEquals(show(session), "Initial - -");
  respond(x, 200, "hi", render);
  assertEquals(show(session), "Initial - -");
  session.update(undefined, { body: picture });
  assertEquals(show(session), "Initial - -");
  x.peer.respond(x.peer.request("UPDATE"), 200, { body: "x", headers: render });
  session.invite(x.recorder(), { body: picture });
  assertEquals(show(session), "Initial - -");
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "x", headers: render });
  hangUp(x, session);
});

Deno.test("a call without any description; the first offer comes by re-INVITE, or by UPDATE", () => {
  for (const method of ["invite", "update"] as const) {
    const c = Call.out();
    assertEquals(show(c.session), "Initial - -");
    c.session[method](undefined, { body: sdp("offer") });
    c.respond(method.toUpperCase(), 488);
    assertEquals(show(c.session), "Initial - -");
    c.session[method](undefined, { body: sdp("offer") });
    c.respond(method.toUpperCase(), 200, { body: "answer" });
    assertEquals(show(c.session), "Stable offer answer");
    c.end();
  }
});

// RFC 3264 §4: "it MUST NOT generate a new offer if it has received an offer which it has not yet
// answered or rejected."
Deno.test("invite() and update() with an offer while the far end's is open: InvalidStateError", () => {
  const c = Call.out({ body: sdp("offer 1") }, { body: "answer 1" });
  let answer = () => {};
  c.session.delegate = {
    onUpdate: (request) => {
      answer = () => void request.accept({ statusCode: 200, body: sdp("answer 2") });
    },
  };
  c.ask("UPDATE", { body: "offer 2" });
  const body = { body: sdp("offer 3") };
  assertThrows(() => c.session.invite(undefined, body), InvalidStateError, "HaveRemoteOffer");
  assertThrows(() => c.session.update(undefined, body), InvalidStateError, "HaveRemoteOffer");
  answer();
  c.saw("200 UPDATE");
  assertEquals(show(c.session), "Stable offer 2 answer 2");
  c.end();
});

Deno.test("the end of a call: Closed", () => {
  const c = Call.out({ body: sdp("offer") }, { body: "answer" });
  c.session.bye();
  assertEquals(show(c.session), "Closed offer answer");
  c.ended();
});
