/**
 * One of our figures in parts of a peer's, measured in this process by turns, and printed as a
 * number and nothing else: `deno run -A bench/ratio.ts parse`.
 *
 * @module
 */
import { compare, median, ratios, type Subject } from "./measure.ts";

/** What can be measured so; only what is asked for is loaded. */
const PAIRS: { readonly [name: string]: () => Promise<Subject[]> } = {
  /** Beside `sip`, which leaves URIs as text. */
  async parse() {
    const { ours, sipAsText, subjectOf } = await import("./parse.ts");
    return [ours, sipAsText].map(subjectOf);
  },
  /** The caller beside JsSIP's. */
  async lifecycle() {
    const { ourCaller, subjectOf } = await import("./lifecycle.ts");
    const { jsSipCaller } = await import("./jssip_caller.ts");
    return [ourCaller(), jsSipCaller()].map((caller) => subjectOf(caller));
  },
};

/** Enough for these: longer than this none of them gets faster by more than the noise. */
const WARM_UP_MS = 2000;

if (import.meta.main) {
  const [name = ""] = Deno.args;
  const pair = PAIRS[name];
  if (pair === undefined) throw new Error(`expected one of ${Object.keys(PAIRS)}, found ${name}`);
  const subjects = (await pair()).map((subject) => ({ ...subject, warmUpMs: WARM_UP_MS }));
  const [ours, peer] = await compare(subjects);
  if (ours === undefined || peer === undefined) throw new Error("nothing was measured");
  console.log(median(ratios(ours, peer)));
}
