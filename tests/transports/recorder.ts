/** What the tests of the transports share. */
import type { Fault } from "../../messages/fault.ts";
import type { Destination, TransportReceiver } from "../../transports/transport.ts";

export const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A whole message that fits any transport; `name` tells it from others. */
export function message(name: string | number, body = ""): string {
  return `MESSAGE sip:bob@example.com SIP/2.0\r\nCall-ID: ${name}\r\nl: ${
    encode(body).length
  }\r\n\r\n${body}`;
}

/** Notes everything that a transport delivers. */
export class Recorder implements TransportReceiver {
  readonly texts: string[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly sources: Destination[] = [];
  readonly faults: { fault: Fault; from: Destination }[] = [];
  readonly disconnections: { from: Destination; error: Error }[] = [];
  /** Called on each message and fault, as an engine would be. */
  onReceive: (bytes: Uint8Array, from: Destination) => void = () => {};
  onFault: (fault: Fault, from: Destination) => void = () => {};
  #waiting: (() => void)[] = [];

  receive(bytes: Uint8Array, from: Destination): void {
    this.texts.push(decode(bytes));
    this.bytes.push(bytes);
    this.sources.push(from);
    this.onReceive(bytes, from);
    this.#wake();
  }

  fault(fault: Fault, from: Destination): void {
    this.faults.push({ fault, from });
    this.onFault(fault, from);
    this.#wake();
  }

  disconnected(from: Destination, error: Error): void {
    this.disconnections.push({ from, error });
    this.#wake();
  }

  /** Where the last message came from. */
  get source(): Destination {
    const source = this.sources.at(-1);
    if (source === undefined) throw new Error("nothing was received");
    return source;
  }

  /** Resolves when so many messages, faults and disconnections have come. */
  async until(counts: { messages?: number; faults?: number; gone?: number }): Promise<void> {
    const { messages = 0, faults = 0, gone = 0 } = counts;
    while (
      this.texts.length < messages || this.faults.length < faults ||
      this.disconnections.length < gone
    ) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Loopback addresses of the families that this machine has. */
export const LOOPBACKS: string[] = ["127.0.0.1", "::1"].filter((hostname) => {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
});
