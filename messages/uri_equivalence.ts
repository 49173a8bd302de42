/**
 * When two URIs mean the same (RFC 3261 §19.1.4, RFC 3966 §4).
 *
 * @module
 */
import type { URI } from "./uri.ts";

/** RFC 2396's reserved characters: escaped and bare they are different. */
const RESERVED = ";/?:@&=+$,";

/** "Characters other than those in the "reserved" set are equivalent to their "%" HEX HEX" form. */
function normalise(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%[0-9a-fA-F]{2}/g, (escape) => {
    const code = parseInt(escape.slice(1), 16);
    const character = String.fromCharCode(code);
    const bare = code > 0x20 && code < 0x7f && code !== 0x25 && !RESERVED.includes(character);
    return bare ? character : escape.toUpperCase();
  });
}

/** An IPv6 reference as its eight groups, so that `[::1]` is `[0:0:0:0:0:0:0:1]` (RFC 5954 §4). */
function normaliseHost(host: string): string {
  if (!host.startsWith("[")) return host.toLowerCase();
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)\]$/.exec(host);
  let inner = host.slice(1, -1).toLowerCase();
  if (dotted) {
    const [a, b, c, d] = dotted.slice(1).map(Number);
    const high = ((a ?? 0) * 256 + (b ?? 0)).toString(16);
    const low = ((c ?? 0) * 256 + (d ?? 0)).toString(16);
    inner = `${inner.slice(0, inner.lastIndexOf(":") + 1)}${high}:${low}`;
  }
  const [left = "", right] = inner.split("::");
  const before = left === "" ? [] : left.split(":");
  const after = right === undefined || right === "" ? [] : right.split(":");
  const zeros = right === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...new Array<string>(zeros).fill("0"), ...after];
  return groups.map((group) => group.replace(/^0+(?=.)/, "")).join(":");
}

function sameValue(a: string | null | undefined, b: string | null | undefined): boolean {
  if (typeof a !== "string" || typeof b !== "string") return a === b;
  return normalise(a).toLowerCase() === normalise(b).toLowerCase();
}

/**
 * "A user, ttl, or method uri-parameter appearing in only one URI never matches", nor does maddr;
 * that transport is of the same kind is shown by the RFC's examples.
 */
const NEVER_IGNORED = ["user", "ttl", "method", "maddr", "transport"];

/** The parameters by their name without escapes and in lower case. */
function parametersOf(uri: URI): Map<string, string | null> {
  const values = new Map<string, string | null>();
  for (const name in uri.parameters) {
    values.set(normalise(name).toLowerCase(), uri.parameters[name] ?? null);
  }
  return values;
}

function sameParameters(first: URI, second: URI): boolean {
  const a = parametersOf(first);
  const b = parametersOf(second);
  for (const [name, value] of a) if (b.has(name) && !sameValue(value, b.get(name))) return false;
  return NEVER_IGNORED.every((name) => a.has(name) === b.has(name));
}

/** "URI header components are never ignored." */
function sameHeaders(a: URI, b: URI): boolean {
  const canonical = (uri: URI): string =>
    Object.keys(uri.headers)
      .flatMap((name) =>
        (uri.headers[name] ?? []).map((value) => `${name.toLowerCase()}=${normalise(value)}`)
      )
      .sort().join("&");
  return canonical(a) === canonical(b);
}

/** RFC 3966 §3: visual separators in a number are there for people only. */
function digits(number: string): string {
  return normalise(number).replace(/[-.()]/g, "").toLowerCase();
}

/** RFC 3966 §4: separators do not count, and every parameter has to be in both. */
function sameTel(first: URI, second: URI): boolean {
  const a = parametersOf(first);
  const b = parametersOf(second);
  if (digits(first.user ?? "") !== digits(second.user ?? "") || a.size !== b.size) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    // A context that is a number is compared as one.
    const isNumber = name === "phone-context" && value?.startsWith("+") && other?.startsWith("+");
    const isSame = isNumber ? digits(value ?? "") === digits(other ?? "") : sameValue(value, other);
    if (!b.has(name) || !isSame) return false;
  }
  return true;
}

/**
 * Whether two URIs are equivalent by the rules of RFC 3261 §19.1.4; `tel:` URIs by those of RFC
 * 3966 §4, any other scheme character by character.
 *
 * @example
 * ```ts
 * import { equivalentURI, URI } from "@strowger/sip";
 *
 * const a = URI.parse("sip:%61lice@atlanta.com;transport=TCP");
 * console.assert(equivalentURI(a, URI.parse("sip:alice@AtLanTa.CoM;Transport=tcp")));
 * ```
 */
export function equivalentURI(a: URI, b: URI): boolean {
  if (a.scheme.toLowerCase() !== b.scheme.toLowerCase()) return false;
  if (a.opaque !== undefined || b.opaque !== undefined) return a.opaque === b.opaque;
  if (a.scheme.toLowerCase() === "tel") return sameTel(a, b);
  return normalise(a.user ?? "") === normalise(b.user ?? "") &&
    (a.user === undefined) === (b.user === undefined) &&
    normalise(a.password ?? "") === normalise(b.password ?? "") &&
    (a.password === undefined) === (b.password === undefined) &&
    normaliseHost(a.host) === normaliseHost(b.host) &&
    a.port === b.port &&
    sameParameters(a, b) &&
    sameHeaders(a, b);
}
