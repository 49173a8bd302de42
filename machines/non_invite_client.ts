/**
 * The client transaction of every request but INVITE and ACK: RFC 3261 §17.1.2 (Figure 6).
 *
 * Beyond the figure: retransmission is a region of its own, since timer E runs on from `trying`
 * into `proceeding`; a reliable transport never enters it; a failure after which the request goes
 * again; `dispose`.
 *
 * @module
 */
import { assign, emit, setup } from "xstate";
import {
  type DisposeEvent,
  errorOf,
  hasStatus,
  isRetriable,
  messageOf,
  type ResponseEmission,
  type ResponseEvent,
  type RetryEmission,
  type TerminatedEmission,
  type TimeoutEmission,
  type TransmitEmission,
  type TransportErrorEmission,
  type TransportErrorEvent,
} from "./events.ts";
import type { Statechart } from "./statechart.ts";
import { type RetransmissionTiming, timerE, timerF, timerK, type Timing } from "./timers.ts";

/** Plain data: a transaction can be saved with it. */
export interface NonInviteClientContext extends RetransmissionTiming {
  /** Whether a provisional response has come: from then on timer E is T2. */
  readonly isProceeding: boolean;
}

/** What the machine takes. */
export type NonInviteClientEvent =
  | ResponseEvent
  | TransportErrorEvent
  | DisposeEvent
  /** The request goes elsewhere: nobody has answered here (RFC 3263 §4.3). */
  | { readonly type: "abandon" };

/** What the machine tells. */
export type NonInviteClientEmission =
  | TransmitEmission
  | ResponseEmission
  | RetryEmission
  | TimeoutEmission
  | TransportErrorEmission
  | TerminatedEmission;

/** The states. */
export type NonInviteClientState =
  | {
    pending: {
      response: "trying" | "proceeding";
      retransmission: "sending" | "retransmitting" | "waiting";
    };
  }
  | "completed"
  | "terminated";

/** The machine of a request that is no INVITE; `input` is its timing. */
export const nonInviteClientMachine: Statechart<
  NonInviteClientContext,
  NonInviteClientEvent,
  NonInviteClientState,
  Timing,
  NonInviteClientEmission
> = setup({
  types: {
    context: {} as NonInviteClientContext,
    events: {} as NonInviteClientEvent,
    input: {} as Timing,
    emitted: {} as NonInviteClientEmission,
  },
  actions: {
    transmit: emit({ type: "transmit" }),
    tellTrying: emit(({ event }) => ({ type: "trying", message: messageOf(event) })),
    tellProgress: emit(({ event }) => ({ type: "progress", message: messageOf(event) })),
    tellAccept: emit(({ event }) => ({ type: "accept", message: messageOf(event) })),
    tellRedirect: emit(({ event }) => ({ type: "redirect", message: messageOf(event) })),
    tellReject: emit(({ event }) => ({ type: "reject", message: messageOf(event) })),
    tellRetry: emit(({ event }) => ({ type: "retry", message: messageOf(event) })),
    tellTimeout: emit({ type: "timeout" }),
    tellTransportError: emit(({ event }) => ({ type: "transportError", error: errorOf(event) })),
    tellTerminated: emit({ type: "terminated" }),
    proceed: assign({ isProceeding: true }),
    // §17.1.2.2: in Trying "the timer is reset, but this time with a value of MIN(2*T1, T2)", and so
    // on doubling; in Proceeding "Timer E MUST be reset with a value of T2 seconds".
    lengthenInterval: assign({
      interval: ({ context }) =>
        context.isProceeding ? context.T2 : Math.min(2 * context.interval, context.T2),
    }),
  },
  guards: {
    isReliable: ({ context }) => context.reliable,
    isTrying: ({ event }) => hasStatus(event, 100, 100),
    isProvisional: ({ event }) => hasStatus(event, 100, 199),
    isSuccess: ({ event }) => hasStatus(event, 200, 299),
    isRedirect: ({ event }) => hasStatus(event, 300, 399),
    isRetriable: ({ event }) => isRetriable(event),
    isFailure: ({ event }) => hasStatus(event, 400, 699),
  },
  delays: { timerE, timerF, timerK },
}).createMachine({
  id: "nonInviteClient",
  description: "RFC 3261 §17.1.2: the client transaction of a request but INVITE.",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    reliable: input.reliable,
    interval: input.T1,
    isProceeding: false,
  }),
  initial: "pending",
  on: { dispose: ".terminated" },
  states: {
    pending: {
      description: "RFC 3261 §17.1.2.2: the request is out, and has no final response.",
      type: "parallel",
      entry: "transmit",
      // "If Timer F fires while the client transaction is still in the "Trying" state, the client
      // transaction SHOULD inform the TU about the timeout", and in Proceeding "the TU MUST be
      // informed of a timeout".
      after: { timerF: { target: "terminated", actions: "tellTimeout" } },
      on: {
        response: [
          { guard: "isSuccess", target: "completed", actions: "tellAccept" },
          { guard: "isRedirect", target: "completed", actions: "tellRedirect" },
          { guard: "isRetriable", target: "completed", actions: "tellRetry" },
          { guard: "isFailure", target: "completed", actions: "tellReject" },
        ],
        transportError: { target: "terminated", actions: "tellTransportError" },
        abandon: "completed",
      },
      states: {
        response: {
          description: "RFC 3261 §17.1.2, Figure 6: what has come back.",
          initial: "trying",
          states: {
            trying: {
              description: "RFC 3261 §17.1.2.2: nothing has come back.",
              on: {
                response: [
                  { guard: "isTrying", target: "proceeding", actions: ["proceed", "tellTrying"] },
                  {
                    guard: "isProvisional",
                    target: "proceeding",
                    actions: ["proceed", "tellProgress"],
                  },
                ],
              },
            },
            proceeding: {
              description: "RFC 3261 §17.1.2.2: a provisional response has come.",
              on: {
                response: [
                  { guard: "isTrying", actions: "tellTrying" },
                  { guard: "isProvisional", actions: "tellProgress" },
                ],
              },
            },
          },
        },
        retransmission: {
          description: "RFC 3261 §17.1.2.2: timer E, which runs on in both.",
          initial: "sending",
          states: {
            sending: {
              description: "RFC 3261 §17.1.2.2: the transport decides whether timer E runs.",
              always: [{ guard: "isReliable", target: "waiting" }, { target: "retransmitting" }],
            },
            retransmitting: {
              description: "RFC 3261 §17.1.2.2: unreliable transport: timer E repeats the request.",
              after: {
                timerE: {
                  target: "retransmitting",
                  reenter: true,
                  actions: ["lengthenInterval", "transmit"],
                },
              },
            },
            waiting: {
              description: "RFC 3261 §17.1.2.2: reliable transport: nothing is repeated.",
            },
          },
        },
      },
    },
    // "The "Completed" state exists to buffer any additional response retransmissions".
    completed: {
      description: "RFC 3261 §17.1.2.2: the final response has come; repeated ones are absorbed.",
      after: { timerK: "terminated" },
    },
    terminated: {
      description: "RFC 3261 §17.1.2.2: the transaction is destroyed.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
