/**
 * What may stand within a line: no text of a program may end one on the wire.
 *
 * @module
 */
import { InvalidArgumentError } from "./errors.ts";

/** Whether a text has neither CR, LF nor NUL. */
export function isLine(text: string): boolean {
  return text.indexOf("\r") < 0 && text.indexOf("\n") < 0 && text.indexOf("\0") < 0;
}

/** Throws when a text from a program holds what would end a line on the wire. */
export function checkLine(field: string, text: string): string {
  if (isLine(text)) return text;
  const at = text.search(/[\r\n\0]/);
  const name = { "\r": "CR", "\n": "LF" }[text.charAt(at)] ?? "NUL";
  throw new InvalidArgumentError(field, "text without CR, LF and NUL", `${name} at ${at}`);
}
