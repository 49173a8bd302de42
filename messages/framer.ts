/**
 * Cuts the octets of a stream (TCP, TLS) into messages: by Content-Length, since nothing else says
 * where a body ends (RFC 3261 §18.3).
 *
 * @module
 */
import { isDigit, isLws } from "./characters.ts";
import { Fault, type FaultDetails } from "./fault.ts";
import { answerableRequest } from "./answerable_request.ts";

/** How much a peer can make a {@linkcode Framer} hold. */
export interface FramerLimits {
  /** Octets of a start line with its headers and the empty line behind them. Default 65,536. */
  readonly maxHeadBytes?: number;
  /** Octets of a body. Default 65,536. */
  readonly maxBodyBytes?: number;
}

/** What a {@linkcode Framer} finds in a stream. */
export type Frame =
  | {
    /** One whole message. */
    readonly type: "message";
    /** Its octets: an array of its own, whatever becomes of the chunk that it came in. */
    readonly bytes: Uint8Array;
  }
  | {
    /** A ping, CRLF CRLF, that is answered with one CRLF (RFC 5626 §3.5.1). */
    readonly type: "keepAlive";
  }
  | {
    /** The CRLF that answers a ping of this side: see {@linkcode Framer.expectPong}. */
    readonly type: "pong";
  }
  | {
    /** The place from which the stream can no longer be cut; nothing comes after it. */
    readonly type: "fault";
    /** What is wrong there. Its offset counts from the beginning of the message. */
    readonly fault: Fault;
  };

/**
 * What RFC 3261 §18.1.1 asks for at least: "implementations MUST be able to handle messages up to
 * the maximum datagram packet size. For UDP, this size is 65,535 bytes".
 */
const DEFAULT_LIMIT = 65_536;

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const NAME = "content-length";
const NOTHING = new Uint8Array(0);

/**
 * The framer of one stream. Chunks go in as they come, cut anywhere; messages come out whole.
 *
 * The work is linear in the octets that are pushed, however small the chunks are, and what is held
 * between two chunks is at most one message of the limits' size. After a fault `push` finds nothing
 * more: where the next message begins, only the peer knows.
 *
 * @example
 * ```ts
 * import { Framer } from "@strowger/sip/messages";
 *
 * const framer = new Framer();
 * const encode = (text: string) => new TextEncoder().encode(text);
 * console.assert(framer.push(encode("BYE sip:bob@example.com SIP/2.0\r\nl: 0\r\n")).length === 0);
 * const [frame] = framer.push(encode("\r\n"));
 * console.assert(frame?.type === "message" && frame.bytes.length === 41);
 * ```
 */
export class Framer {
  readonly #maxHead: number;
  readonly #maxBody: number;
  /** What has come of a message that is not whole yet, and room behind it. */
  #buffer: Uint8Array = NOTHING;
  #length = 0;
  /** In that message: where the line begins that is being read, and how far it was read. */
  #line = 0;
  #read = 0;
  /** Its length, 0 until its head is whole. */
  #total = 0;
  /** Whether a CRLF has come between messages that is half of a ping, if another one follows. */
  #halfPing = false;
  /** How many CRLFs between messages will be answers to pings of this side. */
  #pongs = 0;
  #failed = false;

  /** Begins before the first octet of a stream. */
  constructor(limits: FramerLimits = {}) {
    this.#maxHead = limits.maxHeadBytes ?? DEFAULT_LIMIT;
    this.#maxBody = limits.maxBodyBytes ?? DEFAULT_LIMIT;
  }

  /** Whether a message has begun and is not whole yet. */
  get isHolding(): boolean {
    return this.#length > 0;
  }

  /**
   * Says that a ping has been sent: the next CRLF between messages is its answer. Without that, the
   * answers to two pings would look like a ping of the peer's.
   */
  expectPong(): void {
    this.#pongs++;
  }

  /**
   * Takes the next octets of the stream; returns what they complete, in order. Everything that is
   * kept or returned is copied, so the caller may reuse `chunk` at once, and a message that a call
   * keeps does not keep the read buffer with it.
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    if (this.#failed) return frames;
    let rest = this.#join(chunk);
    while (rest.length > 0) {
      const taken = this.#take(rest, frames);
      if (taken === 0) break;
      rest = rest.subarray(taken);
    }
    this.#keep(this.#failed ? NOTHING : rest);
    return frames;
  }

  /** The chunk with what was kept before it. */
  #join(chunk: Uint8Array): Uint8Array {
    if (this.#length === 0) return chunk;
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#length);
    return this.#buffer.subarray(0, needed);
  }

  /** Keeps what is left for the next chunk. An idle stream holds no buffer. */
  #keep(rest: Uint8Array): void {
    this.#length = rest.length;
    if (rest.length === 0) {
      this.#buffer = NOTHING;
    } else if (rest.buffer !== this.#buffer.buffer) {
      this.#buffer = new Uint8Array(rest.length);
      this.#buffer.set(rest);
    } else if (rest.byteOffset > 0) {
      this.#buffer.copyWithin(0, rest.byteOffset, rest.byteOffset + rest.length);
    }
  }

  /** Takes one thing from the beginning of `rest`; returns its length, or 0 if it is not whole. */
  #take(rest: Uint8Array, frames: Frame[]): number {
    if (this.#read === 0 && rest[0] === CR) {
      if (rest.length === 1) return 0;
      if (rest[1] === LF) return this.#takeBlankLine(frames);
    }
    if (this.#total === 0) {
      const end = this.#findHeadEnd(rest);
      if ((end || rest.length) > this.#maxHead) return this.#failHead(rest, frames);
      if (end === 0) return 0;
      const head = rest.subarray(0, end);
      const body = readContentLength(head, this.#maxBody);
      if (typeof body !== "number") return this.#fail(body, head, frames);
      this.#total = end + body;
    }
    return rest.length < this.#total ? 0 : this.#takeMessage(rest, frames);
  }

  /**
   * RFC 3261 §7.5: "Implementations processing SIP messages over stream-oriented transports MUST
   * ignore any CRLF appearing before the start-line". Two of them are a ping as well (RFC 5626
   * §3.5.1); one alone is the answer to one.
   */
  #takeBlankLine(frames: Frame[]): number {
    if (this.#pongs > 0 && !this.#halfPing) {
      this.#pongs--;
      frames.push({ type: "pong" });
      return 2;
    }
    if (this.#halfPing) frames.push({ type: "keepAlive" });
    this.#halfPing = !this.#halfPing;
    return 2;
  }

  #takeMessage(rest: Uint8Array, frames: Frame[]): number {
    const length = this.#total;
    // Not `slice`, which in a Node Buffer is a view.
    const bytes = new Uint8Array(length);
    bytes.set(rest.subarray(0, length));
    frames.push({ type: "message", bytes });
    this.#line = this.#read = this.#total = 0;
    this.#halfPing = false;
    return length;
  }

  /**
   * The position behind the first empty line, or 0. A line that ends in a bare LF counts here, so
   * that a peer which knows no other end is told so, and not kept waiting.
   */
  #findHeadEnd(rest: Uint8Array): number {
    while (true) {
      const lf = rest.indexOf(LF, this.#read);
      if (lf === -1) {
        this.#read = rest.length;
        return 0;
      }
      const empty = lf === this.#line || (lf === this.#line + 1 && rest[this.#line] === CR);
      this.#line = this.#read = lf + 1;
      if (empty) return this.#read;
    }
  }

  #failHead(rest: Uint8Array, frames: Frame[]): number {
    const expected = `a head of at most ${this.#maxHead} octets`;
    const details = { status: 513, offset: this.#maxHead, expected, found: "more" };
    const allowed = rest.subarray(0, this.#maxHead);
    return this.#fail(details, allowed.subarray(0, allowed.lastIndexOf(LF) + 1), frames);
  }

  #fail(details: FaultDetails, head: Uint8Array, frames: Frame[]): number {
    this.#failed = true;
    const fault = new Fault({ ...details, request: answerableRequest(head) });
    frames.push({ type: "fault", fault });
    return 0;
  }
}

/** What the Content-Length of a whole head says, or what is wrong with it. */
function readContentLength(head: Uint8Array, max: number): number | FaultDetails {
  let length: number | undefined;
  /** Where the header begins that is being read; it ends before a line that continues none. */
  let header = 0;
  for (let line = 0; line < head.length;) {
    const lf = head.indexOf(LF, line);
    const cr = head.indexOf(CR, line);
    // A reader that takes a bare CR or LF for the end of a line would cut the stream elsewhere.
    if (cr < line || cr !== lf - 1) return bareLineEnd(cr, lf);
    line = lf + 1;
    if (isFold(head[line])) continue;
    const value = header === 0 ? 0 : findValue(head, header);
    if (value !== 0) {
      if (length !== undefined) return wrong(head, header, line, "one Content-Length");
      const read = readNumber(head, value, line, max);
      if (typeof read !== "number") return read;
      length = read;
    }
    header = line;
  }
  // RFC 3261 §18.3: "The Content-Length header field MUST be used with stream oriented transports."
  return length ?? {
    header: "Content-Length",
    offset: head.length - 2,
    expected: "a Content-Length",
    found: "none",
  };
}

function bareLineEnd(cr: number, lf: number): FaultDetails {
  const bareCr = cr !== -1 && cr < lf;
  return {
    offset: bareCr ? cr : lf,
    expected: "CR LF at the end of a line",
    found: bareCr ? "a bare CR" : "a bare LF",
  };
}

function isFold(code: number | undefined): boolean {
  return code === 0x20 || code === 0x09;
}

/** Where the value of a Content-Length, or `l`, begins; 0 if the header is another one. */
function findValue(head: Uint8Array, header: number): number {
  const first = lowerCase(head[header]);
  let at = header + 1;
  if (first === NAME.charCodeAt(0)) {
    for (let i = 1; i < NAME.length; i++) {
      if (lowerCase(head[at++]) !== NAME.charCodeAt(i)) return 0;
    }
  } else if (first !== 0x6c) return 0;
  while (isFold(head[at])) at++;
  return head[at] === COLON ? at + 1 : 0;
}

/** Exact for letters and `-`; what else it maps to those is a control character. */
function lowerCase(code: number | undefined): number {
  return (code ?? 0) | 0x20;
}

/** `1*DIGIT` with white space and folds around it. */
function readNumber(
  head: Uint8Array,
  start: number,
  end: number,
  max: number,
): number | FaultDetails {
  let at = skipLws(head, start, end);
  const digits = at;
  let length = 0;
  for (; at < end && isDigit(head[at] ?? 0); at++) {
    // Beyond the limit more digits change nothing, and could pass 2^53.
    if (length <= max) length = length * 10 + (head[at] ?? 0) - 0x30;
  }
  if (at === digits || skipLws(head, at, end) < end) return wrong(head, digits, end, "a number");
  if (length <= max) return length;
  return { ...wrong(head, digits, end, `a body of at most ${max} octets`), status: 413 };
}

function skipLws(head: Uint8Array, at: number, end: number): number {
  while (at < end && isLws(head[at] ?? 0)) at++;
  return at;
}

function wrong(head: Uint8Array, offset: number, end: number, expected: string): FaultDetails {
  const line = new TextDecoder().decode(head.subarray(offset, Math.min(end, offset + 40)));
  // deno-lint-ignore no-control-regex
  const found = `"${line.replace(/[\x00-\x20\x7f]+/g, " ").trim()}"`;
  return { header: "Content-Length", offset, expected, found };
}
