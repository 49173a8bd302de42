/**
 * The life of the supervisor: running; draining, while the calls that are up are being ended;
 * stopped.
 *
 * @module
 */
import { assign, emit, setup } from "xstate";
import type { DisposeEvent } from "./events.ts";
import type { Statechart } from "./statechart.ts";

/** Plain data. */
export interface SupervisorContext {
  /** How long draining may take, in milliseconds. */
  readonly deadline: number;
}

/** What the machine takes. */
export type SupervisorEvent =
  /** End every call politely, within this many milliseconds. */
  | { readonly type: "stop"; readonly deadline: number }
  /** No call is left. */
  | { readonly type: "drained" }
  /** End everything at once. */
  | DisposeEvent;

/** What the machine tells. */
export type SupervisorEmission =
  /** Every call has to be ended. */
  | { readonly type: "drain" }
  /** Whatever is left has to be dropped, and every transport closed. */
  | { readonly type: "stopped" };

/** The states. */
export type SupervisorState = "running" | "draining" | "stopped";

/** The machine of a supervisor. */
export const supervisorMachine: Statechart<
  SupervisorContext,
  SupervisorEvent,
  SupervisorState,
  void,
  SupervisorEmission
> = setup({
  types: {
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    emitted: {} as SupervisorEmission,
  },
  actions: {
    drain: emit({ type: "drain" }),
    tellStopped: emit({ type: "stopped" }),
    setDeadline: assign({
      deadline: ({ context, event }) => event.type === "stop" ? event.deadline : context.deadline,
    }),
  },
  delays: { deadline: ({ context }) => context.deadline },
}).createMachine({
  id: "supervisor",
  description: "The life of a core's supervisor, which no RFC describes.",
  context: { deadline: 0 },
  initial: "running",
  on: { dispose: ".stopped" },
  states: {
    running: {
      description: "Calls come and go.",
      on: { stop: { target: "draining", actions: "setDeadline" } },
    },
    draining: {
      description: "Every call is being ended, within a deadline.",
      entry: "drain",
      after: { deadline: "stopped" },
      on: { drained: "stopped" },
    },
    stopped: {
      description: "Nothing is left, and every transport is closed.",
      type: "final",
      entry: "tellStopped",
    },
  },
});
