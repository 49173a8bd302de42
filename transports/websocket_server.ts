/**
 * SIP over WebSocket, the server's end (RFC 7118), on Deno, Node and Bun.
 *
 * It stands on `node:http` and the `ws` package: only there a server sees what waits to be sent, when
 * it has left, and whether the client answers pings, on each of the runtimes. Under Deno that package
 * needs `--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE`, by which it is told to do without native
 * code.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { TransportError } from "../messages/errors.ts";
import { checkCertificates } from "./certificate_options.ts";
import {
  checkLimit,
  type ConnectionOptions,
  connectionSettings,
  type ListenOptions,
} from "./connection_options.ts";
import { type ConnectionCounts, ConnectionTransport, listening } from "./connection_transport.ts";
import {
  type Advertised,
  advertised,
  checkListen,
  type HostPort,
  unmapped,
} from "./destination.ts";
import { MAX_MESSAGE } from "./sip_frame.ts";
import { WebSocketConnection } from "./websocket_connection.ts";

export type { Advertised, ConnectionCounts, ConnectionOptions, HostPort, ListenOptions };
export { ConnectionTransport };

/** What a client asks for when it opens a WebSocket. */
export interface Handshake {
  /** The path, with the query if there is one. */
  readonly path: string;
  /** From which page it comes, where a browser says so (RFC 6454). */
  readonly origin: string | undefined;
  /** Every header, by its name in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Where it comes from. */
  readonly from: HostPort;
}

/** Where a {@linkcode WebSocketServerTransport} listens, whom it lets in, and what it bears. */
export interface WebSocketServerOptions extends ListenOptions, ConnectionOptions {
  /** The certificate of a `wss:` server, with those between it and its authority behind it; in PEM. */
  cert?: string;
  /** Its private key, in PEM. Without these, it is a `ws:` server. */
  key?: string;
  /**
   * Asked before a WebSocket is opened: gives the HTTP status to refuse it with, 403 for an origin
   * that is not welcome and 404 for a path say, or nothing to let it in. Default: everybody comes in.
   */
  onHandshake?: (handshake: Handshake) => number | undefined | Promise<number | undefined>;
  /**
   * Milliseconds between two pings that each client has to answer within 10 s; they keep the way there
   * open, too. Default 30,000.
   */
  pingInterval?: number;
}

const PING_INTERVAL = 30_000;

/**
 * A server for WebSockets that speak SIP, and all that are open.
 *
 * What is sent goes as text, or as binary where a body is not UTF-8; both are received. A client is
 * reached by the WebSocket that it has opened, and by no other way.
 *
 * @example
 * ```ts
 * import { WebSocketServerTransport } from "@strowger/sip/transports/websocket_server";
 *
 * const transport = await WebSocketServerTransport.listen({
 *   onHandshake: ({ path, origin }) =>
 *     path !== "/sip" ? 404 : origin !== "https://phone.example.com" ? 403 : undefined,
 * });
 * console.assert(transport.protocol === "WS");
 * await transport.close();
 * ```
 */
export class WebSocketServerTransport extends ConnectionTransport {
  /** `WSS` if it has a certificate, else `WS`. */
  override readonly protocol: "WS" | "WSS";
  /** Whether it has a certificate. */
  override readonly secure: boolean;
  readonly #options: WebSocketServerOptions;
  readonly #handshakes = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: () => "sip",
  });

  private constructor(server: Server, bound: HostPort, options: WebSocketServerOptions) {
    super(advertised(bound, options.advertise), connectionSettings(options), server);
    this.#options = options;
    this.secure = options.cert !== undefined;
    this.protocol = this.secure ? "WSS" : "WS";
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Uint8Array) => {
      socket.on("error", () => {});
      this.#upgrade(request, socket, head).catch(() => refuse(socket, 500));
    });
    // The far end has been told by an alert, and the gate counts it.
    server.on("tlsClientError", () => {});
  }

  /**
   * Binds a socket. Rejects with a TransportError if the address is taken or is not ours, and with an
   * InvalidArgumentError if certificate and key are no certificate and its key.
   */
  static async listen(options: WebSocketServerOptions = {}): Promise<WebSocketServerTransport> {
    const { host = "127.0.0.1", port = 0, advertise, cert, key } = options;
    checkListen(host, port, advertise);
    connectionSettings(options);
    checkLimit("pingInterval", options.pingInterval ?? PING_INTERVAL);
    checkCertificates(options);
    const server = cert === undefined
      ? createServer(answer)
      : createSecureServer({ cert, key: key ?? "", minVersion: "TLSv1.2" }, answer);
    return new WebSocketServerTransport(server, await listening(server, { host, port }), options);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): Promise<void> {
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    const from = { host: unmapped(remoteAddress), port: remotePort };
    const { headers, url: path = "/" } = request;
    // RFC 7118 §4.1: the client offers the subprotocol "sip".
    const offered = headers["sec-websocket-protocol"]?.split(",").map((each) => each.trim()) ?? [];
    if (!offered.includes("sip")) return refuse(socket, 400);
    const { onHandshake } = this.#options;
    const status = await onHandshake?.({ path, origin: headers.origin, headers, from });
    if (status !== undefined) return refuse(socket, status);
    if (socket.destroyed) return;
    this.#handshakes.handleUpgrade(request, socket, Buffer.from(head), (webSocket) => {
      this.#accept(webSocket, request.socket, from);
    });
  }

  #accept(webSocket: WebSocket, socket: Socket, from: HostPort): void {
    const { gate, owner, settings } = this;
    const { pingInterval = PING_INTERVAL } = this.#options;
    gate?.passed(socket);
    socket.setNoDelay(true);
    const remote = { ...from, connection: this.nextName() };
    const options = { remote, webSocket, socket, pingInterval, settings, owner };
    this.accept(new WebSocketConnection(options));
  }

  /** Throws: a WebSocket's client opens it, and nobody else can. */
  protected override open(): never {
    throw new TransportError("the WebSocket is gone, and a server cannot open one");
  }
}

/** What is no WebSocket. */
function answer(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
}

function refuse(socket: Duplex, status: number): void {
  const code = status >= 400 && status <= 599 ? status : 500;
  const reason = STATUS_CODES[code] ?? "";
  socket.end(`HTTP/1.1 ${code} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
