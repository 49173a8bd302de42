/**
 * What is kept of SIP.js's core, and which members of it are not, as ARCHITECTURE.md says.
 *
 * @module
 */

/**
 * Each name with its use: `given` is what a program gets from the library, `taken` is what a program
 * passes to it.
 */
export const KEPT = {
  AckableIncomingResponseWithSession: "given",
  Body: "given",
  IncomingAckRequest: "given",
  IncomingByeRequest: "given",
  IncomingInfoRequest: "given",
  IncomingInviteRequest: "given",
  IncomingMessage: "given",
  IncomingMessageRequest: "given",
  IncomingNotifyRequest: "given",
  IncomingPrackRequest: "given",
  IncomingPublishRequest: "given",
  IncomingReferRequest: "given",
  IncomingRegisterRequest: "given",
  IncomingRequest: "given",
  IncomingRequestDelegate: "taken",
  IncomingRequestMessage: "given",
  IncomingRequestWithSubscription: "given",
  IncomingResponse: "given",
  IncomingResponseMessage: "given",
  IncomingSubscribeRequest: "given",
  NameAddrHeader: "given",
  OutgoingAckRequest: "given",
  OutgoingByeRequest: "given",
  OutgoingInfoRequest: "given",
  OutgoingInviteRequest: "given",
  OutgoingInviteRequestDelegate: "taken",
  OutgoingMessageRequest: "given",
  OutgoingNotifyRequest: "given",
  OutgoingPrackRequest: "given",
  OutgoingPublishRequest: "given",
  OutgoingReferRequest: "given",
  OutgoingRegisterRequest: "given",
  OutgoingRequest: "given",
  OutgoingRequestDelegate: "taken",
  OutgoingRequestMessage: "given",
  OutgoingRequestMessageOptions: "taken",
  OutgoingResponse: "given",
  OutgoingResponseWithSession: "given",
  OutgoingSubscribeRequest: "given",
  OutgoingSubscribeRequestDelegate: "taken",
  Parameters: "given",
  PrackableIncomingResponseWithSession: "given",
  RequestOptions: "taken",
  ResponseOptions: "taken",
  Session: "given",
  SessionDelegate: "taken",
  SessionState: "enumeration",
  SignalingState: "enumeration",
  Subscription: "given",
  SubscriptionDelegate: "taken",
  SubscriptionState: "enumeration",
  TransportError: "given",
  URI: "given",
  UserAgentCore: "given",
  UserAgentCoreDelegate: "taken",
  constructOutgoingResponse: "function",
  equivalentURI: "function",
} as const satisfies { [name: string]: "given" | "taken" | "enumeration" | "function" };

/** Types with members that a program can assign to in SIP.js, and not here. */
export const READ_ONLY = [
  "IncomingMessage",
  "IncomingRequestMessage",
  "IncomingResponseMessage",
  "TransportError",
  "UserAgentCore",
] as const satisfies readonly (keyof typeof KEPT)[];

const OF_ANY_MESSAGE = [
  "addHeader",
  "fromTag",
  "parseHeader",
  "referTo",
  "s",
  "setHeader",
  "toTag",
  "via",
  "viaBranch",
] as const;

/** Members that differ, by the name of their type. ARCHITECTURE.md says why. */
export const DIFFERING = {
  IncomingMessage: OF_ANY_MESSAGE,
  IncomingRequestMessage: OF_ANY_MESSAGE,
  IncomingResponseMessage: OF_ANY_MESSAGE,
  OutgoingRequestMessage: ["body"],
  OutgoingRequestMessageOptions: ["hackViaTcp"],
  PrackableIncomingResponseWithSession: ["session"],
  UserAgentCore: [
    "configuration",
    "dialogs",
    "loggerFactory",
    "receiveIncomingRequestFromTransport",
    "receiveIncomingResponseFromTransport",
    "reset",
    "subscribers",
    "transport",
    "userAgentClients",
    "userAgentServers",
  ],
} as const satisfies { [name in keyof typeof KEPT]?: readonly string[] };
