/**
 * What has to be true of every call once it is over, whatever the network did.
 *
 * @module
 */
import type { Callee } from "./callee.ts";
import type { Caller } from "./caller.ts";
import type { Simulation } from "./simulation.ts";

/** Checks every call. */
export function checkCalls(simulation: Simulation): void {
  for (const caller of simulation.callers) {
    const id = simulation.callers.indexOf(caller);
    const callee = simulation.callees.get(id);
    checkCallerOrder(simulation, caller);
    if (callee !== undefined) checkCalleeOrder(simulation, callee);
    if (simulation.end !== undefined) continue;
    checkOutcome(simulation, caller);
    checkBothEnds(simulation, caller, callee);
  }
  checkNothingDropped(simulation);
}

/** The callbacks come in the order that the states allow. */
function checkCallerOrder(simulation: Simulation, caller: Caller): void {
  const wrong = (text: string): void => {
    const names = caller.told.map(({ name, status }) => `${name} ${status ?? ""}`).join(", ");
    simulation.violation(`call ${simulation.callers.indexOf(caller)}: ${text}: ${names}`);
  };
  const ofRequest = caller.told.filter(({ name }) => name !== "onBye");
  const final = ofRequest.findIndex(({ name }) => /onAccept|onRedirect|onReject/.test(name));
  // "onAccept" of another fork would be fine, but there is one callee only.
  if (final >= 0 && final < ofRequest.length - 1) wrong("told something after the outcome");
  const { disposedAfter } = caller;
  if (disposedAfter !== undefined) {
    const late = caller.told.slice(disposedAfter).filter(({ name }) => name !== "onBye");
    if (late.length > 0) wrong("told something after dispose()");
  }
  if (caller.told.filter(({ name }) => name === "onBye").length > 1) wrong("two onBye");
  if (caller.sessions.size > 1) wrong("more than one session");
}

function checkCalleeOrder(simulation: Simulation, callee: Callee): void {
  const names = callee.told.map(({ name }) => name)
    .filter((name) => name !== "onTransportError" && name !== "onPrack");
  if (names.length !== new Set(names).size) {
    simulation.violation(`callee: something told twice: ${names.join(", ")}`);
  }
  if (callee.heard("onAck") && callee.heard("onAckTimeout")) {
    simulation.violation("callee: onAck and onAckTimeout");
  }
  if (callee.heard("onCancel") && hasAccepted(simulation, callee)) {
    simulation.violation("callee: accepted, and told onCancel");
  }
}

/** Whether the callee's 2xx was sent: it may have to wait for a PRACK. */
function hasAccepted({ wire }: Simulation, { engine, request }: Callee): boolean {
  return wire.some(({ message, ...entry }) =>
    entry.engine === engine && entry.direction === "out" && message.status === 200 &&
    message.method === "INVITE" && message.callId === request?.message.callId
  );
}

/** Every call ends, and its caller is told how. */
function checkOutcome(simulation: Simulation, caller: Caller): void {
  const { plan } = caller;
  if (plan.delegate === "present" && !caller.hasOutcome) {
    simulation.violation(`call ${caller.callId}: its caller does not know how it ended`);
  }
}

/** Whether a BYE of a call was sent by an engine, or got there. */
function hasBye({ wire }: Simulation, callId: string, engine: 0 | 1, way?: "in" | "out"): boolean {
  return wire.some(({ message, ...entry }) =>
    entry.engine === engine && (way === undefined || entry.direction === way) &&
    message.callId === callId && message.method === "BYE" && message.status === undefined
  );
}

/**
 * A session ends on both sides; and on each because that side hung up, or because it was told that
 * the other one had, or because it was disposed of.
 */
function checkBothEnds(simulation: Simulation, caller: Caller, callee: Callee | undefined): void {
  const { callId } = caller;
  const [session] = caller.sessions;
  const complain = (text: string): void => simulation.violation(`call ${callId}: ${text}`);
  const explained = (engine: 0 | 1): boolean => hasBye(simulation, callId, engine);
  if (session?.sessionState === "Terminated") {
    const isOurs = caller.hasDisposedSession || explained(caller.engine);
    if (caller.heard("onAccept") && !isOurs) complain("over for the caller, without a BYE");
  } else if (session !== undefined) {
    if (!caller.heard("onAccept") && caller.plan.delegate === "present") {
      complain("its early session has outlived the INVITE");
    }
    // One who never hangs up may stay, where the BYE of the other one has never arrived.
    if (caller.hasTalked) complain("the caller has hung up, and is still up");
    if (hasBye(simulation, callId, caller.engine, "in")) complain("a BYE, and the caller is up");
  }
  if (callee?.session === undefined) return;
  if (callee.session.sessionState !== "Terminated") return complain("the callee is still up");
  const isOurs = callee.hasDisposedSession || explained(callee.engine);
  if (hasAccepted(simulation, callee) && !isOurs) complain("over for the callee, without a BYE");
  checkConfirmed(simulation, caller, callee);
}

/**
 * RFC 3261 §13.3.1.4: repeated until the ACK comes, a 2xx gets through where anything does. So
 * nobody who accepted waits for an ACK in vain; where much is lost, the 2xx or the ACK may be lost
 * every time, and then both sides end.
 */
function checkConfirmed(simulation: Simulation, caller: Caller, callee: Callee): void {
  if (!hasAccepted(simulation, callee) || !callee.plan.listens || callee.hasDisposedSession) return;
  const { loss } = simulation.impairment;
  const complain = (text: string): void => simulation.violation(`call ${caller.callId}: ${text}`);
  const isSettled = callee.heard("onAck") || callee.heard("onBye") || callee.heard("onAckTimeout");
  // A 2xx that is answered inside `accept()` comes before a session to listen to is there.
  const isImmediate = simulation.impairment.kind === "immediate" && !callee.heard("onAck");
  if (!isSettled && !isImmediate) complain("accepted, and neither confirmed nor over");
  const isOnItsOwn = caller.disposedAfter !== undefined || caller.hasDisposedSession;
  if (callee.heard("onAckTimeout") && loss === 0 && !isOnItsOwn) complain("no ACK, without loss");
}

/**
 * Where messages neither vanish nor come twice nor overtake each other, each one is for somebody.
 * The exception: a 2xx was repeated while its ACK was on the way, so that there are two ACKs.
 */
function checkNothingDropped(simulation: Simulation): void {
  const { impairment: { kind }, end, callers, callees, wire } = simulation;
  if ((kind !== "immediate" && kind !== "reliable") || end !== undefined) return;
  // An early session that was hung up may be accepted all the same, and its ACK comes too late.
  const hasDisposed =
    callers.some(({ disposedAfter, hasDisposedSession, hasLeftEarly }) =>
      disposedAfter !== undefined || hasDisposedSession || hasLeftEarly
    ) || [...callees.values()].some(({ hasDisposedSession }) => hasDisposedSession);
  if (hasDisposed) return;
  for (const engine of [0, 1] as const) {
    const acks = wire.filter((entry) =>
      entry.engine === engine && entry.direction === "in" && entry.message.method === "ACK"
    );
    const repeated = acks.length - new Set(acks.map(({ message }) => message.branch)).size;
    const { dropped } = simulation.core(engine);
    if (dropped > repeated) simulation.violation(`engine ${engine} dropped ${dropped} messages`);
  }
}
