/**
 * REFER outside of a session, both ways: RFC 3515, RFC 4488, RFC 3892.
 *
 * @module
 */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  type IncomingReferRequest,
  type IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
  type OutgoingReferRequest,
  parseSipfrag,
  referencedHeaders,
  type ReferNotifier,
  type ResponseOptions,
  type Subscription,
} from "@strowger/sip";
import { Exchange, TIMER_B } from "../../support/exchange.ts";
import { made, notify, PEER, recordSubscriptions } from "../../support/subscriptions.ts";
import type { RequestScript } from "../../support/scripted_peer.ts";

const CAROL = "Refer-To: <sip:carol@carol.example>";

/** Sends a REFER. */
function refer(x: Exchange, ...headers: string[]): {
  request: OutgoingReferRequest;
  subscriptions: Subscription[];
  sent: IncomingRequestMessage;
} {
  const { all, delegate } = recordSubscriptions(x);
  const request = x.core.refer(made(x, "REFER", [CAROL, ...headers]), delegate);
  return { request, subscriptions: all, sent: x.peer.request("REFER") };
}

/** The peer reports. */
function report(
  x: Exchange,
  sent: IncomingRequestMessage,
  state: string,
  status: string,
  event = "refer",
  script: RequestScript = {},
): void {
  notify(x.peer, sent, state, {
    headers: [`Event: ${event}`, "Content-Type: message/sipfrag;version=2.0"],
    body: `SIP/2.0 ${status}\r\n`,
    ...script,
  });
}

Deno.test("a REFER: what it has, and what its 2xx and its NOTIFYs make of it (RFC 3515 §4.1)", () => {
  const x = new Exchange();
  const { sent, subscriptions } = refer(x);
  assertEquals(sent.getHeader("Refer-To"), "<sip:carol@carol.example>");
  assertEquals(sent.getHeader("Contact"), "<sip:alice@alice.example:5060>");
  assertStringIncludes(sent.getHeader("Allow") ?? "", "NOTIFY");
  x.peer.respond(sent, 202, { contact: PEER });
  report(x, sent, "active;expires=60", "100 Trying");
  const [subscription] = subscriptions;
  assertEquals(subscription?.subscriptionState, "Active");
  // §2.4.4: "communicated to the agent sending the REFER in the subscription's initial NOTIFY".
  assertEquals(subscription?.subscriptionExpires, 60);
  report(x, sent, "terminated;reason=noresource", "200 OK");
  assertEquals(subscription?.subscriptionState, "Terminated");
  assertEquals(x.takeEvents(), [
    "REFER",
    "onAccept 202",
    "onNotify active",
    "200 NOTIFY",
    "further terminated noresource",
    "200 NOTIFY",
  ]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("the status of a NOTIFY, as the program reads it", () => {
  const x = new Exchange();
  const seen: (number | undefined)[] = [];
  x.core.refer(made(x, "REFER", [CAROL]), {
    onNotify: ({ request, subscription }) => {
      seen.push(parseSipfrag(request.message.body)?.statusCode);
      if (subscription === undefined) return;
      subscription.delegate = {
        onNotify: ({ message }) => void seen.push(parseSipfrag(message.body)?.statusCode),
      };
    },
  });
  const sent = x.peer.request("REFER");
  x.peer.respond(sent, 202, { contact: PEER });
  report(x, sent, "active;expires=60", "100 Trying");
  report(x, sent, "active;expires=60", "180 Ringing");
  report(x, sent, "terminated;reason=noresource", "486 Busy Here");
  assertEquals(seen, [100, 180, 486]);
  x.finish();
});

// §2.4.4: "the agent that issued the REFER MUST be prepared to receive a NOTIFY before the REFER
// transaction completes." It may be the only one: "can terminate the subscription with this initial
// NOTIFY."
Deno.test("a NOTIFY before the 202, which is the first and the last", () => {
  const x = new Exchange();
  const { sent, subscriptions } = refer(x);
  report(x, sent, "terminated;reason=noresource", "200 OK");
  x.peer.respond(sent, 202, { contact: PEER });
  assertEquals(x.takeEvents(), ["REFER", "onNotify terminated", "200 NOTIFY", "onAccept 202"]);
  assertEquals(subscriptions, []);
  x.finish();
});

Deno.test("no NOTIFY in 64*T1: told", () => {
  const x = new Exchange();
  const { sent } = refer(x);
  x.peer.respond(sent, 202, { contact: PEER });
  x.clock.advance(TIMER_B);
  assertEquals(x.takeEvents(), ["REFER", "onAccept 202", "onNotifyTimeout"]);
  report(x, sent, "active", "100 Trying");
  assertEquals(x.takeEvents(), ["481 NOTIFY"]);
  x.finish();
});

Deno.test("a REFER that is refused: no NOTIFY is waited for", () => {
  const x = new Exchange();
  const { sent } = refer(x);
  x.peer.respond(sent, 603);
  report(x, sent, "active", "100 Trying");
  assertEquals(x.takeEvents(), ["REFER", "onReject 603", "481 NOTIFY"]);
  x.finish();
});

Deno.test("a REFER that is disposed of: nobody is told, and nothing is left", () => {
  const x = new Exchange();
  const { request, sent } = refer(x);
  request.dispose();
  report(x, sent, "active", "100 Trying");
  assertEquals(x.takeEvents(), ["REFER", "481 NOTIFY"]);
  x.finish();
});

// §2.4.6: "This id parameter MAY be included in NOTIFYs to the first REFER", and "A SUBSCRIBE sent to
// refresh or terminate this subscription MUST contain this id parameter."
Deno.test("NOTIFYs with an id: its CSeq, and no other", () => {
  const x = new Exchange();
  const { sent, subscriptions } = refer(x);
  x.peer.respond(sent, 202, { contact: PEER });
  report(x, sent, "active;expires=60", "100 Trying", `refer;id=${sent.cseq + 1}`);
  assertEquals(x.takeEvents().at(-1), "481 NOTIFY");
  report(x, sent, "active;expires=60", "100 Trying", `refer;id=${sent.cseq}`);
  subscriptions[0]?.unsubscribe();
  const leaving = x.peer.request("SUBSCRIBE");
  assertEquals(leaving.getHeader("Event"), `refer;id=${sent.cseq}`);
  assertEquals(leaving.getHeader("Expires"), "0");
  assertEquals(leaving.hasHeader("Contact"), true);
  x.peer.respond(leaving, 200, { headers: ["Expires: 0"] });
  report(x, sent, "terminated;reason=timeout", "100 Trying", `refer;id=${sent.cseq}`);
  assertEquals(subscriptions[0]?.subscriptionState, "Terminated");
  x.finish();
});

// §2.4.4: "The agent issuing the REFER may extend its subscription using the subscription refresh
// mechanisms described in [2]."
Deno.test("refresh(): as much time as was granted; an hour where nobody says it", () => {
  const x = new Exchange();
  const { sent, subscriptions } = refer(x);
  x.peer.respond(sent, 202, { contact: PEER });
  report(x, sent, "active;expires=60", "100 Trying");
  report(x, sent, "active", "100 Trying", "refer", { fromTag: "other" });
  assertEquals(subscriptions.map((each) => each.subscriptionExpires), [60, 3600]);
  for (const [i, expires] of ["60", "3600"].entries()) {
    subscriptions[i]?.refresh();
    const refresh = x.peer.request("SUBSCRIBE");
    assertEquals(refresh.getHeader("Expires"), expires);
    x.peer.respond(refresh, 481);
  }
  x.finish();
});

// §3.9: "A REFER sent outside the context of a dialog MAY fork, and if it is accepted by multiple
// agents, MAY create multiple subscriptions."
Deno.test("a REFER that forks: a subscription for each end", () => {
  const x = new Exchange();
  const { sent, subscriptions } = refer(x);
  x.peer.respond(sent, 202, { toTag: "one", contact: PEER });
  report(x, sent, "active;expires=60", "100 Trying", "refer", { fromTag: "one" });
  report(x, sent, "active;expires=60", "100 Trying", "refer", { fromTag: "two" });
  report(x, sent, "terminated;reason=noresource", "200 OK", "refer", { fromTag: "two" });
  assertEquals(subscriptions.map((each) => each.subscriptionState), ["Active", "Terminated"]);
  subscriptions[0]?.dispose();
  x.finish();
});

// RFC 4488 §4.
const REFER_SUB: [sent: string[], answered: string[], isSubscribed: boolean][] = [
  [["Refer-Sub: false"], ["Refer-Sub: false"], false],
  [["Refer-Sub: false"], ["Refer-Sub: true"], true],
  [["Refer-Sub: false"], [], true],
  [["Refer-Sub: false;x=y"], ["Refer-Sub: False"], false],
  [["Refer-Sub: true"], ["Refer-Sub: true"], true],
  [[], ["Refer-Sub: false"], true],
];

for (const [headers, answered, isSubscribed] of REFER_SUB) {
  Deno.test(`sent ${headers} and answered ${answered}: ${isSubscribed ? "a" : "no"} subscription`, () => {
    const x = new Exchange();
    const { sent } = refer(x, ...headers);
    x.peer.respond(sent, 200, { contact: PEER, headers: answered });
    report(x, sent, "active;expires=60", "100 Trying");
    assertEquals(x.takeEvents().at(-1), isSubscribed ? "200 NOTIFY" : "481 NOTIFY");
    if (isSubscribed) report(x, sent, "terminated;reason=noresource", "200 OK");
    x.finish();
  });
}

Deno.test("what is no REFER is refused at the call", () => {
  const x = new Exchange();
  const refused = (headers: string[], field: string, method = "REFER") =>
    assertThrows(() => x.core.refer(made(x, method, headers)), InvalidArgumentError, field);
  // §2.4.1: "A REFER request MUST contain exactly one Refer-To header field value."
  refused([], "Refer-To");
  refused([CAROL], "REFER", "SUBSCRIBE");
  const two = made(x, "REFER");
  two.setHeader("Refer-To", ["<sip:a@a.example>", "<sip:b@b.example>"]);
  assertThrows(() => x.core.refer(two), InvalidArgumentError, "Refer-To");
  assertEquals(x.peer.received, []);
  x.finish();
});

/** The peer refers. */
function ask(x: Exchange, script: RequestScript = {}): void {
  x.peer.ask("REFER", { contact: PEER, headers: [CAROL], ...script });
}

/** The program's part: accepts, and does more. */
function serve(
  x: Exchange,
  more: (notifier: ReferNotifier | undefined, request: IncomingReferRequest) => unknown = () => {},
  options?: ResponseOptions,
): ReferNotifier[] {
  const notifiers: ReferNotifier[] = [];
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method === "NOTIFY") x.peer.respond(message, 200);
  };
  x.core.delegate = {
    onRefer: (request) => {
      x.events.push("onRefer");
      const { notifier } = request.accept(options);
      if (notifier !== undefined) {
        notifier.delegate = { onTerminated: () => void x.events.push("onTerminated") };
        notifiers.push(notifier);
      }
      more(notifier, request);
    },
  };
  return notifiers;
}

/** What the peer was told: state and status of each NOTIFY. */
function told(x: Exchange): string[] {
  return x.peer.requests("NOTIFY").map((each) =>
    `${each.getHeader("Subscription-State")} | ${each.body.trim()}`
  );
}

Deno.test("accept(): 202, and a NOTIFY with 100 at once; then what the program reports", () => {
  const x = new Exchange();
  const notifiers = serve(x);
  ask(x);
  assertEquals(x.takeEvents(), ["onRefer", "202 REFER", "NOTIFY"]);
  assertEquals(x.peer.response("REFER").getHeader("Contact"), "<sip:alice@alice.example:5060>");
  const notify = x.peer.request("NOTIFY");
  assertEquals(notify.fromTag, x.peer.response("REFER").toTag);
  assertEquals(notify.getHeader("Event"), "refer");
  // §2.4.5: "Each NOTIFY MUST contain a body of type "message/sipfrag"".
  assertEquals(notify.getHeader("Content-Type"), "message/sipfrag;version=2.0");
  const [notifier] = notifiers;
  notifier?.report(180);
  notifier?.report(200);
  assertEquals(told(x), [
    "active;expires=180 | SIP/2.0 100 Trying",
    "active;expires=180 | SIP/2.0 180 Ringing",
    // §2.4.7: "MUST indicate the subscription has been "terminated" with a reason of "noresource"."
    "terminated;reason=noresource | SIP/2.0 200 OK",
  ]);
  assertThrows(() => notifier?.report(200), InvalidStateError, "terminated");
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("the program reports at once: no 100 before it", () => {
  const x = new Exchange();
  serve(x, (notifier) => notifier?.report(486, "Busy Elsewhere"));
  ask(x);
  assertEquals(told(x), ["terminated;reason=noresource | SIP/2.0 486 Busy Elsewhere"]);
  x.finish();
});

Deno.test("accepted before it was approved, and then denied (§2.4.7)", () => {
  const x = new Exchange();
  const notifiers = serve(x, (notifier) => notifier?.notify("pending"));
  ask(x);
  notifiers[0]?.terminate("rejected");
  assertEquals(told(x), [
    "pending;expires=180 | SIP/2.0 100 Trying",
    "terminated;reason=rejected | SIP/2.0 100 Trying",
  ]);
  x.finish();
});

Deno.test("nobody reports: it expires", () => {
  const x = new Exchange();
  serve(x);
  ask(x);
  x.clock.advance(180_000);
  assertEquals(told(x).at(-1), "terminated;reason=timeout | SIP/2.0 100 Trying");
  assertEquals(x.events.at(-1), "onTerminated");
  x.finish();
});

Deno.test("the referrer unsubscribes, or refreshes", () => {
  const x = new Exchange();
  const notifiers = serve(x);
  ask(x);
  const { toTag } = x.peer.response("REFER");
  const within = (cseq: number, expires: number) =>
    x.peer.ask("SUBSCRIBE", {
      ...(toTag === undefined ? {} : { toTag }),
      cseq,
      contact: PEER,
      headers: ["Event: refer", `Expires: ${expires}`],
    });
  within(2, 900);
  assertEquals(told(x).at(-1), "active;expires=900 | SIP/2.0 100 Trying");
  within(3, 0);
  assertEquals(told(x).at(-1), "terminated;reason=timeout | SIP/2.0 100 Trying");
  assertEquals(notifiers[0]?.subscriptionState, "Terminated");
  x.finish();
});

// §2.4.6: "for the second and subsequent REFER requests a UA receives in a given dialog, it MUST include
// an id parameter in the Event header field of each NOTIFY containing the sequence number".
Deno.test("a second REFER in the dialog of the first", () => {
  const x = new Exchange();
  const notifiers = serve(x);
  ask(x, { cseq: 11 });
  const { toTag = "" } = x.peer.response("REFER");
  // The dialog is a REFER's; RFC 3515 §4.2 has a second one in it.
  ask(x, { cseq: 12, toTag });
  assertEquals(x.peer.response("REFER").statusCode, 202);
  const events = x.peer.requests("NOTIFY").map((each) => each.getHeader("Event"));
  assertEquals(events, ["refer", "refer;id=12"]);
  notifiers[0]?.report(200);
  notifiers[1]?.report(486);
  assertEquals(told(x).slice(2), [
    "terminated;reason=noresource | SIP/2.0 200 OK",
    "terminated;reason=noresource | SIP/2.0 486 Busy Here",
  ]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

// §2.4.2: "MUST return a 400 (Bad Request) if the request contained zero or more than one Refer-To
// header field values."
for (
  const headers of [
    [],
    [CAROL, "Refer-To: <sip:dave@dave.example>"],
    ["Refer-To: <sip:carol@carol.example>, <sip:dave@dave.example>"],
    [CAROL, "r: <sip:dave@dave.example>"],
    ["Refer-To: nonsense"],
  ]
) {
  Deno.test(`Refer-To as ${JSON.stringify(headers)}: 400`, () => {
    const x = new Exchange();
    serve(x);
    ask(x, { headers });
    assertEquals(x.takeEvents(), ["400 REFER"]);
    x.finish();
  });
}

Deno.test("Refer-Sub: false (RFC 4488): agreed to, and no NOTIFY", () => {
  const x = new Exchange();
  const notifiers = serve(x);
  ask(x, { headers: [CAROL, "Refer-Sub: false", "Require: norefersub"] });
  assertEquals(x.takeEvents(), ["onRefer", "202 REFER"]);
  assertEquals(x.peer.response("REFER").getHeader("Refer-Sub"), "false");
  assertEquals(notifiers, []);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("Refer-Sub: false, and a program that reports all the same", () => {
  const x = new Exchange();
  const notifiers = serve(x, () => {}, { statusCode: 200, extraHeaders: ["Refer-Sub: true"] });
  ask(x, { headers: [CAROL, "Refer-Sub: false"] });
  assertEquals(x.peer.response("REFER").getHeaders("Refer-Sub"), ["true"]);
  notifiers[0]?.report(200);
  assertEquals(told(x).length, 2);
  x.finish();
});

Deno.test("what a REFER says: Refer-To, Referred-By, and headers for the request (RFC 3892)", () => {
  const x = new Exchange();
  let held: IncomingReferRequest | undefined;
  serve(x, (notifier, request) => {
    held = request;
    notifier?.report(200);
  });
  ask(x, {
    headers: [
      "Refer-To: <sip:carol@carol.example?Replaces=1%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy>",
      "Referred-By: <sip:bob@bob.example>",
    ],
  });
  assertEquals(held?.referTo.uri.aor, "carol@carol.example");
  assertEquals(held?.referredBy?.uri.toString(), "sip:bob@bob.example");
  assertEquals(held && referencedHeaders(held.message), [
    "Replaces: 1@b;to-tag=x;from-tag=y",
    "Referred-By: <sip:bob@bob.example>",
  ]);
  x.finish();
});

Deno.test("a handler that throws: 500; one that answers later", () => {
  const x = new Exchange();
  x.core.delegate = {
    onRefer: () => {
      throw new Error("no");
    },
  };
  ask(x, { callId: "first" });
  assertEquals(x.peer.response("REFER").statusCode, 500);
  let held: IncomingReferRequest | undefined;
  x.core.delegate = { onRefer: (request) => void (held = request) };
  ask(x);
  const { notifier } = held?.accept() ?? {};
  x.clock.advance(0);
  assertEquals(told(x), ["active;expires=180 | SIP/2.0 100 Trying"]);
  notifier?.dispose();
  assertThrows(() => held?.reject(), InvalidStateError);
  x.finish("DelegateError");
});

Deno.test("a NOTIFY that is answered 481 ends the subscription, and the program is told", () => {
  const x = new Exchange();
  serve(x);
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method === "NOTIFY") x.peer.respond(message, 481);
  };
  ask(x);
  assertEquals(x.takeEvents(), ["onRefer", "202 REFER", "NOTIFY", "onTerminated"]);
  x.finish();
});
