/**
 * Header lines that a program adds to a message, `Name: value` each: what is refused among them, and
 * what is found there.
 *
 * @module
 */
import { every, TOKEN } from "./characters.ts";
import { InvalidArgumentError } from "./errors.ts";
import { Fault } from "./fault.ts";
import { canonicalName, HeaderId, headerId, isSingle, nameOf, UNKNOWN } from "./header_names.ts";
import { readers } from "./headers.ts";
import { checkLine } from "./line.ts";
import { readAlone, type Scanner, trimmed } from "./scanner.ts";

const ENGINE_HEADERS: readonly number[] = [
  ...Object.values(HeaderId),
  // A part of the body, and told with it.
  headerId("Content-Type"),
];

/** How many good lines are kept in mind, and up to which length. */
const MAX_GOOD_LINES = 256;
const MAX_GOOD_LENGTH = 512;

/**
 * Lines that were found to be good, with the number of their header. A program says the same of
 * itself in every message, each of which is checked when it is made and when it is printed.
 */
const goodLines = new Map<string, number>();

/** What nothing shall keep in mind. */
const SECRETS: readonly number[] = ["Authorization", "Proxy-Authorization"].map(headerId);

/** Throws unless a text is one header line, `Name: value`, that a program may add to a message. */
export function checkHeaderLine(field: string, line: string): string {
  checkedId(line, () => field);
  return line;
}

/** The number of the header in a line; throws unless a program may add it to a message. */
function checkedId(line: string, field: () => string): number {
  const known = goodLines.get(line);
  if (known !== undefined) return known;
  const id = readLine(field(), line);
  if (line.length <= MAX_GOOD_LENGTH && !SECRETS.includes(id)) {
    if (goodLines.size === MAX_GOOD_LINES) goodLines.clear();
    goodLines.set(line, id);
  }
  return id;
}

function readLine(field: string, line: string): number {
  checkLine(field, line);
  // White space before a name would make the line a part of the one before it.
  const colon = Math.max(0, line.indexOf(":"));
  const name = trimmed(line, 0, colon);
  if (!every(TOKEN, name) || !line.startsWith(name)) {
    throw new InvalidArgumentError(field, "a header's name and ':'", JSON.stringify(line));
  }
  const id = headerId(name);
  // A second one would make the message unreadable, or cut a stream at another place.
  if (ENGINE_HEADERS.includes(id)) {
    throw new InvalidArgumentError(field, "a header that the engine does not set itself", name);
  }
  checkValue(field, name, trimmed(line, colon + 1, line.length));
  return id;
}

/** Throws unless a known header's value is what its grammar asks for. */
export function checkValue(field: string, name: string, value: string): void {
  const read = readers[canonicalName(name) as keyof typeof readers] as
    | ((scanner: Scanner) => unknown)
    | undefined;
  const result = read === undefined ? undefined : readAlone(value, read);
  if (!(result instanceof Fault)) return;
  throw new InvalidArgumentError(`${field}: ${name}`, result.expected, result.found);
}

/**
 * As `checkHeaderLine`, for all that a program adds to one message.
 *
 * @param headers The headers that are there already, by name.
 */
export function checkHeaderLines(
  lines: readonly string[],
  headers: { readonly [name: string]: unknown } = {},
): readonly string[] {
  let singles: Set<number> | undefined;
  for (const [i, line] of lines.entries()) {
    const id = checkedId(line, () => `extraHeaders[${i}]`);
    if (!isSingle(id)) continue;
    singles ??= new Set(Object.keys(headers).map(headerId));
    if (singles.has(id)) {
      throw new InvalidArgumentError(`extraHeaders[${i}]`, `one ${nameOf(id)} only`, "another");
    }
    singles.add(id);
  }
  return lines;
}

/** The values of a header among header lines; names compare long and compact, in any case. */
export function valuesIn(lines: readonly string[], name: string): string[] {
  const values: string[] = [];
  const id = headerId(name);
  for (const line of lines) {
    const colon = line.indexOf(":");
    const own = line.slice(0, colon).trim();
    const isIt = id === UNKNOWN ? own.toLowerCase() === name.toLowerCase() : headerId(own) === id;
    if (isIt) values.push(line.slice(colon + 1).trim());
  }
  return values;
}
