// dispose() of an outgoing INVITE; RFC 3261 §13.2.2.4 for what comes late.
import { assertEquals } from "@std/assert";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

Deno.test("dispose() in calling: stopped, released, silent", () => {
  const x = new Exchange();
  x.invite().dispose();
  assertEquals(x.takeEvents(), ["INVITE"]);
  x.assertEmpty();
  x.clock.advance(100_000);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("dispose() in calling, then 2xx: late answers are dropped", () => {
  const x = new Exchange();
  x.invite().dispose();
  x.takeEvents();
  const invite = x.peer.request("INVITE");
  for (const status of [100, 180, 302, 486, 603]) x.peer.respond(invite, status);
  assertEquals(x.takeEvents(), []);
  assertEquals(x.core.dropped, 5);
  x.assertEmpty();
  x.finish();
});

Deno.test("dispose() in calling, then 2xx: it is acknowledged and ended with BYE", () => {
  const x = new Exchange();
  x.invite().dispose();
  const invite = x.peer.request("INVITE");
  x.takeEvents();
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  const [ack, bye] = [x.peer.request("ACK"), x.peer.request("BYE")];
  for (const request of [ack, bye]) {
    assertEquals(`${request.ruri}`, "sip:bob@bob.example:5060");
    assertEquals(request.toTag, "far");
    assertEquals(request.fromTag, invite.fromTag);
  }
  assertEquals([ack.cseq, bye.cseq], [1, 2]);
  x.peer.respond(bye, 200);
  x.finish();
});

Deno.test("dispose() in calling, then 2xx, repeated before the BYE is answered: only acknowledged again", () => {
  const x = new Exchange();
  x.invite().dispose();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.takeEvents();
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK"]);
  const [first, second] = x.peer.texts.filter((text) => text.startsWith("ACK"));
  assertEquals(second, first);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("dispose() in calling, then 2xx, repeated after the BYE was answered: no second BYE", () => {
  const x = new Exchange();
  x.invite().dispose();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.takeEvents();
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents().filter((event) => event === "BYE"), []);
  x.clock.advance(TIMER_B);
  x.finish();
});

Deno.test("dispose() in calling, then 2xx, and the BYE is never answered: released after timer F", () => {
  const x = new Exchange();
  x.invite().dispose();
  x.peer.respond(x.peer.request("INVITE"), 200);
  x.clock.advance(TIMER_B);
  x.assertEmpty();
  x.finish();
});

Deno.test("dispose() in calling, then the 2xx of each branch of a fork: each ended by itself", () => {
  const x = new Exchange();
  x.invite().dispose();
  const invite = x.peer.request("INVITE");
  x.takeEvents();
  x.peer.respond(invite, 200, { toTag: "one" });
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals(x.takeEvents(), ["ACK", "BYE", "ACK", "BYE"]);
  for (const bye of x.peer.requests("BYE")) x.peer.respond(bye, 200);
  x.finish();
});

// §8.1.3.4: after a redirect "the same To, From, and Call-ID" are recommended, with a new CSeq.
Deno.test("dispose() of the second try after a 302, with its Call-ID and From-tag, then 2xx: acknowledged and ended with BYE", () => {
  const x = new Exchange();
  const names = { callId: "both", fromTag: "both" };
  x.invite(x.recorder(), { options: { ...names, cseq: 1 } });
  x.peer.respond(x.peer.request("INVITE"), 302);
  x.invite(x.recorder(), { options: { ...names, cseq: 2 } }).dispose();
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onRedirect 302", "INVITE"]);
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  assertEquals([x.peer.request("ACK").cseq, x.peer.request("BYE").cseq], [2, 3]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("dispose() in proceeding: stopped, early dialogs gone", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const session = x.progressed[0]?.session;
  x.takeEvents();
  request.dispose();
  assertEquals(session?.sessionState, "Terminated");
  x.assertEmpty();
  for (const status of [180, 183, 486]) x.peer.respond(invite, status);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("dispose() in proceeding, then 2xx: acknowledged and ended with BYE", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  request.dispose();
  x.takeEvents();
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("dispose() in accepted: stopped, released; confirmed sessions live on", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.takeEvents();
  request.dispose();
  assertEquals(x.core.live.clients, 0);
  const session = x.lastSession();
  assertEquals(session.sessionState, "Confirmed");
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK"]);
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(session.sessionState, "Terminated");
  x.finish();
});

Deno.test("dispose() in accepted, then the 2xx of another branch: acknowledged and ended with BYE, told to nobody", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200, { toTag: "one" });
  request.dispose();
  x.takeEvents();
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  assertEquals(x.peer.request("BYE").toTag, "two");
  x.peer.respond(x.peer.request("BYE"), 200);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("dispose() in completed: stopped, released", () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 486);
  request.dispose();
  x.assertEmpty();
  x.takeEvents();
  x.peer.respond(invite, 486);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("dispose() in terminated: nothing happens", () => {
  const x = new Exchange();
  const request = x.invite();
  x.clock.advance(100_000);
  x.takeEvents();
  request.dispose();
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("dispose() called twice: harmless", () => {
  const x = new Exchange();
  const request = x.invite();
  request.dispose();
  request.dispose();
  x.assertEmpty();
  x.finish();
});

for (
  const [callback, status] of [
    ["onTrying", 100],
    ["onProgress", 180],
    ["onRedirect", 302],
    ["onReject", 486],
  ] as const
) {
  Deno.test(`dispose() from inside ${callback}: harmless, and nothing is told afterwards`, () => {
    const x = new Exchange();
    const request = x.invite(x.recorder({
      [callback]: () => {
        request.dispose();
        request.dispose();
      },
    }));
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, status);
    x.takeEvents();
    x.assertEmpty();
    x.peer.respond(invite, 180);
    x.peer.respond(invite, 486);
    assertEquals(x.takeEvents(), []);
    x.finish();
  });
}

Deno.test("dispose() from inside onAccept, before ack(): the session can still be acknowledged", () => {
  const x = new Exchange();
  const request = x.invite(x.recorder({
    onAccept: (response) => {
      request.dispose();
      response.ack();
    },
  }));
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["INVITE", "onAccept 200", "ACK"]);
  assertEquals(x.lastSession().sessionState, "Confirmed");
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("dispose() from inside onAccept without ack(): the watchdog acknowledges", () => {
  const x = new Exchange();
  const request = x.invite(x.recorder({ onAccept: () => request.dispose() }));
  x.peer.respond(x.peer.request("INVITE"), 200);
  x.clock.advance(TIMER_B);
  assertEquals(x.peer.requests("ACK").length, 1);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish("InvalidStateError");
});

// "`dispose()` stops the actor and releases every registry entry".
Deno.test("dispose() after a CANCEL was sent: every entry is released", () => {
  const x = new Exchange();
  const request = x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  request.cancel();
  request.dispose();
  x.assertEmpty();
  x.finish();
});

Deno.test("dispose() while cancel() is deferred: no CANCEL", () => {
  const x = new Exchange();
  const request = x.invite();
  request.cancel();
  request.dispose();
  x.peer.respond(x.peer.request("INVITE"), 180);
  assertEquals(x.takeEvents(), ["INVITE"]);
  x.assertEmpty();
  x.finish();
});

Deno.test("dispose() while a send is failing: nothing is told, nothing is left", async () => {
  const x = new Exchange();
  x.transport.onSend = () => Promise.reject(new Error("down"));
  const request = x.invite();
  request.dispose();
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("using: the request is disposed of at the end of its block", () => {
  const x = new Exchange();
  {
    using _request = x.invite() as ReturnType<typeof x.invite> & Disposable;
  }
  x.assertEmpty();
  x.finish();
});
