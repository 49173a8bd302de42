/**
 * Small things that every transport does with a host and a port.
 *
 * @module
 */
import { InvalidArgumentError, TransportError } from "../messages/errors.ts";
import type { AddressFamily } from "./transport.ts";

/** A host, which has no brackets here if it is an IPv6 address, and a port. */
export interface HostPort {
  /** A host name or address. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/** What a program says when it does not know, or need not say, the port. */
export interface Advertised {
  /** The name or address at which others reach this end; an IPv6 address stands without brackets. */
  readonly host: string;
  /** The port at which they do. Default: the one that is listened on. */
  readonly port?: number;
}

/** `hostport` of RFC 3261 §25.1, in lower case: for messages, and as a key. */
export function hostport({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host.toLowerCase()}]:${port}` : `${host.toLowerCase()}:${port}`;
}

/** Of which kind an address is; `undefined` for a name. An IPv6 address has no brackets here. */
export function familyOf(host: string): AddressFamily | undefined {
  if (host.includes(":")) return 6;
  return /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/.test(host) ? 4 : undefined;
}

/** Whether it is a multicast address of IPv4; SIP defines no use of IPv6's (RFC 3261 §18.1.1). */
export function isMulticast(host: string): boolean {
  return familyOf(host) === 4 && /^(22[4-9]|23[0-9])\./.test(host);
}

/** To which kinds of addresses a socket can send that is bound to an address. */
export function familiesOf(bound: string): readonly AddressFamily[] {
  if (familyOf(bound) === 4) return [4];
  return /^[0:]+$/.test(bound) ? [6, 4] : [6];
}

/** Whether something can be sent to a port of this number. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** Whether no name can ever resolve to a host (RFC 2606 §2): whoever has it cannot be called. */
export function isNobodys(host: string): boolean {
  return host.toLowerCase().endsWith(".invalid");
}

/** Refuses what is no host and port; `least` is 0 where the system may choose the port. */
export function checkHostPort(field: string, { host, port }: HostPort, least: 0 | 1): void {
  if (host === "" || /[\s[\]]/.test(host)) {
    throw new InvalidArgumentError(
      `${field}host`,
      "a host name, or an address without brackets",
      `"${host}"`,
    );
  }
  if (port !== least && !isPort(port)) {
    throw new InvalidArgumentError(`${field}port`, `a port from ${least} to 65535`, String(port));
  }
}

/** What listening and advertising options come to; refuses an end that nobody could reach. */
export function checkListen(host: string, port: number, advertise?: Advertised): void {
  checkHostPort("", { host, port }, 0);
  if (advertise !== undefined) {
    checkHostPort("advertise.", { host: advertise.host, port: advertise.port ?? 5060 }, 1);
  } else if (host === "0.0.0.0" || /^[0:]+$/.test(host)) {
    throw new InvalidArgumentError(
      "advertise",
      "the address at which this machine is reached",
      `none, and ${host} names every address`,
    );
  }
}

/** How others reach what is bound. */
export function advertised(bound: HostPort, advertise: Advertised | undefined): HostPort {
  return { host: advertise?.host ?? bound.host, port: advertise?.port ?? bound.port };
}

/**
 * An address without the prefix that a socket for both families puts before an IPv4 one: a Via says
 * `192.0.2.1` and not `::ffff:192.0.2.1`, and is compared with this.
 */
export function unmapped(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** A TransportError in one line, from whatever a socket failed with. */
export function failure(what: string, cause: unknown): TransportError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TransportError(`${what}: ${reason.replace(/\s+/g, " ").trim()}`, { cause });
}
