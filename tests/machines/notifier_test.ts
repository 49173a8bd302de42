import { assert } from "@std/assert";
import { MAX_EXPIRES, type NotifierEvent, notifierMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf, Run } from "./support.ts";

/**
 * RFC 6665 §4.2.2: the subscription at the notifier; after the slashes whether a NOTIFY is owed, and
 * how long it lasts. The numbers are responses to a NOTIFY, `last` those to the one that ends it.
 */
const TABLE = `
respWait/owed/running  [default]
  200           stays                                 nothing
  # "NOTIFY failure"; §4.2.2: of 404, 405, 410, 416, 480-485, 489, 501 and 604 "the notifier MUST
  # remove the corresponding subscription."
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  # "Policy grants permission".
  active        active/sent/running                   nothing
  # "Policy needed".
  pending       pending/sent/running                  nothing
  # "or terminated per local policy".
  terminate     leaving/closed/closed                 nothing
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  # §4.2.1.2: "notifiers MUST send a NOTIFY request immediately".
  settle        active/sent/running                   notify
  # "If the NOTIFY request fails due to expiration of SIP Timer F (transaction timeout), the
  # notifier SHOULD remove the subscription."
  timeout       terminated/closed/closed              end, terminated
  last 200      stays                                 nothing
  last 481      terminated/closed/closed              end, terminated
  last timeout  terminated/closed/closed              end, terminated
  dispose       terminated/closed/closed              terminated

respWait/owed/running  [fetch]
  200           stays                                 nothing
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  # §4.4.3: "NOTIFY requests triggered by SUBSCRIBE requests with "Expires" header fields of 0 will
  # contain a "Subscription-State" value of "terminated"".
  active        leaving/closed/closed                 end
  pending       leaving/closed/closed                 end
  terminate     leaving/closed/closed                 nothing
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  settle        leaving/closed/closed                 expire, end
  timeout       terminated/closed/closed              end, terminated
  last 200      stays                                 nothing
  last 481      terminated/closed/closed              end, terminated
  last timeout  terminated/closed/closed              end, terminated
  dispose       terminated/closed/closed              terminated

active/sent/running  [default]  settle
  200           stays                                 nothing
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  active        stays                                 nothing
  # The figure has no way back.
  pending       stays                                 nothing
  terminate     leaving/closed/closed                 nothing
  # §4.2.1.4: a refresh; its NOTIFY is owed.
  subscribe     active/owed/running                   nothing
  unsubscribe   active/owed/running                   nothing
  settle        stays                                 nothing
  timeout       terminated/closed/closed              end, terminated
  last 200      stays                                 nothing
  last 481      terminated/closed/closed              end, terminated
  last timeout  terminated/closed/closed              end, terminated
  dispose       terminated/closed/closed              terminated

pending/sent/running  [default]  pending
  200           stays                                 nothing
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  # "Policy changed to grant permission".
  active        active/sent/running                   nothing
  pending       stays                                 nothing
  terminate     leaving/closed/closed                 nothing
  subscribe     pending/owed/running                  nothing
  unsubscribe   pending/owed/running                  nothing
  settle        stays                                 nothing
  timeout       terminated/closed/closed              end, terminated
  last 200      stays                                 nothing
  last 481      terminated/closed/closed              end, terminated
  last timeout  terminated/closed/closed              end, terminated
  dispose       terminated/closed/closed              terminated

pending/owed/running  [default]  pending, settle, subscribe
  200           stays                                 nothing
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  active        active/sent/running                   nothing
  pending       pending/sent/running                  nothing
  terminate     leaving/closed/closed                 nothing
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  settle        pending/sent/running                  notify
  timeout       terminated/closed/closed              end, terminated
  last 200      stays                                 nothing
  last 481      terminated/closed/closed              end, terminated
  last timeout  terminated/closed/closed              end, terminated
  dispose       terminated/closed/closed              terminated

active/owed/running  [default]  active, unsubscribe
  200           stays                                 nothing
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  active        leaving/closed/closed                 end
  pending       leaving/closed/closed                 end
  terminate     leaving/closed/closed                 nothing
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  # §4.2.1.4: "they send a NOTIFY request containing a "Subscription-State" of "terminated"".
  settle        leaving/closed/closed                 expire, end
  timeout       terminated/closed/closed              end, terminated
  last 200      stays                                 nothing
  last 481      terminated/closed/closed              end, terminated
  last timeout  terminated/closed/closed              end, terminated
  dispose       terminated/closed/closed              terminated

leaving/closed/closed  [default]  terminate
  200           stays                                 nothing
  # The answer to an earlier NOTIFY; the last one is still on its way.
  481           stays                                 nothing
  500           stays                                 nothing
  active        stays                                 nothing
  pending       stays                                 nothing
  terminate     stays                                 nothing
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  settle        stays                                 nothing
  timeout       stays                                 nothing
  # §4.4.1: it is over when "the NOTIFY transaction ... completes."
  last 200      terminated/closed/closed              terminated
  last 481      terminated/closed/closed              terminated
  last timeout  terminated/closed/closed              terminated
  dispose       terminated/closed/closed              terminated

terminated/closed/closed  [default]  terminate, last 200
  200           stays                                 nothing
  481           stays                                 nothing
  500           stays                                 nothing
  active        stays                                 nothing
  pending       stays                                 nothing
  terminate     stays                                 nothing
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  settle        stays                                 nothing
  timeout       stays                                 nothing
  last 200      stays                                 nothing
  last 481      stays                                 nothing
  last timeout  stays                                 nothing
  dispose       stays                                 nothing
`;

const TIMELINES = {
  // §4.2.1.2: "Upon successfully accepting or refreshing a subscription, notifiers MUST send a NOTIFY
  // request immediately".
  "accepted, and the program says no more: a NOTIFY at once, and one when it expires": `
    [default]
        0                -> notify
  3600000                -> expire, end
  3600100  last 200      -> terminated`,
  // §4.2.1.4: "the notifier updates the expiration time for subscription."
  "a refresh": `
    [default]
        0                -> notify
  3000000  subscribe     -> nothing
  3000000                -> notify
  3600000                -> expire, end
  3600100  last 200      -> terminated`,
  "unsubscribed: one NOTIFY, the last": `
    [default]
        0                -> notify
     1000  unsubscribe   -> nothing
     1000                -> expire, end
     1100  last 200      -> terminated`,
  // §4.4.3.
  "the state is only fetched: one NOTIFY, the last": `
    [fetch]
        0                -> expire, end
      100  last 200      -> terminated`,
  "a NOTIFY that nobody answers": `
    [default]
        0                -> notify
    32000  timeout       -> end, terminated`,
  "the program ends it": `
    [default]
        0                -> notify
     5000  terminate     -> nothing
     5100  last 481      -> terminated`,
};

const ended = (status: number, isLast: boolean): NotifierEvent => ({
  type: "notifyEnded",
  status,
  isLast,
});

const events: Record<string, NotifierEvent> = {
  active: { type: "notify", state: "active" },
  pending: { type: "notify", state: "pending" },
  terminate: { type: "terminate" },
  subscribe: { type: "subscribe", expires: 600 },
  unsubscribe: { type: "subscribe", expires: 0 },
  settle: { type: "settle" },
  "200": ended(200, false),
  "481": ended(481, false),
  "500": ended(500, false),
  timeout: { type: "notifyTimeout", isLast: false },
  "last 200": ended(200, true),
  "last 481": ended(481, true),
  "last timeout": { type: "notifyTimeout", isLast: true },
  dispose: { type: "dispose" },
};

const subject = {
  machine: notifierMachine,
  raised: ["lapse", "over"],
  inputs: { default: { expires: 3600 }, fetch: { expires: 0 } },
  events,
  last: "terminated",
};

testMachine("notifier", subject, {
  table: TABLE,
  timelines: TIMELINES,
  isByRegion: true,
  property: (run) => {
    const emissions = emissionsOf(run);
    assert(emissions.filter((type) => type === "end").length <= 1, "it ends once");
    const expire = emissions.indexOf("expire");
    assert(expire < 0 || !emissions.slice(expire).includes("notify"), "no NOTIFY after the last");
  },
});

const FAILURES: [status: number, ends: boolean][] = [
  ...[404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]
    .map((status): [number, boolean] => [status, true]),
  ...[200, 202, 302, 400, 401, 403, 406, 407, 408, 413, 423, 486, 488, 491, 500, 503, 600, 603]
    .map((status): [number, boolean] => [status, false]),
];

Deno.test("notifier: 404, 405, 410, 416, 480-485, 489, 501 and 604 end it, and no other", () => {
  for (const [status, ends] of FAILURES) {
    const answer = ended(status, false);
    const run = new Run({ ...subject, events: { ...events, answer } }, "default");
    run.step("active").step("answer");
    assert(run.isDone === ends, `${status}`);
    run.step("dispose");
  }
});

Deno.test("notifier: no timer beyond what a clock counts", () => {
  const run = new Run({ ...subject, inputs: { long: { expires: 2 ** 32 - 1 } } }, "long");
  run.step("active").wait(MAX_EXPIRES * 1000 - 1);
  assert(run.state.startsWith("active"));
  run.wait(1);
  assert(run.state.startsWith("leaving"));
});
