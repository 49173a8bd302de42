/**
 * A session as a program holds it: a call that is being set up, is up, or was. Names and shapes are
 * those of SIP.js's core.
 *
 * @module
 */
import type { Body, URI } from "../messages/mod.ts";
import type {
  IncomingAckRequest,
  IncomingByeRequest,
  IncomingPrackRequest,
} from "./incoming_request.ts";
import type {
  OutgoingByeRequest,
  OutgoingPrackRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "./outgoing_request.ts";

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
  /** Forgets it at once: nothing is sent, and nobody is told anything any more. */
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
   * Acknowledges the last reliable provisional response (RFC 3262 §4); RAck is added. Again, it is the
   * same request as before.
   *
   * @throws `InvalidStateError` where there is no such response, or the session is over.
   */
  prack(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingPrackRequest;
}
