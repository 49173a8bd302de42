/**
 * What gets out of the engine: XState throws an error of a listener again in a timer, where nothing
 * can catch it and the process ends.
 *
 * @module
 */

/** Runs something, and returns what it would have thrown in timers of the runtime. */
export function escaping(run: () => void): unknown[] {
  const original = globalThis.setTimeout;
  const deferred: (() => void)[] = [];
  const hold = (callback: () => void): number => deferred.push(callback);
  Object.assign(globalThis, { setTimeout: hold });
  try {
    run();
  } finally {
    Object.assign(globalThis, { setTimeout: original });
  }
  return deferred.flatMap((callback) => {
    try {
      callback();
      return [];
    } catch (error) {
      return [error];
    }
  });
}
