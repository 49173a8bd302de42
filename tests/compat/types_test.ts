/**
 * The public face is SIP.js's core, type by type and member by member. The compiler proves it: a
 * member that is dropped or changed makes `deno check` fail here.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { constructOutgoingResponse, equivalentURI } from "@strowger/sip";
import type * as Our from "@strowger/sip";
import type * as Their from "sip.js/lib/core/index.js";
import type { DIFFERING, KEPT, READ_ONLY } from "./kept.ts";
import type { Differing, LosesWriting, Ported, PortedList, Same } from "./members.ts";

/** SIP.js's types by name. */
interface TheirTypes {
  AckableIncomingResponseWithSession: Their.AckableIncomingResponseWithSession;
  Body: Their.Body;
  IncomingAckRequest: Their.IncomingAckRequest;
  IncomingByeRequest: Their.IncomingByeRequest;
  IncomingInfoRequest: Their.IncomingInfoRequest;
  IncomingInviteRequest: Their.IncomingInviteRequest;
  IncomingMessage: Their.IncomingMessage;
  IncomingMessageRequest: Their.IncomingMessageRequest;
  IncomingNotifyRequest: Their.IncomingNotifyRequest;
  IncomingPrackRequest: Their.IncomingPrackRequest;
  IncomingPublishRequest: Their.IncomingPublishRequest;
  IncomingReferRequest: Their.IncomingReferRequest;
  IncomingRegisterRequest: Their.IncomingRegisterRequest;
  IncomingRequest: Their.IncomingRequest;
  IncomingRequestDelegate: Their.IncomingRequestDelegate;
  IncomingRequestMessage: Their.IncomingRequestMessage;
  IncomingRequestWithSubscription: Their.IncomingRequestWithSubscription;
  IncomingResponse: Their.IncomingResponse;
  IncomingResponseMessage: Their.IncomingResponseMessage;
  IncomingSubscribeRequest: Their.IncomingSubscribeRequest;
  NameAddrHeader: Their.NameAddrHeader;
  OutgoingAckRequest: Their.OutgoingAckRequest;
  OutgoingByeRequest: Their.OutgoingByeRequest;
  OutgoingInfoRequest: Their.OutgoingInfoRequest;
  OutgoingInviteRequest: Their.OutgoingInviteRequest;
  OutgoingInviteRequestDelegate: Their.OutgoingInviteRequestDelegate;
  OutgoingMessageRequest: Their.OutgoingMessageRequest;
  OutgoingNotifyRequest: Their.OutgoingNotifyRequest;
  OutgoingPrackRequest: Their.OutgoingPrackRequest;
  OutgoingPublishRequest: Their.OutgoingPublishRequest;
  OutgoingReferRequest: Their.OutgoingReferRequest;
  OutgoingRegisterRequest: Their.OutgoingRegisterRequest;
  OutgoingRequest: Their.OutgoingRequest;
  OutgoingRequestDelegate: Their.OutgoingRequestDelegate;
  OutgoingRequestMessage: Their.OutgoingRequestMessage;
  OutgoingRequestMessageOptions: Their.OutgoingRequestMessageOptions;
  OutgoingResponse: Their.OutgoingResponse;
  OutgoingResponseWithSession: Their.OutgoingResponseWithSession;
  OutgoingSubscribeRequest: Their.OutgoingSubscribeRequest;
  OutgoingSubscribeRequestDelegate: Their.OutgoingSubscribeRequestDelegate;
  Parameters: Their.Parameters;
  PrackableIncomingResponseWithSession: Their.PrackableIncomingResponseWithSession;
  RequestOptions: Their.RequestOptions;
  ResponseOptions: Their.ResponseOptions;
  Session: Their.Session;
  SessionDelegate: Their.SessionDelegate;
  SessionState: Their.SessionState;
  SignalingState: Their.SignalingState;
  Subscription: Their.Subscription;
  SubscriptionDelegate: Their.SubscriptionDelegate;
  SubscriptionState: Their.SubscriptionState;
  TransportError: Their.TransportError;
  URI: Their.URI;
  UserAgentCore: Their.UserAgentCore;
  UserAgentCoreDelegate: Their.UserAgentCoreDelegate;
}

/** Ours by the same names. */
interface OurTypes {
  AckableIncomingResponseWithSession: Our.AckableIncomingResponseWithSession;
  Body: Our.Body;
  IncomingAckRequest: Our.IncomingAckRequest;
  IncomingByeRequest: Our.IncomingByeRequest;
  IncomingInfoRequest: Our.IncomingInfoRequest;
  IncomingInviteRequest: Our.IncomingInviteRequest;
  IncomingMessage: Our.IncomingMessage;
  IncomingMessageRequest: Our.IncomingMessageRequest;
  IncomingNotifyRequest: Our.IncomingNotifyRequest;
  IncomingPrackRequest: Our.IncomingPrackRequest;
  IncomingPublishRequest: Our.IncomingPublishRequest;
  IncomingReferRequest: Our.IncomingReferRequest;
  IncomingRegisterRequest: Our.IncomingRegisterRequest;
  IncomingRequest: Our.IncomingRequest;
  IncomingRequestDelegate: Our.IncomingRequestDelegate;
  IncomingRequestMessage: Our.IncomingRequestMessage;
  IncomingRequestWithSubscription: Our.IncomingRequestWithSubscription;
  IncomingResponse: Our.IncomingResponse;
  IncomingResponseMessage: Our.IncomingResponseMessage;
  IncomingSubscribeRequest: Our.IncomingSubscribeRequest;
  NameAddrHeader: Our.NameAddrHeader;
  OutgoingAckRequest: Our.OutgoingAckRequest;
  OutgoingByeRequest: Our.OutgoingByeRequest;
  OutgoingInfoRequest: Our.OutgoingInfoRequest;
  OutgoingInviteRequest: Our.OutgoingInviteRequest;
  OutgoingInviteRequestDelegate: Our.OutgoingInviteRequestDelegate;
  OutgoingMessageRequest: Our.OutgoingMessageRequest;
  OutgoingNotifyRequest: Our.OutgoingNotifyRequest;
  OutgoingPrackRequest: Our.OutgoingPrackRequest;
  OutgoingPublishRequest: Our.OutgoingPublishRequest;
  OutgoingReferRequest: Our.OutgoingReferRequest;
  OutgoingRegisterRequest: Our.OutgoingRegisterRequest;
  OutgoingRequest: Our.OutgoingRequest;
  OutgoingRequestDelegate: Our.OutgoingRequestDelegate;
  OutgoingRequestMessage: Our.OutgoingRequestMessage;
  OutgoingRequestMessageOptions: Our.OutgoingRequestMessageOptions;
  OutgoingResponse: Our.OutgoingResponse;
  OutgoingResponseWithSession: Our.OutgoingResponseWithSession;
  OutgoingSubscribeRequest: Our.OutgoingSubscribeRequest;
  OutgoingSubscribeRequestDelegate: Our.OutgoingSubscribeRequestDelegate;
  Parameters: Our.Parameters;
  PrackableIncomingResponseWithSession: Our.PrackableIncomingResponseWithSession;
  RequestOptions: Our.RequestOptions;
  ResponseOptions: Our.ResponseOptions;
  Session: Our.Session;
  SessionDelegate: Our.SessionDelegate;
  SessionState: Our.SessionState;
  SignalingState: Our.SignalingState;
  Subscription: Our.Subscription;
  SubscriptionDelegate: Our.SubscriptionDelegate;
  SubscriptionState: Our.SubscriptionState;
  TransportError: Our.TransportError;
  URI: Our.URI;
  UserAgentCore: Our.UserAgentCore;
  UserAgentCoreDelegate: Our.UserAgentCoreDelegate;
}

type Kept = typeof KEPT;
type FunctionName = { [N in keyof Kept]: Kept[N] extends "function" ? N : never }[keyof Kept];
type ObjectName = { [N in keyof Kept]: Kept[N] extends "given" | "taken" ? N : never }[keyof Kept];

type Listed<N> = N extends keyof typeof DIFFERING ? (typeof DIFFERING)[N][number] : never;
type Found<N extends ObjectName> = Differing<
  OurTypes[N],
  TheirTypes[N],
  Kept[N] extends "taken" ? "taken" : "given",
  TheirTypes,
  OurTypes
>;

/** The types that differ in other members than those that are listed. */
type Wrong = {
  [N in ObjectName as Same<Found<N>, Listed<N>> extends true ? never : N]: {
    notListed: Exclude<Found<N>, Listed<N>>;
    listedButTheSame: Exclude<Listed<N>, Found<N>>;
  };
};

/** The types that are not listed and lose the writing of a member, or the other way round. */
type WronglyReadOnly = {
  [
    N in ObjectName as Same<
      LosesWriting<OurTypes[N], TheirTypes[N]>,
      N extends (typeof READ_ONLY)[number] ? true : false
    > extends true ? never : N
  ]: "its members can be assigned to, or no longer";
};

type Ours<T> = Ported<T, TheirTypes, OurTypes>;

/** What is passed to a function or a constructor of SIP.js can be passed to ours. */
type Takes<T extends unknown[], O extends unknown[]> = PortedList<T, TheirTypes, OurTypes> extends O
  ? true
  : false;

type Constructs<
  T extends abstract new (...parameters: never[]) => unknown,
  O extends abstract new (...parameters: never[]) => unknown,
> = Takes<ConstructorParameters<T>, ConstructorParameters<O>>;

/** What differs is in the error, under its name. */
const wrong: Wrong & WronglyReadOnly = {};

const proofs: true[] = [
  // Every name that is kept is compared.
  true satisfies Same<keyof TheirTypes | FunctionName, keyof Kept>,
  true satisfies Same<`${Their.SessionState}`, Our.SessionState>,
  true satisfies Same<`${Their.SignalingState}`, Our.SignalingState>,
  true satisfies Same<`${Their.SubscriptionState}`, Our.SubscriptionState>,
  true satisfies Constructs<typeof Their.NameAddrHeader, typeof Our.NameAddrHeader>,
  true satisfies Constructs<typeof Their.OutgoingRequestMessage, typeof Our.OutgoingRequestMessage>,
  true satisfies Constructs<typeof Their.Parameters, typeof Our.Parameters>,
  true satisfies Constructs<typeof Their.TransportError, typeof Our.TransportError>,
  true satisfies Constructs<typeof Their.URI, typeof Our.URI>,
];

const functions: {
  [N in FunctionName]: Ours<(typeof Their)[N]>;
} = { constructOutgoingResponse, equivalentURI };

interface Small {
  readonly a: string;
  b: number;
  c(): void;
}
type Compare<O, T, Use extends "given" | "taken" = "given"> = Differing<
  O,
  T,
  Use,
  { Named: Small },
  { Named: Date }
>;

/** The comparison itself can tell. */
const canTell: true[] = [
  true satisfies Same<Compare<Small, Small>, never>,
  true satisfies Same<Compare<Omit<Small, "b">, Small>, "b">,
  true satisfies Same<Compare<Omit<Small, "b"> & { b: string }, Small>, "b">,
  true satisfies Same<Compare<{ a: string | undefined }, { a: string }>, "a">,
  true satisfies Same<Compare<{ a: string | undefined }, { a: string }, "taken">, never>,
  true satisfies Same<Compare<{ a: Date }, { a: Small }>, never>,
  true satisfies Same<Compare<{ a: Small }, { a: Small }>, "a">,
  true satisfies Same<Compare<{ a(b: Date): void }, { a(b: Small): void }>, never>,
  true satisfies Same<Compare<{ a(b: Small): void }, { a(b: Small): void }>, "a">,
  true satisfies Same<Compare<{ a(b: Small | string): void }, { a(b: string): void }>, never>,
  true satisfies Same<Compare<{ a(b: string): void }, { a(b: string | number): void }>, "a">,
  true satisfies Same<Compare<{ a(): Date }, { a(): Small | undefined }>, never>,
  true satisfies Same<LosesWriting<Readonly<Small>, Small>, true>,
  true satisfies Same<LosesWriting<Small, Small>, false>,
];

Deno.test("each type of SIP.js's core that is kept has its members in ours", () => {
  // The compiler has compared them; what is left for a run is that the table is not empty.
  assertEquals(wrong, {});
  assertEquals([proofs.length, canTell.length, Object.keys(functions).length], [9, 14, 2]);
});
