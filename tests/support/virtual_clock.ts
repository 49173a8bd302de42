/**
 * A clock that stands still until it is told to advance: the time of every test and simulation.
 *
 * @module
 */
import { setImmediate } from "node:timers";

interface Timer {
  readonly id: number;
  readonly due: number;
  readonly run: () => void;
}

/** Earlier due times first; of equal ones, the timer that was armed first. */
function precedes(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.id < b.id);
}

/**
 * Time that moves from timer to timer: each runs at exactly its due time, also those that are armed
 * while time advances. XState takes it as it is: `createActor(machine, { clock })`.
 */
export class VirtualClock {
  #now = 0;
  #lastId = 0;
  /** The timers that are armed, by id. */
  readonly #armed = new Map<number, Timer>();
  /** A binary heap of them; a cleared timer stays until it would have been due. */
  readonly #heap: Timer[] = [];

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now;
  }

  /** How many timers are armed. */
  get pending(): number {
    return this.#armed.size;
  }

  /** Arms a timer; a delay below zero counts as zero. */
  setTimeout(run: () => void, ms: number): number {
    const timer: Timer = { id: ++this.#lastId, due: this.#now + Math.max(0, ms), run };
    this.#armed.set(timer.id, timer);
    this.#push(timer);
    return timer.id;
  }

  /** Disarms a timer; one that has run, or was never armed, is ignored. */
  clearTimeout(id: number | undefined): void {
    if (id !== undefined) this.#armed.delete(id);
  }

  /** Lets time pass and runs what falls due, in order of due time, then of arming. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.#runNext(end));
    this.#now = Math.max(this.#now, end);
  }

  /** Like {@linkcode VirtualClock.advance}, but what awaits may go on between two timers. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    do await settled(); while (this.#runNext(end));
    this.#now = Math.max(this.#now, end);
  }

  /** Runs the first timer that is due by `end`; says whether there was one. */
  #runNext(end: number): boolean {
    for (let timer = this.#heap[0]; timer !== undefined; timer = this.#heap[0]) {
      const armed = this.#armed.has(timer.id);
      if (armed && timer.due > end) return false;
      this.#pop();
      if (!armed) continue;
      this.#armed.delete(timer.id);
      this.#now = Math.max(this.#now, timer.due);
      timer.run();
      return true;
    }
    return false;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !precedes(timer, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    while (true) {
      let down = 2 * at + 1;
      let child = heap[down];
      const right = heap[down + 1];
      if (child === undefined) break;
      if (right !== undefined && precedes(right, child)) [down, child] = [down + 1, right];
      if (!precedes(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}

/** Resolves when no promise in the process has anything left to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
