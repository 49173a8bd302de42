/**
 * When messages are sent again: at the instants that the timers of RFC 3261 give, from the first time
 * until what they wait for has come.
 *
 * @module
 */
import { nameOf, type WireMessage } from "../flows/wire.ts";
import { type Simulation, STEP, type WireEntry } from "./simulation.ts";
import { type Complain, group, type Half, isRequest, PATIENCE } from "./transaction_invariants.ts";

/** Timer A (§17.1.1.2), and a reliable provisional response (RFC 3262 §3): T1, and doubling. */
const DOUBLING = [0, 500, 1500, 3500, 7500, 15_500, 31_500];
/** Timers E and G (§17.1.2.2, §17.2.1), and a 2xx (§13.3.1.4): doubling up to T2. */
const CAPPED = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

/** A message, and when it was sent. */
interface Repeated {
  readonly message: WireMessage;
  readonly times: number[];
}

/** Checks both engines. */
export function checkRetransmissions(simulation: Simulation): void {
  for (const engine of [0, 1] as const) {
    // An engine that ends in the midst of everything stops repeating at some instant or other.
    if (simulation.end?.engine === engine) continue;
    const half = simulation.wire.filter((entry) => entry.engine === engine);
    const complain: Complain = (text) => simulation.violation(`engine ${engine}: ${text}`);
    for (const repeated of firstsOf(half)) checkTimes(simulation, half, repeated, complain);
  }
}

/** Whether a message is a reliable provisional response. */
export function isReliable({ status = 0, header }: WireMessage): boolean {
  return status > 100 && status < 200 && header("RSeq") !== undefined;
}

/**
 * What is repeated by timers: every request but ACK, and of the responses to an INVITE every final and
 * every reliable provisional one.
 */
function firstsOf(half: Half): Repeated[] {
  const groups = new Map<string, Repeated>();
  for (const { at, direction, message } of half) {
    const { status, method, branch } = message;
    const isOurs = status === undefined
      ? method !== "ACK"
      : method === "INVITE" && (status >= 200 || isReliable(message));
    if (direction === "in" || !isOurs) continue;
    group(
      groups,
      `${nameOf(message)} ${branch} ${message.header("RSeq")}`,
      () => ({ message, times: [] }),
    ).times.push(at);
  }
  return [...groups.values()];
}

/** Whether an entry ends the repetition of a message. */
function isAnswer({ direction, message }: WireEntry, to: WireMessage): boolean {
  const { status, method } = to;
  if (isReliable(to)) {
    // Its PRACK, or the final response of this side.
    const isPrack = direction === "in" && isRequest(message, "PRACK") &&
      message.header("RAck") === `${to.header("RSeq")} ${to.cseq} INVITE`;
    const isFinal = direction === "out" && message.branch === to.branch &&
      message.method === method && (message.status ?? 0) >= 200;
    return message.callId === to.callId && (isPrack || isFinal);
  }
  if (direction === "out") return false;
  if (status === undefined) {
    const least = method === "INVITE" ? 100 : 200;
    return message.branch === to.branch && message.method === method &&
      (message.status ?? 0) >= least;
  }
  // The ACK to a failure has the branch of the INVITE; that to a 2xx, and a BYE, the dialog.
  if (status >= 300) return isRequest(message, "ACK") && message.branch === to.branch;
  return message.callId === to.callId && (isRequest(message, "ACK") || isRequest(message, "BYE"));
}

/** When the users have made an end of it; `undefined` where that is not known to the millisecond. */
function forgottenAt(
  simulation: Simulation,
  { callId, method, status }: WireMessage,
  start: number,
): number | undefined {
  const id = simulation.callers.findIndex((each) => each.callId === callId);
  const caller = simulation.callers[id];
  const isOfRequest = (method === "INVITE" || method === "CANCEL") && status === undefined;
  if (isOfRequest) return caller?.disposedAt ?? Infinity;
  // A session that is disposed of leaves its INVITE to be answered.
  if (status !== undefined && status < 200) return Infinity;
  const isDisposed = caller?.hasDisposedSession || simulation.callees.get(id)?.hasDisposedSession;
  if (isDisposed) return undefined;
  // A PRACK is forgotten with the INVITE that it belongs to, or was sent later, in a call that is up.
  const isForgotten = method === "PRACK" && caller !== undefined && caller.disposedAt >= start;
  return isForgotten ? caller.disposedAt : Infinity;
}

function checkTimes(
  simulation: Simulation,
  half: Half,
  { message, times }: Repeated,
  complain: Complain,
): void {
  const { status, method } = message;
  const [start = 0] = times;
  const forgotten = forgottenAt(simulation, message, start);
  if (forgotten === undefined) return;
  const isEarly = isReliable(message);
  const isAccept = status !== undefined && status >= 200 && status < 300;
  const isFailure = status !== undefined && status >= 300;
  const isDoubling = isEarly || (method === "INVITE" && status === undefined);
  const schedule = isDoubling ? DOUBLING : CAPPED;
  // A 2xx is repeated "even if" the transport is reliable: another hop may not be.
  const isRepeated = isAccept || isEarly || simulation.impairment.protocol === "UDP";
  const end = Math.min(
    half.find((entry) => entry.at >= start && isAnswer(entry, message))?.at ?? Infinity,
    forgotten,
    simulation.stoppedAt,
    start + PATIENCE,
  );
  const due = schedule.slice(0, isRepeated ? undefined : 1).map((delay) => start + delay);
  const expected = due.filter((at) => at < end);
  // These are sent again for a repeated INVITE, too (§17.2.1).
  const isAsked = (at: number): boolean =>
    (isFailure || isEarly) &&
    half.some((entry) =>
      entry.at === at && entry.direction === "in" && entry.message.branch === message.branch
    );
  // RFC 3263 §5: one that could not be sent goes once more, to Via's sent-by. Errors are told between
  // two steps of the clock.
  const isFailover = (at: number): boolean =>
    status !== undefined && at % STEP === 0 &&
    half.some((entry) =>
      entry.isRefused === true && entry.at <= at && entry.at > at - STEP &&
      entry.message.branch === message.branch && nameOf(entry.message) === nameOf(message)
    );
  // At the very instant of the end, either may come first; a stop takes its time.
  const isOpen = (at: number): boolean => at < end || (at > end && end !== simulation.stoppedAt);
  const unasked = times.filter((at) =>
    isOpen(at) && (expected.includes(at) || !(isAsked(at) || isFailover(at)))
  );
  const actual = [...new Set(unasked)];
  if (`${actual}` !== `${expected}`) {
    complain(`${nameOf(message)} at ${actual} until ${end}, expected at ${expected}`);
  }
}
