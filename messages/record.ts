/**
 * Records of what programs name: nothing is in them that was not put there.
 *
 * @module
 */

const NOTHING: object = Object.freeze(Object.create(null));

/**
 * A record without `constructor` and its like. `Object.create(null)` is one, too, which V8 keeps as a
 * hash table: twice the cost of filling it, and several times that of going through its names.
 */
export function emptyRecord<V>(): { [name: string]: V } {
  return Object.create(NOTHING);
}
