/**
 * An actor: one statechart at work, with a mailbox and timers.
 *
 * There are two kinds, which do the same: a lean one, and where somebody inspects, XState's own. The
 * tests of every machine run both side by side.
 *
 * @module
 */
import {
  type Actor as XStateActor,
  createActor,
  type EventObject,
  type InspectionEvent,
  type MachineContext,
  type StateValue,
} from "xstate";
import type { AnyStatechart } from "../machines/macrostep.ts";
import type { Statechart } from "../machines/statechart.ts";
import type { Clock } from "../transports/clock.ts";
import { LeanActor } from "./lean_actor.ts";
import type { Observers } from "./observers.ts";

/** A statechart at work. */
export interface Actor<Event, State, Context> {
  /** What the machine remembers. */
  readonly context: Context;
  /** The states that it is in. */
  readonly state: State;
  /** Whether it has ended, and takes nothing any more. */
  readonly isOver: boolean;
  /** Does what the machine begins with. */
  start(): void;
  /** Hands an event over; while another is being taken, it waits for that to be done. */
  send(event: Event): void;
}

/** The actor that runs a machine. */
// deno-lint-ignore no-explicit-any
export type ActorOf<M> = M extends Statechart<infer C, infer E, infer S, any, any> ? Actor<E, S, C>
  : never;

/** What actors have in common. */
export interface ActorEnvironment {
  readonly clock: Clock;
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  /** Those who are told of every step. */
  readonly observers: Observers;
  /** Takes what a timer's event or a listener has thrown. */
  readonly onFailure: (cause: unknown) => void;
}

/**
 * Makes an actor; it begins with `start`.
 *
 * @param callId The call that it belongs to; empty for what belongs to none.
 * @param listener Takes what it emits, after each transition.
 */
export function makeActor<
  Context extends MachineContext,
  Event extends EventObject,
  State extends StateValue,
  Input,
  Emitted extends EventObject,
>(
  environment: ActorEnvironment,
  callId: string,
  machine: Statechart<Context, Event, State, Input, Emitted>,
  input: Input,
  listener: (emission: Emitted) => void,
): Actor<Event, State, Context> {
  // The statechart's types go as far as here: below, events and contexts are what XState's are.
  const Class = environment.inspect === undefined ? LeanActor : InspectedActor;
  const made = new Class(
    environment,
    callId,
    machine as unknown as AnyStatechart,
    input,
    listener as Listener,
  );
  return made as unknown as Actor<Event, State, Context>;
}

/** Takes what a machine emits. */
export type Listener = (emission: EventObject) => void;

/** XState's own actor, for whoever wants to see what it does. */
class InspectedActor implements Actor<EventObject, StateValue, MachineContext> {
  private readonly actor: XStateActor<AnyStatechart>;

  constructor(
    { clock, inspect, onFailure }: ActorEnvironment,
    callId: string,
    machine: AnyStatechart,
    input: unknown,
    listener: Listener,
  ) {
    const id = callId === "" ? machine.id : `${machine.id} ${callId}`;
    const options = { clock, id, input, ...(inspect === undefined ? {} : { inspect }) };
    this.actor = createActor(machine, options);
    this.actor.on("*", (emission) => {
      try {
        listener(emission);
      } catch (cause) {
        onFailure(cause);
      }
    });
    this.actor.subscribe({ error: onFailure });
  }

  get context(): MachineContext {
    return this.actor.getSnapshot().context;
  }

  get state(): StateValue {
    return this.actor.getSnapshot().value;
  }

  get isOver(): boolean {
    return this.actor.getSnapshot().status !== "active";
  }

  start(): void {
    this.actor.start();
  }

  send(event: EventObject): void {
    this.actor.send(event);
  }
}
