/**
 * The character classes of RFC 3261 §25.1: for each a table of octets, 1 where one is in the class.
 *
 * Tables and not functions, since a loop that is given a function calls it for every character of
 * every message.
 *
 * @module
 */

/** A class of characters; none beyond ASCII is in any. */
export type CharacterClass = Uint8Array;

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function classOf(characters: string): CharacterClass {
  const table = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1;
  return table;
}

const TOKEN_MARKS = "-.!%*_+`'~";
const WORD_MARKS = `${TOKEN_MARKS}()<>:\\"/[]?{}`;
const PARAMETER_MARKS = "-_.!~*'()&=+$,;/:@[]#|";

/** `token`. */
export const TOKEN: CharacterClass = classOf(ALPHANUMERIC + TOKEN_MARKS);
/** `word`, of which a Call-ID is made. */
export const WORD: CharacterClass = classOf(ALPHANUMERIC + WORD_MARKS);
/** A Call-ID: one word, or two with `@` between them. */
export const CALL_ID: CharacterClass = classOf(`${ALPHANUMERIC}${WORD_MARKS}@`);
/**
 * `user`, `password` and the `:` between them, without `%`; and `#`, which dial strings carry
 * unescaped although it is not in the RFC.
 */
export const USER: CharacterClass = classOf(`${ALPHANUMERIC}-_.!~*'()&=+$,;?/:#`);
/** What a user that a program names may have as it stands: those of RFC 3261's `user`, without `:`. */
export const UNESCAPED_USER: CharacterClass = classOf(`${ALPHANUMERIC}-_.!~*'()&=+$,;?/`);
/** A host name or an IPv4 address. An underscore is in none of the RFC, and in many of the field. */
export const HOST: CharacterClass = classOf(`${ALPHANUMERIC}-._`);
/** What may stand in a URI, without `%`. */
export const URI: CharacterClass = classOf(`${ALPHANUMERIC}${PARAMETER_MARKS}?`);
/** What may stand in a URI before its `?`, without `%`. */
export const PARAMETER: CharacterClass = classOf(ALPHANUMERIC + PARAMETER_MARKS);
/** A URI's scheme. */
export const SCHEME: CharacterClass = classOf(`${ALPHANUMERIC}+-.`);
/**
 * A parameter's unquoted value. `gen-value` is a token, a host (with IPv6 references) or a quoted
 * string; RFC 5118 §4.5 has addresses without brackets too.
 */
export const VALUE: CharacterClass = classOf(`${ALPHANUMERIC}${TOKEN_MARKS}[]:`);
/** `DIGIT`. */
export const DIGIT: CharacterClass = classOf("0123456789");
/** The digits and colons of a time of day. */
export const TIME: CharacterClass = classOf("0123456789:");

/** Whether a character code is in a class. */
export function isIn(characterClass: CharacterClass, code: number): boolean {
  return characterClass[code] === 1;
}

/** The first position at or after `pos` whose character is not in a class, or `end`. */
export function skip(
  characterClass: CharacterClass,
  codes: Uint8Array,
  pos: number,
  end: number,
): number {
  while (pos < end && characterClass[codes[pos] ?? 0] === 1) pos++;
  return pos;
}

/** Whether a character code is a letter. */
export function isAlpha(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Whether a character code is a decimal digit. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether a character code is a hexadecimal digit. */
export function isHex(code: number): boolean {
  return isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

/**
 * Whether a character code is linear white space. CR and LF count: where a value holds them they
 * are a fold (RFC 3261 §7.3.1), since the parser refuses them anywhere else.
 */
export function isLws(code: number): boolean {
  return code <= 0x20 && (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a);
}

/** Whether all of a non-empty text is made of characters of a class. */
export function every(characterClass: CharacterClass, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (characterClass[text.charCodeAt(i)] !== 1) return false;
  }
  return text !== "";
}

/**
 * The character codes of a text, position by position. No grammar here tells one character beyond
 * ASCII from another, so that all of them are 0x80: octets are read in half the time of characters.
 */
export function codesOf(text: string): Uint8Array {
  const codes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) codes[i] = Math.min(text.charCodeAt(i), 0x80);
  return codes;
}
