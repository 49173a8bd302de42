/**
 * Chance that can be repeated: the same seed, the same numbers.
 *
 * @module
 */

/** A generator of pseudo-random numbers (mulberry32). */
export class Prng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** An integer of a range, both ends included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** One of a list. */
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.integer(0, list.length - 1)] ?? list[0];
  }

  /**
   * A delay in milliseconds, each order of magnitude as likely as the next: races happen within
   * milliseconds, timeouts within minutes.
   */
  delay(longest: number): number {
    return Math.round(Math.exp(this.next() * Math.log(longest)));
  }

  /** A generator of its own, so that what one part draws does not shift what another draws. */
  fork(): Prng {
    return new Prng(this.integer(0, 2 ** 32 - 1));
  }

  /** Fills an array: a core's `random`. */
  fill(octets: Uint8Array): void {
    for (let i = 0; i < octets.length; i++) octets[i] = this.integer(0, 255);
  }
}
