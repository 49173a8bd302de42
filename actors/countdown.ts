/**
 * How long a subscription still lasts, as both of its ends tell it.
 *
 * @module
 */
import type { Supervisor } from "./supervisor.ts";

/** Says how many seconds are left. */
export type Countdown = () => number;

/** Counts down from now on; `seconds` is asked for each time. */
export function countdown({ environment }: Supervisor, seconds: () => number): Countdown {
  const { clock } = environment;
  const now = (): number => clock.now?.() ?? Date.now();
  const start = now();
  return () => Math.max(0, Math.round(seconds() - (now() - start) / 1000));
}
