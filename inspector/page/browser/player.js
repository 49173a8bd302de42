/**
 * The bar that plays a recording.
 *
 * @module
 */
import { byId, seconds } from "./dom.js";

export class PlayerBar {
  #time = byId("time", HTMLInputElement);
  #play = byId("play", HTMLButtonElement);
  #speed = byId("speed", HTMLSelectElement);
  #isPlaying = false;
  #begin = 0;

  constructor() {
    this.#play.addEventListener("click", () => this.toggle());
    byId("back", HTMLButtonElement).addEventListener("click", () => this.step(-1));
    byId("forward", HTMLButtonElement).addEventListener("click", () => this.step(1));
    this.#speed.addEventListener("change", () => ask({ speed: Number(this.#speed.value) }));
    this.#time.addEventListener("input", () => {
      ask({ play: false, time: this.#begin + Number(this.#time.value) });
    });
    byId("player", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
  }

  toggle() {
    ask({ play: !this.#isPlaying });
  }

  /** @param {number} step */
  step(step) {
    ask({ step });
  }

  /**
   * @param {{ at: number, entries: number, time: number, begin: number, end: number,
   *   isPlaying: boolean, speed: number }} position
   */
  update({ at, entries, time, begin, end, isPlaying }) {
    byId("player", HTMLFormElement).hidden = false;
    this.#begin = begin;
    this.#isPlaying = isPlaying;
    this.#time.max = `${end - begin}`;
    this.#time.value = `${time - begin}`;
    this.#time.setAttribute(
      "aria-valuetext",
      `${seconds(time - begin)} of ${seconds(end - begin)}`,
    );
    this.#play.setAttribute("aria-pressed", `${isPlaying}`);
    this.#play.textContent = isPlaying ? "⏸ Pause" : "▶ Play";
    byId("position", HTMLElement).textContent = `${seconds(time - begin)} of ${
      seconds(end - begin)
    }, step ${at} of ${entries}`;
  }
}

/** @param {{ play?: boolean, speed?: number, time?: number, step?: number }} request */
function ask(request) {
  void fetch("player", { method: "POST", body: JSON.stringify(request) });
}
