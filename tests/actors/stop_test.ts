// The end of a core: stop(), dispose(), `using`.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidStateError, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { Exchange, TIMER_B } from "../support/exchange.ts";

/** Starts stop() and says when it has resolved. */
function stopping(x: Exchange, options?: { deadline?: number }) {
  const state = { isStopped: false };
  const promise = x.core.stop(options).then(() => {
    state.isStopped = true;
  });
  return { state, promise };
}

async function stopped(x: Exchange, stop: ReturnType<typeof stopping>) {
  await x.clock.advanceAsync(0);
  assert(stop.state.isStopped, "stop() has resolved");
  assertEquals(x.core.state, "stopped");
  assertEquals(x.transport.closed, 1);
  x.assertSound();
  x.assertEmpty();
}

const DEADLINE = 5000;

Deno.test("stop() with nothing to do: stopped at once, the transports closed", async () => {
  const x = new Exchange();
  assertEquals(x.core.state, "running");
  await stopped(x, stopping(x));
});

Deno.test("stop() in calling: waits for a provisional, and cancels", async () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  const stop = stopping(x);
  assertEquals(x.core.state, "draining");
  x.takeEvents();
  x.peer.respond(invite, 180);
  assertEquals(x.takeEvents()[0], "CANCEL");
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  assertEquals(x.takeEvents().slice(-2), ["ACK", "onReject 487"]);
  await stopped(x, stop);
});

Deno.test("stop() in calling, then 2xx: acknowledged and ended with BYE", async () => {
  const x = new Exchange();
  x.invite();
  const stop = stopping(x);
  x.takeEvents();
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["onAccept 200", "ACK", "BYE"]);
  await x.clock.advanceAsync(0);
  assertEquals(stop.state.isStopped, false);
  x.peer.respond(x.peer.request("BYE"), 200);
  await stopped(x, stop);
});

Deno.test("stop() in calling, then 2xx, and onAccept hangs up itself: one BYE", async () => {
  const x = new Exchange();
  x.invite(x.recorder({
    onAccept: (response) => {
      response.ack();
      response.session.bye();
    },
  }));
  const stop = stopping(x);
  x.takeEvents();
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["onAccept 200", "ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  await stopped(x, stop);
});

Deno.test("stop() in calling, and nobody answers: dropped at the deadline", async () => {
  const x = new Exchange();
  x.invite();
  const stop = stopping(x);
  await x.clock.advanceAsync(DEADLINE - 1);
  assertEquals([stop.state.isStopped, x.core.state], [false, "draining"]);
  await x.clock.advanceAsync(1);
  await stopped(x, stop);
});

Deno.test("stop() in proceeding: one CANCEL, and no BYE beside it", async () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.takeEvents();
  const stop = stopping(x);
  assertEquals(x.takeEvents(), ["CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  await stopped(x, stop);
});

Deno.test("stop() in proceeding without a session: one CANCEL", async () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 100);
  x.takeEvents();
  const stop = stopping(x);
  assertEquals(x.takeEvents(), ["CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  await stopped(x, stop);
});

Deno.test("stop() in proceeding that was cancelled already: no second CANCEL", async () => {
  const x = new Exchange();
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 100);
  request.cancel();
  const stop = stopping(x);
  assertEquals(x.peer.requests("CANCEL").length, 1);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  await stopped(x, stop);
});

Deno.test("stop() in completed: nothing to wait for", async () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.takeEvents();
  await stopped(x, stopping(x));
  assertEquals(x.takeEvents(), []);
});

Deno.test("stop() with a call that is up: BYE, and stopped when it is answered", async () => {
  const x = new Exchange();
  const { session } = x.callOut();
  const stop = stopping(x);
  assertEquals(x.takeEvents(), ["BYE"]);
  await x.clock.advanceAsync(100);
  assertEquals(stop.state.isStopped, false);
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(session.sessionState, "Terminated");
  await stopped(x, stop);
});

Deno.test("stop() with a call that is being hung up: one BYE", async () => {
  const x = new Exchange();
  const { session } = x.callOut();
  session.bye();
  const stop = stopping(x);
  assertEquals(x.takeEvents(), ["BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  await stopped(x, stop);
});

Deno.test("stop() before ack(): ACK and BYE", async () => {
  const x = new Exchange();
  x.invite(x.recorder({}));
  x.peer.respond(x.peer.request("INVITE"), 200);
  x.takeEvents();
  const stop = stopping(x);
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  await stopped(x, stop);
});

Deno.test("stop() with a call of the peer's that is up: BYE", async () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.accept());
  x.peer.ask("INVITE");
  x.peer.ask("ACK", { toTag: x.peer.response("INVITE").toTag ?? "" });
  x.takeEvents();
  const stop = stopping(x);
  assertEquals(x.takeEvents(), ["BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  await stopped(x, stop);
});

Deno.test("stop() while the ACK is waited for: BYE after it", async () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.accept());
  x.peer.ask("INVITE");
  x.takeEvents();
  const stop = stopping(x);
  assertEquals(x.takeEvents(), []);
  x.peer.ask("ACK", { toTag: x.peer.response("INVITE").toTag ?? "" });
  assertEquals(x.takeEvents(), ["BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  await stopped(x, stop);
});

for (const early of [false, true]) {
  Deno.test(`stop() with an INVITE that ${early ? "rings" : "nobody has answered"}: 503`, async () => {
    const x = new Exchange();
    x.takeInvites((request) => void (early && request.progress()));
    x.peer.ask("INVITE", { branch: "z9hG4bKa" });
    x.takeEvents();
    const stop = stopping(x);
    assertEquals(x.takeEvents(), ["503 INVITE"]);
    x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
    await stopped(x, stop);
  });
}

Deno.test("stop() beyond the deadline: what is left is dropped", async () => {
  const x = new Exchange();
  x.callOut();
  const stop = stopping(x);
  await x.clock.advanceAsync(DEADLINE - 1);
  assertEquals(stop.state.isStopped, false);
  await x.clock.advanceAsync(1);
  await stopped(x, stop);
});

for (const deadline of [0, 100, 60_000]) {
  Deno.test(`stop({ deadline: ${deadline} }): as it says`, async () => {
    const x = new Exchange();
    x.callOut();
    const stop = stopping(x, { deadline });
    const end = Math.min(deadline, TIMER_B);
    if (end > 0) {
      await x.clock.advanceAsync(end - 1);
      assertEquals(stop.state.isStopped, false);
    }
    await x.clock.advanceAsync(1);
    await stopped(x, stop);
  });
}

Deno.test("stop() with calls in every state at once", async () => {
  const x = new Exchange();
  x.takeInvites((request) => {
    if (request.message.callId === "ringing") request.progress();
    if (request.message.callId === "accepted") request.accept();
  });
  for (let i = 0; i < 4; i++) x.invite();
  const [, proceeding, accepted, completed] = x.peer.requests("INVITE");
  if (proceeding) x.peer.respond(proceeding, 180);
  if (accepted) x.peer.respond(accepted, 200);
  if (completed) x.peer.respond(completed, 486);
  for (const callId of ["silent", "ringing", "accepted"]) x.peer.ask("INVITE", { callId });
  const stop = stopping(x);
  await x.clock.advanceAsync(DEADLINE);
  await stopped(x, stop);
});

Deno.test("while draining: invite() throws, an INVITE gets 503, a BYE of the far end 200", async () => {
  const x = new Exchange();
  const { invite } = x.callOut();
  x.takeInvites();
  const stop = stopping(x);
  assertThrows(() => x.core.invite(x.message()), InvalidStateError);
  x.takeEvents();
  x.peer.ask("INVITE", { callId: "new", branch: "z9hG4bKnew" });
  assertEquals(x.takeEvents(), ["503 INVITE"]);
  x.peer.ask("BYE", { callId: invite.callId, toTag: invite.fromTag ?? "" });
  assertEquals(x.takeEvents(), ["200 BYE"]);
  x.peer.ask("ACK", {
    callId: "new",
    branch: "z9hG4bKnew",
    toTag: x.peer.response("INVITE").toTag ?? "",
  });
  x.peer.respond(x.peer.request("BYE"), 200);
  await stopped(x, stop);
});

Deno.test("once stopped: invite() throws, nothing is taken in", async () => {
  const x = new Exchange();
  await stopped(x, stopping(x));
  assertThrows(() => x.core.invite(x.message()), InvalidStateError);
  x.peer.ask("OPTIONS");
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("stop() twice, and stop() from inside a callback: one end", async () => {
  const x = new Exchange();
  const stops: Promise<void>[] = [];
  x.invite(x.recorder({ onReject: () => void stops.push(x.core.stop(), x.core.stop()) }));
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(stops.length, 2);
  await x.clock.advanceAsync(0);
  await Promise.all(stops);
  await stopped(x, stopping(x));
});

Deno.test("dispose(): every call is dropped without a word, the transports closed", async () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.progress());
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.callOut();
  x.peer.ask("INVITE");
  x.takeEvents();
  await x.core.dispose();
  assertEquals(x.takeEvents(), []);
  assertEquals([x.core.state, x.transport.closed], ["stopped", 1]);
  x.finish();
});

Deno.test("dispose() while draining: at once", async () => {
  const x = new Exchange();
  x.callOut();
  const stop = stopping(x);
  await x.core.dispose();
  await stopped(x, stop);
});

Deno.test("dispose() twice, and after stop(): harmless", async () => {
  const x = new Exchange();
  await x.core.dispose();
  await x.core.dispose();
  await x.core.stop();
  assertEquals(x.transport.closed, 1);
  x.finish();
});

Deno.test("dispose() from inside a callback: harmless, and nothing is told afterwards", async () => {
  const x = new Exchange();
  const ends: Promise<void>[] = [];
  x.invite(x.recorder({ onProgress: () => void ends.push(x.core.dispose()) }));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  await Promise.all(ends);
  x.takeEvents();
  x.peer.respond(invite, 486);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("what a program still holds after dispose() is harmless", async () => {
  const x = new Exchange();
  const request = x.invite();
  const { session } = x.callOut();
  x.takeInvites();
  x.peer.ask("INVITE");
  const incoming = x.lastInvite();
  await x.core.dispose();
  x.takeEvents();
  request.cancel();
  request.dispose();
  assertEquals(session.sessionState, "Terminated");
  assertThrows(() => session.bye(), InvalidStateError);
  assertThrows(() => incoming.accept(), InvalidStateError);
  session.dispose();
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("ack() after dispose() sends nothing and leaves nothing", async () => {
  const x = new Exchange();
  x.invite(x.recorder({}));
  x.peer.respond(x.peer.request("INVITE"), 200);
  await x.core.dispose();
  x.takeEvents();
  try {
    x.accepted[0]?.ack();
  } catch (error) {
    assert(error instanceof InvalidStateError);
  }
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), []);
  x.assertEmpty();
});

Deno.test("await using: stop() at the end of the block", async () => {
  const transport = new MemoryNetwork().transport({ host: "a.example", port: 5060 });
  let held: UserAgentCore;
  {
    await using core = new UserAgentCore({ transports: [transport] });
    held = core;
    assertEquals(core.state, "running");
  }
  assertEquals(held.state, "stopped");
});

Deno.test("a transport whose close() fails holds nothing up", async () => {
  const x = new Exchange();
  x.transport.close = () => Promise.reject(new Error("stuck"));
  await x.core.stop();
  assertEquals(x.core.state, "stopped");
});

Deno.test("a transport whose close() throws holds nothing up", async () => {
  const x = new Exchange();
  x.transport.close = () => {
    throw new Error("stuck");
  };
  const escaped: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    escaped.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  const { state } = stopping(x);
  await x.clock.advanceAsync(0);
  removeEventListener("unhandledrejection", note);
  assertEquals([state.isStopped, escaped], [true, []]);
});
