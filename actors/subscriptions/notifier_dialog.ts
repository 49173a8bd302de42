/**
 * A subscription at work, at the notifier: one use of a dialog (RFC 6665 §4.2).
 *
 * @module
 */
import { endsSubscription, type NotifierEmission, notifierMachine } from "../../machines/mod.ts";
import {
  type BinaryBody,
  type Body,
  type EventName,
  eventOf,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InvalidArgumentError,
  InvalidStateError,
  isSameEvent,
  printEvent,
  type SubscriptionEndReason,
} from "../../messages/mod.ts";
import { printSubscriptionState } from "../../messages/subscription_state.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import { type Countdown, countdown } from "../countdown.ts";
import type { DialogUsage, DialogUsages } from "../dialogs/dialog_usages.ts";
import { refuseInterval } from "./event_inspection.ts";
import type { Notifier, NotifierDelegate, NotifyOptions, TerminateOptions } from "./notifier.ts";
import type { OutgoingNotifyRequest } from "../transactions/outgoing_request.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import { SubscribeUserAgentServer } from "./subscribe_user_agent_server.ts";
import type { SubscriptionState } from "./subscription.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";

const STATES = {
  respWait: "Initial",
  pending: "Pending",
  active: "Active",
  leaving: "Terminated",
  terminated: "Terminated",
} as const satisfies { [state: string]: SubscriptionState };

/** What a subscription is made from. */
export interface NotifierOptions {
  readonly event: EventName;
  /** How many seconds were granted. */
  readonly expires: number;
  /** What the first NOTIFY says where the program says nothing; then every NOTIFY has a body. */
  readonly body?: Body;
}

/** See the module. */
export class NotifierDialog implements Notifier, DialogUsage {
  delegate: NotifierDelegate | undefined;
  protected readonly supervisor: Supervisor;
  protected readonly usages: DialogUsages;
  private readonly options: NotifierOptions;
  private readonly actor: ActorOf<typeof notifierMachine>;
  private remaining: Countdown;
  /** The last state of the resource. */
  private body: Body | BinaryBody | undefined;
  // Not asked of the machine: within its own emission it has not ended yet.
  private isOver = false;
  private isDisposed = false;

  /** Enters it. */
  constructor(supervisor: Supervisor, usages: DialogUsages, options: NotifierOptions) {
    this.supervisor = supervisor;
    this.usages = usages;
    this.options = options;
    this.body = options.body;
    this.actor = makeActor(
      supervisor.actors,
      usages.dialog.callId,
      notifierMachine,
      { expires: options.expires },
      (emission) => this.tell(emission),
    );
    usages.add(this);
    this.actor.start();
    this.remaining = this.count();
  }

  get id(): string {
    const { callId, localTag, remoteTag } = this.usages.dialog;
    return callId + localTag + remoteTag;
  }

  get event(): EventName {
    return this.options.event;
  }

  get subscriptionExpires(): number {
    return this.isOver ? 0 : this.remaining();
  }

  get subscriptionState(): SubscriptionState {
    return this.isOver ? "Terminated" : STATES[this.actor.state.subscription];
  }

  notify(
    state: "pending" | "active",
    body?: Body | BinaryBody,
    options: NotifyOptions = {},
  ): OutgoingNotifyRequest {
    this.checkOpen("notify");
    if (state !== "pending" && state !== "active") {
      throw new InvalidArgumentError("state", "pending or active", `${state}`);
    }
    if (state === "pending" && this.subscriptionState === "Active") {
      throw new InvalidStateError(
        "notify: expected a state that is not behind active, found pending",
      );
    }
    if (this.actor.context.expires === 0) {
      const client = this.makeLast("timeout", { ...options, ...(body && { body }) });
      this.actor.send({ type: "notify", state });
      return client.start();
    }
    const client = this.make(state, body, options);
    this.body = body ?? this.options.body;
    this.actor.send({ type: "notify", state });
    return client.start();
  }

  terminate(reason: SubscriptionEndReason, options: TerminateOptions = {}): OutgoingNotifyRequest {
    this.checkOpen("terminate");
    const client = this.makeLast(reason, options);
    this.isOver = true;
    this.actor.send({ type: "terminate" });
    return client.start();
  }

  dispose(): void {
    this.isOver = true;
    this.isDisposed = true;
    this.actor.send({ type: "dispose" });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  end(): void {
    // "the client SHOULD retry at some later time": this side is being stopped.
    if (!this.isOver) this.terminate("probation");
  }

  /** The program has had its chance to send the NOTIFY that is owed. */
  settle(): void {
    this.actor.send({ type: "settle" });
  }

  takes(request: IncomingRequestMessage): boolean {
    return request.method === "SUBSCRIBE" && !this.isOver &&
      isSameEvent(eventOf(request), this.options.event);
  }

  receive(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const refusal = refuseInterval(request, this.supervisor.environment);
    if (refusal !== undefined) return void transaction.respond(refusal);
    const server = new SubscribeUserAgentServer(this.supervisor, request, transaction, this);
    server.show((each) => this.delegate?.onSubscribe?.(each));
    if (!server.isAnswered) server.accept();
    // §4.1.2.2: to the subscriber, that is its end.
    if (endsSubscription(server.refusal ?? 200)) this.dispose();
    else this.settle();
  }

  /** A SUBSCRIBE within it was accepted, for so many seconds. */
  renew(request: IncomingRequestMessage, expires: number): void {
    this.usages.dialog.refreshTarget(request);
    this.actor.send({ type: "subscribe", expires });
    this.remaining = this.count();
  }

  private checkOpen(method: string): void {
    if (!this.isOver) return;
    throw new InvalidStateError(
      `${method}: expected a subscription that is up, found it terminated`,
    );
  }

  /** A NOTIFY that does not end it. */
  private make(
    state: "pending" | "active",
    body: Body | BinaryBody | undefined,
    options: NotifyOptions,
  ): UserAgentClient {
    // §4.2.2: "the notifier MUST also include in the "Subscription-State" header field an "expires"
    // parameter that indicates the time remaining on the subscription."
    const expires = Math.max(1, this.subscriptionExpires);
    const header = { state, expires, reason: undefined, retryAfter: undefined };
    return this.makeNotify(printSubscriptionState(header), body, options, false);
  }

  /** The NOTIFY that ends it. */
  private makeLast(reason: SubscriptionEndReason, options: TerminateOptions): UserAgentClient {
    const { retryAfter, body } = options;
    const header = { state: "terminated", expires: undefined, reason, retryAfter } as const;
    return this.makeNotify(printSubscriptionState(header), body, options, true);
  }

  private makeNotify(
    state: string,
    body: Body | BinaryBody | undefined,
    options: NotifyOptions,
    isLast: boolean,
  ): UserAgentClient {
    const { supervisor, usages } = this;
    const { dialog } = usages;
    const { event } = this.options;
    // RFC 3515 §2.4.5: "Each NOTIFY MUST contain a body of type "message/sipfrag"".
    const content = body ?? (this.options.body && this.body);
    const message = dialog.request("NOTIFY", {
      extraHeaders: [
        `Event: ${printEvent(event)}`,
        `Subscription-State: ${state}`,
        ...options.extraHeaders ?? [],
      ],
      ...(content === undefined ? {} : { body: content }),
    });
    const client = new UserAgentClient(supervisor, message, dialog, options.delegate, {
      onEnd: (response) => {
        usages.notifyEnded(message);
        if (response !== undefined) this.noteOutcome(response, isLast);
      },
    });
    usages.notifyBegun(message);
    return client;
  }

  private noteOutcome(response: IncomingResponseMessage, isLast: boolean): void {
    const { statusCode: status, local } = response;
    if (status < 300) this.usages.dialog.refreshTarget(response);
    if (local && status === 408) this.actor.send({ type: "notifyTimeout", isLast });
    else this.actor.send({ type: "notifyEnded", status, isLast });
  }

  private tell(emission: NotifierEmission): void {
    switch (emission.type) {
      case "notify": {
        const state = this.subscriptionState === "Pending" ? "pending" : "active";
        return void this.make(state, this.body, {}).start();
      }
      case "expire":
        // §4.2.1.4: "the "Subscription-State" header field SHOULD contain a "reason=timeout"".
        return void this.makeLast("timeout", {}).start();
      case "end":
        if (this.isOver) return;
        this.isOver = true;
        if (this.isDisposed) return;
        return this.supervisor.callGuest(
          "onTerminated",
          this.usages.dialog.callId,
          () => this.delegate?.onTerminated?.(),
        );
      case "terminated":
        this.isOver = true;
        this.usages.remove(this);
    }
  }

  private count(): Countdown {
    return countdown(this.supervisor, () => this.actor.context.expires);
  }
}
