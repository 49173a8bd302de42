// A re-INVITE of the far end: RFC 3261 §14.2.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type IncomingInviteRequest, InvalidStateError, URI } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

const AGREED = "Confirmed Stable offer 1 answer 1";
const ANSWER = { statusCode: 200, body: sdp("answer 2") };

/** A call, and what takes the far end's re-INVITEs. */
function call(answer?: (request: IncomingInviteRequest) => void): Call {
  const c = Call.out({ body: sdp("offer 1") }, { body: "answer 1" });
  if (answer === undefined) return c;
  c.session.delegate = {
    onInvite: (request) => {
      c.x.invited.push(request);
      c.x.events.push("onInvite");
      request.delegate = { onCancel: () => void c.x.events.push("onCancel") };
      return answer(request);
    },
  };
  return c;
}

Deno.test("accept() with an answer: 200 with Contact, Allow and Supported; the session is changed", () => {
  const c = call((request) => {
    assertEquals(c.states, "Confirmed HaveRemoteOffer offer 2 -");
    assertEquals(request.accept(ANSWER).session, c.session);
  });
  c.ask("INVITE", { body: "offer 2" });
  c.saw("onInvite", "200 INVITE");
  const response = c.peer.response("INVITE");
  assertEquals([response.toTag, response.body], [c.tag, "answer 2"]);
  assertEquals(response.getHeader("Contact"), "<sip:alice@alice.example:5060>");
  assert(response.getHeaders("Allow").includes("UPDATE"));
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.ack();
  c.pass(60_000);
  c.saw();
  c.end();
});

// §13.3.1.4: "the 2xx response is passed to the transport with an interval that starts at T1 seconds
// and doubles for each retransmission until it reaches T2 seconds".
Deno.test("the 2xx is repeated until the ACK comes", () => {
  const c = call((request) => void request.accept(ANSWER));
  const told: number[] = [];
  Object.assign(c.session.delegate ?? {}, {
    onAck: ({ message }: { message: { cseq: number } }) => void told.push(message.cseq),
  });
  c.ask("INVITE", { body: "offer 2" });
  c.pass(7500);
  assertEquals(c.x.takeEvents().filter((event) => event === "200 INVITE").length, 5);
  c.ack({ cseq: 1 });
  c.pass(4000);
  c.saw("200 INVITE");
  c.ack();
  c.ack();
  c.pass(30_000);
  c.saw();
  assertEquals(told, [2]);
  c.end();
});

// "If the server retransmits the 2xx response for 64*T1 seconds without receiving an ACK, the dialog is
// confirmed, but the session SHOULD be terminated. This is accomplished with a BYE".
Deno.test("no ACK: onAckTimeout and BYE", () => {
  const c = call((request) => void request.accept(ANSWER));
  Object.assign(c.session.delegate ?? {}, {
    onAckTimeout: () => void c.x.events.push("onAckTimeout"),
  });
  c.ask("INVITE", { body: "offer 2" });
  c.pass(TIMER_B - 1);
  c.x.takeEvents();
  c.pass(1);
  c.saw("onAckTimeout", "BYE");
  c.ended();
});

Deno.test("without an offer: the 2xx has it, the ACK the answer", () => {
  const c = call((request) => void request.accept({ statusCode: 200, body: sdp("offer 2") }));
  c.ask("INVITE");
  assertEquals(c.states, "Confirmed HaveLocalOffer offer 2 -");
  c.ack({ body: "answer 2" });
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

Deno.test("without an offer, and without an answer in the ACK: what was agreed on holds", () => {
  const c = call((request) => void request.accept({ statusCode: 200, body: sdp("offer 2") }));
  c.ask("INVITE");
  c.ack();
  c.session.update(undefined, { body: sdp("offer 3") });
  assertEquals(c.states, "Confirmed HaveLocalOffer offer 3 -");
  c.respond("UPDATE", 488);
  assertEquals(c.states, AGREED);
  c.end();
});

Deno.test("a body in the ACK that nobody has asked for is no offer", () => {
  const c = call((request) => void request.accept(ANSWER));
  c.ask("INVITE", { body: "offer 2" });
  c.ack({ body: "offer 3" });
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

for (
  const [status, answer] of [
    [302, (request) => void request.redirect([URI.parse("sip:x@y.example")])],
    [480, (request) => void request.reject()],
    [488, (request) => void request.reject({ statusCode: 488 })],
    [603, (request) => {
      request.trying();
      request.progress();
      request.progress({ statusCode: 183, body: sdp("answer 2") });
      request.reject({ statusCode: 603 });
    }],
    [500, () => {
      throw new Error("no");
    }],
  ] satisfies [number, (request: IncomingInviteRequest) => void][]
) {
  // "the UAS ... MUST NOT have changed": §14.2 has the session stay as it is.
  Deno.test(`refused with ${status}: the session and the remote target are what they were`, () => {
    const c = call(answer);
    c.ask("INVITE", { body: "offer 2", contact: "<sip:moved@else.example>" });
    assertEquals(c.x.takeEvents().at(-1), `${status} INVITE`);
    c.ack();
    assertEquals(c.states, AGREED);
    assertEquals(`${c.session.remoteTarget}`, "sip:bob@bob.example:5060");
    c.session.invite(c.x.recorder());
    c.respond("INVITE", 488);
    c.end(...status === 500 ? ["DelegateError"] : []);
  });
}

// §14.2: "A UAS that receives a second INVITE before it sends the final response to a first INVITE with
// a lower CSeq sequence number on the same dialog MUST return a 500 (Server Internal Error) response to
// the second INVITE and MUST include a Retry-After header field with a randomly chosen value of between
// 0 and 10 seconds."
Deno.test("a second one while the first is open: 500 with Retry-After; the first goes on", () => {
  const c = call(() => {});
  c.ask("INVITE", { body: "offer 2" });
  const first = c.x.lastInvite();
  const seen = new Set<string>();
  for (let i = 0; i < 60; i++) {
    c.ask("INVITE", { body: "offer 3" });
    const response = c.peer.response("INVITE");
    assertEquals(response.statusCode, 500);
    const [seconds = ""] = response.getHeaders("Retry-After");
    assert(/^\d+$/.test(seconds) && Number(seconds) <= 10, seconds);
    seen.add(seconds);
    c.ack();
  }
  assert(seen.size > 3);
  assertEquals(c.states, "Confirmed HaveRemoteOffer offer 2 -");
  first.reject();
  c.ask("ACK", { branch: "z9hG4bKcall2", cseq: 2 });
  assertEquals(c.states, AGREED);
  c.end();
});

// "A UAS that receives an INVITE on a dialog while an INVITE it had sent on that dialog is in progress
// MUST return a 491 (Request Pending) response to the received INVITE."
Deno.test("one while ours is in progress: 491, and ours goes on", () => {
  const c = call(() => {});
  c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
  c.ask("INVITE", { body: "offer 3" });
  c.saw("INVITE", "491 INVITE");
  c.ack();
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("onAccept 200", "ACK");
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

Deno.test("another one before the ACK of the last: taken, since the 2xx has come", () => {
  const c = call((request) => void request.accept(ANSWER));
  c.ask("INVITE", { body: "offer 2" });
  c.ask("INVITE", { body: "offer 3" });
  c.saw("onInvite", "200 INVITE", "onInvite", "200 INVITE");
  c.ack();
  c.pass(40_000);
  c.saw();
  assertEquals(c.states, "Confirmed Stable offer 3 answer 2");
  c.end();
});

// Whoever invites again has got the 2xx; its ACK was lost, or is late.
for (const isLeaving of [false, true]) {
  const outcome = isLeaving ? "the BYE that waited goes" : "the call is up";
  Deno.test(`one before the ACK of the first INVITE stands for it: ${outcome}`, () => {
    const x = new Exchange();
    x.takeInvites((request) => {
      const { session } = request.accept();
      session.delegate = { onInvite: (again) => void again.accept() };
      if (isLeaving) session.bye();
    });
    x.peer.ask("INVITE");
    const { toTag = "" } = x.peer.response("INVITE");
    x.takeEvents();
    const again = { toTag, cseq: 2, branch: "z9hG4bKagain" };
    x.peer.ask("INVITE", again);
    assertEquals(x.takeEvents().sort(), isLeaving ? ["487 INVITE", "BYE"] : ["200 INVITE"]);
    x.peer.ask("ACK", isLeaving ? again : { toTag, cseq: 2 });
    if (isLeaving) x.peer.respond(x.peer.request("BYE"), 200);
    else x.peer.ask("BYE", { toTag, cseq: 3 });
    x.finish();
  });
}

// §9.2: "the UAS SHOULD immediately respond to the INVITE with a 487 (Request Terminated)."
Deno.test("CANCEL: 487, and the session stays", () => {
  const c = call((request) => void request.progress());
  c.ask("INVITE", { body: "offer 2" });
  c.cancel();
  c.saw("onInvite", "180 INVITE", "200 CANCEL", "onCancel", "487 INVITE");
  c.ack();
  assertEquals(c.states, AGREED);
  assertThrows(() => c.x.lastInvite().accept(), InvalidStateError);
  c.end();
});

Deno.test("CANCEL that crosses the 2xx: 200, and the session is changed", () => {
  const c = call((request) => void request.accept(ANSWER));
  c.ask("INVITE", { body: "offer 2" });
  c.cancel();
  c.saw("onInvite", "200 INVITE", "200 CANCEL");
  c.ack();
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

// §15.1.2: the UAS "MUST still respond to any pending requests received for that dialog. It is
// RECOMMENDED that a 487 (Request Terminated) response be generated to those pending requests."
Deno.test("a BYE while it is open: 487", () => {
  const c = call(() => {});
  c.ask("INVITE", { body: "offer 2" });
  c.ask("BYE");
  assertEquals(c.x.takeEvents().sort(), ["200 BYE", "487 INVITE", "onInvite"]);
  c.ack();
  assertThrows(() => c.x.lastInvite().accept(), InvalidStateError);
  c.x.finish();
});

Deno.test("bye() while it is open: 487 and BYE", () => {
  const c = call(() => {});
  c.ask("INVITE", { body: "offer 2" });
  c.session.bye();
  assertEquals(c.x.takeEvents().sort(), ["487 INVITE", "BYE", "onInvite"]);
  c.ack();
  c.ended();
});

Deno.test("session.dispose() while it is open: silent; nothing is left", () => {
  const c = call(() => {});
  c.ask("INVITE", { body: "offer 2" });
  c.session.dispose();
  c.saw("onInvite");
  assertThrows(() => c.x.lastInvite().accept(), InvalidStateError);
  c.x.finish();
});

Deno.test("stop() while it is open: refused, and BYE", async () => {
  const c = call(() => {});
  c.ask("INVITE", { body: "offer 2" });
  const stopped = c.x.core.stop();
  c.saw("onInvite", "503 INVITE", "BYE");
  c.ack();
  c.respond("BYE", 200);
  await stopped;
  c.x.finish();
});

// §14.2: "If the new session description is not acceptable, the UAS can reject it by returning a 488
// (Not Acceptable Here) response for the re-INVITE. This response SHOULD include a Warning header
// field."
Deno.test("nobody listens: 488 with Warning to a change, 200 with the same answer to a repetition", () => {
  const c = Call.in({ body: "offer 1" }, { statusCode: 200, body: sdp("answer 1") });
  c.ask("INVITE", { body: "offer 1" });
  assertEquals(c.peer.response("INVITE").body, "answer 1");
  c.ack();
  for (let i = 0; i < 2; i++) {
    c.ask("INVITE", { body: "offer 2" });
    assertEquals(c.peer.response("INVITE").statusCode, 488);
    assert(c.peer.response("INVITE").hasHeader("Warning"));
    c.ack();
  }
  c.ask("INVITE", { body: "offer 1" });
  assertEquals(c.peer.response("INVITE").statusCode, 200);
  c.ack();
  assertEquals(c.states, AGREED);
  c.end();
});

Deno.test("nobody listens, and the far end repeats what it has answered: 200 with our offer", () => {
  const c = call();
  c.ask("INVITE", { body: "answer 1" });
  assertEquals(c.peer.response("INVITE").body, "offer 1");
  c.ack();
  assertEquals(c.states, "Confirmed Stable answer 1 offer 1");
  c.end();
});

for (
  const contact of [
    "*",
    "<tel:+1>",
    "<sip:a@b>, <sip:c@d>",
    "<sip:a@b",
  ]
) {
  Deno.test(`Contact: ${contact}: 400, and the session stays`, () => {
    const c = call(() => {});
    c.ask("INVITE", { body: "offer 2", contact });
    c.saw("400 INVITE");
    c.ack();
    assertEquals(c.states, AGREED);
    c.end();
  });
}

Deno.test("no Contact at all: taken; the remote target is what it was", () => {
  const c = call((request) => void request.accept(ANSWER));
  c.ask("INVITE", { body: "offer 2", contact: null });
  c.ack();
  assertEquals(`${c.session.remoteTarget}`, "sip:bob@bob.example:5060");
  c.end();
});
