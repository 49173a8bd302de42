/**
 * A REFER that came in (RFC 3515 §2.4.2), within a session or outside of any dialog.
 *
 * @module
 */
import {
  Fault,
  type IncomingRequestMessage,
  InvalidStateError,
  NameAddrHeader,
  ProtocolError,
  type ResponseOptions,
  sipfrag,
  valuesIn,
} from "../../messages/mod.ts";
import { checkContact, contactFor } from "../locating/contact.ts";
import { Dialog } from "../dialogs/dialog.ts";
import { DialogUsages } from "../dialogs/dialog_usages.ts";
import { allowEvents } from "./event_inspection.ts";
import { isSecure } from "../locating/flow.ts";
import { NotifierDialog, type NotifierOptions } from "./notifier_dialog.ts";
import type { NotifyOptions } from "./notifier.ts";
import type { OutgoingNotifyRequest } from "../transactions/outgoing_request.ts";
import type {
  IncomingReferRequest,
  OutgoingResponseWithReferNotifier,
  ReferNotifier,
} from "./refer.ts";
import { refusesSubscription } from "./refer_user_agent_client.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import { withMissing } from "../calls/session_headers.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentServer } from "../transactions/user_agent_server.ts";

/**
 * How long the implicit subscription lasts, in seconds: §3.4, "longer than the time the referenced
 * request will be given to complete". No proxy gives an INVITE more than timer C (RFC 3261 §16.6).
 */
const REFER_EXPIRES = 180;

/** Says who takes a REFER, if somebody does. */
export type ReferHandler = () => ((request: IncomingReferRequest) => unknown) | undefined;

/** The implicit subscription at work. */
class ReferNotifierDialog extends NotifierDialog implements ReferNotifier {
  private readonly handler: ReferHandler;

  constructor(
    supervisor: Supervisor,
    usages: DialogUsages,
    options: NotifierOptions,
    handler: ReferHandler,
  ) {
    super(supervisor, usages, options);
    this.handler = handler;
  }

  // §4.2: a second REFER in the dialog of the first.
  override takes(request: IncomingRequestMessage): boolean {
    if (request.method === "REFER") return this.handler() !== undefined;
    return super.takes(request);
  }

  override receive(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    if (request.method !== "REFER") return super.receive(request, transaction);
    receiveRefer(this.supervisor, request, transaction, this.handler, this.usages);
  }

  report(
    statusCode: number,
    reasonPhrase?: string,
    options: NotifyOptions = {},
  ): OutgoingNotifyRequest {
    const body = sipfrag(statusCode, reasonPhrase);
    return statusCode < 200
      ? this.notify("active", body, options)
      // §2.4.7: "The final NOTIFY sent in response to a REFER MUST indicate the subscription has been
      // "terminated" with a reason of "noresource"."
      : this.terminate("noresource", { ...options, body });
  }
}

/** See the module. */
export class ReferUserAgentServer extends UserAgentServer implements IncomingReferRequest {
  readonly referTo: NameAddrHeader;
  readonly referredBy: NameAddrHeader | undefined;
  private readonly handler: ReferHandler;
  private readonly usages: DialogUsages | undefined;
  private notifier: ReferNotifierDialog | undefined;

  /**
   * @param referTo Its Refer-To: whoever makes this has looked for it.
   * @param handler Takes it, and others within the dialog that it makes.
   * @param usages The dialog that it came in.
   */
  constructor(
    supervisor: Supervisor,
    message: IncomingRequestMessage,
    transaction: ServerTransaction,
    referTo: NameAddrHeader,
    handler: ReferHandler,
    usages?: DialogUsages,
  ) {
    super(supervisor, message, transaction);
    this.referTo = referTo;
    const referredBy = message.parseHeader("Referred-By");
    this.referredBy = referredBy instanceof Fault ? undefined : referredBy;
    this.handler = handler;
    this.usages = usages;
    transaction.onDrain = () => {
      if (!this.isAnswered) this.reject({ statusCode: 503 });
    };
  }

  override accept(
    options: ResponseOptions = { statusCode: 202 },
  ): OutgoingResponseWithReferNotifier {
    this.check("accept", 200, 299, options);
    const { extraHeaders, isReported } = this.headersOf(options);
    const usages = isReported ? this.usages ?? this.openDialog(extraHeaders) : undefined;
    const { message } = this.transaction.respond({ ...options, extraHeaders }, () => {
      this.usages?.dialog.refreshTarget(this.message);
      if (usages !== undefined) this.notifier = this.openNotifier(usages);
    });
    return { message, notifier: this.notifier };
  }

  /** Shows it to the program; then the NOTIFY that is owed has to be sent. */
  show(): void {
    this.supervisor.callGuest("onRefer", this.message.callId, () => this.handler()?.(this), () => {
      if (!this.isAnswered) this.reject({ statusCode: 500 });
    });
    this.awaitAnswer();
    this.notifier?.settle();
  }

  /**
   * The header lines of the 2xx. RFC 4488 §4: who agrees to do without a subscription says so there.
   */
  private headersOf(options: ResponseOptions): { extraHeaders: string[]; isReported: boolean } {
    const { environment } = this.supervisor;
    const own = options.extraHeaders ?? [];
    checkContact(valuesIn(own, "Contact"));
    const contact = this.usages?.dialog.contact ??
      contactFor(environment, this.supervisor.currentFlow(this.transaction.flow), this.message);
    const agreement = refusesSubscription(this.message) ? ["Refer-Sub: false"] : [];
    const extraHeaders = withMissing(own, [
      `Contact: ${contact}`,
      ...allowEvents(environment),
      ...agreement,
    ]);
    const [said = "true"] = valuesIn(extraHeaders, "Refer-Sub");
    return { extraHeaders, isReported: agreement.length === 0 || !/^false\b/i.test(said) };
  }

  private openNotifier(usages: DialogUsages): ReferNotifierDialog {
    // §2.4.6: "for the second and subsequent REFER requests a UA receives in a given dialog, it MUST
    // include an id parameter in the Event header field of each NOTIFY containing the sequence number
    // (the number from the CSeq header field value) of the REFER this NOTIFY is associated with."
    const id = usages.hasRefer ? `${this.message.cseq}` : undefined;
    usages.hasRefer = true;
    return new ReferNotifierDialog(this.supervisor, usages, {
      event: { type: "refer", id },
      expires: REFER_EXPIRES,
      body: sipfrag(100),
    }, this.handler);
  }

  private openDialog(extraHeaders: string[]): DialogUsages {
    const dialog = Dialog.fromRequest(this.message, this.transaction.toTag);
    if (dialog instanceof ProtocolError) throw new InvalidStateError(dialog.message);
    dialog.contact = valuesIn(extraHeaders, "Contact")[0];
    dialog.isSecure = isSecure(this.message, this.transaction.flow);
    return new DialogUsages(this.supervisor, dialog);
  }
}

/**
 * Takes a REFER and shows it to the program.
 *
 * §2.4.2: "An agent responding to a REFER method MUST return a 400 (Bad Request) if the request
 * contained zero or more than one Refer-To header field values."
 *
 * @param usages The dialog that it came in.
 */
export function receiveRefer(
  supervisor: Supervisor,
  request: IncomingRequestMessage,
  transaction: ServerTransaction,
  handler: ReferHandler,
  usages?: DialogUsages,
): void {
  const referTo = request.parseHeader("Refer-To");
  if (!(referTo instanceof NameAddrHeader)) {
    const reasonPhrase = "Bad Request: expected one Refer-To";
    return void transaction.respond({ statusCode: 400, reasonPhrase });
  }
  new ReferUserAgentServer(supervisor, request, transaction, referTo, handler, usages).show();
}
