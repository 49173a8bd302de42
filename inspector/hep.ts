/**
 * Messages as packets of HEP3 (the Homer Encapsulation Protocol, version 3), which collectors take:
 * Homer, Kamailio's `sipcapture`, Wireshark. `hep_sender` sends them.
 *
 * @module
 */
import { InvalidArgumentError } from "../messages/errors.ts";
import type { MessageEntry } from "./entry.ts";
import { NetworkPaths } from "./captures/network_path.ts";

/** Who says so. */
export interface HepOptions {
  /** The number of this agent, 0 to 4294967295; 1 by default. */
  agentId?: number;
  /** The key that a collector may ask for. */
  key?: string;
}

/** The types of the generic chunks that are used. */
const Chunk = {
  ipFamily: 0x0001,
  ipProtocol: 0x0002,
  ipv4Source: 0x0003,
  ipv4Destination: 0x0004,
  ipv6Source: 0x0005,
  ipv6Destination: 0x0006,
  sourcePort: 0x0007,
  destinationPort: 0x0008,
  seconds: 0x0009,
  microseconds: 0x000a,
  protocol: 0x000b,
  agentId: 0x000c,
  key: 0x000e,
  payload: 0x000f,
  correlationId: 0x0011,
} as const;

const AF_INET = 2;
const AF_INET6 = 10;
const TCP = 6;
const UDP = 17;
const SIP = 1;
/** `HEP3`, and the length of the whole. */
const HEADER = 6;
/** A packet says its length in 16 bits. */
const MAX_PACKET = 65_535;

const encoder = new TextEncoder();

/**
 * Makes packets of recorded messages.
 *
 * @example
 * ```ts
 * import { HepEncoder } from "@strowger/sip/inspector/hep";
 *
 * const encoder = new HepEncoder({ agentId: 2001 });
 * const end = { host: "192.0.2.1", port: 5060 };
 * const octets = new TextEncoder().encode("OPTIONS sip:192.0.2.1 SIP/2.0\r\n\r\n");
 * const packet = encoder.encode({
 *   kind: "message", callId: "1", n: 0, time: Date.now(), protocol: "UDP",
 *   source: end, destination: end, octets,
 * });
 * console.assert(new TextDecoder().decode(packet?.subarray(0, 4)) === "HEP3");
 * ```
 */
export class HepEncoder {
  readonly #paths = new NetworkPaths();
  readonly #agentId: number;
  readonly #key: Uint8Array | undefined;

  /**
   * Knows no message yet.
   *
   * @throws `InvalidArgumentError` for a number that does not fit.
   */
  constructor({ agentId = 1, key }: HepOptions = {}) {
    if (!Number.isInteger(agentId) || agentId < 0 || agentId > 0xffff_ffff) {
      throw new InvalidArgumentError("agentId", "0 to 4294967295", `${agentId}`);
    }
    this.#agentId = agentId;
    this.#key = key === undefined ? undefined : encoder.encode(key);
  }

  /** The packet of a message; `undefined` for one that is too large for any packet. */
  encode(message: MessageEntry): Uint8Array | undefined {
    const path = this.#paths.of(message);
    const isIpv6 = path.source.length === 16;
    const time = Math.max(Math.round(message.time * 1000), 0);
    const chunks: [type: number, value: Uint8Array][] = [
      [Chunk.ipFamily, Uint8Array.of(isIpv6 ? AF_INET6 : AF_INET)],
      [Chunk.ipProtocol, Uint8Array.of(path.isUdp ? UDP : TCP)],
      [isIpv6 ? Chunk.ipv6Source : Chunk.ipv4Source, path.source],
      [isIpv6 ? Chunk.ipv6Destination : Chunk.ipv4Destination, path.destination],
      [Chunk.sourcePort, uint16(path.sourcePort)],
      [Chunk.destinationPort, uint16(path.destinationPort)],
      [Chunk.seconds, uint32(Math.floor(time / 1_000_000))],
      [Chunk.microseconds, uint32(time % 1_000_000)],
      [Chunk.protocol, Uint8Array.of(SIP)],
      [Chunk.agentId, uint32(this.#agentId)],
      ...(this.#key === undefined ? [] : [[Chunk.key, this.#key] as [number, Uint8Array]]),
      [Chunk.correlationId, encoder.encode(message.callId)],
      [Chunk.payload, message.octets],
    ];
    return packet(chunks);
  }
}

/** Each chunk says its vendor, which is none, its type, and its length with these six octets. */
function packet(chunks: readonly [type: number, value: Uint8Array][]): Uint8Array | undefined {
  const length = chunks.reduce((sum, [, value]) => sum + HEADER + value.length, HEADER);
  if (length > MAX_PACKET) return undefined;
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  octets.set(encoder.encode("HEP3"));
  view.setUint16(4, length);
  let at = HEADER;
  for (const [type, value] of chunks) {
    view.setUint16(at + 2, type);
    view.setUint16(at + 4, HEADER + value.length);
    octets.set(value, at + HEADER);
    at += HEADER + value.length;
  }
  return octets;
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
