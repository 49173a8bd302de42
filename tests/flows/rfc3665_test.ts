/**
 * The basic call flows of RFC 3665 §3, as far as two user agents can play them.
 *
 * Where the RFC has proxies between Alice and Bob, the two are alone here: of every message, the
 * hop of the one who sends it is played, and there is no Route and no Record-Route. The 100 that a
 * proxy sends at once comes from Bob's own engine where he takes more than 200 ms. The challenges
 * (407) of §3.2 and §3.3 are left out, since the engine cannot answer them yet; so the number in
 * CSeq is lower by one for each of them.
 *
 * One thing is different on purpose: the RFC's 200 to the CANCEL of §3.8 has no To-tag, but RFC 3261
 * §9.2 wants there the tag of the other responses to the INVITE.
 *
 * A line of a ladder is the time in milliseconds, who sends, and what RFC 3665 shows of the message:
 * request or status line, CSeq, whether To has a tag, Contact, and the length of the body. Between
 * the messages stands what delegates are told, and both sessions after each delivery. A message is
 * on its way for 10 ms.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { URI } from "@strowger/sip";
import { ALICE_SDP, BOB_SDP, CHICAGO_SDP, Ladder } from "./ladder.ts";

Deno.test("RFC 3665 §3.1, successful session establishment", async () => {
  const ladder = new Ladder(["TCP client.atlanta"], ["TCP client.biloxi"]);
  ladder.answer(
    [0, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  ladder.invite({ onAccept: (response) => response.ack() }, { body: ALICE_SDP });
  ladder.clock.advance(8000);
  ladder.bye("Bob");
  ladder.clock.advance(1000);
  ladder.expect(`
    F1  0 Alice INVITE sip:bob@biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 151 octets
        10 Bob onInvite
        10 states Alice -, Bob -
    F2  10 Bob 180 Ringing, CSeq 1 INVITE, To;tag, Contact sip:bob@client.biloxi.example.com, 0 octets
        20 Alice onProgress 180
        20 states Alice Early/HaveLocalOffer, Bob Early/HaveRemoteOffer
    F3  3010 Bob 200 OK, CSeq 1 INVITE, To;tag, Contact sip:bob@client.biloxi.example.com, 147 octets
        3020 Alice onAccept 200
    F4  3020 Alice ACK sip:bob@client.biloxi.example.com, CSeq 1 ACK, To;tag, 0 octets
        3020 states Alice Confirmed/Stable, Bob AckWait/Stable
        3030 Bob onAck
        3030 states Alice Confirmed/Stable, Bob Confirmed/Stable
    F5  8000 Bob BYE sip:alice@client.atlanta.example.com, CSeq 1 BYE, To;tag, 0 octets
        8010 Alice onBye
    F6  8010 Alice 200 OK, CSeq 1 BYE, To;tag, 0 octets
        8010 states Alice Terminated/Closed, Bob Terminated/Closed
        8020 Bob onAccept 200
        8020 states Alice Terminated/Closed, Bob Terminated/Closed
  `);
  const { Alice, Bob } = ladder.sessions;
  assertEquals([Alice?.offer, Bob?.offer], [ALICE_SDP, ALICE_SDP]);
  assertEquals([Alice?.answer, Bob?.answer], [BOB_SDP, BOB_SDP]);
  await ladder.end();
});

Deno.test("RFC 3665 §3.2, session establishment, without the two proxies and the challenge", async () => {
  const ladder = new Ladder(["TCP client.atlanta"], ["TCP client.biloxi"]);
  ladder.answer(
    [400, (request) => request.progress()],
    [3000, (request) => request.accept({ statusCode: 200, body: BOB_SDP })],
  );
  ladder.invite({ onAccept: (response) => response.ack() }, { body: ALICE_SDP });
  ladder.clock.advance(8000);
  ladder.bye("Bob");
  ladder.clock.advance(1000);
  ladder.expect(`
    F4  0 Alice INVITE sip:bob@biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 151 octets
        10 Bob onInvite
        10 states Alice -, Bob -
    F6  210 Bob 100 Trying, CSeq 1 INVITE, To, 0 octets
        220 Alice onTrying 100
        220 states Alice -, Bob -
    F9  410 Bob 180 Ringing, CSeq 1 INVITE, To;tag, Contact sip:bob@client.biloxi.example.com, 0 octets
        420 Alice onProgress 180
        420 states Alice Early/HaveLocalOffer, Bob Early/HaveRemoteOffer
    F12 3010 Bob 200 OK, CSeq 1 INVITE, To;tag, Contact sip:bob@client.biloxi.example.com, 147 octets
        3020 Alice onAccept 200
    F15 3020 Alice ACK sip:bob@client.biloxi.example.com, CSeq 1 ACK, To;tag, 0 octets
        3020 states Alice Confirmed/Stable, Bob AckWait/Stable
        3030 Bob onAck
        3030 states Alice Confirmed/Stable, Bob Confirmed/Stable
    F18 8000 Bob BYE sip:alice@client.atlanta.example.com, CSeq 1 BYE, To;tag, 0 octets
        8010 Alice onBye
    F21 8010 Alice 200 OK, CSeq 1 BYE, To;tag, 0 octets
        8010 states Alice Terminated/Closed, Bob Terminated/Closed
        8020 Bob onAccept 200
        8020 states Alice Terminated/Closed, Bob Terminated/Closed
  `);
  await ladder.end();
});

Deno.test("RFC 3665 §3.3, a session that is not announced by ringing, without the challenges", async () => {
  const ladder = new Ladder(["UDP client.atlanta"], ["UDP client.biloxi"]);
  ladder.answer([300, (request) => request.accept({ statusCode: 200, body: BOB_SDP })]);
  ladder.invite({ onAccept: (response) => response.ack() }, { body: ALICE_SDP });
  ladder.clock.advance(8000);
  ladder.expect(`
    F11 0 Alice INVITE sip:bob@biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 151 octets
        10 Bob onInvite
        10 states Alice -, Bob -
    F12 210 Bob 100 Trying, CSeq 1 INVITE, To, 0 octets
        220 Alice onTrying 100
        220 states Alice -, Bob -
    F16 310 Bob 200 OK, CSeq 1 INVITE, To;tag, Contact sip:bob@client.biloxi.example.com, 147 octets
        320 Alice onAccept 200
    F19 320 Alice ACK sip:bob@client.biloxi.example.com, CSeq 1 ACK, To;tag, 0 octets
        320 states Alice Confirmed/Stable, Bob AckWait/Stable
        330 Bob onAck
        330 states Alice Confirmed/Stable, Bob Confirmed/Stable
  `);
  // The RFC's flow ends with the call up; so it is hung up, by both engines' `stop()` at once.
  await ladder.end();
  ladder.expect(`
    8000 Alice BYE sip:bob@client.biloxi.example.com, CSeq 2 BYE, To;tag, 0 octets
    8000 Bob BYE sip:alice@client.atlanta.example.com, CSeq 1 BYE, To;tag, 0 octets
    8010 Bob onBye
    8010 Bob 200 OK, CSeq 2 BYE, To;tag, 0 octets
    8010 states Alice Terminated/Closed, Bob Terminated/Closed
    8010 Alice onBye
    8010 Alice 200 OK, CSeq 1 BYE, To;tag, 0 octets
    8010 states Alice Terminated/Closed, Bob Terminated/Closed
    8020 states Alice Terminated/Closed, Bob Terminated/Closed
    8020 states Alice Terminated/Closed, Bob Terminated/Closed
  `);
});

Deno.test("RFC 3665 §3.6, redirection, and then a session with the answer in the ACK", async () => {
  const ladder = new Ladder(
    ["UDP client.atlanta", "TCP client.atlanta"],
    ["UDP client.biloxi", "TCP client.chicago"],
  );
  const chicago = URI.parse("sip:bob@chicago.example.com;transport=tcp");
  ladder.answer([0, (request) => request.redirect([chicago])]);
  const first = ladder.invite({
    onRedirect: ({ message }) => {
      const contact = message.parseHeader("Contact");
      const uri = Array.isArray(contact) ? contact[0]?.uri : undefined;
      assertEquals(uri?.toString(), "sip:bob@chicago.example.com;transport=tcp");
      ladder.answer(
        [100, (request) => request.progress()],
        [3000, (request) => request.accept({ statusCode: 200, body: CHICAGO_SDP })],
      );
      // RFC 3261 §8.1.3.4: "It is RECOMMENDED that the UAC reuse the same To, From, and Call-ID used
      // in the original redirected request", and CSeq is higher.
      const { callId, fromTag, cseq } = first.message;
      const delegate = {
        onAccept: (response: { ack(options: { body: typeof ALICE_SDP }): unknown }) =>
          void response.ack({ body: ALICE_SDP }),
      };
      ladder.invite(delegate, { ...(uri && { ruri: uri }), callId, fromTag, cseq: cseq + 1 });
    },
  });
  ladder.clock.advance(8000);
  ladder.bye("Bob");
  ladder.clock.advance(1000);
  ladder.expect(`
    F1  0 Alice INVITE sip:bob@biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 0 octets
        10 Bob onInvite
        10 states Alice -, Bob -
    F2  10 Bob 302 Moved Temporarily, CSeq 1 INVITE, To;tag, Contact sip:bob@chicago.example.com, 0 octets
    F3  20 Alice ACK sip:bob@biloxi.example.com, CSeq 1 ACK, To;tag, 0 octets
        20 Alice onRedirect 302
    F4  20 Alice INVITE sip:bob@chicago.example.com, CSeq 2 INVITE, To, Contact sip:alice@client.atlanta.example.com, 0 octets
        20 states Alice -, Bob -
        30 states Alice -, Bob -
        30 Bob onInvite
        30 states Alice -, Bob -
    F7  130 Bob 180 Ringing, CSeq 2 INVITE, To;tag, Contact sip:bob@client.chicago.example.com, 0 octets
        140 Alice onProgress 180
        140 states Alice Early/Initial, Bob Early/Initial
    F9  3030 Bob 200 OK, CSeq 2 INVITE, To;tag, Contact sip:bob@client.chicago.example.com, 148 octets
        3040 Alice onAccept 200
    F11 3040 Alice ACK sip:bob@client.chicago.example.com, CSeq 2 ACK, To;tag, 151 octets
        3040 states Alice Confirmed/Stable, Bob AckWait/HaveLocalOffer
        3050 Bob onAck
        3050 states Alice Confirmed/Stable, Bob Confirmed/Stable
    F13 8000 Bob BYE sip:alice@client.atlanta.example.com, CSeq 1 BYE, To;tag, 0 octets
        8010 Alice onBye
    F15 8010 Alice 200 OK, CSeq 1 BYE, To;tag, 0 octets
        8010 states Alice Terminated/Closed, Bob Terminated/Closed
        8020 Bob onAccept 200
        8020 states Alice Terminated/Closed, Bob Terminated/Closed
  `);
  const { Alice, Bob } = ladder.sessions;
  assertEquals([Alice?.offer, Bob?.offer], [CHICAGO_SDP, CHICAGO_SDP]);
  assertEquals([Alice?.answer, Bob?.answer], [ALICE_SDP, ALICE_SDP]);
  await ladder.end();
});

Deno.test("RFC 3665 §3.8, no answer: CANCEL and 487", async () => {
  const ladder = new Ladder(["UDP client.atlanta"], ["UDP client.biloxi"]);
  ladder.answer([300, (request) => request.progress()]);
  const request = ladder.invite({}, { body: ALICE_SDP });
  ladder.clock.advance(9000);
  request.cancel();
  ladder.clock.advance(1000);
  ladder.expect(`
    F1  0 Alice INVITE sip:bob@biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 151 octets
        10 Bob onInvite
        10 states Alice -, Bob -
    F3  210 Bob 100 Trying, CSeq 1 INVITE, To, 0 octets
        220 Alice onTrying 100
        220 states Alice -, Bob -
    F6  310 Bob 180 Ringing, CSeq 1 INVITE, To;tag, Contact sip:bob@client.biloxi.example.com, 0 octets
        320 Alice onProgress 180
        320 states Alice Early/HaveLocalOffer, Bob Early/HaveRemoteOffer
    F9  9000 Alice CANCEL sip:bob@biloxi.example.com, CSeq 1 CANCEL, To, 0 octets
    F14 9010 Bob 200 OK, CSeq 1 CANCEL, To;tag, 0 octets
        9010 Bob onCancel
    F15 9010 Bob 487 Request Terminated, CSeq 1 INVITE, To;tag, 0 octets
        9010 states Alice Early/HaveLocalOffer, Bob Terminated/Closed
        9020 states Alice Early/HaveLocalOffer, Bob Terminated/Closed
    F20 9020 Alice ACK sip:bob@biloxi.example.com, CSeq 1 ACK, To;tag, 0 octets
        9020 Alice onReject 487
        9020 states Alice Terminated/Closed, Bob Terminated/Closed
        9030 states Alice Terminated/Closed, Bob Terminated/Closed
  `);
  await ladder.end();
});

Deno.test("RFC 3665 §3.9, busy", async () => {
  const ladder = new Ladder(["TCP client.atlanta"], ["TCP client.biloxi"]);
  ladder.answer([300, (request) => request.reject({ statusCode: 486 })]);
  ladder.invite({}, { body: ALICE_SDP });
  ladder.clock.advance(9000);
  ladder.expect(`
    F1  0 Alice INVITE sip:bob@biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 151 octets
        10 Bob onInvite
        10 states Alice -, Bob -
    F3  210 Bob 100 Trying, CSeq 1 INVITE, To, 0 octets
        220 Alice onTrying 100
        220 states Alice -, Bob -
    F6  310 Bob 486 Busy Here, CSeq 1 INVITE, To;tag, 0 octets
    F11 320 Alice ACK sip:bob@biloxi.example.com, CSeq 1 ACK, To;tag, 0 octets
        320 Alice onReject 486
        320 states Alice -, Bob -
        330 states Alice -, Bob -
  `);
  await ladder.end();
});

Deno.test("RFC 3665 §3.10, no response from the user agent: seven INVITEs, and a local 408", async () => {
  const ladder = new Ladder(["UDP client.atlanta"], []);
  // As Proxy 2 forwards it; and Bob's end is not there.
  const ruri = URI.parse("sip:bob@client.biloxi.example.com");
  ladder.invite({}, { ruri, body: ALICE_SDP });
  ladder.clock.advance(40_000);
  const invite =
    "Alice INVITE sip:bob@client.biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 151 octets";
  // The RFC's proxy answers for Bob, with 480, after as many INVITEs.
  ladder.expect(`
    F4  0 ${invite}
    F6  500 ${invite}
    F7  1500 ${invite}
    F8  3500 ${invite}
    F9  7500 ${invite}
    F10 15500 ${invite}
    F11 31500 ${invite}
        32000 Alice onReject 408 local
  `);
  assertEquals(new Set(ladder.messages.map(({ text }) => text)).size, 1);
  await ladder.end();
});

Deno.test("RFC 3665 §3.11, temporarily unavailable", async () => {
  const ladder = new Ladder(["UDP client.atlanta"], ["UDP client.biloxi"]);
  ladder.answer(
    [300, (request) => request.progress()],
    [5000, (request) => request.reject()],
  );
  ladder.invite({}, { body: ALICE_SDP });
  ladder.clock.advance(9000);
  ladder.expect(`
    F1  0 Alice INVITE sip:bob@biloxi.example.com, CSeq 1 INVITE, To, Contact sip:alice@client.atlanta.example.com, 151 octets
        10 Bob onInvite
        10 states Alice -, Bob -
    F3  210 Bob 100 Trying, CSeq 1 INVITE, To, 0 octets
        220 Alice onTrying 100
        220 states Alice -, Bob -
    F6  310 Bob 180 Ringing, CSeq 1 INVITE, To;tag, Contact sip:bob@client.biloxi.example.com, 0 octets
        320 Alice onProgress 180
        320 states Alice Early/HaveLocalOffer, Bob Early/HaveRemoteOffer
    F9  5010 Bob 480 Temporarily Unavailable, CSeq 1 INVITE, To;tag, 0 octets
    F14 5020 Alice ACK sip:bob@biloxi.example.com, CSeq 1 ACK, To;tag, 0 octets
        5020 Alice onReject 480
        5020 states Alice Terminated/Closed, Bob Terminated/Closed
        5030 states Alice Terminated/Closed, Bob Terminated/Closed
  `);
  await ladder.end();
});
