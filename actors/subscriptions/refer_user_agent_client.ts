/**
 * A REFER that was sent (RFC 3515 §2.4.1), within a session or outside of any dialog.
 *
 * @module
 */
import {
  Fault,
  type IncomingMessage,
  type IncomingResponseMessage,
  InvalidArgumentError,
  NameAddrHeader,
  type OutgoingRequestMessage,
  parseHeaderValue,
} from "../../messages/mod.ts";
import type { Way } from "../transactions/attempts.ts";
import type { DialogUsages } from "../dialogs/dialog_usages.ts";
import { nextHopOf } from "../locating/flow.ts";
import type { IncomingNotifyRequest } from "../transactions/incoming_request.ts";
import { NotifyWait } from "./notify_wait.ts";
import type { OutgoingReferRequest, OutgoingReferRequestDelegate } from "./refer.ts";
import type { Subscription } from "./subscription.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";

/** Whether a message says that no subscription is wanted (RFC 4488 §4). */
export function refusesSubscription(message: IncomingMessage): boolean {
  const value = message.parseHeader("Refer-Sub");
  return value !== undefined && !(value instanceof Fault) && value.value === "false";
}

/** §2.4.1: "A REFER request MUST contain exactly one Refer-To header field value." */
export function checkReferTo(values: readonly string[]): void {
  const text = values.join(", ");
  if (parseHeaderValue("Refer-To", text) instanceof NameAddrHeader) return;
  throw new InvalidArgumentError("Refer-To", "one address", JSON.stringify(text));
}

/** The session that a REFER is sent in. */
export interface Referrer {
  /** Its dialog. */
  readonly usages: DialogUsages;
  /** Who takes NOTIFYs there, if somebody does. */
  readonly onNotify: () => ((request: IncomingNotifyRequest) => unknown) | undefined;
  /** Is told of the outcome. */
  readonly onEnd: (response: IncomingResponseMessage) => void;
}

/** See the module. */
export class ReferUserAgentClient extends UserAgentClient implements OutgoingReferRequest {
  declare delegate?: OutgoingReferRequestDelegate;
  private readonly wait: NotifyWait;

  /**
   * Prepares it; nothing is sent before `start`.
   *
   * @param referrer The session that it is sent in; none outside of any dialog.
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire, or has no Refer-To.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    delegate?: OutgoingReferRequestDelegate,
    referrer?: Referrer,
  ) {
    checkReferTo(message.getHeaders("Refer-To"));
    const isUnsubscribed = message.getHeaders("Refer-Sub").some((value) => /^false\b/i.test(value));
    const way: Way = referrer?.usages.dialog ?? { nextHop: nextHopOf(message) };
    super(supervisor, message, way, delegate, {
      onEnd: (response) => {
        if (response === undefined) return;
        referrer?.onEnd(response);
        const isRefused = response.statusCode >= 300;
        if (!isRefused) referrer?.usages.dialog.refreshTarget(response);
        // RFC 4488 §4: there is no subscription only where the far end says so, too.
        if (isRefused || (isUnsubscribed && refusesSubscription(response))) this.wait.stop();
      },
    });
    this.wait = new NotifyWait(supervisor, message, {
      way,
      event: { type: "refer", id: undefined },
      ...(referrer === undefined ? {} : {
        usages: referrer.usages,
        onFurtherNotify: referrer.onNotify,
      }),
      onNotify: () => this.handler() ?? referrer?.onNotify(),
      onTimeout: () =>
        supervisor.callGuest(
          "onNotifyTimeout",
          message.callId,
          () => this.delegate?.onNotifyTimeout?.(),
        ),
    });
  }

  override start(): this {
    this.wait.around(() => super.start());
    return this;
  }

  override dispose(): void {
    super.dispose();
    this.wait.dispose();
  }

  private handler():
    | ((request: IncomingNotifyRequest, subscription: Subscription | undefined) => unknown)
    | undefined {
    if (this.delegate?.onNotify === undefined) return undefined;
    return (request, subscription) =>
      this.delegate?.onNotify?.({
        request,
        ...(subscription === undefined ? {} : { subscription }),
      });
  }
}
