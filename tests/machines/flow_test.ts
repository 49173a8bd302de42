import { assertEquals } from "@std/assert";
import { DEFAULT_RECOVERY, type FlowEvent, flowMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf, Run } from "./support.ts";

/**
 * RFC 5626 §4.4 and §4.5. `opened` has no keep-alives, `opened owed` some that the far end has promised
 * to answer, `opened free` some that it has not.
 */
const TABLE = `
connecting  [default]
  opened        up.open          open
  opened owed   up.probing       ping
  opened free   up.probing       ping
  answered      stays         nothing
  unanswered    stays         nothing
  # §4.5: "if there is a failure in forming this flow, the UA needs to wait a certain amount of time".
  lost          backingOff    backOff
  lost, others  backingOff    backOff
  refused       backingOff    backOff
  refused 503   backingOff    backOff
  reconnect     stays         connect
  dispose       closed        terminated

# Without keep-alives a REGISTER that was accepted makes it a success.
up.open  [default]  opened
  opened        stays         open
  opened owed   stays         open
  opened free   stays         open
  answered      stays         nothing
  unanswered    stays         nothing
  # Whoever takes each flow and drops it shall not have one after the other.
  lost          backingOff    failed, backOff
  lost, others  backingOff    failed, backOff
  # Whoever refuses is there, and will not think better of it at once.
  refused       backingOff    failed, backOff
  refused 503   backingOff    failed, backOff
  reconnect     connecting    connect
  dispose       closed        terminated

up.open  [default]  opened, +10000
  opened        stays         open
  opened owed   stays         open
  opened free   stays         open
  answered      stays         nothing
  unanswered    stays         nothing
  # §4.5: "the UA needs to form a new flow to replace the old flow".
  lost          connecting    failed, connect
  lost, others  connecting    failed, connect
  # Whoever refuses is there, and will not think better of it at once.
  refused       backingOff    failed, backOff
  refused 503   backingOff    failed, backOff
  reconnect     connecting    connect
  dispose       closed        terminated

# Its first keep-alive is on the way: no success yet.
up.probing  [default]  opened owed
  opened        stays         nothing
  opened owed   stays         nothing
  opened free   stays         nothing
  answered      up.open          open
  unanswered    backingOff    failed, backOff
  lost          backingOff    failed, backOff
  lost, others  backingOff    failed, backOff
  refused       backingOff    failed, backOff
  refused 503   backingOff    failed, backOff
  reconnect     connecting    connect
  dispose       closed        terminated

# "at least one subsequent keep-alive response was received": a success.
up.probing  [default]  opened owed, answered, +29000
  opened        stays         nothing
  opened owed   stays         nothing
  opened free   stays         nothing
  answered      up.open          open
  unanswered    connecting    failed, connect
  lost          connecting    failed, connect
  lost, others  connecting    failed, connect
  refused       backingOff    failed, backOff
  refused 503   backingOff    failed, backOff
  reconnect     connecting    connect
  dispose       closed        terminated

# Nobody has promised an answer, and none has ever come.
up.probing  [default]  opened free
  opened        stays         nothing
  opened owed   stays         nothing
  opened free   stays         nothing
  answered      up.open          open
  unanswered    up.open          open
  lost          backingOff    failed, backOff
  lost, others  backingOff    failed, backOff
  refused       backingOff    failed, backOff
  refused 503   backingOff    failed, backOff
  reconnect     connecting    connect
  dispose       closed        terminated

backingOff  [default]  lost
  opened        stays         nothing
  opened owed   stays         nothing
  opened free   stays         nothing
  answered      stays         nothing
  unanswered    stays         nothing
  lost          stays         nothing
  lost, others  stays         nothing
  refused       stays         nothing
  refused 503   stays         nothing
  reconnect     connecting    connect
  dispose       closed        terminated

closed  [default]  dispose
  opened        stays         nothing
  opened owed   stays         nothing
  opened free   stays         nothing
  answered      stays         nothing
  unanswered    stays         nothing
  lost          stays         nothing
  lost, others  stays         nothing
  refused       stays         nothing
  refused 503   stays         nothing
  reconnect     stays         nothing
  dispose       stays         nothing
`;

const TIMELINES = {
  // "To be explicitly clear on the boundary conditions: when the UA boots, it immediately tries to
  // register. If this fails and no registration on other flows succeed, the first retry happens
  // somewhere between 30 and 60 seconds after the failure of the first registration request."
  "the first attempt fails, and the second, and the third works": `
    [default]
        0                -> connect
        0  lost          -> backOff
    45000                -> connect
    46000  lost          -> backOff
   136000                -> connect
   136100  opened        -> open`,
  // "in the case where at least one of the flows has not failed, the base-time is set to a higher
  // value (with a default of 90 seconds)."
  "it waits longer where another flow works": `
    [default]
        0                -> connect
        0  lost, others  -> backOff
   135000                -> connect
   135000  dispose       -> terminated`,
  // "a 503 response to an earlier failed registration attempt with a Retry-After header field value
  // may cause the UA to wait longer".
  "it waits as long as it is asked to": `
    [default]
        0                -> connect
        0  refused 503   -> backOff
   900000                -> connect
   900000  dispose       -> terminated`,
  // "the UA will keep trying indefinitely with a random time of 15 to 30 minutes between each attempt."
  "the wait has a limit": `
    [default]
        0                -> connect
        0  lost          -> backOff
    45000                -> connect
    45000  lost          -> backOff
   135000                -> connect
   135000  lost          -> backOff
   315000                -> connect
   315000  lost          -> backOff
   675000                -> connect
   675000  lost          -> backOff
  1395000                -> connect
  1395000  lost          -> backOff
  2745000                -> connect
  2745000  lost          -> backOff
  4095000                -> connect
  4095000  dispose       -> terminated`,
  "a flow that was proven is formed again at once, and counts its failures anew": `
    [default]
        0                -> connect
        0  lost          -> backOff
    45000                -> connect
    45000  opened owed   -> ping
    45010  answered      -> open
    56000  lost          -> failed, connect
    56000  lost          -> backOff
   101000                -> connect
   101000  dispose       -> terminated`,
  "a flow that is lost as soon as it is formed is no failure, and waits all the same": `
    [default]
        0                -> connect
        0  opened        -> open
      100  lost          -> failed, backOff
    22600                -> connect
    22600  opened        -> open
    32599  lost          -> failed, backOff
    55099                -> connect
    55099  opened        -> open
    65099  lost          -> failed, connect
    65099  dispose       -> terminated`,
  "a flow that fails before its first answer counts on": `
    [default]
        0                -> connect
        0  lost          -> backOff
    45000                -> connect
    45000  opened owed   -> ping
    55000  unanswered    -> failed, backOff
   145000                -> connect
   145000  dispose       -> terminated`,
  "keep-alives come again and again": `
    [default]
        0                -> connect
        0  opened owed   -> ping
       10  answered      -> open
    26510                -> ping
    26520  answered      -> open
    53020                -> ping
    63020  unanswered    -> failed, connect
    63020  dispose       -> terminated`,
  "where nobody answers they come all the same, until somebody does": `
    [default]
        0                -> connect
        0  opened free   -> ping
    10000  unanswered    -> open
    36500                -> ping
    36510  answered      -> open
    63010                -> ping
    73010  unanswered    -> failed, connect
    73010  dispose       -> terminated`,
  "a refresh leaves the keep-alive that is under way alone": `
    [default]
        0                -> connect
        0  opened owed   -> ping
      100  opened owed   -> nothing
      200  answered      -> open
    26700                -> ping
    26700  dispose       -> terminated`,
  "another network forgets the failures": `
    [default]
        0                -> connect
        0  lost          -> backOff
    45000                -> connect
    45000  lost          -> backOff
    50000  reconnect     -> connect
    50000  lost          -> backOff
    95000                -> connect
    95000  dispose       -> terminated`,
};

/** What only a flow tells that has been formed. */
const UP = ["open", "ping", "failed"];
const random = 0.5;
const UDP = { least: 24_000, most: 29_000, random } as const;
const FAILURE = { random, othersWork: false } as const;
const events: Record<string, FlowEvent> = {
  opened: { type: "opened", least: 0, most: 0, isOwed: false, random },
  "opened owed": { type: "opened", ...UDP, isOwed: true },
  "opened free": { type: "opened", ...UDP, isOwed: false },
  answered: { type: "answered", random },
  unanswered: { type: "unanswered", ...FAILURE },
  lost: { type: "lost", ...FAILURE },
  "lost, others": { type: "lost", random, othersWork: true },
  refused: { type: "refused", ...FAILURE, retryAfter: 0 },
  "refused 503": { type: "refused", ...FAILURE, retryAfter: 900_000 },
  reconnect: { type: "reconnect" },
  dispose: { type: "dispose" },
};

const subject = {
  machine: flowMachine,
  inputs: { default: DEFAULT_RECOVERY },
  events,
  last: "terminated",
};

testMachine("flow", subject, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    const emissions = emissionsOf(run);
    // Nothing is sent by a flow that nobody has formed, and none fails that was not.
    assertEquals(emissions[0], "connect");
    const opened = run.moments.some(({ event }) => event.startsWith("opened"));
    if (!opened) assertEquals(emissions.filter((each) => UP.includes(each)), []);
  },
});

for (const [random, least] of [[0, 30_000], [0.999999, 59_999]] as const) {
  Deno.test(`flow: the first wait is ${least} ms where the random number is ${random}`, () => {
    const failed = { ...events, lost: { type: "lost", random, othersWork: false } as const };
    const run = new Run({ ...subject, events: failed }, "default");
    run.send("lost");
    run.wait(least - 1);
    assertEquals(run.state, "backingOff");
    run.wait(2);
    assertEquals(run.state, "connecting");
  });
}
