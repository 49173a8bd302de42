/**
 * The names that have to be unique over space and time: branches, tags and Call-IDs
 * (RFC 3261 §8.1.1.4, §8.1.1.7, §19.3).
 *
 * @module
 */

/** Fills the array with random octets; `crypto.getRandomValues` is one. */
export type RandomSource = (octets: Uint8Array<ArrayBuffer>) => void;

/** RFC 3261 §8.1.1.7: "The branch ID ... MUST always begin with the characters "z9hG4bK"." */
export const MAGIC_COOKIE = "z9hG4bK";

const POOL = 1024;
// One character for five bits, so that every character is equally likely.
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

/**
 * Makes identifiers from a source of random octets.
 *
 * @example
 * ```ts
 * import { Identifiers } from "@strowger/sip/messages";
 *
 * const identifiers = new Identifiers();
 * console.assert(identifiers.branch().startsWith("z9hG4bK"));
 * ```
 */
export class Identifiers {
  private readonly fill: RandomSource;
  private pool: Uint8Array<ArrayBuffer> | undefined;
  private used = POOL;

  /**
   * Nothing is drawn before the first identifier is made.
   *
   * @param fill Where octets come from; the runtime's cryptographic source by default.
   */
  constructor(fill: RandomSource = (octets) => void crypto.getRandomValues(octets)) {
    this.fill = fill;
  }

  /** A branch: the cookie and 120 random bits. */
  branch(): string {
    return MAGIC_COOKIE + this.characters(24);
  }

  /** A From or To tag: 80 random bits; RFC 3261 §19.3 asks for 32 at least. */
  tag(): string {
    return this.characters(16);
  }

  /** A Call-ID: 120 random bits and no host name, which would tell where the call is from. */
  callId(): string {
    return this.characters(24);
  }

  /** A number from 0 to `below` - 1, for what only has to be spread; `below` is at most 2^24. */
  number(below: number): number {
    return this.word() % below;
  }

  /**
   * What to count from in RSeq. RFC 3262 §3: it "MUST be between 1 and 2**31 - 1. It is RECOMMENDED
   * that it be chosen uniformly in this range."
   */
  sequence(): number {
    return 1 + this.word() % (2 ** 31 - 1);
  }

  /** A text of random letters and digits, five bits each. */
  characters(count: number): string {
    let text = "";
    for (let i = 0; i < count; i++) text += ALPHABET.charAt(this.octet() & 31);
    return text;
  }

  /** 32 random bits. */
  private word(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + this.octet();
    return value;
  }

  /** Octets are drawn in bulk: a system call for each name would cost more than the name. */
  private octet(): number {
    this.pool ??= new Uint8Array(POOL);
    if (this.used === POOL) {
      this.fill(this.pool);
      this.used = 0;
    }
    return this.pool[this.used++] ?? 0;
  }
}

let shared: Identifiers | undefined;

/** The identifiers of messages that are made without a core; made at first use, not at import. */
export function sharedIdentifiers(): Identifiers {
  return shared ??= new Identifiers();
}
