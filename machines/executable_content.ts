/**
 * What a step of a statechart carries out (SCXML 1.0 §4): XState's actions in the form in which an
 * actor runs them, and its guards.
 *
 * @module
 */
import type { AnyStateMachine, EventObject, MachineContext, StateValue } from "xstate";
import { and, matchesState, not, or } from "xstate";

/** What guards and actions are given. */
export interface Circumstances {
  readonly context: MachineContext;
  readonly event: EventObject;
}

/** Whether a transition may be taken. */
export type Guard = (args: Circumstances) => boolean;

/** A value, or what makes it. */
export type Expression<T> = T | ((args: Circumstances) => T);

/** What a context is changed by. */
export type Update = (args: Circumstances) => Record<string, unknown>;

/** One thing to carry out. */
export type Executable =
  | { readonly type: "assign"; readonly update: Update }
  | { readonly type: "emit"; readonly event: Expression<EventObject> }
  | { readonly type: "raise"; readonly event: Expression<EventObject> }
  | {
    readonly type: "arm";
    readonly id: string;
    readonly event: EventObject;
    readonly delay: Expression<number>;
  }
  | { readonly type: "disarm"; readonly id: string };

/** The parts of XState's own actions and guards that are read; they are functions with properties. */
interface BuiltIn {
  readonly type?: string;
  readonly assignment?: Update | Record<string, Expression<unknown>>;
  readonly event?: Expression<EventObject>;
  readonly delay?: string | number | ((args: Circumstances) => number);
  readonly id?: string;
  readonly sendId?: string;
  readonly check?: unknown;
  readonly guards?: readonly unknown[];
  readonly stateValue?: StateValue;
}

/** What tells XState's own guards apart; their names are not what they were when a bundler is through. */
const [CHECK_NOT, CHECK_AND, CHECK_OR] = [not("any"), and([]), or([])].map(
  (guard: unknown) => (guard as BuiltIn).check,
);

/**
 * An action of a machine, made ready.
 *
 * @throws `TypeError` for one that no machine here has: they emit, assign, raise, and wait.
 */
export function executable(machine: AnyStateMachine, action: unknown): Executable {
  const found = resolve(machine.implementations.actions, action);
  switch (found.type) {
    case "xstate.assign":
      if (found.assignment === undefined) break;
      return { type: "assign", update: updateBy(found.assignment) };
    case "xstate.emit":
      if (found.event !== undefined) return { type: "emit", event: found.event };
      break;
    case "xstate.cancel":
      if (typeof found.sendId === "string") return { type: "disarm", id: found.sendId };
      break;
    case "xstate.raise": {
      const { event, id, delay: named } = found;
      const delay = typeof named === "string" ? machine.implementations.delays[named] : named;
      if (event !== undefined && named === undefined) return { type: "raise", event };
      if (typeof event !== "object" || id === undefined || delay === undefined) break;
      return { type: "arm", id, event, delay: delay as Expression<number> };
    }
  }
  throw new TypeError(`expected emit, assign or raise in ${machine.id}, found ${nameOf(action)}`);
}

function updateBy(assignment: Update | Record<string, Expression<unknown>>): Update {
  if (typeof assignment === "function") return assignment;
  const entries = Object.entries(assignment);
  return (args) => {
    const update: Record<string, unknown> = {};
    for (const [key, value] of entries) {
      update[key] = typeof value === "function" ? value(args) : value;
    }
    return update;
  };
}

/** What a guard is made of. */
export type GuardForm =
  | { readonly kind: "function"; readonly guard: Guard }
  | { readonly kind: "in"; readonly state: StateValue }
  | { readonly kind: "not" | "and" | "or"; readonly guards: readonly unknown[] };

/** Takes a guard of a machine apart. */
export function guardForm(machine: AnyStateMachine, guard: unknown): GuardForm {
  const found = resolve(machine.implementations.guards, guard);
  const { check, stateValue: state, guards = [] } = found;
  if (check === undefined) return { kind: "function", guard: found as Guard };
  if (state !== undefined) return { kind: "in", state };
  switch (check) {
    case CHECK_NOT:
      return { kind: "not", guards };
    case CHECK_AND:
      return { kind: "and", guards };
    case CHECK_OR:
      return { kind: "or", guards };
  }
  throw new TypeError(`expected and, or, not or stateIn in ${machine.id}, found ${nameOf(guard)}`);
}

/**
 * A guard of a machine, as it is while the machine is in `state`: `true` or `false` where the state
 * alone decides.
 */
export function guardIn(
  machine: AnyStateMachine,
  state: StateValue,
  guard: unknown,
): Guard | boolean {
  if (guard === undefined) return true;
  const form = guardForm(machine, guard);
  if (form.kind === "function") return form.guard;
  if (form.kind === "in") return matchesState(form.state, state);
  const inner = form.guards.map((each) => guardIn(machine, state, each));
  switch (form.kind) {
    case "not": {
      const [only = true] = inner;
      return typeof only === "boolean" ? !only : (args) => !only(args);
    }
    case "and":
      return combined(inner, false, (left, right) => (args) => left(args) && right(args));
    case "or":
      return combined(inner, true, (left, right) => (args) => left(args) || right(args));
  }
}

/** Joins guards, of which those are left out that never decide. */
function combined(
  guards: readonly (Guard | boolean)[],
  decisive: boolean,
  join: (left: Guard, right: Guard) => Guard,
): Guard | boolean {
  if (guards.includes(decisive)) return decisive;
  const open = guards.filter((each) => typeof each !== "boolean");
  return open.length === 0 ? !decisive : open.reduce(join);
}

/** What a name in a machine stands for, in the end. */
function resolve(implementations: Record<string, unknown>, named: unknown): BuiltIn {
  for (let found = named; found !== undefined;) {
    if (typeof found === "function") return found as BuiltIn;
    const name = typeof found === "object" ? (found as { type?: unknown } | null)?.type : found;
    found = implementations[`${name}`];
  }
  throw new TypeError(`there is nothing behind the name ${nameOf(named)}`);
}

function nameOf(named: unknown): string {
  return typeof named === "function" ? named.name : JSON.stringify(named);
}
