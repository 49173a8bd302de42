/**
 * A subscription as the subscriber sees it: the box in the state diagram of RFC 6665 §4.1.2. What
 * comes before it, `init` and `notify_wait`, is the request's (`notify_wait.ts`).
 *
 * Three regions: how far it is, whether a SUBSCRIBE within it waits for its NOTIFY, and how long it
 * still lasts. Beyond the figure: `expired`, in which the NOTIFY that the notifier sends for the same
 * reason is still expected; refreshing by itself; `dispose`.
 *
 * @module
 */
import { assign, emit, raise, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";
import { timerN, type TimerTable } from "./timers.ts";

/** The longest subscription that a clock can count, in seconds: a timer has 31 bits of milliseconds. */
export const MAX_EXPIRES: number = Math.floor((2 ** 31 - 1) / 1000);

/** What Subscription-State says of a subscription (RFC 6665 §4.1.3). */
export type NotifiedState = "pending" | "active" | "terminated";

/** What a subscription starts with. */
export interface SubscriptionInput extends TimerTable {
  /** How many seconds were asked for: it lasts no longer. */
  readonly requested: number;
  /** How many seconds were granted, as far as is known before the first NOTIFY. */
  readonly expires: number;
}

/** Plain data: a subscription can be saved with it. */
export interface SubscriptionContext extends SubscriptionInput {
  /** Whether it refreshes itself before it expires. */
  readonly autoRefresh: boolean;
}

/** What the machine takes. */
export type SubscriptionEvent =
  /** A NOTIFY came; `expires` in seconds, where it says so. */
  | { readonly type: "notify"; readonly state: NotifiedState; readonly expires?: number }
  /** This side has sent a SUBSCRIBE that asks for so many seconds, more than none. */
  | { readonly type: "subscribe"; readonly requested: number }
  /** This side has sent a SUBSCRIBE that ends it. */
  | { readonly type: "unsubscribe" }
  /** A 2xx to such a SUBSCRIBE; `expires` in seconds, where it says so. */
  | { readonly type: "accept"; readonly status: number; readonly expires?: number }
  /** Another final response to it; not a timeout, which is timer N's. */
  | { readonly type: "reject"; readonly status: number }
  /** Whether to refresh it before it expires. */
  | { readonly type: "autoRefresh"; readonly isOn: boolean }
  | DisposeEvent
  /** The machine's own: it lasts anew; its time is over; timer N has fired; it is over. */
  | { readonly type: "renew" | "lapse" | "giveUp" | "over" };

/** What the machine tells. */
export type SubscriptionEmission =
  /** For the wire: a SUBSCRIBE, before it expires. */
  | { readonly type: "refresh" }
  /** From now on it lasts as many seconds as the context says. */
  | { readonly type: "renewed" }
  /** It has ended, and no NOTIFY has said so. */
  | { readonly type: "end" }
  | TerminatedEmission;

/** The states, region by region. */
export type SubscriptionMachineState = {
  subscription: "initial" | "pending" | "active" | "expired" | "terminated";
  refresh: "idle" | "refreshing" | "unsubscribing" | "closed";
  duration: { running: "fresh" | "due" | "refreshed" } | "closed";
};

/**
 * §4.1.2.2: "If a SUBSCRIBE request to refresh a subscription receives a 404, 405, 410, 416, 480-485,
 * 489, 501, or 604 response, the subscriber MUST consider the subscription terminated." §4.2.2 has
 * the same of a NOTIFY and the notifier.
 */
const ENDING = [404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604];

/** Whether a response to a request within a subscription ends it. */
export function endsSubscription(status: number): boolean {
  return ENDING.includes(status);
}

function expiresOf(event: SubscriptionEvent): number | undefined {
  return "expires" in event ? event.expires : undefined;
}

/** The machine of a subscription, at the subscriber. */
export const subscriptionMachine: Statechart<
  SubscriptionContext,
  SubscriptionEvent,
  SubscriptionMachineState,
  SubscriptionInput,
  SubscriptionEmission
> = setup({
  types: {
    context: {} as SubscriptionContext,
    events: {} as SubscriptionEvent,
    input: {} as SubscriptionInput,
    emitted: {} as SubscriptionEmission,
  },
  actions: {
    sendRefresh: emit({ type: "refresh" }),
    tellRenewed: emit({ type: "renewed" }),
    tellEnd: emit({ type: "end" }),
    tellTerminated: emit({ type: "terminated" }),
    // §4.1.2.1: "The received value might be smaller than the value indicated in the SUBSCRIBE
    // request but cannot be larger".
    setExpires: assign({
      expires: ({ context, event }) =>
        Math.min(expiresOf(event) ?? context.requested, context.requested, MAX_EXPIRES),
    }),
    setRequested: assign({
      requested: ({ context, event }) =>
        event.type === "subscribe" ? event.requested : context.requested,
    }),
    setAutoRefresh: assign({
      autoRefresh: ({ context, event }) =>
        event.type === "autoRefresh" ? event.isOn : context.autoRefresh,
    }),
    renew: raise({ type: "renew" }),
    lapse: raise({ type: "lapse" }),
    giveUp: raise({ type: "giveUp" }),
    close: raise({ type: "over" }),
  },
  guards: {
    isTerminated: ({ event }) => event.type === "notify" && event.state === "terminated",
    isPending: ({ event }) => event.type === "notify" && event.state === "pending",
    isActive: ({ event }) => event.type === "notify" && event.state === "active",
    // §4.1.3: "If the header field also contains an "expires" parameter, the subscriber SHOULD take
    // it as the authoritative subscription duration and adjust accordingly"; of "terminated" it "has
    // no semantics".
    setsExpires: ({ event }) =>
      event.type === "notify" && event.state !== "terminated" && event.expires !== undefined,
    shortens: ({ context, event }) => (expiresOf(event) ?? Infinity) < context.expires,
    isAutoRefresh: ({ context }) => context.autoRefresh,
    // §4.1.2.2: "If the subscriber receives a success response to the SUBSCRIBE request that
    // indicates that no NOTIFY request will be generated -- such as the 204 response ... -- then it
    // MUST cancel Timer N."
    isSilent: ({ event }) => event.type === "accept" && event.status === 204,
    isEnding: ({ event }) => event.type === "reject" && endsSubscription(event.status),
  },
  delays: {
    timerN,
    expiry: ({ context }) => context.expires * 1000,
    // Early enough for the SUBSCRIBE and its answer to be sent again and again.
    refreshDue: ({ context }) => context.expires * 900,
  },
}).createMachine({
  id: "subscription",
  description: "RFC 6665 §4.1.2: a subscription, at the subscriber.",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    requested: input.requested,
    expires: Math.min(input.expires, input.requested, MAX_EXPIRES),
    autoRefresh: false,
  }),
  type: "parallel",
  states: {
    subscription: {
      description: "RFC 6665 §4.1.2: how far it is.",
      initial: "initial",
      on: {
        dispose: ".terminated",
        // "Receive NOTIFY, state=terminated".
        notify: { guard: "isTerminated", target: ".terminated" },
        // "481 response to SUBSCRIBE refresh", and the others that §4.1.2.2 lists.
        reject: { guard: "isEnding", target: ".terminated", actions: "tellEnd" },
        // "Re-subscription times out".
        giveUp: { target: ".terminated", actions: "tellEnd" },
        lapse: ".expired",
      },
      states: {
        initial: {
          description: "RFC 6665 §4.1.2: no NOTIFY has said what state it is in.",
          on: {
            notify: [
              { guard: "isActive", target: "active" },
              { guard: "isPending", target: "pending" },
            ],
          },
        },
        pending: {
          description: "RFC 6665 §4.1.3: it waits for authorization.",
          on: { notify: { guard: "isActive", target: "active" } },
        },
        active: { description: "RFC 6665 §4.1.3: it is accepted." },
        // The notifier's clock has run out as well, and its last NOTIFY is on its way: §4.4.1, "the
        // subscription is not considered terminated until the NOTIFY transaction with a
        // "Subscription-State" of "terminated" completes."
        expired: {
          description: "RFC 6665 §4.4.1: its time is over; the last NOTIFY may still come.",
          entry: ["tellEnd", "close"],
          after: { timerN: "terminated" },
          on: { reject: {} },
        },
        terminated: {
          description: "RFC 6665 §4.1.2: the subscription is over.",
          type: "final",
          entry: ["tellTerminated", "close"],
        },
      },
    },
    // "In the state diagram, "Re-subscription times out" means that an attempt to refresh or update
    // the subscription using a new SUBSCRIBE request does not result in a NOTIFY request before the
    // corresponding Timer N expires."
    refresh: {
      description: "RFC 6665 §4.1.2.2: a SUBSCRIBE within it, and its NOTIFY.",
      initial: "idle",
      on: { over: ".closed" },
      states: {
        idle: {
          description: "RFC 6665 §4.1.2.2: none is under way.",
          on: {
            subscribe: { target: "refreshing", actions: "setRequested" },
            unsubscribe: "unsubscribing",
            // Its NOTIFY came first and has said how long; "the server MAY shorten the interval".
            accept: { guard: "shortens", actions: ["setExpires", "renew"] },
          },
        },
        refreshing: {
          description: "RFC 6665 §4.1.2.2: one is out, and its NOTIFY is due.",
          after: { timerN: { target: "closed", actions: "giveUp" } },
          on: {
            subscribe: { target: "refreshing", reenter: true, actions: "setRequested" },
            unsubscribe: "unsubscribing",
            notify: "idle",
            accept: [
              { guard: "isSilent", target: "idle", actions: ["setExpires", "renew"] },
              { actions: ["setExpires", "renew"] },
            ],
            // "If a SUBSCRIBE request to refresh a subscription fails with any error code other than
            // those listed above, the original subscription is still considered valid".
            reject: "idle",
          },
        },
        // §4.1.2.3: "a successful unsubscription will also trigger a final NOTIFY request." Others
        // may have crossed it.
        unsubscribing: {
          description: "RFC 6665 §4.1.2.3: one that ends it is out; a last NOTIFY is due.",
          after: { timerN: { target: "closed", actions: "giveUp" } },
        },
        closed: { description: "RFC 6665 §4.1.2.2: none will follow.", type: "final" },
      },
    },
    duration: {
      description: "RFC 6665 §4.1.2.1: how long it lasts.",
      initial: "running",
      on: { over: ".closed" },
      states: {
        running: {
          description: "RFC 6665 §4.1.2.1: it has not expired.",
          initial: "fresh",
          after: { expiry: { target: "closed", actions: "lapse" } },
          on: {
            autoRefresh: { actions: "setAutoRefresh" },
            notify: {
              guard: "setsExpires",
              target: "running",
              reenter: true,
              actions: ["setExpires", "tellRenewed"],
            },
            renew: { target: "running", reenter: true, actions: "tellRenewed" },
            // It ends with its last NOTIFY, or by timer N.
            unsubscribe: "closed",
          },
          states: {
            fresh: {
              description: "RFC 6665 §4.1.2.2: it need not be refreshed yet.",
              after: { refreshDue: "due" },
            },
            due: {
              description: "RFC 6665 §4.1.2.2: it may be refreshed by itself.",
              always: { guard: "isAutoRefresh", target: "refreshed", actions: "sendRefresh" },
            },
            refreshed: { description: "RFC 6665 §4.1.2.2: a SUBSCRIBE was asked for." },
          },
        },
        closed: { description: "RFC 6665 §4.1.2: it has expired, or is to end.", type: "final" },
      },
    },
  },
});
