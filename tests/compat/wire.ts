/**
 * What was sent, without what is random in it.
 *
 * @module
 */
import { parseMessage } from "@strowger/sip";

/** One message that was sent. */
export interface WireMessage {
  /** Its method or status, and CSeq. */
  readonly summary: string;
  /** The rest of it, in alphabetical order. */
  readonly details: readonly string[];
  /** What is not compared, by the header's name. */
  readonly ignored: { readonly [name: string]: string };
}

/** What each message has anew: it is told apart by Call-ID, tags and branch, not compared. */
const RANDOM = ["Call-ID", "Content-Length", "CSeq", "Via"];

/** Headers that differ in many messages, and why. */
export const NOT_COMPARED: { readonly [name: string]: string } = {
  Allow:
    "SIP.js names one list everywhere, and leaves it out of INVITE; RFC 3261 §13.2.1 wants it there",
  Server:
    "RFC 3261 §20.35: it is the server that says Server; SIP.js says User-Agent in responses, too",
  Supported: "SIP.js sends it empty",
  "User-Agent": "as Server",
};

/** Tags of the far end are the scripts'; those of the core are random, as are digests and delays. */
function normalised(name: string, value: string): string {
  if (name === "Retry-After") return "*";
  if (name.endsWith("Authorization")) return digest(value);
  return value.replace(/;tag=(?!far)[^;,>\s]+/g, ";tag=*");
}

/** Credentials with their parameters in alphabetical order and unquoted. */
function digest(value: string): string {
  const parameters = [...value.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name, a, b]) =>
    `${name}=${name === "cnonce" || name === "response" ? "*" : a ?? b}`
  );
  return parameters.toSorted().join(" ");
}

/** Takes a message apart. */
export function wireMessage(text: string): WireMessage {
  const message = parseMessage(new TextEncoder().encode(text));
  if (message.kind === "fault") {
    return { summary: `unreadable: ${message}`, details: [], ignored: {} };
  }
  const what = message.kind === "request"
    ? message.method
    : `${message.statusCode} ${message.method}`;
  const details = [
    message.kind === "request" ? `to ${message.ruri}` : `reason ${message.reasonPhrase}`,
  ];
  const ignored: { [name: string]: string } = {};
  for (const name of message.headerNames()) {
    if (RANDOM.includes(name)) continue;
    if (name in NOT_COMPARED) {
      ignored[name] = message.getHeaders(name).join();
      continue;
    }
    for (const value of message.getHeaders(name)) {
      details.push(`${name}: ${normalised(name, value)}`);
    }
  }
  if (message.body !== "") details.push(`body ${message.body}`);
  return { summary: `${what} ${message.cseq}`, details: details.toSorted(), ignored };
}
