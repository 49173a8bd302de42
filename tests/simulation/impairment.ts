/**
 * What a network does to messages: it loses, repeats, delays and reorders them.
 *
 * @module
 */
import { type Delivery, MemoryNetwork } from "@strowger/sip/transports/memory";
import type { VirtualClock } from "../support/virtual_clock.ts";
import type { Prng } from "./prng.ts";

/** The kinds of networks. */
export type NetworkKind = "immediate" | "reliable" | "reordering" | "lossy" | "ruinous";

/** One network. */
export interface Impairment {
  readonly kind: NetworkKind;
  readonly protocol: "TCP" | "UDP";
  /** The probabilities that a message is lost, and that one that is not arrives twice. */
  readonly loss: number;
  readonly repetition: number;
  /** How long messages take at most; less than T4, "the maximum duration a message will remain". */
  readonly delay: number;
}

/** Draws a network. */
export function drawImpairment(prng: Prng): Impairment {
  const kind = prng.pick<NetworkKind>([
    "immediate",
    "reliable",
    "reordering",
    "reordering",
    "lossy",
    "lossy",
    "lossy",
    "ruinous",
  ]);
  switch (kind) {
    case "immediate":
      return { kind, protocol: "TCP", loss: 0, repetition: 0, delay: 0 };
    case "reliable":
      return { kind, protocol: "TCP", loss: 0, repetition: 0, delay: prng.delay(300) };
    case "reordering":
      return { kind, protocol: "UDP", loss: 0, repetition: 0.3, delay: prng.delay(3000) };
    case "lossy": {
      const loss = 0.02 + 0.28 * prng.next();
      return { kind, protocol: "UDP", loss, repetition: 0.1, delay: prng.delay(2000) };
    }
    case "ruinous": {
      const loss = 0.3 + 0.5 * prng.next();
      return { kind, protocol: "UDP", loss, repetition: 0.1, delay: prng.delay(4000) };
    }
  }
}

/** A network that does this to what goes over it; `note` is told of each loss. */
export function impairedNetwork(
  impairment: Impairment,
  clock: VirtualClock,
  prng: Prng,
  note: (delivery: Delivery) => void,
): MemoryNetwork {
  const { kind, protocol, loss, repetition, delay } = impairment;
  /** When the last message from an end arrives: a reliable transport keeps the order. */
  const arrivals = new Map<string, number>();
  const later = (run: () => void, from: string): void => {
    let due = clock.now() + prng.integer(1, Math.max(1, delay));
    if (protocol === "TCP") {
      due = Math.max(due, arrivals.get(from) ?? 0);
      arrivals.set(from, due);
    }
    clock.setTimeout(run, due - clock.now());
  };
  return new MemoryNetwork({
    deliver: (run, delivery) => {
      if (kind === "immediate") return run();
      if (prng.chance(loss)) return note(delivery);
      later(run, delivery.from.host);
      if (prng.chance(repetition)) later(run, delivery.from.host);
    },
  });
}
