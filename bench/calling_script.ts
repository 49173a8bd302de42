/**
 * A far end without a stack that calls: INVITE with SDP, and after the 200 ACK and BYE, as fixed
 * texts.
 *
 * @module
 */
import { SDP } from "./messages.ts";

/** What a callee is to the script. */
export interface Callee {
  /** What the table calls it. */
  readonly name: string;
  /** Takes a request. */
  receive(text: string): void;
}

/** Makes a callee that answers every call at once, and sends by `send`. */
export type MakeCallee = (send: (text: string) => void) => Callee;

const RESPONSE = /^SIP\/2\.0 (\d+) /;
const TO = /\r\nTo: *([^\r]*)/i;
const METHOD = /\r\nCSeq: *\d+ (\w+)/i;

/** The caller of one callee, one call at a time. */
export class CallingScript {
  readonly callee: Callee;
  #calls = 0;
  #to = "";
  #onEnd = (): void => {};
  /** What came of the calls: how often each status was the answer to each method. */
  readonly answers: { [answer: string]: number } = {};

  constructor(make: MakeCallee) {
    this.callee = make((text) => queueMicrotask(() => this.#hear(text)));
  }

  /** One whole call; resolves when BYE is answered. */
  call(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEnd = resolve;
    this.#calls++;
    this.#to = "<sip:bob@192.0.2.201>";
    const headers = `Contact: <sip:alice@192.0.2.101:5060>\r\nContent-Type: application/sdp\r\n`;
    this.callee.receive(this.#request("INVITE", 1, "i", headers, SDP));
    return promise;
  }

  #hear(text: string): void {
    const answer = `${RESPONSE.exec(text)?.[1]} ${METHOD.exec(text)?.[1]}`;
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
    if (answer === "200 INVITE") {
      this.#to = TO.exec(text)?.[1] ?? "";
      this.callee.receive(this.#request("ACK", 1, "a", "", ""));
      this.callee.receive(this.#request("BYE", 2, "b", "", ""));
    } else if (answer === "200 BYE") {
      this.#onEnd();
    }
  }

  #request(method: string, cseq: number, branch: string, headers: string, body: string): string {
    const call = this.#calls;
    return `${method} sip:bob@192.0.2.201:5060 SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 192.0.2.101:5060;branch=z9hG4bK${call}${branch};rport\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:alice@192.0.2.101>;tag=alice${call}\r\n` +
      `To: ${this.#to}\r\nCall-ID: call${call}\r\nCSeq: ${cseq} ${method}\r\n` +
      `${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
  }
}
