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
import { connect as openSocket, createServer, type Server } from "node:net";
import type { FramerLimits } from "../messages/framer.ts";
import {
  type ConnectionOptions,
  connectionSettings,
  type ListenOptions,
} from "./connection_options.ts";
import { type ConnectionCounts, ConnectionTransport, listening } from "./connection_transport.ts";
import {
  type Advertised,
  advertised,
  checkListen,
  familiesOf,
  type HostPort,
} from "./destination.ts";
import { StreamConnection } from "./stream_connection.ts";
import type { AddressFamily, Destination } from "./transport.ts";

export type { Advertised, ConnectionCounts, ConnectionOptions, FramerLimits, ListenOptions };
export { ConnectionTransport };

/** Where a {@linkcode TcpTransport} listens, and what it bears. */
export interface TcpOptions extends ListenOptions, ConnectionOptions, FramerLimits {}

/**
 * A listening socket, and all connections that came to it or were opened from it.
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
export class TcpTransport extends ConnectionTransport {
  /** Always `TCP`. */
  override readonly protocol = "TCP";
  /** Always false. */
  override readonly secure = false;
  /** What was advertised, or else the address and port that are bound. */
  declare readonly local: Destination;
  /** Those of the address that is bound, which is what a Via names: both for `::`. */
  readonly families: readonly AddressFamily[];
  readonly #limits: FramerLimits;

  private constructor(server: Server, bound: HostPort, options: TcpOptions) {
    super(advertised(bound, options.advertise), connectionSettings(options), server);
    this.families = familiesOf(bound.host);
    this.#limits = options;
    const { gate, owner, settings } = this;
    if (gate === undefined) return;
    gate.onAdmitted = (socket) => {
      const name = this.nextName();
      this.accept(new StreamConnection({ name, socket, settings, owner, limits: options }));
    };
  }

  /** Binds a socket. Rejects with a TransportError if the address is taken or is not ours. */
  static async listen(options: TcpOptions = {}): Promise<TcpTransport> {
    const { host = "127.0.0.1", port = 0, advertise } = options;
    checkListen(host, port, advertise);
    connectionSettings(options);
    const server = createServer({ noDelay: true });
    return new TcpTransport(server, await listening(server, { host, port }), options);
  }

  /** Begins to open a connection. */
  protected override open(called: Destination, name: string): StreamConnection {
    const { settings, owner } = this;
    const socket = openSocket({ host: called.host, port: called.port, noDelay: true });
    const opening = { called, event: "connect" } as const;
    return new StreamConnection({ name, socket, opening, settings, owner, limits: this.#limits });
  }
}
