/**
 * Nonces that need no memory until they are used (RFC 7616 §3.3: "The contents of the nonce are
 * implementation dependent").
 *
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Identifiers } from "../../messages/mod.ts";

const TIME_DIGITS = 12;
const SEAL_DIGITS = 32;

const encoder = new TextEncoder();

/** How a nonce was used. */
interface Use {
  readonly issued: number;
  /** The highest count that has come with it. */
  count: number;
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/**
 * Makes nonces and knows its own: each has the time in it, and a seal that only this object can make.
 * A flood of requests without credentials leaves nothing here.
 */
export class ServerNonces {
  readonly #secret: Uint8Array;
  readonly #identifiers: Identifiers;
  readonly #now: () => number;
  readonly #lifetime: number;
  readonly #limit: number;
  /** Those that came back with a right digest. */
  readonly #uses = new Map<string, Use>();
  /** What was issued up to here and is not in the table was used and forgotten, or may have been. */
  #forgottenUpTo = -1;

  constructor(
    identifiers: Identifiers,
    options: { readonly now: () => number; readonly lifetime: number; readonly limit: number },
  ) {
    // 256 bits at five a character.
    this.#secret = encoder.encode(identifiers.characters(52));
    this.#identifiers = identifiers;
    this.#now = options.now;
    this.#lifetime = options.lifetime;
    this.#limit = options.limit;
  }

  /** A new one. */
  make(): string {
    const time = Math.floor(this.#now()).toString(16).padStart(TIME_DIGITS, "0");
    const body = time + this.#identifiers.characters(16);
    return body + this.#seal(body);
  }

  /**
   * Takes a nonce that has come back with a right digest; false where it is too old, not one of ours,
   * or has come with this count before.
   */
  take(nonce: string, count: number): boolean {
    const issued = this.#issued(nonce);
    if (issued === undefined || this.#now() - issued > this.#lifetime) return false;
    const use = this.#uses.get(nonce);
    if (use === undefined) return this.#enter(nonce, issued, count);
    // RFC 7616 §3.4: the count "is used so that the server can detect request replays".
    if (count <= use.count) return false;
    use.count = count;
    return true;
  }

  #enter(nonce: string, issued: number, count: number): boolean {
    if (issued <= this.#forgottenUpTo || count < 1) return false;
    this.#uses.set(nonce, { issued, count });
    if (this.#uses.size > this.#limit) this.#forget();
    return true;
  }

  /** Drops the one that came first; nobody may use it again. */
  #forget(): void {
    for (const [nonce, { issued }] of this.#uses) {
      this.#uses.delete(nonce);
      if (this.#now() - issued <= this.#lifetime) {
        this.#forgottenUpTo = Math.max(this.#forgottenUpTo, issued);
      }
      return;
    }
  }

  /** When one of ours was made. */
  #issued(nonce: string): number | undefined {
    const body = nonce.slice(0, -SEAL_DIGITS);
    if (!equalInConstantTime(this.#seal(body), nonce.slice(-SEAL_DIGITS))) return undefined;
    return parseInt(body.slice(0, TIME_DIGITS), 16);
  }

  #seal(body: string): string {
    return bytesToHex(hmac(sha256, this.#secret, encoder.encode(body))).slice(0, SEAL_DIGITS);
  }
}
