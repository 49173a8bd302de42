/**
 * A call that a 2xx announces and nobody wants: its INVITE was given up, or it is a late branch of
 * a fork, or no session can be made from it. It is acknowledged and ended with BYE
 * (RFC 3261 §13.2.2.4).
 *
 * @module
 */
import type { IncomingResponseMessage } from "../../messages/mod.ts";
import { Ack } from "./ack.ts";
import { Dialog } from "../dialogs/dialog.ts";
import type { Call } from "../registry.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";

/** How many branches of one INVITE are taken notice of. */
export const MAX_BRANCHES = 64;

/** Why a branch is ended of which another was faster: RFC 3326 §3.1 has the same for a CANCEL. */
export const COMPLETED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/**
 * Acknowledges the 2xx and hangs up. A repeated 2xx of the same branch is acknowledged again, and
 * no more: its BYE is under way, or was answered.
 *
 * @param reason What the BYE has as its Reason.
 */
export function endUnwantedCall(
  supervisor: Supervisor,
  response: IncomingResponseMessage,
  call: Call,
  reason?: string,
): void {
  const { toTag = "", cseq } = response;
  const endedBranches = call.endedBranches ??= new Map();
  const known = endedBranches.get(toTag);
  if (known === undefined && endedBranches.size >= MAX_BRANCHES) return;
  if (known !== undefined) return known.send();
  const dialog = Dialog.fromResponse(response, call.ruri);
  dialog.answers = call.answers;
  dialog.isSecure = call.ruri.scheme === "sips";
  dialog.continueFrom(call.sequences?.get(toTag));
  const ack = new Ack(supervisor, dialog, cseq, undefined, call.credentials);
  endedBranches.set(toTag, ack);
  ack.send();
  const options = reason === undefined ? {} : { extraHeaders: [`Reason: ${reason}`] };
  new UserAgentClient(supervisor, dialog.request("BYE", options), dialog).start();
}
