/**
 * The outgoing INVITE: RFC 3261 §13.2 and the INVITE client transaction of §17.1.1 (Figure 5).
 *
 * Beyond the figure: `accepted` and timer M, in which repeated 2xx and those of other branches are
 * taken (RFC 6026 §7.2); a region for the CANCEL of §9.1, which waits for the first provisional
 * response; a failure after which the request goes again, unless it was cancelled (§22.1);
 * `dispose`.
 *
 * @module
 */
import { and, assign, emit, not, raise, setup, stateIn } from "xstate";
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
import {
  type RetransmissionTiming,
  timerA,
  timerB,
  timerD,
  timerM,
  type Timing,
} from "./timers.ts";

/** Plain data: a call can be saved with it. */
export interface InviteClientContext extends RetransmissionTiming {
  /** The To-tags of the 2xx that were accepted, one for each branch of a fork. */
  readonly acceptedTags: readonly string[];
}

/** What the machine takes. */
export type InviteClientEvent =
  | ResponseEvent
  | TransportErrorEvent
  | DisposeEvent
  /** The transaction user wants the call no more. */
  | { readonly type: "cancel" }
  /** The INVITE goes elsewhere: nobody has answered here (RFC 3263 §4.3). */
  | { readonly type: "abandon" }
  /** The machine's own: 64*T1 ran out, in one region or the other. */
  | { readonly type: "expired" };

/** What the machine tells. */
export type InviteClientEmission =
  | TransmitEmission
  | ResponseEmission
  | RetryEmission
  | TimeoutEmission
  | TransportErrorEmission
  | TerminatedEmission
  /** For the wire: the CANCEL, a transaction of its own (§9.1). */
  | { readonly type: "cancel" }
  /** For the wire: the ACK to a 3xx to 6xx, which belongs to this transaction (§17.1.1.3). */
  | { readonly type: "acknowledge"; readonly message: unknown }
  /** A 2xx that was accepted before came again: its ACK was lost (§13.2.2.4). */
  | { readonly type: "repeatedAccept"; readonly message: unknown }
  /** A 2xx came after the INVITE had failed: a call that nobody waits for any more. */
  | { readonly type: "lateAccept"; readonly message: unknown };

/** The states, region by region. */
export type InviteClientState = {
  cancellation: "none" | "possible" | "deferred" | "sent" | "done";
  transaction:
    | { calling: "sending" | "retransmitting" | "waiting" }
    | "abandoned"
    | "proceeding"
    | "accepted"
    | "completed"
    | "terminated";
};

/** The machine of an outgoing INVITE; `input` is its timing. */
export const inviteClientMachine: Statechart<
  InviteClientContext,
  InviteClientEvent,
  InviteClientState,
  Timing,
  InviteClientEmission
> = setup({
  types: {
    context: {} as InviteClientContext,
    events: {} as InviteClientEvent,
    input: {} as Timing,
    emitted: {} as InviteClientEmission,
  },
  actions: {
    transmit: emit({ type: "transmit" }),
    sendCancel: emit({ type: "cancel" }),
    acknowledge: emit(({ event }) => ({ type: "acknowledge", message: messageOf(event) })),
    tellTrying: emit(({ event }) => ({ type: "trying", message: messageOf(event) })),
    tellProgress: emit(({ event }) => ({ type: "progress", message: messageOf(event) })),
    tellAccept: emit(({ event }) => ({ type: "accept", message: messageOf(event) })),
    tellRepeatedAccept: emit(({ event }) => ({
      type: "repeatedAccept",
      message: messageOf(event),
    })),
    tellLateAccept: emit(({ event }) => ({ type: "lateAccept", message: messageOf(event) })),
    tellRedirect: emit(({ event }) => ({ type: "redirect", message: messageOf(event) })),
    tellReject: emit(({ event }) => ({ type: "reject", message: messageOf(event) })),
    tellRetry: emit(({ event }) => ({ type: "retry", message: messageOf(event) })),
    tellTimeout: emit({ type: "timeout" }),
    tellTransportError: emit(({ event }) => ({ type: "transportError", error: errorOf(event) })),
    tellTerminated: emit({ type: "terminated" }),
    doubleInterval: assign({ interval: ({ context }) => context.interval * 2 }),
    rememberTag: assign({
      acceptedTags: ({ context, event }) => [
        ...context.acceptedTags,
        event.type === "response" ? event.toTag ?? "" : "",
      ],
    }),
    expire: raise({ type: "expired" }),
  },
  guards: {
    isReliable: ({ context }) => context.reliable,
    isTrying: ({ event }) => hasStatus(event, 100, 100),
    isProvisional: ({ event }) => hasStatus(event, 100, 199),
    isSuccess: ({ event }) => hasStatus(event, 200, 299),
    isRedirect: ({ event }) => hasStatus(event, 300, 399),
    isFailure: ({ event }) => hasStatus(event, 400, 699),
    isRetriable: ({ event }) => isRetriable(event),
    // A call that nobody wants any more does not go again: the failure is its outcome.
    isWanted: and([
      not(stateIn({ cancellation: "deferred" })),
      not(stateIn({ cancellation: "sent" })),
    ]),
    isFinal: ({ event }) => hasStatus(event, 200, 699),
    isFinalButSuccess: ({ event }) => hasStatus(event, 300, 699),
    isRepeatedSuccess: ({ context, event }) =>
      event.type === "response" && hasStatus(event, 200, 299) &&
      context.acceptedTags.includes(event.toTag ?? ""),
    // What a peer can make grow has a limit; no fork has that many branches.
    isNewBranch: ({ context, event }) =>
      hasStatus(event, 200, 299) && context.acceptedTags.length < 64,
  },
  delays: {
    timerA,
    timerB,
    timerD,
    timerM,
    // §9.1: "if there is no final response for the original request in 64*T1 seconds ... the client
    // SHOULD then consider the original transaction cancelled and SHOULD destroy the client
    // transaction handling the original request".
    cancelTimeout: timerB,
  },
}).createMachine({
  id: "inviteClient",
  description: "RFC 3261 §17.1.1: the INVITE client transaction, with its CANCEL and RFC 6026.",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    reliable: input.reliable,
    interval: input.T1,
    acceptedTags: [],
  }),
  type: "parallel",
  states: {
    // First, so that a CANCEL leaves before anybody is told of the response that allowed it.
    cancellation: {
      description: "RFC 3261 §9.1: the CANCEL of this INVITE.",
      initial: "none",
      on: { dispose: ".done", transportError: ".done", expired: ".done" },
      states: {
        none: {
          description: "RFC 3261 §9.1: no CANCEL is asked for, and none may be sent yet.",
          on: {
            // §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be
            // sent; rather, the client MUST wait for the arrival of a provisional response".
            cancel: "deferred",
            abandon: "deferred",
            response: [
              { guard: "isProvisional", target: "possible" },
              { guard: "isFinal", target: "done" },
            ],
          },
        },
        possible: {
          description: "RFC 3261 §9.1: a provisional response has come: a CANCEL may be sent.",
          on: {
            cancel: { target: "sent", actions: "sendCancel" },
            response: { guard: "isFinal", target: "done" },
          },
        },
        deferred: {
          description:
            "RFC 3261 §9.1: a CANCEL is asked for, and waits for a provisional response.",
          on: {
            response: [
              { guard: "isProvisional", target: "sent", actions: "sendCancel" },
              // "If the original request has generated a final response, the CANCEL SHOULD NOT be
              // sent, as it is an effective no-op".
              { guard: "isFinal", target: "done" },
            ],
          },
        },
        sent: {
          description: "RFC 3261 §9.1: the CANCEL is out, and a final response is due.",
          after: { cancelTimeout: { target: "done", actions: "expire" } },
          on: { response: { guard: "isFinal", target: "done" } },
        },
        done: {
          description: "RFC 3261 §9.1: a CANCEL would have no effect any more.",
          type: "final",
        },
      },
    },
    transaction: {
      description: "RFC 3261 §17.1.1, Figure 5: the transaction.",
      initial: "calling",
      on: { dispose: ".terminated" },
      states: {
        calling: {
          description: "RFC 3261 §17.1.1.2: the INVITE is out, and nothing has come back.",
          entry: "transmit",
          initial: "sending",
          after: {
            // §17.1.1.2: "If the client transaction is still in the "Calling" state when timer B
            // fires, the client transaction SHOULD inform the TU that a timeout has occurred."
            timerB: { target: "terminated", actions: ["tellTimeout", "expire"] },
          },
          on: {
            response: [
              { guard: "isTrying", target: "proceeding", actions: "tellTrying" },
              { guard: "isProvisional", target: "proceeding", actions: "tellProgress" },
              { guard: "isSuccess", target: "accepted", actions: ["rememberTag", "tellAccept"] },
              {
                guard: "isRedirect",
                target: "completed",
                actions: ["acknowledge", "tellRedirect"],
              },
              {
                guard: and(["isRetriable", "isWanted"]),
                target: "completed",
                actions: ["acknowledge", "tellRetry"],
              },
              { guard: "isFailure", target: "completed", actions: ["acknowledge", "tellReject"] },
            ],
            transportError: { target: "terminated", actions: "tellTransportError" },
            abandon: "abandoned",
          },
          states: {
            sending: {
              description: "RFC 3261 §17.1.1.2: the transport decides whether timer A runs.",
              // "If an unreliable transport is being used, the client transaction MUST start timer
              // A with a value of T1. If a reliable transport is being used, the client transaction
              // SHOULD NOT start timer A".
              always: [{ guard: "isReliable", target: "waiting" }, { target: "retransmitting" }],
            },
            retransmitting: {
              description: "RFC 3261 §17.1.1.2: unreliable transport: timer A repeats the INVITE.",
              // A child state, so that arming timer A again leaves timer B running.
              after: {
                timerA: {
                  target: "retransmitting",
                  reenter: true,
                  actions: ["doubleInterval", "transmit"],
                },
              },
            },
            waiting: {
              description: "RFC 3261 §17.1.1.2: reliable transport: nothing is repeated.",
            },
          },
        },
        abandoned: {
          description: "RFC 3263 §4.3: the INVITE goes to another server; what comes yet is ended.",
          // Nothing is repeated, and nobody waits for an answer. Should one come all the same, the far
          // end must not be left with a call: a provisional one is answered with CANCEL, in the other
          // region.
          after: { timerB: { target: "terminated", actions: "expire" } },
          on: {
            response: [
              { guard: "isSuccess", actions: "tellLateAccept" },
              { guard: "isFinalButSuccess", target: "completed", actions: "acknowledge" },
            ],
            transportError: "terminated",
          },
        },
        proceeding: {
          description: "RFC 3261 §17.1.1.2: a provisional response has come.",
          on: {
            response: [
              { guard: "isTrying", actions: "tellTrying" },
              { guard: "isProvisional", actions: "tellProgress" },
              { guard: "isSuccess", target: "accepted", actions: ["rememberTag", "tellAccept"] },
              {
                guard: "isRedirect",
                target: "completed",
                actions: ["acknowledge", "tellRedirect"],
              },
              {
                guard: and(["isRetriable", "isWanted"]),
                target: "completed",
                actions: ["acknowledge", "tellRetry"],
              },
              { guard: "isFailure", target: "completed", actions: ["acknowledge", "tellReject"] },
            ],
            transportError: { target: "terminated", actions: "tellTransportError" },
            expired: { target: "terminated", actions: "tellTimeout" },
          },
        },
        accepted: {
          description: "RFC 6026 §7.2: a 2xx has come; it may come again, and from other branches.",
          // RFC 6026 §7.2: the transaction stays, so that 2xx of other branches and repeated ones
          // find it. An ACK that could not be sent is the session's to mend.
          after: { timerM: "terminated" },
          on: {
            response: [
              { guard: "isRepeatedSuccess", actions: "tellRepeatedAccept" },
              { guard: "isNewBranch", actions: ["rememberTag", "tellAccept"] },
            ],
          },
        },
        completed: {
          description: "RFC 3261 §17.1.1.2: a failure has come; repeated ones are acknowledged.",
          after: { timerD: "terminated" },
          on: {
            // §17.1.1.2: "Any retransmissions of the final response that are received while in the
            // "Completed" state MUST cause the ACK to be re-passed to the transport layer for
            // retransmission, but the newly received response MUST NOT be passed up to the TU."
            response: [
              { guard: "isFinalButSuccess", actions: "acknowledge" },
              // Another branch was faster than the CANCEL that its proxy sent it.
              { guard: "isSuccess", actions: "tellLateAccept" },
            ],
            transportError: { target: "terminated", actions: "tellTransportError" },
          },
        },
        terminated: {
          description: "RFC 3261 §17.1.1.2: the transaction is destroyed.",
          type: "final",
          entry: "tellTerminated",
        },
      },
    },
  },
});
