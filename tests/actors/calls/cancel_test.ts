// cancel() of an outgoing INVITE: RFC 3261 §9.1.
import { assertEquals, assertMatch } from "@std/assert";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

function ringing(x: Exchange) {
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.takeEvents();
  return { request, invite };
}

// "If no provisional response has been received, the CANCEL request MUST NOT be sent; rather, the
// client MUST wait for the arrival of a provisional response before sending the request."
for (const status of [100, 180, 183]) {
  Deno.test(`cancel() in calling: deferred to the first provisional (${status}), sent before the callback`, () => {
    const x = new Exchange();
    const request = x.invite();
    request.cancel();
    assertEquals(x.takeEvents(), ["INVITE"]);
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, status);
    assertEquals(x.takeEvents(), [
      "CANCEL",
      status === 100 ? "onTrying 100" : `onProgress ${status}`,
    ]);
    x.peer.respond(x.peer.request("CANCEL"), 200);
    x.peer.respond(invite, 487);
    assertEquals(x.takeEvents(), ["ACK", "onReject 487"]);
    x.finish();
  });
}

Deno.test("cancel() in calling, and no answer ever: no CANCEL; timer B ends it with a local 408", () => {
  const x = new Exchange();
  x.invite().cancel();
  x.clock.advance(TIMER_B - 1);
  assertEquals(new Set(x.takeEvents()), new Set(["INVITE"]));
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onReject 408 local"]);
  x.finish();
});

Deno.test("cancel() in calling, then 2xx: no CANCEL; onAccept as usual", () => {
  const x = new Exchange();
  x.invite().cancel();
  x.takeEvents();
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["onAccept 200", "ACK"]);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(x.peer.requests("CANCEL").length, 0);
  x.finish();
});

Deno.test("cancel() in calling, then 2xx with no onAccept: acknowledged, and ended with BYE", () => {
  const x = new Exchange();
  const request = x.invite({});
  request.cancel();
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("cancel() in calling, then 486: no CANCEL; onReject as usual", () => {
  const x = new Exchange();
  x.invite().cancel();
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486"]);
  x.finish();
});

Deno.test("cancel() in proceeding: sent at once", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  request.cancel();
  assertEquals(x.takeEvents(), ["CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  assertEquals(x.takeEvents(), ["ACK", "onReject 487"]);
  x.finish();
});

// "if there is no final response for the original request in 64*T1 seconds ..., the client SHOULD
// then consider the original transaction cancelled and SHOULD destroy the client transaction".
Deno.test("cancel() in proceeding: 64*T1 later the request ends with a local 408 if nothing final came", () => {
  const x = new Exchange();
  const { request } = ringing(x);
  request.cancel();
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.takeEvents(), ["CANCEL"]);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onReject 408 local"]);
  x.finish();
});

Deno.test("cancel() deferred: 64*T1 counts from the CANCEL and not from cancel()", () => {
  const x = new Exchange();
  const request = x.invite();
  request.cancel();
  x.clock.advance(20_000);
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.takeEvents();
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onReject 408 local"]);
  x.finish();
});

Deno.test("cancel() in proceeding, and a 2xx crosses the CANCEL: onAccept as usual", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  request.cancel();
  x.peer.respond(invite, 200);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  assertEquals(x.takeEvents(), ["CANCEL", "onAccept 200", "ACK"]);
  x.clock.advance(TIMER_B);
  assertEquals(x.takeEvents(), []);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("cancel() in proceeding, timed out, and then a 2xx: acknowledged and ended with BYE", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  request.cancel();
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.clock.advance(TIMER_B);
  x.takeEvents();
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("cancel() in accepted: nothing sent, nothing thrown", () => {
  const x = new Exchange();
  const request = x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.peer.respond(x.peer.request("INVITE"), 200);
  x.takeEvents();
  request.cancel("late");
  assertEquals(x.takeEvents(), []);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("cancel() in completed: nothing sent, nothing thrown", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  x.peer.respond(invite, 486);
  x.takeEvents();
  request.cancel();
  assertEquals(x.takeEvents(), []);
  x.finish();
});

for (const end of ["486", "timer B"]) {
  Deno.test(`cancel() in terminated, after ${end}: nothing sent, nothing thrown`, () => {
    const x = new Exchange();
    const request = x.invite();
    if (end === "486") x.peer.respond(x.peer.request("INVITE"), 486);
    x.clock.advance(100_000);
    x.takeEvents();
    request.cancel();
    request.cancel("again");
    assertEquals(x.takeEvents(), []);
    x.finish();
  });
}

Deno.test("cancel() after dispose(): nothing sent, nothing thrown", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  request.dispose();
  request.cancel();
  x.peer.respond(invite, 183);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("cancel() called twice in calling: one CANCEL", () => {
  const x = new Exchange();
  const request = x.invite();
  request.cancel("first");
  request.cancel("second");
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  request.cancel("third");
  x.peer.respond(invite, 183);
  assertEquals(x.peer.requests("CANCEL").length, 1);
  assertMatch(x.peer.request("CANCEL").getHeader("Reason") ?? "", /first/);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  x.finish();
});

Deno.test("cancel() called twice in proceeding: one CANCEL", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  request.cancel();
  request.cancel();
  assertEquals(x.takeEvents(), ["CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  x.finish();
});

for (const [callback, status] of [["onTrying", 100], ["onProgress", 180]] as const) {
  Deno.test(`cancel() from inside ${callback}: one CANCEL, at once`, () => {
    const x = new Exchange();
    const request = x.invite(x.recorder({
      [callback]: () => {
        request.cancel();
        request.cancel();
      },
    }));
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, status);
    assertEquals(x.takeEvents(), ["INVITE", `${callback} ${status}`, "CANCEL"]);
    x.peer.respond(invite, status);
    assertEquals(x.takeEvents(), [`${callback} ${status}`]);
    x.peer.respond(x.peer.request("CANCEL"), 200);
    x.peer.respond(invite, 487);
    x.finish();
  });
}

for (
  const [callback, status] of [["onAccept", 200], ["onRedirect", 302], ["onReject", 486]] as const
) {
  Deno.test(`cancel() from inside ${callback}: nothing sent, nothing thrown`, () => {
    const x = new Exchange();
    const request = x.invite(x.recorder({
      [callback]: () => {
        request.cancel();
        x.accepted.at(-1)?.ack();
      },
    }));
    x.peer.respond(x.peer.request("INVITE"), status);
    assertEquals(x.peer.requests("CANCEL").length, 0);
    if (callback === "onAccept") {
      x.lastSession().bye();
      x.peer.respond(x.peer.request("BYE"), 200);
    }
    x.finish();
  });
}
