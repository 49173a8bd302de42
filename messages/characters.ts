/**
 * The character classes of RFC 3261 §25.1, as one table: a bit a class.
 *
 * @module
 */

const TOKEN = 1;
const WORD = 2;
const USER = 4;
const HOST = 8;
const URI = 16;
const SCHEME = 32;
const VALUE = 64;

const classes = new Uint8Array(128);

function include(bits: number, characters: string): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    classes[code] = (classes[code] ?? 0) | bits;
  }
}

include(
  TOKEN | WORD | USER | HOST | URI | SCHEME | VALUE,
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
);
include(TOKEN | WORD | VALUE, "-.!%*_+`'~");
include(WORD, '()<>:\\"/[]?{}');
include(SCHEME, "+-.");
// An underscore is in no host name of the RFC, and in many of the field.
include(HOST, "-._");
// `user` and `password`, and `#`, which dial strings carry unescaped although it is not in the RFC.
include(USER, "-_.!~*'()%&=+$,;?/:#");
include(URI, "-_.!~*'()%&=+$,;?/:@[]#|");
// `gen-value` is a token, a host (with IPv6 references) or a quoted string; RFC 5118 §4.5 has
// addresses without brackets too.
include(VALUE, "[]:");

/** Whether a character code may stand in a `token`. */
export function isToken(code: number): boolean {
  return ((classes[code] ?? 0) & TOKEN) !== 0;
}

/** Whether a character code may stand in a `word`, of which a Call-ID is made. */
export function isWord(code: number): boolean {
  return ((classes[code] ?? 0) & WORD) !== 0;
}

/** Whether a character code may stand in `userinfo`. */
export function isUser(code: number): boolean {
  return ((classes[code] ?? 0) & USER) !== 0;
}

/** Whether a character code may stand in a host name or an IPv4 address. */
export function isHost(code: number): boolean {
  return ((classes[code] ?? 0) & HOST) !== 0;
}

/** Whether a character code may stand anywhere in a URI. */
export function isUri(code: number): boolean {
  return ((classes[code] ?? 0) & URI) !== 0;
}

/** Whether a character code may stand in a URI's scheme. */
export function isScheme(code: number): boolean {
  return ((classes[code] ?? 0) & SCHEME) !== 0;
}

/** Whether a character code may stand in a parameter's unquoted value. */
export function isValue(code: number): boolean {
  return ((classes[code] ?? 0) & VALUE) !== 0;
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
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

/** Whether all of a non-empty text is made of characters for which `test` holds. */
export function every(text: string, test: (code: number) => boolean): boolean {
  for (let i = 0; i < text.length; i++) if (!test(text.charCodeAt(i))) return false;
  return text.length > 0;
}
