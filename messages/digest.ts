/**
 * The digest itself: what a user name, a password and a request are hashed to (RFC 7616 §3.4; RFC
 * 8760 §2 for SHA-256 and SHA-512/256 in SIP; RFC 3261 §22.4).
 *
 * @module
 */
import { md5 } from "@noble/hashes/legacy.js";
import { sha256, sha512_256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** A hash function, by its name in `algorithm`. */
export type DigestHash = "MD5" | "SHA-256" | "SHA-512-256";
/** What `algorithm` may say: with `-sess`, the password's hash is bound to the nonce. */
export type DigestAlgorithm = DigestHash | `${DigestHash}-sess`;
/** What is protected: the request's method and URI, or its body, too. */
export type DigestQop = "auth" | "auth-int";

/** The hash functions, the strongest first. */
export const DIGEST_HASHES: readonly DigestHash[] = ["SHA-512-256", "SHA-256", "MD5"];

const FUNCTIONS: { readonly [H in DigestHash]: (octets: Uint8Array) => Uint8Array } = {
  "MD5": md5,
  "SHA-256": sha256,
  "SHA-512-256": sha512_256,
};

const encoder = new TextEncoder();

/** The hash of a text in UTF-8, or of octets, in lower-case hexadecimal digits. */
export function digestHash(hash: DigestHash, data: string | Uint8Array): string {
  const octets = typeof data === "string" ? encoder.encode(data) : data;
  return bytesToHex(FUNCTIONS[hash](octets));
}

/** The hash function of an algorithm. */
export function hashOf(algorithm: DigestAlgorithm): DigestHash {
  return algorithm.replace(/-sess$/, "") as DigestHash;
}

/**
 * HA1, the hash of what a user is known by: whoever has it needs no password (RFC 7616 §3.4.2).
 *
 * @example
 * ```ts
 * import { digestHA1 } from "@strowger/sip/messages";
 *
 * const ha1 = digestHA1("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life");
 * console.assert(ha1 === "939e7578ed9e3c518a452acee763bce9");
 * ```
 */
export function digestHA1(
  hash: DigestHash,
  username: string,
  realm: string,
  password: string,
): string {
  return digestHash(hash, `${username}:${realm}:${password}`);
}

/** What a response to a challenge is made from. */
export interface DigestInput {
  /** The algorithm. */
  readonly algorithm: DigestAlgorithm;
  /** See {@linkcode digestHA1}. */
  readonly ha1: string;
  /** The request's method. */
  readonly method: string;
  /** The Request-URI, as it is sent. */
  readonly uri: string;
  /** The server's nonce. */
  readonly nonce: string;
  /** How the request is protected; absent as in RFC 2069, where the challenge offers nothing. */
  readonly qop?: DigestQop | undefined;
  /** How often the nonce was used, eight hexadecimal digits; with `qop` only. */
  readonly nc?: string | undefined;
  /** The client's nonce; with `qop` only. */
  readonly cnonce?: string | undefined;
  /** The body, for `auth-int`. */
  readonly body?: string | Uint8Array | undefined;
}

/** The response to a challenge (RFC 7616 §3.4.1). */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, qop, nc = "", cnonce = "" } = input;
  const hash = hashOf(algorithm);
  // §3.4.2: with -sess, "A1 = H( unq(username) ":" unq(realm) ":" passwd ) ":" unq(nonce-prime) ":"
  // unq(cnonce-prime)".
  const ha1 = algorithm === hash ? input.ha1 : digestHash(hash, `${input.ha1}:${nonce}:${cnonce}`);
  let a2 = `${input.method}:${input.uri}`;
  // RFC 8760 §2.3 has the hash of an empty string for an empty body, by the algorithm in use.
  if (qop === "auth-int") a2 += `:${digestHash(hash, input.body ?? "")}`;
  const ha2 = digestHash(hash, a2);
  // "If the "qop" directive is not present", as in RFC 2069.
  if (qop === undefined) return digestHash(hash, `${ha1}:${nonce}:${ha2}`);
  return digestHash(hash, `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`);
}
