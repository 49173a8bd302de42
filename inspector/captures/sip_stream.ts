/**
 * One direction of a TCP connection, as it was captured: put in order, and cut into SIP messages.
 *
 * @module
 */
import { Framer } from "../../messages/framer.ts";
import { looksLikeSip } from "./sip_start.ts";

/** How many segments may wait for one that is missing. Beyond that, it was not captured. */
const MAX_WAITING = 64;
/** Half of all sequence numbers: what is further away than that is behind (RFC 9293 §3.4). */
const HALF = 0x8000_0000;

/** See the module. What waits are parts of the file. */
export class SipStream {
  #framer: Framer | undefined;
  /** The number of the octet that is expected next; `undefined` before the first. */
  #next: number | undefined;
  #waiting: { sequence: number; data: Uint8Array }[] = [];

  /** A connection that begins: its first octet has the number behind that of its SYN. */
  begin(sequence: number): void {
    this.#next = (sequence + 1) >>> 0;
    this.#framer = undefined;
    this.#waiting = [];
  }

  /** Takes a segment; returns the messages that it completes. */
  take(sequence: number, data: Uint8Array): Uint8Array[] {
    if (data.length === 0) return [];
    this.#next ??= sequence;
    this.#waiting.push({ sequence, data });
    const messages = this.#takeWaiting();
    if (this.#waiting.length > MAX_WAITING) messages.push(...this.skip());
    return messages;
  }

  /** Goes on behind what is missing; returns the messages that are whole there. */
  skip(): Uint8Array[] {
    const messages: Uint8Array[] = [];
    while (this.#waiting.length > 0) {
      const next = this.#next ?? 0;
      const [first] = this.#waiting.toSorted((a, b) =>
        distance(next, a.sequence) - distance(next, b.sequence)
      );
      this.#next = first?.sequence;
      // Where a message begins is to be found anew.
      this.#framer = undefined;
      messages.push(...this.#takeWaiting());
      if (this.#waiting.length <= MAX_WAITING / 2) break;
    }
    return messages;
  }

  /** Whether anything waits for what is missing. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  #takeWaiting(): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      const { length } = this.#waiting;
      this.#waiting = this.#waiting.filter(({ sequence, data }) => {
        const next = this.#next ?? sequence;
        const behind = distance(sequence, next);
        // It is ahead, and something is missing before it.
        if (behind >= HALF) return true;
        if (behind < data.length) {
          this.#next = (sequence + data.length) >>> 0;
          messages.push(...this.#push(data.subarray(behind)));
        }
        return false;
      });
      isMoving = this.#waiting.length > 0 && this.#waiting.length < length;
    }
    return messages;
  }

  #push(data: Uint8Array): Uint8Array[] {
    // In the middle of a stream, or of something else, a message is looked for where a segment begins.
    if (this.#framer === undefined && !looksLikeSip(data)) return [];
    this.#framer ??= new Framer();
    const messages: Uint8Array[] = [];
    for (const frame of this.#framer.push(data)) {
      if (frame.type === "message") messages.push(frame.bytes);
      if (frame.type === "fault") this.#framer = undefined;
    }
    return messages;
  }
}

/** How far `to` is ahead of `from`. */
function distance(from: number, to: number): number {
  return (to - from) >>> 0;
}
