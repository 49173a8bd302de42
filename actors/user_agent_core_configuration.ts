/**
 * What a core is made from, and what makes no sense in it.
 *
 * @module
 */
import type { InspectionEvent } from "xstate";
import { DEFAULT_TIMERS, type TimerTable } from "../machines/mod.ts";
import {
  DIGEST_HASHES,
  type DigestHash,
  type Identifiers,
  InvalidArgumentError,
  parseHeaderValue,
  type RandomSource,
  type StrowgerError,
  type URI,
} from "../messages/mod.ts";
import type { Clock } from "../transports/clock.ts";
import type { Resolver } from "../transports/resolver.ts";
import type { Transport } from "../transports/transport.ts";
import type { AcceptedContent } from "./transactions/content_inspection.ts";
import { ClientAuthentication } from "./authentication/client_authentication.ts";
import type { Credentials } from "./authentication/credentials.ts";
import type { Logger } from "./logger.ts";
import { LEAST_INTERVAL, MOST_INTERVAL, type SessionTimerPolicy } from "./calls/session_timer.ts";
import type { CoreObserver } from "./observers.ts";
import type { TraceEntry } from "./supervisor.ts";

/** What a core is made from. */
export interface UserAgentCoreConfiguration {
  /**
   * By which ways it sends and receives; the first that fits is taken, UDP before others where a
   * `sip:` URI does not say (RFC 3263 §4.1). The core closes them.
   */
  transports: readonly Transport[];
  /**
   * What looks names up: NAPTR, SRV and addresses, as RFC 3263 has it, with failover from one server to
   * the next. Without it, names are left to the transports, which know addresses only.
   */
  resolver?: Resolver;
  /**
   * For how many milliseconds a server may be silent before the next one is tried, where there is one;
   * 8*T1 by default, 4,000. RFC 3263 §4.3 waits for 64*T1, 32 seconds. A server that is alive says at least 100
   * within 200 ms to an INVITE (RFC 3261 §16.2), and within 3.5 seconds to others (RFC 4320 §4.1).
   */
  failoverTimeout?: number;
  /**
   * For how many milliseconds a server that has failed is tried last; 60,000 by default. One that
   * answers 503 with Retry-After says so itself, for an hour at most.
   */
  avoidFailedFor?: number;
  /** The user's own address; its user part goes into Contact. */
  aor?: URI;
  /** What every new request goes through: Route values, each in angle brackets. */
  routeSet?: string[];
  /**
   * Option tags of extensions that the program itself understands, beside the engine's: Supported
   * names them, and a request may require them.
   */
  supportedOptionTags?: string[];
  /**
   * Option tags of extensions without which no INVITE is taken: 421, which RFC 3261 §8.2.4 does not
   * recommend.
   */
  requiredOptionTags?: string[];
  /**
   * The session interval that calls are given (RFC 4028), in whole seconds, at least 90: without a
   * refresh for that long a call is over. 0 by default: the far end may still ask for one.
   */
  sessionExpires?: number;
  /** The least session interval that is taken, in whole seconds; 90, the least there is, by default. */
  minSessionExpires?: number;
  /**
   * The Info Packages that calls take (RFC 6086). INFO of other packages is answered 469. Without
   * this neither Recv-Info nor Allow speaks of INFO; one without a package may come all the same.
   */
  infoPackages?: string[];
  /** What bodies the program understands: others are answered 415, and Accept says so. */
  content?: AcceptedContent;
  /**
   * What challenges are answered with; of several for one realm the first. The core takes them over:
   * its `configuration` does not have them.
   */
  credentials?: readonly Credentials[];
  /** The hash functions that challenges are answered with; all by default. Leave out MD5 to refuse it. */
  digestAlgorithms?: readonly DigestHash[];
  /**
   * The event packages that are served here, as in `presence`: Allow-Events names them, and a SUBSCRIBE
   * for another is answered 489. Without this, `onSubscribe` gets every SUBSCRIBE.
   */
  eventPackages?: string[];
  /**
   * The shortest subscription that is taken, in seconds; a SUBSCRIBE for less is answered 423. None by
   * default; an hour and more is never too short (RFC 6665 §4.2.1.1).
   */
  minSubscriptionExpires?: number;
  /** What goes into User-Agent and Server; nothing by default. */
  userAgentHeaderFieldValue?: string;
  /** T1, T2 and T4, in milliseconds, where they are not the RFC's. */
  timers?: Partial<TimerTable>;
  /** What counts time; by default the runtime's own timers, put together to 10 ms. */
  clock?: Clock;
  /** Where branches, tags and Call-IDs come from; the runtime's cryptographic source by default. */
  random?: RandomSource;
  /** Where the engine says what happens; by default warnings go to the console. */
  logger?: Logger;
  /**
   * Takes what went wrong without anybody being there to catch it: a delegate that threw, an ACK
   * that never came, a response that could not be sent. With it goes the Call-ID, where it is of one
   * call. The logger's by default.
   */
  onError?: (error: StrowgerError, callId?: string) => void;
  /** Is told of every message, before it is taken in and before it is sent. */
  trace?: (entry: TraceEntry) => void;
  /** Who watches from the start, as by {@linkcode UserAgentCore.observe}. */
  observers?: readonly CoreObserver[];
  /** XState's inspection of every actor; the `id` of each is its machine's, and its Call-ID. */
  inspect?: (event: InspectionEvent) => void;
}

/** The longest delay that runtimes count right; beyond it they fire at once. */
export const MAX_DELAY: number = 2 ** 31 - 1;

/** Throws for what is no delay that a clock can count. */
export function checkMilliseconds(
  field: string,
  value: number,
  least: number,
  most = MAX_DELAY,
): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new InvalidArgumentError(field, `${least} to ${most} milliseconds`, `${value}`);
}

/** Whether a value looks like a transport. */
function isTransport(value: unknown): boolean {
  const transport = value as Partial<Transport> | undefined;
  return typeof transport?.attach === "function" && typeof transport.send === "function";
}

/** Throws unless they are transports. */
export function checkTransports(transports: unknown): void {
  if (Array.isArray(transports) && transports.every(isTransport)) return;
  throw new InvalidArgumentError("transports", "an array of transports", typeof transports);
}

/** Throws unless it is a list of some of these, and of one at least. */
export function checkSome(field: string, values: readonly string[], from: readonly string[]): void {
  const isList = Array.isArray(values) && values.length > 0;
  if (isList && values.every((each) => from.includes(each))) return;
  throw new InvalidArgumentError(field, `some of ${from.join(", ")}`, `${values}`);
}

/** What answers challenges, where a program has given anything to answer with. */
export function authenticationOf(
  { credentials, digestAlgorithms = DIGEST_HASHES }: UserAgentCoreConfiguration,
  identifiers: Identifiers,
): ClientAuthentication | undefined {
  checkSome("digestAlgorithms", digestAlgorithms, DIGEST_HASHES);
  if (credentials === undefined) return undefined;
  if (!Array.isArray(credentials)) {
    throw new InvalidArgumentError("credentials", "an array", typeof credentials);
  }
  return new ClientAuthentication(credentials, digestAlgorithms, identifiers);
}

/** The timers, with the RFC's where none are given. */
export function timersOf(overrides: Partial<TimerTable> | undefined): TimerTable {
  const T1 = overrides?.T1 ?? DEFAULT_TIMERS.T1;
  const T2 = overrides?.T2 ?? DEFAULT_TIMERS.T2;
  const T4 = overrides?.T4 ?? DEFAULT_TIMERS.T4;
  // 64*T1 is a delay, too.
  checkMilliseconds("timers.T1", T1, 1, MAX_DELAY / 64);
  checkMilliseconds("timers.T2", T2, 1);
  checkMilliseconds("timers.T4", T4, 1);
  return { T1, T2, T4 };
}

/** What becomes of servers that fail, in milliseconds. */
export function failoverOf(
  { failoverTimeout, avoidFailedFor = 60_000, timers }: UserAgentCoreConfiguration,
): { readonly failoverTimeout: number; readonly avoidFailedFor: number } {
  const patience = failoverTimeout ?? 8 * timersOf(timers).T1;
  checkMilliseconds("failoverTimeout", patience, 1);
  checkMilliseconds("avoidFailedFor", avoidFailedFor, 0);
  return { failoverTimeout: patience, avoidFailedFor };
}

/** The session timer's policy, in seconds. */
export function sessionTimerOf(
  { sessionExpires = 0, minSessionExpires = LEAST_INTERVAL }: UserAgentCoreConfiguration,
): SessionTimerPolicy {
  checkSeconds("minSessionExpires", minSessionExpires, LEAST_INTERVAL);
  if (sessionExpires !== 0) checkSeconds("sessionExpires", sessionExpires, minSessionExpires);
  return { interval: sessionExpires, minimum: minSessionExpires };
}

function checkSeconds(field: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= MOST_INTERVAL) return;
  const expected = `a whole number of seconds from ${least} to ${MOST_INTERVAL}`;
  throw new InvalidArgumentError(field, expected, `${value}`);
}

/** Throws unless each of these may stand in a header that is a list of tokens. */
export function checkTokens(field: string, values: readonly string[]): readonly string[] {
  for (const value of values) {
    const tokens = typeof value === "string" ? parseHeaderValue("Supported", value) : undefined;
    if (Array.isArray(tokens) && tokens.length === 1) continue;
    throw new InvalidArgumentError(field, "tokens", JSON.stringify(value));
  }
  return values;
}
