/**
 * Those who watch what a core does: a recorder, a page. Nobody by default, which costs one question
 * where something could be told.
 *
 * @module
 */
import type { EventObject, StateValue } from "xstate";
import type { Edge } from "../machines/configuration.ts";
import type { StrowgerError } from "../messages/errors.ts";
import type { DelegateCall, TraceEntry } from "./supervisor.ts";

/** What an actor has done; `actor` is the same object for all that one of them does. */
export interface StepOf {
  /** Which one. */
  readonly actor: object;
  /** The id of its machine, `inviteClient` say. */
  readonly machine: string;
  /** The call that it belongs to; empty for what belongs to none. */
  readonly callId: string;
}

/** One step of one actor. */
export type ActorStep =
  & StepOf
  & (
    | {
      /** It begins. */
      readonly type: "start";
      /** What its machine was given. */
      readonly input: unknown;
      /** The state that it begins in. */
      readonly state: StateValue;
      /** What it emitted by beginning. */
      readonly emitted: readonly EventObject[];
    }
    | {
      /** It takes an event. */
      readonly type: "event";
      /** The event, as it is. */
      readonly event: EventObject;
    }
    | {
      /** It has taken transitions. */
      readonly type: "transition";
      /** Which ones, one of each region at most. */
      readonly edges: readonly Edge[];
      /** The state that it is in then. */
      readonly state: StateValue;
      /** What it emits once it is at rest; empty but for the last transitions by one event. */
      readonly emitted: readonly EventObject[];
    }
    | {
      /** A timer is armed, or has fired. */
      readonly type: "armed" | "fired";
      /** Its name, `timerB` say. */
      readonly timer: string;
      /** In how many milliseconds it is to fire; 0 where it does. */
      readonly delay: number;
    }
  );

/** One who watches a core. What its methods throw is logged, and changes nothing. */
export interface CoreObserver {
  /** A message that has come in, before it is read, or goes out, before it is sent. */
  message?(entry: TraceEntry): void;
  /** A method of a delegate that is called, or would be if it were there. */
  delegateCall?(call: DelegateCall): void;
  /** What `onError` is told. */
  error?(error: StrowgerError, callId?: string): void;
  /** A step of an actor; of none that XState runs, as where a configuration has `inspect`. */
  step?(step: ActorStep): void;
}

/** See the module. */
export class Observers {
  private all: readonly CoreObserver[] = [];
  private readonly onFailure: (cause: unknown) => void;

  constructor(onFailure: (cause: unknown) => void) {
    this.onFailure = onFailure;
  }

  /** Whether nobody is there. */
  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  /** Adds one; what is returned takes it away again. */
  add(observer: CoreObserver): () => void {
    this.all = [...this.all, observer];
    return () => void (this.all = this.all.filter((each) => each !== observer));
  }

  /** Tells all of them. */
  tell(what: (observer: CoreObserver) => void): void {
    for (const each of this.all) {
      try {
        what(each);
      } catch (cause) {
        this.onFailure(cause);
      }
    }
  }
}

/** `timerB` in `xstate.after.timerB.inviteClient.transaction.calling`; what is no timer, as it is. */
export function timerIn(event: string, machine: string): string {
  if (!event.startsWith(AFTER)) return event;
  const end = event.indexOf(`.${machine}`, AFTER.length);
  return event.slice(AFTER.length, end < 0 ? undefined : end);
}

const AFTER = "xstate.after.";
