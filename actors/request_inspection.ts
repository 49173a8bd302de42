/**
 * What is looked at before a request outside of a dialog gets to the program (RFC 3261 §8.2).
 *
 * @module
 */
import { Fault, type IncomingRequestMessage, type ResponseOptions } from "../messages/mod.ts";
import { contactOf } from "./contact.ts";

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
export function refuseRequired(request: IncomingRequestMessage): ResponseOptions | undefined {
  const required = request.parseHeader("Require");
  if (required instanceof Fault) return { statusCode: required.status };
  if (required === undefined || required.length === 0) return undefined;
  return { statusCode: 420, extraHeaders: [`Unsupported: ${required.join(", ")}`] };
}

/** The methods whose requests can make a dialog. */
const DIALOG_METHODS = ["INVITE", "REFER", "SUBSCRIBE"];

/**
 * The refusal that a request outside of a dialog deserves, or `undefined` where it is fit for the
 * program.
 *
 * @param isTaken Whether somebody is there to take its method.
 * @param allow What Allow says.
 */
export function inspectRequest(
  request: IncomingRequestMessage,
  isTaken: boolean,
  allow: string,
): ResponseOptions | undefined {
  const { method, toTag, ruri } = request;
  // §12.2.2: "If the UAS wishes to reject the request because it does not wish to recreate the
  // dialog, it MUST respond to the request with a 481".
  if (toTag !== undefined || method === "BYE") return { statusCode: 481 };
  if (!isTaken) return refuseMethod(method, allow);
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
  const refusal = refuseRequired(request);
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
