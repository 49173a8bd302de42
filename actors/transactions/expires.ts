/**
 * Expires in SUBSCRIBE and its answers (RFC 6665 §3.1.1), in seconds.
 *
 * @module
 */
import {
  Fault,
  type IncomingMessage,
  InvalidArgumentError,
  type OutgoingRequestMessage,
  parseHeaderValue,
  valuesIn,
} from "../../messages/mod.ts";
import type { RetryPolicy } from "./attempts.ts";

/** How long a subscription lasts where nobody says it; a package may say another time. */
export const DEFAULT_EXPIRES = 3600;

/** What Expires says, or `undefined` where it is missing or broken. */
export function expiresOf(message: IncomingMessage): number | undefined {
  const expires = message.parseHeader("Expires");
  return typeof expires === "number" ? expires : undefined;
}

/** The same of header lines that a program wrote. Throws `InvalidArgumentError` for a broken one. */
export function expiresIn(lines: readonly string[]): number | undefined {
  const [value] = valuesIn(lines, "Expires");
  if (value === undefined) return undefined;
  const expires = parseHeaderValue("Expires", value);
  if (!(expires instanceof Fault)) return expires;
  throw new InvalidArgumentError("Expires", expires.expected, expires.found);
}

/** The same of a request that is to be sent; set to the default where it is missing. */
export function requestedExpires(message: OutgoingRequestMessage): number {
  const values = message.getHeaders("Expires").map((value) => `Expires: ${value}`);
  const expires = expiresIn(values) ?? DEFAULT_EXPIRES;
  if (values.length === 0) message.setHeader("Expires", `${expires}`);
  return expires;
}

/**
 * RFC 3261 §21.4.17: after a 423, the request may go again with the time that its Min-Expires asks
 * for: once.
 *
 * @param onChange Is told of the new time.
 */
export function retryWithMinExpires(
  message: OutgoingRequestMessage,
  onChange: (expires: number) => void,
): RetryPolicy {
  let isRetried = false;
  return (response) => {
    const least = response.parseHeader("Min-Expires");
    if (response.statusCode !== 423 || typeof least !== "number" || isRetried) return undefined;
    const asked = expiresIn(message.getHeaders("Expires").map((value) => `Expires: ${value}`));
    // A 423 that asks for no more than it got would be answered by another.
    if (asked === undefined || asked === 0 || least <= asked) return undefined;
    return {
      change: (next) => {
        isRetried = true;
        next.extraHeaders = next.extraHeaders.filter((line) => expiresIn([line]) === undefined);
        next.setHeader("Expires", `${least}`);
        onChange(least);
      },
    };
  };
}
