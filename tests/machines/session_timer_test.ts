import { assert } from "@std/assert";
import { DEFAULT_TIMERS, type SessionEvent, sessionMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf } from "./support.ts";

/**
 * The session timer (RFC 4028), by whoever refreshes and the session interval in seconds: `local 90` is
 * a session that this side is to refresh.
 */
const TABLE = `
timer.off  [caller, callee]  accept, ack
  local 90     timer.refreshing.waiting    nothing
  remote 90    timer.watching              nothing
  local 1800   timer.refreshing.waiting    nothing
  remote 1800  timer.watching              nothing
  none         stays                       nothing
  accept       stays                       nothing
  ack          stays                       nothing
  reinvite     stays                       nothing
  bye          timer.closed                bye
  byeEnded     stays                       nothing
  byeReceived  timer.closed                terminated
  dispose      timer.closed                terminated

timer.refreshing.waiting  [caller, callee]  accept, ack, local 90
  local 90     stays                       nothing
  remote 90    timer.watching              nothing
  local 1800   stays                       nothing
  remote 1800  timer.watching              nothing
  # A 2xx without Session-Expires: nothing expires any more.
  none         timer.off                   nothing
  accept       stays                       nothing
  ack          stays                       nothing
  reinvite     stays                       nothing
  bye          timer.closed                bye
  byeEnded     stays                       nothing
  byeReceived  timer.closed                terminated
  dispose      timer.closed                terminated

timer.refreshing.due.trying  [caller, callee]  accept, ack, local 90, +45000
  # Refreshed: it begins anew.
  local 90     timer.refreshing.waiting    nothing
  remote 90    timer.watching              nothing
  local 1800   timer.refreshing.waiting    nothing
  remote 1800  timer.watching              nothing
  none         timer.off                   nothing
  accept       stays                       nothing
  ack          stays                       nothing
  reinvite     stays                       nothing
  # No refresh that is under way keeps a session from being left.
  bye          timer.closed                bye
  byeEnded     stays                       nothing
  byeReceived  timer.closed                terminated
  dispose      timer.closed                terminated

timer.watching  [caller, callee]  accept, ack, remote 90
  local 90     timer.refreshing.waiting    nothing
  remote 90    stays                       nothing
  local 1800   timer.refreshing.waiting    nothing
  remote 1800  stays                       nothing
  none         timer.off                   nothing
  accept       stays                       nothing
  ack          stays                       nothing
  reinvite     stays                       nothing
  bye          timer.closed                bye
  byeEnded     stays                       nothing
  byeReceived  timer.closed                terminated
  dispose      timer.closed                terminated

# Left; a refresh that was under way is of no use.
timer.closed  [caller, callee]  accept, ack, remote 90, bye
  local 90     stays                       nothing
  remote 90    stays                       nothing
  local 1800   stays                       nothing
  remote 1800  stays                       nothing
  none         stays                       nothing
  accept       stays                       acknowledge|nothing
  ack          stays                       nothing
  reinvite     stays                       nothing
  bye          stays                       nothing
  byeEnded     stays                       terminated
  byeReceived  stays                       terminated
  dispose      stays                       terminated

timer.closed  [caller, callee]  accept, ack, local 90, byeReceived
  local 90     stays                       nothing
  remote 90    stays                       nothing
  local 1800   stays                       nothing
  remote 1800  stays                       nothing
  none         stays                       nothing
  accept       stays                       nothing
  ack          stays                       nothing
  reinvite     stays                       nothing
  bye          stays                       nothing
  byeEnded     stays                       nothing
  byeReceived  stays                       nothing
  dispose      stays                       nothing
`;

const TIMELINES = {
  // RFC 4028 §7.2: "It is RECOMMENDED that this refresh be sent once half the session interval has
  // elapsed." Here once more after a sixteenth, while there is time. §10: a session that is not
  // refreshed ends with a BYE "slightly before the session expiration. The minimum of 32 seconds and
  // one third of the session interval is RECOMMENDED."
  "a session that this side refreshes in vain": `
    [caller]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  local 1800   -> nothing
   901000               -> refresh
  1013500               -> refresh
  1126000               -> refresh
  1238500               -> refresh
  1351000               -> refresh
  1463500               -> refresh
  1576000               -> refresh
  1688500               -> refresh
  1769000               -> expired, bye
  1769100  byeEnded     -> terminated`,
  "a short one, a third of the session interval before its end": `
    [callee]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  local 90     -> nothing
    46000               -> refresh
    51625               -> refresh
    57250               -> refresh
    61000               -> expired, bye
    61100  byeEnded     -> terminated`,
  // §10: "if the side not performing refreshes does not receive a session refresh request before the
  // session expiration, it SHOULD send a BYE to terminate the session".
  "a session that the other side does not refresh": `
    [callee]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  remote 1800  -> nothing
  1769000               -> expired, bye
  1769100  byeEnded     -> terminated`,
  "a short one that the other side does not refresh": `
    [caller]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  remote 90    -> nothing
    61000               -> expired, bye
    61100  byeReceived  -> terminated`,
  "a session lives for as long as this side refreshes it": `
    [caller]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  local 90     -> nothing
    46000               -> refresh
    46100  local 90     -> nothing
    91100               -> refresh
    96725               -> refresh
    96800  local 90     -> nothing
   141800               -> refresh
   147425               -> refresh
   153050               -> refresh
   156700  local 90     -> nothing
   201700               -> refresh
   207325               -> refresh
   212950               -> refresh
   216700               -> expired, bye`,
  "a session lives for as long as the other side refreshes it": `
    [callee]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  remote 90    -> nothing
    60999  remote 90    -> nothing
   120998  remote 1800  -> nothing
   180000  remote 90    -> nothing
   240000               -> expired, bye`,
  "each refresh says anew whose the next one is": `
    [callee]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  remote 90    -> nothing
    31000  local 90     -> nothing
    76000               -> refresh
    77000  remote 90    -> nothing
   137000               -> expired, bye`,
  "a session without a session interval does not expire": `
    [caller]
        0  accept       -> nothing
        0  ack          -> nothing`,
  "a session may cease to have a session interval": `
    [caller]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  local 90     -> nothing
    46000               -> refresh
    46100  none         -> nothing
   100000  remote 90    -> nothing
   159999  none         -> nothing`,
  "nothing is refreshed once this side has hung up, though the BYE has no answer": `
    [caller]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  local 90     -> nothing
    45999  bye          -> bye`,
  "nothing expires once this side has hung up": `
    [callee]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  remote 90    -> nothing
    60999  bye          -> bye
    61100  remote 90    -> nothing`,
  "nothing expires once the other side has hung up": `
    [caller]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  local 90     -> nothing
    46000               -> refresh
    46100  byeReceived  -> terminated`,
  "a session that expires while this side invites again": `
    [callee]
        0  accept       -> nothing
        0  ack          -> nothing
     1000  remote 90    -> nothing
    60000  reinvite     -> nothing
    61000               -> expired, bye
    61100  accept       -> acknowledge
    61200  byeEnded     -> terminated`,
};

const refreshed = (refresher: "local" | "remote", seconds: number): SessionEvent => ({
  type: "refreshed",
  interval: 1000 * seconds,
  refresher,
});

const events: Record<string, SessionEvent> = {
  "local 90": refreshed("local", 90),
  "remote 90": refreshed("remote", 90),
  "local 1800": refreshed("local", 1800),
  "remote 1800": refreshed("remote", 1800),
  none: { type: "refreshed", interval: 0, refresher: "none" },
  accept: { type: "accept" },
  ack: { type: "ack" },
  reinvite: { type: "reinvite" },
  bye: { type: "bye" },
  byeEnded: { type: "byeEnded" },
  byeReceived: { type: "byeReceived" },
  dispose: { type: "dispose" },
};

testMachine("session, session timer", {
  machine: sessionMachine,
  regions: ["timer"],
  raised: ["over"],
  inputs: {
    caller: { ...DEFAULT_TIMERS, role: "caller" },
    callee: { ...DEFAULT_TIMERS, role: "callee" },
  },
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  // No single wait of a walk is as long as half a session interval.
  isByRegion: true,
  property: (run) => {
    const emissions = emissionsOf(run);
    assert(emissions.filter((type) => type === "bye").length <= 1, "one BYE");
    const bye = emissions.indexOf("bye");
    const late = bye < 0 ? [] : emissions.slice(bye);
    assert(!late.includes("refresh") && !late.includes("expired"), "no timer after the BYE");
  },
});
