/**
 * What is looked at before a SUBSCRIBE gets to the program (RFC 6665 §4.2.1), and what is said of
 * events elsewhere.
 *
 * @module
 */
import {
  eventOf,
  Fault,
  type IncomingRequestMessage,
  InvalidArgumentError,
  type ResponseOptions,
} from "../../messages/mod.ts";
import { expiresOf } from "../transactions/expires.ts";
import { checkTokens, type UserAgentCoreConfiguration } from "../user_agent_core_configuration.ts";

/** What this side serves. */
export interface EventPolicy {
  /** The event packages that are served; any, for the program to judge, where it is not said. */
  readonly eventPackages: readonly string[] | undefined;
  /** The shortest subscription that is taken, in seconds. */
  readonly minExpires: number;
}

/**
 * What a program has configured of it.
 *
 * @throws `InvalidArgumentError` for what is no event package, or no time.
 */
export function eventPolicy(
  { eventPackages, minSubscriptionExpires = 0 }: UserAgentCoreConfiguration,
): EventPolicy {
  if (eventPackages !== undefined) checkTokens("eventPackages", eventPackages);
  if (!Number.isInteger(minSubscriptionExpires) || minSubscriptionExpires < 0) {
    const found = `${minSubscriptionExpires}`;
    throw new InvalidArgumentError("minSubscriptionExpires", "whole seconds", found);
  }
  return { eventPackages, minExpires: Math.min(minSubscriptionExpires, 3600) };
}

/**
 * What Allow-Events says, as a header line; none where nothing is served. §4.4.4: who serves events
 * "SHOULD include an appropriate "Allow-Events" header field indicating all supported events in all
 * methods which initiate dialogs and their responses (such as INVITE) and OPTIONS responses."
 */
export function allowEvents({ eventPackages }: EventPolicy): string[] {
  return eventPackages?.length ? [`Allow-Events: ${eventPackages.join(", ")}`] : [];
}

/**
 * §4.2.1.1: "If and only if the expiration interval is greater than zero AND smaller than one hour
 * AND less than a notifier-configured minimum, the notifier MAY return a 423 (Interval Too Brief)
 * error that contains a "Min-Expires" header field."
 */
export function refuseInterval(
  request: IncomingRequestMessage,
  { minExpires }: EventPolicy,
): ResponseOptions | undefined {
  const said = request.parseHeader("Expires");
  if (said instanceof Fault) return { statusCode: 400, reasonPhrase: `Bad Request: ${said}` };
  const expires = expiresOf(request);
  if (expires === undefined || expires === 0 || expires >= 3600 || expires >= minExpires) {
    return undefined;
  }
  return { statusCode: 423, extraHeaders: [`Min-Expires: ${minExpires}`] };
}

/** The refusal that a SUBSCRIBE for a new subscription deserves, if any. */
export function refuseSubscribe(
  request: IncomingRequestMessage,
  policy: EventPolicy,
): ResponseOptions | undefined {
  const event = eventOf(request);
  // RFC 3515 §2.4.4: "If a SUBSCRIBE request for event refer is received for a subscription that does
  // not already exist, it MUST be rejected with a 403."
  if (event?.type === "refer") return { statusCode: 403 };
  // §4.2.1.1: "The notifier SHOULD check that the event package specified in the "Event" header field
  // is understood. If not, the notifier SHOULD return a 489 (Bad Event) response".
  const isServed = event !== undefined && (policy.eventPackages?.includes(event.type) ?? true);
  if (!isServed) return { statusCode: 489, extraHeaders: allowEvents(policy) };
  return refuseInterval(request, policy);
}
