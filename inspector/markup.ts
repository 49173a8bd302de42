/**
 * Text in XML and in what Graphviz takes for it.
 *
 * @module
 */

/** A text as it may stand in an element or in an attribute. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
