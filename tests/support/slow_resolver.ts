/**
 * A resolver that answers when a test says so.
 *
 * @module
 */
import type {
  NaptrRecord,
  RecordSet,
  Resolver,
  ResolverTable,
  SrvRecord,
} from "@strowger/sip/transports/resolver_table";

/** See the module. */
export class SlowResolver implements Resolver {
  /** What was asked, in order. */
  readonly asked: string[] = [];
  /** The signals of the questions. */
  readonly signals: AbortSignal[] = [];
  /** For how many seconds its answers may be kept; nothing is said by default. */
  ttl: number | undefined;
  /** What it answers with. */
  table: ResolverTable;
  /** Whether it answers at once. */
  isFast: boolean;
  #waiting: (() => void)[] = [];

  constructor(table: ResolverTable, isFast = false) {
    this.table = table;
    this.isFast = isFast;
  }

  a = (name: string, signal: AbortSignal) => this.#ask<string>("a", name, signal);
  aaaa = (name: string, signal: AbortSignal) => this.#ask<string>("aaaa", name, signal);
  srv = (name: string, signal: AbortSignal) => this.#ask<SrvRecord>("srv", name, signal);
  naptr = (name: string, signal: AbortSignal) => this.#ask<NaptrRecord>("naptr", name, signal);

  /** Answers what is open. */
  answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #ask<T>(kind: keyof ResolverTable, name: string, signal: AbortSignal) {
    this.asked.push(`${kind} ${name}`);
    this.signals.push(signal);
    if (!this.isFast) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const records = (this.table[kind]?.[name] ?? []) as readonly T[];
    return { records, ...this.ttl === undefined ? {} : { ttl: this.ttl } } as RecordSet<T>;
  }
}
