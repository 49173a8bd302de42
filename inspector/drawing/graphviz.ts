/**
 * A machine in the language of Graphviz. States within states are clusters; an arrow from or to one
 * of them is drawn between states inside and cut off at its border (`lhead`, `ltail`). What an arrow
 * says is a node of its own on the way: Graphviz keeps nodes off each other and within their clusters,
 * and the labels of edges it does not.
 *
 * @module
 */
import {
  type MachineDescription,
  type StateDescription,
  statesOf,
  type TransitionDescription,
} from "./description.ts";
import { COLORS, EDGE, GRAPH, labelOf, linesOf, listOf, quoted } from "./graphviz_attributes.ts";
import { innerLines, isArrow, transitionLines } from "./notation.ts";

/** A machine in the language of Graphviz. */
export function dotOf(machine: MachineDescription): string {
  return new Writer(machine).write();
}

/** All transitions from one state to another. */
interface Arrow {
  readonly source: string;
  readonly target: string;
  readonly transitions: TransitionDescription[];
}

class Writer {
  readonly #machine: MachineDescription;
  readonly #states: Map<string, StateDescription>;
  readonly #arrows: readonly Arrow[];

  constructor(machine: MachineDescription) {
    this.#machine = machine;
    const states = statesOf(machine.root);
    this.#states = new Map(states.map((state) => [state.id, state]));
    this.#arrows = arrowsOf(states);
  }

  write(): string {
    const { root } = this.#machine;
    return [
      `digraph ${quoted(root.id)} {`,
      `graph [${listOf(GRAPH)}]`,
      `edge [${listOf(EDGE)}]`,
      this.#state(root),
      ...this.#arrows.map((arrow) => this.#edges(arrow)),
      ...(root.type === "parallel" ? stacked(root.states) : []),
      "}",
    ].join("\n");
  }

  #state(state: StateDescription): string {
    return state.states.length === 0 ? this.#leaf(state) : this.#cluster(state);
  }

  #leaf(state: StateDescription): string {
    return node(state.id, {
      class: `state ${state.type}`,
      label: this.#label(state),
      shape: "box",
      style: "rounded,filled",
      margin: "0.12,0.06",
      fillcolor: COLORS.state,
      color: COLORS.border,
      peripheries: state.type === "final" ? 2 : 1,
    });
  }

  #cluster(state: StateDescription): string {
    const { id, type, initial } = state;
    const depth = id.split(".").length;
    const isRegion = this.#states.get(parentOf(id))?.type === "parallel";
    const attributes = {
      id,
      class: `state ${type}`,
      label: this.#label(state),
      labeljust: "l",
      style: isRegion ? "rounded,filled,dashed" : "rounded,filled",
      fillcolor: depth % 2 === 1 ? COLORS.outer : COLORS.inner,
      color: COLORS.frame,
      margin: 14,
    };
    const arrows = this.#arrows.filter((arrow) => commonOf(arrow) === id);
    return [
      `subgraph ${quoted(clusterOf(id))} {`,
      `graph [${listOf(attributes)}]`,
      ...(initial === undefined ? [] : [start(id), this.#startEdge(id, initial)]),
      ...(arrows.some(({ source }) => source === id) ? [anyState(id)] : []),
      ...arrows.filter((arrow) => !isLoop(arrow)).map((arrow) => this.#words(arrow)),
      ...state.states.map((child) => this.#state(child)),
      "}",
    ].join("\n");
  }

  #label(state: StateDescription): string {
    return labelOf(state, innerLines(state, this.#machine.delays));
  }

  #startEdge(id: string, initial: string): string {
    const head = this.#firstIn(initial);
    return edge(`${id}~start`, head, {
      id: `${id}~start~arrow`,
      class: "start",
      ...(head === initial ? {} : { lhead: clusterOf(initial) }),
    });
  }

  /** What an arrow says. */
  #words(arrow: Arrow): string {
    const label = linesOf(this.#lines(arrow));
    return node(`${idOf(arrow)}~label`, {
      class: "transition",
      label,
      shape: "none",
      margin: 0,
      width: 0,
      height: 0,
    });
  }

  #lines({ transitions }: Arrow): string[][] {
    return transitions.map((each) => transitionLines(each, this.#machine.delays));
  }

  #edges(arrow: Arrow): string {
    const { source, target } = arrow;
    const id = idOf(arrow);
    if (isLoop(arrow)) {
      return edge(source, target, { id, class: "transition", label: linesOf(this.#lines(arrow)) });
    }
    const tail = isWithin(target, source) ? `${source}~any` : this.#lastIn(source);
    const head = this.#firstIn(target);
    const isOut = tail !== source && !tail.endsWith("~any");
    return [
      edge(tail, `${id}~label`, {
        id: `${id}~line`,
        class: "transition",
        dir: "none",
        ...(isOut ? { ltail: clusterOf(source) } : {}),
      }),
      edge(`${id}~label`, head, {
        id,
        class: "transition",
        ...(head === target ? {} : { lhead: clusterOf(target) }),
      }),
    ].join("\n");
  }

  /** A node to draw arrows to, for a state that has others inside. */
  #firstIn(id: string): string {
    const state = this.#states.get(id);
    if (state?.initial !== undefined) return `${id}~start`;
    const [first] = state?.states ?? [];
    return first === undefined ? id : this.#firstIn(first.id);
  }

  /** A node to draw arrows from, for a state that has others inside. */
  #lastIn(id: string): string {
    const last = this.#states.get(id)?.states.at(-1);
    return last === undefined ? id : this.#lastIn(last.id);
  }
}

function arrowsOf(states: readonly StateDescription[]): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const state of states) {
    for (const transition of state.transitions.filter((each) => isArrow(each, state))) {
      for (const target of transition.targets) {
        const made: Arrow = { source: state.id, target, transitions: [] };
        const arrow = arrows.get(idOf(made)) ?? made;
        arrow.transitions.push(transition);
        arrows.set(idOf(arrow), arrow);
      }
    }
  }
  return [...arrows.values()];
}

/** Regions one below the other, since beside each other they are wider than a page. */
function stacked(regions: readonly StateDescription[]): string[] {
  return regions.slice(1).flatMap((region, index) => {
    const above = statesOf(regions[index] ?? region).filter(({ states }) => states.length === 0);
    const below = region.transitions.length > 0 ? ["start", "any"] : ["start"];
    return above.flatMap(({ id }) =>
      below.map((end) => edge(id, `${region.id}~${end}`, { style: "invis", weight: 0, minlen: 2 }))
    );
  });
}

function start(id: string): string {
  return node(`${id}~start`, {
    class: "start",
    label: "",
    shape: "circle",
    style: "filled",
    width: 0.12,
    fixedsize: "true",
    fillcolor: COLORS.line,
    color: COLORS.line,
  });
}

/** Where arrows begin that lead from a state to one inside it. */
function anyState(id: string): string {
  return node(`${id}~any`, {
    class: "any",
    label: linesOf([["any state"]]),
    shape: "box",
    style: "rounded,dashed",
    margin: 0,
    height: 0.25,
    color: COLORS.border,
  });
}

function node(id: string, attributes: Readonly<Record<string, string | number>>): string {
  return `${quoted(id)} [${listOf({ id, ...attributes })}]`;
}

function edge(
  tail: string,
  head: string,
  attributes: Readonly<Record<string, string | number>>,
): string {
  return `${quoted(tail)} -> ${quoted(head)} [${listOf(attributes)}]`;
}

function idOf({ source, target }: Arrow): string {
  return `${source}~${target}`;
}

function isLoop({ source, target }: Arrow): boolean {
  return source === target;
}

/** The innermost state around an arrow. */
function commonOf({ source, target }: Arrow): string {
  let common = isWithin(target, source) ? source : parentOf(source);
  while (!isWithin(target, common)) common = parentOf(common);
  return common;
}

function parentOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf(".")));
}

function isWithin(id: string, outer: string): boolean {
  return outer === "" || id.startsWith(`${outer}.`);
}

function clusterOf(id: string): string {
  return `cluster_${id}`;
}
