/**
 * Challenges of a scripted server, and its check of what comes back: RFC 7616 §3.4 written out once
 * more, with the hashes of another library.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { Fault, type IncomingRequestMessage } from "@strowger/sip";
import type { Exchange } from "./exchange.ts";

const HASHES: Record<string, string> = {
  "MD5": "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

export type CredentialsHeader = "Authorization" | "Proxy-Authorization";

/** What a challenge says; everything has a default. */
export interface ChallengeScript {
  readonly realm?: string;
  readonly nonce?: string;
  readonly algorithm?: string;
  readonly qop?: string;
  readonly opaque?: string;
  readonly stale?: boolean;
  readonly proxy?: boolean;
}

/** A header line with a challenge. */
export function challenge(script: ChallengeScript = {}): string {
  const { realm = "biloxi.com", nonce = "n1", algorithm, qop, opaque, stale, proxy } = script;
  const parts = [`realm="${realm}"`, `nonce="${nonce}"`];
  if (qop !== undefined) parts.push(`qop="${qop}"`);
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
  if (opaque !== undefined) parts.push(`opaque="${opaque}"`);
  if (stale) parts.push("stale=TRUE");
  return `${proxy ? "Proxy" : "WWW"}-Authenticate: Digest ${parts.join(", ")}`;
}

/** The parameters of the credentials that a request has for a realm. */
export function credentialsIn(
  request: IncomingRequestMessage,
  header: CredentialsHeader = "Authorization",
  realm = "biloxi.com",
): Record<string, string | null> | undefined {
  const parsed = request.parseHeader(header) ?? [];
  if (parsed instanceof Fault) throw new Error(`${parsed}`);
  return parsed.find(({ parameters }) => parameters["realm"] === realm)?.parameters;
}

/** Whether a request has credentials for a realm that were made with this password. */
export function isRight(
  request: IncomingRequestMessage,
  password: string,
  header?: CredentialsHeader,
  realm?: string,
): boolean {
  const p = credentialsIn(request, header, realm);
  if (p === undefined) return false;
  const [, hash = "", sess] = /^(.*?)(-sess)?$/.exec(p["algorithm"] ?? "MD5") ?? [];
  const h = (data: string | Uint8Array) =>
    createHash(HASHES[hash] ?? "").update(data).digest("hex");
  const basis = h(`${p["username"]}:${p["realm"]}:${password}`);
  const ha1 = sess ? h(`${basis}:${p["nonce"]}:${p["cnonce"]}`) : basis;
  const body = p["qop"] === "auth-int" ? `:${h(request.bodyBytes)}` : "";
  const ha2 = h(`${request.method}:${request.ruri}${body}`);
  const rest = p["qop"] ? `${p["nonce"]}:${p["nc"]}:${p["cnonce"]}:${p["qop"]}` : p["nonce"];
  return p["uri"] === `${request.ruri}` && p["response"] === h(`${ha1}:${rest}:${ha2}`);
}

/** Refuses the last request of a method with challenges, and returns the next one. */
export function refuse(
  x: Exchange,
  method: string,
  status: number,
  ...scripts: ChallengeScript[]
): IncomingRequestMessage {
  const headers = scripts.map((script) => challenge({ proxy: status === 407, ...script }));
  x.peer.respond(x.peer.request(method), status, { headers });
  return x.peer.request(method);
}
