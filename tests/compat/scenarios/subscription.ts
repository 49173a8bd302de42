/**
 * Subscriptions, at the subscriber (RFC 6665 §4.1).
 *
 * @module
 */
import type { OutgoingSubscribeRequest, Subscription } from "@strowger/sip";
import type { Scenario, Stage } from "../stage.ts";

const EVENT = ["Event: presence", "Expires: 3600"];

/** A SUBSCRIBE, and the subscriptions that came of it. */
interface Subscribed {
  readonly request: OutgoingSubscribeRequest;
  readonly subscriptions: Subscription[];
}

/** Sends a SUBSCRIBE and notes what is told. */
async function subscribe(stage: Stage): Promise<Subscribed> {
  const subscriptions: Subscription[] = [];
  const request = stage.core.subscribe(stage.request("SUBSCRIBE", { extraHeaders: EVENT }), {
    ...stage.recorder(),
    onNotify: ({ request, subscription }) => {
      stage.told.push(`first onNotify ${request.message.getHeader("Subscription-State")}`);
      if (subscription !== undefined) {
        subscriptions.push(subscription);
        subscription.delegate = {
          onNotify: (notify) => {
            stage.told.push(`onNotify ${notify.message.getHeader("Subscription-State")}`);
            notify.accept();
          },
          onRefresh: () => void stage.told.push("onRefresh"),
          onTerminated: () => void stage.told.push("onTerminated"),
        };
      }
      request.accept();
    },
    onNotifyTimeout: () => void stage.told.push("onNotifyTimeout"),
  });
  await stage.settle();
  return { request, subscriptions };
}

/** The far end sends a NOTIFY for the SUBSCRIBE that it got. */
async function notify(
  stage: Stage,
  cseq: number,
  state: string | undefined,
  { event = "presence", fromTag = "far", contact = true } = {},
): Promise<void> {
  const { callId, fromTag: toTag = "" } = stage.peer.request("SUBSCRIBE");
  await stage.ask("NOTIFY", {
    callId,
    toTag,
    fromTag,
    cseq,
    contact: contact ? "<sip:bob@bob.example:5060>" : null,
    headers: [`Event: ${event}`, ...state === undefined ? [] : [`Subscription-State: ${state}`]],
  });
}

/** A subscription that is active. */
async function active(stage: Stage): Promise<Subscription> {
  const { subscriptions } = await subscribe(stage);
  await accept(stage);
  await notify(stage, 1, "active;expires=3600");
  const subscription = subscriptions.at(-1);
  if (subscription === undefined) throw new Error("there is no subscription");
  return subscription;
}

const accept = (stage: Stage, expires = 3600): Promise<void> =>
  stage.respond(
    200,
    { headers: [`Expires: ${expires}`], contact: "<sip:bob@bob.example:5060>" },
    "SUBSCRIBE",
  );

export const subscribers: readonly Scenario[] = [
  {
    name: "a subscription is accepted and active, and ended by the subscriber",
    play: async (stage) => {
      const subscription = await active(stage);
      stage.told.push(`${subscription.subscriptionState} ${subscription.subscriptionExpires}`);
      subscription.unsubscribe();
      await stage.settle();
      await accept(stage, 0);
      await notify(stage, 2, "terminated;reason=timeout");
      stage.told.push(subscription.subscriptionState);
    },
  },
  ...[403, 489].map((status): Scenario => ({
    name: `a subscription is refused with ${status}`,
    play: async (stage) => {
      await subscribe(stage);
      await stage.respond(status, {}, "SUBSCRIBE");
    },
  })),
  {
    name: "SUBSCRIBE is never answered",
    play: async (stage) => {
      await subscribe(stage);
      await stage.advance(60_000);
    },
  },
  {
    name: "SUBSCRIBE is accepted, and no NOTIFY comes",
    play: async (stage) => {
      await subscribe(stage);
      await accept(stage);
      await stage.advance(60_000);
    },
  },
  {
    name: "the NOTIFY comes before the 200",
    play: async (stage) => {
      const { subscriptions } = await subscribe(stage);
      await notify(stage, 1, "active;expires=3600");
      await accept(stage);
      subscriptions[0]?.dispose();
    },
  },
  {
    name: "a subscription is pending, and then active",
    play: async (stage) => {
      const { subscriptions } = await subscribe(stage);
      await accept(stage);
      await notify(stage, 1, "pending");
      stage.told.push(`${subscriptions[0]?.subscriptionState}`);
      await notify(stage, 2, "active;expires=60");
      stage.told.push(
        `${subscriptions[0]?.subscriptionState} ${subscriptions[0]?.subscriptionExpires}`,
      );
      subscriptions[0]?.dispose();
    },
  },
  {
    name: "the first NOTIFY says terminated",
    play: async (stage) => {
      await subscribe(stage);
      await accept(stage);
      await notify(stage, 1, "terminated;reason=rejected");
    },
  },
  {
    name: "a later NOTIFY says terminated",
    play: async (stage) => {
      const subscription = await active(stage);
      await notify(stage, 2, "terminated;reason=noresource");
      stage.told.push(subscription.subscriptionState);
      stage.attempt("refresh()", () => subscription.refresh());
    },
  },
  {
    name: "the second NOTIFY comes before the first",
    play: async (stage) => {
      const subscription = await active(stage);
      await notify(stage, 3, "active;expires=3000");
      await notify(stage, 2, "active;expires=3000");
      subscription.dispose();
    },
  },
  {
    name: "NOTIFYs in a subscription that nobody listens to",
    play: async (stage) => {
      const message = stage.request("SUBSCRIBE", { extraHeaders: EVENT });
      stage.core.subscribe(message, {});
      await stage.settle();
      await accept(stage);
      await notify(stage, 1, "active;expires=3600");
      await notify(stage, 2, "terminated");
    },
  },
  {
    name: "a NOTIFY for another event",
    play: async (stage) => {
      const subscription = await active(stage);
      await notify(stage, 2, "active", { event: "dialog" });
      subscription.dispose();
    },
  },
  {
    name: "a NOTIFY without Subscription-State",
    play: async (stage) => {
      const subscription = await active(stage);
      await notify(stage, 2, undefined);
      subscription.dispose();
    },
  },
  {
    name: "a subscription is refreshed",
    play: async (stage) => {
      const subscription = await active(stage);
      await stage.advance(1000_000);
      stage.told.push(`${subscription.subscriptionExpires}`);
      subscription.refresh();
      await stage.settle();
      await accept(stage);
      await notify(stage, 2, "active;expires=3600");
      stage.told.push(`${subscription.subscriptionExpires}`);
      subscription.dispose();
    },
  },
  {
    name: "a subscription is refreshed by itself",
    play: async (stage) => {
      const subscription = await active(stage);
      subscription.autoRefresh = true;
      await stage.advance(3500_000);
      await accept(stage);
      await notify(stage, 2, "active;expires=3600");
      subscription.dispose();
    },
  },
  {
    name: "a refresh gets 481",
    play: async (stage) => {
      const subscription = await active(stage);
      subscription.refresh();
      await stage.settle();
      await stage.respond(481, {}, "SUBSCRIBE");
      stage.told.push(subscription.subscriptionState);
      subscription.dispose();
    },
  },
  {
    name: "a subscription is not refreshed, and expires",
    play: async (stage) => {
      const subscription = await active(stage);
      await stage.advance(4000_000);
      stage.told.push(`${subscription.subscriptionState} ${subscription.subscriptionExpires}`);
      subscription.dispose();
    },
  },
  {
    name: "a subscription is ended, and no last NOTIFY comes",
    play: async (stage) => {
      const subscription = await active(stage);
      subscription.unsubscribe();
      await stage.settle();
      await accept(stage, 0);
      await stage.advance(60_000);
      stage.told.push(subscription.subscriptionState);
      subscription.dispose();
    },
  },
  {
    name: "a subscription is disposed of, and a NOTIFY comes",
    play: async (stage) => {
      const subscription = await active(stage);
      subscription.dispose();
      await notify(stage, 2, "active");
    },
  },
  {
    name: "waitNotifyStop(), and then a NOTIFY",
    play: async (stage) => {
      const { request } = await subscribe(stage);
      await accept(stage);
      request.waitNotifyStop();
      await notify(stage, 1, "active;expires=3600");
    },
  },
  {
    name: "a SUBSCRIBE forks: two NOTIFYs from two dialogs",
    play: async (stage) => {
      const { subscriptions } = await subscribe(stage);
      await accept(stage);
      await notify(stage, 1, "active;expires=3600");
      await notify(stage, 1, "active;expires=3600", { fromTag: "far2" });
      for (const subscription of subscriptions) subscription.dispose();
    },
  },
  {
    name: "the first NOTIFY has no Contact",
    play: async (stage) => {
      await subscribe(stage);
      await accept(stage);
      await notify(stage, 1, "active;expires=3600", { contact: false });
    },
  },
  {
    name: "SUBSCRIBE without Event",
    play: async (stage) => {
      stage.attempt(
        "subscribe()",
        () => stage.core.subscribe(stage.request("SUBSCRIBE", { extraHeaders: ["Expires: 1"] })),
      );
      await stage.settle();
    },
  },
  {
    name: "SUBSCRIBE without Expires",
    play: async (stage) => {
      stage.attempt(
        "subscribe()",
        () =>
          stage.core.subscribe(
            stage.request("SUBSCRIBE", { extraHeaders: ["Event: presence"] }),
            {},
          ),
      );
      await stage.settle();
      if (stage.peer.requests("SUBSCRIBE").length > 0) await stage.respond(403, {}, "SUBSCRIBE");
    },
  },
  {
    name: "a NOTIFY for no subscription",
    play: async (stage) => {
      await stage.ask("NOTIFY", {
        toTag: "nobody",
        headers: ["Event: presence", "Subscription-State: active"],
      });
    },
  },
  {
    name: "SUBSCRIBE cannot be sent",
    play: async (stage) => {
      stage.unplug();
      await subscribe(stage);
    },
  },
  {
    name: "SUBSCRIBE is disposed of, and then accepted and notified",
    play: async (stage) => {
      const { request } = await subscribe(stage);
      request.dispose();
      await accept(stage);
      await notify(stage, 1, "active;expires=3600");
      await stage.advance(60_000);
    },
  },
  {
    name: "the first NOTIFY comes twice",
    play: async (stage) => {
      const subscription = await active(stage);
      await notify(stage, 1, "active;expires=3600");
      subscription.dispose();
    },
  },
];
