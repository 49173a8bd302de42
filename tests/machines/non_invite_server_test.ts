import { assert } from "@std/assert";
import { type NonInviteServerEvent, nonInviteServerMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { TIMINGS } from "./support.ts";

/** RFC 3261 §17.2.2 and Figure 8. The numbers are what the transaction user answers. */
const TABLE = `
trying  [unreliable, reliable]
  # "Once in the "Trying" state, any further request retransmissions are discarded."
  request         stays         nothing
  # "While in the "Trying" state, if the TU passes a provisional response to the server transaction,
  # the server transaction MUST enter the "Proceeding" state. The response MUST be passed to the
  # transport layer for transmission."
  100             proceeding    transmit
  180             proceeding    transmit
  # Figure 8: "200-699 from TU / send response".
  200             completed     transmit
  302             completed     transmit
  486             completed     transmit
  603             completed     transmit
  # §17.2.4 begins "When the server transaction sends a response", and Figure 8 has no transport
  # error here: nothing was sent yet, and the answer may still find its way.
  transportError  stays         nothing
  dispose         terminated    terminated

proceeding  [unreliable, reliable]  180
  # "If a retransmission of the request is received while in the "Proceeding" state, the most recently
  # sent provisional response MUST be passed to the transport layer for retransmission."
  request         stays         transmit
  # "Any further provisional responses that are received from the TU while in the "Proceeding" state
  # MUST be passed to the transport layer for transmission."
  100             stays         transmit
  180             stays         transmit
  # "If the TU passes a final response (status codes 200-699) to the server while in the "Proceeding"
  # state, the transaction MUST enter the "Completed" state, and the response MUST be passed to the
  # transport layer for transmission."
  200             completed     transmit
  302             completed     transmit
  486             completed     transmit
  603             completed     transmit
  # §17.2.4: "the server transaction SHOULD inform the TU that a failure has occurred, and SHOULD
  # transition to the terminated state."
  transportError  terminated    transportError, terminated
  dispose         terminated    terminated

completed  [unreliable, reliable]  200
  # "While in the "Completed" state, the server transaction MUST pass the final response to the
  # transport layer for retransmission whenever a retransmission of the request is received."
  request         stays         transmit
  # "Any other final responses passed by the TU to the server transaction MUST be discarded while in
  # the "Completed" state."
  100             stays         nothing
  180             stays         nothing
  200             stays         nothing
  302             stays         nothing
  486             stays         nothing
  603             stays         nothing
  transportError  terminated    transportError, terminated
  dispose         terminated    terminated

# "The server transaction MUST be destroyed the instant it enters the "Terminated" state."
terminated  [unreliable, reliable]  180, transportError
  request         stays         nothing
  100             stays         nothing
  180             stays         nothing
  200             stays         nothing
  302             stays         nothing
  486             stays         nothing
  603             stays         nothing
  transportError  stays         nothing
  dispose         stays         nothing
`;

const TIMELINES = {
  // "When the server transaction enters the "Completed" state, it MUST set Timer J to fire in 64*T1
  // seconds for unreliable transports, and zero seconds for reliable transports."
  "timer J is 64*T1, and answers in the meantime leave it running": `
    [unreliable]
      100  200            -> transmit
     1000  request        -> transmit
    30000  request        -> transmit
    32100                 -> terminated`,
  "timer J with another table": `
    [fast]
       50  486            -> transmit
     6450                 -> terminated`,
  "timer J is zero over a reliable transport": `
    [reliable]
      100  200            -> transmit
      100                 -> terminated`,
  "nothing is sent, and nothing ends, until the transaction user answers": `
    [unreliable]
     1000  request        -> nothing
    50000  180            -> transmit
    51000  request        -> transmit
    99000  200            -> transmit
   131000                 -> terminated`,
};

const respond = (status: number): NonInviteServerEvent => ({ type: "respond", status });

const events: Record<string, NonInviteServerEvent> = {
  request: { type: "request" },
  "100": respond(100),
  "180": respond(180),
  "200": respond(200),
  "302": respond(302),
  "486": respond(486),
  "603": respond(603),
  transportError: { type: "transportError" },
  dispose: { type: "dispose" },
};

testMachine("non-INVITE server", {
  machine: nonInviteServerMachine,
  inputs: TIMINGS,
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    for (const { event, emissions } of run.moments) {
      const sends = emissions.some(({ type }) => type === "transmit");
      assert(!sends || event !== "", "only what it is asked for, never by itself");
    }
  },
});
