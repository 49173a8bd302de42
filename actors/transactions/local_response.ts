/**
 * Responses that no peer sent (RFC 3261 §8.1.3.1): "When a timeout error is received from the
 * transaction layer, it MUST be treated as if a 408 (Request Timeout) status code has been
 * received. If a fatal transport error is reported by the transport layer ... the condition MUST be
 * treated as a 503 (Service Unavailable) status code."
 *
 * @module
 */
import { errorOf, type InviteClientEmission } from "../../machines/mod.ts";
import {
  IncomingResponseMessage,
  type OutgoingRequestMessage,
  parseMessage,
} from "../../messages/mod.ts";

const encoder = new TextEncoder();

/** Makes a response to a request of ours, with `local` set. */
export function localResponse(
  request: OutgoingRequestMessage,
  statusCode: number,
  reasonPhrase: string,
): IncomingResponseMessage {
  const line = (name: string): string => `${name}: ${request.getHeader(name) ?? ""}\r\n`;
  const reason = reasonPhrase.replace(/[\r\n\0]+/g, " ");
  const response = parseMessage(encoder.encode(
    `SIP/2.0 ${statusCode} ${reason}\r\n${line("Via")}${line("From")}${line("To")}` +
      `${line("Call-ID")}${line("CSeq")}Content-Length: 0\r\n\r\n`,
  ));
  if (!(response instanceof IncomingResponseMessage)) {
    // The request was parsed before it was sent, and its headers are the same.
    throw new Error(`a local response must parse: ${response}`);
  }
  response.local = true;
  return response;
}

/** The response that a final emission of a client transaction stands for. */
export function responseOf(
  request: OutgoingRequestMessage,
  emission: InviteClientEmission,
): IncomingResponseMessage {
  if ("message" in emission && emission.message instanceof IncomingResponseMessage) {
    return emission.message;
  }
  if (emission.type === "timeout") {
    return localResponse(request, 408, "Request Timeout: no final response in 64*T1");
  }
  const error = errorOf(emission);
  const why = error instanceof Error ? error.message : "transport error";
  return localResponse(request, 503, `Service Unavailable: ${why}`);
}
