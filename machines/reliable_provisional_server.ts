/**
 * The reliable provisional responses to an INVITE, as the side that sends them sees it: RFC 3262 §3.
 *
 * One is under way at a time, and what else the transaction user has to send waits in line: "The UAS
 * MUST NOT send a second reliable provisional response until the first is acknowledged. After the
 * first, it is RECOMMENDED that the UAS not send an additional reliable provisional response until
 * the previous is acknowledged."
 *
 * @module
 */
import { assign, emit, raise, setup, stateIn } from "xstate";
import type {
  DisposeEvent,
  TerminatedEmission,
  TimeoutEmission,
  TransmitEmission,
} from "./events.ts";
import type { Statechart } from "./statechart.ts";
import type { TimerTable } from "./timers.ts";

/** Plain data. */
export interface ReliableProvisionalServerContext extends TimerTable {
  /** The interval before the response is repeated, in milliseconds. */
  readonly interval: number;
}

/** What the machine takes. */
export type ReliableProvisionalServerEvent =
  /** The transaction user has put a reliable provisional response in line. */
  | { readonly type: "provisional" }
  /** The PRACK for the response that is under way came. */
  | { readonly type: "prack" }
  /** That PRACK was answered; whether another response waits in line. */
  | { readonly type: "prackAnswered"; readonly hasNext: boolean }
  /** The transaction user accepts; whether a response without PRACK has a session description. */
  | { readonly type: "accept"; readonly hasUnacknowledgedSession: boolean }
  /** A final response was sent. */
  | { readonly type: "final" }
  | DisposeEvent
  /** The machine's own: nothing is unacknowledged any more; a PRACK never came; it is answered. */
  | { readonly type: "settled" | "expired" | "over" };

/** What the machine tells. */
export type ReliableProvisionalServerEmission =
  /** For the wire: the first response in line. */
  | { readonly type: "send" }
  /** For the wire: the response that is under way, again. */
  | TransmitEmission
  /** For the wire: the 2xx, now. */
  | { readonly type: "accept" }
  /** For the transaction user: no PRACK came within 64*T1. */
  | TimeoutEmission
  /** For the transaction user: the PRACK is still not answered, and its sender will soon give up. */
  | { readonly type: "prackOverdue" }
  /** For the transaction user: proxies have to be told that the INVITE is still being worked on. */
  | { readonly type: "extensionDue" }
  | TerminatedEmission;

/** The states, region by region. */
export type ReliableProvisionalServerState = {
  provisional:
    | "idle"
    | { awaitingPrack: "repeating" }
    | "answeringPrack"
    | "lingering"
    | "ended";
  answer: "open" | "deferred" | "given";
};

/** The machine of the reliable provisional responses to one INVITE. */
export const reliableProvisionalServerMachine: Statechart<
  ReliableProvisionalServerContext,
  ReliableProvisionalServerEvent,
  ReliableProvisionalServerState,
  TimerTable,
  ReliableProvisionalServerEmission
> = setup({
  types: {
    context: {} as ReliableProvisionalServerContext,
    events: {} as ReliableProvisionalServerEvent,
    input: {} as TimerTable,
    emitted: {} as ReliableProvisionalServerEmission,
  },
  actions: {
    send: emit({ type: "send" }),
    transmit: emit({ type: "transmit" }),
    tellAccept: emit({ type: "accept" }),
    tellTimeout: emit({ type: "timeout" }),
    tellPrackOverdue: emit({ type: "prackOverdue" }),
    tellExtensionDue: emit({ type: "extensionDue" }),
    tellTerminated: emit({ type: "terminated" }),
    resetInterval: assign({ interval: ({ context }) => context.T1 }),
    // "an interval that starts at T1 seconds and doubles for each retransmission ... This differs
    // from retransmissions of 2xx responses, whose intervals cap at T2 seconds."
    doubleInterval: assign({ interval: ({ context }) => 2 * context.interval }),
    settle: raise({ type: "settled" }),
    expire: raise({ type: "expired" }),
    close: raise({ type: "over" }),
  },
  guards: {
    // "unless the final response is 2xx and any of the unacknowledged reliable provisional responses
    // contained a session description. In that case, it MUST NOT send a final response until those
    // provisional responses are acknowledged."
    hasUnacknowledgedSession: ({ event }) =>
      event.type === "accept" && event.hasUnacknowledgedSession,
    hasNext: ({ event }) => event.type === "prackAnswered" && event.hasNext,
    isOver: stateIn({ answer: "given" }),
  },
  delays: {
    repetition: ({ context }) => context.interval,
    // "If a reliable provisional response is retransmitted for 64*T1 seconds without reception of a
    // corresponding PRACK, the UAS SHOULD reject the original request with a 5xx response."
    prackTimeout: ({ context }) => 64 * context.T1,
    // "it MUST be prepared to process PRACK requests for those outstanding responses": for as long as
    // one may take.
    linger: ({ context }) => 64 * context.T1,
    // Half of the time after which the sender of the PRACK gives up.
    prackWatchdog: ({ context }) => 32 * context.T1,
    // "the UAS can send the response reliably, in which case the UAS SHOULD send provisional
    // responses once every two and a half minutes."
    extension: 150_000,
  },
}).createMachine({
  id: "reliableProvisionalServer",
  description: "RFC 3262 §3: reliable provisional responses to one INVITE.",
  context: ({ input }) => ({
    T1: input.T1,
    T2: input.T2,
    T4: input.T4,
    interval: input.T1,
  }),
  type: "parallel",
  states: {
    provisional: {
      description: "RFC 3262 §3: the response that is under way.",
      initial: "idle",
      on: { dispose: ".ended" },
      states: {
        idle: {
          description: "RFC 3262 §3: none is unacknowledged.",
          after: { extension: { actions: "tellExtensionDue" } },
          on: {
            provisional: { target: "awaitingPrack", actions: "send" },
            over: "ended",
          },
        },
        awaitingPrack: {
          description: "RFC 3262 §3: one was sent, and its PRACK is due.",
          initial: "repeating",
          entry: "resetInterval",
          after: { prackTimeout: { target: "lingering", actions: ["tellTimeout", "expire"] } },
          on: {
            prack: "answeringPrack",
            // "If the UAS does send a final response when reliable responses are still
            // unacknowledged, it SHOULD NOT continue to retransmit the unacknowledged reliable
            // provisional responses". Those in line are dropped: "A UAS MUST NOT send new reliable
            // provisional responses ... after sending a final response to a request."
            over: "lingering",
          },
          states: {
            repeating: {
              description: "RFC 3262 §3: it is repeated until the PRACK comes.",
              // A child state, so that the next repetition leaves the timeout running.
              after: {
                repetition: {
                  target: "repeating",
                  reenter: true,
                  actions: ["doubleInterval", "transmit"],
                },
              },
            },
          },
        },
        answeringPrack: {
          description: "RFC 3262 §3: the PRACK has come, and is being answered.",
          // The PRACK may have an offer, whose answer takes its time. What is in line waits for it.
          after: { prackWatchdog: { actions: "tellPrackOverdue" } },
          on: {
            prackAnswered: [
              { guard: "isOver", target: "ended" },
              { guard: "hasNext", target: "awaitingPrack", actions: "send" },
              { target: "idle", actions: "settle" },
            ],
          },
        },
        lingering: {
          description: "RFC 3262 §3: the INVITE is answered; a late PRACK may still come.",
          after: { linger: "ended" },
          on: { prack: "answeringPrack" },
        },
        ended: {
          description: "RFC 3262 §3: no PRACK is waited for.",
          type: "final",
          entry: "tellTerminated",
        },
      },
    },
    answer: {
      description: "RFC 3262 §3: the final response, which may have to wait.",
      initial: "open",
      on: { final: ".given", expired: ".given", dispose: ".given" },
      states: {
        open: {
          description: "RFC 3262 §3: it is not given yet.",
          on: {
            accept: [
              { guard: "hasUnacknowledgedSession", target: "deferred" },
              { target: "given", actions: "tellAccept" },
            ],
          },
        },
        deferred: {
          description: "RFC 3262 §3: a 2xx waits for the PRACK of a session description.",
          on: { settled: { target: "given", actions: "tellAccept" } },
        },
        given: {
          description: "RFC 3262 §3: the INVITE has its final response.",
          type: "final",
          entry: "close",
        },
      },
    },
  },
});
