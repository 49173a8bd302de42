/**
 * Maps that a peer can make grow, each up to its limit.
 *
 * @module
 */

/** Sets a value as the newest; the oldest goes where the map would get too large. */
export function boundedSet<K, V>(map: Map<K, V>, key: K, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}
