/**
 * A SUBSCRIBE that came in (RFC 6665 §4.2.1): for a new subscription, or within one.
 *
 * @module
 */
import {
  type EventName,
  eventOf,
  type IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
  type OutgoingResponse,
  ProtocolError,
  type ResponseOptions,
  type URI,
  valuesIn,
} from "../../messages/mod.ts";
import { MAX_EXPIRES } from "../../machines/mod.ts";
import { checkContact, contactFor } from "../locating/contact.ts";
import { Dialog } from "../dialogs/dialog.ts";
import { DialogUsages } from "../dialogs/dialog_usages.ts";
import { allowEvents } from "./event_inspection.ts";
import { DEFAULT_EXPIRES, expiresIn, expiresOf } from "../transactions/expires.ts";
import { isSecure } from "../locating/flow.ts";
import type { IncomingSubscribeRequest, OutgoingResponseWithNotifier } from "./notifier.ts";
import { NotifierDialog } from "./notifier_dialog.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import { withMissing } from "../calls/session_headers.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentServer } from "../transactions/user_agent_server.ts";

/** See the module. */
export class SubscribeUserAgentServer extends UserAgentServer implements IncomingSubscribeRequest {
  readonly event: EventName;
  readonly expires: number;
  /** What it was refused with, if it was. */
  refusal: number | undefined;
  private notifier: NotifierDialog | undefined;

  /** @param notifier The subscription that it is in; none where it asks for a new one. */
  constructor(
    supervisor: Supervisor,
    message: IncomingRequestMessage,
    transaction: ServerTransaction,
    notifier?: NotifierDialog,
  ) {
    super(supervisor, message, transaction);
    this.event = eventOf(message) ?? { type: "", id: undefined };
    this.expires = expiresOf(message) ?? DEFAULT_EXPIRES;
    this.notifier = notifier;
    transaction.onDrain = () => {
      if (!this.isAnswered) this.reject({ statusCode: 503 });
    };
  }

  override accept(options: ResponseOptions = { statusCode: 200 }): OutgoingResponseWithNotifier {
    this.check("accept", 200, 299, options);
    // §8.3.1: implementations "MUST NOT generate 202 response codes to SUBSCRIBE or NOTIFY requests."
    if (options.statusCode === 202) {
      throw new InvalidArgumentError("accept: statusCode", "200, or another 2xx", "202");
    }
    const { expires, extraHeaders } = this.grant(options);
    const usages = this.notifier === undefined ? this.openDialog(extraHeaders) : undefined;
    const { message } = this.transaction.respond({ ...options, extraHeaders }, () => {
      this.notifier?.renew(this.message, expires);
      const { event } = this;
      if (usages !== undefined) {
        this.notifier = new NotifierDialog(this.supervisor, usages, { event, expires });
      }
    });
    if (this.notifier === undefined) throw new InvalidStateError("the response was not sent");
    return { message, notifier: this.notifier };
  }

  override redirect(contacts: URI[], options?: ResponseOptions): OutgoingResponse {
    const response = super.redirect(contacts, options);
    this.refusal = options?.statusCode ?? 302;
    return response;
  }

  override reject(options?: ResponseOptions): OutgoingResponse {
    const response = super.reject(options);
    this.refusal = options?.statusCode ?? 480;
    return response;
  }

  /** Shows it to the program; then the NOTIFY that is owed has to be sent. */
  show(handler: (request: IncomingSubscribeRequest) => unknown): void {
    this.supervisor.callGuest("onSubscribe", this.message.callId, () => handler(this), () => {
      if (!this.isAnswered) this.reject({ statusCode: 500 });
    });
    this.awaitAnswer();
    this.notifier?.settle();
  }

  private openDialog(extraHeaders: string[]): DialogUsages {
    const dialog = Dialog.fromRequest(this.message, this.transaction.toTag);
    if (dialog instanceof ProtocolError) throw new InvalidStateError(dialog.message);
    dialog.contact = valuesIn(extraHeaders, "Contact")[0];
    dialog.isSecure = isSecure(this.message, this.transaction.flow);
    return new DialogUsages(this.supervisor, dialog);
  }

  /**
   * How long it may last. §4.2.1.1: "the server MAY shorten the interval but MUST NOT lengthen it."
   * §3.1.1: "200-class responses to SUBSCRIBE requests also MUST contain an "Expires" header field."
   */
  private grant(options: ResponseOptions): { expires: number; extraHeaders: string[] } {
    const { environment } = this.supervisor;
    const own = options.extraHeaders ?? [];
    const said = expiresIn(own);
    if (said !== undefined && said > this.expires) {
      throw new InvalidArgumentError("Expires", `at most ${this.expires}`, `${said}`);
    }
    const expires = Math.min(said ?? this.expires, MAX_EXPIRES);
    checkContact(valuesIn(own, "Contact"));
    const contact = contactFor(
      environment,
      this.supervisor.currentFlow(this.transaction.flow),
      this.message,
    );
    const extraHeaders = withMissing(own, [
      `Expires: ${expires}`,
      `Contact: ${contact}`,
      ...allowEvents(environment),
    ]);
    return { expires, extraHeaders };
  }
}
