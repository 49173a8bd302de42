/**
 * Who may come in: connections are counted when the system has accepted them, before any handshake.
 *
 * @module
 */
import type { Server, Socket } from "node:net";
import type { ConnectionSettings } from "./connection_options.ts";
import { Deadline } from "./deadline.ts";
import { hostport, unmapped } from "./destination.ts";

/** The door of one listening socket. */
export class Gate {
  /** How many connections are open, or still in their handshake. */
  open = 0;
  /** How many were turned away. */
  refused = 0;
  /** How many handshakes have failed. */
  failed = 0;
  /** What is called for each connection that may come in; set by whoever needs no handshake. */
  onAdmitted: (socket: Socket) => void;
  readonly #server: Server;
  readonly #settings: ConnectionSettings;
  readonly #addresses = new Map<string, number>();
  /** Those that are in their handshake, by where they came from. */
  readonly #handshakes = new Map<string, Handshake>();
  #isClosed = false;

  /** Opens it. */
  constructor(server: Server, settings: ConnectionSettings) {
    this.#server = server;
    this.#settings = settings;
    this.onAdmitted = (socket) => this.#awaitHandshake(socket);
    server.on("connection", (socket: Socket) => this.#onConnection(socket));
    // A connection that could not be accepted: there is nobody whom it could be told.
    server.on("error", () => {});
  }

  #onConnection(socket: Socket): void {
    const peer = peerOf(socket.remoteAddress ?? "");
    const held = this.#addresses.get(peer) ?? 0;
    const { maxConnections, maxConnectionsPerAddress } = this.#settings;
    // A socket may be gone by the time that it is seen here.
    if (this.#isClosed || socket.destroyed) return void socket.destroy();
    if (this.open >= maxConnections || held >= maxConnectionsPerAddress) {
      this.refused++;
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    this.open++;
    this.#addresses.set(peer, held + 1);
    socket.once("close", () => this.#leave(peer));
    this.onAdmitted(socket);
  }

  #leave(peer: string): void {
    this.open--;
    const held = this.#addresses.get(peer) ?? 0;
    if (held > 1) this.#addresses.set(peer, held - 1);
    else this.#addresses.delete(peer);
  }

  #awaitHandshake(socket: Socket): void {
    const { clock, connectTimeout } = this.#settings;
    const key = whereFrom(socket);
    const deadline = new Deadline(clock, connectTimeout, () => socket.destroy());
    deadline.start();
    this.#handshakes.set(key, { socket, deadline });
    socket.on("error", () => {});
    socket.once("close", () => {
      const handshake = this.#handshakes.get(key);
      if (handshake?.socket !== socket) return;
      this.failed++;
      this.#end(key, handshake);
    });
  }

  /** A handshake is over: what came of the socket is a connection. */
  passed(socket: Socket): void {
    const key = whereFrom(socket);
    const handshake = this.#handshakes.get(key);
    if (handshake !== undefined) this.#end(key, handshake);
  }

  #end(key: string, { deadline }: Handshake): void {
    deadline.stop();
    this.#handshakes.delete(key);
  }

  /** Lets nobody in any more. Resolves when all are out. */
  close(): Promise<void> {
    this.#isClosed = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    return closed;
  }
}

interface Handshake {
  readonly socket: Socket;
  readonly deadline: Deadline;
}

/** The same for a socket and for what a handshake makes of it. */
function whereFrom({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return hostport({ host: remoteAddress, port: remotePort });
}

/** Whom an address belongs to: of IPv6, a host is given a network of 64 bits (RFC 6177). */
function peerOf(address: string): string {
  const host = unmapped(address);
  if (!host.includes(":")) return host;
  const [head = "", tail = ""] = host.split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === "" ? 0 : tail.split(":").length;
  while (groups.length + rest < 8 && groups.length < 4) groups.push("0");
  return groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":");
}
