/**
 * The actors of a recording, one row each, kept up with every entry: what the list of the page shows.
 *
 * @module
 */
import { parseMessage } from "../../messages/mod.ts";
import type { Entry, MessageEntry } from "../entry.ts";
import { isOver, stateText } from "../active_states.ts";
import { addressOf } from "../ladders/participants.ts";
import type { Recording } from "../recording.ts";

/** What a page may do to a call. */
export type Control = "cancel" | "hangUp";

/** One machine at work, or that was. */
export interface ActorRow {
  readonly actor: string;
  readonly machine: string;
  readonly callId: string;
  readonly core: string;
  /** The method of the first request of its call. */
  method: string;
  /** Where the first message of its call went to or came from. */
  peer: string;
  /** The state, as one line. */
  state: string;
  isOver: boolean;
  /** Whether something has gone wrong in its call. */
  hasFailed: boolean;
  /** When it began, and when it last did something, in milliseconds since 1970. */
  readonly since: number;
  last: number;
  /** What may be done to it now. */
  may: readonly Control[];
}

/** What is known of a call, for each of its rows. */
interface CallFacts {
  method: string;
  peer: string;
  hasFailed: boolean;
  readonly rows: ActorRow[];
}

/** Final responses that are a part of things going well. */
const USUAL = new Set([401, 407, 422, 423, 487, 491]);
/** What tells a program that a request has failed. */
const FAILURES = new Set(["onReject", "onTransportError", "onAckTimeout", "onFailed"]);

/** See the module. */
export class ActorList {
  readonly #rows = new Map<string, ActorRow>();
  readonly #calls = new Map<string, CallFacts>();
  readonly #changed = new Set<ActorRow>();
  #removed: string[] = [];

  /** Takes what has happened. */
  add(entry: Entry): void {
    if (entry.callId === "") return;
    const call = this.#callOf(entry.callId);
    if (entry.kind === "message") this.#message(call, entry);
    else if (entry.kind === "error") this.#fail(call);
    else if (entry.kind === "delegate") FAILURES.has(entry.method) && this.#fail(call);
    else this.#step(call, entry);
  }

  /** Every row. */
  get rows(): ActorRow[] {
    return [...this.#rows.values()];
  }

  /** What a call is in now, as far as a page may end it. */
  controlsOf(callId: string): Control[] {
    const rows = this.#calls.get(callId)?.rows ?? [];
    return [...new Set(rows.flatMap(({ may }) => may))];
  }

  /** What has changed since this was last asked. */
  takeChanges(): { actors: ActorRow[]; removed: string[] } {
    const changes = { actors: [...this.#changed], removed: this.#removed };
    this.#changed.clear();
    this.#removed = [];
    return changes;
  }

  /** Forgets the calls that a recording has forgotten. */
  sweep(recording: Recording): void {
    for (const [callId, { rows }] of this.#calls) {
      if (recording.call(callId) !== undefined) continue;
      this.#calls.delete(callId);
      for (const row of rows) {
        this.#rows.delete(row.actor);
        this.#changed.delete(row);
        this.#removed.push(row.actor);
      }
    }
  }

  #callOf(callId: string): CallFacts {
    let call = this.#calls.get(callId);
    if (call === undefined) {
      call = { method: "", peer: "", hasFailed: false, rows: [] };
      this.#calls.set(callId, call);
    }
    return call;
  }

  #message(call: CallFacts, { octets, direction, source, destination }: MessageEntry): void {
    const parsed = parseMessage(octets);
    if (parsed.kind === "response" && parsed.statusCode >= 400 && !USUAL.has(parsed.statusCode)) {
      this.#fail(call);
    }
    if (call.method !== "" || parsed.kind !== "request") return;
    call.method = parsed.method;
    call.peer = addressOf(direction === "in" ? source : destination);
    for (const row of call.rows) {
      row.method = call.method;
      row.peer = call.peer;
      this.#changed.add(row);
    }
  }

  #fail(call: CallFacts): void {
    if (call.hasFailed) return;
    call.hasFailed = true;
    for (const row of call.rows) {
      row.hasFailed = true;
      this.#changed.add(row);
    }
  }

  #step(call: CallFacts, entry: Extract<Entry, { actor: string }>): void {
    const { actor, machine, callId, core = "", time } = entry;
    let row = this.#rows.get(actor);
    if (row === undefined) {
      const { method, peer, hasFailed } = call;
      const begun = { state: "", isOver: false, since: time, last: time, may: [] };
      row = { actor, machine, callId, core, method, peer, hasFailed, ...begun };
      this.#rows.set(actor, row);
      call.rows.push(row);
    }
    row.last = time;
    if ("state" in entry) {
      row.state = stateText(machine, entry.state);
      row.isOver = isOver(machine, entry.state);
      row.may = row.isOver ? [] : controlsIn(machine, row.state);
    }
    this.#changed.add(row);
  }
}

/** An INVITE that nobody has answered is cancelled or refused; a call that is up is hung up. */
function controlsIn(machine: string, state: string): Control[] {
  if (machine === "inviteClient" || machine === "inviteServer") {
    return /\b(calling|proceeding)\b/.test(state) ? ["cancel"] : [];
  }
  return machine === "session" && /\b(accepted|confirmed)\b/.test(state) ? ["hangUp"] : [];
}
