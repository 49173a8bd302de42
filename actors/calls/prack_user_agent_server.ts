/**
 * A PRACK that came in (RFC 3262).
 *
 * @module
 */
import type {
  IncomingRequestMessage,
  OutgoingResponse,
  ResponseOptions,
} from "../../messages/mod.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type { SessionDialog } from "./session_dialog.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentServer } from "../transactions/user_agent_server.ts";

/** See the module. */
export class PrackUserAgentServer extends UserAgentServer {
  /** Whether it has an offer, whose answer belongs into the 2xx. */
  readonly hasOffer: boolean;
  private readonly session: SessionDialog;
  private readonly onAnswered: () => void;

  /**
   * @param options `isStale`: its INVITE was refused, and its body says nothing any more; `onAnswered`:
   * called when the PRACK has its final response.
   */
  constructor(
    supervisor: Supervisor,
    message: IncomingRequestMessage,
    transaction: ServerTransaction,
    session: SessionDialog,
    options: { readonly isStale: boolean; readonly onAnswered: () => void },
  ) {
    super(supervisor, message, transaction);
    this.session = session;
    this.onAnswered = options.onAnswered;
    // One of the INVITE may be open still.
    const owedAnswer = session.offers.owesAnswer;
    if (!options.isStale) session.offers.takeRemote(message, "otherRequest");
    this.hasOffer = !owedAnswer && session.offers.owesAnswer;
  }

  protected override respond(options: ResponseOptions): OutgoingResponse {
    const { statusCode, body } = options;
    const response = this.transaction.respond(options, () => {
      if (statusCode < 200) return;
      // §5: "If the UAS receives a PRACK with an offer, it MUST place the answer in the 2xx".
      if (statusCode < 300 && body !== undefined) this.session.offers.takeLocal(body, "response");
      if (this.hasOffer && this.session.offers.owesAnswer) this.session.offers.rollback();
    });
    if (statusCode >= 200) this.onAnswered();
    return response;
  }
}
