/**
 * One call as the page shows it: where its machines are, what their timers wait for, and its ladder.
 *
 * @module
 */
import { activeNodes, isOver, ownerOf, stateText } from "../active_states.ts";
import type { Entry } from "../entry.ts";
import { type Ladder, ladderOf } from "../ladder.ts";
import type { RecordedCall } from "../recording.ts";

/** A timer that is armed. */
export interface ArmedTimer {
  readonly name: string;
  /** In milliseconds since 1970. */
  readonly armedAt: number;
  readonly firesAt: number;
}

/** A machine at work, as the page shows it. */
export interface ActorView {
  readonly actor: string;
  readonly machine: string;
  readonly core: string;
  /** Its state, as one line. */
  readonly state: string;
  /** The ids of its active states: those of the nodes of its diagram. */
  readonly active: readonly string[];
  /** The transitions that it took last: by what event, from where to where. */
  readonly last: {
    readonly event: string;
    readonly sources: readonly string[];
    readonly targets: readonly string[];
  } | null;
  readonly timers: readonly ArmedTimer[];
  readonly isOver: boolean;
}

/** A call, as the page shows it. */
export interface CallView {
  readonly callId: string;
  readonly dropped: number;
  readonly actors: readonly ActorView[];
  readonly ladder: Ladder;
}

/** What a page needs to show a call. */
export function callView(call: RecordedCall): CallView {
  const actors = new Map<string, Tracked>();
  for (const entry of call.entries) {
    if (!("actor" in entry)) continue;
    const tracked = actors.get(entry.actor) ?? new Tracked(entry);
    actors.set(entry.actor, tracked);
    tracked.add(entry);
  }
  return {
    callId: call.callId,
    dropped: call.dropped,
    actors: [...actors.values()].map((each) => each.view),
    ladder: ladderOf(call, { delegates: true, timers: true }),
  };
}

type MachineEntry = Extract<Entry, { actor: string }>;

/** Follows one machine through a recording. */
class Tracked {
  readonly #of: { actor: string; machine: string; core: string };
  #state = "";
  #active: ReturnType<typeof activeNodes> = [];
  #last: ActorView["last"] = null;
  #isOver = false;
  readonly #timers = new Map<string, ArmedTimer & { readonly owner: string | undefined }>();

  constructor({ actor, machine, core = "" }: MachineEntry) {
    this.#of = { actor, machine, core };
  }

  add(entry: MachineEntry): void {
    if (entry.kind === "timer") return this.#timer(entry);
    if (!("state" in entry)) return;
    this.#state = stateText(entry.machine, entry.state);
    this.#active = activeNodes(entry.machine, entry.state);
    this.#isOver = isOver(entry.machine, entry.state);
    if (entry.kind !== "transition") return;
    const { edges } = entry;
    this.#last = {
      event: edges[0]?.event ?? "",
      sources: edges.map(({ source }) => source),
      targets: edges.flatMap(({ targets }) => targets),
    };
    // Whoever leaves a state disarms its timers.
    for (const [name, { owner }] of this.#timers) {
      const isLeft = owner !== undefined && !this.#active.some(({ id }) => id === owner);
      if (isLeft || this.#isOver) this.#timers.delete(name);
    }
  }

  #timer({ timer, delay, time }: Extract<Entry, { kind: "timer" }>): void {
    if (delay === undefined) return void this.#timers.delete(timer);
    const owner = ownerOf(timer, this.#active);
    this.#timers.set(timer, { name: timer, armedAt: time, firesAt: time + delay, owner });
  }

  get view(): ActorView {
    return {
      ...this.#of,
      state: this.#state,
      active: this.#active.map(({ id }) => id),
      last: this.#last,
      timers: [...this.#timers.values()].map(({ owner: _, ...timer }) => timer),
      isOver: this.#isOver,
    };
  }
}
