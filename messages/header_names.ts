/**
 * The names of headers: from what stands on the wire, long or compact and in any case, to one
 * number each (RFC 3261 §7.3.3, §20; compact forms as registered since).
 *
 * @module
 */

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

const byName = new Map<string, number>();
table.forEach(([name, , compact], id) => {
  byName.set(name.toLowerCase(), id);
  if (compact !== undefined) byName.set(compact, id);
});

// Names repeat from message to message, so a spelling is lowered once. Peers choose spellings:
// only those of known headers are kept, and each has finitely many.
const bySpelling = new Map<string, number>();
for (const [name, , compact] of table) {
  const id = byName.get(name.toLowerCase()) ?? UNKNOWN;
  for (const spelling of [name, compact ?? name]) {
    bySpelling.set(spelling, id);
    bySpelling.set(spelling.toLowerCase(), id);
    bySpelling.set(spelling.toUpperCase(), id);
  }
}

/** The number of a header, by its name in any form, or {@linkcode UNKNOWN}. */
export function headerId(name: string): number {
  return bySpelling.get(name) ?? byName.get(name.toLowerCase()) ?? UNKNOWN;
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
  return table[id]?.[1] === "single";
}

/** Whether several of a header in one line are separated by commas. */
export function isList(id: number): boolean {
  return table[id]?.[1] === "list";
}

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
