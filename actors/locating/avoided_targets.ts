/**
 * The places that have failed, which are tried last for a while (RFC 3263 §2: "the identity of the
 * available server would ideally be cached for some amount of time", and that "must eventually be
 * flushed in order to redistribute load to recovered elements").
 *
 * @module
 */
import type { Clock } from "../../transports/clock.ts";
import { hostport } from "../../transports/destination.ts";
import type { Target, Targets } from "../../transports/locating.ts";
import { boundedSet } from "../bounded_map.ts";

const MAX_AVOIDED = 1000;

/** See the module. */
export class AvoidedTargets {
  private readonly clock: Clock;
  /** Until when each is avoided. */
  private readonly until = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Notes a failure. */
  add(target: Target, milliseconds: number): void {
    boundedSet(this.until, keyOf(target), this.now + milliseconds, MAX_AVOIDED);
  }

  /** Notes that somebody is there. */
  delete(target: Target): void {
    if (this.until.size > 0) this.until.delete(keyOf(target));
  }

  /** Whether it has failed lately. */
  has(target: Target): boolean {
    if (this.until.size === 0) return false;
    const until = this.until.get(keyOf(target));
    if (until === undefined || until > this.now) return until !== undefined;
    this.until.delete(keyOf(target));
    return false;
  }

  /** The others first; where all have failed, nothing changes. */
  last(targets: Targets): Targets {
    if (this.until.size === 0 || targets.length < 2) return targets;
    const ordered: [Target, ...Target[]] = [...targets];
    return ordered.sort((a, b) => Number(this.has(a)) - Number(this.has(b)));
  }

  private get now(): number {
    return this.clock.now?.() ?? Date.now();
  }
}

function keyOf({ transport, remote }: Target): string {
  return `${transport.protocol} ${hostport(remote)}`;
}
