/**
 * The list of actors. Only the rows that are seen are in the document, however many there are.
 *
 * @module
 */
import { byId, element } from "./dom.js";

/**
 * @typedef {object} ActorRow One actor, as the server has it.
 * @property {string} actor
 * @property {string} machine
 * @property {string} callId
 * @property {string} core
 * @property {string} method
 * @property {string} peer
 * @property {string} state
 * @property {boolean} isOver
 * @property {boolean} hasFailed
 * @property {number} since
 * @property {string[]} may
 */

const ROW = 52;
/** Rows beyond what is seen, so that scrolling finds them there. */
const MORE = 4;

export class ActorList {
  /** @type {Map<string, ActorRow>} */
  #rows = new Map();
  /** @type {ActorRow[]} */
  #shown = [];
  #isStale = false;
  #chosen = "";
  #list = byId("list", HTMLElement);
  #space = byId("space", HTMLElement);
  #search = byId("search", HTMLInputElement);
  #method = byId("method", HTMLSelectElement);
  #machine = byId("machine", HTMLSelectElement);
  #failed = byId("failed", HTMLInputElement);
  #alive = byId("alive", HTMLInputElement);

  /** @param {(row: ActorRow) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    const filters = byId("filters", HTMLFormElement);
    filters.addEventListener("input", () => this.#later());
    filters.addEventListener("submit", (event) => event.preventDefault());
    this.#list.addEventListener("scroll", () => this.#later(), { passive: true });
    addEventListener("resize", () => this.#later());
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.#list.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest(".actor") : null;
      if (row instanceof HTMLElement) this.choose(row.dataset.actor ?? "");
    });
  }

  /**
   * Takes what has changed.
   *
   * @param {{ reset?: boolean, actors: ActorRow[], removed: string[] }} changes
   */
  update({ reset, actors, removed }) {
    if (reset) this.#rows.clear();
    for (const actor of removed) this.#rows.delete(actor);
    for (const row of actors) {
      this.#rows.set(row.actor, row);
      offer(this.#method, row.method);
      offer(this.#machine, row.machine);
    }
    this.#later();
  }

  /** @param {string} actor */
  choose(actor) {
    const row = this.#rows.get(actor);
    if (row === undefined) return;
    this.#chosen = actor;
    this.#later();
    this.onChoose(row);
  }

  /** @param {string} actor */
  get(actor) {
    return this.#rows.get(actor);
  }

  /** Everything within one frame is drawn once. */
  #later() {
    if (this.#isStale) return;
    this.#isStale = true;
    requestAnimationFrame(() => {
      this.#isStale = false;
      this.#filter();
      this.#draw();
    });
  }

  #filter() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const [method, machine] = [this.#method.value, this.#machine.value];
    this.#shown = [];
    for (const row of this.#rows.values()) {
      if (method !== "" && row.method !== method) continue;
      if (machine !== "" && row.machine !== machine) continue;
      if (this.#failed.checked && !row.hasFailed) continue;
      if (this.#alive.checked && row.isOver) continue;
      if (words.length > 0) {
        const { machine, callId, core, method, peer, state } = row;
        const text = `${machine} ${callId} ${core} ${method} ${peer} ${state}`.toLowerCase();
        if (!words.every((word) => text.includes(word))) continue;
      }
      this.#shown.push(row);
    }
    this.#shown.reverse();
  }

  #draw() {
    const { length } = this.#shown;
    byId("count", HTMLElement).textContent = length === this.#rows.size
      ? `${length}`
      : `${length} of ${this.#rows.size}`;
    byId("nothing", HTMLElement).hidden = length > 0;
    this.#space.style.height = `${length * ROW}px`;
    const { scrollTop, clientHeight } = this.#list;
    const first = Math.max(Math.floor(scrollTop / ROW) - MORE, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / ROW) + MORE, length);
    const drawn = this.#shown.slice(first, last).map((row, i) => this.#row(row, first + i));
    this.#list.replaceChildren(this.#space, ...drawn);
    const chosen = document.getElementById(`actor-${this.#chosen}`);
    if (chosen === null) this.#list.removeAttribute("aria-activedescendant");
    else this.#list.setAttribute("aria-activedescendant", chosen.id);
  }

  /**
   * @param {ActorRow} row
   * @param {number} at
   */
  #row(row, at) {
    const { actor, machine, core, method, peer, state, isOver, hasFailed, callId } = row;
    const classes = ["actor", ...(isOver ? ["over"] : []), ...(hasFailed ? ["failed"] : [])];
    const what = `${hasFailed ? "✗ " : ""}${machine}`;
    const made = element("div", {
      "class": classes.join(" "),
      "role": "option",
      "id": `actor-${actor}`,
      "data-actor": actor,
      "aria-selected": `${actor === this.#chosen}`,
      "aria-setsize": `${this.#shown.length}`,
      "aria-posinset": `${at + 1}`,
      "title": callId,
    }, [
      element("div", {}, [element("span", {}, [what]), element("span", {}, [state])]),
      element("div", { "class": "quiet" }, [
        element("span", {}, [`${method} ${peer}`]),
        element("span", {}, [core]),
      ]),
    ]);
    made.style.top = `${at * ROW}px`;
    return made;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const at = this.#shown.findIndex(({ actor }) => actor === this.#chosen);
    const page = Math.max(Math.floor(this.#list.clientHeight / ROW) - 1, 1);
    /** @type {Record<string, number>} */
    const moves = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.#shown.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined || this.#shown.length === 0) return;
    event.preventDefault();
    const row = this.#shown[Math.min(Math.max(to, 0), this.#shown.length - 1)];
    if (row === undefined) return;
    const top = this.#shown.indexOf(row) * ROW;
    const { scrollTop, clientHeight } = this.#list;
    if (top < scrollTop) this.#list.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.#list.scrollTop = top + ROW - clientHeight;
    this.choose(row.actor);
  }
}

/**
 * Adds an option that is not there yet.
 *
 * @param {HTMLSelectElement} select
 * @param {string} value
 */
function offer(select, value) {
  if (value === "" || [...select.options].some((option) => option.value === value)) return;
  if (select.options.length < 100) select.append(new Option(value, value));
}
