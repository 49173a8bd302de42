/**
 * The time for which an INVITE is good (RFC 3261 §13.2.1, §13.3.1, §20.19).
 *
 * @module
 */
import { createActor } from "xstate";
import { invitationExpiryMachine } from "../machines/mod.ts";
import {
  type IncomingRequestMessage,
  OutgoingRequestMessage,
  parseHeaderValue,
} from "../messages/mod.ts";
import type { Supervisor } from "./supervisor.ts";
import { MAX_DELAY } from "./user_agent_core_configuration.ts";

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
  const { id } = invitationExpiryMachine;
  const options = { ...supervisor.actorOptions, id, input: { validity: seconds * 1000 } };
  const actor = createActor(invitationExpiryMachine, options);
  actor.on("expired", () => supervisor.guard(onExpired));
  actor.start();
  return () => {
    if (actor.getSnapshot().status === "active") actor.send({ type: "answered" });
  };
}
