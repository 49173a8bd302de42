/**
 * Who takes part in what was recorded: the cores that were watched, and the addresses beyond them.
 *
 * @module
 */
import type { Endpoint, Entry, MessageEntry } from "../entry.ts";
import type { Flight } from "../flights.ts";

/** One who takes part. */
export interface Participant {
  /** What it is called: the name of a core, or an address. */
  readonly name: string;
  /** Where it is reached. */
  readonly address: string;
  /** Whether it is a core that was watched. */
  readonly isCore: boolean;
}

/** `192.0.2.1:5060`, `[2001:db8::1]:5060`. */
export function addressOf({ host, port }: Endpoint): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? shown : `${shown}:${port}`;
}

function localOf({ direction, source, destination }: MessageEntry): Endpoint {
  return direction === "in" ? destination : source;
}

/** See the module. They are in the order in which they first sent or got something. */
export class Participants {
  readonly list: Participant[] = [];
  readonly #indexes = new Map<string, number>();
  /** Which core an address stands for. A connection that came in has a port of its own. */
  readonly #cores = new Map<string, { name: string; address: string }>();

  /** Finds out which address is whose. */
  constructor(entries: readonly Entry[], flights: readonly Flight[]) {
    for (const entry of entries) {
      if (entry.kind !== "message" || entry.core === undefined) continue;
      const address = addressOf(localOf(entry));
      this.#cores.set(address, { name: entry.core, address });
    }
    for (const { message, received } of flights) {
      if (message.core === undefined || received?.core === undefined) continue;
      const sender = { name: message.core, address: addressOf(message.source) };
      const receiver = { name: received.core, address: addressOf(received.destination) };
      this.#cores.set(addressOf(received.source), sender);
      this.#cores.set(addressOf(message.destination), receiver);
    }
  }

  /** Which of the list a core is; -1 if it has neither sent nor got anything. */
  ofCore(name: string): number {
    return this.#indexes.get(`core ${name}`) ?? -1;
  }

  /** From which to which of the list a message goes. */
  ofFlight({ message, received }: Flight): [from: number, to: number] {
    const { direction, core, source, destination } = message;
    const from = this.#index(source, direction === "out" ? core : undefined);
    return [from, this.#index(destination, direction === "in" ? core : received?.core)];
  }

  #index(endpoint: Endpoint, core: string | undefined): number {
    const address = addressOf(endpoint);
    const known = core === undefined ? this.#cores.get(address) : { name: core, address };
    const key = known === undefined ? address : `core ${known.name}`;
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.list.length;
      this.#indexes.set(key, index);
      this.list.push({
        name: known?.name ?? address,
        address: known?.address ?? address,
        isCore: known !== undefined,
      });
    }
    return index;
  }
}
