/**
 * The options of a program at a terminal: `--name value` or `--name=value`, and operands.
 *
 * @module
 */

/** What was typed makes no sense; the message is one line for whoever typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How the value of one option is read. */
export interface Reader<T> {
  /** What it has to be, in words. */
  readonly expected: string;
  /** The value, or `undefined` if the text is none. */
  read(text: string): T | undefined;
}

/** The options that were given, by name. */
export type Options<Readers extends Record<string, Reader<unknown>>> = {
  [Name in keyof Readers]?: Readers[Name] extends Reader<infer T> ? T : never;
};

/** A day: long enough for a call, and short enough for any timer. */
const MAX_DURATION = 86_400_000;

/** A time in milliseconds, from `2s`, `500ms`, or a plain number of seconds. */
export const duration: Reader<number> = {
  expected: "a time such as 2s or 500ms, of at most a day",
  read(text) {
    const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? [];
    const milliseconds = Number(number) * (unit === "ms" ? 1 : 1000);
    return milliseconds <= MAX_DURATION ? milliseconds : undefined;
  },
};

/** Any text but none. */
export const text: Reader<string> = {
  expected: "a value",
  read: (text) => text === "" ? undefined : text,
};

/** A whole number within bounds. */
export function integer(least: number, most: number): Reader<number> {
  return {
    expected: `a number from ${least} to ${most}`,
    read: (text) =>
      /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most
        ? Number(text)
        : undefined,
  };
}

/** One of a few words. */
export function oneOf<Word extends string>(...words: Word[]): Reader<Word> {
  return {
    expected: `one of ${words.join(", ")}`,
    read: (text) => words.find((word) => word === text.toLowerCase()),
  };
}

/**
 * Reads the arguments of a program.
 *
 * @throws `UsageError` for an option that is not known, has no value, or has a wrong one.
 */
export function parseOptions<Readers extends Record<string, Reader<unknown>>>(
  args: readonly string[],
  readers: Readers,
): { options: Options<Readers>; operands: string[] } {
  const values: Record<string, unknown> = {};
  const operands: string[] = [];
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    if (!arg.startsWith("-")) {
      operands.push(arg);
      continue;
    }
    const [, name = "", inline] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) throw new UsageError(`there is no option ${arg}`);
    const value = inline ?? left.shift();
    if (value === undefined) throw new UsageError(`--${name}: expected ${reader.expected}`);
    values[name] = reader.read(value);
    if (values[name] === undefined) {
      throw new UsageError(`--${name}: expected ${reader.expected}, found "${value}"`);
    }
  }
  return { options: values as Options<Readers>, operands };
}
