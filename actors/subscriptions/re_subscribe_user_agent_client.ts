/**
 * A SUBSCRIBE within a subscription: it refreshes or ends it (RFC 6665 §4.1.2.2, §4.1.2.3).
 *
 * @module
 */
import type { IncomingResponseMessage, OutgoingRequestMessage } from "../../messages/mod.ts";
import type { Dialog } from "../dialogs/dialog.ts";
import { expiresOf, requestedExpires, retryWithMinExpires } from "../transactions/expires.ts";
import type { OutgoingSubscribeRequest, OutgoingSubscribeRequestDelegate } from "./subscription.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";

/** The subscription, as far as its SUBSCRIBEs have to do with it. */
export interface Refreshable {
  /** It goes again, and asks for another time. */
  ask(expires: number): void;
  /** A 2xx came. */
  confirm(status: number, expires: number | undefined): void;
  /** Another final response came. */
  refuse(response: IncomingResponseMessage): void;
}

/** See the module. */
export class ReSubscribeUserAgentClient extends UserAgentClient
  implements OutgoingSubscribeRequest {
  declare delegate?: OutgoingSubscribeRequestDelegate;
  /** How many seconds it asks for. */
  readonly expires: number;

  /** Prepares it; nothing is sent before `start`. */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    dialog: Dialog,
    subscription: Refreshable,
    delegate?: OutgoingSubscribeRequestDelegate,
  ) {
    super(supervisor, message, dialog, delegate, {
      retry: retryWithMinExpires(message, (expires) => subscription.ask(expires)),
      onEnd: (response) => {
        if (response === undefined) return;
        const { statusCode } = response;
        if (statusCode >= 300) return subscription.refuse(response);
        dialog.refreshTarget(response);
        subscription.confirm(statusCode, expiresOf(response));
      },
    });
    this.expires = requestedExpires(message);
  }

  /** Does nothing: it makes no subscription. */
  waitNotifyStop(): void {}
}
