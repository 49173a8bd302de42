/**
 * What the core does with a request outside of any dialog, before and beside the program
 * (RFC 3261 §8.2, §9.2, §11.2).
 *
 * @module
 */
import type { IncomingRequestMessage } from "../messages/mod.ts";
import type { Flow } from "./flow.ts";
import { InviteUserAgentServer } from "./invite_user_agent_server.ts";
import { serverKey } from "./registry.ts";
import { inspectRequest } from "./request_inspection.ts";
import { ServerTransaction } from "./server_transaction.ts";
import type { Supervisor } from "./supervisor.ts";
import { handlerOf, type UserAgentCoreDelegate } from "./user_agent_core_delegate.ts";
import { UserAgentServer } from "./user_agent_server.ts";

/** Takes a request that no transaction and no dialog claims. */
export function receiveRequest(
  supervisor: Supervisor,
  delegate: UserAgentCoreDelegate,
  request: IncomingRequestMessage,
  flow: Flow,
): void {
  const isMerged = supervisor.registry.isMerged(request);
  const transaction = new ServerTransaction(supervisor, request, flow);
  if (request.method === "CANCEL") return receiveCancel(supervisor, request, transaction);
  if (isMerged) return transaction.refuse(482);
  if (supervisor.state !== "running") return transaction.refuse(503);
  const { method } = request;
  const handler = handlerOf(delegate, method);
  const isTaken = method === "INVITE" || method === "OPTIONS" || handler !== undefined;
  const refusal = inspectRequest(request, isTaken, supervisor.environment.allow());
  if (refusal !== undefined) return void transaction.respond(refusal);
  if (method === "INVITE") return receiveInvite(supervisor, delegate, request, transaction);
  if (method === "OPTIONS") return receiveOptions(supervisor, delegate, transaction);
  if (handler === undefined) return;
  const server = new UserAgentServer(supervisor, request, transaction);
  callDelegate(supervisor, handler, server, () => delegate[handler]?.(server));
}

function receiveInvite(
  supervisor: Supervisor,
  delegate: UserAgentCoreDelegate,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
): void {
  const server = new InviteUserAgentServer(supervisor, request, transaction);
  if (delegate.onInvite === undefined) return void server.reject();
  callDelegate(supervisor, "onInvite", server, () => delegate.onInvite?.(server));
}

/**
 * §11.2: "The response code chosen MUST be the same that would have been chosen had the request
 * been an INVITE", and "Allow, Accept, Accept-Encoding, Accept-Language, and Supported header
 * fields SHOULD be present". Bodies are the program's, and all else of these is empty here.
 */
function receiveOptions(
  supervisor: Supervisor,
  delegate: UserAgentCoreDelegate,
  transaction: ServerTransaction,
): void {
  const statusCode = delegate.onInvite === undefined ? 480 : 200;
  const extraHeaders = [`Allow: ${supervisor.environment.allow()}`, "Accept: application/sdp"];
  transaction.respond({ statusCode, extraHeaders });
}

function callDelegate(
  supervisor: Supervisor,
  name: string,
  server: UserAgentServer,
  call: () => unknown,
): void {
  supervisor.callGuest(name, call, () => {
    if (!server.isAnswered) server.reject({ statusCode: 500 });
  });
}

/** §9.2: the CANCEL is answered by itself, and then its INVITE. */
function receiveCancel(
  supervisor: Supervisor,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
): void {
  const invite = supervisor.registry.server(serverKey(request, "INVITE"));
  // "If the UAS did not find a matching transaction for the CANCEL ..., it SHOULD respond to the
  // CANCEL with a 481".
  if (invite === undefined) return transaction.refuse(481);
  // "The To tag of the response to the CANCEL and the To tag in the response to the original
  // request SHOULD be the same."
  transaction.respond({ statusCode: 200, toTag: invite.toTag });
  invite.cancel(request);
}
