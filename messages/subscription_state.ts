/**
 * Subscription-State: what a NOTIFY says of its subscription, and whether to subscribe again after
 * its end (RFC 6665 §4.1.3, §8.2.3).
 *
 * @module
 */
import { Fault } from "./fault.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import { every, TOKEN } from "./characters.ts";
import { InvalidArgumentError } from "./errors.ts";

/** Why a subscription has ended: the reasons of RFC 6665 §4.1.3. */
export type SubscriptionEndReason =
  | "deactivated"
  | "probation"
  | "rejected"
  | "timeout"
  | "giveup"
  | "noresource"
  | "invariant";

/** What Subscription-State says. */
export interface SubscriptionStateHeader {
  /** How far the subscription is. */
  readonly state: "pending" | "active" | "terminated";
  /** How many seconds it still lasts; it means nothing once it is terminated. */
  readonly expires: number | undefined;
  /** Why it has ended: a {@linkcode SubscriptionEndReason}, or another word. */
  readonly reason: string | undefined;
  /** After how many seconds to try again. */
  readonly retryAfter: number | undefined;
}

const STATES = ["pending", "active", "terminated"] as const;

function secondsOf(value: string | null | undefined): number | undefined {
  return value != null && /^\d{1,10}$/.test(value)
    ? Math.min(Number(value), 2 ** 32 - 1)
    : undefined;
}

/**
 * What the Subscription-State of a NOTIFY says, or `undefined` where it is missing, broken, or a
 * state that RFC 6665 does not have.
 *
 * @example
 * ```ts
 * import { IncomingRequestMessage, parseMessage, subscriptionStateOf } from "@strowger/sip";
 *
 * const notify = parseMessage(new TextEncoder().encode(
 *   "NOTIFY sip:alice@a.example SIP/2.0\r\nVia: SIP/2.0/UDP b.example;branch=z9hG4bK1\r\n" +
 *     "From: <sip:bob@b.example>;tag=b\r\nTo: <sip:alice@a.example>;tag=a\r\nCall-ID: 1\r\n" +
 *     "CSeq: 1 NOTIFY\r\nEvent: presence\r\n" +
 *     "Subscription-State: terminated;reason=probation;retry-after=60\r\n\r\n",
 * ));
 * if (notify instanceof IncomingRequestMessage) {
 *   const state = subscriptionStateOf(notify);
 *   console.assert(state?.state === "terminated" && state.retryAfter === 60);
 * }
 * ```
 */
export function subscriptionStateOf(notify: IncomingMessage): SubscriptionStateHeader | undefined {
  const header = notify.parseHeader("Subscription-State");
  if (header === undefined || header instanceof Fault) return undefined;
  const state = STATES.find((each) => each === header.value);
  if (state === undefined) return undefined;
  const { expires, reason, "retry-after": retryAfter } = header.parameters;
  return {
    state,
    expires: secondsOf(expires),
    reason: reason?.toLowerCase() ?? undefined,
    retryAfter: secondsOf(retryAfter),
  };
}

/**
 * After how many seconds a subscriber may subscribe again, 0 for at once; `undefined` where it
 * should not, or where the subscription has not ended. A new subscription has a new Call-ID and
 * From tag (RFC 6665 §4.1.2.2).
 */
export function resubscribeDelay(header: SubscriptionStateHeader): number | undefined {
  if (header.state !== "terminated") return undefined;
  switch (header.reason) {
    // "Clients SHOULD NOT attempt to re-subscribe", whatever "retry-after" says.
    case "rejected":
    case "noresource":
    case "invariant":
      return undefined;
    // "the subscriber SHOULD retry immediately with a new subscription ... The "retry-after"
    // parameter has no semantics".
    case "deactivated":
    case "timeout":
      return 0;
    // "the client SHOULD wait at least the number of seconds specified by that parameter".
    default:
      return header.retryAfter ?? 0;
  }
}

/** Prints a Subscription-State. Throws `InvalidArgumentError` for what is no token or no number. */
export function printSubscriptionState(header: SubscriptionStateHeader): string {
  const { state, expires, reason, retryAfter } = header;
  let text: string = state;
  if (expires !== undefined) text += `;expires=${expires}`;
  if (reason !== undefined) {
    if (!every(TOKEN, reason)) throw new InvalidArgumentError("reason", "a token", reason);
    text += `;reason=${reason}`;
  }
  if (retryAfter !== undefined) {
    if (!Number.isInteger(retryAfter) || retryAfter < 0 || retryAfter >= 2 ** 32) {
      throw new InvalidArgumentError("retryAfter", "whole seconds", `${retryAfter}`);
    }
    text += `;retry-after=${retryAfter}`;
  }
  return text;
}
