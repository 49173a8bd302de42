/**
 * A subscription as the notifier's program holds it, and the SUBSCRIBE that asks for it (RFC 6665
 * §4.2). SIP.js has no notifier; names follow its subscriber.
 *
 * @module
 */
import type {
  BinaryBody,
  Body,
  EventName,
  OutgoingResponse,
  ResponseOptions,
  SubscriptionEndReason,
} from "../../messages/mod.ts";
import type { IncomingRequest } from "../transactions/incoming_request.ts";
import type {
  OutgoingNotifyRequest,
  OutgoingRequestDelegate,
} from "../transactions/outgoing_request.ts";
import type { SubscriptionState } from "./subscription.ts";

/** Who is told what happens in a subscription that this side serves. Each method is optional. */
export interface NotifierDelegate {
  /**
   * A SUBSCRIBE came within the subscription: to refresh it, or to end it with `expires` 0. Unless
   * this answers it before it returns, the engine accepts it. The NOTIFY that has to follow is sent by
   * the engine, with the last state and body, unless this sends one.
   */
  onSubscribe?(request: IncomingSubscribeRequest): void;
  /**
   * It has ended, and not by `terminate()`: it has expired, the subscriber has ended it, or a NOTIFY
   * was not taken.
   */
  onTerminated?(): void;
}

/** What may be said about a NOTIFY beyond its state. */
export interface NotifyOptions {
  /** Header lines, `Name: value` each. */
  extraHeaders?: string[];
  /** Who is told what becomes of it. */
  delegate?: OutgoingRequestDelegate;
}

/** What may be said about the last NOTIFY. */
export interface TerminateOptions extends NotifyOptions {
  /** The last state of the resource. */
  body?: Body | BinaryBody;
  /** After how many seconds the subscriber may try again. */
  retryAfter?: number;
}

/**
 * A subscription, at the notifier.
 *
 * The engine adds Event, Subscription-State and Contact to each NOTIFY, tells the subscriber when the
 * subscription expires, and answers its SUBSCRIBEs.
 */
export interface Notifier {
  /** Who is told; it may be set or replaced at any time. */
  delegate: NotifierDelegate | undefined;
  /** Call-ID and both tags, in one text. */
  readonly id: string;
  /** What was subscribed to. */
  readonly event: EventName;
  /** How many seconds it still lasts. */
  readonly subscriptionExpires: number;
  /** How far it is; `Initial` before the first NOTIFY. */
  readonly subscriptionState: SubscriptionState;
  /**
   * Sends a NOTIFY (RFC 6665 §4.2.2). Where the state was only fetched, or the subscriber has ended
   * its subscription, it is the last one and says `terminated`.
   *
   * @param state `active`, or `pending` while it is not decided whether to allow the subscription;
   * an active subscription does not become pending again.
   * @param body The state of the resource.
   * @throws `InvalidStateError` once it has ended.
   */
  notify(
    state: "pending" | "active",
    body?: Body | BinaryBody,
    options?: NotifyOptions,
  ): OutgoingNotifyRequest;
  /**
   * Ends it, with a last NOTIFY.
   *
   * @param reason What the subscriber is to make of it: see `resubscribeDelay`.
   * @throws `InvalidStateError` once it has ended.
   */
  terminate(reason: SubscriptionEndReason, options?: TerminateOptions): OutgoingNotifyRequest;
  /** Forgets it at once: nothing is sent, and nobody is told anything any more. */
  dispose(): void;
  /** For `using`: as `dispose()`. */
  [Symbol.dispose](): void;
}

/** A response that was sent, with the subscription that it grants. */
export interface OutgoingResponseWithNotifier extends OutgoingResponse {
  /** The subscription. */
  readonly notifier: Notifier;
}

/** A SUBSCRIBE that came in. */
export interface IncomingSubscribeRequest extends IncomingRequest {
  /** What it asks for. */
  readonly event: EventName;
  /** For how many seconds; 3,600 where it does not say, 0 to fetch the state or to unsubscribe. */
  readonly expires: number;
  /**
   * Answers 2xx, 200 by default, and makes the subscription. Expires in `options.extraHeaders`
   * shortens it.
   *
   * "Upon successfully accepting or refreshing a subscription, notifiers MUST send a NOTIFY request
   * immediately" (RFC 6665 §4.2.1.2): where the program sends none before it returns, the engine
   * sends an active one without a body.
   *
   * @throws `InvalidArgumentError` for an Expires that is longer than what was asked for.
   */
  accept(options?: ResponseOptions): OutgoingResponseWithNotifier;
}
