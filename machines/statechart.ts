/**
 * The type of every machine here. Explicit, since a type that TypeScript has to infer cannot be
 * published; it keeps `send`, `on`, `input` and `matches` typed.
 *
 * @module
 */
import type { EventObject, MachineContext, StateMachine, StateValue } from "xstate";

/** A statechart with this context, these events, states, input and emitted events. */
export type Statechart<
  Context extends MachineContext,
  Event extends EventObject,
  State extends StateValue,
  Input,
  Emitted extends EventObject,
> = StateMachine<
  Context,
  Event,
  // deno-lint-ignore no-explicit-any
  any,
  // deno-lint-ignore no-explicit-any
  any,
  // deno-lint-ignore no-explicit-any
  any,
  // deno-lint-ignore no-explicit-any
  any,
  // deno-lint-ignore no-explicit-any
  any,
  State,
  string,
  Input,
  // deno-lint-ignore no-explicit-any
  any,
  Emitted,
  // deno-lint-ignore no-explicit-any
  any,
  // deno-lint-ignore no-explicit-any
  any,
  // deno-lint-ignore no-explicit-any
  any
>;
