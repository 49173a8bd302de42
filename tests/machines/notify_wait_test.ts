import { assert } from "@std/assert";
import { DEFAULT_TIMERS, type NotifyWaitEvent, notifyWaitMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { typesOf } from "./support.ts";

/** RFC 6665 §4.1.2 and §4.1.2.4: what waits for the NOTIFYs that make subscriptions. */
const TABLE = `
waiting  [default]
  notify   notified      nothing
  # §4.1.2.1: "Non-200-class final responses indicate that no subscription or new dialog usage has been
  # created, and no subsequent NOTIFY request will be sent."
  end      terminated    terminated
  dispose  terminated    terminated

notified  [default]  notify
  # "Until Timer N expires, several NOTIFY requests may arrive from different destinations".
  notify   stays         nothing
  end      terminated    terminated
  dispose  terminated    terminated

terminated  [default]  notify, end
  notify   stays         nothing
  end      stays         nothing
  dispose  stays         nothing
`;

const TIMELINES = {
  // "a subscriber starts a Timer N, set to 64*T1, when it sends a SUBSCRIBE request. If this Timer N
  // expires prior to the receipt of a NOTIFY request, the subscriber considers the subscription
  // failed".
  "no NOTIFY within timer N": `
    [default]
    32000            -> notifyTimeout, terminated`,
  "timer N with another table": `
    [fast]
     6400            -> notifyTimeout, terminated`,
  "a NOTIFY leaves timer N running, and is no failure": `
    [default]
      100  notify    -> nothing
    31900  notify    -> nothing
    32000            -> terminated`,
  "the request fails": `
    [default]
     1000  end       -> terminated`,
};

const events: Record<string, NotifyWaitEvent> = {
  notify: { type: "notify" },
  end: { type: "end" },
  dispose: { type: "dispose" },
};

testMachine("NOTIFY wait", {
  machine: notifyWaitMachine,
  inputs: { default: DEFAULT_TIMERS, fast: { T1: 100, T2: 1600, T4: 700 } },
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    const timeout = run.moments.findIndex(({ emissions }) =>
      typesOf(emissions).includes("notifyTimeout")
    );
    const before = run.moments.slice(0, Math.max(0, timeout));
    assert(before.every(({ event }) => event !== "notify"), "a timeout after a NOTIFY");
  },
});
