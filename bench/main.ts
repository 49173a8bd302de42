/**
 * All benches, one after the other, each in a process of its own: `deno task bench`. Exits with 1
 * where one of them says that something is wrong.
 *
 * @module
 */

const BENCHES = [
  "parse.ts",
  "print.ts",
  "lifecycle.ts",
  "lifecycle_callee.ts",
  "held_calls.ts",
  "heap.ts",
  "live_calls.ts",
];
/** A bench that takes longer than this hangs. */
const DEADLINE_MS = 600_000;

async function run(bench: string): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", new URL(bench, import.meta.url).href],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const deadline = setTimeout(() => child.kill(), DEADLINE_MS);
  const { success } = await child.status;
  clearTimeout(deadline);
  return success;
}

if (import.meta.main) {
  const cores = navigator.hardwareConcurrency;
  console.log(`Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, ${cores} cores\n`);
  for (const bench of BENCHES) {
    if (await run(bench)) continue;
    console.log(`${bench} failed`);
    Deno.exitCode = 1;
  }
}
