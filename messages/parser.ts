/**
 * From octets to a message, or to a description of what is wrong with them (RFC 3261 §7, §25).
 *
 * One pass, linear in the size. Only what routing needs is parsed here: the start line, the topmost
 * Via, From, To, Call-ID, CSeq, Max-Forwards and Content-Length.
 *
 * @module
 */
import { codesOf, isDigit, isIn, skip, TOKEN, WORD } from "./characters.ts";
import { answerableRequest } from "./answerable_request.ts";
import { Fault } from "./fault.ts";
import { cutLines, type Head, lineEnd, type Progress, refuseNul } from "./header_lines.ts";
import { HeaderId, nameOf, UNKNOWN } from "./header_names.ts";
import { MAX_CSEQ, readers } from "./headers.ts";
import {
  findLine,
  IncomingRequestMessage,
  IncomingResponseMessage,
  LINE,
  type MessageParts,
  octetOffset,
} from "./incoming_message.ts";
import { readTagged } from "./name_addr_header.ts";
import { excerpt, Scanner, skipLws, Unexpected } from "./scanner.ts";
import { readUri, type URI } from "./uri.ts";
import { readVia } from "./via_header.ts";

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What parsing octets gives. */
export type ParseResult = IncomingRequestMessage | IncomingResponseMessage | Fault;

/** The start line: of a request where `uri` is set, of a response where `status` is. */
interface StartLine {
  readonly method: string;
  readonly uri: URI | undefined;
  readonly status: number;
  readonly reason: string;
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
  const progress: Progress = { header: UNKNOWN };
  try {
    return read(
      new Scanner(text, text.length === bytes.length ? bytes : codesOf(text)),
      bytes,
      progress,
    );
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    return new Fault({
      header: progress.header === UNKNOWN ? undefined : nameOf(progress.header),
      offset: octetOffset(bytes, text, error.offset),
      expected: error.expected,
      found: excerpt(text, error.offset),
      status: error.status,
      request: answerableRequest(bytes),
    });
  }
}

function read(
  scanner: Scanner,
  bytes: Uint8Array,
  progress: Progress,
): IncomingRequestMessage | IncomingResponseMessage {
  const { text, codes } = scanner;
  let pos = 0;
  while (codes[pos] === CR && codes[pos + 1] === LF) pos += 2;
  const startEnd = lineEnd(text, pos);
  const start = readStartLine(scanner, pos, startEnd);
  const head = cutLines(scanner, startEnd + 2, progress);
  refuseNul(text, pos, head.end);
  const parts = readRouting(scanner, bytes, head, start.method, progress);
  if (start.uri === undefined) {
    return new IncomingResponseMessage(parts, start.status, start.reason);
  }
  return new IncomingRequestMessage(parts, start.uri);
}

function isVersion(codes: Uint8Array, start: number, end: number): boolean {
  // "SIP-Version is case-insensitive" (RFC 3261 §7.1).
  return end - start === 7 && ((codes[start] ?? 0) | 0x20) === 0x73 &&
    ((codes[start + 1] ?? 0) | 0x20) === 0x69 && ((codes[start + 2] ?? 0) | 0x20) === 0x70 &&
    codes[start + 3] === 0x2f && codes[start + 4] === 0x32 &&
    codes[start + 5] === 0x2e && codes[start + 6] === 0x30;
}

function readStartLine(scanner: Scanner, start: number, end: number): StartLine {
  const { text, codes } = scanner;
  const pos = skip(TOKEN, codes, start, end);
  if (pos > start && codes[pos] === 0x2f) return readStatusLine(scanner, start, end);
  if (pos === start) throw new Unexpected(pos, "a method or SIP/2.0");
  if (codes[pos] !== SP) throw new Unexpected(pos, "one space behind the method");
  const method = text.slice(start, pos);
  const uriStart = pos + 1;
  // "The Request-URI MUST NOT contain unescaped spaces or control characters" (§7.1), and the three
  // parts are separated by one space each.
  let uriEnd = uriStart;
  while (uriEnd < end && codes[uriEnd] !== SP) uriEnd++;
  if (uriEnd === end) throw new Unexpected(end, "one space and SIP/2.0");
  const uri = readUri(scanner, uriStart, uriEnd);
  if (scanner.pos < uriEnd) scanner.fail("a Request-URI without headers");
  if (!isVersion(codes, uriEnd + 1, end)) {
    const other = /^SIP\/\d+\.\d+$/i.test(text.slice(uriEnd + 1, Math.min(end, uriEnd + 20)));
    throw new Unexpected(uriEnd + 1, "SIP/2.0", other ? 505 : 400);
  }
  return { method, uri, status: 0, reason: "" };
}

function readStatusLine(
  { text, codes }: Scanner,
  start: number,
  end: number,
): StartLine {
  const space = start + 7;
  if (!isVersion(codes, start, space) || codes[space] !== SP) {
    throw new Unexpected(start, "SIP/2.0 and one space");
  }
  let status = 0;
  for (let pos = space + 1; pos < space + 4; pos++) {
    const code = codes[pos] ?? 0;
    if (!isDigit(code)) throw new Unexpected(pos, "a status code of three digits");
    status = status * 10 + code - 0x30;
  }
  // The space is there even before an empty reason phrase (§7.2); devices leave it out.
  const behind = space + 4;
  if (status < 100 || status > 699 || (behind < end && codes[behind] !== SP)) {
    throw new Unexpected(space + 1, "a status code from 100 to 699");
  }
  return { method: "", uri: undefined, status, reason: text.slice(behind + 1, end) };
}

function checkCallId(codes: Uint8Array, start: number, end: number): void {
  let pos = skip(WORD, codes, start, end);
  if (pos > start && pos < end && codes[pos] === 0x40) {
    if (pos + 1 === end) throw new Unexpected(end, "a Call-ID");
    pos = skip(WORD, codes, pos + 1, end);
  }
  if (pos < end) throw new Unexpected(pos, "a character of a Call-ID");
  if (start === end) throw new Unexpected(end, "a Call-ID");
}

/** Takes the scanner to a header's first line, which has to be there. */
function turnTo(id: number, scanner: Scanner, head: Head, progress: Progress): Scanner {
  progress.header = id;
  const at = head.first[id] ?? -1;
  if (at < 0) throw new Unexpected(head.end, `the header ${nameOf(id)}`);
  scanner.pos = head.lines[at + 1] ?? 0;
  scanner.end = head.lines[at + 2] ?? 0;
  return scanner;
}

/** Reads the headers that routing needs, and makes sure that the ones that must be there are. */
function readRouting(
  scanner: Scanner,
  bytes: Uint8Array,
  head: Head,
  method: string,
  progress: Progress,
): MessageParts {
  const { text, codes } = scanner;
  const { lines, first } = head;
  // Via comes first: whatever else is wrong, it is what an answer needs most.
  turnTo(HeaderId.via, scanner, head, progress);
  const via = readVia(scanner);
  let hasMoreVias = scanner.take(",");
  if (!hasMoreVias) {
    scanner.finish();
    hasMoreVias = findLine(lines, HeaderId.via, (first[HeaderId.via] ?? 0) + LINE) >= 0;
  }
  turnTo(HeaderId.callId, scanner, head, progress);
  checkCallId(codes, scanner.pos, scanner.end);
  const callId = text.slice(scanner.pos, scanner.end);
  turnTo(HeaderId.cseq, scanner, head, progress);
  const cseq = readNumberAndMethod(scanner, scanner.pos, scanner.end);
  if (method !== "" && method !== cseq.method) {
    // RFC 3261 §8.1.1.5: "The method MUST match that of the request."
    throw new Unexpected(
      scanner.end - cseq.method.length,
      `the method of the request, ${method}`,
    );
  }
  const from = readTagged(turnTo(HeaderId.from, scanner, head, progress));
  const to = readTagged(turnTo(HeaderId.to, scanner, head, progress));
  let maxForwards: number | undefined;
  if (first[HeaderId.maxForwards] !== -1) {
    turnTo(HeaderId.maxForwards, scanner, head, progress);
    maxForwards = readers["Max-Forwards"](scanner);
    scanner.finish();
  }
  const bodyStart = text.length === bytes.length ? head.end : bodyOffset(bytes);
  let bodyEnd = bytes.length;
  if (first[HeaderId.contentLength] !== -1) {
    turnTo(HeaderId.contentLength, scanner, head, progress);
    const start = scanner.pos;
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
  progress.header = UNKNOWN;
  return {
    bytes,
    text,
    codes,
    lines,
    bodyStart,
    bodyEnd,
    via,
    hasMoreVias,
    from: from.address,
    fromTag: from.tag,
    to: to.address,
    toTag: to.tag,
    callId,
    cseq: cseq.number,
    method: cseq.method,
    maxForwards,
  };
}

function readNumberAndMethod(
  { text, codes }: Scanner,
  start: number,
  end: number,
): { number: number; method: string } {
  let number = 0;
  let pos = start;
  while (pos < end && isDigit(codes[pos] ?? 0) && number <= MAX_CSEQ) {
    number = number * 10 + (codes[pos++] ?? 0) - 0x30;
  }
  if (pos === start || number > MAX_CSEQ) {
    throw new Unexpected(start, `a sequence number of at most ${MAX_CSEQ}`);
  }
  const method = skipLws(codes, pos, end);
  if (method === pos) throw new Unexpected(pos, "a space and a method");
  for (pos = method; pos < end; pos++) {
    if (!isIn(TOKEN, codes[pos] ?? 0)) throw new Unexpected(pos, "the end of the method");
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
