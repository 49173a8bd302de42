/**
 * One clock for all stacks in a process: the peers take their timers from the runtime, so this puts
 * it there when it is imported.
 *
 * @module
 */
import { VirtualClock } from "../tests/support/virtual_clock.ts";

/** 64*T1, and a little: every transaction has ended by then. */
export const LINGER_MS = 33_000;

/** The clock. */
export const clock: VirtualClock = new VirtualClock();

Object.assign(globalThis, {
  setTimeout: (run: () => void, ms: number) => clock.setTimeout(run, ms),
  clearTimeout: (id: number | undefined) => clock.clearTimeout(id),
});
