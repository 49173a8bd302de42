/**
 * `"Display Name" <uri>;parameters`: what From, To, Contact, Route and their like hold
 * (RFC 3261 §20.10, §25.1).
 *
 * @module
 */
import { isAlpha, isIn, isLws, TOKEN } from "./characters.ts";
import { checkLine } from "./line.ts";
import { ownText } from "./own_text.ts";
import { Parameters, printParameters } from "./parameters.ts";
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
import { readUri, type URI } from "./uri.ts";

const QUOTE = 0x22;
const LESS = 0x3c;
const GREATER = 0x3e;

/** The first position at or after `start` of one of the characters that end a bare addr-spec. */
function addrSpecEnd(codes: Uint8Array, start: number, end: number): number {
  for (let pos = start; pos < end; pos++) {
    const code = codes[pos] ?? 0;
    if (code === 0x3b || code === 0x2c || code === 0x3f || code === GREATER || isLws(code)) {
      return pos;
    }
  }
  return end;
}

/** Reads `( name-addr / addr-spec )` and leaves the scanner before the parameters. */
function readAddress(scanner: Scanner): NameAddrHeader {
  const { text, codes, end } = scanner;
  const start = skipLws(codes, scanner.pos, end);
  let pos = start;
  let displayEnd = start;
  if (pos < end && codes[pos] === QUOTE) {
    displayEnd = skipQuoted(codes, pos, end);
    pos = skipLws(codes, displayEnd, end);
  } else {
    while (pos < end) {
      const code = codes[pos] ?? 0;
      // An unquoted name is `*(token LWS)`; names in UTF-8 come unquoted too.
      if (isIn(TOKEN, code) || code >= 0x80) displayEnd = ++pos;
      else if (isLws(code)) pos++;
      else break;
    }
    const isBare = pos < end && codes[pos] === 0x3a && displayEnd === pos &&
      isAlpha(codes[start] ?? 0);
    if (isBare) {
      // "If the URI contains a comma, question mark or semicolon, the URI MUST be enclosed in
      // angle brackets": without brackets, what follows belongs to the header (§20).
      const uriEnd = addrSpecEnd(codes, start, end);
      const uri = readUri(scanner, start, uriEnd);
      scanner.pos = uriEnd;
      return NameAddrHeader.received(uri, "");
    }
  }
  if (pos >= end || codes[pos] !== LESS) {
    throw new Unexpected(pos, "a URI, or a display name and '<'");
  }
  const close = text.indexOf(">", pos);
  if (close < 0 || close >= end) throw new Unexpected(end, "a closing '>'");
  const uri = readUri(scanner, pos + 1, close);
  scanner.pos = close + 1;
  return NameAddrHeader.received(uri, readDisplayName(scanner, start, displayEnd));
}

function readDisplayName(
  { text, codes }: Scanner,
  start: number,
  end: number,
): string {
  if (start === end) return "";
  const isQuoted = codes[start] === QUOTE;
  for (let pos = start; pos < end; pos++) {
    const code = codes[pos];
    // An escape or a fold: few names have one.
    if (code === 0x5c || code === 0x0d) {
      const name = text.slice(start, end);
      return isQuoted ? unquote(name) : unfold(name);
    }
  }
  return isQuoted ? text.slice(start + 1, end - 1) : text.slice(start, end);
}

/** Reads a name-addr with its parameters. */
export function readNameAddr(scanner: Scanner): NameAddrHeader {
  const header = readAddress(scanner);
  const start = scanner.pos;
  while (scanner.parameter());
  if (start < scanner.pos) header.keepParameters(scanner.text.slice(start, scanner.pos));
  return header;
}

/** Reads a From or To: as `readNameAddr`, and the tag besides. */
export function readTagged(
  scanner: Scanner,
): { readonly address: NameAddrHeader; readonly tag: string | undefined } {
  const address = readAddress(scanner);
  const start = scanner.pos;
  let tag: string | undefined;
  while (scanner.parameter()) {
    // `tag-param = "tag" EQUAL token`, while other parameters may be quoted.
    if (scanner.isNamed("tag")) tag ??= scanner.parameterToken();
  }
  if (scanner.pos < scanner.end) scanner.fail("';' or the end of the value");
  if (start < scanner.pos) address.keepParameters(scanner.text.slice(start, scanner.pos));
  return { address, tag };
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
  declare uri: URI;
  declare private name: string;

  /** Makes one from its parts. Throws `InvalidArgumentError` for CR, LF or NUL in any of them. */
  constructor(
    uri: URI,
    displayName: string | undefined,
    parameters?: { [name: string]: string | number | null },
  ) {
    super(parameters);
    this.uri = uri;
    this.name = displayName === undefined ? "" : checkLine("display name", displayName);
  }

  /** Makes one from what a peer sent, which may hold any character in quotes, NUL even. */
  static received(uri: URI, displayName: string): NameAddrHeader {
    const header = new NameAddrHeader(uri, undefined);
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
    const copy = NameAddrHeader.received(this.uri.clone(), ownText(this.name));
    copy.copyParameters(this);
    return copy;
  }

  /** As it stands on the wire. */
  override toString(): string {
    const name = this.name === "" ? "" : `${quote(this.name)} `;
    return `${name}<${this.uri}>${this.hasParams ? printParameters(this.parameters) : ""}`;
  }
}

/** Reads a name-addr with its parameters, or says what is wrong with it. */
export function parseNameAddr(text: string): NameAddrHeader | Fault {
  return readAlone(text, readNameAddr);
}
