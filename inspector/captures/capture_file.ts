/**
 * The packets in a capture file: pcap, and pcapng.
 *
 * @module
 */
import { InvalidArgumentError } from "../../messages/errors.ts";

/** One packet, as it was captured. */
export interface CapturedPacket {
  /** Milliseconds since 1970, with fractions. */
  readonly time: number;
  /** What it begins with: a number of the registry of link types. */
  readonly linkType: number;
  /** A part of the file. */
  readonly data: Uint8Array;
}

const BYTE_ORDER = 0x1a2b3c4d;
const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
/** What libpcap takes at most. */
const MAX_PACKET = 262_144;
/** A block of pcapng has a packet, or names and statistics. */
const MAX_BLOCK = 16_777_216;

/** By the first four octets of a pcap file: the byte order, and how many of its ticks make a second. */
const KINDS: Readonly<Record<number, readonly [isLittle: boolean, ticks: number]>> = {
  0xa1b2c3d4: [false, 1e6],
  0xd4c3b2a1: [true, 1e6],
  0xa1b23c4d: [false, 1e9],
  0x4d3cb2a1: [true, 1e9],
};

/**
 * Goes through the packets of a file.
 *
 * @throws `InvalidArgumentError` where the file is none of these, is cut off, or makes no sense; it
 * says at which octet.
 */
export function* packetsIn(file: Uint8Array): Generator<CapturedPacket> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const magic = file.length < 4 ? 0 : view.getUint32(0);
  const kind = KINDS[magic];
  if (kind !== undefined) yield* pcapPackets(file, view, ...kind);
  else if (magic === SECTION) yield* new PcapngReader(file, view).packets();
  else refuse(0, "a pcap or pcapng file", "something else");
}

function* pcapPackets(
  file: Uint8Array,
  view: DataView,
  isLittle: boolean,
  ticks: number,
): Generator<CapturedPacket> {
  if (file.length < 24) refuse(file.length, "a file header of 24 octets", "the end");
  // The upper bits say something of frame check sequences.
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  for (let at = 24; at < file.length;) {
    if (file.length - at < 16) refuse(at, "a packet header of 16 octets", "the end");
    const seconds = view.getUint32(at, isLittle);
    const fraction = view.getUint32(at + 4, isLittle);
    const length = view.getUint32(at + 8, isLittle);
    if (length > MAX_PACKET) refuse(at + 8, `a packet of at most ${MAX_PACKET} octets`, length);
    if (length > file.length - at - 16) refuse(at + 16, `${length} octets of a packet`, "the end");
    const data = file.subarray(at + 16, at + 16 + length);
    yield { time: seconds * 1000 + fraction / ticks * 1000, linkType, data };
    at += 16 + length;
  }
}

interface Interface {
  readonly linkType: number;
  /** How many of its ticks make a second. */
  readonly ticks: number;
}

class PcapngReader {
  readonly #file: Uint8Array;
  readonly #view: DataView;
  #isLittle = false;
  #interfaces: Interface[] = [];

  constructor(file: Uint8Array, view: DataView) {
    this.#file = file;
    this.#view = view;
  }

  *packets(): Generator<CapturedPacket> {
    for (let at = 0; at < this.#file.length;) {
      const end = this.#block(at);
      const type = this.#uint32(at);
      if (type === INTERFACE) this.#interfaces.push(this.#interface(at, end));
      else if (type === ENHANCED_PACKET) yield this.#enhanced(at, end);
      else if (type === SIMPLE_PACKET) yield this.#simple(at, end);
      at = end;
    }
  }

  /** Where the block ends that begins here. A section may have another byte order. */
  #block(at: number): number {
    const left = this.#file.length - at;
    if (left < 12) refuse(at, "a block of at least 12 octets", "the end");
    if (this.#view.getUint32(at) === SECTION) {
      const big = this.#view.getUint32(at + 8);
      this.#isLittle = this.#view.getUint32(at + 8, true) === BYTE_ORDER;
      if (!this.#isLittle && big !== BYTE_ORDER) refuse(at + 8, "a byte order", big);
      this.#interfaces = [];
    }
    const length = this.#uint32(at + 4);
    if (length < 12 || length % 4 !== 0 || length > MAX_BLOCK) {
      refuse(at + 4, `a block length of 12 to ${MAX_BLOCK}, in fours`, length);
    }
    if (length > left) refuse(at + 4, `a block of ${length} octets`, "the end");
    return at + length;
  }

  #interface(at: number, end: number): Interface {
    this.#need(at, end, 20);
    return {
      linkType: this.#view.getUint16(at + 8, this.#isLittle),
      ticks: this.#ticks(at + 16, end - 4),
    };
  }

  /** The option `if_tsresol`; microseconds without it. */
  #ticks(start: number, end: number): number {
    for (let at = start; at + 4 <= end;) {
      const code = this.#view.getUint16(at, this.#isLittle);
      const length = this.#view.getUint16(at + 2, this.#isLittle);
      if (code === 0) break;
      const value = this.#file[at + 4] ?? 0;
      if (code === 9 && length === 1) {
        return (value & 0x80) === 0 ? 10 ** value : 2 ** (value & 0x7f);
      }
      at += 4 + Math.ceil(length / 4) * 4;
    }
    return 1e6;
  }

  #enhanced(at: number, end: number): CapturedPacket {
    this.#need(at, end, 32);
    const { linkType, ticks } = this.#interfaceOf(at + 8);
    const stamp = this.#uint32(at + 12) * 2 ** 32 + this.#uint32(at + 16);
    const length = this.#uint32(at + 20);
    return { time: stamp / ticks * 1000, linkType, data: this.#data(at + 28, length, end) };
  }

  /** It has no time. */
  #simple(at: number, end: number): CapturedPacket {
    this.#need(at, end, 16);
    const { linkType } = this.#interfaceOf(undefined, at);
    const length = Math.min(this.#uint32(at + 8), end - 4 - (at + 12));
    return { time: 0, linkType, data: this.#data(at + 12, length, end) };
  }

  #interfaceOf(at: number | undefined, where = at ?? 0): Interface {
    const id = at === undefined ? 0 : this.#uint32(at);
    return this.#interfaces[id] ?? refuse(where, "an interface that is described before", id);
  }

  #data(at: number, length: number, end: number): Uint8Array {
    if (length > end - 4 - at) refuse(at, `${length} octets of a packet`, "the end of its block");
    return this.#file.subarray(at, at + length);
  }

  #need(at: number, end: number, least: number): void {
    if (end - at < least) refuse(at + 4, `a block of at least ${least} octets`, end - at);
  }

  #uint32(at: number): number {
    return this.#view.getUint32(at, this.#isLittle);
  }
}

function refuse(offset: number, expected: string, found: string | number): never {
  throw new InvalidArgumentError(`capture file, octet ${offset}`, expected, `${found}`);
}
