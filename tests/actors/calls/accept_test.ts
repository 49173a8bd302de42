// A 2xx to an outgoing INVITE, and its ACK: RFC 3261 §13.2.2.4.
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { escaping } from "../../support/escaping.ts";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

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

Deno.test("2xx whose Contact is no SIP URI: acknowledged and ended where the INVITE went", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 200, { contact: "<tel:+1234>" });
  assertEquals(x.errors.map((error) => error.code), ["protocol"]);
  assertEquals(x.events, ["INVITE", "ACK", "BYE", "onReject 500 local"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish("ProtocolError");
});

// The far end chooses what is in its response; a request of ours must not be made from it unchecked.
for (const status of [180, 200]) {
  Deno.test(`a ${status} with CSeq 2147483647 is no answer to CSeq 1: it changes nothing`, () => {
    const x = new Exchange();
    const request = x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.send(x.peer.write(invite, status).replace("CSeq: 1 ", "CSeq: 2147483647 "));
    assertEquals(x.events, ["INVITE"]);
    x.peer.respond(invite, status);
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
