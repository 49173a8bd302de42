/**
 * Calls in which both sides re-INVITE, UPDATE and INFO at random times, over bad networks: many seeds,
 * and invariants that each has to keep.
 *
 * `SEED=123 deno test -A tests/simulation/sessions_test.ts` plays one seed again and prints what
 * happened.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { checkSession } from "./session_invariants.ts";
import { SessionPlay } from "./session_play.ts";

const SEEDS = 300;
const replayed = Deno.env.get("SEED");

async function play(seed: number): Promise<SessionPlay> {
  const played = await new SessionPlay(seed).run();
  checkSession(played);
  return played;
}

Deno.test("one seed of sessions, with its trace", { ignore: replayed === undefined }, async () => {
  const { trace, violations } = await play(Number(replayed));
  console.log(trace.join("\n"));
  assertEquals([...new Set(violations)], []);
});

/** What has to happen in the seeds now and then, or the invariants would say nothing. */
const SITUATIONS = [
  "both up",
  "cancel()",
  "dispose()",
  "session.dispose()",
  "core.stop()",
  "invite() refused",
  "update() refused",
  "INVITE onAccept 200",
  "INVITE onReject 488",
  "INVITE onReject 487",
  "INVITE onReject 408 local",
  "UPDATE onAccept 200",
  "UPDATE onReject 488",
  "INFO onAccept 200",
  "491 to INVITE",
  "INVITE again after 491",
  "491 to UPDATE",
  "UPDATE again after 491",
  "REFER onAccept 202",
  "a reliable response in a session",
  "onAckTimeout",
  "onExpire",
];

Deno.test(`${SEEDS} seeds of sessions keep every invariant`, {
  ignore: replayed !== undefined,
}, async () => {
  const counts = new Map(SITUATIONS.map((situation) => [situation, 0]));
  const broken: string[] = [];
  // Others are played by the command line: `deno test ... -- 501 3000` begins at 501 and plays 3000.
  const [first = 1, count = SEEDS] = Deno.args.map(Number);
  for (let seed = first; seed < first + count; seed++) {
    const { violations: [violation], seen, impairment } = await play(seed);
    for (const what of seen) counts.set(what, (counts.get(what) ?? 0) + 1);
    if (violation === undefined) continue;
    const replay = `SEED=${seed} deno test -A tests/simulation/sessions_test.ts`;
    broken.push(`${replay} # ${impairment.kind}: ${violation}`);
  }
  assert(broken.length === 0, `${broken.length} seeds, replayed by\n${broken.join("\n")}`);
  const rare = SITUATIONS.filter((situation) => (counts.get(situation) ?? 0) < count / 200);
  assertEquals(rare, []);
});
