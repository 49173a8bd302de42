/**
 * What may happen in a call, as a recording has it: the kinds of its entries.
 *
 * @module
 */
import type { StateValue } from "xstate";
import type { Edge } from "../machines/configuration.ts";
import type { PlainObject } from "./plain_data.ts";

export type { Edge, PlainObject };

/** One end of a message's way. */
export interface Endpoint {
  /** A host name or address; an IPv6 address stands without brackets. */
  readonly host: string;
  /** The port; absent where nobody can connect to this end. */
  readonly port?: number;
}

/** What every entry has. */
export interface EntryBase {
  /** The call that it belongs to; empty for what belongs to none, or cannot be told. */
  readonly callId: string;
  /** Its place among the entries of its call. A number that is missing was dropped. */
  readonly n: number;
  /** Milliseconds since 1970, with fractions. */
  readonly time: number;
  /** The name of the core that it happened in; absent for what was seen on a network. */
  readonly core?: string;
}

/** A message. */
export interface MessageEntry extends EntryBase {
  /** Always `message`. */
  readonly kind: "message";
  /** Whether the core got or sent it; absent for what was seen on a network. */
  readonly direction?: "in" | "out";
  /** By which transport, `UDP` say. */
  readonly protocol: string;
  /** Where it comes from; of a core, where the core can be reached. */
  readonly source: Endpoint;
  /** Where it goes to; of a core, where the core can be reached. */
  readonly destination: Endpoint;
  /** The message, whole, but that secrets have been made unreadable. */
  readonly octets: Uint8Array;
}

/** A machine that begins. */
export interface StartEntry extends EntryBase {
  /** Always `start`. */
  readonly kind: "start";
  /** Which one of the machines at work: no other in this process has the same. */
  readonly actor: string;
  /** What it is, `inviteClient` say. */
  readonly machine: string;
  /** The state that it begins in. */
  readonly state: StateValue;
  /** What its machine was given, as far as it can be written down. */
  readonly input?: PlainObject;
  /** What it emits by beginning. */
  readonly emitted?: readonly Emission[];
}

/** An event that a machine is given. */
export interface EventEntry extends EntryBase {
  /** Always `event`. */
  readonly kind: "event";
  /** As of {@linkcode StartEntry}. */
  readonly actor: string;
  /** As of {@linkcode StartEntry}. */
  readonly machine: string;
  /** Its name, `response` say. */
  readonly event: string;
  /** The status code that comes with it, if one does. */
  readonly status?: number;
  /** What else comes with it, but for messages. */
  readonly data?: PlainObject;
}

/** What a machine emits: its name, and what of it can be written down. */
export interface Emission extends PlainObject {
  /** Its name, `transmit` say. */
  readonly type: string;
}

/** Transitions that a machine takes at once. */
export interface TransitionEntry extends EntryBase {
  /** Always `transition`. */
  readonly kind: "transition";
  /** As of {@linkcode StartEntry}. */
  readonly actor: string;
  /** As of {@linkcode StartEntry}. */
  readonly machine: string;
  /** What is taken, one of each region at most. */
  readonly edges: readonly Edge[];
  /** The state that it is in then. */
  readonly state: StateValue;
  /** What it emits once it is at rest. */
  readonly emitted?: readonly Emission[];
}

/** A timer of a machine. */
export interface TimerEntry extends EntryBase {
  /** Always `timer`. */
  readonly kind: "timer";
  /** As of {@linkcode StartEntry}. */
  readonly actor: string;
  /** As of {@linkcode StartEntry}. */
  readonly machine: string;
  /** Its name, `timerB` say. */
  readonly timer: string;
  /** Where it is armed, in how many milliseconds it is to fire; absent where it fires. */
  readonly delay?: number;
}

/** A method of a delegate that is called, or would be if it were there. */
export interface DelegateEntry extends EntryBase {
  /** Always `delegate`. */
  readonly kind: "delegate";
  /** Its name, `onProgress` say. */
  readonly method: string;
}

/** What `onError` was told of. */
export interface ErrorEntry extends EntryBase {
  /** Always `error`. */
  readonly kind: "error";
  /** The code of the error, `transport` say. */
  readonly code: string;
  /** What it says. */
  readonly message: string;
}

/** What happened, at one moment of a call. */
export type Entry =
  | MessageEntry
  | StartEntry
  | EventEntry
  | TransitionEntry
  | TimerEntry
  | DelegateEntry
  | ErrorEntry;

/** An entry before it has its place in a recording. */
export type NewEntry = Entry extends infer E ? E extends Entry ? Omit<E, "n"> : never : never;
