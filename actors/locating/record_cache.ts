/**
 * What the DNS has said, for as long as it may be kept (RFC 1035 §3.2.1, RFC 2308).
 *
 * @module
 */
import type { Clock } from "../../transports/clock.ts";
import type { NaptrRecord, RecordSet, Resolver, SrvRecord } from "../../transports/resolver.ts";
import { boundedSet } from "../bounded_map.ts";

/** A kind of record, as the resolver's methods are called. */
export type RecordKind = keyof Resolver;

/** What each kind is. */
export interface RecordOf {
  readonly a: string;
  readonly aaaa: string;
  readonly srv: SrvRecord;
  readonly naptr: NaptrRecord;
}

/** What was asked, as one text. */
export type Question = `${RecordKind} ${string}`;

/** What is known of a question. */
export type Known = readonly RecordOf[RecordKind][];

/** Nothing, because nobody could be asked. */
export const UNKNOWN: Known = Object.freeze([]);

/** What the domains of others can make grow has a limit. */
const MAX_ENTRIES = 1000;
/**
 * In seconds: the longest that anything is kept, and what is kept without anybody saying for how long.
 * That there is nothing is not kept long: Deno's resolver says so of a server failure, too.
 */
const MAX_TTL = 86_400;
const DEFAULT_TTL = 60;
const DEFAULT_NEGATIVE_TTL = 10;
/** RFC 9520 §3.2: failures are kept, too, lest a dead name server be asked for every call. */
const FAILURE_TTL = 5;

/** See the module. */
export class RecordCache {
  private readonly clock: Clock;
  private readonly entries = new Map<Question, { readonly known: Known; readonly until: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** What is known, if it is not too old. */
  get(question: Question): Known | undefined {
    const entry = this.entries.get(question);
    if (entry === undefined || entry.until > this.now) return entry?.known;
    this.entries.delete(question);
    return undefined;
  }

  /** Keeps an answer, `undefined` where nobody could be asked; returns what is known now. */
  set(question: Question, answer: RecordSet<RecordOf[RecordKind]> | undefined): Known {
    const known = answer?.records ?? UNKNOWN;
    const usual = known.length > 0 ? DEFAULT_TTL : DEFAULT_NEGATIVE_TTL;
    const ttl = answer === undefined ? FAILURE_TTL : answer.ttl ?? usual;
    const until = this.now + Math.min(ttl, MAX_TTL) * 1000;
    if (ttl > 0) boundedSet(this.entries, question, { known, until }, MAX_ENTRIES);
    return known;
  }

  private get now(): number {
    return this.clock.now?.() ?? Date.now();
  }
}
