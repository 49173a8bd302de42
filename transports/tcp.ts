/**
 * SIP over TCP, on Deno, Node and Bun (RFC 3261 §18): both the end that connects and the one that
 * listens, since a SIP element is both.
 *
 * It stands on `node:net`, which all three runtimes have: its sockets queue what is written, in
 * order and counted, and join what waits into one system call. With `Deno.connect` all of that
 * would have to be written here, for one runtime.
 *
 * @module
 */
import { connect as openSocket, createServer, type Server, type Socket } from "node:net";
import { TransportError } from "../messages/errors.ts";
import {
  type Advertised,
  checkListen,
  failure,
  type HostPort,
  hostport,
  isPort,
} from "./destination.ts";
import { TcpConnection, type TcpConnectionOptions } from "./tcp_connection.ts";
import type { Destination, Transport, TransportReceiver } from "./transport.ts";

export type { Advertised, TcpConnectionOptions };

/** Where a {@linkcode TcpTransport} listens, and what it bears. */
export interface TcpOptions extends TcpConnectionOptions {
  /**
   * The address to bind: an address of this machine, `0.0.0.0`, or `::` for both families. Default
   * `127.0.0.1`, which other machines cannot reach: being reached is something to ask for.
   */
  host?: string;
  /** The port to bind. Default 0: any that is free. */
  port?: number;
  /** What a Via and a Contact name instead of what is bound; needed for `0.0.0.0` and `::`. */
  advertise?: Advertised;
  /**
   * How many connections that came in may be open at once, and how many that this end opened.
   * Default 1,024.
   */
  maxConnections?: number;
}

const MAX_CONNECTIONS = 1_024;

/**
 * A listening socket, and all connections that came to it or were opened from it.
 *
 * A connection is opened when something is sent to a host and port that has none, and reused for
 * what follows; one that came in is reused for what goes to where it came from (RFC 3261 §18). What
 * is sent to a destination that names a connection goes by that one while it is open: so a response
 * takes the way that its request came (RFC 3261 §18.2.2).
 *
 * What `disconnected` reports for a connection that this end opened has the host and port that
 * `send` was called with.
 *
 * @example
 * ```ts
 * import { TcpTransport } from "@strowger/sip/transports/tcp";
 *
 * const transport = await TcpTransport.listen({ host: "127.0.0.1" });
 * console.assert(transport.local.port > 0);
 * await transport.close();
 * ```
 */
export class TcpTransport implements Transport {
  /** Always `TCP`. */
  readonly protocol = "TCP";
  /** Always true. */
  readonly reliable = true;
  /** Always false. */
  readonly secure = false;
  /** What was advertised, or else the address and port that are bound. */
  readonly local: Destination;
  readonly #server: Server;
  readonly #options: TcpOptions;
  /** Every connection that has not closed yet. */
  readonly #connections = new Set<TcpConnection>();
  /** Those that can be sent by, by name. */
  readonly #named = new Map<string, TcpConnection>();
  /** Those that this end opened and can send by, by the host and port that were called. */
  readonly #opened = new Map<string, TcpConnection>();
  /** Those that came in, by the host and port that they came from. */
  readonly #accepted = new Map<string, TcpConnection>();
  #incoming = 0;
  #lastName = 0;
  #receiver: TransportReceiver | undefined;
  #closed: Promise<void> | undefined;

  private constructor(server: Server, bound: HostPort, options: TcpOptions) {
    this.#server = server;
    this.#options = options;
    this.local = {
      host: options.advertise?.host ?? bound.host,
      port: options.advertise?.port ?? bound.port,
    };
    server.on("connection", (socket: Socket) => this.#accept(socket));
    // A connection that could not be accepted: there is nobody whom it could be told.
    server.on("error", () => {});
  }

  /** Binds a socket. Rejects with a TransportError if the address is taken or is not ours. */
  static async listen(options: TcpOptions = {}): Promise<TcpTransport> {
    const { host = "127.0.0.1", port = 0, advertise } = options;
    checkListen(host, port, advertise);
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => {
        reject(failure(`cannot listen on ${hostport({ host, port })}`, cause));
      });
      server.listen({ host, port }, resolve);
    });
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new TransportError("no address");
    return new TcpTransport(server, { host: bound.address, port: bound.port }, options);
  }

  /** Starts delivering to `receiver`, also what came in before. */
  attach(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    for (const connection of this.#connections) connection.read(receiver);
  }

  /** Queues a message on the connection that is named, or one to the host and port. */
  send(bytes: Uint8Array, to: Destination): Promise<void> {
    try {
      return this.#connectionTo(to).send(bytes);
    } catch (cause) {
      return Promise.reject(failure(`cannot send to ${hostport(to)}`, cause));
    }
  }

  /** See {@linkcode Transport.ping}. */
  ping(to: Destination): Promise<void> {
    const connection = this.#found(to);
    if (connection?.established) return connection.ping();
    return Promise.reject(failure(`cannot ping ${hostport(to)}`, "there is no connection"));
  }

  #connectionTo(to: Destination): TcpConnection {
    if (this.#closed !== undefined) throw new TransportError("the transport is closed");
    return this.#found(to) ?? this.#open(to);
  }

  /** The connection by which something for `to` would go, if there is one. */
  #found(to: Destination): TcpConnection | undefined {
    const named = to.connection === undefined ? undefined : this.#named.get(to.connection);
    if (named?.usable) return named;
    const key = hostport(to);
    const opened = this.#opened.get(key);
    if (opened?.usable) return opened;
    // RFC 3261 §18: "When the connection is accepted by the transport layer, this index is set to the
    // source IP address, port number, and transport."
    const accepted = this.#accepted.get(key);
    return accepted?.usable ? accepted : undefined;
  }

  #open({ host, port }: Destination): TcpConnection {
    if (!isPort(port)) throw new TransportError("there is no such port");
    if (this.#opened.size >= this.#maxConnections) {
      throw new TransportError(`${this.#opened.size} connections are open, which is the limit`);
    }
    const connection = this.#adopt(openSocket({ host, port, noDelay: true }), { host, port });
    this.#opened.set(hostport({ host, port }), connection);
    return connection;
  }

  #accept(socket: Socket): void {
    if (this.#closed !== undefined || this.#incoming >= this.#maxConnections) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    this.#incoming++;
    socket.once("close", () => this.#incoming--);
    const connection = this.#adopt(socket, undefined);
    this.#accepted.set(hostport(connection.remote), connection);
  }

  get #maxConnections(): number {
    return this.#options.maxConnections ?? MAX_CONNECTIONS;
  }

  #adopt(socket: Socket, called: HostPort | undefined): TcpConnection {
    const owner = {
      retired: (connection: TcpConnection, error: Error) => this.#onRetired(connection, error),
      closed: (connection: TcpConnection) => void this.#connections.delete(connection),
    };
    const name = String(++this.#lastName);
    const connection = new TcpConnection(name, socket, called, this.#options, owner);
    this.#connections.add(connection);
    this.#named.set(name, connection);
    if (this.#receiver !== undefined) connection.read(this.#receiver);
    return connection;
  }

  /**
   * From now on a new connection is opened for the same destination, so that this is the moment to
   * tell of the old one: what was sent to the destination before went by it, and nothing later.
   */
  #onRetired(connection: TcpConnection, error: Error): void {
    this.#named.delete(connection.name);
    const key = hostport(connection.remote);
    for (const index of [this.#opened, this.#accepted]) {
      if (index.get(key) === connection) index.delete(key);
    }
    if (this.#closed !== undefined || !connection.established) return;
    this.#receiver?.disconnected(connection.remote, error);
  }

  /** Stops listening, and ends every connection after what was sent by it before. */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    this.#closed = new Promise((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.close();
    return this.#closed;
  }
}
