/**
 * How long the event loop pauses: a timer of a millisecond that comes late.
 *
 * @module
 */

/** Notes pauses from when it is made. */
export class Pauses {
  readonly #noted: number[] = [];
  #last = performance.now();
  #timer: ReturnType<typeof setTimeout>;

  /** Starts noting. */
  constructor() {
    const note = () => {
      const now = performance.now();
      this.#noted.push(now - this.#last - 1);
      this.#last = now;
      this.#timer = setTimeout(note, 1);
    };
    this.#timer = setTimeout(note, 1);
  }

  /** Ends it: the 99.9th percentile and the longest, in milliseconds. */
  end(): { p999: number; most: number } {
    clearTimeout(this.#timer);
    const sorted = this.#noted.toSorted((a, b) => a - b);
    const { length } = sorted;
    return {
      p999: sorted[Math.min(length - 1, Math.floor(length * 0.999))] ?? 0,
      most: sorted[length - 1] ?? 0,
    };
  }
}
