/**
 * A reader of header values: the pieces of grammar that RFC 3261 §25.1 builds its headers from.
 * Every method moves forward only, so reading is linear in the size of the text.
 *
 * @module
 */
import { type CharacterClass, codesOf, DIGIT, isLws, skip, TOKEN, VALUE } from "./characters.ts";
import { Fault } from "./fault.ts";
import type { ParameterValues } from "./parameters.ts";

/**
 * How a place that does not fit the grammar travels inside messages/: thrown by what reads, caught
 * by what was asked to parse, and told from there as a `Fault`. It is no Error, since a stack trace
 * for every bad message would be a gift to whoever sends them.
 */
export class Unexpected {
  /** The place, in characters of the text that was read. */
  readonly offset: number;
  /** What the grammar asks for there. */
  readonly expected: string;
  /** The response code that it calls for. */
  readonly status: number;

  /** Notes the place. */
  constructor(offset: number, expected: string, status = 400) {
    this.offset = offset;
    this.expected = expected;
    this.status = status;
  }
}

/** A short, printable piece of the text at a place, for a fault's `found`. */
export function excerpt(text: string, position: number): string {
  return position >= text.length ? "the end" : JSON.stringify(text.slice(position, position + 20));
}

/** The fault of a text that was parsed by itself; what is no `Unexpected` is thrown on. */
export function faultOf(error: unknown, text: string): Fault {
  if (!(error instanceof Unexpected)) throw error;
  const { offset, expected, status } = error;
  return new Fault({ offset, expected, found: excerpt(text, offset), status });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The first position at or after `pos` that is not linear white space. */
export function skipLws(codes: Uint8Array, pos: number, end: number): number {
  while (pos < end && isLws(codes[pos] ?? 0)) pos++;
  return pos;
}

/** The position behind the quoted string that opens at `pos`. */
export function skipQuoted(codes: Uint8Array, pos: number, end: number): number {
  for (let i = pos + 1; i < end; i++) {
    const code = codes[i];
    if (code === QUOTE) return i + 1;
    if (code === BACKSLASH) i++;
  }
  throw new Unexpected(end, `a closing '"'`);
}

/** The position behind the comment that opens at `pos`; comments nest. */
export function skipComment(codes: Uint8Array, pos: number, end: number): number {
  let depth = 0;
  for (let i = pos; i < end; i++) {
    const code = codes[i];
    if (code === BACKSLASH) i++;
    else if (code === 0x28) depth++;
    else if (code === 0x29 && --depth === 0) return i + 1;
  }
  throw new Unexpected(end, "a closing ')'");
}

/** A piece of a text without the white space around it; other blanks are characters like any. */
export function trimmed(text: string, start: number, end: number): string {
  while (start < end && isLws(text.charCodeAt(start))) start++;
  while (end > start && isLws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** A folded text as one line: a fold, with the white space on both sides, is one space (§7.3.1). */
export function unfold(text: string): string {
  if (!text.includes("\r\n")) return text;
  const lines = text.split("\r\n");
  return lines.map((line, i) => {
    let start = 0;
    let end = line.length;
    while (i > 0 && start < end && isLws(line.charCodeAt(start))) start++;
    while (i < lines.length - 1 && end > start && isLws(line.charCodeAt(end - 1))) end--;
    return line.slice(start, end);
  }).join(" ");
}

/** What a quoted string says: the text between the quotes, each escaped character itself. */
export function unquote(quoted: string): string {
  const inner = unfold(quoted.slice(1, -1));
  if (!inner.includes("\\")) return inner;
  let plain = "";
  for (let i = 0; i < inner.length; i++) {
    if (inner.charCodeAt(i) === BACKSLASH) i++;
    plain += inner.charAt(i);
  }
  return plain;
}

/** A text as a quoted string; control characters are legal there when escaped. */
export function quote(text: string): string {
  // deno-lint-ignore no-control-regex
  return `"${text.replace(/["\\\0-\x08\x0b-\x1f\x7f]/g, "\\$&")}"`;
}

/** Reads a text that is one value and nothing more, or says what is wrong with it. */
export function readAlone<T>(text: string, read: (scanner: Scanner) => T): T | Fault {
  try {
    const scanner = new Scanner(text);
    const value = read(scanner);
    scanner.finish();
    return value;
  } catch (error) {
    return faultOf(error, text);
  }
}

/** Reads one header value, or one part of it, from `pos` to `end`. */
export class Scanner {
  /** What is read. */
  declare readonly text: string;
  /** Its character codes, as {@linkcode codesOf} makes them. */
  declare readonly codes: Uint8Array;
  /** Where reading goes on. */
  declare pos: number;
  /** Where the value ends. */
  declare end: number;
  declare private nameStart: number;
  declare private nameEnd: number;
  declare private valueStart: number;
  declare private valueEnd: number;

  /** Starts before `pos`. */
  constructor(text: string, codes: Uint8Array = codesOf(text), pos = 0, end = text.length) {
    this.text = text;
    this.codes = codes;
    this.pos = pos;
    this.end = end;
    this.nameStart = this.nameEnd = this.valueEnd = 0;
    this.valueStart = -1;
  }

  /** The next character's code, or -1 at the end. */
  peek(): number {
    return this.pos < this.end ? this.codes[this.pos] ?? 0 : -1;
  }

  /** Throws what was expected at this place. */
  fail(expected: string): never {
    throw new Unexpected(this.pos, expected);
  }

  /** Passes over white space. */
  skipLws(): void {
    this.pos = skipLws(this.codes, this.pos, this.end);
  }

  /** Passes over one character with the white space around it, if it is there. */
  take(character: string): boolean {
    const code = character.charCodeAt(0);
    const { codes, end } = this;
    const pos = codes[this.pos] === code ? this.pos : skipLws(codes, this.pos, end);
    if (pos >= end || codes[pos] !== code) {
      this.pos = pos;
      return false;
    }
    this.pos = skipLws(codes, pos + 1, end);
    return true;
  }

  /** As `take`, for a character that has to be there. */
  expect(character: string): void {
    if (!this.take(character)) this.fail(`'${character}'`);
  }

  /** Requires that nothing but white space is left. */
  finish(): void {
    this.skipLws();
    if (this.pos < this.end) this.fail("the end of the value");
  }

  /** The characters of a class; `what` names them if there are none. */
  run(characterClass: CharacterClass, what: string): string {
    const start = this.pos;
    this.pos = skip(characterClass, this.codes, start, this.end);
    if (this.pos === start) this.fail(what);
    return this.text.slice(start, this.pos);
  }

  /** A `token`. */
  token(what = "a token"): string {
    return this.run(TOKEN, what);
  }

  /** A decimal number of at most `max`. */
  number(max: number, what = "a number"): number {
    const start = this.pos;
    let value = 0;
    this.pos = skip(DIGIT, this.codes, start, this.end);
    if (this.pos === start) this.fail(what);
    for (let i = start; i < this.pos; i++) value = value * 10 + (this.codes[i] ?? 0) - 0x30;
    if (value > max) throw new Unexpected(start, `${what} of at most ${max}`);
    return value;
  }

  /** A quoted string, as it was meant. */
  quotedString(): string {
    if (this.peek() !== QUOTE) this.fail("a quoted string");
    const start = this.pos;
    this.pos = skipQuoted(this.codes, start, this.end);
    return unquote(this.text.slice(start, this.pos));
  }

  /** Passes over one `SEMI generic-param`, if it is there, and keeps in mind where it stands. */
  parameter(): boolean {
    if (!this.take(";")) return false;
    const { codes, end } = this;
    this.nameStart = this.pos;
    this.nameEnd = this.pos = skip(TOKEN, codes, this.pos, end);
    if (this.nameEnd === this.nameStart) this.fail("a parameter's name");
    this.valueStart = -1;
    if (!this.take("=")) return true;
    const start = this.pos;
    this.valueStart = start;
    this.valueEnd = this.pos = codes[start] === QUOTE && start < end
      ? skipQuoted(codes, start, end)
      : skip(VALUE, codes, start, end);
    if (this.pos === start) this.fail("a parameter's value");
    return true;
  }

  /** Whether the parameter that was passed over last has this name, which is in lower case. */
  isNamed(name: string): boolean {
    if (this.nameEnd - this.nameStart !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      if (((this.codes[this.nameStart + i] ?? 0) | 0x20) !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Its value, as it was meant where it is quoted; `null` when it has none. */
  parameterValue(): string | null {
    if (this.valueStart < 0) return null;
    const value = this.text.slice(this.valueStart, this.valueEnd);
    return value.charCodeAt(0) === QUOTE ? unquote(value) : value;
  }

  /** Its value, which has to be a token. */
  parameterToken(): string {
    if (this.valueStart < 0) this.fail("'=' and a token");
    const isQuoted = this.codes[this.valueStart] === QUOTE;
    if (isQuoted) throw new Unexpected(this.valueStart, "a parameter's value");
    return this.text.slice(this.valueStart, this.valueEnd);
  }

  /** `*( SEMI generic-param )`: names in lower case; of two with one name the first counts. */
  parameters(): ParameterValues {
    const values: ParameterValues = Object.create(null);
    while (this.parameter()) {
      const name = this.text.slice(this.nameStart, this.nameEnd).toLowerCase();
      if (!(name in values)) values[name] = this.parameterValue();
    }
    return values;
  }

  /** A comma-separated list of at least one element, each read by `read`. */
  list<T>(read: (scanner: Scanner) => T): T[] {
    const elements: T[] = [];
    do elements.push(read(this)); while (this.take(","));
    return elements;
  }
}
