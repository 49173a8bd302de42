/**
 * An UPDATE that came in (RFC 3311 §5.2).
 *
 * @module
 */
import type { InviteServerEmission } from "../../machines/mod.ts";
import {
  bodyOf,
  type IncomingRequestMessage,
  type OutgoingResponse,
  type ResponseOptions,
  valuesIn,
} from "../../messages/mod.ts";
import { describesSession } from "./offer_answer.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type { SessionDialog } from "./session_dialog.ts";
import { withTerms } from "./session_timer.ts";
import { UserAgentServer } from "../transactions/user_agent_server.ts";

/** See the module. */
export class UpdateUserAgentServer extends UserAgentServer {
  private readonly session: SessionDialog;
  private readonly offers: boolean;
  private hasEnded = false;

  constructor(
    session: SessionDialog,
    message: IncomingRequestMessage,
    transaction: ServerTransaction,
  ) {
    super(session.supervisor, message, transaction);
    this.session = session;
    this.offers = describesSession(bodyOf(message));
    session.beginUpdate(this);
    session.offers.takeRemote(message, "otherRequest");
  }

  override accept(options: ResponseOptions = { statusCode: 200 }): OutgoingResponse {
    this.check("accept", 200, 299, options);
    const { session } = this;
    const negotiation = session.timer.negotiate(this.message);
    const own = session.answerHeaders(this.message, options.extraHeaders ?? []);
    const extraHeaders = withTerms(own, negotiation);
    const response = this.transaction.respond({ ...options, extraHeaders }, () => {
      session.dialog.refreshTarget(this.message);
      // RFC 3311 §5.1: the 2xx to an INVITE in progress "MUST" have the same Contact.
      session.dialog.contact = valuesIn(extraHeaders, "Contact")[0];
      // Without an offer in it there is nothing to answer: the open offer may be another one.
      if (this.offers && options.body !== undefined) {
        session.offers.takeLocal(options.body, "response");
      }
      this.end();
      session.timer.agree(negotiation);
    });
    return response;
  }

  protected override respond(options: ResponseOptions): OutgoingResponse {
    const response = super.respond(options);
    if (options.statusCode >= 300) this.end();
    return response;
  }

  protected override take(emission: InviteServerEmission): void {
    super.take(emission);
    // Nobody has answered it, and nobody waits for that any more.
    if (emission.type === "terminated" && !this.hasEnded) this.end();
  }

  /** What it offered and nobody has answered is void. */
  private end(): void {
    this.hasEnded = true;
    if (this.offers && this.session.offers.owesAnswer) this.session.offers.rollback();
  }
}
