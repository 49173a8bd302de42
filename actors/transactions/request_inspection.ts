/**
 * What is looked at before a request outside of a dialog gets to the program (RFC 3261 §8.2).
 *
 * @module
 */
import { Fault, type IncomingRequestMessage, type ResponseOptions } from "../../messages/mod.ts";
import { contactOf } from "../locating/contact.ts";
import { type AcceptedContent, refuseAccept, refuseContent } from "./content_inspection.ts";
import { joinTags, missingTags } from "./option_tags.ts";

/** What a core takes. */
export interface InspectionPolicy {
  /** What Allow says: the methods that are answered here. */
  readonly allow: () => string;
  /** The extensions that are understood here. */
  readonly optionTags: readonly string[];
  /** The extensions without which no INVITE is taken. */
  readonly requiredOptionTags: readonly string[];
  /** The bodies that are understood here. */
  readonly content: AcceptedContent;
}

/** The methods of the RFCs: one of them that is not allowed here is 405, any other is 501. */
const KNOWN_METHODS = [
  "ACK",
  "BYE",
  "CANCEL",
  "INFO",
  "INVITE",
  "MESSAGE",
  "NOTIFY",
  "OPTIONS",
  "PRACK",
  "PUBLISH",
  "REFER",
  "REGISTER",
  "SUBSCRIBE",
  "UPDATE",
];

/** The headers that a session is made from, and that the rules below read. */
const NEEDED = ["Require", "Contact", "Record-Route", "Content-Disposition"] as const;

/**
 * §8.2.1: "If the UAS recognizes but does not support the method of a request, it MUST generate a
 * 405 (Method Not Allowed) response ... The UAS MUST also add an Allow header field".
 */
export function refuseMethod(method: string, allow: string): ResponseOptions {
  const isKnown = KNOWN_METHODS.includes(method);
  return { statusCode: isKnown ? 405 : 501, extraHeaders: [`Allow: ${allow}`] };
}

/**
 * §8.2.2.3: "If a UAS does not understand an option-tag listed in a Require header field, it MUST
 * respond by generating a response with status code 420 (Bad Extension). The UAS MUST add an
 * Unsupported header field, and list in it those options it does not understand".
 */
export function refuseRequired(
  request: IncomingRequestMessage,
  optionTags: readonly string[],
): ResponseOptions | undefined {
  const required = request.parseHeader("Require");
  if (required instanceof Fault) return { statusCode: required.status };
  const unsupported = missingTags(required ?? [], optionTags);
  if (unsupported.length === 0) return undefined;
  return { statusCode: 420, extraHeaders: [`Unsupported: ${unsupported.join(", ")}`] };
}

/**
 * §8.2.4: "In rare circumstances, where the server cannot process the request without the extension,
 * the server MAY send a 421 (Extension Required) response. ... The needed extension(s) MUST be
 * included in a Require header field in the response."
 */
function demandExtensions(
  request: IncomingRequestMessage,
  needed: readonly string[],
): ResponseOptions | undefined {
  const { method } = request;
  const [supported, required] = [request.parseHeader("Supported"), request.parseHeader("Require")];
  const offered = [supported, required].map((tags) => tags instanceof Fault ? [] : tags ?? []);
  const missing = missingTags(needed, joinTags(...offered));
  if (method !== "INVITE" || missing.length === 0) return undefined;
  return { statusCode: 421, extraHeaders: [`Require: ${missing.join(", ")}`] };
}

/** The methods whose requests can make a dialog. */
const DIALOG_METHODS = ["INVITE", "REFER", "SUBSCRIBE"];

/**
 * The methods whose requests have a meaning within a dialog only: RFC 3261 §15.1.2, RFC 3262 §3, RFC
 * 3311 §5.2, RFC 6086 §4.2.1 ("A UA MUST NOT send an INFO request outside an invite dialog usage").
 */
const IN_DIALOG_METHODS = ["BYE", "INFO", "PRACK", "UPDATE"];

/**
 * The refusal that a request outside of a dialog deserves, or `undefined` where it is fit for the
 * program.
 *
 * Max-Forwards does not count here: 483 is for what has not come there yet, and a request with a 0 that has
 * come to whom it is for is answered as any other (RFC 4475 §3.3.11).
 *
 * 494 (RFC 3329) is the answer of a server that wants a security agreement. This one has none to
 * offer, and answers 420 to who requires `sec-agree`.
 *
 * @param isTaken Whether somebody is there to take its method.
 */
export function inspectRequest(
  request: IncomingRequestMessage,
  isTaken: boolean,
  policy: InspectionPolicy,
): ResponseOptions | undefined {
  const { method, toTag, ruri } = request;
  // §12.2.2: "If the UAS wishes to reject the request because it does not wish to recreate the
  // dialog, it MUST respond to the request with a 481".
  if (toTag !== undefined || IN_DIALOG_METHODS.includes(method)) return { statusCode: 481 };
  if (!isTaken) return refuseMethod(method, policy.allow());
  // §8.2.2.1: "If the Request-URI uses a scheme not supported by the UAS, it SHOULD reject the
  // request with a 416 (Unsupported URI Scheme) response."
  if (ruri.scheme !== "sip" && ruri.scheme !== "sips" && ruri.scheme !== "tel") {
    return { statusCode: 416 };
  }
  for (const name of NEEDED) {
    const value = request.parseHeader(name);
    if (value instanceof Fault) {
      return { statusCode: value.status, reasonPhrase: `Bad Request: ${value}` };
    }
  }
  const refusal = refuseRequired(request, policy.optionTags) ??
    refuseContent(request, policy.content) ??
    demandExtensions(request, policy.requiredOptionTags) ??
    refuseAccept(request, policy.content);
  if (refusal !== undefined || !DIALOG_METHODS.includes(method)) return refusal;
  // §8.1.1.8: "The Contact header field MUST be present and contain exactly one SIP or SIPS URI in
  // any request that can result in the establishment of a dialog."
  const contact = request.parseHeader("Contact");
  const isOne = Array.isArray(contact) && contact.length === 1;
  if (!isOne || contactOf(request) === undefined) {
    return {
      statusCode: 400,
      reasonPhrase: "Bad Request: expected one SIP or SIPS URI as Contact",
    };
  }
  return undefined;
}
