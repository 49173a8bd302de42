/**
 * What has to be true of reliable provisional responses and their PRACKs (RFC 3262), whatever the users
 * do and the network does.
 *
 * @module
 */
import type { WireMessage } from "../flows/wire.ts";
import { isReliable } from "./retransmission_invariants.ts";
import type { Simulation } from "./simulation.ts";
import { type Complain, group, type Half, isRequest } from "./transaction_invariants.ts";

/** Checks both engines. */
export function checkReliable(simulation: Simulation): void {
  for (const engine of [0, 1] as const) {
    const half = simulation.wire.filter((entry) => entry.engine === engine);
    const complain: Complain = (text) => simulation.violation(`engine ${engine}: ${text}`);
    checkSender(half, complain);
    checkReceiver(half, complain);
  }
  for (const { callId, told } of simulation.callers) {
    const numbers = told.map(({ rseq }) => rseq).filter((rseq) => rseq !== undefined);
    if (!areConsecutive(numbers)) {
      simulation.violation(`call ${callId}: told of reliable responses ${numbers}`);
    }
  }
}

/** Each once, and in order. */
function areConsecutive(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number === (numbers[i - 1] ?? 0) + 1);
}

/** What the sender of a reliable response knows. */
interface Sent {
  /** The responses, each once, in order. */
  readonly responses: WireMessage[];
  /** The numbers of those whose PRACK has come. */
  readonly acknowledged: Set<number>;
  isAnswered: boolean;
}

function rseqOf(message: WireMessage): number {
  return Number(message.header("RSeq"));
}

/**
 * §3: "The UAS MUST NOT send a second reliable provisional response until the first is acknowledged",
 * nor "new reliable provisional responses ... after sending a final response", nor a 2xx while "any of
 * the unacknowledged reliable provisional responses contained a session description." RSeq is "greater
 * by exactly one" each time.
 */
function checkSender(half: Half, complain: Complain): void {
  const calls = new Map<string, Sent>();
  for (const { at, direction, message } of half) {
    const { callId, method, status = 0 } = message;
    const call = group(calls, callId, () => ({
      responses: [],
      acknowledged: new Set<number>(),
      isAnswered: false,
    }));
    const open = call.responses.filter((each) => !call.acknowledged.has(rseqOf(each)));
    if (direction === "in" && isRequest(message, "PRACK")) {
      call.acknowledged.add(Number(message.header("RAck")?.split(" ")[0]));
    }
    if (direction === "in" || method !== "INVITE") continue;
    if (isReliable(message)) {
      if (call.responses.some((each) => rseqOf(each) === rseqOf(message))) continue;
      if (open.length > 0) complain(`at ${at}: a second reliable response before the PRACK`);
      if (call.isAnswered) complain(`at ${at}: a new reliable response after the final one`);
      call.responses.push(message);
      if (!areConsecutive(call.responses.map(rseqOf))) complain(`at ${at}: RSeq out of order`);
    }
    if (status < 200) continue;
    call.isAnswered = true;
    if (status < 300 && open.some(({ body }) => body.length > 0)) {
      complain(`at ${at}: a 2xx before the PRACK for a session description`);
    }
  }
}

/** §4: a PRACK is for a response that came, and no sooner than those before it. */
function checkReceiver(half: Half, complain: Complain): void {
  const numbers = new Map<string, number[]>();
  for (const { at, direction, message } of half) {
    const { callId, header } = message;
    const taken = group(numbers, callId, () => []);
    const last = taken.at(-1);
    if (direction === "in" && isReliable(message)) {
      const rseq = rseqOf(message);
      if (last === undefined || rseq === last + 1) taken.push(rseq);
    }
    if (direction === "in" || !isRequest(message, "PRACK")) continue;
    const rseq = Number(header("RAck")?.split(" ")[0]);
    if (!taken.includes(rseq)) complain(`at ${at}: a PRACK for ${rseq}, which is not its turn`);
  }
}
