/**
 * A far end without a stack: it answers whatever a caller sends with fixed texts. What it costs is
 * small, the same for every caller, and measured besides.
 *
 * @module
 */
import { SDP } from "./messages.ts";

function lineOf(request: string, name: string): string {
  const start = request.indexOf(`\r\n${name}: `) + 2;
  return request.slice(start, request.indexOf("\r\n", start));
}

function answer(status: string, request: string, toTag: string, rest: string): string {
  return `SIP/2.0 ${status}\r\n${lineOf(request, "Via")}\r\n${lineOf(request, "From")}\r\n` +
    `${lineOf(request, "To")}${toTag}\r\n${lineOf(request, "Call-ID")}\r\n` +
    `${lineOf(request, "CSeq")}\r\n${rest}`;
}

const TO_TAG = ";tag=farEnd";
const CONTACT = "Contact: <sip:bob@192.0.2.201:5060>\r\n";
const EMPTY = "Content-Length: 0\r\n\r\n";

/** How many requests of each method were answered: a whole call is one of each. */
export const requests: { [method: string]: number } = { INVITE: 0, ACK: 0, BYE: 0 };

/** What a callee says to a request: 100, 180 and 200 to an INVITE, 200 to a BYE. */
export function answersTo(request: string): string[] {
  const method = request.slice(0, request.indexOf(" "));
  requests[method] = (requests[method] ?? 0) + 1;
  if (method === "INVITE") {
    const body = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
    return [
      answer("100 Trying", request, "", EMPTY),
      answer("180 Ringing", request, TO_TAG, CONTACT + EMPTY),
      answer("200 OK", request, TO_TAG, CONTACT + body),
    ];
  }
  return method === "BYE" ? [answer("200 OK", request, "", EMPTY)] : [];
}
