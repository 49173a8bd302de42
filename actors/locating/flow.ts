/**
 * Which way a message goes: by which transport, to whom (RFC 3261 §8.1.2, §18).
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  NameAddrHeader,
  type OutgoingRequestMessage,
  parseNameAddr,
  TransportError,
  URI,
} from "../../messages/mod.ts";
import { isMulticast } from "../../transports/destination.ts";
import { bare, defaultPort, type Target, targetsOf } from "../../transports/locating.ts";
import type { Transport } from "../../transports/transport.ts";

/** A transport, and whom it has to reach. */
export type Flow = Target;

/** The sent-by of what goes by a transport. */
export function sentBy({ local }: Transport): string {
  const host = bracketed(local.host);
  return local.port === undefined ? host : `${host}:${local.port}`;
}

/** A host as URIs and Vias have it: IPv6 addresses in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** What names the connection to a destination, for transports that have connections. */
export function connectionKey({ transport, remote }: Flow): string | undefined {
  if (!transport.reliable) return undefined;
  // Two domains at one address have each a certificate of its own.
  const name = transport.secure ? remote.name ?? "" : "";
  return `${transport.protocol} ${name} ${remote.host}:${remote.port}`.toLowerCase();
}

/** The address of a Route value, where it can be read. */
function routerIn(route: string | undefined): URI | undefined {
  const address = route === undefined ? undefined : parseNameAddr(route);
  return address instanceof NameAddrHeader ? address.uri : undefined;
}

/** The first of some Route values, where it is a strict router. */
export function strictRouterOf([first]: readonly string[]): URI | undefined {
  const router = routerIn(first);
  return router === undefined || isLoose(router) ? undefined : router;
}

/** Whether `lr` is among the parameters of a route: "loose" routing, RFC 3261 §16.12. */
export function isLoose(uri: URI): boolean {
  return uri.hasParam("lr");
}

/**
 * Whom a request goes to first. RFC 3261 §8.1.2: the first Route if there is one, else the
 * Request-URI; a strict router is in the Request-URI (§12.2.1.1).
 */
export function nextHopOf(message: OutgoingRequestMessage): URI {
  const router = routerIn(message.getHeader("Route"));
  const isFirst = message.nextHop === undefined && router !== undefined && isLoose(router);
  const hop = isFirst ? router : message.nextHop ?? message.ruri;
  return message.ruri.scheme === "sips" ? asSips(hop) : hop;
}

/**
 * A next hop as it is reached for the sake of a SIPS resource. §8.1.2: "Independent of which URI is used
 * as input to the procedures of [4], if the Request-URI specifies a SIPS resource, the UAC MUST follow
 * the procedures of [4] as if the input URI were a SIPS URI."
 */
export function asSips(hop: URI): URI {
  if (hop.scheme !== "sip") return hop;
  const secured = hop.clone();
  secured.scheme = "sips";
  return secured;
}

/**
 * By which transport, and to whom, a request to a next hop goes as far as that is known without asking
 * anybody: where it is a name, the rest is the locator's.
 */
export function flowTo(uri: URI, transports: readonly Transport[]): Flow | TransportError {
  const targets = targetsOf(uri, { transports, known: undefined, random: () => 0 });
  return targets instanceof TransportError ? targets : targets[0];
}

/** §12.1.1: "If the request arrived over TLS, and the Request-URI contained a SIPS URI". */
export function isSecure({ ruri }: IncomingRequestMessage, { transport }: Flow): boolean {
  return ruri.scheme === "sips" && transport.secure;
}

/**
 * The way of a response. RFC 3261 §18.2.2: by the connection that the request came by; on UDP to the
 * group that Via names, or else to the address it came from, and to the port in Via, or to the port it
 * came from where the client asked for that (RFC 3581 §4).
 */
export function flowBack(request: IncomingRequestMessage, from: Flow): Flow {
  const { transport, remote } = from;
  const { rport, port = defaultPort(transport.protocol) } = request.via;
  const group = transport.reliable ? undefined : groupOf(request);
  if (group !== undefined) return { transport, remote: { host: group, port } };
  if (rport !== undefined && !transport.reliable) return from;
  // Over TLS a new connection is to whom Via names, wherever the request has come from.
  const name = transport.secure ? { name: bare(request.via.host) } : {};
  return { transport, remote: { ...remote, ...name, port } };
}

/**
 * The group that a response is wanted in. Only a group: who may name any address as maddr makes others be
 * sent what they have not asked for.
 */
function groupOf(request: IncomingRequestMessage): string | undefined {
  // Nearly no Via has it, and reading the parameters of all would be felt.
  if (!/maddr/i.test(request.getHeader("Via") ?? "")) return undefined;
  const { maddr } = request.via.parameters;
  return typeof maddr === "string" && isMulticast(maddr) ? maddr : undefined;
}

/**
 * Where a response goes when that way has failed: RFC 3263 §5, where Via's sent-by is looked up as a URI
 * would be, for Via's transport. `undefined` where nobody can be called.
 */
export function sentByUri({ via }: IncomingRequestMessage, { transport }: Flow): URI | undefined {
  const { protocol } = transport;
  if (transport.fixedRemote !== undefined || !LOCATED.includes(protocol)) return undefined;
  const uri = new URI("sip", undefined, via.host, via.port);
  uri.setParam("transport", protocol.toLowerCase());
  return uri;
}

const LOCATED = ["UDP", "TCP", "TLS"];
