/**
 * A ladder as text, for a terminal.
 *
 * @module
 */
import { InvalidArgumentError } from "../../messages/errors.ts";
import type { Arrow, ArrowKind, Ladder, Remark } from "../ladder.ts";
import { fit, shownText, widthOf } from "../shown_text.ts";
import { Canvas, Color } from "./terminal_canvas.ts";

/** How a ladder is written. */
export interface LadderTextOptions {
  /** The width of the terminal, 80 by default. It is kept to where 6 columns each do for all. */
  columns?: number;
  /** Whether to use colours; false by default. */
  color?: boolean;
  /** Whether the names stand above; true by default. */
  head?: boolean;
  /**
   * Columns beside the outermost lines; by default as many as are needed, up to 30. Who writes a
   * ladder while it grows says so, so that what comes later stands below what is there.
   */
  beside?: number;
  /** From which row on, 0 by default: what was written before need not be again. */
  from?: number;
}

/** Room for the time, and a space. */
const TIME = 8;
/** The most that stands beside the outermost lines. */
const MOST_BESIDE = 30;
/** The least between two lines; and what is left to them before room is given to what is beside. */
const LEAST_GAP = 6;
const FAIR_GAP = 20;

const COLORS: Record<ArrowKind, Color> = {
  request: Color.cyan,
  provisional: Color.yellow,
  success: Color.green,
  failure: Color.red,
  other: Color.magenta,
};

/**
 * Writes a ladder. Beside each message stands, on both sides, the state of every machine that it
 * moved, or that moved to send it. `×` is a message that was lost, `↻` one that was sent again.
 *
 * @throws `InvalidArgumentError` for a width that is none.
 */
export function ladderText(ladder: Ladder, options: LadderTextOptions = {}): string {
  const { columns = 80, color = false, head = true, beside, from = 0 } = options;
  if (!Number.isSafeInteger(columns) || columns < 1) {
    throw new InvalidArgumentError("columns", "a whole number from 1", `${columns}`);
  }
  if (ladder.participants.length === 0) return "";
  const writer = new Writer(ladder, columns, color, beside);
  if (head) writer.head();
  for (const row of ladder.rows.slice(from)) writer.row(row);
  return writer.lines.map((line) => `${line}\n`).join("");
}

class Writer {
  readonly lines: string[] = [];
  readonly #ladder: Ladder;
  readonly #color: boolean;
  /** Where the lines of the participants stand. */
  readonly #lifelines: number[];
  readonly #width: number;

  constructor(ladder: Ladder, columns: number, color: boolean, beside: number | undefined) {
    this.#ladder = ladder;
    this.#color = color;
    const last = ladder.participants.length - 1;
    const gaps = Math.max(last, 1);
    const besides = [0, last].map((at) => beside ?? this.#beside(at));
    const [left = 0, right = 0] = share(besides, columns - TIME - FAIR_GAP * gaps - 4);
    const gap = Math.max(Math.floor((columns - TIME - left - right - 5) / gaps), LEAST_GAP);
    const start = TIME + left + 1;
    this.#lifelines = ladder.participants.map((_, i) => start + i * Math.min(gap, 60));
    this.#width = Math.max(columns, (this.#lifelines.at(-1) ?? 0) + 1);
  }

  /** What stands beside the line of an outermost participant takes so much at most. */
  #beside(at: number): number {
    const { participants, rows } = this.#ladder;
    const texts = rows.flatMap((row) => {
      if (row.type === "remark") return [];
      return [...(row.from === at ? row.sender : []), ...(row.to === at ? row.receiver : [])];
    });
    const all = [...texts, this.#nameOf(participants[at])];
    return Math.min(Math.max(...all.map(widthOf)) + 1, MOST_BESIDE);
  }

  #nameOf(participant: { name: string; address: string } | undefined): string {
    const { name = "", address = "" } = participant ?? {};
    return shownText(name === address ? name : `${name} ${address}`);
  }

  head(): void {
    const line = this.#line("ms");
    this.#ladder.participants.forEach((participant, i) => {
      this.#besideLine(line, i, this.#nameOf(participant));
    });
    this.#push(line);
    this.#push(this.#line(""));
  }

  row(row: Arrow | Remark): void {
    if (row.type === "remark") return this.#remark(row);
    const { from, to, sender, receiver } = row;
    const below = this.#notesInside(row);
    const count = Math.max(1, this.#outside(from, sender), this.#outside(to, receiver));
    for (let i = 0; i < Math.max(count, below.length + 1); i++) {
      const line = this.#line(i === 0 ? row.time.toFixed(0) : "");
      if (i === 0) this.#draw(line, row);
      if (!this.#isInside(from)) this.#note(line, from, sender[i]);
      if (!this.#isInside(to) && to !== from) this.#note(line, to, receiver[i]);
      const inside = below[i - 1];
      if (inside !== undefined) this.#note(line, inside.at, inside.text);
      this.#push(line);
    }
  }

  /** Beside a line that has others on both sides there is room below the arrow only. */
  #notesInside({ from, to, sender, receiver }: Arrow): { at: number; text: string }[] {
    return [
      ...(this.#isInside(from) ? sender.map((text) => ({ at: from, text })) : []),
      ...(this.#isInside(to) ? receiver.map((text) => ({ at: to, text })) : []),
    ];
  }

  #isInside(at: number): boolean {
    return at > 0 && at < this.#ladder.participants.length - 1;
  }

  #outside(at: number, notes: readonly string[]): number {
    return this.#isInside(at) ? 0 : notes.length;
  }

  #draw(line: Canvas, arrow: Arrow): void {
    const { from, to, kind, isRepeated, isLost } = arrow;
    const label = shownText(arrow.label) + (isRepeated ? " ↻" : "");
    const [a = 0, b = 0] = [this.#lifelines[from], this.#lifelines[to]];
    if (from === to) return line.write(a + 1, `⟲ ${fit(label, this.#roomBeside(to) - 2)}`);
    const [left, right] = [Math.min(a, b) + 1, Math.max(a, b)];
    const shaft = right - left - 1;
    const shown = fit(label, shaft - 4);
    const before = Math.max(Math.floor((shaft - widthOf(shown) - 2) / 2), 0);
    const after = Math.max(shaft - widthOf(shown) - 2 - before, 0);
    const text = `${"─".repeat(before)} ${shown} ${"─".repeat(after)}`;
    const tip = isLost ? "×" : a < b ? "▶" : "◀";
    line.write(left, a < b ? text + tip : tip + text, COLORS[kind]);
  }

  #remark({ at, time, kind, text }: Remark): void {
    const line = this.#line(time.toFixed(0));
    const isLeft = at === 0 && this.#ladder.participants.length > 1;
    const x = this.#lifelines[at] ?? 0;
    const color = kind === "error" ? Color.red : Color.dim;
    const shown = fit(`· ${shownText(text)}`, isLeft ? this.#width - x - 3 : this.#roomBeside(at));
    line.write(x + 2, shown, color);
    this.#push(line);
  }

  /** The name of a machine recedes behind its state. */
  #note(line: Canvas, at: number, note: string | undefined): void {
    if (note === undefined) return;
    this.#besideLine(line, at, shownText(note), note.indexOf(" "));
  }

  /** Left of the first line, and right of all others. */
  #besideLine(line: Canvas, at: number, text: string, dimmed = 0): void {
    const x = this.#lifelines[at] ?? 0;
    const isLeft = at === 0 && this.#ladder.participants.length > 1;
    const shown = fit(text, isLeft ? x - TIME : this.#roomBeside(at));
    const start = isLeft ? x - 1 - widthOf(shown) : x + 2;
    line.write(start, shown.slice(0, dimmed), Color.dim);
    line.write(start + Math.max(dimmed, 0), shown.slice(Math.max(dimmed, 0)));
  }

  #roomBeside(at: number): number {
    const x = this.#lifelines[at] ?? 0;
    return (this.#lifelines[at + 1] ?? this.#width) - x - 2;
  }

  #line(time: string): Canvas {
    const line = new Canvas();
    line.write(0, time.padStart(TIME - 2), Color.dim);
    for (const x of this.#lifelines) line.write(x, "│", Color.dim);
    return line;
  }

  #push(line: Canvas): void {
    this.lines.push(line.toText(this.#color));
  }
}

/** Shares what room there is: each gets what it wants, or its part of it. */
function share(wanted: number[], room: number): number[] {
  const sum = wanted.reduce((a, b) => a + b, 0);
  if (sum <= room) return wanted;
  return wanted.map((each) => Math.max(Math.floor(each * Math.max(room, 0) / sum), 0));
}
