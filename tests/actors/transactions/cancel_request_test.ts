// The CANCEL itself: RFC 3261 §9.1.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

function ringing(x: Exchange) {
  const request = x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.takeEvents();
  return { request, invite };
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
