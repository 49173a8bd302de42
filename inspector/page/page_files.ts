/**
 * The files of the page, which stand in `browser/`: on a disk, or where modules are loaded from.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  css: "text/css",
  js: "text/javascript",
};
/** Nothing but these is ever read. */
const FILES = new Set([
  "index.html",
  "page/style.css",
  "page/main.js",
  "page/actor_list.js",
  "page/statechart.js",
  "page/ladder.js",
  "page/message.js",
  "page/player.js",
  "page/dom.js",
]);

/** The file at a path of the page; the page itself at none. */
export async function pageFile(path: string): Promise<PageFile | undefined> {
  const name = path === "" ? "index.html" : path;
  if (!FILES.has(name)) return undefined;
  const url = new URL(`./browser/${name.replace("page/", "")}`, import.meta.url);
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain";
  const text = url.protocol === "file:"
    ? await readFile(url, "utf8")
    : await (await fetch(url)).text();
  return { type, text };
}
