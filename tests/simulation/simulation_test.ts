/**
 * Calls between two engines over bad networks: many seeds, and invariants that each has to keep.
 *
 * A seed that breaks one is printed with the command that plays it again and writes down everything
 * that happens: `SEED=123 deno test -A tests/simulation`.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { InvalidStateError, TimeoutError } from "@strowger/sip";
import type { Guest } from "./guest.ts";
import { isReliable } from "./retransmission_invariants.ts";
import { Simulation, type WireEntry } from "./simulation.ts";

const SEEDS = 800;
const replayed = Deno.env.get("SEED");

async function play(seed: number): Promise<Simulation> {
  return await new Simulation(seed).run();
}

/** Throws where a seed has broken an invariant. */
function check(seed: number, { violations }: Simulation): void {
  const replay = `SEED=${seed} deno test -A tests/simulation`;
  assertEquals([...new Set(violations)], [], `replay: ${replay}`);
}

Deno.test("one seed, with its trace", { ignore: replayed === undefined }, async () => {
  const seed = Number(replayed);
  const simulation = await play(seed);
  console.log(simulation.trace.join("\n"));
  check(seed, simulation);
});

/** What has to happen in the seeds now and then, or the invariants would say nothing. */
const SITUATIONS: { readonly [situation: string]: (simulation: Simulation) => boolean } = {
  "an immediate network": ({ impairment }) => impairment.kind === "immediate",
  "a reliable network": ({ impairment }) => impairment.kind === "reliable",
  "a refusing network": ({ impairment }) => impairment.kind === "refusing",
  "a reordering network": ({ impairment }) => impairment.kind === "reordering",
  "a lossy network": ({ impairment }) => impairment.kind === "lossy",
  "a ruinous network": ({ impairment }) => impairment.kind === "ruinous",
  "calls in both directions": ({ calls }) => new Set(calls.map(({ from }) => from)).size === 2,
  "five calls": ({ calls }) => calls.length === 5,
  "core.stop()": ({ end }) => end?.how === "stop",
  "core.dispose()": ({ end }) => end?.how === "dispose",
  "a call confirmed": heard((guest) => guest.heard("onAck")),
  "a call refused": heard(({ told }) => told.some(({ status }) => status === 486)),
  "a call redirected": heard((guest) => guest.heard("onRedirect")),
  "a call cancelled": heard(({ told }) => told.some(({ status }) => status === 487)),
  "a CANCEL that came too late": ({ callers }) =>
    callers.some((caller) => caller.hasCancelled && caller.heard("onAccept")),
  "a local timeout": heard(({ told }) => told.some(({ status, local }) => status === 408 && local)),
  "a local failure": heard(({ told }) => told.some(({ status, local }) => status === 503 && local)),
  "a callback that failed": heard(({ failures }) => failures > 0),
  "a request disposed of": ({ callers }) => callers.some(({ disposedAt }) => disposedAt < Infinity),
  "a session disposed of": ({ callers }) => callers.some((each) => each.hasDisposedSession),
  "an ack() forgotten": ({ reports }) =>
    reports.some(({ error }) => error instanceof InvalidStateError),
  "an ACK that never came": heard((guest) => guest.heard("onAckTimeout")),
  "a failure that nobody acknowledged": ({ reports }) =>
    reports.some(({ error }) => error instanceof TimeoutError),
  "a reliable response, and its PRACK": heard((guest) => guest.heard("onPrack")),
  "a reliable response repeated": ({ wire }) =>
    new Set(reliableOut(wire)).size < reliableOut(wire).length,
  "a PRACK that never came": ({ callees, reports }) =>
    [...callees.values()].some((callee) => callee.heard("onPrackTimeout")) ||
    reports.some(({ error }) => error.message.startsWith("no PRACK")),
  "a prack() forgotten": ({ reports }) =>
    reports.some(({ error }) => error.message.includes("no prack()")),
  "another offer in a PRACK, and its answer": ({ wire }) =>
    wire.some(({ message }) =>
      message.method === "PRACK" && message.status === 200 && message.body.length > 0
    ),
  "another offer in a PRACK, and no answer": ({ reports }) =>
    reports.some(({ error }) => error.message.includes("in the PRACK")),
  "an answer in a PRACK": ({ wire }) =>
    wire.some(({ message }) => message.method === "PRACK" && message.body.length > 0),
  "a 2xx that waits for a PRACK": ({ trace }) =>
    trace.some((line, i) =>
      line.endsWith(" accept()") && !trace.slice(i, i + 2).join().includes("200 INVITE")
    ),
  "two BYEs that crossed": ({ wire, callers }) =>
    callers.some(({ callId }) => {
      const byes = wire.filter(({ direction, message }) =>
        direction === "out" && message.callId === callId && message.method === "BYE" &&
        message.status === undefined
      );
      return new Set(byes.map(({ engine }) => engine)).size === 2;
    }),
};

/** The reliable provisional responses that were sent. */
function reliableOut(wire: readonly WireEntry[]): string[] {
  return wire.filter(({ direction, message }) => direction === "out" && isReliable(message))
    .map(({ message }) => message.text);
}

function heard(predicate: (guest: Guest) => boolean): (simulation: Simulation) => boolean {
  return ({ callers, callees }) => [...callers, ...callees.values()].some(predicate);
}

Deno.test(`${SEEDS} seeds keep every invariant`, { ignore: replayed !== undefined }, async (t) => {
  const counts = new Map(Object.keys(SITUATIONS).map((situation) => [situation, 0]));
  await t.step("each of them", async () => {
    const broken: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const simulation = await play(seed);
      const [violation] = simulation.violations;
      if (violation !== undefined) {
        broken.push(`SEED=${seed} deno test -A tests/simulation # ${violation}`);
      }
      for (const [situation, has] of Object.entries(SITUATIONS)) {
        if (has(simulation)) counts.set(situation, (counts.get(situation) ?? 0) + 1);
      }
    }
    assert(broken.length === 0, `${broken.length} seeds, replayed by\n${broken.join("\n")}`);
  });
  await t.step("and there is everything in them that there is to survive", () => {
    assertEquals([...counts].filter(([, count]) => count < SEEDS / 100), []);
  });
});

Deno.test("the same seed does the same, to the octet", async () => {
  const everything = ({ trace, wire }: Simulation): string[] => [
    ...trace,
    ...wire.map(({ message }) => message.text),
  ];
  for (let seed = 1; seed <= 20; seed++) {
    assertEquals(everything(await play(seed)), everything(await play(seed)), `seed ${seed}`);
  }
});

/** Whether something with the first property happens at an engine, and then with the second. */
function follows(
  { wire }: Simulation,
  first: (entry: WireEntry) => boolean,
  then: (entry: WireEntry) => boolean,
): boolean {
  return wire.some((entry, i) =>
    first(entry) &&
    wire.slice(i + 1).some((later) =>
      later.engine === entry.engine && later.message.callId === entry.message.callId && then(later)
    )
  );
}

/** The races that once broke an invariant, each by a seed that plays it. */
const RACES: readonly {
  readonly name: string;
  readonly seed: number;
  readonly isPlayed: (simulation: Simulation) => boolean;
}[] = [
  {
    // RFC 3261 §13.2.2.4, §12.2.1.1: the same ACK as before, and no other BYE.
    name: "a 2xx to an INVITE that was given up comes again, after its BYE was answered",
    seed: 658,
    isPlayed: (simulation) =>
      simulation.callers.some((caller) =>
        !caller.heard("onAccept") && follows(
          simulation,
          ({ engine, direction, message }) =>
            engine === caller.engine && direction === "in" && message.callId === caller.callId &&
            message.method === "BYE" && message.status === 200,
          ({ direction, message }) =>
            direction === "in" && message.method === "INVITE" && message.status === 200,
        )
      ),
  },
  {
    // §15.1.2: "the UAS MUST still respond to any pending requests received for that dialog."
    name: "a BYE comes while the INVITE is ringing",
    seed: 55,
    isPlayed: ({ callers, wire }) =>
      callers.some(({ callId, engine, hasLeftEarly }) =>
        hasLeftEarly &&
        wire.some(({ direction, message, ...entry }) =>
          entry.engine !== engine && direction === "in" && message.callId === callId &&
          message.method === "BYE" && message.status === undefined
        )
      ),
  },
  {
    // Nobody listens, so the engine acknowledges by itself, and hangs up since it has no answer to
    // the offer in the 2xx; and the callee has hung up on that ACK, inside `send`.
    name: "the callee's BYE comes inside the ACK, before the engine's own BYE",
    seed: 2006,
    isPlayed: ({ impairment, callers, callees }) =>
      impairment.kind === "immediate" &&
      callers.some(({ plan }, id) =>
        plan.delegate === "absent" && !plan.offers && callees.get(id)?.plan.talks === "inside"
      ),
  },
];

for (const { name, seed, isPlayed } of RACES) {
  Deno.test(`race: ${name}`, async () => {
    const simulation = await play(seed);
    assert(isPlayed(simulation), `seed ${seed} does not play this race any more: find another`);
    check(seed, simulation);
  });
}
