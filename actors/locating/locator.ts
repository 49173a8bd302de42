/**
 * Finds where requests go (RFC 3263): asks the resolver for what `locating.ts` needs to know, keeps
 * the answers, and puts those who have failed last.
 *
 * @module
 */
import { TransportError, type URI } from "../../messages/mod.ts";
import type { Clock } from "../../transports/clock.ts";
import { type KnownRecords, type Targets, targetsOf } from "../../transports/locating.ts";
import type { Resolver } from "../../transports/resolver.ts";
import type { RandomNumber } from "../../transports/srv_order.ts";
import type { Transport } from "../../transports/transport.ts";
import { AvoidedTargets } from "./avoided_targets.ts";
import {
  type Known,
  type Question,
  RecordCache,
  type RecordKind,
  type RecordOf,
  UNKNOWN,
} from "./record_cache.ts";

/** Where a request may go, the best first; or why it can go nowhere. */
export type Located = Targets | TransportError;

/** What a locator is made from. */
export interface LocatorParts {
  readonly transports: readonly Transport[];
  readonly resolver: Resolver | undefined;
  readonly clock: Clock;
  readonly random: RandomNumber;
}

/** How long one question may take, in milliseconds. At most three are asked one after the other. */
const PATIENCE = 5000;

/** See the module. */
export class Locator {
  readonly avoided: AvoidedTargets;
  private readonly parts: LocatorParts;
  private readonly cache: RecordCache;
  /** The questions that are open, each asked once however many wait for it. */
  private readonly open = new Map<Question, Promise<Known>>();
  private readonly asking = new Set<AbortController>();
  private isClosed = false;

  constructor(parts: LocatorParts) {
    this.parts = parts;
    this.cache = new RecordCache(parts.clock);
    this.avoided = new AvoidedTargets(parts.clock);
  }

  /** At once where nothing has to be asked; the promise is never rejected. */
  locate(uri: URI): Located | Promise<Located> {
    const { resolver, transports, random } = this.parts;
    if (resolver === undefined) {
      return this.rank(targetsOf(uri, { transports, random, known: undefined }));
    }
    const known = new Answers((question) => this.cache.get(question), random);
    const found = this.search(uri, known);
    return known.isWanting ? this.ask(uri, known) : this.rank(found, known);
  }

  /** Asks nobody any more. */
  close(): void {
    this.isClosed = true;
    for (const each of this.asking) each.abort();
  }

  private search(uri: URI, known: Answers): Located {
    const random = known.draws();
    return targetsOf(uri, { transports: this.parts.transports, random, known });
  }

  /** Asks until there is nothing left to ask. */
  private async ask(uri: URI, known: Answers): Promise<Located> {
    for (;;) {
      await Promise.all([...known.missing].map(async (question) => {
        known.learn(question, await this.answer(question));
      }));
      const found = this.search(uri, known);
      if (!known.isWanting) return this.rank(found, known);
    }
  }

  private rank(found: Located, known?: Answers): Located {
    if (!(found instanceof TransportError)) return this.avoided.last(found);
    if (!known?.isIncomplete) return found;
    return new TransportError(`${found.message}; the name server has not answered every question`);
  }

  private answer(question: Question): Promise<Known> {
    const open = this.open.get(question);
    if (open !== undefined) return open;
    const asked = this.resolve(question).finally(() => this.open.delete(question));
    this.open.set(question, asked);
    return asked;
  }

  private async resolve(question: Question): Promise<Known> {
    if (this.isClosed) return UNKNOWN;
    const { resolver, clock } = this.parts;
    const space = question.indexOf(" ");
    const kind = question.slice(0, space) as RecordKind;
    const patience = new AbortController();
    const timer = clock.setTimeout(() => patience.abort(), PATIENCE);
    this.asking.add(patience);
    const givenUp = new Promise<undefined>((resolve) => {
      patience.signal.onabort = () => resolve(undefined);
    });
    try {
      const answer = resolver?.[kind](question.slice(space + 1), patience.signal);
      return this.cache.set(question, await Promise.race([answer, givenUp]));
    } catch {
      // Nobody could be asked.
      return this.cache.set(question, undefined);
    } finally {
      clock.clearTimeout(timer);
      this.asking.delete(patience);
    }
  }
}

/**
 * What is known within one search, so that what may not be kept serves it all the same; and what was
 * drawn in it, so that the same servers come first when it goes on.
 */
class Answers implements KnownRecords {
  /** What has to be asked. */
  readonly missing = new Set<Question>();
  /** Whether there was no answer to some of what was asked. */
  isIncomplete = false;
  private readonly known = new Map<Question, Known>();
  private readonly drawn: number[] = [];
  private readonly cached: (question: Question) => Known | undefined;
  private readonly random: RandomNumber;

  constructor(cached: (question: Question) => Known | undefined, random: RandomNumber) {
    this.cached = cached;
    this.random = random;
  }

  /** The numbers that were drawn, from the first on, and then new ones. */
  draws(): RandomNumber {
    let next = 0;
    return (below) => (this.drawn[next++] ??= this.random(below)) % below;
  }

  get isWanting(): boolean {
    return this.missing.size > 0;
  }

  a(name: string): readonly RecordOf["a"][] {
    return this.read(`a ${name.toLowerCase()}`);
  }

  aaaa(name: string): readonly RecordOf["aaaa"][] {
    return this.read(`aaaa ${name.toLowerCase()}`);
  }

  srv(name: string): readonly RecordOf["srv"][] {
    return this.read(`srv ${name.toLowerCase()}`);
  }

  naptr(name: string): readonly RecordOf["naptr"][] {
    return this.read(`naptr ${name.toLowerCase()}`);
  }

  learn(question: Question, answer: Known): void {
    this.known.set(question, answer);
    this.missing.delete(question);
  }

  private read<K extends RecordKind>(question: `${K} ${string}`): readonly RecordOf[K][] {
    const known = this.known.get(question) ?? this.cached(question);
    if (known === undefined) this.missing.add(question);
    else this.known.set(question, known);
    if (known === UNKNOWN) this.isIncomplete = true;
    return (known ?? []) as readonly RecordOf[K][];
  }
}
