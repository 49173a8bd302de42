/**
 * A SIP message as the payload of a WebSocket frame (RFC 7118 §4.2).
 *
 * @module
 */

/** Octets of one message from a far end. What RFC 3261 §18.1.1 asks for is half of it. */
export const MAX_MESSAGE = 131_072;

/** Strict and exact: what it cannot decode, or would decode to something else, goes as binary. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text, or binary where a body is not UTF-8. */
export function toFrame(bytes: Uint8Array): string | Uint8Array<ArrayBuffer> {
  try {
    return decoder.decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}
