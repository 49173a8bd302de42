/**
 * Messages on their way: where both ends are in one recording, a message that one has sent and the
 * one that the other has got are the same.
 *
 * @module
 */
import type { Entry, MessageEntry } from "./entry.ts";

/** One message, from one end to the other. */
export interface Flight {
  /** The message, as it was first seen. */
  readonly message: MessageEntry;
  /** The same, as the other end has got it. */
  received?: MessageEntry;
}

const decoder = new TextDecoder("latin1");

/** The messages among entries, in order. */
export function flightsOf(entries: readonly Entry[]): Flight[] {
  const flights: Flight[] = [];
  /** What was sent and has not arrived, oldest first. */
  const underway = new Map<string, Flight[]>();
  for (const entry of entries) {
    if (entry.kind !== "message") continue;
    const octets = decoder.decode(entry.octets);
    const sent = entry.direction === "in" ? underway.get(octets)?.shift() : undefined;
    if (sent !== undefined) {
      sent.received = entry;
      continue;
    }
    const flight: Flight = { message: entry };
    flights.push(flight);
    if (entry.direction !== "out") continue;
    const same = underway.get(octets);
    if (same === undefined) underway.set(octets, [flight]);
    else same.push(flight);
  }
  return flights;
}

/** The entries of several calls, in order of time. */
export function merged(calls: Iterable<{ readonly entries: readonly Entry[] }>): Entry[] {
  return [...calls].flatMap(({ entries }) => [...entries]).sort((a, b) => a.time - b.time);
}
