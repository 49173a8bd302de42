import { assert } from "@std/assert";
import { type NonInviteClientEvent, nonInviteClientMachine } from "../../machines/mod.ts";
import { emissionsOf, TIMINGS } from "./support.ts";
import { testMachine } from "./suite.ts";

/** RFC 3261 §17.1.2 and Figure 6. */
const TABLE = `
pending.trying/retransmitting  [unreliable]
  # "If a provisional response is received while in the "Trying" state, the response MUST be passed
  # to the TU, and then the client transaction SHOULD move to the "Proceeding" state."
  100             pending.proceeding/retransmitting  trying
  180             pending.proceeding/retransmitting  progress
  # "If a final response (status codes 200-699) is received while in the "Trying" state, the response
  # MUST be passed to the TU, and the client transaction MUST transition to the "Completed" state."
  200             completed                          accept
  302             completed                          redirect
  486             completed                          reject
  603             completed                          reject
  # §22.2: "it SHOULD, if it is able, re-originate the request with the proper credentials."
  401 retriable   completed                          retry
  # §17.1.4: it "SHOULD inform the TU that a transport failure has occurred, and the client
  # transaction SHOULD transition directly to the "Terminated" state."
  # RFC 3263 §4.3: the request has gone elsewhere, and what comes from here is passed over.
  abandon         completed                          nothing
  transportError  terminated                         transportError, terminated
  dispose         terminated                         terminated

# "If an unreliable transport is in use, the client transaction MUST set timer E": over a reliable
# one there is none.
pending.trying/waiting  [reliable]
  100             pending.proceeding/waiting         trying
  180             pending.proceeding/waiting         progress
  200             completed                          accept
  302             completed                          redirect
  486             completed                          reject
  603             completed                          reject
  401 retriable   completed                          retry
  abandon         completed                          nothing
  transportError  terminated                         transportError, terminated
  dispose         terminated                         terminated

# Figure 6: "1xx / resp. to TU".
pending.proceeding/retransmitting  [unreliable]  100
  100             stays                              trying
  180             stays                              progress
  # "If a final response (status codes 200-699) is received while in the "Proceeding" state, the
  # response MUST be passed to the TU, and the client transaction MUST transition to the "Completed"
  # state."
  200             completed                          accept
  302             completed                          redirect
  486             completed                          reject
  603             completed                          reject
  401 retriable   completed                          retry
  abandon         completed                          nothing
  transportError  terminated                         transportError, terminated
  dispose         terminated                         terminated

pending.proceeding/waiting  [reliable]  180
  100             stays                              trying
  180             stays                              progress
  200             completed                          accept
  302             completed                          redirect
  486             completed                          reject
  603             completed                          reject
  401 retriable   completed                          retry
  abandon         completed                          nothing
  transportError  terminated                         transportError, terminated
  dispose         terminated                         terminated

# "The "Completed" state exists to buffer any additional response retransmissions that may be
# received". Nothing is sent in it, so no transport error is its own.
completed  [unreliable, reliable]  200
  100             stays                              nothing
  180             stays                              nothing
  200             stays                              nothing
  302             stays                              nothing
  486             stays                              nothing
  603             stays                              nothing
  401 retriable   stays                              nothing
  abandon         stays                              nothing
  transportError  stays                              nothing
  dispose         terminated                         terminated

# "Once the transaction is in the terminated state, it MUST be destroyed immediately."
terminated  [unreliable, reliable]  transportError
  100             stays                              nothing
  180             stays                              nothing
  200             stays                              nothing
  302             stays                              nothing
  486             stays                              nothing
  603             stays                              nothing
  401 retriable   stays                              nothing
  abandon         stays                              nothing
  transportError  stays                              nothing
  dispose         stays                              nothing
`;

const TIMELINES = {
  // "If timer E fires while still in this state, the timer is reset, but this time with a value of
  // MIN(2*T1, T2) ... For the default values of T1 and T2, this results in intervals of 500 ms, 1 s,
  // 2 s, 4 s, 4 s, 4 s, etc." And timer F: "SHOULD set timer F to fire in 64*T1 seconds".
  "timer E doubles up to T2, and timer F ends it": `
    [unreliable]
        0                 -> transmit
      500                 -> transmit
     1500                 -> transmit
     3500                 -> transmit
     7500                 -> transmit
    11500                 -> transmit
    15500                 -> transmit
    19500                 -> transmit
    23500                 -> transmit
    27500                 -> transmit
    31500                 -> transmit
    32000                 -> timeout, terminated`,
  "timers E and F with another table": `
    [fast]
        0                 -> transmit
      100                 -> transmit
      300                 -> transmit
      700                 -> transmit
     1500                 -> transmit
     3100                 -> transmit
     4700                 -> transmit
     6300                 -> transmit
     6400                 -> timeout, terminated`,
  "over a reliable transport nothing is repeated, and timer F ends it": `
    [reliable]
        0                 -> transmit
    32000                 -> timeout, terminated`,
  // "If Timer E fires while in the "Proceeding" state, the request MUST be passed to the transport
  // layer for retransmission, and Timer E MUST be reset with a value of T2 seconds. If timer F fires
  // while in the "Proceeding" state, the TU MUST be informed of a timeout".
  "timer E runs on from trying into proceeding, where it is T2; timer F is not set again": `
    [unreliable]
        0                 -> transmit
      500                 -> transmit
      600  100            -> trying
     1500                 -> transmit
     5500                 -> transmit
     6000  180            -> progress
     9500                 -> transmit
    13500                 -> transmit
    17500                 -> transmit
    21500                 -> transmit
    25500                 -> transmit
    29500                 -> transmit
    32000                 -> timeout, terminated`,
  "timer E in proceeding with another table": `
    [fast]
        0                 -> transmit
      100                 -> transmit
      150  180            -> progress
      300                 -> transmit
     1900                 -> transmit
     3500                 -> transmit
     5100                 -> transmit
     6400                 -> timeout, terminated`,
  "a provisional response before timer E first fires": `
    [slow]
        0                 -> transmit
      100  100            -> trying
     1000                 -> transmit
     5000                 -> transmit
     6000  200            -> accept
    11000                 -> terminated`,
  "timer F in proceeding, over a reliable transport": `
    [reliable]
        0                 -> transmit
      100  180            -> progress
    32000                 -> timeout, terminated`,
  // "Once the client transaction enters the "Completed" state, it MUST set Timer K to fire in T4
  // seconds for unreliable transports, and zero seconds for reliable transports."
  "timer K is T4": `
    [unreliable]
        0                 -> transmit
      100  200            -> accept
      200  200            -> nothing
     5100                 -> terminated`,
  "timer K with another table": `
    [fast]
        0                 -> transmit
       50  486            -> reject
      750                 -> terminated`,
  "what is abandoned is repeated no more": `
    [unreliable]
        0                 -> transmit
      500                 -> transmit
     1000  abandon        -> nothing
     1100  200            -> nothing
     6000                 -> terminated`,
  "timer K is zero over a reliable transport": `
    [reliable]
        0                 -> transmit
      100  200            -> accept
      100                 -> terminated`,
};

const response = (status: number): NonInviteClientEvent => ({ type: "response", status });

const events: Record<string, NonInviteClientEvent> = {
  "100": response(100),
  "180": response(180),
  "200": response(200),
  "302": response(302),
  "486": response(486),
  "603": response(603),
  "401 retriable": { type: "response", status: 401, retriable: true },
  abandon: { type: "abandon" },
  transportError: { type: "transportError" },
  dispose: { type: "dispose" },
};

const OUTCOMES = ["accept", "redirect", "reject", "retry", "timeout", "transportError"];

testMachine("non-INVITE client", {
  machine: nonInviteClientMachine,
  inputs: TIMINGS,
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    const emissions = emissionsOf(run);
    const outcome = emissions.findIndex((type) => OUTCOMES.includes(type));
    assert(
      outcome < 0 || emissions.slice(outcome + 1).every((type) => type === "terminated"),
      "after its outcome it only ends",
    );
  },
});
