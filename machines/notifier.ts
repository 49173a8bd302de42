/**
 * A subscription as the notifier sees it: the state diagram of RFC 6665 §4.2.2.
 *
 * Three regions: how far it is, whether a NOTIFY is owed for a SUBSCRIBE that was accepted, and how
 * long it still lasts. Beyond the figure: `leaving`, while the last NOTIFY is being answered;
 * `dispose`.
 *
 * @module
 */
import { assign, emit, not, raise, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";
import { endsSubscription, MAX_EXPIRES } from "./subscription.ts";

/** What a subscription starts with at the notifier. */
export interface NotifierInput {
  /** How many seconds were granted; none where the state is only fetched (§4.4.3). */
  readonly expires: number;
}

/** Plain data: a subscription can be saved with it. */
export type NotifierContext = NotifierInput;

/** What the machine takes. */
export type NotifierEvent =
  /** This side sends a NOTIFY that does not end it. */
  | { readonly type: "notify"; readonly state: "pending" | "active" }
  /** This side sends the NOTIFY that ends it. */
  | { readonly type: "terminate" }
  /** A SUBSCRIBE within it was accepted, for so many seconds; none ends it. */
  | { readonly type: "subscribe"; readonly expires: number }
  /** The program has had its chance to send the NOTIFY that is owed. */
  | { readonly type: "settle" }
  /** A NOTIFY got this final response; whether it was the last one, which ends the subscription. */
  | { readonly type: "notifyEnded"; readonly status: number; readonly isLast: boolean }
  /** A NOTIFY was not answered (timer F). */
  | { readonly type: "notifyTimeout"; readonly isLast: boolean }
  | DisposeEvent
  /** The machine's own: it has no time left; it ends. */
  | { readonly type: "lapse" | "over" };

/** What the machine tells. */
export type NotifierEmission =
  /** For the wire: a NOTIFY that says what is known. */
  | { readonly type: "notify" }
  /** For the wire: the NOTIFY that says that its time is over. */
  | { readonly type: "expire" }
  /** It has ended, and not by the program's own word. */
  | { readonly type: "end" }
  | TerminatedEmission;

/** The states, region by region. */
export type NotifierState = {
  subscription: "respWait" | "pending" | "active" | "leaving" | "terminated";
  confirmation: "owed" | "sent" | "closed";
  duration: "running" | "closed";
};

/** The machine of a subscription, at the notifier. */
export const notifierMachine: Statechart<
  NotifierContext,
  NotifierEvent,
  NotifierState,
  NotifierInput,
  NotifierEmission
> = setup({
  types: {
    context: {} as NotifierContext,
    events: {} as NotifierEvent,
    input: {} as NotifierInput,
    emitted: {} as NotifierEmission,
  },
  actions: {
    sendNotify: emit({ type: "notify" }),
    sendExpire: emit({ type: "expire" }),
    tellEnd: emit({ type: "end" }),
    tellTerminated: emit({ type: "terminated" }),
    setExpires: assign({
      expires: ({ context, event }) =>
        event.type === "subscribe" ? Math.min(event.expires, MAX_EXPIRES) : context.expires,
    }),
    settle: raise({ type: "settle" }),
    lapse: raise({ type: "lapse" }),
    close: raise({ type: "over" }),
  },
  guards: {
    isActive: ({ context, event }) =>
      context.expires > 0 && event.type === "notify" && event.state === "active",
    isPending: ({ context, event }) =>
      context.expires > 0 && event.type === "notify" && event.state === "pending",
    // It was asked for no time at all: any NOTIFY is the last.
    isUp: ({ context }) => context.expires === 0,
    // §4.2.2: "If the NOTIFY transaction fails due to the receipt of a 404, 405, ... response to the
    // NOTIFY request, the notifier MUST remove the corresponding subscription."
    isEnding: ({ event }) => event.type === "notifyEnded" && endsSubscription(event.status),
    isLast: ({ event }) => "isLast" in event && event.isLast,
  },
  delays: {
    immediately: 0,
    expiry: ({ context }) => context.expires * 1000,
  },
}).createMachine({
  id: "notifier",
  description: "RFC 6665 §4.2.2: a subscription, at the notifier.",
  context: ({ input }) => ({ expires: Math.min(input.expires, MAX_EXPIRES) }),
  type: "parallel",
  states: {
    subscription: {
      description: "RFC 6665 §4.2.2: how far it is.",
      initial: "respWait",
      on: {
        dispose: ".terminated",
        // "terminated per local policy".
        terminate: ".leaving",
        // §4.4.3: a state that is only fetched comes in a NOTIFY that says "terminated".
        notify: { guard: "isUp", target: ".leaving", actions: "tellEnd" },
        // "subscription expires". §4.2.1.4: "When removing a subscription, the notifier SHOULD send a
        // NOTIFY request with a "Subscription-State" value of "terminated"".
        lapse: { target: ".leaving", actions: ["sendExpire", "tellEnd"] },
        // "NOTIFY failure".
        notifyEnded: { guard: "isEnding", target: ".terminated", actions: "tellEnd" },
        // §4.2.2: "If the NOTIFY request fails due to expiration of SIP Timer F (transaction
        // timeout), the notifier SHOULD remove the subscription."
        notifyTimeout: { target: ".terminated", actions: "tellEnd" },
      },
      states: {
        respWait: {
          description: "RFC 6665 §4.2.2: the SUBSCRIBE is accepted, and no NOTIFY was sent.",
          on: {
            notify: [
              { guard: "isActive", target: "active" },
              { guard: "isPending", target: "pending" },
            ],
            // The program has accepted it and says no more.
            settle: { guard: not("isUp"), target: "active" },
          },
        },
        pending: {
          description: "RFC 6665 §4.2.2: it waits for authorization.",
          on: { notify: { guard: "isActive", target: "active" } },
        },
        active: { description: "RFC 6665 §4.2.2: the subscriber is told of the state." },
        // §4.4.1: "the subscription is not considered terminated until the NOTIFY transaction with a
        // "Subscription-State" of "terminated" completes."
        leaving: {
          description: "RFC 6665 §4.4.1: the last NOTIFY is out, and not answered yet.",
          entry: "close",
          on: {
            terminate: {},
            notify: {},
            notifyEnded: [{ guard: "isLast", target: "terminated" }, {}],
            notifyTimeout: [{ guard: "isLast", target: "terminated" }, {}],
          },
        },
        terminated: {
          description: "RFC 6665 §4.2.2: the subscription is removed.",
          type: "final",
          entry: ["tellTerminated", "close"],
        },
      },
    },
    // §4.2.1.2: "Upon successfully accepting or refreshing a subscription, notifiers MUST send a
    // NOTIFY request immediately to communicate the current resource state to the subscriber."
    confirmation: {
      description: "RFC 6665 §4.2.1.2: the NOTIFY that follows a SUBSCRIBE at once.",
      initial: "owed",
      on: { over: ".closed" },
      states: {
        owed: {
          description: "RFC 6665 §4.2.1.2: that NOTIFY is still to be sent.",
          after: { immediately: { actions: "settle" } },
          on: {
            notify: "sent",
            settle: [
              { guard: "isUp", target: "sent", actions: "lapse" },
              { target: "sent", actions: "sendNotify" },
            ],
          },
        },
        sent: { description: "RFC 6665 §4.2.1.2: none is owed.", on: { subscribe: "owed" } },
        closed: { description: "RFC 6665 §4.4.1: none will be owed.", type: "final" },
      },
    },
    duration: {
      description: "RFC 6665 §4.2.1.1: how long it lasts.",
      initial: "running",
      on: { over: ".closed" },
      states: {
        running: {
          description: "RFC 6665 §4.2.1.1: it has not expired.",
          after: { expiry: { target: "closed", actions: "lapse" } },
          on: { subscribe: { target: "running", reenter: true, actions: "setExpires" } },
        },
        closed: {
          description: "RFC 6665 §4.2.1.4: it has expired, or ended otherwise.",
          type: "final",
        },
      },
    },
  },
});
