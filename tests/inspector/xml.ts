/**
 * A strict reader of the XML that the engine writes: elements, attributes and text.
 *
 * @module
 */
import { assert } from "@std/assert";

/** An element. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

const TOKEN = /<\?xml [^>]*\?>|<\/([\w:]+)>|<([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** The outermost element. Fails where the text is not well-formed. */
export function parseXml(xml: string): Element {
  const document: Element = { name: "", attributes: new Map(), children: [], text: "" };
  const open = [document];
  let end = 0;
  for (const match of xml.matchAll(TOKEN)) {
    const [token, closing, name, attributes = "", isEmpty, text] = match;
    assert(match.index === end, "not XML");
    end += token.length;
    const parent = open.at(-1);
    assert(parent !== undefined, "an end without a start");
    if (closing !== undefined) assert(open.pop()?.name === closing, `not open: ${closing}`);
    if (text !== undefined) parent.text += decoded(text);
    if (name === undefined) continue;
    const element = { name, attributes: attributesOf(attributes), children: [], text: "" };
    parent.children.push(element);
    if (isEmpty === "") open.push(element);
  }
  assert(end === xml.length, `not XML at ${end}: ${xml.slice(end, end + 80)}`);
  assert(open.length === 1, `never closed: ${open.at(-1)?.name}`);
  const [root] = document.children;
  assert(root !== undefined && document.children.length === 1, "expected one root");
  return root;
}

/** An element and all within it. */
export function elementsOf(element: Element): Element[] {
  return [element, ...element.children.flatMap(elementsOf)];
}

function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    assert(!found.has(name), `twice: ${name}`);
    found.set(name, decoded(value));
  }
  return found;
}

function decoded(text: string): string {
  assert(!/&(?!(?:lt|gt|amp|quot|#\d+);)/.test(text), `a bare &: ${text}`);
  return text.replaceAll(
    /&(?:#(\d+)|(\w+));/g,
    (_, code?: string, name?: string) =>
      code === undefined ? ENTITIES[name ?? ""] ?? "" : String.fromCodePoint(Number(code)),
  );
}
