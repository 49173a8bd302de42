import { assertEquals, assertThrows } from "@std/assert";
import {
  eventOf,
  IncomingRequestMessage,
  InvalidArgumentError,
  isSameEvent,
  parseMessage,
  parseSipfrag,
  referencedHeaders,
  resubscribeDelay,
  sipfrag,
  subscriptionStateOf,
} from "@strowger/sip/messages";
import { printSubscriptionState } from "../../messages/subscription_state.ts";

function request(...headers: string[]): IncomingRequestMessage {
  const head = [
    "NOTIFY sip:alice@alice.example SIP/2.0",
    "Via: SIP/2.0/UDP bob.example;branch=z9hG4bK1",
    "From: <sip:bob@bob.example>;tag=b",
    "To: <sip:alice@alice.example>;tag=a",
    "Call-ID: 1",
    "CSeq: 1 NOTIFY",
    ...headers,
  ];
  const message = parseMessage(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`));
  if (message instanceof IncomingRequestMessage) return message;
  throw new Error(`${message}`);
}

const of = (value: string) => subscriptionStateOf(request(`Subscription-State: ${value}`));

Deno.test("Subscription-State: what each says", () => {
  const none = { expires: undefined, reason: undefined, retryAfter: undefined };
  assertEquals(of("active"), { ...none, state: "active" });
  assertEquals(of("Active;expires=60"), { ...none, state: "active", expires: 60 });
  assertEquals(of("pending ; expires = 0"), { ...none, state: "pending", expires: 0 });
  assertEquals(of("terminated;reason=Probation;retry-after=5"), {
    state: "terminated",
    expires: undefined,
    reason: "probation",
    retryAfter: 5,
  });
  // Numbers that are none are not there; one that is too large is the largest.
  assertEquals(of("active;expires=soon"), { ...none, state: "active" });
  assertEquals(of("active;expires=-1"), { ...none, state: "active" });
  assertEquals(of("active;expires"), { ...none, state: "active" });
  assertEquals(of("active;expires=9999999999")?.expires, 2 ** 32 - 1);
  assertEquals(of("active;expires=99999999999999999999")?.expires, undefined);
  // RFC 6665 §4.2.2: "a value of "active", "pending", or "terminated"."
  assertEquals(of("waiting"), undefined);
  assertEquals(of("=broken"), undefined);
  assertEquals(subscriptionStateOf(request()), undefined);
});

// RFC 6665 §4.1.3, reason by reason; the second figure is with retry-after=90.
const DELAYS: [reason: string, plain: number | undefined, after: number | undefined][] = [
  // "the subscriber SHOULD retry immediately ... The "retry-after" parameter has no semantics".
  [";reason=deactivated", 0, 0],
  [";reason=probation", 0, 90],
  // "Clients SHOULD NOT attempt to re-subscribe. The "retry-after" parameter has no semantics".
  [";reason=rejected", undefined, undefined],
  // "Clients MAY re-subscribe immediately. The "retry-after" parameter has no semantics".
  [";reason=timeout", 0, 0],
  // "the client SHOULD wait at least the number of seconds specified by that parameter".
  [";reason=giveup", 0, 90],
  [";reason=noresource", undefined, undefined],
  // "regardless of the presence of or value of a "retry-after" parameter."
  [";reason=invariant", undefined, undefined],
  // "If no reason code or an unknown reason code is present, the client MAY attempt to re-subscribe
  // at any time (unless a "retry-after" parameter is present".
  ["", 0, 90],
  [";reason=lunch", 0, 90],
];

for (const [reason, plain, after] of DELAYS) {
  Deno.test(`terminated${reason}: when to subscribe again`, () => {
    const delay = (text: string) => {
      const header = of(text);
      if (header === undefined) throw new Error(text);
      return resubscribeDelay(header);
    };
    assertEquals(delay(`terminated${reason}`), plain);
    assertEquals(delay(`terminated${reason};retry-after=90`), after);
    assertEquals(delay(`active${reason}`), undefined);
  });
}

Deno.test("Subscription-State: printed, and refused where it would be none", () => {
  const none = { expires: undefined, reason: undefined, retryAfter: undefined };
  const print = printSubscriptionState;
  assertEquals(print({ ...none, state: "active", expires: 60 }), "active;expires=60");
  assertEquals(
    print({ ...none, state: "terminated", reason: "giveup", retryAfter: 7 }),
    "terminated;reason=giveup;retry-after=7",
  );
  for (const reason of ["", "a b", "a;b", "a\r\nb"]) {
    assertThrows(() => print({ ...none, state: "terminated", reason }), InvalidArgumentError);
  }
  for (const retryAfter of [-1, 0.5, NaN, 2 ** 32]) {
    assertThrows(() => print({ ...none, state: "terminated", retryAfter }), InvalidArgumentError);
  }
});

// RFC 6665 §8.2.1 has these examples.
const EVENTS: [a: string, b: string, same: boolean][] = [
  ["foo; id=1234", "foo; param=abcd; id=1234", true],
  ["foo; id=1234", "foo", false],
  ["foo; id=1234", "Foo; id=1234", false],
  ["foo;id=a", "foo;id=A", false],
  ["foo", "foo;param=abcd", true],
  ["presence", "presence.winfo", false],
];

for (const [a, b, same] of EVENTS) {
  Deno.test(`Event: ${a} and ${b} are ${same ? "the same" : "different"}`, () => {
    const event = eventOf(request(`Event: ${a}`));
    const other = eventOf(request(`o: ${b}`));
    if (event === undefined || other === undefined) throw new Error("they are there");
    assertEquals(isSameEvent(event, other), same);
    assertEquals(isSameEvent(other, event), same);
    assertEquals(isSameEvent(undefined, event), false);
  });
}

Deno.test("message/sipfrag: the status line, and no other beginning (RFC 3515 §2.4.5)", () => {
  assertEquals(parseSipfrag("SIP/2.0 200 OK\r\n"), { statusCode: 200, reasonPhrase: "OK" });
  assertEquals(parseSipfrag("SIP/2.0 100 Trying"), { statusCode: 100, reasonPhrase: "Trying" });
  assertEquals(parseSipfrag("SIP/2.0 486 Busy Here\r\nWarning: 1\r\n")?.statusCode, 486);
  assertEquals(parseSipfrag("SIP/2.0 503\n"), { statusCode: 503, reasonPhrase: "" });
  for (
    const none of [
      "",
      "200 OK",
      "SIP/2.0 99 X",
      "SIP/2.0 700 X",
      "SIP/2.0 2000 X",
      " SIP/2.0 200 OK",
    ]
  ) {
    assertEquals(parseSipfrag(none), undefined, none);
  }
  assertEquals(sipfrag(100).content, "SIP/2.0 100 Trying\r\n");
  assertEquals(sipfrag(486, "Elsewhere").content, "SIP/2.0 486 Elsewhere\r\n");
  assertEquals(parseSipfrag(sipfrag(603).content)?.statusCode, 603);
  for (const status of [99, 700, 200.5]) assertThrows(() => sipfrag(status), InvalidArgumentError);
  assertThrows(() => sipfrag(200, "a\r\nb"), InvalidArgumentError);
});

Deno.test("a REFER's headers for the request that it asks for: what may be honoured of them", () => {
  const referTo = "<sip:carol@c.example?Replaces=12345%40a%3Bto-tag%3D1%3Bfrom-tag%3D2" +
    "&Subject=a%20call&Require=replaces" +
    // RFC 3261 §19.1.5: "SHOULD NOT honor these obviously dangerous header fields".
    "&From=sip%3Aeve%40e.example&Call-ID=1&CSeq=1&v=x&Record-Route=x&Route=x&m=x&body=x" +
    "&X=a%0d%0aB%3A%20c&Y=%ff>";
  assertEquals(
    referencedHeaders(request(`Refer-To: ${referTo}`, `b: <sip:bob@bob.example>;cid="1@b"`)),
    [
      "Replaces: 12345@a;to-tag=1;from-tag=2",
      "Subject: a call",
      "Require: replaces",
      `Referred-By: <sip:bob@bob.example>;cid="1@b"`,
    ],
  );
  assertEquals(referencedHeaders(request("Refer-To: <sip:carol@c.example>")), []);
  assertEquals(referencedHeaders(request()), []);
});
