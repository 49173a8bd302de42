/**
 * How things are measured here: in processor time, side by side, in rounds by turns.
 *
 * @module
 */
import process from "node:process";

/** A thing to measure. */
export interface Subject {
  /** What the table calls it. */
  readonly name: string;
  /** Its processor time before anything counts, where that is not {@linkcode WARM_UP_MS}. */
  readonly warmUpMs?: number;
  /**
   * Does the thing that many times. Where another process does it, this says how many microseconds
   * of processor time that took there.
   */
  run(times: number): void | Promise<void> | Promise<number>;
}

/** What was measured of a subject: microseconds a time, one figure a round. */
export interface Measurement {
  readonly name: string;
  readonly rounds: readonly number[];
}

/** How much processor time each subject gets before anything counts: V8 optimises for seconds. */
export const WARM_UP_MS = 4000;
/**
 * The same for SIP.js: its grammar is one function of thousands of lines, which V8 needs up to ten
 * seconds to optimise, and which costs three times as much until then.
 */
export const SIP_JS_WARM_UP_MS = 12_000;
/** Short rounds by turns, so that what else the machine does in a while meets every subject. */
const ROUNDS = 101;
const ROUND_MS = 20;

/**
 * Processor time of this process so far in microseconds: of all its threads, so that collecting
 * garbage and compiling count, and what other processes do does not.
 */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Octets of the heap that are in use. The collector has to be there: `--v8-flags=--expose-gc`. */
export function heapUsed(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("run this with --v8-flags=--expose-gc");
  gc();
  return process.memoryUsage().heapUsed;
}

/** The middle of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/** Warms every subject up, and then measures all of them by turns. */
export async function compare(subjects: readonly Subject[]): Promise<Measurement[]> {
  const prepared: { subject: Subject; times: number; rounds: number[] }[] = [];
  for (const subject of subjects) {
    prepared.push({ subject, times: await warmUp(subject), rounds: [] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { subject, times, rounds } of prepared) {
      rounds.push(await measure(subject, times));
    }
  }
  return prepared.map(({ subject: { name }, rounds }) => ({ name, rounds }));
}

/** Microseconds a time. */
async function measure(subject: Subject, times: number): Promise<number> {
  const start = processorTime();
  const elsewhere = await subject.run(times);
  return (elsewhere ?? processorTime() - start) / times;
}

/** How often a warm subject has to run to fill a round. */
async function warmUp(subject: Subject): Promise<number> {
  let times = 1;
  let left = (subject.warmUpMs ?? WARM_UP_MS) * 1000;
  while (left > 0) {
    const cost = await measure(subject, times);
    left -= cost * times;
    times = Math.max(1, Math.ceil((ROUND_MS * 1000) / Math.max(cost, 0.1)));
  }
  return times;
}

/** One measurement in parts of another, round by round: the machine's own speed cancels out. */
export function ratios(of: Measurement, to: Measurement): number[] {
  return of.rounds.map((cost, round) => cost / (to.rounds[round] ?? NaN));
}

/** The middle of some figures, and between which two they all lie. */
export function spread(figures: readonly number[], digits: number): string {
  const [middle, least, most] = [median(figures), Math.min(...figures), Math.max(...figures)]
    .map((figure) => figure.toFixed(digits));
  return `${middle} (${least}..${most})`;
}

/** Prints each measurement in microseconds, and in parts of the first. */
export function printComparison(unit: string, measurements: readonly Measurement[]): void {
  const [first] = measurements;
  if (first === undefined) return;
  printTable([
    ["", unit, `in parts of ${first.name}`],
    ...measurements.map((each) => [
      each.name,
      spread(each.rounds, median(each.rounds) < 10 ? 2 : 0),
      spread(ratios(each, first), 2),
    ]),
  ]);
}

/** Prints rows of cells: the first column to the left, the others to the right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  for (const row of rows) {
    const cells = row.map((cell, i) => {
      return i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
    });
    console.log(`  ${cells.join("   ").trimEnd()}`);
  }
}
