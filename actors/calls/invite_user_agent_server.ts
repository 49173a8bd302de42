/**
 * An INVITE that came in (RFC 3261 §13.3).
 *
 * @module
 */
import type { InviteServerEmission } from "../../machines/mod.ts";
import {
  type IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
  type OutgoingResponse,
  type PrintedResponse,
  ProtocolError,
  type ResponseOptions,
  TimeoutError,
  valuesIn,
} from "../../messages/mod.ts";
import { checkContact, contactFor } from "../locating/contact.ts";
import { Dialog } from "../dialogs/dialog.ts";
import { isSecure } from "../locating/flow.ts";
import type {
  IncomingInviteRequest,
  OutgoingResponseWithSession,
} from "../transactions/incoming_request.ts";
import { watchExpiry } from "../transactions/request_expiry.ts";
import type { Replacement } from "./replaces.ts";
import type { Place } from "./offer_answer.ts";
import { hasTag } from "../transactions/option_tags.ts";
import {
  asksForPrack,
  ReliableProvisionalServer,
  withNumber,
} from "./reliable_provisional_server.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type { SessionOptions } from "./invite_usage.ts";
import type { Session } from "./session.ts";
import type { SessionDialog } from "./session_dialog.ts";
import { capabilityLines, withMissing } from "./session_headers.ts";
import { negotiate, withTerms } from "./session_timer.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentServer } from "../transactions/user_agent_server.ts";

/** Makes the session of an INVITE that is the first of its dialog. */
export type SessionMaker = (dialog: Dialog, options: SessionOptions) => SessionDialog;

/** See the module. */
export class InviteUserAgentServer extends UserAgentServer implements IncomingInviteRequest {
  private session: SessionDialog | undefined;
  private readonly replacement: Replacement | undefined;
  private provisionals: ReliableProvisionalServer | undefined;
  /** Whether a 199 was sent: only a refusal can follow. */
  private hasEndedEarly = false;
  private readonly makeSession: SessionMaker;
  private isConcluded = false;

  /** @param session The session that the INVITE is in (§14.2), or what makes it one. */
  constructor(
    supervisor: Supervisor,
    message: IncomingRequestMessage,
    transaction: ServerTransaction,
    session: SessionDialog | SessionMaker,
    replacement?: Replacement,
  ) {
    super(supervisor, message, transaction);
    this.replacement = replacement;
    if (typeof session === "function") this.makeSession = session;
    else {
      this.makeSession = () => session;
      this.session = session;
      session.beginInvite(this);
      session.reinvite("remote", {
        sequence: message.cseq,
        repeatAccept: () => transaction.repeatResponse(),
        onAcknowledged: () => transaction.release(),
      });
      session.offers.takeRemote(message, "request");
    }
    transaction.onDrain = () => {
      if (!this.isAnswered) this.reject({ statusCode: 503 });
    };
    transaction.onAnswered = watchExpiry(supervisor, message, () => this.expire());
  }

  get replaces(): Session | undefined {
    return this.replacement?.call.session;
  }

  override accept(options: ResponseOptions = { statusCode: 200 }): OutgoingResponseWithSession {
    this.check("accept", 200, 299, options);
    const { sessionTimer } = this.supervisor.environment;
    const negotiation = this.session?.timer.negotiate(this.message) ??
      negotiate(this.message, sessionTimer);
    const extraHeaders = withTerms(options.extraHeaders ?? [], negotiation);
    const answer = { ...options, extraHeaders };
    return this.respondWithSession(answer, "inviteResponse", (session, response) => {
      const send = (): void => {
        // The program may have disposed of it while the 2xx waited for a PRACK.
        if (session.sessionState === "Terminated") return void this.reject();
        this.isConcluded = true;
        session.accept();
        session.dialog.refreshTarget(this.message);
        session.timer.agree(negotiation);
        this.transaction.pass(response, options.statusCode);
        this.replace();
      };
      if (this.provisionals === undefined) send();
      else this.provisionals.accept(send);
    });
  }

  override progress(options: ResponseOptions = { statusCode: 180 }): OutgoingResponseWithSession {
    this.check("progress", 101, 199, options);
    if (options.statusCode === 199) return this.endEarlyDialog(options);
    // RFC 3262 §3: "The UAS MUST send any non-100 provisional response reliably if the initial request
    // contained a Require header field with the option tag 100rel."
    if (asksForPrack(options) || hasTag(this.message, "100rel", "Require")) {
      return this.progressReliably(options);
    }
    return this.respondWithSession(options, "progress", (session, response) => {
      session.progress();
      this.transaction.pass(response, options.statusCode);
    });
  }

  /** Ends the session and what it waits for with a final response but 2xx. */
  protected override respond(options: ResponseOptions): OutgoingResponse {
    const response = super.respond(options);
    if (options.statusCode >= 300) {
      this.provisionals?.finish();
      this.end();
    }
    return response;
  }

  protected override check(
    method: string,
    from: number,
    to: number,
    options: ResponseOptions,
  ): void {
    super.check(method, from, to, options);
    if (from < 300 && this.hasEndedEarly) {
      throw new InvalidStateError(`${method}: expected an early dialog, found it ended by a 199`);
    }
    // Until it is sent, an acceptance may still be taken back.
    if (from < 300 && this.provisionals?.isAccepting) {
      throw new InvalidStateError(`${method}: expected an open request, found it accepted`);
    }
  }

  protected override take(emission: InviteServerEmission): void {
    super.take(emission);
    if (emission.type === "timeout") {
      const text = `no ACK to the final response of call ${this.message.callId} in timer H`;
      this.supervisor.report(new TimeoutError(text), this.message.callId);
    }
    if (emission.type === "terminated") this.end();
  }

  /** It came to nothing. What the session does after its outcome is another INVITE's. */
  private end(): void {
    if (this.isConcluded) return;
    this.isConcluded = true;
    this.session?.refuseInvite();
  }

  /** §13.3.1: "the invitation is considered to be expired", and "a 487 ... SHOULD be generated". */
  private expire(): void {
    this.supervisor.callGuest("onExpire", this.message.callId, () => this.delegate?.onExpire?.());
    if (!this.isAnswered) this.reject({ statusCode: 487 });
  }

  /**
   * RFC 3891 §3: "it accepts the new INVITE by sending a 200-class response, and shuts down the
   * replaced dialog", unless that was to be left alone and was answered in the meantime.
   */
  private replace(): void {
    const { call, isEarlyOnly } = this.replacement ?? {};
    if (call === undefined || (isEarlyOnly && call.session.sessionState !== "Early")) return;
    call.replace();
  }

  /** Tells the caller that this early dialog is over, before the final response (RFC 6228 §5). */
  private endEarlyDialog(options: ResponseOptions): OutgoingResponseWithSession {
    if (!hasTag(this.message, "199", "Supported") || this.session?.sessionState !== "Early") {
      const expected = "expected an early session, and a caller that supports 199";
      throw new InvalidStateError(`progress: ${expected}`);
    }
    // "The UAS MUST also insert a Reason header field that contains a response code describing the
    // reason why the early dialog was terminated."
    if (valuesIn(options.extraHeaders ?? [], "Reason").length === 0) {
      throw new InvalidArgumentError("extraHeaders", "a Reason in a 199", "none");
    }
    const isReliable = hasTag(this.message, "100rel", "Require");
    const response = isReliable
      ? this.progressReliably(options)
      : this.respondWithSession(options, "progress", (_, response) =>
        this.transaction.pass(response, 199));
    this.hasEndedEarly = true;
    // The PRACK to a reliable one comes in the dialog, which ends with the final response then.
    if (!isReliable) this.session.cease();
    return response;
  }

  private progressReliably(options: ResponseOptions): OutgoingResponseWithSession {
    // RFC 3262 §3: "If the request did not include either a Supported or Require header field
    // indicating this feature, the UAS MUST NOT send the provisional response reliably."
    if (!hasTag(this.message, "100rel", "Supported", "Require")) {
      const expected = "expected a caller that supports 100rel";
      throw new InvalidStateError(`progress: ${expected}, found one that does not`);
    }
    const { supervisor, transaction } = this;
    const rseq = this.provisionals?.nextNumber ?? supervisor.environment.identifiers.sequence();
    const numbered = withNumber(options, rseq);
    return this.respondWithSession(numbered, "progress", (session, response) => {
      session.progress();
      this.provisionals ??= new ReliableProvisionalServer(supervisor, transaction, session, this);
      this.provisionals.send({ rseq, options, response });
    });
  }

  private respondWithSession(
    options: ResponseOptions,
    place: Place,
    send: (session: SessionDialog, response: PrintedResponse) => void,
  ): OutgoingResponseWithSession {
    const dialog = this.session?.dialog ??
      Dialog.fromRequest(this.message, this.transaction.toTag);
    if (dialog instanceof ProtocolError) throw new InvalidStateError(dialog.message);
    if (this.session?.sessionState === "Terminated") {
      throw new InvalidStateError("expected a session that is open, found it terminated");
    }
    const answer = this.withHeaders(options);
    const response = this.transaction.print(answer);
    const session = this.session ?? this.openSession(dialog);
    session.dialog.contact = valuesIn(answer.extraHeaders ?? [], "Contact")[0];
    session.offers.takeLocal(options.body, place);
    send(session, response);
    return { message: response.message, session };
  }

  /** The session that the first response with a To-tag makes (§12.1.1). */
  private openSession(dialog: Dialog): SessionDialog {
    dialog.isSecure = isSecure(this.message, this.transaction.flow);
    const session = this.makeSession(dialog, {
      role: "callee",
      inviteSequence: this.message.cseq,
      repeatAccept: () => this.transaction.repeatResponse(),
      onAcknowledged: () => this.transaction.release(),
      early: {
        // §15.1.2: "it is RECOMMENDED that a 487 (Request Terminated) response be generated to those
        // pending requests."
        onEarlyBye: () => {
          if (!this.isAnswered) this.reject({ statusCode: 487 });
        },
      },
    });
    this.session = session;
    session.offers.takeRemote(this.message, "request");
    session.noteAllow(this.message);
    return session;
  }

  /** §12.1.1: the response "MUST ... contain a Contact header field". */
  private withHeaders(options: ResponseOptions): ResponseOptions {
    const { environment } = this.supervisor;
    const own = options.extraHeaders ?? [];
    checkContact(valuesIn(own, "Contact"));
    const contact = this.session?.dialog.contact ??
      contactFor(environment, this.supervisor.currentFlow(this.transaction.flow), this.message);
    // §13.3.1.4: the 2xx "SHOULD contain the Allow header field" and "the Supported header field";
    // RFC 3311 §5 has the one and RFC 4538 §4 the other in every response that makes a dialog.
    const capabilities = capabilityLines(environment, this.message);
    const lines = withMissing(own, [`Contact: ${contact}`, ...capabilities]);
    // RFC 6228 §5: no "199" "in the Supported, Require, or Proxy-Require header field of the 199".
    const isSaid = options.supported !== undefined || options.statusCode === 199;
    const extraHeaders = isSaid ? lines.filter((line) => !/^supported:/i.test(line)) : lines;
    return { ...options, extraHeaders };
  }
}
