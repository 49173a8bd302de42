/**
 * What header fields, parameters, methods and status codes are for, in a sentence each.
 *
 * @module
 */

/** What a header field is for. */
export interface Note {
  readonly explanation: string;
  /** Where it is defined. */
  readonly rfc: string;
}

const CORE = "RFC 3261 §";

/** By name in lower case. */
const HEADERS: Readonly<Record<string, readonly [explanation: string, rfc: string]>> = {
  "accept": ["The types of bodies that are understood in an answer.", `${CORE}20.1`],
  "accept-contact": ["What the phone that is called should be able to do.", "RFC 3841 §9.2"],
  "accept-encoding": ["How the body of an answer may be compressed.", `${CORE}20.2`],
  "accept-language": ["In which languages the sender wants texts.", `${CORE}20.3`],
  "alert-info": ["Another tone to ring with.", `${CORE}20.4`],
  "allow": ["The methods that the sender takes.", `${CORE}20.5`],
  "allow-events": ["The event packages that the sender knows.", "RFC 6665 §8.2.2"],
  "authentication-info": [
    "Shows that the server knows the password, too, and gives the next nonce.",
    `${CORE}20.6`,
  ],
  "authorization": ["Credentials: the answer to a 401. Hidden in recordings.", `${CORE}20.7`],
  "call-id": ["Names the call: all its messages have the same.", `${CORE}20.8`],
  "call-info": ["More about who calls or is called: a picture, a page.", `${CORE}20.9`],
  "contact": ["Where the sender is reached directly: later requests go there.", `${CORE}20.10`],
  "content-disposition": ["What the body is for.", `${CORE}20.11`],
  "content-encoding": ["How the body is compressed.", `${CORE}20.12`],
  "content-language": ["The language of the body.", `${CORE}20.13`],
  "content-length": [
    "The octets of the body; in a stream, where the message ends.",
    `${CORE}20.14`,
  ],
  "content-type": ["The type of the body.", `${CORE}20.15`],
  "cseq": [
    "The number and the method of the request: tells requests of a call apart, and puts them in order.",
    `${CORE}20.16`,
  ],
  "date": ["When it was sent first.", `${CORE}20.17`],
  "error-info": ["More about why it failed.", `${CORE}20.18`],
  "event": ["The event package that is subscribed to or told of.", "RFC 6665 §8.2.1"],
  "expires": [
    "For how many seconds it holds: a binding, a subscription, an INVITE.",
    `${CORE}20.19`,
  ],
  "flow-timer": ["How often the server expects a keep-alive, in seconds.", "RFC 5626 §6"],
  "from": [
    "Who sends the request; its tag is the caller's half of the dialog's name.",
    `${CORE}20.20`,
  ],
  "history-info": ["Where the request has been sent before, and why.", "RFC 7044 §5"],
  "in-reply-to": ["The calls that this one returns.", `${CORE}20.21`],
  "info-package": ["What the body of an INFO is about.", "RFC 6086 §7"],
  "join": ["The call that this one wants to join.", "RFC 3911 §7.1"],
  "max-forwards": ["How many proxies may still forward it: ends loops.", `${CORE}20.22`],
  "mime-version": ["The version of MIME of the body.", `${CORE}20.24`],
  "min-expires": ["The shortest time that the server grants, in seconds.", `${CORE}20.23`],
  "min-se": ["The shortest session interval that is accepted, in seconds.", "RFC 4028 §5"],
  "organization": ["To which organization the sender belongs.", `${CORE}20.25`],
  "p-asserted-identity": ["Who the caller is, as the trusted network has found.", "RFC 3325 §9.1"],
  "p-preferred-identity": ["As whom the caller wants to be asserted.", "RFC 3325 §9.2"],
  "path": ["The proxies on the way to the phone that registers.", "RFC 3327 §4"],
  "priority": ["How urgent the sender finds it.", `${CORE}20.26`],
  "privacy": ["What about the caller shall not be told.", "RFC 3323 §4.2"],
  "proxy-authenticate": ["A proxy's challenge: it wants to know who asks.", `${CORE}20.27`],
  "proxy-authorization": [
    "Credentials for a proxy: the answer to a 407. Hidden in recordings.",
    `${CORE}20.28`,
  ],
  "proxy-require": ["The extensions that every proxy has to know.", `${CORE}20.29`],
  "rack": ["Which reliable provisional response a PRACK acknowledges.", "RFC 3262 §7.2"],
  "reason": [
    "Why the call is ended, as another protocol or an earlier answer has it.",
    "RFC 3326 §2",
  ],
  "record-route": ["A proxy that wants to see the later requests of the dialog.", `${CORE}20.30`],
  "recv-info": ["The Info Packages that the sender takes.", "RFC 6086 §7"],
  "refer-sub": ["Whether a REFER makes a subscription.", "RFC 4488 §4"],
  "refer-to": ["To whom the receiver shall send a request.", "RFC 3515 §2.1"],
  "referred-by": ["Who has asked for this request by a REFER.", "RFC 3892 §3"],
  "reject-contact": ["What the phone that is called must not be.", "RFC 3841 §9.2"],
  "replaces": ["The call whose place this one takes.", "RFC 3891 §6.1"],
  "reply-to": ["Where an answer is wanted that is no response.", `${CORE}20.31`],
  "request-disposition": ["How proxies shall handle the request.", "RFC 3841 §9.1"],
  "require": ["The extensions that the receiver has to know.", `${CORE}20.32`],
  "retry-after": ["After how many seconds it is worth trying again.", `${CORE}20.33`],
  "route": ["The proxies that the request goes through, in order.", `${CORE}20.34`],
  "rseq": ["The number of a reliable provisional response.", "RFC 3262 §7.1"],
  "security-client": ["What the client can do for its security.", "RFC 3329 §2"],
  "server": ["The program that answers.", `${CORE}20.35`],
  "service-route": ["The proxies through which a registered phone calls out.", "RFC 3608 §5"],
  "session-expires": ["After how many seconds without a refresh the call is over.", "RFC 4028 §4"],
  "sip-etag": ["Names the published state, for later PUBLISHes.", "RFC 3903 §11.3.1"],
  "sip-if-match": ["The published state that this PUBLISH is about.", "RFC 3903 §11.3.2"],
  "subject": ["What it is about.", `${CORE}20.36`],
  "subscription-state": ["Whether the subscription lives, and for how long.", "RFC 6665 §8.2.3"],
  "supported": ["The extensions that the sender knows.", `${CORE}20.37`],
  "target-dialog": ["A dialog that the sender knows of, as a proof of that.", "RFC 4538 §7"],
  "timestamp": ["When it was sent, for measuring the way.", `${CORE}20.38`],
  "to": [
    "To whom the request goes; its tag is the callee's half of the dialog's name.",
    `${CORE}20.39`,
  ],
  "unsupported": ["The extensions that were required and are not known.", `${CORE}20.40`],
  "user-agent": ["The program that asks.", `${CORE}20.41`],
  "via": [
    "The way that the request has come, and that its responses go back; its branch names the transaction.",
    `${CORE}20.42`,
  ],
  "warning": ["More about the status, for people.", `${CORE}20.43`],
  "www-authenticate": ["A challenge: the server wants to know who asks.", `${CORE}20.44`],
};

/** RFC 3261 §7.3.3 and those that came later. */
const COMPACT: Readonly<Record<string, string>> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
};

/** Parameters that are worth a word where they are there. */
const PARAMETERS: readonly (readonly [pattern: RegExp, explanation: string])[] = [
  [
    /;\s*branch=z9hG4bK/i,
    "branch: names the transaction; z9hG4bK says that it does so by RFC 3261.",
  ],
  [/;\s*received=/i, "received: where the request really came from."],
  [
    /;\s*rport(=|;|$)/i,
    "rport: the response shall go to the port that the request came from (RFC 3581).",
  ],
  [/;\s*tag=/i, "tag: one half of the dialog's name."],
  [/;\s*lr\b/i, "lr: a loose router, as RFC 3261 has them."],
  [/;\s*\+sip\.instance=/i, "+sip.instance: which phone it is, whatever its address (RFC 5626)."],
  [/;\s*reg-id=/i, "reg-id: which of the phone's flows (RFC 5626)."],
  [/;\s*ob\b/i, "ob: later requests shall come by the flow of this one (RFC 5626)."],
  [/;\s*q=/i, "q: which of several is preferred."],
];

/** What a header field is for; `undefined` where it is none that is known here. */
export function noteOnHeader(name: string, value = ""): Note | undefined {
  const key = name.toLowerCase();
  const full = Object.hasOwn(COMPACT, key) ? COMPACT[key] ?? key : key;
  const note = Object.hasOwn(HEADERS, full) ? HEADERS[full] : undefined;
  if (note === undefined) return undefined;
  const [explanation, rfc] = note;
  const more = PARAMETERS.flatMap(([pattern, text]) => pattern.test(value) ? [text] : []);
  return { explanation: [explanation, ...more].join(" "), rfc };
}

const METHODS: Readonly<Record<string, readonly [explanation: string, rfc: string]>> = {
  INVITE: ["Starts a call, or changes one that is up.", `${CORE}13`],
  ACK: ["The caller has the final response to its INVITE.", `${CORE}17.1.1.3, §13.2.2.4`],
  BYE: ["Ends a call.", `${CORE}15`],
  CANCEL: ["Takes back a request that has no final response.", `${CORE}9`],
  REGISTER: ["Says where an address is reached.", `${CORE}10`],
  OPTIONS: ["Asks what the other side can do, or whether it is there.", `${CORE}11`],
  PRACK: ["Acknowledges a reliable provisional response.", "RFC 3262"],
  UPDATE: ["Changes a session without touching its INVITE.", "RFC 3311"],
  INFO: ["Carries what belongs to a call and does not change it.", "RFC 6086"],
  MESSAGE: ["A message for people.", "RFC 3428"],
  SUBSCRIBE: ["Wants to be told of an event.", "RFC 6665"],
  NOTIFY: ["Tells of an event.", "RFC 6665"],
  PUBLISH: ["Publishes the state of an event.", "RFC 3903"],
  REFER: ["Asks the other side to send a request.", "RFC 3515"],
};

const CLASSES: readonly string[] = [
  "",
  "Provisional: the request is being worked on.",
  "Success.",
  "Redirection: try elsewhere.",
  "The request failed here; it may succeed elsewhere, or changed.",
  "The server failed; another one may succeed.",
  "The request fails wherever it is sent.",
];

/** What a method is for, or what a status says. */
export function noteOnStart(method: string, statusCode?: number): Note | undefined {
  if (statusCode !== undefined) {
    const explanation = CLASSES[Math.floor(statusCode / 100)];
    return explanation ? { explanation, rfc: `${CORE}21` } : undefined;
  }
  const note = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  return note && { explanation: note[0], rfc: note[1] };
}
