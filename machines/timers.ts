/**
 * The timers of SIP, from one table (RFC 3261 §17.1.1.1, Table 4 in Appendix A; RFC 6026 §7, §8;
 * RFC 6665 §4.1.2).
 *
 * Timer C is a proxy's (§16.6) and is in no machine of a user agent.
 *
 * @module
 */

/** The three estimates from which every timer comes, in milliseconds. */
export interface TimerTable {
  /** The round-trip time; 500 by default. */
  readonly T1: number;
  /** The longest interval between two retransmissions; 4,000 by default. */
  readonly T2: number;
  /** How long a message may stay in the network; 5,000 by default. */
  readonly T4: number;
}

/** RFC 3261 Table 4. */
export const DEFAULT_TIMERS: TimerTable = { T1: 500, T2: 4000, T4: 5000 };

/** What a machine has to know of time and of the transport; plain data, part of its context. */
export interface Timing extends TimerTable {
  /** Whether the transport delivers what was sent, so that nothing is retransmitted. */
  readonly reliable: boolean;
}

/** Timing, and the interval before the next retransmission, which the machine lengthens. */
export interface RetransmissionTiming extends Timing {
  /** Milliseconds; T1 at first. */
  readonly interval: number;
}

/** A delay in milliseconds, from the timing in a machine's context. */
export type Delay = (args: { readonly context: Timing }) => number;

/** The delay before a retransmission. */
export type RetransmissionDelay = (args: { readonly context: RetransmissionTiming }) => number;

/** 64*T1: how long an answer, or an ACK, is waited for. */
const patience: Delay = ({ context }) => 64 * context.T1;
/** How long to absorb what the network may still hold: nothing comes late over a reliable one. */
const lingerT4: Delay = ({ context }) => context.reliable ? 0 : context.T4;
const interval: RetransmissionDelay = ({ context }) => context.interval;

/** Timer A: INVITE request retransmission, T1 and doubling (§17.1.1.2). */
export const timerA: RetransmissionDelay = interval;
/** Timer B: INVITE transaction timeout (§17.1.1.2). */
export const timerB: Delay = patience;
/**
 * Timer D: waiting for repeated responses (§17.1.1.2), "with a value of at least 32 seconds for
 * unreliable transports, and a value of zero seconds for reliable transports".
 */
export const timerD: Delay = ({ context }): number =>
  context.reliable ? 0 : Math.max(64 * context.T1, 32_000);
/** Timer E: non-INVITE request retransmission, T1 and doubling up to T2 (§17.1.2.2). */
export const timerE: RetransmissionDelay = interval;
/** Timer F: non-INVITE transaction timeout (§17.1.2.2). */
export const timerF: Delay = patience;
/** Timer G: INVITE response retransmission, T1 and doubling up to T2 (§17.2.1). */
export const timerG: RetransmissionDelay = interval;
/** Timer H: waiting for the ACK (§17.2.1). */
export const timerH: Delay = patience;
/** Timer I: waiting for repeated ACKs (§17.2.1). */
export const timerI: Delay = lingerT4;
/** Timer J: waiting for repeated non-INVITE requests (§17.2.2). */
export const timerJ: Delay = ({ context }): number => context.reliable ? 0 : 64 * context.T1;
/** Timer K: waiting for repeated responses (§17.1.2.2). */
export const timerK: Delay = lingerT4;
/** Timer L: waiting for repeated INVITEs after a 2xx (RFC 6026 §7.1). */
export const timerL: Delay = patience;
/** Timer M: waiting for repeated 2xx, and those of other branches (RFC 6026 §8.4). */
export const timerM: Delay = patience;
/** Timer N: waiting for a NOTIFY after SUBSCRIBE or REFER (RFC 6665 §4.1.2.4). */
export const timerN: (args: { readonly context: TimerTable }) => number = ({ context }) =>
  64 * context.T1;
