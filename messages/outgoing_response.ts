/**
 * Responses (RFC 3261 §8.2.6).
 *
 * @module
 */
import { type BinaryBody, type Body, printMessage } from "./body.ts";
import { InvalidArgumentError } from "./errors.ts";
import { type AnswerableRequest, Fault } from "./fault.ts";
import type { IncomingRequestMessage } from "./incoming_message.ts";
import { checkHeaderLines, valuesIn } from "./extra_headers.ts";
import { every, TOKEN } from "./characters.ts";
import { parseNameAddr } from "./name_addr_header.ts";
import { checkLine } from "./line.ts";
import { type ParameterValues, printParameters } from "./parameters.ts";
import { sharedIdentifiers } from "./random.ts";
import { reasonPhraseOf } from "./reason_phrases.ts";
import { readAlone } from "./scanner.ts";
import { readVia, type ViaHeader } from "./via_header.ts";

/** What a response says. */
export interface ResponseOptions {
  /** The status code, 100 to 699. */
  statusCode: number;
  /** The reason phrase; the RFC's own for the status code by default. */
  reasonPhrase?: string;
  /** The tag in To where the request has none; a new one by default. */
  toTag?: string;
  /** What goes into Server. */
  userAgent?: string;
  /** What goes into Supported. */
  supported?: string[];
  /** Header lines of the program, `Name: value` each. */
  extraHeaders?: string[];
  /** The body. */
  body?: Body | BinaryBody;
}

/** A response that was sent. */
export interface OutgoingResponse {
  /** The message as text. */
  readonly message: string;
}

/** A response that is ready to send. */
export class PrintedResponse implements OutgoingResponse {
  /** The message as it goes onto the wire. */
  readonly bytes: Uint8Array;

  /** Takes what was printed. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The message as text: made when it is asked for, which the engine never does. */
  get message(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** The parts of a request that its answers repeat. */
interface Echo extends AnswerableRequest {
  readonly recordRoute?: readonly string[];
  readonly timestamp?: string | undefined;
}

/** Where a request really came from. */
type Source = { readonly host: string; readonly port: number };

/** IPv6 addresses in `received` stand without brackets, as RFC 5118 §4.5 recommends. */
function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** What few Vias have, and what takes more than putting in two parameters. */
const UNUSUAL = /"|received/i;
/** The parameter `rport` of any other, with whatever value it has. */
const RPORT = /;[ \t]*rport[ \t]*(?:=[^;]*)?(?=;|$)/i;

/**
 * The topmost Via, with where the request really came from.
 *
 * RFC 3261 §18.2.1: "If the host portion of the "sent-by" parameter contains a domain name, or if
 * it contains an IP address that differs from the packet source address, the server MUST add a
 * "received" parameter". RFC 3581 §4 asks for it whenever `rport` is there, and fills that in.
 */
function withSource(raw: string, via: ViaHeader, source: Source | undefined): string {
  if (source === undefined) return raw;
  const host = bare(source.host);
  const differs = bare(via.host).toLowerCase() !== host.toLowerCase();
  const isAsked = via.rport !== undefined;
  // What the client says of itself there counts for nothing.
  if (!differs && !isAsked && via.received === undefined) return raw;
  if (!UNUSUAL.test(raw)) {
    const told = isAsked ? raw.replace(RPORT, `;rport=${source.port}`) : raw;
    return `${told};received=${host}`;
  }
  const parameters: ParameterValues = Object.assign(Object.create(null), via.parameters);
  if (isAsked) parameters["rport"] = `${source.port}`;
  parameters["received"] = host;
  const port = via.port === undefined ? "" : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${via.host}${port}${printParameters(parameters)}`;
}

/** RFC 3261 §10.3 and RFC 3903 §6: what answers these "MUST NOT include a Record-Route". */
const NO_RECORD_ROUTE = ["PUBLISH", "REGISTER"];

function echoOf(request: IncomingRequestMessage, status: number): Echo {
  // RFC 3261 §12.1.1: a response that makes a dialog "MUST copy all Record-Route header field
  // values from the request".
  const makesDialog = status > 100 && status < 300 && !NO_RECORD_ROUTE.includes(request.method);
  const [top = "", ...others] = request.getHeaders("Via");
  return {
    method: request.method,
    via: [withSource(top, request.via, request.source), ...others],
    from: request.getHeader("From") ?? "",
    to: request.getHeader("To") ?? "",
    callId: request.callId,
    cseq: request.getHeader("CSeq") ?? "",
    recordRoute: makesDialog ? request.getHeaders("Record-Route") : [],
    timestamp: status === 100 ? request.getHeader("Timestamp") : undefined,
  };
}

function checkTag(tag: string): string {
  if (every(TOKEN, tag)) return tag;
  throw new InvalidArgumentError("toTag", "a token", JSON.stringify(tag));
}

function print(echo: Echo, hasToTag: boolean, options: ResponseOptions): PrintedResponse {
  const { statusCode } = options;
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 699) {
    throw new InvalidArgumentError("statusCode", "an integer from 100 to 699", `${statusCode}`);
  }
  const reason = checkLine("reasonPhrase", options.reasonPhrase ?? reasonPhraseOf(statusCode));
  let head = `SIP/2.0 ${statusCode} ${reason}\r\n`;
  for (const via of echo.via) head += `Via: ${via}\r\n`;
  for (const route of echo.recordRoute ?? []) head += `Record-Route: ${route}\r\n`;
  head += `From: ${echo.from}\r\nTo: ${echo.to}`;
  // RFC 3261 §8.2.6.2: "if the To header field in the request did not contain a tag ... the UAS
  // MUST add a tag to the To header field in the response (with the exception of the 100 (Trying)
  // response, in which a tag MAY be present)".
  if (!hasToTag && (statusCode > 100 || options.toTag !== undefined)) {
    head += `;tag=${checkTag(options.toTag ?? sharedIdentifiers().tag())}`;
  }
  head += `\r\nCall-ID: ${echo.callId}\r\nCSeq: ${echo.cseq}\r\n`;
  if (echo.timestamp !== undefined) head += `Timestamp: ${echo.timestamp}\r\n`;
  if (options.supported?.length) {
    head += `Supported: ${checkLine("supported", options.supported.join(", "))}\r\n`;
  }
  // What the program says of one message counts before what it says of all.
  const { extraHeaders = [] } = options;
  if (options.userAgent && valuesIn(extraHeaders, "Server").length === 0) {
    head += `Server: ${checkLine("userAgent", options.userAgent)}\r\n`;
  }
  for (const line of checkHeaderLines(extraHeaders)) head += `${line}\r\n`;
  return new PrintedResponse(printMessage(head, options.body));
}

/**
 * Builds a response to a request: Via, Record-Route, From, To, Call-ID and CSeq as the request has
 * them, and what the options add.
 *
 * @throws `InvalidArgumentError` for what cannot go onto the wire.
 */
export function constructOutgoingResponse(
  request: IncomingRequestMessage,
  options: ResponseOptions,
): PrintedResponse {
  return print(echoOf(request, options.statusCode), request.toTag !== undefined, options);
}

/**
 * Builds a response to a request that could not be parsed: see `Fault.request`.
 *
 * @param source Where the request came from.
 * @throws `InvalidArgumentError` for what cannot go onto the wire.
 */
export function constructFaultResponse(
  request: AnswerableRequest,
  options: ResponseOptions,
  source?: Source,
): PrintedResponse {
  const [line = "", ...others] = request.via;
  // Where several are in one line, or the line is what is broken, it goes back as it came.
  const via = readAlone(line, readVia);
  const first = via instanceof Fault ? line : withSource(line, via, source);
  const to = parseNameAddr(request.to);
  const hasToTag = !(to instanceof Fault) && to.hasParam("tag");
  return print({ ...request, via: [first, ...others] }, hasToTag, options);
}
