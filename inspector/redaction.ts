/**
 * Makes secrets in a message unreadable, and leaves its length as it is: Content-Length and sizes stay
 * true.
 *
 * @module
 */
import { InvalidArgumentError } from "../messages/errors.ts";
import { canonicalName, headerId, UNKNOWN } from "../messages/header_names.ts";

/** What is always redacted: credentials, and the media keys that SDP may carry (RFC 4568). */
export const ALWAYS_REDACTED: readonly string[] = [
  "Authorization",
  "Proxy-Authorization",
  "a=crypto",
];

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;
const COLON = 0x3a;
const STAR = 0x2a;
/** No name of a header that anybody uses is longer. */
const MAX_NAME = 128;

/** Redacts what stands behind some names. */
export class Redaction {
  /** In lower case. */
  readonly #names = new Set<string>();
  /** The first octets of the names, as if they were letters in lower case: most lines need no more than a look at theirs. */
  readonly #initials = new Set<number>();

  /**
   * @param names Names of headers, in any case, in their long or compact form; both are meant.
   * @throws `InvalidArgumentError` for what is no name.
   */
  constructor(names: readonly string[] = []) {
    for (const name of [...ALWAYS_REDACTED, ...names]) {
      if (typeof name !== "string" || !/^[^\s:]{1,128}$/.test(name)) {
        throw new InvalidArgumentError("redact", "names of headers", `${name}`);
      }
      this.#add(name);
      if (headerId(name) === UNKNOWN) continue;
      this.#add(canonicalName(name));
      for (const letter of "abcdefghijklmnopqrstuvwxyz") {
        if (headerId(letter) === headerId(name)) this.#add(letter);
      }
    }
  }

  #add(name: string): void {
    this.#names.add(name.toLowerCase());
    this.#initials.add(name.charCodeAt(0) | 0x20);
  }

  /**
   * The message itself where there is nothing to hide; else a copy, with `*` for every octet of what
   * is secret. Lines of the body are looked at, too: it may be a message, or a part of one.
   */
  apply(octets: Uint8Array): Uint8Array {
    let result = octets;
    for (let line = 0; line < octets.length;) {
      const end = lineEnd(octets, line);
      const colon = this.#colonOfSecret(octets, line, end);
      line = end + 1;
      if (colon === -1) continue;
      // A line that begins with white space continues the one before.
      while (isBlank(octets[line])) line = lineEnd(octets, line) + 1;
      if (result === octets) result = octets.slice();
      hide(result, colon + 1, Math.min(line, octets.length));
    }
    return result;
  }

  /** Where the colon of a line stands whose name is among those meant; -1 of any other. */
  #colonOfSecret(octets: Uint8Array, start: number, end: number): number {
    if (!this.#initials.has((octets[start] ?? 0) | 0x20)) return -1;
    const most = Math.min(end, start + MAX_NAME + 1);
    let nameEnd = start;
    while (nameEnd < most && octets[nameEnd] !== COLON && !isBlank(octets[nameEnd])) nameEnd++;
    let colon = nameEnd;
    while (colon < end && isBlank(octets[colon])) colon++;
    if (octets[colon] !== COLON) return -1;
    const name = String.fromCharCode(...octets.subarray(start, nameEnd)).toLowerCase();
    return this.#names.has(name) ? colon : -1;
  }
}

/** Where the CR or LF stands that a line ends with: who reads loosely takes either alone. */
function lineEnd(octets: Uint8Array, start: number): number {
  let end = start;
  while (end < octets.length && octets[end] !== LF && octets[end] !== CR) end++;
  if (octets[end] === CR && octets[end + 1] === LF) end++;
  return end;
}

function isBlank(code: number | undefined): boolean {
  return code === SP || code === HTAB;
}

function hide(octets: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const code = octets[at] ?? 0;
    if (code !== CR && code !== LF && !isBlank(code)) octets[at] = STAR;
  }
}
