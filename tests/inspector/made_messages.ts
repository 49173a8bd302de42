/**
 * Messages of a call, and recordings of them, for tests.
 *
 * @module
 */
import type { MessageEntry } from "../../inspector/entry.ts";
import { Recording } from "../../inspector/recording.ts";

/** What a test says of a message. */
export interface Made {
  /** `INVITE`, or `180 Ringing`. */
  readonly first: string;
  readonly callId?: string;
  readonly toTag?: string;
  readonly cseq?: string;
  readonly branch?: string;
  readonly extra?: readonly string[];
  readonly body?: string;
}

/** The octets of a message. */
export function made({ first, toTag, extra = [], body = "", ...rest }: Made): Uint8Array {
  const { callId = "1@a.example", cseq = "1 INVITE", branch = "z9hG4bK1" } = rest;
  const isResponse = /^\d/.test(first);
  const content = new TextEncoder().encode(body);
  const head = [
    isResponse ? `SIP/2.0 ${first}` : `${first} sip:bob@b.example SIP/2.0`,
    `Via: SIP/2.0/UDP a.example:5060;branch=${branch}`,
    ...(isResponse ? [] : ["Max-Forwards: 70"]),
    "From: <sip:alice@a.example>;tag=a1",
    `To: <sip:bob@b.example>${toTag === undefined ? "" : `;tag=${toTag}`}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq}`,
    ...extra,
    `Content-Length: ${content.length}`,
  ].map((line) => `${line}\r\n`).join("");
  const octets = new TextEncoder().encode(`${head}\r\n`);
  const whole = new Uint8Array(octets.length + content.length);
  whole.set(octets);
  whole.set(content, octets.length);
  return whole;
}

/** A host, or `host:port`; an IPv6 address in brackets. */
export function endpoint(text: string): { host: string; port: number } {
  const [, host = "", port = "5060"] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** From whom to whom, who has recorded it, and the message. */
export type Line = readonly [from: string, to: string, core: string | undefined, message: Made];

/** A recording of messages, a tenth of a second apart. */
export function recordingOf(lines: readonly Line[], protocol = "UDP"): Recording {
  const recording = new Recording();
  lines.forEach(([from, to, core, message], i) => {
    const common = {
      kind: "message",
      callId: message.callId ?? "1@a.example",
      time: 1_700_000_000_000 + 100 * i,
      protocol,
      source: endpoint(from),
      destination: endpoint(to),
      octets: made(message),
    } as const;
    if (core === undefined) return recording.add(common);
    const direction: MessageEntry["direction"] = from === core ? "out" : "in";
    recording.add({ ...common, core, direction });
  });
  return recording;
}
