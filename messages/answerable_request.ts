/**
 * What an answer to a broken request repeats of it.
 *
 * @module
 */
import { every, TOKEN } from "./characters.ts";
import type { AnswerableRequest } from "./fault.ts";
import { HeaderId, headerId } from "./header_names.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const ANSWER_HEADERS = [
  HeaderId.from,
  HeaderId.to,
  HeaderId.callId,
  HeaderId.cseq,
] as const;

/**
 * The lines of a broken request that an answer to it repeats (RFC 3261 §8.2.6.2), taken as they
 * came. `undefined` for what is no request, lacks one of them, or would break the answer too.
 *
 * @param bytes A message, or only its head.
 */
export function answerableRequest(bytes: Uint8Array): AnswerableRequest | undefined {
  const text = decoder.decode(bytes);
  // A bare LF ends a line here, as it does for a peer that knows no other end.
  const unix = text.replaceAll("\r\n", "\n").trimStart();
  const blank = unix.indexOf("\n\n");
  const head = blank < 0 ? unix : unix.slice(0, blank);
  const [startLine = "", ...lines] = head.replaceAll(/\n[ \t]+/g, " ").split("\n");
  const space = startLine.indexOf(" ");
  const method = space > 0 && !startLine.startsWith("SIP/") ? startLine.slice(0, space) : undefined;
  // §17.1.1.3: an ACK is never answered.
  if (method === undefined || method === "ACK" || !every(TOKEN, method)) return undefined;
  const via: string[] = [];
  const values = new Map<number, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const id = headerId(line.slice(0, Math.max(0, colon)).trim());
    const value = line.slice(colon + 1).trim();
    if (/[\r\n\0]/.test(value)) continue;
    if (id === HeaderId.via) via.push(value);
    else if (!values.has(id)) values.set(id, value);
  }
  const [from, to, callId, cseq] = ANSWER_HEADERS.map((id) => values.get(id));
  if (!via[0] || !from || !to || !callId || !cseq) return undefined;
  return { method, via, from, to, callId, cseq };
}
