// 3xx to 6xx to an outgoing INVITE: RFC 3261 §13.2.2.2, §13.2.2.3, §17.1.1.2, §17.1.1.3.
import { assertEquals } from "@std/assert";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

for (
  const [status, callback] of [
    [300, "onRedirect"],
    [302, "onRedirect"],
    [399, "onRedirect"],
    [400, "onReject"],
    [486, "onReject"],
    [503, "onReject"],
    [600, "onReject"],
    [603, "onReject"],
    [699, "onReject"],
  ] as const
) {
  Deno.test(`${status}: ACK, and then ${callback}, once`, () => {
    const x = new Exchange();
    x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, status);
    assertEquals(x.takeEvents(), ["INVITE", "ACK", `${callback} ${status}`]);
    x.finish();
  });
}

// "Any retransmissions of the final response that are received while in the "Completed" state MUST
// cause the ACK to be re-passed to the transport layer for retransmission, but the newly received
// response MUST NOT be passed up to the TU."
Deno.test("486 repeated: ACK again, the same bytes; onReject once", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  for (let i = 0; i < 3; i++) x.peer.respond(invite, 486);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486", "ACK", "ACK"]);
  assertEquals(new Set(x.peer.texts.slice(1)).size, 1);
  x.finish();
});

Deno.test("486 repeated after timer D: dropped", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 486);
  x.clock.advance(TIMER_B);
  x.takeEvents();
  x.peer.respond(invite, 486);
  assertEquals(x.takeEvents(), []);
  assertEquals(x.core.dropped, 1);
  x.finish();
});

// "The ACK request constructed by the client transaction MUST contain values for the Call-ID, From,
// and Request-URI that are equal to the values of those header fields in the request passed to the
// transport by the client transaction ... The To header field in the ACK MUST equal the To header
// field in the response being acknowledged ... The ACK MUST contain a single Via header field, and
// this MUST be equal to the top Via header field of the original request. The CSeq header field in
// the ACK MUST contain the same value for the sequence number as was present in the original request,
// but the method parameter MUST be equal to "ACK". If the INVITE request whose response is being
// acknowledged had Route header fields, those header fields MUST appear in the ACK."
Deno.test("ACK to a failure: the fields of §17.1.1.3", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  x.invite(x.recorder(), {
    options: {
      routeSet: ["<sip:proxy.example;lr>", "<sip:second.example;lr>"],
      cseq: 99,
      fromDisplayName: "Alice A",
    },
    extraHeaders: ["Route: <sip:third.example;lr>"],
  });
  const invite = proxy.request("INVITE");
  proxy.respond(invite, 486, { contact: "<sip:elsewhere@bob.example>" });
  const ack = proxy.request("ACK");
  assertEquals(`${ack.ruri}`, `${invite.ruri}`);
  assertEquals(ack.getHeader("From"), invite.getHeader("From"));
  assertEquals(ack.callId, invite.callId);
  assertEquals(ack.getHeader("To"), `${invite.getHeader("To")};tag=far`);
  assertEquals(ack.getHeaders("Via"), invite.getHeaders("Via"));
  assertEquals(ack.getHeader("CSeq"), "99 ACK");
  assertEquals(ack.getHeaders("Route"), invite.getHeaders("Route"));
  assertEquals(ack.getHeaders("Route").length, 3);
  x.finish();
});

Deno.test("ACK to a failure: a response without To-tag is acknowledged without one", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 486, { toTag: null });
  assertEquals(x.peer.request("ACK").toTag, undefined);
  x.finish();
});

Deno.test("over a reliable transport: ACK, and nothing is left at once", () => {
  const x = new Exchange({ protocol: "TCP" });
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486"]);
  x.clock.advance(0);
  x.assertEmpty();
  x.finish();
});

Deno.test("302: its Contacts are there for the delegate", () => {
  const x = new Exchange();
  const contacts: string[] = [];
  x.invite(x.recorder({
    onRedirect: ({ message }) => void contacts.push(...message.getHeaders("Contact")),
  }));
  x.peer.respond(x.peer.request("INVITE"), 302, {
    contact: "<sip:a@bob.example>;q=0.7, <sip:b@bob.example>;q=0.3",
  });
  assertEquals(contacts, ["<sip:a@bob.example>;q=0.7", "<sip:b@bob.example>;q=0.3"]);
  x.finish();
});

// §13.2.2.3: "the reception of the non-2xx final response ... all early dialogs are considered
// terminated".
for (const status of [302, 486, 603]) {
  Deno.test(`${status} after 180s: every early session is over before it is told`, () => {
    const x = new Exchange();
    const states: (string | undefined)[] = [];
    const note = () => states.push(...x.progressed.map(({ session }) => session?.sessionState));
    x.invite(x.recorder({ onRedirect: () => void note(), onReject: () => void note() }));
    const invite = x.peer.request("INVITE");
    for (const toTag of ["one", "two"]) x.peer.respond(invite, 180, { toTag });
    x.peer.respond(invite, status, { toTag: "one" });
    assertEquals(states, ["Terminated", "Terminated"]);
    assertEquals(x.core.live.dialogs, 0);
    x.finish();
  });
}

Deno.test("a response of a peer is not marked as local", () => {
  for (const status of [408, 503]) {
    const x = new Exchange();
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), status);
    assertEquals(x.rejected[0]?.message.local, false);
    assertEquals(x.takeEvents(), ["INVITE", "ACK", `onReject ${status}`]);
    x.finish();
  }
});

Deno.test("486 and then 603: the first counts, the second is acknowledged", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 486);
  x.takeEvents();
  x.peer.respond(invite, 603);
  assertEquals(x.takeEvents(), ["ACK"]);
  x.finish();
});
