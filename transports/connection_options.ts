/**
 * What the transports with connections have in common: where they listen, and what a peer may make
 * them hold, and for how long.
 *
 * @module
 */
import { InvalidArgumentError } from "../messages/errors.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Advertised } from "./destination.ts";

/** Where a transport listens. */
export interface ListenOptions {
  /**
   * The address to bind: an address of this machine, `0.0.0.0`, or `::` for both families. Default
   * `127.0.0.1`, which other machines cannot reach: being reached is something to ask for.
   */
  host?: string;
  /** The port to bind. Default 0: any that is free. */
  port?: number;
  /** What a Via and a Contact name instead of what is bound; needed for `0.0.0.0` and `::`. */
  advertise?: Advertised;
}

/** How much peers can make a transport hold, and for how long. Times are in milliseconds. */
export interface ConnectionOptions {
  /**
   * How many connections that came in may be open at once, and how many that this end opened.
   * Default 1,024.
   */
  maxConnections?: number;
  /**
   * How many may have come in from one IPv4 address, or from one /64 of IPv6, which one host is
   * given. Default 128.
   */
  maxConnectionsPerAddress?: number;
  /** Octets that may wait for a peer to read; more are refused. Default 1,048,576. */
  maxQueuedBytes?: number;
  /** In what time a connection has to be open, with its handshake, both ways. Default 10,000. */
  connectTimeout?: number;
  /**
   * In what time a message has to be whole once it has begun, and the first one once a connection
   * has come in. Default 30,000.
   */
  messageTimeout?: number;
  /** In what time a peer has to read what it is sent. Default 30,000. */
  writeTimeout?: number;
  /**
   * How long a connection may be without a message, or a ping, in either direction. Default
   * 3,900,000: longer than the hour after which registrations are commonly refreshed. It knows nothing
   * of calls: an INVITE that rings for longer than this loses its connection, and fails.
   */
  idleTimeout?: number;
  /** What measures these. Default: the runtime's own timers. */
  clock?: Clock;
}

/** The same, with the defaults filled in. */
export type ConnectionSettings = Readonly<Required<ConnectionOptions>>;

const DEFAULTS = {
  maxConnections: 1_024,
  maxConnectionsPerAddress: 128,
  maxQueuedBytes: 1_048_576,
  connectTimeout: 10_000,
  messageTimeout: 30_000,
  writeTimeout: 30_000,
  idleTimeout: 3_900_000,
} as const;

/** Beyond it runtimes' timers fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

/** Throws an InvalidArgumentError for what is no limit. */
export function checkLimit(field: string, value: number): void {
  if (value >= 1 && value <= MAX_DELAY) return;
  throw new InvalidArgumentError(field, `a number from 1 to ${MAX_DELAY}`, String(value));
}

/** Fills in the defaults. Throws an InvalidArgumentError for what makes no sense. */
export function connectionSettings(options: ConnectionOptions): ConnectionSettings {
  const settings = { ...DEFAULTS, clock: systemClock };
  for (const field of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = options[field];
    if (value === undefined) continue;
    checkLimit(field, value);
    Object.assign(settings, { [field]: value });
  }
  return { ...settings, clock: options.clock ?? systemClock };
}
