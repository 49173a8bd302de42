/**
 * `"Display Name" <uri>;parameters`: what From, To, Contact, Route and their like hold
 * (RFC 3261 §20.10, §25.1).
 *
 * @module
 */
import { isAlpha, isLws, isToken } from "./characters.ts";
import { checkLine, Parameters, printParameters } from "./parameters.ts";
import {
  quote,
  readAlone,
  type Scanner,
  skipLws,
  skipQuoted,
  Unexpected,
  unfold,
  unquote,
} from "./scanner.ts";
import type { Fault } from "./fault.ts";
import { buildUri, scanUri, type URI, type UriParts } from "./uri.ts";

/** Where the parts of a name-addr stand in a text. */
export interface NameAddrParts {
  readonly displayStart: number;
  readonly displayEnd: number;
  readonly uri: UriParts;
  readonly parameters: number;
}

const QUOTE = 0x22;
const LESS = 0x3c;
const GREATER = 0x3e;

/** The first position at or after `start` of one of the characters that end a bare addr-spec. */
function addrSpecEnd(text: string, start: number, end: number): number {
  for (let pos = start; pos < end; pos++) {
    const code = text.charCodeAt(pos);
    if (code === 0x3b || code === 0x2c || code === 0x3f || code === GREATER || isLws(code)) {
      return pos;
    }
  }
  return end;
}

/**
 * Checks `( name-addr / addr-spec )` and says where its parts stand; what is behind them is left to
 * the caller. Throws {@linkcode Unexpected}.
 */
export function scanNameAddr(text: string, start: number, end: number): NameAddrParts {
  const displayStart = skipLws(text, start, end);
  let pos = displayStart;
  let displayEnd = displayStart;
  if (pos < end && text.charCodeAt(pos) === QUOTE) {
    displayEnd = skipQuoted(text, pos, end);
    pos = skipLws(text, displayEnd, end);
  } else {
    while (pos < end) {
      const code = text.charCodeAt(pos);
      // An unquoted name is `*(token LWS)`; names in UTF-8 come unquoted too.
      if (isToken(code) || code >= 0x80) displayEnd = ++pos;
      else if (isLws(code)) pos++;
      else break;
    }
    const bare = pos < end && text.charCodeAt(pos) === 0x3a && displayEnd === pos &&
      skipLws(text, displayStart, pos) === displayStart && isAlpha(text.charCodeAt(displayStart));
    if (bare) {
      // "If the URI contains a comma, question mark or semicolon, the URI MUST be enclosed in
      // angle brackets": without brackets, what follows belongs to the header (§20).
      const uriEnd = addrSpecEnd(text, displayStart, end);
      const uri = scanUri(text, displayStart, uriEnd);
      return { displayStart, displayEnd: displayStart, uri, parameters: uriEnd };
    }
  }
  if (pos >= end || text.charCodeAt(pos) !== LESS) {
    throw new Unexpected(pos, "a URI, or a display name and '<'");
  }
  const close = text.indexOf(">", pos);
  if (close < 0 || close >= end) throw new Unexpected(end, "a closing '>'");
  const uri = scanUri(text, pos + 1, close);
  return { displayStart, displayEnd, uri, parameters: close + 1 };
}

/** Makes a name-addr from the parts that {@linkcode scanNameAddr} found, without parameters. */
export function buildNameAddr(text: string, parts: NameAddrParts): NameAddrHeader {
  const display = text.slice(parts.displayStart, parts.displayEnd);
  const name = display.startsWith('"') ? unquote(display) : unfold(display);
  return NameAddrHeader.received(buildUri(text, parts.uri), name);
}

/** Reads a whole name-addr with its parameters. */
export function readNameAddr(scanner: Scanner): NameAddrHeader {
  const parts = scanNameAddr(scanner.text, scanner.pos, scanner.end);
  const header = buildNameAddr(scanner.text, parts);
  scanner.pos = parts.parameters;
  header.parameters = scanner.parameters();
  return header;
}

/**
 * An address with the name that people see, and its parameters.
 *
 * @example
 * ```ts
 * import { NameAddrHeader, URI } from "@strowger/sip";
 *
 * const to = new NameAddrHeader(URI.parse("sip:bob@example.com"), 'Bob "B"', { tag: "1" });
 * console.assert(to.toString() === '"Bob \\"B\\"" <sip:bob@example.com>;tag=1');
 * ```
 */
export class NameAddrHeader extends Parameters {
  /** The address. */
  uri: URI;
  private name: string;

  /** Makes one from its parts. Throws `InvalidArgumentError` for CR, LF or NUL in any of them. */
  constructor(
    uri: URI,
    displayName: string | undefined,
    parameters: { [name: string]: string | number | null } = {},
  ) {
    super(parameters);
    this.uri = uri;
    this.name = checkLine("display name", displayName ?? "");
  }

  /** Makes one from what a peer sent, which may hold any character in quotes, NUL even. */
  static received(uri: URI, displayName: string): NameAddrHeader {
    const header = new NameAddrHeader(uri, "");
    header.name = displayName;
    return header;
  }

  /** The display name without quotes and escapes; empty when there is none. */
  get displayName(): string {
    return this.name;
  }

  set displayName(value: string) {
    this.name = checkLine("display name", value);
  }

  /** What to show a person: the display name, or the address where there is none. */
  get friendlyName(): string {
    return this.name === "" ? this.uri.aor : this.name;
  }

  /** A copy that shares nothing with this one. */
  clone(): NameAddrHeader {
    const copy = NameAddrHeader.received(this.uri.clone(), this.name);
    for (const name in this.parameters) copy.parameters[name] = this.parameters[name] ?? null;
    return copy;
  }

  /** As it stands on the wire. */
  override toString(): string {
    const name = this.name === "" ? "" : `${quote(this.name)} `;
    return `${name}<${this.uri}>${printParameters(this.parameters)}`;
  }
}

/** Reads a name-addr with its parameters, or says what is wrong with it. */
export function parseNameAddr(text: string): NameAddrHeader | Fault {
  return readAlone(text, readNameAddr);
}
