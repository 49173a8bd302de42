/**
 * One line of a terminal, written cell by cell.
 *
 * @module
 */
import { columnsOf } from "../shown_text.ts";

/** The colours of ECMA-48 that are used. */
export const Color = {
  plain: 0,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  magenta: 35,
  cyan: 36,
} as const;

/** One of them. */
export type Color = typeof Color[keyof typeof Color];

interface Cell {
  text: string;
  readonly color: Color;
}

/** See the module. */
export class Canvas {
  readonly #cells: (Cell | undefined)[] = [];

  /** Writes over what is there. */
  write(x: number, text: string, color: Color = Color.plain): void {
    let at = Math.max(x, 0);
    for (const character of text) {
      const columns = columnsOf(character);
      const before = this.#cells[at - 1];
      if (columns === 0 && before !== undefined) before.text += character;
      if (columns > 0) this.#cells[at] = { text: character, color };
      // The second column of a wide character is written with the first.
      if (columns === 2) this.#cells[at + 1] = { text: "", color };
      at += columns;
    }
  }

  /** The line, without white space at its end. */
  toText(withColor: boolean): string {
    let end = this.#cells.length;
    while (end > 0 && (this.#cells[end - 1]?.text ?? " ") === " ") end--;
    let line = "";
    let current: Color = Color.plain;
    for (let x = 0; x < end; x++) {
      const cell: Cell = this.#cells[x] ?? { text: " ", color: current };
      const { text, color } = cell;
      // A space looks the same in every colour.
      if (withColor && color !== current && text !== " ") {
        line += current === Color.plain ? "" : "\x1b[0m";
        line += color === Color.plain ? "" : `\x1b[${color}m`;
        current = color;
      }
      line += text;
    }
    return current === Color.plain ? line : `${line}\x1b[0m`;
  }
}
