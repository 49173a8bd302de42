/**
 * Strowger: a SIP signalling engine built from actors.
 *
 * A program makes a {@linkcode UserAgentCore} over one or more transports, places calls with
 * `core.invite(message, delegate)` and takes them with `onInvite`. Each call is a statechart that
 * runs as an actor of its own; its transitions call the delegate.
 *
 * This entry uses web standards only, and does nothing when it is imported. Transports are entries
 * of their own: `@strowger/sip/transports/udp`, and so on.
 *
 * @module
 */
export type * from "./actors/transactions/incoming_request.ts";
export {
  DigestAuthenticator,
  type DigestAuthenticatorOptions,
  type DigestSecret,
  type DigestVerdict,
} from "./actors/authentication/digest_authenticator.ts";
export type { Credentials } from "./actors/authentication/credentials.ts";
export type * from "./actors/transactions/outgoing_request.ts";
export type * from "./actors/subscriptions/notifier.ts";
export type * from "./actors/subscriptions/refer.ts";
export type * from "./actors/registrations/registration.ts";
export type * from "./actors/calls/session.ts";
export type * from "./actors/subscriptions/subscription.ts";
export type { AcceptedContent } from "./actors/transactions/content_inspection.ts";
export { defaultLogger, type Logger } from "./actors/logger.ts";
export { type ReplacesOptions, replacesValue, targetDialogValue } from "./actors/calls/replaces.ts";
export type { ActorStep, CoreObserver, StepOf } from "./actors/observers.ts";
export type { DelegateCall, TraceEntry } from "./actors/supervisor.ts";
export type { Edge } from "./machines/configuration.ts";
export { UserAgentCore } from "./actors/user_agent_core.ts";
export type { UserAgentCoreConfiguration } from "./actors/user_agent_core_configuration.ts";
export type { UserAgentCoreDelegate } from "./actors/user_agent_core_delegate.ts";
export type { InspectionEvent } from "xstate";
export { DEFAULT_TIMERS, type TimerTable } from "./machines/timers.ts";
export * from "./messages/mod.ts";
export type { Clock } from "./transports/clock.ts";
export type { NaptrRecord, RecordSet, Resolver, SrvRecord } from "./transports/resolver.ts";
export type {
  AddressFamily,
  Destination,
  LocalAddress,
  Transport,
  TransportReceiver,
} from "./transports/transport.ts";
