/**
 * From octets to a message, or to a description of what is wrong with them (RFC 3261 §7, §25).
 *
 * One pass, linear in the size. Only what routing needs is parsed here: the start line, the topmost
 * Via, From, To, Call-ID, CSeq, Max-Forwards and Content-Length.
 *
 * @module
 */
import { isDigit, isLws, isToken, isValue, isWord } from "./characters.ts";
import { type AnswerableRequest, Fault } from "./fault.ts";
import { HeaderId, headerId, isSingle, nameOf, UNKNOWN } from "./header_names.ts";
import { MAX_CSEQ, readers } from "./headers.ts";
import {
  IncomingRequestMessage,
  IncomingResponseMessage,
  type MessageParts,
  octetOffset,
} from "./incoming_message.ts";
import { scanNameAddr } from "./name_addr_header.ts";
import { excerpt, Scanner, skipLws, skipQuoted, Unexpected } from "./scanner.ts";
import { scanUri, type UriParts } from "./uri.ts";
import { readVia } from "./via_header.ts";

/** How many header lines a message may have: what a peer can make grow has a limit. */
const MAX_LINES = 1000;

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTAB = 0x09;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What parsing octets gives. */
export type ParseResult = IncomingRequestMessage | IncomingResponseMessage | Fault;

/** The start line: of a request where `uri` is set, of a response where `status` is. */
interface StartLine {
  readonly method: string;
  readonly uri: UriParts | undefined;
  readonly status: number;
  readonly reason: string;
}

/** What is known while a message is being parsed, so that a fault can say where it is. */
interface Progress {
  header: string | undefined;
}

/**
 * Parses one message from one datagram, WebSocket frame, or piece of a stream that a `Framer` cut.
 *
 * Octets behind the Content-Length are ignored (RFC 3261 §18.3), and CRLFs before the start line
 * (§7.5). Never throws. The message keeps `bytes`: they must not change afterwards.
 *
 * @param bytes One whole message.
 * @returns The message, or what is wrong with it: see {@linkcode Fault}.
 *
 * @example
 * ```ts
 * import { parseMessage } from "@strowger/sip/messages";
 *
 * const parsed = parseMessage(new TextEncoder().encode(
 *   "OPTIONS sip:bob@example.com SIP/2.0\r\n" +
 *     "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK77\r\n" +
 *     "f: <sip:alice@example.com>;tag=1\r\nt: <sip:bob@example.com>\r\n" +
 *     "i: a84b4c76e66710\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n",
 * ));
 * console.assert(parsed.kind === "request" && parsed.ruri.user === "bob");
 * ```
 */
export function parseMessage(bytes: Uint8Array): ParseResult {
  const text = decoder.decode(bytes);
  const progress: Progress = { header: undefined };
  try {
    return read(bytes, text, progress);
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    return new Fault({
      header: progress.header,
      offset: octetOffset(bytes, text, error.offset),
      expected: error.expected,
      found: excerpt(text, error.offset),
      status: error.status,
      request: answerableRequest(bytes),
    });
  }
}

function read(
  bytes: Uint8Array,
  text: string,
  progress: Progress,
): IncomingRequestMessage | IncomingResponseMessage {
  let pos = 0;
  while (text.charCodeAt(pos) === CR && text.charCodeAt(pos + 1) === LF) pos += 2;
  const startEnd = lineEnd(text, pos);
  const start = readStartLine(text, pos, startEnd);
  const lines: number[] = [];
  const headEnd = cutLines(text, startEnd + 2, lines, progress);
  refuseNul(text, pos, headEnd);
  const parts = readRouting(bytes, text, lines, headEnd, start.method, progress);
  if (start.uri === undefined) {
    return new IncomingResponseMessage(parts, start.status, start.reason);
  }
  return new IncomingRequestMessage(parts, start.uri);
}

/** The position of the CRLF that ends a line. A CR or LF alone ends no line (RFC 3261 §7). */
function lineEnd(text: string, pos: number): number {
  const lf = text.indexOf("\n", pos);
  if (lf < 0) throw new Unexpected(text.length, "CRLF");
  const cr = text.indexOf("\r", pos);
  if (cr === lf - 1) return cr;
  if (cr < 0 || cr > lf) throw new Unexpected(lf, "CR before LF");
  throw new Unexpected(cr, "LF after CR");
}

function isVersion(text: string, start: number, end: number): boolean {
  // "SIP-Version is case-insensitive" (RFC 3261 §7.1).
  return end - start === 7 && (text.charCodeAt(start) | 0x20) === 0x73 &&
    (text.charCodeAt(start + 1) | 0x20) === 0x69 && (text.charCodeAt(start + 2) | 0x20) === 0x70 &&
    text.charCodeAt(start + 3) === 0x2f && text.charCodeAt(start + 4) === 0x32 &&
    text.charCodeAt(start + 5) === 0x2e && text.charCodeAt(start + 6) === 0x30;
}

function readStartLine(text: string, start: number, end: number): StartLine {
  let pos = start;
  while (pos < end && isToken(text.charCodeAt(pos))) pos++;
  if (pos > start && text.charCodeAt(pos) === 0x2f) return readStatusLine(text, start, end);
  if (pos === start) throw new Unexpected(pos, "a method or SIP/2.0");
  if (text.charCodeAt(pos) !== SP) throw new Unexpected(pos, "one space behind the method");
  const method = text.slice(start, pos);
  const uriStart = pos + 1;
  // "No unescaped spaces or control characters are allowed in the Request-URI" (§7.1), and the
  // three parts are separated by one space each.
  let uriEnd = uriStart;
  while (uriEnd < end && text.charCodeAt(uriEnd) !== SP) uriEnd++;
  if (uriEnd === end) throw new Unexpected(end, "one space and SIP/2.0");
  const uri = scanUri(text, uriStart, uriEnd);
  if (uri.headers >= 0) throw new Unexpected(uri.headers, "a Request-URI without headers");
  if (!isVersion(text, uriEnd + 1, end)) {
    const other = /^SIP\/\d+\.\d+$/i.test(text.slice(uriEnd + 1, Math.min(end, uriEnd + 20)));
    throw new Unexpected(uriEnd + 1, "SIP/2.0", other ? 505 : 400);
  }
  return { method, uri, status: 0, reason: "" };
}

function readStatusLine(text: string, start: number, end: number): StartLine {
  const space = start + 7;
  if (!isVersion(text, start, space) || text.charCodeAt(space) !== SP) {
    throw new Unexpected(start, "SIP/2.0 and one space");
  }
  let status = 0;
  for (let pos = space + 1; pos < space + 4; pos++) {
    const code = text.charCodeAt(pos);
    if (!isDigit(code)) throw new Unexpected(pos, "a status code of three digits");
    status = status * 10 + code - 0x30;
  }
  // The space is there even before an empty reason phrase (§7.2); devices leave it out.
  const behind = space + 4;
  if (status < 100 || status > 699 || (behind < end && text.charCodeAt(behind) !== SP)) {
    throw new Unexpected(space + 1, "a status code from 100 to 699");
  }
  return { method: "", uri: undefined, status, reason: text.slice(behind + 1, end) };
}

/** Cuts the head into lines and returns where the body begins. */
function cutLines(text: string, start: number, lines: number[], progress: Progress): number {
  let pos = start;
  let seen = 0;
  let seenMore = 0;
  for (let count = 0;; count++) {
    if (text.charCodeAt(pos) === CR && text.charCodeAt(pos + 1) === LF) return pos + 2;
    if (count === MAX_LINES) throw new Unexpected(pos, `at most ${MAX_LINES} header lines`, 513);
    let nameEnd = pos;
    while (isToken(text.charCodeAt(nameEnd))) nameEnd++;
    let colon = nameEnd;
    while (text.charCodeAt(colon) === SP || text.charCodeAt(colon) === HTAB) colon++;
    if (nameEnd === pos || text.charCodeAt(colon) !== 0x3a) {
      progress.header = undefined;
      throw new Unexpected(pos, "a header's name and ':', or an empty line");
    }
    let end = lineEnd(text, colon);
    // "Header fields can be extended over multiple lines by preceding each extra line with at
    // least one SP or horizontal tab" (§7.3.1).
    while (text.charCodeAt(end + 2) === SP || text.charCodeAt(end + 2) === HTAB) {
      end = lineEnd(text, end + 2);
    }
    const id = headerId(text.slice(pos, nameEnd));
    if (id !== UNKNOWN && isSingle(id)) {
      const bit = 1 << (id & 31);
      if (((id < 32 ? seen : seenMore) & bit) !== 0) {
        progress.header = nameOf(id);
        throw new Unexpected(pos, `one ${nameOf(id)} only`);
      }
      if (id < 32) seen |= bit;
      else seenMore |= bit;
    }
    let valueStart = colon + 1;
    let valueEnd = end;
    while (valueStart < valueEnd && isLws(text.charCodeAt(valueStart))) valueStart++;
    while (valueEnd > valueStart && isLws(text.charCodeAt(valueEnd - 1))) valueEnd--;
    lines.push(id, pos, nameEnd, valueStart, valueEnd);
    pos = end + 2;
  }
}

/** NUL may stand in a head only as an escaped character of a quoted string (RFC 3261 §25.1). */
function refuseNul(text: string, start: number, end: number): void {
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

/** The tag among the parameters from `pos` on; nothing but parameters may stand there. */
function scanTag(text: string, start: number, end: number): string | undefined {
  let tag: string | undefined;
  for (let pos = skipLws(text, start, end); pos < end; pos = skipLws(text, pos, end)) {
    if (text.charCodeAt(pos) !== 0x3b) throw new Unexpected(pos, "';' or the end of the value");
    const name = skipLws(text, pos + 1, end);
    pos = name;
    while (pos < end && isToken(text.charCodeAt(pos))) pos++;
    if (pos === name) throw new Unexpected(pos, "a parameter's name");
    const nameEnd = pos;
    pos = skipLws(text, pos, end);
    const isTag = nameEnd - name === 3 && text.slice(name, nameEnd).toLowerCase() === "tag";
    if (pos >= end || text.charCodeAt(pos) !== 0x3d) {
      if (isTag) throw new Unexpected(pos, "'=' and a tag");
      continue;
    }
    const value = skipLws(text, pos + 1, end);
    pos = value;
    // `tag-param = "tag" EQUAL token`, while other parameters may be quoted.
    if (text.charCodeAt(pos) === 0x22 && !isTag) pos = skipQuoted(text, pos, end);
    else while (pos < end && isValue(text.charCodeAt(pos))) pos++;
    if (pos === value) throw new Unexpected(pos, "a parameter's value");
    if (isTag) tag ??= text.slice(value, pos);
  }
  return tag;
}

function checkCallId(text: string, start: number, end: number): void {
  let at = false;
  for (let pos = start; pos < end; pos++) {
    const code = text.charCodeAt(pos);
    if (code === 0x40 && !at && pos > start) at = true;
    else if (!isWord(code)) throw new Unexpected(pos, "a character of a Call-ID");
  }
  if (start === end || text.charCodeAt(end - 1) === 0x40) throw new Unexpected(end, "a Call-ID");
}

/** Reads the headers that routing needs, and makes sure that the ones that must be there are. */
function readRouting(
  bytes: Uint8Array,
  text: string,
  lines: readonly number[],
  headEnd: number,
  method: string,
  progress: Progress,
): MessageParts {
  const first = new Int32Array(7).fill(-1);
  for (let at = 0; at < lines.length; at += 5) {
    const id = lines[at] ?? UNKNOWN;
    if (id >= 0 && id < 7 && first[id] === -1) first[id] = at;
  }
  const value = (id: number): [start: number, end: number] => {
    progress.header = nameOf(id);
    const at = first[id] ?? -1;
    if (at < 0) throw new Unexpected(headEnd, `the header ${nameOf(id)}`);
    return [lines[at + 3] ?? 0, lines[at + 4] ?? 0];
  };
  // Via comes first: whatever else is wrong, it is what an answer needs most.
  const viaScanner = new Scanner(text, ...value(HeaderId.via));
  const via = readVia(viaScanner);
  let hasMoreVias = viaScanner.take(",");
  if (!hasMoreVias) viaScanner.finish();
  for (let at = (first[HeaderId.via] ?? 0) + 5; at < lines.length && !hasMoreVias; at += 5) {
    hasMoreVias = lines[at] === HeaderId.via;
  }
  const [callIdStart, callIdEnd] = value(HeaderId.callId);
  checkCallId(text, callIdStart, callIdEnd);
  const [cseqStart, cseqEnd] = value(HeaderId.cseq);
  const cseq = readNumberAndMethod(text, cseqStart, cseqEnd);
  if (method !== "" && method !== cseq.method) {
    // RFC 3261 §8.1.1.5: "The method MUST match that of the request."
    throw new Unexpected(cseqEnd - cseq.method.length, `the method of the request, ${method}`);
  }
  const [fromStart, fromEnd] = value(HeaderId.from);
  const from = scanNameAddr(text, fromStart, fromEnd);
  const fromTag = scanTag(text, from.parameters, fromEnd);
  const [toStart, toEnd] = value(HeaderId.to);
  const to = scanNameAddr(text, toStart, toEnd);
  const toTag = scanTag(text, to.parameters, toEnd);
  let maxForwards: number | undefined;
  if ((first[HeaderId.maxForwards] ?? -1) >= 0) {
    const scanner = new Scanner(text, ...value(HeaderId.maxForwards));
    maxForwards = readers["Max-Forwards"](scanner);
    scanner.finish();
  }
  const bodyStart = text.length === bytes.length ? headEnd : bodyOffset(bytes);
  let bodyEnd = bytes.length;
  if ((first[HeaderId.contentLength] ?? -1) >= 0) {
    const [start, end] = value(HeaderId.contentLength);
    const scanner = new Scanner(text, start, end);
    const length = readers["Content-Length"](scanner);
    scanner.finish();
    // "If there are additional bytes in the transport packet beyond the end of the body, they
    // MUST be discarded. If the transport packet ends before the end of the message body, this is
    // considered an error" (RFC 3261 §18.3).
    if (length > bytes.length - bodyStart) {
      throw new Unexpected(start, `at most ${bytes.length - bodyStart}, the octets that follow`);
    }
    bodyEnd = bodyStart + length;
  }
  progress.header = undefined;
  return {
    bytes,
    text,
    lines,
    bodyStart,
    bodyEnd,
    via,
    hasMoreVias,
    from,
    fromEnd,
    fromTag,
    to,
    toEnd,
    toTag,
    callId: text.slice(callIdStart, callIdEnd),
    cseq: cseq.number,
    method: cseq.method,
    maxForwards,
  };
}

function readNumberAndMethod(
  text: string,
  start: number,
  end: number,
): { number: number; method: string } {
  let number = 0;
  let pos = start;
  while (pos < end && isDigit(text.charCodeAt(pos)) && number <= MAX_CSEQ) {
    number = number * 10 + text.charCodeAt(pos++) - 0x30;
  }
  if (pos === start || number > MAX_CSEQ) {
    throw new Unexpected(start, `a sequence number of at most ${MAX_CSEQ}`);
  }
  const method = skipLws(text, pos, end);
  if (method === pos) throw new Unexpected(pos, "a space and a method");
  for (pos = method; pos < end; pos++) {
    if (!isToken(text.charCodeAt(pos))) throw new Unexpected(pos, "the end of the method");
  }
  if (method === end) throw new Unexpected(end, "a method");
  return { number, method: text.slice(method, end) };
}

/** Where the body begins, in octets, when octets and characters are not the same. */
function bodyOffset(bytes: Uint8Array): number {
  let pos = 0;
  while (bytes[pos] === CR && bytes[pos + 1] === LF) pos += 2;
  for (let lf = bytes.indexOf(LF, pos); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) {
    if (bytes[lf + 1] === CR && bytes[lf + 2] === LF) return lf + 3;
  }
  return bytes.length;
}

const ANSWER_HEADERS = [
  HeaderId.from,
  HeaderId.to,
  HeaderId.callId,
  HeaderId.cseq,
] as const;

/**
 * The lines of a broken request that an answer to it repeats (RFC 3261 §8.2.6.2), taken as they
 * came. `undefined` for what is no request, lacks one of them, or would break the answer too.
 *
 * @param bytes A message, or only its head.
 */
export function answerableRequest(bytes: Uint8Array): AnswerableRequest | undefined {
  const text = decoder.decode(bytes);
  const blank = text.indexOf("\r\n\r\n", text.search(/\S/));
  const head = (blank < 0 ? text : text.slice(0, blank)).trimStart();
  const [startLine = "", ...lines] = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  const method = /^[^\s/]+(?=\s)/.exec(startLine)?.[0];
  // §17.1.1.3: an ACK is never answered.
  if (method === undefined || method === "ACK") return undefined;
  const via: string[] = [];
  const values = new Map<number, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const id = headerId(line.slice(0, Math.max(0, colon)).trim());
    const value = line.slice(colon + 1).trim();
    if (/[\r\n\0]/.test(value)) continue;
    if (id === HeaderId.via) via.push(value);
    else if (!values.has(id)) values.set(id, value);
  }
  const [from, to, callId, cseq] = ANSWER_HEADERS.map((id) => values.get(id));
  if (!via[0] || !from || !to || !callId || !cseq) return undefined;
  return { method, via, from, to, callId, cseq };
}
