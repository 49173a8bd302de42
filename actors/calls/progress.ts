/**
 * A provisional response to an INVITE of this side, on its way to the program (RFC 3261 §13.2.2.1,
 * RFC 3262 §4).
 *
 * @module
 */
import { type IncomingResponseMessage, InvalidStateError } from "../../messages/mod.ts";
import type { PrackableIncomingResponseWithSession } from "../transactions/outgoing_request.ts";
import {
  reliableNumber,
  type ReliableProvisional,
  ReliableProvisionalClient,
} from "./reliable_provisional_client.ts";
import type { SessionDialog } from "./session_dialog.ts";

/** Whoever sent the INVITE. */
export interface ProgressListener {
  /** Whether a program is there to be told. */
  readonly isHeard: boolean;
  /** Tells the program. */
  tell(response: PrackableIncomingResponseWithSession): void;
  /** The response has an offer that nobody will answer. */
  onUnanswered(): void;
}

/**
 * Takes a provisional response, and tells of it: of a reliable one in its turn, and once.
 *
 * @param session The early session of the branch, if there is one.
 */
export function receiveProgress(
  message: IncomingResponseMessage,
  session: SessionDialog | undefined,
  listener: ProgressListener,
): void {
  const rseq = reliableNumber(message);
  if (session === undefined || rseq === undefined) return tell(message, session, listener);
  if (session.sessionState === "Terminated") return;
  session.provisionals ??= new ReliableProvisionalClient(session.supervisor, session, {
    onProgress: (provisional) => tell(provisional.message, session, listener, provisional),
    onUnanswered: () => listener.onUnanswered(),
  });
  session.provisionals.receive(message, rseq);
}

/** @param provisional The same response, where it is reliable. */
function tell(
  message: IncomingResponseMessage,
  session: SessionDialog | undefined,
  listener: ProgressListener,
  provisional?: ReliableProvisional,
): void {
  if (message.statusCode === 199) {
    // RFC 6228 §4: this branch is over. Its PRACK is the last that is sent in the early dialog.
    if (provisional !== undefined) session?.provisionals?.acknowledge(provisional);
    session?.cease();
  } else {
    // RFC 3261 §13.2.1: an answer "MUST be in a reliable non-failure message"; before it, the same in
    // an unreliable one only shows what it will be.
    session?.offers.takeRemote(message, provisional === undefined ? "progress" : "inviteResponse");
    session?.progress();
  }
  const { isHeard } = listener;
  // Those of this INVITE: by the time that `prack()` is called there may be another.
  const provisionals = session?.provisionals;
  listener.tell({
    message,
    session,
    prack: (options) => {
      if (provisional === undefined || provisionals === undefined) {
        throw new InvalidStateError("prack: expected a reliable response with a session");
      }
      return provisionals.acknowledge(provisional, undefined, options);
    },
  });
  // A reliable response is repeated until its PRACK comes (RFC 3262 §3).
  if (!isHeard && provisional !== undefined) provisionals?.acknowledgeUnheard(provisional);
}
