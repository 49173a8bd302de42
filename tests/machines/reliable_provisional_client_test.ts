import { assertEquals } from "@std/assert";
import {
  DEFAULT_TIMERS,
  type ReliableProvisionalClientEvent,
  reliableProvisionalClientMachine,
} from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { typesOf } from "./support.ts";

/** RFC 3262 §4, in one early dialog; the numbers are RSeq. */
const TABLE = `
# "Its value MUST be initialized to the RSeq header field in the first reliable provisional response
# received for the initial request."
settled  [usual]
  7         owingPrack  progress
  8         owingPrack  progress
  9         owingPrack  progress
  prack 7   stays       nothing
  prack 8   stays       nothing
  final     ended       terminated
  dispose   ended       terminated

owingPrack  [usual]  7
  # "Once a reliable provisional response is received, retransmissions of that response MUST be
  # discarded."
  7         stays       nothing
  8         stays       progress
  # "its RSeq value is not one higher than the value of the sequence number, that response MUST NOT be
  # acknowledged with a PRACK, and MUST NOT be processed further by the UAC."
  9         stays       nothing
  prack 7   settled     nothing
  prack 8   stays       nothing
  final     ended       terminated
  dispose   ended       terminated

# "the acknowledgments are not cumulative" (§1)
owingPrack  [usual]  7, 8
  7         stays       nothing
  8         stays       nothing
  9         stays       progress
  prack 7   stays       nothing
  prack 8   stays       nothing
  final     ended       terminated
  dispose   ended       terminated

settled  [usual]  7, prack 7
  7         stays       nothing
  8         owingPrack  progress
  9         stays       nothing
  prack 7   stays       nothing
  prack 8   stays       nothing
  final     ended       terminated
  dispose   ended       terminated

ended  [usual]  7, final
  7         stays       nothing
  8         stays       nothing
  9         stays       nothing
  prack 7   stays       nothing
  prack 8   stays       nothing
  final     stays       nothing
  dispose   stays       nothing
`;

const TIMELINES = {
  "a missing PRACK is told halfway to the end of the other side's patience, once": `
    [usual]
      100  7         -> progress
     1000  7         -> nothing
    16100            -> prackOverdue`,
  "the same with another table": `
    [fast]
      100  7         -> progress
     3300            -> prackOverdue`,
  "a second one that is owed does not put it off": `
    [usual]
      100  7         -> progress
    16000  8         -> progress
    16100            -> prackOverdue
    16200  9         -> progress
    32200            -> prackOverdue`,
  "nothing is told once all are acknowledged": `
    [usual]
      100  7         -> progress
      200  8         -> progress
      300  prack 8   -> nothing
      400  prack 7   -> nothing
    20000  9         -> progress
    20100  final     -> terminated`,
};

const provisional = (rseq: number): ReliableProvisionalClientEvent => ({
  type: "provisional",
  rseq,
});

const events: Record<string, ReliableProvisionalClientEvent> = {
  "7": provisional(7),
  "8": provisional(8),
  "9": provisional(9),
  "prack 7": { type: "prack", rseq: 7 },
  "prack 8": { type: "prack", rseq: 8 },
  final: { type: "final" },
  dispose: { type: "dispose" },
};

testMachine("reliable provisional client", {
  machine: reliableProvisionalClientMachine,
  inputs: { usual: DEFAULT_TIMERS, fast: { T1: 100, T2: 1600, T4: 700 } },
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    const told = run.moments.filter(({ emissions }) => typesOf(emissions).includes("progress"))
      .map(({ event }) => Number(event));
    const [first = 0] = told;
    assertEquals(told, told.map((_, i) => first + i), "each once, and in order");
  },
});
