/**
 * Where Strowger differs from SIP.js 0.21.2 in the scenarios, and why: one of the ten deliberate
 * differences, which ARCHITECTURE.md lists, or a section of an RFC.
 *
 * A difference that is not here fails `scenarios_test.ts`, and so does a line that is not there any
 * more.
 *
 * @module
 */

/** One reason, and what it makes different. */
export interface Difference {
  readonly why: string;
  /** By the scenario's name: what only one of the two tells its program or sends. */
  readonly scenarios: { readonly [name: string]: readonly string[] };
}

export const DIFFERENCES: readonly Difference[] = [
  {
    why: "deliberate difference 1: one CANCEL, however often it is asked for",
    scenarios: {
      "cancelled twice": [
        "SIP.js sends CANCEL 1",
      ],
      "cancelled twice before any response": [
        "SIP.js sends CANCEL 1",
      ],
    },
  },
  {
    why:
      "deliberate difference 1: RFC 3261 §9.1: without a final response in 64*T1, the INVITE is considered cancelled",
    scenarios: {
      "the CANCEL is answered, the INVITE never": [
        "SIP.js tells left: clients",
        "SIP.js tells left: dialogs",
        "Strowger tells onReject 408",
      ],
      "neither the CANCEL nor the INVITE is answered": [
        "SIP.js tells left: clients",
        "SIP.js tells left: dialogs",
        "Strowger tells onReject 408",
      ],
      "the CANCEL cannot be sent": [
        "SIP.js tells left: clients",
        "SIP.js tells left: dialogs",
        "Strowger tells onReject 408",
      ],
    },
  },
  {
    why:
      "deliberate difference 1: a cancelled INVITE is not sent again with credentials; the challenge is its end",
    scenarios: {
      "cancelled before any response, which is a challenge": [
        "SIP.js tells onProgress 180",
        "SIP.js tells onReject 487",
        "Strowger tells onReject 407",
        "SIP.js sends INVITE 2",
        "SIP.js sends ACK 2",
      ],
      "cancelled after 100, and then challenged": [
        "SIP.js tells onProgress 180",
        "SIP.js tells onReject 487",
        "Strowger tells onReject 407",
        "SIP.js sends INVITE 2",
        "SIP.js sends ACK 2",
      ],
    },
  },
  {
    why:
      "deliberate difference 2: `dispose()` silences the delegate and leaves nothing; the call is ended",
    scenarios: {
      "disposed of before any response, and then answered": [
        "SIP.js tells onProgress 180",
        "SIP.js tells onAccept 200",
        "SIP.js tells left: dialogs",
        "Strowger sends BYE 2",
      ],
    },
  },
  {
    why: "deliberate difference 2: `dispose()` forgets the request, and nothing is sent or told",
    scenarios: {
      "disposed of while it rings, and then refused": [
        "SIP.js tells onReject 486",
        "SIP.js sends ACK 1",
      ],
    },
  },
  {
    why: "deliberate difference 2: a core that is disposed of sends nothing any more",
    scenarios: {
      "the core is disposed of while one call rings and another is up": [
        "SIP.js sends 481 BYE 1",
      ],
    },
  },
  {
    why: "deliberate difference 2: `dispose()` silences the delegate, and sends nothing",
    scenarios: {
      "cancelled, and then disposed of": [
        "SIP.js tells onReject 487",
        "SIP.js sends ACK 1",
      ],
      "disposed of, and then cancelled": [
        "SIP.js tells onReject 487",
        "SIP.js sends CANCEL 1",
        "SIP.js sends ACK 1",
      ],
      "a re-INVITE is disposed of, and then accepted": [
        "SIP.js tells re-INVITE onAccept 200",
      ],
      "the session is disposed of while a re-INVITE is under way": [
        "SIP.js tells re-INVITE onReject 488",
        "SIP.js sends ACK 2",
      ],
    },
  },
  {
    why: "deliberate difference 2: `dispose()` sends nothing by itself",
    scenarios: {
      "the session of a call that came in is disposed of before the ACK": [
        "SIP.js sends BYE 1",
      ],
    },
  },
  {
    why: "deliberate difference 2: `dispose()` silences the delegate",
    scenarios: {
      "MESSAGE is disposed of, and then answered": [
        "SIP.js tells onAccept 200",
      ],
    },
  },
  {
    why: "deliberate difference 2: `dispose()` forgets the request",
    scenarios: {
      "disposed of before a challenge": [
        "SIP.js tells onReject 408",
        "SIP.js sends ACK 1",
        "SIP.js sends INVITE 2",
      ],
    },
  },
  {
    why:
      "deliberate difference 2: `dispose()` forgets the SUBSCRIBE, and makes no subscription of it",
    scenarios: {
      "SUBSCRIBE is disposed of, and then accepted and notified": [
        "SIP.js tells onAccept 200",
        "SIP.js tells first onNotify active;expires=3600",
        "SIP.js tells left: dialogs",
        "SIP.js sends 200 NOTIFY 1",
        "Strowger sends 481 NOTIFY 1",
      ],
    },
  },
  {
    why: "deliberate difference 3: it is progress, only no session comes with it",
    scenarios: {
      "a 180 without To-tag": [
        "Strowger tells onProgress 180",
      ],
      "a 180 without Contact": [
        "Strowger tells onProgress 180",
      ],
    },
  },
  {
    why:
      "deliberate difference 3: SIP.js drops it, and the far end repeats it in vain; here it is acknowledged, ended, and told as an error",
    scenarios: {
      "a 200 without To-tag": [
        "Strowger tells onReject 500",
        "Strowger sends ACK 1",
        "Strowger sends BYE 2",
      ],
      "a 200 without Contact": [
        "Strowger tells onReject 500",
        "Strowger sends ACK 1",
        "Strowger sends BYE 2",
      ],
    },
  },
  {
    why: "deliberate difference 4: a watchdog acknowledges before the far end gives up",
    scenarios: {
      "the program does not acknowledge the 200": [
        "Strowger sends ACK 1",
      ],
      "the program's onAccept throws": [
        "Strowger sends ACK 1",
      ],
      "a re-INVITE is never acknowledged by the program": [
        "Strowger sends ACK 2",
      ],
    },
  },
  {
    why: "deliberate difference 4: where nobody listens, the engine acknowledges",
    scenarios: {
      "a re-INVITE that nobody listens to is accepted": [
        "Strowger sends ACK 2",
      ],
    },
  },
  {
    why:
      "deliberate difference 5: RFC 3261 §17.1.1.3 wants every Route in the ACK; SIP.js keeps the first",
    scenarios: {
      "routes are preloaded, and the call is refused": [
        "Strowger in ACK 1: Route: <sip:other.example;lr>",
      ],
    },
  },
  {
    why:
      'deliberate difference 5: RFC 3261 §22.1: "UACs creating an ACK message will duplicate all of the Authorization and Proxy-Authorization header field values that appeared in the INVITE"',
    scenarios: {
      "INVITE is challenged by a proxy, and then answered": [
        "Strowger in ACK 2: Proxy-Authorization: algorithm=MD5 cnonce=* nc=00000001 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
      "a re-INVITE is challenged by a proxy": [
        "Strowger in ACK 3: Proxy-Authorization: algorithm=MD5 cnonce=* nc=00000001 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
    },
  },
  {
    why: "deliberate difference 6: 401 and 407 on one request are both answered",
    scenarios: {
      "INVITE is challenged by a proxy and by the far end": [
        "SIP.js tells onReject 401",
        "Strowger tells onReject 486",
        "Strowger sends INVITE 3",
        "Strowger sends ACK 3",
      ],
    },
  },
  {
    why: "deliberate difference 6: `nc` counts per nonce (RFC 7616 §3.4)",
    scenarios: {
      "the nonce is stale": [
        "SIP.js in REGISTER 3: Authorization: algorithm=MD5 cnonce=* nc=00000002 nonce=n2 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
        "Strowger in REGISTER 3: Authorization: algorithm=MD5 cnonce=* nc=00000001 nonce=n2 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
    },
  },
  {
    why:
      "deliberate difference 6: the strongest algorithm that is supported wins (RFC 8760 §2.4); SIP.js gives up where it cannot read the first",
    scenarios: {
      "two challenges, the stronger one second": [
        "SIP.js tells onReject 401",
        "Strowger tells onAccept 200",
        "Strowger sends REGISTER 2",
      ],
    },
  },
  {
    why:
      "deliberate difference 7: RFC 5057 §5.1: after a 408, a 481 or no answer, the dialog is gone",
    scenarios: {
      "a re-INVITE is refused with 408": [
        "SIP.js tells Confirmed Stable",
        "Strowger tells Terminated Closed",
      ],
      "a re-INVITE is refused with 481": [
        "SIP.js tells Confirmed Stable",
        "Strowger tells Terminated Closed",
      ],
      "a re-INVITE is never answered": [
        "SIP.js tells Confirmed Stable",
        "Strowger tells Terminated Closed",
      ],
    },
  },
  {
    why: "deliberate difference 7: RFC 3261 §14.1: after 491 it is sent again",
    scenarios: {
      "a re-INVITE is refused with 491, and sent again": [
        "SIP.js tells re-INVITE onReject 491",
        "SIP.js tells offer offer, answer answer",
        "Strowger tells re-INVITE onAccept 200",
        "Strowger tells offer offer2, answer answer2",
        "SIP.js sends BYE 3",
        "Strowger sends INVITE 3",
        "Strowger sends ACK 3",
        "Strowger sends BYE 4",
      ],
    },
  },
  {
    why: "deliberate difference 7: the 2xx to a re-INVITE refreshes the remote target",
    scenarios: {
      "a re-INVITE moves the remote target": [
        "SIP.js in ACK 2: to sip:bob@bob.example:5060",
        "Strowger in ACK 2: to sip:bob2@bob.example:5060",
        "SIP.js in BYE 3: to sip:bob@bob.example:5060",
        "Strowger in BYE 3: to sip:bob2@bob.example:5060",
      ],
    },
  },
  {
    why: "deliberate difference 8: `prack()` adds RAck (RFC 3262 §7.2)",
    scenarios: {
      "a reliable 183 that the program acknowledges without a word of RAck": [
        "Strowger in PRACK 2: RAck: 7 1 INVITE",
      ],
    },
  },
  {
    why: "deliberate difference 8: the engine acknowledges it by itself",
    scenarios: {
      "a reliable 183 to nobody who listens": [
        "Strowger sends PRACK 2",
      ],
    },
  },
  {
    why: "deliberate difference 9: timer A sends the INVITE again (RFC 3261 §17.1.1.2)",
    scenarios: {
      "never answered, over UDP": [
        "Strowger sends INVITE 1, 6 times",
      ],
    },
  },
  {
    why: "deliberate difference 9: timer J keeps the BYE's answer for when it comes again",
    scenarios: {
      "answered over UDP, and every message comes twice": [
        "SIP.js sends 481 BYE 1",
        "Strowger sends 200 BYE 1",
      ],
    },
  },
  {
    why: "deliberate difference 9: timer G sends the response again (RFC 3261 §17.2.1)",
    scenarios: {
      "a call comes in, is refused, and no ACK comes": [
        "Strowger sends 486 INVITE 1, 10 times",
      ],
    },
  },
  {
    why: "deliberate difference 9: timer E sends the BYE again, which nobody answers",
    scenarios: {
      "a call comes in over UDP and is taken, and no ACK comes": [
        "Strowger sends BYE 1, 9 times",
      ],
    },
  },
  {
    why: "deliberate difference 9: timer E sends the request again (RFC 3261 §17.1.2.2)",
    scenarios: {
      "MESSAGE is never answered, over UDP": [
        "Strowger sends MESSAGE 1, 10 times",
      ],
    },
  },
  {
    why:
      "RFC 3261 §13.2.2.4: an ACK to an offer has to carry an answer; where nobody can make one, the call is ended",
    scenarios: {
      "nobody listens, and the call is answered with an offer": [
        "Strowger sends BYE 2",
      ],
    },
  },
  {
    why:
      "RFC 3261 §13.2.2.4 wants an ACK for every 2xx to an INVITE of its own: it is acknowledged and ended",
    scenarios: {
      "a response with an unknown branch": [
        "Strowger sends BYE 2",
        "Strowger sends ACK 1",
      ],
    },
  },
  {
    why: "what a delegate throws is reported and changes nothing in the protocol",
    scenarios: {
      "the program's onProgress throws": [
        "SIP.js tells throws where nobody can catch it",
      ],
      "the program's onAccept throws": [
        "SIP.js tells throws where nobody can catch it",
      ],
    },
  },
  {
    why: "RFC 3261 §8.1.1: Call-ID is mandatory; SIP.js takes a 2xx without one for an answer",
    scenarios: {
      "what comes cannot be read": [
        "SIP.js tells onAccept 200",
        "SIP.js tells left: dialogs",
        "Strowger tells onReject 486",
      ],
    },
  },
  {
    why:
      'RFC 3261 §9.1: "A CANCEL request SHOULD NOT be sent to cancel a request other than INVITE"',
    scenarios: {
      "a MESSAGE cannot be cancelled": [
        "SIP.js sends CANCEL 1",
      ],
    },
  },
  {
    why: 'RFC 3326 §2: a Reason begins with a protocol; words alone are put into its "text"',
    scenarios: {
      "cancelled with words for a reason": [
        "SIP.js in CANCEL 1: Reason: changed my mind",
        'Strowger in CANCEL 1: Reason: SIP;text="changed my mind"',
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.6.2: a 100 may have the tag; here all responses have the same one",
    scenarios: {
      "a call comes in, rings, and is taken": [
        "SIP.js in 100 INVITE 1: To: <sip:alice@alice.example>",
        "Strowger in 100 INVITE 1: To: <sip:alice@alice.example>;tag=*",
      ],
    },
  },
  {
    why: "IncomingRequest says 480 by default, in SIP.js as well; its INVITE takes 486",
    scenarios: {
      "a call comes in and is refused, with what the engine takes for granted": [
        "SIP.js sends 486 INVITE 1",
        "Strowger sends 480 INVITE 1",
      ],
    },
  },
  {
    why:
      "RFC 3261 §20.10: the forms of Contact are alike; angle brackets are needed as soon as a URI has parameters",
    scenarios: {
      "a call comes in and is redirected": [
        "SIP.js in 302 INVITE 1: Contact: sip:carol@carol.example",
        "Strowger in 302 INVITE 1: Contact: <sip:carol@carol.example>",
      ],
    },
  },
  {
    why: "RFC 3261 §21.4.18: nobody is there (480), which is not the same as busy (486)",
    scenarios: {
      "a call comes in, and nobody is there": [
        "SIP.js sends 486 INVITE 1",
        "Strowger sends 480 INVITE 1",
      ],
    },
  },
  {
    why:
      'RFC 3261 §13.3.1.4: without an ACK "the session SHOULD be terminated" with a BYE; SIP.js does so only where nobody listens',
    scenarios: {
      "a call comes in and is taken, and no ACK comes": [
        "SIP.js tells left: dialogs",
        "Strowger sends BYE 1",
      ],
    },
  },
  {
    why: "RFC 3261 §15: the BYE waits for the ACK, where SIP.js throws",
    scenarios: {
      "the callee hangs up before the ACK": [
        "SIP.js tells bye() throws",
      ],
    },
  },
  {
    why:
      "RFC 3261 §15: the caller has ended it; SIP.js sends a BYE of its own when no ACK has come",
    scenarios: {
      "the caller hangs up before its ACK": [
        "SIP.js sends BYE 1",
      ],
      "an ACK with another CSeq": [
        "SIP.js sends BYE 1",
      ],
    },
  },
  {
    why:
      "RFC 3261 §15.1.2: a pending INVITE is answered 487 by the engine, so that it is too late to refuse it",
    scenarios: {
      "the caller hangs up while it rings, with BYE": [
        "Strowger tells reject() throws",
      ],
    },
  },
  {
    why:
      "RFC 3261 §9.2: the engine answers 487; SIP.js leaves that to the program, which may as well take the call",
    scenarios: {
      "a call comes in and is cancelled while it rings": [
        "Strowger tells accept() throws",
        "SIP.js sends 200 INVITE 1, 11 times",
        "SIP.js sends BYE 1",
        "Strowger sends 487 INVITE 1",
      ],
    },
  },
  {
    why: "RFC 3261 §9.2: the engine answers 487; SIP.js leaves that to the program",
    scenarios: {
      "a call comes in and is cancelled before anything was answered": [
        "SIP.js tells left: servers",
        "Strowger sends 487 INVITE 1",
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.2.3: 420 with Unsupported",
    scenarios: {
      "a call comes in that requires what nobody supports": [
        "SIP.js tells onInvite",
        "SIP.js sends 486 INVITE 1",
        "Strowger sends 420 INVITE 1",
      ],
    },
  },
  {
    why: "the reason phrase says what was expected",
    scenarios: {
      "a call comes in without Contact": [
        "SIP.js in 400 INVITE 1: reason Missing Contact Header",
        "Strowger in 400 INVITE 1: reason Bad Request: expected one SIP or SIPS URI as Contact",
      ],
    },
  },
  {
    why:
      "whose the Request-URI is, is the program's to judge: there may be many users behind one core",
    scenarios: {
      "a call comes in for somebody else": [
        "Strowger tells onInvite",
        "SIP.js sends 404 INVITE 1",
        "Strowger sends 486 INVITE 1",
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.2.1: 416 is for schemes that are not understood; sips: is",
    scenarios: {
      "a call comes in for a sips: address": [
        "Strowger tells onInvite",
        "SIP.js sends 416 INVITE 1",
        "Strowger sends 486 INVITE 1",
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.2.1: 416; SIP.js cannot read it, and throws at its transport",
    scenarios: {
      "a call comes in for an address of another scheme": [
        "SIP.js tells throws where nobody can catch it",
        "Strowger sends 416 INVITE 1",
      ],
    },
  },
  {
    why:
      "what a delegate throws is reported and changes nothing in the protocol; the request is answered 500",
    scenarios: {
      "the program's onInvite throws": [
        "SIP.js tells throws where nobody can catch it",
        "SIP.js tells left: servers",
        "Strowger sends 500 INVITE 1",
      ],
      "MESSAGE comes in, and its delegate throws": [
        "SIP.js tells throws where nobody can catch it",
        "SIP.js tells left: servers",
        "Strowger sends 500 MESSAGE 1",
      ],
    },
  },
  {
    why:
      "RFC 3261 §11.2: Accept, Accept-Encoding and Accept-Language tell what this side takes, which need not be application/dtmf-relay",
    scenarios: {
      "OPTIONS comes in a call": [
        "SIP.js in 200 OPTIONS 1: Accept: application/dtmf-relay",
        "Strowger in 200 OPTIONS 1: Accept-Encoding: identity",
        "Strowger in 200 OPTIONS 1: Accept-Language: *",
      ],
      "CSeq falls within a call": [
        "SIP.js in 200 OPTIONS 5: Accept: application/dtmf-relay",
        "Strowger in 200 OPTIONS 5: Accept-Encoding: identity",
        "Strowger in 200 OPTIONS 5: Accept-Language: *",
      ],
    },
  },
  {
    why: "RFC 3261 §21.5.2: 501 for a method that is not known, 405 for one that is not taken",
    scenarios: {
      "a method that nobody knows comes in a call": [
        "SIP.js sends 405 DANCE 1",
        "Strowger sends 501 DANCE 1",
      ],
      "DANCE comes in outside of any dialog": [
        "SIP.js sends 405 DANCE 1",
        "Strowger sends 501 DANCE 1",
      ],
    },
  },
  {
    why:
      'RFC 3262 §3: what does not match any unacknowledged response, "the UAS MUST respond to the PRACK with a 481 response"',
    scenarios: {
      "PRACK for nothing comes in a call": [
        "SIP.js sends 200 PRACK 1",
        "Strowger sends 481 PRACK 1",
      ],
    },
  },
  {
    why:
      "RFC 3261 §12.2.2: a number below the last one is answered 500, also after an OPTIONS, which SIP.js does not count",
    scenarios: {
      "CSeq falls within a call": [
        "SIP.js sends 200 BYE 4",
        "Strowger sends 500 BYE 4",
      ],
    },
  },
  {
    why: "a call is hung up once: SIP.js sends a second BYE into a dialog that is gone",
    scenarios: {
      "BYE goes out twice": [
        "SIP.js tells onReject 408",
        "Strowger tells bye() throws",
        "SIP.js sends BYE 3",
      ],
    },
  },
  {
    why:
      "RFC 3261 §15.1.2: the BYE that crosses one of this side's own is answered 200, as long as that one is under way",
    scenarios: {
      "BYE crosses BYE": [
        "SIP.js sends 481 BYE 1",
        "Strowger sends 200 BYE 1",
      ],
    },
  },
  {
    why:
      "RFC 3261 §8.2.1: 405 for what nobody listens to; 469 is for Info Packages (RFC 6086 §4.2.2)",
    scenarios: {
      "INFO comes in a call, and nobody listens": [
        "SIP.js sends 469 INFO 1",
        "Strowger sends 405 INFO 1",
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.1: 405 for what nobody listens to; SIP.js says 200 to what nobody has read",
    scenarios: {
      "MESSAGE comes in a call, and nobody listens": [
        "SIP.js sends 200 MESSAGE 1",
        "Strowger sends 405 MESSAGE 1",
      ],
    },
  },
  {
    why:
      "RFC 3261 §12.2.1.1: target refresh requests have a Contact, which SIP.js leaves to the program",
    scenarios: {
      "NOTIFY goes out in a call, and is accepted": [
        "Strowger in NOTIFY 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "NOTIFY goes out in a call, and is refused": [
        "Strowger in NOTIFY 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "REFER goes out in a call, and is accepted": [
        "Strowger in REFER 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "REFER goes out in a call, and is refused": [
        "Strowger in REFER 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is accepted": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is refused with 302": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is refused with 488": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is refused with 503": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is refused with 408": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is refused with 481": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is refused with 491, and sent again": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is never answered": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is never acknowledged by the program": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE that nobody listens to is accepted": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "the 200 to a re-INVITE comes again": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE moves the remote target": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is cancelled": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE while another is under way": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE comes in, and is accepted": [
        "Strowger in 200 INVITE 1: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE comes in, is accepted, and no ACK comes": [
        "Strowger in 200 INVITE 1: Contact: <sip:alice@alice.example:5060;transport=tcp>, 11 times",
      ],
      "two re-INVITEs come in at once": [
        "Strowger in 200 INVITE 1: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "glare: a re-INVITE comes in while another goes out": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE comes in to the callee of a call": [
        "Strowger in 200 INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is disposed of, and then accepted": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "the session is disposed of while a re-INVITE is under way": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE comes in, rings, and is accepted": [
        "Strowger in 180 INVITE 1: Contact: <sip:alice@alice.example:5060;transport=tcp>",
        "Strowger in 200 INVITE 1: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE comes in without an offer, and the ACK has the answer": [
        "Strowger in 200 INVITE 1: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a BYE comes in while a re-INVITE goes out": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
      "a re-INVITE is challenged by a proxy": [
        "Strowger in INVITE 2: Contact: <sip:alice@alice.example:5060;transport=tcp>",
        "Strowger in INVITE 3: Contact: <sip:alice@alice.example:5060;transport=tcp>",
      ],
    },
  },
  {
    why: "RFC 6665 §4.1.3: 481 to a NOTIFY that matches no subscription",
    scenarios: {
      "NOTIFY comes in a call, and nobody listens": [
        "SIP.js sends 200 NOTIFY 1",
        "Strowger sends 481 NOTIFY 1",
      ],
    },
  },
  {
    why:
      'RFC 3515 §2.4.2: "the UA MUST return a 202 Accepted response"; §2.4.4: its status is reported at once',
    scenarios: {
      "REFER comes in a call, and is taken": [
        "SIP.js sends 200 REFER 1",
        "Strowger sends 202 REFER 1",
        "Strowger sends NOTIFY 2",
      ],
      "REFER comes in, and is taken": [
        "SIP.js sends 200 REFER 1",
        "Strowger sends 202 REFER 1",
        "Strowger sends NOTIFY 1",
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.1: 405 for what nobody listens to",
    scenarios: {
      "REFER comes in a call, and nobody listens": [
        "SIP.js sends 480 REFER 1",
        "Strowger sends 405 REFER 1",
      ],
    },
  },
  {
    why:
      'RFC 3261 §12.2.1.2: on 481 "the UAC SHOULD terminate the dialog", which for a call is a BYE',
    scenarios: {
      "MESSAGE goes out in a call, and gets 481": [
        "SIP.js tells Confirmed",
        "Strowger tells Terminated",
        "Strowger sends BYE 3",
      ],
    },
  },
  {
    why:
      'RFC 3261 §12.2.1.2: without a response "the UAC SHOULD terminate the dialog", which for a call is a BYE',
    scenarios: {
      "INFO goes out in a call, and is never answered": [
        "SIP.js tells Confirmed",
        "Strowger tells Terminated",
        "Strowger sends BYE 3",
      ],
    },
  },
  {
    why: "an ended call takes no request any more: SIP.js sends it into a dialog that is gone",
    scenarios: {
      "a message after the call has ended": [
        "SIP.js tells onReject 408",
        "Strowger tells message() throws",
        "SIP.js sends MESSAGE 3",
      ],
    },
  },
  {
    why: "RFC 6086 §4.1: an early dialog takes INFO as well, in which SIP.js throws",
    scenarios: {
      "INFO goes out in an early dialog": [
        "SIP.js tells info() throws",
        "Strowger tells onAccept 200",
        "Strowger sends INFO 2",
      ],
    },
  },
  {
    why: "a Warning says why (RFC 3261 §20.43)",
    scenarios: {
      "a re-INVITE comes in, and nobody listens": [
        'Strowger in 488 INVITE 1: Warning: 399 strowger "nobody is there to change the session"',
      ],
    },
  },
  {
    why:
      "RFC 3261 §9.2, §14.2: the engine answers 487, tells onCancel, and the session is as it was; SIP.js keeps the INVITE pending",
    scenarios: {
      "a re-INVITE comes in, and is cancelled": [
        "SIP.js tells Confirmed HaveRemoteOffer",
        "SIP.js tells offer offer2, answer undefined",
        "SIP.js tells left: servers",
        "Strowger tells onCancel",
        "Strowger tells Confirmed Stable",
        "Strowger tells offer offer, answer answer",
        "Strowger sends 487 INVITE 1",
      ],
    },
  },
  {
    why: "RFC 3261 §13.3.1.4: without an ACK the session is ended with a BYE",
    scenarios: {
      "a re-INVITE comes in, is accepted, and no ACK comes": [
        "SIP.js tells Confirmed Stable",
        "SIP.js tells offer offer2, answer answer2",
      ],
    },
  },
  {
    why: "RFC 3261 §21.5.1: the reason phrase is the RFC's own",
    scenarios: {
      "two re-INVITEs come in at once": [
        "SIP.js in 500 INVITE 2: reason Internal Server Error",
        "Strowger in 500 INVITE 2: reason Server Internal Error",
      ],
      "the second NOTIFY comes before the first": [
        "SIP.js in 500 NOTIFY 2: reason Internal Server Error",
        "Strowger in 500 NOTIFY 2: reason Server Internal Error",
      ],
    },
  },
  {
    why: "RFC 3311: UPDATE is supported; without an offer it is answered 200",
    scenarios: {
      "UPDATE comes in a call": [
        "SIP.js sends 405 UPDATE 1",
        "Strowger sends 200 UPDATE 1",
      ],
    },
  },
  {
    why:
      'RFC 3261 §14.1: "a UAC MUST NOT initiate a new INVITE transaction within a dialog while another INVITE transaction is in progress in either direction"',
    scenarios: {
      "a re-INVITE goes out before the callee has got its ACK": [
        "Strowger tells invite() throws",
        "SIP.js sends INVITE 1",
        "SIP.js sends BYE 2",
      ],
    },
  },
  {
    why:
      'RFC 3261 §11.1: "The Accept header field SHOULD be included to indicate the type of message body the UAC wishes to receive"',
    scenarios: {
      "OPTIONS is accepted": [
        "Strowger in OPTIONS 1: Accept: application/sdp",
      ],
      "OPTIONS is refused": [
        "Strowger in OPTIONS 1: Accept: application/sdp",
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.1: 405; SIP.js says 200 to what nobody has read",
    scenarios: {
      "MESSAGE comes in, and nobody listens": [
        "SIP.js sends 200 MESSAGE 1",
        "Strowger sends 405 MESSAGE 1",
      ],
    },
  },
  {
    why:
      'RFC 6665 §3.1.1: a 2xx "MUST contain an "Expires" header field"; §4.2.1.2: "notifiers MUST send a NOTIFY request immediately"',
    scenarios: {
      "SUBSCRIBE comes in, and is taken": [
        "Strowger sends NOTIFY 1",
        "Strowger in 200 SUBSCRIBE 1: Contact: <sip:alice@alice.example:5060;transport=tcp>",
        "Strowger in 200 SUBSCRIBE 1: Expires: 3600",
      ],
    },
  },
  {
    why: "RFC 3261 §8.2.1: 405, as for every other method that nobody takes",
    scenarios: {
      "SUBSCRIBE comes in, and nobody listens": [
        "SIP.js sends 480 SUBSCRIBE 1",
        "Strowger sends 405 SUBSCRIBE 1",
      ],
    },
  },
  {
    why:
      'RFC 3261 §11.2: "The response code chosen MUST be the same that would have been chosen had the request been an INVITE"',
    scenarios: {
      "OPTIONS comes in outside of any dialog": [
        "SIP.js sends 200 OPTIONS 1",
        "Strowger sends 480 OPTIONS 1",
      ],
    },
  },
  {
    why:
      "RFC 6086 §4.2.1: INFO is for dialogs only, and there is none: 481, as for BYE (RFC 3261 §15.1.2)",
    scenarios: {
      "INFO comes in outside of any dialog": [
        "SIP.js sends 405 INFO 1",
        "Strowger sends 481 INFO 1",
      ],
    },
  },
  {
    why: "RFC 3262 §3: 481; SIP.js throws at its transport",
    scenarios: {
      "PRACK comes in outside of any dialog": [
        "SIP.js tells throws where nobody can catch it",
        "Strowger sends 481 PRACK 1",
      ],
    },
  },
  {
    why:
      "RFC 3311 §5: UPDATE is for dialogs only, and there is none: 481, as for BYE (RFC 3261 §15.1.2)",
    scenarios: {
      "UPDATE comes in outside of any dialog": [
        "SIP.js sends 405 UPDATE 1",
        "Strowger sends 481 UPDATE 1",
      ],
    },
  },
  {
    why:
      "RFC 3261 §17.1.2.2: the client has given up with timer F; of a request that the program never answers nothing is kept beyond that",
    scenarios: {
      "MESSAGE comes in by two ways": [
        "SIP.js tells left: servers",
      ],
    },
  },
  {
    why:
      'RFC 3262 §3: the UAS "MUST send any non-100 provisional response reliably if the initial request contained a Require header field with the option tag 100rel"',
    scenarios: {
      "a call comes in with Require: 100rel, and rings": [
        "Strowger sends 200 PRACK 2",
        "Strowger in 180 INVITE 1: RSeq: *",
        "Strowger in 180 INVITE 1: Require: 100rel",
      ],
    },
  },
  {
    why: "RFC 3261 §22.3: credentials go along to the same proxy",
    scenarios: {
      "INVITE is challenged by a proxy, and then answered": [
        "Strowger in BYE 3: Proxy-Authorization: algorithm=MD5 cnonce=* nc=00000002 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
      "a re-INVITE is challenged by a proxy": [
        "Strowger in BYE 4: Proxy-Authorization: algorithm=MD5 cnonce=* nc=00000002 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
    },
  },
  {
    why: "RFC 7616 §3.4: algorithm is repeated where the challenge has it",
    scenarios: {
      "REGISTER is challenged without qop": [
        "SIP.js in REGISTER 2: Authorization: algorithm=MD5 nonce=n1 opaque=o realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
        "Strowger in REGISTER 2: Authorization: nonce=n1 opaque=o realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
    },
  },
  {
    why:
      'RFC 3261 §22.1: "UACs creating an ACK message will duplicate all of the Authorization and Proxy-Authorization header field values that appeared in the INVITE"',
    scenarios: {
      "INVITE is challenged by a proxy and by the far end": [
        "Strowger in ACK 2: Proxy-Authorization: algorithm=MD5 cnonce=* nc=00000001 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
      "cancelled after a challenge was answered": [
        "Strowger in CANCEL 2: Proxy-Authorization: algorithm=MD5 cnonce=* nc=00000001 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
        "Strowger in ACK 2: Proxy-Authorization: algorithm=MD5 cnonce=* nc=00000001 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
    },
  },
  {
    why: "RFC 7616 §3.3: a stale nonce says nothing against the password; the attempts are bounded",
    scenarios: {
      "the nonce is stale again and again": [
        "Strowger sends REGISTER 4",
        "Strowger sends REGISTER 5",
        "Strowger sends REGISTER 6",
        "Strowger sends REGISTER 7",
        "Strowger sends REGISTER 8",
      ],
    },
  },
  {
    why: "RFC 8760: SHA-256 and SHA-512/256 besides MD5",
    scenarios: {
      "the challenge has only an algorithm that SIP.js does not know": [
        "SIP.js tells onReject 401",
        "Strowger tells onAccept 200",
        "Strowger sends REGISTER 2",
      ],
    },
  },
  {
    why: "RFC 7616 §3.6: credentials for a realm that has asked go along from then on",
    scenarios: {
      "a second REGISTER to who has challenged the first": [
        "SIP.js sends REGISTER 2",
        "Strowger in REGISTER 1: Authorization: algorithm=MD5 cnonce=* nc=00000002 nonce=n1 qop=auth realm=example response=right uri=sip:bob@bob.example:5060 username=alice",
      ],
    },
  },
  {
    why:
      "a far end does not get the password that a proxy was given for, unless the credentials say so",
    scenarios: {
      "BYE is challenged by the far end itself": [
        "SIP.js tells bye onAccept 200",
        "Strowger tells bye onReject 401",
        "SIP.js sends BYE 3",
      ],
    },
  },
  {
    why: "credentials go to the realm that they were given for, and to no other",
    scenarios: {
      "a realm that nobody has a password for": [
        "SIP.js tells onReject 403",
        "Strowger tells onReject 401",
        "SIP.js sends REGISTER 2",
      ],
    },
  },
  {
    why:
      "RFC 6665 §4.1.3: 481 to a NOTIFY that matches no subscription; 489 is for events that nobody knows",
    scenarios: {
      "a NOTIFY for another event": [
        "SIP.js sends 489 NOTIFY 2",
        "Strowger sends 481 NOTIFY 2",
      ],
    },
  },
  {
    why: "RFC 6665 §8.2.1: a NOTIFY has to have it; what is malformed is answered 400",
    scenarios: {
      "a NOTIFY without Subscription-State": [
        "SIP.js sends 489 NOTIFY 2",
        "Strowger sends 400 NOTIFY 2",
      ],
      "the first NOTIFY has no Contact": [
        "SIP.js sends 489 NOTIFY 1",
        "Strowger sends 400 NOTIFY 1",
      ],
    },
  },
  {
    why: "RFC 6665 §4.1.2.2: a subscription that is not refreshed is over when it expires",
    scenarios: {
      "a subscription is not refreshed, and expires": [
        "SIP.js tells Active 0",
        "Strowger tells onTerminated",
        "Strowger tells Terminated 0",
      ],
    },
  },
  {
    why: "RFC 6665 §4.1.2.3: without a last NOTIFY it is over after timer N",
    scenarios: {
      "a subscription is ended, and no last NOTIFY comes": [
        "SIP.js tells Active",
        "Strowger tells onTerminated",
        "Strowger tells Terminated",
      ],
    },
  },
  {
    why: "RFC 6665 §4.1.2.4: each NOTIFY of a fork makes a subscription of its own",
    scenarios: {
      "a SUBSCRIBE forks: two NOTIFYs from two dialogs": [
        "Strowger tells first onNotify active;expires=3600",
        "SIP.js sends 481 NOTIFY 1",
        "Strowger sends 200 NOTIFY 1",
      ],
    },
  },
  {
    why: "RFC 6665 §4.1.2.1: without Expires, the event package says how long",
    scenarios: {
      "SUBSCRIBE without Expires": [
        "SIP.js tells subscribe() throws",
        "Strowger sends SUBSCRIBE 1",
      ],
    },
  },
];
