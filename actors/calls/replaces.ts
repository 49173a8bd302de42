/**
 * Requests that name another call: one whose place they want to take (Replaces, RFC 3891), or one
 * that they know of (Target-Dialog, RFC 4538).
 *
 * @module
 */
import {
  Fault,
  type IncomingRequestMessage,
  InvalidStateError,
  type ResponseOptions,
} from "../../messages/mod.ts";
import { dialogKey, type InvitedCall, type Registry } from "../registry.ts";
import type { Session } from "./session.ts";

/** What else Replaces may say. */
export interface ReplacesOptions {
  /** Whether the call is to be left alone once it is answered. */
  earlyOnly?: boolean;
}

/**
 * The value of a Replaces header that names a session: for an INVITE to its far end, or to be handed
 * to somebody who sends one, as in the Refer-To of an attended transfer.
 *
 * @throws `InvalidStateError` for a session that cannot be replaced: one that is over, or that this
 * side is calling. RFC 3891 §4: "A UAC MUST NOT send an INVITE with a Replaces header field that
 * attempts to replace an early dialog which was not originated by the target of the INVITE".
 *
 * @example Attended transfer: Bob calls Carol, in the place of this side's call with her
 * ```ts
 * import { replacesValue, type Session } from "@strowger/sip";
 *
 * function transfer(bob: Session, carol: Session): void {
 *   const replaces = encodeURIComponent(replacesValue(carol));
 *   bob.refer({}, { extraHeaders: [`Refer-To: <${carol.remoteTarget}?Replaces=${replaces}>`] });
 * }
 * ```
 */
export function replacesValue(
  session: Session,
  { earlyOnly = false }: ReplacesOptions = {},
): string {
  const { callId, remoteTag, localTag, sessionState } = session;
  const isCalling = sessionState === "Early" && "isCaller" in session && session.isCaller === true;
  if (sessionState === "Terminated" || isCalling) {
    const found = isCalling ? "one that this side is calling" : "one that is over";
    throw new InvalidStateError(
      `replaces: expected a session that can be replaced, found ${found}`,
    );
  }
  // §3: "the to-tag parameter is compared to the local tag, and the from-tag parameter is compared to
  // the remote tag", by whoever gets it.
  const value = `${callId};to-tag=${remoteTag || "0"};from-tag=${localTag}`;
  return earlyOnly ? `${value};early-only` : value;
}

/**
 * The value of a Target-Dialog header that names a session, for a request to its far end outside of
 * it. RFC 4538 §3: both tags are as the recipient of the request sees them.
 */
export function targetDialogValue({ callId, localTag, remoteTag }: Session): string {
  return `${callId};local-tag=${remoteTag};remote-tag=${localTag}`;
}

/** A dialog, as one of these headers names it. */
interface NamedDialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Whether `early-only` is there, too. */
  readonly isEarlyOnly: boolean;
}

/** What a header names; `undefined` where it lacks one of its tags, or cannot be read. */
function dialogNamedIn(
  request: IncomingRequestMessage,
  header: "Replaces" | "Target-Dialog",
  localName: string,
  remoteName: string,
): NamedDialog | undefined {
  const named = request.parseHeader(header);
  if (named === undefined || named instanceof Fault) return undefined;
  const { value: callId, parameters } = named;
  const [localTag, remoteTag] = [parameters[localName], parameters[remoteName]];
  if (!localTag || !remoteTag) return undefined;
  return { callId, localTag, remoteTag, isEarlyOnly: parameters["early-only"] !== undefined };
}

/** The session that Target-Dialog names, where there is one here. */
export function targetDialogOf(
  registry: Registry,
  request: IncomingRequestMessage,
): Session | undefined {
  const target = dialogNamedIn(request, "Target-Dialog", "local-tag", "remote-tag");
  // §4: "If the dialog identifiers don't match, or if they don't contain both a remote-tag and
  // local-tag parameter, the header field MUST be ignored".
  if (target === undefined) return undefined;
  const key = dialogKey(target.callId, target.localTag, target.remoteTag);
  return registry.dialog(key)?.call?.session;
}

/** A call whose place an INVITE wants to take. */
export interface Replacement {
  readonly call: InvitedCall;
  /** Whether it is to be left alone once it is answered. */
  readonly isEarlyOnly: boolean;
}

/**
 * What Replaces in a request outside of a dialog asks for: a call that can be replaced; or the
 * refusal that it deserves; or nothing, where there is no such header (RFC 3891 §3).
 */
export function replacementOf(
  registry: Registry,
  request: IncomingRequestMessage,
): Replacement | ResponseOptions | undefined {
  if (!request.hasHeader("Replaces")) return undefined;
  // "if a Replaces header field is present in a request other than INVITE, the UAS MUST reject the
  // request with a 400 Bad Request response."
  if (request.method !== "INVITE") return badRequest("expected Replaces in an INVITE only");
  // "If both a Replaces header field and another header field with contradictory semantics are
  // present in a request, the request MUST be rejected with a 400": Join, by RFC 3911 §4.
  if (request.hasHeader("Join")) return badRequest("expected either Replaces or Join");
  const named = dialogNamedIn(request, "Replaces", "to-tag", "from-tag");
  if (named === undefined) return badRequest("expected one Replaces with to-tag and from-tag");
  const { callId, localTag, remoteTag, isEarlyOnly } = named;
  // "For compatibility with dialogs initiated by RFC 2543 compliant UAs, a tag of zero matches both
  // tags of zero and null."
  const remoteTags = remoteTag === "0" ? ["0", ""] : [remoteTag];
  const keys = remoteTags.map((tag) => dialogKey(callId, localTag, tag));
  const call = keys.map((key) => registry.dialog(key)?.call).find((each) => each !== undefined);
  const state = call?.session.sessionState;
  // "If the Replaces header field matches a dialog which has already terminated, the UA SHOULD
  // decline the request with a 603 Declined response."
  const hasEnded = state === "Terminated" || keys.some((key) => registry.hasEnded(key));
  if (hasEnded) return { statusCode: 603 };
  // "If no match is found, the UAS rejects the INVITE and returns a 481", "Likewise, if the Replaces
  // header field matches a dialog which was not created with an INVITE", and "If the Replaces header
  // field matches an early dialog that was not initiated by this UA, it returns a 481".
  if (call === undefined) return { statusCode: 481 };
  const isEarly = state === "Early" || state === "Initial";
  if (isEarly && !call.isCaller) return { statusCode: 481 };
  // "If the Replaces header field matches a confirmed dialog, it checks for the presence of the
  // "early-only" flag ... If the flag is present, the UA rejects the request with a 486 Busy".
  if (isEarlyOnly && !isEarly) return { statusCode: 486 };
  return { call, isEarlyOnly };
}

function badRequest(why: string): ResponseOptions {
  return { statusCode: 400, reasonPhrase: `Bad Request: ${why}` };
}
