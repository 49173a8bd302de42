/**
 * Who is told of requests that come in, and so what a core can answer (RFC 3261 §8.2.1, §20.5).
 *
 * @module
 */
import type { IncomingRequestMessage } from "../messages/mod.ts";
import type {
  IncomingInviteRequest,
  IncomingMessageRequest,
  IncomingNotifyRequest,
  IncomingPublishRequest,
  IncomingRegisterRequest,
  IncomingRequest,
} from "./transactions/incoming_request.ts";
import type { IncomingSubscribeRequest } from "./subscriptions/notifier.ts";
import type { IncomingReferRequest } from "./subscriptions/refer.ts";

/**
 * Who is told of requests outside of any session. Each method is optional; Allow names what is
 * there, and another method is answered 405 or 501. What a method throws is reported, and the
 * request answered 500 unless it was answered before.
 *
 * What the engine answers before a program is asked: 400, 416, 420, 421, 481, 482, 501 and 505, 405
 * by what is here, 415 and 406 by the configuration's `content`, 423 and 489 to a SUBSCRIBE by its
 * `minSubscriptionExpires` and `eventPackages`; 403 to a SUBSCRIBE to `refer` (RFC 3515 §2.4.4).
 */
export interface UserAgentCoreDelegate {
  /**
   * Is asked about each request that no dialog and no transaction of this core claims, before
   * anything is kept of it; ACK is not among them.
   *
   * @returns `true` where the program has taken the request: the engine does nothing more with it.
   * The program may answer it with `core.replyStateless()`, now or later, or leave it unanswered. It
   * sees the request again each time that it is repeated.
   */
  onUnclaimedRequest?(message: IncomingRequestMessage): boolean;
  /**
   * Says whether the Request-URI is one that the program answers for (RFC 3261 §8.2.2.1). Where it
   * is not, the engine answers 404, or 483 with a Max-Forwards of 0. Without this, every one is.
   */
  isRecipient?(message: IncomingRequestMessage): boolean;
  /**
   * Says whether an INVITE may take the place of the session in `request.replaces` (RFC 3891), before
   * `onInvite` gets it. Without this none may: 403. It may refuse the request itself, with 401 say.
   * Who is on the far end, and so may, is the program's to judge: by credentials, by Referred-By, or
   * because nobody else can know the session's tags.
   */
  mayReplace?(request: IncomingInviteRequest): boolean;
  /** An INVITE that sets up a session. Without this, the engine answers 480. */
  onInvite?(request: IncomingInviteRequest): void;
  /** MESSAGE (RFC 3428). */
  onMessage?(request: IncomingMessageRequest): void;
  /** NOTIFY outside of a subscription (RFC 6665). */
  onNotify?(request: IncomingNotifyRequest): void;
  /**
   * OPTIONS (§11.2). Unless this answers before it returns, the engine does: 200 where there is an
   * `onInvite` and else 480, with Allow, Accept, Accept-Encoding, Accept-Language and Supported. A
   * program that would refuse a call now refuses this with the same code.
   */
  onOptions?(request: IncomingRequest): void;
  /** PUBLISH (RFC 3903). */
  onPublish?(request: IncomingPublishRequest): void;
  /** REFER outside of a session (RFC 3515). */
  onRefer?(request: IncomingReferRequest): void;
  /** REGISTER (§10.3). */
  onRegister?(request: IncomingRegisterRequest): void;
  /** SUBSCRIBE for a new subscription (RFC 6665). */
  onSubscribe?(request: IncomingSubscribeRequest): void;
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
): (typeof HANDLERS)[keyof typeof HANDLERS] | "onRequest" | undefined {
  const name = HANDLERS[method as keyof typeof HANDLERS] ?? "onRequest";
  if (delegate[name] !== undefined) return name;
  return delegate.onRequest === undefined ? undefined : "onRequest";
}

/** What the engine answers without any delegate. */
const ALWAYS = ["ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "PRACK", "UPDATE"];

const OPTIONAL = Object.entries(HANDLERS);

/** Each list that was printed, by the handlers that there are: one bit for each of `OPTIONAL`. */
const printed: string[] = [];

/** What Allow says of a core with this delegate, which may be given and lose handlers at any time. */
export function allowedMethods(delegate: UserAgentCoreDelegate): string {
  let taken = 0;
  OPTIONAL.forEach(([, name], i) => taken |= delegate[name] === undefined ? 0 : 1 << i);
  return printed[taken] ??= [
    ...ALWAYS,
    ...OPTIONAL.filter((_, i) => (taken & 1 << i) !== 0).map(([method]) => method),
  ].join(", ");
}
