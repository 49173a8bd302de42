/**
 * What heap a call takes on the caller's side, beside SIP.js's core and JsSIP, each in a process of
 * its own. How many calls are held may be said: `deno run -A bench/heap.ts 50000`.
 *
 * @module
 */
import { printTable } from "./measure.ts";
import { OtherProcess } from "./other_process.ts";

const CALLS = 10_000;
const STACKS = [["strowger", "Strowger"], ["sip_js", "SIP.js 0.21.2"], ["jssip", "JsSIP 3.13.8"]];

/** Octets a call. */
interface Heap {
  readonly ringing: number;
  readonly answered: number;
  readonly held: number;
}

async function heapOf(stack: string, calls: number): Promise<Heap> {
  await using process = OtherProcess.deno("heap_of.ts", stack, `${calls}`);
  return JSON.parse(await process.line());
}

/** Kilobytes, and in parts of ours. */
function cell(octets: number, ours: number): string {
  return `${(octets / 1000).toFixed(1)} (${(octets / ours).toFixed(2)})`;
}

if (import.meta.main) {
  const calls = Number(Deno.args[0] ?? CALLS);
  console.log(`Heap: KB a call with ${calls} at once, and in parts of ours\n`);
  const rows = [["", "ringing", "just answered", "held"]];
  let first: Heap | undefined;
  for (const [stack = "", name = ""] of STACKS) {
    const heap = await heapOf(stack, calls);
    const ours = first ??= heap;
    rows.push([
      name,
      cell(heap.ringing, ours.ringing),
      cell(heap.answered, ours.answered),
      cell(heap.held, ours.held),
    ]);
  }
  printTable(rows);
  console.log();
}
