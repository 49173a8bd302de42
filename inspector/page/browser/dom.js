/**
 * What the modules of the page need of the document. Whatever comes from a peer becomes text, and
 * never markup.
 *
 * @module
 */

/**
 * The element with that id; the page has it.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new TypeError(`expected a ${type.name} with the id ${id}`);
}

/**
 * A new element.
 *
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {readonly (string | Node)[]} children
 */
export function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * Seconds, as short as they may be.
 *
 * @param {number} milliseconds
 */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
