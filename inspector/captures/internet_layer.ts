/**
 * What IP packets carry (RFC 791, RFC 8200): datagrams and segments, put together again where they
 * came in fragments.
 *
 * @module
 */
import { addressText } from "./ip_address.ts";

/** What a packet carries. */
export interface Carried {
  /** An address. */
  readonly source: string;
  /** An address. */
  readonly destination: string;
  /** 6 for TCP, 17 for UDP. */
  readonly protocol: number;
  /** With the header of that protocol. */
  readonly data: Uint8Array;
}

interface Fragment {
  readonly offset: number;
  readonly isLast: boolean;
  readonly data: Uint8Array;
}

/** How many packets may be waiting for fragments, and for how many each. */
const MAX_PENDING = 256;
const MAX_FRAGMENTS = 128;
const MAX_LENGTH = 65_535;
const MAX_EXTENSIONS = 8;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;

/** See the module. What it keeps are parts of the file. */
export class InternetLayer {
  readonly #pending = new Map<string, Fragment[]>();

  /** What a packet carries, or completes; `undefined` where it is neither, or makes no sense. */
  take(packet: Uint8Array): Carried | undefined {
    const version = (packet[0] ?? 0) >> 4;
    return version === 4 ? this.#ipv4(packet) : version === 6 ? this.#ipv6(packet) : undefined;
  }

  #ipv4(packet: Uint8Array): Carried | undefined {
    const head = ((packet[0] ?? 0) & 0x0f) * 4;
    // A length of 0 is left to the network card: then it is as long as it was captured.
    const total = uint16(packet, 2) || packet.length;
    if (head < 20 || total < head || total > packet.length) return undefined;
    const flags = uint16(packet, 6);
    const carried = {
      source: addressText(packet.subarray(12, 16)),
      destination: addressText(packet.subarray(16, 20)),
      protocol: packet[9] ?? 0,
      data: packet.subarray(head, total),
    };
    const offset = (flags & 0x1fff) * 8;
    const isLast = (flags & 0x2000) === 0;
    return offset === 0 && isLast
      ? carried
      : this.#fragment(carried, uint16(packet, 4), offset, isLast);
  }

  #ipv6(packet: Uint8Array): Carried | undefined {
    const end = 40 + (uint16(packet, 4) || packet.length - 40);
    if (packet.length < 40 || end > packet.length) return undefined;
    const source = addressText(packet.subarray(8, 24));
    const destination = addressText(packet.subarray(24, 40));
    let protocol = packet[6] ?? 0;
    let at = 40;
    for (let i = 0; i < MAX_EXTENSIONS && at < end; i++) {
      const next = packet[at] ?? 0;
      if (protocol === FRAGMENT) {
        const place = uint16(packet, at + 2);
        const carried = { source, destination, protocol: next, data: packet.subarray(at + 8, end) };
        const id = uint16(packet, at + 4) * 65_536 + uint16(packet, at + 6);
        return this.#fragment(carried, id, place & 0xfff8, (place & 1) === 0);
      }
      const unit = protocol === AUTHENTICATION ? 4 : 8;
      const isExtension = [HOP_BY_HOP, ROUTING, DESTINATION, AUTHENTICATION].includes(protocol);
      if (!isExtension) break;
      at += ((packet[at + 1] ?? 0) + (unit === 4 ? 2 : 1)) * unit;
      protocol = next;
    }
    return { source, destination, protocol, data: packet.subarray(Math.min(at, end), end) };
  }

  #fragment(carried: Carried, id: number, offset: number, isLast: boolean): Carried | undefined {
    const { source, destination, protocol, data } = carried;
    if (offset + data.length > MAX_LENGTH) return undefined;
    const key = `${source} ${destination} ${protocol} ${id}`;
    const fragments = this.#pending.get(key) ?? [];
    if (fragments.length >= MAX_FRAGMENTS) return undefined;
    fragments.push({ offset, isLast, data });
    this.#pending.set(key, fragments);
    const whole = assembled(fragments);
    if (whole !== undefined) this.#pending.delete(key);
    else if (this.#pending.size > MAX_PENDING) this.#dropOldest();
    return whole && { ...carried, data: whole };
  }

  #dropOldest(): void {
    for (const key of this.#pending.keys()) {
      this.#pending.delete(key);
      return;
    }
  }
}

/** The whole, if nothing of it is missing. */
function assembled(fragments: readonly Fragment[]): Uint8Array | undefined {
  const sorted = fragments.toSorted((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, data } of sorted) {
    if (offset > end) return undefined;
    end = Math.max(end, offset + data.length);
  }
  const last = sorted.find(({ isLast }) => isLast);
  if (last === undefined || last.offset + last.data.length !== end) return undefined;
  const whole = new Uint8Array(end);
  for (const { offset, data } of sorted) whole.set(data, offset);
  return whole;
}

function uint16(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
}
