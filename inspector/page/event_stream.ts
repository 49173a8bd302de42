/**
 * Server-sent events to one page. Whoever does not read is let go, and keeps nothing waiting.
 *
 * @module
 */
import type { ServerResponse } from "node:http";

/** So much may wait for a page to be read, in octets. */
const MAX_WAITING = 8 * 1024 * 1024;

/** See the module. */
export class EventStream {
  readonly #response: ServerResponse;

  /** `onClose` is called when the page is gone. */
  constructor(response: ServerResponse, onClose: () => void) {
    this.#response = response;
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    response.on("close", onClose);
    response.on("error", onClose);
    // So that the page knows at once that it is connected.
    response.write(":\n\n");
  }

  /** Sends an event, as JSON. */
  send(name: string, data: unknown): void {
    if (this.#response.writableLength > MAX_WAITING) return void this.#response.destroy();
    this.#response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Lets the page go. */
  close(): void {
    this.#response.end();
  }
}
