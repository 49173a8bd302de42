/**
 * How a request goes again: what its attempts have in common, and what comes between two of them.
 *
 * @module
 */
import type { IncomingResponseMessage, OutgoingRequestMessage, URI } from "../../messages/mod.ts";
import type { Answers } from "../authentication/client_authentication.ts";

/** Which way a request goes, and who counts it: a dialog is one; outside of any, the next hop. */
export interface Way {
  /** Whom it goes to first: see `nextHopOf`. */
  readonly nextHop: URI;
  /** What was answered to challenges here, and goes along from now on. */
  answers?: Answers | undefined;
  /** Takes the next number, where a dialog counts; elsewhere each attempt counts on by itself. */
  nextSequence?(): number;
}

/** How a request goes again. */
export interface Retry {
  /** After how many milliseconds; at once by default. */
  readonly delay?: number;
  /** Whether it has to wait as long again, asked when the time has come. */
  isBlocked?(): boolean;
  /** Whether it goes to the next place, as it is, and not to the same one with the next number. */
  readonly isElsewhere?: boolean;
  /** Changes what has to change in the message; its CSeq and Via are changed already. */
  change(message: OutgoingRequestMessage): void;
}

/**
 * Says how a request goes again after a failure, 4xx to 6xx; `undefined` where that failure is its
 * outcome. It may be asked about one response more than once, so only `change` changes anything.
 */
export type RetryPolicy = (response: IncomingResponseMessage) => Retry | undefined;
