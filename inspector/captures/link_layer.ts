/**
 * What link layers put before an IP packet, by the numbers of the registry of link types.
 *
 * @module
 */

const NULL = 0;
const ETHERNET = 1;
/** Two numbers mean the same, from times before the registry. */
const RAW = [12, 14, 101, 228, 229];
const LOOP = 108;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const VLANS = [0x8100, 0x88a8, 0x9100];
const MAX_VLANS = 4;

/** The IP packet in a packet that was captured; `undefined` where there is none. */
export function ipPacketIn(linkType: number, data: Uint8Array): Uint8Array | undefined {
  if (RAW.includes(linkType)) return data;
  switch (linkType) {
    case NULL:
    case LOOP:
      return data.subarray(4);
    case ETHERNET:
      return behindEtherType(data, 12);
    case LINUX_SLL:
      return behindEtherType(data, 14);
    case LINUX_SLL2:
      return isIp(uint16(data, 0)) ? data.subarray(20) : undefined;
    default:
      return undefined;
  }
}

function behindEtherType(data: Uint8Array, start: number): Uint8Array | undefined {
  let at = start;
  for (let i = 0; i < MAX_VLANS && VLANS.includes(uint16(data, at)); i++) at += 4;
  return isIp(uint16(data, at)) ? data.subarray(at + 2) : undefined;
}

function isIp(type: number): boolean {
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;
}

function uint16(data: Uint8Array, at: number): number {
  return ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
}
