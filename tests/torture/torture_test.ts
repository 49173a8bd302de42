import { assert, assertArrayIncludes, assertEquals, assertInstanceOf } from "@std/assert";
import { Fault } from "../../messages/fault.ts";
import type {
  IncomingRequestMessage,
  IncomingResponseMessage,
} from "../../messages/incoming_message.ts";
import type { NameAddrHeader } from "../../messages/name_addr_header.ts";
import { parseMessage } from "../../messages/parser.ts";
import type { ViaHeader } from "../../messages/via_header.ts";
import { type Facts, type Hop, type Malformed, type Party, vectors } from "./vectors.ts";

type Incoming = IncomingRequestMessage | IncomingResponseMessage;

const here = (file: string) => new URL(file, import.meta.url);
const latin1 = new TextDecoder("latin1");

for (const vector of vectors) {
  Deno.test(`${vector.section}, ${vector.file}: ${vector.says}`, async () => {
    const bytes = await Deno.readFile(here(vector.file));
    const parsed = parseMessage(bytes);
    if ("fault" in vector) {
      assert(parsed.kind === "fault", `expected a fault, found a ${parsed.kind}`);
      assertMalformed(parsed, vector.fault, latin1.decode(bytes));
    } else {
      assert(parsed.kind !== "fault", `${parsed}`);
      assertEquals(factsOf(parsed, vector.facts), vector.facts);
      assertEquals(parsed.bodyBytes, bytesBehindHeaders(bytes, vector.facts.body));
      if (vector.broken !== undefined) assertBroken(parsed, vector.broken);
    }
  });
}

Deno.test("every message of both RFCs has a row", async () => {
  const files: string[] = [];
  for (const folder of ["rfc4475", "rfc5118"]) {
    for await (const { name } of Deno.readDir(here(folder))) files.push(`${folder}/${name}`);
  }
  assertEquals(vectors.map((vector) => vector.file).sort(), files.sort());
  assertEquals(files.length, 51 + 12);
});

function assertMalformed(fault: Fault, expected: Malformed["fault"], text: string): void {
  const place = fault.header ?? (expected.in.includes("framing") ? "framing" : "start line");
  assertArrayIncludes(expected.in, [place], `${fault}`);
  if (expected.status.includes("discard")) {
    // RFC 3261 §18.1.2: a malformed response is not answered.
    assertEquals(fault.request, undefined);
    return;
  }
  assertArrayIncludes(expected.status, [fault.status], `${fault}`);
  if (expected.unanswerable) return;
  assert(fault.request !== undefined, `nothing to answer with: ${fault}`);
  assert(text.includes(fault.request.callId) && text.includes(fault.request.cseq));
  assert(fault.request.via.length > 0);
  assertStandsIn(place, fault.offset, text);
}

/** The offset of a fault points into the line that it blames. */
function assertStandsIn(place: string, offset: number, text: string): void {
  if (place === "framing") return;
  const headers = text.slice(0, text.indexOf("\r\n\r\n") + 2);
  const lines = headers.matchAll(/(.*(?:\r\n[ \t].*)*)\r\n/g);
  const blamed = lines.find((line) => offset < line.index + line[0].length);
  const expected = place === "start line"
    ? /SIP\/\d\.0 *\r\n$/
    : new RegExp(`^${place}[ \t]*:`, "i");
  assert(blamed !== undefined && expected.test(blamed[0]), `octet ${offset} is not in ${place}`);
}

function assertBroken(message: Incoming, header: string): void {
  const read = message.parseHeader(header as "Date" | "Contact");
  assertInstanceOf(read, Fault);
  assertEquals([read.header, read.status], [header, 400]);
}

function bytesBehindHeaders(bytes: Uint8Array, length: number): Uint8Array {
  const start = latin1.decode(bytes).indexOf("\r\n\r\n") + 4;
  return bytes.slice(start, start + length);
}

/** What the message says, in the shape of the table: only what the row asks for, and that whole. */
function factsOf(message: Incoming, wanted: Facts): Facts {
  const all: Required<Facts> = {
    method: message.method,
    ruri: message.kind === "request" ? `${message.ruri}` : "",
    status: message.kind === "response" ? message.statusCode : 0,
    reason: message.kind === "response" ? message.reasonPhrase : "",
    from: party(message.from, message.fromTag),
    to: party(message.to, message.toTag),
    callId: message.callId,
    cseq: message.cseq,
    vias: vias(message).map(hop),
    received: vias(message).map((via) => via.received),
    maxForwards: number(message.parseHeader("Max-Forwards")),
    contacts: addresses(message, "Contact").map((contact) => `${contact.uri}`),
    contactParameters: { ...addresses(message, "Contact")[0]?.parameters },
    routes: addresses(message, "Route").map((route) => `${route.uri}`),
    headers: Object.fromEntries(
      Object.keys(wanted.headers ?? {}).map((name) => [name, message.getHeaders(name)]),
    ),
    body: message.bodyBytes.length,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => name in wanted),
  ) as unknown as Facts;
}

function party(header: NameAddrHeader, tag: string | undefined): Party {
  return [header.displayName || undefined, `${header.uri}`, tag];
}

function vias(message: Incoming): ViaHeader[] {
  const read = message.parseHeader("Via");
  assert(Array.isArray(read), `${read}`);
  assertEquals(read[0], message.via);
  return read;
}

function hop(via: ViaHeader): Hop {
  return [
    via.transport,
    via.port === undefined ? via.host : `${via.host}:${via.port}`,
    via.branch,
  ];
}

function addresses(message: Incoming, name: "Contact" | "Route"): NameAddrHeader[] {
  const read = message.parseHeader(name);
  return Array.isArray(read) ? read : [];
}

function number(read: number | Fault | undefined): number {
  return typeof read === "number" ? read : NaN;
}
