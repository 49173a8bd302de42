/**
 * When messages are sent again: at the instants that the timers of RFC 3261 give, from the first time
 * until what they wait for has come.
 *
 * @module
 */
import { nameOf, type WireMessage } from "../flows/wire.ts";
import type { Simulation, WireEntry } from "./simulation.ts";
import { type Complain, group, type Half, isRequest, PATIENCE } from "./transaction_invariants.ts";

/** Timer A (§17.1.1.2): T1, and doubling. */
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

/** What is repeated by timers: every request but ACK, and every final response to an INVITE. */
function firstsOf(half: Half): Repeated[] {
  const groups = new Map<string, Repeated>();
  for (const { at, direction, message } of half) {
    const { status, method, branch } = message;
    const isOurs = status === undefined ? method !== "ACK" : method === "INVITE" && status >= 200;
    if (direction === "in" || !isOurs) continue;
    group(groups, `${nameOf(message)} ${branch}`, () => ({ message, times: [] })).times.push(at);
  }
  return [...groups.values()];
}

/** Whether an entry ends the repetition of a message. */
function isAnswer({ direction, message }: WireEntry, to: WireMessage): boolean {
  if (direction === "out") return false;
  const { status, method } = to;
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
): number | undefined {
  const id = simulation.callers.findIndex((each) => each.callId === callId);
  const caller = simulation.callers[id];
  const isOfRequest = (method === "INVITE" || method === "CANCEL") && status === undefined;
  if (isOfRequest) return caller?.disposedAt ?? Infinity;
  const isDisposed = caller?.hasDisposedSession || simulation.callees.get(id)?.hasDisposedSession;
  return isDisposed ? undefined : Infinity;
}

function checkTimes(
  simulation: Simulation,
  half: Half,
  { message, times }: Repeated,
  complain: Complain,
): void {
  const { status, method } = message;
  const [start = 0] = times;
  const forgotten = forgottenAt(simulation, message);
  if (forgotten === undefined) return;
  const isAccept = status !== undefined && status < 300;
  const isFailure = status !== undefined && status >= 300;
  const schedule = method === "INVITE" && status === undefined ? DOUBLING : CAPPED;
  // A 2xx is repeated "even if" the transport is reliable: another hop may not be.
  const isRepeated = isAccept || simulation.impairment.protocol === "UDP";
  const end = Math.min(
    half.find((entry) => entry.at >= start && isAnswer(entry, message))?.at ?? Infinity,
    forgotten,
    simulation.stoppedAt,
    start + PATIENCE,
  );
  const due = schedule.slice(0, isRepeated ? undefined : 1).map((delay) => start + delay);
  const expected = due.filter((at) => at < end);
  // A failure is sent again for a repeated INVITE, too (§17.2.1).
  const isAsked = (at: number): boolean =>
    isFailure &&
    half.some((entry) =>
      entry.at === at && entry.direction === "in" && entry.message.branch === message.branch
    );
  // At the very instant of the end, either may come first; a stop takes its time.
  const isOpen = (at: number): boolean => at < end || (at > end && end !== simulation.stoppedAt);
  const unasked = times.filter((at) => isOpen(at) && (expected.includes(at) || !isAsked(at)));
  const actual = [...new Set(unasked)];
  if (`${actual}` !== `${expected}`) {
    complain(`${nameOf(message)} at ${actual} until ${end}, expected at ${expected}`);
  }
}
