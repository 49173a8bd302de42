/**
 * Plays a recorded call again: each machine that was at work takes the same events in the same order,
 * and what it does today is compared with what it did.
 *
 * Time is the recording's own, so that an hour takes no longer than a second. Nothing is sent, and no
 * program is asked: what they did is in the recording, as events.
 *
 * @module
 */
import type { EventObject } from "xstate";
import { LeanActor } from "../actors/lean_actor.ts";
import { Observers } from "../actors/observers.ts";
import type { AnyStatechart } from "../machines/macrostep.ts";
import type { Clock } from "../transports/clock.ts";
import type { Edge, Entry, StartEntry } from "./entry.ts";
import { MACHINES, machinesAmong } from "./machine_index.ts";
import { entryOf } from "./observation.ts";
import type { RecordedCall } from "./recording.ts";

/** Where a machine does today what it did not do then. */
export interface Difference {
  /** Which one of the machines at work, as the recording has it. */
  readonly actor: string;
  /** What it is, `inviteClient` say. */
  readonly machine: string;
  /** The core that it was at work in, if the recording names it. */
  readonly core?: string;
  /** The place in its call of the entry that is different; of the last one that was alike, where none is. */
  readonly n: number;
  /** When that was, in milliseconds since 1970. */
  readonly time: number;
  /** What was recorded. */
  readonly expected: string;
  /** What happens today. */
  readonly found: string;
}

/** A machine that could not be played. */
export interface Unplayed {
  /** As of {@linkcode Difference}. */
  readonly actor: string;
  /** As of {@linkcode Difference}. */
  readonly machine: string;
  /** Why not. */
  readonly why: string;
}

/** What came of playing a call. */
export interface Replayed {
  /** Its Call-ID. */
  readonly callId: string;
  /** How many machines were played. */
  readonly actors: number;
  /** How many of their steps were compared. */
  readonly steps: number;
  /** The first difference of each machine that is different; what it does after that was not compared. */
  readonly differences: readonly Difference[];
  /** What could not be played. */
  readonly unplayed: readonly Unplayed[];
}

/** What machines a call may be played with. */
export interface ReplayOptions {
  /** In place of those of `machines/mod.ts`. */
  machines?: Iterable<{ readonly id: string }>;
}

/** A timer that fires so much later than it is due, in milliseconds, has not been late but is missing. */
const LATE = 2_000;

/**
 * Plays a call again.
 *
 * @example
 * ```ts
 * import { URI, UserAgentCore } from "@strowger/sip";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 * import { replay } from "@strowger/sip/inspector/replay";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 *
 * const recorder = new Recorder();
 * const transports = [new MemoryNetwork().transport({ host: "alice.example", port: 5060 })];
 * const core = new UserAgentCore(recorder.watch({ transports }, "alice"));
 * const bob = URI.parse("sip:bob@bob.example");
 * const { message } = core.invite(core.makeOutgoingRequestMessage("INVITE", bob, bob, bob));
 * await core.dispose();
 *
 * const call = recorder.call(message.callId);
 * console.assert(call !== undefined && replay(call).differences.length === 0);
 * ```
 */
export function replay(call: RecordedCall, options: ReplayOptions = {}): Replayed {
  const machines = options.machines === undefined ? MACHINES : machinesAmong(options.machines);
  const differences: Difference[] = [];
  const unplayed: Unplayed[] = [];
  let actors = 0;
  let steps = 0;
  for (const [actor, entries] of byActor(call)) {
    const [start] = entries;
    if (start === undefined) continue;
    const why = obstacle(start, machines, call);
    const machine = machines.get(start.machine);
    if (why !== undefined || machine === undefined || start.kind !== "start") {
      unplayed.push({ actor, machine: start.machine, why: why ?? "there is no such machine" });
      continue;
    }
    const play = new Play(machine as unknown as AnyStatechart, start);
    actors++;
    const difference = play.through(entries);
    steps += play.steps;
    if (difference !== undefined) differences.push(difference);
  }
  return { callId: call.callId, actors, steps, differences, unplayed };
}

/** An entry of a machine. */
type MachineEntry = Extract<Entry, { actor: string }>;

function byActor({ entries }: RecordedCall): Map<string, MachineEntry[]> {
  const actors = new Map<string, MachineEntry[]>();
  for (const entry of entries) {
    if (!("actor" in entry)) continue;
    const known = actors.get(entry.actor);
    if (known === undefined) actors.set(entry.actor, [entry]);
    else known.push(entry);
  }
  return actors;
}

function obstacle(
  start: MachineEntry,
  machines: ReadonlyMap<string, unknown>,
  { dropped }: RecordedCall,
): string | undefined {
  if (!machines.has(start.machine)) return "there is no such machine today";
  if (start.kind !== "start") return "the recording does not have its beginning";
  if (dropped > 0) return `${dropped} entries of the call were dropped`;
  return undefined;
}

/** A timer that waits to be told that it fires. */
interface Waiting {
  readonly due: number;
  readonly run: () => void;
}

/** Time as the recording has it. A timer fires when it is told to: where it did, and not before. */
class HeldClock implements Clock {
  time = 0;
  /** How many were armed so far, which is the name of the last one. */
  armed = 0;
  readonly waiting = new Map<number, Waiting>();

  setTimeout(run: () => void, ms: number): number {
    this.waiting.set(++this.armed, { due: this.time + ms, run });
    return this.armed;
  }

  clearTimeout(id: unknown): void {
    this.waiting.delete(id as number);
  }
}

/** One machine at work again. */
class Play {
  steps = 0;
  readonly #start: StartEntry;
  readonly #clock = new HeldClock();
  /** What it has done since it was last asked. */
  #done: string[] = [];
  /** The timer of each name that was armed last. */
  readonly #timers = new Map<string, number>();
  readonly #actor: LeanActor;
  #failure: string | undefined;

  constructor(machine: AnyStatechart, start: StartEntry) {
    this.#start = start;
    this.#clock.time = start.time;
    const observers = new Observers((cause) => this.#fail(cause));
    observers.add({
      step: (step) => {
        const entry = { ...entryOf(step, this.#clock.time, ""), n: 0 } as MachineEntry;
        if (!isCause(entry)) this.#done.push(say(entry));
        // The clock's next one.
        if (step.type === "armed") this.#timers.set(step.timer, this.#clock.armed + 1);
      },
    });
    const environment = {
      clock: this.#clock,
      inspect: undefined,
      observers,
      onFailure: (cause: unknown) => this.#fail(cause),
    };
    this.#actor = new LeanActor(environment, start.callId, machine, start.input, () => {});
  }

  #fail(cause: unknown): void {
    this.#failure = cause instanceof Error ? cause.message : `${cause}`;
  }

  /** Goes through what was recorded of it, to the first difference. */
  through(entries: readonly MachineEntry[]): Difference | undefined {
    let last: MachineEntry = this.#start;
    let isStarted = false;
    for (const entry of entries) {
      if (isCause(entry)) {
        const rest = this.#rest(last);
        if (rest !== undefined) return rest;
        this.#clock.time = entry.time;
        const difference = this.#overdue(entry) ?? this.#cause(entry);
        if (difference !== undefined) return difference;
      } else {
        const difference = this.#compare(entry);
        if (difference !== undefined) return difference;
        // What it does by beginning comes after the beginning itself.
        if (!isStarted) this.#actor.start();
        isStarted = true;
      }
      last = entry;
    }
    return this.#rest(last);
  }

  #compare(entry: MachineEntry): Difference | undefined {
    this.steps++;
    const expected = say(entry);
    const found = this.#done.shift() ?? this.#failure ?? "nothing";
    return found === expected ? undefined : this.#difference(entry, expected, found);
  }

  /** What it does today beyond what was recorded. */
  #rest(last: MachineEntry): Difference | undefined {
    const [more] = this.#done;
    return more === undefined ? undefined : this.#difference(last, "nothing more", more);
  }

  /** A timer that is due, and has not fired in the recording by the time that something else happens. */
  #overdue(entry: MachineEntry): Difference | undefined {
    for (const [name, id] of this.#timers) {
      const timer = this.#clock.waiting.get(id);
      if (timer === undefined || timer.due + LATE > entry.time) continue;
      if (entry.kind === "timer" && entry.timer === name) continue;
      return this.#difference(entry, say(entry), `${name} fires`);
    }
    return undefined;
  }

  #cause(entry: MachineEntry): Difference | undefined {
    this.steps++;
    if (entry.kind === "event") {
      const { event, status, data } = entry;
      const given = { ...data, ...(status === undefined ? {} : { status }), type: event };
      this.#actor.send(given as EventObject);
      return undefined;
    }
    if (entry.kind !== "timer") return undefined;
    const timer = this.#clock.waiting.get(this.#timers.get(entry.timer) ?? 0);
    if (timer === undefined) {
      return this.#difference(entry, say(entry), `${entry.timer} is not armed`);
    }
    this.#clock.waiting.delete(this.#timers.get(entry.timer) ?? 0);
    timer.run();
    return undefined;
  }

  #difference({ n, time }: MachineEntry, expected: string, found: string): Difference {
    const { actor, machine, core } = this.#start;
    return { actor, machine, ...(core === undefined ? {} : { core }), n, time, expected, found };
  }
}

/** What comes to a machine from outside of it, or from the clock. */
function isCause(entry: MachineEntry): boolean {
  return entry.kind === "event" || (entry.kind === "timer" && entry.delay === undefined);
}

/** What a machine did, in words that are the same where it is the same. */
function say(entry: MachineEntry): string {
  switch (entry.kind) {
    case "start":
      return `begins in ${words(entry.state)}${emissions(entry)}`;
    case "transition":
      return `${entry.edges.map(edge).join(", ")}: is in ${words(entry.state)}${emissions(entry)}`;
    case "timer":
      return entry.delay === undefined
        ? `${entry.timer} fires`
        : `arms ${entry.timer} for ${Math.round(entry.delay * 1e3) / 1e3} ms`;
    case "event":
      return `takes ${entry.event}`;
  }
}

function edge({ source, event, index, targets }: Edge): string {
  return `${source} --${event}[${index}]--> ${targets}`;
}

function emissions({ emitted = [] }: { emitted?: readonly object[] }): string {
  return emitted.length === 0 ? "" : `; emits ${emitted.map(words).join(", ")}`;
}

/** JSON with its members in one order. */
function words(value: unknown): string {
  return JSON.stringify(
    value,
    (_, each) =>
      typeof each === "object" && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => a < b ? -1 : 1))
        : each,
  );
}
