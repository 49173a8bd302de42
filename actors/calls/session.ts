/**
 * A session as a program holds it: a call that is being set up, is up, or was. Names and shapes are
 * those of SIP.js's core.
 *
 * @module
 */
import type { Body, URI } from "../../messages/mod.ts";
import type {
  IncomingAckRequest,
  IncomingByeRequest,
  IncomingInfoRequest,
  IncomingInviteRequest,
  IncomingMessageRequest,
  IncomingNotifyRequest,
  IncomingPrackRequest,
  IncomingUpdateRequest,
} from "../transactions/incoming_request.ts";
import type {
  OutgoingByeRequest,
  OutgoingInfoRequest,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  OutgoingMessageRequest,
  OutgoingNotifyRequest,
  OutgoingPrackRequest,
  OutgoingRequestDelegate,
  OutgoingUpdateRequest,
  RequestOptions,
} from "../transactions/outgoing_request.ts";
import type {
  IncomingReferRequest,
  OutgoingReferRequest,
  OutgoingReferRequestDelegate,
} from "../subscriptions/refer.ts";

/** How far a session is. */
export type SessionState = "Initial" | "Early" | "AckWait" | "Confirmed" | "Terminated";

/** How far offer and answer are (RFC 3264). */
export type SignalingState =
  | "Initial"
  | "HaveLocalOffer"
  | "HaveRemoteOffer"
  | "Stable"
  | "Closed";

/** Who is told what happens in a session. Each method is optional; what it throws is reported. */
export interface SessionDelegate {
  /** The ACK to this side's 2xx came: the session is up. */
  onAck?(request: IncomingAckRequest): Promise<void> | void;
  /** No ACK came within 64*T1. The engine hangs up (RFC 3261 §13.3.1.4). */
  onAckTimeout?(): void;
  /** The far end hangs up. Unless this answers before it returns, the engine does, with 200. */
  onBye?(request: IncomingByeRequest): void;
  /**
   * A PRACK for one of this side's reliable provisional responses came (RFC 3262 §3). Unless this
   * answers before it returns, the engine does, with 200. Where the PRACK has an offer, `accept()` with
   * the answer may come later; without it the engine answers after 32*T1 and ends the call.
   */
  onPrack?(request: IncomingPrackRequest): void;
  /** No PRACK came within 64*T1. The engine has refused the INVITE with 504 (RFC 3262 §3). */
  onPrackTimeout?(): void;
  /** Nobody refreshed the session in time (RFC 4028 §10). The engine hangs up. */
  onExpire?(): void;
  /** INFO (RFC 6086). Without this, the engine answers 405. */
  onInfo?(request: IncomingInfoRequest): void;
  /**
   * The far end invites again (RFC 3261 §14.2): to hold the call, say. Without this, the engine
   * accepts what changes nothing, and answers 488 to the rest. If the call ends while it is open, the
   * engine answers 487.
   */
  onInvite?(request: IncomingInviteRequest): void;
  /** MESSAGE (RFC 3428). Without this, the engine answers 405. */
  onMessage?(request: IncomingMessageRequest): void;
  /**
   * This side is reached at another address by now: the network is another one, or the flow of the
   * registration was lost and formed again. Contact has the new one in all that is sent from here on. Of
   * a call that rings at the far end it is told when that is up. Without this, the engine invites again
   * with the last description; with it, that is for the program to do, which may have another address for
   * its media.
   */
  onNetworkChange?(): void;
  /** NOTIFY of a subscription that the engine does not know. Without this, it answers 481. */
  onNotify?(request: IncomingNotifyRequest): void;
  /**
   * REFER (RFC 3515). Without this, the engine answers 405. What is reported to the referrer may outlive
   * the session.
   */
  onRefer?(request: IncomingReferRequest): void;
  /**
   * UPDATE (RFC 3311). One that offers nothing is accepted by the engine, unless this answers before
   * it returns. One with an offer "MUST be responded to promptly" (§5.2), if not before this returns;
   * without this, the engine answers 488. If the call ends while it is open, the engine answers 487.
   */
  onUpdate?(request: IncomingUpdateRequest): void;
}

/** A session. */
export interface Session {
  /** Who is told; it may be set or replaced at any time. */
  delegate: SessionDelegate | undefined;
  /** Call-ID and both tags, in one text. */
  readonly id: string;
  /** Call-ID. */
  readonly callId: string;
  /** This side's tag. */
  readonly localTag: string;
  /** This side's address. */
  readonly localURI: URI;
  /** The far end's tag. */
  readonly remoteTag: string;
  /** Where the far end wants its requests: its Contact. */
  readonly remoteTarget: URI;
  /** The far end's address. */
  readonly remoteURI: URI;
  /** How far it is. */
  readonly sessionState: SessionState;
  /** How far offer and answer are. */
  readonly signalingState: SignalingState;
  /** The last offer, of either side. */
  readonly offer: Body | undefined;
  /** The answer to it. */
  readonly answer: Body | undefined;
  /**
   * Forgets it at once: nothing is sent, and nobody is told anything any more. An INVITE of the far
   * end that is still open is another matter: it waits for the program's answer, and until then
   * repeats what was answered last.
   */
  dispose(): void;
  /** For `using`: as `dispose()`. */
  [Symbol.dispose](): void;
  /**
   * Hangs up (RFC 3261 §15). Before the ACK has come, the BYE waits for it.
   *
   * @throws `InvalidStateError` where there is nothing to hang up, or the callee may not yet.
   */
  bye(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingByeRequest;
  /**
   * Sends an INFO (RFC 6086), in an early or a confirmed session. Whether the far end takes its Info
   * Package, the program learns from Recv-Info in what has come. After 408 and 481 the engine hangs
   * up (RFC 3261 §12.2.1.2).
   *
   * @throws `InvalidStateError` where the session is not there yet, or over.
   */
  info(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingInfoRequest;
  /**
   * Invites again (RFC 3261 §14.1), to change the session or the address of this side. Whatever
   * refuses it, the session stays as it was; after 408 and 481 the engine hangs up (RFC 5057). After
   * a 491 it is tried again in a while. A 2xx with an offer that nobody listens to is acknowledged,
   * and ends the call.
   *
   * @throws `InvalidStateError` before the session is up, while an INVITE of either side is in
   * progress (§14.1: "MUST NOT") or waits to be tried again, and while an offer is open.
   */
  invite(
    delegate?: OutgoingInviteRequestDelegate,
    options?: RequestOptions,
  ): OutgoingInviteRequest;
  /** Sends a MESSAGE (RFC 3428): as `info()`. */
  message(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingMessageRequest;
  /** Sends a NOTIFY (RFC 6665) whose headers the program makes: as `info()`. */
  notify(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingNotifyRequest;
  /**
   * Acknowledges the last reliable provisional response (RFC 3262 §4); RAck is added. Again, it is the
   * same request as before.
   *
   * @throws `InvalidStateError` where there is no such response, or the session is over.
   */
  prack(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingPrackRequest;
  /**
   * Sends a REFER (RFC 3515); `options.extraHeaders` has its Refer-To. The NOTIFYs that follow go to
   * `delegate.onNotify` and its subscription, else to this session's `onNotify`. They may outlive the
   * session. As `info()`.
   *
   * @throws `InvalidArgumentError` without a Refer-To.
   */
  refer(delegate?: OutgoingReferRequestDelegate, options?: RequestOptions): OutgoingReferRequest;
  /**
   * Sends an UPDATE (RFC 3311), in an early or a confirmed session: to change it, or the address of
   * this side, where nobody has to be asked. Whatever refuses it, the session stays as it was; 408,
   * 481 and 491 as with `invite()`.
   *
   * @throws `InvalidStateError` where the session is not there yet or over, while another UPDATE of
   * this side is in progress, and for an offer that may not be made now (§5.1).
   */
  update(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingUpdateRequest;
}
