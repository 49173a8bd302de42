/**
 * Requests of both sides that meet: one is refused with 491, and goes again after a while
 * (RFC 3261 §14.1, RFC 3311 §5.3).
 *
 * @module
 */
import type { IncomingResponseMessage } from "../../messages/mod.ts";
import type { Retry } from "../transactions/attempts.ts";
import type { InviteUsage } from "./invite_usage.ts";

/** After how many of them a request is not tried again. */
const MAX_GLARES = 4;

/**
 * §14.1: "If the UAC is the owner of the Call-ID of the dialog ID (meaning it generated the value), T
 * has a randomly chosen value between 2.1 and 4 seconds in units of 10 ms", and else "between 0 and 2
 * seconds in units of 10 ms."
 */
function backoff({ role, supervisor }: InviteUsage): number {
  const { identifiers } = supervisor.environment;
  const units = role === "caller" ? 210 + identifiers.number(191) : identifiers.number(201);
  // At once would be within the answer to the last one.
  return Math.max(1, units * 10);
}

/**
 * Makes the policy for one request in a session.
 *
 * @param isBlocked Whether it may not go when its time has come.
 */
export function retryAfterGlare(
  session: InviteUsage,
  isBlocked: () => boolean,
): (response: IncomingResponseMessage) => Retry | undefined {
  let glares = 0;
  return ({ statusCode }) => {
    const isOver = session.sessionState === "Terminated";
    if (statusCode !== 491 || isOver || glares >= MAX_GLARES) return undefined;
    return {
      delay: backoff(session),
      isBlocked,
      change: () => void glares++,
    };
  };
}
