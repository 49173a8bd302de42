/**
 * A machine as SCXML (State Chart XML, W3C Recommendation of 2015-09-01).
 *
 * @module
 */
import type { AnyStateMachine } from "xstate";
import {
  type ActionDescription,
  type DelayDescription,
  descriptionOf,
  type GuardDescription,
  type MachineDescription,
  type StateDescription,
  statesOf,
  type TransitionDescription,
} from "./description.ts";
import { escaped } from "../markup.ts";

/**
 * A machine as SCXML.
 *
 * Ids are those of the machine. What it emits is sent to whoever has invoked it (`#_parent`). Guards
 * and changes of the context are calls of functions of their names, for whoever runs the document to
 * supply; a guard that asks for a state is written with `In()`. Delays are in the data model, with
 * their default where they have one. Names of actions, and descriptions, are attributes of the
 * namespace `urn:strowger`.
 *
 * @param machine One of `machines/mod.ts`.
 * @param input What replaces parts of the machine's default input: `{ T1: 100 }` for other timers.
 *
 * @throws `TypeError` as {@linkcode descriptionOf} does.
 *
 * @example
 * ```ts
 * import { pauseMachine } from "@strowger/sip/machines";
 * import { scxmlOf } from "@strowger/sip/inspector/diagrams";
 *
 * const scxml = scxmlOf(pauseMachine, { delay: 2000 });
 * console.assert(scxml.includes(`<data id="delay" expr="'2000ms'"/>`));
 * ```
 */
export function scxmlOf(
  machine: AnyStateMachine,
  input?: Readonly<Record<string, unknown>>,
): string {
  return new Writer(descriptionOf(machine, input)).write();
}

type Attributes = Readonly<Record<string, string | undefined>>;

class Writer {
  readonly #machine: MachineDescription;
  /** Final states that ignore an event which a state around them takes. */
  readonly #ignoring: readonly TransitionDescription[];

  constructor(machine: MachineDescription) {
    this.#machine = machine;
    this.#ignoring = statesOf(machine.root)
      .filter(({ type }) => type === "final")
      .flatMap(({ transitions }) => transitions);
  }

  write(): string {
    const { root, delays } = this.#machine;
    const attributes = {
      xmlns: "http://www.w3.org/2005/07/scxml",
      "xmlns:strowger": "urn:strowger",
      version: "1.0",
      datamodel: "ecmascript",
      name: root.id,
      initial: root.id,
    };
    const data = delays.map(dataOf);
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      ...element("scxml", attributes, [
        ...(data.length === 0 ? [] : element("datamodel", {}, data)),
        ...this.#state(root),
      ]),
      "",
    ].join("\n");
  }

  #state(state: StateDescription): string[] {
    const name = state.type === "parallel" || state.type === "final" ? state.type : "state";
    const delayed = state.transitions.flatMap(({ trigger }) =>
      trigger.kind === "delay" ? [trigger] : []
    );
    const timers = new Map(delayed.map((trigger) => [trigger.event, trigger]));
    const arm = [...timers.values()].flatMap(({ event, name }) =>
      element("send", { id: event, event, delayexpr: name })
    );
    const disarm = [...timers.keys()].flatMap((sendid) => element("cancel", { sendid }));
    // A final state of SCXML has no transitions; what it would ignore, the states around it leave out.
    const transitions = state.type === "final" ? [] : state.transitions;
    const { id, initial, description } = state;
    return element(name, { id, initial, "strowger:description": description || undefined }, [
      ...block("onentry", [...arm, ...state.entry.flatMap(contentOf)]),
      ...block("onexit", [...disarm, ...state.exit.flatMap(contentOf)]),
      ...transitions.flatMap((each) => this.#transition(each)),
      ...state.states.flatMap((child) => this.#state(child)),
    ]);
  }

  #transition(transition: TransitionDescription): string[] {
    const { source, trigger, guard, targets, isReentering, actions } = transition;
    const event = trigger.kind === "event"
      ? trigger.name
      : trigger.kind === "delay"
      ? trigger.event
      : undefined;
    const ignored = this.#ignoring
      .filter((each) => each.source.startsWith(`${source}.`) && triggerOf(each) === event)
      .map((each) => `!In('${each.source}')`);
    const conditions = [...ignored, ...(guard === undefined ? [] : [expressionOf(guard)])];
    const isInner = targets.length > 0 && targets.every((id) => id.startsWith(`${source}.`));
    return element("transition", {
      event,
      cond: conditions.join(" && ") || undefined,
      target: targets.join(" ") || undefined,
      // SCXML leaves the state where nothing else is said, XState where it is.
      type: isInner && !isReentering ? "internal" : undefined,
    }, actions.flatMap(contentOf));
  }
}

function triggerOf({ trigger }: TransitionDescription): string | undefined {
  return trigger.kind === "event" ? trigger.name : undefined;
}

function dataOf({ name, ms }: DelayDescription): string {
  const [line = ""] = element("data", {
    id: name,
    expr: ms === undefined ? undefined : `'${ms}ms'`,
  });
  return line;
}

/** What an action is in SCXML. */
function contentOf({ name, kind, event }: ActionDescription): string[] {
  const named = { "strowger:action": name };
  if (kind === "raise") return element("raise", { event, ...named });
  if (kind === "emit") return element("send", { event, target: "#_parent", ...named });
  return element("script", named, [`${name}();`]);
}

/** A guard in ECMAScript. What is made of states alone is written out; others are called by name. */
function expressionOf(guard: GuardDescription): string {
  switch (guard.kind) {
    case "named":
      return guard.meaning !== undefined && isOfStates(guard.meaning)
        ? expressionOf(guard.meaning)
        : `${guard.name}()`;
    case "in":
      return `In('${guard.state}')`;
    case "not":
      return `!(${guard.guards.map(expressionOf).join()})`;
    default:
      return `(${guard.guards.map(expressionOf).join(guard.kind === "and" ? " && " : " || ")})`;
  }
}

function isOfStates(guard: GuardDescription): boolean {
  if (guard.kind === "in") return true;
  if (guard.kind === "named") return guard.meaning !== undefined && isOfStates(guard.meaning);
  return guard.guards.every(isOfStates);
}

function block(name: string, content: readonly string[]): string[] {
  return content.length === 0 ? [] : element(name, {}, content);
}

function element(name: string, attributes: Attributes, content: readonly string[] = []): string[] {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(value)}"`]
  ).join("");
  if (content.length === 0) return [`<${name}${written}/>`];
  return [`<${name}${written}>`, ...content.map((line) => `  ${line}`), `</${name}>`];
}
