/**
 * Whether anything has become slower: parsing and calls, each in parts of a peer's cost in the same
 * run, against the figures in `record.json`. Exits with 1 where one is worse by a quarter.
 *
 * `deno task bench:check --record` puts what it measures on record.
 *
 * @module
 */
import { median } from "./measure.ts";
import record from "./record.json" with { type: "json" };
import { ATTEMPTS, judge } from "./verdict.ts";

/** What is measured: our figure in parts of a peer's. */
type Name = keyof typeof record;

const PEERS: { readonly [name in Name]: string } = { parse: "sip", lifecycle: "JsSIP" };
const NAMES = Object.keys(PEERS) as Name[];

/** One thread for all that V8 does: its helpers take longer the busier a machine is. */
const V8_FLAGS = ["--v8-flags=--single-threaded"];

/** Measures once, in a process of its own: how V8 optimises is a matter of luck, too. */
async function measure(name: Name): Promise<number> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...V8_FLAGS, new URL("ratio.ts", import.meta.url).href, name],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${name} could not be measured`);
  return Number(new TextDecoder().decode(stdout));
}

/** Whether this is no worse than the record. */
async function check(name: Name): Promise<boolean> {
  const { isFine, best, limit } = await judge(record[name], () => measure(name));
  const [found, most] = [best, limit].map((figure) => figure.toFixed(3));
  console.log(
    `  ${isFine ? "" : "WORSE: "}${name} costs ${found} of what ${PEERS[name]} takes, ` +
      `${record[name]} on record, at most ${most}`,
  );
  return isFine;
}

async function checkAll(): Promise<void> {
  let failed = 0;
  for (const name of NAMES) {
    const isFine = await check(name).catch((error) => console.error(`  ${name}: ${error}`));
    if (!isFine) failed++;
  }
  console.log(`\n${NAMES.length - failed} passed, ${failed} failed`);
  if (failed > 0) Deno.exitCode = 1;
}

async function recordAll(): Promise<void> {
  const figures: { [name: string]: number } = {};
  for (const name of NAMES) {
    const attempts: number[] = [];
    while (attempts.length < ATTEMPTS) attempts.push(await measure(name));
    figures[name] = Number(median(attempts).toFixed(3));
  }
  console.log(figures);
  await Deno.writeTextFile(
    new URL("record.json", import.meta.url),
    `${JSON.stringify(figures, undefined, 2)}\n`,
  );
}

if (import.meta.main) await (Deno.args.includes("--record") ? recordAll() : checkAll());
