/**
 * The runtime's own time, which SIP.js takes, in the hands of a virtual clock.
 *
 * @module
 */
import type { VirtualClock } from "../support/virtual_clock.ts";

/**
 * Runs something while the runtime's timers and `Date.now` are those of a virtual clock.
 *
 * @param failed Is told what a timer threw, and what promises were rejected with that nobody awaits.
 */
export async function underClock(
  clock: VirtualClock,
  failed: (error: unknown) => void,
  run: () => Promise<void>,
): Promise<void> {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const { now } = Date;
  const guarded = (callback: () => void) => (): void => {
    try {
      callback();
    } catch (error) {
      failed(error);
    }
  };
  /** The timer that an interval waits for now, by the number that its owner knows. */
  const intervals = new Map<number, number>();
  const repeat = (callback: () => void, ms: number): number => {
    const again = (): void => {
      intervals.set(id, clock.setTimeout(again, ms));
      guarded(callback)();
    };
    const id = clock.setTimeout(again, ms);
    intervals.set(id, id);
    return id;
  };
  const onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    failed(event.reason);
  };
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, ms = 0) => clock.setTimeout(guarded(callback), ms),
    clearTimeout: (id?: number) => clock.clearTimeout(id),
    setInterval: repeat,
    clearInterval: (id: number) => clock.clearTimeout(intervals.get(id)),
  });
  Date.now = () => clock.now();
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    await run();
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    Date.now = now;
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}
