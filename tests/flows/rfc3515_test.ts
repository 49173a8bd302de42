/**
 * The flows of RFC 3515 §4 between two engines.
 *
 * Two things are different on purpose: the RFC leaves the duration to Agent B, which says 180 seconds;
 * and it numbers CSeq as it likes, from 93809823 on, where an engine begins with 1. The dialog of §4.2
 * is a session's here.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  parseSipfrag,
  referencedHeaders,
  type ReferNotifier,
  type Session,
  type UserAgentCore,
} from "@strowger/sip";
import { at, Engines } from "./engines.ts";

/** One calls another, who answers at once. */
function call(from: UserAgentCore, to: UserAgentCore, name: string): Session[] {
  const sessions: Session[] = [];
  to.delegate.onInvite = (request) => void sessions.push(request.accept().session);
  const invite = from.makeOutgoingRequestMessage("INVITE", at(name), at("a"), at(name));
  from.invite(invite, {
    onAccept: (response) => {
      response.ack();
      sessions.unshift(response.session);
    },
  });
  return sessions;
}

Deno.test("RFC 3515 §4.1, the prototypical REFER", async () => {
  const engines = new Engines();
  const a = engines.engine("a");
  const b = engines.engine("b");
  b.delegate.onRefer = (request) => {
    engines.note(`b onRefer ${request.referTo.uri}`);
    const { notifier } = request.accept();
    // (whatever)
    engines.clock.setTimeout(() => notifier?.report(200), 1000);
  };
  const refer = a.makeOutgoingRequestMessage("REFER", at("b"), at("a"), at("b"), {}, [
    "Refer-To: <sip:whatever@example.com>",
  ]);
  a.refer(refer, {
    onAccept: ({ message }) => engines.note(`a onAccept ${message.statusCode}`),
    onNotify: ({ request, subscription }) => {
      engines.note(`a onNotify ${parseSipfrag(request.message.body)?.statusCode}`);
      if (subscription === undefined) return;
      subscription.delegate = {
        onNotify: ({ message }) =>
          engines.note(`a further ${parseSipfrag(message.body)?.statusCode}`),
      };
    },
  });
  engines.clock.advance(2000);
  engines.expect(`
    F1  0 a REFER, Refer-To: <sip:whatever@example.com>
        10 b onRefer sip:whatever@example.com
    F2  10 b 202 REFER
    F3  10 b NOTIFY, Event: refer, Subscription-State: active;expires=180, (SIP/2.0 100 Trying)
        20 a onAccept 202
        20 a onNotify 100
    F4  20 a 200 NOTIFY
    F5  1010 b NOTIFY, Event: refer, Subscription-State: terminated;reason=noresource, (SIP/2.0 200 OK)
        1020 a further 200
    F6  1020 a 200 NOTIFY
  `);
  assertEquals([a.live.dialogs, b.live.dialogs], [0, 0]);
  await engines.end();
});

Deno.test("RFC 3515 §4.2, multiple REFERs in a dialog", async () => {
  const engines = new Engines();
  const a = engines.engine("a");
  const b = engines.engine("b");
  const sessions = call(a, b, "b");
  engines.clock.advance(100);
  const [atA, atB] = sessions;
  if (atA === undefined || atB === undefined) throw new Error("there is no call");
  const notifiers: (ReferNotifier | undefined)[] = [];
  atB.delegate = { onRefer: (request) => void notifiers.push(request.accept().notifier) };
  const refer = (name: string) =>
    atA.refer({
      onNotify: ({ request, subscription }) => {
        const note = (body: string) => engines.note(`a ${name} ${parseSipfrag(body)?.statusCode}`);
        note(request.message.body);
        if (subscription === undefined) return;
        subscription.delegate = { onNotify: ({ message }) => note(message.body) };
      },
    }, { extraHeaders: [`Refer-To: <sip:${name}@example.com>`] });
  refer("first");
  engines.clock.advance(100);
  refer("second");
  engines.clock.advance(100);
  notifiers[1]?.report(486);
  notifiers[0]?.report(200);
  engines.clock.advance(700);
  engines.expect(`
        0 a INVITE
        10 b 200 INVITE
        20 a ACK
    F1  100 a REFER, Refer-To: <sip:first@example.com>
    F2  110 b 202 REFER
    F3  110 b NOTIFY, Event: refer, Subscription-State: active;expires=180, (SIP/2.0 100 Trying)
        120 a first 100
    F4  120 a 200 NOTIFY
    F7  200 a REFER, Refer-To: <sip:second@example.com>
    F8  210 b 202 REFER
    F9  210 b NOTIFY, Event: refer;id=3, Subscription-State: active;expires=180, (SIP/2.0 100 Trying)
        220 a second 100
    F10 220 a 200 NOTIFY
    F11 300 b NOTIFY, Event: refer;id=3, Subscription-State: terminated;reason=noresource, (SIP/2.0 486 Busy Here)
    F5  300 b NOTIFY, Event: refer, Subscription-State: terminated;reason=noresource, (SIP/2.0 200 OK)
        310 a second 486
    F12 310 a 200 NOTIFY
        310 a first 200
    F6  310 a 200 NOTIFY
  `);
  await engines.end();
});

Deno.test("a call is handed on: REFER, the new call, its outcome, and the BYE of the old one", async () => {
  const engines = new Engines();
  const a = engines.engine("a");
  const b = engines.engine("b");
  const c = engines.engine("c");
  c.delegate.onInvite = (request) => {
    engines.note(`c onInvite for ${request.message.getHeader("Referred-By")}`);
    request.progress();
    engines.clock.setTimeout(() => void request.accept(), 500);
  };
  const sessions = call(a, b, "b");
  engines.clock.advance(100);
  const [atA, atB] = sessions;
  if (atA === undefined || atB === undefined) throw new Error("there is no call");
  atB.delegate = {
    onRefer: (request) => {
      const { notifier } = request.accept();
      const { uri } = request.referTo;
      const headers = referencedHeaders(request.message);
      const invite = b.makeOutgoingRequestMessage("INVITE", uri, at("b"), uri, {}, headers);
      b.invite(invite, {
        onProgress: ({ message }) => void notifier?.report(message.statusCode),
        onReject: ({ message }) => void notifier?.report(message.statusCode, message.reasonPhrase),
        onAccept: (response) => {
          response.ack();
          notifier?.report(response.message.statusCode);
        },
      });
    },
  };
  atA.delegate = {
    onNotify: ({ message }) => {
      const status = parseSipfrag(message.body)?.statusCode ?? 0;
      engines.note(`a onNotify ${status}`);
      if (status >= 200) atA.bye();
    },
  };
  atA.refer({}, {
    extraHeaders: ["Refer-To: <sip:c@c.example>", "Referred-By: <sip:a@a.example>"],
  });
  engines.clock.advance(1000);
  engines.expect(`
    0 a INVITE
    10 b 200 INVITE
    20 a ACK
    100 a REFER, Refer-To: <sip:c@c.example>
    110 b 202 REFER
    110 b INVITE
    110 b NOTIFY, Event: refer, Subscription-State: active;expires=180, (SIP/2.0 100 Trying)
    120 c onInvite for <sip:a@a.example>
    120 c 180 INVITE
    120 a onNotify 100
    120 a 200 NOTIFY
    130 b NOTIFY, Event: refer, Subscription-State: active;expires=180, (SIP/2.0 180 Ringing)
    140 a onNotify 180
    140 a 200 NOTIFY
    620 c 200 INVITE
    630 b ACK
    630 b NOTIFY, Event: refer, Subscription-State: terminated;reason=noresource, (SIP/2.0 200 OK)
    640 a onNotify 200
    640 a BYE
    640 a 200 NOTIFY
    650 b 200 BYE
  `);
  assertEquals([a.live.dialogs, b.live.dialogs, c.live.dialogs], [0, 1, 1]);
  await engines.end();
});
