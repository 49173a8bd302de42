/**
 * The statecharts of the chosen call: where each machine is, what it did last, and its timers.
 *
 * @module
 */
import { byId, element, seconds } from "./dom.js";

/**
 * @typedef {object} ActorView One machine, as the server has it.
 * @property {string} actor
 * @property {string} machine
 * @property {string} core
 * @property {string} state
 * @property {string[]} active
 * @property {{ event: string, sources: string[], targets: string[] } | null} last
 * @property {{ name: string, armedAt: number, firesAt: number }[]} timers
 * @property {boolean} isOver
 */

export class Statecharts {
  /** @type {ActorView[]} */
  #actors = [];
  #chosen = "";
  #drawn = "";
  /** Where the machine was when the diagram was scrolled there. */
  #seen = "";
  /** @type {Map<string, Promise<Element>>} */
  #charts = new Map();
  #chart = byId("chart", HTMLElement);
  #tabs = byId("tabs", HTMLElement);
  #timers = byId("timers", HTMLElement);
  /** What the server's clock is ahead of ours; in a replay, time stands still between two steps. */
  #now = () => Date.now();

  constructor() {
    this.#tabs.addEventListener("click", ({ target }) => {
      const tab = target instanceof Element ? target.closest("button") : null;
      if (tab !== null) this.choose(tab.dataset.actor ?? "");
    });
    this.#tabs.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#drawTimers(), 100);
  }

  /** @param {string} actor */
  choose(actor) {
    this.#chosen = actor;
    this.#draw();
  }

  /**
   * @param {ActorView[]} actors
   * @param {() => number} now The time of the recording.
   */
  update(actors, now) {
    this.#actors = actors;
    this.#now = now;
    this.#draw();
  }

  get #actor() {
    return this.#actors.find(({ actor }) => actor === this.#chosen) ?? this.#actors[0];
  }

  #draw() {
    const chosen = this.#actor;
    const focused = this.#tabs.contains(document.activeElement);
    this.#tabs.replaceChildren(
      ...this.#actors.map(({ actor, machine, core, isOver }) =>
        element("button", {
          "type": "button",
          "role": "tab",
          "data-actor": actor,
          "class": isOver ? "over" : "",
          "aria-selected": `${actor === chosen?.actor}`,
          "tabindex": actor === chosen?.actor ? "0" : "-1",
          "aria-controls": "machine-view",
        }, [core === "" ? machine : `${machine} · ${core}`])
      ),
    );
    if (focused) this.#focusTab();
    byId("machine-view", HTMLElement).hidden = chosen === undefined;
    if (chosen === undefined) return;
    const { machine, state, last, isOver } = chosen;
    const by = last === null || last.event === "" ? "" : `, by ${eventText(last.event, machine)}`;
    byId("machine-state", HTMLElement).textContent = `${machine} is in: ${state}${by}${
      isOver ? " (over)" : ""
    }`;
    this.#drawTimers();
    void this.#light(chosen);
  }

  #focusTab() {
    const tab = this.#tabs.querySelector('[aria-selected="true"]');
    if (tab instanceof HTMLElement) tab.focus();
  }

  #drawTimers() {
    const chosen = this.#actor;
    if (chosen === undefined) return;
    const now = this.#now();
    this.#timers.replaceChildren(
      ...chosen.timers.map(({ name, firesAt }) =>
        element("li", {}, [`${name} in ${seconds(Math.max(firesAt - now, 0))}`])
      ),
    );
  }

  /** @param {ActorView} actor */
  async #light({ actor, machine, active, last }) {
    const svg = await this.#load(machine);
    // Another one may have been chosen in the meantime.
    if (this.#actor?.actor !== actor) return;
    if (this.#drawn !== machine) this.#chart.replaceChildren(svg);
    this.#drawn = machine;
    const key = `${actor} ${active}`;
    const within = new Set(active);
    for (const node of svg.querySelectorAll("[data-state]")) {
      const id = node.getAttribute("data-state") ?? "";
      const isActive = within.has(id);
      const isInnermost = isActive && !active.some((each) => each.startsWith(`${id}.`));
      node.classList.toggle("lit", isInnermost);
      node.classList.toggle("within", isActive && !isInnermost);
    }
    for (const arrow of svg.querySelectorAll("[data-source]")) {
      const source = arrow.getAttribute("data-source") ?? "";
      const target = arrow.getAttribute("data-target") ?? "";
      const isTaken = last !== null && last.sources.includes(source) &&
        last.targets.some((each) => each === target || each.startsWith(`${target}.`));
      arrow.classList.toggle("taken", isTaken);
    }
    if (key !== this.#seen) this.#reveal(svg);
    this.#seen = key;
  }

  /**
   * Scrolls the diagram to where the machine is.
   *
   * @param {Element} svg
   */
  #reveal(svg) {
    const lit = svg.querySelector(".lit")?.getBoundingClientRect();
    if (lit === undefined) return;
    const { left, top, width, height } = this.#chart.getBoundingClientRect();
    this.#chart.scrollBy(
      lit.left + lit.width / 2 - left - width / 2,
      lit.top + lit.height / 2 - top - height / 2,
    );
  }

  /** @param {string} machine */
  #load(machine) {
    let chart = this.#charts.get(machine);
    if (chart === undefined) {
      chart = load(machine);
      this.#charts.set(machine, chart);
    }
    return chart;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = this.#actors.findIndex(({ actor }) => actor === this.#actor?.actor);
    const next = this.#actors[(at + step + this.#actors.length) % this.#actors.length];
    if (next === undefined) return;
    event.preventDefault();
    this.choose(next.actor);
    this.#focusTab();
  }
}

/**
 * The diagram of a machine, which the server draws.
 *
 * @param {string} machine
 */
async function load(machine) {
  const answer = await fetch(`machines/${encodeURIComponent(machine)}.svg`);
  if (!answer.ok) return element("p", {}, ["There is no diagram of this machine."]);
  const drawn = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
  return document.importNode(drawn.documentElement, true);
}

/**
 * `timerB` in `xstate.after.timerB.inviteClient.transaction.calling`.
 *
 * @param {string} event
 * @param {string} machine
 */
function eventText(event, machine) {
  if (!event.startsWith("xstate.after.")) return event;
  return event.slice("xstate.after.".length).split(`.${machine}`, 1)[0] ?? event;
}
