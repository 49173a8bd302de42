/**
 * One message, opened in full, with what its headers are for.
 *
 * @module
 */
import { byId, element } from "./dom.js";

/**
 * @typedef {{ explanation: string, rfc: string } | null} Note
 */

export class MessagePane {
  #pane = byId("message-pane", HTMLElement);
  /** @type {Element | null} */
  #before = null;

  constructor() {
    byId("close", HTMLButtonElement).addEventListener("click", () => this.close());
  }

  get isOpen() {
    return !this.#pane.hidden;
  }

  /**
   * @param {string} callId
   * @param {number} n
   */
  async open(callId, n) {
    this.#before = document.activeElement;
    const answer = await fetch(`calls/${encodeURIComponent(callId)}/messages/${n}`);
    const view = await answer.json();
    this.#pane.hidden = false;
    const content = byId("message", HTMLElement);
    if (!answer.ok) {
      return content.replaceChildren(element("p", { "class": "error" }, [view.error]));
    }
    byId("message-title", HTMLElement).textContent = view.startLine;
    content.replaceChildren(
      ...noted(view.note),
      ...(view.fault === "" ? [] : [element("p", { "class": "error" }, [`Wrong: ${view.fault}`])]),
      element("dl", {}, view.headers.flatMap(headerOf)),
      ...(view.body === "" ? [] : [element("pre", {}, [view.body])]),
    );
    byId("close", HTMLButtonElement).focus();
  }

  close() {
    this.#pane.hidden = true;
    if (this.#before instanceof HTMLElement && this.#before.isConnected) this.#before.focus();
  }
}

/** @param {{ name: string, value: string, note: Note }} header */
function headerOf({ name, value, note }) {
  const line = element("span", {}, [value]);
  return [
    element("dt", {}, [name === "" ? "" : `${name}: `, line]),
    element("dd", {}, note === null ? [] : [`${note.explanation} (${note.rfc})`]),
  ];
}

/** @param {Note} note */
function noted(note) {
  return note === null ? [] : [element("p", {}, [`${note.explanation} (${note.rfc})`])];
}
