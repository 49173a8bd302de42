/**
 * A SUBSCRIBE outside of any dialog (RFC 6665 §4.1.2.1).
 *
 * @module
 */
import {
  type EventName,
  Fault,
  InvalidArgumentError,
  type OutgoingRequestMessage,
  parseHeaderValue,
} from "../../messages/mod.ts";
import { eventName } from "../../messages/event_header.ts";
import type { Way } from "../transactions/attempts.ts";
import { requestedExpires, retryWithMinExpires } from "../transactions/expires.ts";
import { nextHopOf } from "../locating/flow.ts";
import { NotifyWait } from "./notify_wait.ts";
import type { OutgoingSubscribeRequest, OutgoingSubscribeRequestDelegate } from "./subscription.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";

/** RFC 6665 §3.1.2: "Subscribers MUST include exactly one "Event" header field in SUBSCRIBE". */
function eventIn(message: OutgoingRequestMessage): EventName {
  const values = message.getHeaders("Event");
  const event = parseHeaderValue("Event", values.join(", "));
  if (event instanceof Fault) {
    throw new InvalidArgumentError("Event", "one event package", JSON.stringify(values.join(", ")));
  }
  return eventName(event);
}

/** See the module. */
export class SubscribeUserAgentClient extends UserAgentClient implements OutgoingSubscribeRequest {
  declare delegate?: OutgoingSubscribeRequestDelegate;
  private readonly wait: NotifyWait;

  /**
   * Prepares it; nothing is sent before `start`. Expires is added where it is missing.
   *
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire, or has no Event.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    delegate?: OutgoingSubscribeRequestDelegate,
  ) {
    const event = eventIn(message);
    const requested = requestedExpires(message);
    const way: Way = { nextHop: nextHopOf(message) };
    super(supervisor, message, way, delegate, {
      retry: retryWithMinExpires(message, (expires) => this.wait.ask(expires)),
      onEnd: (response) => {
        if (response === undefined) return;
        if (response.statusCode < 300) this.wait.accept(response);
        else this.wait.stop();
      },
    });
    this.wait = new NotifyWait(supervisor, message, {
      way,
      event,
      requested,
      onNotify: () =>
        this.delegate?.onNotify === undefined
          ? undefined
          : (request, subscription) =>
            this.delegate?.onNotify?.({
              request,
              ...(subscription === undefined ? {} : { subscription }),
            }),
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

  waitNotifyStop(): void {
    this.wait.stop();
  }

  override dispose(): void {
    super.dispose();
    this.wait.dispose();
  }
}
