/**
 * The ladder of the chosen call, which grows with it.
 *
 * @module
 */
import { byId, element } from "./dom.js";

/**
 * @typedef {object} Row A message, or a remark.
 * @property {"arrow" | "remark"} type
 * @property {number} time
 * @property {number} from
 * @property {number} to
 * @property {number} at
 * @property {number} n
 * @property {string} callId
 * @property {string} label
 * @property {string} kind
 * @property {string} text
 * @property {boolean} isRepeated
 * @property {boolean} isLost
 * @property {string[]} sender
 * @property {string[]} receiver
 */

/**
 * @typedef {object} Ladder
 * @property {{ name: string, address: string }[]} participants
 * @property {Row[]} rows
 */

export class LadderView {
  /** What each row that is drawn was drawn from. */
  #drawn = /** @type {string[]} */ ([]);
  #rows = byId("rows", HTMLElement);
  #ladder = byId("ladder", HTMLElement);

  /** @param {(n: number) => void} onOpen */
  constructor(onOpen) {
    this.#rows.addEventListener("click", ({ target }) => {
      const arrow = target instanceof Element ? target.closest(".arrow") : null;
      if (!(arrow instanceof HTMLElement)) return;
      for (const each of this.#rows.querySelectorAll("[aria-expanded]")) {
        each.setAttribute("aria-expanded", `${each === arrow}`);
      }
      onOpen(Number(arrow.dataset.n));
    });
  }

  clear() {
    this.#drawn = [];
    this.#rows.replaceChildren();
  }

  /** @param {Ladder} ladder */
  update({ participants, rows }) {
    const { scrollTop, clientHeight, scrollHeight } = this.#ladder;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - 4;
    const names = participants.map(({ name, address }) =>
      element("div", {}, [name, ...(address === name ? [] : [element("small", {}, [address])])])
    );
    byId("participants", HTMLElement).replaceChildren(element("div", { "class": "names" }, names));
    const { length } = participants;
    rows.forEach((row, i) => {
      const key = `${length} ${JSON.stringify(row)}`;
      if (this.#drawn[i] === key) return;
      this.#drawn[i] = key;
      const made = rowOf(row, participants);
      const before = this.#rows.children[i];
      if (before === undefined) this.#rows.append(made);
      else before.replaceWith(made);
    });
    while (this.#rows.children.length > rows.length) this.#rows.lastElementChild?.remove();
    this.#drawn.length = rows.length;
    if (isAtEnd) this.#ladder.scrollTop = this.#ladder.scrollHeight;
  }
}

/**
 * @param {Row} row
 * @param {Ladder["participants"]} participants
 */
function rowOf(row, participants) {
  const { length } = participants;
  const lanes = element("div", { "class": "lanes" });
  for (let i = 0; i < length; i++) {
    const line = element("div", { "class": "life" });
    line.style.left = `${place(i, length)}%`;
    lanes.append(line);
  }
  lanes.append(
    ...(row.type === "arrow" ? arrowOf(row, participants) : [remarkOf(row, participants)]),
  );
  const time = element("span", { "class": "time" }, [`${Math.round(row.time)}`]);
  return element("li", { "class": "row" }, [time, lanes]);
}

/**
 * @param {Row} row
 * @param {Ladder["participants"]} participants
 */
function arrowOf({ from, to, label, kind, n, isRepeated, isLost, sender, receiver }, participants) {
  const { length } = participants;
  const shown = `${label}${isRepeated ? " ↻" : ""}${isLost ? " ×" : ""}`;
  const names = `${participants[from]?.name} to ${participants[to]?.name}`;
  const said = `${label}, ${names}${isRepeated ? ", again" : ""}${isLost ? ", lost" : ""}`;
  const arrow = element("button", {
    "type": "button",
    "class": `arrow ${kind}${to < from ? " left" : ""}${isLost ? " lost" : ""}`,
    "data-n": `${n}`,
    "aria-label": said,
    "aria-expanded": "false",
    "title": said,
  }, [element("span", {}, [shown])]);
  const [left, right] = [Math.min(from, to), Math.max(from, to)];
  arrow.style.left = `${place(left, length)}%`;
  arrow.style.width = `${Math.max(place(right, length) - place(left, length), 4)}%`;
  return [arrow, ...notesOf(sender, from, to, length), ...notesOf(receiver, to, from, length)];
}

/**
 * The states of the machines at one end, at the side where no arrow is.
 *
 * @param {string[]} notes
 * @param {number} at
 * @param {number} other
 * @param {number} length
 */
function notesOf(notes, at, other, length) {
  if (notes.length === 0) return [];
  const made = element("span", { "class": "note" }, [notes.join(", ")]);
  const isLeft = at < other || (at === other && at === 0);
  const width = 50 / length;
  made.style.width = `${width}%`;
  made.style.left = `${isLeft ? place(at, length) - width : place(at, length)}%`;
  if (isLeft) made.style.textAlign = "right";
  return [made];
}

/**
 * @param {Row} row
 * @param {Ladder["participants"]} participants
 */
function remarkOf({ at, kind, text }, participants) {
  const name = participants[at]?.name ?? "";
  const made = element("span", { "class": `remark ${kind === "error" ? "error" : "quiet"}` }, [
    `${name}: ${text}`,
  ]);
  const isRight = at * 2 >= participants.length;
  made.style.float = isRight ? "right" : "left";
  return made;
}

/**
 * Where the line of a participant is, in per cent.
 *
 * @param {number} at
 * @param {number} length
 */
function place(at, length) {
  return (at + 0.5) / length * 100;
}
