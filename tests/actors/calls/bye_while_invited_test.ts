// A session ends while a re-INVITE of the far end is open: RFC 3261 §15.1.2, "The UAS MUST still
// respond to any pending requests received for that dialog. It is RECOMMENDED that a 487 (Request
// Terminated) response be generated to those pending requests."
import { assertEquals, assertThrows } from "@std/assert";
import { type IncomingInviteRequest, InvalidStateError, type Session } from "@strowger/sip";
import { Exchange, sdp } from "../../support/exchange.ts";

const SUPPORTED = { headers: ["Supported: 100rel"] };
const AGAIN = "z9hG4bKagain";

/** A call of the peer that is up, and a re-INVITE in it that rings. */
function ringAgain(x: Exchange, extraHeaders: string[]) {
  x.takeInvites();
  x.peer.ask("INVITE", { ...SUPPORTED, body: "offer 1" });
  const { session } = x.lastInvite().accept({ statusCode: 200, body: sdp("answer 1") });
  const toTag = session.localTag;
  x.peer.ask("ACK", { toTag });
  const again: IncomingInviteRequest[] = [];
  session.delegate = {
    onInvite: (request) => {
      again.push(request);
      request.progress({ statusCode: 183, extraHeaders });
    },
  };
  x.peer.ask("INVITE", { branch: AGAIN, toTag, cseq: 3, ...SUPPORTED, body: "offer 2" });
  x.takeEvents();
  return { session, again };
}

/** Nothing is left of it, and nothing can be answered. */
function finish(x: Exchange, session: Session, again: IncomingInviteRequest[]) {
  x.peer.ask("ACK", { branch: AGAIN, toTag: session.localTag, cseq: 3 });
  x.clock.advance(1000);
  assertEquals(x.takeEvents(), []);
  for (const request of again) assertThrows(() => request.accept(), InvalidStateError);
  x.finish();
}

for (
  const [what, extraHeaders] of [["", []], [", reliably", ["Require: 100rel"]]] as const
) {
  Deno.test(`a BYE while a re-INVITE rings${what}: 200 to the BYE, 487 to the INVITE`, () => {
    const x = new Exchange();
    const { session, again } = ringAgain(x, [...extraHeaders]);
    x.peer.ask("BYE", { toTag: session.localTag, cseq: 4 });
    assertEquals(x.takeEvents().sort(), ["200 BYE", "487 INVITE"]);
    assertEquals(session.sessionState, "Terminated");
    finish(x, session, again);
  });

  Deno.test(`bye() while a re-INVITE rings${what}: BYE, and 487 to the INVITE`, () => {
    const x = new Exchange();
    const { session, again } = ringAgain(x, [...extraHeaders]);
    session.bye();
    assertEquals(x.takeEvents().sort(), ["487 INVITE", "BYE"]);
    x.peer.respond(x.peer.request("BYE"), 200);
    x.takeEvents();
    finish(x, session, again);
  });
}

Deno.test("a BYE while a re-INVITE's 2xx waits for a PRACK: 487 in its place", () => {
  const x = new Exchange();
  const { session, again } = ringAgain(x, []);
  const [request] = again;
  request?.progress({
    statusCode: 183,
    extraHeaders: ["Require: 100rel"],
    body: sdp("answer 2"),
  });
  request?.accept();
  x.takeEvents();
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 4 });
  assertEquals(x.takeEvents().sort(), ["200 BYE", "487 INVITE"]);
  finish(x, session, again);
});
