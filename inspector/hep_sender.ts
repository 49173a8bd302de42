/**
 * Sends recorded messages to a collector, as HEP3 over UDP.
 *
 * Needs what `@strowger/sip/transports/udp` needs: Deno, Node or Bun.
 *
 * @module
 */
import { InvalidArgumentError } from "../messages/errors.ts";
import { type DatagramSocket, openDatagramSocket } from "../transports/datagram_socket.ts";
import { isPort } from "../transports/destination.ts";
import type { Entry } from "./entry.ts";
import { HepEncoder, type HepOptions } from "./hep.ts";

/** Where a collector is. */
export interface HepSenderOptions extends HepOptions {
  /** The collector's address. */
  host: string;
  /** Its port; 9060 by default. */
  port?: number;
}

/** What may wait to be sent; beyond that, it is dropped and counted. */
const MAX_WAITING = 1_000;

/**
 * One socket that sends to one collector.
 *
 * @example
 * ```ts
 * import { HepSender } from "@strowger/sip/inspector/hep_sender";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 *
 * const recorder = new Recorder({ withoutMachines: true });
 * const sender = await HepSender.open({ host: "127.0.0.1", port: 9060 });
 * const stop = recorder.subscribe((entry) => sender.send(entry));
 * // and now make a core by recorder.watch()
 * stop();
 * await sender.close();
 * ```
 */
export class HepSender {
  readonly #socket: DatagramSocket;
  readonly #encoder: HepEncoder;
  readonly #host: string;
  readonly #port: number;
  /** The last of what is being sent: under Deno, sends that do not wait can change places. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #dropped = 0;

  private constructor(socket: DatagramSocket, { host, port = 9060, ...rest }: HepSenderOptions) {
    this.#socket = socket;
    this.#host = host;
    this.#port = port;
    this.#encoder = new HepEncoder(rest);
  }

  /**
   * Binds a socket.
   *
   * @throws `InvalidArgumentError` for a port or number that is none, `TransportError` where there is
   * no socket to be had.
   */
  static async open(options: HepSenderOptions): Promise<HepSender> {
    const { host, port = 9060 } = options;
    if (!isPort(port)) throw new InvalidArgumentError("port", "1 to 65535", `${port}`);
    new HepEncoder(options);
    const socket = await openDatagramSocket(host.includes(":") ? "::" : "0.0.0.0", 0, undefined);
    return new HepSender(socket, options);
  }

  /** How many messages were not sent: too large, too many at once, or the system would not. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Sends an entry that is a message; does nothing with others. */
  send(entry: Entry): void {
    if (entry.kind !== "message") return;
    const packet = this.#encoder.encode(entry);
    if (packet === undefined || this.#waiting >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting++;
    this.#last = this.#last
      .then(() => this.#socket.send(packet, this.#host, this.#port))
      .catch(() => this.#dropped++)
      .finally(() => this.#waiting--);
  }

  /** Closes the socket when everything has been sent. */
  async close(): Promise<void> {
    await this.#last;
    await this.#socket.close();
  }
}
