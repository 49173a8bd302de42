/**
 * Challenges: WWW-Authenticate and Proxy-Authenticate (RFC 7616 §3.3, RFC 3261 §20.27, §20.44).
 *
 * @module
 */
import {
  DIGEST_HASHES,
  type DigestAlgorithm,
  type DigestHash,
  type DigestQop,
  hashOf,
} from "./digest.ts";
import type { AuthenticationHeader } from "./headers.ts";
import { checkLine } from "./line.ts";
import { quote } from "./scanner.ts";

/** What a server asks of a client. */
export interface DigestChallenge {
  /** Whose password is asked for; in SIP "the realm string alone defines the protection domain". */
  readonly realm: string;
  /** The server's nonce. */
  readonly nonce: string;
  /** What has to come back as it is. */
  readonly opaque?: string | undefined;
  /** The algorithm; absent, it is MD5. */
  readonly algorithm?: DigestAlgorithm | undefined;
  /** How the request may be protected; empty where the server is of RFC 2069. */
  readonly qop: readonly DigestQop[];
  /** Whether only the nonce of the last request was too old, and not its password wrong. */
  readonly stale: boolean;
  /** Whether the user name may come hashed. */
  readonly userhash: boolean;
}

const ALGORITHMS: readonly DigestAlgorithm[] = DIGEST_HASHES.flatMap((hash) =>
  [hash, `${hash}-sess`] as const
);

/** The algorithm of a challenge or of credentials, by its name in any case. */
export function readAlgorithm(name: string | null | undefined): DigestAlgorithm | undefined {
  return ALGORITHMS.find((each) => each.toLowerCase() === name?.toLowerCase());
}

function readQop(value: string): DigestQop[] {
  const tokens = value.toLowerCase().split(",").map((token) => token.trim());
  return (["auth", "auth-int"] as const).filter((qop) => tokens.includes(qop));
}

/** The challenge in a header; `undefined` for what no client of ours could answer. */
export function readChallenge(header: AuthenticationHeader): DigestChallenge | undefined {
  const { realm, nonce, opaque, algorithm: name, qop: offered, stale, userhash } =
    header.parameters;
  const algorithm = readAlgorithm(name);
  const qop = readQop(offered ?? "");
  // §22: "servers MUST NOT accept credentials using the "Basic" authorization scheme": nor do we
  // give any.
  if (header.scheme !== "digest" || !isText(realm) || !isText(nonce)) return undefined;
  if (opaque !== undefined && !isText(opaque)) return undefined;
  if (name !== undefined && algorithm === undefined) return undefined;
  if (offered !== undefined && qop.length === 0) return undefined;
  // §22.4: algorithms with a dependency on the cnonce "require that the qop directive be sent".
  if (qop.length === 0 && algorithm !== undefined && algorithm !== hashOf(algorithm)) {
    return undefined;
  }
  return {
    realm,
    nonce,
    opaque,
    algorithm,
    qop,
    stale: stale?.toLowerCase() === "true",
    userhash: userhash?.toLowerCase() === "true",
  };
}

/** What a peer can make grow has a limit: it is kept, and goes back with every request. */
const MAX_LENGTH = 4096;

/** A parameter of one line: an escaped CR or LF in it could not be sent back. */
export function isText(value: string | null | undefined): value is string {
  return typeof value === "string" && value.length <= MAX_LENGTH && !/[\r\n\0]/.test(value);
}

/** The hash function that a challenge is answered with. */
export function hashOfChallenge({ algorithm }: DigestChallenge): DigestHash {
  return algorithm === undefined ? "MD5" : hashOf(algorithm);
}

/**
 * The challenge to answer out of several of one realm: that of the strongest algorithm, and of
 * equals the topmost. RFC 8760 §2.4 has the topmost that is supported "unless a local policy
 * dictates otherwise": whoever is in between could change the order, or take the strongest away.
 *
 * @param hashes Which are allowed.
 */
export function chooseChallenge(
  challenges: readonly DigestChallenge[],
  hashes: readonly DigestHash[] = DIGEST_HASHES,
): DigestChallenge | undefined {
  for (const hash of DIGEST_HASHES) {
    const found = challenges.find((each) => hashOfChallenge(each) === hash);
    if (found !== undefined && hashes.includes(hash)) return found;
  }
  return undefined;
}

/** A parameter in quotes, as RFC 7616 §3.3 and §3.4 want some and forbid others. */
export function quoted(name: string, value: string): string {
  return `${name}=${quote(checkLine(name, value))}`;
}

/** The challenge as the value of a header. */
export function printChallenge(challenge: DigestChallenge): string {
  const { realm, nonce, opaque, algorithm, qop, stale, userhash } = challenge;
  const parts = [quoted("realm", realm), quoted("nonce", nonce)];
  if (opaque !== undefined) parts.push(quoted("opaque", opaque));
  // §3.3: "For historical reasons" qop is quoted here, and stale and algorithm MUST NOT be.
  if (qop.length > 0) parts.push(quoted("qop", qop.join(",")));
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
  if (stale) parts.push("stale=true");
  if (userhash) parts.push("userhash=true");
  return `Digest ${parts.join(", ")}`;
}
