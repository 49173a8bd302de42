/**
 * The CANCEL of an INVITE (RFC 3261 §9.1).
 *
 * @module
 */
import {
  checkHeaderLine,
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  ProtocolError,
} from "../../messages/mod.ts";
import type { Attempts } from "./attempts.ts";
import type { IncomingResponse, RequestOptions } from "./outgoing_request.ts";
import { siblingRequest } from "./sibling_request.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "./user_agent_client.ts";

/** A value for Reason (RFC 3326 §2): text that is none becomes the text of one. */
function reasonHeader(reason: string): string {
  const isValue = /^[\w.!%*+`'~-]+\s*;/.test(reason);
  const value = isValue ? reason : `SIP;text="${reason.replace(/["\\]/g, "\\$&")}"`;
  return checkHeaderLine("reason", `Reason: ${value}`);
}

/**
 * Makes the CANCEL of an INVITE that is under way. It is sent when the INVITE's machine says so.
 *
 * @throws `InvalidArgumentError` for what cannot go onto the wire.
 */
export function makeCancel(
  supervisor: Supervisor,
  invite: OutgoingRequestMessage,
  { transaction }: Attempts,
  reason: string | undefined,
  options: RequestOptions,
): UserAgentClient {
  const extraHeaders = [...options.extraHeaders ?? []];
  if (reason !== undefined && reason !== "") extraHeaders.push(reasonHeader(reason));
  const message = siblingRequest(invite, "CANCEL", transaction.via, { ...options, extraHeaders });
  const report = ({ message: response }: IncomingResponse): void => {
    supervisor.report(new ProtocolError(describe(invite, response)), invite.callId);
  };
  const delegate = { onRedirect: report, onReject: report };
  const way = { nextHop: message.ruri };
  return new UserAgentClient(supervisor, message, way, delegate, { original: transaction });
}

function describe(
  { callId }: OutgoingRequestMessage,
  { statusCode, reasonPhrase }: IncomingResponseMessage,
): string {
  return `the CANCEL of call ${callId} failed: ${statusCode} ${reasonPhrase}`;
}
