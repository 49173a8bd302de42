/**
 * Calls with real SIPp, over UDP and TCP: `deno task interop`.
 *
 * Everything stays on 127.0.0.1 and ends by itself within three minutes. The last line is
 * `N passed, N failed`, of trials: a scenario over a transport each.
 */
import { SCENARIOS } from "./scenarios.ts";
import { provideSipp } from "./sipp.ts";
import { Trial } from "./trial.ts";

const DEADLINE = 170_000;
/** How many complaints about one trial are shown. */
const SHOWN = 10;

const problem = await provideSipp();
if (problem !== undefined) {
  console.error(problem);
  Deno.exit(1);
}

const trials = (["UDP", "TCP"] as const).flatMap((protocol) =>
  SCENARIOS.map((scenario) => new Trial(scenario, protocol))
);
const passed = new Set<Trial>();
const deadline = setTimeout(giveUp, DEADLINE);

// The last timers of one trial run out while the next are on.
const ends: Promise<void>[] = [];
for (const trial of trials) {
  console.log(`${trial.protocol}: ${trial.scenario.title}, ${trial.scenario.calls} calls`);
  await trial.run();
  ends.push(finish(trial));
}
console.log("waiting for the last timers");
await Promise.all(ends);
clearTimeout(deadline);
report();

async function finish(trial: Trial): Promise<void> {
  await trial.finish();
  if (trial.complaints.length === 0) passed.add(trial);
}

function giveUp(): never {
  console.log(`not done after ${DEADLINE / 1000} s`);
  for (const trial of trials) trial.abort();
  report();
}

function report(): never {
  const rows = [
    ["transport", "scenario", "calls", "ok", "failed", "unexpected", "retransmissions", ""],
    ...trials.map((trial) => [
      trial.protocol,
      trial.scenario.title,
      ...[trial.scenario.calls, trial.ok, trial.failed, trial.unexpected, trial.retransmissions],
      passed.has(trial) ? "passed" : "FAILED",
    ]),
  ].map((row) => row.map(String));
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  console.log();
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i < 2 || i === 7 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
    );
    console.log(cells.join("  ").trimEnd());
  }
  for (const { protocol, scenario, complaints } of trials) {
    if (complaints.length === 0) continue;
    console.log(`\n${protocol}: ${scenario.title}`);
    for (const complaint of complaints.slice(0, SHOWN)) console.log(`  ${complaint}`);
    if (complaints.length > SHOWN) console.log(`  and ${complaints.length - SHOWN} more`);
  }
  console.log(`\n${passed.size} passed, ${trials.length - passed.size} failed`);
  Deno.exit(passed.size === trials.length ? 0 : 1);
}
