/**
 * The sessions of RFC 3665 §3 that do not come about (§3.8 to §3.11). How to read a ladder is said in
 * `cast.ts`.
 *
 * One thing is different on purpose: the RFC's 200 to the CANCEL of §3.8 has no To-tag, but RFC 3261
 * §9.2 wants there the tag of the other responses to the INVITE.
 *
 * @module
 */
import { Cast } from "./cast.ts";
import { ALICE_SDP } from "./descriptions.ts";
import {
  BOB,
  HOSTS,
  locateBob,
  makeAlice,
  NAMES,
  throughTwoProxies,
  WITH_PROXIES,
} from "./rfc3665_cast.ts";

const OFFER = { ...NAMES, body: ALICE_SDP };

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
