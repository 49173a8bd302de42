/**
 * One connection of TCP or TLS: messages are cut from what arrives, and queued for what leaves.
 *
 * @module
 */
import type { Socket } from "node:net";
import { TransportError } from "../messages/errors.ts";
import { type Frame, Framer, type FramerLimits } from "../messages/framer.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import type { ConnectionSettings } from "./connection_options.ts";
import { Deadline } from "./deadline.ts";
import { failure, hostport, unmapped } from "./destination.ts";
import { PING, Ping, PONG } from "./ping.ts";
import type { Destination, TransportReceiver } from "./transport.ts";

/** In what time a peer has to close its side, and to read what was queued before. */
const LINGER = 5_000;
/** The same, when the whole transport is being closed. */
const CLOSE_LINGER = 500;
/** After how long without anything the system asks whether the far end is still there. */
const KEEP_ALIVE_DELAY = 60_000;

/** A socket that is being opened. */
export interface Opening {
  /** Whom this end calls. */
  readonly called: Destination;
  /** What the socket emits when it is open, and the far end is who it has to be. */
  readonly event: "connect" | "secureConnect";
  /** The SIP domains that the far end has proven to be by then. */
  readonly identities?: () => readonly string[];
}

/** What a connection is made from. */
export interface StreamConnectionOptions {
  /** What `Destination.connection` says. */
  readonly name: string;
  readonly socket: Socket;
  /** Absent for a connection that came in. */
  readonly opening?: Opening;
  /** The SIP domains that the far end has proven to be. */
  readonly identities?: readonly string[];
  readonly settings: ConnectionSettings;
  readonly limits: FramerLimits;
  readonly owner: ConnectionOwner;
}

/** A socket with a framer. */
export class StreamConnection implements Connection {
  established: boolean;
  readonly #options: StreamConnectionOptions;
  readonly #socket: Socket;
  readonly #framer: Framer;
  readonly #opening: Deadline;
  readonly #message: Deadline;
  readonly #write: Deadline;
  readonly #idle: Deadline;
  readonly #linger: Deadline;
  readonly #closeLinger: Deadline;
  #peer: Destination;
  #ping: Ping | undefined;
  /** Whether a whole message has come, or none has to. */
  #heard: boolean;
  /** What has gone wrong with the socket; an alert of TLS comes before the end. */
  #error: Error | undefined;
  #retired = false;
  #ponging = false;

  /** Takes a socket over: one that is being opened, or one that was accepted. */
  constructor(options: StreamConnectionOptions) {
    const { socket, settings, opening } = options;
    const { connectTimeout, messageTimeout, writeTimeout, idleTimeout } = settings;
    this.#options = options;
    this.#socket = socket;
    this.#framer = new Framer(options.limits);
    this.established = opening === undefined;
    this.#heard = opening !== undefined;
    this.#peer = this.#address();
    this.#opening = this.#deadline(connectTimeout, `no connection within ${connectTimeout} ms`);
    this.#message = this.#deadline(
      messageTimeout,
      `no whole message within ${messageTimeout} ms`,
    );
    this.#write = this.#deadline(writeTimeout, `it has not read within ${writeTimeout} ms`);
    this.#idle = this.#deadline(idleTimeout, `nothing came or went for ${idleTimeout} ms`);
    this.#linger = this.#deadline(LINGER, "the peer does not close its side");
    this.#closeLinger = this.#deadline(CLOSE_LINGER, "the peer does not close its side");
    if (opening === undefined) this.#onEstablished();
    else this.#awaitOpening(opening);
    socket.on("error", (error) => this.#error ??= error);
    socket.once("end", () => this.finish(this.#error ?? "the far end closed it"));
    socket.once("close", () => this.#onClose());
  }

  get remote(): Destination {
    const { opening, name } = this.#options;
    return { ...(opening?.called ?? this.#peer), connection: name };
  }

  get usable(): boolean {
    return !this.#retired && !this.#socket.destroyed;
  }

  get queuedBytes(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength;
  }

  #address(identities = this.#options.identities): Destination {
    const { opening, name } = this.#options;
    const { remoteAddress = opening?.called.host ?? "", remotePort = opening?.called.port ?? 0 } =
      this.#socket;
    const address = { host: unmapped(remoteAddress), port: remotePort, connection: name };
    return identities === undefined ? address : { ...address, identities };
  }

  #deadline(ms: number, reason: string): Deadline {
    return new Deadline(this.#options.settings.clock, ms, () => {
      this.#options.owner.expired();
      this.#destroy(new TransportError(reason));
    });
  }

  #awaitOpening({ event, identities }: Opening): void {
    this.#opening.start();
    // Nothing leaves before it is known who is there: over TLS, a socket writes what waits before
    // the far end's name is compared.
    this.#socket.cork();
    this.#socket.once(event, () => {
      this.#opening.stop();
      this.established = true;
      this.#peer = this.#address(identities?.());
      this.#onEstablished();
      if (this.#socket.writableLength > 0) this.#write.start();
      this.#socket.uncork();
    });
  }

  #onEstablished(): void {
    this.#socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
    // Who comes in has something to say.
    if (!this.#heard) this.#message.start();
    this.#idle.start();
  }

  read(receiver: TransportReceiver): void {
    this.#socket.on("data", (chunk: Uint8Array) => {
      const frames = this.#framer.push(chunk);
      for (const frame of frames) {
        // The receiver may have closed the transport while it took the frame before.
        if (!this.usable) return;
        this.#deliver(frame, receiver);
      }
      if (this.#retired) return;
      if (frames.length > 0) this.#idle.extend();
      this.#awaitRest(frames.some(({ type }) => type === "message"));
    });
  }

  /** A message that has begun has to end: a peer must not hold a connection with half of one. */
  #awaitRest(isNew: boolean): void {
    this.#heard ||= isNew;
    if (isNew || (this.#heard && !this.#framer.isHolding)) this.#message.stop();
    if (this.#framer.isHolding) this.#message.start();
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
    this.#write.start();
    this.#socket.write(PONG, () => {
      this.#ponging = false;
      this.#onWritten();
    });
  }

  ping(): Promise<void> {
    if (this.#ping === undefined) {
      this.#ping = new Ping(this.#options.settings.clock, (error) => {
        this.#options.owner.expired();
        this.#destroy(error);
      });
      this.#framer.expectPong();
      this.#socket.write(PING);
    }
    return this.#ping.answer;
  }

  /** The socket is the queue: it writes in the order of the calls. */
  send(bytes: Uint8Array): Promise<void> {
    if (this.#socket.writableLength + bytes.length > this.#options.settings.maxQueuedBytes) {
      this.#options.owner.overflowed();
      return Promise.reject(this.#failure(new TransportError("it does not read what it is sent")));
    }
    if (this.established) {
      this.#idle.extend();
      this.#write.start();
    }
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        this.#onWritten();
        // Node reports success for what was queued when a socket is destroyed.
        if (!error && !this.#socket.destroyed) resolve();
        else {reject(
            this.#failure(
              this.#error ?? this.#socket.errored ?? error ?? "the connection was closed",
            ),
          );}
      });
    });
  }

  /** The system has taken something: the peer reads. */
  #onWritten(): void {
    if (this.#socket.writableLength === 0 || this.#retired) this.#write.stop();
    else this.#write.extend();
  }

  #failure(cause: unknown): TransportError {
    return failure(`cannot send to ${hostport(this.remote)}`, cause);
  }

  /** Ends the connection after what is queued has left, if the peer reads it in time. */
  finish(reason: Error | string, linger: Deadline = this.#linger): void {
    if (this.#retired) return;
    if (!this.established) return this.#destroy(failure("not established", reason));
    this.#retire(reason);
    linger.start();
    this.#socket.end();
  }

  /** As `finish`; a peer that goes on sending is not listened to. */
  close(): void {
    if (this.established) this.finish("the transport is closed", this.#closeLinger);
    else this.#destroy();
  }

  #retire(reason: unknown): void {
    for (const each of [this.#opening, this.#message, this.#write, this.#idle]) each.stop();
    if (this.#retired) return;
    this.#retired = true;
    const error = failure(`the connection with ${hostport(this.remote)} is gone`, reason);
    this.#ping?.fail(error);
    this.#options.owner.retired(this, error);
  }

  #destroy(error?: Error): void {
    this.#socket.destroy(error);
  }

  #onClose(): void {
    this.#retire(this.#error ?? this.#socket.errored ?? "the far end closed it");
    this.#linger.stop();
    this.#closeLinger.stop();
    this.#options.owner.closed(this);
  }
}
