/**
 * One step from a set of states to another (SCXML 1.0, Appendix D, `microstep`): which states are
 * left and entered, and what is carried out on the way.
 *
 * None of it depends on context or event, so that it is worked out once. The order is XState's in
 * every detail; machines of this project have neither history nor children.
 *
 * @module
 */
import type { AnyStateNode, AnyTransitionDefinition } from "xstate";
import { type Executable, executable } from "./executable_content.ts";

/** What a step does. */
export interface Step {
  /** What is carried out, in order. */
  readonly content: readonly Executable[];
  /** The states afterwards, in the order in which they were entered. */
  readonly nodes: readonly AnyStateNode[];
  /** Whether the machine has ended. */
  readonly isDone: boolean;
}

/** The step by which a machine begins. */
export function initialStep(root: AnyStateNode): Step {
  const entered: AnyStateNode[] = [];
  addWithDescendants(root, entered);
  return stepOf(root, [root], [], [], entered);
}

/** The step that some transitions take together, out of the states that the machine is in. */
export function microstep(
  nodes: readonly AnyStateNode[],
  transitions: readonly AnyTransitionDefinition[],
): Step {
  const [first] = nodes;
  if (first === undefined) throw new TypeError("expected the states of a machine, found none");
  const taken = withoutConflicts(transitions, nodes);
  return stepOf(first.machine.root, nodes, exitSet(taken, nodes), taken, entrySet(taken));
}

function stepOf(
  root: AnyStateNode,
  before: readonly AnyStateNode[],
  exited: readonly AnyStateNode[],
  transitions: readonly AnyTransitionDefinition[],
  entered: readonly AnyStateNode[],
): Step {
  const actions: unknown[] = [];
  const nodes = new Set(before);
  for (const node of exited.toSorted((a, b) => b.order - a.order)) {
    actions.push(...node.exit);
    nodes.delete(node);
  }
  for (const transition of transitions) actions.push(...transition.actions);
  let isDone = false;
  for (const node of entered.toSorted((a, b) => a.order - b.order)) {
    nodes.add(node);
    actions.push(...node.entry);
    if (node.type === "final") isDone ||= endsMachine(node, nodes);
  }
  const same = nodes.size === before.length && before.every((node) => nodes.has(node));
  let after = same ? before : [...nodes];
  if (isDone) {
    after = [...nodes].sort((a, b) => b.order - a.order);
    actions.push(...after.flatMap((node) => node.exit));
  }
  return {
    content: actions.map((action) => executable(root.machine, action)),
    nodes: after,
    isDone,
  };
}

/**
 * Whether a final state that was entered ends the machine. What XState raises then for a state that
 * is done, nobody here waits for.
 */
function endsMachine(final: AnyStateNode, nodes: ReadonlySet<AnyStateNode>): boolean {
  const { parent } = final;
  let ancestor = parent?.type === "parallel" ? parent : parent?.parent;
  while (ancestor?.type === "parallel" && isDone(ancestor, nodes)) ancestor = ancestor.parent;
  return ancestor === undefined;
}

function isDone(node: AnyStateNode, nodes: ReadonlySet<AnyStateNode>): boolean {
  if (node.type === "parallel") return childrenOf(node).every((child) => isDone(child, nodes));
  if (node.type !== "compound") return node.type === "final";
  return childrenOf(node).some((child) => child.type === "final" && nodes.has(child));
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states);
}

/** The parents of a state, the nearest first, up to one that does not count. */
export function ancestorsOf(node: AnyStateNode, end?: AnyStateNode): AnyStateNode[] {
  const found: AnyStateNode[] = [];
  for (let each = node.parent; each !== undefined && each !== end; each = each.parent) {
    found.push(each);
  }
  return found;
}

function isWithin(node: AnyStateNode, ancestor: AnyStateNode | undefined): boolean {
  return ancestor === undefined || ancestorsOf(node).includes(ancestor);
}

/** Of transitions that leave the same states, the one of the inner state wins, or else the first. */
function withoutConflicts(
  transitions: readonly AnyTransitionDefinition[],
  nodes: readonly AnyStateNode[],
): AnyTransitionDefinition[] {
  let kept: AnyTransitionDefinition[] = [];
  for (const transition of transitions) {
    const exited = exitSet([transition], nodes);
    const rivals = kept.filter((each) =>
      exitSet([each], nodes).some((node) => exited.includes(node))
    );
    if (!rivals.every((each) => isWithin(transition.source, each.source))) continue;
    kept = kept.filter((each) => !rivals.includes(each));
    kept.push(transition);
  }
  return kept;
}

/** The state within which a transition happens; `undefined` where it leaves the root as well. */
function domainOf({ source, target, reenter }: AnyTransitionDefinition): AnyStateNode | undefined {
  const targets: readonly AnyStateNode[] = target ?? [];
  if (!reenter && targets.every((each) => each === source || isWithin(each, source))) return source;
  const [first = source, ...others] = [...targets, source];
  const common = ancestorsOf(first).find((each) => others.every((other) => isWithin(other, each)));
  return common ?? (reenter ? undefined : source.machine.root);
}

function exitSet(
  transitions: readonly AnyTransitionDefinition[],
  nodes: readonly AnyStateNode[],
): AnyStateNode[] {
  const exited = new Set<AnyStateNode>();
  for (const transition of transitions) {
    if (transition.target === undefined || transition.target.length === 0) continue;
    const domain = domainOf(transition);
    if (transition.reenter && transition.source === domain) exited.add(transition.source);
    for (const node of nodes) {
      if (isWithin(node, domain)) exited.add(node);
    }
  }
  return [...exited];
}

function entrySet(transitions: readonly AnyTransitionDefinition[]): AnyStateNode[] {
  const entered: AnyStateNode[] = [];
  for (const transition of transitions) {
    const domain = domainOf(transition);
    const targets: readonly AnyStateNode[] = transition.target ?? [];
    for (const target of targets) {
      const isReached = target !== transition.source || transition.source !== domain ||
        transition.reenter;
      if (isReached) add(target, entered);
      addDescendants(target, entered);
    }
    for (const target of targets) {
      const ancestors = ancestorsOf(target, domain);
      if (domain?.type === "parallel") ancestors.push(domain);
      for (const ancestor of ancestors) {
        if (ancestor !== domain && isWithin(ancestor, domain)) add(ancestor, entered);
        if (ancestor.type === "parallel") addDescendants(ancestor, entered);
      }
    }
  }
  return entered;
}

function add(node: AnyStateNode, entered: AnyStateNode[]): void {
  if (!entered.includes(node)) entered.push(node);
}

function addWithDescendants(node: AnyStateNode, entered: AnyStateNode[]): void {
  add(node, entered);
  addDescendants(node, entered);
}

/** The states in which a state begins, unless others below it are entered already. */
function addDescendants(node: AnyStateNode, entered: AnyStateNode[]): void {
  if (node.type === "compound") {
    for (const first of node.initial.target) addWithDescendants(first, entered);
  } else if (node.type === "parallel") {
    for (const region of childrenOf(node)) {
      if (!entered.some((each) => isWithin(each, region))) addWithDescendants(region, entered);
    }
  }
}
