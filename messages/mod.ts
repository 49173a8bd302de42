/**
 * SIP messages: parsing, printing, URIs and framing, without anything that sends them.
 *
 * @module
 */
export { answerableRequest } from "./answerable_request.ts";
export { type BinaryBody, type Body, bodyOf } from "./body.ts";
export * from "./digest.ts";
export {
  chooseChallenge,
  type DigestChallenge,
  hashOfChallenge,
  printChallenge,
  readChallenge,
} from "./digest_challenge.ts";
export { type DigestCredentials, printCredentials, readCredentials } from "./digest_credentials.ts";
export * from "./errors.ts";
export { type EventName, eventOf, isSameEvent, printEvent } from "./event_header.ts";
export { checkHeaderLine, valuesIn } from "./extra_headers.ts";
export * from "./fault.ts";
export * from "./framer.ts";
export { parseHeaderValue } from "./headers.ts";
export type * from "./headers.ts";
export {
  IncomingMessage,
  IncomingRequestMessage,
  IncomingResponseMessage,
} from "./incoming_message.ts";
export { NameAddrHeader, parseNameAddr } from "./name_addr_header.ts";
export {
  OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  requestUri,
} from "./outgoing_request_message.ts";
export {
  constructFaultResponse,
  constructOutgoingResponse,
  type OutgoingResponse,
  type PrintedResponse,
  type ResponseOptions,
} from "./outgoing_response.ts";
export { Parameters, type ParameterValues } from "./parameters.ts";
export { parseMessage, type ParseResult } from "./parser.ts";
export { Identifiers, MAGIC_COOKIE, type RandomSource } from "./random.ts";
export { type Reason, reasonsOf } from "./reason.ts";
export { referencedHeaders } from "./refer.ts";
export { parseSipfrag, type Sipfrag, sipfrag } from "./sipfrag.ts";
export {
  resubscribeDelay,
  type SubscriptionEndReason,
  type SubscriptionStateHeader,
  subscriptionStateOf,
} from "./subscription_state.ts";
export { parseUri, URI, type UriHeaders } from "./uri.ts";
export { equivalentURI } from "./uri_equivalence.ts";
export type { ViaHeader } from "./via_header.ts";
