/**
 * URIs: `sip:`, `sips:`, `tel:` (RFC 3966) and any other scheme, which is kept whole
 * (RFC 3261 §19.1, §25.1).
 *
 * @module
 */
import { isAlpha, isDigit, isHex, isHost, isLws, isScheme, isUri, isUser } from "./characters.ts";
import { InvalidArgumentError } from "./errors.ts";
import type { Fault } from "./fault.ts";
import { checkLine, Parameters, type ParameterValues } from "./parameters.ts";
import { faultOf, Unexpected } from "./scanner.ts";

/** Header components of a URI (`?Subject=...`) by their name as it came. */
export type UriHeaders = { [name: string]: string[] };

/** Where the parts of a URI stand in a text; -1 where there is none. */
export interface UriParts {
  readonly start: number;
  readonly schemeEnd: number;
  readonly at: number;
  readonly hostStart: number;
  readonly hostEnd: number;
  readonly port: number;
  readonly parameters: number;
  readonly headers: number;
  readonly end: number;
}

const COLON = 0x3a;
const SEMICOLON = 0x3b;
const QUESTION = 0x3f;
const PERCENT = 0x25;

/** Whether a scheme is one of the two that this RFC defines, whose URIs have hosts and parameters. */
function isSipScheme(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length !== 3 && length !== 4) return false;
  return (text.charCodeAt(start) | 0x20) === 0x73 && (text.charCodeAt(start + 1) | 0x20) === 0x69 &&
    (text.charCodeAt(start + 2) | 0x20) === 0x70 &&
    (length === 3 || (text.charCodeAt(start + 3) | 0x20) === 0x73);
}

function scanEscaped(
  text: string,
  start: number,
  end: number,
  test: (code: number) => boolean,
  expected: string,
): void {
  for (let pos = start; pos < end; pos++) {
    const code = text.charCodeAt(pos);
    if (!test(code)) throw new Unexpected(pos, expected);
    if (code !== PERCENT) continue;
    if (pos + 2 >= end || !isHex(text.charCodeAt(pos + 1)) || !isHex(text.charCodeAt(pos + 2))) {
      throw new Unexpected(pos, "'%' and two hexadecimal digits");
    }
  }
}

function scanHost(text: string, start: number, end: number): number {
  let pos = start;
  if (text.charCodeAt(pos) === 0x5b) {
    // The RFC's own ABNF allows three colons in a row; RFC 5118 §4.10 asks to take them.
    for (pos++; pos < end && text.charCodeAt(pos) !== 0x5d; pos++) {
      const code = text.charCodeAt(pos);
      if (!isHex(code) && code !== COLON && code !== 0x2e) {
        throw new Unexpected(pos, "an IPv6 address and ']'");
      }
    }
    // The shortest address is `::`.
    if (pos >= end || pos < start + 3) throw new Unexpected(pos, "an IPv6 address and ']'");
    return pos + 1;
  }
  while (pos < end && isHost(text.charCodeAt(pos))) pos++;
  if (pos === start) throw new Unexpected(pos, "a host");
  return pos;
}

/**
 * Reads `host [ ":" port ]`; also for a Via's sent-by. The port is -1 when there is none, and
 * white space around the colon is passed over only where `lws` says so.
 */
export function scanHostPort(
  text: string,
  start: number,
  end: number,
  lws: boolean,
): { hostEnd: number; port: number; end: number } {
  const hostEnd = scanHost(text, start, end);
  let pos = hostEnd;
  if (lws) { while (pos < end && isLws(text.charCodeAt(pos))) pos++; }
  if (pos >= end || text.charCodeAt(pos) !== COLON) return { hostEnd, port: -1, end: hostEnd };
  pos++;
  if (lws) { while (pos < end && isLws(text.charCodeAt(pos))) pos++; }
  const digits = pos;
  let port = 0;
  while (pos < end && isDigit(text.charCodeAt(pos)) && port <= 65535) {
    port = port * 10 + text.charCodeAt(pos++) - 0x30;
  }
  if (pos === digits || port > 65535) throw new Unexpected(digits, "a port of at most 65535");
  return { hostEnd, port, end: pos };
}

/** Checks the grammar of a URI and says where its parts stand. Throws {@linkcode Unexpected}. */
export function scanUri(text: string, start: number, end: number): UriParts {
  let pos = start;
  if (pos >= end || !isAlpha(text.charCodeAt(pos))) throw new Unexpected(start, "a URI");
  while (pos < end && isScheme(text.charCodeAt(pos))) pos++;
  if (pos >= end || text.charCodeAt(pos) !== COLON) throw new Unexpected(pos, "a URI's ':'");
  const schemeEnd = pos++;
  if (pos >= end) throw new Unexpected(pos, "something behind a URI's scheme");
  if (!isSipScheme(text, start, schemeEnd)) {
    scanEscaped(text, pos, end, isUri, "a character of a URI");
    const none = { at: -1, hostStart: -1, hostEnd: -1, port: -1, parameters: -1, headers: -1 };
    return { start, schemeEnd, ...none, end };
  }
  let at = -1;
  for (let i = pos; i < end; i++) {
    if (text.charCodeAt(i) === 0x40) {
      at = i;
      break;
    }
  }
  if (at >= 0) {
    if (at === pos || text.charCodeAt(pos) === COLON) {
      throw new Unexpected(pos, "a user before '@'");
    }
    scanEscaped(text, pos, at, isUser, "a character of a user");
    pos = at + 1;
  }
  const hostStart = pos;
  const host = scanHostPort(text, pos, end, false);
  pos = host.end;
  let parameters = -1;
  let headers = -1;
  if (pos < end && text.charCodeAt(pos) === SEMICOLON) parameters = pos;
  else if (pos < end && text.charCodeAt(pos) === QUESTION) headers = pos;
  else if (pos < end) throw new Unexpected(pos, "';', '?' or the end of the URI");
  for (let i = pos; i < end && headers < 0; i++) if (text.charCodeAt(i) === QUESTION) headers = i;
  scanEscaped(text, pos, end, isUri, "a character of a URI");
  return {
    start,
    schemeEnd,
    at,
    hostStart,
    hostEnd: host.hostEnd,
    port: host.port,
    parameters,
    headers,
    end,
  };
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

/** Makes a URI from the parts that {@linkcode scanUri} found. */
export function buildUri(text: string, parts: UriParts): URI {
  const scheme = text.slice(parts.start, parts.schemeEnd).toLowerCase();
  const uri = new URI(scheme, undefined, "");
  if (scheme === "tel") {
    const semicolon = text.indexOf(";", parts.schemeEnd);
    const end = semicolon < 0 || semicolon > parts.end ? parts.end : semicolon;
    uri.user = text.slice(parts.schemeEnd + 1, end);
    uri.parameters = readParameters(text.slice(end, parts.end));
    return uri;
  }
  if (parts.hostStart < 0) {
    uri.opaque = text.slice(parts.schemeEnd + 1, parts.end);
    return uri;
  }
  if (parts.at >= 0) {
    const userinfo = text.slice(parts.schemeEnd + 1, parts.at);
    const colon = userinfo.indexOf(":");
    uri.user = colon < 0 ? userinfo : userinfo.slice(0, colon);
    if (colon >= 0) uri.password = userinfo.slice(colon + 1);
  }
  uri.host = text.slice(parts.hostStart, parts.hostEnd);
  if (parts.port >= 0) uri.port = parts.port;
  const parametersEnd = parts.headers < 0 ? parts.end : parts.headers;
  if (parts.parameters >= 0) {
    uri.parameters = readParameters(text.slice(parts.parameters + 1, parametersEnd));
  }
  if (parts.headers >= 0) uri.headers = readHeaders(text.slice(parts.headers + 1, parts.end));
  return uri;
}

/** Escapes what may not stand bare (RFC 3261 §19.1.2); escapes that are there already stay. */
function escapeUser(text: string): string {
  return checkLine("user", text).toWellFormed().replace(
    /%[0-9a-f]{2}|%|[^a-z0-9\-_.!~*'()&=+$,;?/#%]+/gi,
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
  scheme: string;
  /** The user, or the number of a `tel:` URI, escaped as it is on the wire. */
  user: string | undefined;
  /** The password, escaped as it is on the wire. RFC 3261 §19.1.1 advises against using one. */
  password: string | undefined;
  /** The host; an IPv6 address stands in its brackets. Empty for schemes without hosts. */
  host: string;
  /** The port, where one is given. */
  port: number | undefined;
  /** All behind the colon, for a scheme other than `sip`, `sips` and `tel`. */
  opaque: string | undefined;
  /** The header components. */
  headers: UriHeaders;

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
    this.scheme = checkLine("scheme", scheme ?? "sip");
    this.user = user === undefined || user === "" ? undefined : escapeUser(user);
    this.host = checkLine("host", host);
    this.port = port;
    this.headers = headers ?? Object.create(null);
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

  /** Sets a header component. */
  setHeader(name: string, value: string | string[]): void {
    this.headers[name] = typeof value === "string" ? [value] : value;
  }

  /** The values of a header component. */
  getHeader(name: string): string[] | undefined {
    return this.headers[name];
  }

  /** Whether a header component is there. */
  hasHeader(name: string): boolean {
    return name in this.headers;
  }

  /** Takes a header component away and returns its values. */
  deleteHeader(name: string): string[] | undefined {
    const values = this.headers[name];
    delete this.headers[name];
    return values;
  }

  /** Takes all header components away. */
  clearHeaders(): void {
    this.headers = Object.create(null);
  }

  /** A copy that shares nothing with this one. */
  clone(): URI {
    const headers: UriHeaders = Object.create(null);
    for (const name in this.headers) headers[name] = [...(this.headers[name] ?? [])];
    const copy = new URI(this.scheme, this.user, this.host, this.port, this.parameters, headers);
    copy.password = this.password;
    copy.opaque = this.opaque;
    return copy;
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
    for (const name in this.parameters) {
      const value = this.parameters[name];
      text += value === null || value === undefined ? `;${name}` : `;${name}=${value}`;
    }
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
    return buildUri(text, scanUri(text, 0, text.length));
  } catch (error) {
    return faultOf(error, text);
  }
}
