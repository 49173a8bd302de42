// A 2xx to an outgoing INVITE, and its ACK: RFC 3261 §13.2.2.4.
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { InvalidArgumentError, type OutgoingInviteRequestDelegate } from "@strowger/sip";
import { escaping } from "../support/escaping.ts";
import { Exchange, sdp, TIMER_B } from "../support/exchange.ts";

function farBye(x: Exchange, fromTag = "far") {
  const invite = x.peer.request("INVITE");
  x.peer.ask("BYE", { callId: invite.callId, fromTag, toTag: invite.fromTag ?? "" });
}

Deno.test("2xx: onAccept with a session; ack() confirms it", () => {
  const x = new Exchange();
  const states: string[] = [];
  x.invite(x.recorder({
    onAccept: (response) => {
      states.push(response.session.sessionState);
      response.ack();
      states.push(response.session.sessionState);
    },
  }));
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["INVITE", "onAccept 200", "ACK"]);
  assertEquals(states, ["AckWait", "Confirmed"]);
  farBye(x);
  x.finish();
});

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

// §13.2.2.4: "the dialog ... MUST be transitioned to the "confirmed" state, and the route set for
// the dialog MUST be recomputed based on the 2xx response".
Deno.test("2xx after 180: Contact and Record-Route are those of the 2xx", () => {
  const x = new Exchange();
  const proxy = x.peerAt("p2.example");
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, {
    contact: "<sip:early@bob.example:5060>",
    headers: ["Record-Route: <sip:p1.example;lr>"],
  });
  x.peer.respond(invite, 200, {
    contact: "<sip:final@bob.example:5060>",
    headers: ["Record-Route: <sip:p2.example;lr>"],
  });
  assertEquals(`${proxy.request("ACK").ruri}`, "sip:final@bob.example:5060");
  assertStrictEquals(x.progressed[0]?.session, x.lastSession());
  farBye(x);
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

// "The ACK MUST be passed to the client transport every time a retransmission of the 2xx final
// response that triggered the ACK arrives."
Deno.test("2xx repeated: ACK again, the same bytes; onAccept once", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.takeEvents();
  for (let i = 0; i < 3; i++) x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK", "ACK", "ACK"]);
  assertEquals(new Set(x.peer.texts.filter((text) => text.startsWith("ACK"))).size, 1);
  farBye(x);
  x.finish();
});

Deno.test("2xx repeated before ack(): no ACK yet, onAccept once", () => {
  const x = new Exchange();
  x.invite(x.recorder({}));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["INVITE", "onAccept 200"]);
  x.accepted[0]?.ack();
  assertEquals(x.takeEvents(), ["ACK"]);
  farBye(x);
  x.finish();
});

Deno.test("2xx repeated 64*T1 after the first: ACK again, told to nobody", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.clock.advance(TIMER_B + 1);
  assertEquals(x.core.live.clients, 0);
  x.takeEvents();
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK"]);
  farBye(x);
  x.finish();
});

Deno.test("200 and then 486: the call is up, and stays so", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.takeEvents();
  x.peer.respond(invite, 486);
  assertEquals(x.takeEvents(), []);
  assertEquals(x.lastSession().sessionState, "Confirmed");
  farBye(x);
  x.finish();
});

for (
  const [what, script] of [
    ["without To-tag", { toTag: null }],
    ["without Contact", { contact: null }],
    ["without both", { toTag: null, contact: null }],
    ["with a broken Contact", { contact: "<sip:" }],
  ] as const
) {
  Deno.test(`2xx ${what}: acknowledged, ended with BYE, and reported as an error`, () => {
    const x = new Exchange();
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), 200, script);
    assertEquals(x.takeEvents(), ["INVITE", "ACK", "BYE", "onReject 500 local"]);
    const [ack, bye] = [x.peer.request("ACK"), x.peer.request("BYE")];
    assertEquals(
      [ack.toTag, bye.toTag],
      "toTag" in script ? [undefined, undefined] : ["far", "far"],
    );
    assertEquals([ack.cseq, bye.cseq], [1, 2]);
    x.peer.respond(x.peer.request("INVITE"), 200, script);
    assertEquals(x.takeEvents(), ["ACK"]);
    x.peer.respond(bye, 200);
    x.finish("ProtocolError");
  });
}

Deno.test("2xx without Contact after a 180 that had one: acknowledged, ended, reported; nothing is left", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.takeEvents();
  x.peer.respond(invite, 200, { contact: null });
  assertEquals(x.takeEvents(), ["ACK", "BYE", "onReject 500 local"]);
  assertEquals(x.progressed[0]?.session?.sessionState, "Terminated");
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish("ProtocolError");
});

Deno.test("2xx with a broken Record-Route: acknowledged and reported", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, { headers: ["Record-Route: <<"] });
  assert(x.events.includes("ACK"), "an ACK to the Contact is possible");
  assert(x.events.includes("onReject 500 local"));
  for (const bye of x.peer.requests("BYE")) x.peer.respond(bye, 200);
  x.clock.advance(100_000);
  x.assertEmpty();
});

Deno.test("2xx whose Contact nothing can be sent to: reported; nothing is left", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, { contact: "<tel:+1234>" });
  assertEquals(x.errors.map((error) => error.code), ["transport"]);
  assertEquals(x.events, ["INVITE", "onAccept 200"]);
  x.lastSession().bye();
  x.finish("TransportError");
});

// The far end chooses what is in its response; a request of ours must not be made from it unchecked.
for (const status of [180, 200]) {
  Deno.test(`a ${status} with CSeq 2147483647: nothing throws, and the call can be ended`, () => {
    const x = new Exchange();
    const request = x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.send(x.peer.write(invite, status).replace("CSeq: 1 ", "CSeq: 2147483647 "));
    if (status === 180) {
      request.cancel();
      x.peer.respond(x.peer.request("CANCEL"), 200);
      x.peer.respond(invite, 487);
    } else {
      assertEquals(x.peer.request("ACK").cseq, 1);
      x.lastSession().bye();
      assertEquals(x.peer.request("BYE").cseq, 2);
      x.peer.respond(x.peer.request("BYE"), 200);
    }
    x.finish();
  });
}

Deno.test("a late 200 with CSeq 2147483647 to an INVITE that was disposed of: nothing throws", () => {
  const x = new Exchange();
  x.invite().dispose();
  const invite = x.peer.request("INVITE");
  x.peer.send(x.peer.write(invite, 200).replace("CSeq: 1 ", "CSeq: 2147483647 "));
  x.assertSound();
  for (const bye of x.peer.requests("BYE")) x.peer.respond(bye, 200);
  x.clock.advance(100_000);
  x.assertEmpty();
});

Deno.test("a reliable 180 with CSeq 2147483647 that nobody listens for: nothing throws", () => {
  const x = new Exchange();
  x.invite({});
  const invite = x.peer.request("INVITE");
  const text = x.peer.write(invite, 180, { headers: ["Require: 100rel", "RSeq: 1"] });
  const escaped = escaping(() => x.peer.send(text.replace("CSeq: 1 ", "CSeq: 2147483647 ")));
  assertEquals(escaped, []);
  x.assertSound();
  for (const prack of x.peer.requests("PRACK")) x.peer.respond(prack, 200);
  x.peer.respond(invite, 486);
  x.clock.advance(100_000);
  x.assertEmpty();
});

Deno.test("a 200 whose Call-ID or From-tag is not the INVITE's makes no session", () => {
  for (const change of [/^Call-ID: .*$/m, /(?<=^From: .*;tag=)\w+/m]) {
    const x = new Exchange();
    x.invite();
    const invite = x.peer.request("INVITE");
    const header = change.source.startsWith("^") ? "Call-ID: other" : "other";
    x.peer.send(x.peer.write(invite, 200).replace(change, header));
    assertEquals(x.accepted.length, 0, `${change}`);
    x.peer.respond(invite, 486);
    x.finish();
  }
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
  x.takeEvents();
  x.accepted[0]?.ack();
  assertEquals(x.takeEvents(), ["ACK"]);
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

Deno.test("2xx but 200: the same", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 299);
  assertEquals(x.takeEvents(), ["INVITE", "onAccept 299", "ACK"]);
  farBye(x);
  x.finish();
});

Deno.test("offer in the INVITE, answer in the 2xx: Stable", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer") });
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "answer" });
  assertEquals(x.lastSession().signalingState, "Stable");
  farBye(x);
  assertEquals(x.lastSession().signalingState, "Closed");
  x.finish();
});
