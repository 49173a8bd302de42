/**
 * Messages to take apart: one that nothing is wrong with, and ways to change it.
 *
 * @module
 */
import { assert } from "@std/assert";
import {
  Fault,
  type HeaderValues,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  NameAddrHeader,
  parseMessage,
  parseNameAddr,
} from "../../messages/mod.ts";

const encoder = new TextEncoder();

const lines = {
  "Via": "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds",
  "Max-Forwards": "Max-Forwards: 70",
  "To": "To: Bob <sip:bob@biloxi.com>",
  "From": "From: Alice <sip:alice@atlanta.com>;tag=1928301774",
  "Call-ID": "Call-ID: a84b4c76e66710",
  "CSeq": "CSeq: 314159 OPTIONS",
};

/** The headers of the message that nothing is wrong with. */
export type Line = keyof typeof lines;

/** What is different in a message. */
export interface Parts {
  /** The start line. */
  start?: string;
  /** Lines that stand in the place of others; an empty one leaves its header out. */
  replace?: { [name in Line]?: string };
  /** Lines behind the others. */
  extra?: string[];
  /** The body; no Content-Length comes with it. */
  body?: string | Uint8Array;
}

/** Octets one after the other. */
export function join(...pieces: (string | Uint8Array)[]): Uint8Array {
  const parts = pieces.map((piece) => typeof piece === "string" ? encoder.encode(piece) : piece);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A message as octets. */
export function octets(parts: Parts = {}): Uint8Array {
  const { start = "OPTIONS sip:bob@biloxi.com SIP/2.0", replace = {}, extra = [] } = parts;
  const head = Object.values({ ...lines, ...replace }).filter((line) => line !== "");
  return join([start, ...head, ...extra, "", ""].join("\r\n"), parts.body ?? "");
}

/** Parses a request that has to be well-formed. */
export function requestOf(parts: Parts | Uint8Array = {}): IncomingRequestMessage {
  const parsed = parseMessage(parts instanceof Uint8Array ? parts : octets(parts));
  assert(parsed.kind === "request", `${parsed}`);
  return parsed;
}

/** Parses a response that has to be well-formed. */
export function responseOf(parts: Parts | Uint8Array): IncomingResponseMessage {
  const parsed = parseMessage(parts instanceof Uint8Array ? parts : octets(parts));
  assert(parsed.kind === "response", `${parsed}`);
  return parsed;
}

/** Parses what has to be refused. */
export function faultOf(parts: Parts | Uint8Array): Fault {
  const parsed = parseMessage(parts instanceof Uint8Array ? parts : octets(parts));
  assert(parsed.kind === "fault", `was taken: ${JSON.stringify(`${parsed}`)}`);
  return parsed;
}

/** The parsed value of a header that stands in these lines. */
export function valueOf<N extends keyof HeaderValues>(
  name: N,
  ...extra: string[]
): HeaderValues[N] {
  const value = requestOf({ extra }).parseHeader(name);
  assert(value !== undefined, `no ${name}`);
  assert(!(value instanceof Fault), `${value}`);
  return value as HeaderValues[N];
}

/** The fault of a header that stands in these lines; the message that it is in is taken. */
export function headerFault(name: keyof HeaderValues, ...extra: string[]): Fault {
  const value = requestOf({ extra }).parseHeader(name);
  assert(value instanceof Fault, `was taken: ${extra} as ${JSON.stringify(value)}`);
  return value;
}

/** Parses a name-addr that has to be well-formed. */
export function nameAddr(text: string): NameAddrHeader {
  const parsed = parseNameAddr(text);
  assert(parsed instanceof NameAddrHeader, `${parsed}`);
  return parsed;
}

/** Parameters as a plain object, which tests can compare. */
export function plain(
  parameters: { [name: string]: string | null },
): Record<string, string | null> {
  return { ...parameters };
}

/** The octet at which a text begins. */
export function indexOf(bytes: Uint8Array, text: string): number {
  const latin1 = (from: Uint8Array) =>
    Array.from(from, (code) => String.fromCharCode(code)).join("");
  const at = latin1(bytes).indexOf(latin1(encoder.encode(text)));
  assert(at >= 0, `no ${text}`);
  return at;
}

/** Numbers from 0 to `below`, the same ones for the same seed (mulberry32). */
export function randomSource(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
