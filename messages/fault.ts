/**
 * What is wrong with a message that came from the network. A fault is told, never thrown: a peer
 * that sends nonsense is an ordinary event (RFC 3261 §16.3, §18.3; RFC 4475).
 *
 * @module
 */

/** The header lines of a broken request, as they came, that an answer to it has to repeat. */
export interface AnswerableRequest {
  /** The method of the request line. */
  readonly method: string;
  /** Every Via value, topmost first. */
  readonly via: readonly string[];
  /** The From value. */
  readonly from: string;
  /** The To value. */
  readonly to: string;
  /** The Call-ID value. */
  readonly callId: string;
  /** The CSeq value. */
  readonly cseq: string;
}

/** What a {@linkcode Fault} is made from. */
export interface FaultDetails {
  /** The header that is wrong, in its long form; absent when it is the start line or the framing. */
  header?: string;
  /** Where it is wrong: octets from the beginning of what was parsed. */
  offset: number;
  /** What the grammar asks for at that place. */
  expected: string;
  /** What stands there instead, shortened. */
  found: string;
  /** The response code that a request with this fault is answered with. Default 400. */
  status?: number;
  /** What is needed to answer the request; absent when it is a response, or beyond answering. */
  request?: AnswerableRequest;
}

/**
 * A description of what is wrong with a message.
 *
 * @example
 * ```ts
 * import { parseMessage } from "@strowger/sip/messages";
 *
 * const parsed = parseMessage(new TextEncoder().encode("INVITE sip:bob@example.com SIP/7.0\r\n\r\n"));
 * if (parsed.kind === "fault") console.assert(parsed.status === 505);
 * ```
 */
export class Fault {
  /** Tells a fault from a message in the result of parsing. */
  readonly kind = "fault";
  /** The header that is wrong, in its long form; absent when it is the start line or the framing. */
  readonly header: string | undefined;
  /** Where it is wrong: octets from the beginning of what was parsed. */
  readonly offset: number;
  /** What the grammar asks for at that place. */
  readonly expected: string;
  /** What stands there instead, shortened. */
  readonly found: string;
  /** The response code that a request with this fault is answered with. */
  readonly status: number;
  /** What is needed to answer the request; absent when it is a response, or beyond answering. */
  readonly request: AnswerableRequest | undefined;

  /** Takes over what was found. */
  constructor(details: FaultDetails) {
    this.header = details.header;
    this.offset = details.offset;
    this.expected = details.expected;
    this.found = details.found;
    this.status = details.status ?? 400;
    this.request = details.request;
  }

  /** One line for a log, or for the reason phrase of an answer: no CR or LF is ever in it. */
  toString(): string {
    const where = this.header === undefined ? "" : `${this.header}: `;
    return `${where}expected ${this.expected} at octet ${this.offset}, found ${this.found}`;
  }
}
