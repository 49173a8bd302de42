/**
 * Messages as they came from the network. A message is cut into header lines once; what is in a
 * line is parsed when it is first asked for, and kept.
 *
 * @module
 */
import { Fault } from "./fault.ts";
import { canonicalName, headerId, isList, UNKNOWN } from "./header_names.ts";
import { type HeaderValues, readers } from "./headers.ts";
import { buildNameAddr, type NameAddrHeader, type NameAddrParts } from "./name_addr_header.ts";
import { excerpt, Scanner, skipQuoted, trimmed, Unexpected, unfold } from "./scanner.ts";
import { buildUri, type URI, type UriParts } from "./uri.ts";
import type { ViaHeader } from "./via_header.ts";

/** Where each header line stands in the text: five numbers a line, in one flat array. */
export const LINE = 5;

/** What the parser found, from which a message is made. Not for programs. */
export interface MessageParts {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** `id, name start, name end, value start, value end` for each line. */
  readonly lines: readonly number[];
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly via: ViaHeader;
  readonly hasMoreVias: boolean;
  readonly from: NameAddrParts;
  readonly fromEnd: number;
  readonly fromTag: string | undefined;
  readonly to: NameAddrParts;
  readonly toEnd: number;
  readonly toTag: string | undefined;
  readonly callId: string;
  readonly cseq: number;
  readonly method: string;
  readonly maxForwards: number | undefined;
}

/** The octet at which a character of the decoded text began. */
export function octetOffset(bytes: Uint8Array, text: string, position: number): number {
  if (text.length === bytes.length) return position;
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    // As a stream: a character that is not whole yet does not count.
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    if (decoder.decode(bytes.subarray(0, middle), { stream: true }).length < position) {
      low = middle + 1;
    } else high = middle;
  }
  return low;
}

/** The end of the list element that starts at `pos`: the next comma that separates, or `end`. */
function elementEnd(text: string, pos: number, end: number): number {
  while (pos < end) {
    const code = text.charCodeAt(pos);
    if (code === 0x2c) return pos;
    if (code === 0x22) pos = skipQuoted(text, pos, end);
    else if (code === 0x3c) {
      const close = text.indexOf(">", pos);
      pos = close < 0 || close >= end ? end : close + 1;
    } else pos++;
  }
  return end;
}

/** Adds the elements of a list to `elements`. */
function splitList(text: string, start: number, end: number, elements: string[]): void {
  const before = elements.length;
  try {
    for (let pos = start; pos <= end;) {
      const comma = elementEnd(text, pos, end);
      const element = unfold(trimmed(text, pos, comma));
      if (element !== "") elements.push(element);
      pos = comma + 1;
    }
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    // What cannot be split is one value, as it came; parsing it tells what is wrong.
    elements.length = before;
    elements.push(unfold(text.slice(start, end)));
  }
}

/** What requests and responses have in common. */
export abstract class IncomingMessage {
  /** The method of a request; of a response, the method in its CSeq. */
  readonly method: string;
  /** The topmost Via. */
  readonly via: ViaHeader;
  /** Whether there are Vias below it. */
  readonly hasMoreVias: boolean;
  /** The tag in From, which RFC 2543 clients leave out. */
  readonly fromTag: string | undefined;
  /** The tag in To, where there is one yet. */
  readonly toTag: string | undefined;
  /** Call-ID. */
  readonly callId: string;
  /** The number in CSeq. */
  readonly cseq: number;
  /** Max-Forwards, where it is given. */
  readonly maxForwards: number | undefined;
  /** The whole message as it came. */
  readonly bytes: Uint8Array;
  /** The host and port that it really came from, once a transport has delivered it. */
  source: { readonly host: string; readonly port: number } | undefined;
  /** The decoded text of the whole message. */
  protected readonly text: string;
  private readonly parts: MessageParts;
  private cache: Map<string, unknown> | undefined;

  /** For the parser: see `parseMessage`. */
  constructor(parts: MessageParts) {
    this.parts = parts;
    this.bytes = parts.bytes;
    this.text = parts.text;
    this.method = parts.method;
    this.via = parts.via;
    this.hasMoreVias = parts.hasMoreVias;
    this.fromTag = parts.fromTag;
    this.toTag = parts.toTag;
    this.callId = parts.callId;
    this.cseq = parts.cseq;
    this.maxForwards = parts.maxForwards;
    this.source = undefined;
  }

  /** From, whole. */
  get from(): NameAddrHeader {
    return this.cached("From", () => this.address(this.parts.from, this.parts.fromEnd));
  }

  /** To, whole. */
  get to(): NameAddrHeader {
    return this.cached("To", () => this.address(this.parts.to, this.parts.toEnd));
  }

  /** The branch of the topmost Via. */
  get viaBranch(): string | undefined {
    return this.via.branch;
  }

  /** The body, to the octet. It shares memory with `bytes`. */
  get bodyBytes(): Uint8Array {
    return this.bytes.subarray(this.parts.bodyStart, this.parts.bodyEnd);
  }

  /** The body as text, decoded as UTF-8; empty when there is none. */
  get body(): string {
    return this.cached(
      "",
      () => new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bodyBytes),
    );
  }

  /** The first line of a header as it came, unfolded; its name in any case, long or compact. */
  getHeader(name: string): string | undefined {
    const at = this.find(name, 0);
    return at < 0 ? undefined : unfold(this.text.slice(this.valueStart(at), this.valueEnd(at)));
  }

  /** Every value of a header, of all its lines; lists are split at their commas. */
  getHeaders(name: string): string[] {
    const values: string[] = [];
    const split = isList(headerId(name));
    for (let at = this.find(name, 0); at >= 0; at = this.find(name, at + LINE)) {
      if (split) splitList(this.text, this.valueStart(at), this.valueEnd(at), values);
      else values.push(unfold(this.text.slice(this.valueStart(at), this.valueEnd(at))));
    }
    return values;
  }

  /** Whether a header is there. */
  hasHeader(name: string): boolean {
    return this.find(name, 0) >= 0;
  }

  /** Every header name that is there, in the order of the lines, in its long form. */
  headerNames(): string[] {
    const names = new Map<string, string>();
    const { lines } = this.parts;
    for (let at = 0; at < lines.length; at += LINE) {
      const name = canonicalName(this.text.slice(lines[at + 1], lines[at + 2]));
      if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
    }
    return [...names.values()];
  }

  /**
   * What a header says: the parsed value, all lines of a list in one; `undefined` where the header
   * is not there; a `Fault` where it is not what its grammar asks for.
   */
  parseHeader<N extends keyof HeaderValues>(name: N): HeaderValues[N] | Fault | undefined {
    return this.cached(name, () => this.readHeader(name));
  }

  /** The whole message as text. */
  toString(): string {
    return this.text;
  }

  private readHeader<N extends keyof HeaderValues>(name: N): HeaderValues[N] | Fault | undefined {
    const read = readers[name] as ((scanner: Scanner) => HeaderValues[N]) | undefined;
    if (read === undefined) return undefined;
    let value: HeaderValues[N] | undefined;
    for (let at = this.find(name, 0); at >= 0; at = this.find(name, at + LINE)) {
      try {
        const scanner = new Scanner(this.text, this.valueStart(at), this.valueEnd(at));
        const more = read(scanner);
        scanner.finish();
        if (Array.isArray(value) && Array.isArray(more)) {
          for (const element of more) value.push(element as never);
        } else if (value === undefined) value = more;
        // `Contact: *` stands alone (RFC 3261 §10.2.2).
        else throw new Unexpected(this.valueStart(at), "no other value beside the first");
      } catch (error) {
        if (error instanceof Unexpected) return this.fault(name, error);
        throw error;
      }
    }
    return value;
  }

  private fault(header: string, { offset, expected, status }: Unexpected): Fault {
    const at = octetOffset(this.bytes, this.text, offset);
    return new Fault({ header, offset: at, expected, found: excerpt(this.text, offset), status });
  }

  private address(parts: NameAddrParts, end: number): NameAddrHeader {
    const header = buildNameAddr(this.text, parts);
    header.parameters = new Scanner(this.text, parts.parameters, end).parameters();
    return header;
  }

  /** The index in `lines` of the first line of a header at or after `from`, or -1. */
  private find(name: string, from: number): number {
    const { lines } = this.parts;
    const id = headerId(name);
    for (let at = from; at < lines.length; at += LINE) {
      if (lines[at] === id && (id !== UNKNOWN || this.isNamed(at, name))) return at;
    }
    return -1;
  }

  private isNamed(at: number, name: string): boolean {
    const start = this.parts.lines[at + 1] ?? 0;
    const end = this.parts.lines[at + 2] ?? 0;
    return end - start === name.length &&
      this.text.slice(start, end).toLowerCase() === name.toLowerCase();
  }

  private valueStart(at: number): number {
    return this.parts.lines[at + 3] ?? 0;
  }

  private valueEnd(at: number): number {
    return this.parts.lines[at + 4] ?? 0;
  }

  private cached<T>(key: string, make: () => T): T {
    this.cache ??= new Map();
    if (!this.cache.has(key)) this.cache.set(key, make());
    return this.cache.get(key) as T;
  }
}

/** A request that came from the network. */
export class IncomingRequestMessage extends IncomingMessage {
  /** Tells a request from a response and a fault in the result of parsing. */
  readonly kind = "request";
  private readonly uriParts: UriParts;
  private uri: URI | undefined;

  /** For the parser: see `parseMessage`. */
  constructor(parts: MessageParts, uriParts: UriParts) {
    super(parts);
    this.uriParts = uriParts;
  }

  /** The Request-URI. */
  get ruri(): URI {
    return this.uri ??= buildUri(this.text, this.uriParts);
  }
}

/** A response that came from the network, or that the engine made up itself: see `local`. */
export class IncomingResponseMessage extends IncomingMessage {
  /** Tells a response from a request and a fault in the result of parsing. */
  readonly kind = "response";
  /** The status code, 100 to 699. */
  readonly statusCode: number;
  /** The reason phrase, for people to read. */
  readonly reasonPhrase: string;
  /**
   * Whether no peer sent it: a timeout told as 408 or a transport error told as 503 (RFC 3261
   * §8.1.3.1).
   */
  local = false;

  /** For the parser: see `parseMessage`. */
  constructor(parts: MessageParts, statusCode: number, reasonPhrase: string) {
    super(parts);
    this.statusCode = statusCode;
    this.reasonPhrase = reasonPhrase;
  }
}
