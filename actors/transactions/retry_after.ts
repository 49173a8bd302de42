/**
 * Which refusals pass by themselves, and when (RFC 3261 §20.33).
 *
 * @module
 */
import { Fault, type IncomingResponseMessage } from "../../messages/mod.ts";

/** Timeout; a flow that is gone, or a user who is away for now; and what servers recover from. */
const PASSING = [408, 430, 480, 500, 502, 503, 504];

/** Whether a refusal may pass: it is one of those, or says when to come again. */
export function willPass(response: IncomingResponseMessage): boolean {
  return PASSING.includes(response.statusCode) || response.hasHeader("Retry-After");
}

/** For how many milliseconds whoever refuses wants to be left alone, `most` seconds at most. */
export function retryAfterOf(response: IncomingResponseMessage, most: number): number {
  const header = response.parseHeader("Retry-After");
  if (header === undefined || header instanceof Fault) return 0;
  return Math.min(header.seconds, most) * 1000;
}
