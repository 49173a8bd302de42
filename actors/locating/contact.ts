/**
 * Contact, where it says where a dialog's requests go: "The Contact header field MUST be present and
 * contain exactly one SIP or SIPS URI in any request that can result in the establishment of a
 * dialog" (RFC 3261 §8.1.1.8).
 *
 * @module
 */
import {
  Fault,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InvalidArgumentError,
  type OutgoingRequestMessage,
  parseHeaderValue,
  parseNameAddr,
  TransportError,
  type URI,
  valuesIn,
} from "../../messages/mod.ts";
import type { Transport } from "../../transports/transport.ts";
import { type Flow, nextHopOf } from "./flow.ts";
import type { Environment } from "../supervisor.ts";

function isSip(uri: URI | undefined): boolean {
  return uri?.scheme === "sip" || uri?.scheme === "sips";
}

/** The address in Contact, or `undefined` where there is none that requests could go to. */
export function contactOf(
  message: IncomingRequestMessage | IncomingResponseMessage,
): URI | undefined {
  const contact = message.parseHeader("Contact");
  const uri = Array.isArray(contact) ? contact[0]?.uri : undefined;
  return isSip(uri) ? uri : undefined;
}

/** The user in a value of Contact. */
export function userOf(contact: string): string | undefined {
  const address = parseNameAddr(contact);
  return address instanceof Fault ? undefined : address.uri.user;
}

/**
 * The scheme of a Contact in what goes to these. §8.1.1.8: "If the Request-URI or top Route header field
 * value contains a SIPS URI, the Contact header field MUST contain a SIPS URI as well."
 */
export function contactScheme(...uris: readonly (URI | undefined)[]): "sip" | "sips" {
  return uris.some((uri) => uri?.scheme === "sips") ? "sips" : "sip";
}

/**
 * The Contact in an answer. §12.1.1 asks for SIPS where there is one "in the Request-URI
 * or in the top Record-Route header field value, if there was any, or the Contact header field if there
 * was no Record-Route header field".
 */
export function contactFor(
  { contact }: Environment,
  { transport }: Flow,
  request: IncomingRequestMessage,
): string {
  const { ruri, to } = request;
  const routes = request.parseHeader("Record-Route");
  const nearest = Array.isArray(routes) ? routes[0]?.uri : contactOf(request);
  return contact(transport, ruri.user, to.uri, contactScheme(ruri, nearest));
}

/** Throws unless what a program has put into Contact, if anything, is one SIP or SIPS URI. */
export function checkContact(values: readonly string[]): void {
  if (values.length === 0) return;
  const contact = parseHeaderValue("Contact", values.join(", "));
  // A broken one is told with its place, when the message is printed.
  if (contact instanceof Fault) return;
  if (contact !== "*" && contact.length === 1 && isSip(contact[0]?.uri)) return;
  throw new InvalidArgumentError("Contact", "one SIP or SIPS URI", JSON.stringify(values.join()));
}

/**
 * Where it turns out that a request goes by another transport than was likely, a Contact that the
 * engine has made names that one.
 */
export function followContact(
  message: OutgoingRequestMessage,
  flow: Flow | TransportError,
  { transports, contact }: Environment,
): void {
  if (transports.length < 2 || flow instanceof TransportError || message.toTag !== undefined) {
    return;
  }
  const { fromURI, ruri } = message;
  const scheme = contactScheme(ruri, nextHopOf(message));
  const own = (transport: Transport): string => contact(transport, fromURI.user, fromURI, scheme);
  const known = message.getHeader("Contact");
  const isOwn = valuesIn(message.extraHeaders, "Contact").length === 0 &&
    transports.some((transport) => own(transport) === known);
  if (isOwn) message.setHeader("Contact", own(flow.transport));
}
