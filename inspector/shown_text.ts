/**
 * Text from the network, made fit to be shown: no control character of it reaches a terminal or a
 * page.
 *
 * @module
 */

/** Control characters, and those that turn the direction of a line. */
// deno-lint-ignore no-control-regex
const UNFIT = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

/** The text with a dot for each character that is not to be shown; surrogates that are alone go, too. */
export function shownText(text: string): string {
  return text.toWellFormed().replace(UNFIT, "·");
}

/** East Asian scripts and emoji, which take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /[\p{Mn}\p{Me}\u200b-\u200d]/u;

/** How many columns of a terminal a character takes. */
export function columnsOf(character: string): number {
  return COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + columnsOf(character), 0);
}

/** The text, cut to so many columns; `…` stands for what is missing. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  let result = "";
  let used = 1;
  for (const character of text) {
    used += columnsOf(character);
    if (used > width) break;
    result += character;
  }
  return `${result}…`;
}
