/**
 * A fork of which one call is wanted: the others are ended (RFC 3261 §13.2.2.4).
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { reasonsOf } from "@strowger/sip";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

/** An INVITE that rings at two, and is answered by the first. */
function answered({ offers = true } = {}) {
  const x = new Exchange();
  const message = x.message(offers ? { body: sdp("v=0\r\n") } : {});
  x.core.invite(message, x.recorder(), { keepFirst: true });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, { toTag: "one" });
  x.peer.respond(invite, 180, { toTag: "two" });
  const body = offers ? {} : { body: "v=0\r\n" };
  x.takeEvents();
  x.peer.respond(invite, 200, { toTag: "one", ...body });
  assertEquals(x.takeEvents(), ["onAccept 200", "ACK"]);
  return { x, invite, body };
}

function finish(x: Exchange) {
  const { session } = x.accepted[0] ?? {};
  assertEquals(session?.sessionState, "Confirmed");
  session?.dispose();
  x.finish();
}

// "If, after acknowledging any 2xx response to an INVITE, the UAC does not want to continue with that
// dialog, then the UAC MUST terminate the dialog by sending a BYE request".
for (const offers of [true, false]) {
  const where = offers ? "the INVITE" : "each 2xx";
  Deno.test(`keepFirst, with the offer in ${where}: a later 2xx gets ACK and BYE`, () => {
    const { x, invite, body } = answered({ offers });
    x.peer.respond(invite, 200, { toTag: "two", ...body });
    assertEquals(x.takeEvents(), ["ACK", "BYE"]);
    const [ack, bye] = [x.peer.request("ACK"), x.peer.request("BYE")];
    assertEquals([ack.toTag, bye.toTag], ["two", "two"]);
    assertEquals(reasonsOf(bye).map(({ protocol, cause }) => [protocol, cause]), [["SIP", 200]]);
    x.peer.respond(bye, 200);
    finish(x);
  });
}

Deno.test("keepFirst: the early sessions of the other branches are over with the first 2xx", () => {
  const { x } = answered();
  const states = x.progressed.map(({ session }) => session?.sessionState);
  assertEquals(states, ["Confirmed", "Terminated"]);
  finish(x);
});

Deno.test("keepFirst: the 2xx of a loser comes again: its ACK again, and nothing else", () => {
  const { x, invite } = answered();
  x.peer.respond(invite, 200, { toTag: "two" });
  x.takeEvents();
  x.peer.respond(invite, 200, { toTag: "two" });
  x.peer.respond(invite, 200, { toTag: "one" });
  assertEquals(x.takeEvents(), ["ACK", "ACK"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  finish(x);
});

Deno.test("keepFirst: branches that were never heard of, and late ones, are ended, too", () => {
  const { x, invite } = answered();
  x.peer.respond(invite, 200, { toTag: "three" });
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.clock.advance(TIMER_B + 1);
  x.peer.respond(invite, 200, { toTag: "four" });
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  finish(x);
});

Deno.test("keepFirst: the first may have been ended by the time that another picks up", () => {
  const { x, invite } = answered();
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.takeEvents();
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals(x.takeEvents(), ["ACK", "BYE"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("keepFirst: CSeq rises over what was sent in the branch while it rang", () => {
  const x = new Exchange();
  x.core.invite(
    x.message(),
    x.recorder({
      onProgress: (response) => void response.prack(),
      onAccept: (response) => void response.ack(),
    }),
    { keepFirst: true },
  );
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 183, { toTag: "two", headers: ["Require: 100rel", "RSeq: 7"] });
  x.peer.respond(x.peer.request("PRACK"), 200);
  x.peer.respond(invite, 200, { toTag: "one" });
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals([x.peer.request("PRACK").cseq, x.peer.request("BYE").cseq], [2, 3]);
  x.peer.respond(x.peer.request("BYE"), 200);
  finish(x);
});
