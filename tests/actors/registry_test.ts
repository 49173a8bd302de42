// Everything is released when a call ends: the registry is empty again.
import { assertEquals } from "@std/assert";
import { Exchange, TIMER_B } from "../support/exchange.ts";

const OUTCOMES: Record<string, (x: Exchange) => void> = {
  answered: (x) => {
    const { session } = x.callOut();
    session.bye();
    x.peer.respond(x.peer.request("BYE"), 200);
  },
  "answered, hung up by the far end": (x) => {
    const { invite } = x.callOut();
    x.peer.ask("BYE", { callId: invite.callId, toTag: invite.fromTag ?? "" });
  },
  refused: (x) => {
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), 486);
  },
  "cancelled while it rings": (x) => {
    const request = x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180);
    request.cancel();
    x.peer.respond(x.peer.request("CANCEL"), 200);
    x.peer.respond(invite, 487);
  },
  "never answered": (x) => {
    x.invite();
    x.clock.advance(TIMER_B);
  },
  "disposed of": (x) => {
    const request = x.invite();
    x.peer.respond(x.peer.request("INVITE"), 180);
    request.dispose();
  },
  forked: (x) => {
    x.invite();
    const invite = x.peer.request("INVITE");
    for (const toTag of ["one", "two", "three"]) x.peer.respond(invite, 180, { toTag });
    for (const toTag of ["one", "two"]) x.peer.respond(invite, 200, { toTag });
    for (const { session } of x.accepted.splice(0)) session.bye();
    for (const bye of x.peer.requests("BYE").slice(-2)) x.peer.respond(bye, 200);
  },
};

for (const [outcome, play] of Object.entries(OUTCOMES)) {
  for (const protocol of ["UDP", "TCP"]) {
    Deno.test(`a call that was ${outcome}, over ${protocol}: nothing is left of it, and of 100 of them`, () => {
      const x = new Exchange({ protocol });
      play(x);
      x.finish();
      for (let i = 0; i < 100; i++) play(x);
      x.finish();
    });
  }
}

Deno.test("what is counted while a call is up: one dialog, and no transaction after 64*T1", () => {
  const x = new Exchange();
  const { session } = x.callOut();
  x.clock.advance(TIMER_B);
  const { clients, servers, dialogs } = x.core.live;
  assertEquals({ clients, servers, dialogs }, { clients: 0, servers: 0, dialogs: 1 });
  assertEquals(x.clock.pending, 0);
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("1,000 calls that come in and are answered, refused or cancelled: nothing is left", () => {
  const x = new Exchange();
  x.takeInvites((request) => {
    const number = Number(request.message.callId);
    if (number % 3 === 0) request.accept();
    if (number % 3 === 1) request.reject();
    if (number % 3 === 2) request.progress();
  });
  for (let i = 0; i < 1000; i++) {
    const callId = `${i}`;
    const branch = `z9hG4bK${i}`;
    x.peer.ask("INVITE", { callId, branch });
    if (i % 3 === 2) x.peer.ask("CANCEL", { callId, branch });
    const toTag = x.peer.response("INVITE").toTag ?? "";
    if (i % 3 === 0) {
      x.peer.ask("ACK", { callId, toTag });
      x.peer.ask("BYE", { callId, toTag, cseq: 2 });
    } else x.peer.ask("ACK", { callId, branch, toTag });
    x.peer.received.length = 0;
  }
  x.finish();
});

Deno.test("an INVITE that throws at the call leaves nothing", () => {
  const x = new Exchange();
  for (let i = 0; i < 100; i++) {
    try {
      x.invite(x.recorder(), { extraHeaders: ["X: a\r\nb"] });
    } catch {
      // Refused, as it should be.
    }
  }
  x.assertEmpty();
  x.finish();
});
