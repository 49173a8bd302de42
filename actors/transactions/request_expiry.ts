/**
 * The time for which a request is good: what Expires says of an INVITE (RFC 3261 §13.2.1, §13.3.1,
 * §20.19), and 64*T1 for any other that came in.
 *
 * @module
 */
import { requestExpiryMachine } from "../../machines/mod.ts";
import {
  type IncomingRequestMessage,
  OutgoingRequestMessage,
  parseHeaderValue,
} from "../../messages/mod.ts";
import { makeActor } from "../actor.ts";
import type { Supervisor } from "../supervisor.ts";
import { MAX_DELAY } from "../user_agent_core_configuration.ts";

/** What Expires says of an INVITE, in seconds. */
function secondsOf(invite: IncomingRequestMessage | OutgoingRequestMessage): number | undefined {
  if (!invite.hasHeader("Expires")) return undefined;
  const expires = invite instanceof OutgoingRequestMessage
    ? parseHeaderValue("Expires", invite.getHeader("Expires") ?? "")
    : invite.parseHeader("Expires");
  return typeof expires === "number" ? expires : undefined;
}

/**
 * Waits until an INVITE expires, if it ever does.
 *
 * @param onExpired Called then, unless the INVITE was answered.
 * @returns To be called when the INVITE is answered, or nobody cares any more.
 */
export function watchExpiry(
  supervisor: Supervisor,
  invite: IncomingRequestMessage | OutgoingRequestMessage,
  onExpired: () => void,
): () => void {
  const seconds = secondsOf(invite);
  // What no clock can count is weeks away.
  if (seconds === undefined || seconds * 1000 > MAX_DELAY) return () => {};
  return watchFor(supervisor, invite.callId, seconds * 1000, onExpired);
}

/**
 * Waits until the client of a request but INVITE has given up (timer F), if nobody answers before.
 *
 * @param onExpired Called then, unless the request was answered.
 * @returns To be called when the request is answered.
 */
export function watchPatience(
  supervisor: Supervisor,
  callId: string,
  onExpired: () => void,
): () => void {
  return watchFor(supervisor, callId, 64 * supervisor.environment.timers.T1, onExpired);
}

function watchFor(
  supervisor: Supervisor,
  callId: string,
  validity: number,
  onExpired: () => void,
): () => void {
  const { actors } = supervisor;
  const actor = makeActor(actors, callId, requestExpiryMachine, { validity }, ({ type }) => {
    if (type === "expired") onExpired();
  });
  actor.start();
  return () => actor.send({ type: "answered" });
}
