/**
 * Which machines each message moved, and which moved to send it.
 *
 * @module
 */
import type { StateValue } from "xstate";
import type { Entry, MessageEntry } from "../entry.ts";

/** What a program does to a machine, or the engine by itself, and not the far end. */
const OWN_EVENTS = ["respond", "bye", "cancel", "reinvite", "register", "unregister", "dispose"];

/** What one core does in one call. */
interface Thread {
  last: MessageEntry | undefined;
  /**
   * What has moved since, by actor: because of that message, and on this side's own account. What
   * moves so without a message that says it stands beside none.
   */
  answered: Map<string, string>;
  own: Map<string, string>;
  isOwn: boolean;
}

/** See the module. */
export class MachineNotes {
  readonly #notes = new Map<MessageEntry, string[]>();

  /** Goes through entries in order. */
  constructor(entries: readonly Entry[]) {
    const threads = new Map<string, Thread>();
    for (const entry of entries) {
      const key = `${entry.core} ${entry.callId}`;
      let thread = threads.get(key);
      if (thread === undefined) {
        thread = { last: undefined, answered: new Map(), own: new Map(), isOwn: false };
        threads.set(key, thread);
      }
      this.#take(thread, entry);
    }
    for (const thread of threads.values()) this.#settle(thread, undefined);
  }

  /** The states that stand beside a message, at the end that has recorded it. */
  of(message: MessageEntry | undefined): string[] {
    const notes = message === undefined ? undefined : this.#notes.get(message);
    // A transaction before the session that it made or ends.
    return (notes ?? []).toSorted((a, b) =>
      Number(a.startsWith("session")) - Number(b.startsWith("session"))
    );
  }

  #take(thread: Thread, entry: Entry): void {
    if (entry.kind === "message") return this.#settle(thread, entry);
    // From here on, what happens is no more because of what has come last.
    thread.isOwn ||= thread.last?.direction !== "in" || isOwn(entry);
    if (entry.kind !== "start" && entry.kind !== "transition") return;
    const moved = thread.isOwn ? thread.own : thread.answered;
    moved.delete(entry.actor);
    // What it has moved to before it began is where it begins.
    if (entry.kind === "start") thread.answered.delete(entry.actor);
    moved.set(entry.actor, `${entry.machine} ${stateName(entry.state)}`);
  }

  /** A message that goes out is there because of what has moved by itself since the last one. */
  #settle(thread: Thread, next: MessageEntry | undefined): void {
    const { last, answered, own } = thread;
    if (last?.direction === "in") this.#notes.set(last, [...answered.values()]);
    if (next?.direction === "out") this.#notes.set(next, [...own.values()]);
    thread.last = next;
    thread.answered = new Map();
    thread.own = new Map();
    thread.isOwn = false;
  }
}

function isOwn(entry: Entry): boolean {
  switch (entry.kind) {
    case "delegate":
      return true;
    case "timer":
      return entry.delay === undefined;
    case "event":
      return OWN_EVENTS.includes(entry.event);
    case "start":
      return entry.machine.endsWith("Client");
    default:
      return false;
  }
}

/** The state as the figures of RFC 3261 name it: of several regions, the one that they show. */
export function stateName(value: StateValue): string {
  if (typeof value === "string") return value;
  const region = value.transaction ?? value.dialog ?? value.response;
  if (region !== undefined) return stateName(region);
  const [[name, child] = ["", ""]] = Object.entries(value);
  return typeof child === "object" && child.response !== undefined ? stateName(child) : name;
}
