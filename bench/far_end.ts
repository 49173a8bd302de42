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

function response(status: string, request: string, toTag: string, rest: string): string {
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
      response("100 Trying", request, "", EMPTY),
      response("180 Ringing", request, TO_TAG, CONTACT + EMPTY),
      response("200 OK", request, TO_TAG, CONTACT + body),
    ];
  }
  return method === "BYE" ? [response("200 OK", request, "", EMPTY)] : [];
}

/** Has the answers to a request received, each after what runs now. */
export function answer(request: string, receive: (answer: string) => void): void {
  for (const each of answersTo(request)) {
    if (ringing !== undefined && request.startsWith("INVITE") && each.startsWith("SIP/2.0 200")) {
      ringing.add(each, receive);
    } else {
      queueMicrotask(() => receive(each));
    }
  }
}

/** Answers that nobody has given yet; outside of the heap, which is what is measured meanwhile. */
class RingingCalls {
  readonly #octets = new Uint8Array(64 * 2 ** 20);
  readonly #ends: number[] = [0];
  #receive = (_answer: string): void => {};

  add(answer: string, receive: (answer: string) => void): void {
    const start = this.#ends.at(-1) ?? 0;
    const { read, written } = new TextEncoder().encodeInto(answer, this.#octets.subarray(start));
    if (read !== answer.length) throw new Error("expected fewer calls that ring");
    this.#ends.push(start + written);
    this.#receive = receive;
  }

  pickUp(): void {
    for (let i = 1; i < this.#ends.length; i++) {
      const octets = this.#octets.subarray(this.#ends[i - 1], this.#ends[i]);
      const answer = new TextDecoder().decode(octets);
      queueMicrotask(() => this.#receive(answer));
    }
  }
}

let ringing: RingingCalls | undefined;

/** From now on it rings, and nobody picks up. */
export function letRing(): void {
  ringing = new RingingCalls();
}

/** All calls that ring are answered, and those to come at once. */
export function pickUp(): void {
  ringing?.pickUp();
  ringing = undefined;
}
