/**
 * A head cut into its header lines (RFC 3261 §7.3).
 *
 * @module
 */
import { isLws, skip, TOKEN } from "./characters.ts";
import { headerIdAt, isSingle, nameOf, ROUTING_HEADERS, UNKNOWN } from "./header_names.ts";
import { LINE } from "./incoming_message.ts";
import { type Scanner, skipLws, Unexpected } from "./scanner.ts";

/** How many header lines a message may have: what a peer can make grow has a limit. */
const MAX_LINES = 1000;

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;
const COLON = 0x3a;

/** What is known while a message is being parsed, so that a fault can say where it is. */
export interface Progress {
  /** The number of the header that is being read. */
  header: number;
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

/** The same for {@linkcode Head.first}. */
const scratchOfFirst: Int32Array = new Int32Array(ROUTING_HEADERS);

/** A head that was cut into its lines. */
export interface Head {
  /** See `MessageParts`. */
  readonly lines: readonly number[];
  /**
   * Where in `lines` the headers that routing needs stand first, by their numbers; -1 where nowhere.
   * Good until the next head is cut.
   */
  readonly first: Int32Array;
  /** Where the body begins. */
  readonly end: number;
}

/** Cuts the head into lines. */
export function cutLines(
  { text, codes }: Scanner,
  start: number,
  progress: Progress,
): Head {
  const first = scratchOfFirst.fill(-1);
  let pos = start;
  let used = 0;
  let seen = 0;
  let seenMore = 0;
  while (codes[pos] !== CR || codes[pos + 1] !== LF) {
    if (used === MAX_LINES * LINE) {
      throw new Unexpected(pos, `at most ${MAX_LINES} header lines`, 513);
    }
    let nameEnd = pos;
    while ((codes[nameEnd] ?? 0) > SP && codes[nameEnd] !== COLON) nameEnd++;
    let colon = nameEnd;
    while (codes[colon] === SP || codes[colon] === HTAB) colon++;
    const id = headerIdAt(codes, pos, nameEnd);
    const isName = id !== UNKNOWN ||
      (nameEnd > pos && skip(TOKEN, codes, pos, nameEnd) === nameEnd);
    if (!isName || codes[colon] !== COLON) {
      progress.header = UNKNOWN;
      throw new Unexpected(pos, "a header's name and ':', or an empty line");
    }
    let end = lineEnd(text, colon);
    // "Header fields can be extended over multiple lines by preceding each extra line with at
    // least one SP or horizontal tab" (§7.3.1).
    while (codes[end + 2] === SP || codes[end + 2] === HTAB) {
      end = lineEnd(text, end + 2);
    }
    if (id !== UNKNOWN && isSingle(id)) {
      const bit = 1 << (id & 31);
      if (((id < 32 ? seen : seenMore) & bit) !== 0) {
        progress.header = id;
        throw new Unexpected(pos, `one ${nameOf(id)} only`);
      }
      if (id < 32) seen |= bit;
      else seenMore |= bit;
    }
    let valueEnd = end;
    const valueStart = skipLws(codes, colon + 1, end);
    while (valueEnd > valueStart && isLws(codes[valueEnd - 1] ?? 0)) valueEnd--;
    if (id >= 0 && id < ROUTING_HEADERS && first[id] === -1) first[id] = used;
    scratch[used++] = id === UNKNOWN ? -1 - pos : id;
    scratch[used++] = valueStart;
    scratch[used++] = valueEnd;
    pos = end + 2;
  }
  return { lines: scratch.slice(0, used), first, end: pos + 2 };
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
