/**
 * Tells SIP from what else may be in a packet, by its first line.
 *
 * @module
 */

const decoder = new TextDecoder("latin1");
/** RFC 3261 §25.1. */
const TOKEN = /^[\w.!%*+`'~-]{1,64}$/;
/** A Request-URI that is longer than that is nobody's. */
const MAX_LINE = 4_096;

/** Whether octets begin as a SIP message does; they may be cut off before the end of its line. */
export function looksLikeSip(octets: Uint8Array): boolean {
  const text = decoder.decode(octets.subarray(0, MAX_LINE));
  // RFC 3261 §7.5: empty lines before a message are to be ignored.
  const start = text.search(/[^\r\n]/);
  if (start < 0) return false;
  const [line = ""] = text.slice(start).split("\r\n", 1);
  if (line.startsWith("SIP/2.0 ")) return true;
  const [method = "", uri = "", version = ""] = line.split(" ");
  const isWhole = line.length < text.length - start;
  return TOKEN.test(method) && uri.includes(":") && (version === "SIP/2.0" || !isWhole);
}
