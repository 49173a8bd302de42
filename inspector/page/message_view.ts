/**
 * A message as a page opens it: each header with what it is for, and what is wrong with it.
 *
 * @module
 */
import { parseMessage } from "../../messages/mod.ts";
import { type Note, noteOnHeader, noteOnStart } from "./header_notes.ts";
import { shownText } from "../shown_text.ts";

/** A header, explained as far as it is known. */
export interface HeaderView {
  readonly name: string;
  readonly value: string;
  readonly note: Note | null;
}

/** A message, explained. */
export interface MessageView {
  readonly startLine: string;
  readonly note: Note | null;
  readonly headers: readonly HeaderView[];
  /** The body as text; what cannot be shown is a dot. */
  readonly body: string;
  /** What is wrong with it; empty where nothing is. */
  readonly fault: string;
}

/** How much of a body is shown. */
const MAX_BODY = 16_384;

/** Explains any octets, be they a message or not. */
export function messageView(octets: Uint8Array): MessageView {
  const text = new TextDecoder().decode(octets);
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const body = end === null ? "" : text.slice(end.index + end[0].length);
  // RFC 3261 §7.3.1: a line that begins with white space goes on with the one before.
  const [startLine = "", ...lines] = head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const parsed = parseMessage(octets);
  const status = /^SIP\/2\.0 (\d{3})/.exec(startLine)?.[1];
  const [method = ""] = startLine.split(" ", 1);
  return {
    startLine: shownText(startLine),
    note: noteOnStart(method, status === undefined ? undefined : Number(status)) ?? null,
    headers: lines.map(headerView),
    body: body.slice(0, MAX_BODY).split(/\r?\n/).map(shownText).join("\n"),
    fault: parsed.kind === "fault" ? shownText(parsed.toString()) : "",
  };
}

function headerView(line: string): HeaderView {
  const colon = line.indexOf(":");
  if (colon < 0) return { name: "", value: shownText(line), note: null };
  const name = line.slice(0, colon).trim();
  const value = line.slice(colon + 1).trim();
  return {
    name: shownText(name),
    value: shownText(value),
    note: noteOnHeader(name, value) ?? null,
  };
}
