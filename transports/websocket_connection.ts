/**
 * One WebSocket of a server: a message a frame (RFC 7118).
 *
 * @module
 */
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { TransportError } from "../messages/errors.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import type { ConnectionSettings } from "./connection_options.ts";
import { Deadline } from "./deadline.ts";
import { failure, hostport } from "./destination.ts";
import { Ping } from "./ping.ts";
import { toFrame } from "./sip_frame.ts";
import type { Destination, TransportReceiver } from "./transport.ts";

/** In what time a client has to answer a close, and to read what was queued before. */
const CLOSE_TIMEOUT = 500;
/** RFC 6455 §7.4.1: "an endpoint is "going away", such as a server going down". */
const GOING_AWAY = 1001;

/** What a connection is made from. */
export interface WebSocketConnectionOptions {
  /** The client. */
  readonly remote: Destination;
  readonly webSocket: WebSocket;
  /** What is below it. */
  readonly socket: Duplex;
  /** Milliseconds between two pings of this end. */
  readonly pingInterval: number;
  readonly settings: ConnectionSettings;
  readonly owner: ConnectionOwner;
}

/** A WebSocket that is open. */
export class WebSocketConnection implements Connection {
  readonly established = true;
  readonly remote: Destination;
  readonly #options: WebSocketConnectionOptions;
  readonly #webSocket: WebSocket;
  readonly #message: Deadline;
  readonly #write: Deadline;
  readonly #idle: Deadline;
  readonly #pause: Deadline;
  readonly #closing: Deadline;
  #ping: Ping | undefined;
  #isRetired = false;
  #reason = "";
  /** Whether nothing was held of a message before the octets that are being read. */
  #isBetween = false;

  /** Takes over a WebSocket that has just been opened. */
  constructor(options: WebSocketConnectionOptions) {
    const { remote, webSocket, socket, settings } = options;
    const { messageTimeout, writeTimeout, idleTimeout, clock } = settings;
    this.remote = remote;
    this.#options = options;
    this.#webSocket = webSocket;
    this.#message = this.#deadline(messageTimeout, `no whole message within ${messageTimeout} ms`);
    this.#write = this.#deadline(writeTimeout, `it has not read within ${writeTimeout} ms`);
    this.#idle = this.#deadline(idleTimeout, `nothing came or went for ${idleTimeout} ms`);
    this.#closing = this.#deadline(CLOSE_TIMEOUT, "the client does not answer the close");
    this.#pause = new Deadline(clock, options.pingInterval, () => this.#pingAgain());
    webSocket.pause();
    webSocket.on("error", (error) => this.#reason ||= error.message);
    webSocket.on("close", (code, reason) => this.#onClose(code, String(reason)));
    // Before the WebSocket reads them: what it makes of them comes after.
    socket.prependListener("data", () => this.#onOctets());
    webSocket.on("ping", () => this.#onControlFrame());
    webSocket.on("pong", () => {
      this.#onControlFrame();
      this.#onPong();
    });
    // Who comes in has something to say.
    this.#message.start();
    this.#idle.start();
    this.#pause.start();
  }

  get usable(): boolean {
    return !this.#isRetired && this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  get queuedBytes(): number {
    return this.#isRetired ? 0 : this.#webSocket.bufferedAmount;
  }

  #deadline(ms: number, reason: string): Deadline {
    const { settings, owner } = this.#options;
    return new Deadline(settings.clock, ms, () => {
      owner.expired();
      this.#giveUp(reason);
    });
  }

  #giveUp(reason: string): void {
    this.#reason ||= reason;
    this.#webSocket.terminate();
  }

  /** A message that has begun has to end: a peer must not hold a connection with half of one. */
  #onOctets(): void {
    this.#isBetween = !this.#message.isRunning;
    this.#message.start();
  }

  /** One may stand within a message, and does not end it. */
  #onControlFrame(): void {
    if (this.#isBetween) this.#message.stop();
    this.#isBetween = false;
  }

  read(receiver: TransportReceiver): void {
    this.#webSocket.on("message", (data) => {
      this.#message.stop();
      if (this.#isRetired) return;
      this.#idle.extend();
      // Whatever it is, it may share its memory with others.
      const bytes = new Uint8Array(data as Uint8Array);
      if (!this.#takeKeepAlive(bytes) && bytes.length > 0) receiver.receive(bytes, this.remote);
    });
    this.#webSocket.resume();
  }

  /** RFC 7118 §6 allows the pings of RFC 5626 §3.5.1 here too: a ping is answered, a pong is not. */
  #takeKeepAlive(bytes: Uint8Array): boolean {
    const text = bytes.length > 4 ? "" : String.fromCharCode(...bytes);
    if (text === "\r\n\r\n") {
      // One that has not left yet answers this ping, too.
      if (this.#webSocket.bufferedAmount === 0) this.#webSocket.send("\r\n");
      return true;
    }
    return text === "\r\n";
  }

  /** Browsers answer a ping, and cannot send one; it keeps what is on the way there open, too. */
  ping(): Promise<void> {
    if (this.#ping === undefined) {
      this.#ping = new Ping(this.#options.settings.clock, ({ message }) => {
        this.#options.owner.expired();
        this.#giveUp(message);
      });
      this.#webSocket.ping();
    }
    return this.#ping.answer;
  }

  #pingAgain(): void {
    if (this.#isRetired) return;
    this.ping().then(() => this.#isRetired || this.#pause.start(), () => {});
  }

  #onPong(): void {
    this.#ping?.pong();
    this.#ping = undefined;
  }

  send(bytes: Uint8Array): Promise<void> {
    const { settings, owner } = this.#options;
    if (this.#webSocket.bufferedAmount + bytes.length > settings.maxQueuedBytes) {
      owner.overflowed();
      return Promise.reject(this.#failure(new TransportError("it does not read what it is sent")));
    }
    this.#idle.extend();
    this.#write.start();
    return new Promise((resolve, reject) => {
      this.#webSocket.send(toFrame(bytes), (error) => {
        if (this.#webSocket.bufferedAmount === 0 || this.#isRetired) this.#write.stop();
        else this.#write.extend();
        if (error === undefined || error === null) resolve();
        else reject(this.#failure(this.#reason || error));
      });
    });
  }

  #failure(cause: unknown): TransportError {
    return failure(`cannot send to ${hostport(this.remote)}`, cause);
  }

  close(): void {
    this.#retire("the transport is closed");
    this.#closing.start();
    this.#webSocket.close(GOING_AWAY);
  }

  #retire(reason: string): void {
    for (const each of [this.#message, this.#write, this.#idle, this.#pause]) each.stop();
    if (this.#isRetired) return;
    this.#isRetired = true;
    const error = failure(`the connection with ${hostport(this.remote)} is gone`, reason);
    this.#ping?.fail(error);
    this.#options.owner.retired(this, error);
  }

  #onClose(code: number, reason: string): void {
    this.#retire(this.#reason || `${code} ${reason}`.trim());
    this.#closing.stop();
    this.#options.owner.closed(this);
  }
}
