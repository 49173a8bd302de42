/**
 * One run: so many calls between a subject and SIPp, at a rate.
 *
 * @module
 */
import { type Protocol, Sipp } from "./sipp.ts";
import type { Usage } from "./subject.ts";
import type { SubjectProcess } from "./subject_process.ts";

/** What the subject is. */
export type Role = "caller" | "callee";

/** The messages that each side sends in a whole call. */
const MESSAGES: Readonly<Record<Role, number>> = { caller: 3, callee: 4 };

/** How a run went. */
export interface Outcome {
  /** Calls that did not come to their end, at either side. */
  readonly failed: number;
  /** Messages that either side sent again. */
  readonly retransmissions: number;
  /** From the first call to the last message. */
  readonly seconds: number;
  /** What the subject had used when it was over. */
  readonly usage: Usage;
}

/** Who takes part, and how. */
export interface Pairing {
  readonly subject: SubjectProcess;
  readonly role: Role;
  readonly protocol: Protocol;
}

/** Has that many calls made. */
export async function run(pairing: Pairing, rate: number, calls: number): Promise<Outcome> {
  const { subject, role, protocol } = pairing;
  const before = await subject.tell({ do: "usage" });
  const target = { port: before.port, rate, calls };
  const sipp = await Sipp.start(role === "caller" ? { protocol } : { protocol, target });
  const start = performance.now();
  if (role === "caller") await subject.tell({ do: "call", port: sipp.port, rate, calls });
  const seconds = (performance.now() - start) / 1000;
  const counts = await sipp.counts();
  const usage = await subject.tell({ do: "usage" });
  const repeated = usage.sent - before.sent - calls * MESSAGES[role];
  return {
    failed: calls - counts.successful + usage.failed - before.failed,
    // What a failed call has not sent makes up for no repetition.
    retransmissions: counts.retransmissions + Math.max(0, repeated),
    seconds: role === "caller" ? seconds : counts.seconds,
    usage,
  };
}
