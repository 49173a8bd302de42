/**
 * A dialog: what two user agents have agreed on, and what every request within it is made from
 * (RFC 3261 §12).
 *
 * @module
 */
import {
  Fault,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  OutgoingRequestMessage,
  ProtocolError,
  type URI,
  valuesIn,
} from "../../messages/mod.ts";
import { ownText } from "../../messages/own_text.ts";
import type { Answers } from "../authentication/client_authentication.ts";
import { contactOf } from "../locating/contact.ts";
import { asSips, isLoose } from "../locating/flow.ts";
import type { RequestOptions } from "../transactions/outgoing_request.ts";
import { dialogKey } from "../registry.ts";

/** What a dialog is made from. */
interface DialogParts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly local: URI;
  readonly remote: URI;
  readonly remoteTarget: URI;
  readonly routeSet: readonly URI[];
  readonly localSequence: number;
  readonly remoteSequence: number | undefined;
}

/** The addresses in Record-Route: a route set has them with their own parameters, and no others. */
function recordRoutes(
  message: IncomingRequestMessage | IncomingResponseMessage,
): URI[] | ProtocolError {
  const routes = message.parseHeader("Record-Route") ?? [];
  if (routes instanceof Fault) return new ProtocolError(routes.toString());
  return routes.map(({ uri }) => uri.clone());
}

/** Requests that tell the far end where this side is to be reached (§12.2, RFC 3311, RFC 6665). */
const TARGET_REFRESHING = ["INVITE", "NOTIFY", "REFER", "SUBSCRIBE", "UPDATE"];

/** One side of a dialog. */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localURI: URI;
  readonly remoteURI: URI;
  remoteTarget: URI;
  routeSet: readonly URI[];
  /** What was answered to challenges in this dialog, or to the request that made it. */
  answers: Answers | undefined;
  /** The value of Contact in requests of this side that have one; set by who makes the dialog. */
  contact: string | undefined;
  /**
   * The "secure" flag (§12.1): the request that made it had a SIPS URI as its Request-URI, and went by
   * TLS. What is sent in it does so, too, whatever Contact and Record-Route say. Set by who makes it.
   */
  isSecure = false;
  private localSequence: number;
  private remoteSequence: number | undefined;

  private constructor(parts: DialogParts) {
    // A dialog outlives the message that it came in, and must not keep it.
    this.callId = ownText(parts.callId);
    this.localTag = ownText(parts.localTag);
    this.remoteTag = ownText(parts.remoteTag);
    this.localURI = parts.local.clone();
    this.remoteURI = parts.remote.clone();
    this.remoteTarget = parts.remoteTarget.clone();
    this.routeSet = parts.routeSet;
    this.localSequence = parts.localSequence;
    this.remoteSequence = parts.remoteSequence;
  }

  /**
   * The caller's side, from a response to its INVITE (§12.1.2).
   *
   * @param fallbackTarget Where requests go when the response has no Contact, against the RFC; a
   * broken Record-Route is passed over then, too.
   */
  static fromResponse(response: IncomingResponseMessage): Dialog | ProtocolError;
  static fromResponse(response: IncomingResponseMessage, fallbackTarget: URI): Dialog;
  static fromResponse(
    response: IncomingResponseMessage,
    fallbackTarget?: URI,
  ): Dialog | ProtocolError {
    const remoteTarget = contactOf(response) ?? fallbackTarget;
    if (remoteTarget === undefined) {
      return new ProtocolError(`expected a Contact in a ${response.statusCode}, found none`);
    }
    let routes = recordRoutes(response);
    if (routes instanceof ProtocolError) {
      if (fallbackTarget === undefined) return routes;
      routes = [];
    }
    return new Dialog({
      callId: response.callId,
      localTag: response.fromTag ?? "",
      // "A UAC MUST be prepared to receive a response without a tag in the To field, in which case
      // the tag is considered to have a value of null."
      remoteTag: response.toTag ?? "",
      local: response.from.uri,
      remote: response.to.uri,
      remoteTarget,
      // "The route set MUST be set to the list of URIs in the Record-Route header field from the
      // response, taken in reverse order and preserving all URI parameters."
      routeSet: routes.reverse(),
      localSequence: response.cseq,
      remoteSequence: undefined,
    });
  }

  /** The callee's side, from an INVITE (§12.1.1). */
  static fromRequest(request: IncomingRequestMessage, localTag: string): Dialog | ProtocolError {
    const remoteTarget = contactOf(request);
    if (remoteTarget === undefined) {
      return new ProtocolError(`expected a Contact in an ${request.method}, found none`);
    }
    const routes = recordRoutes(request);
    if (routes instanceof ProtocolError) return routes;
    return new Dialog({
      callId: request.callId,
      localTag,
      remoteTag: request.fromTag ?? "",
      local: request.to.uri,
      remote: request.from.uri,
      remoteTarget,
      // "taken in order and preserving all URI parameters"
      routeSet: routes,
      localSequence: 0,
      remoteSequence: request.cseq,
    });
  }

  /** What names it in the registry. */
  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag);
  }

  /** The number of the last request of this side. */
  get sequence(): number {
    return this.localSequence;
  }

  /** Counts on from the requests that were sent in this dialog before it was forgotten. */
  continueFrom(sequence: number | undefined): void {
    this.localSequence = Math.max(this.localSequence, sequence ?? 0);
  }

  /**
   * The 2xx says where the dialog really goes. RFC 3261 §13.2.2.4: the route set of an early dialog
   * "MUST be recomputed based on the 2xx response".
   */
  confirm(response: IncomingResponseMessage): void {
    this.refreshTarget(response);
    const routes = recordRoutes(response);
    if (!(routes instanceof ProtocolError)) this.routeSet = routes.reverse();
  }

  /**
   * The far end is somewhere else by now. §12.2.1.2: the UAC "MUST replace the dialog's remote target
   * URI with the URI from the Contact header field in that response, if present"; §12.2.2 the UAS with
   * that of the request. The route set stays.
   */
  refreshTarget(message: IncomingRequestMessage | IncomingResponseMessage): void {
    this.remoteTarget = contactOf(message)?.clone() ?? this.remoteTarget;
  }

  /**
   * Takes the number of a request from the far end; false where it is older than one that was
   * taken before (§12.2.2).
   */
  takeSequence(cseq: number): boolean {
    if (this.remoteSequence !== undefined && cseq < this.remoteSequence) return false;
    this.remoteSequence = cseq;
    return true;
  }

  /** Takes the next number of this side, for a request that goes again (§22.2, §14.1). */
  nextSequence(): number {
    return ++this.localSequence;
  }

  /** Whom its requests go to first (§8.1.2): a first router, strict or loose, or the far end. */
  get nextHop(): URI {
    const hop = this.routeSet[0] ?? this.remoteTarget;
    return this.isSecure || this.remoteTarget.scheme === "sips" ? asSips(hop) : hop;
  }

  /**
   * Makes a request within the dialog (§12.2.1.1).
   *
   * @param cseq The number of the INVITE, for an ACK; any other request takes the next one.
   */
  request(method: string, options: RequestOptions = {}, cseq?: number): OutgoingRequestMessage {
    const [first, ...others] = this.routeSet;
    const isStrict = first !== undefined && !isLoose(first);
    // "If the route set is not empty, and its first URI does not contain the lr parameter, the UAC
    // MUST place the first URI from the route set into the Request-URI ... The UAC MUST then place
    // the remote target URI into the Route header field as the last value."
    const ruri = isStrict ? first : this.remoteTarget;
    const routes = isStrict ? [...others, this.remoteTarget] : this.routeSet;
    const message = new OutgoingRequestMessage(
      method,
      ruri,
      this.localURI,
      this.remoteURI,
      {
        callId: this.callId,
        cseq: cseq ?? this.localSequence + 1,
        fromTag: this.localTag,
        ...(this.remoteTag === "" ? {} : { toTag: this.remoteTag }),
        routeSet: routes.map((route) => `<${route}>`),
      },
      this.withContact(method, options.extraHeaders ?? []),
      options.body,
    );
    // Only now: a request that was refused has taken no number.
    if (cseq === undefined) this.localSequence++;
    return message;
  }

  /** §12.2.1.1: "a UAC SHOULD include a Contact header field in any target refresh requests". */
  private withContact(method: string, extraHeaders: string[]): string[] {
    const hasContact = valuesIn(extraHeaders, "Contact").length > 0;
    if (hasContact || this.contact === undefined || !TARGET_REFRESHING.includes(method)) {
      return extraHeaders;
    }
    return [...extraHeaders, `Contact: ${this.contact}`];
  }
}
