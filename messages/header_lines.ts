/**
 * A head cut into its header lines (RFC 3261 §7.3).
 *
 * @module
 */
import { isLws, skip, TOKEN } from "./characters.ts";
import { headerIdAt, isSingle, nameOf, UNKNOWN } from "./header_names.ts";
import { LINE } from "./incoming_message.ts";
import { type Scanner, skipLws, Unexpected } from "./scanner.ts";

/** How many header lines a message may have: what a peer can make grow has a limit. */
const MAX_LINES = 1000;

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;

/** What is known while a message is being parsed, so that a fault can say where it is. */
export interface Progress {
  header: string | undefined;
}

/** The position of the CRLF that ends a line. A CR or LF alone ends no line (RFC 3261 §7). */
export function lineEnd(text: string, pos: number): number {
  const lf = text.indexOf("\n", pos);
  if (lf < 0) throw new Unexpected(text.length, "CRLF");
  const cr = text.indexOf("\r", pos);
  if (cr === lf - 1) return cr;
  if (cr < 0 || cr > lf) throw new Unexpected(lf, "CR before LF");
  throw new Unexpected(cr, "LF after CR");
}

/** Grows with the longest head that was seen, so that no message grows an array of its own. */
const scratch: number[] = [];

/** Cuts the head into lines; says where each stands and where the body begins. */
export function cutLines(
  { text, codes }: Scanner,
  start: number,
  progress: Progress,
): { lines: readonly number[]; headEnd: number } {
  let pos = start;
  let used = 0;
  let seen = 0;
  let seenMore = 0;
  while (codes[pos] !== CR || codes[pos + 1] !== LF) {
    if (used === MAX_LINES * LINE) {
      throw new Unexpected(pos, `at most ${MAX_LINES} header lines`, 513);
    }
    const nameEnd = skip(TOKEN, codes, pos, codes.length);
    let colon = nameEnd;
    while (codes[colon] === SP || codes[colon] === HTAB) colon++;
    if (nameEnd === pos || codes[colon] !== 0x3a) {
      progress.header = undefined;
      throw new Unexpected(pos, "a header's name and ':', or an empty line");
    }
    let end = lineEnd(text, colon);
    // "Header fields can be extended over multiple lines by preceding each extra line with at
    // least one SP or horizontal tab" (§7.3.1).
    while (codes[end + 2] === SP || codes[end + 2] === HTAB) {
      end = lineEnd(text, end + 2);
    }
    const id = headerIdAt(codes, pos, nameEnd);
    if (id !== UNKNOWN && isSingle(id)) {
      const bit = 1 << (id & 31);
      if (((id < 32 ? seen : seenMore) & bit) !== 0) {
        progress.header = nameOf(id);
        throw new Unexpected(pos, `one ${nameOf(id)} only`);
      }
      if (id < 32) seen |= bit;
      else seenMore |= bit;
    }
    let valueEnd = end;
    const valueStart = skipLws(codes, colon + 1, end);
    while (valueEnd > valueStart && isLws(codes[valueEnd - 1] ?? 0)) valueEnd--;
    scratch[used++] = id;
    scratch[used++] = pos;
    scratch[used++] = valueStart;
    scratch[used++] = valueEnd;
    pos = end + 2;
  }
  return { lines: scratch.slice(0, used), headEnd: pos + 2 };
}

/** NUL may stand in a head only as an escaped character of a quoted string (RFC 3261 §25.1). */
export function refuseNul(text: string, start: number, end: number): void {
  const nul = text.indexOf("\0", start);
  if (nul < 0 || nul >= end) return;
  let quoted = false;
  for (let pos = start; pos < end; pos++) {
    const code = text.charCodeAt(pos);
    if (code === 0x22) quoted = !quoted;
    else if (quoted && code === 0x5c) pos++;
    else if (code === 0) throw new Unexpected(pos, "text without NUL");
    // A quote that is left open ends with its header; that header's own grammar tells of it.
    else if (code === LF && !isLws(text.charCodeAt(pos + 1))) quoted = false;
  }
}
