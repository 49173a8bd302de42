/**
 * The session descriptions of the flows.
 *
 * @module
 */
import type { Body } from "@strowger/sip";

/** A description of a session; more lines say how media go, as in `a=sendonly`. */
export function sdp(who: string, host: string, address: string, port: number, more = ""): Body {
  const lines = [
    "v=0",
    `o=${who} IN IP4 ${host}`,
    "s=-",
    `c=IN IP4 ${address}`,
    "t=0 0",
    `m=audio ${port} RTP/AVP 0`,
    "a=rtpmap:0 PCMU/8000",
    ...more === "" ? [] : [more],
  ];
  const content = lines.map((line) => `${line}\r\n`).join("");
  return { contentDisposition: "session", contentType: "application/sdp", content };
}

/** RFC 3665 §3.1 F1: 151 octets. */
export const ALICE_SDP: Body = sdp(
  "alice 2890844526 2890844526",
  "client.atlanta.example.com",
  "192.0.2.101",
  49172,
);

/** RFC 3665 §3.1 F3: 147 octets. */
export const BOB_SDP: Body = sdp(
  "bob 2890844527 2890844527",
  "client.biloxi.example.com",
  "192.0.2.201",
  3456,
);

/** RFC 3665 §3.6 F9: 148 octets. */
export const CHICAGO_SDP: Body = sdp(
  "bob 2890844527 2890844527",
  "client.chicago.example.com",
  "192.0.2.100",
  3456,
);
