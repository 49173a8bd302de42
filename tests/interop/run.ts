/**
 * The engine with real peers: `deno task interop`.
 *
 * Everything stays on 127.0.0.1 and ends by itself within four minutes. The last line is
 * `N passed, N failed`, of trials: a scenario over a transport each. Words after the command pick the
 * trials whose line in the table has all of them.
 */
import type { Protocol } from "./engine.ts";
import { LOSSY_CALLS } from "./lossy_calls.ts";
import { providePeers } from "./packages.ts";
import { PHONE_CALLS } from "./phone_calls.ts";
import { PHONE_HOLDS } from "./phone_holds.ts";
import { PHONE_REGISTRATIONS } from "./phone_registrations.ts";
import { PHONE_TRANSFERS } from "./phone_transfers.ts";
import { ProxyTrial } from "./proxy_trial.ts";
import { REGISTRATIONS } from "./registrations.ts";
import { CALLS } from "./sipp_calls.ts";
import { CHALLENGES } from "./sipp_challenges.ts";
import { CHANGES } from "./sipp_changes.ts";
import { REQUESTS } from "./sipp_requests.ts";
import { SUBSCRIPTIONS } from "./sipp_subscriptions.ts";
import { SippTrial } from "./sipp_trial.ts";
import { WITHIN_CALLS } from "./sipp_within_calls.ts";
import { Stage } from "./stage.ts";
import type { Trial } from "./trial.ts";

const DEADLINE = 230_000;
/** How many complaints about one trial are shown. */
const SHOWN = 10;

const problem = await providePeers();
if (problem !== undefined) {
  console.error(problem);
  Deno.exit(1);
}

const WITH_SIPP = [
  ...CALLS,
  ...CHANGES,
  ...WITHIN_CALLS,
  ...SUBSCRIPTIONS,
  ...CHALLENGES,
  ...REQUESTS,
];
const THROUGH_KAMAILIO = [
  ...REGISTRATIONS,
  ...PHONE_REGISTRATIONS,
  ...PHONE_CALLS,
  ...PHONE_HOLDS,
  ...PHONE_TRANSFERS,
  ...LOSSY_CALLS,
];

let stage: Promise<Stage> | undefined;
const setStage = (): Promise<Stage> => stage ??= Stage.start();
const throughKamailio = (protocol: Protocol): Trial[] =>
  THROUGH_KAMAILIO.filter(({ protocols = ["UDP", "TCP"] }) => protocols.includes(protocol))
    .map((scenario) => new ProxyTrial(scenario, protocol, setStage));
const trials: Trial[] = [
  ...(["UDP", "TCP"] as const).flatMap((protocol) => [
    ...WITH_SIPP.map((scenario) => new SippTrial(scenario, protocol)),
    ...throughKamailio(protocol),
  ]),
  // Debian's SIPp has no TLS, and none has WebSockets.
  ...(["TLS", "WS", "WSS"] as const).flatMap(throughKamailio),
].filter((trial) => Deno.args.every((word) => lineOf(trial).includes(word)));
const passed = new Set<Trial>();
const deadline = setTimeout(giveUp, DEADLINE);

// The last timers of one trial run out while the next are on.
const ends: Promise<void>[] = [];
for (const trial of trials) {
  console.log(lineOf(trial));
  await trial.run();
  ends.push(finish(trial));
}
console.log("waiting for the last timers");
await Promise.all(ends);
clearTimeout(deadline);
await leaveStage();
report();

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
  report();
}

/** Whether it could be set or not. */
async function leaveStage(): Promise<void> {
  await stage?.then((each) => each.stop(), () => {});
}

function report(): never {
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
  console.log(`\n${passed.size} passed, ${trials.length - passed.size} failed`);
  Deno.exit(passed.size === trials.length ? 0 : 1);
}
