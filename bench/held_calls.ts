/**
 * Many calls that are up at once: whether the last of them cost more than the first, how much heap
 * each takes, and whether anything is left when they have ended. Exits with 1 where that is so.
 *
 * The collector has to be there to be called: `deno run -A --v8-flags=--expose-gc`.
 *
 * @module
 */
import { VirtualClock } from "../tests/support/virtual_clock.ts";
import { type Call, callerAlone, callerAndCallee, type StrowgerCaller } from "./caller.ts";
import { heapUsed, printTable, processorTime, WARM_UP_MS } from "./measure.ts";

const CALLS = 20_000;
/** Calls are counted and timed by the thousand. */
const BATCH = 1000;
/** 64*T1, and a little: transactions have ended by then, and only dialogs are left. */
const LINGER_MS = 33_000;
/** How much more the last thousand calls may cost than the first. */
const LIMIT = 2;

interface Result {
  /** Microseconds a call, of the first and of the last thousand. */
  readonly first: number;
  readonly last: number;
  /** Octets a call, right after the ACK and when no transaction lingers any more. */
  readonly heapAnswered: number;
  readonly heapHeld: number;
  /** What lives when all calls have ended. */
  readonly left: number;
}

async function placeBatch(caller: StrowgerCaller, calls: Call[]): Promise<number> {
  const start = processorTime();
  for (let i = 0; i < BATCH; i++) calls.push(await caller.place());
  return (processorTime() - start) / BATCH;
}

async function endAll(calls: Call[], clock: VirtualClock): Promise<void> {
  for (const call of calls.splice(0)) await call.hangUp();
  clock.advance(LINGER_MS);
}

function leftOf(caller: StrowgerCaller, clock: VirtualClock): number {
  return caller.cores.reduce((sum, core) => sum + core.live.entries, clock.pending);
}

async function hold(caller: StrowgerCaller, clock: VirtualClock): Promise<Result> {
  const calls: Call[] = [];
  const before = heapUsed();
  const costs: number[] = [];
  while (calls.length < CALLS) costs.push(await placeBatch(caller, calls));
  const answered = heapUsed();
  clock.advance(LINGER_MS);
  const held = heapUsed();
  const dialogs = caller.cores.map((core) => core.live.dialogs);
  if (dialogs.some((count) => count !== CALLS)) {
    throw new Error(`expected ${CALLS} dialogs on each side, found ${dialogs}`);
  }
  await endAll(calls, clock);
  return {
    first: costs[0] ?? NaN,
    last: costs.at(-1) ?? NaN,
    heapAnswered: (answered - before) / CALLS,
    heapHeld: (held - before) / CALLS,
    left: leftOf(caller, clock),
  };
}

async function warmUp(caller: StrowgerCaller, clock: VirtualClock): Promise<void> {
  const calls: Call[] = [];
  const end = performance.now() + WARM_UP_MS;
  while (performance.now() < end) {
    await placeBatch(caller, calls);
    await endAll(calls, clock);
  }
}

/** Whether everything is as it has to be. */
async function bench(make: (clock: VirtualClock) => StrowgerCaller): Promise<boolean> {
  const clock = new VirtualClock();
  const caller = make(clock);
  await warmUp(caller, clock);
  const result = await hold(caller, clock);
  const growth = result.last / result.first;
  printTable([
    [caller.name],
    ["  first thousand, µs a call", result.first.toFixed(0)],
    ["  last thousand, µs a call", result.last.toFixed(0)],
    [`  last / first, at most ${LIMIT}`, growth.toFixed(2)],
    ["  heap a call, just answered, KB", (result.heapAnswered / 1000).toFixed(1)],
    ["  heap a call, held, KB", (result.heapHeld / 1000).toFixed(1)],
    ["  registry entries and timers left", `${result.left}`],
  ]);
  console.log();
  return result.left === 0 && growth <= LIMIT;
}

if (import.meta.main) {
  console.log(`${CALLS} calls up at once\n`);
  const isFine = [await bench(callerAlone), await bench(callerAndCallee)].every(Boolean);
  if (!isFine) {
    console.log("  FAILED: something is left, or the last calls cost too much");
    Deno.exitCode = 1;
  }
}
