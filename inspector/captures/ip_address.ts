/**
 * Addresses of the Internet Protocol, as text and as octets.
 *
 * @module
 */

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/** The 4 or 16 octets of an address; `undefined` for what is none, a host name say. */
export function addressOctets(host: string): Uint8Array | undefined {
  const octets = IPV4.exec(host)?.slice(1).map(Number);
  if (octets !== undefined) {
    return octets.every((octet) => octet <= 255) ? Uint8Array.from(octets) : undefined;
  }
  return host.includes(":") ? ipv6Octets(host) : undefined;
}

/** What an address is written as in a URL has groups of hexadecimal digits only. */
function ipv6Octets(host: string): Uint8Array | undefined {
  const [withoutZone = ""] = host.split("%");
  if (!URL.canParse(`http://[${withoutZone}]/`)) return undefined;
  const groups = new URL(`http://[${withoutZone}]/`).hostname.slice(1, -1).split("::")
    .map((part) => part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const [before = [], after = []] = groups;
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  const all = groups.length === 1 ? before : [...before, ...zeros, ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** An address as text; an IPv6 address as RFC 5952 has it. */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0)).toString(16));
  }
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
