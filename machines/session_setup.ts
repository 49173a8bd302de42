/**
 * The names that the regions of a session's machine have in common: actions, guards and delays.
 *
 * @module
 */
import { assign, emit, raise, setup, stateIn } from "xstate";
import type {
  SessionContext,
  SessionEmission,
  SessionEvent,
  SessionInput,
} from "./session_events.ts";

/** RFC 4028 §10: "the minimum of 32 seconds and one third of the session interval". */
function expiryMargin(sessionInterval: number): number {
  return Math.min(32_000, sessionInterval / 3);
}

/** See the module. */
export const sessionSetup = setup({
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
    refresh: emit({ type: "refresh" }),
    tellAckOverdue: emit({ type: "ackOverdue" }),
    tellAckTimeout: emit({ type: "ackTimeout" }),
    tellExpired: emit({ type: "expired" }),
    tellTerminated: emit({ type: "terminated" }),
    closeSession: raise({ type: "over" }),
    lose: raise({ type: "lost" }),
    takeForAck: raise({ type: "ack" }),
    leaveAfterAck: assign({ isLeaving: true }),
    inviteLocally: assign({ inviter: "local" }),
    inviteRemotely: assign({ inviter: "remote" }),
    resetInterval: assign({ interval: ({ context }) => context.T1 }),
    lengthenInterval: assign({
      interval: ({ context }) => Math.min(2 * context.interval, context.T2),
    }),
    agree: assign({ hasAgreed: true }),
    setSessionInterval: assign({
      sessionInterval: ({ context, event }) =>
        event.type === "refreshed" ? event.interval : context.sessionInterval,
    }),
  },
  guards: {
    isCaller: ({ context }) => context.role === "caller",
    // The first INVITE comes to nothing with its dialog.
    isReinvite: stateIn({ dialog: "confirmed" }),
    isInviter: ({ context }) => context.inviter === "local",
    owesAck: stateIn({ invitation: "owingAck" }),
    isLeaving: ({ context }) => context.isLeaving,
    hasAgreed: ({ context }) => context.hasAgreed,
    isRefresher: ({ event }) => event.type === "refreshed" && event.refresher === "local",
    isRefreshed: ({ event }) => event.type === "refreshed" && event.refresher === "remote",
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
    // RFC 4028 §7.2: "It is RECOMMENDED that this refresh be sent once half the session interval has
    // elapsed."
    refreshDelay: ({ context }) => context.sessionInterval / 2,
    // A refresh that failed is tried again while there is time: RFC 4028 §10, "retry if possible", but
    // not "continuously".
    refreshAgainDelay: ({ context }) => context.sessionInterval / 16,
    // RFC 4028 §10: whoever hears no refresh "SHOULD send a BYE to terminate the session, slightly
    // before the session expiration".
    refresherPatience: ({ context }) =>
      context.sessionInterval / 2 - expiryMargin(context.sessionInterval),
    watcherPatience: ({ context }) =>
      context.sessionInterval - expiryMargin(context.sessionInterval),
  },
});
