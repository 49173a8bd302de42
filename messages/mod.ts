/**
 * SIP messages: parsing, printing, URIs and framing, without anything that sends them.
 *
 * @module
 */
export * from "./body.ts";
export * from "./errors.ts";
export * from "./fault.ts";
export * from "./framer.ts";
export * from "./headers.ts";
export * from "./incoming_message.ts";
export * from "./name_addr_header.ts";
export * from "./outgoing_request_message.ts";
export * from "./outgoing_response.ts";
export * from "./parameters.ts";
export * from "./parser.ts";
export * from "./random.ts";
export * from "./uri.ts";
export * from "./uri_equivalence.ts";
export * from "./via_header.ts";
