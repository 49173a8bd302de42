/**
 * A machine as plain data: its states, what happens in them, and how long that takes. All that is
 * drawn or written of a machine is made from this, and this from the machine alone.
 *
 * @module
 */
import {
  type AnyStateMachine,
  type AnyStateNode,
  initialTransition,
  type StateValue,
} from "xstate";
import { Chart } from "../../machines/configuration.ts";
import { type Circumstances, executable, guardForm } from "../../machines/executable_content.ts";
import { DEFAULT_RECOVERY } from "../../machines/flow.ts";
import { DEFAULT_TIMERS } from "../../machines/timers.ts";

/** An action, by its name in the machine, and what it does. */
export interface ActionDescription {
  /** Its name. */
  readonly name: string;
  /** It tells whoever runs the machine; it is an event of the machine's own; it changes the context. */
  readonly kind: "emit" | "raise" | "assign";
  /** The type of what it emits or raises. */
  readonly event: string | undefined;
}

/** A guard, by its name in the machine, or what it is made of. */
export type GuardDescription =
  | {
    readonly kind: "named";
    /** Its name. */
    readonly name: string;
    /** What the name stands for, where that is made of other guards or states. */
    readonly meaning: GuardDescription | undefined;
  }
  /** The machine is in this state. */
  | { readonly kind: "in"; readonly state: string }
  /** Not the guard; all of the guards; one of them. */
  | { readonly kind: "not" | "and" | "or"; readonly guards: readonly GuardDescription[] };

/** A delay, by its name in the machine. */
export interface DelayDescription {
  /** Its name: the RFC's, where the RFC has one. */
  readonly name: string;
  /** Milliseconds by default; `undefined` where there is no default, as with what a peer grants. */
  readonly ms: number | undefined;
  /** Whether that is so at first only: a retransmission waits longer each time. */
  readonly isFirst: boolean;
}

/** What a transition waits for: an event, some time, or nothing. */
export type TriggerDescription =
  | { readonly kind: "event"; readonly name: string }
  | { readonly kind: "delay"; readonly name: string; readonly event: string }
  | { readonly kind: "always" };

/** A transition. */
export interface TransitionDescription {
  /** The id of the state that has it. */
  readonly source: string;
  /** What it waits for. */
  readonly trigger: TriggerDescription;
  /** When it may be taken; `undefined` for always. */
  readonly guard: GuardDescription | undefined;
  /** The ids of the states that it leads to; none where it leaves no state. */
  readonly targets: readonly string[];
  /** Whether it leaves and enters its state even where it leads to that state or into it. */
  readonly isReentering: boolean;
  /** What it does, in order. */
  readonly actions: readonly ActionDescription[];
}

/** A state. */
export interface StateDescription {
  /** Its id, which is that of its parent, a dot, and its key. */
  readonly id: string;
  /** Its name within its parent. */
  readonly key: string;
  /** Whether it has states within it, one at a time or all at once, or ends its parent. */
  readonly type: "atomic" | "compound" | "parallel" | "final";
  /** What it is, with the section of the RFC; empty where the machine does not say. */
  readonly description: string;
  /** The id of the state in which it begins. */
  readonly initial: string | undefined;
  /** What is done when it is entered. */
  readonly entry: readonly ActionDescription[];
  /** What is done when it is left. */
  readonly exit: readonly ActionDescription[];
  /** Its transitions, in the order in which they are tried for one event. */
  readonly transitions: readonly TransitionDescription[];
  /** The states within it. */
  readonly states: readonly StateDescription[];
}

/** A machine. */
export interface MachineDescription {
  /** Its outermost state, whose id is the machine's. */
  readonly root: StateDescription;
  /** Its delays, in the order in which they first appear. */
  readonly delays: readonly DelayDescription[];
}

/** What a machine is described with where nothing else is said: the first INVITE of a call, by UDP. */
const INPUT = { ...DEFAULT_TIMERS, ...DEFAULT_RECOVERY, reliable: false, role: "caller" };

/**
 * A machine as plain data.
 *
 * @param machine One of `machines/mod.ts`.
 * @param input What replaces parts of the machine's default input: `{ T1: 100 }` for other timers.
 *
 * @throws `TypeError` for what no machine of this package has: history, children, `onDone`,
 * wildcards, and actions that do not emit, raise or assign.
 *
 * @example
 * ```ts
 * import { inviteClientMachine } from "@strowger/sip/machines";
 * import { descriptionOf } from "@strowger/sip/inspector/diagrams";
 *
 * const { delays } = descriptionOf(inviteClientMachine);
 * console.assert(delays.find(({ name }) => name === "timerB")?.ms === 32_000);
 * ```
 */
export function descriptionOf(
  machine: AnyStateMachine,
  input: Readonly<Record<string, unknown>> = {},
): MachineDescription {
  Chart.of(machine);
  return new Reader(machine, { ...INPUT, ...input }).read();
}

/** Every state of a description, the outer ones first. */
export function statesOf(state: StateDescription): StateDescription[] {
  return [state, ...state.states.flatMap(statesOf)];
}

class Reader {
  readonly #machine: AnyStateMachine;
  readonly #input: Readonly<Record<string, unknown>>;
  readonly #context: Readonly<Record<string, unknown>>;
  readonly #delays: Map<string, DelayDescription> = new Map();

  constructor(machine: AnyStateMachine, input: Readonly<Record<string, unknown>>) {
    this.#machine = machine;
    this.#input = input;
    const [{ context }] = initialTransition(machine, input);
    this.#context = context;
  }

  read(): MachineDescription {
    const root = this.#state(this.#machine.root);
    return { root, delays: [...this.#delays.values()] };
  }

  #state(node: AnyStateNode): StateDescription {
    const states: AnyStateNode[] = Object.values(node.states);
    return {
      id: node.id,
      key: node.key,
      type: typeOf(node),
      description: node.description ?? "",
      initial: node.type === "compound" ? node.initial.target[0]?.id : undefined,
      entry: this.#actions(node.entry),
      exit: this.#actions(node.exit),
      transitions: this.#transitions(node),
      states: states.map((each) => this.#state(each)),
    };
  }

  #transitions(node: AnyStateNode): TransitionDescription[] {
    const delayed = new Map(node.after.map(({ eventType, delay }) => [eventType, `${delay}`]));
    const all = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
    return all.map(({ eventType, guard, target, reenter, actions }) => {
      const targets: readonly AnyStateNode[] = target ?? [];
      return {
        source: node.id,
        trigger: this.#trigger(eventType, delayed.get(eventType)),
        guard: guard === undefined ? undefined : this.#guard(guard),
        targets: targets.map(({ id }) => id),
        isReentering: reenter && targets.length > 0,
        actions: this.#actions(actions),
      };
    });
  }

  #trigger(event: string, delay: string | undefined): TriggerDescription {
    if (event === "") return { kind: "always" };
    if (delay === undefined) return { kind: "event", name: event };
    if (!this.#delays.has(delay)) this.#delays.set(delay, this.#delay(delay));
    return { kind: "delay", name: delay, event };
  }

  /** A delay is known as far as it depends on what a machine begins with. */
  #delay(name: string): DelayDescription {
    const delay: unknown = this.#machine.implementations.delays[name] ?? Number(name);
    if (typeof delay !== "function") return { name, ms: Number(delay), isFirst: false };
    let [isFirst, isUnset] = [false, false];
    const context = new Proxy(this.#context, {
      get: (target, key: string) => {
        isFirst ||= !(key in this.#input);
        isUnset ||= !(key in this.#input) && !target[key];
        return target[key];
      },
    });
    const ms: number = delay({ context });
    const isKnown = Number.isFinite(ms) && !isUnset;
    return { name, ms: isKnown ? ms : undefined, isFirst: isFirst && isKnown };
  }

  #guard(guard: unknown): GuardDescription {
    const form = guardForm(this.#machine, guard);
    const name = nameOf(guard);
    const made = form.kind === "function"
      ? undefined
      : form.kind === "in"
      ? this.#inState(form.state)
      : { kind: form.kind, guards: form.guards.map((each) => this.#guard(each)) };
    if (name === undefined && made !== undefined) return made;
    return { kind: "named", name: name ?? "unnamed", meaning: made };
  }

  #inState(value: StateValue): GuardDescription {
    const guards = pathsOf(value).map((path) =>
      ({ kind: "in", state: [this.#machine.id, ...path].join(".") }) as const
    );
    const [only] = guards;
    return only !== undefined && guards.length === 1 ? only : { kind: "and", guards };
  }

  #actions(actions: readonly unknown[]): ActionDescription[] {
    return actions.flatMap((action): ActionDescription[] => {
      const found = executable(this.#machine, action);
      // These keep the time of a delayed transition, and are described with it.
      if (found.type === "arm" || found.type === "disarm") return [];
      const name = nameOf(action) ?? found.type;
      if (found.type === "assign") return [{ name, kind: found.type, event: undefined }];
      const args: Circumstances = { context: this.#context, event: { type: "" } };
      const { type } = typeof found.event === "function" ? found.event(args) : found.event;
      return [{ name, kind: found.type, event: type }];
    });
  }
}

function typeOf({ type, id }: AnyStateNode): StateDescription["type"] {
  if (type !== "history") return type;
  throw new TypeError(`expected no history, found it in ${id}`);
}

/** The name by which a machine has an action or a guard; those of XState itself have none. */
function nameOf(named: unknown): string | undefined {
  if (typeof named === "string") return named;
  const { type } = named as { type?: unknown };
  return typeof named === "object" && typeof type === "string" ? type : undefined;
}

function pathsOf(value: StateValue): string[][] {
  if (typeof value === "string") return [[value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : pathsOf(inner).map((path) => [key, ...path])
  );
}
