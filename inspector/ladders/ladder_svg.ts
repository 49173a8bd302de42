/**
 * A ladder as a picture (SVG 1.1).
 *
 * @module
 */
import type { Arrow, Ladder, Remark } from "../ladder.ts";
import { fit, shownText } from "../shown_text.ts";

/** Distances, in pixels. */
const TIME = 64;
const SIDE = 210;
const GAP = 300;
const HEAD = 64;
const ROW = 40;
const NOTE = 16;
/** What a character takes, about: of names and labels, and of the smaller notes. */
const LABEL_CHARACTER = 7.6;
const NOTE_CHARACTER = 6.8;

/** Its own background makes it readable on every page; a dark one where the reader wants it dark. */
const STYLE = `
.page{fill:#ffffff}text{fill:#1f2430;font:13px ui-monospace,"DejaVu Sans Mono",Menlo,monospace}
.name{font-weight:bold}.small,.note{font-size:11px;fill:#596273}.line{stroke:#9aa3b2}
.shaft{stroke-width:1.6;fill:none}.lost{stroke-dasharray:5 4}.again{stroke-opacity:.55}
.request{stroke:#0a66a8}.request.t,.request.h{fill:#0a66a8;stroke:none}
.provisional{stroke:#946000}.provisional.t,.provisional.h{fill:#946000;stroke:none}
.success{stroke:#1a7a36}.success.t,.success.h{fill:#1a7a36;stroke:none}
.failure{stroke:#bd2130}.failure.t,.failure.h,.error{fill:#bd2130;stroke:none}
.other{stroke:#8438a5}.other.t,.other.h{fill:#8438a5;stroke:none}
@media (prefers-color-scheme:dark){.page{fill:#15181e}text{fill:#e4e8ef}
.small,.note{fill:#9aa5b8}.line{stroke:#566074}
.request{stroke:#63b8f5}.request.t,.request.h{fill:#63b8f5}
.provisional{stroke:#e2b145}.provisional.t,.provisional.h{fill:#e2b145}
.success{stroke:#62cf80}.success.t,.success.h{fill:#62cf80}
.failure{stroke:#ff8189}.failure.t,.failure.h,.error{fill:#ff8189}
.other{stroke:#cf93ea}.other.t,.other.h{fill:#cf93ea}}
`;

/**
 * Draws a ladder. The picture has its own colours, light or dark as its reader prefers, and loads
 * nothing.
 */
export function ladderSvg(ladder: Ladder): string {
  const { participants, rows } = ladder;
  const drawing = new Drawing(ladder);
  const body = rows.map((row) => row.type === "arrow" ? drawing.arrow(row) : drawing.remark(row));
  const { width } = drawing;
  const height = drawing.y + ROW / 2;
  const lines = participants.map((_, i) =>
    `<line class="line" x1="${drawing.x(i)}" x2="${drawing.x(i)}" y1="${HEAD - 8}" y2="${
      height - 8
    }"/>`
  );
  const names = participants.map(({ name, address }, i) =>
    text(drawing.x(i), HEAD - 30, "name", "middle", fit(name, 34)) +
    (name === address ? "" : text(drawing.x(i), HEAD - 14, "small", "middle", fit(address, 42)))
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img"><title>${
      escaped(`Ladder of a call: ${participants.map(({ name }) => name).join(", ")}`)
    }</title><style>${STYLE}</style>` +
    `<rect class="page" width="${width}" height="${height}" rx="6"/>\n` +
    `${[...lines, ...names, ...body].join("\n")}\n</svg>\n`;
}

class Drawing {
  readonly width: number;
  /** How far down it has come. */
  y = HEAD + 6;
  readonly #last: number;

  constructor({ participants }: Ladder) {
    this.#last = Math.max(participants.length - 1, 0);
    this.width = TIME + 2 * SIDE + this.#last * GAP;
  }

  x(at: number): number {
    return TIME + SIDE + at * GAP;
  }

  arrow(arrow: Arrow): string {
    const { from, to, kind, time, size, isRepeated, isLost, sender, receiver } = arrow;
    this.y += ROW / 2;
    const y = this.y;
    const [a, b] = [this.x(from), this.x(to)];
    const label = `${shownText(arrow.label)}${isRepeated ? " ↻" : ""}${isLost ? " (lost)" : ""}`;
    const parts = [
      `<title>${escaped(`${arrow.label}, ${size} octets, after ${time.toFixed(1)} ms`)}</title>`,
      text(8, y + 4, "small", "start", `${time.toFixed(0)} ms`),
      shaft(a, b, y, `${kind}${isRepeated ? " again" : ""}${isLost ? " lost" : ""}`),
      from === to
        ? text(a + 40, y + 4, `t ${kind}`, "start", fit(label, 18))
        : text((a + b) / 2, y - 6, `t ${kind}`, "middle", this.#fitBetween(label, a, b)),
      isLost ? cross(b, y, kind) : head(a, b, y, kind),
    ];
    const notes = [this.#notes(from, y, sender), from === to ? 0 : this.#notes(to, y, receiver)]
      .flatMap((each) => typeof each === "number" ? [] : [each]);
    const most = Math.max(sender.length, receiver.length, 1);
    this.y += ROW / 2 + (most - 1) * NOTE + (this.#areInside(arrow) ? NOTE : 0);
    return `<g>${[...parts, ...notes.map(({ svg }) => svg)].join("")}</g>`;
  }

  #areInside({ from, to, sender, receiver }: Arrow): boolean {
    return (this.#isInside(from) && sender.length > 0) ||
      (this.#isInside(to) && receiver.length > 0);
  }

  remark({ at, kind, text: words, time }: Remark): string {
    this.y += ROW / 2;
    const room = Math.max(this.width - this.x(at) - 20, 0);
    const svg = text(8, this.y + 4, "small", "start", `${time.toFixed(0)} ms`) +
      `<circle class="${kind === "error" ? "error" : "note"}" cx="${
        this.x(at)
      }" cy="${this.y}" r="3"/>` +
      text(
        this.x(at) + 10,
        this.y + 4,
        kind === "error" ? "error" : "note",
        "start",
        fit(shownText(words), Math.floor(room / NOTE_CHARACTER)),
      );
    this.y += ROW / 4;
    return `<g>${svg}</g>`;
  }

  #isInside(at: number): boolean {
    return at > 0 && at < this.#last;
  }

  /** Beside the outermost lines, and below the arrow beside all others. */
  #notes(at: number, y: number, notes: readonly string[]): { svg: string } {
    const isLeft = at === 0 && this.#last > 0;
    const room = Math.floor((this.#isInside(at) ? GAP : SIDE) / NOTE_CHARACTER) - 3;
    const top = this.#isInside(at) ? y + 4 + NOTE : y + 4;
    const svg = notes.map((note, i) =>
      text(
        this.x(at) + (isLeft ? -10 : 10),
        top + i * NOTE,
        "note",
        isLeft ? "end" : "start",
        fit(shownText(note), room),
      )
    );
    return { svg: svg.join("") };
  }

  #fitBetween(label: string, a: number, b: number): string {
    return fit(label, Math.floor((Math.abs(a - b) - 24) / LABEL_CHARACTER));
  }
}

function shaft(a: number, b: number, y: number, kind: string): string {
  if (a === b) return `<path class="shaft ${kind}" d="M${a} ${y - 6}h28v12h-22"/>`;
  return `<line class="shaft ${kind}" x1="${a}" y1="${y}" x2="${b + (a < b ? -8 : 8)}" y2="${y}"/>`;
}

function head(a: number, b: number, y: number, kind: string): string {
  const back = a < b ? -10 : 10;
  const tip = a === b ? y + 6 : y;
  return `<path class="h ${kind}" d="M${b} ${tip}l${back} -5v10z"/>`;
}

function cross(x: number, y: number, kind: string): string {
  return `<path class="shaft ${kind}" d="M${x - 14} ${y - 5}l10 10m0 -10l-10 10"/>`;
}

function text(x: number, y: number, kind: string, anchor: string, words: string): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** For XML. */
function escaped(words: string): string {
  return shownText(words).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
