/**
 * The registrations of a core, by their address of record: what they are used for beside being kept is
 * what the requests of that address carry.
 *
 * @module
 */
import { URI } from "../../messages/mod.ts";
import type { Transport } from "../../transports/transport.ts";
import { addressOf } from "../authentication/credentials.ts";

/** A registration, as far as the requests of its address have to do with it. */
export interface RegisteredAddress {
  readonly aor: URI;
  /** Whether the registrar has a binding of it. */
  readonly isRegistered: boolean;
  /** Whether its flow works. */
  readonly isUp: boolean;
  /** By what it goes, as far as that is known. */
  readonly transport: Transport | undefined;
  readonly routeSet: readonly string[];
  /** What goes into Contact; `undefined` where any transport's own address will do. */
  readonly distinctContact: string | undefined;
  /** The network is another one. */
  networkChanged(): void;
}

/** See the module. */
export class Registrations {
  private readonly byAddress = new Map<string, Set<RegisteredAddress>>();

  /** Enters a registration. */
  add(registration: RegisteredAddress): void {
    const key = addressOf(registration.aor);
    const others = this.byAddress.get(key);
    if (others === undefined) this.byAddress.set(key, new Set([registration]));
    else others.add(registration);
  }

  /** Forgets a registration. */
  remove(registration: RegisteredAddress): void {
    const key = addressOf(registration.aor);
    const others = this.byAddress.get(key);
    others?.delete(registration);
    if (others?.size === 0) this.byAddress.delete(key);
  }

  /**
   * The one that the requests of an address go with: one that works, by the same transport if there is
   * any such.
   */
  of(address: URI, transport?: Transport): RegisteredAddress | undefined {
    // A program without types may pass anything: whoever makes the message says so.
    const isAny = this.byAddress.size > 0 && address instanceof URI;
    const all = isAny ? this.byAddress.get(addressOf(address)) : undefined;
    if (all === undefined) return undefined;
    let best: RegisteredAddress | undefined;
    let most = -1;
    for (const each of all) {
      const isSame = transport !== undefined && each.transport === transport;
      const rank = (each.isRegistered ? 4 : 0) + (each.isUp ? 2 : 0) + (isSame ? 1 : 0);
      if (rank > most) [best, most] = [each, rank];
    }
    return best;
  }

  /** Whether another flow of the same address works. */
  hasOtherFlow(registration: RegisteredAddress): boolean {
    const all = this.byAddress.get(addressOf(registration.aor)) ?? [];
    return [...all].some((each) => each !== registration && each.isUp);
  }

  /** The network is another one: all of them are made anew. */
  networkChanged(): void {
    for (const all of [...this.byAddress.values()]) {
      for (const each of [...all]) each.networkChanged();
    }
  }
}
