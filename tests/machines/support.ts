/**
 * Drives a machine from its start, on a virtual clock, and says in words what it did.
 *
 * What a test expects is a text in the same words: a table of states and events, or a timeline. The
 * two are compared line for line.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Actor,
  type AnyStateMachine,
  type AnyStateNode,
  type AnyTransitionDefinition,
  createActor,
  type EventObject,
  type StateValue,
} from "xstate";
import { DEFAULT_TIMERS, type Timing } from "../../machines/timers.ts";
import { Observers } from "../../actors/observers.ts";
import { type Actor as LeanActorOf, makeActor } from "../../actors/actor.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

type LeanActor = LeanActorOf<EventObject, StateValue, unknown>;

/** The timings under which the transactions are tested. */
export const TIMINGS = {
  unreliable: { ...DEFAULT_TIMERS, reliable: false },
  reliable: { ...DEFAULT_TIMERS, reliable: true },
  fast: { T1: 100, T2: 1600, T4: 700, reliable: false },
  slow: { T1: 1000, T2: 4000, T4: 5000, reliable: false },
} satisfies Record<string, Timing>;

/** A machine, and the names that the tables have for what it takes. */
export interface Subject {
  readonly machine: AnyStateMachine;
  /** What it can be started with. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What it can be sent: the columns of its table. */
  readonly events: Readonly<Record<string, EventObject>>;
  /** Declared events that it raises itself, and nobody else. */
  readonly raised?: readonly string[];
  /** The parallel regions that the tests are about, where others have tests of their own. */
  readonly regions?: readonly string[];
  /** Its last emission. */
  readonly last: string;
}

/** What happened at one instant, by one cause. */
export interface Moment {
  readonly at: number;
  /** The event that was sent; empty for a timer. */
  readonly event: string;
  readonly emissions: readonly EventObject[];
}

/** One life of a machine. */
export class Run {
  readonly clock: VirtualClock = new VirtualClock();
  /** What it did so far. */
  readonly moments: Moment[] = [];
  /** The transitions that it took. */
  readonly taken: Set<AnyTransitionDefinition> = new Set();
  readonly #subject: Subject;
  readonly #actor: Actor<AnyStateMachine>;
  /** The same life, as the engine's own actors live it: it has to be the same. */
  readonly #lean: LeanActor;
  readonly #leanClock: VirtualClock = new VirtualClock();
  readonly #leanEmissions: [number, EventObject][] = [];
  readonly #emissions: [number, EventObject][] = [];
  #emitted: EventObject[] = [];
  #lastEmittedAt = 0;
  #checked: unknown;

  constructor(subject: Subject, readonly input: string) {
    assert(input in subject.inputs, `no such input: ${input}`);
    this.#subject = subject;
    this.#actor = createActor(subject.machine, {
      input: subject.inputs[input],
      clock: this.clock,
      inspect: (inspected) => {
        if (inspected.type !== "@xstate.microstep") return;
        for (const transition of inspected._transitions) this.taken.add(transition);
      },
    });
    this.#actor.on("*", (emission) => {
      const now = this.clock.now();
      this.#emissions.push([now, emission]);
      if (now !== this.#lastEmittedAt) this.#flush("", this.#lastEmittedAt);
      this.#lastEmittedAt = now;
      this.#emitted.push(emission);
    });
    this.#actor.subscribe({ error: (error) => assert(false, `it threw: ${error}`) });
    const onFailure = (cause: unknown) => assert(false, `it threw: ${cause}`);
    this.#lean = makeActor(
      {
        clock: this.#leanClock,
        inspect: undefined,
        observers: new Observers(onFailure),
        onFailure,
      },
      "",
      subject.machine,
      subject.inputs[input],
      (emission: EventObject) => this.#leanEmissions.push([this.#leanClock.now(), emission]),
    );
    this.#actor.start();
    this.#lean.start();
    this.#flush("");
    this.#check();
  }

  /** The leaves that it is in, those of parallel regions with a slash between them. */
  get state(): string {
    const { machine, regions } = this.#subject;
    return nameOf(this.#actor.getSnapshot().value, machine.root, regions);
  }

  /** Whether it has ended. */
  get isDone(): boolean {
    return this.#actor.getSnapshot().status === "done";
  }

  /** The state and what it remembers. */
  get memory(): string {
    const { value, context } = this.#actor.getSnapshot();
    return nameOf(value, this.#subject.machine.root) + JSON.stringify(context);
  }

  /** Its leaves, as nodes of the machine. */
  get leaves(): AnyStateNode[] {
    const known = new Set(restingLeaves(this.#subject));
    return this.#actor.getSnapshot()._nodes.filter((node: AnyStateNode) => known.has(node));
  }

  /** Does what a word says: an event of the subject, or `+200` to let 200 ms pass. */
  step(word: string): this {
    if (word.startsWith("+")) this.wait(Number(word.slice(1)));
    else this.send(word);
    return this;
  }

  /** Sends an event and returns the types of what it emits, in order. */
  send(name: string): string[] {
    const event = this.#subject.events[name];
    assert(event !== undefined, `no such event: ${name}`);
    const message = { of: name };
    const error = new Error(name);
    this.#lastEmittedAt = this.clock.now();
    const sent = { message, error, ...event };
    this.#actor.send(sent);
    this.#lean.send(sent);
    const emissions = this.#emitted;
    for (const emission of emissions) {
      if ("message" in emission) assert(emission.message === message, "another message");
      if ("error" in emission) assert(emission.error === error, "another error");
    }
    this.#flush(name);
    this.#check();
    return typesOf(emissions);
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.clock.advance(ms);
    this.#leanClock.advance(ms);
    this.#flush("", this.#lastEmittedAt);
    this.#check();
  }

  /** Files what was emitted since the last time. */
  #flush(event: string, at: number = this.clock.now()): void {
    const emissions = this.#emitted;
    this.#emitted = [];
    if (event !== "" || emissions.length > 0) this.moments.push({ at, event, emissions });
  }

  /** What holds in every state of every machine. */
  #check(): void {
    const { status, context, value } = this.#actor.getSnapshot();
    assertEquals(this.#lean.state, value, "the engine's actor is in another state");
    assertEquals(this.#lean.context, context, "the engine's actor remembers something else");
    assertEquals(this.#lean.isOver, status === "done", "only one of them has ended");
    assertEquals(this.#leanEmissions, this.#emissions, "the engine's actor tells something else");
    assertEquals(this.#leanClock.pending, this.clock.pending, "only one of them waits");
    this.#leanEmissions.length = this.#emissions.length = 0;
    if (context !== this.#checked) {
      assertEquals(structuredClone(context), context, "its context is not plain data");
      assertEquals(JSON.parse(JSON.stringify(context)), context, "its context is not plain data");
      this.#checked = context;
    }
    const emitted = typesOf(this.moments.flatMap((moment) => moment.emissions));
    const end = emitted.indexOf(this.#subject.last);
    if (status === "active") return assertEquals(end, -1, "it told of its end and lives on");
    assertEquals(status, "done");
    assertEquals(end, emitted.length - 1, "something came after its end, or it never told of it");
    assertEquals(this.clock.pending, 0, "a timer is left");
  }
}

/** The types of emissions, in order. */
export function typesOf(emissions: readonly EventObject[]): string[] {
  return emissions.map((emission) => emission.type);
}

/** Every emission of a run, in order. */
export function emissionsOf(run: Run): string[] {
  return run.moments.flatMap((moment) => typesOf(moment.emissions));
}

function nameOf(value: StateValue, node: AnyStateNode, shown?: readonly string[]): string {
  if (typeof value === "string") return value;
  // In the order of the machine's file: the order in a state value changes.
  const regions = Object.values(node.states).flatMap((region: AnyStateNode) => {
    const inner = shown?.includes(region.key) === false ? undefined : value[region.key];
    return inner === undefined ? [] : [{ name: region.key, inner: nameOf(inner, region) }];
  });
  const [only] = regions;
  if (only !== undefined && regions.length === 1) return `${only.name}.${only.inner}`;
  return regions.map(({ inner }) => inner).join("/");
}

function isLeaf(node: AnyStateNode): boolean {
  return node.type === "atomic" || node.type === "final";
}

/** The regions that the tests are about, or the whole machine. */
export function partsOf({ machine, regions }: Subject): AnyStateNode[] {
  if (regions === undefined) return [machine.root];
  return regions.map((region) => {
    const part = machine.root.states[region];
    assert(part !== undefined, `no such region: ${region}`);
    return part;
  });
}

/** Every state below one, and itself. */
export function* nodesOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* nodesOf(child);
}

/** The states in which a machine can rest: a leaf that it leaves at once is none. */
export function restingLeaves(subject: Subject): AnyStateNode[] {
  return partsOf(subject).flatMap((part) => [...nodesOf(part)]).filter((node) =>
    isLeaf(node) && !node.always?.some((transition) => transition.guard === undefined)
  );
}

/** Every transition, also those of timers and those without an event. */
export function transitionsOf(subject: Subject): AnyTransitionDefinition[] {
  return partsOf(subject).flatMap((part) => [...nodesOf(part)]).flatMap((node) => [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
  ]);
}

/** A transition in words. */
export function describe(transition: AnyTransitionDefinition): string {
  const { source, eventType, guard, target = [] } = transition;
  const condition = typeof guard === "string" ? ` [${guard}]` : "";
  const targets = target.map((node: AnyStateNode) => node.path.join(".")).join(", ");
  return `${source.path.join(".")}: ${eventType || "always"}${condition} -> ${targets || "stays"}`;
}
