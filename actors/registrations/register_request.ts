/**
 * The REGISTERs of one registration: what they have in common, and what the last answers have changed
 * about the next one (RFC 3261 §10.2, RFC 5626 §4.2, RFC 5627 §4.1).
 *
 * @module
 */
import {
  equivalentURI,
  Fault,
  type IncomingResponseMessage,
  NameAddrHeader,
  type OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  parseHeaderValue,
  parseNameAddr,
  TransportError,
  type URI,
} from "../../messages/mod.ts";
import { MAX_EXPIRES } from "../../machines/mod.ts";
import type { RetryPolicy } from "../transactions/attempts.ts";
import { DEFAULT_EXPIRES, retryWithMinExpires } from "../transactions/expires.ts";
import { type Flow, flowTo, nextHopOf } from "../locating/flow.ts";
import type { KeepAlive } from "./outbound_flow.ts";
import type { Granted, OwnBinding } from "./register_response.ts";
import type { RegistrationOptions } from "./registration.ts";
import type { Environment } from "../supervisor.ts";

/** Makes a request with what the configuration says of every request. */
export type RequestMaker = (
  method: string,
  requestURI: URI,
  fromURI: URI,
  toURI: URI,
  options: OutgoingRequestMessageOptions,
  extraHeaders?: string[],
) => OutgoingRequestMessage;

/** To how many others, in succession, a registrar may refer. */
const MAX_REDIRECTS = 5;

/** See the module. */
export class RegisterRequests {
  /** What names this side's binding. */
  binding: OwnBinding;
  private readonly environment: Environment;
  private readonly options: RegistrationOptions;
  private readonly make: RequestMaker;
  /** §10.2: "A UA ... SHOULD use the same Call-ID for all registrations". */
  private readonly identity: { readonly callId: string; readonly fromTag: string };
  private last: OutgoingRequestMessage | undefined;
  /** What was registered last, and is no binding of this side any more once another one is. */
  private registered: URI | undefined;
  /** Where the registrar has referred to: whom to ask next, and whom it has named so far. */
  private target: URI | undefined;
  private candidates: URI[] = [];
  private visited = new Set<string>();

  /** Nothing is made yet. */
  constructor(environment: Environment, options: RegistrationOptions, make: RequestMaker) {
    const { identifiers } = environment;
    const { instanceId, regId, expires = DEFAULT_EXPIRES } = options;
    this.environment = environment;
    this.options = options;
    this.make = make;
    this.identity = { callId: identifiers.callId(), fromTag: identifiers.tag() };
    this.binding = { uri: options.aor, instanceId, regId, expires };
  }

  /** Theirs. */
  get callId(): string {
    return this.identity.callId;
  }

  /** Whether a password may be given to whom the next one goes to: see `trustedHosts`. */
  get isTrusted(): boolean {
    const { registrar, trustedHosts = [] } = this.options;
    const host = (this.target ?? registrar).host.toLowerCase();
    return [registrar.host, ...trustedHosts].some((each) => each.toLowerCase() === host);
  }

  /** What they go through. */
  get routeSet(): readonly string[] {
    return this.options.routeSet ?? this.environment.routeSet;
  }

  /** The next one; `expires` of 0 removes the binding. */
  next(expires: number): OutgoingRequestMessage {
    const { options, last, environment, binding } = this;
    const { aor, registrar } = options;
    const message = this.make("REGISTER", this.target ?? registrar, aor, aor, {
      ...this.identity,
      cseq: last === undefined ? 1 : last.cseq + 1,
      routeSet: [...this.routeSet],
    }, options.extraHeaders);
    this.last = message;
    const flow = flowTo(nextHopOf(message), environment.transports);
    if (!(flow instanceof TransportError)) this.binding = { ...binding, uri: this.contactBy(flow) };
    message.setHeader("Expires", `${expires}`);
    this.describe(message);
    return message;
  }

  /** What answers a failure of such a request by sending it again. */
  retry(message: OutgoingRequestMessage): RetryPolicy {
    const longer = retryWithMinExpires(message, (expires) => {
      this.binding = { ...this.binding, expires };
    });
    return (response) => longer(response) ?? this.retryWithoutOutbound(response);
  }

  /**
   * Takes a 3xx, or a failure of whom one has named; says whether there is anybody to ask next. §8.1.3.4:
   * those named by it in the order of "q", and no one twice.
   */
  redirect(response: IncomingResponseMessage): boolean {
    const { statusCode } = response;
    // 305 and 380 name something else.
    if (statusCode >= 300 && statusCode <= 302) this.candidates.push(...this.targetsIn(response));
    const next = this.visited.size < MAX_REDIRECTS ? this.candidates.shift() : undefined;
    this.target = next;
    if (next === undefined) {
      this.forgetRedirects();
      return false;
    }
    this.visited.add(`${next}`);
    return true;
  }

  /** Whoever was asked last has accepted. */
  settle(): void {
    this.registered = this.binding.uri;
    this.forgetCandidates();
  }

  private forgetCandidates(): void {
    this.candidates = [];
    this.visited.clear();
  }

  private forgetRedirects(): void {
    this.forgetCandidates();
    this.target = undefined;
  }

  private targetsIn(response: IncomingResponseMessage): URI[] {
    const contacts = response.getHeaders("Contact").slice(0, MAX_REDIRECTS).flatMap((line) => {
      const parsed = parseHeaderValue("Contact", line);
      return parsed instanceof Fault || parsed === "*" ? [] : parsed;
    });
    // §8.1.3.4: who has asked by SIPS does not go on without it.
    const schemes = this.options.registrar.scheme === "sips" ? ["sips"] : ["sip", "sips"];
    return contacts
      .filter(({ uri }) => schemes.includes(uri.scheme) && !this.visited.has(`${uri}`))
      .toSorted((a, b) => quality(b) - quality(a))
      .slice(0, MAX_REDIRECTS)
      .map(({ uri }) => uri);
  }

  private contactBy({ transport }: Flow): URI {
    const { contact, aor } = this.options;
    if (contact !== undefined) return contact;
    const made = parseNameAddr(this.environment.contact(transport, aor.user));
    const uri = made instanceof Fault ? aor.clone() : made.uri;
    // §10.2.1: what is registered by SIPS is reached by SIPS.
    if (this.options.registrar.scheme === "sips") uri.scheme = "sips";
    return uri;
  }

  /** Contact with what names the binding, and the extensions that go with it. */
  private describe(message: OutgoingRequestMessage): void {
    const { uri, instanceId, regId } = this.binding;
    const contact = new NameAddrHeader(uri, undefined);
    if (instanceId !== undefined) contact.setParam("+sip.instance", `<${instanceId}>`);
    if (regId !== undefined) contact.setParam("reg-id", regId);
    message.setHeader("Contact", [`${contact}`, ...this.staleContacts()]);
    const tags = [
      // RFC 3327 §5.1, RFC 5626 §4.2.1, RFC 5627 §4.1.
      "path",
      ...(regId === undefined ? [] : ["outbound"]),
      ...(instanceId === undefined || this.options.gruu === "none" ? [] : ["gruu"]),
    ];
    message.setHeader("Supported", tags.join(", "));
  }

  /**
   * §10.2.2: a binding at an address that this side had before would take calls that nobody answers.
   * With an instance, the registrar itself knows that one takes the other's place (RFC 5626 §6).
   */
  private staleContacts(): string[] {
    const { registered, binding: { uri, instanceId } } = this;
    const isStale = registered !== undefined && instanceId === undefined &&
      !equivalentURI(registered, uri);
    return isStale ? [`<${registered}>;expires=0`] : [];
  }

  /** RFC 5626 §11.6: a 439 says that the first hop cannot do it; without it, the registrar may. */
  private retryWithoutOutbound({ statusCode }: IncomingResponseMessage): ReturnType<RetryPolicy> {
    if (statusCode !== 439 || this.binding.regId === undefined) return undefined;
    return {
      change: (message) => {
        this.binding = { ...this.binding, regId: undefined };
        this.describe(message);
      },
    };
  }
}

function quality(contact: NameAddrHeader): number {
  const q = Number(contact.getParam("q") ?? 1);
  return q >= 0 && q <= 1 ? q : 0;
}

/** A far end that asks for more than this gets this: seconds. */
const LEAST_FLOW_TIMER = 5;

/**
 * How often a flow is asked whether it is there. RFC 5626 §4.4: with a Flow-Timer, at intervals "between
 * 80% and 100%" of it; by its default 95 to 120 seconds on a connection, and 24 to 29 on UDP.
 */
export function keepAliveOf(
  { isOutbound, flowTimer }: Granted,
  { transport }: Flow,
  configured: number | undefined,
): KeepAlive {
  const isOwed = isOutbound || flowTimer !== undefined;
  if (configured === undefined && !isOwed) return { least: 0, most: 0, isOwed };
  const seconds = configured ?? flowTimer;
  if (seconds === 0) return { least: 0, most: 0, isOwed };
  if (seconds !== undefined) {
    const least = configured ?? LEAST_FLOW_TIMER;
    const most = Math.min(Math.max(seconds, least), MAX_EXPIRES) * 1000;
    return { least: 0.8 * most, most, isOwed };
  }
  return transport.reliable
    ? { least: 95_000, most: 120_000, isOwed }
    : { least: 24_000, most: 29_000, isOwed };
}
