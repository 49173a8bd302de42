/**
 * What one more whole call costs while none, 1,000, 10,000 or 50,000 are up: with each engine in a
 * process of its own, so that a large heap has its price, and with all engines in one, so that it
 * is the same for all.
 *
 * @module
 */
import { compare, printComparison, type Subject } from "./measure.ts";
import { OtherProcess } from "./other_process.ts";

const HELD = ["0", "1000", "10000", "50000"];
const ENGINES = "live_calls_engine.ts";

/** One of the engines in a process that is ready. */
function subjectOf(process: OtherProcess, engine: number, held: string): Subject {
  return {
    name: `while ${held} are up`,
    async run(times) {
      await process.write(`${engine} ${times}\n`);
      return Number(await process.line());
    },
  };
}

async function start(scope: AsyncDisposableStack, ...held: string[]): Promise<OtherProcess> {
  const process = scope.use(OtherProcess.deno(ENGINES, ...held));
  await process.line();
  return process;
}

async function each(): Promise<void> {
  await using scope = new AsyncDisposableStack();
  const subjects: Subject[] = [];
  for (const held of HELD) subjects.push(subjectOf(await start(scope, held), 0, held));
  console.log("One more call, each engine in a process of its own\n");
  printComparison("µs a call", await compare(subjects));
}

async function together(): Promise<void> {
  await using scope = new AsyncDisposableStack();
  const process = await start(scope, ...HELD);
  console.log("\nOne more call, all engines in one process\n");
  const subjects = HELD.map((held, engine) => subjectOf(process, engine, held));
  printComparison("µs a call", await compare(subjects));
  console.log();
}

if (import.meta.main) {
  await each();
  await together();
}
