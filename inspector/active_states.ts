/**
 * What a machine says of the value of its state: which states are active, and which one armed a timer.
 *
 * @module
 */
import type { AnyStateNode, StateValue } from "xstate";
import { MACHINES } from "./machine_index.ts";

/** The active states, from the outermost: `inviteClient.transaction.calling` and what is around it. */
export function activeNodes(machine: string, value: StateValue): AnyStateNode[] {
  const root = MACHINES.get(machine)?.root;
  return root === undefined ? [] : [root, ...below(root, value)];
}

function below(node: AnyStateNode, value: StateValue): AnyStateNode[] {
  const entries: [string, StateValue][] = typeof value === "string"
    ? [[value, {}]]
    : Object.entries(value as Record<string, StateValue>);
  return entries.flatMap(([key, inner]) => {
    const child = Object.hasOwn(node.states, key) ? node.states[key] : undefined;
    return child === undefined ? [] : [child, ...below(child, inner)];
  });
}

/** Whether a machine in that state has ended. */
export function isOver(machine: string, value: StateValue): boolean {
  const root = MACHINES.get(machine)?.root;
  return root !== undefined && ends(root, activeNodes(machine, value));
}

/** A parallel state has ended when each of its regions has, another when a final one in it is active. */
function ends(node: AnyStateNode, active: readonly AnyStateNode[]): boolean {
  const children = active.filter(({ parent }) => parent === node);
  if (node.type !== "parallel") return children.some(({ type }) => type === "final");
  return children.length > 0 && children.every((region) => ends(region, active));
}

/** The active state that has a timer of that name, if one has. */
export function ownerOf(timer: string, active: readonly AnyStateNode[]): string | undefined {
  return active.findLast(({ config }) => config.after !== undefined && timer in config.after)?.id;
}

/**
 * A value of a state as one line: `transaction calling.sending, cancellation none`. Regions are in the
 * order in which the machine has them.
 */
export function stateText(machine: string, value: StateValue): string {
  return textOf(MACHINES.get(machine)?.root, value);
}

function textOf(node: AnyStateNode | undefined, value: StateValue): string {
  if (typeof value === "string") return value;
  const order = Object.keys(node?.states ?? {});
  const parts = Object.entries(value as Record<string, StateValue>)
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return parts.map(([key, inner]) => {
    const text = textOf(node?.states[key], inner);
    if (text === "") return key;
    return parts.length > 1 ? `${key} ${text}` : `${key}.${text}`;
  }).join(", ");
}
