/**
 * The tags in To of answers of which nothing is kept. RFC 3261 §8.2.7: they "MUST be generated ... in a
 * manner that will generate the same tag for the same request consistently."
 *
 * @module
 */
import type { Identifiers } from "../../messages/mod.ts";

/** What tells a request from another, and is the same when it comes again. */
export interface RequestIdentity {
  readonly from: string;
  readonly callId: string;
  readonly cseq: string;
  /** The topmost Via. */
  readonly via: string;
}

/** A hash of 64 bits (FNV-1a, twice), in the letters that a token may have. */
function hash(text: string): string {
  let [high, low] = [0x811c9dc5, 0x1b873593];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code ^ (high >>> 15), 0x85ebca6b);
  }
  return (high >>> 0).toString(36) + (low >>> 0).toString(36);
}

/** See the module. */
export class StatelessTags {
  private readonly identifiers: Identifiers;
  /** So that each core has tags of its own: §19.3 wants them "globally unique". */
  private secret: string | undefined;

  constructor(identifiers: Identifiers) {
    this.identifiers = identifiers;
  }

  /** The tag for the answers to a request. */
  of({ from, callId, cseq, via }: RequestIdentity): string {
    this.secret ??= this.identifiers.tag();
    return hash([this.secret, from, callId, cseq, via].join("\n"));
  }
}
