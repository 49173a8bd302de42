/**
 * The time before a request is sent, where its next hop is a name that somebody has to be asked about
 * (RFC 3263 §4).
 *
 * @module
 */
import { emit, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";

/** Nothing has to be remembered. */
export type LocatingContext = Record<never, never>;

/** What the machine takes. */
export type LocatingEvent =
  | DisposeEvent
  /** It is known where the request goes, or that it goes nowhere. */
  | { readonly type: "located" }
  /** The transaction user wants the request no more. */
  | { readonly type: "cancel" };

/** What the machine tells. */
export type LocatingEmission =
  | TerminatedEmission
  /** It is time to send. */
  | { readonly type: "located" }
  /** Nothing was sent, and nothing will be. */
  | { readonly type: "giveUp" };

/** The states. */
export type LocatingState = "locating" | "terminated";

/** The machine of the time before a request is sent. */
export const locatingMachine: Statechart<
  LocatingContext,
  LocatingEvent,
  LocatingState,
  LocatingContext,
  LocatingEmission
> = setup({
  types: {
    context: {} as LocatingContext,
    events: {} as LocatingEvent,
    input: {} as LocatingContext,
    emitted: {} as LocatingEmission,
  },
  actions: {
    tellLocated: emit({ type: "located" }),
    tellGiveUp: emit({ type: "giveUp" }),
    tellTerminated: emit({ type: "terminated" }),
  },
}).createMachine({
  id: "locating",
  description: "RFC 3263 §4: before a request is sent whose next hop is a name.",
  context: {},
  initial: "locating",
  states: {
    locating: {
      description: "RFC 3263 §4: it is not known yet where the request goes; nothing was sent.",
      on: {
        located: { target: "terminated", actions: "tellLocated" },
        // RFC 3261 §9.1 has a CANCEL wait for a response to what was sent: here nothing was.
        cancel: { target: "terminated", actions: "tellGiveUp" },
        dispose: "terminated",
      },
    },
    terminated: {
      description: "RFC 3263 §4: it is sent by now, or never will be.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
