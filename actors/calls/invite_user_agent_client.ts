/**
 * An INVITE that was sent (RFC 3261 §13.2).
 *
 * @module
 */
import type { StateValue } from "xstate";
import type { InviteClientEmission } from "../../machines/mod.ts";
import {
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  ProtocolError,
  TransportError,
} from "../../messages/mod.ts";
import { Attempts, type RetryPolicy } from "../transactions/attempts.ts";
import { makeCancel } from "../transactions/cancel_request.ts";
import { contactOf } from "../locating/contact.ts";
import { Dialog } from "../dialogs/dialog.ts";
import { nextHopOf } from "../locating/flow.ts";
import { watchExpiry } from "../transactions/request_expiry.ts";
import { localResponse, responseOf } from "../transactions/local_response.ts";
import type {
  AckableIncomingResponseWithSession,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  RequestOptions,
} from "../transactions/outgoing_request.ts";
import type { Call } from "../registry.ts";
import { receiveProgress } from "./progress.ts";
import { SessionDialog } from "./session_dialog.ts";
import { minimumIn } from "./session_timer.ts";
import { credentialsOf } from "../transactions/sibling_request.ts";
import type { Supervisor } from "../supervisor.ts";
import { COMPLETED_ELSEWHERE, endUnwantedCall, MAX_BRANCHES } from "./unwanted_call.ts";
import type { UserAgentClient } from "../transactions/user_agent_client.ts";

/** See the module. */
export class InviteUserAgentClient implements OutgoingInviteRequest {
  delegate?: OutgoingInviteRequestDelegate;
  readonly message: OutgoingRequestMessage;
  /** Whether calls of other branches than the first that picks up are ended. */
  keepsFirst = false;
  private readonly supervisor: Supervisor;
  private readonly attempts: Attempts;
  /** What is known of its last attempt when the transaction is gone. */
  private call: Call;
  /** One session for each branch of a fork, by its To-tag. */
  private readonly sessions = new Map<string, SessionDialog>();
  private cancelClient: UserAgentClient | undefined;
  /** Called when it is answered: it cannot expire any more. */
  private settleExpiry: () => void = () => {};
  private hasFinalResponse = false;
  private isAccepted = false;
  private isReplaced = false;
  private isDisposed = false;

  /**
   * Prepares it; nothing is sent before `start`.
   *
   * @param retry Who may answer a failure by sending the INVITE again.
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    delegate?: OutgoingInviteRequestDelegate,
    retry?: RetryPolicy,
  ) {
    this.supervisor = supervisor;
    this.message = message;
    if (delegate !== undefined) this.delegate = delegate;
    const way = { nextHop: nextHopOf(message) };
    this.attempts = new Attempts(supervisor, message, way, (emission) => this.take(emission), {
      retry,
      onNext: () => this.followCall(),
      onLocated: () => this.noteCall(),
      onDrain: () => this.cancel(),
    });
    this.call = this.makeCall();
  }

  /** The state of its machine, region by region: see `inviteClientMachine`. */
  get state(): StateValue {
    return this.attempts.state;
  }

  /** Sends it. */
  start(): this {
    this.supervisor.registry.holdCall(this.call);
    this.settleExpiry = watchExpiry(this.supervisor, this.message, () => this.cancel());
    this.attempts.start();
    return this;
  }

  cancel(reason?: string, options: RequestOptions = {}): void {
    if (this.isDisposed || this.hasFinalResponse || this.cancelClient !== undefined) return;
    // Made now, so that what cannot be sent is refused here; sent when the machine says so.
    this.cancelClient = makeCancel(this.supervisor, this.message, this.attempts, reason, options);
    this.attempts.cancel();
  }

  dispose(): void {
    this.isDisposed = true;
    this.cancelClient?.dispose();
    for (const { provisionals } of this.sessions.values()) provisionals?.dispose();
    this.attempts.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private take(emission: InviteClientEmission): void {
    switch (emission.type) {
      case "terminated":
        return this.end();
      case "cancel":
        return void this.cancelClient?.start();
      case "retry":
        return this.forgetEarlySessions();
      case "trying":
        return this.callDelegate("onTrying", responseOf(this.message, emission));
      case "progress":
        return this.progress(responseOf(this.message, emission));
      case "accept":
        return this.accept(responseOf(this.message, emission));
      case "repeatedAccept":
        return this.repeatAccept(responseOf(this.message, emission));
      case "lateAccept":
        return this.acceptLate(responseOf(this.message, emission));
      case "redirect":
        return this.refuse("onRedirect", responseOf(this.message, emission));
      default:
        return this.refuse("onReject", responseOf(this.message, emission));
    }
  }

  private progress(message: IncomingResponseMessage): void {
    const isEnd = message.statusCode === 199;
    const session = isEnd ? this.sessions.get(message.toTag ?? "") : this.earlySession(message);
    receiveProgress(message, session, {
      isHeard: this.delegate?.onProgress !== undefined,
      tell: (response) => this.callGuest("onProgress", () => this.delegate?.onProgress?.(response)),
      onUnanswered: () => this.cancel(),
    });
  }

  private accept(message: IncomingResponseMessage): void {
    this.settleExpiry();
    if (this.keepsFirst && this.isAccepted) {
      return endUnwantedCall(this.supervisor, message, this.call, COMPLETED_ELSEWHERE);
    }
    this.hasFinalResponse = true;
    const isWhole = message.toTag !== undefined && contactOf(message) !== undefined;
    const session = isWhole ? this.earlySession(message) : undefined;
    if (session === undefined) return this.acceptBroken(message);
    if (this.isReplaced) session.cease();
    if (session.sessionState === "Terminated") {
      // The program has hung up on this branch, or disposed of it, while it was ringing; or it was
      // replaced, and this crosses the CANCEL.
      endUnwantedCall(this.supervisor, message, this.call);
      const reason = "Request Terminated: its session was ended before it was accepted";
      return this.callDelegate("onReject", localResponse(this.message, 487, reason));
    }
    this.isAccepted = true;
    if (this.keepsFirst) this.ceaseEarlySessions(session);
    session.offers.takeRemote(message, "inviteResponse");
    for (const { provisionals } of this.sessions.values()) provisionals?.end();
    session.accept(message);
    const response: AckableIncomingResponseWithSession = {
      message,
      session,
      ack: (options) => session.ack(options),
    };
    const isHeard = this.delegate?.onAccept !== undefined;
    this.callGuest("onAccept", () => this.delegate?.onAccept?.(response));
    // The core is being stopped, and this call came up too late to be cancelled.
    if (this.supervisor.state === "draining") return session.end();
    if (!isHeard && !this.isDisposed) session.acknowledgeUnheard(this.cancelClient !== undefined);
  }

  /** Another call has taken its place (RFC 3891 §3). */
  private replace(): void {
    this.isReplaced = true;
    this.cancel();
    this.ceaseEarlySessions();
  }

  /** A 2xx that no session can be made from: the far end must not be left with half a call. */
  private acceptBroken(message: IncomingResponseMessage): void {
    const text = `no session can be made from the ${message.statusCode}: expected a To-tag, ` +
      `a SIP URI as Contact, and at most ${MAX_BRANCHES} branches`;
    this.supervisor.report(new ProtocolError(text), this.message.callId);
    this.sessions.get(message.toTag ?? "")?.cease();
    endUnwantedCall(this.supervisor, message, this.call);
    const reason = `Server Internal Error: ${text}`;
    this.callDelegate("onReject", localResponse(this.message, 500, reason));
  }

  /** Its ACK was lost. A branch without a session was ended, and is acknowledged there. */
  private repeatAccept(message: IncomingResponseMessage): void {
    const session = this.sessions.get(message.toTag ?? "");
    if (session === undefined || this.call.endedBranches?.has(message.toTag ?? "")) {
      return endUnwantedCall(this.supervisor, message, this.call);
    }
    session.repeatAccept(message);
  }

  private refuse(method: "onRedirect" | "onReject", message: IncomingResponseMessage): void {
    if (message.local && this.hasFinalResponse) {
      // The program knows the outcome already; what failed is the ACK to it.
      const text = `the ACK to a failure of call ${message.callId}: ${message.reasonPhrase}`;
      return this.supervisor.report(new TransportError(text), this.message.callId);
    }
    this.settleExpiry();
    // A timeout or a transport error is no answer: a 2xx may still come.
    if (!message.local) this.hasFinalResponse = true;
    this.ceaseEarlySessions();
    this.callDelegate(method, message);
  }

  /** A branch has picked up after the INVITE had failed, this attempt's or an earlier one's. */
  private acceptLate(message: IncomingResponseMessage): void {
    const call = this.supervisor.registry.callOf(message) ?? this.call;
    endUnwantedCall(this.supervisor, message, call);
  }

  private makeCall(): Call {
    const { callId, fromTag, cseq, ruri } = this.message;
    const { answers, transaction } = this.attempts;
    const credentials = credentialsOf(this.message);
    return { callId, fromTag, cseq, sentBy: transaction.sentBy, ruri, credentials, answers };
  }

  /** What the far end makes of the next attempt is another call than what it made of the last. */
  private followCall(): void {
    this.supervisor.registry.abandonCall(this.call);
    this.noteCall();
  }

  private noteCall(): void {
    const { registry } = this.supervisor;
    registry.releaseCall(this.call);
    this.call = this.makeCall();
    registry.holdCall(this.call);
  }

  private end(): void {
    this.settleExpiry();
    this.ceaseEarlySessions();
    // Its 2xx is repeated no more; after `dispose()`, it still may be.
    if (!this.isDisposed) {
      for (const session of this.sessions.values()) session.forgetAck(this.call.cseq);
    }
    // Another branch may still have picked up; where one has, its session knows of the call.
    if (!this.isAccepted) this.supervisor.registry.abandonCall(this.call);
    this.supervisor.registry.releaseCall(this.call);
  }

  /** The session of the branch that answered, made if need be, if a dialog can be made from it. */
  private earlySession(message: IncomingResponseMessage): SessionDialog | undefined {
    const { toTag } = message;
    if (toTag === undefined) return undefined;
    const known = this.sessions.get(toTag);
    if (known !== undefined) return known;
    // What a peer can make grow has a limit; no fork has that many branches.
    if (this.sessions.size >= MAX_BRANCHES) return undefined;
    const dialog = Dialog.fromResponse(message);
    if (dialog instanceof ProtocolError) return undefined;
    dialog.answers = this.call.answers;
    dialog.isSecure = this.message.ruri.scheme === "sips";
    const session = new SessionDialog(this.supervisor, dialog, {
      role: "caller",
      inviteSequence: this.message.cseq,
      call: this.call,
      early: { onReplaced: () => this.replace() },
    });
    session.dialog.contact = this.message.getHeader("Contact");
    session.timer.noteMinimum(minimumIn(this.message));
    session.offers.takeLocal(this.message.body, "request");
    this.sessions.set(toTag, session);
    return session;
  }

  /** §13.2.2.3, §13.2.2.4: early dialogs end with the INVITE; a confirmed one lives on. */
  private ceaseEarlySessions(kept?: SessionDialog): void {
    for (const session of this.sessions.values()) if (session !== kept) session.cease();
  }

  private forgetEarlySessions(): void {
    this.ceaseEarlySessions();
    this.sessions.clear();
  }

  private callDelegate(
    method: "onTrying" | "onRedirect" | "onReject",
    message: IncomingResponseMessage,
  ): void {
    this.callGuest(method, () => this.delegate?.[method]?.({ message }));
  }

  private callGuest(name: string, call: () => unknown): void {
    if (!this.isDisposed) this.supervisor.callGuest(name, this.message.callId, call);
  }
}
