/**
 * The terms on which a session is kept alive (RFC 4028): how long it lasts without a refresh, and
 * who refreshes. They are negotiated anew by every INVITE and UPDATE.
 *
 * @module
 */
import {
  Fault,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  type ResponseOptions,
  valuesIn,
} from "../../messages/mod.ts";
import type { RetryPolicy } from "../transactions/attempts.ts";
import { hasTag } from "../transactions/option_tags.ts";

/** §4: "the minimum ... MUST be 90 seconds"; what a request without Min-SE asks for, too. */
export const LEAST_INTERVAL = 90;

/** The most seconds that runtimes count right, as milliseconds; a longer interval is taken as this. */
export const MOST_INTERVAL = 2_147_483;

/** Which side of the request that negotiated it sends the next refresh. */
export type Refresher = "uac" | "uas";

/** What one side wants; all in seconds. */
export interface SessionTimerPolicy {
  /** What this side asks for where the other does not; 0 for nothing. */
  readonly interval: number;
  /** The least that this side takes. */
  readonly minimum: number;
}

/** What was agreed on. */
interface SessionTimerTerms {
  /** In seconds. */
  readonly interval: number;
  readonly refresher: Refresher;
}

/** The terms as the machine of the session takes them. */
type RefreshedEvent = {
  readonly type: "refreshed";
  readonly interval: number;
  readonly refresher: "local" | "remote" | "none";
};

type Message = IncomingRequestMessage | IncomingResponseMessage;

function seconds(message: Message, name: "Session-Expires" | "Min-SE"): number | undefined {
  const header = message.parseHeader(name);
  if (header === undefined || header instanceof Fault) return undefined;
  return /^\d{1,10}$/.test(header.value)
    ? Math.min(Number(header.value), MOST_INTERVAL)
    : undefined;
}

function refresherOf(message: Message): Refresher | undefined {
  const header = message.parseHeader("Session-Expires");
  if (header === undefined || header instanceof Fault) return undefined;
  const refresher = header.parameters["refresher"]?.toLowerCase();
  return refresher === "uac" || refresher === "uas" ? refresher : undefined;
}

function supportsTimer(request: IncomingRequestMessage): boolean {
  return hasTag(request, "timer", "Supported", "Require");
}

/** The least interval that a 422 or a request demands, in seconds. */
export function minimumOf(message: Message): number {
  return Math.max(LEAST_INTERVAL, seconds(message, "Min-SE") ?? 0);
}

function sessionExpires({ interval, refresher }: Partial<SessionTimerTerms>): string {
  return `${interval}${refresher === undefined ? "" : `;refresher=${refresher}`}`;
}

/**
 * §9: "If an incoming request contains a Supported header field with a value 'timer' and a
 * Session-Expires header field, the UAS MAY reject the INVITE request with a 422 (Session Interval
 * Too Small) response if the session interval in the Session-Expires header field is smaller than
 * the minimum interval defined by the UAS' local policy." A request without `timer` must not be.
 */
export function refuseInterval(
  request: IncomingRequestMessage,
  { minimum }: SessionTimerPolicy,
): ResponseOptions | undefined {
  const interval = seconds(request, "Session-Expires");
  if (interval === undefined || interval >= minimum || !supportsTimer(request)) return undefined;
  return { statusCode: 422, extraHeaders: [`Min-SE: ${minimum}`] };
}

/**
 * The terms of a 2xx that this side sends (§9, Table 2), or `undefined` where the session does not
 * expire.
 *
 * @param current The interval that the session has, in seconds: a request that says nothing of it
 * does not end it.
 */
function answerTerms(
  request: IncomingRequestMessage,
  policy: SessionTimerPolicy,
  current: number,
): SessionTimerTerms | undefined {
  const asked = seconds(request, "Session-Expires");
  // Too short for anybody, from a UAC without session timers, which gets no 422: an interval of a
  // second would be a flood of refreshes, and "the UAS MUST NOT increase the value".
  if (asked !== undefined && asked < LEAST_INTERVAL) return undefined;
  const wanted = asked ?? (current > 0 ? current : policy.interval);
  if (wanted === 0) return undefined;
  const least = Math.max(minimumOf(request), policy.minimum);
  const shortened = policy.interval > 0 ? Math.min(wanted, policy.interval) : wanted;
  // "The UAS ... MUST NOT increase the value of the Session-Expires header field."
  const interval = asked === undefined
    ? Math.max(shortened, least)
    : Math.min(asked, Math.max(shortened, least));
  // Where the UAC does not know of session timers, "the UAS ... MUST" refresh itself.
  const refresher = supportsTimer(request) ? refresherOf(request) ?? "uac" : "uas";
  return { interval, refresher };
}

function termsHeaders(request: IncomingRequestMessage, terms: SessionTimerTerms): string[] {
  const lines = [`Session-Expires: ${sessionExpires(terms)}`];
  // §9: "If the refresher parameter in the Session-Expires header field in the 2xx response has a
  // value of 'uac', the UAS MUST place a Require header field into the response with the value
  // 'timer'."
  if (terms.refresher === "uac" || supportsTimer(request)) lines.push("Require: timer");
  return lines;
}

/**
 * What a 2xx to a request of this side says; §7.2: without Session-Expires nothing expires. Less than
 * the least interval is taken as that.
 */
function termsOf(response: IncomingResponseMessage): SessionTimerTerms | undefined {
  const interval = seconds(response, "Session-Expires");
  if (interval === undefined || interval === 0) return undefined;
  return {
    interval: Math.max(interval, LEAST_INTERVAL),
    refresher: refresherOf(response) ?? "uac",
  };
}

/** What a 2xx of this side says of the session timer. */
export interface Negotiation {
  readonly terms: SessionTimerTerms | undefined;
  /** The header lines that say it. */
  readonly lines: string[];
  /** The least interval that the request demands, in seconds. */
  readonly minimum: number;
}

/** The same, where there may be no session yet. */
export function negotiate(
  request: IncomingRequestMessage,
  policy: SessionTimerPolicy,
  current = 0,
): Negotiation {
  const terms = answerTerms(request, policy, current);
  const lines = terms === undefined ? [] : termsHeaders(request, terms);
  return { terms, lines, minimum: minimumOf(request) };
}

/** The header lines of a 2xx. What is agreed on is the engine's to say, and to keep. */
export function withTerms(lines: readonly string[], { terms, lines: more }: Negotiation): string[] {
  const isOwn = (line: string): boolean => valuesIn([line], "Session-Expires").length > 0;
  return [...lines.filter((line) => terms === undefined || !isOwn(line)), ...more];
}

/** The session timer of one session. */
export class SessionTimer {
  readonly policy: SessionTimerPolicy;
  private readonly tell: (event: RefreshedEvent) => void;
  /** In seconds; 0 where the session does not expire. */
  private interval = 0;
  private isRefresher = false;
  private minimum: number;

  /** @param tell Takes what the terms mean for this side. */
  constructor(policy: SessionTimerPolicy, tell: (event: RefreshedEvent) => void) {
    this.policy = policy;
    this.minimum = policy.minimum;
    this.tell = tell;
  }

  /**
   * Notes the least interval that the far end, or a proxy, demands: §7.4, Min-SE in later requests
   * "MUST be the largest value among all Min-SE header field values returned in all 422 responses or
   * received in session refresh requests, on the same dialog".
   *
   * @param minimum In seconds.
   */
  noteMinimum(minimum: number): void {
    this.minimum = Math.max(this.minimum, minimum);
  }

  /** The header lines of a request of this side that negotiates. */
  requestHeaders(): string[] {
    const interval = this.interval > 0 ? this.interval : this.policy.interval;
    if (interval === 0) return [];
    // §7.4: whoever refreshes stays the one who does.
    const refresher = this.interval === 0 ? undefined : this.isRefresher ? "uac" : "uas";
    return requestHeaders(interval, this.minimum, refresher);
  }

  /** A 2xx to such a request has come. */
  takeResponse(response: IncomingResponseMessage): void {
    this.set(termsOf(response), "uac");
  }

  /** The terms of a 2xx of this side, which hold once it is sent: see `agree`. */
  negotiate(request: IncomingRequestMessage): Negotiation {
    return negotiate(request, this.policy, this.interval);
  }

  /** A 2xx of this side was sent. */
  agree({ terms, minimum }: Negotiation): void {
    this.noteMinimum(minimum);
    this.set(terms, "uas");
  }

  private set(terms: SessionTimerTerms | undefined, side: Refresher): void {
    const wasOff = this.interval === 0;
    this.interval = terms?.interval ?? 0;
    this.isRefresher = terms?.refresher === side;
    if (wasOff && terms === undefined) return;
    const refresher = terms === undefined ? "none" : this.isRefresher ? "local" : "remote";
    this.tell({ type: "refreshed", interval: this.interval * 1000, refresher });
  }
}

/**
 * The header lines of a request that asks for an interval: §7.4, "the maximum of the Min-SE header
 * field ... and the current session interval". All in seconds.
 */
export function requestHeaders(
  interval: number,
  minimum: number,
  refresher?: Refresher,
): string[] {
  const terms = { interval: Math.max(interval, minimum), refresher };
  const lines = [`Session-Expires: ${sessionExpires(terms)}`];
  if (minimum > LEAST_INTERVAL) lines.push(`Min-SE: ${minimum}`);
  return lines;
}

function secondsIn(message: OutgoingRequestMessage, name: "Session-Expires" | "Min-SE"): number {
  return Number.parseInt(message.getHeader(name) ?? "", 10) || 0;
}

/** The least interval that a request of this side names, in seconds: it may come from a 422. */
export function minimumIn(message: OutgoingRequestMessage): number {
  return secondsIn(message, "Min-SE");
}

/**
 * §7.3: after a 422 "the UAC MAY retry the request ... the Session-Expires header field MUST be at
 * least as large as the Min-SE value in the 422", and Min-SE "MUST" be in it. A 422 that demands no
 * more than the request had is the outcome.
 *
 * @param note Takes what the 422 demands, in seconds.
 */
export function retryWithInterval(
  message: OutgoingRequestMessage,
  note: (minimum: number) => void = () => {},
): RetryPolicy {
  return (response) => {
    const least = minimumOf(response);
    const asked = secondsIn(message, "Session-Expires");
    if (response.statusCode !== 422 || asked >= least) return undefined;
    return {
      change: () => {
        note(least);
        const [, refresher] = (message.getHeader("Session-Expires") ?? "").split(";");
        const minimum = Math.max(least, minimumIn(message));
        message.extraHeaders = message.extraHeaders.filter((line) =>
          valuesIn([line], "Session-Expires").length + valuesIn([line], "Min-SE").length === 0
        );
        message.setHeader(
          "Session-Expires",
          refresher === undefined ? `${minimum}` : `${minimum};${refresher}`,
        );
        message.setHeader("Min-SE", `${minimum}`);
      },
    };
  };
}
