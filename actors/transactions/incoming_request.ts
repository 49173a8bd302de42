/**
 * What a program holds of a request that came in. Names and shapes are those of SIP.js's core.
 *
 * @module
 */
import type {
  IncomingRequestMessage,
  OutgoingResponse,
  ResponseOptions,
  TransportError,
  URI,
} from "../../messages/mod.ts";
import type { Session } from "../calls/session.ts";

/** Who is told what becomes of an incoming request while it is being answered. */
export interface IncomingRequestDelegate {
  /**
   * The far end wants it no more: CANCEL. The engine answers 487 if nobody has answered. Why, is in
   * `reasonsOf(message)`: `SIP` with cause 200 says that the call was answered elsewhere.
   */
  onCancel?(message: IncomingRequestMessage): void;
  /**
   * The INVITE's Expires has run out before anybody has answered (§13.3.1). The engine answers 487 if
   * nobody does now.
   */
  onExpire?(): void;
  /** An answer could not be sent. */
  onTransportError?(error: TransportError): void;
}

/** A request that came in. Each of its methods answers; each throws where it is too late. */
export interface IncomingRequest {
  /** Who is told; it may be set at any time. */
  delegate?: IncomingRequestDelegate;
  /** The request. */
  readonly message: IncomingRequestMessage;
  /**
   * The session here that the sender knows of, by Target-Dialog (RFC 4538): a reason to trust a
   * request that comes outside of it, as far as that session is secret.
   */
  readonly targetDialog: Session | undefined;
  /** Answers 2xx, 200 by default. */
  accept(options?: ResponseOptions): OutgoingResponse;
  /** Answers 101 to 199, 180 by default. */
  progress(options?: ResponseOptions): OutgoingResponse;
  /** Answers 3xx, 302 by default, with where to go instead. */
  redirect(contacts: URI[], options?: ResponseOptions): OutgoingResponse;
  /** Answers 4xx to 6xx, 480 by default. */
  reject(options?: ResponseOptions): OutgoingResponse;
  /** Answers 100. */
  trying(options?: ResponseOptions): OutgoingResponse;
}

/** A BYE that came in. Unless `onBye` answers it before it returns, the engine does, with 200. */
export type IncomingByeRequest = IncomingRequest;

/** A PRACK that came in: see `SessionDelegate.onPrack`. */
export type IncomingPrackRequest = IncomingRequest;
/** An INFO that came in. */
export type IncomingInfoRequest = IncomingRequest;
/** A MESSAGE that came in. */
export type IncomingMessageRequest = IncomingRequest;
/** A NOTIFY that came in. */
export type IncomingNotifyRequest = IncomingRequest;
/** A PUBLISH that came in. */
export type IncomingPublishRequest = IncomingRequest;
/** A REGISTER that came in. */
export type IncomingRegisterRequest = IncomingRequest;
/** An UPDATE that came in. Unless `onUpdate` answers it before it returns, the engine does. */
export type IncomingUpdateRequest = IncomingRequest;

/** The ACK to a 2xx that came in: nothing answers it. */
export interface IncomingAckRequest {
  /** The request. */
  readonly message: IncomingRequestMessage;
}

/** A response that was sent, with the session it belongs to. */
export interface OutgoingResponseWithSession extends OutgoingResponse {
  /** The session: early after a provisional response, and then confirmed by the ACK. */
  readonly session: Session;
}

/** An INVITE that came in. */
export interface IncomingInviteRequest extends IncomingRequest {
  /**
   * The session whose place this call wants to take (Replaces, RFC 3891), where the delegate's
   * `mayReplace` has allowed it. When this call is accepted, the engine ends that session: with BYE,
   * or with CANCEL while it is early.
   */
  readonly replaces: Session | undefined;
  /**
   * Answers 2xx, 200 by default; repeated until the ACK comes.
   *
   * Where a session description was sent reliably and has no PRACK yet, the 2xx waits for that (RFC
   * 3262 §5): the session is still early then, and `reject()` may take the 2xx back.
   */
  accept(options?: ResponseOptions): OutgoingResponseWithSession;
  /**
   * Answers 101 to 199, 180 by default.
   *
   * It is sent reliably (RFC 3262) where the INVITE requires `100rel`, or `options.extraHeaders` does:
   * RSeq is added, it is repeated until its PRACK comes, and further ones wait for that. A 2xx waits,
   * too, where one has a body. Without a PRACK in 64*T1 the INVITE is refused with 504.
   *
   * @throws `InvalidStateError` where a reliable one is asked for and the caller does not support it.
   */
  progress(options?: ResponseOptions): OutgoingResponseWithSession;
}
