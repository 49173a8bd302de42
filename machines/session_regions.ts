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
  description: "RFC 3261 §13, §14: the INVITE in progress, of either side.",
  initial: "deciding",
  on: { over: ".closed" },
  states: {
    deciding: {
      description: "RFC 3261 §13: who has sent the first INVITE?",
      always: [{ guard: "isCaller", target: "inviting" }, { target: "invited" }],
    },
    inviting: {
      description: "RFC 3261 §13.2, §14.1: this side has invited.",
      entry: "inviteLocally",
      on: { accept: "owingAck", reinviteRefused: { guard: "isReinvite", target: "idle" } },
    },
    owingAck: {
      description: "RFC 3261 §13.2.2.4: the 2xx has come, and this side owes the ACK.",
      after: { ackWatchdog: { actions: "tellAckOverdue" } },
      on: { ack: "idle" },
    },
    invited: {
      description: "RFC 3261 §13.3, §14.2: the other side has invited.",
      entry: ["inviteRemotely", "resetInterval"],
      on: { accept: "awaitingAck", reinviteRefused: { guard: "isReinvite", target: "idle" } },
    },
    awaitingAck: {
      description: "RFC 3261 §13.3.1.4: the 2xx was sent, and its ACK is due.",
      initial: "repeating",
      after: { ackTimeout: { target: "idle", actions: ["tellAckTimeout", "lose"] } },
      on: {
        ack: "idle",
        // Whoever invites again has got the 2xx; the ACK was lost, or is late.
        reinviteReceived: { target: "invited", actions: "takeForAck" },
      },
      states: {
        repeating: {
          description: "RFC 3261 §13.3.1.4: the 2xx is repeated.",
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
      description: "RFC 3261 §14: no INVITE is in progress.",
      on: {
        reinvite: "inviting",
        reinviteReceived: "invited",
        // §13.2.2.4: the ACK "MUST be passed to the client transport every time a retransmission of
        // the 2xx final response that triggered the ACK arrives."
        repeatedAccept: { guard: "isInviter", actions: "acknowledge" },
      },
    },
    closed: { description: "RFC 3261 §15: no INVITE will follow.", type: "final" },
  },
});

/**
 * Offer and answer (RFC 3264 §4, RFC 6337): one offer at a time, of either side. A refused one leaves
 * the session as it was: RFC 3261 §14.1, "the session parameters MUST remain unchanged".
 */
export const signaling = sessionSetup.createStateConfig({
  description: "RFC 3264 §4: offer and answer.",
  initial: "initial",
  on: { over: ".closed" },
  states: {
    initial: {
      description: "RFC 3264 §4: there was no offer.",
      on: { localOffer: "haveLocalOffer", remoteOffer: "haveRemoteOffer" },
    },
    haveLocalOffer: {
      description: "RFC 3264 §5: this side's offer is open.",
      on: {
        remoteAnswer: "stable",
        rollback: [{ guard: "hasAgreed", target: "stable" }, { target: "initial" }],
      },
    },
    haveRemoteOffer: {
      description: "RFC 3264 §6: the other side's offer is open.",
      on: {
        localAnswer: "stable",
        rollback: [{ guard: "hasAgreed", target: "stable" }, { target: "initial" }],
      },
    },
    stable: {
      description: "RFC 3264 §4: the last offer is answered.",
      entry: "agree",
      on: { localOffer: "haveLocalOffer", remoteOffer: "haveRemoteOffer" },
    },
    closed: { description: "RFC 3261 §15: no offer will follow.", type: "final" },
  },
});

/** The session timer (RFC 4028): one side refreshes, and either hangs up when nobody does. */
export const timer = sessionSetup.createStateConfig({
  description: "RFC 4028 §7: the session timer.",
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
    off: { description: "RFC 4028 §7.2: nobody refreshes the session." },
    refreshing: {
      description: "RFC 4028 §7.4: this side refreshes.",
      initial: "waiting",
      states: {
        waiting: {
          description: "RFC 4028 §7.2: half of the session interval has not passed.",
          after: { refreshDelay: { target: "due", actions: "refresh" } },
        },
        due: {
          description: "RFC 4028 §10: a refresh was asked for, and has not come through.",
          initial: "trying",
          after: {
            refresherPatience: {
              target: "#session.timer.off",
              actions: ["tellExpired", "lose"],
            },
          },
          states: {
            trying: {
              description: "RFC 4028 §10: it is tried again while there is time.",
              after: { refreshAgainDelay: { target: "trying", reenter: true, actions: "refresh" } },
            },
          },
        },
      },
    },
    watching: {
      description: "RFC 4028 §10: the other side refreshes.",
      after: { watcherPatience: { target: "off", actions: ["tellExpired", "lose"] } },
    },
    // A refresh that was under way keeps nothing alive.
    closed: {
      description: "RFC 3261 §15: nothing is to be kept alive.",
      type: "final",
      on: { refreshed: {} },
    },
  },
});
