import { assert, assertEquals } from "@std/assert";
import type { Fault } from "../../messages/fault.ts";
import { type HeaderValues, readers } from "../../messages/headers.ts";
import type { IncomingMessage } from "../../messages/incoming_message.ts";
import { parseMessage, type ParseResult } from "../../messages/parser.ts";
import { vectors } from "../torture/vectors.ts";

const headerNames = Object.keys(readers) as (keyof HeaderValues)[];
const encoder = new TextEncoder();

/** Numbers from 0 to `below`, the same ones for the same seed (mulberry32). */
function randomSource(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The well-formed messages of RFC 4475 and RFC 5118: what is wrong with them is our doing. */
function corpus(): Promise<Uint8Array[]> {
  const wellFormed = vectors.filter((vector) => "facts" in vector);
  const file = (name: string) => new URL(`../torture/${name}`, import.meta.url);
  return Promise.all(wellFormed.map((vector) => Deno.readFile(file(vector.file))));
}

const pieces = [
  ...'\r\n\0"\\<>()[]{}@:;,=%?&/ \t*',
  ...'\r\n|\r\n |\r\n\r\n|\\\0|\\"|%00|%zz|::|;;|,,|\u00e9|\u{1f4de}'.split("|"),
  ..."-1|4294967296|1e9|NaN|SIP/2.0|sip:|sips:|tel:+1|__proto__|constructor".split("|"),
  ...'\r\nTo: x|\r\nl: 3|\r\nVia:|\r\nContact: *|;tag=|;branch=|;rport=x|;lr|;x="\\\0"'.split("|"),
].map((piece) => encoder.encode(piece));

function join(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
  return joined;
}

/** One message with one thing wrong with it. */
function mutate(
  from: Uint8Array,
  others: readonly Uint8Array[],
  random: (below: number) => number,
): Uint8Array {
  const at = random(from.length + 1);
  const to = Math.min(from.length, at + 1 + random(40));
  const [before, behind] = [from.subarray(0, at), from.subarray(at)];
  switch (random(7)) {
    case 0: {
      const flipped = from.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random(8));
      return flipped;
    }
    case 1:
      return before;
    case 2:
      return join(before, from.subarray(to));
    case 3:
      return join(before, from.subarray(at, to), from.subarray(at, to), from.subarray(to));
    case 4: {
      const other = others[random(others.length)] ?? from;
      const start = random(other.length);
      return join(before, other.subarray(start, start + random(80)), behind);
    }
    case 5: {
      const line = from.indexOf(0x0a, at) + 1;
      const end = from.indexOf(0x0a, line) + 1;
      if (line <= 0 || end <= 0) return behind;
      return join(from.subarray(0, line), from.subarray(line, end), from.subarray(line));
    }
    default:
      return join(before, pieces[random(pieces.length)] ?? before, behind);
  }
}

/** A request with a header of its own, and with other parts where a test wants them. */
function request(value: string, parts: { start?: string; from?: string; to?: string } = {}) {
  const { start = "OPTIONS sip:b@example.com SIP/2.0" } = parts;
  const { from = "<sip:a@example.com>;tag=1", to = "<sip:b@example.com>" } = parts;
  return encoder.encode(
    `${start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nTo: ${to}\r\n` +
      `From: ${from}\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n${value}\r\n\r\n`,
  );
}

/** Asks a message for everything that it can tell. */
function readAll(parsed: ParseResult): void {
  if (parsed.kind === "fault") return checkFault(parsed);
  for (const name of headerNames) {
    const value = parsed.parseHeader(name);
    `${value}`;
    if (isFault(value)) checkFault(value);
  }
  for (const name of parsed.headerNames()) {
    assert(parsed.hasHeader(name));
    parsed.getHeader(name);
    for (const value of parsed.getHeaders(name)) checkLine(value);
  }
  for (const { uri } of [parsed.from, parsed.to]) `${uri.aor}${uri.decodedUser}${uri.clone()}`;
  `${parsed.from.friendlyName}${parsed.from.clone()}${parsed.to.clone()}`;
  checkPrinted(parsed);
  for (const text of [`${parsed.from}`, `${parsed.to}`, parsed.callId, parsed.method]) {
    checkLine(text);
  }
  if (parsed.kind === "request") checkLine(`${parsed.ruri}`);
  else assert(parsed.statusCode >= 100 && parsed.statusCode <= 699);
  assert(Number.isInteger(parsed.cseq) && parsed.cseq >= 0 && parsed.cseq < 2 ** 31);
  const { rport } = parsed.via;
  assert(typeof rport !== "number" || (rport >= 0 && rport <= 65535), `rport ${rport}`);
  assert(parsed.bodyBytes.length <= parsed.bytes.length);
  parsed.body;
  `${parsed}`;
}

/** What is printed reads as what it was. */
function checkPrinted({ from, to }: IncomingMessage): void {
  const again = parseMessage(request("X: y", { from: `${from}`, to: `${to}` }));
  assert(again.kind === "request", `${again}`);
  for (const [printed, came] of [[again.from, from], [again.to, to]]) {
    assertEquals(printed?.displayName, came?.displayName);
    assertEquals(`${printed?.uri}`, `${came?.uri}`);
    assertEquals(printed?.parameters, came?.parameters);
  }
}

/** What an answer repeats, or a program prints, never ends a line that it stands in. */
function checkLine(text: string): void {
  assert(!text.includes("\r") && !text.includes("\n"), JSON.stringify(text));
}

function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "fault";
}

function checkFault(fault: Fault): void {
  checkLine(`${fault}`);
  assert(Number.isInteger(fault.offset) && fault.offset >= 0, `${fault}`);
  assert(fault.status >= 400 && fault.status <= 699, `${fault}`);
  if (fault.request === undefined) return;
  const { via, ...others } = fault.request;
  for (const text of [...via, ...Object.values(others)]) checkLine(text);
}

Deno.test("no mutation of any message makes the parser or an accessor throw", async () => {
  const messages = await corpus();
  const seed = 20260;
  const random = randomSource(seed);
  let faults = 0;
  for (let i = 0; i < 20_000; i++) {
    let bytes = messages[i % messages.length] ?? new Uint8Array();
    for (let times = 1 + random(2); times > 0; times--) bytes = mutate(bytes, messages, random);
    try {
      const parsed = parseMessage(bytes);
      if (parsed.kind === "fault") faults++;
      readAll(parsed);
    } catch (error) {
      const text = JSON.stringify(new TextDecoder().decode(bytes));
      throw new Error(`mutation ${i} of seed ${seed}: ${text}`, { cause: error });
    }
  }
  // Both sides of the parser were there to be tested.
  assert(faults > 4_000 && faults < 16_000, `${faults} faults in 20,000`);
});

Deno.test("random octets are a fault", () => {
  const random = randomSource(7);
  for (let i = 0; i < 2_000; i++) {
    const parsed = parseMessage(Uint8Array.from({ length: random(200) }, () => random(256)));
    assertEquals(parsed.kind, "fault");
    readAll(parsed);
  }
});

const fill = (unit: string, size: number) => unit.repeat(Math.ceil(size / unit.length));

/** Messages that some parser somewhere takes quadratic time for, each of about `size` octets. */
const hostile: Record<string, (size: number) => Uint8Array> = {
  "quotes, then NUL": (size) => request(`X: ${fill('"', size)}\0`),
  "escaped quotes, then NUL": (size) => request(`X: ${fill('\\"', size)}\0`),
  "an open quote": (size) => request(`Contact: "${fill('\\"', size)}`),
  "quoted strings": (size) => request(`Contact: ${fill('"a",', size)}`),
  "open angle brackets": (size) => request(`Contact: ${fill("<", size)}`),
  "open angle brackets in a list": (size) => request(`Route: ${fill("<,", size)}`),
  "open comments": (size) => request(`Allow: ${fill("(", size)}`),
  "open comments in a list": (size) => request(`Retry-After: ${fill("1 (,", size)}`),
  "commas": (size) => request(`Supported: ${fill(",", size)}`),
  "a list": (size) => request(`Supported: ${fill("a,", size)}a\r\nSupported: a`),
  "a list over many lines": (size) => request(fill("Supported: a,a,a,a\r\n", size).slice(0, -2)),
  "many lines of any header": (size) => request(fill("X: <\r\n", size).slice(0, -2)),
  "parameters": (size) => request(`Event: a${fill(";b", size)}`),
  "parameters without names": (size) => request(`Event: a${fill(";", size)}`),
  "white space": (size) => request(`Event: a${fill(" ", size)};b`),
  "folds": (size) => request(`Subject: a${fill("\r\n ", size)}b`),
  "folds that never end": (size) => request(`Subject: a${fill("\r\n \t", size)}`),
  "digits": (size) => request(`Expires: ${fill("1", size)}`),
  "an address list": (size) => request(`Route: ${fill("<sip:a@b;lr>,", size)}<sip:a>`),
  "a Via list": (size) => request(`Via: ${fill("SIP/2.0/UDP a;b=c,", size)}SIP/2.0/UDP a`),
  "credentials": (size) => request(`Authorization: Digest a=b${fill(',c="d"', size)}`),
  "escapes in a URI": (size) => request(`Contact: <sip:${fill("%41", size)}@b>`),
  "at signs": (size) => request(`Contact: <sip:${fill("a@", size)}b>`),
  "colons in a host": (size) => request(`Contact: <sip:[${fill(":", size)}]>`),
  "a long start line": (size) =>
    request("X: y", { start: `OPTIONS sip:b${fill(";a=b", size)} SIP/2.0` }),
  "a method without end": (size) => request("X: y", { start: fill("A", size) }),
  "letters beyond ASCII": (size) => request(`X: ${fill("\u00e9", size)}\r\nDate: \u00e9`),
  "blank lines before the start": (size) => encoder.encode(fill("\r\n", size)),
  "spaces before the start": (size) => encoder.encode(fill(" ", size)),
  "nothing but CR": (size) => encoder.encode(fill("\r", size)),
  "a body of blank lines": (size) => request(`\r\n${fill("\r\n", size)}\0`),
};

/** How long it takes to parse a message and to read all of it, so many times. */
function milliseconds(bytes: Uint8Array, times: number): number {
  const began = performance.now();
  for (let i = 0; i < times; i++) readAll(parseMessage(bytes));
  return performance.now() - began;
}

for (const [name, make] of Object.entries(hostile)) {
  Deno.test(`sixteen times as much takes about sixteen times as long: ${name}`, () => {
    // Twice, since the first call pays for compiling.
    milliseconds(make(16_384), 1);
    const seen: string[] = [];
    // Sixteen small ones beside a large one: what is linear takes as long, so that what else the machine
    // does meets both; what is quadratic takes sixteen times as long, each time.
    const isLinear = Array.from({ length: 8 }).some(() => {
      const small = Math.max(8, milliseconds(make(16_384), 16));
      const large = milliseconds(make(16 * 16_384), 1);
      seen.push(`${small.toFixed(2)} ms, then ${large.toFixed(2)} ms`);
      return large < 4 * small;
    });
    assert(isLinear, seen.join("; "));
  });
}
