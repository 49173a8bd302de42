/**
 * The actor that runs where nobody inspects.
 *
 * XState's own is a system of its own for every machine, and its interpreter works out anew for
 * every event what is left and entered. Here the steps of a machine are worked out once, for all of
 * its actors (`machines/configuration.ts`), and an actor is an object of a few words.
 *
 * @module
 */
import type { EventObject, MachineContext, StateValue } from "xstate";
import type { Choice, Configuration } from "../machines/configuration.ts";
import {
  type AnyStatechart,
  begin,
  type Effect,
  type Macrostep,
  macrostep,
} from "../machines/macrostep.ts";
import type { Actor, ActorEnvironment, Listener } from "./actor.ts";
import { type StepOf, timerIn } from "./observers.ts";

/** A timer of a machine that is armed. */
interface ArmedTimer {
  readonly id: string;
  readonly handle: unknown;
}

/** Where an actor is with its events. */
type Phase = "made" | "resting" | "busy" | "over";

/** See the module. */
export class LeanActor implements Actor<EventObject, StateValue, MachineContext> {
  context: MachineContext;
  private readonly environment: ActorEnvironment;
  private readonly callId: string;
  private readonly listener: Listener;
  private configuration: Configuration;
  private isDone: boolean;
  private phase: Phase = "made";
  /** What the machine begins with, until it does. */
  private effects: Effect[] | undefined;
  private mailbox: EventObject[] | undefined;
  private timers: ArmedTimer[] | undefined;

  constructor(
    environment: ActorEnvironment,
    callId: string,
    machine: AnyStatechart,
    input: unknown,
    listener: Listener,
  ) {
    this.environment = environment;
    this.callId = callId;
    this.listener = listener;
    const begun = begin(machine, input);
    this.context = begun.context;
    this.configuration = begun.configuration;
    this.isDone = begun.isDone;
    this.effects = begun.effects;
    // Who comes later need not know: nothing is kept for that.
    if (!environment.observers.isEmpty) this.tellStart(input);
  }

  get state(): StateValue {
    return this.configuration.value;
  }

  get isOver(): boolean {
    return this.isDone;
  }

  start(): void {
    if (this.phase !== "made") return;
    this.phase = "busy";
    const { effects } = this;
    this.effects = undefined;
    this.perform(effects);
    this.rest();
  }

  send(event: EventObject): void {
    if (this.phase === "resting") {
      this.phase = "busy";
      this.take(event);
      this.rest();
    } else if (!this.isDone) {
      (this.mailbox ??= []).push(event);
    }
  }

  /** Takes what has come in the meantime. */
  private rest(): void {
    while (!this.isDone) {
      const event = this.mailbox?.shift();
      if (event === undefined) {
        this.phase = "resting";
        return;
      }
      this.take(event);
    }
    this.phase = "over";
    this.mailbox = undefined;
    for (const timer of this.timers ?? []) this.environment.clock.clearTimeout(timer.handle);
    this.timers = undefined;
  }

  /** An event that a machine fails at has not happened. */
  private take(event: EventObject): void {
    const taken = this.environment.observers.isEmpty ? undefined : this.tellEvent(event);
    let step: Macrostep;
    try {
      step = macrostep(this.configuration, this.context, event, taken);
    } catch (cause) {
      return this.environment.onFailure(cause);
    }
    this.context = step.context;
    this.configuration = step.configuration;
    this.isDone = step.isDone;
    if (taken !== undefined) this.tellTransitions(taken, step.effects);
    this.perform(step.effects);
  }

  private perform(effects: readonly Effect[] | undefined): void {
    if (effects === undefined) return;
    for (const effect of effects) {
      if (effect.type === "tell") this.tell(effect.emission);
      else if (effect.type === "arm") this.arm(effect.id, effect.event, effect.ms);
      else this.disarm(effect.id);
    }
  }

  private tell(emission: EventObject): void {
    try {
      this.listener(emission);
    } catch (cause) {
      this.environment.onFailure(cause);
    }
  }

  private arm(id: string, event: EventObject, ms: number): void {
    if (!this.environment.observers.isEmpty) this.tellTimer("armed", event, ms);
    const handle = this.environment.clock.setTimeout(() => {
      this.forget(id);
      this.send(event);
    }, ms);
    const timer = { id, handle };
    // Most have one timer, or none: no array that has room for more.
    this.timers = this.timers === undefined ? [timer] : this.timers.concat(timer);
  }

  private get step(): StepOf {
    return { actor: this, machine: this.configuration.machine, callId: this.callId };
  }

  private tellStart(input: unknown): void {
    const { step, state } = this;
    const emitted = emissionsOf(this.effects);
    this.environment.observers.tell((each) =>
      each.step?.({ ...step, type: "start", input, state, emitted })
    );
  }

  /** @returns What is to be filled with what is taken. */
  private tellEvent(event: EventObject): Choice[] {
    if (timerIn(event.type, this.configuration.machine) !== event.type) {
      this.tellTimer("fired", event, 0);
    } else {
      const { step } = this;
      this.environment.observers.tell((each) => each.step?.({ ...step, type: "event", event }));
    }
    return [];
  }

  private tellTransitions(
    taken: readonly Choice[],
    effects: readonly Effect[] | undefined,
  ): void {
    const { step } = this;
    taken.forEach(({ edges, move }, i) => {
      const emitted = i === taken.length - 1 ? emissionsOf(effects) : [];
      const state = move.next.value;
      this.environment.observers.tell((each) =>
        each.step?.({ ...step, type: "transition", edges, state, emitted })
      );
    });
  }

  private tellTimer(type: "armed" | "fired", event: EventObject, delay: number): void {
    const { step } = this;
    const timer = timerIn(event.type, step.machine);
    this.environment.observers.tell((each) => each.step?.({ ...step, type, timer, delay }));
  }

  private disarm(id: string): void {
    const timer = this.forget(id);
    if (timer !== undefined) this.environment.clock.clearTimeout(timer.handle);
  }

  private forget(id: string): ArmedTimer | undefined {
    const timer = this.timers?.find((each) => each.id === id);
    const others = this.timers?.filter((each) => each !== timer);
    this.timers = others?.length === 0 ? undefined : others;
    return timer;
  }
}

function emissionsOf(effects: readonly Effect[] | undefined): EventObject[] {
  return effects?.flatMap((effect) => effect.type === "tell" ? [effect.emission] : []) ?? [];
}
