/**
 * The time that a transport waits by.
 *
 * @module
 */

/** What runs something later: the runtime's own timers, or a virtual clock. */
export interface TransportClock {
  /** Runs `run` after so many milliseconds; returns what `clearTimeout` takes. */
  setTimeout(run: () => void, ms: number): unknown;
  /** Disarms a timer. */
  // deno-lint-ignore no-explicit-any
  clearTimeout(timer: any): void;
}

/** The runtime's own timers. */
export const systemClock: TransportClock = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};
