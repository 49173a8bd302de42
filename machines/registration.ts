/**
 * A registration that lasts: the bindings of RFC 3261 §10.2 as the user agent keeps one of them.
 *
 * Two regions: the REGISTER that is under way or comes next, and the binding that the registrar has
 * granted. When to try again after a failure is not decided here, but by the flow that the REGISTER
 * goes by (`flow.ts`), which says `register`.
 *
 * @module
 */
import { assign, emit, not, raise, setup, stateIn } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";
import { MAX_EXPIRES } from "./subscription.ts";
import type { TimerTable } from "./timers.ts";

/** Plain data: a registration can be saved with it. */
export interface RegistrationContext extends TimerTable {
  /** How many seconds the binding was granted for, when it was granted last. */
  readonly expires: number;
}

/** What the machine takes. */
export type RegistrationEvent =
  /** It is time for a REGISTER: there is a flow to try, or the program asks for it. */
  | { readonly type: "register" }
  /** A 2xx to the last REGISTER; `expires` in seconds: how long the binding is granted for. */
  | { readonly type: "accept"; readonly expires: number }
  /** It got none, or a refusal that may pass: it is tried again when there is a flow. */
  | { readonly type: "fail" }
  /** A refusal that will not pass by itself. */
  | { readonly type: "refuse" }
  /** The program wants the binding removed. */
  | { readonly type: "unregister" }
  | DisposeEvent
  /** The machine's own: the binding has to be refreshed; it is over. */
  | { readonly type: "due" | "over" };

/** What the machine tells. */
export type RegistrationEmission =
  /** For the wire: a REGISTER for the binding; one that removes it. */
  | { readonly type: "sendRegister" | "sendUnregister" }
  /** The binding is there, and was not before. */
  | { readonly type: "registered" }
  /** It lasts on. */
  | { readonly type: "refreshed" }
  /** Its time is over, and nobody has refreshed it. */
  | { readonly type: "lapsed" }
  | TerminatedEmission;

/** The states, region by region. */
export type RegistrationMachineState = {
  request: "waiting" | "registering" | "idle" | "refused" | "leaving" | "unregistering" | "closed";
  binding: "none" | { bound: "fresh" | "due" } | "closed";
};

/**
 * When to refresh, in milliseconds: early enough for two REGISTERs that nobody answers, where the
 * binding lasts that long, and never in the first half of it.
 */
function refreshDelay({ expires, T1 }: RegistrationContext): number {
  const whole = expires * 1000;
  return Math.max(1000, whole / 2, Math.min(0.9 * whole, whole - 2 * 64 * T1));
}

/** The machine of a registration; `input` is its timers. */
export const registrationMachine: Statechart<
  RegistrationContext,
  RegistrationEvent,
  RegistrationMachineState,
  TimerTable,
  RegistrationEmission
> = setup({
  types: {
    context: {} as RegistrationContext,
    events: {} as RegistrationEvent,
    input: {} as TimerTable,
    emitted: {} as RegistrationEmission,
  },
  actions: {
    sendRegister: emit({ type: "sendRegister" }),
    sendUnregister: emit({ type: "sendUnregister" }),
    tellRegistered: emit({ type: "registered" }),
    tellRefreshed: emit({ type: "refreshed" }),
    tellLapsed: emit({ type: "lapsed" }),
    tellTerminated: emit({ type: "terminated" }),
    setExpires: assign({
      expires: ({ context, event }) =>
        event.type === "accept" ? Math.min(event.expires, MAX_EXPIRES) : context.expires,
    }),
    refresh: raise({ type: "due" }),
    close: raise({ type: "over" }),
  },
  guards: {
    isRegistering: stateIn({ request: "registering" }),
    isUnbound: not(stateIn({ binding: "bound" })),
  },
  delays: {
    refreshDue: ({ context }) => refreshDelay(context),
    expiry: ({ context }) => context.expires * 1000,
  },
}).createMachine({
  id: "registration",
  description: "RFC 3261 §10.2: a binding that is kept at a registrar.",
  context: ({ input }) => ({ T1: input.T1, T2: input.T2, T4: input.T4, expires: 0 }),
  type: "parallel",
  states: {
    // §10.2: "UAs MUST NOT send a new registration ... until they have received a final response from
    // the registrar for the previous one or the previous REGISTER request has timed out." Where the
    // flow of the previous one is gone, neither will be.
    request: {
      description: "RFC 3261 §10.2: the REGISTER that is under way or comes next.",
      initial: "waiting",
      on: { dispose: ".closed" },
      states: {
        waiting: {
          description: "RFC 5626 §4.5: there is no flow to send a REGISTER by.",
          on: {
            register: "registering",
            unregister: [{ guard: "isUnbound", target: "closed" }, { target: "unregistering" }],
          },
        },
        registering: {
          description: "RFC 3261 §10.2.1: a REGISTER for the binding is out.",
          entry: "sendRegister",
          on: {
            register: { target: "registering", reenter: true },
            accept: "idle",
            fail: "waiting",
            refuse: "refused",
            unregister: "leaving",
          },
        },
        idle: {
          description: "RFC 3261 §10.2.4: the binding is fresh enough.",
          on: { register: "registering", due: "registering", unregister: "unregistering" },
        },
        // A binding that is there lasts until it expires. That the program has mended what was wrong is
        // for the program to say.
        refused: {
          description: "RFC 3261 §10.2.8: the registrar has refused for good.",
          on: {
            register: "registering",
            unregister: [{ guard: "isUnbound", target: "closed" }, { target: "unregistering" }],
          },
        },
        leaving: {
          description: "RFC 3261 §10.2: the binding is to go, once the REGISTER is answered.",
          on: {
            accept: "unregistering",
            fail: [{ guard: "isUnbound", target: "closed" }, { target: "unregistering" }],
            refuse: [{ guard: "isUnbound", target: "closed" }, { target: "unregistering" }],
          },
        },
        // §10.2.2: "A UA requests the immediate removal of a binding by specifying an expiration
        // interval of "0" for that contact address in a REGISTER request."
        unregistering: {
          description: "RFC 3261 §10.2.2: a REGISTER that removes the binding is out.",
          entry: "sendUnregister",
          on: { accept: "closed", fail: "closed", refuse: "closed" },
        },
        closed: {
          description: "RFC 3261 §10.2.2: nothing will be sent any more.",
          type: "final",
          entry: ["tellTerminated", "close"],
        },
      },
    },
    binding: {
      description: "RFC 3261 §10.2.1: what the registrar has granted.",
      initial: "none",
      on: { over: ".closed" },
      states: {
        none: {
          description: "RFC 3261 §10.2.1: the registrar has no binding, as far as is known.",
          on: {
            accept: {
              guard: "isRegistering",
              target: "bound",
              actions: ["setExpires", "tellRegistered"],
            },
          },
        },
        bound: {
          description: "RFC 3261 §10.2.4: the binding is there until it expires.",
          initial: "fresh",
          // §10.2.4: "Each UA is responsible for refreshing the bindings that it has previously
          // established."
          after: { expiry: { target: "none", actions: ["tellLapsed", "refresh"] } },
          on: {
            accept: {
              guard: "isRegistering",
              target: "bound",
              reenter: true,
              actions: ["setExpires", "tellRefreshed"],
            },
          },
          states: {
            fresh: {
              description: "RFC 3261 §10.2.4: it need not be refreshed yet.",
              after: { refreshDue: { target: "due", actions: "refresh" } },
            },
            due: { description: "RFC 3261 §10.2.4: it is to be refreshed." },
          },
        },
        closed: { description: "RFC 3261 §10.2.2: the binding is kept no more.", type: "final" },
      },
    },
  },
});
