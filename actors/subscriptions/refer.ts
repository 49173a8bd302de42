/**
 * REFER, as both sides hold it (RFC 3515).
 *
 * @module
 */
import type { NameAddrHeader, OutgoingResponse, ResponseOptions } from "../../messages/mod.ts";
import type { IncomingRequest } from "../transactions/incoming_request.ts";
import type { Notifier, NotifyOptions } from "./notifier.ts";
import type {
  OutgoingNotifyRequest,
  OutgoingRequest,
  OutgoingRequestDelegate,
} from "../transactions/outgoing_request.ts";
import type { IncomingRequestWithSubscription } from "./subscription.ts";

/** Who is told what becomes of a REFER. */
export interface OutgoingReferRequestDelegate extends OutgoingRequestDelegate {
  /**
   * The first NOTIFY about the request that was asked for came, maybe before the 2xx; once for each
   * branch of a fork. `parseSipfrag(request.message.body)` has the status that it reports; those that
   * follow go to the subscription's delegate. Unless this answers it before it returns, the engine
   * does, with 200.
   *
   * Within a session, `SessionDelegate.onNotify` takes the NOTIFYs that no such delegate does.
   */
  onNotify?(request: IncomingRequestWithSubscription): void;
  /** No NOTIFY came in 64*T1. */
  onNotifyTimeout?(): void;
}

/** A REFER that was sent. */
export interface OutgoingReferRequest extends OutgoingRequest {
  /** Who is told. */
  delegate?: OutgoingReferRequestDelegate;
}

/** The implicit subscription of a REFER, at the side that does what it asks for. */
export interface ReferNotifier extends Notifier {
  /**
   * Tells the referrer how the request goes that it has asked for: a NOTIFY with a `message/sipfrag`
   * (RFC 3515 §2.4.5). A final status ends the subscription (§2.4.7).
   *
   * @param statusCode As the request was answered, 100 to 699.
   * @param reasonPhrase The RFC's own for the status code by default.
   * @throws `InvalidStateError` once the subscription has ended.
   */
  report(statusCode: number, reasonPhrase?: string, options?: NotifyOptions): OutgoingNotifyRequest;
}

/** A 2xx to a REFER that was sent. */
export interface OutgoingResponseWithReferNotifier extends OutgoingResponse {
  /** What reports to the referrer; none where both sides want no reports (RFC 4488). */
  readonly notifier: ReferNotifier | undefined;
}

/** A REFER that came in. */
export interface IncomingReferRequest extends IncomingRequest {
  /** What to contact; its URI may be of any scheme. */
  readonly referTo: NameAddrHeader;
  /** Who asks for it (RFC 3892), by its own word; where it says so. */
  readonly referredBy: NameAddrHeader | undefined;
  /**
   * Answers 2xx, 202 by default. The program then contacts `referTo`, with the headers that
   * `referencedHeaders(message)` has, and reports to the notifier.
   *
   * The engine reports 100 at once (RFC 3515 §2.4.4) unless the program reports something before it
   * returns. `Refer-Sub: false` in the REFER is agreed to, unless `options.extraHeaders` has
   * `Refer-Sub: true` (RFC 4488 §4).
   */
  accept(options?: ResponseOptions): OutgoingResponseWithReferNotifier;
}
