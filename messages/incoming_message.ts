/**
 * Messages as they came from the network. A message is cut into header lines once; what is in a
 * line is parsed when it is first asked for, and kept.
 *
 * @module
 */
import { skip, TOKEN } from "./characters.ts";
import { Fault } from "./fault.ts";
import { headerId, isList, nameOf, UNKNOWN } from "./header_names.ts";
import { type HeaderValues, readers } from "./headers.ts";
import type { NameAddrHeader } from "./name_addr_header.ts";
import { excerpt, Scanner, skipQuoted, trimmed, Unexpected, unfold } from "./scanner.ts";
import type { URI } from "./uri.ts";
import type { ViaHeader } from "./via_header.ts";

/** Where each header line stands in the text: three numbers a line, in one flat array. */
export const LINE = 3;

/** The index in `lines` of the first line at or after `from` with a header's number, or -1. */
export function findLine(lines: readonly number[], id: number, from: number): number {
  for (let at = from; at < lines.length; at += LINE) if (lines[at] === id) return at;
  return -1;
}

/** What the parser found, from which a message is made. Not for programs. */
export interface MessageParts {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly codes: Uint8Array;
  /** `id, value start, value end` for each line; `-1 - name start` for an id that is not known. */
  readonly lines: readonly number[];
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly via: ViaHeader;
  readonly hasMoreVias: boolean;
  readonly from: NameAddrHeader;
  readonly fromTag: string | undefined;
  readonly to: NameAddrHeader;
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
function elementEnd(text: string, codes: Uint8Array, pos: number, end: number): number {
  while (pos < end) {
    const code = codes[pos];
    if (code === 0x2c) return pos;
    if (code === 0x22) pos = skipQuoted(codes, pos, end);
    else if (code === 0x3c) {
      const close = text.indexOf(">", pos);
      pos = close < 0 || close >= end ? end : close + 1;
    } else pos++;
  }
  return end;
}

/** Adds the elements of a list to `elements`. */
function splitList(
  text: string,
  codes: Uint8Array,
  start: number,
  end: number,
  elements: string[],
): void {
  const before = elements.length;
  try {
    for (let pos = start; pos <= end;) {
      const comma = elementEnd(text, codes, pos, end);
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

const NONE: readonly unknown[] = [];

/** What requests and responses have in common. */
export abstract class IncomingMessage {
  /** The host and port that it really came from, once a transport has delivered it. */
  declare source: { readonly host: string; readonly port: number } | undefined;
  /** What the parser found. */
  declare protected readonly parts: MessageParts;
  declare private bodyText: string | undefined;
  /** Names and values by turns: so few are asked for that a list is faster than a map. */
  declare private parsed: readonly unknown[];

  /** For the parser: see `parseMessage`. */
  constructor(parts: MessageParts) {
    this.parts = parts;
    this.source = undefined;
    this.bodyText = undefined;
    this.parsed = NONE;
  }

  /** The method of a request; of a response, the method in its CSeq. */
  get method(): string {
    return this.parts.method;
  }

  /** The topmost Via. */
  get via(): ViaHeader {
    return this.parts.via;
  }

  /** Whether there are Vias below it. */
  get hasMoreVias(): boolean {
    return this.parts.hasMoreVias;
  }

  /** From, whole. */
  get from(): NameAddrHeader {
    return this.parts.from;
  }

  /** To, whole. */
  get to(): NameAddrHeader {
    return this.parts.to;
  }

  /** The tag in From, which RFC 2543 clients leave out. */
  get fromTag(): string | undefined {
    return this.parts.fromTag;
  }

  /** The tag in To, where there is one yet. */
  get toTag(): string | undefined {
    return this.parts.toTag;
  }

  /** Call-ID. */
  get callId(): string {
    return this.parts.callId;
  }

  /** The number in CSeq. */
  get cseq(): number {
    return this.parts.cseq;
  }

  /** Max-Forwards, where it is given. */
  get maxForwards(): number | undefined {
    return this.parts.maxForwards;
  }

  /** The whole message as it came. */
  get bytes(): Uint8Array {
    return this.parts.bytes;
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
    return this.bodyText ??= new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bodyBytes);
  }

  /** The first line of a header as it came, unfolded; its name in any case, long or compact. */
  getHeader(name: string): string | undefined {
    const at = this.find(name, headerId(name), 0);
    return at < 0
      ? undefined
      : unfold(this.parts.text.slice(this.valueStart(at), this.valueEnd(at)));
  }

  /** Every value of a header, of all its lines; lists are split at their commas. */
  getHeaders(name: string): string[] {
    const values: string[] = [];
    const split = isList(headerId(name));
    for (
      let at = this.find(name, headerId(name), 0);
      at >= 0;
      at = this.find(name, headerId(name), at + LINE)
    ) {
      if (split) {
        splitList(
          this.parts.text,
          this.parts.codes,
          this.valueStart(at),
          this.valueEnd(at),
          values,
        );
      } else values.push(unfold(this.parts.text.slice(this.valueStart(at), this.valueEnd(at))));
    }
    return values;
  }

  /** Whether a header is there. */
  hasHeader(name: string): boolean {
    return this.find(name, headerId(name), 0) >= 0;
  }

  /** Every header name that is there, in the order of the lines, in its long form. */
  headerNames(): string[] {
    const names = new Map<string, string>();
    const { lines } = this.parts;
    for (let at = 0; at < lines.length; at += LINE) {
      const name = this.nameAt(at);
      if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
    }
    return [...names.values()];
  }

  /** Every header by its name, as `headerNames` and `getHeaders` tell them. */
  get headers(): { [name: string]: { raw: string }[] } {
    const headers: { [name: string]: { raw: string }[] } = Object.create(null);
    for (const name of this.headerNames()) {
      headers[name] = this.getHeaders(name).map((raw) => ({ raw }));
    }
    return headers;
  }

  /**
   * What a header says: the parsed value, all lines of a list in one; `undefined` where the header
   * is not there; a `Fault` where it is not what its grammar asks for.
   */
  parseHeader<N extends keyof HeaderValues>(name: N): HeaderValues[N] | Fault | undefined {
    const { parsed } = this;
    for (let i = 0; i < parsed.length; i += 2) {
      if (parsed[i] === name) return parsed[i + 1] as HeaderValues[N] | Fault;
    }
    const value = this.readHeader(name);
    if (value !== undefined) this.parsed = [...parsed, name, value];
    return value;
  }

  /** The whole message as text. */
  get data(): string {
    return this.parts.text;
  }

  /** As `data`. */
  toString(): string {
    return this.data;
  }

  private readHeader<N extends keyof HeaderValues>(name: N): HeaderValues[N] | Fault | undefined {
    if (name === "From") return this.from as HeaderValues[N];
    if (name === "To") return this.to as HeaderValues[N];
    const read = readers[name] as ((scanner: Scanner) => HeaderValues[N]) | undefined;
    if (read === undefined) return undefined;
    let value: HeaderValues[N] | undefined;
    const id = headerId(name);
    for (let at = this.find(name, id, 0); at >= 0; at = this.find(name, id, at + LINE)) {
      try {
        const scanner = new Scanner(
          this.parts.text,
          this.parts.codes,
          this.valueStart(at),
          this.valueEnd(at),
        );
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
    const at = octetOffset(this.bytes, this.parts.text, offset);
    return new Fault({
      header,
      offset: at,
      expected,
      found: excerpt(this.parts.text, offset),
      status,
    });
  }

  /** The index in `lines` of the first line of a header at or after `from`, or -1. */
  private find(name: string, id: number, from: number): number {
    const { lines } = this.parts;
    if (id !== UNKNOWN) return findLine(lines, id, from);
    const lower = name.toLowerCase();
    for (let at = from; at < lines.length; at += LINE) {
      if ((lines[at] ?? 0) < 0 && this.nameAt(at).toLowerCase() === lower) return at;
    }
    return -1;
  }

  private nameAt(at: number): string {
    const { text, codes, lines } = this.parts;
    const id = lines[at] ?? 0;
    return id >= 0 ? nameOf(id) : text.slice(-1 - id, skip(TOKEN, codes, -1 - id, codes.length));
  }

  private valueStart(at: number): number {
    return this.parts.lines[at + 1] ?? 0;
  }

  private valueEnd(at: number): number {
    return this.parts.lines[at + 2] ?? 0;
  }
}

/** A request that came from the network. */
export class IncomingRequestMessage extends IncomingMessage {
  /** Tells a request from a response and a fault in the result of parsing. */
  declare readonly kind: "request";
  /** The Request-URI. */
  declare readonly ruri: URI;

  /** For the parser: see `parseMessage`. */
  constructor(parts: MessageParts, ruri: URI) {
    super(parts);
    this.kind = "request";
    this.ruri = ruri;
  }
}

/** A response that came from the network, or that the engine made up itself: see `local`. */
export class IncomingResponseMessage extends IncomingMessage {
  /** Tells a response from a request and a fault in the result of parsing. */
  declare readonly kind: "response";
  /** The status code, 100 to 699. */
  declare readonly statusCode: number;
  /** The reason phrase, for people to read. */
  declare readonly reasonPhrase: string;
  /**
   * Whether no peer sent it: a timeout told as 408 or a transport error told as 503 (RFC 3261
   * §8.1.3.1).
   */
  declare local: boolean;

  /** For the parser: see `parseMessage`. */
  constructor(parts: MessageParts, statusCode: number, reasonPhrase: string) {
    super(parts);
    this.kind = "response";
    this.local = false;
    this.statusCode = statusCode;
    this.reasonPhrase = reasonPhrase;
  }
}
