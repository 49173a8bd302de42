/**
 * What the machines have in common: what comes in, and what they tell of it.
 *
 * A machine is told of a message by the few facts that decide, and passes the message itself on
 * unread. So its context stays plain data, and it can be driven without any message at all.
 *
 * @module
 */

/** A response arrived for this transaction. */
export interface ResponseEvent {
  /** A response. */
  readonly type: "response";
  /** Its status code. */
  readonly status: number;
  /** The tag in its To, which tells one branch of a fork from another. */
  readonly toTag?: string | undefined;
  /** Whether the request may go again with an answer to it: to a challenge, say. */
  readonly retriable?: boolean;
  /** The response, passed on as it is. */
  readonly message?: unknown;
}

/** The request of this transaction arrived, for the first time or again. */
export interface RequestEvent {
  /** The request. */
  readonly type: "request";
}

/** The transaction user answers. */
export interface RespondEvent {
  /** An answer. */
  readonly type: "respond";
  /** The status code of the answer. */
  readonly status: number;
  /** Whether it is a provisional response that a PRACK answers (RFC 3262). */
  readonly needsPrack?: boolean;
}

/** What was to be sent could not be sent. */
export interface TransportErrorEvent {
  /** A failure to send. */
  readonly type: "transportError";
  /** What went wrong, passed on as it is. */
  readonly error?: unknown;
}

/** Stop: nothing is sent and nobody is told. */
export interface DisposeEvent {
  /** The end, at once. */
  readonly type: "dispose";
}

/** A response for the transaction user. */
export interface ResponseEmission {
  /** 100; 101 to 199; 2xx; 3xx; 4xx to 6xx. */
  readonly type: "trying" | "progress" | "accept" | "redirect" | "reject";
  /** The response, as it came in. */
  readonly message: unknown;
}

/**
 * For the transaction user: the request may go again, as a transaction of its own. This one has its
 * final response, and goes on taking repetitions of it.
 */
export interface RetryEmission {
  /** Again. */
  readonly type: "retry";
  /** The response that calls for it, as it came in. */
  readonly message: unknown;
}

/** For the wire: the request of a client transaction; the last response of a server transaction. */
export interface TransmitEmission {
  /** Something to send. */
  readonly type: "transmit";
}

/** For the transaction user: nothing final came within 64*T1 (RFC 3261 §8.1.3.1: as a 408). */
export interface TimeoutEmission {
  /** Nothing came. */
  readonly type: "timeout";
}

/** For the transaction user: nothing could be sent (RFC 3261 §8.1.3.1: as a 503). */
export interface TransportErrorEmission {
  /** Nothing went. */
  readonly type: "transportError";
  /** What went wrong, as it was reported. */
  readonly error: unknown;
}

/** The machine has ended: whoever runs it can forget it. */
export interface TerminatedEmission {
  /** The end. */
  readonly type: "terminated";
}

/** Whether an event is a response whose status is in a range. */
export function hasStatus(event: { type: string }, from: number, to: number): boolean {
  const { status } = event as { status?: number };
  return status !== undefined && status >= from && status <= to;
}

/** Whether an event is a failure after which the request may go again. */
export function isRetriable(event: { type: string }): boolean {
  return hasStatus(event, 400, 699) && (event as { retriable?: boolean }).retriable === true;
}

/** The message that an event carries. */
export function messageOf(event: { type: string }): unknown {
  return (event as { message?: unknown }).message;
}

/** The error that an event carries. */
export function errorOf(event: { type: string }): unknown {
  return (event as { error?: unknown }).error;
}
