/**
 * One UDP socket of whichever kind the runtime has. `Deno.listenDatagram` serves about twice as many
 * datagrams a second as `node:dgram` does under Deno, but exists only with `--unstable-net`;
 * `node:dgram` needs no flag and runs on Deno, Node and Bun.
 *
 * @module
 */
import type { RemoteInfo, Socket } from "node:dgram";
import { failure, hostport } from "./destination.ts";

/** Takes one datagram; the octets are the taker's own. */
export type DatagramHandler = (bytes: Uint8Array, host: string, port: number) => void;

/** What both kinds of socket can do. */
export interface DatagramSocket {
  /** The address that it is bound to. */
  readonly host: string;
  /** The port that it is bound to. */
  readonly port: number;
  /** Starts reading. Called once. */
  read(handler: DatagramHandler): void;
  /** Sends one datagram to an address of the socket's own family. */
  send(bytes: Uint8Array, address: string, port: number): Promise<unknown>;
  /** Closes the socket; what waits in `send` rejects. */
  close(): Promise<void>;
}

/** The part of the `Deno` namespace that is used, so that this checks and runs without it. */
interface DenoNamespace {
  listenDatagram?(options: { transport: "udp"; hostname: string; port: number }): DenoSocket;
}

interface DenoAddress {
  transport: "udp";
  hostname: string;
  port: number;
}

interface DenoSocket {
  readonly addr: unknown;
  receive(buffer: Uint8Array): Promise<[Uint8Array, unknown]>;
  send(bytes: Uint8Array, to: DenoAddress): Promise<number>;
  close(): void;
}

/**
 * Binds a socket; port 0 is any free one.
 *
 * @param receiveBuffer Octets that the system keeps until they are read; its default if undefined.
 */
export async function openDatagramSocket(
  host: string,
  port: number,
  receiveBuffer: number | undefined,
): Promise<DatagramSocket> {
  const deno = (globalThis as { Deno?: DenoNamespace }).Deno;
  let socket: DatagramSocket | undefined;
  try {
    socket = deno?.listenDatagram === undefined
      ? await openNodeSocket(host, port, deno === undefined ? receiveBuffer : undefined)
      : openDenoSocket(deno.listenDatagram({ transport: "udp", hostname: host, port }));
    if (deno !== undefined && receiveBuffer !== undefined) {
      const { raiseReceiveBuffer } = await import("./receive_buffer.ts");
      raiseReceiveBuffer(socket, receiveBuffer);
    }
    return socket;
  } catch (cause) {
    await socket?.close();
    throw failure(`cannot listen on ${hostport({ host, port })}`, cause);
  }
}

/** The most that UDP can carry, so that nothing is cut off unseen. */
const MAX_DATAGRAM = 65_535;

/** So many failed reads without one that succeeds mean that the socket itself is gone. */
const MAX_FAILURES = 1_000;

/** So many refusals of earlier datagrams may come before one can be sent. */
const MAX_REFUSALS = 4;

function openDenoSocket(socket: DenoSocket): DatagramSocket {
  const { hostname, port } = socket.addr as DenoAddress;
  let closed = false;
  let reading: Promise<void> = Promise.resolve();

  async function read(handler: DatagramHandler): Promise<void> {
    const buffer = new Uint8Array(MAX_DATAGRAM);
    for (let failures = 0; failures < MAX_FAILURES && !closed;) {
      try {
        const [bytes, from] = await socket.receive(buffer);
        failures = 0;
        const { hostname, port } = from as DenoAddress;
        // The buffer is read into again before the handler's caller looks at it next.
        if (!closed) handler(bytes.slice(), hostname, port);
      } catch {
        // An ICMP error of an earlier send, where the system reports it here; or the end.
        failures++;
      }
    }
  }

  return {
    host: hostname,
    port,
    read(handler) {
      reading = read(handler);
    },
    send: (bytes, address, port) =>
      socket.send(bytes, { transport: "udp", hostname: address, port }),
    async close() {
      if (!closed) socket.close();
      closed = true;
      await reading;
    },
  };
}

async function openNodeSocket(
  host: string,
  port: number,
  receiveBuffer: number | undefined,
): Promise<DatagramSocket> {
  const { createSocket } = await import("node:dgram");
  // No `recvBufferSize`: Deno allocates an array of that size for every datagram.
  const socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4" });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port, exclusive: true }, resolve);
  });
  socket.removeAllListeners("error");
  // Bun ends the process on an ICMP refusal that nobody listens for.
  socket.on("error", () => {});
  if (receiveBuffer !== undefined) {
    try {
      await setReceiveBuffer(socket, receiveBuffer);
    } catch (cause) {
      socket.close();
      throw cause;
    }
  }
  const bound = socket.address();
  const closing: Set<(error: Error) => void> = new Set();
  let closed: Promise<void> | undefined;

  return {
    host: bound.address,
    port: bound.port,
    read(handler) {
      socket.on("message", (bytes: Uint8Array, from: RemoteInfo) => {
        // A plain array: `slice` of a Node Buffer would not copy.
        if (closed === undefined) handler(new Uint8Array(bytes), from.address, from.port);
      });
    },
    send(bytes, address, port) {
      return new Promise<void>((resolve, reject) => {
        closing.add(reject);
        const settle = (error?: Error | null) => {
          closing.delete(reject);
          error ? reject(error) : resolve();
        };
        const attempt = (left: number) =>
          socket.send(bytes, port, address, (error: { code?: string } & Error | null) => {
            // Bun reports here what became of an earlier datagram: this one was not sent at all.
            if (error?.code === "ECONNREFUSED" && left > 0) attempt(left - 1);
            else settle(error);
          });
        try {
          attempt(MAX_REFUSALS);
        } catch (error) {
          settle(error as Error);
        }
      });
    },
    close() {
      return closed ??= new Promise((resolve) => {
        socket.close(resolve);
        for (const reject of closing) reject(new Error("the socket was closed"));
      });
    },
  };
}

async function setReceiveBuffer(socket: Socket, octets: number): Promise<void> {
  const [{ platform }, { checkGranted }] = await Promise.all([
    import("node:os"),
    import("./receive_buffer.ts"),
  ]);
  socket.setRecvBufferSize(octets);
  // socket(7): Linux doubles what it is asked for, for its own use.
  checkGranted(octets, socket.getRecvBufferSize() / (platform() === "linux" ? 2 : 1));
}
