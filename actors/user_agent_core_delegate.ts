/**
 * Who is told of requests that come in, and so what a core can answer (RFC 3261 §8.2.1, §20.5).
 *
 * @module
 */
import type { IncomingInviteRequest, IncomingRequest } from "./incoming_request.ts";

/**
 * Who is told of requests outside of any session. Each method is optional; Allow names what is
 * there, and another method is answered 405 or 501. What a method throws is reported, and the
 * request answered 500 unless it was answered before.
 *
 * Whose the Request-URI is, is the program's to judge: the engine refuses none.
 */
export interface UserAgentCoreDelegate {
  /** An INVITE that sets up a session. Without this, the engine answers 480. */
  onInvite?(request: IncomingInviteRequest): void;
  /** MESSAGE (RFC 3428). */
  onMessage?(request: IncomingRequest): void;
  /** NOTIFY outside of a subscription (RFC 6665). */
  onNotify?(request: IncomingRequest): void;
  /** PUBLISH (RFC 3903). */
  onPublish?(request: IncomingRequest): void;
  /** REFER outside of a session (RFC 3515). */
  onRefer?(request: IncomingRequest): void;
  /** REGISTER (§10.3). */
  onRegister?(request: IncomingRequest): void;
  /** SUBSCRIBE (RFC 6665). */
  onSubscribe?(request: IncomingRequest): void;
  /** A request of any other method. Allow does not name it. */
  onRequest?(request: IncomingRequest): void;
}

/** Which method of the delegate takes which request. */
const HANDLERS = {
  MESSAGE: "onMessage",
  NOTIFY: "onNotify",
  PUBLISH: "onPublish",
  REFER: "onRefer",
  REGISTER: "onRegister",
  SUBSCRIBE: "onSubscribe",
} as const;

/** The name of what takes a request that is no INVITE, or `undefined` where nothing does. */
export function handlerOf(
  delegate: UserAgentCoreDelegate,
  method: string,
): Exclude<keyof UserAgentCoreDelegate, "onInvite"> | undefined {
  const name = HANDLERS[method as keyof typeof HANDLERS] ?? "onRequest";
  if (delegate[name] !== undefined) return name;
  return delegate.onRequest === undefined ? undefined : "onRequest";
}

/** What the engine answers without any delegate. */
const ALWAYS = ["ACK", "BYE", "CANCEL", "INVITE", "OPTIONS"];

/** What Allow says within a session. */
export const ALLOWED_IN_SESSION: string = ALWAYS.join(", ");

/** What Allow says of a core with this delegate. */
export function allowedMethods(delegate: UserAgentCoreDelegate): string {
  const taken = Object.entries(HANDLERS).filter(([, name]) => delegate[name] !== undefined)
    .map(([method]) => method);
  return [...ALWAYS, ...taken].join(", ");
}
