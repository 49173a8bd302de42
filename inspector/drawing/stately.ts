/**
 * A machine as the JSON that Stately's tools read: the configuration that XState's `createMachine()`
 * takes, with names where a machine has functions.
 *
 * @module
 */
import type { AnyStateMachine } from "xstate";
import {
  type ActionDescription,
  descriptionOf,
  type MachineDescription,
  type StateDescription,
  type TransitionDescription,
} from "./description.ts";
import { conditionText, guardText } from "./notation.ts";

/** An action by name; what it emits or raises is a parameter. */
export interface StatelyAction {
  /** Its name. */
  readonly type: string;
  /** What it emits, or raises. */
  readonly params?: { readonly emits: string } | { readonly raises: string };
}

/** A transition. */
export interface StatelyTransition {
  /** `#` and the ids of the states that it leads to. */
  readonly target?: readonly string[];
  /** Its guard: a name, or names with `and`, `or` and `not` between them. */
  readonly guard?: { readonly type: string };
  /** What it does. */
  readonly actions?: readonly StatelyAction[];
  /** Whether it leaves and enters its state anew. */
  readonly reenter?: true;
  /** The default time of its delay. */
  readonly description?: string;
}

/** Transitions, by what they wait for. */
export type StatelyTransitions = Readonly<Record<string, readonly StatelyTransition[]>>;

/** A state, or the whole machine. */
export interface StatelyState {
  /** The machine's; states have theirs by their place. */
  readonly id?: string;
  /** What it is. */
  readonly description?: string;
  /** What it is, if not one with or without states inside. */
  readonly type?: "parallel" | "final";
  /** The state in which it begins. */
  readonly initial?: string;
  /** What is done when it is entered. */
  readonly entry?: readonly StatelyAction[];
  /** What is done when it is left. */
  readonly exit?: readonly StatelyAction[];
  /** Transitions by event. */
  readonly on?: StatelyTransitions;
  /** Transitions by the name of a delay. */
  readonly after?: StatelyTransitions;
  /** Transitions that wait for nothing. */
  readonly always?: readonly StatelyTransition[];
  /** The states within it. */
  readonly states?: Readonly<Record<string, StatelyState>>;
}

/**
 * A machine as JSON for Stately Studio and for what else reads configurations of XState.
 *
 * Studio takes code: `createMachine(` before it and `)` after.
 *
 * @param machine One of `machines/mod.ts`.
 * @param input What replaces parts of the machine's default input: `{ T1: 100 }` for other timers.
 *
 * @throws `TypeError` as {@linkcode descriptionOf} does.
 *
 * @example
 * ```ts
 * import { inviteServerMachine } from "@strowger/sip/machines";
 * import { statelyOf } from "@strowger/sip/inspector/diagrams";
 *
 * const code = `createMachine(${JSON.stringify(statelyOf(inviteServerMachine))})`;
 * console.assert(code.includes('"timerH"'));
 * ```
 */
export function statelyOf(
  machine: AnyStateMachine,
  input?: Readonly<Record<string, unknown>>,
): StatelyState {
  const { root, delays } = descriptionOf(machine, input);
  return { id: root.id, ...stateOf(root, delays) };
}

function stateOf(state: StateDescription, delays: MachineDescription["delays"]): StatelyState {
  const { description, type, transitions } = state;
  const of = (kind: "event" | "delay") => transitionsOf(transitions, kind, delays);
  const always = transitions.filter(({ trigger }) => trigger.kind === "always");
  const [on, after] = [of("event"), of("delay")];
  return {
    ...(description === "" ? {} : { description }),
    ...(type === "parallel" || type === "final" ? { type } : {}),
    ...(state.initial === undefined ? {} : { initial: keyOf(state.initial) }),
    ...(state.entry.length === 0 ? {} : { entry: state.entry.map(actionOf) }),
    ...(state.exit.length === 0 ? {} : { exit: state.exit.map(actionOf) }),
    ...(Object.keys(on).length === 0 ? {} : { on }),
    ...(Object.keys(after).length === 0 ? {} : { after }),
    ...(always.length === 0 ? {} : { always: always.map((each) => transitionOf(each, delays)) }),
    ...(state.states.length === 0 ? {} : {
      states: Object.fromEntries(state.states.map((each) => [each.key, stateOf(each, delays)])),
    }),
  };
}

function transitionsOf(
  transitions: readonly TransitionDescription[],
  kind: "event" | "delay",
  delays: MachineDescription["delays"],
): StatelyTransitions {
  const found: Record<string, StatelyTransition[]> = {};
  for (const transition of transitions) {
    const { trigger } = transition;
    if (trigger.kind !== kind) continue;
    (found[trigger.name] ??= []).push(transitionOf(transition, delays));
  }
  return found;
}

function transitionOf(
  transition: TransitionDescription,
  delays: MachineDescription["delays"],
): StatelyTransition {
  const { trigger, guard, targets, isReentering, actions } = transition;
  const description = conditionText({ ...transition, guard: undefined }, delays);
  return {
    ...(targets.length === 0 ? {} : { target: targets.map((id) => `#${id}`) }),
    ...(guard === undefined ? {} : { guard: { type: guardText(guard) } }),
    ...(actions.length === 0 ? {} : { actions: actions.map(actionOf) }),
    ...(isReentering ? { reenter: true as const } : {}),
    ...(trigger.kind === "delay" && description !== trigger.name ? { description } : {}),
  };
}

function actionOf({ name, kind, event }: ActionDescription): StatelyAction {
  if (event === undefined) return { type: name };
  return { type: name, params: kind === "emit" ? { emits: event } : { raises: event } };
}

function keyOf(id: string): string {
  return id.slice(id.lastIndexOf(".") + 1);
}
