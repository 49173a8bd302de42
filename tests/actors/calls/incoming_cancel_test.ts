// A CANCEL that comes in: RFC 3261 §9.2.
import { assertEquals, assertThrows } from "@std/assert";
import { type IncomingInviteRequest, InvalidStateError } from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

const BRANCH = "z9hG4bKinvite";

function arrive(x: Exchange): IncomingInviteRequest {
  x.takeInvites();
  x.peer.ask("INVITE", { branch: BRANCH });
  x.takeEvents();
  return x.lastInvite();
}

function cancel(x: Exchange, script = {}) {
  x.peer.ask("CANCEL", { branch: BRANCH, ...script });
}

function acknowledge(x: Exchange) {
  x.peer.ask("ACK", { branch: BRANCH, toTag: x.peer.response("INVITE").toTag ?? "" });
  x.finish();
}

// "Regardless of the method of the original request, as long as the CANCEL matched an existing
// transaction, the UAS answers the CANCEL request itself with a 200 (OK) response. ... The To tag of
// the response to the CANCEL and the To tag in the response to the original request SHOULD be the
// same."
for (const early of [false, true]) {
  Deno.test(`CANCEL ${early ? "after 180" : "before any answer"}: 200, onCancel, 487`, () => {
    const x = new Exchange();
    const request = arrive(x);
    const session = early ? request.progress().session : undefined;
    x.takeEvents();
    cancel(x);
    assertEquals(x.takeEvents(), ["200 CANCEL", "onCancel", "487 INVITE"]);
    assertEquals(x.peer.response("CANCEL").toTag, x.peer.response("INVITE").toTag);
    if (early) assertEquals(session?.sessionState, "Terminated");
    assertThrows(() => request.accept(), InvalidStateError);
    acknowledge(x);
  });
}

Deno.test("CANCEL without onCancel: 200 and 487 all the same", () => {
  const x = new Exchange();
  arrive(x).delegate = {};
  cancel(x);
  assertEquals(x.takeEvents(), ["200 CANCEL", "487 INVITE"]);
  acknowledge(x);
});

Deno.test("onCancel that throws: reported; 487 all the same", () => {
  const x = new Exchange();
  arrive(x).delegate = {
    onCancel: () => {
      throw new Error("a guest's mistake");
    },
  };
  cancel(x);
  assertEquals(x.takeEvents(), ["200 CANCEL", "487 INVITE"]);
  assertEquals(x.errors.map((error) => error.code), ["delegate"]);
  x.errors.length = 0;
  acknowledge(x);
});

Deno.test("onCancel that answers itself: its answer is sent, and no other", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.delegate = {
    onCancel: () => void request.reject({ statusCode: 487, extraHeaders: ["X-Any: thing"] }),
  };
  cancel(x);
  assertEquals(x.takeEvents(), ["200 CANCEL", "487 INVITE"]);
  assertEquals(x.peer.response("INVITE").getHeader("X-Any"), "thing");
  acknowledge(x);
});

Deno.test("onCancel that answers itself with 603: 603 is sent, and no 487", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.delegate = { onCancel: () => void request.reject({ statusCode: 603 }) };
  cancel(x);
  assertEquals(x.takeEvents(), ["200 CANCEL", "603 INVITE"]);
  acknowledge(x);
});

Deno.test("onCancel that accepts: a 200 is sent, and the call is up", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.delegate = { onCancel: () => void request.accept() };
  cancel(x);
  assertEquals(x.takeEvents(), ["200 CANCEL", "200 INVITE"]);
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { toTag });
  x.peer.ask("BYE", { toTag, cseq: 2 });
  x.finish();
});

Deno.test("onCancel that answers twice: the second is refused", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.delegate = {
    onCancel: () => {
      request.reject();
      assertThrows(() => request.accept(), InvalidStateError);
    },
  };
  cancel(x);
  assertEquals(x.errors, []);
  acknowledge(x);
});

Deno.test("CANCEL twice: 200 again, onCancel once", () => {
  const x = new Exchange();
  arrive(x);
  cancel(x);
  cancel(x);
  assertEquals(x.takeEvents(), ["200 CANCEL", "onCancel", "487 INVITE", "200 CANCEL"]);
  acknowledge(x);
});

// "If the transaction for the original request already has sent a final response, the CANCEL has no
// effect on the processing of the original request".
for (const final of ["accept", "reject"] as const) {
  Deno.test(`CANCEL after ${final}(): 200, and nothing else`, () => {
    const x = new Exchange();
    arrive(x)[final]();
    x.takeEvents();
    cancel(x);
    assertEquals(x.takeEvents(), ["200 CANCEL"]);
    if (final === "reject") return acknowledge(x);
    const toTag = x.peer.response("INVITE").toTag ?? "";
    x.peer.ask("ACK", { toTag });
    x.peer.ask("BYE", { toTag, cseq: 2 });
    assertEquals(x.peer.response("BYE").statusCode, 200);
    x.finish();
  });
}

// A proxy that forks to two ways which meet again here cancels both.
Deno.test("CANCEL after a merged copy of the INVITE and that copy's CANCEL: 200, onCancel, 487", () => {
  const x = new Exchange();
  const copy = { branch: "z9hG4bKcopy" };
  arrive(x).progress();
  x.peer.ask("INVITE", copy);
  x.peer.ask("ACK", { ...copy, toTag: x.peer.response("INVITE").toTag ?? "" });
  cancel(x, copy);
  assertEquals(x.takeEvents(), ["180 INVITE", "482 INVITE", "200 CANCEL"]);
  cancel(x);
  assertEquals(x.takeEvents(), ["200 CANCEL", "onCancel", "487 INVITE"]);
  acknowledge(x);
});

// "If the UAS did not find a matching transaction for the CANCEL according to the procedure above, it
// SHOULD respond to the CANCEL with a 481".
for (
  const [what, script] of [
    ["another branch", { branch: "z9hG4bKother" }],
    ["another sent-by", { via: `SIP/2.0/UDP mallory.example:5060;branch=${BRANCH}` }],
  ] as const
) {
  Deno.test(`CANCEL with ${what}: 481, and the INVITE rings on`, () => {
    const x = new Exchange();
    const request = arrive(x);
    const mallory = x.peerAt("mallory.example");
    cancel(x, script);
    assertEquals(
      [...x.peer.responses("CANCEL"), ...mallory.responses("CANCEL")][0]?.statusCode,
      481,
    );
    request.reject();
    acknowledge(x);
  });
}

Deno.test("CANCEL of an INVITE whose transaction is gone: 481", () => {
  const x = new Exchange();
  arrive(x).reject();
  x.peer.ask("ACK", { branch: BRANCH, toTag: x.peer.response("INVITE").toTag ?? "" });
  x.clock.advance(5000);
  x.takeEvents();
  cancel(x);
  assertEquals(x.takeEvents(), ["481 CANCEL"]);
  x.finish();
});

// RFC 2543 had no branch to go by: §17.2.3.
Deno.test("CANCEL and ACK of an RFC 2543 client: matched by what that RFC compared", () => {
  const x = new Exchange();
  const via = "SIP/2.0/UDP bob.example:5060";
  x.takeInvites();
  x.peer.ask("INVITE", { via });
  x.peer.ask("INVITE", { via });
  assertEquals(x.takeEvents(), ["onInvite"]);
  x.peer.ask("CANCEL", { via });
  assertEquals(x.takeEvents(), ["200 CANCEL", "onCancel", "487 INVITE"]);
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { via, toTag });
  x.clock.advance(20_000);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("an ACK of an RFC 2543 client with another To-tag: not the one that is waited for", () => {
  const x = new Exchange();
  const via = "SIP/2.0/UDP bob.example:5060;branch=1";
  x.takeInvites((request) => void request.reject());
  x.peer.ask("INVITE", { via });
  x.peer.ask("ACK", { via, toTag: "wrong" });
  x.takeEvents();
  x.clock.advance(500);
  assertEquals(x.takeEvents(), ["480 INVITE"]);
  x.peer.ask("ACK", { via, toTag: x.peer.response("INVITE").toTag ?? "" });
  x.clock.advance(20_000);
  assertEquals(x.takeEvents(), []);
  x.finish();
});
