/**
 * The basic call flows of RFC 3665 §3: engines as user agents, and scripted proxies between them that
 * challenge, record routes and forward. How to read a ladder is said in `cast.ts`.
 *
 * One thing is different on purpose: the RFC's 200 to the CANCEL of §3.8 has no To-tag, but RFC 3261
 * §9.2 wants there the tag of the other responses to the INVITE.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { URI } from "@strowger/sip";
import { Cast } from "./cast.ts";
import { ALICE_SDP, BOB_SDP, CHICAGO_SDP } from "./descriptions.ts";
import {
  BOB,
  challenging,
  HOSTS,
  locateBob,
  makeAlice,
  makeBob,
  NAMES,
  throughTwoProxies,
  WITH_PROXIES,
} from "./rfc3665_cast.ts";

const OFFER = { ...NAMES, body: ALICE_SDP };
const ATLANTA = challenging("atlanta.example.com");
const BILOXI = challenging("biloxi.example.com");

Deno.test("RFC 3665 §3.1, successful session establishment", async () => {
  const cast = new Cast({ "biloxi.example.com": HOSTS.bob });
  const alice = makeAlice(cast, undefined, "TCP");
  const bob = makeBob(cast, "TCP");
  bob.answer(
    [0, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  alice.invite(BOB, undefined, OFFER);
  cast.clock.advance(8000);
  bob.bye();
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Alice > Bob INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, 151 octets
        10 Bob onInvite
    F2  10 Bob > Alice 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com
        20 Alice onProgress 180
        20 Alice session Early/HaveLocalOffer
        20 Bob session Early/HaveRemoteOffer
    F3  3010 Bob > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, 147 octets
        3020 Alice onAccept 200
    F4  3020 Alice > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
        3020 Alice session Confirmed/Stable
        3020 Bob session AckWait/Stable
        3030 Bob onAck
        3030 Bob session Confirmed/Stable
    F5  8000 Bob > Alice BYE alice@client.atlanta.example.com, CSeq 1, To;tag
        8010 Alice onBye
    F6  8010 Alice > Bob 200 OK, CSeq 1 BYE, To;tag
        8010 Alice session Terminated/Closed
        8010 Bob session Terminated/Closed
        8020 Bob onAccept 200
  `);
  assertEquals([alice.session.offer, bob.session.offer], [ALICE_SDP, ALICE_SDP]);
  assertEquals([alice.session.answer, bob.session.answer], [BOB_SDP, BOB_SDP]);
  await cast.end();
});

Deno.test("RFC 3665 §3.2, session establishment through two proxies", async () => {
  const { cast, alice, bob } = throughTwoProxies("TCP", ATLANTA, {});
  bob.answer(
    [100, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  alice.invite(BOB, undefined, OFFER);
  cast.clock.advance(8000);
  bob.bye();
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F2  10 P1 > Alice 407 Proxy Authentication Required, CSeq 1 INVITE, To;tag, Proxy-Authenticate atlanta.example.com
    F3  20 Alice > P1 ACK bob@biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
    F4  20 Alice > P1 INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, Proxy-Authorization atlanta.example.com, 151 octets
    F5  30 P1 > P2 INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, 151 octets
    F6  30 P1 > Alice 100 Trying, CSeq 2 INVITE
    F7  40 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F8  40 P2 > P1 100 Trying, CSeq 2 INVITE
        40 Alice onTrying 100
        50 Bob onInvite
    F9  150 Bob > P2 180 Ringing, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    F10 160 P2 > P1 180 Ringing, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
        160 Bob session Early/HaveRemoteOffer
    F11 170 P1 > Alice 180 Ringing, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
        180 Alice onProgress 180
        180 Alice session Early/HaveLocalOffer
    F12 3050 Bob > P2 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
    F13 3060 P2 > P1 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
        3060 Bob session AckWait/Stable
    F14 3070 P1 > Alice 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
        3080 Alice onAccept 200
    F15 3080 Alice > P1 ACK bob@client.biloxi.example.com, CSeq 2, To;tag, Route ss1.atlanta.example.com ss2.biloxi.example.com, Proxy-Authorization atlanta.example.com
        3080 Alice session Confirmed/Stable
    F16 3090 P1 > P2 ACK bob@client.biloxi.example.com, CSeq 2, To;tag, Route ss2.biloxi.example.com
    F17 3100 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 2, To;tag
        3110 Bob onAck
        3110 Bob session Confirmed/Stable
    F18 8000 Bob > P2 BYE alice@client.atlanta.example.com, CSeq 1, To;tag, Route ss2.biloxi.example.com ss1.atlanta.example.com
    F19 8010 P2 > P1 BYE alice@client.atlanta.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
        8010 Bob session Terminated/Closed
    F20 8020 P1 > Alice BYE alice@client.atlanta.example.com, CSeq 1, To;tag
        8030 Alice onBye
    F21 8030 Alice > P1 200 OK, CSeq 1 BYE, To;tag
        8030 Alice session Terminated/Closed
    F22 8040 P1 > P2 200 OK, CSeq 1 BYE, To;tag
    F23 8050 P2 > Bob 200 OK, CSeq 1 BYE, To;tag
        8060 Bob onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.3, session with multiple proxy authentication", async () => {
  const { cast, alice, bob } = throughTwoProxies("UDP", ATLANTA, BILOXI);
  bob.answer([100, (request) => request.accept({ statusCode: 200, body: BOB_SDP })]);
  alice.invite(BOB, undefined, OFFER);
  cast.clock.advance(8000);
  cast.expect(`
    F1  0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F2  10 P1 > Alice 407 Proxy Authentication Required, CSeq 1 INVITE, To;tag, Proxy-Authenticate atlanta.example.com
    F3  20 Alice > P1 ACK bob@biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
    F4  20 Alice > P1 INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, Proxy-Authorization atlanta.example.com, 151 octets
    F6  30 P1 > P2 INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, 151 octets
    F5  30 P1 > Alice 100 Trying, CSeq 2 INVITE
    F7  40 P2 > P1 407 Proxy Authentication Required, CSeq 2 INVITE, To;tag, Proxy-Authenticate biloxi.example.com
        40 Alice onTrying 100
    F8  50 P1 > P2 ACK bob@biloxi.example.com, CSeq 2, To;tag
    F9  50 P1 > Alice 407 Proxy Authentication Required, CSeq 2 INVITE, To;tag, Proxy-Authenticate biloxi.example.com
    F10 60 Alice > P1 ACK bob@biloxi.example.com, CSeq 2, To;tag, Route ss1.atlanta.example.com, Proxy-Authorization atlanta.example.com
    F11 60 Alice > P1 INVITE bob@biloxi.example.com, CSeq 3, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, Proxy-Authorization atlanta.example.com biloxi.example.com, 151 octets
    F13 70 P1 > P2 INVITE bob@biloxi.example.com, CSeq 3, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, Proxy-Authorization biloxi.example.com, 151 octets
    F12 70 P1 > Alice 100 Trying, CSeq 3 INVITE
    F15 80 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 3, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F14 80 P2 > P1 100 Trying, CSeq 3 INVITE
        80 Alice onTrying 100
        90 Bob onInvite
    F16 190 Bob > P2 200 OK, CSeq 3 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
    F17 200 P2 > P1 200 OK, CSeq 3 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
        200 Bob session AckWait/Stable
    F18 210 P1 > Alice 200 OK, CSeq 3 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
        220 Alice onAccept 200
    F19 220 Alice > P1 ACK bob@client.biloxi.example.com, CSeq 3, To;tag, Route ss1.atlanta.example.com ss2.biloxi.example.com, Proxy-Authorization atlanta.example.com biloxi.example.com
        220 Alice session Confirmed/Stable
    F20 230 P1 > P2 ACK bob@client.biloxi.example.com, CSeq 3, To;tag, Route ss2.biloxi.example.com, Proxy-Authorization biloxi.example.com
    F21 240 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 3, To;tag
        250 Bob onAck
        250 Bob session Confirmed/Stable
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.4, successful session with proxy failure", async () => {
  const cast = new Cast(WITH_PROXIES);
  cast.proxy("P1", HOSTS.proxy1, { isDead: true });
  cast.proxy("P2", HOSTS.proxy2, { locate: locateBob, ...BILOXI });
  const alice = makeAlice(cast, HOSTS.proxy1);
  const bob = makeBob(cast);
  bob.answer(
    [100, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  alice.invite(BOB, {
    // "Alice then completes the call to Bob using Proxy 2", of which she knows by her configuration.
    onReject: () => void alice.invite(BOB, undefined, { ...OFFER, routeSet: [] }),
  }, OFFER);
  cast.clock.advance(40_000);
  bob.bye();
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F2  500 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F3  1500 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F4  3500 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F5  7500 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F6  15500 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F7  31500 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
        32000 Alice onReject 408 local
    F8  32000 Alice > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, 151 octets
    F9  32010 P2 > Alice 407 Proxy Authentication Required, CSeq 1 INVITE, To;tag, Proxy-Authenticate biloxi.example.com
    F10 32020 Alice > P2 ACK bob@biloxi.example.com, CSeq 1, To;tag
    F11 32020 Alice > P2 INVITE bob@biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Proxy-Authorization biloxi.example.com, 151 octets
    F12 32030 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com, 151 octets
    F13 32030 P2 > Alice 100 Trying, CSeq 2 INVITE
        32040 Bob onInvite
        32040 Alice onTrying 100
    F14 32140 Bob > P2 180 Ringing, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com
    F15 32150 P2 > Alice 180 Ringing, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com
        32150 Bob session Early/HaveRemoteOffer
        32160 Alice onProgress 180
        32160 Alice session Early/HaveLocalOffer
    F16 35040 Bob > P2 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com, 147 octets
    F17 35050 P2 > Alice 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com, 147 octets
        35050 Bob session AckWait/Stable
        35060 Alice onAccept 200
    F18 35060 Alice > P2 ACK bob@client.biloxi.example.com, CSeq 2, To;tag, Route ss2.biloxi.example.com, Proxy-Authorization biloxi.example.com
        35060 Alice session Confirmed/Stable
    F19 35070 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 2, To;tag
        35080 Bob onAck
        35080 Bob session Confirmed/Stable
    F20 40000 Bob > P2 BYE alice@client.atlanta.example.com, CSeq 1, To;tag, Route ss2.biloxi.example.com
    F21 40010 P2 > Alice BYE alice@client.atlanta.example.com, CSeq 1, To;tag
        40010 Bob session Terminated/Closed
        40020 Alice onBye
    F22 40020 Alice > P2 200 OK, CSeq 1 BYE, To;tag
        40020 Alice session Terminated/Closed
    F23 40030 P2 > Bob 200 OK, CSeq 1 BYE, To;tag
        40040 Bob onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.5, session through a SIP ALG", async () => {
  const cast = new Cast(WITH_PROXIES);
  cast.proxy("ALG", HOSTS.alg, {});
  cast.proxy("P2", HOSTS.proxy2, { locate: locateBob, recordsRoute: false });
  const alice = makeAlice(cast, HOSTS.alg);
  const bob = makeBob(cast);
  bob.answer(
    [100, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  alice.invite(BOB, undefined, OFFER);
  cast.clock.advance(8000);
  alice.bye();
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Alice > ALG INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route alg1.atlanta.example.com, 151 octets
    F2  10 ALG > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route alg1.atlanta.example.com, 151 octets
    F3  10 ALG > Alice 100 Trying, CSeq 1 INVITE
    F4  20 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route alg1.atlanta.example.com, 151 octets
    F5  20 P2 > ALG 100 Trying, CSeq 1 INVITE
        20 Alice onTrying 100
        30 Bob onInvite
    F6  130 Bob > P2 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route alg1.atlanta.example.com
    F7  140 P2 > ALG 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route alg1.atlanta.example.com
        140 Bob session Early/HaveRemoteOffer
    F8  150 ALG > Alice 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route alg1.atlanta.example.com
        160 Alice onProgress 180
        160 Alice session Early/HaveLocalOffer
    F9  3030 Bob > P2 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route alg1.atlanta.example.com, 147 octets
    F10 3040 P2 > ALG 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route alg1.atlanta.example.com, 147 octets
        3040 Bob session AckWait/Stable
    F11 3050 ALG > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route alg1.atlanta.example.com, 147 octets
        3060 Alice onAccept 200
    F12 3060 Alice > ALG ACK bob@client.biloxi.example.com, CSeq 1, To;tag, Route alg1.atlanta.example.com
        3060 Alice session Confirmed/Stable
    F13 3070 ALG > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
        3080 Bob onAck
        3080 Bob session Confirmed/Stable
    F14 8000 Alice > ALG BYE bob@client.biloxi.example.com, CSeq 2, To;tag, Route alg1.atlanta.example.com
    F15 8010 ALG > Bob BYE bob@client.biloxi.example.com, CSeq 2, To;tag
        8010 Alice session Terminated/Closed
        8020 Bob onBye
    F16 8020 Bob > ALG 200 OK, CSeq 2 BYE, To;tag
        8020 Bob session Terminated/Closed
    F17 8030 ALG > Alice 200 OK, CSeq 2 BYE, To;tag
        8040 Alice onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.6, via a redirect and a proxy server, with the answer in the ACK", async () => {
  const cast = new Cast({
    "biloxi.example.com": HOSTS.proxy1,
    "chicago.example.com": HOSTS.proxy3,
  });
  const chicago = URI.parse("sip:bob@chicago.example.com");
  const redirect = cast.agent("Redirect", HOSTS.proxy1, { aor: BOB });
  cast.proxy("P3", HOSTS.proxy3, {
    locate: (ruri) => ruri === `${chicago}` ? [`sip:bob@${HOSTS.chicago}`] : undefined,
  });
  const alice = makeAlice(cast);
  const bob = cast.agent("Bob", HOSTS.chicago, { aor: BOB });
  redirect.answer([0, (request) => request.redirect([chicago])]);
  bob.answer(
    [100, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: CHICAGO_SDP })],
  );
  const first = alice.invite(BOB, {
    onRedirect: ({ message }) => {
      const contact = message.parseHeader("Contact");
      const ruri = Array.isArray(contact) ? contact[0]?.uri : undefined;
      assertEquals(ruri?.toString(), `${chicago}`);
      // RFC 3261 §8.1.3.4: "It is RECOMMENDED that the UAC reuse the same To, From, and Call-ID used
      // in the original redirected request", and CSeq is higher.
      const { callId, fromTag, cseq } = first.message;
      alice.invite(
        BOB,
        { onAccept: (response) => void response.ack({ body: ALICE_SDP }) },
        { ...NAMES, ...ruri && { ruri }, callId, fromTag, cseq: cseq + 1 },
      );
    },
  }, NAMES);
  cast.clock.advance(8000);
  bob.bye();
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Alice > Redirect INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com
        10 Redirect onInvite
    F2  10 Redirect > Alice 302 Moved Temporarily, CSeq 1 INVITE, To;tag, Contact bob@chicago.example.com
    F3  20 Alice > Redirect ACK bob@biloxi.example.com, CSeq 1, To;tag
        20 Alice onRedirect 302
    F4  20 Alice > P3 INVITE bob@chicago.example.com, CSeq 2, Contact alice@client.atlanta.example.com
    F5  30 P3 > Bob INVITE bob@client.chicago.example.com, CSeq 2, Contact alice@client.atlanta.example.com, Record-Route ss3.chicago.example.com
    F6  30 P3 > Alice 100 Trying, CSeq 2 INVITE
        40 Bob onInvite
        40 Alice onTrying 100
    F7  140 Bob > P3 180 Ringing, CSeq 2 INVITE, To;tag, Contact bob@client.chicago.example.com, Record-Route ss3.chicago.example.com
    F8  150 P3 > Alice 180 Ringing, CSeq 2 INVITE, To;tag, Contact bob@client.chicago.example.com, Record-Route ss3.chicago.example.com
        150 Bob session Early/Initial
        160 Alice onProgress 180
        160 Alice session Early/Initial
    F9  3040 Bob > P3 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.chicago.example.com, Record-Route ss3.chicago.example.com, 148 octets
    F10 3050 P3 > Alice 200 OK, CSeq 2 INVITE, To;tag, Contact bob@client.chicago.example.com, Record-Route ss3.chicago.example.com, 148 octets
        3050 Bob session AckWait/HaveLocalOffer
        3060 Alice onAccept 200
    F11 3060 Alice > P3 ACK bob@client.chicago.example.com, CSeq 2, To;tag, Route ss3.chicago.example.com, 151 octets
        3060 Alice session Confirmed/Stable
    F12 3070 P3 > Bob ACK bob@client.chicago.example.com, CSeq 2, To;tag, 151 octets
        3080 Bob onAck with a body
        3080 Bob session Confirmed/Stable
    F13 8000 Bob > P3 BYE alice@client.atlanta.example.com, CSeq 1, To;tag, Route ss3.chicago.example.com
    F14 8010 P3 > Alice BYE alice@client.atlanta.example.com, CSeq 1, To;tag
        8010 Bob session Terminated/Closed
        8020 Alice onBye
    F15 8020 Alice > P3 200 OK, CSeq 1 BYE, To;tag
        8020 Alice session Terminated/Closed
    F16 8030 P3 > Bob 200 OK, CSeq 1 BYE, To;tag
        8040 Bob onAccept 200
  `);
  assertEquals([alice.session.offer, bob.session.offer], [CHICAGO_SDP, CHICAGO_SDP]);
  assertEquals([alice.session.answer, bob.session.answer], [ALICE_SDP, ALICE_SDP]);
  await cast.end();
});

Deno.test("RFC 3665 §3.7, session with re-INVITE: Bob's address changes", async () => {
  const cast = new Cast(WITH_PROXIES);
  cast.proxy("P2", HOSTS.proxy2, { locate: locateBob, recordsRoute: false });
  const alice = makeAlice(cast);
  const bob = makeBob(cast);
  bob.answer(
    [100, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  alice.inSession.onInvite = (request) =>
    alice.take(request, "onInvite", [[
      0,
      (each) => each.accept({ statusCode: 200, body: ALICE_SDP }),
    ]]);
  alice.invite(BOB, undefined, OFFER);
  cast.clock.advance(6000);
  // "Bob's IP address changes": what comes to Chicago comes to him.
  cast.move(HOSTS.chicago, HOSTS.bob);
  bob.session.invite(bob.heard({ onAccept: (response) => void response.ack() }), {
    extraHeaders: [`Contact: <sip:bob@${HOSTS.chicago}>`],
    body: CHICAGO_SDP,
  });
  cast.clock.advance(2000);
  assertEquals(`${alice.session.remoteTarget}`, `sip:bob@${HOSTS.chicago}`);
  alice.bye();
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Alice > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, 151 octets
    F2  10 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, 151 octets
    F3  10 P2 > Alice 100 Trying, CSeq 1 INVITE
        20 Bob onInvite
        20 Alice onTrying 100
    F4  120 Bob > P2 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com
    F5  130 P2 > Alice 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com
        130 Bob session Early/HaveRemoteOffer
        140 Alice onProgress 180
        140 Alice session Early/HaveLocalOffer
    F6  3020 Bob > P2 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, 147 octets
    F7  3030 P2 > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, 147 octets
        3030 Bob session AckWait/Stable
        3040 Alice onAccept 200
    F8  3040 Alice > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
        3040 Alice session Confirmed/Stable
        3050 Bob onAck
        3050 Bob session Confirmed/Stable
    F9  6000 Bob > Alice INVITE alice@client.atlanta.example.com, CSeq 1, To;tag, Contact bob@client.chicago.example.com, 148 octets
        6010 Alice onInvite
        6010 Alice session Confirmed/HaveRemoteOffer
        6010 Bob session Confirmed/HaveLocalOffer
    F10 6010 Alice > Bob 200 OK, CSeq 1 INVITE, To;tag, Contact alice@client.atlanta.example.com, 151 octets
        6020 Bob onAccept 200
    F11 6020 Bob > Alice ACK alice@client.atlanta.example.com, CSeq 1, To;tag
        6020 Alice session Confirmed/Stable
        6020 Bob session Confirmed/Stable
        6030 Alice onAck
    F12 8000 Alice > Bob BYE bob@client.chicago.example.com, CSeq 2, To;tag
        8010 Bob onBye
    F13 8010 Bob > Alice 200 OK, CSeq 2 BYE, To;tag
        8010 Alice session Terminated/Closed
        8010 Bob session Terminated/Closed
        8020 Alice onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.8, unsuccessful: no answer", async () => {
  const { cast, alice, bob } = throughTwoProxies("UDP", {}, {});
  bob.answer([100, (request) => request.progress()]);
  const request = alice.invite(BOB, {}, OFFER);
  cast.clock.advance(9000);
  request.cancel();
  cast.clock.advance(1000);
  cast.expect(`
    F1  0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F2  10 P1 > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, 151 octets
    F3  10 P1 > Alice 100 Trying, CSeq 1 INVITE
    F4  20 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F5  20 P2 > P1 100 Trying, CSeq 1 INVITE
        20 Alice onTrying 100
        30 Bob onInvite
    F6  130 Bob > P2 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    F7  140 P2 > P1 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
        140 Bob session Early/HaveRemoteOffer
    F8  150 P1 > Alice 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
        160 Alice onProgress 180
        160 Alice session Early/HaveLocalOffer
    F9  9000 Alice > P1 CANCEL bob@biloxi.example.com, CSeq 1, Route ss1.atlanta.example.com
    F10 9010 P1 > Alice 200 OK, CSeq 1 CANCEL, To;tag
    F11 9010 P1 > P2 CANCEL bob@biloxi.example.com, CSeq 1
    F12 9020 P2 > P1 200 OK, CSeq 1 CANCEL, To;tag
    F13 9020 P2 > Bob CANCEL bob@client.biloxi.example.com, CSeq 1
    F14 9030 Bob > P2 200 OK, CSeq 1 CANCEL, To;tag
        9030 Bob onCancel
    F15 9030 Bob > P2 487 Request Terminated, CSeq 1 INVITE, To;tag
        9030 Bob session Terminated/Closed
    F16 9040 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
    F17 9040 P2 > P1 487 Request Terminated, CSeq 1 INVITE, To;tag
    F18 9050 P1 > P2 ACK bob@biloxi.example.com, CSeq 1, To;tag
    F19 9050 P1 > Alice 487 Request Terminated, CSeq 1 INVITE, To;tag
    F20 9060 Alice > P1 ACK bob@biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
        9060 Alice onReject 487
        9060 Alice session Terminated/Closed
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.9, unsuccessful: busy", async () => {
  const { cast, alice, bob } = throughTwoProxies("TCP", {}, {});
  bob.answer([100, (request) => request.reject({ statusCode: 486 })]);
  alice.invite(BOB, {}, OFFER);
  cast.clock.advance(9000);
  cast.expect(`
    F1  0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F2  10 P1 > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, 151 octets
    F3  10 P1 > Alice 100 Trying, CSeq 1 INVITE
    F4  20 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F5  20 P2 > P1 100 Trying, CSeq 1 INVITE
        20 Alice onTrying 100
        30 Bob onInvite
    F6  130 Bob > P2 486 Busy Here, CSeq 1 INVITE, To;tag
    F7  140 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
    F8  140 P2 > P1 486 Busy Here, CSeq 1 INVITE, To;tag
    F9  150 P1 > P2 ACK bob@biloxi.example.com, CSeq 1, To;tag
    F10 150 P1 > Alice 486 Busy Here, CSeq 1 INVITE, To;tag
    F11 160 Alice > P1 ACK bob@biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
        160 Alice onReject 486
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.10, unsuccessful: no response from the user agent", async () => {
  const cast = new Cast(WITH_PROXIES);
  cast.proxy("P1", HOSTS.proxy1, {});
  cast.proxy("P2", HOSTS.proxy2, { locate: locateBob, clock: cast.clock });
  cast.absent("Bob", HOSTS.bob);
  const alice = makeAlice(cast, HOSTS.proxy1);
  alice.invite(BOB, {}, OFFER);
  cast.clock.advance(40_000);
  cast.expect(`
    F1  0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F2  10 P1 > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, 151 octets
    F3  10 P1 > Alice 100 Trying, CSeq 1 INVITE
    F4  20 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F5  20 P2 > P1 100 Trying, CSeq 1 INVITE
        20 Alice onTrying 100
    F6  520 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F7  1520 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F8  3520 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F9  7520 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F10 15520 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F11 31520 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F12 32020 P2 > P1 480 Temporarily Unavailable, CSeq 1 INVITE, To;tag
    F13 32030 P1 > P2 ACK bob@biloxi.example.com, CSeq 1, To;tag
    F14 32030 P1 > Alice 480 Temporarily Unavailable, CSeq 1 INVITE, To;tag
    F15 32040 Alice > P1 ACK bob@biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
        32040 Alice onReject 480
  `);
  await cast.end();
});

Deno.test("RFC 3665 §3.11, unsuccessful: temporarily unavailable", async () => {
  const { cast, alice, bob } = throughTwoProxies("UDP", {}, {});
  bob.answer(
    [100, (request) => request.progress()],
    [5000, (request) => request.reject()],
  );
  alice.invite(BOB, {}, OFFER);
  cast.clock.advance(9000);
  cast.expect(`
    F1  0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    F2  10 P1 > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, 151 octets
    F3  10 P1 > Alice 100 Trying, CSeq 1 INVITE
    F4  20 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    F5  20 P2 > P1 100 Trying, CSeq 1 INVITE
        20 Alice onTrying 100
        30 Bob onInvite
    F6  130 Bob > P2 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    F7  140 P2 > P1 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
        140 Bob session Early/HaveRemoteOffer
    F8  150 P1 > Alice 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
        160 Alice onProgress 180
        160 Alice session Early/HaveLocalOffer
    F9  5030 Bob > P2 480 Temporarily Unavailable, CSeq 1 INVITE, To;tag
    F10 5040 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
    F11 5040 P2 > P1 480 Temporarily Unavailable, CSeq 1 INVITE, To;tag
        5040 Bob session Terminated/Closed
    F12 5050 P1 > P2 ACK bob@biloxi.example.com, CSeq 1, To;tag
    F13 5050 P1 > Alice 480 Temporarily Unavailable, CSeq 1 INVITE, To;tag
    F14 5060 Alice > P1 ACK bob@biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com
        5060 Alice onReject 480
        5060 Alice session Terminated/Closed
  `);
  await cast.end();
});

Deno.test("a fork through two proxies: both ring, one answers, the other is cancelled", async () => {
  const cast = new Cast(WITH_PROXIES);
  cast.proxy("P1", HOSTS.proxy1, {});
  cast.proxy("P2", HOSTS.proxy2, {
    locate: (ruri) =>
      ruri === `${BOB}` ? [`sip:bob@${HOSTS.bob}`, `sip:bob@${HOSTS.chicago}`] : undefined,
  });
  const alice = makeAlice(cast, HOSTS.proxy1);
  const bob = makeBob(cast);
  const chicago = cast.agent("Chicago", HOSTS.chicago, { aor: BOB });
  bob.answer(
    [100, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  chicago.answer([150, (request) => request.progress()]);
  alice.invite(BOB, undefined, OFFER);
  cast.clock.advance(8000);
  alice.bye();
  cast.clock.advance(1000);
  cast.expect(`
    0 Alice > P1 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Route ss1.atlanta.example.com, 151 octets
    10 P1 > P2 INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss1.atlanta.example.com, 151 octets
    10 P1 > Alice 100 Trying, CSeq 1 INVITE
    20 P2 > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    20 P2 > Chicago INVITE bob@client.chicago.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 151 octets
    20 P2 > P1 100 Trying, CSeq 1 INVITE
    20 Alice onTrying 100
    30 Bob onInvite
    30 Chicago onInvite
    130 Bob > P2 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    140 P2 > P1 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    140 Bob session Early/HaveRemoteOffer
    150 P1 > Alice 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    160 Alice onProgress 180
    160 Alice session Early/HaveLocalOffer
    180 Chicago > P2 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.chicago.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    190 P2 > P1 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.chicago.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    190 Chicago session Early/HaveRemoteOffer
    200 P1 > Alice 180 Ringing, CSeq 1 INVITE, To;tag, Contact bob@client.chicago.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com
    210 Alice onProgress 180
    210 Alice session 2 Early/HaveLocalOffer
    3030 Bob > P2 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
    3040 P2 > P1 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
    3040 P2 > Chicago CANCEL bob@client.chicago.example.com, CSeq 1
    3040 Bob session AckWait/Stable
    3050 P1 > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com ss1.atlanta.example.com, 147 octets
    3050 Chicago > P2 200 OK, CSeq 1 CANCEL, To;tag
    3050 Chicago onCancel
    3050 Chicago > P2 487 Request Terminated, CSeq 1 INVITE, To;tag
    3050 Chicago session Terminated/Closed
    3060 Alice onAccept 200
    3060 Alice > P1 ACK bob@client.biloxi.example.com, CSeq 1, To;tag, Route ss1.atlanta.example.com ss2.biloxi.example.com
    3060 Alice session 1 Confirmed/Stable
    3060 P2 > Chicago ACK bob@client.chicago.example.com, CSeq 1, To;tag
    3070 P1 > P2 ACK bob@client.biloxi.example.com, CSeq 1, To;tag, Route ss2.biloxi.example.com
    3080 P2 > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
    3090 Bob onAck
    3090 Bob session Confirmed/Stable
    8000 Alice > P1 BYE bob@client.chicago.example.com, CSeq 2, To;tag, Route ss1.atlanta.example.com ss2.biloxi.example.com
    8010 P1 > P2 BYE bob@client.chicago.example.com, CSeq 2, To;tag, Route ss2.biloxi.example.com
    8010 Alice session 2 Terminated/Closed
    8020 P2 > Chicago BYE bob@client.chicago.example.com, CSeq 2, To;tag
    8030 Chicago > P2 481 Call/Transaction Does Not Exist, CSeq 2 BYE, To;tag
    8040 P2 > P1 481 Call/Transaction Does Not Exist, CSeq 2 BYE, To;tag
    8050 P1 > Alice 481 Call/Transaction Does Not Exist, CSeq 2 BYE, To;tag
    8060 Alice onReject 481
  `);
  await cast.end();
});
