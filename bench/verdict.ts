/**
 * Whether a figure has become worse than the one on record, on a machine that is never quiet.
 *
 * @module
 */

/** How much worse than the record is too much. */
export const TOLERANCE = 1.25;
/** How often something is measured before it is said to be worse. */
export const ATTEMPTS = 3;

/** What came of it. */
export interface Verdict {
  readonly isFine: boolean;
  /** The best figure that was measured. */
  readonly best: number;
  /** The most it may be. */
  readonly limit: number;
}

/**
 * Measures until a figure is within the limit, {@linkcode ATTEMPTS} times at most: noise makes
 * figures worse, and seldom better. Throws where the record is no figure.
 */
export async function judge(recorded: number, measure: () => Promise<number>): Promise<Verdict> {
  if (!(recorded > 0)) throw new Error(`expected a figure on record, found ${recorded}`);
  const limit = recorded * TOLERANCE;
  let best = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && best > limit; attempt++) {
    const figure = await measure();
    if (!(figure > 0)) throw new Error(`expected a figure, measured ${figure}`);
    best = Math.min(best, figure);
  }
  return { isFine: best <= limit, best, limit };
}
