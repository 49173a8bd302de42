/**
 * A call that a 2xx announces and nobody wants: its INVITE was given up, or it is a late branch of
 * a fork, or no session can be made from it. It is acknowledged and ended with BYE
 * (RFC 3261 §13.2.2.4).
 *
 * @module
 */
import { type IncomingResponseMessage, TransportError } from "../messages/mod.ts";
import { Dialog } from "./dialog.ts";
import { flowTo, sentBy } from "./flow.ts";
import type { Call } from "./registry.ts";
import type { Supervisor } from "./supervisor.ts";
import { UserAgentClient } from "./user_agent_client.ts";

/** How many branches of one INVITE are taken notice of. */
export const MAX_BRANCHES = 64;

/**
 * Acknowledges the 2xx and hangs up. A repeated 2xx of the same branch is acknowledged again, and
 * no more: its BYE is under way, or was answered.
 */
export function endUnwantedCall(
  supervisor: Supervisor,
  response: IncomingResponseMessage,
  { ruri, endedTags }: Call,
): void {
  const { toTag = "", cseq } = response;
  const isNew = !endedTags.has(toTag);
  if (isNew && endedTags.size >= MAX_BRANCHES) return;
  endedTags.add(toTag);
  const dialog = Dialog.fromResponse(response, ruri);
  const { environment } = supervisor;
  const flow = flowTo(dialog.nextHop, environment.transports);
  if (flow instanceof TransportError) return supervisor.report(flow);
  const ack = dialog.request("ACK", {}, cseq);
  ack.setViaHeader(
    environment.identifiers.branch(),
    flow.transport.protocol,
    sentBy(flow.transport),
  );
  supervisor.transmit(ack.toBytes(), flow, (error) => supervisor.report(error));
  if (!isNew) return;
  new UserAgentClient(supervisor, dialog.request("BYE"), dialog.nextHop).start();
}
