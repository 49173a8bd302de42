/**
 * The states that a machine is in at one time (SCXML's configuration), and what may happen there.
 *
 * A machine has few of them. Each is made when it is first reached and kept, with the transitions
 * that each event may take in it and with the steps that follow, so that an actor which takes an
 * event evaluates the guards that matter and nothing else.
 *
 * @module
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition, StateValue } from "xstate";
import { type Circumstances, type Executable, type Guard, guardIn } from "./executable_content.ts";
import { ancestorsOf, initialStep, microstep, type Step } from "./microstep.ts";

/** One transition, of one of the regions of a machine. */
export interface Edge {
  /** The path of the state that it starts from, `inviteClient.transaction.calling` say. */
  readonly source: string;
  /** Which one it is of those that lead away from there for this event, from 0. */
  readonly index: number;
  /** The event that it is for, as the machine names it; empty for one that needs none. */
  readonly event: string;
  /** The paths of the states that it leads to; none where it leads nowhere else. */
  readonly targets: readonly string[];
}

/** A step, and where it leads. */
export interface Move {
  readonly content: readonly Executable[];
  readonly next: Configuration;
  readonly isDone: boolean;
}

/** See the module. */
export class Configuration {
  /** As XState has it. */
  readonly value: StateValue;
  /** What is taken without an event, where there is any such thing. */
  readonly eventless: Selector | undefined;
  readonly #chart: Chart;
  readonly #nodes: readonly AnyStateNode[];
  readonly #selectors: Map<string, Selector | undefined> = new Map();
  readonly #candidates: Map<AnyTransitionDefinition, Candidate> = new Map();

  constructor(chart: Chart, nodes: readonly AnyStateNode[]) {
    this.#chart = chart;
    this.#nodes = nodes;
    this.value = this.#valueOf(chart.machine.root) ?? {};
    this.eventless = this.#eventless();
  }

  /** The id of the machine. */
  get machine(): string {
    return this.#chart.machine.id;
  }

  /** What an event may do here; `undefined` where it does nothing whatever the context. */
  selector(type: string): Selector | undefined {
    const known = this.#selectors.get(type);
    if (known !== undefined || this.#selectors.has(type)) return known;
    // What comes from outside of a machine is one of its own events, so that the map cannot grow.
    const made = this.#selector(this.#chart.machine.root, type);
    this.#selectors.set(type, made);
    return made;
  }

  /** Where these transitions lead, taken together. */
  move(transitions: readonly AnyTransitionDefinition[]): Move {
    return this.#chart.move(microstep(this.#nodes, transitions));
  }

  #childrenOf(node: AnyStateNode): AnyStateNode[] {
    return this.#nodes.filter((each) => each.parent === node);
  }

  #valueOf(node: AnyStateNode): StateValue | undefined {
    const children = this.#childrenOf(node);
    const [only] = children;
    if (only === undefined) return undefined;
    if (node.type === "compound" && this.#valueOf(only) === undefined) return only.key;
    return Object.fromEntries(children.map((child) => [child.key, this.#valueOf(child) ?? {}]));
  }

  #selector(node: AnyStateNode, type: string): Selector | undefined {
    const inner = this.#childrenOf(node).flatMap((child) => this.#selector(child, type) ?? []);
    const candidates = this.#candidatesOf(node.transitions.get(type) ?? []);
    if (candidates.length > 0) return new Selector(inner, candidates);
    const [only] = inner;
    return inner.length > 1 ? new Selector(inner, []) : only;
  }

  #eventless(): Selector | undefined {
    const leaves = this.#nodes.filter((node) => node.type === "atomic" || node.type === "final");
    const inner = leaves.flatMap((leaf) => {
      const own = [leaf, ...ancestorsOf(leaf)].flatMap((node) => node.always ?? []);
      const candidates = this.#candidatesOf(own);
      return candidates.length > 0 ? [new Selector([], candidates)] : [];
    });
    return inner.length > 0 ? new Selector(inner, []) : undefined;
  }

  /** Without those that cannot be taken in these states, and those behind one that always is. */
  #candidatesOf(transitions: readonly AnyTransitionDefinition[]): Candidate[] {
    const candidates: Candidate[] = [];
    for (const transition of transitions) {
      const guard = guardIn(this.#chart.machine, this.value, transition.guard);
      if (guard === false) continue;
      const open = guard === true ? undefined : guard;
      const known = this.#candidates.get(transition) ?? new Candidate(this, transition, open);
      this.#candidates.set(transition, known);
      candidates.push(known);
      if (guard === true) break;
    }
    return candidates;
  }
}

/** What may be taken of one state, and of those within it, which go first. */
export class Selector {
  readonly #inner: readonly Selector[];
  readonly #candidates: readonly Candidate[];

  constructor(inner: readonly Selector[], candidates: readonly Candidate[]) {
    this.#inner = inner;
    this.#candidates = candidates;
  }

  /** Adds what is taken under these circumstances to what was chosen before. */
  select(args: Circumstances, before?: Choice): Choice | undefined {
    let chosen = before;
    for (const inner of this.#inner) chosen = inner.select(args, chosen);
    if (chosen !== before) return chosen;
    for (const candidate of this.#candidates) {
      if (candidate.guard === undefined || candidate.guard(args)) {
        return before === undefined ? candidate.alone : before.and(candidate);
      }
    }
    return before;
  }
}

/** A transition that may be taken out of a configuration. */
class Candidate {
  readonly guard: Guard | undefined;
  readonly transition: AnyTransitionDefinition;
  /** Nothing but this. */
  readonly alone: Choice;

  constructor(from: Configuration, transition: AnyTransitionDefinition, guard: Guard | undefined) {
    this.guard = guard;
    this.transition = transition;
    this.alone = new Choice(from, [transition]);
  }
}

/** Transitions that are taken together. */
export class Choice {
  readonly #from: Configuration;
  readonly #transitions: readonly AnyTransitionDefinition[];
  readonly #larger: Map<Candidate, Choice> = new Map();
  #move: Move | undefined;
  #edges: readonly Edge[] | undefined;

  constructor(from: Configuration, transitions: readonly AnyTransitionDefinition[]) {
    this.#from = from;
    this.#transitions = transitions;
  }

  /** The step that they take. */
  get move(): Move {
    return this.#move ??= this.#from.move(this.#transitions);
  }

  /** The same, for whoever watches. */
  get edges(): readonly Edge[] {
    return this.#edges ??= this.#transitions.map(edgeOf);
  }

  /** These, and one more. */
  and(candidate: Candidate): Choice {
    if (this.#transitions.includes(candidate.transition)) return this;
    let larger = this.#larger.get(candidate);
    if (larger === undefined) {
      larger = new Choice(this.#from, [...this.#transitions, candidate.transition]);
      this.#larger.set(candidate, larger);
    }
    return larger;
  }
}

function edgeOf(transition: AnyTransitionDefinition): Edge {
  const { source, eventType, target } = transition;
  const siblings = eventType === "" ? source.always : source.transitions.get(eventType);
  return {
    source: source.id,
    index: Math.max(siblings?.indexOf(transition) ?? 0, 0),
    event: eventType,
    targets: (target ?? []).map(({ id }) => id),
  };
}

/** A machine, and the configurations of it that were reached so far. */
export class Chart {
  readonly machine: AnyStateMachine;
  /** How it begins. */
  readonly initial: Move;
  readonly #configurations: Map<string, Configuration> = new Map();

  private constructor(machine: AnyStateMachine) {
    this.machine = machine;
    checkSupported(machine.root);
    this.initial = this.move(initialStep(machine.root));
  }

  /** The chart of a machine: one, however many actors run it. */
  static of(machine: AnyStateMachine): Chart {
    const known = charts.get(machine) ?? new Chart(machine);
    charts.set(machine, known);
    return known;
  }

  /** A step, with the configuration that it leads to. */
  move({ content, nodes, isDone }: Step): Move {
    const key = nodes.map((node) => node.order).join();
    const next = this.#configurations.get(key) ?? new Configuration(this, nodes);
    this.#configurations.set(key, next);
    return { content, next, isDone };
  }
}

/** What no machine here has, and nothing here does: it must not pass unseen. */
function checkSupported(node: AnyStateNode): void {
  const { invoke, onDone } = node.config;
  const hasWildcard = [...node.transitions.keys()].some((type) => type.includes("*"));
  if (node.type === "history" || invoke !== undefined || onDone !== undefined || hasWildcard) {
    throw new TypeError(`expected no history, invoke, onDone or wildcard, found one in ${node.id}`);
  }
  for (const child of Object.values(node.states)) checkSupported(child as AnyStateNode);
}

const charts = new WeakMap<AnyStateMachine, Chart>();
