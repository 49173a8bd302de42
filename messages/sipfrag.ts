/**
 * `message/sipfrag`: a part of a SIP message as a body (RFC 3420), as REFER's NOTIFYs have it: "The
 * body of a NOTIFY MUST begin with a SIP Response Status-Line" (RFC 3515 §2.4.5).
 *
 * @module
 */
import type { Body } from "./body.ts";
import { InvalidArgumentError } from "./errors.ts";
import { checkLine } from "./line.ts";
import { reasonPhraseOf } from "./reason_phrases.ts";

/** The status of what a REFER asked for. */
export interface Sipfrag {
  /** The status code, 100 to 699. */
  readonly statusCode: number;
  /** The reason phrase, for people to read. */
  readonly reasonPhrase: string;
}

/**
 * The status line at the beginning of a `message/sipfrag`, or `undefined` where there is none.
 *
 * @param body The text of the body, as `message.body` has it.
 *
 * @example
 * ```ts
 * import { parseSipfrag } from "@strowger/sip";
 *
 * console.assert(parseSipfrag("SIP/2.0 486 Busy Here\r\n")?.statusCode === 486);
 * ```
 */
export function parseSipfrag(body: string): Sipfrag | undefined {
  const match = /^SIP\/2\.0 ([1-6]\d\d)(?: ([^\r\n]*))?(?:\r?\n|$)/i.exec(body);
  if (match === null) return undefined;
  return { statusCode: Number(match[1]), reasonPhrase: match[2] ?? "" };
}

/**
 * Makes the body of a NOTIFY that reports a status.
 *
 * @param reasonPhrase The RFC's own for the status code by default.
 * @throws `InvalidArgumentError` for what is no status line.
 */
export function sipfrag(statusCode: number, reasonPhrase?: string): Body {
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 699) {
    throw new InvalidArgumentError("statusCode", "an integer from 100 to 699", `${statusCode}`);
  }
  const reason = checkLine("reasonPhrase", reasonPhrase ?? reasonPhraseOf(statusCode));
  return {
    contentDisposition: "",
    contentType: "message/sipfrag;version=2.0",
    content: `SIP/2.0 ${statusCode} ${reason}\r\n`,
  };
}
