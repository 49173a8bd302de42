/**
 * Time that goes on as a recording does.
 *
 * @module
 */
import type { Clock } from "../transports/clock.ts";

interface Waiting {
  readonly id: number;
  readonly due: number;
  readonly run: () => void;
}

/** A clock that stands still until it is told to go on; then timers run, each at its time. */
export class RecordedClock implements Clock {
  /** In milliseconds since 1970. */
  time: number;
  #armed = 0;
  readonly #waiting = new Map<number, Waiting>();

  constructor(time: number) {
    this.time = time;
  }

  now(): number {
    return this.time;
  }

  setTimeout(run: () => void, ms: number): number {
    const id = ++this.#armed;
    this.#waiting.set(id, { id, due: this.time + Math.max(ms, 0), run });
    return id;
  }

  clearTimeout(id: unknown): void {
    this.#waiting.delete(id as number);
  }

  /** Lets time pass up to then. */
  goTo(time: number): void {
    for (let next = this.#next(time); next !== undefined; next = this.#next(time)) {
      this.#waiting.delete(next.id);
      this.time = next.due;
      next.run();
    }
    this.time = Math.max(this.time, time);
  }

  /** A machine has a few timers at most. */
  #next(time: number): Waiting | undefined {
    let next: Waiting | undefined;
    for (const each of this.#waiting.values()) {
      if (each.due <= time && (next === undefined || each.due < next.due)) next = each;
    }
    return next;
  }
}
