/**
 * SIP over TLS, on Deno, Node and Bun (RFC 3261 §26, RFC 5922): TCP with another way to open a
 * connection, and to take one.
 *
 * It stands on `node:tls`. `Deno.listenTls` asks for no certificate of a client, and shows none.
 *
 * @module
 */
import { isIP } from "node:net";
import { connect as openSocket, createServer, type Server, type TLSSocket } from "node:tls";
import { TransportError } from "../messages/errors.ts";
import type { FramerLimits } from "../messages/framer.ts";
import { Identifiers, type RandomSource } from "../messages/random.ts";
import { datesProblem, isVague } from "./certificate_dates.ts";
import { identityProblem, sipIdentities } from "./certificate_names.ts";
import {
  type ConnectionOptions,
  connectionSettings,
  type ListenOptions,
} from "./connection_options.ts";
import {
  type ConnectionCounts,
  ConnectionTransport,
  listening,
  nameOf,
} from "./connection_transport.ts";
import { authorities, checkCertificates } from "./certificate_options.ts";
import { type Advertised, advertised, checkListen, failure, hostport } from "./destination.ts";
import { StreamConnection } from "./stream_connection.ts";
import type { Destination, LocalAddress } from "./transport.ts";

export type { Advertised, ConnectionCounts, ConnectionOptions, FramerLimits, ListenOptions };
export { ConnectionTransport };

/** What a {@linkcode TlsTransport} proves to be, whom it believes, and what it bears. */
export interface TlsClientOptions extends ConnectionOptions, FramerLimits {
  /**
   * The certificate that proves who this end is, with those between it and its authority behind it;
   * in PEM. An end that is called has to have one; one that calls shows it where it is asked.
   */
  cert?: string;
  /** Its private key, in PEM. */
  key?: string;
  /** The authorities that are believed, each in PEM. Default: the runtime's. */
  ca?: string | readonly string[];
  /** Where the host of an end that cannot be called comes from. Default: the cryptographic source. */
  random?: RandomSource;
}

/** Where a {@linkcode TlsTransport} listens, and the rest. */
export interface TlsOptions extends ListenOptions, Omit<TlsClientOptions, "random"> {
  cert: string;
  key: string;
  /**
   * Whether those who call are asked for a certificate: `required` turns away who has none that is
   * good, `requested` lets them in, unproven. What was proven is in `Destination.identities`.
   * Default: nobody is asked.
   */
  clientCertificates?: "required" | "requested";
}

/**
 * A listening socket, and all connections that came to it or were opened from it, over TLS 1.2 or
 * later.
 *
 * A far end that is called has to show a certificate of an authority that is believed, and for the
 * domain that was asked for (RFC 5922 §7): `Destination.name`, or `host` where there is no name. What
 * is wrong with it is in the error that `send` rejects with. Nothing is sent before that, and a
 * connection is used for no other name than the one that it was opened for.
 *
 * @example An end that calls, and cannot be called
 * ```ts
 * import { TlsTransport } from "@strowger/sip/transports/tls";
 *
 * const transport = TlsTransport.client();
 * console.assert(transport.protocol === "TLS" && transport.secure);
 * await transport.close();
 * ```
 */
export class TlsTransport extends ConnectionTransport {
  /** Always `TLS`. */
  override readonly protocol = "TLS";
  /** Always true. */
  override readonly secure = true;
  readonly #options: TlsClientOptions;
  /** What was found out of connections that could not be opened. */
  readonly #problems = new WeakMap<Error, Promise<string | undefined>>();

  private constructor(local: LocalAddress, options: TlsClientOptions, server?: Server) {
    super(local, connectionSettings(options), server);
    this.#options = options;
    server?.on("secureConnection", (socket: TLSSocket) => this.#accept(socket, options));
    // The far end has been told by an alert, and the gate counts it.
    server?.on("tlsClientError", () => {});
  }

  /**
   * Binds a socket. Rejects with a TransportError if the address is taken or is not ours, and with an
   * InvalidArgumentError if certificate and key are no certificate and its key.
   */
  static async listen(options: TlsOptions): Promise<TlsTransport> {
    const { host = "127.0.0.1", port = 0, advertise, cert, key, ca } = options;
    checkListen(host, port, advertise);
    connectionSettings(options);
    checkCertificates({ ...options, cert, key });
    const server = createServer({
      cert,
      key,
      ...authorities(ca),
      minVersion: "TLSv1.2",
      requestCert: options.clientCertificates !== undefined,
      rejectUnauthorized: options.clientCertificates === "required",
    });
    const bound = await listening(server, { host, port });
    return new TlsTransport(advertised(bound, advertise), options, server);
  }

  /**
   * An end that calls, and does not listen. Its Via and Contact have a random host that no name
   * resolves to, as those of a WebSocket's client have (RFC 7118 §5): what is sent to it goes by the
   * connections that it has opened.
   */
  static client(options: TlsClientOptions = {}): TlsTransport {
    connectionSettings(options);
    checkCertificates(options);
    const host = `${new Identifiers(options.random).characters(12)}.invalid`;
    return new TlsTransport({ host }, options);
  }

  #accept(socket: TLSSocket, limits: FramerLimits): void {
    const { gate, owner, settings } = this;
    gate?.passed(socket);
    socket.setNoDelay(true);
    const name = this.nextName();
    // Under Deno `authorized` is true where nobody was asked.
    const certificate = socket.authorized ? socket.getPeerCertificate().raw : undefined;
    const proven = certificate === undefined ? {} : { identities: sipIdentities(certificate) };
    this.accept(new StreamConnection({ name, socket, settings, owner, limits, ...proven }));
  }

  /** As every transport; what is wrong with a certificate is in the error. */
  override send(bytes: Uint8Array, to: Destination): Promise<void> {
    return super.send(bytes, to).catch(async (error: Error) => {
      const { cause } = error;
      if (!(cause instanceof Error) || !isVague(cause)) throw error;
      let problem = this.#problems.get(cause);
      if (problem === undefined) {
        problem = datesProblem(whereTo(to), this.settings.clock);
        this.#problems.set(cause, problem);
      }
      throw failure(`cannot send to ${hostport(to)}`, await problem ?? cause);
    });
  }

  /** Begins to open a connection. */
  protected override open(called: Destination, name: string): StreamConnection {
    const { settings, owner } = this;
    const { cert, key, ca } = this.#options;
    const wanted = nameOf(called);
    const socket = openSocket({
      ...whereTo(called),
      ...(cert === undefined ? {} : { cert, key }),
      ...authorities(ca),
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
      checkServerIdentity: (_, { raw }) => {
        const problem = identityProblem(raw, wanted);
        return problem === undefined ? undefined : new TransportError(problem);
      },
    });
    socket.setNoDelay(true);
    const identities = () => sipIdentities(socket.getPeerCertificate().raw);
    const opening = { called, event: "secureConnect", identities } as const;
    return new StreamConnection({
      ...{ name, socket, opening, settings, owner },
      limits: this.#options,
    });
  }
}

/** The options of `node:tls` for whom to call, and by which name. */
function whereTo(to: Destination): { host: string; port: number; servername?: string } {
  const { host, port } = to;
  const name = nameOf(to);
  return isIP(name) === 0 ? { host, port, servername: name } : { host, port };
}
