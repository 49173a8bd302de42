/**
 * What everything in a core has in common, from what the core is made from.
 *
 * @module
 */
import { Identifiers, URI } from "../messages/mod.ts";
import { TimerWheel } from "../transports/timer_wheel.ts";
import type { Transport } from "../transports/transport.ts";
import { acceptLines, checkContent } from "./transactions/content_inspection.ts";
import { allowEvents, eventPolicy } from "./subscriptions/event_inspection.ts";
import { bracketed } from "./locating/flow.ts";
import { Locator } from "./locating/locator.ts";
import { defaultLogger } from "./logger.ts";
import { Observers } from "./observers.ts";
import { ENGINE_OPTION_TAGS, joinTags } from "./transactions/option_tags.ts";
import { Registrations } from "./registrations/registrations.ts";
import type { Environment } from "./supervisor.ts";
import {
  authenticationOf,
  checkTokens,
  checkTransports,
  failoverOf,
  sessionTimerOf,
  timersOf,
  type UserAgentCoreConfiguration,
} from "./user_agent_core_configuration.ts";
import { allowedMethods, type UserAgentCoreDelegate } from "./user_agent_core_delegate.ts";

/**
 * See the module.
 *
 * @param delegateOf The core's delegate, which may be another at any time.
 * @throws `InvalidArgumentError` for a configuration that makes no sense.
 */
export function makeEnvironment(
  configuration: UserAgentCoreConfiguration,
  delegateOf: () => UserAgentCoreDelegate,
): Environment {
  checkTransports(configuration?.transports);
  const logger = configuration.logger ?? defaultLogger;
  const identifiers = new Identifiers(configuration.random);
  const { supportedOptionTags = [], requiredOptionTags = [], infoPackages } = configuration;
  const optionTags = joinTags(
    ENGINE_OPTION_TAGS,
    checkTokens("supportedOptionTags", supportedOptionTags),
  );
  const supported = optionTags.join(", ");
  const content = checkContent(configuration.content ?? {});
  const events = eventPolicy(configuration);
  const registrations = new Registrations();
  const allow = (): string => {
    const methods = allowedMethods(delegateOf());
    return infoPackages === undefined ? methods : `${methods}, INFO`;
  };
  const clock = configuration.clock ?? new TimerWheel();
  const observers = new Observers((cause) => logger.warn(`an observer failed: ${cause}`));
  for (const each of configuration.observers ?? []) observers.add(each);
  // Another network may bring others, for the locator, too.
  const transports = [...configuration.transports];
  return {
    ...events,
    ...failoverOf(configuration),
    clock,
    identifiers,
    logger,
    timers: timersOf(configuration.timers),
    transports,
    routeSet: configuration.routeSet ?? [],
    registrations,
    locator: new Locator({
      transports,
      resolver: configuration.resolver,
      clock,
      random: (below) => identifiers.number(below),
    }),
    authentication: authenticationOf(configuration, identifiers),
    userAgent: configuration.userAgentHeaderFieldValue,
    allow,
    optionTags,
    supported,
    sessionTimer: sessionTimerOf(configuration),
    infoPackages: infoPackages === undefined
      ? undefined
      : checkTokens("infoPackages", infoPackages),
    requiredOptionTags: checkTokens("requiredOptionTags", requiredOptionTags),
    content,
    capabilities: () => [
      `Allow: ${allow()}`,
      ...acceptLines(content),
      `Supported: ${supported}`,
      ...allowEvents(events),
    ],
    contact: (transport, user, address, scheme = "sip") => {
      const registered = address && registrations.of(address, transport)?.distinctContact;
      const isFitting = scheme === "sip" || (registered?.includes("sips:") ?? false);
      if (registered !== undefined && isFitting) return registered;
      return contact(transport, user ?? configuration.aor?.user, scheme);
    },
    onError: configuration.onError ?? ((error) => logger.warn(`${error.name}: ${error.message}`)),
    trace: configuration.trace,
    observers,
    inspect: configuration.inspect,
  };
}

/**
 * RFC 3261 §8.1.1.8; RFC 7118 §5 has `transport=ws` for both WS and WSS. What a SIPS URI goes by is TLS
 * unless it says more, and `transport=tls` has no place in it (RFC 3261 §26.2.2).
 */
function contact(
  { protocol, local }: Transport,
  user: string | undefined,
  scheme: "sip" | "sips",
): string {
  const parameter = protocol.toLowerCase().replace("wss", "ws");
  const uri = new URI(scheme, user, bracketed(local.host), local.port);
  const isDefault = parameter === (scheme === "sips" ? "tls" : "udp");
  if (!isDefault) uri.setParam("transport", parameter);
  return `<${uri}>`;
}
