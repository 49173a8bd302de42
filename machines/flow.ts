/**
 * A flow to a registrar or an outbound proxy, as a user agent that keeps one sees it: RFC 5626 §4.4
 * (keep-alive) and §4.5 (recovery). By what a message goes, and what asks whether it is still there, is
 * nothing that the machine knows.
 *
 * A flow has been formed when a REGISTER by it was accepted. It counts as a success when that is so, and,
 * where keep-alives are answered on it, "at least one" answer has come (§4.5); whatever fails before waits
 * longer each time. Beyond the RFC: a success that is lost is formed again at once only if it has lasted.
 *
 * @module
 */
import { assign, emit, not, setup } from "xstate";
import type { DisposeEvent, TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";

/** How long to wait before a flow is tried again, in milliseconds (§4.5). */
export interface FlowRecovery {
  /** What is doubled with each failure, where no other flow of the account works. */
  readonly baseTimeAllFailed: number;
  /** The same, where another one works. */
  readonly baseTime: number;
  /** What it never exceeds. */
  readonly maxTime: number;
}

/** The defaults of §4.5. */
export const DEFAULT_RECOVERY: FlowRecovery = {
  baseTimeAllFailed: 30_000,
  baseTime: 90_000,
  maxTime: 1_800_000,
};

/** Plain data: a flow can be saved with it. */
export interface FlowContext extends FlowRecovery {
  /** How often in succession it could not be formed. */
  readonly failures: number;
  /** Whether it counts as a success. */
  readonly isProven: boolean;
  /** Whether it has lasted for a while. */
  readonly isSettled: boolean;
  /** Whether a keep-alive without an answer means that it is gone. */
  readonly isOwed: boolean;
  /** Milliseconds between two keep-alives: at least, and at most; 0 where there are none. */
  readonly least: number;
  readonly most: number;
  /** Milliseconds until the next keep-alive, or the next attempt. */
  readonly wait: number;
}

/** What a failure comes with. */
interface Failure {
  /** From 0 to 1, at random: a thousand clients shall not come back at the same moment. */
  readonly random: number;
  /** Whether another flow of the account works. */
  readonly othersWork: boolean;
}

/** What the machine takes. */
export type FlowEvent =
  /**
   * A REGISTER by it was accepted. Keep-alives are from `least` to `most` milliseconds apart, or there
   * are none where both are 0; `isOwed`: the far end has promised to answer them.
   */
  | {
    readonly type: "opened";
    readonly least: number;
    readonly most: number;
    readonly isOwed: boolean;
    readonly random: number;
  }
  /** A keep-alive was answered. */
  | { readonly type: "answered"; readonly random: number }
  /** It was not. */
  | { readonly type: "unanswered" } & Failure
  /** Its connection is gone, its address has changed, or a request by it got no answer. */
  | { readonly type: "lost" } & Failure
  /** A REGISTER by it was refused; not again before `retryAfter` milliseconds, if it says so. */
  | { readonly type: "refused"; readonly retryAfter: number } & Failure
  /** The network is another one: all that was known of it counts no more. */
  | { readonly type: "reconnect" }
  | DisposeEvent;

/** What the machine tells. */
export type FlowEmission =
  /** For the registration: form the flow, by a REGISTER. */
  | { readonly type: "connect" }
  /** It works, as far as is known. */
  | { readonly type: "open" }
  /** For the wire: a keep-alive. */
  | { readonly type: "ping" }
  /** It was open, and is gone. */
  | { readonly type: "failed" }
  /** It is tried again in so many milliseconds. */
  | { readonly type: "backOff"; readonly delay: number }
  | TerminatedEmission;

/** The states. */
export type FlowMachineState =
  | "connecting"
  | { up: "open" | "probing" }
  | "backingOff"
  | "closed";

/** How a flow is, in one word. */
export type FlowState = "connecting" | "open" | "probing" | "backingOff" | "closed";

/** See `FlowState`. */
export function flowStateOf(state: FlowMachineState): FlowState {
  return typeof state === "string" ? state : state.up;
}

/** So long a flow has to have lasted to be formed again at once: whoever closes each one gets no flood. */
const SETTLING = 10_000;

/**
 * §4.5: the upper bound is `min(max-time, base-time * 2^consecutive-failures)`, and the time to wait "a
 * uniform random time between 50 and 100% of the upper-bound wait time"; a Retry-After may ask for more.
 */
function backOff(context: FlowContext, failures: number, event: FlowEvent): number {
  const { random, othersWork } = event as Failure;
  const { retryAfter = 0 } = event as { retryAfter?: number };
  const base = othersWork ? context.baseTime : context.baseTimeAllFailed;
  const bound = Math.min(context.maxTime, base * 2 ** failures);
  return Math.max(Math.round(bound * (0.5 + random / 2)), retryAfter);
}

/** When the next keep-alive is due, where there are any. */
function interval(least: number, most: number, event: FlowEvent): number {
  const { random = 0 } = event as { random?: number };
  return Math.round(least + (most - least) * random);
}

/**
 * A flow that was proven before begins to count anew: its loss is no failure yet, a refusal is. Beyond the
 * longest wait nothing is counted.
 */
function failuresOf(
  { failures, isProven, baseTimeAllFailed, maxTime }: FlowContext,
  { type }: FlowEvent,
): number {
  if (isProven) return type === "refused" ? 1 : 0;
  return baseTimeAllFailed * 2 ** failures < maxTime ? failures + 1 : failures;
}

/** The machine of a flow. */
export const flowMachine: Statechart<
  FlowContext,
  FlowEvent,
  FlowMachineState,
  FlowRecovery,
  FlowEmission
> = setup({
  types: {
    context: {} as FlowContext,
    events: {} as FlowEvent,
    input: {} as FlowRecovery,
    emitted: {} as FlowEmission,
  },
  actions: {
    tellConnect: emit({ type: "connect" }),
    tellOpen: emit({ type: "open" }),
    sendPing: emit({ type: "ping" }),
    tellFailed: emit({ type: "failed" }),
    tellBackOff: emit(({ context }) => ({ type: "backOff", delay: context.wait })),
    tellTerminated: emit({ type: "terminated" }),
    setKeepAlive: assign(({ context, event }) =>
      event.type === "opened"
        ? {
          least: event.least,
          most: event.most,
          // Once it has been answered, an answer is missed.
          isOwed: event.isOwed || (context.isOwed && context.isProven),
          isProven: context.isProven || event.most === 0 || !event.isOwed,
          wait: interval(event.least, event.most, event),
        }
        : {}
    ),
    prove: assign(({ context, event }) => ({
      isProven: true,
      isOwed: true,
      failures: 0,
      wait: interval(context.least, context.most, event),
    })),
    postpone: assign({
      wait: ({ context, event }) => interval(context.least, context.most, event),
    }),
    countFailure: assign(({ context, event }) => ({
      failures: failuresOf(context, event),
      isProven: false,
      isSettled: false,
      isOwed: false,
      wait: backOff(context, failuresOf(context, event), event),
    })),
    settle: assign({ isSettled: true }),
    forgetFailures: assign({ failures: 0, isProven: false, isSettled: false, isOwed: false }),
  },
  guards: {
    isGood: ({ context }) => context.isProven && context.isSettled,
    isOwed: ({ context }) => context.isOwed,
    isPinging: ({ context }) => context.most > 0,
    willPing: ({ event }) => event.type === "opened" && event.most > 0,
  },
  delays: { settling: SETTLING, wait: ({ context }) => context.wait },
}).createMachine({
  id: "flow",
  description: "RFC 5626 §4: a flow, as the user agent that keeps it sees it.",
  context: ({ input }) => ({
    baseTimeAllFailed: input.baseTimeAllFailed,
    baseTime: input.baseTime,
    maxTime: input.maxTime,
    failures: 0,
    isProven: false,
    isSettled: false,
    isOwed: false,
    least: 0,
    most: 0,
    wait: 0,
  }),
  initial: "connecting",
  on: { dispose: ".closed" },
  states: {
    connecting: {
      description: "RFC 5626 §4.2: a REGISTER is to form the flow.",
      entry: "tellConnect",
      on: {
        // The first keep-alive goes at once: its answer proves the flow, and shows the address by
        // which a NAT lets it pass.
        opened: [
          { guard: "willPing", target: "up.probing", actions: "setKeepAlive" },
          { target: "up", actions: "setKeepAlive" },
        ],
        // "if there is a failure in forming this flow, the UA needs to wait a certain amount of time
        // before retrying to form a flow to this particular next hop."
        lost: { target: "backingOff", actions: "countFailure" },
        refused: { target: "backingOff", actions: "countFailure" },
        reconnect: { target: "connecting", reenter: true, actions: "forgetFailures" },
      },
    },
    up: {
      description: "RFC 5626 §4: the flow has been formed.",
      initial: "open",
      after: { settling: { actions: "settle" } },
      on: {
        // "the UA needs to form a new flow to replace the old flow".
        lost: [
          { guard: "isGood", target: "connecting", actions: ["tellFailed", "forgetFailures"] },
          { target: "backingOff", actions: ["tellFailed", "countFailure"] },
        ],
        // Who was there and refused will not think better of it at once.
        refused: { target: "backingOff", actions: ["tellFailed", "countFailure"] },
        reconnect: { target: "connecting", actions: "forgetFailures" },
      },
      states: {
        open: {
          description: "RFC 5626 §4.4: the flow is there; a keep-alive may be due.",
          entry: "tellOpen",
          after: { wait: { guard: "isPinging", target: "probing" } },
          // A refresh went through; what it says of keep-alives may be new.
          on: { opened: { target: "open", reenter: true, actions: "setKeepAlive" } },
        },
        probing: {
          description: "RFC 5626 §4.4: a keep-alive is out, and its answer is due.",
          entry: "sendPing",
          on: {
            opened: { actions: "setKeepAlive" },
            answered: { target: "open", actions: "prove" },
            // §4.4.1: "the client MUST treat the flow as failed", where the far end is known to
            // answer. Where it is not, what goes there keeps a NAT's binding all the same.
            unanswered: [
              { guard: not("isOwed"), target: "open", actions: "postpone" },
              {
                guard: "isGood",
                target: "#flow.connecting",
                actions: ["tellFailed", "forgetFailures"],
              },
              { target: "#flow.backingOff", actions: ["tellFailed", "countFailure"] },
            ],
          },
        },
      },
    },
    backingOff: {
      description: "RFC 5626 §4.5: it could not be formed, and is tried again later.",
      entry: "tellBackOff",
      after: { wait: "connecting" },
      on: { reconnect: { target: "connecting", actions: "forgetFailures" } },
    },
    closed: {
      description: "RFC 5626 §4: the flow is given up.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
