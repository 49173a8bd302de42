/**
 * Text that is kept for long.
 *
 * @module
 */

/**
 * The same text, in memory of its own. V8 keeps a part of a text (of 13 characters and more) as a
 * reference to the whole: a tag that a dialog remembers would hold the head of its message.
 */
export function ownText(text: string): string {
  // A part again, but of a text that is no longer than itself.
  return text.length < 13 ? text : ` ${text}`.slice(1);
}
