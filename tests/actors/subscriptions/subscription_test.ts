/**
 * A subscription, as the subscriber's program and the notifier see it: RFC 6665 §4.1.
 *
 * @module
 */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidArgumentError, InvalidStateError } from "@strowger/sip";
import { Exchange, TIMER_B } from "../../support/exchange.ts";
import { made, notify, PEER, subscribe, subscribed } from "../../support/subscriptions.ts";

Deno.test("a SUBSCRIBE: what it has, and what its 2xx and its NOTIFY make of it", () => {
  const x = new Exchange();
  const { subscriptions, sent } = subscribe(x, { expires: 600 });
  assertEquals(sent.getHeader("Event"), "presence");
  assertEquals(sent.getHeader("Expires"), "600");
  // RFC 3261 §8.1.1.8: "The Contact header field MUST be present".
  assertEquals(sent.getHeader("Contact"), "<sip:alice@alice.example:5060>");
  assertStringIncludes(sent.getHeader("Allow") ?? "", "NOTIFY");
  x.peer.respond(sent, 200, { headers: ["Expires: 300"], contact: PEER });
  notify(x.peer, sent, "pending;expires=300");
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onAccept 200", "onNotify pending", "200 NOTIFY"]);
  const [subscription] = subscriptions;
  assertEquals(subscription?.subscriptionState, "Pending");
  // §4.1.2.1: "Expires" in the 2xx "indicates the actual duration".
  assertEquals(subscription?.subscriptionExpires, 300);
  assertEquals(subscription?.id, `${sent.callId}${sent.fromTag}far`);
  x.clock.advance(100_000);
  assertEquals(subscription?.subscriptionExpires, 200);
  notify(x.peer, sent, "active");
  assertEquals(subscription?.subscriptionState, "Active");
  assertEquals(subscription?.subscriptionExpires, 200);
  notify(x.peer, sent, "terminated;reason=noresource");
  assertEquals(subscription?.subscriptionState, "Terminated");
  assertEquals(subscription?.subscriptionExpires, 0);
  assertEquals(x.takeEvents(), [
    "further active",
    "200 NOTIFY",
    "further terminated noresource",
    "200 NOTIFY",
  ]);
  x.finish();
});

// §4.1.2.4: "the subscriber MUST be prepared to receive NOTIFY requests before the SUBSCRIBE
// transaction has completed."
Deno.test("the NOTIFY comes first, within send()", () => {
  const x = new Exchange();
  x.peer.script = (message) => {
    if (message.kind !== "request" || message.method !== "SUBSCRIBE") return;
    notify(x.peer, message, "active;expires=60");
    x.peer.respond(message, 200, { headers: ["Expires: 600"], contact: PEER });
  };
  const { subscriptions } = subscribe(x);
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onNotify active", "200 NOTIFY", "onAccept 200"]);
  // The NOTIFY has said how long; a 2xx does not make it longer.
  assertEquals(subscriptions[0]?.subscriptionExpires, 60);
  subscriptions[0]?.dispose();
  x.finish();
});

Deno.test("no NOTIFY in 64*T1: told, and one that comes later is answered 481", () => {
  const x = new Exchange();
  const { sent } = subscribe(x);
  x.peer.respond(sent, 200, { headers: ["Expires: 600"], contact: PEER });
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onAccept 200"]);
  x.clock.advance(1);
  notify(x.peer, sent, "active");
  // "After the expiration of Timer N, the subscriber SHOULD reject any such NOTIFY requests ... with
  // a 481 (Subscription does not exist) response code."
  assertEquals(x.takeEvents(), ["onNotifyTimeout", "481 NOTIFY"]);
  x.finish();
});

for (const status of [302, 403, 489, 603]) {
  Deno.test(`a SUBSCRIBE that is answered ${status}: no NOTIFY is waited for`, () => {
    const x = new Exchange();
    const { sent } = subscribe(x);
    x.peer.respond(sent, status);
    notify(x.peer, sent, "active");
    assertEquals(x.takeEvents().at(-1), "481 NOTIFY");
    x.finish();
  });
}

Deno.test("a SUBSCRIBE that nobody answers: a local 408, and nothing is left", () => {
  const x = new Exchange();
  subscribe(x);
  x.clock.advance(TIMER_B);
  assertEquals(x.events.filter((event) => event.startsWith("on")), ["onReject 408 local"]);
  x.finish();
});

Deno.test("waitNotifyStop(): NOTIFYs for new subscriptions are answered 481", () => {
  const x = new Exchange();
  const { request, sent, subscriptions } = subscribe(x);
  x.peer.respond(sent, 200, { contact: PEER });
  notify(x.peer, sent, "active", { fromTag: "one" });
  request.waitNotifyStop();
  notify(x.peer, sent, "active", { fromTag: "two" });
  notify(x.peer, sent, "active", { fromTag: "one" });
  assertEquals(x.takeEvents().slice(2), [
    "onNotify active",
    "200 NOTIFY",
    "481 NOTIFY",
    "further active",
    "200 NOTIFY",
  ]);
  subscriptions[0]?.dispose();
  x.finish();
});

Deno.test("a SUBSCRIBE that is disposed of: nobody is told, and nothing is left", () => {
  const x = new Exchange();
  const { request, sent } = subscribe(x);
  request.dispose();
  notify(x.peer, sent, "active");
  x.peer.respond(sent, 200);
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "481 NOTIFY"]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

// §4.1.4: "The subscriber MUST therefore be prepared to receive NOTIFY requests with "From:" tags that
// differ from the "To:" tag received in the SUBSCRIBE 200-class response."
Deno.test("a SUBSCRIBE that forks: a subscription for each end, each on its own", () => {
  const x = new Exchange();
  const carol = x.peerAt("carol.example");
  const { sent, subscriptions } = subscribe(x);
  x.peer.respond(sent, 200, { toTag: "bob", headers: ["Expires: 300"], contact: PEER });
  notify(x.peer, sent, "active", { fromTag: "bob" });
  notify(carol, sent, "pending", { fromTag: "carol", contact: "<sip:carol@carol.example:5060>" });
  const [bob, other] = subscriptions;
  assertEquals(subscriptions.length, 2);
  // The 2xx was bob's, and says nothing of carol.
  assertEquals([bob?.subscriptionExpires, other?.subscriptionExpires], [300, 600]);
  assertEquals([bob?.subscriptionState, other?.subscriptionState], ["Active", "Pending"]);
  other?.unsubscribe();
  const leaving = carol.request("SUBSCRIBE");
  assertEquals(leaving.toTag, "carol");
  assertEquals(leaving.ruri.toString(), "sip:carol@carol.example:5060");
  carol.respond(leaving, 200, { headers: ["Expires: 0"] });
  notify(carol, sent, "terminated;reason=timeout", { fromTag: "carol" });
  assertEquals(other?.subscriptionState, "Terminated");
  assertEquals(bob?.subscriptionState, "Active");
  bob?.dispose();
  x.finish();
});

Deno.test("a SUBSCRIBE that forks without end: beyond a limit, 481", () => {
  const x = new Exchange();
  const { sent, subscriptions } = subscribe(x);
  for (let i = 0; i < 1000; i++) notify(x.peer, sent, "active", { fromTag: `end${i}` });
  assertEquals(x.events.at(-1), "481 NOTIFY");
  assertEquals(subscriptions.length < 200, true);
  for (const each of subscriptions) each.dispose();
  x.finish();
});

// §4.4.1: "Dialogs usages are created upon completion of a NOTIFY transaction for a new subscription,
// unless the NOTIFY request contains a "Subscription-State" of "terminated.""
Deno.test("a fetch: the state in one NOTIFY, without a subscription (§4.4.3)", () => {
  const x = new Exchange();
  const { sent, subscriptions } = subscribe(x, { expires: 0 });
  x.peer.respond(sent, 200, { headers: ["Expires: 0"], contact: PEER });
  notify(x.peer, sent, "terminated;reason=timeout");
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onAccept 200", "onNotify terminated", "200 NOTIFY"]);
  assertEquals(subscriptions, []);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("a NOTIFY that comes after the end of its subscription makes no other", () => {
  const x = new Exchange();
  const { sent, subscriptions } = subscribe(x);
  notify(x.peer, sent, "active");
  subscriptions[0]?.dispose();
  notify(x.peer, sent, "active");
  assertEquals(x.takeEvents().at(-1), "481 NOTIFY");
  assertEquals(subscriptions.length, 1);
  x.peer.respond(sent, 200);
  x.finish();
});

// What a NOTIFY may have wrong, and the answer: first for one that would make a subscription, then
// within one.
const BROKEN: [what: string, state: string, headers: string[], first: string, later: string][] = [
  // §4.1.3: "the subscriber should check that it matches at least one of its outstanding
  // subscriptions; if not, it MUST return a 481 (Subscription does not exist) response unless another
  // 400- or 500-class response is more appropriate."
  ["another package", "active", ["Event: dialog"], "481", "481"],
  ["another case of the package", "active", ["Event: Presence"], "481", "481"],
  ["an id that is not there", "active", ["Event: presence;id=1"], "481", "481"],
  ["no Event", "active", [], "481", "481"],
  // "NOTIFY requests MUST contain "Subscription-State" header fields".
  ["no Subscription-State", "", ["Event: presence"], "400", "400"],
  ["an unknown state", "lunching", ["Event: presence"], "400", "400"],
  ["a broken state", "=", ["Event: presence"], "400", "400"],
  ["an extension that is required", "active", ["Event: presence", "Require: x"], "420", "420"],
];

for (const [what, state, headers, first, later] of BROKEN) {
  Deno.test(`a NOTIFY with ${what}: ${first}, and within a subscription ${later}`, () => {
    const x = new Exchange();
    const { sent, subscriptions } = subscribe(x);
    notify(x.peer, sent, state, { headers });
    assertEquals(x.takeEvents(), ["SUBSCRIBE", `${first} NOTIFY`]);
    notify(x.peer, sent, "active");
    x.takeEvents();
    notify(x.peer, sent, state, { headers });
    assertEquals(x.takeEvents(), [`${later} NOTIFY`]);
    assertEquals(subscriptions[0]?.subscriptionState, "Active");
    subscriptions[0]?.dispose();
    x.peer.respond(sent, 200);
    x.finish();
  });
}

Deno.test("a NOTIFY without Contact makes no subscription: 400", () => {
  const x = new Exchange();
  const { sent } = subscribe(x);
  notify(x.peer, sent, "active", { contact: null });
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "400 NOTIFY"]);
  x.peer.respond(sent, 200);
  x.clock.advance(TIMER_B);
  x.finish();
});

Deno.test("a NOTIFY for nobody: 481; outside of any dialog, the core's delegate", () => {
  const x = new Exchange();
  x.core.delegate = { onNotify: (request) => void request.accept() };
  x.peer.ask("NOTIFY", { toTag: "nobody", contact: PEER, headers: ["Event: presence"] });
  x.peer.ask("NOTIFY", { callId: "other", contact: PEER, headers: ["Event: presence"] });
  assertEquals(x.takeEvents(), ["481 NOTIFY", "200 NOTIFY"]);
  x.finish();
});

Deno.test("a NOTIFY that is older than one before it: 500 (RFC 3261 §12.2.2)", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  notify(x.peer, sent, "active", { cseq: 1_000_000 });
  notify(x.peer, sent, "pending", { cseq: 999_999 });
  assertEquals(x.takeEvents(), ["further active", "200 NOTIFY", "500 NOTIFY"]);
  assertEquals(subscription.subscriptionState, "Active");
  subscription.dispose();
  x.finish();
});

Deno.test("it expires: told at once; the notifier's last NOTIFY is still answered 200", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x, { expires: 60 });
  x.clock.advance(59_999);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onTerminated"]);
  assertEquals(subscription.subscriptionState, "Terminated");
  notify(x.peer, sent, "active");
  notify(x.peer, sent, "terminated;reason=timeout");
  notify(x.peer, sent, "terminated;reason=timeout");
  assertEquals(x.takeEvents(), ["481 NOTIFY", "200 NOTIFY", "481 NOTIFY"]);
  assertThrows(() => subscription.refresh(), InvalidStateError, "Terminated");
  assertThrows(() => subscription.unsubscribe(), InvalidStateError, "Terminated");
  x.finish();
});

Deno.test("refresh(): a SUBSCRIBE as the first, in the dialog", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x, { expires: 600 });
  x.clock.advance(300_000);
  subscription.refresh();
  const refresh = x.peer.request("SUBSCRIBE");
  assertEquals(refresh.toTag, "far");
  assertEquals(refresh.fromTag, sent.fromTag);
  assertEquals(refresh.cseq, sent.cseq + 1);
  for (const name of ["Event", "Expires", "Contact"]) {
    assertEquals(refresh.getHeader(name), sent.getHeader(name), name);
  }
  x.peer.respond(refresh, 200, { headers: ["Expires: 500"] });
  assertEquals(subscription.subscriptionExpires, 500);
  notify(x.peer, sent, "active;expires=400");
  assertEquals(subscription.subscriptionExpires, 400);
  x.clock.advance(399_999);
  assertEquals(subscription.subscriptionState, "Active");
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "further active", "200 NOTIFY", "onTerminated"]);
  x.finish();
});

// §4.5.2: "the SUBSCRIBE request MUST contain the same "Event" header field "id" parameter".
Deno.test("a subscription with an id: refreshed with it, and matched by it", () => {
  const x = new Exchange();
  const headers = ["Event: presence;id=7;x=y", "Expires: 600", "Accept: application/pidf+xml"];
  const { sent, subscriptions } = subscribe(x, { headers });
  x.peer.respond(sent, 200, { contact: PEER });
  notify(x.peer, sent, "active", { headers: ["Event: presence"] });
  notify(x.peer, sent, "active", { headers: ["Event: presence;id=7"] });
  assertEquals(x.takeEvents().slice(2), ["481 NOTIFY", "onNotify active", "200 NOTIFY"]);
  const [subscription] = subscriptions;
  subscription?.refresh();
  assertEquals(x.peer.request("SUBSCRIBE").getHeader("Event"), "presence;id=7;x=y");
  x.peer.respond(x.peer.request("SUBSCRIBE"), 200);
  subscription?.dispose();
  x.finish();
});

Deno.test("subscribe(): with what the program says, and its own delegate", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  subscription.subscribe(x.recorder({}), { extraHeaders: ["Expires: 100", "X-Why: more"] });
  const again = x.peer.request("SUBSCRIBE");
  assertEquals(again.getHeaders("Expires"), ["100"]);
  assertEquals(again.getHeader("X-Why"), "more");
  x.peer.respond(again, 200, { headers: ["Expires: 100"] });
  notify(x.peer, sent, "active");
  assertEquals(subscription.subscriptionExpires, 100);
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onAccept 200", "further active", "200 NOTIFY"]);
  subscription.dispose();
  x.finish();
});

// §4.1.2.2.
for (const status of [404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]) {
  Deno.test(`a refresh that is answered ${status}: "MUST consider the subscription terminated"`, () => {
    const x = new Exchange();
    const { subscription, sent } = subscribed(x);
    subscription.refresh();
    x.peer.respond(x.peer.request("SUBSCRIBE"), status);
    assertEquals(x.takeEvents(), ["SUBSCRIBE", "onTerminated"]);
    assertEquals(subscription.subscriptionState, "Terminated");
    notify(x.peer, sent, "active");
    assertEquals(x.takeEvents(), ["481 NOTIFY"]);
    x.finish();
  });
}

for (const status of [302, 400, 403, 408, 423, 500, 503, 603]) {
  Deno.test(`a refresh that is answered ${status}: "is still considered valid"`, () => {
    const x = new Exchange();
    const { subscription } = subscribed(x, { expires: 600 });
    x.clock.advance(100_000);
    subscription.refresh();
    x.peer.respond(x.peer.request("SUBSCRIBE"), status);
    x.clock.advance(499_999);
    assertEquals(subscription.subscriptionState, "Active");
    x.clock.advance(1);
    assertEquals(x.takeEvents(), ["SUBSCRIBE", "onTerminated"]);
    x.finish();
  });
}

Deno.test("a refresh that nobody answers ends the subscription (timer N)", () => {
  const x = new Exchange();
  const { subscription } = subscribed(x, { expires: 600 });
  subscription.subscribe(x.recorder({}));
  x.clock.advance(TIMER_B);
  // Timers F and N fire at the same time.
  assertEquals(x.takeEvents().slice(-2).sort(), ["onReject 408 local", "onTerminated"]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("a refresh whose NOTIFY does not come ends the subscription (timer N)", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x, { expires: 600 });
  subscription.refresh();
  x.peer.respond(x.peer.request("SUBSCRIBE"), 200, { headers: ["Expires: 600"] });
  x.clock.advance(TIMER_B);
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onTerminated"]);
  notify(x.peer, sent, "active");
  assertEquals(x.takeEvents(), ["481 NOTIFY"]);
  x.finish();
});

Deno.test("autoRefresh: a SUBSCRIBE before it expires, again and again", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x, { expires: 100 });
  assertEquals(subscription.autoRefresh, false);
  subscription.autoRefresh = true;
  assertEquals(subscription.autoRefresh, true);
  for (let i = 0; i < 5; i++) {
    x.clock.advance(89_999);
    assertEquals(x.takeEvents(), []);
    x.clock.advance(1);
    assertEquals(x.takeEvents(), ["SUBSCRIBE", "onRefresh"]);
    x.peer.respond(x.peer.request("SUBSCRIBE"), 200, { headers: ["Expires: 100"] });
    notify(x.peer, sent, "active;expires=100");
    assertEquals(x.takeEvents(), ["further active", "200 NOTIFY"]);
  }
  subscription.autoRefresh = false;
  x.clock.advance(100_000);
  assertEquals(x.takeEvents(), ["onTerminated"]);
  x.finish();
});

Deno.test("autoRefresh that is set when it is due already: at once", () => {
  const x = new Exchange();
  const { subscription } = subscribed(x, { expires: 100 });
  x.clock.advance(95_000);
  subscription.autoRefresh = true;
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "onRefresh"]);
  x.peer.respond(x.peer.request("SUBSCRIBE"), 481);
  assertEquals(x.takeEvents(), ["onTerminated"]);
  x.finish();
});

// §4.1.2.3, and §4.4.1: "for the purposes of subscription and dialog lifetime, the subscription is not
// considered terminated until the NOTIFY transaction with a "Subscription-State" of "terminated"
// completes."
Deno.test("unsubscribe(): Expires 0, and it is over with its last NOTIFY", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  subscription.autoRefresh = true;
  const request = subscription.unsubscribe();
  assertEquals(subscription.unsubscribe() === request, true);
  const leaving = x.peer.request("SUBSCRIBE");
  assertEquals(leaving.getHeader("Expires"), "0");
  assertEquals(x.peer.requests("SUBSCRIBE").length, 2);
  x.peer.respond(leaving, 200, { headers: ["Expires: 0"] });
  assertEquals(subscription.subscriptionState, "Active");
  assertThrows(() => subscription.refresh(), InvalidStateError, "being ended");
  // One that has crossed it.
  notify(x.peer, sent, "active");
  notify(x.peer, sent, "terminated;reason=timeout");
  assertEquals(subscription.subscriptionState, "Terminated");
  assertEquals(x.takeEvents(), [
    "SUBSCRIBE",
    "further active",
    "200 NOTIFY",
    "further terminated timeout",
    "200 NOTIFY",
  ]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("unsubscribe() whose last NOTIFY does not come: over after timer N", () => {
  const x = new Exchange();
  const { subscription } = subscribed(x);
  subscription.unsubscribe();
  x.peer.respond(x.peer.request("SUBSCRIBE"), 200, { headers: ["Expires: 0"] });
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.takeEvents(), ["SUBSCRIBE"]);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["onTerminated"]);
  x.finish();
});

Deno.test("dispose(): nothing is sent, nobody is told, nothing is left", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  subscription.dispose();
  notify(x.peer, sent, "active");
  assertEquals(x.takeEvents(), ["481 NOTIFY"]);
  assertEquals(subscription.subscriptionState, "Terminated");
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

// RFC 3261 §21.4.17.
Deno.test("a 423: once more, with the time that Min-Expires asks for", () => {
  const x = new Exchange();
  const { sent, subscriptions } = subscribe(x, { expires: 60 });
  x.peer.respond(sent, 423, { headers: ["Min-Expires: 300"] });
  const again = x.peer.request("SUBSCRIBE");
  assertEquals(again.getHeaders("Expires"), ["300"]);
  assertEquals(again.cseq, sent.cseq + 1);
  assertEquals(again.callId, sent.callId);
  assertEquals(again.toTag, undefined);
  x.peer.respond(again, 200, { headers: ["Expires: 300"], contact: PEER });
  notify(x.peer, again, "active;expires=300");
  assertEquals(subscriptions[0]?.subscriptionExpires, 300);
  assertEquals(x.takeEvents(), [
    "SUBSCRIBE",
    "SUBSCRIBE",
    "onAccept 200",
    "onNotify active",
    "200 NOTIFY",
  ]);
  // The number of its next request is beyond both.
  subscriptions[0]?.refresh();
  assertEquals(x.peer.request("SUBSCRIBE").cseq, again.cseq + 1);
  assertEquals(x.peer.request("SUBSCRIBE").getHeader("Expires"), "300");
  x.peer.respond(x.peer.request("SUBSCRIBE"), 481);
  x.finish();
});

const USELESS: [what: string, headers: string[]][] = [
  ["a second 423", ["Min-Expires: 900"]],
  ["a 423 without Min-Expires", []],
  ["a 423 that asks for no more", ["Min-Expires: 60"]],
  ["a 423 with a broken Min-Expires", ["Min-Expires: soon"]],
];

for (const [what, headers] of USELESS) {
  Deno.test(`${what} is the outcome`, () => {
    const x = new Exchange();
    const { sent } = subscribe(x, { expires: 60 });
    if (what === "a second 423") x.peer.respond(sent, 423, { headers: ["Min-Expires: 300"] });
    x.peer.respond(x.peer.request("SUBSCRIBE"), 423, { headers });
    assertEquals(x.takeEvents().at(-1), "onReject 423");
    x.finish();
  });
}

Deno.test("a 423 to a refresh: once more, and timer N anew", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x, { expires: 60 });
  subscription.refresh();
  x.clock.advance(10_000);
  x.peer.respond(x.peer.request("SUBSCRIBE"), 423, { headers: ["Min-Expires: 300"] });
  const again = x.peer.request("SUBSCRIBE");
  assertEquals(again.getHeaders("Expires"), ["300"]);
  x.peer.respond(again, 200, { headers: ["Expires: 300"] });
  x.clock.advance(30_000);
  notify(x.peer, sent, "active");
  assertEquals(subscription.subscriptionState, "Active");
  assertEquals(subscription.subscriptionExpires, 270);
  subscription.dispose();
  x.finish();
});

Deno.test("the route set and the target are those of the NOTIFY (§4.4.1)", () => {
  const x = new Exchange();
  const proxy = x.peerAt("proxy.example");
  const { sent, subscriptions } = subscribe(x);
  x.peer.respond(sent, 200, { contact: PEER, headers: ["Record-Route: <sip:other.example;lr>"] });
  notify(x.peer, sent, "active", {
    contact: "<sip:state@agent.example>",
    headers: ["Event: presence", "Record-Route: <sip:proxy.example;lr>, <sip:last.example;lr>"],
  });
  subscriptions[0]?.refresh();
  const refresh = proxy.request("SUBSCRIBE");
  assertEquals(refresh.ruri.toString(), "sip:state@agent.example");
  assertEquals(refresh.getHeaders("Route"), ["<sip:proxy.example;lr>", "<sip:last.example;lr>"]);
  proxy.respond(refresh, 481);
  x.finish();
});

// §3.2: "NOTIFY is a target refresh request, as that term is defined in [RFC3261]."
Deno.test("a NOTIFY with another Contact: the next SUBSCRIBE goes there", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  notify(x.peer, sent, "active", { contact: "<sip:moved@bob.example:5060>" });
  subscription.refresh();
  assertEquals(x.peer.request("SUBSCRIBE").ruri.toString(), "sip:moved@bob.example:5060");
  x.peer.respond(x.peer.request("SUBSCRIBE"), 481);
  x.finish();
});

Deno.test("who refuses a NOTIFY with 481 ends the subscription; with 500, not", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  subscription.delegate = { onNotify: (request) => void request.reject({ statusCode: 500 }) };
  notify(x.peer, sent, "active");
  assertEquals(subscription.subscriptionState, "Active");
  subscription.delegate = { onNotify: (request) => void request.reject({ statusCode: 481 }) };
  notify(x.peer, sent, "active");
  assertEquals(subscription.subscriptionState, "Terminated");
  assertEquals(x.takeEvents(), ["500 NOTIFY", "481 NOTIFY"]);
  x.finish();
});

Deno.test("who refuses the first NOTIFY gets no subscription", () => {
  const x = new Exchange();
  let state = "";
  x.core.subscribe(made(x, "SUBSCRIBE", ["Event: presence"]), {
    onNotify: ({ request, subscription }) => {
      state = subscription?.subscriptionState ?? "";
      request.reject({ statusCode: 403 });
    },
  });
  const sent = x.peer.request("SUBSCRIBE");
  // RFC 6665 has no default; the engine's is an hour.
  assertEquals(sent.getHeader("Expires"), "3600");
  x.peer.respond(sent, 200);
  notify(x.peer, sent, "active");
  assertEquals(state, "Active");
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "403 NOTIFY"]);
  assertEquals(x.core.live.dialogs, 0);
  x.finish();
});

Deno.test("delegates that throw: reported, and the NOTIFY is answered 500", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x, { expires: 60 });
  subscription.delegate = {
    onNotify: () => {
      throw new Error("no");
    },
    onTerminated: () => {
      throw new Error("no");
    },
  };
  notify(x.peer, sent, "active");
  assertEquals(x.takeEvents(), ["500 NOTIFY"]);
  x.clock.advance(60_000);
  x.finish("DelegateError", "DelegateError");
});

Deno.test("nobody listens: the NOTIFYs are answered 200", () => {
  const x = new Exchange();
  x.core.subscribe(made(x, "SUBSCRIBE", ["Event: presence", "Expires: 60"]));
  const sent = x.peer.request("SUBSCRIBE");
  x.peer.respond(sent, 200);
  notify(x.peer, sent, "active");
  notify(x.peer, sent, "active");
  notify(x.peer, sent, "terminated;reason=noresource");
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "200 NOTIFY", "200 NOTIFY", "200 NOTIFY"]);
  x.finish();
});

Deno.test("other requests in the dialog of a subscription: 481 and 405", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  const within = { callId: sent.callId, toTag: sent.fromTag ?? "", contact: PEER };
  x.peer.ask("BYE", { ...within, cseq: 900_001 });
  x.peer.ask("SUBSCRIBE", { ...within, cseq: 900_002, headers: ["Event: presence"] });
  x.peer.ask("MESSAGE", { ...within, cseq: 900_003 });
  x.peer.ask("OPTIONS", { ...within, cseq: 900_004 });
  assertEquals(x.takeEvents(), ["481 BYE", "481 SUBSCRIBE", "405 MESSAGE", "200 OPTIONS"]);
  assertEquals(subscription.subscriptionState, "Active");
  subscription.dispose();
  x.finish();
});

// §4.6: "If a User Agent Server (UAS) receives a CANCEL request that matches a known SUBSCRIBE or
// NOTIFY transaction, it MUST respond to the CANCEL request, but otherwise ignore it."
Deno.test("a CANCEL for a NOTIFY is answered, and changes nothing", () => {
  const x = new Exchange();
  const { subscription, sent } = subscribed(x);
  notify(x.peer, sent, "active", { branch: "z9hG4bKcancelled" });
  x.peer.ask("CANCEL", {
    callId: sent.callId,
    toTag: sent.fromTag ?? "",
    branch: "z9hG4bKcancelled",
  });
  assertEquals(x.takeEvents().slice(0, 2), ["further active", "200 NOTIFY"]);
  assertEquals(x.peer.responses("CANCEL").length, 1);
  assertEquals(subscription.subscriptionState, "Active");
  subscription.dispose();
  x.finish();
});

Deno.test("what is no SUBSCRIBE is refused at the call", () => {
  const x = new Exchange();
  const refused = (method: string, headers: string[], field: string) =>
    assertThrows(() => x.core.subscribe(made(x, method, headers)), InvalidArgumentError, field);
  refused("NOTIFY", ["Event: presence"], "SUBSCRIBE");
  refused("SUBSCRIBE", [], "Event");
  const message = made(x, "SUBSCRIBE");
  message.setHeader("Event", "presence, dialog");
  assertThrows(() => x.core.subscribe(message), InvalidArgumentError, "Event");
  const late = made(x, "SUBSCRIBE", ["Event: presence"]);
  late.setHeader("Expires", "soon");
  assertThrows(() => x.core.subscribe(late), InvalidArgumentError, "Expires");
  assertEquals(x.peer.received, []);
  x.finish();
});

Deno.test("a core that is being stopped ends its subscriptions politely", async () => {
  const x = new Exchange();
  const { sent } = subscribed(x);
  const stopped = x.core.stop();
  const leaving = x.peer.request("SUBSCRIBE");
  assertEquals(leaving.getHeader("Expires"), "0");
  x.peer.respond(leaving, 200, { headers: ["Expires: 0"] });
  notify(x.peer, sent, "terminated;reason=timeout");
  await stopped;
  assertEquals(x.takeEvents(), ["SUBSCRIBE", "further terminated timeout", "200 NOTIFY"]);
  x.finish();
});
