/**
 * What a program holds of a request that it sent, and what it is told of it. Names and shapes are
 * those of SIP.js's core.
 *
 * @module
 */
import type {
  BinaryBody,
  Body,
  IncomingResponseMessage,
  OutgoingRequestMessage,
} from "../../messages/mod.ts";
import type { Session } from "../calls/session.ts";

/** What may be added to a request. */
export interface RequestOptions {
  /** Header lines, `Name: value` each. */
  extraHeaders?: string[];
  /** The body. */
  body?: Body | BinaryBody;
}

/** What becomes of an INVITE that is answered more than once. */
export interface InviteOptions {
  /**
   * Whether the first 2xx is the call. The engine then acknowledges each 2xx of another branch of the
   * fork and hangs up on it (RFC 3261 §13.2.2.4), with a Reason that says so, and tells nobody; the
   * early sessions of the other branches are over. By default `onAccept` is called for each.
   */
  keepFirst?: boolean;
}

/** A response, as a delegate gets it. */
export interface IncomingResponse {
  /** The message; its `local` is true where no peer sent it. */
  readonly message: IncomingResponseMessage;
}

/** Who is told what becomes of a request. Each method is optional; what it throws is reported. */
export interface OutgoingRequestDelegate {
  /** 2xx. */
  onAccept?(response: IncomingResponse): void;
  /** 101 to 199. A 199 says that its branch of a fork is over, and so is its session (RFC 6228). */
  onProgress?(response: IncomingResponse): void;
  /** 3xx. */
  onRedirect?(response: IncomingResponse): void;
  /** 4xx to 6xx; a timeout as a local 408, a transport error as a local 503. */
  onReject?(response: IncomingResponse): void;
  /** 100. */
  onTrying?(response: IncomingResponse): void;
}

/** A request that was sent. */
export interface OutgoingRequest {
  /** Who is told; it may be set or replaced at any time, and is read at each response. */
  delegate?: OutgoingRequestDelegate;
  /** The request. */
  readonly message: OutgoingRequestMessage;
  /** Stops at once, and forgets it: nothing is sent, and nobody is told anything any more. */
  dispose(): void;
  /** For `using`: as `dispose()`. */
  [Symbol.dispose](): void;
  /**
   * Asks the far end to stop, where that is possible: for an INVITE (RFC 3261 §9.1).
   *
   * @param reason A value for Reason (RFC 3326), as in `SIP;cause=200;text="Elsewhere"`, or text.
   * @param options What to add to the CANCEL.
   */
  cancel(reason?: string, options?: RequestOptions): void;
}

/** A BYE that was sent. */
export type OutgoingByeRequest = OutgoingRequest;
/** An INFO that was sent. */
export type OutgoingInfoRequest = OutgoingRequest;
/** A MESSAGE that was sent. */
export type OutgoingMessageRequest = OutgoingRequest;
/** A NOTIFY that was sent. */
export type OutgoingNotifyRequest = OutgoingRequest;
/** A PRACK that was sent. */
export type OutgoingPrackRequest = OutgoingRequest;
/** A PUBLISH that was sent. */
export type OutgoingPublishRequest = OutgoingRequest;
/** A REGISTER that was sent. */
export type OutgoingRegisterRequest = OutgoingRequest;
/** An UPDATE that was sent. */
export type OutgoingUpdateRequest = OutgoingRequest;

/** An ACK that was sent: nothing answers it. */
export interface OutgoingAckRequest {
  /** The request. */
  readonly message: OutgoingRequestMessage;
}

/** A provisional response to an INVITE. */
export interface PrackableIncomingResponseWithSession extends IncomingResponse {
  /** The early session; absent where the response has no To-tag or no Contact to make one from. */
  readonly session: Session | undefined;
  /**
   * Acknowledges a reliable response (RFC 3262); RAck is added.
   *
   * @throws `InvalidStateError` where the response is not reliable or has no session.
   */
  prack(options?: RequestOptions): OutgoingPrackRequest;
}

/** A 2xx to an INVITE. */
export interface AckableIncomingResponseWithSession extends IncomingResponse {
  /** The session that the 2xx confirms. */
  readonly session: Session;
  /** Acknowledges it. Where nobody does, the engine does after a while and reports it. */
  ack(options?: RequestOptions): OutgoingAckRequest;
}

/** Who is told what becomes of an INVITE. */
export interface OutgoingInviteRequestDelegate extends OutgoingRequestDelegate {
  /** 2xx; once for each branch of a fork. */
  onAccept?(response: AckableIncomingResponseWithSession): void;
  /** 101 to 199. */
  onProgress?(response: PrackableIncomingResponseWithSession): void;
}

/** An INVITE that was sent. */
export interface OutgoingInviteRequest extends OutgoingRequest {
  /** Who is told. */
  delegate?: OutgoingInviteRequestDelegate;
}
