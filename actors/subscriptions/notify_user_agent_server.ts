/**
 * A NOTIFY that came in for a subscription (RFC 6665 §4.1.3).
 *
 * @module
 */
import type { OutgoingResponse, ResponseOptions, URI } from "../../messages/mod.ts";
import type { IncomingNotifyRequest } from "../transactions/incoming_request.ts";
import { UserAgentServer } from "../transactions/user_agent_server.ts";

/** See the module. */
export class NotifyUserAgentServer extends UserAgentServer implements IncomingNotifyRequest {
  /** What it was refused with, if it was. */
  refusal: number | undefined;

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

  /**
   * Shows it to the program, and answers it where the program has not. "In no case should a NOTIFY
   * transaction extend for any longer than the time necessary for automated processing."
   */
  show(handler: (() => unknown) | undefined): void {
    if (handler !== undefined) {
      this.supervisor.callGuest("onNotify", this.message.callId, handler, () => {
        if (!this.isAnswered) this.reject({ statusCode: 500 });
      });
    }
    if (!this.isAnswered) this.accept();
  }
}
