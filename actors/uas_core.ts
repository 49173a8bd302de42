/**
 * What the core does with a request outside of any dialog, before and beside the program
 * (RFC 3261 §8.2, §9.2, §11.2).
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  InvalidStateError,
  type OutgoingResponse,
  type ResponseOptions,
} from "../messages/mod.ts";
import type { Flow } from "./locating/flow.ts";
import { InviteUserAgentServer } from "./calls/invite_user_agent_server.ts";
import { type ServerEntry, serverKey } from "./registry.ts";
import { replacementOf } from "./calls/replaces.ts";
import { inspectRequest, refuseMethod } from "./transactions/request_inspection.ts";
import { receiveRefer } from "./subscriptions/refer_user_agent_server.ts";
import { refuseSubscribe } from "./subscriptions/event_inspection.ts";
import { SubscribeUserAgentServer } from "./subscriptions/subscribe_user_agent_server.ts";
import { ServerTransaction } from "./transactions/server_transaction.ts";
import { SessionDialog } from "./calls/session_dialog.ts";
import { refuseInterval } from "./calls/session_timer.ts";
import { StatelessServer } from "./transactions/stateless_server.ts";
import type { Supervisor } from "./supervisor.ts";
import { handlerOf, type UserAgentCoreDelegate } from "./user_agent_core_delegate.ts";
import { UserAgentServer } from "./transactions/user_agent_server.ts";

/**
 * How many requests that the engine has answered by itself are kept at a time, for the 32 seconds in
 * which they may come again. What comes beyond is answered without keeping it.
 */
const MAX_ANSWERED = 1000;

/** Takes the requests that no transaction and no dialog claims. */
export class UasCore {
  private readonly supervisor: Supervisor;
  private readonly delegateOf: () => UserAgentCoreDelegate;
  private readonly stateless: StatelessServer;
  /** The ways of the requests that the program has taken, until it answers them. */
  private readonly flows = new WeakMap<IncomingRequestMessage, Flow>();
  private answered = 0;

  constructor(supervisor: Supervisor, delegateOf: () => UserAgentCoreDelegate) {
    this.supervisor = supervisor;
    this.delegateOf = delegateOf;
    this.stateless = new StatelessServer(supervisor);
  }

  /** Takes a request. */
  receive(request: IncomingRequestMessage, flow: Flow): void {
    const { registry, state } = this.supervisor;
    const { method } = request;
    if (method === "CANCEL") {
      const invite = registry.server(serverKey(request, "INVITE"));
      if (invite !== undefined) return this.receiveCancel(request, flow, invite);
    }
    if (method === "NOTIFY") {
      const wait = registry.notifyWait(request);
      if (wait !== undefined) return wait.notify(request, flow);
    }
    if (state === "running" && this.isTakenByProgram(request, flow)) return;
    const answer = this.refusalOf(request) ?? this.ownAnswer(request);
    if (answer !== undefined) return this.answer(request, flow, answer);
    const transaction = new ServerTransaction(this.supervisor, request, flow);
    if (method === "INVITE") return this.receiveInvite(request, transaction);
    if (method === "OPTIONS") return this.receiveOptions(request, transaction);
    const delegate = this.delegateOf();
    const handler = handlerOf(delegate, method);
    // The program has taken it away in the meantime.
    if (handler === undefined) {
      const refusal = refuseMethod(method, this.supervisor.environment.allow());
      return void transaction.respond(refusal);
    }
    if (handler === "onSubscribe") {
      const server = new SubscribeUserAgentServer(this.supervisor, request, transaction);
      return server.show((each) => delegate.onSubscribe?.(each));
    }
    if (handler === "onRefer") {
      return receiveRefer(
        this.supervisor,
        request,
        transaction,
        () => this.delegateOf().onRefer && ((each) => this.delegateOf().onRefer?.(each)),
      );
    }
    const server = new UserAgentServer(this.supervisor, request, transaction);
    this.callDelegate(handler, server, () => delegate[handler]?.(server));
  }

  /**
   * Answers a request that `onUnclaimedRequest` has taken.
   *
   * @throws `InvalidStateError` for another, or one that was answered.
   */
  replyStateless(request: IncomingRequestMessage, options: ResponseOptions): OutgoingResponse {
    const flow = this.flows.get(request);
    if (flow === undefined) {
      const expected = "a request that onUnclaimedRequest has taken and nobody has answered";
      throw new InvalidStateError(`replyStateless: expected ${expected}`);
    }
    const { message } = this.stateless.reply(request, flow, options);
    this.flows.delete(request);
    return { message };
  }

  /** Asks the program first: it may want to keep nothing of this request. */
  private isTakenByProgram(request: IncomingRequestMessage, flow: Flow): boolean {
    const delegate = this.delegateOf();
    if (delegate.onUnclaimedRequest === undefined) return false;
    let answer: unknown;
    this.flows.set(request, flow);
    this.supervisor.callGuest(
      "onUnclaimedRequest",
      request.callId,
      () => answer = delegate.onUnclaimedRequest?.(request),
    );
    // Whoever has answered it has taken it, whatever was returned.
    const isTaken = answer === true || !this.flows.has(request);
    if (!isTaken) this.flows.delete(request);
    return isTaken;
  }

  /** What the engine answers without asking for the program's handler, if anything. */
  private refusalOf(request: IncomingRequestMessage): ResponseOptions | undefined {
    const { environment, registry, state } = this.supervisor;
    const { method } = request;
    // §9.2: "If the UAS did not find a matching transaction for the CANCEL ..., it SHOULD respond to
    // the CANCEL with a 481".
    if (method === "CANCEL") return { statusCode: 481 };
    if (registry.isMerged(request)) return { statusCode: 482 };
    if (state !== "running") return { statusCode: 503 };
    const delegate = this.delegateOf();
    const isKnown = method === "INVITE" || method === "OPTIONS";
    const isTaken = isKnown || handlerOf(delegate, method) !== undefined;
    const refusal = inspectRequest(request, isTaken, environment) ??
      this.inspectRecipient(request, delegate) ??
      (method === "INVITE" ? refuseInterval(request, environment.sessionTimer) : undefined);
    if (refusal !== undefined) return refusal;
    const replacement = replacementOf(registry, request);
    if (replacement !== undefined && "statusCode" in replacement) return replacement;
    if (handlerOf(delegate, method) === "onSubscribe") return refuseSubscribe(request, environment);
    return method === "INVITE" ? refuseInterval(request, environment.sessionTimer) : undefined;
  }

  /**
   * §8.2.2.1: "If the Request-URI does not identify an address that the UAS is willing to accept
   * requests for, it SHOULD reject the request with a 404 (Not Found) response." It is for somebody else,
   * then; with a Max-Forwards of 0 it could not go on to them either, which §8.1.1.6 has 483 for.
   */
  private inspectRecipient(
    request: IncomingRequestMessage,
    delegate: UserAgentCoreDelegate,
  ): ResponseOptions | undefined {
    if (delegate.isRecipient === undefined) return undefined;
    let statusCode = request.maxForwards === 0 ? 483 : 404;
    let isRecipient: unknown;
    this.supervisor.callGuest(
      "isRecipient",
      request.callId,
      () => isRecipient = delegate.isRecipient?.(request),
      () => statusCode = 500,
    );
    return isRecipient === true ? undefined : { statusCode };
  }

  /** What the engine answers where no handler is there to be asked, if anything. */
  private ownAnswer({ method }: IncomingRequestMessage): ResponseOptions | undefined {
    const delegate = this.delegateOf();
    if (method === "INVITE" && delegate.onInvite === undefined) return { statusCode: 480 };
    if (method === "OPTIONS" && delegate.onOptions === undefined) return this.answerToOptions();
    return undefined;
  }

  private answer(request: IncomingRequestMessage, flow: Flow, options: ResponseOptions): void {
    // §8.2.7: "A UAS can operate in either a stateful or stateless mode for each new request." What
    // is answered here is answered again for the same reason.
    if (this.answered >= MAX_ANSWERED) return void this.stateless.reply(request, flow, options);
    const transaction = new ServerTransaction(this.supervisor, request, flow);
    this.answered++;
    transaction.onEnd = () => void this.answered--;
    transaction.respond(options);
  }

  private receiveInvite(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const delegate = this.delegateOf();
    const found = replacementOf(this.supervisor.registry, request);
    const replacement = found === undefined || "statusCode" in found ? undefined : found;
    const { supervisor } = this;
    const server = new InviteUserAgentServer(
      supervisor,
      request,
      transaction,
      (dialog, options) => new SessionDialog(supervisor, dialog, options),
      replacement,
    );
    if (replacement !== undefined && !this.mayReplace(delegate, server)) return;
    this.callDelegate("onInvite", server, () => delegate.onInvite?.(server));
  }

  /**
   * RFC 3891 §3: "the UA MUST verify that the initiator of the new INVITE is authorized to replace
   * the matched dialog."
   */
  private mayReplace(delegate: UserAgentCoreDelegate, server: InviteUserAgentServer): boolean {
    let answer: unknown;
    this.callDelegate("mayReplace", server, () => answer = delegate.mayReplace?.(server));
    const isAllowed = answer === true && !server.isAnswered;
    if (!isAllowed && !server.isAnswered) server.reject({ statusCode: 403 });
    return isAllowed;
  }

  private receiveOptions(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const delegate = this.delegateOf();
    const server = new UserAgentServer(this.supervisor, request, transaction);
    this.supervisor.callGuest(
      "onOptions",
      request.callId,
      () => delegate.onOptions?.(server),
      () => {
        if (!server.isAnswered) server.reject({ statusCode: 500 });
      },
    );
    if (!server.isAnswered) transaction.respond(this.answerToOptions());
  }

  /**
   * §11.2: "The response code chosen MUST be the same that would have been chosen had the request
   * been an INVITE", and "Allow, Accept, Accept-Encoding, Accept-Language, and Supported header
   * fields SHOULD be present".
   */
  private answerToOptions(): ResponseOptions {
    const statusCode = this.delegateOf().onInvite === undefined ? 480 : 200;
    return { statusCode, extraHeaders: this.supervisor.environment.capabilities() };
  }

  private callDelegate(name: string, server: UserAgentServer, call: () => unknown): void {
    this.supervisor.callGuest(name, server.message.callId, call, () => {
      if (!server.isAnswered) server.reject({ statusCode: 500 });
    });
    server.awaitAnswer();
  }

  /** §9.2: the CANCEL is answered by itself, and then its INVITE. */
  private receiveCancel(request: IncomingRequestMessage, flow: Flow, invite: ServerEntry): void {
    const transaction = new ServerTransaction(this.supervisor, request, flow);
    // "The To tag of the response to the CANCEL and the To tag in the response to the original
    // request SHOULD be the same."
    transaction.respond({ statusCode: 200, toTag: invite.toTag });
    invite.cancel(request);
  }
}
