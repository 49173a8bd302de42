// The 2xx to an INVITE that came in, and its ACK: RFC 3261 §13.3.1.4.
import { assert, assertEquals } from "@std/assert";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

const BRANCH = "z9hG4bKinvite";

function arrive(x: Exchange, script = {}) {
  x.takeInvites();
  x.peer.ask("INVITE", { branch: BRANCH, ...script });
  assertEquals(x.takeEvents(), ["onInvite"]);
  return x.lastInvite();
}

/** The ACK to a 2xx, and a BYE. */
function endCall(x: Exchange, ...reported: string[]) {
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { toTag });
  x.peer.ask("BYE", { toTag, cseq: 2 });
  x.finish(...reported);
}

Deno.test("accept(): 200 with tag, Contact and Allow; Confirmed once the ACK has come", () => {
  const x = new Exchange();
  const request = arrive(x, { body: "offer" });
  const { session } = request.accept({ statusCode: 200, body: sdp("answer") });
  const response = x.peer.response("INVITE");
  assertEquals(response.getHeaders("Contact"), ["<sip:alice@alice.example:5060>"]);
  assert(response.getHeaders("Allow").includes("BYE"));
  assertEquals(response.body, "answer");
  assertEquals([session.sessionState, session.signalingState], ["AckWait", "Stable"]);
  session.delegate = { onAck: ({ message }) => void x.events.push(`onAck ${message.method}`) };
  x.takeEvents();
  x.peer.ask("ACK", { toTag: session.localTag });
  assertEquals(x.takeEvents(), ["onAck ACK"]);
  assertEquals(session.sessionState, "Confirmed");
  x.peer.ask("ACK", { toTag: session.localTag });
  assertEquals(x.takeEvents(), []);
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  x.finish();
});

Deno.test("accept() with an offer, and the answer in the ACK: Stable", () => {
  const x = new Exchange();
  const { session } = arrive(x).accept({ statusCode: 200, body: sdp("offer") });
  assertEquals(session.signalingState, "HaveLocalOffer");
  x.peer.ask("ACK", { toTag: session.localTag, body: "answer" });
  assertEquals(session.signalingState, "Stable");
  assertEquals([session.offer?.content, session.answer?.content], ["offer", "answer"]);
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  x.finish();
});

// §13.3.1.4: "passed to the transport with an interval that starts at T1 seconds and doubles for each
// retransmission until it reaches T2 seconds ... Response retransmissions cease when an ACK request
// for the response is received. This is independent of whatever transport protocols are used".
for (const protocol of ["UDP", "TCP"]) {
  Deno.test(`accept() over ${protocol}: the 200 is repeated until the ACK comes`, () => {
    const x = new Exchange({ protocol });
    const request = arrive(x);
    const times: number[] = [];
    x.peer.script = () => times.push(x.clock.now());
    request.accept();
    x.clock.advance(20_000);
    assertEquals(times, [0, 500, 1500, 3500, 7500, 11500, 15500, 19500]);
    assertEquals(new Set(x.peer.texts).size, 1);
    x.takeEvents();
    endCall(x);
    assertEquals(x.takeEvents(), ["200 BYE"]);
  });
}

// "If the server retransmits the 2xx response for 64*T1 seconds without receiving an ACK, the dialog
// is confirmed, but the session SHOULD be terminated. This is accomplished with a BYE".
Deno.test("accept(), and no ACK ever: onAckTimeout and BYE", () => {
  const x = new Exchange();
  const { session } = arrive(x).accept();
  session.delegate = { onAckTimeout: () => void x.events.push("onAckTimeout") };
  x.clock.advance(TIMER_B - 1);
  assertEquals(new Set(x.takeEvents()), new Set(["200 INVITE"]));
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onAckTimeout", "BYE"]);
  assertEquals(session.sessionState, "Terminated");
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("accept(), no ACK ever, and nobody listens: reported", () => {
  const x = new Exchange();
  arrive(x).accept();
  x.clock.advance(TIMER_B);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish("TimeoutError");
});

Deno.test("accept(), and the ACK has another CSeq number: not the one that is waited for", () => {
  const x = new Exchange();
  const { session } = arrive(x).accept();
  x.peer.ask("ACK", { toTag: session.localTag, cseq: 2 });
  assertEquals(session.sessionState, "AckWait");
  endCall(x);
});

Deno.test("accept(), and the ACK comes on the INVITE's own branch, against the RFC: taken", () => {
  const x = new Exchange();
  const { session } = arrive(x).accept();
  x.peer.ask("ACK", { branch: BRANCH, toTag: session.localTag });
  assertEquals(session.sessionState, "Confirmed");
  endCall(x);
});

Deno.test("accept(), and a BYE before the ACK: 200; the 2xx is repeated no more", () => {
  const x = new Exchange();
  const { session } = arrive(x).accept();
  x.takeEvents();
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  assertEquals(x.takeEvents(), ["200 BYE"]);
  x.clock.advance(TIMER_B);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("an ACK that comes inside the 200's send()", () => {
  const x = new Exchange();
  const request = arrive(x);
  x.peer.script = (message) => {
    if (message.kind === "response" && message.statusCode === 200 && message.method === "INVITE") {
      x.peer.ask("ACK", { toTag: message.toTag ?? "" });
    }
  };
  const { session } = request.accept();
  assertEquals(session.sessionState, "Confirmed");
  x.clock.advance(1000);
  assertEquals(x.takeEvents(), ["200 INVITE"]);
  x.peer.script = () => {};
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  x.finish();
});

// §12.1.1: the route set is Record-Route "taken in order".
Deno.test("a request of the callee: the route set in order, the target is the INVITE's Contact", () => {
  const x = new Exchange();
  const proxy = x.peerAt("p1.example");
  const request = arrive(x, {
    contact: "<sip:phone@bob.example:5060>",
    headers: ["Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>"],
  });
  const { session } = request.accept();
  x.peer.ask("ACK", { toTag: session.localTag });
  session.bye();
  const bye = proxy.request("BYE");
  assertEquals(bye.getHeaders("Route"), ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]);
  assertEquals(`${bye.ruri}`, "sip:phone@bob.example:5060");
  assertEquals([bye.fromTag, bye.toTag], [session.localTag, "far"]);
  proxy.respond(bye, 200);
  x.finish();
});
