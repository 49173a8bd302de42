// cancel() of an outgoing INVITE: RFC 3261 §9.1.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Exchange, TIMER_B } from "../support/exchange.ts";

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

// "The Request-URI, Call-ID, To, the numeric part of CSeq, and From header fields in the CANCEL
// request MUST be identical to those in the request being cancelled, including tags. A CANCEL
// constructed by a client MUST have only a single Via header field value matching the top Via value
// in the request being cancelled. ... If the request being cancelled contains a Route header field,
// the CANCEL request MUST include that Route header field's values."
Deno.test("CANCEL: the fields of §9.1", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  const request = x.invite(x.recorder(), {
    options: {
      routeSet: ["<sip:proxy.example;lr>", "<sip:second.example;lr>"],
      cseq: 4711,
      toDisplayName: "Bob B",
      fromDisplayName: "Alice A",
    },
  });
  const invite = proxy.request("INVITE");
  proxy.respond(invite, 180);
  request.cancel();
  const cancel = proxy.request("CANCEL");
  assertEquals(`${cancel.ruri}`, `${invite.ruri}`);
  for (const name of ["Call-ID", "To", "From"]) {
    assertEquals(cancel.getHeader(name), invite.getHeader(name), name);
  }
  assertEquals(cancel.getHeader("CSeq"), "4711 CANCEL");
  assertEquals(cancel.toTag, undefined);
  assertEquals(cancel.getHeaders("Via"), invite.getHeaders("Via"));
  assertEquals(cancel.getHeaders("Via").length, 1);
  assertEquals(cancel.getHeaders("Route"), ["<sip:proxy.example;lr>", "<sip:second.example;lr>"]);
  // "The CANCEL request MUST NOT contain any Require or Proxy-Require header fields."
  assertEquals(cancel.hasHeader("Require") || cancel.hasHeader("Proxy-Require"), false);
  proxy.respond(cancel, 200);
  proxy.respond(invite, 487);
  x.finish();
});

Deno.test("CANCEL: no Require and Proxy-Require, also when the INVITE has them", () => {
  const x = new Exchange();
  const request = x.invite(x.recorder(), {
    extraHeaders: ["Require: 100rel", "Proxy-Require: foo"],
  });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  request.cancel();
  const cancel = x.peer.request("CANCEL");
  assertEquals(cancel.hasHeader("Require") || cancel.hasHeader("Proxy-Require"), false);
  x.peer.respond(cancel, 200);
  x.peer.respond(invite, 487);
  x.finish();
});

Deno.test("CANCEL: Route that the program put into extraHeaders is copied, too", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  const request = x.invite(x.recorder(), { extraHeaders: ["Route: <sip:proxy.example;lr>"] });
  const invite = proxy.request("INVITE");
  proxy.respond(invite, 180);
  request.cancel();
  const cancel = proxy.request("CANCEL");
  assertEquals(cancel.getHeaders("Route"), ["<sip:proxy.example;lr>"]);
  proxy.respond(cancel, 200);
  proxy.respond(invite, 487);
  x.finish();
});

for (const options of [{ forceRport: false }, { viaHost: "nat.example" }]) {
  Deno.test(`CANCEL: Via is the INVITE's, also with ${JSON.stringify(options)}`, () => {
    const x = new Exchange();
    const request = x.invite(x.recorder(), { options });
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180);
    assertEquals(x.takeEvents(), ["INVITE", "onProgress 180"]);
    request.cancel();
    const cancel = x.peer.request("CANCEL");
    assertEquals(cancel.getHeaders("Via"), invite.getHeaders("Via"));
    x.peer.respond(cancel, 200);
    x.peer.respond(invite, 487);
    x.finish();
  });
}

Deno.test("CANCEL: a reason and extra headers", () => {
  for (
    const [reason, expected] of [
      [
        'SIP;cause=200;text="Call completed elsewhere"',
        'SIP;cause=200;text="Call completed elsewhere"',
      ],
      ['changed my "mind"', 'SIP;text="changed my \\"mind\\""'],
    ] as const
  ) {
    const x = new Exchange();
    const { request, invite } = ringing(x);
    request.cancel(reason, { extraHeaders: ["X-Why: because"] });
    const cancel = x.peer.request("CANCEL");
    assertEquals(cancel.getHeader("Reason"), expected);
    assertEquals(cancel.getHeader("X-Why"), "because");
    x.peer.respond(cancel, 200);
    x.peer.respond(invite, 487);
    x.finish();
  }
});

Deno.test("CANCEL: goes where the INVITE went, and is repeated until it is answered", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  request.cancel();
  x.clock.advance(1500);
  assertEquals(x.takeEvents(), ["CANCEL", "CANCEL", "CANCEL"]);
  assertEquals(new Set(x.peer.texts.slice(-3)).size, 1);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.clock.advance(10_000);
  assertEquals(x.takeEvents(), []);
  x.peer.respond(invite, 487);
  x.finish();
});

for (const status of [481, 500]) {
  Deno.test(`CANCEL: its own failure (${status}) is reported, and the INVITE goes on`, () => {
    const x = new Exchange();
    const { request, invite } = ringing(x);
    request.cancel();
    x.peer.respond(x.peer.request("CANCEL"), status);
    assertEquals(x.errors.map((error) => error.code), ["protocol"]);
    x.peer.respond(invite, 486);
    assertEquals(x.takeEvents(), ["CANCEL", "ACK", "onReject 486"]);
    x.finish("ProtocolError");
  });
}

Deno.test("CANCEL: no answer to it at all is reported", () => {
  const x = new Exchange();
  ringing(x).request.cancel();
  x.clock.advance(TIMER_B);
  assert(x.events.includes("onReject 408 local"));
  assertEquals(x.errors.length, 1);
  assertMatch(x.errors[0]?.message ?? "", /CANCEL/);
  x.errors.length = 0;
  x.finish();
});

Deno.test("the answer to the CANCEL is told to nobody", () => {
  const x = new Exchange();
  const { request, invite } = ringing(x);
  request.cancel();
  const cancel = x.peer.request("CANCEL");
  x.peer.respond(cancel, 100);
  x.peer.respond(cancel, 200);
  x.peer.respond(cancel, 200);
  assertEquals(x.takeEvents(), ["CANCEL"]);
  x.peer.respond(invite, 487);
  x.finish();
});
