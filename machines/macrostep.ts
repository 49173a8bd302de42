/**
 * What a machine does about one event until it is at rest again (SCXML 1.0, Appendix D,
 * `mainEventLoop`): the step of the event, and those that follow of themselves.
 *
 * @module
 */
import type { EventObject, MachineContext, StateValue } from "xstate";
import { Chart, type Choice, type Configuration, type Move } from "./configuration.ts";
import type { Circumstances, Executable, Expression } from "./executable_content.ts";
import type { Statechart } from "./statechart.ts";

/** A machine, whatever it is about. */
export type AnyStatechart = Statechart<
  MachineContext,
  EventObject,
  StateValue,
  unknown,
  EventObject
>;

/** Where a machine is by one event. */
export interface Macrostep extends Circumstances {
  context: MachineContext;
  event: EventObject;
  configuration: Configuration;
  isDone: boolean;
  /** Events of the machine's own, which come before any other. */
  raised: EventObject[] | undefined;
  /** What has to follow, in order, once the machine is at rest. */
  effects: Effect[] | undefined;
  /** What was taken, in order, where somebody wants to know. */
  readonly taken: Choice[] | undefined;
}

/** What a machine wants done. */
export type Effect =
  | { readonly type: "tell"; readonly emission: EventObject }
  | { readonly type: "arm"; readonly id: string; readonly event: EventObject; readonly ms: number }
  | { readonly type: "disarm"; readonly id: string };

/** What a machine begins with. */
export function begin(machine: AnyStatechart, input: unknown): Macrostep {
  const { initial } = Chart.of(machine);
  const step = stepFrom(initial.next, initialContext(machine, input), INIT);
  follow(initial, step);
  settle(step);
  return step;
}

/**
 * What a machine does about an event. Throws what its guards and actions throw.
 *
 * @param taken Gets what is taken, in order.
 */
export function macrostep(
  configuration: Configuration,
  context: MachineContext,
  event: EventObject,
  taken?: Choice[],
): Macrostep {
  const step = stepFrom(configuration, context, event, taken);
  const choice = configuration.selector(event.type)?.select(step);
  if (choice !== undefined) take(choice, step);
  settle(step);
  return step;
}

const INIT: EventObject = { type: "xstate.init" };

function stepFrom(
  configuration: Configuration,
  context: MachineContext,
  event: EventObject,
  taken?: Choice[],
): Macrostep {
  return {
    context,
    event,
    configuration,
    isDone: false,
    raised: undefined,
    effects: undefined,
    taken,
  };
}

function initialContext(machine: AnyStatechart, input: unknown): MachineContext {
  const { context } = machine.config;
  // No machine here spawns, or knows the actor that runs it.
  const make = context as MachineContext | ((args: { readonly input: unknown }) => MachineContext);
  return typeof make === "function" ? make({ input }) : make;
}

/** Takes what the machine does by itself, until there is nothing left. */
function settle(step: Macrostep): void {
  let mayGoOn = true;
  while (!step.isDone) {
    const { configuration, context } = step;
    const eventless = mayGoOn ? configuration.eventless?.select(step) : undefined;
    if (eventless !== undefined) {
      take(eventless, step);
      mayGoOn = step.configuration !== configuration || step.context !== context;
      continue;
    }
    const raised = step.raised?.shift();
    if (raised === undefined) return;
    step.event = raised;
    const choice = configuration.selector(raised.type)?.select(step);
    if (choice !== undefined) take(choice, step);
    mayGoOn = true;
  }
}

function take(choice: Choice, step: Macrostep): void {
  step.taken?.push(choice);
  follow(choice.move, step);
}

/** Goes where a step leads, and carries out what is on the way. */
function follow(move: Move, step: Macrostep): void {
  for (const executable of move.content) execute(executable, step);
  step.configuration = move.next;
  step.isDone = move.isDone;
}

function execute(executable: Executable, step: Macrostep): void {
  switch (executable.type) {
    case "emit":
      return later(step, { type: "tell", emission: valueOf(executable.event, step) });
    case "arm": {
      const { id, event, delay } = executable;
      return later(step, { type: "arm", id, event, ms: valueOf(delay, step) });
    }
    case "disarm":
      return later(step, executable);
    case "raise":
      (step.raised ??= []).push(valueOf(executable.event, step));
      return;
    case "assign":
      step.context = { ...step.context, ...executable.update(step) };
  }
}

function later(step: Macrostep, effect: Effect): void {
  if (step.effects === undefined) step.effects = [effect];
  else step.effects.push(effect);
}

function valueOf<T extends EventObject | number>(expression: Expression<T>, step: Macrostep): T {
  return typeof expression === "function" ? expression(step) : expression;
}
