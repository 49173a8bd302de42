/**
 * From which address to which a recorded message goes, for formats that know addresses only.
 *
 * @module
 */
import type { Endpoint, MessageEntry } from "../entry.ts";
import { addressOctets } from "./ip_address.ts";

/** A message's way, in terms of IP. */
export interface NetworkPath {
  /** 4 octets each, or 16 each. */
  readonly source: Uint8Array;
  /** As `source`. */
  readonly destination: Uint8Array;
  /** 0 to 65535. */
  readonly sourcePort: number;
  /** 0 to 65535. */
  readonly destinationPort: number;
  /** Everything but UDP is carried by TCP. */
  readonly isUdp: boolean;
}

/** What stands for a port that nobody can connect to. */
const NO_PORT = 49_152;
/** RFC 2544: 198.18.0.0/15 is for tests, and on no network. */
const FIRST_NAME = 0xc6120000;
const MAX_NAMES = 0x1ffff;

/** Finds the ways; host names get addresses out of 198.18.0.0/15, the same one each time. */
export class NetworkPaths {
  readonly #names = new Map<string, Uint8Array>();

  /** The way of a message. */
  of({ source, destination, protocol }: MessageEntry): NetworkPath {
    const [from, to] = sameFamily(this.#octets(source), this.#octets(destination));
    return {
      source: from,
      destination: to,
      sourcePort: source.port ?? NO_PORT,
      destinationPort: destination.port ?? NO_PORT,
      isUdp: protocol.toUpperCase() === "UDP",
    };
  }

  #octets({ host }: Endpoint): Uint8Array {
    const octets = addressOctets(host) ?? this.#names.get(host);
    if (octets !== undefined) return octets;
    const value = FIRST_NAME + 1 + this.#names.size % MAX_NAMES;
    const made = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
    this.#names.set(host, made);
    return made;
  }
}

/** Where one is of IPv4, and the other of IPv6: RFC 4291 §2.5.5.2 has a form of the one in the other. */
function sameFamily(a: Uint8Array, b: Uint8Array): [Uint8Array, Uint8Array] {
  return a.length === b.length ? [a, b] : [mapped(a), mapped(b)];
}

function mapped(octets: Uint8Array): Uint8Array {
  if (octets.length === 16) return octets;
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...octets);
}
