/**
 * What was sent, without what is random in it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { parseMessage } from "@strowger/sip";
import { ALICE } from "./sip_js_core.ts";

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

/** Tags of the far end are the scripts'; those of the core are random, as are delays and RSeq. */
function normalised(method: string, name: string, value: string): string {
  if (name === "Retry-After" || name === "RSeq") return "*";
  if (name.endsWith("Authorization")) return digest(method, value);
  return value.replace(/;tag=(?!far\d?(?!\w))[^;,>\s]+/g, ";tag=*");
}

const HASHES: { [algorithm: string]: string } = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

/** What RFC 7616 §3.4.1 makes of credentials, the password being the only user's. */
function response(method: string, values: { [name: string]: string }): string {
  const { algorithm = "MD5", realm, nonce, nc, cnonce, qop, uri, username } = values;
  const hash = (text: string) => createHash(HASHES[algorithm] ?? "").update(text).digest("hex");
  const secret = hash(`${username}:${realm}:${ALICE.password}`);
  const between = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
  return hash(`${secret}:${between}:${hash(`${method}:${uri}`)}`);
}

/** Credentials with their parameters in alphabetical order, and whether the response is right. */
function digest(method: string, value: string): string {
  const values: { [name: string]: string } = {};
  for (const [, name = "", quoted, bare = ""] of value.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)) {
    values[name] = quoted ?? bare;
  }
  const isRight = values["response"] === response(method, values);
  if (values["cnonce"] !== undefined) values["cnonce"] = "*";
  values["response"] = isRight ? "right" : "wrong";
  return Object.keys(values).toSorted().map((name) => `${name}=${values[name]}`).join(" ");
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
  // The ACK to a failure and CANCEL repeat what the INVITE has.
  const of = message.method === "ACK" || message.method === "CANCEL" ? "INVITE" : message.method;
  const ignored: { [name: string]: string } = {};
  for (const name of message.headerNames()) {
    if (RANDOM.includes(name)) continue;
    if (name in NOT_COMPARED) {
      ignored[name] = message.getHeaders(name).join();
      continue;
    }
    for (const value of message.getHeaders(name)) {
      details.push(`${name}: ${normalised(of, name, value)}`);
    }
  }
  if (message.body !== "") details.push(`body ${message.body}`);
  return { summary: `${what} ${message.cseq}`, details: details.toSorted(), ignored };
}
