/**
 * All trials of a run: scenarios, over the transports that their peers have.
 */
import { EVERY_PROTOCOL } from "./engine.ts";
import { ENGINE_CALLS } from "./engine_calls.ts";
import { LOCATING, LocatingTrial } from "./locating_trial.ts";
import { LOSSY_CALLS } from "./lossy_calls.ts";
import { PHONE_CALLS } from "./phone_calls.ts";
import { PHONE_HOLDS } from "./phone_holds.ts";
import { PHONE_REGISTRATIONS } from "./phone_registrations.ts";
import { PHONE_TRANSFERS } from "./phone_transfers.ts";
import { ProxyTrial } from "./proxy_trial.ts";
import { REGISTRATIONS } from "./registrations.ts";
import { CALLS } from "./sipp_calls.ts";
import { CHALLENGES } from "./sipp_challenges.ts";
import { CHANGES } from "./sipp_changes.ts";
import { REQUESTS } from "./sipp_requests.ts";
import { SUBSCRIPTIONS } from "./sipp_subscriptions.ts";
import { SippTrial } from "./sipp_trial.ts";
import { WITHIN_CALLS } from "./sipp_within_calls.ts";
import type { Stage } from "./stage.ts";

const WITH_SIPP = [
  ...CALLS,
  ...CHANGES,
  ...WITHIN_CALLS,
  ...SUBSCRIPTIONS,
  ...CHALLENGES,
  ...REQUESTS,
];
const THROUGH_KAMAILIO = [
  ...REGISTRATIONS,
  ...ENGINE_CALLS,
  ...PHONE_REGISTRATIONS,
  ...PHONE_CALLS,
  ...PHONE_HOLDS,
  ...PHONE_TRANSFERS,
  ...LOSSY_CALLS,
];

/** Those with SIPp; Debian's has no TLS, and none has WebSockets. */
export function sippTrials(): SippTrial[] {
  return (["UDP", "TCP"] as const).flatMap((protocol) =>
    WITH_SIPP.map((scenario) => new SippTrial(scenario, protocol))
  );
}

/** Those through Kamailio, on a stage that is set when the first needs it. */
export function proxyTrials(stage: () => Promise<Stage>): ProxyTrial[] {
  return EVERY_PROTOCOL.flatMap((protocol) =>
    THROUGH_KAMAILIO.filter(({ protocols = ["UDP", "TCP"] }) => protocols.includes(protocol))
      .map((scenario) => new ProxyTrial(scenario, protocol, stage))
  );
}

/** Those whose proxies are found in a DNS. */
export function locatingTrials(): LocatingTrial[] {
  return (["UDP", "TCP"] as const).flatMap((protocol) =>
    LOCATING.map((scenario) => new LocatingTrial(scenario, protocol))
  );
}
