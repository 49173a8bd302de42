/**
 * A subscription as the subscriber's program holds it, and the SUBSCRIBE that makes it (RFC 6665
 * §4.1). Names and shapes are those of SIP.js's core.
 *
 * @module
 */
import type { IncomingNotifyRequest } from "../transactions/incoming_request.ts";
import type {
  OutgoingRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "../transactions/outgoing_request.ts";

/** How far a subscription is (RFC 6665 §4.1.2). */
export type SubscriptionState = "Initial" | "NotifyWait" | "Pending" | "Active" | "Terminated";

/** Who is told what happens in a subscription. Each method is optional. */
export interface SubscriptionDelegate {
  /**
   * A NOTIFY came, after the first one. Unless this answers it before it returns, the engine does,
   * with 200: "subscribers MUST NOT wait for a user response" (RFC 6665 §4.1.3). Who refuses it with
   * a status that ends subscriptions, 481 say, ends this one.
   */
  onNotify?(request: IncomingNotifyRequest): void;
  /** The engine has sent a SUBSCRIBE to refresh it: see `autoRefresh`. */
  onRefresh?(request: OutgoingSubscribeRequest): void;
  /** It has ended, and no NOTIFY has said so: it has expired, or a SUBSCRIBE in it has failed. */
  onTerminated?(): void;
}

/** A subscription, at the subscriber. */
export interface Subscription {
  /** Who is told; it may be set or replaced at any time. */
  delegate: SubscriptionDelegate | undefined;
  /** Call-ID and both tags, in one text. */
  readonly id: string;
  /** How many seconds it still lasts. */
  readonly subscriptionExpires: number;
  /** How far it is. */
  readonly subscriptionState: SubscriptionState;
  /** Whether the engine refreshes it before it expires; not by default. */
  autoRefresh: boolean;
  /** Forgets it at once: nothing is sent, and nobody is told anything any more. */
  dispose(): void;
  /** For `using`: as `dispose()`. */
  [Symbol.dispose](): void;
  /**
   * Sends a SUBSCRIBE within it (RFC 6665 §4.1.2.2). Event, Expires and Contact are added where
   * `options.extraHeaders` has none.
   *
   * @throws `InvalidStateError` once it has ended, or is being ended.
   */
  subscribe(
    delegate?: OutgoingSubscribeRequestDelegate,
    options?: RequestOptions,
  ): OutgoingSubscribeRequest;
  /** Asks for as much time as at first: as `subscribe()`. */
  refresh(): OutgoingSubscribeRequest;
  /**
   * Ends it: a SUBSCRIBE with Expires 0, which the far end answers with a last NOTIFY (RFC 6665
   * §4.1.2.3). Where that does not come in 64*T1, `onTerminated` is called. Once is enough: called
   * again, it returns the same request.
   *
   * @throws `InvalidStateError` once it has ended.
   */
  unsubscribe(): OutgoingSubscribeRequest;
}

/** A NOTIFY, and the subscription that it has made. */
export interface IncomingRequestWithSubscription {
  /** The NOTIFY. */
  readonly request: IncomingNotifyRequest;
  /** The subscription; none where the NOTIFY says that it is terminated. */
  readonly subscription?: Subscription;
}

/** Who is told what becomes of a SUBSCRIBE. */
export interface OutgoingSubscribeRequestDelegate extends OutgoingRequestDelegate {
  /**
   * The first NOTIFY of a subscription came, maybe before the 2xx; once for each branch of a fork.
   * Unless this answers it before it returns, the engine does, with 200. Not called for a SUBSCRIBE
   * within a subscription.
   */
  onNotify?(request: IncomingRequestWithSubscription): void;
  /** No NOTIFY came in 64*T1: there is no subscription (RFC 6665 §4.1.2.4, timer N). */
  onNotifyTimeout?(): void;
}

/** A SUBSCRIBE that was sent. */
export interface OutgoingSubscribeRequest extends OutgoingRequest {
  /** Who is told. */
  delegate?: OutgoingSubscribeRequestDelegate;
  /** Makes no more subscriptions from it: NOTIFYs for new ones are answered 481. */
  waitNotifyStop(): void;
}
