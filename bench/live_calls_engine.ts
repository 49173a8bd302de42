/**
 * Engines that hold calls, in this process, and what one more whole call costs each. Arguments are
 * how many calls each engine holds. To a line `ENGINE TIMES` on stdin it answers with microseconds
 * of processor time.
 *
 * @module
 */
import { VirtualClock } from "../tests/support/virtual_clock.ts";
import { callerAlone, type StrowgerCaller } from "./caller.ts";
import { processorTime } from "./measure.ts";

/** 64*T1, and a little: every transaction has ended by then. */
const LINGER_MS = 33_000;

/** A caller with a clock of its own, and that many calls up. */
async function holding(calls: number): Promise<{ caller: StrowgerCaller; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const caller = callerAlone(clock);
  for (let i = 0; i < calls; i++) {
    await caller.place();
    if (i % 1000 === 0) clock.advance(LINGER_MS);
  }
  clock.advance(LINGER_MS);
  const held = caller.cores.reduce((sum, core) => sum + core.live.dialogs, 0);
  if (held !== calls) throw new Error(`expected ${calls} calls up, found ${held}`);
  return { caller, clock };
}

if (import.meta.main) {
  const engines = [];
  for (const calls of Deno.args) engines.push(await holding(Number(calls)));
  console.log("ready");
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const [engine = NaN, times = NaN] = text.trim().split(" ").map(Number);
    const { caller, clock } = engines[engine] ?? {};
    if (caller === undefined || clock === undefined) throw new Error(`no such engine: ${text}`);
    const start = processorTime();
    for (let i = 0; i < times; i++) {
      await (await caller.place()).hangUp();
      clock.advance(LINGER_MS);
    }
    console.log(processorTime() - start);
  }
}
