/**
 * What the far end sends within a session, and what is answered where the program has nothing to say
 * (RFC 3261 §12.2.2, §14.2, §15.1.2; RFC 3311 §5.2; RFC 6086).
 *
 * @module
 */
import { bodyOf, type IncomingRequestMessage, type ResponseOptions } from "../../messages/mod.ts";
import { contactOf } from "../locating/contact.ts";
import { refusePackage } from "./info_packages.ts";
import { InviteUserAgentServer } from "./invite_user_agent_server.ts";
import { describesSession } from "./offer_answer.ts";
import { receiveRefer, type ReferHandler } from "../subscriptions/refer_user_agent_server.ts";
import { refuseMethod } from "../transactions/request_inspection.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type { SessionDelegate } from "./session.ts";
import type { SessionDialog } from "./session_dialog.ts";
import { refuseInterval } from "./session_timer.ts";
import { UpdateUserAgentServer } from "./update_user_agent_server.ts";
import { UserAgentServer } from "../transactions/user_agent_server.ts";

/** Which method of the delegate takes which request. */
const HANDLERS = {
  INFO: "onInfo",
  MESSAGE: "onMessage",
  NOTIFY: "onNotify",
  REFER: "onRefer",
} as const;

/** What the engine answers without any delegate. */
const ALWAYS = ["ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "PRACK", "UPDATE"];

/** What Allow says within a session with this delegate. */
export function allowedInSession(delegate: SessionDelegate | undefined): string {
  const taken = Object.entries(HANDLERS).filter(([, name]) => delegate?.[name] !== undefined)
    .map(([method]) => method);
  return [...ALWAYS, ...taken].join(", ");
}

/** Takes a request within a session. */
export function receiveInSession(
  session: SessionDialog,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
): void {
  const { method } = request;
  if (method === "BYE") return receiveBye(session, request, transaction);
  // This side has hung up: of the session nothing is left but its BYE.
  if (session.sessionState === "Terminated") return transaction.refuse(481);
  session.noteAllow(request);
  if (method === "INVITE") return receiveInvite(session, request, transaction);
  if (method === "UPDATE") return receiveUpdate(session, request, transaction);
  receiveOther(session, request, transaction);
}

function receiveBye(
  session: SessionDialog,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
): void {
  const server = new UserAgentServer(session.supervisor, request, transaction);
  const isEarly = session.sessionState === "Early";
  session.send({ type: "byeReceived" });
  session.callGuest("onBye", () => session.delegate?.onBye?.(server));
  // §15.1.2: the UAS core "MUST generate a 2xx response to the BYE".
  if (!server.isAnswered) server.accept();
  if (isEarly) session.early?.onEarlyBye?.();
}

function receiveInvite(
  session: SessionDialog,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
): void {
  const refusal = refuseTarget(request) ?? refuseOverlap(session) ??
    refuseInterval(request, session.timer.policy);
  if (refusal !== undefined) return void transaction.respond(refusal);
  const { supervisor } = session;
  const known = session.offers;
  const body = bodyOf(request);
  const offer = describesSession(body) ? body?.content : undefined;
  const isSame = offer !== undefined && offer === known.remote?.content &&
    known.local !== undefined;
  const isBareRefresh = offer === undefined && known.local === undefined &&
    request.hasHeader("Session-Expires");
  const server = new InviteUserAgentServer(supervisor, request, transaction, session);
  // It stood for the ACK that a BYE of this side had waited for.
  if (server.isAnswered) return;
  if (session.delegate?.onInvite !== undefined) {
    return callDelegate(session, "onInvite", server, () => session.delegate?.onInvite?.(server));
  }
  // What changes nothing needs nobody: such an INVITE keeps the session alive (RFC 4028 §7.4).
  if (isSame) server.accept({ statusCode: 200, ...bodyOption(known.local) });
  else if (isBareRefresh) server.accept();
  else server.reject(NOT_ACCEPTABLE);
}

/**
 * §14.2: "A UAS that receives a second INVITE before it sends the final response to a first INVITE
 * with a lower CSeq sequence number on the same dialog MUST return a 500 (Server Internal Error)
 * response to the second INVITE and MUST include a Retry-After header field with a randomly chosen
 * value of between 0 and 10 seconds", and one "that receives an INVITE on a dialog while an INVITE it
 * had sent on that dialog is in progress MUST return a 491 (Request Pending)".
 */
function refuseOverlap(session: SessionDialog): ResponseOptions | undefined {
  const { invitation } = session.state;
  if (invitation === "invited") return retryLater(session);
  if (invitation === "inviting" || invitation === "owingAck") return { statusCode: 491 };
  return refuseOffer(session);
}

/**
 * RFC 3311 §5.2: where this side "has generated an offer ... to which it has not yet received an
 * answer, the UAS MUST reject the UPDATE with a 491 response. Similarly, if ... the UAS has received
 * an offer ... to which it has not yet generated an answer, the UAS MUST reject the UPDATE with a 500
 * response, and MUST include a Retry-After header field". An INVITE always comes with an offer, of
 * this side where it has none.
 */
function refuseOffer(session: SessionDialog): ResponseOptions | undefined {
  if (!session.hasOpenOffer) return undefined;
  return session.offers.owesAnswer ? retryLater(session) : { statusCode: 491 };
}

function receiveUpdate(
  session: SessionDialog,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
): void {
  const offers = describesSession(bodyOf(request));
  // "A UAS that receives an UPDATE before it has generated a final response to a previous UPDATE on
  // the same dialog MUST return a 500 response to the new UPDATE".
  const overlap = session.isBeingUpdated ? retryLater(session) : undefined;
  const refusal = refuseTarget(request) ?? overlap ??
    (offers ? refuseOffer(session) : undefined) ?? refuseInterval(request, session.timer.policy);
  if (refusal !== undefined) return void transaction.respond(refusal);
  const server = new UpdateUserAgentServer(session, request, transaction);
  const { delegate } = session;
  if (delegate?.onUpdate !== undefined) {
    callDelegate(session, "onUpdate", server, () => delegate.onUpdate?.(server));
  }
  if (server.isAnswered) return;
  if (!offers) server.accept();
  else if (delegate?.onUpdate === undefined) server.reject(NOT_ACCEPTABLE);
}

function receiveOther(
  session: SessionDialog,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
): void {
  const { method } = request;
  const { delegate, supervisor } = session;
  const handler = HANDLERS[method as keyof typeof HANDLERS] as
    | (typeof HANDLERS)[keyof typeof HANDLERS]
    | undefined;
  const refusal = method === "INFO"
    ? refusePackage(request, supervisor.environment.infoPackages)
    : undefined;
  if (refusal !== undefined) return void transaction.respond(refusal);
  if (handler === undefined || delegate?.[handler] === undefined) {
    // RFC 6665 §4.1.3: a NOTIFY that no subscription wants.
    if (method === "NOTIFY") return transaction.refuse(481);
    return void transaction.respond(refuseMethod(method, allowedInSession(delegate)));
  }
  if (handler === "onRefer") {
    return receiveRefer(
      supervisor,
      request,
      transaction,
      () => referHandler(session),
      session.usages,
    );
  }
  const server = new UserAgentServer(supervisor, request, transaction);
  if (!session.hold(server)) return void transaction.respond(retryLater(session));
  callDelegate(session, handler, server, () => delegate[handler]?.(server));
}

/** Who takes a REFER, as long as the session is there. */
function referHandler(session: SessionDialog): ReturnType<ReferHandler> {
  const { delegate, sessionState } = session;
  if (delegate?.onRefer === undefined || sessionState === "Terminated") return undefined;
  return (request) => delegate.onRefer?.(request);
}

/** §14.2: "This response SHOULD include a Warning header field." */
const NOT_ACCEPTABLE: ResponseOptions = {
  statusCode: 488,
  extraHeaders: ['Warning: 399 strowger "nobody is there to change the session"'],
};

function bodyOption(body: ResponseOptions["body"]): { body?: NonNullable<typeof body> } {
  return body === undefined ? {} : { body };
}

/** What is broken in Contact would make the session lose its far end. Without one, nothing changes. */
function refuseTarget(request: IncomingRequestMessage): ResponseOptions | undefined {
  const contact = request.parseHeader("Contact");
  const isOne = Array.isArray(contact) && contact.length === 1 && contactOf(request) !== undefined;
  if (contact === undefined || isOne) return undefined;
  return { statusCode: 400, reasonPhrase: "Bad Request: expected one SIP or SIPS URI as Contact" };
}

function retryLater({ supervisor }: SessionDialog): ResponseOptions {
  const seconds = supervisor.environment.identifiers.number(11);
  return { statusCode: 500, extraHeaders: [`Retry-After: ${seconds}`] };
}

function callDelegate(
  session: SessionDialog,
  name: string,
  server: UserAgentServer,
  call: () => unknown,
): void {
  session.callGuest(name, call, () => {
    if (!server.isAnswered) server.reject({ statusCode: 500 });
  });
  server.awaitAnswer();
}
