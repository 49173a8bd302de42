/**
 * What it costs to record: calls that are not recorded, of which messages are, and of which everything
 * is; and what a recording holds of 10,000 calls that are up at once, of which it keeps 1,000.
 *
 * The collector has to be there to be called: `deno run -A --v8-flags=--expose-gc`.
 *
 * @module
 */
import { Recorder } from "../inspector/recorder.ts";
import { VirtualClock } from "../tests/support/virtual_clock.ts";
import { type Call, callerAlone } from "./caller.ts";
import { subjectOf } from "./lifecycle.ts";
import { compare, heapUsed, printComparison, printTable } from "./measure.ts";
import { clock } from "./virtual_time.ts";

const CALLS = 10_000;

/** The heap that calls take which are up, in octets a call; and what is kept of them. */
async function hold(recorder: Recorder | undefined): Promise<{ heap: number; kept: number }> {
  const clock = new VirtualClock();
  const caller = callerAlone(clock, recorder && ((each) => recorder.watch(each)));
  const before = heapUsed();
  const calls: Call[] = [];
  while (calls.length < CALLS) calls.push(await caller.place());
  clock.advance(33_000);
  const heap = heapUsed() - before;
  for (const call of calls) await call.hangUp();
  clock.advance(33_000);
  return { heap, kept: recorder?.calls.length ?? 0 };
}

async function printHeld(): Promise<void> {
  const megabytes = (octets: number) => (octets / 1e6).toFixed(1);
  const rows: [string, string, string][] = [[
    `${CALLS} calls up at once`,
    "heap, MB",
    "calls kept",
  ]];
  const subjects: [string, Recorder | undefined][] = [
    ["  not recorded", undefined],
    ["  messages and delegates", new Recorder({ withoutMachines: true })],
    ["  everything", new Recorder()],
  ];
  await hold(undefined);
  for (const [name, recorder] of subjects) {
    const { heap, kept } = await hold(recorder);
    rows.push([name, megabytes(heap), `${kept}`]);
  }
  printTable(rows);
}

if (import.meta.main) {
  console.log("A call in memory, recorded and not: INVITE, 100, 180, 200, ACK, BYE, 200\n");
  const messages = new Recorder({ withoutMachines: true });
  const everything = new Recorder();
  printComparison(
    "µs a call",
    await compare([
      { ...subjectOf(callerAlone(clock)), name: "not recorded" },
      {
        ...subjectOf(callerAlone(clock, (each) => messages.watch(each))),
        name: "messages and delegates",
      },
      {
        ...subjectOf(callerAlone(clock, (each) => ({ ...each, inspect: () => {} }))),
        name: "an inspect that does nothing",
      },
      { ...subjectOf(callerAlone(clock, (each) => everything.watch(each))), name: "everything" },
    ]),
  );
  console.log();
  await printHeld();
}
