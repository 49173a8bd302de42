/**
 * Invitations that expire: RFC 3261 §13.2.1 and §13.3.1.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Exchange } from "../../support/exchange.ts";

const BRANCH = "z9hG4bKinvite";

/** An INVITE that is good for so many seconds, and an ACK to what refuses it. */
function arrive(expires: string) {
  const x = new Exchange();
  x.takeInvites((request) => {
    request.delegate = { onExpire: () => void x.events.push("onExpire") };
    request.progress();
  });
  x.peer.script = (message) => {
    if (message.kind !== "response" || message.method !== "INVITE" || message.statusCode < 300) {
      return;
    }
    x.peer.ask("ACK", { branch: BRANCH, toTag: message.toTag ?? "" });
  };
  x.peer.ask("INVITE", { branch: BRANCH, headers: [`Expires: ${expires}`] });
  x.takeEvents();
  return x;
}

// §13.3.1: "If the invitation expires before the UAS has generated a final response, a 487 (Request
// Terminated) response SHOULD be generated."
Deno.test("an INVITE that comes in and expires while it rings: 487", () => {
  const x = arrive("30");
  const { session } = x.lastInvite().progress({ statusCode: 183 });
  x.takeEvents();
  x.clock.advance(29_999);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onExpire", "487 INVITE"]);
  assertEquals(session.sessionState, "Terminated");
  x.finish();
});

Deno.test("the program may answer in onExpire", () => {
  const x = arrive("30");
  const request = x.lastInvite();
  request.delegate = { onExpire: () => void request.reject({ statusCode: 480 }) };
  x.clock.advance(30_000);
  assertEquals(x.takeEvents(), ["480 INVITE"]);
  x.finish();
});

Deno.test("an INVITE that comes in and is refused, or cancelled, by then does not expire", () => {
  const x = arrive("60");
  x.lastInvite().reject({ statusCode: 486 });
  x.clock.advance(10_000);
  x.assertEmpty();
  x.peer.ask("INVITE", { branch: BRANCH, cseq: 2, headers: ["Expires: 60"] });
  x.takeEvents();
  x.peer.ask("CANCEL", { branch: BRANCH, cseq: 2 });
  // Timer J of the CANCEL.
  x.clock.advance(32_000);
  x.assertEmpty();
  assertEquals(x.takeEvents().filter((event) => event === "onExpire"), []);
  x.finish();
});

Deno.test("an INVITE that comes in and is accepted does not expire", () => {
  const x = arrive("60");
  const { session } = x.lastInvite().accept();
  x.peer.ask("ACK", { toTag: session.localTag });
  x.takeEvents();
  x.clock.advance(120_000);
  assertEquals(x.takeEvents(), []);
  assertEquals(session.sessionState, "Confirmed");
  assertEquals(x.clock.pending, 0);
  session.dispose();
  x.finish();
});

for (const expires of ["4294967295", "nonsense", "-1"]) {
  Deno.test(`an INVITE that comes in with an Expires of ${expires} does not expire here`, () => {
    const x = arrive(expires);
    const before = x.clock.pending;
    x.clock.advance(50_000);
    assertEquals(x.takeEvents(), []);
    assertEquals(x.clock.pending, before);
    x.lastInvite().reject();
    x.finish();
  });
}

Deno.test("Expires: 0 has expired as soon as it comes", () => {
  const x = arrive("0");
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onExpire", "487 INVITE"]);
  x.finish();
});

// §13.2.1: "If the time indicated in the Expires header field is reached and no final answer for the
// INVITE has been received, the UAC core SHOULD generate a CANCEL request for the INVITE".
Deno.test("an INVITE that was sent and expires while it rings: CANCEL", () => {
  const x = new Exchange();
  x.invite(undefined, { extraHeaders: ["Expires: 30"] });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.takeEvents();
  x.clock.advance(29_999);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  assertEquals(x.takeEvents(), ["ACK", "onReject 487"]);
  x.finish();
});

// §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent".
Deno.test("an INVITE that expires before anything came: CANCEL with the first provisional", () => {
  const x = new Exchange({ protocol: "TCP" });
  x.invite(undefined, { extraHeaders: ["Expires: 5"] });
  x.clock.advance(6000);
  assertEquals(x.takeEvents(), ["INVITE"]);
  x.peer.respond(x.peer.request("INVITE"), 100);
  assertEquals(x.takeEvents(), ["CANCEL", "onTrying 100"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(x.peer.request("INVITE"), 487);
  x.finish();
});

Deno.test("an INVITE that was sent and is answered, cancelled or disposed of does not expire", () => {
  const x = new Exchange();
  const expiring = { extraHeaders: ["Expires: 30"] };
  const { session } = x.callOut(expiring);
  x.invite(undefined, expiring);
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.invite(undefined, expiring).dispose();
  const cancelled = x.invite(undefined, expiring);
  x.peer.respond(x.peer.request("INVITE"), 180);
  cancelled.cancel();
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.takeEvents();
  x.clock.advance(31_000);
  assertEquals(x.takeEvents(), []);
  session.dispose();
  x.finish();
});
