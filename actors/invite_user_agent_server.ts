/**
 * An INVITE that came in (RFC 3261 §13.3).
 *
 * @module
 */
import type { InviteServerEmission } from "../machines/mod.ts";
import {
  type IncomingRequestMessage,
  InvalidStateError,
  type OutgoingResponse,
  ProtocolError,
  type ResponseOptions,
  TimeoutError,
  type URI,
  valuesIn,
} from "../messages/mod.ts";
import { checkContact } from "./contact.ts";
import { Dialog } from "./dialog.ts";
import type { IncomingInviteRequest, OutgoingResponseWithSession } from "./incoming_request.ts";
import type { Replacement } from "./replaces.ts";
import type { ServerTransaction } from "./server_transaction.ts";
import type { Session } from "./session.ts";
import { SessionDialog } from "./session_dialog.ts";
import type { Supervisor } from "./supervisor.ts";
import { UserAgentServer } from "./user_agent_server.ts";

/** See the module. */
export class InviteUserAgentServer extends UserAgentServer implements IncomingInviteRequest {
  private session: SessionDialog | undefined;
  private readonly replacement: Replacement | undefined;

  constructor(
    supervisor: Supervisor,
    message: IncomingRequestMessage,
    transaction: ServerTransaction,
    replacement?: Replacement,
  ) {
    super(supervisor, message, transaction);
    this.replacement = replacement;
    transaction.onDrain = () => {
      if (!this.isAnswered) this.reject({ statusCode: 503 });
    };
  }

  get replaces(): Session | undefined {
    return this.replacement?.call.session;
  }

  override accept(options: ResponseOptions = { statusCode: 200 }): OutgoingResponseWithSession {
    this.check("accept", 200, 299, options);
    const response = this.respondWithSession(options, (session) => session.accept());
    this.replace();
    return response;
  }

  override progress(options: ResponseOptions = { statusCode: 180 }): OutgoingResponseWithSession {
    this.check("progress", 101, 199, options);
    return this.respondWithSession(options, (session) => session.progress());
  }

  override redirect(contacts: URI[], options?: ResponseOptions): OutgoingResponse {
    const response = super.redirect(contacts, options);
    this.session?.cease();
    return response;
  }

  override reject(options?: ResponseOptions): OutgoingResponse {
    const response = super.reject(options);
    this.session?.cease();
    return response;
  }

  protected override take(emission: InviteServerEmission): void {
    super.take(emission);
    if (emission.type === "timeout") {
      const text = `no ACK to the final response of call ${this.message.callId} in timer H`;
      this.supervisor.report(new TimeoutError(text));
    }
    if (emission.type === "terminated") this.session?.cease();
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

  private respondWithSession(
    options: ResponseOptions,
    move: (session: SessionDialog) => void,
  ): OutgoingResponseWithSession {
    const dialog = this.session?.dialog ??
      Dialog.fromRequest(this.message, this.transaction.toTag);
    if (dialog instanceof ProtocolError) throw new InvalidStateError(dialog.message);
    if (this.session?.sessionState === "Terminated") {
      throw new InvalidStateError("expected a session that is open, found it terminated");
    }
    let session = this.session;
    const { message } = this.transaction.respond(this.withContact(options), () => {
      session ??= this.openSession(dialog);
      if (options.body !== undefined) session.takeLocalBody(options.body);
      move(session);
    });
    if (session === undefined) throw new InvalidStateError("the response was not sent");
    return { message, session };
  }

  /** The session that the first response with a To-tag makes (§12.1.1). */
  private openSession(dialog: Dialog): SessionDialog {
    this.session = new SessionDialog(this.supervisor, dialog, {
      role: "callee",
      inviteSequence: this.message.cseq,
      repeatAccept: () => this.transaction.repeatResponse(),
      // §15.1.2: "it is RECOMMENDED that a 487 (Request Terminated) response be generated to those
      // pending requests."
      onEarlyBye: () => {
        if (!this.isAnswered) this.reject({ statusCode: 487 });
      },
    });
    this.session.takeRemoteBody(this.message);
    return this.session;
  }

  /** §12.1.1: the response "MUST ... contain a Contact header field". */
  private withContact(options: ResponseOptions): ResponseOptions {
    const extraHeaders = [...options.extraHeaders ?? []];
    const contacts = valuesIn(extraHeaders, "Contact");
    if (contacts.length > 0) checkContact(contacts);
    else {
      const { contact } = this.supervisor.environment;
      const value = contact(this.transaction.flow.transport, this.message.ruri.user);
      extraHeaders.push(`Contact: ${value}`);
    }
    const { allow, optionTags } = this.supervisor.environment;
    if (options.statusCode >= 200 && valuesIn(extraHeaders, "Allow").length === 0) {
      extraHeaders.push(`Allow: ${allow()}`);
    }
    // §13.3.1.4: the 2xx "SHOULD include the Supported header field"; RFC 4538 §4 has it in every
    // response that makes a dialog.
    if (options.supported === undefined && valuesIn(extraHeaders, "Supported").length === 0) {
      extraHeaders.push(`Supported: ${optionTags.join(", ")}`);
    }
    return { ...options, extraHeaders };
  }
}
