/**
 * A subscription, as the notifier's program and the subscriber see it: RFC 6665 §4.2.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  type IncomingRequestMessage,
  type IncomingSubscribeRequest,
  InvalidArgumentError,
  InvalidStateError,
  type Notifier,
  type ResponseOptions,
  subscriptionStateOf,
} from "@strowger/sip";
import { Exchange, type ExchangeOptions, TIMER_B } from "../../support/exchange.ts";
import { PEER } from "../../support/subscriptions.ts";
import type { RequestScript } from "../../support/scripted_peer.ts";

const PIDF = { contentDisposition: "", contentType: "application/pidf+xml", content: "<open/>" };

/** The peer asks for presence. */
function ask(x: Exchange, expires: number | undefined, script: RequestScript = {}): void {
  x.peer.ask("SUBSCRIBE", {
    contact: PEER,
    headers: ["Event: presence", ...expires === undefined ? [] : [`Expires: ${expires}`]],
    ...script,
  });
}

/** The program's part: accepts, and does more. */
function serve(
  x: Exchange,
  more: (notifier: Notifier, request: IncomingSubscribeRequest) => unknown = () => {},
  options?: ResponseOptions,
): Notifier[] {
  const notifiers: Notifier[] = [];
  x.core.delegate = {
    onSubscribe: (request) => {
      x.events.push("onSubscribe");
      const { notifier } = request.accept(options);
      notifier.delegate = { onTerminated: () => void x.events.push("onTerminated") };
      notifiers.push(notifier);
      more(notifier, request);
    },
  };
  return notifiers;
}

/** The peer answers every NOTIFY. */
function answering(x: Exchange, status = 200): void {
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method === "NOTIFY") x.peer.respond(message, status);
  };
}

/** What the last NOTIFY says. */
function said(x: Exchange): string {
  return x.peer.request("NOTIFY").getHeader("Subscription-State") ?? "";
}

/** The peer asks again, within the dialog. */
function again(x: Exchange, expires: number, cseq = 2, headers = ["Event: presence"]): void {
  const { toTag } = x.peer.responses("SUBSCRIBE")[0] ?? {};
  x.peer.ask("SUBSCRIBE", {
    contact: PEER,
    cseq,
    ...(toTag === undefined ? {} : { toTag }),
    headers: [...headers, `Expires: ${expires}`],
  });
}

// §4.2.1.2: "Upon successfully accepting or refreshing a subscription, notifiers MUST send a NOTIFY
// request immediately to communicate the current resource state to the subscriber. This NOTIFY request
// is sent on the same dialog as created by the SUBSCRIBE response."
Deno.test("accept(): a 200 with Expires and Contact, and a NOTIFY at once", () => {
  const x = new Exchange();
  answering(x);
  serve(x);
  ask(x, 600);
  assertEquals(x.takeEvents(), ["onSubscribe", "200 SUBSCRIBE", "NOTIFY"]);
  const accepted = x.peer.response("SUBSCRIBE");
  assertEquals(accepted.getHeader("Expires"), "600");
  assertEquals(accepted.getHeader("Contact"), "<sip:alice@alice.example:5060>");
  const notify = x.peer.request("NOTIFY");
  assertEquals(notify.callId, accepted.callId);
  assertEquals(notify.fromTag, accepted.toTag);
  assertEquals(notify.toTag, "far");
  assertEquals(notify.ruri.toString(), "sip:bob@bob.example:5060");
  assertEquals(notify.getHeader("Event"), "presence");
  assertEquals(said(x), "active;expires=600");
  assertEquals(notify.getHeader("Contact"), "<sip:alice@alice.example:5060>");
  assertEquals(notify.body, "");
  x.clock.advance(600_000);
  x.finish();
});

Deno.test("accept() later: the NOTIFY follows at once, too", () => {
  const x = new Exchange();
  answering(x);
  let held: IncomingSubscribeRequest | undefined;
  x.core.delegate = { onSubscribe: (request) => void (held = request) };
  ask(x, 60);
  assertEquals(x.takeEvents(), []);
  held?.accept();
  x.clock.advance(0);
  assertEquals(x.takeEvents(), ["200 SUBSCRIBE", "NOTIFY"]);
  assertThrows(() => held?.accept(), InvalidStateError);
  x.finish();
});

Deno.test("the program says the first NOTIFY itself: no other is sent", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x, (notifier) => notifier.notify("pending"));
  ask(x, 600);
  const [notifier] = notifiers;
  assertEquals(x.takeEvents(), ["onSubscribe", "200 SUBSCRIBE", "NOTIFY"]);
  assertEquals(said(x), "pending;expires=600");
  assertEquals(notifier?.subscriptionState, "Pending");
  x.clock.advance(100_000);
  assertEquals(notifier?.subscriptionExpires, 500);
  notifier?.notify("active", PIDF, { extraHeaders: ["X-Why: asked"] });
  const notify = x.peer.request("NOTIFY");
  assertEquals(said(x), "active;expires=500");
  assertEquals(notify.getHeader("Content-Type"), "application/pidf+xml");
  assertEquals(notify.body, "<open/>");
  assertEquals(notify.getHeader("X-Why"), "asked");
  assertEquals(notify.cseq, 2);
  assertEquals(notifier?.subscriptionState, "Active");
  // The figure has no way back.
  assertThrows(() => notifier?.notify("pending"), InvalidStateError, "pending");
  notifier?.terminate("noresource", { body: PIDF });
  assertEquals(said(x), "terminated;reason=noresource");
  assertEquals(x.peer.request("NOTIFY").body, "<open/>");
  assertEquals(notifier?.subscriptionState, "Terminated");
  assertEquals(notifier?.subscriptionExpires, 0);
  assertEquals(x.core.live.dialogs, 0);
  assertEquals(x.takeEvents(), ["NOTIFY", "NOTIFY"]);
  x.finish();
});

for (
  const reason of [
    "deactivated",
    "probation",
    "rejected",
    "timeout",
    "giveup",
    "noresource",
    "invariant",
  ] as const
) {
  Deno.test(`terminate("${reason}"): the last NOTIFY says so`, () => {
    const x = new Exchange();
    answering(x);
    const notifiers = serve(x);
    ask(x, 600);
    notifiers[0]?.terminate(reason, { retryAfter: 60 });
    const state = subscriptionStateOf(x.peer.request("NOTIFY"));
    assertEquals(state, { state: "terminated", expires: undefined, reason, retryAfter: 60 });
    assertThrows(() => notifiers[0]?.notify("active"), InvalidStateError, "terminated");
    assertThrows(() => notifiers[0]?.terminate(reason), InvalidStateError, "terminated");
    x.finish();
  });
}

// §4.2.1.4: "If no refresh for a notification address is received before its expiration time, the
// subscription is removed. When removing a subscription, the notifier SHOULD send a NOTIFY request with
// a "Subscription-State" value of "terminated" ... the "Subscription-State" header field SHOULD contain
// a "reason=timeout" parameter."
Deno.test("it expires: a last NOTIFY, and the program is told", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 60);
  x.takeEvents();
  x.clock.advance(59_999);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["NOTIFY", "onTerminated"]);
  assertEquals(said(x), "terminated;reason=timeout");
  assertEquals(notifiers[0]?.subscriptionState, "Terminated");
  x.finish();
});

Deno.test("a refresh: 200 and a NOTIFY with what was said last, and more time", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x, (notifier) => notifier.notify("active", PIDF));
  ask(x, 60);
  x.clock.advance(50_000);
  x.takeEvents();
  again(x, 120);
  assertEquals(x.takeEvents(), ["200 SUBSCRIBE", "NOTIFY"]);
  assertEquals(x.peer.response("SUBSCRIBE").getHeader("Expires"), "120");
  assertEquals(x.peer.response("SUBSCRIBE").getHeader("Contact"), "<sip:alice@alice.example:5060>");
  assertEquals(said(x), "active;expires=120");
  assertEquals(x.peer.request("NOTIFY").body, "<open/>");
  assertEquals(notifiers[0]?.subscriptionExpires, 120);
  x.clock.advance(119_999);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["NOTIFY", "onTerminated"]);
  x.finish();
});

Deno.test("a refresh, with what the program makes of it", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  const [notifier] = notifiers;
  x.takeEvents();
  const asked: number[] = [];
  if (notifier !== undefined) {
    notifier.delegate = {
      onSubscribe: (request) => {
        asked.push(request.expires);
        if (request.expires === 500) return void request.reject({ statusCode: 500 });
        const accepted = request.accept({ statusCode: 200, extraHeaders: ["Expires: 30"] });
        assertEquals(accepted.notifier === notifier, true);
        notifier.notify("active", PIDF);
      },
      onTerminated: () => void x.events.push("onTerminated"),
    };
  }
  again(x, 500);
  assertEquals(x.takeEvents(), ["500 SUBSCRIBE"]);
  again(x, 400, 3);
  assertEquals(x.takeEvents(), ["200 SUBSCRIBE", "NOTIFY"]);
  assertEquals(x.peer.response("SUBSCRIBE").getHeaders("Expires"), ["30"]);
  assertEquals(said(x), "active;expires=30");
  x.clock.advance(30_000);
  assertEquals(x.takeEvents(), ["NOTIFY", "onTerminated"]);
  assertEquals(asked, [500, 400]);
  x.finish();
});

// §4.1.2.2: the subscriber that gets one of these "MUST consider the subscription terminated."
Deno.test("a refresh that the program refuses with 481 ends it here, too", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  if (notifiers[0] !== undefined) {
    notifiers[0].delegate = { onSubscribe: (request) => void request.reject({ statusCode: 481 }) };
  }
  again(x, 600);
  assertEquals(notifiers[0]?.subscriptionState, "Terminated");
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

// §4.2.1.4: "Clients can cause a subscription to be terminated immediately by sending a SUBSCRIBE
// request with an "Expires" header field set to '0'. ... they send a NOTIFY request containing a
// "Subscription-State" of "terminated", with a reason code of "timeout.""
Deno.test("unsubscribed: 200 and one NOTIFY, the last", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  x.takeEvents();
  again(x, 0);
  assertEquals(x.takeEvents(), ["200 SUBSCRIBE", "NOTIFY", "onTerminated"]);
  assertEquals(x.peer.response("SUBSCRIBE").getHeader("Expires"), "0");
  assertEquals(said(x), "terminated;reason=timeout");
  assertEquals(notifiers[0]?.subscriptionState, "Terminated");
  again(x, 600, 3);
  assertEquals(x.takeEvents(), ["481 SUBSCRIBE"]);
  x.finish();
});

Deno.test("a fetch (§4.4.3): the state in the last NOTIFY, whether the program says it or not", () => {
  const x = new Exchange();
  answering(x);
  serve(x);
  ask(x, 0);
  assertEquals(x.takeEvents(), ["onSubscribe", "200 SUBSCRIBE", "NOTIFY", "onTerminated"]);
  assertEquals(said(x), "terminated;reason=timeout");
  serve(x, (notifier) => notifier.notify("active", PIDF));
  ask(x, 0, { callId: "other" });
  assertEquals(x.takeEvents(), ["onSubscribe", "200 SUBSCRIBE", "onTerminated", "NOTIFY"]);
  assertEquals(said(x), "terminated;reason=timeout");
  assertEquals(x.peer.request("NOTIFY").body, "<open/>");
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("Expires: shorter by the program, never longer; an hour where nobody says it", () => {
  const x = new Exchange();
  answering(x);
  const short = serve(x, () => {}, { statusCode: 200, extraHeaders: ["Expires: 60"] });
  ask(x, 600);
  assertEquals(x.peer.response("SUBSCRIBE").getHeaders("Expires"), ["60"]);
  assertEquals(short[0]?.subscriptionExpires, 60);
  const hour = serve(x);
  ask(x, undefined, { callId: "hour" });
  assertEquals(x.peer.response("SUBSCRIBE").getHeader("Expires"), "3600");
  hour[0]?.terminate("noresource");
  x.core.delegate = {
    onSubscribe: (request) => {
      const options = { statusCode: 200, extraHeaders: ["Expires: 601"] };
      assertThrows(() => request.accept(options), InvalidArgumentError, "Expires");
      const broken = { statusCode: 200, extraHeaders: ["Expires: soon"] };
      assertThrows(() => request.accept(broken), InvalidArgumentError, "Expires");
      assertThrows(() => request.accept({ statusCode: 404 }), InvalidArgumentError, "statusCode");
      request.reject({ statusCode: 403 });
    },
  };
  ask(x, 600, { callId: "longer" });
  assertEquals(x.peer.response("SUBSCRIBE").statusCode, 403);
  x.finish();
});

const SERVING: ExchangeOptions = {
  configuration: { eventPackages: ["presence", "dialog"], minSubscriptionExpires: 120 },
};

// §4.2.1.1: "If and only if the expiration interval is greater than zero AND smaller than one hour AND
// less than a notifier-configured minimum, the notifier MAY return a 423 (Interval Too Brief) error that
// contains a "Min-Expires" header field."
for (
  const [expires, status] of [[119, 423], [1, 423], [0, 200], [120, 200], [3600, 200]] as const
) {
  Deno.test(`minSubscriptionExpires of 120, and Expires: ${expires}: ${status}`, () => {
    const x = new Exchange(SERVING);
    answering(x);
    const notifiers = serve(x);
    ask(x, expires);
    const response = x.peer.response("SUBSCRIBE");
    assertEquals(response.statusCode, status);
    assertEquals(response.getHeader("Min-Expires"), status === 423 ? "120" : undefined);
    if (expires > 0) notifiers[0]?.terminate("noresource");
    x.finish();
  });
}

Deno.test("a refresh that is too short: 423, and the subscription stays", () => {
  const x = new Exchange(SERVING);
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  again(x, 5);
  assertEquals(x.peer.response("SUBSCRIBE").statusCode, 423);
  assertEquals(notifiers[0]?.subscriptionExpires, 600);
  notifiers[0]?.terminate("noresource");
  x.finish();
});

// §4.2.1.1: "If not, the notifier SHOULD return a 489 (Bad Event)"; §4.2.3: "it SHOULD return 489 (Bad
// Event) to any SUBSCRIBE requests without an "Event" header field."
for (const headers of [["Event: message-summary"], ["Event: Presence"], ["Event: ;"], []]) {
  Deno.test(`a package that is not served (${headers}): 489, with Allow-Events`, () => {
    const x = new Exchange(SERVING);
    serve(x);
    ask(x, 600, { headers });
    const response = x.peer.response("SUBSCRIBE");
    assertEquals(response.statusCode, 489);
    assertEquals(response.parseHeader("Allow-Events"), ["presence", "dialog"]);
    assertEquals(x.takeEvents(), ["489 SUBSCRIBE"]);
    x.finish();
  });
}

Deno.test("a SUBSCRIBE to refer: 403 (RFC 3515 §2.4.4); a broken Expires: 400", () => {
  const x = new Exchange();
  serve(x);
  ask(x, 600, { headers: ["Event: refer"] });
  ask(x, 600, { callId: "b", headers: ["Event: presence", "Expires: soon"] });
  assertEquals(x.takeEvents(), ["403 SUBSCRIBE", "400 SUBSCRIBE"]);
  x.finish();
});

// §4.4.4: "in all methods which initiate dialogs and their responses (such as INVITE) and OPTIONS
// responses."
Deno.test("Allow-Events: in INVITE, SUBSCRIBE, REFER and their 2xx, and in answers to OPTIONS", () => {
  const x = new Exchange(SERVING);
  answering(x);
  const events = ["presence", "dialog"];
  x.core.delegate = {
    onInvite: (request) => void request.accept().session.dispose(),
    onSubscribe: (request) => request.accept().notifier.dispose(),
    onRefer: (request) => request.accept().notifier?.dispose(),
  };
  x.peer.ask("INVITE", { callId: "1" });
  x.peer.ask("SUBSCRIBE", { callId: "2", contact: PEER, headers: ["Event: dialog"] });
  x.peer.ask("REFER", { callId: "3", contact: PEER, headers: ["Refer-To: <sip:c@c.example>"] });
  x.peer.ask("OPTIONS", { callId: "4" });
  for (const method of ["INVITE", "SUBSCRIBE", "REFER", "OPTIONS"]) {
    assertEquals(x.peer.response(method).parseHeader("Allow-Events"), events, method);
  }
  x.invite(undefined).dispose();
  assertEquals(x.peer.request("INVITE").parseHeader("Allow-Events"), events);
  x.clock.advance(TIMER_B);
  x.finish();
});

Deno.test("without eventPackages, nothing is said of events", () => {
  const x = new Exchange();
  x.core.delegate = { onInvite: () => {} };
  x.peer.ask("OPTIONS");
  assertEquals(x.peer.response("OPTIONS").hasHeader("Allow-Events"), false);
  x.invite(undefined).dispose();
  assertEquals(x.peer.request("INVITE").hasHeader("Allow-Events"), false);
  x.finish();
});

// §4.2.2: "If the NOTIFY transaction fails due to the receipt of a 404, 405, 410, 416, 480-485, 489,
// 501, or 604 response to the NOTIFY request, the notifier MUST remove the corresponding subscription."
for (const status of [404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]) {
  Deno.test(`a NOTIFY that is answered ${status} ends the subscription`, () => {
    const x = new Exchange();
    answering(x, status);
    const notifiers = serve(x);
    ask(x, 600);
    assertEquals(x.takeEvents(), ["onSubscribe", "200 SUBSCRIBE", "NOTIFY", "onTerminated"]);
    assertEquals(notifiers[0]?.subscriptionState, "Terminated");
    assertEquals(x.core.live.dialogs, 0);
    x.finish();
  });
}

for (
  const [status, headers] of [[500, []], [503, ["Retry-After: 5"]], [408, []], [403, []]] as const
) {
  Deno.test(`a NOTIFY that is answered ${status} does not`, () => {
    const x = new Exchange();
    const notifiers = serve(x);
    ask(x, 600);
    x.peer.respond(x.peer.request("NOTIFY"), status, { headers });
    assertEquals(notifiers[0]?.subscriptionState, "Active");
    answering(x);
    notifiers[0]?.terminate("noresource");
    x.finish();
  });
}

// "If the NOTIFY request fails due to expiration of SIP Timer F (transaction timeout), the notifier
// SHOULD remove the subscription."
Deno.test("a NOTIFY that nobody answers ends the subscription", () => {
  const x = new Exchange();
  serve(x);
  ask(x, 600);
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.events.includes("onTerminated"), false);
  x.clock.advance(1);
  assertEquals(x.events.at(-1), "onTerminated");
  x.finish();
});

Deno.test("the last NOTIFY that nobody answers: over after timer F", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  x.peer.script = () => {};
  notifiers[0]?.terminate("noresource");
  assertEquals(x.core.live.dialogs, 1);
  x.clock.advance(TIMER_B);
  assertEquals(x.core.live.dialogs, 0);
  assertEquals(x.events.includes("onTerminated"), false);
  x.finish();
});

Deno.test("notify() tells its delegate what became of it", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  x.takeEvents();
  notifiers[0]?.notify("active", PIDF, { delegate: x.recorder({}) });
  assertEquals(x.takeEvents(), ["NOTIFY", "onAccept 200"]);
  notifiers[0]?.terminate("noresource", { delegate: x.recorder({}) });
  assertEquals(x.takeEvents(), ["NOTIFY", "onAccept 200"]);
  x.finish();
});

Deno.test("dispose(): nothing is sent, nobody is told, nothing is left", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  x.takeEvents();
  notifiers[0]?.dispose();
  again(x, 600);
  assertEquals(x.takeEvents(), ["481 SUBSCRIBE"]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("what cannot go onto the wire is refused at the call, and the subscription stays", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  const [notifier] = notifiers;
  const bad = { extraHeaders: ["X: a\r\nY: b"] };
  assertThrows(
    () => notifier?.notify("active", undefined, bad),
    InvalidArgumentError,
    "extraHeaders",
  );
  const words = "a b" as "timeout";
  assertThrows(() => notifier?.terminate(words), InvalidArgumentError, "reason");
  const late = { retryAfter: -1 };
  assertThrows(() => notifier?.terminate("giveup", late), InvalidArgumentError, "retryAfter");
  assertEquals(notifier?.subscriptionState, "Active");
  assertEquals(x.peer.requests("NOTIFY").length, 1);
  notifier?.terminate("noresource");
  assertEquals(x.peer.request("NOTIFY").cseq, 2);
  x.finish();
});

Deno.test("a configuration that makes no sense is refused", () => {
  const refused = (configuration: ExchangeOptions["configuration"], field: string) =>
    assertThrows(() => new Exchange({ configuration }), InvalidArgumentError, field);
  refused({ eventPackages: ["a b"] }, "eventPackages");
  refused({ minSubscriptionExpires: -1 }, "minSubscriptionExpires");
  refused({ minSubscriptionExpires: 0.5 }, "minSubscriptionExpires");
});

Deno.test("delegates that throw: reported, a new SUBSCRIBE is answered 500, and so is a refresh", () => {
  const x = new Exchange();
  answering(x);
  const fail = () => {
    throw new Error("no");
  };
  x.core.delegate = { onSubscribe: fail };
  ask(x, 600, { callId: "first" });
  assertEquals(x.peer.response("SUBSCRIBE").statusCode, 500);
  x.core.delegate = {
    onSubscribe: (request) => {
      request.accept().notifier.delegate = { onSubscribe: fail, onTerminated: fail };
    },
  };
  x.peer.received.length = 0;
  ask(x, 60);
  again(x, 60);
  assertEquals(x.peer.response("SUBSCRIBE").statusCode, 500);
  x.clock.advance(60_000);
  x.finish("DelegateError", "DelegateError", "DelegateError");
});

// §3.1: "SUBSCRIBE requests are target refresh requests, as that term is defined in [RFC3261]."
Deno.test("a refresh with another Contact: the NOTIFYs go there", () => {
  const x = new Exchange();
  answering(x);
  const notifiers = serve(x);
  ask(x, 600);
  const { toTag = "" } = x.peer.response("SUBSCRIBE");
  ask(x, 600, { toTag, cseq: 2, contact: "<sip:moved@bob.example:5060>" });
  assertEquals(x.peer.request("NOTIFY").ruri.toString(), "sip:moved@bob.example:5060");
  notifiers[0]?.terminate("noresource");
  x.finish();
});

// Each SUBSCRIBE may name another Contact, and each NOTIFY goes there up to eleven times.
Deno.test("SUBSCRIBEs without end, and nobody who answers a NOTIFY: 64 wait, the others are refused", () => {
  const x = new Exchange();
  const notifiers = serve(x);
  ask(x, 600);
  const { toTag = "" } = x.peer.response("SUBSCRIBE");
  for (let cseq = 2; cseq <= 100; cseq++) ask(x, 600, { toTag, cseq });
  const statuses = x.peer.responses("SUBSCRIBE").map(({ statusCode }) => statusCode);
  assertEquals(statuses.filter((status) => status === 200).length, 64);
  assertEquals(statuses.filter((status) => status === 500).length, 36);
  assertEquals(x.peer.response("SUBSCRIBE").getHeader("Retry-After"), "32");
  const notifies = x.peer.requests("NOTIFY");
  assertEquals(notifies.length, 64);
  // Who answers is served again.
  for (const notify of notifies) x.peer.respond(notify, 200);
  answering(x);
  ask(x, 600, { toTag, cseq: 101 });
  assertEquals(x.peer.response("SUBSCRIBE").statusCode, 200);
  assertEquals(notifiers[0]?.subscriptionState, "Active");
  notifiers[0]?.terminate("noresource");
  x.finish();
});

Deno.test("a 202, and a state that is none, are refused at the call", () => {
  const x = new Exchange();
  answering(x);
  x.core.delegate = {
    onSubscribe: (request) => {
      // §8.3.1: "MUST NOT generate 202 response codes to SUBSCRIBE or NOTIFY requests."
      assertThrows(() => request.accept({ statusCode: 202 }), InvalidArgumentError, "statusCode");
      const { notifier } = request.accept();
      const state = "terminated" as "active";
      assertThrows(() => notifier.notify(state), InvalidArgumentError, "state");
      notifier.terminate("noresource");
    },
  };
  ask(x, 600);
  assertEquals(x.takeEvents(), ["200 SUBSCRIBE", "NOTIFY"]);
  x.finish();
});

Deno.test("the route set is that of the SUBSCRIBE", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  let notify: IncomingRequestMessage | undefined;
  proxy.script = (message) => {
    if (message.kind !== "request") return;
    notify = message;
    proxy.respond(message, 200);
  };
  const notifiers = serve(x);
  ask(x, 600, {
    headers: ["Event: presence", "Expires: 600", "Record-Route: <sip:proxy.example;lr>"],
  });
  assertEquals(notify?.getHeaders("Route"), ["<sip:proxy.example;lr>"]);
  assertEquals(x.peer.response("SUBSCRIBE").getHeaders("Record-Route"), ["<sip:proxy.example;lr>"]);
  notifiers[0]?.terminate("noresource");
  x.finish();
});

Deno.test("a core that is being stopped ends the subscriptions that it serves", async () => {
  const x = new Exchange();
  answering(x);
  serve(x);
  ask(x, 600);
  await x.core.stop();
  assertEquals(said(x), "terminated;reason=probation");
  x.finish();
});
