/**
 * SIP over a WebSocket, the client's end (RFC 7118), with the WebSocket that the web platform has:
 * it runs in browsers and edge runtimes as well.
 *
 * @module
 */
import { InvalidArgumentError, TransportError } from "../messages/errors.ts";
import { Identifiers, type RandomSource } from "../messages/random.ts";
import { type Clock, systemClock } from "./clock.ts";
import { failure, hostport } from "./destination.ts";
import { PING, Ping, PONG } from "./ping.ts";
import { MAX_MESSAGE, toFrame } from "./sip_frame.ts";
import type { Destination, LocalAddress, Transport, TransportReceiver } from "./transport.ts";

export type { Clock };

/** What is used of a WebSocket: both the platform's own and the `ws` package's are one. */
export interface WebSocketLike {
  /** The subprotocol that the server selected. */
  readonly protocol: string;
  /** 1 while messages can be sent. */
  readonly readyState: number;
  /** Octets that wait to be sent. */
  readonly bufferedAmount: number;
  /** In what form binary messages are delivered. */
  binaryType: string;
  /** Sends one message. */
  send(message: string | Uint8Array<ArrayBuffer>): void;
  /** Begins to close. */
  close(): void;
  /** Called when the WebSocket is open. */
  onopen: ((event: never) => unknown) | null;
  /** Called for each message. */
  onmessage: ((event: never) => unknown) | null;
  /** Called when it cannot be opened, or breaks. */
  onerror: ((event: never) => unknown) | null;
  /** Called when it is closed. */
  onclose: ((event: never) => unknown) | null;
}

/** What makes a WebSocket: `WebSocket` itself, where the platform has it. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** What {@linkcode WebSocketTransport.connect} may be given. */
export interface WebSocketOptions {
  /** For platforms that have no WebSocket (Node 20): the one of the `ws` package, say. */
  WebSocket?: WebSocketConstructor;
  /** Where the random part of the Via's host comes from. Default: the cryptographic source. */
  random?: RandomSource;
  /** Milliseconds that opening may take. Default 10,000. */
  connectTimeout?: number;
  /** What measures them. Default: the runtime's own timers. */
  clock?: Clock;
}

const CONNECT_TIMEOUT = 10_000;
/** Milliseconds that a server may take to answer a close. */
const CLOSE_TIMEOUT = 5_000;
/** Octets that may wait for the server to read. */
const MAX_QUEUED = 1_048_576;
const OPEN = 1;

const encoder = new TextEncoder();

/**
 * One WebSocket to one server, by which everything goes.
 *
 * What is sent goes as text, or as binary where a body is not UTF-8; both are received. There is no
 * reconnecting: when the WebSocket is closed, `disconnected` is called and `send` rejects. One that is
 * opened again is in `@strowger/sip/transports/reopening_websocket`.
 *
 * @example Connecting, here to a port that nobody listens on
 * ```ts
 * import { TransportError } from "@strowger/sip/messages";
 * import { WebSocketTransport } from "@strowger/sip/transports/websocket";
 *
 * try {
 *   await WebSocketTransport.connect("ws://127.0.0.1:9/sip");
 * } catch (error) {
 *   console.assert(error instanceof TransportError);
 * }
 * ```
 */
export class WebSocketTransport implements Transport {
  /** `WSS` if the URL is `wss:`, else `WS`. */
  readonly protocol: "WS" | "WSS";
  /** Always true. */
  readonly reliable = true;
  /** Whether the URL is `wss:`. */
  readonly secure: boolean;
  /** A random host that no name resolves to, since nobody can call a WebSocket's client. */
  readonly local: LocalAddress;
  /** The server. */
  readonly fixedRemote: Destination;
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #gone: Promise<void>;
  #receiver: TransportReceiver | undefined;
  #closing: Promise<void> | undefined;
  #ping: Ping | undefined;
  #reason = "";

  private constructor(socket: WebSocketLike, url: URL, options: WebSocketOptions) {
    this.secure = url.protocol === "wss:";
    this.protocol = this.secure ? "WSS" : "WS";
    const port = this.secure ? 443 : 80;
    // A browser cannot know its own address, and nobody could connect to it: as in the examples of
    // RFC 7118 §8, a name that RFC 2606 §2 promises to be nobody's.
    this.local = { host: `${new Identifiers(options.random).characters(12)}.invalid` };
    const host = url.hostname.replace(/^\[|\]$/g, "");
    this.fixedRemote = { host, port: Number(url.port) || port, connection: "1" };
    this.#clock = options.clock ?? systemClock;
    this.#socket = socket;
    socket.onmessage = (event: { data: unknown }) => this.#onMessage(event.data);
    socket.onerror = (event: { message?: unknown }) => this.#reason ||= messageOf(event);
    this.#gone = new Promise((resolve) => {
      socket.onclose = (event: { code?: number; reason?: string }) => {
        resolve();
        this.#onClose(`${event.code ?? ""} ${event.reason ?? ""}`);
      };
    });
  }

  /**
   * Opens a WebSocket. Rejects with a TransportError if it is refused, if it takes too long, or if
   * the server does not select the subprotocol `sip` (RFC 7118 §4.1).
   */
  static async connect(url: string, options: WebSocketOptions = {}): Promise<WebSocketTransport> {
    const parsed = parseUrl(url);
    const platform = globalThis as { WebSocket?: WebSocketConstructor };
    const WebSocket = options.WebSocket ?? platform.WebSocket;
    if (WebSocket === undefined) {
      throw new InvalidArgumentError(
        "WebSocket",
        "a constructor",
        "none, and this runtime has none",
      );
    }
    try {
      const socket = new WebSocket(url, ["sip"]);
      socket.binaryType = "arraybuffer";
      return await opened(socket, options, () => new WebSocketTransport(socket, parsed, options));
    } catch (cause) {
      throw failure(`cannot connect to ${url}`, cause);
    }
  }

  /** Starts delivering to `receiver`. A server that speaks before is not heard. */
  attach(receiver: TransportReceiver): void {
    this.#receiver = receiver;
  }

  #onMessage(data: unknown): void {
    if (this.#closing !== undefined) return;
    const bytes = typeof data === "string"
      ? encoder.encode(data)
      : new Uint8Array(data as ArrayBuffer);
    if (bytes.length === 0) return;
    // RFC 7118 §6 allows the pings of RFC 5626 §3.5.1 here too: a ping is answered, an answer is not.
    const text = bytes.length > PING.length ? "" : String.fromCharCode(...bytes);
    if (text === "\r\n\r\n") return void this.send(PONG, this.fixedRemote).catch(() => {});
    if (text === "\r\n") return this.#onPong();
    if (bytes.length > MAX_MESSAGE) {
      this.#reason = `the server sent a message of ${bytes.length} octets`;
      this.#socket.close();
    } else {
      this.#receiver?.receive(bytes, this.fixedRemote);
    }
  }

  #onPong(): void {
    this.#ping?.pong();
    this.#ping = undefined;
  }

  #endPing(error: Error): void {
    this.#ping?.fail(error);
    this.#ping = undefined;
  }

  #onClose(reason: string): void {
    const what = `the connection with ${hostport(this.fixedRemote)} is gone`;
    const error = failure(what, this.#reason || reason);
    this.#endPing(error);
    if (this.#closing !== undefined) return;
    this.#closing = this.#release();
    this.#receiver?.disconnected(this.fixedRemote, error);
  }

  /**
   * See {@linkcode Transport.ping}. Ping frames are out of a page's reach, so that this is the ping
   * of RFC 5626 §3.5.1, in a frame of its own.
   */
  ping(_to: Destination): Promise<void> {
    if (this.#ping === undefined) {
      this.#ping = new Ping(this.#clock, (error) => this.#onClose(error.message));
      const { answer } = this.#ping;
      this.send(PING, this.fixedRemote).catch((error) => this.#endPing(error));
      return answer;
    }
    return this.#ping.answer;
  }

  /**
   * Sends one message to the server, whatever `to` says. Resolves when the WebSocket has taken it:
   * it does not tell when it has left.
   */
  send(bytes: Uint8Array, _to: Destination): Promise<void> {
    return new Promise((resolve) => {
      const socket = this.#socket;
      const what = `cannot send to ${hostport(this.fixedRemote)}`;
      if (this.#closing !== undefined || socket.readyState !== OPEN) {
        throw failure(what, "the connection is closed");
      }
      if (socket.bufferedAmount + bytes.length > MAX_QUEUED) {
        throw failure(what, "it does not read what it is sent");
      }
      socket.send(toFrame(bytes));
      resolve();
    });
  }

  /** Closes the WebSocket; a server that does not answer the close is not waited for long. */
  close(): Promise<void> {
    this.#endPing(new TransportError("the transport is closed"));
    return this.#closing ??= this.#release();
  }

  #release(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(resolve, CLOSE_TIMEOUT);
      this.#gone.then(() => {
        this.#clock.clearTimeout(timer);
        resolve();
      });
      this.#socket.close();
    });
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^wss?:$/.test(url.protocol) || url.hash !== "") {
    throw new InvalidArgumentError(
      "url",
      "ws://host or wss://host without a fragment",
      `"${text}"`,
    );
  }
  return url;
}

/** Calls `make` as soon as the WebSocket is open and speaks SIP; rejects if it does not, in time. */
function opened<T>(socket: WebSocketLike, options: WebSocketOptions, make: () => T): Promise<T> {
  const clock = options.clock ?? systemClock;
  const ms = options.connectTimeout ?? CONNECT_TIMEOUT;
  return new Promise((resolve, reject) => {
    let reason = "";
    const fail = () => {
      clock.clearTimeout(timer);
      reject(new TransportError(reason || "the connection was refused"));
    };
    const timer = clock.setTimeout(() => {
      reason ||= `no connection within ${ms} ms`;
      fail();
      socket.close();
    }, ms);
    socket.onerror = (event: { message?: unknown }) => reason ||= messageOf(event);
    socket.onclose = fail;
    socket.onopen = () => {
      if (socket.protocol === "sip") {
        clock.clearTimeout(timer);
        return resolve(make());
      }
      reason = `the server did not select the subprotocol "sip"`;
      socket.close();
    };
  });
}

/** What an error event says, if it says anything; browsers' do not. */
function messageOf(event: { message?: unknown }): string {
  return typeof event.message === "string" ? event.message : "";
}
