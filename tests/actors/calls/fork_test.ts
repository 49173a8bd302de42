// A fork answers more than once: RFC 3261 §13.2.2.4, RFC 6026 §7.2.
import { assert, assertEquals, assertNotStrictEquals } from "@std/assert";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

function twice() {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, { toTag: "one" });
  x.peer.respond(invite, 180, { toTag: "two" });
  x.takeEvents();
  x.peer.respond(invite, 200, { toTag: "one", contact: "<sip:one@bob.example:5060>" });
  x.peer.respond(invite, 200, { toTag: "two", contact: "<sip:two@bob.example:5060>" });
  return { x, invite };
}

function hangUp(x: Exchange) {
  for (const { session } of x.accepted) {
    if (session.sessionState === "Confirmed") session.bye();
  }
  for (const bye of x.peer.requests("BYE")) x.peer.respond(bye, 200);
  x.finish();
}

Deno.test("a 2xx of a second branch: onAccept again, with a session of its own", () => {
  const { x } = twice();
  assertEquals(x.takeEvents(), ["onAccept 200", "ACK", "onAccept 200", "ACK"]);
  const [one, two] = x.accepted.map(({ session }) => session);
  assertNotStrictEquals(one, two);
  assertEquals([one?.remoteTag, two?.remoteTag], ["one", "two"]);
  assertEquals([one?.sessionState, two?.sessionState], ["Confirmed", "Confirmed"]);
  hangUp(x);
});

// "The UAC core MUST generate an ACK request for each 2xx received from the transaction layer."
Deno.test("a 2xx of a second branch: each has its own ACK", () => {
  const { x } = twice();
  const [one, two] = x.peer.requests("ACK");
  assertEquals([one?.toTag, two?.toTag], ["one", "two"]);
  assertEquals([`${one?.ruri}`, `${two?.ruri}`], [
    "sip:one@bob.example:5060",
    "sip:two@bob.example:5060",
  ]);
  assertEquals([one?.cseq, two?.cseq], [1, 1]);
  assert(one?.viaBranch !== two?.viaBranch);
  hangUp(x);
});

Deno.test("a 2xx of a second branch, both repeated: each has its ACK again, nothing is told", () => {
  const { x, invite } = twice();
  x.takeEvents();
  const texts = x.peer.texts.filter((text) => text.startsWith("ACK"));
  x.peer.respond(invite, 200, { toTag: "two" });
  x.peer.respond(invite, 200, { toTag: "one" });
  assertEquals(x.takeEvents(), ["ACK", "ACK"]);
  assertEquals(x.peer.texts.slice(-2), texts.toReversed());
  hangUp(x);
});

Deno.test("a 2xx of a second branch: ending one leaves the other", () => {
  const { x, invite } = twice();
  const [one, two] = x.accepted.map(({ session }) => session);
  one?.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals([one?.sessionState, two?.sessionState], ["Terminated", "Confirmed"]);
  x.peer.ask("BYE", { callId: invite.callId, fromTag: "two", toTag: invite.fromTag ?? "" });
  assertEquals(two?.sessionState, "Terminated");
  hangUp(x);
});

Deno.test("a 2xx of a second branch 64*T1 after the first: acknowledged and ended with BYE", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200, { toTag: "one" });
  x.clock.advance(TIMER_B + 1);
  x.takeEvents();
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  assertEquals(x.peer.request("BYE").toTag, "two");
  assertEquals(x.lastSession().sessionState, "Confirmed");
  hangUp(x);
});

Deno.test("a 200 of a second branch after the 486: acknowledged and ended with BYE, told to nobody", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 486, { toTag: "one" });
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486"]);
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  assertEquals([x.peer.request("ACK").toTag, x.peer.request("BYE").toTag], ["two", "two"]);
  const [ack] = x.peer.texts.filter((text) => text.startsWith("ACK")).slice(-1);
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals(x.takeEvents(), ["ACK"]);
  assertEquals(x.peer.texts.at(-1), ack);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("a request of each branch finds its own session", () => {
  const { x, invite } = twice();
  const told: string[] = [];
  for (const { session } of x.accepted) {
    session.delegate = { onBye: () => void told.push(session.remoteTag) };
  }
  for (const fromTag of ["two", "one"]) {
    x.peer.ask("BYE", { callId: invite.callId, fromTag, toTag: invite.fromTag ?? "" });
  }
  assertEquals(told, ["two", "one"]);
  hangUp(x);
});

Deno.test("onAccept is missing: every branch that answers is acknowledged", () => {
  const x = new Exchange();
  x.invite({});
  const invite = x.peer.request("INVITE");
  for (const toTag of ["one", "two"]) x.peer.respond(invite, 200, { toTag });
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "ACK"]);
  for (const fromTag of ["two", "one"]) {
    x.peer.ask("BYE", { callId: invite.callId, fromTag, toTag: invite.fromTag ?? "" });
  }
  x.finish();
});

Deno.test("1,000 2xx, each with another To-tag: the sessions that a peer can make are limited", () => {
  const x = new Exchange();
  x.invite({});
  const invite = x.peer.request("INVITE");
  for (let i = 0; i < 1000; i++) x.peer.respond(invite, 200, { toTag: `tag${i}` });
  assert(x.core.live.dialogs < 1000, `${x.core.live.dialogs} dialogs`);
  x.core.dispose();
});

Deno.test("1,000 late 2xx to an INVITE that was disposed of, each with another To-tag: limited", () => {
  const x = new Exchange();
  x.invite({}).dispose();
  const invite = x.peer.request("INVITE");
  for (let i = 0; i < 1000; i++) x.peer.respond(invite, 200, { toTag: `tag${i}` });
  assert(x.core.live.dialogs < 1000, `${x.core.live.dialogs} dialogs`);
  x.core.dispose();
});
