/**
 * The machines of today, by id.
 *
 * @module
 */
import type { AnyStateMachine } from "xstate";
import * as exported from "../machines/mod.ts";

/** Those among some values that are machines. */
export function machinesAmong(values: Iterable<unknown>): Map<string, AnyStateMachine> {
  const machines = new Map<string, AnyStateMachine>();
  for (const value of values) if (isMachine(value)) machines.set(value.id, value);
  return machines;
}

/** Every machine that `machines/mod.ts` exports. */
export const MACHINES: ReadonlyMap<string, AnyStateMachine> = machinesAmong(
  Object.values(exported),
);

function isMachine(value: unknown): value is AnyStateMachine {
  return typeof value === "object" && value !== null && "root" in value && "id" in value;
}
