// The ACK to a 2xx, and what happens without it: RFC 3261 §13.2.2.4, §12.2.1.1.
import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { InvalidArgumentError, type OutgoingInviteRequestDelegate } from "@strowger/sip";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

function farBye(x: Exchange, fromTag = "far") {
  const invite = x.peer.request("INVITE");
  x.peer.ask("BYE", { callId: invite.callId, fromTag, toTag: invite.fromTag ?? "" });
}

// "The sequence number of the CSeq header field MUST be the same as the INVITE being acknowledged,
// but the CSeq method MUST be ACK." Its branch is new: §8.1.1.7.
Deno.test("ACK to a 2xx: a new branch, the Contact as target, the INVITE's CSeq number", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { options: { cseq: 314 } });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200, { contact: "<sip:desk@bob.example:5060;x=1>" });
  const ack = x.peer.request("ACK");
  assertEquals(`${ack.ruri}`, "sip:desk@bob.example:5060;x=1");
  assertEquals(ack.getHeader("CSeq"), "314 ACK");
  assertEquals([ack.callId, ack.fromTag, ack.toTag], [invite.callId, invite.fromTag, "far"]);
  assertNotEquals(ack.viaBranch, invite.viaBranch);
  assertMatch(ack.viaBranch ?? "", /^z9hG4bK./);
  assertEquals(ack.maxForwards, 70);
  farBye(x);
  x.finish();
});

// §12.1.2: "The route set MUST be set to the list of URIs in the Record-Route header field from the
// response, taken in reverse order and preserving all URI parameters."
Deno.test("ACK to a 2xx: the route set is Record-Route, reversed, and it goes to the first", () => {
  const x = new Exchange();
  const proxy = x.peerAt("p2.example");
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, {
    headers: ["Record-Route: <sip:p1.example;lr;a=1>", "Record-Route: <sip:p2.example;lr;b=2>"],
  });
  const ack = proxy.request("ACK");
  assertEquals(`${ack.ruri}`, "sip:bob@bob.example:5060");
  assertEquals(ack.getHeaders("Route"), ["<sip:p2.example;lr;b=2>", "<sip:p1.example;lr;a=1>"]);
  x.lastSession().bye();
  assertEquals(proxy.request("BYE").getHeaders("Route"), ack.getHeaders("Route"));
  proxy.respond(proxy.request("BYE"), 200);
  x.finish();
});

// §12.2.1.1: "If the route set is not empty, and its first URI does not contain the lr parameter, the
// UAC MUST place the first URI from the route set into the Request-URI ... The UAC MUST add a Route
// header field containing the remainder of the route set values in order ... The UAC MUST then place
// the remote target URI into the Route header field as the last value."
Deno.test("strict routing: the first route becomes the Request-URI, the target the last Route", () => {
  const x = new Exchange();
  const strict = x.peerAt("strict.example");
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, {
    headers: ["Record-Route: <sip:old.example>, <sip:strict.example>"],
  });
  const ack = strict.request("ACK");
  assertEquals(`${ack.ruri}`, "sip:strict.example");
  assertEquals(ack.getHeaders("Route"), ["<sip:old.example>", "<sip:bob@bob.example:5060>"]);
  farBye(x);
  x.finish();
});

// §8.1.2: "If the first element in the route set indicated a strict router ..., the procedures MUST
// be applied to the Request-URI of the request."
Deno.test("strict routing: it goes to the strict router, also when a loose one is behind it", () => {
  const x = new Exchange();
  const strict = x.peerAt("strict.example");
  const loose = x.peerAt("loose.example");
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, {
    headers: ["Record-Route: <sip:loose.example;lr>, <sip:strict.example>"],
  });
  assertEquals([strict.requests("ACK").length, loose.requests("ACK").length], [1, 0]);
  assertEquals(strict.request("ACK").getHeaders("Route"), [
    "<sip:loose.example;lr>",
    "<sip:bob@bob.example:5060>",
  ]);
  farBye(x);
  x.finish();
});

Deno.test("ack() missing: the watchdog reports it and acknowledges before the peer gives up", () => {
  const x = new Exchange();
  x.invite(x.recorder({}));
  x.peer.respond(x.peer.request("INVITE"), 200);
  x.takeEvents();
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.takeEvents(), ["ACK"]);
  assertEquals(x.lastSession().sessionState, "Confirmed");
  x.accepted[0]?.ack();
  assertEquals(x.takeEvents(), []);
  farBye(x);
  x.finish("InvalidStateError");
});

// "If the offer in the 2xx response is not acceptable, the UAC core MUST generate a valid answer in
// the ACK and then send a BYE immediately."
Deno.test("ack() missing, and the 2xx has an offer: acknowledged, and ended with BYE", () => {
  const x = new Exchange();
  x.invite(x.recorder({}));
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "offer" });
  x.takeEvents();
  x.clock.advance(TIMER_B - 1);
  assertEquals(new Set(x.takeEvents()), new Set(["ACK", "BYE"]));
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish("InvalidStateError");
});

Deno.test("no onAccept, and the 2xx has an offer that nobody answers: acknowledged, and ended with BYE", () => {
  const x = new Exchange();
  x.invite({});
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "offer" });
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.clock.advance(100_000);
  x.assertEmpty();
});

for (const delegate of [undefined, {}, { onAccept: undefined }]) {
  Deno.test(`no onAccept at all (${JSON.stringify(delegate)}): the engine acknowledges by itself, at once`, () => {
    const x = new Exchange();
    x.core.invite(x.message(), delegate as OutgoingInviteRequestDelegate | undefined);
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 200);
    assertEquals(x.takeEvents(), ["INVITE", "ACK"]);
    x.peer.respond(invite, 200);
    assertEquals(x.takeEvents(), ["ACK"]);
    farBye(x);
    x.finish();
  });
}

Deno.test("onAccept throws before ack(): reported, and the watchdog acknowledges", () => {
  const x = new Exchange();
  x.invite(x.recorder({
    onAccept: () => {
      throw new Error("a guest's mistake");
    },
  }));
  x.peer.respond(x.peer.request("INVITE"), 200);
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.peer.requests("ACK").length, 1);
  farBye(x);
  x.finish("DelegateError", "InvalidStateError");
});

Deno.test("ack() twice: one ACK", () => {
  const x = new Exchange();
  x.invite(x.recorder({
    onAccept: (response) => assertStrictEquals(response.ack().message, response.ack().message),
  }));
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["INVITE", "onAccept 200", "ACK"]);
  farBye(x);
  x.finish();
});

Deno.test("ack() with headers and the answer to the offer in the 2xx", () => {
  const x = new Exchange();
  x.invite(x.recorder({
    onAccept: (response) =>
      void response.ack({ extraHeaders: ["X-Any: thing"], body: sdp("answer") }),
  }));
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "offer" });
  const ack = x.peer.request("ACK");
  assertEquals([ack.getHeader("X-Any"), ack.body], ["thing", "answer"]);
  const session = x.lastSession();
  assertEquals(session.signalingState, "Stable");
  assertEquals([session.offer?.content, session.answer?.content], ["offer", "answer"]);
  farBye(x);
  x.finish();
});

for (
  const [what, options] of [
    ["a header", { extraHeaders: ["X-Any: a\r\nb"] }],
    ["a body's type", { body: { ...sdp("answer"), contentType: "a\r\nb" } }],
  ] as const
) {
  Deno.test(`ack() that is refused for ${what} can be called again`, () => {
    const x = new Exchange();
    x.invite(x.recorder({}));
    x.peer.respond(x.peer.request("INVITE"), 200);
    x.takeEvents();
    const response = x.accepted[0];
    const { extraHeaders, body } = { extraHeaders: [], body: undefined, ...options };
    assertThrows(
      () => response?.ack({ extraHeaders: [...extraHeaders], ...(body ? { body } : {}) }),
      InvalidArgumentError,
    );
    assertEquals(x.takeEvents(), []);
    assertEquals(response?.session.sessionState, "AckWait");
    response?.ack();
    assertEquals(x.takeEvents(), ["ACK"]);
    assertEquals(response?.session.sessionState, "Confirmed");
    farBye(x);
    x.finish();
  });
}

Deno.test("bye() before ack(): ACK, and then BYE", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onAccept: ({ session }) => void session.bye() }));
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["INVITE", "onAccept 200", "ACK", "BYE"]);
  assertEquals([x.peer.request("ACK").cseq, x.peer.request("BYE").cseq], [1, 2]);
  x.peer.respond(x.peer.request("BYE"), 200);
  assertEquals(x.lastSession().sessionState, "Terminated");
  x.finish();
});

Deno.test("the far end's BYE before ack(): answered; ack() still acknowledges and throws nothing", () => {
  const x = new Exchange();
  x.invite(x.recorder({}));
  x.peer.respond(x.peer.request("INVITE"), 200);
  farBye(x);
  assertEquals(x.lastSession().sessionState, "Terminated");
  x.accepted[0]?.ack();
  assertEquals(x.peer.requests("ACK").length, 1);
  assertEquals(x.lastSession().sessionState, "Terminated");
  x.finish();
});

// "The UAC core MUST generate an ACK request for each 2xx": also when nobody does it.
Deno.test("the far end's BYE before ack(), which never comes: the 2xx is acknowledged all the same", () => {
  const x = new Exchange();
  x.invite(x.recorder({}));
  x.peer.respond(x.peer.request("INVITE"), 200);
  farBye(x);
  x.clock.advance(TIMER_B);
  assertEquals(x.peer.requests("ACK").length, 1);
  x.clock.advance(100_000);
  x.assertEmpty();
});
