/**
 * The services of RFC 5359 that a user agent renders: hold (§2.1 to §2.3) and transfer (§2.4, §2.5).
 * How to read a ladder is said in `cast.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type Body,
  type IncomingReferRequest,
  parseSipfrag,
  referencedHeaders,
  replacesValue,
  type Session,
  URI,
} from "@strowger/sip";
import type { Agent } from "./agent.ts";
import { Cast } from "./cast.ts";
import { sdp } from "./descriptions.ts";
import { HOSTS, locateBob } from "./rfc3665_cast.ts";

const ALICE = URI.parse("sip:alice@atlanta.example.com");
const BOB = URI.parse("sip:bob@biloxi.example.com");
const CAROL = URI.parse("sip:carol@chicago.example.com");
const MUSIC = URI.parse("sip:music@server.example.com");

const DOMAINS = {
  "atlanta.example.com": HOSTS.alice,
  "biloxi.example.com": HOSTS.bob,
  "chicago.example.com": HOSTS.chicago,
};
const SHOWN = ["Replaces", "Refer-To", "Referred-By", "Subscription-State"];

/** What one of them says of its media; the version counts how often it has said so. */
function media(who: string, version = 1, direction = ""): Body {
  return sdp(`${who} 1 ${version}`, `${who}.example.com`, "192.0.2.1", 49170, direction);
}

/** RFC 3264 §6.1: what answers an offer to send only, or to be still. */
function answerTo(who: string, offer: string): Body {
  const direction = /^a=sendonly/m.test(offer)
    ? "a=recvonly"
    : /^a=inactive/m.test(offer)
    ? "a=inactive"
    : "";
  return media(who, 2, direction);
}

/** Somebody who takes every call, is put on hold, and taken back. */
function join(cast: Cast, name: string, host: string, aor: URI): Agent {
  const agent = cast.agent(name, host, { aor });
  const who = name.toLowerCase();
  agent.answer([0, (request) => request.accept({ statusCode: 200, body: media(who) })]);
  agent.inSession.onInvite = (request) => {
    const body = answerTo(who, request.message.body);
    agent.take(request, "onInvite", [[0, () => request.accept({ statusCode: 200, body })]]);
  };
  return agent;
}

/** Calls somebody, and returns the session once it is up. */
function call(cast: Cast, agent: Agent, to: URI): Session {
  agent.invite(to, undefined, { body: media(agent.name.toLowerCase()) });
  cast.clock.advance(1000);
  return agent.session;
}

/** Offers to send only, or, with no direction, to talk again. */
function reinvite(cast: Cast, agent: Agent, session: Session, version: number, how = ""): void {
  session.invite(agent.heard({ onAccept: (response) => void response.ack() }), {
    body: media(agent.name.toLowerCase(), version, how),
  });
  cast.clock.advance(1000);
}

/** Does what a REFER asks for, and reports how it goes. */
function refers(agent: Agent): void {
  agent.inSession.onRefer = (request: IncomingReferRequest) => {
    const { notifier } = request.accept();
    const { uri } = request.referTo;
    agent.invite(new URI(uri.scheme, uri.user, uri.host), {
      onAccept: (response) => {
        response.ack();
        notifier?.report(200);
      },
      onReject: ({ message }) => void notifier?.report(message.statusCode),
    }, {
      extraHeaders: referencedHeaders(request.message),
      body: media(agent.name.toLowerCase()),
    });
  };
}

/** Asks the far end of a session to call somebody, and hangs up once it has. */
function transfer(agent: Agent, session: Session, referTo: string, told: string[]): void {
  session.refer({
    ...agent.heard(),
    onNotify: ({ request, subscription }) => {
      told.push(parseSipfrag(request.message.body)?.reasonPhrase ?? "?");
      if (subscription === undefined) return;
      subscription.delegate = {
        onNotify: ({ message }) => {
          const report = parseSipfrag(message.body);
          told.push(report?.reasonPhrase ?? "?");
          if (report?.statusCode === 200 && session.sessionState === "Confirmed") session.bye();
        },
      };
    },
  }, { extraHeaders: [`Refer-To: ${referTo}`, `Referred-By: <${BOB}>`] });
}

Deno.test("RFC 5359 §2.1, call hold", async () => {
  const cast = new Cast({ ...DOMAINS, "biloxi.example.com": HOSTS.proxy2 });
  cast.proxy("Proxy", HOSTS.proxy2, { locate: locateBob });
  const alice = join(cast, "Alice", HOSTS.alice, ALICE);
  const bob = join(cast, "Bob", HOSTS.bob, BOB);
  call(cast, alice, BOB);
  cast.expect(`
    0 Alice > Proxy INVITE bob@biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, 122 octets
    10 Proxy > Bob INVITE bob@client.biloxi.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Record-Route ss2.biloxi.example.com, 122 octets
    10 Proxy > Alice 100 Trying, CSeq 1 INVITE
    20 Bob onInvite
    20 Alice onTrying 100
    20 Bob > Proxy 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com, 118 octets
    30 Proxy > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact bob@client.biloxi.example.com, Record-Route ss2.biloxi.example.com, 118 octets
    30 Bob session AckWait/Stable
    40 Alice onAccept 200
    40 Alice > Proxy ACK bob@client.biloxi.example.com, CSeq 1, To;tag, Route ss2.biloxi.example.com
    40 Alice session Confirmed/Stable
    50 Proxy > Bob ACK bob@client.biloxi.example.com, CSeq 1, To;tag
    60 Bob onAck
    60 Bob session Confirmed/Stable
  `);
  // RFC 3264 §8.4: who puts a stream on hold offers it as "sendonly", and gets "recvonly".
  reinvite(cast, bob, bob.session, 2, "a=sendonly");
  cast.expect(`
    1000 Bob > Proxy INVITE alice@client.atlanta.example.com, CSeq 1, To;tag, Contact bob@client.biloxi.example.com, Route ss2.biloxi.example.com, 130 octets sendonly
    1010 Proxy > Alice INVITE alice@client.atlanta.example.com, CSeq 1, To;tag, Contact bob@client.biloxi.example.com, 130 octets sendonly
    1010 Proxy > Bob 100 Trying, CSeq 1 INVITE, To;tag
    1010 Bob session Confirmed/HaveLocalOffer
    1020 Alice onInvite
    1020 Alice session Confirmed/HaveRemoteOffer
    1020 Bob onTrying 100
    1020 Alice > Proxy 200 OK, CSeq 1 INVITE, To;tag, Contact alice@client.atlanta.example.com, 134 octets recvonly
    1030 Proxy > Bob 200 OK, CSeq 1 INVITE, To;tag, Contact alice@client.atlanta.example.com, 134 octets recvonly
    1030 Alice session Confirmed/Stable
    1040 Bob onAccept 200
    1040 Bob > Proxy ACK alice@client.atlanta.example.com, CSeq 1, To;tag, Route ss2.biloxi.example.com
    1040 Bob session Confirmed/Stable
    1050 Proxy > Alice ACK alice@client.atlanta.example.com, CSeq 1, To;tag
    1060 Alice onAck
  `);
  reinvite(cast, bob, bob.session, 3);
  cast.expect(`
    2000 Bob > Proxy INVITE alice@client.atlanta.example.com, CSeq 2, To;tag, Contact bob@client.biloxi.example.com, Route ss2.biloxi.example.com, 118 octets
    2010 Proxy > Alice INVITE alice@client.atlanta.example.com, CSeq 2, To;tag, Contact bob@client.biloxi.example.com, 118 octets
    2010 Proxy > Bob 100 Trying, CSeq 2 INVITE, To;tag
    2010 Bob session Confirmed/HaveLocalOffer
    2020 Alice onInvite
    2020 Alice session Confirmed/HaveRemoteOffer
    2020 Bob onTrying 100
    2020 Alice > Proxy 200 OK, CSeq 2 INVITE, To;tag, Contact alice@client.atlanta.example.com, 122 octets
    2030 Proxy > Bob 200 OK, CSeq 2 INVITE, To;tag, Contact alice@client.atlanta.example.com, 122 octets
    2030 Alice session Confirmed/Stable
    2040 Bob onAccept 200
    2040 Bob > Proxy ACK alice@client.atlanta.example.com, CSeq 2, To;tag, Route ss2.biloxi.example.com
    2040 Bob session Confirmed/Stable
    2050 Proxy > Alice ACK alice@client.atlanta.example.com, CSeq 2, To;tag
    2060 Alice onAck
  `);
  bob.bye();
  cast.clock.advance(1000);
  cast.expect(`
    3000 Bob > Proxy BYE alice@client.atlanta.example.com, CSeq 3, To;tag, Route ss2.biloxi.example.com
    3010 Proxy > Alice BYE alice@client.atlanta.example.com, CSeq 3, To;tag
    3010 Bob session Terminated/Closed
    3020 Alice onBye
    3020 Alice > Proxy 200 OK, CSeq 3 BYE, To;tag
    3020 Alice session Terminated/Closed
    3030 Proxy > Bob 200 OK, CSeq 3 BYE, To;tag
    3040 Bob onAccept 200
  `);
  await cast.end();
});

Deno.test("RFC 5359 §2.2, consultation hold", async () => {
  const cast = new Cast(DOMAINS);
  const alice = join(cast, "Alice", HOSTS.alice, ALICE);
  const bob = join(cast, "Bob", HOSTS.bob, BOB);
  join(cast, "Carol", HOSTS.chicago, CAROL);
  call(cast, alice, BOB);
  const withAlice = bob.session;
  reinvite(cast, bob, withAlice, 2, "a=sendonly");
  cast.forget();
  const withCarol = call(cast, bob, CAROL);
  cast.expect(`
    2000 Bob > Carol INVITE carol@chicago.example.com, CSeq 1, Contact bob@client.biloxi.example.com, 118 octets
    2010 Carol onInvite
    2010 Carol > Bob 200 OK, CSeq 1 INVITE, To;tag, Contact carol@client.chicago.example.com, 122 octets
    2020 Bob onAccept 200
    2020 Bob > Carol ACK carol@client.chicago.example.com, CSeq 1, To;tag
    2020 Bob session 2 Confirmed/Stable
    2020 Carol session AckWait/Stable
    2030 Carol onAck
    2030 Carol session Confirmed/Stable
  `);
  bob.bye(withCarol);
  cast.clock.advance(1000);
  reinvite(cast, bob, withAlice, 3);
  cast.expect(`
    3000 Bob > Carol BYE carol@client.chicago.example.com, CSeq 2, To;tag
    3010 Carol onBye
    3010 Carol > Bob 200 OK, CSeq 2 BYE, To;tag
    3010 Bob session 2 Terminated/Closed
    3010 Carol session Terminated/Closed
    3020 Bob onAccept 200
    4000 Bob > Alice INVITE alice@client.atlanta.example.com, CSeq 2, To;tag, Contact bob@client.biloxi.example.com, 118 octets
    4010 Alice onInvite
    4010 Alice session Confirmed/HaveRemoteOffer
    4010 Bob session 1 Confirmed/HaveLocalOffer
    4010 Alice > Bob 200 OK, CSeq 2 INVITE, To;tag, Contact alice@client.atlanta.example.com, 122 octets
    4020 Bob onAccept 200
    4020 Bob > Alice ACK alice@client.atlanta.example.com, CSeq 2, To;tag
    4020 Alice session Confirmed/Stable
    4020 Bob session 1 Confirmed/Stable
    4030 Alice onAck
  `);
  assertEquals([withAlice.sessionState, withCarol.sessionState], ["Confirmed", "Terminated"]);
  await cast.end();
});

Deno.test("RFC 5359 §2.3, music on hold: a server takes Bob's place, and he takes it back", async () => {
  const cast = new Cast(DOMAINS, SHOWN);
  const alice = join(cast, "Alice", HOSTS.alice, ALICE);
  const bob = join(cast, "Bob", HOSTS.bob, BOB);
  const music = cast.agent("Music", MUSIC.host, { aor: MUSIC });
  alice.core.delegate.mayReplace = () => true;
  music.core.delegate.onRefer = (request) => {
    const { notifier } = request.accept();
    music.invite(ALICE, {
      onAccept: (response) => {
        response.ack();
        notifier?.report(200);
      },
    }, {
      extraHeaders: referencedHeaders(request.message),
      body: media("music", 1, "a=sendonly"),
    });
  };
  call(cast, alice, BOB);
  reinvite(cast, bob, bob.session, 2, "a=sendonly");
  cast.forget();
  const replaces = encodeURIComponent(replacesValue(bob.session));
  bob.core.refer(
    bob.core.makeOutgoingRequestMessage("REFER", MUSIC, BOB, MUSIC, {}, [
      `Refer-To: <${ALICE}?Replaces=${replaces}>`,
      `Referred-By: <${BOB}>`,
    ]),
    bob.heard(),
  );
  cast.clock.advance(1000);
  cast.expect(`
    2000 Bob > Music REFER music@server.example.com, CSeq 1, Contact bob@client.biloxi.example.com, Refer-To <sip:alice@atlanta.example.com?Replaces=...>, Referred-By <sip:bob@biloxi.example.com>
    2010 Music > Bob 202 Accepted, CSeq 1 REFER, To;tag, Contact music@server.example.com
    2010 Music > Alice INVITE alice@atlanta.example.com, CSeq 1, Contact music@server.example.com, Replaces ..., Referred-By <sip:bob@biloxi.example.com>, 134 octets sendonly
    2010 Music > Bob NOTIFY bob@client.biloxi.example.com, CSeq 1, To;tag, Contact music@server.example.com, Subscription-State active;expires=180, (SIP/2.0 100 Trying)
    2020 Bob onAccept 202
    2020 Alice onInvite
    2020 Bob > Music 200 OK, CSeq 1 NOTIFY, To;tag
    2020 Alice > Music 200 OK, CSeq 1 INVITE, To;tag, Contact alice@client.atlanta.example.com, 122 octets
    2020 Alice > Bob BYE bob@client.biloxi.example.com, CSeq 2, To;tag
    2030 Alice session 1 Terminated/Closed
    2030 Alice session 2 AckWait/Stable
    2030 Music onAccept 200
    2030 Music > Alice ACK alice@client.atlanta.example.com, CSeq 1, To;tag
    2030 Music > Bob NOTIFY bob@client.biloxi.example.com, CSeq 2, To;tag, Contact music@server.example.com, Subscription-State terminated;reason=noresource, (SIP/2.0 200 OK)
    2030 Music session Confirmed/Stable
    2030 Bob onBye
    2030 Bob > Alice 200 OK, CSeq 2 BYE, To;tag
    2030 Bob session Terminated/Closed
    2040 Alice onAck
    2040 Alice session 2 Confirmed/Stable
    2040 Bob > Music 200 OK, CSeq 2 NOTIFY, To;tag
  `);
  // Music has Alice now, and tells Bob which dialog that is; he takes its place.
  const taken = replacesValue(music.session);
  bob.invite(ALICE, undefined, { extraHeaders: [`Replaces: ${taken}`], body: media("bob", 3) });
  cast.clock.advance(1000);
  cast.expect(`
    3000 Bob > Alice INVITE alice@atlanta.example.com, CSeq 1, Contact bob@client.biloxi.example.com, Replaces ..., 118 octets
    3010 Alice onInvite
    3010 Alice > Bob 200 OK, CSeq 1 INVITE, To;tag, Contact alice@client.atlanta.example.com, 122 octets
    3010 Alice > Music BYE music@server.example.com, CSeq 1, To;tag
    3020 Bob onAccept 200
    3020 Bob > Alice ACK alice@client.atlanta.example.com, CSeq 1, To;tag
    3020 Alice session 2 Terminated/Closed
    3020 Alice session 3 AckWait/Stable
    3020 Bob session 2 Confirmed/Stable
    3020 Music onBye
    3020 Music > Alice 200 OK, CSeq 1 BYE, To;tag
    3020 Music session Terminated/Closed
    3030 Alice onAck
    3030 Alice session 3 Confirmed/Stable
  `);
  const states = [alice, bob, music].map(({ session }) => session.sessionState);
  assertEquals(states, ["Confirmed", "Confirmed", "Terminated"]);
  await cast.end();
});

Deno.test("RFC 5359 §2.4, transfer, unattended", async () => {
  const cast = new Cast(DOMAINS, SHOWN);
  const alice = join(cast, "Alice", HOSTS.alice, ALICE);
  const bob = join(cast, "Bob", HOSTS.bob, BOB);
  const carol = join(cast, "Carol", HOSTS.chicago, CAROL);
  refers(alice);
  call(cast, alice, BOB);
  reinvite(cast, bob, bob.session, 2, "a=sendonly");
  cast.forget();
  const told: string[] = [];
  transfer(bob, bob.session, `<${CAROL}>`, told);
  cast.clock.advance(1000);
  cast.expect(`
    2000 Bob > Alice REFER alice@client.atlanta.example.com, CSeq 2, To;tag, Contact bob@client.biloxi.example.com, Refer-To <sip:carol@chicago.example.com>, Referred-By <sip:bob@biloxi.example.com>
    2010 Alice onRefer
    2010 Alice > Bob 202 Accepted, CSeq 2 REFER, To;tag, Contact alice@client.atlanta.example.com
    2010 Alice > Carol INVITE carol@chicago.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Referred-By <sip:bob@biloxi.example.com>, 122 octets
    2010 Alice > Bob NOTIFY bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Subscription-State active;expires=180, (SIP/2.0 100 Trying)
    2020 Bob onAccept 202
    2020 Carol onInvite
    2020 Bob > Alice 200 OK, CSeq 2 NOTIFY, To;tag
    2020 Carol > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact carol@client.chicago.example.com, 122 octets
    2030 Carol session AckWait/Stable
    2030 Alice onAccept 200
    2030 Alice > Carol ACK carol@client.chicago.example.com, CSeq 1, To;tag
    2030 Alice > Bob NOTIFY bob@client.biloxi.example.com, CSeq 3, To;tag, Contact alice@client.atlanta.example.com, Subscription-State terminated;reason=noresource, (SIP/2.0 200 OK)
    2030 Alice session 2 Confirmed/Stable
    2040 Carol onAck
    2040 Carol session Confirmed/Stable
    2040 Bob > Alice BYE alice@client.atlanta.example.com, CSeq 3, To;tag
    2040 Bob > Alice 200 OK, CSeq 3 NOTIFY, To;tag
    2040 Bob session Terminated/Closed
    2050 Alice onBye
    2050 Alice > Bob 200 OK, CSeq 3 BYE, To;tag
    2050 Alice session 1 Terminated/Closed
  `);
  assertEquals(told, ["Trying", "OK"]);
  const states = [alice, bob, carol].map(({ session }) => session.sessionState);
  assertEquals(states, ["Confirmed", "Terminated", "Confirmed"]);
  assertEquals(alice.session.remoteTag, carol.session.localTag);
  await cast.end();
});

Deno.test("RFC 5359 §2.4, transfer, unattended, to somebody who is busy: Alice is taken back", async () => {
  const cast = new Cast(DOMAINS, SHOWN);
  const alice = join(cast, "Alice", HOSTS.alice, ALICE);
  const bob = join(cast, "Bob", HOSTS.bob, BOB);
  const carol = join(cast, "Carol", HOSTS.chicago, CAROL);
  carol.answer([0, (request) => request.reject({ statusCode: 486 })]);
  refers(alice);
  call(cast, alice, BOB);
  reinvite(cast, bob, bob.session, 2, "a=sendonly");
  cast.forget();
  const told: string[] = [];
  transfer(bob, bob.session, `<${CAROL}>`, told);
  cast.clock.advance(1000);
  reinvite(cast, bob, bob.session, 3);
  cast.expect(`
    2000 Bob > Alice REFER alice@client.atlanta.example.com, CSeq 2, To;tag, Contact bob@client.biloxi.example.com, Refer-To <sip:carol@chicago.example.com>, Referred-By <sip:bob@biloxi.example.com>
    2010 Alice onRefer
    2010 Alice > Bob 202 Accepted, CSeq 2 REFER, To;tag, Contact alice@client.atlanta.example.com
    2010 Alice > Carol INVITE carol@chicago.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Referred-By <sip:bob@biloxi.example.com>, 122 octets
    2010 Alice > Bob NOTIFY bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Subscription-State active;expires=180, (SIP/2.0 100 Trying)
    2020 Bob onAccept 202
    2020 Carol onInvite
    2020 Bob > Alice 200 OK, CSeq 2 NOTIFY, To;tag
    2020 Carol > Alice 486 Busy Here, CSeq 1 INVITE, To;tag
    2030 Alice > Carol ACK carol@chicago.example.com, CSeq 1, To;tag
    2030 Alice onReject 486
    2030 Alice > Bob NOTIFY bob@client.biloxi.example.com, CSeq 3, To;tag, Contact alice@client.atlanta.example.com, Subscription-State terminated;reason=noresource, (SIP/2.0 486 Busy Here)
    2040 Bob > Alice 200 OK, CSeq 3 NOTIFY, To;tag
    3000 Bob > Alice INVITE alice@client.atlanta.example.com, CSeq 3, To;tag, Contact bob@client.biloxi.example.com, 118 octets
    3010 Alice onInvite
    3010 Alice session Confirmed/HaveRemoteOffer
    3010 Bob session Confirmed/HaveLocalOffer
    3010 Alice > Bob 200 OK, CSeq 3 INVITE, To;tag, Contact alice@client.atlanta.example.com, 122 octets
    3020 Bob onAccept 200
    3020 Bob > Alice ACK alice@client.atlanta.example.com, CSeq 3, To;tag
    3020 Alice session Confirmed/Stable
    3020 Bob session Confirmed/Stable
    3030 Alice onAck
  `);
  assertEquals(told, ["Trying", "Busy Here"]);
  await cast.end();
});

Deno.test("RFC 5359 §2.5, transfer, attended", async () => {
  const cast = new Cast(DOMAINS, SHOWN);
  const alice = join(cast, "Alice", HOSTS.alice, ALICE);
  const bob = join(cast, "Bob", HOSTS.bob, BOB);
  const carol = join(cast, "Carol", HOSTS.chicago, CAROL);
  refers(alice);
  // Nobody but Bob and who was told by him can name the dialog.
  carol.core.delegate.mayReplace = () => true;
  call(cast, alice, BOB);
  const withAlice = bob.session;
  reinvite(cast, bob, withAlice, 2, "a=sendonly");
  const withCarol = call(cast, bob, CAROL);
  reinvite(cast, bob, withCarol, 2, "a=sendonly");
  cast.forget();
  const told: string[] = [];
  const replaces = encodeURIComponent(replacesValue(withCarol));
  transfer(bob, withAlice, `<${CAROL}?Replaces=${replaces}>`, told);
  cast.clock.advance(1000);
  cast.expect(`
    4000 Bob > Alice REFER alice@client.atlanta.example.com, CSeq 2, To;tag, Contact bob@client.biloxi.example.com, Refer-To <sip:carol@chicago.example.com?Replaces=...>, Referred-By <sip:bob@biloxi.example.com>
    4010 Alice onRefer
    4010 Alice > Bob 202 Accepted, CSeq 2 REFER, To;tag, Contact alice@client.atlanta.example.com
    4010 Alice > Carol INVITE carol@chicago.example.com, CSeq 1, Contact alice@client.atlanta.example.com, Replaces ..., Referred-By <sip:bob@biloxi.example.com>, 122 octets
    4010 Alice > Bob NOTIFY bob@client.biloxi.example.com, CSeq 2, To;tag, Contact alice@client.atlanta.example.com, Subscription-State active;expires=180, (SIP/2.0 100 Trying)
    4020 Bob onAccept 202
    4020 Carol onInvite
    4020 Bob > Alice 200 OK, CSeq 2 NOTIFY, To;tag
    4020 Carol > Alice 200 OK, CSeq 1 INVITE, To;tag, Contact carol@client.chicago.example.com, 122 octets
    4020 Carol > Bob BYE bob@client.biloxi.example.com, CSeq 1, To;tag
    4030 Carol session 1 Terminated/Closed
    4030 Carol session 2 AckWait/Stable
    4030 Alice onAccept 200
    4030 Alice > Carol ACK carol@client.chicago.example.com, CSeq 1, To;tag
    4030 Alice > Bob NOTIFY bob@client.biloxi.example.com, CSeq 3, To;tag, Contact alice@client.atlanta.example.com, Subscription-State terminated;reason=noresource, (SIP/2.0 200 OK)
    4030 Alice session 2 Confirmed/Stable
    4030 Bob onBye
    4030 Bob > Carol 200 OK, CSeq 1 BYE, To;tag
    4030 Bob session 2 Terminated/Closed
    4040 Carol onAck
    4040 Carol session 2 Confirmed/Stable
    4040 Bob > Alice BYE alice@client.atlanta.example.com, CSeq 3, To;tag
    4040 Bob > Alice 200 OK, CSeq 3 NOTIFY, To;tag
    4040 Bob session 1 Terminated/Closed
    4050 Alice onBye
    4050 Alice > Bob 200 OK, CSeq 3 BYE, To;tag
    4050 Alice session 1 Terminated/Closed
  `);
  assertEquals(told, ["Trying", "OK"]);
  assertEquals([withAlice.sessionState, withCarol.sessionState], ["Terminated", "Terminated"]);
  assertEquals(alice.session.remoteTag, carol.session.localTag);
  await cast.end();
});
