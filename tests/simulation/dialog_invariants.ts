/**
 * What has to be true of the dialogs that go over the wire (RFC 3261 §12, §13, §15), whatever the
 * users do and the network does.
 *
 * @module
 */
import { nameOf } from "../flows/wire.ts";
import type { Simulation, WireEntry } from "./simulation.ts";
import { type Complain, group, type Half, isRequest, PATIENCE } from "./transaction_invariants.ts";

/** Checks the dialogs of both engines. */
export function checkDialogs(simulation: Simulation): void {
  for (const engine of [0, 1] as const) {
    const half = simulation.wire.filter((entry) => entry.engine === engine);
    const complain: Complain = (text) => simulation.violation(`engine ${engine}: ${text}`);
    checkAcknowledgements(simulation, engine, half, complain);
    checkByeOfCallee(half, complain);
    checkByeWhilePending(half, complain);
    checkDisposed(simulation, engine, half, complain);
    checkStop(simulation, engine, half, complain);
  }
}

/** What an engine knows of one dialog that a 2xx made. */
interface Confirmation {
  acked: boolean;
  /** When its BYE was answered, or got no answer; or when the far end hung up. */
  over: number;
}

/**
 * §13.2.2.4: the ACK is sent "every time a retransmission of the 2xx final response that triggered
 * the ACK arrives"; until the session is over, or forgotten.
 */
function checkAcknowledgements(
  simulation: Simulation,
  engine: 0 | 1,
  half: Half,
  complain: Complain,
): void {
  const dialogs = new Map<string, Confirmation>();
  const owed = new Map<string, WireEntry>();
  half.forEach((entry, i) => {
    const { at, direction, message } = entry;
    const { callId, status, method } = message;
    const caller = simulation.callers.find((each) => each.callId === callId);
    if (caller?.engine !== engine) return;
    const dialog = group(dialogs, callId, () => ({ acked: false, over: Infinity }));
    if (method === "BYE") {
      // A BYE that cannot even be sent is over at once, and the far end does not know.
      const isRefused = simulation.impairment.kind === "refusing";
      const wait = direction === "out" && !isRefused ? PATIENCE : 0;
      dialog.over = Math.min(dialog.over, at + wait);
      owed.delete(callId);
    }
    if (direction === "out" && isRequest(message, "ACK")) {
      dialog.acked = true;
      owed.delete(callId);
    }
    if (direction === "in" && method === "INVITE" && status === 200) {
      if (at >= dialog.over || caller.hasDisposedSession || caller.hasLeftEarly) return;
      if (simulation.end?.engine === engine && at >= simulation.end.at) return;
      if (!dialog.acked) return void owed.set(callId, entry);
      const next = half.slice(i + 1).find((each) => each.direction === "out");
      const answered = next !== undefined && next.at === at && isRequest(next.message, "ACK") &&
        next.message.callId === callId;
      if (!answered) complain(`at ${at}: a repeated 2xx of call ${callId} is not acknowledged`);
    }
  });
  if (simulation.end !== undefined) return;
  for (const callId of owed.keys()) complain(`the 2xx of call ${callId} was never acknowledged`);
}

/**
 * §15: the callee "MUST NOT send a BYE on a confirmed dialog until it has received an ACK for its
 * 2xx response or until the server transaction times out"; and once it has the ACK, or a BYE, it
 * repeats the 2xx no more.
 */
function checkByeOfCallee(half: Half, complain: Complain): void {
  const accepted = new Map<string, number>();
  const done = new Set<string>();
  for (const { at, direction, message } of half) {
    const { callId, method, status } = message;
    if (direction === "out" && method === "INVITE" && status === 200) {
      group(accepted, callId, () => at);
      if (done.has(callId)) complain(`${nameOf(message)} of call ${callId} after its ACK or BYE`);
    }
    const since = accepted.get(callId);
    if (since === undefined) continue;
    if (direction === "in" && (isRequest(message, "ACK") || isRequest(message, "BYE"))) {
      done.add(callId);
    }
    if (direction === "out" && isRequest(message, "BYE") && !done.has(callId)) {
      if (at < since + PATIENCE) complain(`BYE of call ${callId} before the ACK`);
    }
  }
}

/**
 * §15.1.2: "the UAS MUST still respond to any pending requests received for that dialog. It is
 * RECOMMENDED that a 487 (Request Terminated) response be generated to those pending requests."
 */
function checkByeWhilePending(half: Half, complain: Complain): void {
  const invited = new Set<string>();
  const finals = new Map<string, number>();
  const left = new Map<string, number>();
  for (const { at, direction, message } of half) {
    const { callId, method, status } = message;
    if (direction === "in" && isRequest(message, "INVITE")) invited.add(callId);
    if (direction === "out" && method === "INVITE" && status !== undefined && status >= 200) {
      const since = left.get(callId);
      if (since !== undefined && (since !== at || status !== 487) && !finals.has(callId)) {
        complain(`BYE at ${since}, and ${status} to the INVITE of call ${callId} at ${at}`);
      }
      finals.set(callId, at);
    }
    // Where the session was disposed of, there is no dialog that a BYE could end.
    const isEnded = direction === "out" && method === "BYE" && status === 200;
    if (isEnded && invited.has(callId) && !finals.has(callId)) group(left, callId, () => at);
  }
}

/** A request that was disposed of is neither repeated nor cancelled. */
function checkDisposed(
  simulation: Simulation,
  engine: 0 | 1,
  half: Half,
  complain: Complain,
): void {
  for (const { at, direction, message } of half) {
    if (direction === "in") continue;
    const caller = simulation.callers.find(({ callId }) => callId === message.callId);
    if (caller?.engine !== engine || at <= caller.disposedAt) continue;
    const isLate = isRequest(message, "INVITE") || isRequest(message, "CANCEL");
    if (isLate) complain(`${message.method} at ${at}, after dispose()`);
  }
}

/** `core.stop()` hangs up every call that is up, at once. */
function checkStop(
  { end, callers, callees }: Simulation,
  engine: 0 | 1,
  half: Half,
  complain: Complain,
): void {
  if (end?.how !== "stop" || end.engine !== engine) return;
  callers.forEach(({ callId, engine: from, hasDisposedSession }, id) => {
    const isForgotten = hasDisposedSession || callees.get(id)?.hasDisposedSession === true;
    const before = half.filter(({ at, message }) => at < end.at && message.callId === callId);
    const isUp = before.some(({ direction, message }) =>
      direction === "in" && (from === engine
        ? message.status === 200 && message.method === "INVITE"
        : isRequest(message, "ACK"))
    ) && before.some(({ message }) =>
      message.status === 200 && message.method === "INVITE"
    );
    const isLeft = before.some(({ message }) => isRequest(message, "BYE"));
    if (!isUp || isLeft || isForgotten) return;
    const leaves = half.some(({ at, direction, message }) =>
      at === end.at && direction === "out" && message.callId === callId && isRequest(message, "BYE")
    );
    if (!leaves) complain(`stop() has not hung up call ${callId}`);
  });
}
