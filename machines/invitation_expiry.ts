/**
 * How long an INVITE is good for, where it has an Expires: RFC 3261 §13.2.1 at the caller, §13.3.1 at
 * the callee.
 *
 * @module
 */
import { emit, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";

/** Plain data. */
export interface InvitationExpiryContext {
  /** Milliseconds for which the invitation is good. */
  readonly validity: number;
}

/** What the machine takes. */
export type InvitationExpiryEvent =
  | DisposeEvent
  /** The INVITE has a final response. */
  | { readonly type: "answered" };

/** What the machine tells. */
export type InvitationExpiryEmission =
  | TerminatedEmission
  /** The invitation has expired, and nobody has answered it. */
  | { readonly type: "expired" };

/** The states. */
export type InvitationExpiryState = "open" | "terminated";

/** The machine of an invitation that expires. */
export const invitationExpiryMachine: Statechart<
  InvitationExpiryContext,
  InvitationExpiryEvent,
  InvitationExpiryState,
  InvitationExpiryContext,
  InvitationExpiryEmission
> = setup({
  types: {
    context: {} as InvitationExpiryContext,
    events: {} as InvitationExpiryEvent,
    input: {} as InvitationExpiryContext,
    emitted: {} as InvitationExpiryEmission,
  },
  actions: {
    tellExpired: emit({ type: "expired" }),
    tellTerminated: emit({ type: "terminated" }),
  },
  delays: { validity: ({ context }) => context.validity },
}).createMachine({
  id: "invitationExpiry",
  context: ({ input }) => ({ validity: input.validity }),
  initial: "open",
  states: {
    open: {
      // §13.3.1: "If the invitation expires before the UAS has generated a final response, a 487
      // (Request Terminated) response SHOULD be generated." §13.2.1: "If the time indicated in the
      // Expires header field is reached and no final answer for the INVITE has been received, the UAC
      // core SHOULD generate a CANCEL request for the INVITE".
      after: { validity: { target: "terminated", actions: "tellExpired" } },
      on: { answered: "terminated", dispose: "terminated" },
    },
    terminated: { type: "final", entry: "tellTerminated" },
  },
});
