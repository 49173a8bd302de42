// Where the requests of a call go, and what changes it: RFC 3261 §12.1, §12.2.
import { assertEquals } from "@std/assert";
import type { Session } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, sdp } from "../../support/exchange.ts";
import type { ScriptedPeer } from "../../support/scripted_peer.ts";

/** Request-URI and Routes of the last request of a method. */
function way(peer: ScriptedPeer, method: string): string[] {
  const request = peer.request(method);
  return [`${request.ruri}`, ...request.getHeaders("Route")];
}

const FAR = "sip:bob@bob.example:5060";
const MOVED = "<sip:bob@bob.example:5060;moved=1>";

/** Each request in a call that this side has set up, and each refresh of the far end's address. */
const OUT: [string, (c: Call, contact: string | null) => void][] = [
  ["the 2xx to a re-INVITE", (c, contact) => {
    c.session.invite(c.x.recorder());
    c.respond("INVITE", 200, { contact });
  }],
  ["the 2xx to an UPDATE", (c, contact) => {
    c.session.update();
    c.respond("UPDATE", 200, { contact });
  }],
  ["a re-INVITE that is accepted", (c, contact) => {
    c.session.delegate = { onInvite: (request) => void request.accept() };
    c.ask("INVITE", { contact });
    c.ack();
  }],
  ["an UPDATE that is accepted", (c, contact) => c.ask("UPDATE", { contact })],
];

// §12.2.1.2: the UAC "MUST replace the dialog's remote target URI with the URI from the Contact header
// field in that response, if present"; §12.2.2: the UAS "MUST replace the dialog's remote target URI
// with the URI from the Contact header field in that request, if present."
for (const [what, refresh] of OUT) {
  for (const [side, make] of [["caller", () => Call.out()], ["callee", () => Call.in()]] as const) {
    Deno.test(`${what} refreshes the remote target, as ${side}`, () => {
      const c = make();
      refresh(c, MOVED);
      assertEquals(`<${c.session.remoteTarget}>`, MOVED);
      c.session.info();
      assertEquals(`<${c.peer.request("INFO").ruri}>`, MOVED);
      c.respond("INFO", 200);
      refresh(c, null);
      assertEquals(`<${c.session.remoteTarget}>`, MOVED);
      c.end();
    });
  }
}

Deno.test("the ACK to a re-INVITE goes to the Contact of its 2xx already", () => {
  const c = Call.out();
  c.session.invite(c.x.recorder());
  c.respond("INVITE", 200, { contact: MOVED });
  assertEquals(`<${c.peer.request("ACK").ruri}>`, MOVED);
  c.end();
});

for (const contact of ["*", "<tel:+1>", "<sip:bob@"]) {
  Deno.test(`a 2xx to a re-INVITE with Contact: ${contact}: no address to go to; the call stays`, () => {
    const c = Call.out();
    c.session.invite(c.x.recorder());
    c.respond("INVITE", 200, { contact });
    assertEquals(`${c.session.remoteTarget}`.startsWith("sip:"), true);
    c.session.update();
    c.respond("UPDATE", 200, { contact: `<${FAR}>` });
    c.end();
  });
}

// INFO, MESSAGE and BYE are no target refresh requests; a provisional response or a refusal refreshes
// nothing.
Deno.test("what does not refresh the remote target", () => {
  const c = Call.out();
  c.session.delegate = {
    onInfo: (request) => void request.accept(),
    onMessage: (request) => void request.accept(),
    onInvite: (request) => {
      request.progress();
      request.reject();
    },
    onUpdate: (request) => void request.reject(),
  };
  for (const method of ["INFO", "MESSAGE", "OPTIONS", "UPDATE", "INVITE"]) {
    c.ask(method, { contact: MOVED });
  }
  c.ack();
  c.session.info();
  c.respond("INFO", 200, { contact: MOVED });
  c.session.invite(c.x.recorder());
  c.respond("INVITE", 183, { contact: MOVED });
  c.respond("INVITE", 302, { contact: MOVED });
  assertEquals(`${c.session.remoteTarget}`, FAR);
  c.end();
});

// §12.1.2: "The route set MUST be set to the list of URIs in the Record-Route header field from the
// response, taken in reverse order and preserving all URI parameters."
// §12.2.1.1: "If the route set is not empty, and the first URI in the route set contains the lr
// parameter ..., the UAC MUST place the remote target URI into the Request-URI and MUST include a Route
// header field containing the route set values in order, including all parameters."
Deno.test("caller behind loose routers: the route set reversed, the far end in the Request-URI", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, {
    headers: ["Record-Route: <sip:far.example;lr>, <sip:proxy.example:5060;lr;a=b>"],
  });
  const expected = [FAR, "<sip:proxy.example:5060;lr;a=b>", "<sip:far.example;lr>"];
  assertEquals(way(proxy, "ACK"), expected);
  const session = x.lastSession();
  // "... the route set" is not changed by what comes later: it is "not modified" by target refreshes.
  session.invite(x.recorder());
  assertEquals(way(proxy, "INVITE"), expected);
  const headers = ["Record-Route: <sip:other.example;lr>"];
  proxy.respond(proxy.request("INVITE"), 200, { headers, contact: "<sip:moved@bob.example>" });
  const moved = ["sip:moved@bob.example", ...expected.slice(1)];
  assertEquals(way(proxy, "ACK"), moved);
  session.bye();
  assertEquals(way(proxy, "BYE"), moved);
  proxy.respond(proxy.request("BYE"), 200);
  x.finish();
});

// §12.1.1: "taken in order and preserving all URI parameters."
Deno.test("callee behind loose routers: the route set in order", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  let session: Session | undefined;
  x.takeInvites((request) => {
    session = request.accept().session;
  });
  x.peer.ask("INVITE", {
    headers: ["Record-Route: <sip:proxy.example:5060;lr>", "Record-Route: <sip:far.example;lr>"],
  });
  x.peer.ask("ACK", { toTag: x.peer.response("INVITE").toTag ?? "" });
  session?.bye();
  assertEquals(way(proxy, "BYE"), [FAR, "<sip:proxy.example:5060;lr>", "<sip:far.example;lr>"]);
  proxy.respond(proxy.request("BYE"), 200);
  x.finish();
});

// "If the route set is not empty, and its first URI does not contain the lr parameter, the UAC MUST
// place the first URI from the route set into the Request-URI, stripping any parameters that are not
// allowed in a Request-URI. The UAC MUST add a Route header field containing the remainder of the route
// set values in order, including all parameters. The UAC MUST then place the remote target URI into the
// Route header field as the last value."
Deno.test("behind a strict router: it is in the Request-URI, and the far end the last Route", () => {
  const x = new Exchange();
  const strict = x.peerAt("strict.example");
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, {
    headers: ["Record-Route: <sip:loose.example;lr>, <sip:strict.example:5060;method=INVITE;a=b>"],
  });
  const session = x.lastSession();
  const expected = [
    "sip:strict.example:5060;a=b",
    "<sip:loose.example;lr>",
    `<${FAR}>`,
  ];
  assertEquals(way(strict, "ACK"), expected);
  session.update();
  assertEquals(way(strict, "UPDATE"), expected);
  strict.respond(strict.request("UPDATE"), 200, { contact: MOVED });
  session.bye();
  assertEquals(way(strict, "BYE"), [...expected.slice(0, 2), MOVED]);
  strict.respond(strict.request("BYE"), 200);
  x.finish();
});

// "If the route set is empty, the UAC MUST place the remote target URI into the Request-URI. The UAC
// MUST NOT add a Route header field to the request."
Deno.test("no routers: the far end in the Request-URI, no Route, whatever the INVITE went through", () => {
  const x = new Exchange({ configuration: { routeSet: ["<sip:bob.example:5060;lr>"] } });
  x.invite(x.recorder(), { to: "sip:bob@elsewhere.example" });
  assertEquals(way(x.peer, "INVITE").length, 2);
  x.peer.respond(x.peer.request("INVITE"), 200);
  x.lastSession().info();
  assertEquals(way(x.peer, "INFO"), [FAR]);
  x.peer.respond(x.peer.request("INFO"), 200);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// §13.2.2.4: the route set of an early dialog "MUST be recomputed based on the 2xx response"; the rest
// of it, CSeq too, stays.
Deno.test("the 2xx tells the way anew; CSeq goes on", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, {
    headers: ["Record-Route: <sip:proxy.example:5060;lr>"],
    contact: "<sip:early@bob.example>",
  });
  const session = x.progressed.at(-1)?.session;
  session?.info();
  assertEquals(way(proxy, "INFO"), ["sip:early@bob.example", "<sip:proxy.example:5060;lr>"]);
  proxy.respond(proxy.request("INFO"), 200);
  x.peer.respond(invite, 200);
  assertEquals(way(x.peer, "ACK"), [FAR]);
  session?.bye();
  assertEquals(x.peer.request("BYE").cseq, 3);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// §12.2.1.1: a target refresh request says where this side is now.
for (const method of ["invite", "update"] as const) {
  Deno.test(`${method}() with another Contact: it is in later requests and answers, too`, () => {
    const c = Call.out({ body: sdp("offer 1") }, { body: "answer 1" });
    const contact = "<sip:alice@alice.example:5060;moved=1>";
    const name = method.toUpperCase();
    c.session[method](undefined, { extraHeaders: [`Contact: ${contact}`] });
    assertEquals(c.peer.request(name).getHeaders("Contact"), [contact]);
    c.respond(name, 200);
    c.session.update();
    assertEquals(c.peer.request("UPDATE").getHeaders("Contact"), [contact]);
    c.respond("UPDATE", 200);
    c.ask("INVITE", { body: "answer 1" });
    assertEquals(c.peer.response("INVITE").getHeaders("Contact"), [contact]);
    c.ack();
    c.end();
  });
}

// §8.1.2: "If the first element in the route set indicated a strict router (defined in Section 12.2.1.1),
// the procedures MUST be applied to the Request-URI of the request."
for (const others of [[], ["<sip:loose.example;lr>"]]) {
  Deno.test(`a configured strict router, and ${others.length} behind it: every request goes there`, () => {
    const x = new Exchange({ configuration: { routeSet: ["<sip:strict.example>", ...others] } });
    const strict = x.peerAt("strict.example");
    const request = x.invite();
    strict.respond(strict.request("INVITE"), 180);
    request.cancel();
    strict.respond(strict.request("CANCEL"), 200);
    strict.respond(strict.request("INVITE"), 487);
    const routes = [...others, "<sip:bob@bob.example:5060>"];
    for (const method of ["INVITE", "CANCEL", "ACK"]) {
      const { ruri, to } = strict.request(method);
      assertEquals([`${ruri}`, `${to.uri}`], ["sip:strict.example", "sip:bob@bob.example:5060"]);
      assertEquals(strict.request(method).getHeaders("Route"), routes);
    }
    x.finish();
  });
}
