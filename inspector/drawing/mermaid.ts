/**
 * A machine as Mermaid's `stateDiagram-v2`, which README files and sites of docs draw by themselves.
 *
 * @module
 */
import type { AnyStateMachine } from "xstate";
import {
  descriptionOf,
  type MachineDescription,
  type StateDescription,
  statesOf,
  type TransitionDescription,
} from "./description.ts";
import { innerLines, isArrow, transitionLines } from "./notation.ts";

/**
 * A machine as Mermaid text.
 *
 * A state with others inside says what it does in a state of its own, `any state`, since Mermaid draws
 * no text in such a state and no arrow out of it that ends in it.
 *
 * @param machine One of `machines/mod.ts`.
 * @param input What replaces parts of the machine's default input: `{ T1: 100 }` for other timers.
 *
 * @throws `TypeError` as {@linkcode descriptionOf} does.
 *
 * @example
 * ```ts
 * import { nonInviteServerMachine } from "@strowger/sip/machines";
 * import { mermaidOf } from "@strowger/sip/inspector/diagrams";
 *
 * console.assert(mermaidOf(nonInviteServerMachine).startsWith("stateDiagram-v2\n"));
 * ```
 */
export function mermaidOf(
  machine: AnyStateMachine,
  input?: Readonly<Record<string, unknown>>,
): string {
  return new Writer(descriptionOf(machine, input)).write();
}

class Writer {
  readonly #machine: MachineDescription;
  /** The arrows between states, by the innermost state around them. */
  readonly #arrows: Map<string, string[]> = new Map();

  constructor(machine: MachineDescription) {
    this.#machine = machine;
    for (const state of statesOf(machine.root)) {
      for (const transition of state.transitions.filter((each) => isArrow(each, state))) {
        for (const target of transition.targets) this.#addArrow(transition, target);
      }
    }
  }

  write(): string {
    return ["stateDiagram-v2", ...this.#state(this.#machine.root, "  "), ""].join("\n");
  }

  #state(state: StateDescription, indent: string): string[] {
    const isLeaf = state.states.length === 0;
    return (isLeaf ? this.#leaf(state) : this.#composite(state)).map((line) => indent + line);
  }

  #leaf(state: StateDescription): string[] {
    const name = nameOf(state.id);
    const lines = [state.description, ...this.#innerOf(state)].filter((line) => line !== "");
    return [
      `state "${text(state.key)}" as ${name}`,
      ...lines.map((line) => `${name} : ${text(line)}`),
      ...(state.type === "final" ? [`${name} --> [*]`] : []),
    ];
  }

  #composite(state: StateDescription): string[] {
    const parts = ordered(state).map((child) => this.#state(child, "  "));
    const between = state.type === "parallel" ? ["  --"] : [];
    const inner = parts.flatMap((lines, index) => index === 0 ? lines : [...between, ...lines]);
    return [
      ...(state.description === "" ? [] : [`%% ${state.description}`]),
      `state "${text([state.key, sectionOf(state)].join(" "))}" as ${nameOf(state.id)} {`,
      ...(state.initial === undefined ? [] : [`  [*] --> ${nameOf(state.initial)}`]),
      ...this.#anyState(state),
      ...inner,
      ...(this.#arrows.get(state.id) ?? []).map((line) => `  ${line}`),
      "}",
    ];
  }

  #anyState(state: StateDescription): string[] {
    const inner = this.#innerOf(state);
    const hasArrow = state.transitions.some((each) => each.targets.some(isIn(state.id)));
    if (inner.length === 0 && !hasArrow) return [];
    const name = `${nameOf(state.id)}_any`;
    return [
      `  state "any state" as ${name}`,
      ...inner.map((line) => `  ${name} : ${text(line)}`),
    ];
  }

  #innerOf(state: StateDescription): string[] {
    return innerLines(state, this.#machine.delays).map((lines) => lines.join(" / "));
  }

  #addArrow(transition: TransitionDescription, target: string): void {
    const { source } = transition;
    const isInner = isIn(source)(target);
    let around = isInner ? source : parentOf(source);
    while (!isIn(around)(target)) around = parentOf(around);
    const from = isInner ? `${nameOf(source)}_any` : nameOf(source);
    const says = transitionLines(transition, this.#machine.delays).join(" / ");
    const arrow = `${from} --> ${nameOf(target)} : ${text(says)}`;
    this.#arrows.set(around, [...this.#arrows.get(around) ?? [], arrow]);
  }
}

/**
 * The states within one. Of regions, those with states two levels down come last: Mermaid 11 throws on
 * an arrow to such a state in the first region.
 */
function ordered({ type, states }: StateDescription): readonly StateDescription[] {
  if (type !== "parallel") return states;
  const isDeep = (region: StateDescription) => region.states.some((each) => each.states.length > 0);
  return [...states.filter((each) => !isDeep(each)), ...states.filter(isDeep)];
}

/** The RFC and section that a description begins with. */
function sectionOf({ description }: StateDescription): string {
  const section = /^RFC[^:]*(?=:)/.exec(description)?.[0];
  return section === undefined ? "" : `(${section})`;
}

function nameOf(id: string): string {
  return id.replaceAll(/\W/g, "_");
}

/** What would end a text of Mermaid is another character. */
function text(plain: string): string {
  return plain.replaceAll(/: ?/g, " – ").replaceAll(";", ",").replaceAll('"', "'").trim();
}

function isIn(outer: string): (id: string) => boolean {
  return (id) => outer === "" || id.startsWith(`${outer}.`);
}

function parentOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf(".")));
}
