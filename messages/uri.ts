/**
 * URIs: `sip:`, `sips:`, `tel:` (RFC 3966) and any other scheme, which is kept whole
 * (RFC 3261 §19.1, §25.1).
 *
 * @module
 */
import {
  type CharacterClass,
  every,
  isAlpha,
  isHex,
  PARAMETER,
  SCHEME,
  skip,
  UNESCAPED_USER,
  URI as ANY,
  USER,
} from "./characters.ts";
import { InvalidArgumentError } from "./errors.ts";
import type { Fault } from "./fault.ts";
import { scanHostPort } from "./host_port.ts";
import { checkLine } from "./line.ts";
import { ownText } from "./own_text.ts";
import { Parameters, type ParameterValues } from "./parameters.ts";
import { faultOf, Scanner, Unexpected } from "./scanner.ts";

/** Header components of a URI (`?Subject=...`) by their name as it came. */
export type UriHeaders = { [name: string]: string[] };

const COLON = 0x3a;
const SEMICOLON = 0x3b;
const QUESTION = 0x3f;
const PERCENT = 0x25;
const AT = 0x40;

/**
 * The position behind the characters of a class that begin at `pos`; `%` is in none of these
 * classes, and has to begin an escape.
 */
export function skipEscaped(
  characterClass: CharacterClass,
  codes: Uint8Array,
  pos: number,
  end: number,
): number {
  for (;;) {
    pos = skip(characterClass, codes, pos, end);
    if (pos >= end || codes[pos] !== PERCENT) return pos;
    if (pos + 2 >= end || !isHex(codes[pos + 1] ?? 0) || !isHex(codes[pos + 2] ?? 0)) {
      throw new Unexpected(pos, "'%' and two hexadecimal digits");
    }
    pos += 3;
  }
}

function readParameters(text: string): ParameterValues {
  const values: ParameterValues = Object.create(null);
  for (const part of text.split(";")) {
    const equals = part.indexOf("=");
    const name = (equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    if (name !== "" && !(name in values)) values[name] = equals < 0 ? null : part.slice(equals + 1);
  }
  return values;
}

function readHeaders(text: string): UriHeaders {
  const headers: UriHeaders = Object.create(null);
  for (const part of text.split("&")) {
    const equals = part.indexOf("=");
    if (equals > 0) (headers[part.slice(0, equals)] ??= []).push(part.slice(equals + 1));
  }
  return headers;
}

/** Where the `@` behind a user is, or -1 where there is no user. */
function scanUser(codes: Uint8Array, start: number, end: number): number {
  const pos = skipEscaped(USER, codes, start, end);
  if (pos < end && codes[pos] === AT) {
    if (pos === start || codes[start] === COLON) {
      throw new Unexpected(start, "a user before '@'");
    }
    return pos;
  }
  for (let at = pos; at < end; at++) {
    if (codes[at] === AT) throw new Unexpected(pos, "a character of a user");
  }
  return -1;
}

/**
 * Reads the part of a text that is a URI, and leaves the scanner before its header components.
 * Throws {@linkcode Unexpected}.
 */
export function readUri(scanner: Scanner, start: number, end: number): URI {
  const { text, codes } = scanner;
  if (start >= end || !isAlpha(codes[start] ?? 0)) throw new Unexpected(start, "a URI");
  const isPlain = codes[start] === 0x73 && codes[start + 1] === 0x69 &&
    codes[start + 2] === 0x70 && codes[start + 3] === COLON;
  const colon = isPlain ? start + 3 : skip(SCHEME, codes, start, end);
  if (colon >= end || codes[colon] !== COLON) throw new Unexpected(colon, "a URI's ':'");
  if (colon + 1 >= end) throw new Unexpected(end, "something behind a URI's scheme");
  const scheme = isPlain ? "sip" : text.slice(start, colon).toLowerCase();
  // Its parts are set below, and need no check for what ends a line: this text is within one.
  const uri = new URI(undefined, undefined, "");
  uri.scheme = scheme;
  const pos = colon + 1;
  const isSip = scheme === "sip" || scheme === "sips";
  const behind = isSip ? readAuthority(uri, text, codes, pos, end) : pos;
  const headers = isSip ? skipEscaped(PARAMETER, codes, behind, end) : pos;
  const rest = skipEscaped(ANY, codes, headers, end);
  if (rest < end) throw new Unexpected(rest, "a character of a URI");
  scanner.pos = isSip ? headers : end;
  if (isSip) {
    if (behind < headers) uri.keepParameters(text.slice(behind, headers));
    if (headers < end) uri.headers = readHeaders(text.slice(headers + 1, end));
  } else if (scheme === "tel") {
    const semicolon = text.slice(pos, end).indexOf(";");
    uri.user = text.slice(pos, semicolon < 0 ? end : pos + semicolon);
    if (semicolon >= 0) uri.keepParameters(text.slice(pos + semicolon, end));
  } else uri.opaque = text.slice(pos, end);
  return uri;
}

/** Reads `[ userinfo ] hostport` into a URI; returns the position behind it. */
function readAuthority(
  uri: URI,
  text: string,
  codes: Uint8Array,
  start: number,
  end: number,
): number {
  const at = scanUser(codes, start, end);
  if (at >= 0) {
    let colon = start;
    while (colon < at && codes[colon] !== COLON) colon++;
    uri.user = text.slice(start, colon);
    if (colon < at) uri.password = text.slice(colon + 1, at);
  }
  const hostStart = at < 0 ? start : at + 1;
  const host = scanHostPort(codes, hostStart, end, false);
  uri.host = text.slice(hostStart, host.hostEnd);
  if (host.port >= 0) uri.port = host.port;
  const next = host.end < end ? codes[host.end] : SEMICOLON;
  if (next === SEMICOLON || next === QUESTION) return host.end;
  throw new Unexpected(host.end, "';', '?' or the end of the URI");
}

/** Escapes what may not stand bare (RFC 3261 §19.1.2); escapes that are there already stay. */
function escapeUser(text: string): string {
  if (every(UNESCAPED_USER, text)) return text;
  return checkLine("user", text).toWellFormed().replace(
    /%[0-9a-f]{2}|%|[^a-z0-9\-_.!~*'()&=+$,;?/%]+/gi,
    (piece) => piece.length === 3 && piece.startsWith("%") ? piece : encodeURIComponent(piece),
  );
}

/**
 * A URI. Its parts are kept as they stand on the wire, with `%` escapes as they came.
 *
 * @example
 * ```ts
 * import { URI } from "@strowger/sip";
 *
 * const uri = URI.parse("sip:bob@example.com:5070;transport=tcp");
 * console.assert(uri.user === "bob" && uri.port === 5070);
 * console.assert(uri.getParam("transport") === "tcp");
 * ```
 */
export class URI extends Parameters {
  /** The scheme in lower case: `sip`, `sips`, `tel`, or another. */
  declare scheme: string;
  /** The user, or the number of a `tel:` URI, escaped as it is on the wire. */
  declare user: string | undefined;
  /** The password, escaped as it is on the wire. RFC 3261 §19.1.1 advises against using one. */
  declare password: string | undefined;
  /** The host; an IPv6 address stands in its brackets. Empty for schemes without hosts. */
  declare host: string;
  /** The port, where one is given. */
  declare port: number | undefined;
  /** All behind the colon, for a scheme other than `sip`, `sips` and `tel`. */
  declare opaque: string | undefined;
  declare private headerValues: UriHeaders | undefined;

  /**
   * Makes a URI from its parts. What may not stand bare in a user is escaped; a text with CR, LF or
   * NUL is refused with an {@linkcode InvalidArgumentError}.
   */
  constructor(
    scheme: string | undefined,
    user: string | undefined,
    host: string,
    port?: number,
    parameters?: { [name: string]: string | number | null },
    headers?: UriHeaders,
  ) {
    super(parameters);
    this.scheme = scheme === undefined ? "sip" : checkLine("scheme", scheme);
    this.user = user === undefined || user === "" ? undefined : escapeUser(user);
    this.host = host === "" ? host : checkLine("host", host);
    this.port = port;
    this.password = undefined;
    this.opaque = undefined;
    this.headerValues = headers;
  }

  /** The header components. */
  get headers(): UriHeaders {
    return this.headerValues ??= Object.create(null) as UriHeaders;
  }

  set headers(values: UriHeaders) {
    this.headerValues = values;
  }

  /** Reads a URI that a program wrote; throws {@linkcode InvalidArgumentError} if it is none. */
  static parse(text: string): URI {
    const uri = parseUri(text);
    if (uri instanceof URI) return uri;
    throw new InvalidArgumentError("URI", `${uri.expected} at ${uri.offset}`, uri.found);
  }

  /** The user with its escapes decoded; as it came where they are not UTF-8. */
  get decodedUser(): string | undefined {
    if (this.user === undefined || !this.user.includes("%")) return this.user;
    try {
      return decodeURIComponent(this.user);
    } catch {
      return this.user;
    }
  }

  /** `user@host`, the address of record; of a URI without a host, what stands in its place. */
  get aor(): string {
    if (this.host === "") return this.opaque ?? this.user ?? "";
    return this.user === undefined ? this.host : `${this.user}@${this.host}`;
  }

  /** Whether there are header components. */
  get hasHeaders(): boolean {
    for (const _ in this.headerValues) return true;
    return false;
  }

  /** Sets a header component. */
  setHeader(name: string, value: string | string[]): void {
    this.headers[name] = typeof value === "string" ? [value] : value;
  }

  /** The values of a header component. */
  getHeader(name: string): string[] | undefined {
    return this.headerValues?.[name];
  }

  /** Whether a header component is there. */
  hasHeader(name: string): boolean {
    return this.headerValues !== undefined && name in this.headerValues;
  }

  /** Takes a header component away and returns its values. */
  deleteHeader(name: string): string[] | undefined {
    const values = this.headers[name];
    delete this.headers[name];
    return values;
  }

  /** Takes all header components away. */
  clearHeaders(): void {
    this.headerValues = undefined;
  }

  /** A copy that shares nothing with this one, nor with the message that it came in. */
  clone(): URI {
    const { user, password, opaque } = this;
    const copy = new URI(undefined, undefined, "", this.port);
    copy.scheme = ownText(this.scheme);
    copy.host = ownText(this.host);
    copy.user = user && ownText(user);
    copy.password = password && ownText(password);
    copy.opaque = opaque && ownText(opaque);
    copy.copyParameters(this);
    for (const name in this.headerValues) copy.headers[name] = [...(this.headers[name] ?? [])];
    return copy;
  }

  protected override readParameters(text: string): ParameterValues {
    return readParameters(text);
  }

  /** As `toString`: nothing is normalised. */
  toRaw(): string {
    return this.toString();
  }

  /** The URI as it stands on the wire, without angle brackets. */
  override toString(): string {
    if (this.opaque !== undefined) return `${this.scheme}:${this.opaque}`;
    let text = `${this.scheme}:`;
    if (this.user !== undefined) {
      text += this.user;
      if (this.password !== undefined) text += `:${this.password}`;
      if (this.host !== "") text += "@";
    }
    text += this.host;
    if (this.port !== undefined) text += `:${this.port}`;
    if (this.hasParams) {
      for (const name in this.parameters) {
        const value = this.parameters[name];
        text += value === null || value === undefined ? `;${name}` : `;${name}=${value}`;
      }
    }
    if (this.headerValues === undefined) return text;
    let separator = "?";
    for (const name in this.headers) {
      for (const value of this.headers[name] ?? []) {
        text += `${separator}${name}=${value}`;
        separator = "&";
      }
    }
    return text;
  }
}

/**
 * Reads a URI, or says what is wrong with it.
 *
 * @example
 * ```ts
 * import { Fault, parseUri } from "@strowger/sip/messages";
 *
 * const uri = parseUri("sip:bob@[2001:db8::1");
 * console.assert(uri instanceof Fault && uri.offset === 20);
 * ```
 */
export function parseUri(text: string): URI | Fault {
  try {
    return readUri(new Scanner(text), 0, text.length);
  } catch (error) {
    return faultOf(error, text);
  }
}
