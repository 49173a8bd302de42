/**
 * What a REFER says of the request that it asks for, besides its address (RFC 3515 §2.1, RFC 3892).
 *
 * @module
 */
import { StrowgerError } from "./errors.ts";
import { canonicalName } from "./header_names.ts";
import { Fault } from "./fault.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import { checkHeaderLine } from "./extra_headers.ts";

/**
 * RFC 3261 §19.1.5: "An implementation SHOULD NOT honor these obviously dangerous header fields:
 * From, Call-ID, CSeq, Via, and Record-Route", "SHOULD NOT honor any requested Route header field
 * values", and of others it "SHOULD verify their accuracy". What the engine sets by itself is
 * refused by `checkHeaderLine` already.
 */
const NOT_HONOURED = [
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Allow",
  "Allow-Events",
  "Authorization",
  "Contact",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Language",
  "Date",
  "MIME-Version",
  "Organization",
  "Proxy-Authorization",
  "Record-Route",
  "Refer-To",
  "Referred-By",
  "Route",
  "Supported",
  "Timestamp",
  "User-Agent",
];

/** A header of a URI as a line, or `undefined` where it is not one that may be honoured. */
function lineOf(name: string, escaped: string): string | undefined {
  try {
    const line = `${decodeURIComponent(name)}: ${decodeURIComponent(escaped)}`;
    const canonical = canonicalName(decodeURIComponent(name)).toLowerCase();
    if (canonical === "body") return undefined;
    if (NOT_HONOURED.some((each) => each.toLowerCase() === canonical)) return undefined;
    return checkHeaderLine("Refer-To", line);
  } catch (error) {
    // What a peer has put there is passed over; what else is thrown is a fault of this engine.
    if (error instanceof StrowgerError || error instanceof URIError) return undefined;
    throw error;
  }
}

/**
 * The header lines that a request has to have which a REFER asks for: those in the URI of its
 * Refer-To (`Replaces` for an attended transfer), as far as they may be honoured, and its Referred-By
 * as it came (RFC 3892 §2.2).
 *
 * @param refer The REFER.
 * @returns Lines for `extraHeaders`.
 */
export function referencedHeaders(refer: IncomingMessage): string[] {
  const referTo = refer.parseHeader("Refer-To");
  const headers = referTo === undefined || referTo instanceof Fault ? {} : referTo.uri.headers;
  const lines: string[] = [];
  for (const name in headers) {
    for (const value of headers[name] ?? []) {
      const line = lineOf(name, value);
      if (line !== undefined) lines.push(line);
    }
  }
  const referredBy = refer.parseHeader("Referred-By");
  if (referredBy !== undefined && !(referredBy instanceof Fault)) {
    lines.push(`Referred-By: ${refer.getHeader("Referred-By")}`);
  }
  return lines;
}
