import { assert } from "@std/assert";
import {
  DEFAULT_TIMERS,
  MAX_EXPIRES,
  type NotifiedState,
  type SubscriptionEvent,
  subscriptionMachine,
} from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf, Run } from "./support.ts";

/**
 * RFC 6665 §4.1.2, the box in the figure: the subscription; after the slashes whether a SUBSCRIBE
 * waits for its NOTIFY, and how long it lasts. The numbers are responses to a SUBSCRIBE within it.
 */
const TABLE = `
initial/idle/running.fresh  [default]
  200           stays                                 renewed
  204           stays                                 renewed
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  active        active/idle/running.fresh             nothing
  active 60     active/idle/running.fresh             renewed
  # "Receive NOTIFY, state=pending".
  pending       pending/idle/running.fresh            nothing
  # "NOTIFY, state=terminated".
  terminated    terminated/closed/closed              terminated
  subscribe     initial/refreshing/running.fresh      nothing
  unsubscribe   initial/unsubscribing/closed          nothing
  autoRefresh   stays                                 nothing
  dispose       terminated/closed/closed              terminated

active/idle/running.fresh  [default]  active
  # §4.1.2.1: "The "Expires" header field in a 200-class response ... indicates the actual duration".
  200           stays                                 renewed
  204           stays                                 renewed
  # "481 response to SUBSCRIBE refresh".
  481           terminated/closed/closed              end, terminated
  # §4.1.2.2: of other failures "the original subscription is still considered valid".
  500           stays                                 nothing
  active        stays                                 nothing
  active 60     stays                                 renewed
  # The figure has no way back.
  pending       stays                                 nothing
  # §4.1.3: "the subscriber MUST consider the subscription terminated."
  terminated    terminated/closed/closed              terminated
  subscribe     active/refreshing/running.fresh       nothing
  unsubscribe   active/unsubscribing/closed           nothing
  autoRefresh   stays                                 nothing
  dispose       terminated/closed/closed              terminated

active/refreshing/running.fresh  [default]  active, subscribe
  200           stays                                 renewed
  # §4.1.2.2: "it MUST cancel Timer N."
  204           active/idle/running.fresh             renewed
  481           terminated/closed/closed              end, terminated
  500           active/idle/running.fresh             nothing
  # Its NOTIFY: timer N is off.
  active        active/idle/running.fresh             nothing
  active 60     active/idle/running.fresh             renewed
  pending       active/idle/running.fresh             nothing
  terminated    terminated/closed/closed              terminated
  subscribe     stays                                 nothing
  unsubscribe   active/unsubscribing/closed           nothing
  autoRefresh   stays                                 nothing
  dispose       terminated/closed/closed              terminated

active/unsubscribing/closed  [default]  active, unsubscribe
  200           stays                                 nothing
  204           stays                                 nothing
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  # §4.4.1: "the subscription is not considered terminated until the NOTIFY transaction with a
  # "Subscription-State" of "terminated" completes."
  active        stays                                 nothing
  active 60     stays                                 nothing
  pending       stays                                 nothing
  terminated    terminated/closed/closed              terminated
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  autoRefresh   stays                                 nothing
  dispose       terminated/closed/closed              terminated

pending/idle/running.fresh  [default]  pending
  200           stays                                 renewed
  204           stays                                 renewed
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  # "Receive NOTIFY, state=active".
  active        active/idle/running.fresh             nothing
  active 60     active/idle/running.fresh             renewed
  pending       stays                                 nothing
  terminated    terminated/closed/closed              terminated
  subscribe     pending/refreshing/running.fresh      nothing
  unsubscribe   pending/unsubscribing/closed          nothing
  autoRefresh   stays                                 nothing
  dispose       terminated/closed/closed              terminated

pending/idle/running.due  [default]  pending, +3240000
  200           pending/idle/running.fresh            renewed
  204           pending/idle/running.fresh            renewed
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  active        active/idle/running.due               nothing
  active 60     active/idle/running.fresh             renewed
  pending       stays                                 nothing
  terminated    terminated/closed/closed              terminated
  subscribe     pending/refreshing/running.due        nothing
  unsubscribe   pending/unsubscribing/closed          nothing
  # Set when it is due already.
  autoRefresh   pending/idle/running.refreshed        refresh
  dispose       terminated/closed/closed              terminated

active/idle/running.refreshed  [default]  active, autoRefresh, +3240000
  200           active/idle/running.fresh             renewed
  204           active/idle/running.fresh             renewed
  481           terminated/closed/closed              end, terminated
  500           stays                                 nothing
  active        stays                                 nothing
  active 60     active/idle/running.fresh             renewed
  pending       stays                                 nothing
  terminated    terminated/closed/closed              terminated
  subscribe     active/refreshing/running.refreshed   nothing
  unsubscribe   active/unsubscribing/closed           nothing
  autoRefresh   stays                                 nothing
  dispose       terminated/closed/closed              terminated

expired/closed/closed  [default]  active, +3600000
  200           stays                                 nothing
  204           stays                                 nothing
  481           stays                                 nothing
  500           stays                                 nothing
  active        stays                                 nothing
  active 60     stays                                 nothing
  pending       stays                                 nothing
  # The notifier has counted as far.
  terminated    terminated/closed/closed              terminated
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  autoRefresh   stays                                 nothing
  dispose       terminated/closed/closed              terminated

terminated/closed/closed  [default]  terminated
  200           stays                                 nothing
  204           stays                                 nothing
  481           stays                                 nothing
  500           stays                                 nothing
  active        stays                                 nothing
  active 60     stays                                 nothing
  pending       stays                                 nothing
  terminated    stays                                 nothing
  subscribe     stays                                 nothing
  unsubscribe   stays                                 nothing
  autoRefresh   stays                                 nothing
  dispose       stays                                 nothing
`;

const TIMELINES = {
  "it expires, and its last NOTIFY never comes": `
    [default]
        0  active       -> nothing
  3600000               -> end
  3632000               -> terminated`,
  "it expires, and its last NOTIFY comes a little later": `
    [default]
        0  pending      -> nothing
  3600000               -> end
  3600050  terminated   -> terminated`,
  // §4.1.3: "If the header field also contains an "expires" parameter, the subscriber SHOULD take it
  // as the authoritative subscription duration and adjust accordingly."
  "a NOTIFY shortens it": `
    [default]
        0  active       -> nothing
  1000000  active 60    -> renewed
  1030000  active       -> nothing
  1060000               -> end
  1092000               -> terminated`,
  // §4.1.2.1: the value "cannot be larger" than what was asked for.
  "neither a NOTIFY nor a 2xx makes it longer than was asked for": `
    [short]
        0  active 60    -> renewed
    10000  200          -> nothing
    30000               -> end
    62000               -> terminated`,
  "a 2xx after its NOTIFY shortens it": `
    [default]
        0  active       -> nothing
       10  200          -> renewed
   600010               -> end
   632010               -> terminated`,
  // §4.1.2.2: "If this Timer N expires prior to the receipt of a NOTIFY request, the subscriber
  // considers the subscription terminated."
  "a refresh that no NOTIFY follows": `
    [default]
        0  active       -> nothing
   100000  subscribe    -> nothing
   100100  200          -> renewed
   132000               -> end, terminated`,
  "a refresh, its 2xx and its NOTIFY": `
    [default]
        0  active       -> nothing
   100000  subscribe    -> nothing
   100100  200          -> renewed
   100200  active       -> nothing
   700100               -> end
   732100               -> terminated`,
  // "the original subscription is still considered valid for the duration of the most recently known
  // "Expires" value".
  "a refresh that fails leaves it as it was": `
    [default]
        0  active       -> nothing
   100000  subscribe    -> nothing
   100100  500          -> nothing
  3600000               -> end
  3632000               -> terminated`,
  "a refresh that is asked for again starts timer N again": `
    [default]
        0  active       -> nothing
   100000  subscribe    -> nothing
   120000  subscribe    -> nothing
   152000               -> end, terminated`,
  // "it MUST cancel Timer N."
  "a 204 says that no NOTIFY will come": `
    [default]
        0  active       -> nothing
   100000  subscribe    -> nothing
   100100  204          -> renewed
   700100               -> end
   732100               -> terminated`,
  "the last NOTIFY after unsubscribing never comes": `
    [default]
        0  active       -> nothing
     1000  unsubscribe  -> nothing
     1100  active       -> nothing
    33000               -> end, terminated`,
  "unsubscribing shortly before it expires": `
    [default]
        0  active       -> nothing
  3590000  unsubscribe  -> nothing
  3621000  terminated   -> terminated`,
  "it refreshes itself after nine tenths of its time": `
    [default]
        0  autoRefresh  -> nothing
        0  active       -> nothing
  3240000               -> refresh
  3240000  subscribe    -> nothing
  3240100  200          -> renewed
  3240200  active       -> nothing
  3780100               -> refresh
  3780100  481          -> end, terminated`,
  "nor is it refreshed once it is left": `
    [short]
        0  autoRefresh  -> nothing
        0  active       -> nothing
    25000  unsubscribe  -> nothing
    57000               -> end, terminated`,
  "with another table": `
    [fast]
        0  active       -> nothing
     1000  subscribe    -> nothing
     7400               -> end, terminated`,
};

const notify = (state: NotifiedState, expires?: number): SubscriptionEvent => ({
  type: "notify",
  state,
  ...(expires === undefined ? {} : { expires }),
});

const events: Record<string, SubscriptionEvent> = {
  active: notify("active"),
  "active 60": notify("active", 60),
  pending: notify("pending"),
  terminated: notify("terminated", 60),
  subscribe: { type: "subscribe", requested: 600 },
  unsubscribe: { type: "unsubscribe" },
  "200": { type: "accept", status: 200, expires: 600 },
  "204": { type: "accept", status: 204, expires: 600 },
  "481": { type: "reject", status: 481 },
  "500": { type: "reject", status: 500 },
  autoRefresh: { type: "autoRefresh", isOn: true },
  dispose: { type: "dispose" },
};

const inputs = {
  default: { ...DEFAULT_TIMERS, requested: 3600, expires: 3600 },
  short: { ...DEFAULT_TIMERS, requested: 30, expires: 30 },
  fast: { T1: 100, T2: 1600, T4: 700, requested: 3600, expires: 3600 },
};

const subject = {
  machine: subscriptionMachine,
  raised: ["renew", "lapse", "giveUp", "over"],
  inputs,
  events,
  last: "terminated",
};

testMachine("subscription", subject, {
  table: TABLE,
  timelines: TIMELINES,
  isByRegion: true,
  property: (run) => {
    const emissions = emissionsOf(run);
    assert(emissions.filter((type) => type === "end").length <= 1, "it ends once");
    const end = emissions.indexOf("end");
    assert(end < 0 || !emissions.slice(end).includes("refresh"), "no SUBSCRIBE after its end");
  },
});

const FAILURES: [status: number, ends: boolean][] = [
  ...[404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]
    .map((status): [number, boolean] => [status, true]),
  ...[300, 302, 400, 401, 403, 406, 407, 408, 413, 423, 486, 487, 488, 491, 500, 503, 504, 600, 603]
    .map((status): [number, boolean] => [status, false]),
];

Deno.test("subscription: 404, 405, 410, 416, 480-485, 489, 501 and 604 end it, and no other", () => {
  for (const [status, ends] of FAILURES) {
    const reject: SubscriptionEvent = { type: "reject", status };
    const run = new Run({ ...subject, events: { ...events, reject } }, "default");
    run.step("active").step("subscribe").step("reject");
    assert(run.isDone === ends, `${status}`);
    run.step("dispose");
  }
});

Deno.test("subscription: no timer beyond what a clock counts", () => {
  const long = { ...DEFAULT_TIMERS, requested: 2 ** 32 - 1, expires: 2 ** 32 - 1 };
  const longer = notify("active", 2 ** 32 - 1);
  const run = new Run({ ...subject, inputs: { long }, events: { ...events, longer } }, "long");
  run.step("longer").wait(MAX_EXPIRES * 1000 - 1);
  assert(run.state.startsWith("active"));
  run.wait(40_000);
  assert(run.isDone);
});
