/**
 * What was recorded of calls, with a limit on everything.
 *
 * @module
 */
import { defaultLogger } from "../actors/logger.ts";
import { InvalidArgumentError } from "../messages/errors.ts";
import type { Entry, NewEntry } from "./entry.ts";

/** How much a {@linkcode Recording} keeps. */
export interface RecordingLimits {
  /**
   * How many calls, 1,000 by default. One call more, and that is dropped of which nothing has been
   * heard for longest.
   */
  maxCalls?: number;
  /** How many entries of one call, 1,000 by default. Beyond that, those in the middle are dropped. */
  maxEntries?: number;
  /** How many octets of one call, 65,536 by default: of its messages, and 256 for every entry. */
  maxOctets?: number;
}

/** What is kept of one call. */
export interface RecordedCall {
  /** Its Call-ID; empty for what belongs to no call. */
  readonly callId: string;
  /** What happened, in order. */
  readonly entries: readonly Entry[];
  /** How many entries were dropped. */
  readonly dropped: number;
}

/** What an entry takes beside the octets of its message, roughly. */
const ENTRY_COST = 256;
/** The longest Call-ID that is kept whole. */
const MAX_CALL_ID = 1024;

function costOf(entry: NewEntry): number {
  return ENTRY_COST + (entry.kind === "message" ? entry.octets.length : 0);
}

/** A call that is being recorded. */
class KeptCall implements RecordedCall {
  readonly callId: string;
  readonly entries: Entry[] = [];
  #count = 0;
  #octets = 0;

  constructor(callId: string) {
    this.callId = callId;
  }

  get dropped(): number {
    return this.#count - this.entries.length;
  }

  add(entry: Entry, maxEntries: number, maxOctets: number): void {
    this.#count = Math.max(this.#count, entry.n + 1);
    this.entries.push(entry);
    this.#octets += costOf(entry);
    // How a call begins and how it ends says most of it.
    while (this.entries.length > maxEntries || this.#octets > maxOctets) {
      const [dropped] = this.entries.splice(this.entries.length >> 1, 1);
      if (dropped === undefined) return;
      this.#octets -= costOf(dropped);
    }
  }

  get next(): number {
    return this.#count;
  }
}

/**
 * Calls that were recorded, or read from a file.
 *
 * @example
 * ```ts
 * import { Recording } from "@strowger/sip/inspector/recorder";
 *
 * const recording = new Recording({ maxCalls: 100 });
 * recording.add({ kind: "delegate", callId: "a84b4c76e66710", time: 0, method: "onAccept" });
 * console.assert(recording.call("a84b4c76e66710")?.entries.length === 1);
 * ```
 */
export class Recording {
  readonly #calls = new Map<string, KeptCall>();
  readonly #listeners = new Set<(entry: Entry) => void>();
  readonly #limits: Required<RecordingLimits>;
  #droppedCalls = 0;

  /**
   * Begins empty.
   *
   * @throws `InvalidArgumentError` for a limit that is no whole number from 1.
   */
  constructor(limits: RecordingLimits = {}) {
    const { maxCalls = 1_000, maxEntries = 1_000, maxOctets = 65_536 } = limits;
    this.#limits = { maxCalls, maxEntries, maxOctets };
    for (const [name, value] of Object.entries(this.#limits)) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new InvalidArgumentError(name, "a whole number from 1", `${value}`);
    }
  }

  /** How many calls were dropped to make room. */
  get droppedCalls(): number {
    return this.#droppedCalls;
  }

  /** The calls, the one that has been quiet for longest first. */
  get calls(): RecordedCall[] {
    return [...this.#calls.values()];
  }

  /** The call with this Call-ID, if it is kept. */
  call(callId: string): RecordedCall | undefined {
    return this.#calls.get(callId.slice(0, MAX_CALL_ID));
  }

  /**
   * Adds what happened to its call, and tells whoever listens.
   *
   * @param entry What happened; where it has no number, it gets the next one of its call.
   */
  add(entry: NewEntry & { readonly n?: number }): void {
    const call = this.#touch(entry.callId.slice(0, MAX_CALL_ID));
    const numbered = { ...entry, callId: call.callId, n: entry.n ?? call.next } as Entry;
    call.add(numbered, this.#limits.maxEntries, this.#limits.maxOctets);
    for (const listener of this.#listeners) {
      try {
        listener(numbered);
      } catch (cause) {
        // One who listens breaks neither the call nor the others.
        defaultLogger.warn(`a listener of a recording failed: ${cause}`);
      }
    }
  }

  /** Forgets a call, or all of them. */
  clear(callId?: string): void {
    if (callId === undefined) this.#calls.clear();
    else this.#calls.delete(callId.slice(0, MAX_CALL_ID));
  }

  /**
   * Calls a function with every entry from now on, before anything of it is dropped.
   *
   * @returns To be called when no more is wanted.
   */
  subscribe(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The call, made if it is new; from now on it is the one heard of last. */
  #touch(callId: string): KeptCall {
    let call = this.#calls.get(callId);
    if (call === undefined) {
      call = new KeptCall(callId);
      if (this.#calls.size >= this.#limits.maxCalls) this.#dropOldest();
    } else {
      this.#calls.delete(callId);
    }
    this.#calls.set(callId, call);
    return call;
  }

  #dropOldest(): void {
    for (const callId of this.#calls.keys()) {
      this.#calls.delete(callId);
      this.#droppedCalls++;
      return;
    }
  }
}
