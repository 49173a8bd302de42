/**
 * How a machine looks when Graphviz draws it: colours, fonts, and what is written in boxes and beside
 * arrows.
 *
 * @module
 */
import type { StateDescription } from "./description.ts";
import { escaped } from "../markup.ts";

/** On a light page; `style_sheet.ts` has what they are on a dark one. */
export const COLORS = {
  page: "#ffffff",
  outer: "#f6f8fa",
  inner: "#eaeef2",
  state: "#fffffe",
  frame: "#afb8c1",
  border: "#57606a",
  line: "#424a53",
  text: "#1f2328",
  note: "#59636e",
  does: "#0550ae",
} as const;

/** Attributes of Graphviz. */
export type Attributes = Readonly<Record<string, string | number>>;

/**
 * What Graphviz measures with. Of the fonts that a reader is likely to have instead none is wider, so
 * that no text leaves its box.
 */
const FONT = "Verdana";

/** Of the whole picture. */
export const GRAPH: Attributes = {
  rankdir: "TB",
  compound: "true",
  newrank: "true",
  bgcolor: COLORS.page,
  pad: 0.2,
  nodesep: 0.3,
  ranksep: 0.3,
};

/** Of every arrow. */
export const EDGE: Attributes = { color: COLORS.line, arrowsize: 0.7 };

/** What is written in a state: its name, what it is, what happens in it. */
export function labelOf(state: StateDescription, inner: readonly string[][]): string {
  return table([
    written(`<B>${escaped(state.key)}</B>`, 12, COLORS.text),
    ...wrapped(state.description).map((line) => written(escaped(line), 10, COLORS.note)),
    ...rowsOf(inner),
  ]);
}

/** What is written beside an arrow: for each transition what it waits for, and what it does. */
export function linesOf(transitions: readonly string[][]): string {
  return table(rowsOf(transitions));
}

/** Conditions and actions, on one line where that is short. */
function rowsOf(transitions: readonly string[][]): string[] {
  return transitions.flatMap(([condition = "", ...actions]) => {
    const first = written(escaped(condition), 10, COLORS.text);
    const rest = actions.map((action) => written(escaped(`/ ${action}`), 10, COLORS.does));
    const [only = ""] = actions;
    const isShort = actions.length === 1 && condition.length + only.length <= 32;
    return isShort ? [`${first} ${rest.join()}`] : [first, ...rest];
  });
}

/** Lines, one under the other, with room on each side, since not every font is as narrow. */
function table(rows: readonly string[]): string {
  const room = '<TD WIDTH="10"></TD>';
  const lines = rows.map((row) => `<TR>${room}<TD ALIGN="LEFT">${row}</TD>${room}</TR>`).join("");
  return `<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">${lines}</TABLE>>`;
}

function written(markup: string, size: number, color: string): string {
  return `<FONT FACE="${FONT}" POINT-SIZE="${size}" COLOR="${color}">${markup}</FONT>`;
}

/** A text in lines of about 34 characters. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter((each) => each !== "")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length > 34) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** Attributes as Graphviz reads them. */
export function listOf(attributes: Attributes): string {
  return Object.entries(attributes).map(([name, value]) => {
    const text = `${value}`;
    return `${name}=${text.startsWith("<<") ? text : quoted(text)}`;
  }).join(" ");
}

/** A text as Graphviz reads it. */
export function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
