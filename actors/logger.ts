/**
 * Where the engine says what happens.
 *
 * @module
 */

/** Takes lines of text; `console` is one. */
export interface Logger {
  /** What only helps to find a mistake. */
  debug(line: string): void;
  /** What somebody should look at. */
  warn(line: string): void;
}

/** Warnings to the console, the rest nowhere. */
export const defaultLogger: Logger = {
  debug: () => {},
  warn: (line) => console.warn(line),
};
