/**
 * Credentials: Authorization and Proxy-Authorization (RFC 7616 §3.4, RFC 3261 §20.7, §20.28).
 *
 * @module
 */
import type { DigestAlgorithm, DigestQop } from "./digest.ts";
import { quoted, readAlgorithm } from "./digest_challenge.ts";
import type { AuthenticationHeader } from "./headers.ts";

/** What a client answers a challenge with. */
export interface DigestCredentials {
  /** The user's name, or its hash. */
  readonly username: string;
  /** The realm of the challenge. */
  readonly realm: string;
  /** Its nonce. */
  readonly nonce: string;
  /** The Request-URI that was hashed. */
  readonly uri: string;
  /** The digest: see `digestResponse`. */
  readonly response: string;
  /** The algorithm; absent, it is MD5. */
  readonly algorithm?: DigestAlgorithm | undefined;
  /** The client's nonce; with `qop` only. */
  readonly cnonce?: string | undefined;
  /** As the challenge has it. */
  readonly opaque?: string | undefined;
  /** How the request is protected. */
  readonly qop?: DigestQop | undefined;
  /** How often the nonce was used, eight hexadecimal digits; with `qop` only. */
  readonly nc?: string | undefined;
  /** Whether `username` is a hash. */
  readonly userhash?: boolean | undefined;
}

/**
 * The credentials as the value of a header. RFC 7616 §3.4: "qop, algorithm, and nc" MUST NOT be
 * quoted, all others are; in SIP a quoted string is UTF-8 as it stands, so that no `username*` is
 * needed.
 */
export function printCredentials(credentials: DigestCredentials): string {
  const { username, realm, nonce, uri, response } = credentials;
  const { algorithm, cnonce, opaque, qop, nc, userhash } = credentials;
  const parts = [
    quoted("username", username),
    quoted("realm", realm),
    quoted("nonce", nonce),
    quoted("uri", uri),
    quoted("response", response),
  ];
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
  if (cnonce !== undefined) parts.push(quoted("cnonce", cnonce));
  if (opaque !== undefined) parts.push(quoted("opaque", opaque));
  if (qop !== undefined) parts.push(`qop=${qop}`);
  if (nc !== undefined) parts.push(`nc=${nc}`);
  if (userhash) parts.push("userhash=true");
  return `Digest ${parts.join(", ")}`;
}

/** `UTF-8''J%C3%A4s%C3%B8n` (RFC 5987), in which HTTP has what is no ISO 8859-1. */
function readExtended(value: string | null | undefined): string | undefined {
  const encoded = /^UTF-8'[^']*'(.*)$/i.exec(value ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** The credentials in a header; `undefined` for what is no digest, or not a whole one. */
export function readCredentials(header: AuthenticationHeader): DigestCredentials | undefined {
  const { realm, nonce, uri, response, algorithm: name, nc, userhash } = header.parameters;
  const { cnonce, opaque, qop: protection } = header.parameters;
  const username = header.parameters["username"] ?? readExtended(header.parameters["username*"]);
  const algorithm = readAlgorithm(name);
  const qop = protection?.toLowerCase();
  if (header.scheme !== "digest" || !username || !realm || !nonce || !uri || !response) {
    return undefined;
  }
  if (name !== undefined && algorithm === undefined) return undefined;
  const common = { username, realm, nonce, uri, response, algorithm, opaque: opaque ?? undefined };
  const isHashed = userhash?.toLowerCase() === "true";
  if (qop === undefined) return { ...common, userhash: isHashed };
  if (qop !== "auth" && qop !== "auth-int") return undefined;
  if (!cnonce || !/^[0-9a-f]{8}$/i.test(nc ?? "")) return undefined;
  return { ...common, userhash: isHashed, qop, cnonce, nc: nc ?? "" };
}
