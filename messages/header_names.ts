/**
 * The names of headers: from what stands on the wire, long or compact and in any case, to one
 * number each (RFC 3261 §7.3.3, §20; compact forms as registered since).
 *
 * @module
 */

import { codesOf } from "./characters.ts";

/** How a header may occur (RFC 3261 §7.3.1): once; as a comma-separated list; or line by line. */
type Occurrence = "single" | "list" | "lines";

// The ones that occur once come first: the parser keeps what it has seen in 64 bits.
const table: [name: string, occurrence: Occurrence, compact?: string][] = [
  ["Via", "list", "v"],
  ["From", "single", "f"],
  ["To", "single", "t"],
  ["Call-ID", "single", "i"],
  ["CSeq", "single"],
  ["Max-Forwards", "single"],
  ["Content-Length", "single", "l"],
  ["Contact", "list", "m"],
  ["Content-Type", "single", "c"],
  ["Content-Disposition", "single"],
  ["Date", "single"],
  ["Event", "single", "o"],
  ["Expires", "single"],
  ["MIME-Version", "single"],
  ["Min-Expires", "single"],
  ["Min-SE", "single"],
  ["Organization", "single"],
  ["Priority", "single"],
  ["RAck", "single"],
  ["Refer-Sub", "single"],
  ["Refer-To", "single", "r"],
  ["Referred-By", "single", "b"],
  ["Replaces", "single"],
  ["Reply-To", "single"],
  ["Retry-After", "single"],
  ["RSeq", "single"],
  ["Server", "single"],
  ["Session-Expires", "single", "x"],
  ["SIP-ETag", "single"],
  ["SIP-If-Match", "single"],
  ["Subject", "single", "s"],
  ["Subscription-State", "single"],
  ["Target-Dialog", "single"],
  ["Timestamp", "single"],
  ["User-Agent", "single"],
  ["Accept", "list"],
  ["Accept-Contact", "list", "a"],
  ["Accept-Encoding", "list"],
  ["Accept-Language", "list"],
  ["Alert-Info", "list"],
  ["Allow", "list"],
  ["Allow-Events", "list", "u"],
  ["Authentication-Info", "lines"],
  ["Authorization", "lines"],
  ["Call-Info", "list"],
  ["Content-Encoding", "list", "e"],
  ["Content-Language", "list"],
  ["Error-Info", "list"],
  ["Identity", "lines", "y"],
  ["Identity-Info", "lines", "n"],
  ["In-Reply-To", "list"],
  ["Path", "list"],
  ["Proxy-Authenticate", "lines"],
  ["Proxy-Authentication-Info", "lines"],
  ["Proxy-Authorization", "lines"],
  ["Proxy-Require", "list"],
  ["Reason", "list"],
  ["Record-Route", "list"],
  ["Reject-Contact", "list", "j"],
  ["Request-Disposition", "list", "d"],
  ["Require", "list"],
  ["Route", "list"],
  ["Service-Route", "list"],
  ["Supported", "list", "k"],
  ["Unsupported", "list"],
  ["Warning", "list"],
  ["WWW-Authenticate", "lines"],
];

/** What `headerId` answers for a header that is not in the table. */
export const UNKNOWN = -1;

/** Names in lower case, long and compact, and the number of each: a hash table with open slots. */
const SLOTS = 256;
const ids: Int16Array = new Int16Array(SLOTS).fill(UNKNOWN);
const lengths: Uint8Array = new Uint8Array(SLOTS);
/** Each slot's name, one behind the other in one array: none is longer than 32 characters. */
const STRIDE = 32;
const names: Uint8Array = new Uint8Array(SLOTS * STRIDE);

/** Letters fold to lower case by one bit, and nothing else that may stand in a name becomes one. */
const FOLD = 0x20;

function isAt(slot: number, codes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== lengths[slot]) return false;
  let at = slot * STRIDE;
  for (let pos = start; pos < end; pos++) {
    if (names[at++] !== ((codes[pos] ?? 0) | FOLD)) return false;
  }
  return true;
}

function slotOf(codes: Uint8Array, start: number, end: number): number {
  const first = (codes[start] ?? 0) | FOLD;
  const middle = (codes[(start + end) >> 1] ?? 0) | FOLD;
  const last = (codes[end - 1] ?? 0) | FOLD;
  return (first * 7 + middle * 5 + last * 3 + end - start) & (SLOTS - 1);
}

table.forEach(([name, , compact], id) => {
  for (const each of [name, compact ?? name]) {
    const codes = codesOf(each.toLowerCase());
    let slot = slotOf(codes, 0, codes.length);
    while (ids[slot] !== UNKNOWN) slot = (slot + 1) & (SLOTS - 1);
    names.set(codes, slot * STRIDE);
    lengths[slot] = codes.length;
    ids[slot] = id;
  }
});

/**
 * The number of the header whose name, in any form, stands somewhere, or {@linkcode UNKNOWN}. The
 * name is not cut out of its message: that would cost more than all else that is done with its line.
 */
export function headerIdAt(codes: Uint8Array, start: number, end: number): number {
  for (let slot = slotOf(codes, start, end);; slot = (slot + 1) & (SLOTS - 1)) {
    const id = ids[slot] ?? UNKNOWN;
    if (id === UNKNOWN || isAt(slot, codes, start, end)) return id;
  }
}

const byName = new Map<string, number>();
table.forEach(([name, , compact], id) => {
  for (const each of [name, compact ?? name]) {
    byName.set(each, id);
    byName.set(each.toLowerCase(), id);
  }
});

/** The number of a header, by its name in any form, or {@linkcode UNKNOWN}. */
export function headerId(name: string): number {
  return byName.get(name) ?? byName.get(name.toLowerCase()) ?? UNKNOWN;
}

/** The long form of a header's name; a name that is not known stays as it is. */
export function canonicalName(name: string): string {
  return table[headerId(name)]?.[0] ?? name;
}

/** The long form of the header with this number. */
export function nameOf(id: number): string {
  return table[id]?.[0] ?? "";
}

/** Whether a header may stand only once in a message. */
export function isSingle(id: number): boolean {
  return singles[id] === true;
}

const singles: boolean[] = table.map(([, occurrence]) => occurrence === "single");

/** Whether several of a header in one line are separated by commas. */
export function isList(id: number): boolean {
  return table[id]?.[1] === "list";
}

/** The headers that routing needs have the numbers below this. */
export const ROUTING_HEADERS = 7;

/** The numbers of the headers that routing needs. */
export const HeaderId = {
  via: headerId("Via"),
  from: headerId("From"),
  to: headerId("To"),
  callId: headerId("Call-ID"),
  cseq: headerId("CSeq"),
  maxForwards: headerId("Max-Forwards"),
  contentLength: headerId("Content-Length"),
} as const;
