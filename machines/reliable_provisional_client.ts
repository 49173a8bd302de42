/**
 * The reliable provisional responses to an INVITE, as the side that takes them sees it, in one early
 * dialog: RFC 3262 §4.
 *
 * @module
 */
import { assign, emit, setup } from "xstate";
import { type DisposeEvent, messageOf, type TerminatedEmission } from "./events.ts";
import type { Statechart } from "./statechart.ts";
import type { TimerTable } from "./timers.ts";

/** Plain data. */
export interface ReliableProvisionalClientContext extends TimerTable {
  /** RSeq of "the most recently received in-order reliable provisional response"; 0 for none. */
  readonly last: number;
  /** RSeq of each that no PRACK was sent for. */
  readonly owed: readonly number[];
}

/** What the machine takes. */
export type ReliableProvisionalClientEvent =
  /** A reliable provisional response came. */
  | { readonly type: "provisional"; readonly rseq: number; readonly message?: unknown }
  /** A PRACK was sent. */
  | { readonly type: "prack"; readonly rseq: number }
  /** The INVITE has its final response: the number is kept until then, and no PRACK is owed. */
  | { readonly type: "final" }
  | DisposeEvent;

/** What the machine tells. */
export type ReliableProvisionalClientEmission =
  /** For the transaction user: the response is the next in order. */
  | { readonly type: "progress"; readonly message: unknown }
  /** For the transaction user: nobody has sent a PRACK, and the other side will soon give up. */
  | { readonly type: "prackOverdue"; readonly owed: readonly number[] }
  | TerminatedEmission;

/** The states. */
export type ReliableProvisionalClientState = "settled" | "owingPrack" | "ended";

/** The machine of the reliable provisional responses in one early dialog. */
export const reliableProvisionalClientMachine: Statechart<
  ReliableProvisionalClientContext,
  ReliableProvisionalClientEvent,
  ReliableProvisionalClientState,
  TimerTable,
  ReliableProvisionalClientEmission
> = setup({
  types: {
    context: {} as ReliableProvisionalClientContext,
    events: {} as ReliableProvisionalClientEvent,
    input: {} as TimerTable,
    emitted: {} as ReliableProvisionalClientEmission,
  },
  actions: {
    note: assign(({ context, event }) =>
      event.type === "provisional" ? { last: event.rseq, owed: [...context.owed, event.rseq] } : {}
    ),
    forget: assign({
      owed: ({ context, event }) =>
        context.owed.filter((rseq) => event.type !== "prack" || rseq !== event.rseq),
    }),
    forgetAll: assign({ owed: [] }),
    tellProgress: emit(({ event }) => ({ type: "progress", message: messageOf(event) })),
    tellPrackOverdue: emit(({ context }) => ({ type: "prackOverdue", owed: context.owed })),
    tellTerminated: emit({ type: "terminated" }),
  },
  guards: {
    // "if the UAC receives another reliable provisional response to the same request, and its RSeq
    // value is not one higher than the value of the sequence number, that response MUST NOT be
    // acknowledged with a PRACK, and MUST NOT be processed further by the UAC." A repeated one is
    // among these: "retransmissions of that response MUST be discarded."
    isNext: ({ context, event }) =>
      event.type === "provisional" && (context.last === 0 || event.rseq === context.last + 1),
    isOnlyOwed: ({ context, event }) =>
      event.type === "prack" && context.owed.every((rseq) => rseq === event.rseq),
  },
  delays: {
    // Half of the time after which the other side gives up.
    prackWatchdog: ({ context }) => 32 * context.T1,
  },
}).createMachine({
  id: "reliableProvisionalClient",
  description: "RFC 3262 §4: reliable provisional responses, in one early dialog.",
  context: ({ input }) => ({ T1: input.T1, T2: input.T2, T4: input.T4, last: 0, owed: [] }),
  initial: "settled",
  on: { final: ".ended", dispose: ".ended" },
  states: {
    settled: {
      description: "RFC 3262 §4: no PRACK is owed.",
      on: {
        provisional: { guard: "isNext", target: "owingPrack", actions: ["note", "tellProgress"] },
      },
    },
    owingPrack: {
      description: "RFC 3262 §4: a response has come that a PRACK has to answer.",
      // It runs from the first that is owed: one that comes later does not put it off.
      after: {
        prackWatchdog: { target: "settled", actions: ["tellPrackOverdue", "forgetAll"] },
      },
      on: {
        provisional: { guard: "isNext", actions: ["note", "tellProgress"] },
        prack: [
          { guard: "isOnlyOwed", target: "settled", actions: "forget" },
          { actions: "forget" },
        ],
      },
    },
    ended: {
      description: "RFC 3262 §4: the INVITE has its final response.",
      type: "final",
      entry: "tellTerminated",
    },
  },
});
