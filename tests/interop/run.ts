/**
 * The engine with real peers: `deno task interop`.
 *
 * Everything stays on 127.0.0.1 and ends by itself within eight minutes. The last line is
 * `N passed, N failed`, of trials: a scenario over a transport each. Words after the command pick the
 * trials whose line in the table has all of them. A run of all trials compares its matrix with that of
 * README.md, or writes it there with `--write`.
 */
import { drawMatrix, gapsOf, type Outcome } from "./matrix.ts";
import { peerVersions, providePeers } from "./packages.ts";
import { compareMatrix, writeMatrix } from "./readme_matrix.ts";
import { Stage } from "./stage.ts";
import type { Trial } from "./trial.ts";
import { locatingTrials, proxyTrials, sippTrials } from "./trials.ts";

const DEADLINE = 460_000;
/** How many complaints about one trial are shown. */
const SHOWN = 10;

const problem = await providePeers();
if (problem !== undefined) {
  console.error(problem);
  Deno.exit(1);
}

const words = Deno.args.filter((word) => !word.startsWith("--"));
const isChosen = (trial: Trial) => words.every((word) => lineOf(trial).includes(word));
let stage: Promise<Stage> | undefined;
const withSipp = sippTrials().filter(isChosen);
const withKamailio = [...proxyTrials(() => stage ??= Stage.start()), ...locatingTrials()]
  .filter(isChosen);
const trials = [...withSipp, ...withKamailio];
const passed = new Set<Trial>();
const deadline = setTimeout(giveUp, DEADLINE);

// The last timers of one trial run out while the next are on.
const ends: Promise<void>[] = [];
// Those with SIPp have nothing in common with the others, and wait most of the time.
await Promise.all([inTurn(withSipp), inTurn(withKamailio)]);
console.log("waiting for the last timers");
await Promise.all(ends);
clearTimeout(deadline);
await leaveStage();
await report();

async function inTurn(trials: readonly Trial[]): Promise<void> {
  for (const trial of trials) {
    console.log(lineOf(trial));
    await trial.run();
    ends.push(finish(trial));
  }
}

function lineOf({ peer, protocol, title, calls }: Trial): string {
  return `${peer} ${protocol}: ${title}, ${calls} times`;
}

async function finish(trial: Trial): Promise<void> {
  await trial.finish();
  if (trial.complaints.length === 0) passed.add(trial);
}

async function giveUp(): Promise<never> {
  console.log(`not done after ${DEADLINE / 1000} s`);
  for (const trial of trials) trial.abort();
  await leaveStage();
  return await report();
}

/** Whether it could be set or not. */
async function leaveStage(): Promise<void> {
  await stage?.then((each) => each.stop(), () => {});
}

async function report(): Promise<never> {
  printTrials();
  const failures = words.length === 0 ? await reportMatrix() : [];
  for (const failure of failures) console.log(failure);
  const failed = trials.length - passed.size + failures.length;
  console.log(`\n${passed.size} passed, ${failed} failed`);
  Deno.exit(failed === 0 ? 0 : 1);
}

/** Says what is not as it has to be. */
async function reportMatrix(): Promise<string[]> {
  const outcomes = trials.map((trial): Outcome => {
    const { peer, protocol, cells, calls, ok } = trial;
    return { peer, protocol, cells, calls, ok, hasPassed: passed.has(trial) };
  });
  const matrix = drawMatrix(outcomes, await peerVersions());
  console.log(`\n${matrix}`);
  if (Deno.args.includes("--write")) await writeMatrix(matrix);
  return [...gapsOf(outcomes), ...await compareMatrix(matrix)];
}

function printTrials(): void {
  const rows = [
    ["peer", "transport", "trial", "calls", "ok", "failed", "unexpected", "retransmissions", ""],
    ...trials.map((trial) => [
      ...[trial.peer, trial.protocol, trial.title],
      ...[trial.calls, trial.ok, trial.calls - trial.ok, trial.unexpected, trial.retransmissions],
      passed.has(trial) ? "passed" : "FAILED",
    ]),
  ].map((row) => row.map(String));
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  console.log();
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i < 3 || i === 8 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
    );
    console.log(cells.join("  ").trimEnd());
  }
  for (const trial of trials) {
    const { complaints } = trial;
    if (complaints.length === 0) continue;
    console.log(`\n${lineOf(trial)}`);
    for (const complaint of complaints.slice(0, SHOWN)) console.log(`  ${complaint}`);
    if (complaints.length > SHOWN) console.log(`  and ${complaints.length - SHOWN} more`);
  }
}
