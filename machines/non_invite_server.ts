/**
 * The server transaction of every request but INVITE and ACK: RFC 3261 §17.2.2 (Figure 8).
 *
 * Beyond the figure: `dispose`.
 *
 * @module
 */
import { emit, setup } from "xstate";
import {
  type DisposeEvent,
  errorOf,
  hasStatus,
  type RequestEvent,
  type RespondEvent,
  type TerminatedEmission,
  type TransmitEmission,
  type TransportErrorEmission,
  type TransportErrorEvent,
} from "./events.ts";
import type { Statechart } from "./statechart.ts";
import { timerJ, type Timing } from "./timers.ts";

/** Plain data: a transaction can be saved with it. */
export type NonInviteServerContext = Timing;

/** What the machine takes. */
export type NonInviteServerEvent =
  /** The request came again. */
  RequestEvent | RespondEvent | TransportErrorEvent | DisposeEvent;

/** What the machine tells. */
export type NonInviteServerEmission =
  | TransmitEmission
  | TransportErrorEmission
  | TerminatedEmission;

/** The states. */
export type NonInviteServerState = "trying" | "proceeding" | "completed" | "terminated";

/** The machine of an incoming request that is no INVITE; `input` is its timing. */
export const nonInviteServerMachine: Statechart<
  NonInviteServerContext,
  NonInviteServerEvent,
  NonInviteServerState,
  Timing,
  NonInviteServerEmission
> = setup({
  types: {
    context: {} as NonInviteServerContext,
    events: {} as NonInviteServerEvent,
    input: {} as Timing,
    emitted: {} as NonInviteServerEmission,
  },
  actions: {
    transmit: emit({ type: "transmit" }),
    tellTransportError: emit(({ event }) => ({ type: "transportError", error: errorOf(event) })),
    tellTerminated: emit({ type: "terminated" }),
  },
  guards: {
    isProvisional: ({ event }) => hasStatus(event, 100, 199),
    isFinal: ({ event }) => hasStatus(event, 200, 699),
  },
  delays: { timerJ },
}).createMachine({
  id: "nonInviteServer",
  description: "RFC 3261 §17.2.2: the server transaction of a request but INVITE.",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    reliable: input.reliable,
  }),
  initial: "trying",
  on: { dispose: ".terminated" },
  states: {
    trying: {
      description: "RFC 3261 §17.2.2: nothing was sent; repeated requests are discarded.",
      // "Once in the "Trying" state, any further request retransmissions are discarded."
      on: {
        respond: [
          { guard: "isProvisional", target: "proceeding", actions: "transmit" },
          { guard: "isFinal", target: "completed", actions: "transmit" },
        ],
      },
    },
    proceeding: {
      description: "RFC 3261 §17.2.2: a provisional response was sent.",
      on: {
        respond: [
          { guard: "isProvisional", actions: "transmit" },
          { guard: "isFinal", target: "completed", actions: "transmit" },
        ],
        // "If a retransmission of the request is received while in the "Proceeding" state, the most
        // recently sent provisional response MUST be passed to the transport layer".
        request: { actions: "transmit" },
        transportError: { target: "terminated", actions: "tellTransportError" },
      },
    },
    completed: {
      description: "RFC 3261 §17.2.2: the final response was sent.",
      // "Any other final responses passed by the TU to the server transaction MUST be discarded
      // while in the "Completed" state."
      after: { timerJ: "terminated" },
      on: {
        request: { actions: "transmit" },
        transportError: { target: "terminated", actions: "tellTransportError" },
      },
    },
    terminated: {
      description: "RFC 3261 §17.2.2: the transaction is destroyed.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
