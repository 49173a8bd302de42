/**
 * Requests that a program makes (RFC 3261 §8.1.1).
 *
 * @module
 */
import { type BinaryBody, type Body, checkBody, printMessage } from "./body.ts";
import { every, TOKEN } from "./characters.ts";
import { InvalidArgumentError } from "./errors.ts";
import { checkHeaderLines, checkValue, valuesIn } from "./extra_headers.ts";
import { canonicalName, headerId } from "./header_names.ts";
import { checkLine, isLine } from "./line.ts";
import { NameAddrHeader } from "./name_addr_header.ts";
import { type Identifiers, sharedIdentifiers } from "./random.ts";
import { emptyRecord } from "./record.ts";
import { URI } from "./uri.ts";

/** What may be said about a request beyond its four addresses; everything has a default. */
export interface OutgoingRequestMessageOptions {
  /** Call-ID; a new one by default. */
  callId?: string;
  /** What a new Call-ID begins with. */
  callIdPrefix?: string;
  /** The number in CSeq; 1 by default. */
  cseq?: number;
  /** The display name in To. */
  toDisplayName?: string;
  /** The tag in To, for a request within a dialog. */
  toTag?: string;
  /** The display name in From. */
  fromDisplayName?: string;
  /** The tag in From; a new one by default. */
  fromTag?: string;
  /** Whether Via asks for the answer at the port that the request came from (RFC 3581). */
  forceRport?: boolean;
  /** What goes into Supported. */
  optionTags?: string[];
  /** What goes into Route, in order, each in angle brackets. */
  routeSet?: string[];
  /** What goes into User-Agent. */
  userAgentString?: string;
  /** The sent-by host and port in Via; the transport's own by default. */
  viaHost?: string;
  /** Where names come from that have to be unique; the runtime's random source by default. */
  identifiers?: Identifiers;
}

/** RFC 3261 §8.1.1.6: Max-Forwards "with a value that SHOULD be 70". */
const MAX_FORWARDS = "70";

/** Throws unless a text may go into a header that the program or the engine sets by name. */
function checkHeader(name: string, value: string): string {
  if (!every(TOKEN, name)) {
    throw new InvalidArgumentError("header name", "a token", JSON.stringify(name));
  }
  return isLine(value) ? value : checkLine(`header ${name}`, value);
}

/** The lines of one header, each with its CRLF. */
function linesOf(name: string, values: readonly string[] | undefined): string {
  let text = "";
  for (const value of values ?? []) text += `${name}: ${checkHeader(name, value)}\r\n`;
  return text;
}

/** Throws for what a program without types passes in place of a URI. */
function checkURI(field: string, uri: unknown): void {
  if (!(uri instanceof URI)) throw new InvalidArgumentError(field, "a URI", typeof uri);
}

/**
 * A URI as it stands in a Request-URI: without `method` and without headers (RFC 3261 §19.1.1,
 * Table 1).
 */
export function requestUri(uri: URI): string {
  if (!uri.hasHeaders && !uri.hasParam("method")) return uri.toString();
  const copy = uri.clone();
  copy.clearHeaders();
  copy.deleteParam("method");
  return copy.toString();
}

/**
 * A request to send: pass it to `core.invite()` and its like. What may be set may be set until
 * then.
 *
 * @example
 * ```ts
 * import { OutgoingRequestMessage, URI } from "@strowger/sip";
 *
 * const bob = URI.parse("sip:bob@example.com");
 * const alice = URI.parse("sip:alice@example.com");
 * const message = new OutgoingRequestMessage("INVITE", bob, alice, bob, {}, ["Subject: lunch"]);
 * console.assert(message.getHeader("Subject") === "lunch");
 * ```
 */
export class OutgoingRequestMessage {
  /** The headers that the engine sets, by name, besides `extraHeaders`. */
  declare readonly headers: { [name: string]: string[] };
  /** The method. */
  declare readonly method: string;
  /** The Request-URI. */
  declare readonly ruri: URI;
  /** From, whole. */
  declare readonly from: NameAddrHeader;
  /** The tag in From. */
  declare readonly fromTag: string;
  /** The address in From. */
  declare readonly fromURI: URI;
  /** To, whole. */
  declare readonly to: NameAddrHeader;
  /** The tag in To, where there is one. */
  declare readonly toTag: string | undefined;
  /** The address in To. */
  declare readonly toURI: URI;
  /** Whom it goes to first, where that is not the first Route, nor the far end: a strict router. */
  declare nextHop: URI | undefined;
  /** The branch of the topmost Via, once it is set. */
  declare branch: string | undefined;
  /** Host and port in the topmost Via, once it is set. */
  declare sentBy: string | undefined;
  /** Call-ID. */
  declare readonly callId: string;
  /** Header lines of the program, `Name: value` each. */
  declare extraHeaders: string[];
  /** The body. */
  declare body: Body | BinaryBody | undefined;
  declare private sequence: number;
  declare private readonly viaHost: string | undefined;
  declare private readonly forceRport: boolean;

  /** Makes a request. Throws `InvalidArgumentError` for what cannot go onto the wire. */
  constructor(
    method: string,
    ruri: URI,
    fromURI: URI,
    toURI: URI,
    options: OutgoingRequestMessageOptions = {},
    extraHeaders: string[] = [],
    body?: Body | BinaryBody,
  ) {
    if (!every(TOKEN, method)) {
      throw new InvalidArgumentError("method", "a token", JSON.stringify(method));
    }
    checkURI("ruri", ruri);
    checkURI("fromURI", fromURI);
    checkURI("toURI", toURI);
    const identifiers = options.identifiers ?? sharedIdentifiers();
    this.method = method;
    this.ruri = ruri;
    this.fromURI = fromURI;
    this.toURI = toURI;
    this.fromTag = options.fromTag ?? identifiers.tag();
    this.from = new NameAddrHeader(fromURI, options.fromDisplayName, { tag: this.fromTag });
    this.toTag = options.toTag;
    this.to = new NameAddrHeader(toURI, options.toDisplayName);
    this.to.setParam("tag", options.toTag);
    this.callId = checkLine(
      "callId",
      options.callId ?? (options.callIdPrefix ?? "") + identifiers.callId(),
    );
    this.nextHop = undefined;
    this.branch = undefined;
    this.sentBy = undefined;
    this.sequence = options.cseq ?? 1;
    this.viaHost = options.viaHost;
    this.forceRport = options.forceRport ?? true;
    this.headers = emptyRecord();
    if (options.routeSet?.length) {
      for (const route of options.routeSet) checkValue("routeSet", "Route", route);
      this.setHeader("Route", options.routeSet);
    }
    this.headers["Max-Forwards"] = [MAX_FORWARDS];
    this.headers["From"] = [checkHeader("From", this.from.toString())];
    this.headers["To"] = [checkHeader("To", this.to.toString())];
    this.headers["Call-ID"] = [this.callId];
    this.cseq = this.sequence;
    if (options.optionTags?.length) {
      checkValue("optionTags", "Supported", options.optionTags.join(", "));
      this.setHeader("Supported", options.optionTags.join(", "));
    }
    this.extraHeaders = [...checkHeaderLines(extraHeaders)];
    // What the program says of one message counts before what it says of all.
    if (options.userAgentString && !this.hasHeader("User-Agent")) {
      this.setHeader("User-Agent", options.userAgentString);
    }
    if (body !== undefined) checkBody(body);
    this.body = body;
  }

  /** The number in CSeq. */
  get cseq(): number {
    return this.sequence;
  }

  set cseq(value: number) {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) {
      throw new InvalidArgumentError("cseq", "an integer from 0 to 2^31 - 1", `${value}`);
    }
    this.sequence = value;
    this.headers["CSeq"] = [`${value} ${this.method}`];
  }

  /** The first value of a header, of the engine's or the program's. */
  getHeader(name: string): string | undefined {
    return this.getHeaders(name)[0];
  }

  /** Every value of a header, of the engine's first and then the program's. */
  getHeaders(name: string): string[] {
    const canonical = canonicalName(name).toLowerCase();
    const values: string[] = [];
    for (const key in this.headers) {
      if (key.length !== canonical.length || key.toLowerCase() !== canonical) continue;
      for (const value of this.headers[key] ?? []) values.push(value);
    }
    return this.extraHeaders.length === 0
      ? values
      : values.concat(valuesIn(this.extraHeaders, name));
  }

  /** Whether a header is there. */
  hasHeader(name: string): boolean {
    return this.getHeaders(name).length > 0;
  }

  /** Sets a header, in place of all that the engine set by this name before. */
  setHeader(name: string, value: string | string[]): void {
    const values = typeof value === "string" ? [value] : value;
    const canonical = headerId(name) < 0 ? this.spelling(name) : canonicalName(name);
    this.headers[canonical] = values.map((each) => checkHeader(canonical, each));
  }

  /** A name that no table knows, as it was spelled when it was set first. */
  private spelling(name: string): string {
    const lower = name.toLowerCase();
    return Object.keys(this.headers).find((key) => key.toLowerCase() === lower) ?? name;
  }

  /**
   * Sets the topmost Via.
   *
   * @param branch The transaction's branch.
   * @param transport `UDP`, `TCP`, `TLS`, `WS` or `WSS`.
   * @param sentBy Host and port to use where the options named none.
   */
  setViaHeader(branch: string, transport = "WSS", sentBy = "invalid"): void {
    this.branch = branch;
    this.sentBy = this.viaHost ?? sentBy;
    const rport = this.forceRport ? ";rport" : "";
    this.setHeader("Via", `SIP/2.0/${transport} ${this.sentBy};branch=${branch}${rport}`);
  }

  /** The message as octets, as it goes onto the wire. */
  toBytes(): Uint8Array {
    return printMessage(this.head(), this.body);
  }

  /** The message as text; a body that is no text is decoded as if it were. */
  toString(): string {
    return new TextDecoder().decode(this.toBytes());
  }

  private head(): string {
    const { headers } = this;
    let text = `${this.method} ${checkLine("ruri", requestUri(this.ruri))} SIP/2.0\r\n`;
    text += linesOf("Via", headers["Via"]);
    for (const name in headers) {
      if (name !== "Via") text += linesOf(name, headers[name]);
    }
    for (const line of checkHeaderLines(this.extraHeaders, headers)) text += `${line}\r\n`;
    return text;
  }
}
