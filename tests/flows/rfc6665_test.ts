/**
 * Subscriptions between two engines: RFC 6665 §4.1 and §4.2 at work together.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Notifier, type Subscription, subscriptionStateOf } from "@strowger/sip";
import { at, Engines } from "./engines.ts";

/** A watches B's presence. */
function watch(engines: Engines, expires: number): {
  subscriptions: Subscription[];
  notifiers: Notifier[];
} {
  const a = engines.engine("a");
  const b = engines.engine("b");
  const subscriptions: Subscription[] = [];
  const notifiers: Notifier[] = [];
  b.delegate.onSubscribe = (request) => {
    const { notifier } = request.accept();
    notifier.delegate = { onTerminated: () => engines.note("b onTerminated") };
    notifiers.push(notifier);
  };
  const subscribe = a.makeOutgoingRequestMessage("SUBSCRIBE", at("b"), at("a"), at("b"), {}, [
    "Event: presence",
    `Expires: ${expires}`,
  ]);
  a.subscribe(subscribe, {
    onNotify: ({ request, subscription }) => {
      engines.note(`a onNotify ${subscriptionStateOf(request.message)?.state}`);
      if (subscription === undefined) return;
      subscriptions.push(subscription);
      subscription.delegate = {
        onNotify: ({ message }) => engines.note(`a further ${subscriptionStateOf(message)?.state}`),
        onTerminated: () => engines.note("a onTerminated"),
        onRefresh: () => engines.note("a onRefresh"),
      };
    },
  });
  return { subscriptions, notifiers };
}

Deno.test("a subscription that is kept up, and ended by the subscriber", async () => {
  const engines = new Engines();
  const { subscriptions } = watch(engines, 100);
  engines.clock.advance(1000);
  engines.expect(`
    0 a SUBSCRIBE, Event: presence, Expires: 100
    10 b 200 SUBSCRIBE, Expires: 100
    10 b NOTIFY, Event: presence, Subscription-State: active;expires=100
    20 a onNotify active
    20 a 200 NOTIFY
  `);
  const [subscription] = subscriptions;
  if (subscription !== undefined) subscription.autoRefresh = true;
  engines.clock.advance(100_000);
  engines.expect(`
    90020 a SUBSCRIBE, Event: presence, Expires: 100
    90020 a onRefresh
    90030 b 200 SUBSCRIBE, Expires: 100
    90030 b NOTIFY, Event: presence, Subscription-State: active;expires=100
    90040 a further active
    90040 a 200 NOTIFY
  `);
  assertEquals(subscription?.subscriptionState, "Active");
  subscription?.unsubscribe();
  engines.clock.advance(1000);
  engines.expect(`
    101000 a SUBSCRIBE, Event: presence, Expires: 0
    101010 b 200 SUBSCRIBE, Expires: 0
    101010 b NOTIFY, Event: presence, Subscription-State: terminated;reason=timeout
    101010 b onTerminated
    101020 a further terminated
    101020 a 200 NOTIFY
  `);
  await engines.end();
});

Deno.test("a subscription that nobody keeps up", async () => {
  const engines = new Engines();
  const { subscriptions } = watch(engines, 60);
  engines.clock.advance(59_000);
  assertEquals(subscriptions[0]?.subscriptionExpires, 1);
  engines.clock.advance(2000);
  engines.expect(`
    0 a SUBSCRIBE, Event: presence, Expires: 60
    10 b 200 SUBSCRIBE, Expires: 60
    10 b NOTIFY, Event: presence, Subscription-State: active;expires=60
    20 a onNotify active
    20 a 200 NOTIFY
    60010 b NOTIFY, Event: presence, Subscription-State: terminated;reason=timeout
    60010 b onTerminated
    60020 a onTerminated
    60020 a 200 NOTIFY
  `);
  await engines.end();
});

Deno.test("a subscription that the notifier ends", async () => {
  const engines = new Engines();
  const { notifiers } = watch(engines, 600);
  engines.clock.advance(1000);
  notifiers[0]?.terminate("deactivated");
  engines.clock.advance(1000);
  engines.expect(`
    0 a SUBSCRIBE, Event: presence, Expires: 600
    10 b 200 SUBSCRIBE, Expires: 600
    10 b NOTIFY, Event: presence, Subscription-State: active;expires=600
    20 a onNotify active
    20 a 200 NOTIFY
    1000 b NOTIFY, Event: presence, Subscription-State: terminated;reason=deactivated
    1010 a further terminated
    1010 a 200 NOTIFY
  `);
  await engines.end();
});

Deno.test("a state that is fetched", async () => {
  const engines = new Engines();
  watch(engines, 0);
  engines.clock.advance(1000);
  engines.expect(`
    0 a SUBSCRIBE, Event: presence, Expires: 0
    10 b 200 SUBSCRIBE, Expires: 0
    10 b NOTIFY, Event: presence, Subscription-State: terminated;reason=timeout
    10 b onTerminated
    20 a onNotify terminated
    20 a 200 NOTIFY
  `);
  await engines.end();
});
