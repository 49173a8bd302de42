/**
 * What goes on within a dialog, each in a region of its own: the INVITE of either side, offer and
 * answer, the session timer.
 *
 * @module
 */
import { sessionSetup } from "./session_setup.ts";

/**
 * The INVITE in progress, the first or a later one (RFC 3261 §13, §14). §14.1: "a UAC MUST NOT
 * initiate a new INVITE transaction within a dialog while another INVITE transaction is in progress
 * in either direction."
 *
 * The 2xx is repeated here and not in a transaction: §13.3.1.4 makes it the session's, end to end.
 */
export const invitation = sessionSetup.createStateConfig({
  initial: "deciding",
  on: { over: ".closed" },
  states: {
    deciding: {
      always: [{ guard: "isCaller", target: "inviting" }, { target: "invited" }],
    },
    inviting: {
      entry: "inviteLocally",
      on: { accept: "owingAck", reinviteRefused: { guard: "isReinvite", target: "idle" } },
    },
    owingAck: {
      after: { ackWatchdog: { actions: "tellAckOverdue" } },
      on: { ack: "idle" },
    },
    invited: {
      entry: ["inviteRemotely", "resetInterval"],
      on: { accept: "awaitingAck", reinviteRefused: { guard: "isReinvite", target: "idle" } },
    },
    awaitingAck: {
      initial: "repeating",
      after: { ackTimeout: { target: "idle", actions: ["tellAckTimeout", "lose"] } },
      on: {
        ack: "idle",
        // Whoever invites again has got the 2xx; the ACK was lost, or is late.
        reinviteReceived: { target: "invited", actions: "takeForAck" },
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
    idle: {
      on: {
        reinvite: "inviting",
        reinviteReceived: "invited",
        // §13.2.2.4: the ACK "MUST be passed to the client transport every time a retransmission of
        // the 2xx final response that triggered the ACK arrives."
        repeatedAccept: { guard: "isInviter", actions: "acknowledge" },
      },
    },
    closed: { type: "final" },
  },
});

/**
 * Offer and answer (RFC 3264 §4, RFC 6337): one offer at a time, of either side. A refused one leaves
 * the session as it was: RFC 3261 §14.1, "the session parameters MUST remain unchanged".
 */
export const signaling = sessionSetup.createStateConfig({
  initial: "initial",
  on: { over: ".closed" },
  states: {
    initial: { on: { localOffer: "haveLocalOffer", remoteOffer: "haveRemoteOffer" } },
    haveLocalOffer: {
      on: {
        remoteAnswer: "stable",
        rollback: [{ guard: "hasAgreed", target: "stable" }, { target: "initial" }],
      },
    },
    haveRemoteOffer: {
      on: {
        localAnswer: "stable",
        rollback: [{ guard: "hasAgreed", target: "stable" }, { target: "initial" }],
      },
    },
    stable: {
      entry: "agree",
      on: { localOffer: "haveLocalOffer", remoteOffer: "haveRemoteOffer" },
    },
    closed: { type: "final" },
  },
});

/** The session timer (RFC 4028): one side refreshes, and either hangs up when nobody does. */
export const timer = sessionSetup.createStateConfig({
  initial: "off",
  on: {
    over: ".closed",
    // Every refresh, of either side, negotiates anew who is to send the next.
    refreshed: [
      { guard: "isRefresher", target: ".refreshing", actions: "setSessionInterval" },
      { guard: "isRefreshed", target: ".watching", actions: "setSessionInterval" },
      { target: ".off", actions: "setSessionInterval" },
    ],
  },
  states: {
    off: {},
    refreshing: {
      initial: "waiting",
      states: {
        waiting: { after: { refreshDelay: { target: "due", actions: "refresh" } } },
        due: {
          initial: "trying",
          after: {
            refresherPatience: {
              target: "#session.timer.off",
              actions: ["tellExpired", "lose"],
            },
          },
          states: {
            trying: {
              after: { refreshAgainDelay: { target: "trying", reenter: true, actions: "refresh" } },
            },
          },
        },
      },
    },
    watching: {
      after: { watcherPatience: { target: "off", actions: ["tellExpired", "lose"] } },
    },
    // A refresh that was under way keeps nothing alive.
    closed: { type: "final", on: { refreshed: {} } },
  },
});
