/**
 * Makes IP packets that carry UDP and TCP (RFC 791, RFC 8200, RFC 768, RFC 9293), with their
 * checksums (RFC 1071).
 *
 * @module
 */

/** Where a packet comes from and goes to; 4 octets each, or 16 each. */
export interface PacketPath {
  /** An address. */
  readonly source: Uint8Array;
  /** An address. */
  readonly destination: Uint8Array;
  /** 0 to 65535. */
  readonly sourcePort: number;
  /** 0 to 65535. */
  readonly destinationPort: number;
}

/** What a TCP segment says of itself. */
export interface Segment {
  /** The number of its first octet. */
  readonly sequence: number;
  /** The number of the octet that is expected next. */
  readonly acknowledgement: number;
  /** The octet of flags. */
  readonly flags: number;
}

const TCP = 6;
const UDP = 17;
const HOP_LIMIT = 64;
/** What 16 bits can say of a length, without the largest headers of a packet. */
export const MAX_PAYLOAD: number = 65_535 - 20 - 20;

/** A packet with a datagram in it. What is too long for one is cut. */
export function udpPacket(path: PacketPath, payload: Uint8Array): Uint8Array {
  const shown = payload.subarray(0, MAX_PAYLOAD);
  const datagram = new Uint8Array(8 + shown.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, path.sourcePort);
  view.setUint16(2, path.destinationPort);
  view.setUint16(4, datagram.length);
  datagram.set(shown, 8);
  // RFC 768: "If the computed checksum is zero, it is transmitted as all ones".
  view.setUint16(6, checksum(path, UDP, datagram) || 0xffff);
  return ipPacket(path, UDP, datagram);
}

/** A packet with a segment in it; `payload` is at most `MAX_PAYLOAD` long. */
export function tcpPacket(path: PacketPath, segment: Segment, payload: Uint8Array): Uint8Array {
  const octets = new Uint8Array(20 + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint16(0, path.sourcePort);
  view.setUint16(2, path.destinationPort);
  view.setUint32(4, segment.sequence);
  view.setUint32(8, segment.acknowledgement);
  octets[12] = 5 << 4;
  octets[13] = segment.flags;
  view.setUint16(14, 0xffff);
  octets.set(payload, 20);
  view.setUint16(16, checksum(path, TCP, octets));
  return ipPacket(path, TCP, octets);
}

function ipPacket(path: PacketPath, protocol: number, payload: Uint8Array): Uint8Array {
  return path.source.length === 4
    ? ipv4Packet(path, protocol, payload)
    : ipv6Packet(path, protocol, payload);
}

function ipv4Packet(path: PacketPath, protocol: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  // RFC 791 §3.1: it is not to be fragmented.
  view.setUint16(6, 0x4000);
  packet[8] = HOP_LIMIT;
  packet[9] = protocol;
  packet.set(path.source, 12);
  packet.set(path.destination, 16);
  view.setUint16(10, folded(sum(packet.subarray(0, 20), 0)));
  packet.set(payload, 20);
  return packet;
}

function ipv6Packet(path: PacketPath, protocol: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + payload.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x60;
  view.setUint16(4, payload.length);
  packet[6] = protocol;
  packet[7] = HOP_LIMIT;
  packet.set(path.source, 8);
  packet.set(path.destination, 24);
  packet.set(payload, 40);
  return packet;
}

/** Over the addresses, the protocol and the length, too: RFC 9293 §3.1, RFC 8200 §8.1. */
function checksum({ source, destination }: PacketPath, protocol: number, data: Uint8Array): number {
  const addresses = sum(destination, sum(source, 0));
  return folded(sum(data, addresses + protocol + data.length));
}

/** Words of 16 bits, added up; a last octet is the high one of its word. */
function sum(data: Uint8Array, start: number): number {
  let total = start;
  for (let i = 0; i < data.length; i += 2) {
    total += ((data[i] ?? 0) << 8) | (data[i + 1] ?? 0);
  }
  return total;
}

function folded(total: number): number {
  let rest = total;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return ~rest & 0xffff;
}
