/**
 * The style sheet of a diagram: the colours that it has on a dark page.
 *
 * @module
 */
import { COLORS } from "./graphviz_attributes.ts";

/** What each colour of a light page is on a dark one. */
const DARK: Readonly<Record<keyof typeof COLORS, string>> = {
  page: "#0d1117",
  outer: "#151b23",
  inner: "#1f2630",
  state: "#0d1117",
  frame: "#4a525b",
  border: "#9198a1",
  line: "#b7bdc8",
  text: "#f0f6fc",
  note: "#a9b1ba",
  does: "#79c0ff",
};

/** The style sheet of an SVG that is drawn in {@linkcode COLORS}. */
export function styleSheet(): string {
  const rules = Object.entries(COLORS).map(([name, light]) => {
    const dark = DARK[name as keyof typeof COLORS];
    return `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`;
  });
  return [
    "text{font-family:Verdana,'DejaVu Sans',Arial,sans-serif}",
    `@media (prefers-color-scheme:dark){${rules.join("")}}`,
  ].join("\n");
}
