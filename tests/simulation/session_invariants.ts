/**
 * What has to be true of a call in which both sides do what they like (RFC 3261 §14, RFC 3264 §4,
 * RFC 3311 §5), whatever the network does.
 *
 * @module
 */
import { InvalidStateError, TimeoutError, TransportError } from "@strowger/sip";
import type { SessionPlay, SessionWireEntry } from "./session_play.ts";
import { isReliable } from "./retransmission_invariants.ts";
import { group, isRequest, PATIENCE } from "./transaction_invariants.ts";

/** Checks a play that is over. */
export function checkSession(play: SessionPlay): void {
  for (const side of [0, 1] as const) {
    const half = play.wire.filter((entry) => entry.side === side);
    const complain = (text: string): void => play.violation(`side ${side}: ${text}`);
    // Of a session that was disposed of, the engine knows no numbers: what a REFER has left in the dialog
    // may go on counting.
    if (play.isGone.has(side)) continue;
    checkSequence(half, complain);
    // What could not even be sent is over at once, and the wire does not say so.
    const isRefused = play.impairment.kind === "refusing";
    // Whoever forgets a request does not know that the far end is still at it.
    const forgets = play.asked.some((asked) => asked.side === side && asked.isForgotten);
    if (!forgets && !isRefused) checkInvitations(half, complain);
    if (!forgets && !isRefused) checkOffers(half, complain);
    checkGlare(play, half, complain);
    checkAcknowledged(half, complain);
  }
  checkOutcomes(play);
  checkAgreement(play);
  checkEnd(play);
  checkReports(play);
}

type Half = readonly SessionWireEntry[];
type Complain = (text: string) => void;

function isFinal({ message: { status = 0 } }: SessionWireEntry): boolean {
  return status >= 200;
}

/**
 * §14.1: "a UAC MUST NOT initiate a new INVITE transaction within a dialog while another INVITE
 * transaction is in progress in either direction."
 */
function checkInvitations(half: Half, complain: Complain): void {
  const open = new Map<string, SessionWireEntry>();
  const known = new Set<string>();
  for (const entry of half) {
    const { at, direction, message } = entry;
    const { branch, method, cseq } = message;
    if (method !== "INVITE") continue;
    const key = `${direction === "out" === (message.status === undefined)} ${branch}`;
    if (message.status !== undefined) {
      if (isFinal(entry)) open.delete(key);
      continue;
    }
    const isNew = !known.has(key);
    known.add(key);
    if (!isNew) continue;
    for (const [other, { at: since, ...begun }] of open) {
      // Timer B, or whatever was abandoned.
      if (at >= since + PATIENCE) open.delete(other);
      else if (direction === "out") {
        complain(`INVITE ${cseq} at ${at} while ${begun.direction} ${begun.message.cseq} is open`);
      }
    }
    open.set(key, entry);
  }
}

/** §12.2.1.1: numbers go up by one; a request that is repeated is the same. */
function checkSequence(half: Half, complain: Complain): void {
  const texts = new Map<string, string>();
  /** By this side's tag: an INVITE that comes again after its transaction has ended makes a dialog anew. */
  const numbers = new Map<string, number>();
  for (const { direction, message } of half) {
    const { status, method, branch, cseq, text, fromTag } = message;
    if (direction === "in" || status !== undefined) continue;
    const key = `${method} ${branch}`;
    const isNew = !texts.has(key);
    if (group(texts, key, () => text) !== text) complain(`two different requests: ${key}`);
    if (!isNew || method === "ACK" || method === "CANCEL") continue;
    const last = numbers.get(fromTag);
    if (last !== undefined && cseq !== last + 1) complain(`${method} ${cseq} after ${last}`);
    numbers.set(fromTag, cseq);
  }
}

/**
 * RFC 3264 §4: an agent "MUST NOT generate a new offer if it has received an offer which it has not yet
 * answered or rejected", nor "if it has generated a prior offer for which it has not yet received an
 * answer or a rejection."
 */
function checkOffers(half: Half, complain: Complain): void {
  const known = new Set<string>();
  /** The transactions whose request has an offer that waits for an answer, and since when. */
  const open = new Map<string, number>();
  for (const { at, direction, message } of half) {
    const { status, method, branch, body, cseq } = message;
    if (method !== "INVITE" && method !== "UPDATE") continue;
    const isOurs = (direction === "out") === (status === undefined);
    const key = `${isOurs} ${method} ${branch}`;
    if (status !== undefined) {
      if (status >= 200 || (status > 100 && body.length > 0)) open.delete(key);
      continue;
    }
    if (known.has(key)) continue;
    known.add(key);
    if (body.length === 0) continue;
    for (const [other, since] of open) {
      if (at >= since + PATIENCE) open.delete(other);
      else if (isOurs) complain(`${method} ${cseq} at ${at} offers while ${other} is open`);
    }
    open.set(key, at);
  }
}

/** §14.1: after a 491 the request goes again, or its sender is told, unless it is over. */
function checkGlare(play: SessionPlay, half: Half, complain: Complain): void {
  const seen = new Set<string>();
  half.forEach(({ at, direction, message }, i) => {
    const { method, status, branch, cseq } = message;
    if (direction === "out" || status !== 491 || seen.has(branch)) return;
    seen.add(branch);
    play.seen.add(`491 to ${method}`);
    // Later than the transaction has patience, a 491 is for nobody.
    const sent = half.find((each) =>
      each.direction === "out" && each.message.branch === branch && each.message.method === method
    );
    if (sent === undefined || at >= sent.at + PATIENCE) return;
    const goesAgain = half.slice(i).some((each) =>
      each.direction === "out" && isRequest(each.message, method) && each.message.cseq > cseq
    );
    if (goesAgain) play.seen.add(`${method} again after 491`);
    const isTold = play.asked.some((asked) =>
      asked.side === half[0]?.side && asked.method === method &&
      (asked.isForgotten || asked.told.some((text) => text.includes("onReject 491")))
    );
    const isOver = half.some((each) => each.message.method === "BYE");
    if (!goesAgain && !isTold && !isOver) complain(`nothing follows the 491 to ${method} ${cseq}`);
  });
}

/** §13.2.2.4: each 2xx that comes while the session is up is acknowledged, the repeated ones at once. */
function checkAcknowledged(half: Half, complain: Complain): void {
  const acked = new Set<number>();
  const owed = new Set<number>();
  /** When its session is over: by the far end's BYE, or when its own has had its answer or time. */
  let over = Infinity;
  half.forEach(({ at, direction, message }, i) => {
    const { method, status = 0, cseq } = message;
    if (method === "BYE") {
      const isSent = direction === "out" && status === 0;
      over = Math.min(over, isSent ? at + PATIENCE : at);
    }
    if (direction === "out" && isRequest(message, "ACK")) {
      acked.add(cseq);
      owed.delete(cseq);
    }
    if (direction === "out" || method !== "INVITE" || status < 200 || status >= 300) return;
    if (at >= over) return;
    if (!acked.has(cseq)) {
      const sent = half.find((each) =>
        each.direction === "out" && each.message.cseq === cseq && isRequest(each.message, "INVITE")
      );
      // After timer B its INVITE is over, and with it the session: see `noteFailure`.
      if (sent !== undefined && at < sent.at + PATIENCE) owed.add(cseq);
      return;
    }
    const next = half.slice(i + 1).find((each) => each.direction === "out");
    const isAnswered = next !== undefined && next.at === at && isRequest(next.message, "ACK") &&
      next.message.cseq === cseq;
    if (!isAnswered) complain(`the repeated 2xx to ${cseq} at ${at} is not acknowledged`);
  });
  for (const cseq of owed) complain(`the 2xx to ${cseq} was never acknowledged`);
}

/** Each request has one outcome, and its program is told. */
function checkOutcomes(play: SessionPlay): void {
  for (const { side, method, told, isForgotten } of play.asked) {
    if (told.length > 1) play.violation(`side ${side}: ${method} has ${told.join(", ")}`);
    if (told.length === 0 && !isForgotten) play.violation(`side ${side}: ${method} has no outcome`);
  }
}

/** Whether an INVITE failed after a reliable response that described the session. */
function failsAfterAnswer(wire: readonly SessionWireEntry[]): boolean {
  const described = new Set(
    wire.filter(({ message }) => isReliable(message) && message.body.length > 0)
      .map(({ message }) => message.branch),
  );
  return wire.some(({ message: { branch, method, status = 0 } }) =>
    method === "INVITE" && status >= 300 && described.has(branch)
  );
}

/** When nothing is going on, both sides hold the same offer and the same answer to it. */
function checkAgreement({ agreement, asked, ...play }: SessionPlay): void {
  const [caller, callee] = agreement;
  // Whoever forgets an offer does not hear of its answer.
  if (asked.some(({ isForgotten }) => isForgotten)) return;
  // RFC 6141 §3.4: a re-INVITE that fails after an answer in a reliable response leaves the sides in
  // doubt, and it is the program's to "make sure that both UAs have a common view of the state".
  if (failsAfterAnswer(play.wire)) return;
  if (caller === callee && (caller === undefined || caller.startsWith("Stable"))) return;
  play.violations.push(`no agreement: ${caller}; ${callee}`);
}

/** No BYE is lost where nothing is: whoever hangs up, both sides are over. */
function checkEnd({ hasLeft, isGone, sessions, violations, impairment }: SessionPlay): void {
  if (hasLeft.size === 0 || isGone.size > 0) return;
  const up = sessions.filter((each) => each !== undefined && each.sessionState !== "Terminated");
  if (up.length > 0) violations.push(`still up after a BYE over a ${impairment.kind} network`);
}

/** What may be reported, and why. */
function checkReports(play: SessionPlay): void {
  const { impairment, reports, asked, isGone } = play;
  // Of a request that was disposed of, nobody acknowledges the final response.
  const mayLose = impairment.loss > 0 || isGone.size > 0 ||
    asked.some(({ isForgotten }) => isForgotten);
  for (const error of reports) {
    const isExplained = error.message.includes("no prack()") ||
      (error instanceof TimeoutError && mayLose) ||
      (error instanceof TransportError && impairment.protocol === "TCP") ||
      (error instanceof InvalidStateError && error.message.includes("no ack()")) ||
      /the CANCEL of call .* failed: (408|481|503)/.test(error.message);
    if (!isExplained) play.violation(`unexplained ${error.name}: ${error.message}`);
  }
}
