/**
 * A network inside one process: for tests and simulation, and to embed two ends in one program.
 *
 * @module
 */
import { InvalidArgumentError, TransportError } from "../messages/errors.ts";
import { checkHostPort, type HostPort, hostport } from "./destination.ts";
import type { Destination, Transport, TransportReceiver } from "./transport.ts";

export type { HostPort };

/** One message on its way. */
export interface Delivery {
  /** The end that sent it. */
  readonly from: Destination;
  /** The end that it goes to. */
  readonly to: Destination;
  /** The protocol of both. */
  readonly protocol: string;
  /** Whether that protocol promises that what was sent arrives, once and in order. */
  readonly reliable: boolean;
  /** The network's own copy of the message: what the receiver gets. */
  readonly bytes: Uint8Array;
}

/** What a {@linkcode MemoryNetwork} may be given. */
export interface MemoryNetworkOptions {
  /**
   * Decides what becomes of a message; `run` delivers it. Called inside `send`, so a call to `run`
   * that does not wait delivers inside `send` as well; a call to it later, from a virtual clock, is
   * latency; two calls are a repetition, none is a loss. Default: `queueMicrotask`.
   */
  deliver?: (run: () => void, delivery: Delivery) => void;
}

/** What {@linkcode MemoryNetwork.transport} may be given. */
export interface MemoryTransportOptions {
  /** The name in a Via. Default `UDP`. Ends of different protocols do not see each other. */
  protocol?: string;
  /** Whether the engine may trust that messages arrive. Default: true unless `protocol` is `UDP`. */
  reliable?: boolean;
}

/**
 * Any number of named ends that can send to one another. Nothing is resolved: a host is a name, and
 * whoever has it gets the message.
 *
 * @example Two ends, and what one of them hears
 * ```ts
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 *
 * const network = new MemoryNetwork({ deliver: (run) => run() });
 * const alice = network.transport({ host: "alice.example.com", port: 5060 });
 * const bob = network.transport({ host: "bob.example.com", port: 5060 });
 *
 * const heard: string[] = [];
 * bob.attach({
 *   receive: (bytes, from) => heard.push(`${from.host} ${new TextDecoder().decode(bytes)}`),
 *   fault: () => {},
 *   disconnected: () => {},
 * });
 * await alice.send(new TextEncoder().encode("OPTIONS"), { host: "bob.example.com", port: 5060 });
 * console.assert(heard[0] === "alice.example.com OPTIONS");
 * ```
 */
export class MemoryNetwork {
  readonly #ends = new Map<string, MemoryTransport>();
  readonly #deliver: (run: () => void, delivery: Delivery) => void;

  /** A network without ends. */
  constructor(options: MemoryNetworkOptions = {}) {
    this.#deliver = options.deliver ?? ((run) => queueMicrotask(run));
  }

  /** A new end at `local`, which has to be free. */
  transport(local: HostPort, options: MemoryTransportOptions = {}): MemoryTransport {
    checkHostPort("local.", local, 1);
    const protocol = options.protocol ?? "UDP";
    const key = `${protocol} ${hostport(local)}`;
    if (this.#ends.has(key)) {
      throw new InvalidArgumentError("local", "an address that is free", key);
    }
    const end: MemoryTransport = new MemoryTransport(
      { host: local.host, port: local.port },
      { protocol, reliable: options.reliable ?? protocol !== "UDP" },
      {
        carry: (bytes, to) => this.#carry(bytes, end, to),
        leave: () => this.#ends.delete(key),
      },
    );
    this.#ends.set(key, end);
    return end;
  }

  #carry(bytes: Uint8Array, end: MemoryTransport, to: Destination): void {
    const { protocol, reliable, local: from } = end;
    const far = this.#ends.get(`${protocol} ${hostport(to)}`);
    if (far === undefined) {
      if (reliable) throw new TransportError(`cannot send to ${hostport(to)}: nobody is there`);
      return;
    }
    const copy = new Uint8Array(bytes);
    const delivery = { from, to: far.local, protocol, reliable, bytes: copy };
    this.#deliver(() => far.deliver(copy, from), delivery);
  }
}

/** What connects an end with its network. */
export interface MemoryLink {
  /** Hands a message to the network, or throws. */
  carry(bytes: Uint8Array, to: Destination): void;
  /** Takes the end off the network. */
  leave(): void;
}

/** One end of a {@linkcode MemoryNetwork}, which makes it. */
export class MemoryTransport implements Transport {
  /** As {@linkcode Transport.protocol} says. */
  readonly protocol: string;
  /** As {@linkcode Transport.reliable} says. */
  readonly reliable: boolean;
  /** Whether it stands for `TLS` or `WSS`. */
  readonly secure: boolean;
  /** The name and port of this end. */
  readonly local: Destination;
  readonly #link: MemoryLink;
  #receiver: TransportReceiver | undefined;
  #closed = false;

  /** Called by {@linkcode MemoryNetwork.transport}. */
  constructor(local: Destination, options: Required<MemoryTransportOptions>, link: MemoryLink) {
    this.local = local;
    this.protocol = options.protocol;
    this.reliable = options.reliable;
    this.secure = options.protocol === "TLS" || options.protocol === "WSS";
    this.#link = link;
  }

  /** Starts delivering to `receiver`. What arrived before is lost. */
  attach(receiver: TransportReceiver): void {
    this.#receiver = receiver;
  }

  /**
   * Sends to the end that has `to.host` and `to.port`. Where nobody has them, what is sent is lost,
   * or rejected if this end is reliable.
   */
  send(bytes: Uint8Array, to: Destination): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) throw new TransportError("the transport is closed");
      this.#link.carry(bytes, to);
      resolve();
    });
  }

  /** Called by the network when a message has arrived. */
  deliver(bytes: Uint8Array, from: Destination): void {
    if (!this.#closed) this.#receiver?.receive(bytes, from);
  }

  /** Leaves the network; the name is free again. What is on its way to this end is lost. */
  close(): Promise<void> {
    if (!this.#closed) this.#link.leave();
    this.#closed = true;
    return Promise.resolve();
  }
}
