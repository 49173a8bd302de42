/**
 * What one library did and the other did not.
 *
 * @module
 */
import type { Record } from "./stage.ts";
import type { WireMessage } from "./wire.ts";

/** The longest common subsequence of two lists, as pairs of indices. */
function common(a: readonly string[], b: readonly string[]): [number, number][] {
  const lengths = Array.from(
    { length: a.length + 1 },
    () => new Array<number>(b.length + 1).fill(0),
  );
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i] ?? [];
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}

/** Lines that only SIP.js has, with `SIP.js:` before them, and those that only Strowger has. */
function lineDifferences(
  what: string,
  sipJs: readonly string[],
  strowger: readonly string[],
): string[] {
  const pairs = common(sipJs, strowger);
  const theirs = new Set(pairs.map(([i]) => i));
  const ours = new Set(pairs.map(([, j]) => j));
  return [
    ...sipJs.filter((_, i) => !theirs.has(i)).map((line) => `SIP.js ${what} ${line}`),
    ...strowger.filter((_, j) => !ours.has(j)).map((line) => `Strowger ${what} ${line}`),
  ];
}

/** Which messages only one sends; and of those that both send, which headers. */
function wireDifferences(
  sipJs: readonly WireMessage[],
  strowger: readonly WireMessage[],
): string[] {
  const theirs = sipJs.map(({ summary }) => summary);
  const ours = strowger.map(({ summary }) => summary);
  const differences = lineDifferences("sends", theirs, ours);
  for (const [i, j] of common(theirs, ours)) {
    const [a, b] = [sipJs[i]?.details ?? [], strowger[j]?.details ?? []];
    differences.push(...lineDifferences(`in ${theirs[i]}:`, a, b));
  }
  return differences;
}

/** Lines that follow one another and are the same, as one. */
function counted(lines: readonly string[]): string[] {
  const runs: { line: string; times: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.times++;
    else runs.push({ line, times: 1 });
  }
  return runs.map(({ line, times }) => times === 1 ? line : `${line}, ${times} times`);
}

/** All differences between two plays of a scenario. */
export function differences(sipJs: Record, strowger: Record): string[] {
  return counted([
    ...lineDifferences("tells", sipJs.told, strowger.told),
    ...wireDifferences(sipJs.wire, strowger.wire),
  ]);
}
