/**
 * Sends one message after the other, in the order of the calls.
 *
 * @module
 */
import { failure, hostport } from "./destination.ts";
import type { Destination } from "./transport.ts";

/** What a queue hands its messages to. */
export interface Sender {
  /** Sends one message; the next follows when this has settled. */
  send(bytes: Uint8Array, to: Destination): Promise<unknown>;
  /** Is told after each one, sent or failed, how many octets wait no more. */
  settled(octets: number): void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly to: Destination;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
  next: Waiting | undefined;
}

/** A list, and one loop that empties it: promises in a chain would be five for each message. */
export class SendQueue {
  readonly #sender: Sender;
  /** The last one that waits; undefined while nothing does. */
  #last: Waiting | undefined;
  #lastSent: Promise<void> = Promise.resolve();

  /** A queue that is empty. */
  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** Sends a message after those before it; rejects with a TransportError if it alone fails. */
  send(bytes: Uint8Array, to: Destination): Promise<void> {
    return this.#lastSent = new Promise((resolve, reject) => {
      const waiting: Waiting = { bytes, to, resolve, reject, next: undefined };
      const before = this.#last;
      this.#last = waiting;
      if (before === undefined) void this.#empty(waiting);
      else before.next = waiting;
    });
  }

  /** Resolves when what waits by now is sent, or has failed. */
  drained(): Promise<void> {
    return this.#lastSent.catch(() => {});
  }

  async #empty(first: Waiting): Promise<void> {
    for (let each: Waiting | undefined = first; each !== undefined; each = each.next) {
      let error: Error | undefined;
      try {
        await this.#sender.send(each.bytes, each.to);
      } catch (cause) {
        error = failure(`cannot send to ${hostport(each.to)}`, cause);
      }
      if (each.next === undefined) this.#last = undefined;
      this.#sender.settled(each.bytes.length);
      if (error === undefined) each.resolve();
      else each.reject(error);
    }
  }
}
