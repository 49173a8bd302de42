/**
 * The time after a SUBSCRIBE or a REFER in which NOTIFYs may come and make subscriptions: `init` and
 * `notify_wait` of RFC 6665 §4.1.2. It is the request's; what each NOTIFY makes is a subscription of
 * its own (`subscription.ts`).
 *
 * Beyond the figure: the first NOTIFY does not end the wait, since others may come from other
 * branches of a fork until timer N (§4.1.2.4); `dispose`.
 *
 * @module
 */
import { emit, setup, stateIn } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";
import { timerN, type TimerTable } from "./timers.ts";

/** Plain data: the wait can be saved with it. */
export type NotifyWaitContext = TimerTable;

/** What the machine takes. */
export type NotifyWaitEvent =
  /** A NOTIFY came that belongs to the request. */
  | { readonly type: "notify" }
  /** No other NOTIFY will come: the request has failed, its dialog cannot fork, it has no use. */
  | { readonly type: "end" }
  | DisposeEvent;

/** What the machine tells. */
export type NotifyWaitEmission =
  /** No NOTIFY came in 64*T1. */
  | { readonly type: "notifyTimeout" }
  | TerminatedEmission;

/** The states. */
export type NotifyWaitState = "waiting" | "notified" | "terminated";

/** The machine of a request that asks for NOTIFYs; `input` is its timers. */
export const notifyWaitMachine: Statechart<
  NotifyWaitContext,
  NotifyWaitEvent,
  NotifyWaitState,
  TimerTable,
  NotifyWaitEmission
> = setup({
  types: {
    context: {} as NotifyWaitContext,
    events: {} as NotifyWaitEvent,
    input: {} as TimerTable,
    emitted: {} as NotifyWaitEmission,
  },
  actions: {
    tellNotifyTimeout: emit({ type: "notifyTimeout" }),
    tellTerminated: emit({ type: "terminated" }),
  },
  guards: { isWaiting: stateIn("waiting") },
  delays: { timerN },
}).createMachine({
  id: "notifyWait",
  description: "RFC 6665 §4.1.2.4: the wait for NOTIFYs after a SUBSCRIBE or REFER.",
  context: ({ input }) => ({ T1: input.T1, T2: input.T2, T4: input.T4 }),
  initial: "waiting",
  // §4.1.2.4: "a subscriber starts a Timer N, set to 64*T1, when it sends a SUBSCRIBE request. If
  // this Timer N expires prior to the receipt of a NOTIFY request, the subscriber considers the
  // subscription failed, and cleans up any state associated with the subscription attempt." The
  // timer is the whole wait's, and a NOTIFY leaves it running: "Until Timer N expires, several
  // NOTIFY requests may arrive from different destinations".
  after: {
    timerN: [
      { guard: "isWaiting", target: ".terminated", actions: "tellNotifyTimeout" },
      { target: ".terminated" },
    ],
  },
  on: { end: ".terminated", dispose: ".terminated" },
  states: {
    waiting: {
      description: "RFC 6665 §4.1.2: notify_wait: no NOTIFY has come.",
      on: { notify: "notified" },
    },
    notified: { description: "RFC 6665 §4.1.2.4: one has come; other branches may send theirs." },
    terminated: {
      description: "RFC 6665 §4.1.2.4: no other NOTIFY makes a subscription.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
