/**
 * What every message of RFC 4475 and RFC 5118 has to come to. The files beside this table hold the
 * messages octet for octet; a row says what the RFC says of one, and what the parser makes of it.
 *
 * @module
 */
import { invalid } from "./rfc4475_invalid.ts";
import { semantics } from "./rfc4475_semantics.ts";
import { valid } from "./rfc4475_valid.ts";
import { ipv6 } from "./rfc5118.ts";

/** Display name, URI as text, tag. */
export type Party = [name: string | undefined, uri: string, tag: string | undefined];

/** One Via value: transport, sent-by, branch. */
export type Hop = [transport: string, sentBy: string, branch: string | undefined];

/** What can be read from a well-formed message. Names of parameters are in lower case. */
export interface Facts {
  /** A request's method. */
  readonly method?: string;
  /** A request's URI. */
  readonly ruri?: string;
  /** A response's code. */
  readonly status?: number;
  /** A response's reason phrase. */
  readonly reason?: string;
  readonly from: Party;
  readonly to: Party;
  readonly callId: string;
  readonly cseq: number;
  /** All Via values, topmost first. */
  readonly vias: readonly Hop[];
  /** The `received` of each of them, where the message is about that. */
  readonly received?: readonly (string | undefined)[];
  readonly maxForwards?: number;
  /** The URIs of all Contact values. */
  readonly contacts?: readonly string[];
  /** The parameters of the first Contact value, those behind its URI. */
  readonly contactParameters?: Readonly<Record<string, string | null>>;
  /** The URIs of all Route values. */
  readonly routes?: readonly string[];
  /** Other headers: all their values as text, lists split at their commas. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  /** Octets of the body; they are the first ones behind the empty line. */
  readonly body: number;
}

interface Message {
  /** The file, below this folder. */
  readonly file: string;
  /** Where the RFC describes it. */
  readonly section: string;
  /** What the RFC says of it, in short. */
  readonly says: string;
}

/** A message that parses. */
export interface WellFormed extends Message {
  readonly facts: Facts;
  /**
   * What a user agent answers although the message is well formed; several where the RFC leaves the
   * choice, and `discard` for a response that it drops.
   */
  readonly answer?: readonly (number | "discard")[];
  /** A header that is broken but that no routing needs: reading it gives the fault. */
  readonly broken?: string;
}

/** A message that does not parse. */
export interface Malformed extends Message {
  readonly fault: {
    /**
     * The header in which the fault may be reported, `start line` or `framing`; several where more
     * than one is wrong.
     */
    readonly in: readonly string[];
    /** The response code; several where the RFC leaves the choice, `discard` for a response. */
    readonly status: readonly (number | "discard")[];
    /** Set where headers that a response has to repeat are missing. */
    readonly unanswerable?: true;
  };
}

/** A row of the table. */
export type Vector = WellFormed | Malformed;

/** All of them, in the order of the RFCs. */
export const vectors: readonly Vector[] = [...valid, ...invalid, ...semantics, ...ipv6];
