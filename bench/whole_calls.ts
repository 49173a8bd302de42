/**
 * Whether all that was measured were whole calls.
 *
 * @module
 */

/** Throws unless all that has happened was whole calls: as many of each message. */
export function checkWhole(
  counts: { readonly [message: string]: number },
  messages: string[],
): void {
  const [first = ""] = messages;
  const areEqual = messages.every((message) => counts[message] === counts[first]);
  if (!areEqual || Object.keys(counts).length !== messages.length) {
    throw new Error(`expected as many of ${messages}, found ${JSON.stringify(counts)}`);
  }
}
