/**
 * In which order the servers of a service are tried (RFC 2782, "Usage rules").
 *
 * @module
 */
import type { SrvRecord } from "./resolver.ts";

/** A random whole number from 0 to `below` - 1. */
export type RandomNumber = (below: number) => number;

/**
 * Lower priorities first; among equal ones, "larger weights SHOULD be given a proportionately higher
 * probability of being selected".
 *
 * @param random What the draw is made with.
 */
export function inSrvOrder(records: readonly SrvRecord[], random: RandomNumber): SrvRecord[] {
  // "Those with weight 0 are placed at the beginning of the list."
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const end = left.findIndex(({ priority }) => priority !== left[0]?.priority);
    const equals = end < 0 ? left.length : end;
    ordered.push(...left.splice(draw(left.slice(0, equals), random), 1));
  }
  return ordered;
}

/**
 * "Choose a uniform random number between 0 and the sum computed (inclusive), and select the RR whose
 * running sum value is the first in the selected order which is greater than or equal to the random
 * number selected."
 */
function draw(equals: readonly SrvRecord[], random: RandomNumber): number {
  const sum = equals.reduce((total, { weight }) => total + weight, 0);
  const drawn = random(sum + 1);
  let running = 0;
  return equals.findIndex(({ weight }) => (running += weight) >= drawn);
}
