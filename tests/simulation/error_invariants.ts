/**
 * What the engines may report, and why: an error that nothing in the plan or the network explains is
 * a violation.
 *
 * @module
 */
import {
  DelegateError,
  InvalidStateError,
  ProtocolError,
  TimeoutError,
  TransportError,
} from "@strowger/sip";
import { ScriptedFailure } from "./guest.ts";
import type { Report, Simulation } from "./simulation.ts";

/** Whether something can get lost: a message, or a whole engine. */
function mayLose({ impairment, end }: Simulation): boolean {
  return impairment.loss > 0 || end !== undefined;
}

function callerOf({ callers }: Simulation, text: string) {
  return callers.find(({ callId }) => callId !== "" && text.includes(callId));
}

function isExplained(simulation: Simulation, { engine, error }: Report): boolean {
  const caller = callerOf(simulation, error.message);
  // Exactly what the plan's callbacks throw; that none is missing is counted below.
  if (error instanceof DelegateError) return error.cause instanceof ScriptedFailure;
  // The engine acknowledges since the program does not: never, too late, not after it failed, or
  // not any more, as it has disposed of the request inside the callback.
  if (error instanceof InvalidStateError) {
    const callee = caller && simulation.callees.get(simulation.callers.indexOf(caller));
    if (error.message.includes("in the PRACK")) {
      return callee?.engine === engine && caller?.plan.offersAgain === true &&
        (callee.plan.answersPrack !== "inside" || !callee.plan.listens ||
          callee.plan.manners === "throwing at once" || callee.hasDisposedSession ||
          simulation.impairment.kind === "immediate");
    }
    const isLate = caller?.plan.pracks !== "inside" || caller.plan.manners === "throwing at once";
    if (error.message.includes("no prack()")) return caller?.engine === engine && isLate;
    return caller?.engine === engine && error.message.includes("no ack()") &&
      (caller.plan.acknowledge !== "inside" || caller.plan.manners === "throwing at once");
  }
  // An ACK or a PRACK got lost every time; or there is nobody who would send one any more.
  if (error instanceof TimeoutError) {
    return mayLose(simulation) || caller?.disposedAfter !== undefined ||
      caller?.hasDisposedSession === true;
  }
  // A CANCEL, or its answer, got lost every time (408), or its connection did (503); or it was
  // repeated for so long that its INVITE was answered and forgotten (481).
  if (error instanceof ProtocolError) {
    const isCancel = /the CANCEL of call .* failed: (408|481|503)/.test(error.message);
    // The engine cancels where nobody answers the offer of a reliable response.
    const isUnanswered = caller?.plan.offers === false &&
      (caller.plan.pracks !== "inside" || caller.plan.delegate !== "present" ||
        caller.plan.manners === "throwing at once");
    const isAsked = caller?.hasCancelled === true || simulation.end !== undefined || isUnanswered;
    return isCancel && isAsked && mayLose(simulation);
  }
  // Over a reliable transport, an engine that has ended cannot be reached; or it was refused. One
  // that has ended cannot send, and `ack()` does not know that.
  if (error instanceof TransportError) {
    return simulation.impairment.protocol === "TCP" || simulation.end?.engine === engine;
  }
  return false;
}

/** Checks what was reported. */
export function checkErrors(simulation: Simulation): void {
  for (const report of simulation.reports) {
    if (!isExplained(simulation, report)) {
      const { error } = report;
      simulation.violation(`unexplained ${error.name}: ${error.message}`);
    }
  }
  const guests = [...simulation.callers, ...simulation.callees.values()];
  const failures = guests.reduce((sum, { failures }) => sum + failures, 0);
  const reported = simulation.reports.filter(({ error }) => error instanceof DelegateError).length;
  if (failures !== reported) {
    simulation.violation(`${failures} callbacks failed, ${reported} were reported`);
  }
}
