/**
 * A whole call on the wire: INVITE, 100, 180, 200, ACK, BYE, 200 on loopback, with SIPp at the far
 * end: `deno task bench:wire`. Words after it pick what is measured (`cost`, `pauses`, `rates`), all
 * by default; a number is the rate of `cost`, 500 by default.
 *
 * @module
 */
import { type Measurement, printTable, ratios, spread, WARM_UP_MS } from "./measure.ts";
import { type Candidate, CANDIDATES, cleanUp } from "./wire/candidates.ts";
import { type Pairing, type Role, run } from "./wire/run.ts";
import type { Protocol } from "./wire/sipp.ts";
import type { SubjectProcess } from "./wire/subject_process.ts";

/** One candidate in one role: it has a process of its own. */
class Entrant implements Pairing {
  readonly name: string;
  readonly role: Role;
  readonly protocol: Protocol;
  subject: SubjectProcess;
  readonly #start: Candidate["start"];

  private constructor(candidate: Candidate, pairing: Pairing) {
    this.name = candidate.name;
    this.role = pairing.role;
    this.protocol = pairing.protocol;
    this.subject = pairing.subject;
    this.#start = candidate.start;
  }

  /** Starts and warms up everybody who speaks a protocol. */
  static async all(protocol: Protocol, role: Role): Promise<Entrant[]> {
    const started: Entrant[] = [];
    for (const candidate of CANDIDATES) {
      if (!candidate.protocols.includes(protocol)) continue;
      const subject = await candidate.start(protocol);
      const entrant = new Entrant(candidate, { role, protocol, subject });
      started.push(entrant);
      await entrant.#warmUp();
    }
    return started;
  }

  /** Has a new process take its place, in which nothing of what was is left. */
  async restart(): Promise<void> {
    await this.subject.stop();
    this.subject = await this.#start(this.protocol);
    await this.#warmUp();
  }

  /** V8 optimises for seconds of processor time, which who is cheap takes long to use. */
  async #warmUp(): Promise<void> {
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
      const { usage } = await run(this, WARM_UP_RATE, WARM_UP_RATE);
      if (usage.processorTime > WARM_UP_MS * 1000) return;
    }
  }
}

const ROLES: readonly Role[] = ["caller", "callee"];
const WARM_UP_RATE = 300;
/** Seconds of calls at that rate, at most. */
const WARM_UP_TURNS = 12;

const COST_RATE = 500;
const COST_ROUNDS = 7;
const COST_ROUND_S = 2;

/** Longer than all of it takes. */
const DEADLINE_MS = 30 * 60_000;

const PAUSE_RATE = 2000;
const PAUSE_S = 5;

/** Calls a second that are tried, one after the other. */
const RATES = [500, 1000, 2000, 3000, 4000, 5000, 6000, 8000, 10_000, 15_000, 20_000];
const RATE_S = 2;
/** Who takes so much longer than the calls were placed in is behind. */
const BEHIND_S = 0.5;

/**
 * Processor time a call. A subject is charged from the end of one round to the end of its next, so
 * that the timers that its calls leave behind are in it.
 */
async function measureCost(entrants: readonly Entrant[], rate: number): Promise<void> {
  const used = new Map<Entrant, number>();
  const rounds = new Map<Entrant, number[]>(entrants.map((each) => [each, []]));
  const spoilt = new Map<Entrant, number>();
  const calls = rate * COST_ROUND_S;
  for (let round = 0; round <= COST_ROUNDS; round++) {
    for (const entrant of entrants) {
      const { usage, failed, retransmissions } = await run(entrant, rate, calls);
      const before = used.get(entrant);
      used.set(entrant, usage.processorTime);
      if (before === undefined) continue;
      rounds.get(entrant)?.push((usage.processorTime - before) / calls);
      spoilt.set(entrant, (spoilt.get(entrant) ?? 0) + failed + retransmissions);
    }
  }
  const measurements: Measurement[] = entrants.map((each) => {
    return { name: each.name, rounds: rounds.get(each) ?? [] };
  });
  const [first] = measurements;
  if (first === undefined) return;
  printTable([
    ["", "µs a call", `in parts of ${first.name}`, "sent again or failed"],
    ...entrants.map((each, i) => {
      const measured = measurements[i] ?? first;
      const [cost, part] = [spread(measured.rounds, 0), spread(ratios(measured, first), 2)];
      return [each.name, cost, part, `${spoilt.get(each) ?? 0}`];
    }),
  ]);
}

/** How long the event loop pauses. */
async function measurePauses(entrants: readonly Entrant[]): Promise<void> {
  const rows = [["", "99.9th percentile, ms", "longest, ms", "sent again or failed"]];
  for (const entrant of entrants) {
    await entrant.subject.tell({ do: "watchPauses" });
    const { failed, retransmissions } = await run(entrant, PAUSE_RATE, PAUSE_RATE * PAUSE_S);
    const { pauses } = await entrant.subject.tell({ do: "tellPauses" });
    const { p999 = NaN, most = NaN } = pauses ?? {};
    rows.push([entrant.name, p999.toFixed(1), most.toFixed(1), `${failed + retransmissions}`]);
  }
  printTable(rows);
}

/** Whether nothing was sent again, nothing failed, and nobody was behind. */
async function bears(entrant: Entrant, rate: number): Promise<boolean> {
  const { failed, retransmissions, seconds } = await run(entrant, rate, rate * RATE_S);
  return failed + retransmissions === 0 && seconds < RATE_S + BEHIND_S;
}

/** The most calls a second without a message sent again: up the rates, by turns. */
async function measureRates(entrants: readonly Entrant[]): Promise<void> {
  const best = new Map<Entrant, number>();
  let left = entrants;
  for (const rate of RATES) {
    const bearing: Entrant[] = [];
    for (const entrant of left) {
      let isBorne = await bears(entrant, rate);
      if (!isBorne) {
        // Once more: something else may have had the machine.
        await entrant.restart();
        isBorne = await bears(entrant, rate);
      }
      if (!isBorne) continue;
      best.set(entrant, rate);
      bearing.push(entrant);
    }
    left = bearing;
  }
  const first = entrants[0] && best.get(entrants[0]);
  printTable([
    ["", "calls a second", `in parts of ${entrants[0]?.name}`],
    ...entrants.map((each) => {
      const rate = best.get(each);
      const part = rate === undefined || first === undefined ? "" : (rate / first).toFixed(2);
      return [each.name, `${rate ?? `below ${RATES[0]}`}`, part];
    }),
  ]);
}

/** One table: everybody, in one role. */
async function table(
  title: string,
  protocol: Protocol,
  measure: (entrants: readonly Entrant[]) => Promise<void>,
): Promise<void> {
  for (const role of ROLES) {
    console.log(`${title}, ${protocol}, as ${role}\n`);
    const entrants = await Entrant.all(protocol, role);
    try {
      await measure(entrants);
    } finally {
      await Promise.all(entrants.map(({ subject }) => subject.stop()));
    }
    console.log();
  }
}

/** Ends it where something is missing that is not Deno's. */
async function checkThere(command: string, debianPackage: string): Promise<void> {
  try {
    await new Deno.Command(command, { args: ["-v"], stdout: "null", stderr: "null" }).output();
  } catch {
    console.error(`${command} is missing: apt-get install ${debianPackage}`);
    Deno.exit(1);
  }
}

if (import.meta.main) {
  await checkThere("sipp", "sip-tester");
  await checkThere("node", "nodejs");
  const rate = Number(Deno.args.find((word) => /^[0-9]+$/.test(word)) ?? COST_RATE);
  const words = Deno.args.filter((word) => !/^[0-9]+$/.test(word));
  const isPicked = (word: string) => words.length === 0 || words.includes(word);
  const deadline = setTimeout(() => {
    console.log(`not done after ${DEADLINE_MS / 60_000} minutes`);
    Deno.exit(1);
  }, DEADLINE_MS);
  try {
    if (isPicked("cost")) {
      for (const protocol of ["UDP", "TCP"] as const) {
        await table(`At ${rate} calls a second`, protocol, (all) => measureCost(all, rate));
      }
    }
    if (isPicked("pauses")) {
      await table(`Pauses at ${PAUSE_RATE} calls a second`, "UDP", measurePauses);
    }
    if (isPicked("rates")) await table("The most calls a second", "UDP", measureRates);
  } finally {
    clearTimeout(deadline);
    await cleanUp();
  }
}
