/**
 * Where a request to a URI may go, in the order in which that is tried: by which transport, to which
 * address and port (RFC 3263 §4, RFC 7984).
 *
 * Nothing is asked here. What is needed is read from what is known, and what is not known is noted:
 * whoever calls asks, and calls again.
 *
 * @module
 */
import { TransportError, type URI } from "../messages/mod.ts";
import { familyOf, isNobodys } from "./destination.ts";
import type { NaptrRecord, SrvRecord } from "./resolver.ts";
import { inSrvOrder, type RandomNumber } from "./srv_order.ts";
import type { AddressFamily, Destination, Transport } from "./transport.ts";

/** One place to try. */
export interface Target {
  /** By which transport. */
  readonly transport: Transport;
  /** To which address and port. */
  readonly remote: Destination;
}

/** The places to try, the best first. */
export type Targets = readonly [Target, ...Target[]];

/** What is known of names: each method reads what there is, and notes what has to be asked. */
export interface KnownRecords {
  /** Whether something has to be asked: what was not found may be there. */
  readonly isWanting: boolean;
  a(name: string): readonly string[];
  aaaa(name: string): readonly string[];
  srv(name: string): readonly SrvRecord[];
  naptr(name: string): readonly NaptrRecord[];
}

/** What the choice is made from. */
export interface LocatingContext {
  readonly transports: readonly Transport[];
  /** Without it, names are left to the transports. */
  readonly known: KnownRecords | undefined;
  readonly random: RandomNumber;
}

/** What a domain can make a request go to, and how many records of a kind are looked at. */
const MAX_TARGETS = 16;
const MAX_RECORDS = 64;

/** The transports that SRV knows, by what stands before the domain (RFC 3263 §4.1, §4.2). */
const SRV_SERVICES: Readonly<Record<string, string>> = {
  UDP: "_sip._udp",
  TCP: "_sip._tcp",
  TLS: "_sips._tcp",
};

/** RFC 3263 §8. */
const NAPTR_SERVICES: Readonly<Record<string, string>> = {
  "SIP+D2U": "UDP",
  "SIP+D2T": "TCP",
  "SIPS+D2T": "TLS",
};

/** A host as transports have it: IPv6 addresses without brackets. */
export function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** The port of a protocol (RFC 3261 §19.1.2). */
export function defaultPort(protocol: string): number {
  return protocol === "TLS" || protocol === "WSS" ? 5061 : 5060;
}

/** RFC 3263 §4: "the value of the maddr parameter of the URI, if present, otherwise, the host value". */
function targetOf(uri: URI): string {
  return withoutDot(bare(uri.getParam("maddr") ?? uri.host));
}

/** Whether a transport may be used for a URI, as far as its scheme and parameters tell. */
function isFitting({ protocol, secure, fixedRemote }: Transport, uri: URI): boolean {
  if (uri.scheme === "sips" && !secure) return false;
  if (fixedRemote !== undefined) return true;
  if (uri.host === "") return false;
  const wanted = uri.getParam("transport")?.toUpperCase();
  if (wanted === undefined || wanted === protocol) return true;
  // What lies below TLS is what a URI names (RFC 3261 §26.2.2; RFC 7118 §5 for WebSocket).
  return wanted === "WS" ? protocol === "WSS" : wanted === "TCP" && uri.scheme === "sips";
}

/** The transports that a request to a URI may go by; the first of them is the default. */
function fittingTransports(uri: URI, transports: readonly Transport[]): readonly Transport[] {
  const fitting = transports.filter((each) => isFitting(each, uri));
  const [first] = fitting;
  if (fitting.length < 2 || first?.fixedRemote !== undefined) return fitting;
  // §4.1: without a transport parameter "the client SHOULD use UDP for a SIP URI".
  const located = fitting.filter(({ fixedRemote }) => fixedRemote === undefined);
  return located.sort((a, b) => Number(b.protocol === "UDP") - Number(a.protocol === "UDP"));
}

/**
 * Where a request to `uri` may go.
 *
 * @returns At least one place, or why there is none. Where `known` had to note a question, neither is
 * of use.
 */
export function targetsOf(uri: URI, context: LocatingContext): Targets | TransportError {
  const fitting = fittingTransports(uri, context.transports);
  const [first] = fitting;
  if (first === undefined) return noTransport(uri);
  if (first.fixedRemote !== undefined) return [{ transport: first, remote: first.fixedRemote }];
  const target = targetOf(uri);
  if (isNobodys(target)) return atConnection(fitting, target);
  if (context.known === undefined || familyOf(target) !== undefined) {
    return [atHost(fitting, first, target, uri.port ?? defaultPort(first.protocol))];
  }
  const search = new Search(target, fitting, context.random);
  const [best, ...others] = search.byName(uri, context.known);
  if (best !== undefined) return [best, ...others.slice(0, MAX_TARGETS - 1)];
  return new TransportError(search.problem ?? `${target} has no address that could be reached`);
}

/** What is for whom nobody can call goes by the connection that he has opened (RFC 7118 §5). */
function atConnection(transports: readonly Transport[], host: string): Targets | TransportError {
  for (const transport of transports) {
    const remote = transport.destinationOf?.(host);
    if (remote !== undefined) return [{ transport, remote }];
  }
  return new TransportError(`${host} has no connection to this end`);
}

/** What needs no look-up, or what the transport looks up. */
function atHost(
  transports: readonly Transport[],
  first: Transport,
  host: string,
  port: number,
): Target {
  const family = familyOf(host);
  // Where none says that it can, the one that is asked says why it cannot.
  const transport = family === undefined
    ? first
    : transports.find(({ protocol, families }) =>
      protocol === first.protocol && families?.includes(family) !== false
    ) ?? first;
  return { transport, remote: { host, port } };
}

function noTransport(uri: URI): TransportError {
  const wanted = uri.getParam("transport")?.toUpperCase();
  const kind = uri.scheme === "sips" ? "secure transport" : `transport ${wanted ?? ""}`.trimEnd();
  return new TransportError(`the core has no ${kind} that could reach ${uri}`);
}

/** One search for the places of a domain. */
class Search {
  /** Why nothing may be found. */
  problem: string | undefined;
  private readonly domain: string;
  private readonly transports: readonly Transport[];
  private readonly random: RandomNumber;

  constructor(domain: string, transports: readonly Transport[], random: RandomNumber) {
    this.domain = domain;
    this.transports = transports;
    this.random = random;
  }

  /** §4.1 and §4.2, for a domain that is no address. */
  byName(uri: URI, known: KnownRecords): Target[] {
    const protocols = [...new Set(this.transports.map(({ protocol }) => protocol))];
    const [first = ""] = protocols;
    // "If the TARGET was not a numeric IP address, but a port is present in the URI, the client
    // performs an A or AAAA record lookup of the domain name."
    if (uri.port !== undefined) return this.atName(known, first, this.domain, uri.port);
    const isFree = uri.getParam("transport") === undefined;
    const rules = isFree ? this.rules(known, protocols) : [];
    if (known.isWanting) return [];
    const found = rules.length > 0
      ? rules.flatMap(({ protocol, name }) => this.bySrv(known, protocol, name))
      : this.byServices(known, uri, protocols);
    if (found.length > 0 || this.problem !== undefined || known.isWanting) return found;
    // "If no SRV records were found, the client performs an A or AAAA record lookup of the domain
    // name", and "SHOULD use TCP for a SIPS URI, and UDP for a SIP URI".
    const protocol = rules[0]?.protocol ?? first;
    return this.atName(known, protocol, this.domain, defaultPort(protocol));
  }

  /** "The client constructs SRV queries for those transport protocols it supports". */
  private byServices(known: KnownRecords, uri: URI, protocols: readonly string[]): Target[] {
    // "Queries are done using the service identifier "_sip" for SIP URIs and "_sips" for SIPS URIs":
    // TLS is for who asks for it.
    const isAsked = uri.scheme === "sips" || uri.getParam("transport") !== undefined;
    return protocols.filter((protocol) => isAsked || protocol !== "TLS" || protocols.length === 1)
      .flatMap((protocol) => {
        const service = SRV_SERVICES[protocol];
        return service === undefined
          ? []
          : this.bySrv(known, protocol, `${service}.${this.domain}`);
      });
  }

  /**
   * §4.1, RFC 3403 §4.1: "once a match is found the client MUST NOT consider records with a different
   * Order but they MAY process records with the same Order but different Preferences".
   */
  private rules(
    known: KnownRecords,
    protocols: readonly string[],
  ): { readonly protocol: string; readonly name: string }[] {
    const usable = known.naptr(this.domain).slice(0, MAX_RECORDS).flatMap((record) => {
      const protocol = NAPTR_SERVICES[record.services.toUpperCase()];
      const isUsable = protocol !== undefined && protocols.includes(protocol) &&
        record.flags.toLowerCase() === "s" && record.regexp === "";
      return isUsable ? [{ ...record, protocol, name: withoutDot(record.replacement) }] : [];
    });
    usable.sort((a, b) => a.order - b.order || a.preference - b.preference);
    return usable.filter(({ order }) => order === usable[0]?.order);
  }

  /** The servers under the name of a service, in the order of RFC 2782. */
  private bySrv(known: KnownRecords, protocol: string, name: string): Target[] {
    const records = known.srv(name).slice(0, MAX_RECORDS);
    return inSrvOrder(records, this.random).slice(0, MAX_TARGETS).flatMap(({ target, port }) => {
      const host = withoutDot(target);
      if (host !== "") return this.atName(known, protocol, host, port);
      // RFC 2782: "A Target of "." means that the service is decidedly not available at this domain."
      this.problem ??= `${this.domain} has no ${name}`;
      return [];
    });
  }

  /** RFC 7984 §3.1: addresses of every kind that can be reached; the transports' order is theirs. */
  private atName(known: KnownRecords, protocol: string, name: string, port: number): Target[] {
    const found: Target[] = [];
    for (const { transport, family } of this.reach(protocol)) {
      if (found.some(({ remote }) => familyOf(remote.host) === family)) continue;
      const addresses = family === 4 ? known.a(name) : known.aaaa(name);
      for (const host of addresses.slice(0, MAX_TARGETS)) {
        if (familyOf(host) !== family) continue;
        found.push({ transport, remote: { host, port, name: this.domain } });
      }
    }
    return found;
  }

  /** By which transport of a protocol which kind of address can be reached. */
  private reach(protocol: string): { transport: Transport; family: AddressFamily }[] {
    return this.transports.filter((each) => each.protocol === protocol).flatMap((transport) =>
      (transport.families ?? [6, 4] as const).map((family) => ({ transport, family }))
    );
  }
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
