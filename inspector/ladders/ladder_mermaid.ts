/**
 * A ladder as the source of a Mermaid `sequenceDiagram`, which many pages and wikis draw.
 *
 * @module
 */
import type { Arrow, Ladder, Remark } from "../ladder.ts";
import { shownText } from "../shown_text.ts";

/**
 * Writes a ladder for Mermaid. What machines have come to stands in notes; a message that was lost
 * ends in a cross.
 */
export function ladderMermaid(ladder: Ladder): string {
  const lines = ["sequenceDiagram"];
  ladder.participants.forEach(({ name, address, isCore }, i) => {
    const label = name === address ? name : `${name} ${address}`;
    lines.push(`  ${isCore ? "participant" : "actor"} p${i} as ${words(label)}`);
  });
  for (const row of ladder.rows) {
    lines.push(...(row.type === "arrow" ? arrowLines(row) : [remarkLine(row)]));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function arrowLines(arrow: Arrow): string[] {
  const { from, to, kind, isRepeated, isLost, sender, receiver } = arrow;
  const line = kind === "request" || kind === "other" ? "-" : "--";
  const label = `${arrow.label}${isRepeated ? " (again)" : ""}`;
  return [
    `  p${from}${line}${isLost ? "x" : ">>"}p${to}: ${words(label)}`,
    ...noteLines(from, sender),
    ...(from === to ? [] : noteLines(to, receiver)),
  ];
}

function noteLines(at: number, notes: readonly string[]): string[] {
  return notes.length === 0 ? [] : [`  Note over p${at}: ${notes.map(words).join("<br/>")}`];
}

function remarkLine({ at, text }: Remark): string {
  return `  Note over p${at}: ${words(text)}`;
}

/** What would end a line, or begin a tag or an entity, goes as an entity of Mermaid's. */
function words(text: string): string {
  const shown = shownText(text).replace(
    /[#;<>&"`%:]/g,
    (character) => `#${character.charCodeAt(0)};`,
  );
  return shown.trim() === "" ? "#160;" : shown;
}
