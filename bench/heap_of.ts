/**
 * What heap a call takes of one stack, in this process, on the caller's side: prints octets a call,
 * while it rings, when it was just answered, and held. `heap_of.ts strowger 10000`.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { type Call, type Caller, callerAlone } from "./caller.ts";
import { letRing, pickUp } from "./far_end.ts";
import { heapUsed } from "./measure.ts";
import { clock, LINGER_MS } from "./virtual_time.ts";

/** Calls that come and go before anything counts: what they leave behind is no call's. */
const WARM_UP_CALLS = 200;
/** Calls are placed by the hundred. */
const BATCH = 100;

/** Who can call; only who is asked for is loaded. */
const CALLERS: { readonly [name: string]: () => Promise<Caller> } = {
  strowger: () => Promise.resolve(callerAlone(clock)),
  sip_js: async () => (await import("./sip_js_caller.ts")).sipJsCaller(),
  jssip: async () => (await import("./jssip_caller.ts")).jsSipCaller(),
};

/** Resolves when no promise in the process has anything left to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function place(caller: Caller, count: number): Promise<Promise<Call>[]> {
  const calls: Promise<Call>[] = [];
  while (calls.length < count) {
    calls.push(caller.place());
    if (calls.length % BATCH === 0) await settled();
  }
  await settled();
  return calls;
}

async function warmUp(caller: Caller): Promise<void> {
  for (const call of await place(caller, WARM_UP_CALLS)) await (await call).hangUp();
  clock.advance(LINGER_MS);
  await settled();
}

/**
 * Throws where calls are not up. A few may be missing: JsSIP draws its branches from ten million, so
 * that among 10,000 calls some have the same, and one of them is never answered.
 */
async function expectAnswered(calls: readonly Promise<Call>[]): Promise<void> {
  let answered = 0;
  for (const call of calls) call.then(() => answered++);
  await settled();
  await settled();
  if (answered < calls.length * 0.99) {
    throw new Error(`expected ${calls.length} calls to be up, found ${answered}`);
  }
}

if (import.meta.main) {
  const [name = "", count = ""] = Deno.args;
  const caller = await CALLERS[name]?.();
  if (caller === undefined) throw new Error(`expected one of ${Object.keys(CALLERS)}`);
  await warmUp(caller);
  letRing();
  const before = heapUsed();
  const taken = (): number => (heapUsed() - before) / Number(count);
  const calls = await place(caller, Number(count));
  const ringing = taken();
  pickUp();
  await expectAnswered(calls);
  const answered = taken();
  clock.advance(LINGER_MS);
  await settled();
  console.log(JSON.stringify({ ringing, answered, held: taken() }));
}
