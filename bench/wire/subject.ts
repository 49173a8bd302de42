/**
 * What every subject does, whatever its stack and runtime: it is a process of its own, so that its
 * processor time is its own, and takes commands by lines of its standard input.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { Pauses } from "./pauses.ts";

/** Octets that the system keeps for a socket: all that Linux grants where nobody has changed it. */
export const RECEIVE_BUFFER = 4_194_304;

/** A stack that is measured, in the process that it is measured in. */
export interface Stack {
  /** The port on 127.0.0.1 at which it answers calls. */
  readonly port: number;
  /** How many messages it has sent so far: more than a call has are repetitions. */
  readonly sent: () => number;
  /** Calls whoever is at a port, hangs up, and resolves when the call is over. */
  readonly call: (port: number) => Promise<void>;
}

/** What a subject is told. */
export type Command =
  /** Places calls, so many a second; answered when they are over. */
  | { readonly do: "call"; readonly port: number; readonly rate: number; readonly calls: number }
  /** Says what was used so far. */
  | { readonly do: "usage" }
  /** Starts noting how long the event loop pauses. */
  | { readonly do: "watchPauses" }
  /** Ends that, and says it. */
  | { readonly do: "tellPauses" };

/** What it answers. */
export interface Usage {
  /** Where it can be called. */
  readonly port: number;
  /** Microseconds of processor time of all threads, since the start. */
  readonly processorTime: number;
  /** Messages sent since the start. */
  readonly sent: number;
  /** Calls that this end placed and that failed, since the start. */
  readonly failed: number;
  /** In answer to `tellPauses`, in milliseconds. */
  readonly pauses?: { readonly p999: number; readonly most: number };
}

/** So many milliseconds are between two handfuls of calls. */
const TICK_MS = 4;
/** What is not over so long after the last call was placed has failed. */
const DEADLINE_MS = 3_000;

/** Takes commands until there are no more. */
export async function serve(stack: Stack): Promise<never> {
  let failed = 0;
  let pauses: Pauses | undefined;
  const usage = (): Usage => {
    const { user, system } = process.cpuUsage();
    return {
      port: stack.port,
      processorTime: user + system,
      sent: stack.sent(),
      failed,
    };
  };
  console.log(JSON.stringify(usage()));
  for await (const line of createInterface({ input: process.stdin })) {
    const command: Command = JSON.parse(line);
    if (command.do === "watchPauses") pauses = new Pauses();
    if (command.do === "call") {
      const { port, rate, calls } = command;
      failed += await place(calls, rate, () => stack.call(port));
    }
    const told = command.do === "tellPauses" ? { pauses: pauses?.end() } : {};
    console.log(JSON.stringify({ ...usage(), ...told }));
  }
  process.exit(0);
}

/** Places calls at a steady rate; resolves with how many of them failed. */
async function place(calls: number, rate: number, call: () => Promise<void>): Promise<number> {
  const start = performance.now();
  let placed = 0;
  let over = 0;
  let failed = 0;
  return await new Promise((resolve) => {
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      if (++over < calls) return;
      clearTimeout(deadline);
      resolve(failed);
    };
    const tick = () => {
      const due = Math.min(calls, Math.ceil(((performance.now() - start) * rate) / 1000));
      for (; placed < due; placed++) call().catch(() => failed++).then(end);
      if (placed < calls) setTimeout(tick, TICK_MS);
      else if (over < calls) {
        deadline = setTimeout(() => resolve(failed + calls - over), DEADLINE_MS);
      }
    };
    tick();
  });
}
