/**
 * The session that an INVITE sets up, as one side sees it: the dialog of RFC 3261 §12 and §15, and
 * beside it the INVITE in progress, offer and answer (RFC 3264), and the session timer (RFC 4028).
 *
 * @module
 */
import type {
  SessionContext,
  SessionEmission,
  SessionEvent,
  SessionInput,
  SessionMachineState,
} from "./session_events.ts";
import { invitation, signaling, timer } from "./session_regions.ts";
import { sessionSetup } from "./session_setup.ts";
import type { Statechart } from "./statechart.ts";

export type * from "./session_events.ts";

const dialog = sessionSetup.createStateConfig({
  description: "RFC 3261 §12, §15: the dialog of the INVITE.",
  initial: "initial",
  on: { dispose: ".terminated" },
  states: {
    initial: {
      description: "RFC 3261 §12.1: no response has made the dialog.",
      on: { progress: "early", accept: "accepted", end: "terminated" },
    },
    early: {
      description: "RFC 3261 §12.1: a provisional response has made it.",
      on: {
        accept: "accepted",
        end: "terminated",
        // §15: "The caller's UA MAY send a BYE for either confirmed or early dialogs, and the
        // callee's UA MAY send a BYE on confirmed dialogs, but MUST NOT send a BYE on early
        // dialogs."
        bye: { guard: "isCaller", target: "leaving", actions: "sendBye" },
        byeReceived: "terminated",
      },
    },
    // The 2xx has confirmed the dialog; its ACK is still to come.
    accepted: {
      description: "RFC 3261 §13.2.2.4: a 2xx has confirmed it; the ACK is to come.",
      on: {
        ack: [
          { guard: "isLeaving", target: "leaving", actions: "sendBye" },
          { target: "confirmed" },
        ],
        bye: [
          { guard: "owesAck", target: "leaving", actions: ["acknowledge", "sendBye"] },
          // §15: the callee "MUST NOT send a BYE on a confirmed dialog until it has received an ACK
          // for its 2xx response or until the server transaction times out."
          { actions: "leaveAfterAck" },
        ],
        // The 2xx has to be acknowledged even so.
        byeReceived: [
          { guard: "owesAck", target: "terminated", actions: "acknowledge" },
          { target: "terminated" },
        ],
        lost: { target: "leaving", actions: "sendBye" },
      },
    },
    confirmed: {
      description: "RFC 3261 §12.2: the call is up.",
      on: {
        bye: [
          { guard: "owesAck", target: "leaving", actions: ["acknowledge", "sendBye"] },
          { target: "leaving", actions: "sendBye" },
        ],
        byeReceived: [
          { guard: "owesAck", target: "terminated", actions: "acknowledge" },
          { target: "terminated" },
        ],
        lost: { target: "leaving", actions: "sendBye" },
      },
    },
    leaving: {
      description: "RFC 3261 §15.1.1: this side has sent a BYE.",
      entry: "closeSession",
      on: {
        // The 2xx crossed a BYE on the dialog, and has to be acknowledged all the same.
        accept: { guard: "isInviter", actions: "acknowledge" },
        end: { guard: "isCaller", target: "terminated" },
        repeatedAccept: { guard: "isInviter", actions: "acknowledge" },
        byeEnded: "terminated",
        // The two BYEs crossed; ours is answered in its own time.
        byeReceived: "terminated",
      },
    },
    terminated: {
      description: "RFC 3261 §15: the dialog is over.",
      type: "final",
      entry: ["tellTerminated", "closeSession"],
    },
  },
});

/** The machine of a session. */
export const sessionMachine: Statechart<
  SessionContext,
  SessionEvent,
  SessionMachineState,
  SessionInput,
  SessionEmission
> = sessionSetup.createMachine({
  id: "session",
  description: "RFC 3261 §12 to §15: the session that an INVITE sets up, as one side sees it.",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    role: input.role,
    interval: input.T1,
    isLeaving: false,
    inviter: input.role === "caller" ? "local" : "remote",
    hasAgreed: false,
    sessionInterval: 0,
  }),
  type: "parallel",
  states: { dialog, invitation, signaling, timer },
});
