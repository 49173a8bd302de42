// A session that is up, on either side: RFC 3261 §12.2, §15.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { InvalidStateError } from "@strowger/sip";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";
import type { RequestScript } from "../../support/scripted_peer.ts";

/** A call from the peer that this side has answered, and that is acknowledged. */
function callIn(x: Exchange) {
  let session: ReturnType<ReturnType<Exchange["lastInvite"]>["accept"]>["session"] | undefined;
  x.takeInvites((request) => {
    session = request.accept().session;
  });
  x.peer.ask("INVITE");
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { toTag });
  x.takeEvents();
  if (session === undefined) throw new Error("no session");
  return { session, toTag };
}

/** Asks within the call that `callOut` has made. */
function within(x: Exchange, method: string, script: RequestScript = {}) {
  const { callId, fromTag } = x.peer.request("INVITE");
  x.peer.ask(method, { callId, toTag: fromTag ?? "", ...script });
}

Deno.test("bye(): BYE within the dialog; the session is over at once", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  session.bye({
    onAccept: () => void x.events.push(`BYE accepted, ${session.sessionState}`),
  });
  assertEquals(session.sessionState, "Terminated");
  const bye = x.peer.request("BYE");
  assertEquals([bye.callId, bye.fromTag, bye.toTag], [invite.callId, invite.fromTag, "far"]);
  assertEquals(bye.cseq, 2);
  assertEquals(`${bye.ruri}`, "sip:bob@bob.example:5060");
  x.peer.respond(bye, 200);
  assertEquals(x.takeEvents(), ["BYE", "BYE accepted, Terminated"]);
  x.finish();
});

Deno.test("bye() twice, and after the end: InvalidStateError", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.bye();
  assertThrows(() => session.bye(), InvalidStateError);
  x.peer.respond(x.peer.request("BYE"), 200);
  assertThrows(() => session.bye(), InvalidStateError);
  assertEquals(x.peer.requests("BYE").length, 1);
  x.finish();
});

for (const status of [200, 408, 481, 500]) {
  Deno.test(`bye() answered with ${status}: nothing is left`, () => {
    const x = new Exchange();
    const { session } = x.callOut();
    session.bye();
    x.peer.respond(x.peer.request("BYE"), status);
    assertEquals(x.core.live.dialogs, 0);
    x.finish();
  });
}

Deno.test("bye() that is never answered: repeated, a local 408 after 64*T1; nothing is left", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.bye(x.recorder());
  x.clock.advance(TIMER_B);
  assertEquals(x.events.filter((event) => event === "BYE").length, 11);
  assertEquals(x.events.at(-1), "onReject 408 local");
  x.finish();
});

Deno.test("bye() with headers and a body", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  const request = session.bye(undefined, {
    extraHeaders: ["Reason: Q.850;cause=16"],
    body: { contentDisposition: "render", contentType: "text/plain", content: "so long" },
  });
  const bye = x.peer.request("BYE");
  assertEquals([bye.getHeader("Reason"), bye.body], ["Q.850;cause=16", "so long"]);
  assertEquals(request.message.method, "BYE");
  x.peer.respond(bye, 200);
  x.finish();
});

// "A CANCEL request SHOULD NOT be sent to cancel a request other than INVITE."
Deno.test("cancel() of a BYE does nothing; dispose() of it is silent", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  const request = session.bye(x.recorder());
  request.cancel();
  request.dispose();
  request.dispose();
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(x.takeEvents(), ["BYE"]);
  x.finish();
});

// §15: "The caller's UA MAY send a BYE for either confirmed or early dialogs".
Deno.test("bye() of an early session as caller: BYE; the INVITE goes on", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.progressed[0]?.session?.bye();
  const bye = x.peer.request("BYE");
  x.peer.respond(bye, 200);
  x.peer.respond(invite, 487);
  assertEquals(x.takeEvents(), ["INVITE", "onProgress 180", "BYE", "ACK", "onReject 487"]);
  x.finish();
});

for (const how of ["bye", "dispose"] as const) {
  Deno.test(`${how}() of an early session as caller, crossed by a 2xx: ACK and BYE, and a local 487 for onReject`, () => {
    const x = new Exchange();
    x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180, { headers: ["Require: 100rel", "RSeq: 1"] });
    x.progressed[0]?.prack();
    x.progressed[0]?.session?.[how]();
    x.takeEvents();
    x.peer.respond(invite, 200);
    assertEquals(x.takeEvents(), ["ACK", "BYE", "onReject 487 local"]);
    x.peer.respond(invite, 200);
    assertEquals(x.takeEvents(), ["ACK"]);
    assertEquals(x.peer.requests("ACK").map(({ cseq }) => cseq), [1, 1]);
    // §12.2.1.1: "Requests within a dialog MUST contain strictly monotonically increasing and
    // contiguous CSeq sequence numbers (increasing-by-one) in each direction".
    const byes = x.peer.requests("BYE");
    assertEquals(byes.map(({ cseq }) => cseq), how === "bye" ? [3, 4] : [3]);
    for (const request of [...x.peer.requests("PRACK"), ...byes]) x.peer.respond(request, 200);
    x.finish();
  });
}

// "the callee's UA MAY send a BYE on confirmed dialogs, but MUST NOT send a BYE on early dialogs."
Deno.test("bye() of an early session as callee: InvalidStateError, nothing sent", () => {
  const x = new Exchange();
  x.takeInvites();
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  const { session } = x.lastInvite().progress();
  assertThrows(() => session.bye(), InvalidStateError);
  assertEquals(x.takeEvents(), ["onInvite", "180 INVITE"]);
  x.lastInvite().reject();
  x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: session.localTag });
  x.finish();
});

// "the callee's UA ... MUST NOT send a BYE on a confirmed dialog until it has received an ACK for its
// 2xx response or until the server transaction times out."
Deno.test("bye() as callee before the ACK waits for it", () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.accept().session.bye());
  x.peer.ask("INVITE");
  assertEquals(x.takeEvents(), ["onInvite", "200 INVITE"]);
  x.clock.advance(1000);
  assertEquals(x.takeEvents(), ["200 INVITE"]);
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { toTag });
  assertEquals(x.takeEvents(), ["BYE"]);
  const bye = x.peer.request("BYE");
  assertEquals([bye.fromTag, bye.toTag], [toTag, "far"]);
  x.peer.respond(bye, 200);
  x.finish();
});

Deno.test("bye() as callee, and no ACK ever: BYE after 64*T1, once", () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.accept().session.bye());
  x.peer.ask("INVITE");
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.peer.requests("BYE").length, 0);
  x.clock.advance(1);
  assertEquals(x.peer.requests("BYE").length, 1);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.clock.advance(100_000);
  x.assertEmpty();
});

Deno.test("a BYE of the far end: onBye, 200, and the session is over", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.delegate = { onBye: ({ message }) => void x.events.push(`onBye ${message.method}`) };
  within(x, "BYE", { branch: "z9hG4bKbye" });
  within(x, "BYE", { branch: "z9hG4bKbye" });
  assertEquals(x.takeEvents(), ["onBye BYE", "200 BYE", "200 BYE"]);
  assertEquals([session.sessionState, session.signalingState], ["Terminated", "Closed"]);
  assertThrows(() => session.bye(), InvalidStateError);
  x.finish();
});

Deno.test("a BYE of the far end that the program answers itself", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.delegate = {
    onBye: (request) => void request.accept({ statusCode: 200, extraHeaders: ["X-Any: thing"] }),
  };
  within(x, "BYE");
  assertEquals(x.takeEvents(), ["200 BYE"]);
  assertEquals(x.peer.response("BYE").getHeader("X-Any"), "thing");
  x.finish();
});

Deno.test("a BYE of the far end, as callee: 200, and the session is over", () => {
  const x = new Exchange();
  const { session, toTag } = callIn(x);
  x.peer.ask("BYE", { toTag, cseq: 2 });
  assertEquals(x.takeEvents(), ["200 BYE"]);
  assertEquals(session.sessionState, "Terminated");
  x.finish();
});

Deno.test("bye() from inside onBye: InvalidStateError is the guest's, the BYE is answered", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.delegate = { onBye: () => void session.bye() };
  within(x, "BYE");
  assertEquals(x.takeEvents(), ["200 BYE"]);
  x.finish("DelegateError");
});

Deno.test("two BYEs cross: each is answered; nothing is left", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.bye();
  within(x, "BYE");
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(x.takeEvents(), ["BYE", "200 BYE"]);
  x.finish();
});

for (
  const [what, script] of [
    ["another From-tag", { fromTag: "wrong" }],
    ["another To-tag", { toTag: "wrong" }],
    ["another Call-ID", { callId: "wrong" }],
  ] as const
) {
  // §15.1.2: "If the BYE does not match an existing dialog, the UAS core SHOULD generate a 481".
  Deno.test(`a BYE with ${what}: 481, and the session stays`, () => {
    const x = new Exchange();
    const { session } = x.callOut();
    within(x, "BYE", script);
    assertEquals(x.takeEvents(), ["481 BYE"]);
    assertEquals(session.sessionState, "Confirmed");
    within(x, "BYE");
    x.finish();
  });
}

Deno.test("a BYE without To-tag: 481, and the session stays", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  x.peer.ask("BYE", { callId: invite.callId });
  assertEquals(x.takeEvents(), ["481 BYE"]);
  assertEquals(session.sessionState, "Confirmed");
  within(x, "BYE");
  x.finish();
});

// §12.2.2: "If the remote sequence number was not empty, but the sequence number of the request is
// lower than the remote sequence number, the request is out of order and MUST be rejected with a 500
// (Server Internal Error) response."
Deno.test("an in-dialog request out of order: 500, and the session stays", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  within(x, "INFO", { cseq: 10 });
  within(x, "BYE", { cseq: 9 });
  assertEquals(x.takeEvents(), ["405 INFO", "500 BYE"]);
  assertEquals(session.sessionState, "Confirmed");
  within(x, "BYE", { cseq: 11 });
  assertEquals(x.takeEvents(), ["200 BYE"]);
  x.finish();
});

Deno.test("an in-dialog request out of order, as callee: the INVITE's number counts", () => {
  const x = new Exchange();
  const { toTag } = callIn(x);
  x.peer.ask("BYE", { toTag, cseq: 0 });
  assertEquals(x.takeEvents(), ["500 BYE"]);
  x.peer.ask("BYE", { toTag, cseq: 2 });
  x.finish();
});

Deno.test("the first in-dialog request may have any number; gaps are fine", () => {
  const x = new Exchange();
  x.callOut();
  within(x, "INFO", { cseq: 2147483646 });
  within(x, "BYE", { cseq: 2147483647 });
  assertEquals(x.takeEvents(), ["405 INFO", "200 BYE"]);
  x.finish();
});

// §8.2.1: "The UAS MUST also add an Allow header field to the 405 (Method Not Allowed) response."
for (const [method, status] of [["INFO", 405], ["REINVENT", 501]] as const) {
  Deno.test(`an in-dialog ${method}: ${status} with Allow, and the session stays`, () => {
    const x = new Exchange();
    const { session } = x.callOut();
    within(x, method);
    assertEquals(x.takeEvents(), [`${status} ${method}`]);
    assert(x.peer.response(method).getHeaders("Allow").includes("INVITE"));
    assertEquals(session.sessionState, "Confirmed");
    within(x, "BYE", { cseq: 2 });
    x.finish();
  });
}

// §8.2.2.3: "If a UAS does not understand an option-tag listed in a Require header field, it MUST
// respond by generating a response with status code 420 (Bad Extension). The UAS MUST add an
// Unsupported header field".
Deno.test("a BYE that requires what nobody knows: 420 with Unsupported, and the session stays", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.delegate = { onBye: () => void x.events.push("onBye") };
  within(x, "BYE", { headers: ["Require: foo, bar"] });
  assertEquals(x.takeEvents(), ["420 BYE"]);
  assertEquals(x.peer.response("BYE").getHeaders("Unsupported"), ["foo", "bar"]);
  assertEquals(session.sessionState, "Confirmed");
  within(x, "BYE", { cseq: 2 });
  assertEquals(x.takeEvents(), ["onBye", "200 BYE"]);
  x.finish();
});

Deno.test("a re-INVITE: refused with 488, and the session stays", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  within(x, "INVITE", { branch: "z9hG4bKre" });
  assertEquals(x.takeEvents(), ["488 INVITE"]);
  within(x, "ACK", { branch: "z9hG4bKre" });
  assertEquals(session.sessionState, "Confirmed");
  x.clock.advance(5000);
  assertEquals(x.takeEvents(), []);
  within(x, "BYE", { cseq: 2 });
  x.finish();
});

Deno.test("dispose(): forgotten at once; nothing is sent or told, and a BYE gets 481", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.delegate = { onBye: () => void x.events.push("onBye") };
  session.dispose();
  session.dispose();
  assertEquals([session.sessionState, session.signalingState], ["Terminated", "Closed"]);
  assertEquals(x.core.live.dialogs, 0);
  within(x, "BYE");
  assertEquals(x.takeEvents(), ["481 BYE"]);
  x.finish();
});

Deno.test("dispose() while a BYE is on its way: silent, and nothing is left", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.bye(x.recorder());
  session.dispose();
  x.takeEvents();
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("using: the session is disposed of at the end of its block", () => {
  const x = new Exchange();
  {
    using _session = x.callOut().session as ReturnType<Exchange["lastSession"]> & Disposable;
  }
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("prack() without a reliable response: InvalidStateError", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  assertThrows(() => session.prack(), InvalidStateError);
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("what a session says of itself, on both sides", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut({ body: sdp("offer") });
  assertEquals(session.callId, invite.callId);
  assertEquals([session.localTag, session.remoteTag], [invite.fromTag, "far"]);
  assertEquals(`${session.localURI}`, "sip:alice@alice.example");
  assertEquals(`${session.remoteURI}`, "sip:bob@bob.example:5060");
  assertEquals(session.signalingState, "HaveLocalOffer");
  const other = callIn(x);
  assertEquals([other.session.localTag, other.session.remoteTag], [other.toTag, "far"]);
  assertEquals(`${other.session.localURI}`, "sip:alice@alice.example");
  assertEquals(`${other.session.remoteURI}`, "sip:bob@bob.example");
  assertEquals(`${other.session.remoteTarget}`, "sip:bob@bob.example:5060");
  assertNotEquals(session.id, other.session.id);
  x.peer.ask("BYE", { toTag: other.toTag, cseq: 2 });
  x.peer.ask("BYE", { callId: invite.callId, toTag: invite.fromTag ?? "" });
  x.finish();
});

Deno.test("a call of the core to itself: both ends are sessions of their own", () => {
  const x = new Exchange();
  x.takeInvites((request) => {
    request.progress();
    request.accept();
  });
  x.invite(x.recorder(), { to: "sip:me@alice.example" });
  assertEquals(x.takeEvents(), ["onInvite", "onProgress 180", "onAccept 200"]);
  assertEquals(x.core.live.dialogs, 2);
  assertEquals(x.lastSession().sessionState, "Confirmed");
  x.lastSession().bye();
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("a request within the call whose Via, From or CSeq is nonsense: the call stays", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  const script = { callId: invite.callId, toTag: invite.fromTag ?? "" };
  for (const header of ["Via", "From", "CSeq"]) {
    x.peer.send(
      x.peer.writeRequest("BYE", script).replace(
        new RegExp(`^${header}: .*$`, "m"),
        `${header}: ?`,
      ),
    );
  }
  assertEquals(session.sessionState, "Confirmed");
  // An answer repeats these headers as they came, so it cannot be read either.
  x.peer.unreadable.length = 0;
  within(x, "BYE");
  x.finish();
});
