/**
 * Recorded messages as a capture of a network: for Wireshark, and whatever reads pcap files.
 *
 * @module
 */
import type { MessageEntry } from "../entry.ts";
import { flightsOf, merged } from "../flights.ts";
import { MAX_PAYLOAD, type PacketPath, tcpPacket, udpPacket } from "./internet_packet.ts";
import { type NetworkPath, NetworkPaths } from "./network_path.ts";
import type { RecordedCall } from "../recording.ts";

/** The first octets of a file whose times have microseconds. */
const MAGIC = 0xa1b2c3d4;
/** LINKTYPE_RAW: packets begin with their IP header. */
const RAW = 101;
const SNAP_LENGTH = 262_144;

const SYN = 0x02;
const PSH = 0x08;
const ACK = 0x10;

/**
 * Makes a pcap file of the messages of calls. Each is one datagram, or a part of a TCP connection that
 * is made up for it; what went by TLS or WebSocket stands there as it was before, as plain TCP. Host
 * names become addresses of 198.18.0.0/15. Where both ends were recorded, a message is there once.
 *
 * @example
 * ```ts
 * import { toPcap } from "@strowger/sip/inspector/pcap";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 *
 * const recorder = new Recorder();
 * const file = toPcap(recorder.calls); // and now write it to a file
 * console.assert(file.length === 24);
 * ```
 */
export function toPcap(calls: Iterable<RecordedCall>): Uint8Array {
  const paths = new NetworkPaths();
  const connections = new Connections();
  const parts: Uint8Array[] = [fileHeader()];
  for (const { message } of flightsOf(merged(calls))) {
    const path = paths.of(message);
    const packets = path.isUdp
      ? [udpPacket(path, message.octets)]
      : connections.packets(path, message.octets);
    for (const packet of packets) parts.push(packetHeader(message, packet.length), packet);
  }
  return joined(parts);
}

function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, RAW, true);
  return new Uint8Array(view.buffer);
}

function packetHeader({ time }: MessageEntry, length: number): Uint8Array {
  const microseconds = Math.max(Math.round(time * 1000), 0);
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, Math.floor(microseconds / 1_000_000), true);
  view.setUint32(4, microseconds % 1_000_000, true);
  view.setUint32(8, length, true);
  view.setUint32(12, length, true);
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** TCP connections, each made up when the first message goes by it. */
class Connections {
  /** The next number of each direction, by its ends. */
  readonly #sequences = new Map<string, number>();

  packets(path: NetworkPath, octets: Uint8Array): Uint8Array[] {
    const [there, back] = [keyOf(path), keyOf(reversed(path))];
    const packets: Uint8Array[] = [];
    const put = (way: PacketPath, flags: number, payload: Uint8Array): void => {
      const [own, other] = way === path ? [there, back] : [back, there];
      const sequence = this.#sequences.get(own) ?? 0;
      const acknowledgement = (flags & ACK) === 0 ? 0 : this.#sequences.get(other) ?? 0;
      packets.push(tcpPacket(way, { sequence, acknowledgement, flags }, payload));
      const taken = payload.length + ((flags & SYN) === 0 ? 0 : 1);
      this.#sequences.set(own, (sequence + taken) >>> 0);
    };
    const nothing = new Uint8Array(0);
    if (!this.#sequences.has(there)) {
      put(path, SYN, nothing);
      put(reversed(path), SYN | ACK, nothing);
      put(path, ACK, nothing);
    }
    for (let at = 0; at < octets.length; at += MAX_PAYLOAD) {
      put(path, PSH | ACK, octets.subarray(at, at + MAX_PAYLOAD));
    }
    return packets;
  }
}

function reversed({ source, destination, sourcePort, destinationPort }: PacketPath): PacketPath {
  return {
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  };
}

function keyOf({ source, destination, sourcePort, destinationPort }: PacketPath): string {
  return `${source} ${sourcePort} ${destination} ${destinationPort}`;
}
