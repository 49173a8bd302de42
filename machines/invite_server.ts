/**
 * The incoming INVITE: the INVITE server transaction of RFC 3261 §17.2.1 (Figure 7).
 *
 * Beyond the figure: `accepted` and timer L, in which repeated INVITEs are absorbed while the
 * session repeats the 2xx (RFC 6026 §7.1); the 100 that is due after 200 ms and the provisional
 * response that is due every minute (§13.3.1.1), as child states of `proceeding`; `cancel` (§9.2); `dispose`.
 *
 * @module
 */
import { assign, emit, setup } from "xstate";
import {
  type DisposeEvent,
  errorOf,
  hasStatus,
  messageOf,
  type RequestEvent,
  type RespondEvent,
  type TerminatedEmission,
  type TimeoutEmission,
  type TransmitEmission,
  type TransportErrorEmission,
  type TransportErrorEvent,
} from "./events.ts";
import type { Statechart } from "./statechart.ts";
import {
  type RetransmissionTiming,
  timerG,
  timerH,
  timerI,
  timerL,
  type Timing,
} from "./timers.ts";

/** Plain data: a transaction can be saved with it. */
export type InviteServerContext = RetransmissionTiming;

/** What the machine takes. */
export type InviteServerEvent =
  /** The INVITE came again. */
  | RequestEvent
  | RespondEvent
  /** The ACK to a final response but 2xx came. */
  | { readonly type: "ack" }
  /** A CANCEL for this INVITE came. */
  | { readonly type: "cancel"; readonly message?: unknown }
  | TransportErrorEvent
  | DisposeEvent;

/** What the machine tells. */
export type InviteServerEmission =
  | TransmitEmission
  /** For the wire: 100 (Trying), since the transaction user is taking its time. */
  | { readonly type: "transmitTrying" }
  /** For the transaction user: the caller wants the call no more. */
  | { readonly type: "cancel"; readonly message: unknown }
  /** No ACK came within timer H. */
  | TimeoutEmission
  | TransportErrorEmission
  | TerminatedEmission;

/** The states. */
export type InviteServerState =
  | { proceeding: "silent" | "trying" | "ringing" | "ringingReliably" }
  | "accepted"
  | { completed: "sending" | "retransmitting" | "waiting" }
  | "confirmed"
  | "terminated";

/** The machine of an incoming INVITE; `input` is its timing. */
export const inviteServerMachine: Statechart<
  InviteServerContext,
  InviteServerEvent,
  InviteServerState,
  Timing,
  InviteServerEmission
> = setup({
  types: {
    context: {} as InviteServerContext,
    events: {} as InviteServerEvent,
    input: {} as Timing,
    emitted: {} as InviteServerEmission,
  },
  actions: {
    transmit: emit({ type: "transmit" }),
    transmitTrying: emit({ type: "transmitTrying" }),
    tellCancel: emit(({ event }) => ({ type: "cancel", message: messageOf(event) })),
    tellTimeout: emit({ type: "timeout" }),
    tellTransportError: emit(({ event }) => ({ type: "transportError", error: errorOf(event) })),
    tellTerminated: emit({ type: "terminated" }),
    lengthenInterval: assign({
      interval: ({ context }) => Math.min(2 * context.interval, context.T2),
    }),
  },
  guards: {
    isReliable: ({ context }) => context.reliable,
    isTrying: ({ event }) => hasStatus(event, 100, 100),
    needsPrack: ({ event }) => event.type === "respond" && event.needsPrack === true,
    isProvisional: ({ event }) => hasStatus(event, 100, 199),
    isSuccess: ({ event }) => hasStatus(event, 200, 299),
    isFailure: ({ event }) => hasStatus(event, 300, 699),
  },
  delays: {
    timerG,
    timerH,
    timerI,
    timerL,
    // §17.2.1: "The server transaction MUST generate a 100 (Trying) response unless it knows that
    // the TU will generate a provisional or final response within 200 ms".
    tryingDelay: 200,
    // §13.3.1.1: "the UAS MUST send a non-100 provisional response at every minute, to handle the
    // possibility of lost provisional responses."
    ringingInterval: 60_000,
  },
}).createMachine({
  id: "inviteServer",
  description: "RFC 3261 §17.2.1: the INVITE server transaction, with RFC 6026.",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    reliable: input.reliable,
    interval: input.T1,
  }),
  initial: "proceeding",
  on: { dispose: ".terminated" },
  states: {
    proceeding: {
      description: "RFC 3261 §17.2.1: the INVITE has no final response yet.",
      initial: "silent",
      on: {
        cancel: { actions: "tellCancel" },
        respond: [
          { guard: "isSuccess", target: "accepted", actions: "transmit" },
          { guard: "isFailure", target: "completed", actions: "transmit" },
        ],
        // RFC 6026 §7.1: on a transport error "the server transaction MUST remain in its current
        // state"; the request comes again, and with it another chance to answer.
        transportError: { actions: "tellTransportError" },
      },
      states: {
        silent: {
          description: "RFC 3261 §17.2.1: nothing was sent; a 100 is due after 200 ms.",
          after: { tryingDelay: { target: "trying", actions: "transmitTrying" } },
          on: {
            respond: [
              { guard: "isTrying", target: "trying", actions: "transmit" },
              { guard: "needsPrack", target: "ringingReliably", actions: "transmit" },
              { guard: "isProvisional", target: "ringing", actions: "transmit" },
            ],
          },
        },
        trying: {
          description: "RFC 3261 §17.2.1: the last response was a 100.",
          on: {
            respond: [
              { guard: "isTrying", actions: "transmit" },
              { guard: "needsPrack", target: "ringingReliably", actions: "transmit" },
              { guard: "isProvisional", target: "ringing", actions: "transmit" },
            ],
            // "If a request retransmission is received while in the "Proceeding" state, the most
            // recent provisional response that was received from the TU MUST be passed to the
            // transport layer for retransmission."
            request: { actions: "transmit" },
          },
        },
        ringing: {
          description: "RFC 3261 §13.3.1.1: the last response was a 101 to 199.",
          after: { ringingInterval: { target: "ringing", reenter: true, actions: "transmit" } },
          on: {
            respond: [
              { guard: "isTrying", target: "trying", actions: "transmit" },
              { guard: "needsPrack", target: "ringingReliably", actions: "transmit" },
              { guard: "isProvisional", target: "ringing", reenter: true, actions: "transmit" },
            ],
            request: { actions: "transmit" },
          },
        },
        // RFC 3262 §3: the transaction user repeats it, and makes a new one when it is time.
        ringingReliably: {
          description: "RFC 3262 §3: the last response was one that a PRACK answers.",
          on: {
            respond: [
              { guard: "isTrying", target: "trying", actions: "transmit" },
              { guard: "needsPrack", actions: "transmit" },
              { guard: "isProvisional", target: "ringing", actions: "transmit" },
            ],
            request: { actions: "transmit" },
          },
        },
      },
    },
    accepted: {
      description: "RFC 6026 §7.1: a 2xx was sent; repeated INVITEs are absorbed.",
      // RFC 6026 §7.1: repeated INVITEs are absorbed here, and each 2xx of the transaction user is
      // sent. A transport error is told, and the transaction stays.
      after: { timerL: "terminated" },
      on: {
        respond: { guard: "isSuccess", actions: "transmit" },
        transportError: { actions: "tellTransportError" },
      },
    },
    completed: {
      description: "RFC 3261 §17.2.1: a failure was sent, and its ACK is due.",
      initial: "sending",
      // "If timer H fires while in the "Completed" state, it implies that the ACK was never
      // received ... the server transaction MUST ... indicate to the TU that a transaction failure
      // has occurred."
      after: { timerH: { target: "terminated", actions: "tellTimeout" } },
      on: {
        ack: "confirmed",
        request: { actions: "transmit" },
        transportError: { actions: "tellTransportError" },
      },
      states: {
        sending: {
          description: "RFC 3261 §17.2.1: the transport decides whether timer G runs.",
          always: [{ guard: "isReliable", target: "waiting" }, { target: "retransmitting" }],
        },
        retransmitting: {
          description: "RFC 3261 §17.2.1: unreliable transport: timer G repeats the response.",
          after: {
            timerG: {
              target: "retransmitting",
              reenter: true,
              actions: ["lengthenInterval", "transmit"],
            },
          },
        },
        waiting: { description: "RFC 3261 §17.2.1: reliable transport: nothing is repeated." },
      },
    },
    // "The purpose of the "Confirmed" state is to absorb any additional ACK messages that arrive".
    confirmed: {
      description: "RFC 3261 §17.2.1: the ACK has come; further ones are absorbed.",
      after: { timerI: "terminated" },
    },
    terminated: {
      description: "RFC 3261 §17.2.1: the transaction is destroyed.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
