/**
 * SIP over UDP, on Deno, Node and Bun (RFC 3261 §18).
 *
 * @module
 */
import { InvalidArgumentError, TransportError } from "../messages/errors.ts";
import type { RandomSource } from "../messages/random.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type DatagramSocket, openDatagramSocket } from "./datagram_socket.ts";
import {
  type Advertised,
  checkListen,
  failure,
  familiesOf,
  familyOf,
  hostport,
  isPort,
  unmapped,
} from "./destination.ts";
import { SendQueue } from "./send_queue.ts";
import { StunClient } from "./stun.ts";
import type { AddressFamily, Destination, Transport, TransportReceiver } from "./transport.ts";

export type { Advertised };

/** Where a {@linkcode UdpTransport} listens. */
export interface UdpOptions {
  /**
   * The address to bind: an address of this machine, `0.0.0.0`, or `::` for both families. Default
   * `127.0.0.1`, which other machines cannot reach: being reached is something to ask for.
   */
  host?: string;
  /** The port to bind. Default 0: any that is free. */
  port?: number;
  /** What a Via and a Contact name instead of what is bound; needed for `0.0.0.0` and `::`. */
  advertise?: Advertised;
  /** Where the names of STUN requests come from. Default: the cryptographic source. */
  random?: RandomSource;
  /** What measures the time that they wait. Default: the runtime's own timers. */
  clock?: Clock;
  /**
   * Octets that the system keeps until they are read, 4,194,304 say; what does not fit is lost, and
   * has to be sent again. The system's default without this (212,992 on Linux), and its limit is
   * `net.core.rmem_max` there: `listen` rejects where it grants less. Under Deno this takes Linux and
   * `--allow-ffi`.
   */
  receiveBuffer?: number;
}

/** The most that can be asked of the system, whose type for it is `int`. */
const MAX_RECEIVE_BUFFER = 2 ** 31 - 1;

/** Octets that may wait to be sent; the system takes a datagram at once unless it is overrun. */
const MAX_QUEUED = 16_777_216;

const CR = 0x0d;
const LF = 0x0a;

/**
 * One UDP socket.
 *
 * What is sent leaves in the order of the calls. A destination may be a host name (the engine
 * finds addresses itself where it has a resolver), which is looked up in the system's own way;
 * messages to one name wait for it, and no others.
 *
 * @example
 * ```ts
 * import { UdpTransport } from "@strowger/sip/transports/udp";
 *
 * const transport = await UdpTransport.listen({ host: "127.0.0.1" });
 * console.assert(transport.local.port > 0);
 * await transport.close();
 * ```
 */
export class UdpTransport implements Transport {
  /** Always `UDP`. */
  readonly protocol = "UDP";
  /** Always false. */
  readonly reliable = false;
  /** Always false. */
  readonly secure = false;
  /** What was advertised, or else the address and port that are bound. */
  readonly local: Destination;
  /** Those of the address that is bound: both for `::`. */
  readonly families: readonly AddressFamily[];
  readonly #socket: DatagramSocket;
  /** One for all addresses: under Deno, sends that do not wait for each other can change places. */
  readonly #toAddresses: SendQueue;
  /** One for each host name that is being looked up. */
  readonly #toNames = new Map<string, SendQueue>();
  readonly #stun: StunClient;
  /** Octets that wait in all queues. */
  #queued = 0;
  #closed: Promise<void> | undefined;

  private constructor(socket: DatagramSocket, options: UdpOptions) {
    this.#socket = socket;
    this.families = familiesOf(socket.host);
    this.local = {
      host: options.advertise?.host ?? socket.host,
      port: options.advertise?.port ?? socket.port,
    };
    this.#toAddresses = new SendQueue({
      send: (bytes, to) => this.#transmit(bytes, to.host, to.port),
      settled: (octets) => this.#queued -= octets,
    });
    this.#stun = new StunClient({
      send: (bytes, to) => this.send(bytes, to),
      clock: options.clock ?? systemClock,
      random: options.random ?? ((octets) => void crypto.getRandomValues(octets)),
    });
  }

  /**
   * Binds a socket. Rejects with a TransportError if the address is taken or is not ours, or if the
   * receive buffer is not to be had.
   */
  static async listen(options: UdpOptions = {}): Promise<UdpTransport> {
    const { host = "127.0.0.1", port = 0, advertise, receiveBuffer } = options;
    checkListen(host, port, advertise);
    if (receiveBuffer !== undefined) checkReceiveBuffer(receiveBuffer);
    return new UdpTransport(await openDatagramSocket(host, port, receiveBuffer), options);
  }

  /** Starts delivering to `receiver`. */
  attach(receiver: TransportReceiver): void {
    this.#socket.read((bytes, host, port) => {
      if (this.#closed !== undefined) return;
      if (isKeepAlive(bytes)) this.#stun.receive(bytes);
      else receiver.receive(bytes, { host: unmapped(host), port });
    });
  }

  /** Sends one datagram. The system may still lose it, and reports an ICMP refusal to nobody. */
  send(bytes: Uint8Array, to: Destination): Promise<void> {
    if (this.#closed !== undefined) {
      return Promise.reject(failure(`cannot send to ${hostport(to)}`, "the transport is closed"));
    }
    if (this.#queued + bytes.length > MAX_QUEUED) {
      return Promise.reject(new TransportError(`cannot send to ${hostport(to)}: too much waits`));
    }
    this.#queued += bytes.length;
    const isAddress = familyOf(to.host) !== undefined;
    return isAddress ? this.#toAddresses.send(bytes, to) : this.#sendToName(bytes, to);
  }

  #sendToName(bytes: Uint8Array, to: Destination): Promise<void> {
    const name = to.host.toLowerCase();
    const known = this.#toNames.get(name);
    if (known !== undefined) return known.send(bytes, to);
    const queue = new SendQueue({
      send: async (bytes, { port }) =>
        await this.#transmit(bytes, await lookUp(name, this.#family), port),
      settled: (octets) => {
        this.#queued -= octets;
        if (queue.isEmpty) this.#toNames.delete(name);
      },
    });
    this.#toNames.set(name, queue);
    return queue.send(bytes, to);
  }

  /**
   * Asks the far end by STUN whether it is there (RFC 5626 §4.4.2); see {@linkcode Transport.ping}.
   * Rejects where nothing answers within 39.5 seconds, and where the far end sees this one at another
   * address than at the last ping: a NAT between them has forgotten what it knew.
   */
  ping(to: Destination): Promise<void> {
    return this.#stun.ping(to);
  }

  #transmit(bytes: Uint8Array, address: string, port: number): Promise<unknown> {
    // Deno sends to the port modulo 65,536.
    if (!isPort(port)) throw new TransportError("there is no such port");
    // A socket of IPv6 reaches IPv4 by addresses that are mapped (RFC 4291 §2.5.5.2).
    const isMapped = this.#family === 6 && !address.includes(":");
    return this.#socket.send(bytes, isMapped ? `::ffff:${address}` : address, port);
  }

  get #family(): 4 | 6 {
    return this.#socket.host.includes(":") ? 6 : 4;
  }

  /** Closes the socket, after what was sent before. */
  close(): Promise<void> {
    this.#stun.close();
    const queues = [this.#toAddresses, ...this.#toNames.values()];
    return this.#closed ??= Promise.all(queues.map((queue) => queue.drained()))
      .then(() => this.#socket.close());
  }
}

function checkReceiveBuffer(octets: number): void {
  if (Number.isInteger(octets) && octets > 0 && octets <= MAX_RECEIVE_BUFFER) return;
  const expected = `1 to ${MAX_RECEIVE_BUFFER} octets`;
  throw new InvalidArgumentError("receiveBuffer", expected, String(octets));
}

async function lookUp(host: string, family: 4 | 6): Promise<string> {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(host, { all: true });
  const own = found.find((entry) => entry.family === family);
  // A socket of IPv4 cannot reach what has IPv6 only; one of IPv6 may reach IPv4.
  const address = own ?? (family === 6 ? found[0] : undefined);
  if (address === undefined) throw new TransportError(`${host} has no IPv${family} address`);
  return address.address;
}

/**
 * Whether a datagram is there only to keep a NAT's binding: nothing, CRLFs, or STUN, whose first
 * octet is below 4 and can begin no SIP message (RFC 5626 §3.5.2, §8).
 */
function isKeepAlive(bytes: Uint8Array): boolean {
  const first = bytes[0];
  if (first === undefined || first < 4) return true;
  return bytes.every((octet) => octet === CR || octet === LF);
}
