/**
 * `hostport`, as URIs and Vias have it (RFC 3261 §25.1).
 *
 * @module
 */
import { HOST, isDigit, isHex, skip } from "./characters.ts";
import { skipLws, Unexpected } from "./scanner.ts";

const COLON = 0x3a;

/** Where a host ends, and what port stands behind it: -1 for none. */
export interface HostPort {
  readonly hostEnd: number;
  readonly port: number;
  readonly end: number;
}

function scanHost(codes: Uint8Array, start: number, end: number): number {
  if (codes[start] === 0x5b) {
    let pos = start + 1;
    // The RFC's own ABNF allows three colons in a row; RFC 5118 §4.10 asks to take them.
    for (; pos < end && codes[pos] !== 0x5d; pos++) {
      const code = codes[pos] ?? 0;
      if (!isHex(code) && code !== COLON && code !== 0x2e) {
        throw new Unexpected(pos, "an IPv6 address and ']'");
      }
    }
    // The shortest address is `::`.
    if (pos >= end || pos < start + 3) throw new Unexpected(pos, "an IPv6 address and ']'");
    return pos + 1;
  }
  const pos = skip(HOST, codes, start, end);
  if (pos === start) throw new Unexpected(pos, "a host");
  return pos;
}

/**
 * Reads `host [ ":" port ]`; also for a Via's sent-by. The port is -1 when there is none, and
 * white space around the colon is passed over only where `lws` says so.
 */
export function scanHostPort(
  codes: Uint8Array,
  start: number,
  end: number,
  lws: boolean,
): HostPort {
  const hostEnd = scanHost(codes, start, end);
  let pos = hostEnd;
  if (lws) pos = skipLws(codes, pos, end);
  if (pos >= end || codes[pos] !== COLON) return { hostEnd, port: -1, end: hostEnd };
  pos++;
  if (lws) pos = skipLws(codes, pos, end);
  const digits = pos;
  let port = 0;
  while (pos < end && isDigit(codes[pos] ?? 0) && port <= 65535) {
    port = port * 10 + (codes[pos++] ?? 0) - 0x30;
  }
  if (pos === digits || port > 65535) throw new Unexpected(digits, "a port of at most 65535");
  return { hostEnd, port, end: pos };
}
