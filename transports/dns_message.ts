/**
 * Questions to the DNS and its answers, as octets (RFC 1035 §4): the few kinds of records that SIP
 * asks for.
 *
 * @module
 */
import { ProtocolError } from "../messages/errors.ts";
import type { NaptrRecord, RecordSet, SrvRecord } from "./resolver.ts";

/** The kinds of records, and what each is read as. */
export interface RecordTypes {
  /** IPv4 addresses. */
  readonly A: string;
  /** IPv6 addresses. */
  readonly AAAA: string;
  /** RFC 2782. */
  readonly SRV: SrvRecord;
  /** RFC 3403. */
  readonly NAPTR: NaptrRecord;
}

/** RFC 1035 §3.2.2; RFC 3596, RFC 2782, RFC 3403. */
const TYPES: Readonly<Record<keyof RecordTypes, number>> = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 };
const SOA = 6;
const INTERNET = 1;
const HEADER = 12;
const MAX_NAME = 255;
const MAX_LABEL = 63;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * One question. Its ID is 0, as RFC 8484 §4.1 recommends, and recursion is desired.
 *
 * @throws `ProtocolError` for what is no name.
 */
export function encodeQuestion(name: string, type: keyof RecordTypes): Uint8Array<ArrayBuffer> {
  const labels = name.split(".").map((label) => encoder.encode(label));
  const size = labels.reduce((sum, label) => sum + label.length + 1, 1);
  const isName = labels.every(({ length }) => length >= 1 && length <= MAX_LABEL);
  if (!isName || size > MAX_NAME) throw new ProtocolError(`"${name}" is no name of the DNS`);
  const bytes = new Uint8Array(HEADER + size + 4);
  bytes[2] = 1; // RD
  bytes[5] = 1; // QDCOUNT
  let pos = HEADER;
  for (const label of labels) {
    bytes[pos] = label.length;
    bytes.set(label, pos + 1);
    pos += label.length + 1;
  }
  bytes[pos + 2] = TYPES[type];
  bytes[pos + 4] = INTERNET;
  return bytes;
}

/**
 * The records of one type in an answer, whatever name an alias has led to.
 *
 * @throws `ProtocolError` for what is no answer, or tells of a failure.
 */
export function decodeAnswer<T extends keyof RecordTypes>(
  bytes: Uint8Array,
  type: T,
): RecordSet<RecordTypes[T]> {
  const reader = new Reader(bytes);
  reader.skip(2);
  const flags = reader.number(2);
  const code = flags & 0xf;
  if ((flags & 0x8000) === 0) throw new ProtocolError("expected an answer, found a question");
  if (code !== NO_ERROR && code !== NO_SUCH_NAME) {
    throw new ProtocolError(`the name server has failed: RCODE ${code}`);
  }
  const [questions = 0, answers = 0, authorities = 0] = [0, 1, 2, 3].map(() => reader.number(2));
  for (let i = 0; i < questions; i++) {
    reader.name();
    reader.skip(4);
  }
  const records: RecordTypes[T][] = [];
  let ttl: number | undefined;
  const learn = (seconds: number): void => {
    ttl = Math.min(ttl ?? seconds, seconds);
  };
  for (let i = 0; i < answers + authorities; i++) {
    const record = reader.record();
    if (i < answers) {
      learn(record.ttl);
      if (record.type === TYPES[type]) records.push(READERS[type](reader) as RecordTypes[T]);
    } else if (record.type === SOA && records.length === 0) {
      // RFC 2308 §5: "the minimum of the MINIMUM field of the SOA record and the TTL of the SOA itself".
      learn(Math.min(record.ttl, minimumOf(reader)));
    }
    reader.pos = record.end;
  }
  return ttl === undefined ? { records } : { records, ttl };
}

/** What reads the data of each type. */
const READERS: { readonly [T in keyof RecordTypes]: (reader: Reader) => RecordTypes[T] } = {
  A: (reader) => [0, 1, 2, 3].map(() => reader.number(1)).join("."),
  AAAA: (reader) => {
    const groups = Array.from({ length: 8 }, () => reader.number(2).toString(16)).join(":");
    // The short form of RFC 5952.
    return new URL(`http://[${groups}]`).hostname.slice(1, -1);
  },
  SRV: (reader) => ({
    priority: reader.number(2),
    weight: reader.number(2),
    port: reader.number(2),
    target: reader.name(),
  }),
  NAPTR: (reader) => ({
    order: reader.number(2),
    preference: reader.number(2),
    flags: reader.text(),
    services: reader.text(),
    regexp: reader.text(),
    replacement: reader.name(),
  }),
};

function minimumOf(reader: Reader): number {
  reader.name();
  reader.name();
  reader.skip(16);
  return reader.number(4);
}

/** Reads on from a position; throws where octets end too early. */
class Reader {
  pos = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  skip(count: number): void {
    this.pos += count;
    if (this.pos > this.bytes.length) throw new ProtocolError("the answer is cut off");
  }

  number(octets: number): number {
    const start = this.pos;
    this.skip(octets);
    return this.bytes.subarray(start, this.pos).reduce((value, octet) => value * 256 + octet, 0);
  }

  text(): string {
    const length = this.number(1);
    const start = this.pos;
    this.skip(length);
    return decoder.decode(this.bytes.subarray(start, this.pos));
  }

  /** A name without its dot at the end; `.` for the root. RFC 1035 §4.1.4: it may go on elsewhere. */
  name(): string {
    const labels: string[] = [];
    let end: number | undefined;
    for (let length = 0, size = 0;; size += length + 1) {
      if (size > MAX_NAME) throw new ProtocolError("the answer has a name without an end");
      length = this.number(1);
      if (length === 0) break;
      if (length <= MAX_LABEL) {
        this.pos--;
        labels.push(this.text());
      } else {
        const pointer = (length & MAX_LABEL) * 256 + this.number(1);
        end ??= this.pos;
        this.pos = pointer;
        length = 0;
      }
    }
    this.pos = end ?? this.pos;
    return labels.join(".") || ".";
  }

  /** What stands before the data of a record; leaves the position at the data. */
  record(): { type: number; ttl: number; end: number } {
    this.name();
    const type = this.number(2);
    this.skip(2);
    const ttl = this.number(4);
    const length = this.number(2);
    const end = this.pos + length;
    if (end > this.bytes.length) throw new ProtocolError("the answer is cut off");
    // RFC 2181 §8: "a TTL value received with the most significant bit set" is as zero.
    return { type, ttl: ttl > 0x7fffffff ? 0 : ttl, end };
  }
}
