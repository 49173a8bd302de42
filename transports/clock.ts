/**
 * The time that the engine and its transports wait by.
 *
 * @module
 */

/** What runs something later: the runtime's own timers, or a virtual clock. XState takes it too. */
export interface Clock {
  /** Runs `run` after so many milliseconds; returns what `clearTimeout` takes. */
  setTimeout(run: () => void, ms: number): unknown;
  /** Disarms a timer. */
  // deno-lint-ignore no-explicit-any
  clearTimeout(timer: any): void;
  /** Milliseconds since some moment, by the same time; where it is missing, the runtime's. */
  now?(): number;
}

/** The runtime's own timers. */
export const systemClock: Clock = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  now: () => performance.now(),
};
