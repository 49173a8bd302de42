/**
 * Session timers (RFC 4028): the flow of §13 through two proxies that both want longer intervals, and
 * what becomes of a session that is refreshed by the one or the other, by UPDATE or INVITE, or not at
 * all. How to read a ladder is said in `cast.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type ResponseOptions, URI } from "@strowger/sip";
import type { WireText } from "../support/wire_text.ts";
import type { Agent } from "./agent.ts";
import { type AgentOptions, Cast } from "./cast.ts";
import { ALICE_SDP, BOB_SDP } from "./descriptions.ts";
import { HOSTS, throughTwoProxies } from "./rfc3665_cast.ts";

const BOB = URI.parse("sip:bob@biloxi.example.com");
const SHOWN = ["Session-Expires", "Min-SE", "Require"];

/** A proxy that takes no interval below a minimum, in seconds (§8.1). */
function atLeast(minimum: number): (request: WireText) => [string, string] | undefined {
  return (request) =>
    request.method === "INVITE" && parseInt(request.get("Session-Expires"), 10) < minimum
      ? ["422 Session Interval Too Small", `Min-SE: ${minimum}`]
      : undefined;
}

/** Alice and Bob without anybody between them, and a call that is up after a second. */
function called(
  options: { alice?: Partial<AgentOptions>; bob?: Partial<AgentOptions> },
  extraHeaders: string[] = [],
  answer: Partial<ResponseOptions> = {},
): { cast: Cast; alice: Agent; bob: Agent } {
  const cast = new Cast({ "biloxi.example.com": HOSTS.bob }, SHOWN);
  const aor = URI.parse("sip:alice@atlanta.example.com");
  const alice = cast.agent("Alice", HOSTS.alice, { aor, ...options.alice });
  const bob = cast.agent("Bob", HOSTS.bob, { aor: BOB, ...options.bob });
  bob.answer([0, (request) => request.accept({ statusCode: 200, body: BOB_SDP, ...answer })]);
  alice.invite(BOB, undefined, { extraHeaders, body: ALICE_SDP });
  cast.clock.advance(1000);
  return { cast, alice, bob };
}

Deno.test("RFC 4028 §13: two proxies want more, and Alice refreshes", async () => {
  const { cast, alice, bob } = throughTwoProxies(
    "UDP",
    { refuse: atLeast(3600) },
    { refuse: atLeast(4000) },
    SHOWN,
  );
  bob.answer([0, (request) => request.accept({ statusCode: 200, body: BOB_SDP })]);
  alice.invite(BOB, undefined, { extraHeaders: ["Session-Expires: 50"], body: ALICE_SDP });
  cast.clock.advance(1000);
  cast.expect(`
    0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, Session-Expires 50, 151 octets
    10 P1 > Alice 422 Session Interval Too Small, CSeq 1 INVITE, To;tag, Min-SE 3600
    20 Alice > P1 ACK bob@biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
    20 Alice > P1 INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, Session-Expires 3600, Min-SE 3600, 151 octets
    30 P1 > P2 INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, Session-Expires 3600, Min-SE 3600, 151 octets
    30 P1 > Alice 100 Trying, CSeq 2 INVITE
    40 P2 > P1 422 Session Interval Too Small, CSeq 2 INVITE, To;tag, Min-SE 4000
    40 Alice onTrying 100
    50 P1 > P2 ACK bob@biloxi.example.com, CSeq 2, To;tag
    50 P1 > Alice 422 Session Interval Too Small, CSeq 2 INVITE, To;tag, Min-SE 4000
    60 Alice > P1 ACK bob@biloxi.example.com, CSeq 2, To;tag, Route ss1.atlanta.example.com
    60 Alice > P1 INVITE bob@biloxi.example.com, CSeq 3, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, Session-Expires 4000, Min-SE 4000, 151 octets
    70 P1 > P2 INVITE bob@biloxi.example.com, CSeq 3, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, Session-Expires 4000, Min-SE 4000, 151 octets
    70 P1 > Alice 100 Trying, CSeq 3 INVITE
    80 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 3, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, Session-Expires 4000, Min-SE 4000, 151 octets
    80 P2 > P1 100 Trying, CSeq 3 INVITE
    80 Alice onTrying 100
    90 Bob onInvite
    90 Bob > P2 200 OK, CSeq 3 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, Session-Expires 4000;refresher=uac, Require timer, 147 octets
    100 P2 > P1 200 OK, CSeq 3 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, Session-Expires 4000;refresher=uac, Require timer, 147 octets
    100 Bob session AckWait/Stable
    110 P1 > Alice 200 OK, CSeq 3 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, Session-Expires 4000;refresher=uac, Require timer, 147 octets
    120 Alice onAccept 200
    120 Alice > P1 ACK bob@client.biloxi.example.com, CSeq 3, To;tag, Route ss1.atlanta.example.com ss2.biloxi.example.com
    120 Alice session Confirmed/Stable
    130 P1 > P2 ACK bob@client.biloxi.example.com, CSeq 3, To;tag, Route ss2.biloxi.example.com
    140 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 3, To;tag
    150 Bob onAck
    150 Bob session Confirmed/Stable
  `);
  // §7.2: "It is RECOMMENDED that this refresh be sent once half the session interval has elapsed."
  cast.clock.advance(2_000_000);
  cast.expect(`
    2000120 Alice > P1 UPDATE bob@client.biloxi.example.com, CSeq 4, To;tag, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com ss2.biloxi.example.com, Session-Expires 4000;refresher=uac, Min-SE 4000
    2000130 P1 > P2 UPDATE bob@client.biloxi.example.com, CSeq 4, To;tag, Contact alice@client.atlanta.example.com, Route ss2.biloxi.example.com, Session-Expires 4000;refresher=uac, Min-SE 4000
    2000140 P2 > Bob UPDATE bob@client.biloxi.example.com, CSeq 4, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 4000;refresher=uac, Min-SE 4000
    2000150 Bob > P2 200 OK, CSeq 4 UPDATE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 4000;refresher=uac, Require timer
    2000160 P2 > P1 200 OK, CSeq 4 UPDATE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 4000;refresher=uac, Require timer
    2000170 P1 > Alice 200 OK, CSeq 4 UPDATE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 4000;refresher=uac, Require timer
  `);
  bob.bye();
  cast.clock.advance(1000);
  cast.expect(`
    2001000 Bob > P2 BYE alice@client.atlanta.example.com, CSeq 1, To;tag, Route ss2.biloxi.example.com ss1.atlanta.example.com
    2001010 P2 > P1 BYE alice@client.atlanta.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
    2001010 Bob session Terminated/Closed
    2001020 P1 > Alice BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    2001030 Alice onBye
    2001030 Alice > P1 200 OK, CSeq 1 BYE, To;tag
    2001030 Alice session Terminated/Closed
    2001040 P1 > P2 200 OK, CSeq 1 BYE, To;tag
    2001050 P2 > Bob 200 OK, CSeq 1 BYE, To;tag
    2001060 Bob onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 4028 §9: Bob himself wants more than Alice asks for", async () => {
  const { cast } = called({ alice: { sessionExpires: 90 }, bob: { minSessionExpires: 120 } });
  cast.expect(`
    0 Alice > Bob INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Session-Expires 90, 151 octets
    10 Bob > Alice 422 Session Interval Too Small, CSeq 1 INVITE, To;tag, Min-SE 120
    20 Alice > Bob ACK bob@biloxi.example.com, CSeq 1, To;tag
    20 Alice > Bob INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Session-Expires 120, Min-SE 120, 151 octets
    30 Bob onInvite
    30 Bob > Alice 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 120;refresher=uac, Require timer, 147 octets
    40 Alice onAccept 200
    40 Alice > Bob ACK bob@client.biloxi.example.com, CSeq 2, To;tag
    40 Alice session Confirmed/Stable
    40 Bob session AckWait/Stable
    50 Bob onAck
    50 Bob session Confirmed/Stable
  `);
  await cast.end();
});

Deno.test("RFC 4028 §7.4: refreshed by INVITE where the far end does not take UPDATE", async () => {
  const { cast } = called({ alice: { sessionExpires: 90 } }, [], {
    extraHeaders: ["Allow: INVITE, ACK, CANCEL, BYE"],
  });
  cast.forget();
  cast.clock.advance(46_000);
  // "It is RECOMMENDED that ... the offer" be the one of before, to which Bob has nothing to say.
  cast.expect(`
    45020 Alice > Bob INVITE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 90;refresher=uac, 151 octets
    45030 Bob > Alice 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 90;refresher=uac, Require timer, 147 octets
    45030 Alice session Confirmed/HaveLocalOffer
    45040 Alice > Bob ACK bob@client.biloxi.example.com, CSeq 2, To;tag
    45040 Alice session Confirmed/Stable
    45050 Bob onAck
  `);
  await cast.end();
});

Deno.test("RFC 4028 §9: the callee refreshes where the caller wants it to", async () => {
  const { cast } = called({}, ["Session-Expires: 90;refresher=uas"]);
  cast.expect(`
    0 Alice > Bob INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Session-Expires 90;refresher=uas, 151 octets
    10 Bob onInvite
    10 Bob > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 90;refresher=uas, Require timer, 147 octets
    20 Alice onAccept 200
    20 Alice > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
    20 Alice session Confirmed/Stable
    20 Bob session AckWait/Stable
    30 Bob onAck
    30 Bob session Confirmed/Stable
  `);
  cast.clock.advance(46_000);
  cast.expect(`
    45010 Bob > Alice UPDATE alice@client.atlanta.example.com, CSeq 1, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 90;refresher=uac
    45020 Alice > Bob 200 OK, CSeq 1 UPDATE, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 90;refresher=uac, Require timer
  `);
  await cast.end();
});

Deno.test("RFC 4028 §9: the callee asks for it where the caller does not know of session timers", async () => {
  const { cast } = called({ bob: { sessionExpires: 90 } }, ["Supported: replaces"]);
  cast.expect(`
    0 Alice > Bob INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, 151 octets
    10 Bob onInvite
    10 Bob > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 90;refresher=uas, 147 octets
    20 Alice onAccept 200
    20 Alice > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
    20 Alice session Confirmed/Stable
    20 Bob session AckWait/Stable
    30 Bob onAck
    30 Bob session Confirmed/Stable
  `);
  cast.clock.advance(46_000);
  cast.expect(`
    45010 Bob > Alice UPDATE alice@client.atlanta.example.com, CSeq 1, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 90;refresher=uac
    45020 Alice > Bob 200 OK, CSeq 1 UPDATE, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 90;refresher=uac, Require timer
  `);
  await cast.end();
});

Deno.test("RFC 4028 §10: nobody hears a refresh, and both sides hang up before the session expires", async () => {
  const { cast, alice, bob } = called({ alice: { sessionExpires: 300 } });
  cast.forget();
  cast.isDown = true;
  cast.clock.advance(300_000);
  // The refresher's UPDATE times out; "the minimum of 32 seconds and one third of the session interval"
  // before the end of it Bob, who has heard nothing, hangs up, too.
  cast.expect(`
    150020 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    150520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    151520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    153520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    157520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    161520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    165520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    169520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    173520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    177520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    181520 Alice > nobody UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 300;refresher=uac
    182020 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    182520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    183520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    185520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    189520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    193520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    197520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    201520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    205520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    209520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    213520 Alice > nobody BYE bob@client.biloxi.example.com, CSeq 3, To;tag
    268010 Bob onExpire
    268010 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    268510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    269510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    271510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    275510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    279510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    283510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    287510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    291510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    295510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
    299510 Bob > nobody BYE alice@client.atlanta.example.com, CSeq 1, To;tag
  `);
  assertEquals([alice.session.sessionState, bob.session.sessionState], [
    "Terminated",
    "Terminated",
  ]);
  await cast.end();
});

Deno.test("RFC 4028 §7.4: a refresh that is refused goes once more", async () => {
  const { cast, alice, bob } = called({ alice: { sessionExpires: 160 } });
  cast.forget();
  let refused = 0;
  bob.session.delegate = {
    onUpdate: (request) => {
      if (refused++ === 0) request.reject({ statusCode: 500 });
    },
  };
  cast.clock.advance(160_000);
  assertEquals(alice.session.sessionState, "Confirmed");
  cast.expect(`
    80020 Alice > Bob UPDATE bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 160;refresher=uac
    80030 Bob > Alice 500 Server Internal Error, CSeq 2 UPDATE, To;tag
    90020 Alice > Bob UPDATE bob@client.biloxi.example.com, CSeq 3, To;tag, Contact alice@client.atlanta.example.com, Session-Expires 160;refresher=uac
    90030 Bob > Alice 200 OK, CSeq 3 UPDATE, To;tag, Contact bob@client.biloxi.example.com, Session-Expires 160;refresher=uac, Require timer
  `);
  await cast.end();
});
