/**
 * The session that an INVITE sets up, as one side sees it: the dialog of RFC 3261 §12 and §15, and
 * beside it the state of offer and answer (RFC 3264).
 *
 * The 2xx is repeated here and not in a transaction: §13.3.1.4 makes it the session's, end to end.
 *
 * @module
 */
import { assign, emit, raise, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission, TransmitEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";
import type { TimerTable } from "./timers.ts";

/** Who sent the INVITE: this side, the caller, or the other. */
export type SessionRole = "caller" | "callee";

/** What a session starts with. */
export interface SessionInput extends TimerTable {
  /** Which side this is. */
  readonly role: SessionRole;
}

/** Plain data: a session can be saved with it. */
export interface SessionContext extends SessionInput {
  /** The interval before the 2xx is repeated, in milliseconds. */
  readonly interval: number;
  /** Whether this side hangs up as soon as the ACK allows it. */
  readonly isLeaving: boolean;
}

/** What the machine takes. */
export type SessionEvent =
  /** A provisional response with a To-tag made the dialog. */
  | { readonly type: "progress" }
  /** A 2xx made it, or confirmed it. */
  | { readonly type: "accept" }
  /** The 2xx came again, at the caller. */
  | { readonly type: "repeatedAccept" }
  /** The ACK was sent, or came. */
  | { readonly type: "ack" }
  /** This side hangs up. */
  | { readonly type: "bye" }
  /** The BYE was answered, or will never be. */
  | { readonly type: "byeEnded" }
  /** The other side hung up. */
  | { readonly type: "byeReceived" }
  /** The INVITE came to nothing, or another branch took the call. */
  | { readonly type: "end" }
  | { readonly type: "localOffer" }
  | { readonly type: "remoteOffer" }
  | { readonly type: "localAnswer" }
  | { readonly type: "remoteAnswer" }
  | DisposeEvent
  /** The machine's own: the dialog region has left the session. */
  | { readonly type: "over" };

/** What the machine tells. */
export type SessionEmission =
  /** For the wire: the 2xx again. */
  | TransmitEmission
  /** For the wire: the ACK to the 2xx, again or since nobody has sent it. */
  | { readonly type: "acknowledge" }
  /** For the wire: the BYE. */
  | { readonly type: "bye" }
  /** The program has not acknowledged the 2xx, and the other side will soon give up. */
  | { readonly type: "ackOverdue" }
  /** The other side has not acknowledged the 2xx. */
  | { readonly type: "ackTimeout" }
  | TerminatedEmission;

/** The states, region by region. */
export type SessionMachineState = {
  dialog:
    | "initial"
    | "early"
    | "owingAck"
    | { awaitingAck: "repeating" }
    | "confirmed"
    | "leaving"
    | "terminated";
  signaling: "initial" | "haveLocalOffer" | "haveRemoteOffer" | "stable" | "closed";
};

/** The machine of a session. */
export const sessionMachine: Statechart<
  SessionContext,
  SessionEvent,
  SessionMachineState,
  SessionInput,
  SessionEmission
> = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
    emitted: {} as SessionEmission,
  },
  actions: {
    transmit: emit({ type: "transmit" }),
    acknowledge: emit({ type: "acknowledge" }),
    sendBye: emit({ type: "bye" }),
    tellAckOverdue: emit({ type: "ackOverdue" }),
    tellAckTimeout: emit({ type: "ackTimeout" }),
    tellTerminated: emit({ type: "terminated" }),
    lengthenInterval: assign({
      interval: ({ context }) => Math.min(2 * context.interval, context.T2),
    }),
    closeSession: raise({ type: "over" }),
    leaveAfterAck: assign({ isLeaving: true }),
  },
  guards: {
    isCaller: ({ context }) => context.role === "caller",
    isLeaving: ({ context }) => context.isLeaving,
  },
  delays: {
    // §13.3.1.4: "an interval that starts at T1 seconds and doubles for each retransmission until
    // it reaches T2 seconds".
    acceptInterval: ({ context }) => context.interval,
    // §13.3.1.4: "If the server retransmits the 2xx response for 64*T1 seconds without receiving
    // an ACK, the dialog is confirmed, but the session SHOULD be terminated."
    ackTimeout: ({ context }) => 64 * context.T1,
    // Half of the time after which the other side gives up.
    ackWatchdog: ({ context }) => 32 * context.T1,
  },
}).createMachine({
  id: "session",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    role: input.role,
    interval: input.T1,
    isLeaving: false,
  }),
  type: "parallel",
  states: {
    dialog: {
      initial: "initial",
      on: { dispose: ".terminated" },
      states: {
        initial: {
          on: {
            progress: "early",
            accept: [{ guard: "isCaller", target: "owingAck" }, { target: "awaitingAck" }],
            end: "terminated",
          },
        },
        early: {
          on: {
            accept: [{ guard: "isCaller", target: "owingAck" }, { target: "awaitingAck" }],
            end: "terminated",
            // §15: "The caller's UA MAY send a BYE for either confirmed or early dialogs, and the
            // callee's UA MAY send a BYE on confirmed dialogs, but MUST NOT send a BYE on early
            // dialogs."
            bye: { guard: "isCaller", target: "leaving", actions: "sendBye" },
            byeReceived: "terminated",
          },
        },
        owingAck: {
          after: { ackWatchdog: { actions: "tellAckOverdue" } },
          on: {
            ack: "confirmed",
            bye: { target: "leaving", actions: ["acknowledge", "sendBye"] },
            // The 2xx has to be acknowledged even so.
            byeReceived: { target: "terminated", actions: "acknowledge" },
          },
        },
        awaitingAck: {
          initial: "repeating",
          after: {
            ackTimeout: { target: "leaving", actions: ["tellAckTimeout", "sendBye"] },
          },
          on: {
            ack: [
              { guard: "isLeaving", target: "leaving", actions: "sendBye" },
              { target: "confirmed" },
            ],
            // §15: the callee "MUST NOT send a BYE on a confirmed dialog until it has received an
            // ACK for its 2xx response or until the server transaction times out."
            bye: { actions: "leaveAfterAck" },
            byeReceived: "terminated",
          },
          states: {
            repeating: {
              after: {
                acceptInterval: {
                  target: "repeating",
                  reenter: true,
                  actions: ["lengthenInterval", "transmit"],
                },
              },
            },
          },
        },
        confirmed: {
          on: {
            // §13.2.2.4: the ACK "MUST be passed to the client transport every time a
            // retransmission of the 2xx final response that triggered the ACK arrives."
            repeatedAccept: { guard: "isCaller", actions: "acknowledge" },
            bye: { target: "leaving", actions: "sendBye" },
            byeReceived: "terminated",
          },
        },
        leaving: {
          entry: "closeSession",
          on: {
            // The 2xx crossed a BYE on the early dialog, and has to be acknowledged all the same.
            accept: { guard: "isCaller", actions: "acknowledge" },
            end: { guard: "isCaller", target: "terminated" },
            repeatedAccept: { guard: "isCaller", actions: "acknowledge" },
            byeEnded: "terminated",
            // The two BYEs crossed; ours is answered in its own time.
            byeReceived: "terminated",
          },
        },
        terminated: { type: "final", entry: ["tellTerminated", "closeSession"] },
      },
    },
    signaling: {
      initial: "initial",
      on: { over: ".closed" },
      states: {
        initial: { on: { localOffer: "haveLocalOffer", remoteOffer: "haveRemoteOffer" } },
        haveLocalOffer: { on: { remoteAnswer: "stable" } },
        haveRemoteOffer: { on: { localAnswer: "stable" } },
        stable: { on: { localOffer: "haveLocalOffer", remoteOffer: "haveRemoteOffer" } },
        closed: { type: "final" },
      },
    },
  },
});
