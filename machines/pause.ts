/**
 * The time between two attempts of a request, where there is one: a re-INVITE that met another goes
 * again after a while (RFC 3261 §14.1).
 *
 * @module
 */
import { emit, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";

/** Plain data. */
export interface PauseContext {
  /** Milliseconds until the next attempt. */
  readonly delay: number;
}

/** What the machine takes. */
export type PauseEvent =
  | DisposeEvent
  /** The transaction user wants the request no more. */
  | { readonly type: "cancel" };

/** What the machine tells. */
export type PauseEmission =
  | TerminatedEmission
  /** It is time. */
  | { readonly type: "resend" }
  /** The response that the last attempt got is the outcome. */
  | { readonly type: "giveUp" };

/** The states. */
export type PauseState = "waiting" | "terminated";

/** The machine of the time between two attempts. */
export const pauseMachine: Statechart<
  PauseContext,
  PauseEvent,
  PauseState,
  PauseContext,
  PauseEmission
> = setup({
  types: {
    context: {} as PauseContext,
    events: {} as PauseEvent,
    input: {} as PauseContext,
    emitted: {} as PauseEmission,
  },
  actions: {
    tellResend: emit({ type: "resend" }),
    tellGiveUp: emit({ type: "giveUp" }),
    tellTerminated: emit({ type: "terminated" }),
  },
  delays: { delay: ({ context }) => context.delay },
}).createMachine({
  id: "pause",
  description: "RFC 3261 §14.1: the time between two attempts of a request.",
  context: ({ input }) => ({ delay: input.delay }),
  initial: "waiting",
  states: {
    waiting: {
      description: "RFC 3261 §14.1: the request is to go again.",
      after: { delay: { target: "terminated", actions: "tellResend" } },
      on: {
        cancel: { target: "terminated", actions: "tellGiveUp" },
        dispose: "terminated",
      },
    },
    terminated: {
      description: "RFC 3261 §14.1: it goes again, or is given up.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
