/**
 * What has to be true of the transactions that go over the wire (RFC 3261 §17, §9), whatever the
 * users do and the network does.
 *
 * @module
 */
import type { WireMessage } from "../flows/wire.ts";
import type { Simulation, WireEntry } from "./simulation.ts";

/** 64*T1, after which neither side waits any more. */
export const PATIENCE = 32_000;

/** What one engine sent and got, in order. */
export type Half = readonly WireEntry[];

/** Takes what is wrong. */
export type Complain = (text: string) => void;

/** Checks the transactions of both engines. */
export function checkTransactions(simulation: Simulation): void {
  for (const engine of [0, 1] as const) {
    const half = simulation.wire.filter((entry) => entry.engine === engine);
    const complain: Complain = (text) => simulation.violation(`engine ${engine}: ${text}`);
    checkRepeatedRequests(half, complain);
    checkResponses(half, complain);
    checkCancels(half, complain);
    checkSequence(half, complain);
    checkFailures(simulation, engine, half, complain);
    checkAnswered(simulation, engine, half, complain);
  }
}

/** Whether a message is a request of this method. */
export function isRequest(message: WireMessage, method: string): boolean {
  return message.status === undefined && message.method === method;
}

/** A value for each key, made when it is first asked for. */
export function group<T>(groups: Map<string, T>, key: string, make: () => T): T {
  const known = groups.get(key);
  if (known !== undefined) return known;
  const made = make();
  groups.set(key, made);
  return made;
}

function sent(half: Half): WireMessage[] {
  return half.filter(({ direction }) => direction === "out").map(({ message }) => message);
}

/**
 * RFC 3261 §17.1.1.2, §17.1.2.2: what is repeated is the same request, octet by octet. So there is
 * one CANCEL to a branch (§9.1), one ACK to a 2xx (§13.2.2.4), and one PRACK to a reliable provisional
 * response (RFC 3262 §4).
 */
function checkRepeatedRequests(half: Half, complain: Complain): void {
  const texts = new Map<string, string>();
  for (const message of sent(half)) {
    if (message.status !== undefined) continue;
    const { method, branch, callId, toTag, cseq, text, header } = message;
    const keys = [`${method} of branch ${branch}`];
    if (method === "ACK") keys.push(`ACK ${callId} ${toTag} ${cseq}`);
    if (method === "PRACK") keys.push(`PRACK ${callId} ${toTag} ${header("RAck")}`);
    for (const key of keys) {
      if (group(texts, key, () => text) !== text) complain(`two different requests: ${key}`);
    }
  }
}

/**
 * §17.2.1, §17.2.2: a transaction has one final response, nothing after it, and one To-tag. It ends
 * by timer J, 64*T1 after that response; a request that comes later still is a new one.
 */
function checkResponses(half: Half, complain: Complain): void {
  const finals = new Map<string, { text: string; at: number }>();
  const tags = new Map<string, { toTag: string | undefined; at: number }>();
  for (const { at, direction, message } of half) {
    const { status, method, branch, callId, toTag, text } = message;
    if (direction === "in" || status === undefined) continue;
    const key = `${method} of branch ${branch}`;
    const final = finals.get(key);
    const isOld = final !== undefined && at >= final.at + PATIENCE;
    if (final !== undefined && final.text !== text && !isOld) {
      complain(`${status} after the final of ${key}`);
    }
    if (status >= 200 && (final === undefined || isOld)) finals.set(key, { text, at });
    if (status === 100 || method !== "INVITE") continue;
    const tag = group(tags, callId, () => ({ toTag, at }));
    const isSame = toTag !== undefined && tag.toTag === toTag;
    if (!isSame && at < tag.at + PATIENCE) complain(`To-tags ${tag.toTag} and ${toTag} in ${key}`);
  }
}

/** §9.1: no CANCEL before a provisional response, and none after a final one. */
function checkCancels(half: Half, complain: Complain): void {
  const best = new Map<string, number>();
  const cancelled = new Set<string>();
  for (const { direction, message } of half) {
    const { status, method, branch } = message;
    if (direction === "in" && status !== undefined && method === "INVITE") {
      best.set(branch, Math.max(status, best.get(branch) ?? 0));
    }
    if (direction === "in" || !isRequest(message, "CANCEL") || cancelled.has(branch)) continue;
    cancelled.add(branch);
    const known = best.get(branch);
    if (known === undefined) complain(`CANCEL of ${branch} before any response`);
    else if (known >= 200) complain(`CANCEL of ${branch} after its ${known}`);
  }
}

/** §12.2.1.1: "the value of the sequence number MUST be incremented by one" by each new request. */
function checkSequence(half: Half, complain: Complain): void {
  const last = new Map<string, number>();
  const branches = new Set<string>();
  for (const message of sent(half)) {
    const { method, branch, callId, cseq, status } = message;
    if (status !== undefined || method === "ACK" || method === "CANCEL") continue;
    if (branches.has(branch)) continue;
    branches.add(branch);
    const before = last.get(callId);
    if (before !== undefined && cseq !== before + 1) {
      complain(`${method} of call ${callId} has CSeq ${cseq} after ${before}`);
    }
    last.set(callId, cseq);
  }
}

/**
 * §17.1.1.2: each failure that comes is acknowledged, "retransmissions of the final response"
 * included, until timer D.
 */
function checkFailures(
  simulation: Simulation,
  engine: 0 | 1,
  half: Half,
  complain: Complain,
): void {
  if (simulation.end?.engine === engine) return;
  const firsts = new Map<string, number>();
  for (const { at, direction, message } of half) {
    const { status = 0, method, branch, callId } = message;
    if (direction === "out" || method !== "INVITE" || status < 300) continue;
    const since = group(firsts, branch, () => at);
    const caller = simulation.callers.find((each) => each.callId === callId);
    // Nobody waits for it any more: disposed of, or given up as timed out or unreachable.
    const isOver = caller === undefined || at >= caller.disposedAt ||
      caller.told.some(({ local }) => local) || at >= since + PATIENCE;
    // Where nobody listens, nobody was told that it was given up.
    if (isOver || caller.plan.delegate !== "present") continue;
    const isAcknowledged = half.some((each) =>
      each.at === at && each.direction === "out" && isRequest(each.message, "ACK") &&
      each.message.branch === branch
    );
    if (!isAcknowledged) complain(`${status} at ${at} is not acknowledged`);
  }
}

/**
 * §17.2.2: a BYE and a CANCEL are answered at once, and again whenever they come again: "while in the
 * "Completed" state, the server transaction MUST pass the final response to the transport layer for
 * retransmission whenever a retransmission of the request is received."
 */
function checkAnswered(
  simulation: Simulation,
  engine: 0 | 1,
  half: Half,
  complain: Complain,
): void {
  if (simulation.end?.engine === engine) return;
  for (const { at, direction, message } of half) {
    const { status, method, branch } = message;
    // An INVITE, and the offer of a PRACK, may take their time.
    const isAsking = direction === "in" && status === undefined && method !== "ACK" &&
      method !== "INVITE" && method !== "PRACK";
    if (!isAsking || at >= simulation.stoppedAt) continue;
    const isAnswered = half.some((each) =>
      each.at === at && each.direction === "out" && each.message.branch === branch &&
      each.message.method === method && each.message.status !== undefined
    );
    if (!isAnswered) complain(`${method} at ${at} is not answered`);
  }
}
