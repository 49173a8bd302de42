/**
 * An INVITE within a session (RFC 3261 §14.1).
 *
 * @module
 */
import type { InviteClientEmission } from "../../machines/mod.ts";
import {
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  TransportError,
} from "../../messages/mod.ts";
import { Attempts } from "../transactions/attempts.ts";
import { makeCancel } from "../transactions/cancel_request.ts";
import { retryAfterGlare } from "./glare.ts";
import type {
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  RequestOptions,
} from "../transactions/outgoing_request.ts";
import { receiveProgress } from "./progress.ts";
import type { SessionDialog } from "./session_dialog.ts";
import { retryWithInterval } from "./session_timer.ts";
import { credentialsOf } from "../transactions/sibling_request.ts";
import { responseOf } from "../transactions/local_response.ts";
import type { UserAgentClient } from "../transactions/user_agent_client.ts";

/** See the module. */
export class ReInviteUserAgentClient implements OutgoingInviteRequest {
  delegate?: OutgoingInviteRequestDelegate;
  readonly message: OutgoingRequestMessage;
  /** Whether the call is over where nobody answers (RFC 5057). */
  endsCall = true;
  private readonly session: SessionDialog;
  private readonly attempts: Attempts;
  private cancelClient: UserAgentClient | undefined;
  /** Whether the INVITE in progress is this one: while it waits to go again, it is not. */
  private isInviting = false;
  private hasFinalResponse = false;
  private isDisposed = false;

  /**
   * Prepares it; nothing is sent before `start`.
   *
   * @throws `InvalidArgumentError` for what cannot go onto the wire.
   */
  constructor(
    session: SessionDialog,
    delegate: OutgoingInviteRequestDelegate | undefined,
    options: RequestOptions,
  ) {
    this.session = session;
    if (delegate !== undefined) this.delegate = delegate;
    this.message = session.makeRequest("INVITE", options);
    const glare = retryAfterGlare(
      session,
      () => session.state.invitation !== "idle" || session.hasOpenOffer,
    );
    const { supervisor, dialog, timer } = session;
    const longer = retryWithInterval(this.message, (minimum) => timer.noteMinimum(minimum));
    this.attempts = new Attempts(supervisor, this.message, dialog, (each) => this.take(each), {
      retry: (response) => glare(response) ?? longer(response),
      onNext: () => this.begin(),
      onDrain: () => this.cancel(),
    });
  }

  /** Sends it. */
  start(): this {
    this.begin();
    this.attempts.start();
    return this;
  }

  cancel(reason?: string, options: RequestOptions = {}): void {
    if (this.isDisposed || this.hasFinalResponse || this.cancelClient !== undefined) return;
    const { supervisor } = this.session;
    this.cancelClient = makeCancel(supervisor, this.message, this.attempts, reason, options);
    this.attempts.cancel();
  }

  /** Does not send it again, where it waits to be: the session is over. */
  abandon(): void {
    this.attempts.cancel();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.cancelClient?.dispose();
    // Should a 2xx come yet, or again, the session acknowledges it: the call is not to be lost by that.
    this.session.abandonInvite(this.message, this.attempts.transaction);
    this.cease();
    this.attempts.dispose();
  }

  /** Whether it has no outcome yet: it is under way, or waits to go again. */
  get isOpen(): boolean {
    return !this.hasFinalResponse && !this.isDisposed;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private begin(): void {
    const { cseq: sequence } = this.message;
    this.isInviting = true;
    this.session.reinvite("local", { sequence, credentials: credentialsOf(this.message) });
    this.session.offers.takeLocal(this.message.body, "request");
  }

  private take(emission: InviteClientEmission): void {
    switch (emission.type) {
      case "terminated":
        if (!this.isDisposed) this.session.forgetAck(this.message.cseq);
        return this.cease();
      case "cancel":
        return void this.cancelClient?.start();
      case "retry":
        // Until it goes again, the far end may have its way.
        return this.cease();
      case "trying":
        return this.callDelegate("onTrying", responseOf(this.message, emission));
      case "progress":
        return this.progress(responseOf(this.message, emission));
      case "accept":
        return this.accept(responseOf(this.message, emission));
      case "repeatedAccept":
      case "lateAccept":
        return this.session.repeatAccept(responseOf(this.message, emission));
      case "redirect":
        return this.refuse("onRedirect", responseOf(this.message, emission));
      default:
        return this.refuse("onReject", responseOf(this.message, emission));
    }
  }

  private progress(message: IncomingResponseMessage): void {
    receiveProgress(message, this.session, {
      isHeard: this.delegate?.onProgress !== undefined && !this.isDisposed,
      tell: (response) => this.callGuest("onProgress", () => this.delegate?.onProgress?.(response)),
      onUnanswered: () => this.cancel(),
    });
  }

  private accept(message: IncomingResponseMessage): void {
    const { session } = this;
    this.hasFinalResponse = true;
    this.isInviting = false;
    session.offers.takeRemote(message, "inviteResponse");
    session.accept(message);
    // §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received", even where the
    // session has ended meanwhile.
    if (session.sessionState === "Terminated") session.ack();
    const isHeard = this.delegate?.onAccept !== undefined && !this.isDisposed;
    const ack = (options?: RequestOptions) => session.ack(options);
    this.callGuest("onAccept", () => this.delegate?.onAccept?.({ message, session, ack }));
    if (!isHeard) session.acknowledgeUnheard(false);
  }

  private refuse(method: "onRedirect" | "onReject", message: IncomingResponseMessage): void {
    const { session } = this;
    if (message.local && this.hasFinalResponse) {
      // The program knows the outcome already; what failed is the ACK to it.
      const text = `the ACK to a failure of call ${message.callId}: ${message.reasonPhrase}`;
      return session.supervisor.report(new TransportError(text), session.callId);
    }
    this.hasFinalResponse = true;
    // §14.1: "the session parameters MUST remain unchanged, as if no re-INVITE had been issued."
    this.cease();
    if (this.endsCall || message.statusCode !== 408) session.noteFailure(message);
    this.callDelegate(method, message);
  }

  /** It came to nothing, or has to wait. Another INVITE that is in progress by now goes on. */
  private cease(): void {
    if (!this.isInviting) return;
    this.isInviting = false;
    this.session.refuseInvite();
  }

  private callDelegate(
    method: "onTrying" | "onRedirect" | "onReject",
    message: IncomingResponseMessage,
  ): void {
    this.callGuest(method, () => this.delegate?.[method]?.({ message }));
  }

  private callGuest(name: string, call: () => unknown): void {
    if (!this.isDisposed) {
      this.session.supervisor.callGuest(name, this.session.callId, call);
    }
  }
}
