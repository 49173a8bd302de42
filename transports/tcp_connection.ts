/**
 * One TCP connection: messages are cut from what arrives, and queued for what leaves.
 *
 * @module
 */
import type { Socket } from "node:net";
import { TransportError } from "../messages/errors.ts";
import { type Frame, Framer, type FramerLimits } from "../messages/framer.ts";
import { type Clock, systemClock } from "./clock.ts";
import { failure, type HostPort, hostport, unmapped } from "./destination.ts";
import { PING, Ping, PONG } from "./ping.ts";
import type { Destination, TransportReceiver } from "./transport.ts";

/** How much one peer can make a connection hold, and for how long. */
export interface TcpConnectionOptions extends FramerLimits {
  /** Octets that may wait for a peer to read; more are refused. Default 1,048,576. */
  readonly maxQueuedBytes?: number;
  /** Milliseconds that opening a connection may take. Default 10,000. */
  readonly connectTimeout?: number;
  /** Milliseconds in which a message has to be whole once it has begun. Default 30,000. */
  readonly messageTimeout?: number;
  /** What measures these. Default: the runtime's own timers. */
  readonly clock?: Clock;
}

/** What a connection tells the transport that it belongs to. */
export interface TcpConnectionOwner {
  /** Nothing more can be sent by it, although what is queued still leaves. */
  retired(connection: TcpConnection, error: Error): void;
  /** It is gone. */
  closed(connection: TcpConnection): void;
}

const MAX_QUEUED = 1_048_576;
const CONNECT_TIMEOUT = 10_000;
const MESSAGE_TIMEOUT = 30_000;
/** Milliseconds in which a peer may still read what was queued when its connection was ended. */
const LINGER = 5_000;
/** The same, when the whole transport is being closed. */
const CLOSE_LINGER = 500;

/** A socket with a framer. */
export class TcpConnection {
  /** What `Destination.connection` says. */
  readonly name: string;
  /** Whether it was ever established. */
  established: boolean;
  readonly #socket: Socket;
  readonly #owner: TcpConnectionOwner;
  readonly #options: TcpConnectionOptions;
  readonly #clock: Clock;
  readonly #framer: Framer;
  /** Whom this end called; absent for a connection that came in. */
  readonly #called: HostPort | undefined;
  #peer: Destination;
  #timer: unknown;
  #retired = false;
  #ponging = false;
  #ping: Ping | undefined;

  /** Takes a socket over: one that connects to `called`, or one that was accepted. */
  constructor(
    name: string,
    socket: Socket,
    called: HostPort | undefined,
    options: TcpConnectionOptions,
    owner: TcpConnectionOwner,
  ) {
    this.name = name;
    this.established = called === undefined;
    this.#socket = socket;
    this.#called = called;
    this.#owner = owner;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#framer = new Framer(options);
    this.#peer = this.#address();
    if (called !== undefined) this.#awaitConnect();
    // Its reason is in `socket.errored` when `close` follows.
    socket.on("error", () => {});
    socket.once("end", () => this.finish("the far end closed it"));
    socket.once("close", () => this.#onClose());
  }

  /** The far end: whom this end called, or where the connection came from. */
  get remote(): Destination {
    return { ...(this.#called ?? this.#peer), connection: this.name };
  }

  /** Whether something can still be sent by it, as far as is known here. */
  get usable(): boolean {
    return !this.#retired && !this.#socket.destroyed;
  }

  #address(): Destination {
    const { remoteAddress = this.#called?.host ?? "", remotePort = this.#called?.port ?? 0 } =
      this.#socket;
    return { host: unmapped(remoteAddress), port: remotePort, connection: this.name };
  }

  #awaitConnect(): void {
    const ms = this.#options.connectTimeout ?? CONNECT_TIMEOUT;
    this.#limit(ms, `no connection within ${ms} ms`);
    this.#socket.once("connect", () => {
      this.#clock.clearTimeout(this.#timer);
      this.#timer = undefined;
      this.established = true;
      this.#peer = this.#address();
    });
  }

  #limit(ms: number, reason: string): void {
    this.#timer = this.#clock.setTimeout(() => this.destroy(new TransportError(reason)), ms);
  }

  /** Starts reading. */
  read(receiver: TransportReceiver): void {
    this.#socket.on("data", (chunk: Uint8Array) => {
      const frames = this.#framer.push(chunk);
      for (const frame of frames) {
        // The receiver may have closed the transport while it took the frame before.
        if (!this.usable) return;
        this.#deliver(frame, receiver);
      }
      this.#awaitRest(frames.length > 0);
    });
  }

  /** A message that has begun has to end: a peer must not hold a connection with half of one. */
  #awaitRest(isNew: boolean): void {
    if (this.#retired) return;
    if (isNew || !this.#framer.isHolding) {
      this.#clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (this.#framer.isHolding && this.#timer === undefined) {
      const ms = this.#options.messageTimeout ?? MESSAGE_TIMEOUT;
      this.#limit(ms, `a message that was not whole within ${ms} ms`);
    }
  }

  #deliver(frame: Frame, receiver: TransportReceiver): void {
    if (frame.type === "message") {
      receiver.receive(frame.bytes, this.#peer);
    } else if (frame.type === "keepAlive") {
      this.#pong();
    } else if (frame.type === "pong") {
      this.#ping?.pong();
      this.#ping = undefined;
    } else {
      receiver.fault(frame.fault, this.#peer);
      this.finish("what it sends cannot be cut into messages");
    }
  }

  /**
   * RFC 5626 §5.4: a server that gets a double CRLF "MUST immediately respond with a single CRLF
   * over the same connection". One that has not left yet answers the next ping too, so that pings
   * cannot fill the queue.
   */
  #pong(): void {
    if (this.#ponging || this.#retired) return;
    this.#ponging = true;
    this.#socket.write(PONG, () => this.#ponging = false);
  }

  /** Asks whether the peer is still there; a connection without an answer is ended. */
  ping(): Promise<void> {
    if (this.#ping === undefined) {
      this.#ping = new Ping(this.#clock, (error) => this.destroy(error));
      this.#framer.expectPong();
      this.#socket.write(PING);
    }
    return this.#ping.answer;
  }

  /** Queues one message. The socket is the queue: it writes in the order of the calls. */
  send(bytes: Uint8Array): Promise<void> {
    const max = this.#options.maxQueuedBytes ?? MAX_QUEUED;
    if (this.#socket.writableLength + bytes.length > max) {
      return Promise.reject(this.#failure(new TransportError("it does not read what it is sent")));
    }
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        // Node reports success for what was queued when a socket is destroyed.
        if (!error && !this.#socket.destroyed) resolve();
        else reject(this.#failure(this.#socket.errored ?? error ?? "the connection was closed"));
      });
    });
  }

  #failure(cause: unknown): TransportError {
    return failure(`cannot send to ${hostport(this.remote)}`, cause);
  }

  /** Ends the connection after what is queued has left, if the peer reads it in time. */
  finish(reason: string, linger: number = LINGER): void {
    if (this.#retired) return;
    this.#retire(reason);
    this.#limit(linger, "the peer does not close its side");
    this.#socket.end();
  }

  /** As `finish`, when the transport closes: a peer that goes on sending is not listened to. */
  close(): void {
    if (!this.established) return this.destroy();
    this.finish("the transport is closed", CLOSE_LINGER);
  }

  #retire(reason: unknown): void {
    this.#clock.clearTimeout(this.#timer);
    if (this.#retired) return;
    this.#retired = true;
    const error = failure(`the connection with ${hostport(this.remote)} is gone`, reason);
    this.#ping?.fail(error);
    this.#owner.retired(this, error);
  }

  /** Ends the connection at once. */
  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }

  #onClose(): void {
    this.#retire(this.#socket.errored ?? "the far end closed it");
    this.#owner.closed(this);
  }
}
