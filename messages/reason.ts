/**
 * Reason: why a request or a response was sent (RFC 3326).
 *
 * @module
 */
import { Fault } from "./fault.ts";
import type { IncomingMessage } from "./incoming_message.ts";

/** One reason. */
export interface Reason {
  /** Whose causes these are, in capitals: `SIP`, `Q.850`. */
  readonly protocol: string;
  /** The cause: for `SIP`, a status code; absent where there is none, or what is there is no number. */
  readonly cause: number | undefined;
  /** For people to read. */
  readonly text: string | undefined;
}

/**
 * Why a message was sent, as far as it says: a CANCEL, a BYE, or any other. RFC 3326 §2: "An
 * implementation is free to ignore Reason values that it does not understand"; where the header
 * cannot be read, none is told.
 *
 * @example A call that was answered elsewhere is no missed call
 * ```ts
 * import { type IncomingRequestMessage, parseMessage, reasonsOf } from "@strowger/sip";
 *
 * function isAnsweredElsewhere(cancel: IncomingRequestMessage): boolean {
 *   return reasonsOf(cancel).some(({ protocol, cause }) => protocol === "SIP" && cause === 200);
 * }
 *
 * const cancel = parseMessage(new TextEncoder().encode([
 *   "CANCEL sip:bob@bob.example SIP/2.0",
 *   "Via: SIP/2.0/UDP alice.example;branch=z9hG4bK1",
 *   "From: <sip:alice@alice.example>;tag=1",
 *   "To: <sip:bob@bob.example>",
 *   "Call-ID: 1",
 *   "CSeq: 1 CANCEL",
 *   'Reason: SIP;cause=200;text="Call completed elsewhere"',
 *   "",
 *   "",
 * ].join("\r\n")));
 * console.assert(cancel.kind === "request" && isAnsweredElsewhere(cancel));
 * ```
 */
export function reasonsOf(message: IncomingMessage): Reason[] {
  const values = message.parseHeader("Reason");
  if (values === undefined || values instanceof Fault) return [];
  return values.map(({ value, parameters }) => {
    const { cause, text } = parameters;
    return {
      protocol: value.toUpperCase(),
      cause: /^\d{1,9}$/.test(cause ?? "") ? Number(cause) : undefined,
      text: text ?? undefined,
    };
  });
}
