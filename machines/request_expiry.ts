/**
 * How long a request that is not answered yet is good for: an INVITE that has an Expires (RFC 3261
 * §13.2.1 at the caller, §13.3.1 at the callee); at the server, any other request, whose client gives
 * up with timer F (§17.1.2.2).
 *
 * @module
 */
import { emit, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";

/** Plain data. */
export interface RequestExpiryContext {
  /** Milliseconds for which the request is good. */
  readonly validity: number;
}

/** What the machine takes. */
export type RequestExpiryEvent =
  | DisposeEvent
  /** The request has a final response. */
  | { readonly type: "answered" };

/** What the machine tells. */
export type RequestExpiryEmission =
  | TerminatedEmission
  /** Its time is up, and nobody has answered it. */
  | { readonly type: "expired" };

/** The states. */
export type RequestExpiryState = "open" | "terminated";

/** The machine of a request that expires. */
export const requestExpiryMachine: Statechart<
  RequestExpiryContext,
  RequestExpiryEvent,
  RequestExpiryState,
  RequestExpiryContext,
  RequestExpiryEmission
> = setup({
  types: {
    context: {} as RequestExpiryContext,
    events: {} as RequestExpiryEvent,
    input: {} as RequestExpiryContext,
    emitted: {} as RequestExpiryEmission,
  },
  actions: {
    tellExpired: emit({ type: "expired" }),
    tellTerminated: emit({ type: "terminated" }),
  },
  delays: { validity: ({ context }) => context.validity },
}).createMachine({
  id: "requestExpiry",
  description: "RFC 3261 §13.2.1, §13.3.1: how long a request is good for.",
  context: ({ input }) => ({ validity: input.validity }),
  initial: "open",
  states: {
    open: {
      description: "RFC 3261 §13.3.1: it has no final response, and has not expired.",
      // §13.3.1: "If the invitation expires before the UAS has generated a final response, a 487
      // (Request Terminated) response SHOULD be generated." §13.2.1: "If the time indicated in the
      // Expires header field is reached and no final answer for the INVITE has been received, the UAC
      // core SHOULD generate a CANCEL request for the INVITE".
      after: { validity: { target: "terminated", actions: "tellExpired" } },
      on: { answered: "terminated", dispose: "terminated" },
    },
    terminated: {
      description: "RFC 3261 §13.3.1: it is answered, or has expired.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
