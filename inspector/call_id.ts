/**
 * The Call-ID of a message, read from its octets.
 *
 * @module
 */
import { HeaderId, headerIdAt } from "../messages/header_names.ts";

const decoder = new TextDecoder();

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const COLON = 0x3a;

/** Empty where there is none to be found, as in what is no message. */
export function callIdOf(octets: Uint8Array): string {
  for (let lf = octets.indexOf(LF); lf !== -1; lf = octets.indexOf(LF, lf + 1)) {
    const start = lf + 1;
    if (octets[start] === CR || octets[start] === LF) return "";
    let end = start;
    while ((octets[end] ?? 0) > SP && octets[end] !== COLON) end++;
    if (end === start || headerIdAt(octets, start, end) !== HeaderId.callId) continue;
    const colon = skipSpace(octets, end);
    if (octets[colon] === COLON) return valueAt(octets, skipSpace(octets, colon + 1));
  }
  return "";
}

/** White space, and the ends of lines: the next one may continue this one. */
function skipSpace(octets: Uint8Array, at: number): number {
  while (at < octets.length && (octets[at] ?? 0) <= SP) at++;
  return at;
}

/** A Call-ID has no white space in it. Decoded by itself: a part of a text would keep the whole. */
function valueAt(octets: Uint8Array, start: number): string {
  let end = start;
  while ((octets[end] ?? 0) > SP) end++;
  return decoder.decode(octets.subarray(start, end));
}
