/**
 * What a network does to messages: it loses, repeats, delays and reorders them.
 *
 * @module
 */
import { TransportError } from "@strowger/sip";
import { type Delivery, MemoryNetwork } from "@strowger/sip/transports/memory";
import type { VirtualClock } from "../support/virtual_clock.ts";
import type { Prng } from "./prng.ts";

/** The kinds of networks. */
export type NetworkKind =
  | "immediate"
  | "reliable"
  | "refusing"
  | "reordering"
  | "lossy"
  | "ruinous";

/** One network. */
export interface Impairment {
  readonly kind: NetworkKind;
  readonly protocol: "TCP" | "UDP";
  /** The probabilities that a message is lost (or refused), and that one arrives twice. */
  readonly loss: number;
  readonly repetition: number;
  /** How long messages take at most; less than T4, "the maximum duration a message will remain". */
  readonly delay: number;
  /** From when until when nothing gets through at all. */
  readonly outage: readonly [number, number];
}

/** Draws a network. */
export function drawImpairment(prng: Prng): Impairment {
  const kind = prng.pick<NetworkKind>([
    "immediate",
    "reliable",
    "refusing",
    "reordering",
    "reordering",
    "lossy",
    "lossy",
    "lossy",
    "ruinous",
  ]);
  const outage = [0, 0] as const;
  switch (kind) {
    case "immediate":
      return {
        kind,
        protocol: prng.pick(["TCP", "UDP"]),
        loss: 0,
        repetition: 0,
        delay: 0,
        outage,
      };
    case "reliable":
      return { kind, protocol: "TCP", loss: 0, repetition: 0, delay: prng.delay(300), outage };
    // It takes what it takes, and says of the rest that it cannot: `send` rejects.
    case "refusing":
      return { kind, protocol: "TCP", loss: 0.1, repetition: 0, delay: prng.delay(300), outage };
    case "reordering":
      return { kind, protocol: "UDP", loss: 0, repetition: 0.3, delay: prng.delay(3000), outage };
    case "lossy": {
      const loss = 0.02 + 0.28 * prng.next();
      return { kind, protocol: "UDP", loss, repetition: 0.1, delay: prng.delay(2000), outage };
    }
    case "ruinous": {
      const loss = 0.3 + 0.5 * prng.next();
      const from = prng.delay(20_000);
      const outage = [from, prng.chance(0.5) ? from + prng.delay(100_000) : from] as const;
      return { kind, protocol: "UDP", loss, repetition: 0.1, delay: prng.delay(4000), outage };
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
  const { kind, protocol, loss, repetition, delay, outage } = impairment;
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
      const isOut = clock.now() >= outage[0] && clock.now() < outage[1];
      if (prng.chance(loss) || isOut) {
        note(delivery);
        if (kind === "refusing") throw new TransportError("refused");
        return;
      }
      later(run, delivery.from.host);
      if (prng.chance(repetition)) later(run, delivery.from.host);
    },
  });
}
