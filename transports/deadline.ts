/**
 * A time by which something has to be done.
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** See the module. */
export class Deadline {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onPassed: () => void;
  #timer: unknown;
  /** When it was extended, since the timer was armed. */
  #extended: number | undefined;

  /** Does not run yet. `ms` is in milliseconds. */
  constructor(clock: Clock, ms: number, onPassed: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onPassed = onPassed;
  }

  /** Whether it runs. */
  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Runs, unless it does already. */
  start(): void {
    if (this.#timer === undefined) this.#arm(this.#ms);
  }

  /** Runs all of its time from now on. It costs no timer: the one that is armed looks again. */
  extend(): void {
    if (this.#timer === undefined) this.#arm(this.#ms);
    else this.#extended = this.#now();
  }

  /** Runs no more. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#extended = undefined;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      const left = this.#extended === undefined ? 0 : this.#extended + this.#ms - this.#now();
      if (left > 0) this.#arm(left);
      else this.#onPassed();
    }, ms);
  }

  #now(): number {
    return this.#clock.now?.() ?? Date.now();
  }
}
