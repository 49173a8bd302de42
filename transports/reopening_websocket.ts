/**
 * A WebSocket to one server that is opened again when it is needed (RFC 7118, RFC 5626 §4.5).
 *
 * @module
 */
import { TransportError } from "../messages/errors.ts";
import { hostport } from "./destination.ts";
import type { Destination, LocalAddress, Transport, TransportReceiver } from "./transport.ts";
import { type WebSocketOptions, WebSocketTransport } from "./websocket.ts";

/**
 * As {@linkcode WebSocketTransport}, for whoever keeps a registration: when the server has closed the
 * WebSocket, or has gone, what is sent next opens another one. When to send, the flow of the
 * registration says, with growing delays.
 *
 * @example Connecting, here to a port that nobody listens on
 * ```ts
 * import { TransportError } from "@strowger/sip/messages";
 * import { ReopeningWebSocketTransport } from "@strowger/sip/transports/reopening_websocket";
 *
 * try {
 *   await ReopeningWebSocketTransport.connect("ws://127.0.0.1:9/sip");
 * } catch (error) {
 *   console.assert(error instanceof TransportError);
 * }
 * ```
 */
export class ReopeningWebSocketTransport implements Transport {
  /** `WSS` if the URL is `wss:`, else `WS`. */
  readonly protocol: "WS" | "WSS";
  /** Always true. */
  readonly reliable = true;
  /** Whether the URL is `wss:`. */
  readonly secure: boolean;
  /** A random host that no name resolves to; the same for every WebSocket. */
  readonly local: LocalAddress;
  /** The server. */
  readonly fixedRemote: Destination;
  readonly #open: () => Promise<WebSocketTransport>;
  /** The WebSocket that is open, or is being opened. */
  #current: Promise<WebSocketTransport> | undefined;
  #receiver: TransportReceiver | undefined;
  #closed: Promise<void> | undefined;

  private constructor(first: WebSocketTransport, open: () => Promise<WebSocketTransport>) {
    this.protocol = first.protocol;
    this.secure = first.secure;
    this.local = first.local;
    this.fixedRemote = first.fixedRemote;
    this.#open = open;
    this.#current = Promise.resolve(first);
  }

  /** Opens the first WebSocket; rejects as {@linkcode WebSocketTransport.connect} does. */
  static async connect(
    url: string,
    options: WebSocketOptions = {},
  ): Promise<ReopeningWebSocketTransport> {
    const open = (): Promise<WebSocketTransport> => WebSocketTransport.connect(url, options);
    return new ReopeningWebSocketTransport(await open(), open);
  }

  /** Starts delivering to `receiver`. */
  attach(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    const current = this.#ready();
    current.then((first) => this.#follow(first, current), () => {});
  }

  /** The WebSocket by which something goes, opened where there is none. */
  #ready(): Promise<WebSocketTransport> {
    if (this.#current !== undefined) return this.#current;
    const opening = this.#current = this.#open();
    // Before whoever waits for it sends anything by it.
    opening.then((opened) => this.#follow(opened, opening), () => this.#forget(opening));
    return opening;
  }

  #follow(transport: WebSocketTransport, current: Promise<WebSocketTransport>): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    const isOld = (): boolean => this.#current !== current;
    transport.attach({
      receive: (bytes, from) => isOld() || receiver.receive(bytes, from),
      fault: (fault, from) => isOld() || receiver.fault(fault, from),
      disconnected: (from, error) => {
        if (isOld()) return;
        this.#forget(current);
        receiver.disconnected(from, error);
      },
    });
  }

  #forget(current: Promise<WebSocketTransport>): void {
    if (this.#current === current) this.#current = undefined;
  }

  /** Sends one message to the server, by a new WebSocket where the last one is gone. */
  async send(bytes: Uint8Array, to: Destination): Promise<void> {
    this.#checkOpen();
    const current = await this.#ready();
    this.#checkOpen();
    return current.send(bytes, to);
  }

  /** See {@linkcode Transport.ping}. */
  async ping(to: Destination): Promise<void> {
    if (this.#current === undefined) throw new TransportError("there is no connection");
    return (await this.#current).ping(to);
  }

  /** See {@linkcode Transport.disconnect}. */
  disconnect(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.then((old) => old.close(), () => {});
  }

  /** Closes the WebSocket, and opens none any more. */
  close(): Promise<void> {
    return this.#closed ??= Promise.resolve(this.#current).then((last) => last?.close(), () => {});
  }

  #checkOpen(): void {
    if (this.#closed === undefined) return;
    const where = hostport(this.fixedRemote);
    throw new TransportError(`cannot send to ${where}: the transport is closed`);
  }
}
