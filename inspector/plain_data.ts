/**
 * What of an event can be written down: numbers, words, and what is made of them. Messages, errors and
 * functions are left out; no machine reads them.
 *
 * @module
 */

/** What JSON can say. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;

/** An object of that. */
export interface PlainObject {
  readonly [name: string]: Plain;
}

/** Objects within objects: no machine comes near it. */
const MAX_DEPTH = 8;
/** The longest word that is kept whole: tags come from the network. */
const MAX_TEXT = 1024;

/** The members of an object that can be written down, but those that are named. */
export function plainData(object: object, without: readonly string[] = []): PlainObject {
  return membersOf(object, without, 0);
}

function membersOf(object: object, without: readonly string[], depth: number): PlainObject {
  const data: Record<string, Plain> = {};
  for (const [name, value] of Object.entries(object)) {
    if (without.includes(name)) continue;
    const plain = plainOf(value, depth + 1);
    if (plain !== undefined) data[name] = plain;
  }
  return data;
}

function plainOf(value: unknown, depth: number): Plain | undefined {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string") return value.slice(0, MAX_TEXT);
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.flatMap((each) => plainOf(each, depth + 1) ?? []);
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? membersOf(value, [], depth) : undefined;
}
