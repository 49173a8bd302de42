/**
 * The states of a session as a program is told of them, by those of its machine.
 *
 * @module
 */
import type { SessionState, SignalingState } from "./session.ts";

/** By the dialog. */
export const SESSION_STATES = {
  initial: "Initial",
  early: "Early",
  accepted: "AckWait",
  confirmed: "Confirmed",
  // §15.1.1: "The UAC MUST consider the session terminated (and therefore stop sending or listening
  // for media) as soon as the BYE request is passed to the client transaction."
  leaving: "Terminated",
  terminated: "Terminated",
} as const satisfies { [state: string]: SessionState };

/** By offer and answer. */
export const SIGNALING_STATES = {
  initial: "Initial",
  haveLocalOffer: "HaveLocalOffer",
  haveRemoteOffer: "HaveRemoteOffer",
  stable: "Stable",
  closed: "Closed",
} as const satisfies { [state: string]: SignalingState };
