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
  type URI,
} from "../messages/mod.ts";
import type { Destination, Transport } from "../transports/transport.ts";

/** A transport, and whom it has to reach. */
export interface Flow {
  readonly transport: Transport;
  readonly remote: Destination;
}

/** The sent-by of what goes by a transport. */
export function sentBy({ local }: Transport): string {
  const host = bracketed(local.host);
  return local.port === undefined ? host : `${host}:${local.port}`;
}

/** A host as URIs and Vias have it: IPv6 addresses in brackets. */
export function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** A host as transports have it: IPv6 addresses without brackets. */
function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** What names the connection to a destination, for transports that have connections. */
export function connectionKey({ transport, remote }: Flow): string | undefined {
  return transport.reliable
    ? `${transport.protocol} ${remote.host.toLowerCase()}:${remote.port}`
    : undefined;
}

function defaultPort(protocol: string): number {
  return protocol === "TLS" || protocol === "WSS" ? 5061 : 5060;
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
  return isFirst ? router : message.nextHop ?? message.ruri;
}

/**
 * The way to a next hop. Names are left to the transport to resolve, as addresses only: RFC 3263
 * comes later.
 */
export function flowTo(uri: URI, transports: readonly Transport[]): Flow | TransportError {
  const isSecure = uri.scheme === "sips";
  const wanted = uri.getParam("transport")?.toUpperCase();
  const transport = transports.find((each) =>
    each.fixedRemote !== undefined
      ? !isSecure || each.secure
      : uri.host !== "" && (wanted === undefined || each.protocol === wanted) &&
        (!isSecure || each.secure)
  );
  if (transport === undefined) {
    const kind = isSecure ? "secure transport" : `transport ${wanted ?? ""}`.trimEnd();
    return new TransportError(`the core has no ${kind} that could reach ${uri}`);
  }
  const port = uri.port ?? defaultPort(transport.protocol);
  return { transport, remote: transport.fixedRemote ?? { host: bare(uri.host), port } };
}

/**
 * The way of a response. RFC 3261 §18.2.2: by the connection that the request came by; on UDP to
 * the address it came from, and to the port in Via, or to the port it came from where the client
 * asked for that (RFC 3581 §4).
 */
export function flowBack(request: IncomingRequestMessage, from: Flow): Flow {
  const { transport, remote } = from;
  if (request.via.rport !== undefined && !transport.reliable) return from;
  const port = request.via.port ?? defaultPort(transport.protocol);
  return { transport, remote: { ...remote, port } };
}
