/**
 * What the transports with connections have in common: which connection a message goes by, and how
 * many there may be.
 *
 * @module
 */
import type { Server } from "node:net";
import { TransportError } from "../messages/errors.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import type { ConnectionSettings } from "./connection_options.ts";
import { failure, type HostPort, hostport, isPort } from "./destination.ts";
import { Gate } from "./gate.ts";
import type { Destination, LocalAddress, Transport, TransportReceiver } from "./transport.ts";

/** What a transport with connections has counted. */
export interface ConnectionCounts {
  /** Connections that came in and are open, or still in their handshake. */
  readonly incoming: number;
  /** Connections that this end opened, or is opening. */
  readonly outgoing: number;
  /** Octets that wait for far ends to read. */
  readonly queuedBytes: number;
  /** Connections that were turned away, since there were too many; since the beginning, as below. */
  readonly refused: number;
  /** Handshakes of others that failed: of TLS, or of WebSocket. */
  readonly failedHandshakes: number;
  /** Connections that were ended since a deadline had passed. */
  readonly expired: number;
  /** Messages that were not sent, since too many were waiting for the far end to read. */
  readonly overflowed: number;
}

/**
 * A listening socket, and all connections that came to it or were opened beside it.
 *
 * What is sent to a destination that names a connection goes by that one while it is open: so a
 * response takes the way that its request came (RFC 3261 §18.2.2). Otherwise a connection to the
 * host and port is opened if there is none, and reused for what follows; one that came in is reused
 * for what goes to where it came from (§18).
 *
 * What `disconnected` reports for a connection that this end opened has the host, port and name that
 * `send` was called with.
 */
export abstract class ConnectionTransport implements Transport {
  /** As {@linkcode Transport.protocol} says. */
  abstract readonly protocol: string;
  /** Always true. */
  readonly reliable = true;
  /** Whether TLS is below it. */
  abstract readonly secure: boolean;
  /** What was advertised, or else the address and port that are bound. */
  readonly local: LocalAddress;
  /** The options that all of these transports have, with their defaults. */
  protected readonly settings: ConnectionSettings;
  /** Who may come in; absent where nobody may. */
  protected readonly gate: Gate | undefined;
  /** What a connection tells its transport. */
  protected readonly owner: ConnectionOwner;
  /** Every connection that has not closed yet. */
  readonly #connections = new Set<Connection>();
  /** Those that can be sent by, by name. */
  readonly #named = new Map<string, Connection>();
  /** Those that this end opened and can send by, by whom it called. */
  readonly #opened = new Map<string, Connection>();
  /** Those that came in, by the host and port that they came from. */
  readonly #accepted = new Map<string, Connection>();
  /** Those that lead nowhere any more: nobody has to be told when they end. */
  readonly #abandoned = new WeakSet<Connection>();
  /** Hosts at which nobody can be called, and their connections; one for each connection. */
  readonly #hosts = new Map<string, Connection>();
  #lastName = 0;
  #expired = 0;
  #overflowed = 0;
  #receiver: TransportReceiver | undefined;
  #closed: Promise<void> | undefined;

  /** `server` listens already; without one, nobody comes in. */
  protected constructor(
    local: LocalAddress,
    settings: ConnectionSettings,
    server: Server | undefined,
  ) {
    this.local = local;
    this.settings = settings;
    this.gate = server && new Gate(server, settings);
    this.owner = {
      retired: (connection, error) => this.#onRetired(connection, error),
      closed: (connection) => void this.#connections.delete(connection),
      expired: () => void this.#expired++,
      overflowed: () => void this.#overflowed++,
    };
  }

  /** Begins to open a connection, or throws where that is not possible. */
  protected abstract open(to: Destination, name: string): Connection;

  /** What this end has counted, for whoever watches over it. */
  get counts(): ConnectionCounts {
    let queuedBytes = 0;
    for (const { queuedBytes: queued } of this.#connections) queuedBytes += queued;
    return {
      incoming: this.gate?.open ?? 0,
      outgoing: this.#opened.size,
      queuedBytes,
      refused: this.gate?.refused ?? 0,
      failedHandshakes: this.gate?.failed ?? 0,
      expired: this.#expired,
      overflowed: this.#overflowed,
    };
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

  /** See {@linkcode Transport.disconnect}. */
  disconnect(): void {
    for (const index of [this.#named, this.#opened, this.#accepted, this.#hosts]) index.clear();
    for (const connection of this.#connections) {
      this.#abandoned.add(connection);
      connection.close();
    }
  }

  /** See {@linkcode Transport.noteHost}. */
  noteHost(host: string, { connection: name = "" }: Destination): void {
    const connection = this.#named.get(name);
    const key = host.toLowerCase();
    if (connection === undefined || this.#hosts.get(key)?.usable) return;
    this.#forgetHostsOf(connection);
    this.#hosts.set(key, connection);
  }

  /** See {@linkcode Transport.destinationOf}. */
  destinationOf(host: string): Destination | undefined {
    const connection = this.#hosts.get(host.toLowerCase());
    return connection?.usable ? connection.remote : undefined;
  }

  #forgetHostsOf(connection: Connection): void {
    for (const [host, at] of this.#hosts) if (at === connection) this.#hosts.delete(host);
  }

  #connectionTo(to: Destination): Connection {
    if (this.#closed !== undefined) throw new TransportError("the transport is closed");
    return this.#found(to) ?? this.#open(to);
  }

  /** The connection by which something for `to` would go, if there is one. */
  #found(to: Destination): Connection | undefined {
    const named = to.connection === undefined ? undefined : this.#named.get(to.connection);
    if (named?.usable) return named;
    const opened = this.#opened.get(this.#calledKey(to));
    if (opened?.usable) return opened;
    // RFC 3261 §18: "When the connection is accepted by the transport layer, this index is set to the
    // source IP address, port number, and transport."
    const accepted = this.#accepted.get(hostport(to));
    return accepted?.usable && this.#isFor(accepted, to) ? accepted : undefined;
  }

  /** Over TLS a connection is for the name that the far end has proven, and for no other one. */
  #calledKey(to: Destination): string {
    return this.secure ? `${hostport(to)} ${nameOf(to)}` : hostport(to);
  }

  #isFor({ remote }: Connection, to: Destination): boolean {
    return !this.secure || (remote.identities?.includes(nameOf(to)) ?? false);
  }

  #open(to: Destination): Connection {
    if (!isPort(to.port)) throw new TransportError("there is no such port");
    if (this.#opened.size >= this.settings.maxConnections) {
      throw new TransportError(`${this.#opened.size} connections are open, which is the limit`);
    }
    const { host, port, name } = to;
    const called = name === undefined ? { host, port } : { host, port, name };
    const connection = this.open(called, this.nextName());
    this.#opened.set(this.#calledKey(called), connection);
    this.#adopt(connection);
    return connection;
  }

  /** Takes a connection that came in. */
  protected accept(connection: Connection): void {
    this.#accepted.set(hostport(connection.remote), connection);
    this.#adopt(connection);
  }

  /** The name of a new connection. */
  protected nextName(): string {
    return String(++this.#lastName);
  }

  #adopt(connection: Connection): void {
    this.#connections.add(connection);
    this.#named.set(connection.remote.connection ?? "", connection);
    if (this.#receiver !== undefined) connection.read(this.#receiver);
  }

  /**
   * From now on a new connection is opened for the same destination, so that this is the moment to
   * tell of the old one: what was sent to the destination before went by it, and nothing later.
   */
  #onRetired(connection: Connection, error: Error): void {
    const { remote } = connection;
    this.#named.delete(remote.connection ?? "");
    this.#forgetHostsOf(connection);
    const indexes = [[this.#opened, this.#calledKey(remote)], [this.#accepted, hostport(remote)]];
    for (const [index, key] of indexes as [Map<string, Connection>, string][]) {
      if (index.get(key) === connection) index.delete(key);
    }
    if (this.#closed !== undefined || this.#abandoned.has(connection)) return;
    if (!connection.established) return;
    this.#receiver?.disconnected(remote, error);
  }

  /** Stops listening, and ends every connection after what was sent by it before. */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed;
    this.#closed = Promise.all([this.gate?.close()]).then(() => {});
    for (const connection of this.#connections) connection.close();
    return this.#closed;
  }
}

/** Whom a far end has to prove to be (RFC 5922 §7.3). */
export function nameOf({ name, host }: Destination): string {
  return (name ?? host).toLowerCase();
}

/** Makes a server listen. Rejects with a TransportError if the address is taken or is not ours. */
export async function listening(server: Server, { host, port }: HostPort): Promise<HostPort> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(failure(`cannot listen on ${hostport({ host, port })}`, cause));
    });
    server.listen({ host, port }, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TransportError("no address");
  return { host: bound.address, port: bound.port };
}
