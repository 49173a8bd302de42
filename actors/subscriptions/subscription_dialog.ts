/**
 * A subscription at work, at the subscriber: one use of a dialog (RFC 6665 §4.1).
 *
 * @module
 */
import {
  endsSubscription,
  MAX_EXPIRES,
  type SubscriptionEmission,
  subscriptionMachine,
} from "../../machines/mod.ts";
import {
  type EventName,
  eventOf,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InvalidStateError,
  isSameEvent,
  printEvent,
  type ResponseOptions,
  type SubscriptionStateHeader,
  subscriptionStateOf,
} from "../../messages/mod.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import type { DialogUsage, DialogUsages } from "../dialogs/dialog_usages.ts";
import { expiresIn } from "../transactions/expires.ts";
import type { IncomingNotifyRequest } from "../transactions/incoming_request.ts";
import { NotifyUserAgentServer } from "./notify_user_agent_server.ts";
import type { RequestOptions } from "../transactions/outgoing_request.ts";
import { ReSubscribeUserAgentClient } from "./re_subscribe_user_agent_client.ts";
import { type Countdown, countdown } from "../countdown.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type {
  OutgoingSubscribeRequest,
  OutgoingSubscribeRequestDelegate,
  Subscription,
  SubscriptionDelegate,
  SubscriptionState,
} from "./subscription.ts";
import { withMissing } from "../calls/session_headers.ts";
import type { Supervisor } from "../supervisor.ts";

const STATES = {
  initial: "Initial",
  pending: "Pending",
  active: "Active",
  expired: "Terminated",
  terminated: "Terminated",
} as const satisfies { [state: string]: SubscriptionState };

/** §4.1.3: "NOTIFY requests MUST contain "Subscription-State" header fields". */
export function badState(): ResponseOptions {
  const expected = "expected Subscription-State: active, pending or terminated";
  return { statusCode: 400, reasonPhrase: `Bad Request: ${expected}` };
}

/** What a subscription is made from. */
export interface SubscriptionOptions {
  /** What its NOTIFYs name. */
  readonly event: EventName;
  /** Event as its SUBSCRIBE had it; made from `event` where a REFER has made it. */
  readonly eventHeader: string | undefined;
  /**
   * How many seconds were asked for. RFC 3515 §2.4.4: a REFER does not say; "the duration of the
   * subscription is chosen by the agent accepting the REFER".
   */
  readonly requested: number | undefined;
  /** How many seconds were granted, as far as is known. */
  readonly expires: number;
  /** Who takes its NOTIFYs where its delegate does not. */
  readonly onNotify?: (() => ((request: IncomingNotifyRequest) => unknown) | undefined) | undefined;
}

/** See the module. */
export class SubscriptionDialog implements Subscription, DialogUsage {
  delegate: SubscriptionDelegate | undefined;
  private readonly supervisor: Supervisor;
  private readonly usages: DialogUsages;
  private readonly options: SubscriptionOptions;
  private readonly actor: ActorOf<typeof subscriptionMachine>;
  private remaining: Countdown;
  /** How many seconds its SUBSCRIBEs ask for; as many as were granted, where it is not said. */
  private requested: number | undefined;
  private isAutoRefresh = false;
  private unsubscription: ReSubscribeUserAgentClient | undefined;
  // Not asked of the machine: within its own emission it has not ended yet.
  private isOver = false;

  /** Enters it. */
  constructor(supervisor: Supervisor, usages: DialogUsages, options: SubscriptionOptions) {
    this.supervisor = supervisor;
    this.usages = usages;
    this.options = options;
    const { requested = MAX_EXPIRES, expires } = options;
    this.requested = options.requested;
    this.actor = makeActor(supervisor.actors, usages.dialog.callId, subscriptionMachine, {
      ...supervisor.environment.timers,
      requested,
      expires,
    }, (emission) => this.tell(emission));
    usages.add(this);
    this.actor.start();
    this.remaining = this.count();
  }

  get id(): string {
    const { callId, localTag, remoteTag } = this.usages.dialog;
    return callId + localTag + remoteTag;
  }

  get subscriptionExpires(): number {
    return this.isOver ? 0 : this.remaining();
  }

  get subscriptionState(): SubscriptionState {
    return this.isOver ? "Terminated" : STATES[this.actor.state.subscription];
  }

  get autoRefresh(): boolean {
    return this.isAutoRefresh;
  }

  set autoRefresh(isOn: boolean) {
    this.isAutoRefresh = isOn;
    this.actor.send({ type: "autoRefresh", isOn });
  }

  dispose(): void {
    this.isOver = true;
    this.unsubscription?.dispose();
    this.actor.send({ type: "dispose" });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  subscribe(
    delegate?: OutgoingSubscribeRequestDelegate,
    options: RequestOptions = {},
  ): OutgoingSubscribeRequest {
    if (expiresIn(options.extraHeaders ?? []) === 0) return this.leave(delegate, options);
    this.checkOpen("subscribe");
    if (this.unsubscription !== undefined) {
      throw new InvalidStateError("subscribe: expected a subscription that is not being ended");
    }
    const granted = this.actor.context.expires;
    const client = this.makeSubscribe(this.requested ?? granted, delegate, options);
    this.actor.send({ type: "subscribe", requested: client.expires });
    return client.start();
  }

  refresh(): OutgoingSubscribeRequest {
    return this.subscribe();
  }

  unsubscribe(): OutgoingSubscribeRequest {
    return this.leave();
  }

  end(): void {
    const { subscriptionState } = this;
    if (subscriptionState === "Terminated") return this.dispose();
    if (this.unsubscription === undefined) this.leave();
  }

  takes(request: IncomingRequestMessage): boolean {
    return request.method === "NOTIFY" && isSameEvent(eventOf(request), this.options.event);
  }

  receive(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const header = subscriptionStateOf(request);
    if (header === undefined) return void transaction.respond(badState());
    if (this.isOver) {
      // It has expired here, too. §4.4.1: "The subscriber will generally answer such final requests
      // with a 200 (OK) response".
      this.take(header);
      return transaction.refuse(header.state === "terminated" ? 200 : 481);
    }
    const server = new NotifyUserAgentServer(this.supervisor, request, transaction);
    this.usages.dialog.refreshTarget(request);
    this.take(header);
    const { delegate } = this;
    const onNotify = delegate?.onNotify === undefined
      ? this.options.onNotify?.()
      : (notify: IncomingNotifyRequest) => delegate.onNotify?.(notify);
    server.show(onNotify && (() => onNotify(server)));
    // To the notifier, that is its end.
    if (endsSubscription(server.refusal ?? 200)) this.dispose();
  }

  /** Takes what a NOTIFY says. */
  take({ state, expires }: SubscriptionStateHeader): void {
    this.actor.send({ type: "notify", state, ...(expires === undefined ? {} : { expires }) });
  }

  /** Asks for another time than before. */
  ask(requested: number): void {
    this.requested = requested;
    this.actor.send({ type: "subscribe", requested });
  }

  /** Takes the 2xx to a SUBSCRIBE. */
  confirm(status: number, expires: number | undefined): void {
    this.actor.send({ type: "accept", status, ...(expires === undefined ? {} : { expires }) });
  }

  /** Takes another final response to a SUBSCRIBE within it. */
  refuse({ statusCode: status, local }: IncomingResponseMessage): void {
    // Nothing came in timer F, and nothing will have come in timer N.
    if (!local || status !== 408) this.actor.send({ type: "reject", status });
  }

  private leave(
    delegate?: OutgoingSubscribeRequestDelegate,
    options?: RequestOptions,
  ): OutgoingSubscribeRequest {
    if (this.unsubscription !== undefined && !this.isOver) return this.unsubscription;
    this.checkOpen("unsubscribe");
    const client = this.unsubscription = this.makeSubscribe(0, delegate, options);
    this.actor.send({ type: "unsubscribe" });
    return client.start();
  }

  private checkOpen(method: string): void {
    const { subscriptionState } = this;
    if (subscriptionState === "Active" || subscriptionState === "Pending") return;
    const found = `found it ${subscriptionState}`;
    throw new InvalidStateError(`${method}: expected a subscription that is up, ${found}`);
  }

  private makeSubscribe(
    expires: number,
    delegate: OutgoingSubscribeRequestDelegate | undefined,
    options: RequestOptions = {},
  ): ReSubscribeUserAgentClient {
    const { event, eventHeader = printEvent(event) } = this.options;
    const extraHeaders = withMissing(options.extraHeaders ?? [], [
      `Event: ${eventHeader}`,
      `Expires: ${expires}`,
    ]);
    const { dialog } = this.usages;
    const message = dialog.request("SUBSCRIBE", { ...options, extraHeaders });
    return new ReSubscribeUserAgentClient(this.supervisor, message, dialog, this, delegate);
  }

  private tell(emission: SubscriptionEmission): void {
    switch (emission.type) {
      case "renewed":
        // The machine counts from now, by what its context says in a moment.
        return void (this.remaining = this.count());
      case "refresh": {
        const request = this.refresh();
        return this.callGuest("onRefresh", () => this.delegate?.onRefresh?.(request));
      }
      case "end":
        if (this.isOver) return;
        this.isOver = true;
        return this.callGuest("onTerminated", () => this.delegate?.onTerminated?.());
      case "terminated":
        this.isOver = true;
        this.usages.remove(this);
    }
  }

  private count(): Countdown {
    return countdown(this.supervisor, () => this.actor.context.expires);
  }

  private callGuest(name: string, call: () => unknown): void {
    this.supervisor.callGuest(name, this.usages.dialog.callId, call);
  }
}
