/**
 * What is kept of SIP.js's core, and which members of it are not.
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

/** Types whose members a program cannot assign to, where SIP.js lets it, and why. */
export const READ_ONLY = {
  IncomingMessage: "what came from the network stays as it came",
  IncomingRequestMessage: "as IncomingMessage",
  IncomingResponseMessage: "as IncomingMessage",
  TransportError: "its name tells which error it is",
  UserAgentCore: "a core is made with its configuration, and keeps it",
} as const satisfies { [name in keyof typeof KEPT]?: string };

const MAY_BE_MISSING = "a peer may leave it out: SIP.js's type says that it is always there";

const OF_ANY_MESSAGE = {
  addHeader: "what came from the network stays as it came",
  setHeader: "what came from the network stays as it came",
  fromTag: MAY_BE_MISSING,
  toTag: MAY_BE_MISSING,
  viaBranch: MAY_BE_MISSING,
  via: "its port may be missing, as in the Via",
  parseHeader: "typed by the header's name; a list is one value; what does not parse is a `Fault`",
  s: "a second name for `parseHeader`",
  referTo: 'SIP.js sets it while parsing any Refer-To; `getHeader("Refer-To")`',
} as const;

/** Members that differ, by the name of their type, and why. */
export const DIFFERING = {
  IncomingMessage: OF_ANY_MESSAGE,
  IncomingRequestMessage: OF_ANY_MESSAGE,
  IncomingResponseMessage: OF_ANY_MESSAGE,
  OutgoingRequestMessage: {
    body: "a `Body` as it was passed, or one of octets; SIP.js keeps another shape of it",
  },
  OutgoingRequestMessageOptions: {
    hackViaTcp: "Via names the transport that is used",
  },
  PrackableIncomingResponseWithSession: {
    session: "a 1xx without To-tag or Contact is progress, too (deliberate difference 3)",
  },
  UserAgentCore: {
    configuration: "another shape: see UserAgentCoreConfiguration",
    dialogs: "internal: `live` counts what is there",
    subscribers: "internal: `live` counts what is there",
    userAgentClients: "internal: `live` counts what is there",
    userAgentServers: "internal: `live` counts what is there",
    loggerFactory: "a logger is passed with the configuration",
    receiveIncomingRequestFromTransport: "a transport calls its receiver itself",
    receiveIncomingResponseFromTransport: "a transport calls its receiver itself",
    reset: "`dispose()` is the end of a core; a new one costs little",
    transport: "there may be several: `configuration.transports`",
  },
} as const satisfies { [name in keyof typeof KEPT]?: { [member: string]: string } };
