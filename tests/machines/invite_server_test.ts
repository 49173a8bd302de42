import { assert, assertEquals } from "@std/assert";
import { type InviteServerEvent, inviteServerMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf, TIMINGS } from "./support.ts";

/**
 * RFC 3261 §17.2.1 and Figure 7, with `accepted` of RFC 6026 §7.1. The numbers are what the
 * transaction user answers.
 *
 * A transport error ends none of it: RFC 6026 §7.1, "A server transaction MUST NOT discard
 * transaction state based only on encountering a non-recoverable transport error when sending a
 * response. Instead, the associated INVITE server transaction state machine MUST remain in its
 * current state. (Timers will eventually cause it to transition to the "Terminated" state)."
 *
 * A next state with a bar in it is that under the first input, and that under the second.
 */
const TABLE = `
proceeding.silent  [unreliable, reliable]
  # No response has been sent that could be sent again.
  request         stays                                        nothing
  # "The TU passes any number of provisional responses to the server transaction. So long as the
  # server transaction is in the "Proceeding" state, each of these MUST be passed to the transport
  # layer for transmission."
  100             proceeding.trying                            transmit
  180             proceeding.ringing                           transmit
  183 reliable    proceeding.ringingReliably                   transmit
  # "If, while in the "Proceeding" state, the TU passes a 2xx response to the server transaction, the
  # server transaction MUST pass this response to the transport layer for transmission."
  200             accepted                                     transmit
  # "While in the "Proceeding" state, if the TU passes a response with status code from 300 to 699 to
  # the server transaction, the response MUST be passed to the transport layer for transmission, and
  # the state machine MUST enter the "Completed" state."
  302             completed.retransmitting|completed.waiting   transmit
  486             completed.retransmitting|completed.waiting   transmit
  603             completed.retransmitting|completed.waiting   transmit
  ack             stays                                        nothing
  # §9.2: "If the UAS has not issued a final response for the original request ... the UAS SHOULD
  # immediately respond to the INVITE with a 487": the transaction user's to do.
  cancel          stays                                        cancel
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

proceeding.ringing  [unreliable, reliable]  180
  # "If a request retransmission is received while in the "Proceeding" state, the most recent
  # provisional response that was received from the TU MUST be passed to the transport layer for
  # retransmission."
  request         stays                                        transmit
  100             proceeding.trying                            transmit
  180             stays                                        transmit
  183 reliable    proceeding.ringingReliably                   transmit
  200             accepted                                     transmit
  302             completed.retransmitting|completed.waiting   transmit
  486             completed.retransmitting|completed.waiting   transmit
  603             completed.retransmitting|completed.waiting   transmit
  ack             stays                                        nothing
  cancel          stays                                        cancel
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

# RFC 3262 §3: "The transaction layer will forward each retransmission passed from the UAS core."
proceeding.ringingReliably  [unreliable, reliable]  183 reliable
  request         stays                                        transmit
  100             proceeding.trying                            transmit
  180             proceeding.ringing                           transmit
  183 reliable    stays                                        transmit
  200             accepted                                     transmit
  302             completed.retransmitting|completed.waiting   transmit
  486             completed.retransmitting|completed.waiting   transmit
  603             completed.retransmitting|completed.waiting   transmit
  ack             stays                                        nothing
  cancel          stays                                        cancel
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

proceeding.trying  [unreliable, reliable]  100
  request         stays                                        transmit
  100             stays                                        transmit
  180             proceeding.ringing                           transmit
  183 reliable    proceeding.ringingReliably                   transmit
  200             accepted                                     transmit
  302             completed.retransmitting|completed.waiting   transmit
  486             completed.retransmitting|completed.waiting   transmit
  603             completed.retransmitting|completed.waiting   transmit
  ack             stays                                        nothing
  cancel          stays                                        cancel
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

# Answered by the machine itself, with 100.
proceeding.trying  [unreliable, reliable]  +200
  request         stays                                        transmit
  100             stays                                        transmit
  180             proceeding.ringing                           transmit
  183 reliable    proceeding.ringingReliably                   transmit
  200             accepted                                     transmit
  302             completed.retransmitting|completed.waiting   transmit
  486             completed.retransmitting|completed.waiting   transmit
  603             completed.retransmitting|completed.waiting   transmit
  ack             stays                                        nothing
  cancel          stays                                        cancel
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

accepted  [unreliable, reliable]  200
  # RFC 6026 §7.1: "any retransmissions of the INVITE received will match this transaction state
  # machine and will be absorbed by the machine without changing its state."
  request         stays                                        nothing
  100             stays                                        nothing
  180             stays                                        nothing
  183 reliable    stays                                        nothing
  # "Any retransmission of the 2xx response passed from the TU to the transaction while in the
  # "Accepted" state MUST be passed to the transport layer for transmission."
  200             stays                                        transmit
  302             stays                                        nothing
  486             stays                                        nothing
  603             stays                                        nothing
  # "Any ACKs received from the network while in the "Accepted" state MUST be passed directly to the
  # TU and not absorbed": so they do not come here.
  ack             stays                                        nothing
  # §9.2: "If it has, the CANCEL request has no effect on the processing of the original request".
  cancel          stays                                        nothing
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

completed.retransmitting  [unreliable]  486
  # "while in the "Completed" state, if a request retransmission is received, the server SHOULD pass
  # the response to the transport for retransmission."
  request         stays                                        transmit
  100             stays                                        nothing
  180             stays                                        nothing
  183 reliable    stays                                        nothing
  200             stays                                        nothing
  302             stays                                        nothing
  486             stays                                        nothing
  603             stays                                        nothing
  # "If an ACK is received while the server transaction is in the "Completed" state, the server
  # transaction MUST transition to the "Confirmed" state."
  ack             confirmed                                    nothing
  cancel          stays                                        nothing
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

# "For unreliable transports, timer G is set to fire in T1 seconds, and is not set to fire for
# reliable transports."
completed.waiting  [reliable]  486
  request         stays                                        transmit
  100             stays                                        nothing
  180             stays                                        nothing
  183 reliable    stays                                        nothing
  200             stays                                        nothing
  302             stays                                        nothing
  486             stays                                        nothing
  603             stays                                        nothing
  ack             confirmed                                    nothing
  cancel          stays                                        nothing
  transportError  stays                                        transportError
  dispose         terminated                                   terminated

# "The purpose of the "Confirmed" state is to absorb any additional ACK messages that arrive,
# triggered from retransmissions of the final response." It sends nothing.
confirmed  [unreliable, reliable]  486, ack
  request         stays                                        nothing
  100             stays                                        nothing
  180             stays                                        nothing
  183 reliable    stays                                        nothing
  200             stays                                        nothing
  302             stays                                        nothing
  486             stays                                        nothing
  603             stays                                        nothing
  ack             stays                                        nothing
  cancel          stays                                        nothing
  transportError  stays                                        nothing
  dispose         terminated                                   terminated

# "Once the transaction is in the "Terminated" state, it MUST be destroyed immediately."
terminated  [unreliable, reliable]  180, dispose
  request         stays                                        nothing
  100             stays                                        nothing
  180             stays                                        nothing
  183 reliable    stays                                        nothing
  200             stays                                        nothing
  302             stays                                        nothing
  486             stays                                        nothing
  603             stays                                        nothing
  ack             stays                                        nothing
  cancel          stays                                        nothing
  transportError  stays                                        nothing
  dispose         stays                                        nothing
`;

const TIMELINES = {
  // "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will
  // generate a provisional or final response within 200 ms".
  "100 leaves after 200 ms": `
    [unreliable]
      200                 -> transmitTrying
      300  request        -> transmit
     1000  180            -> transmit
     1500  request        -> transmit
     1600  dispose        -> terminated`,
  "100 leaves after 200 ms over a reliable transport": `
    [reliable]
      200                 -> transmitTrying`,
  "100 leaves after 200 ms with another table, too": `
    [fast]
      200                 -> transmitTrying`,
  // §13.3.1.1: "the UAS MUST send a non-100 provisional response at every minute".
  "a 180 is sent again every minute, counted from the last one": `
    [reliable]
      100  180            -> transmit
    60100                 -> transmit
    90000  180            -> transmit
   150000                 -> transmit
   150500  200            -> transmit
   182500                 -> terminated`,
  // RFC 3262 §3: "the UAS can send the response reliably, in which case the UAS SHOULD send provisional
  // responses once every two and a half minutes": a new one each time.
  "a reliable 183 is not": `
    [unreliable]
      100  183 reliable   -> transmit
   200000  180            -> transmit
   260000                 -> transmit
   261000  183 reliable   -> transmit
   500000  200            -> transmit
   532000                 -> terminated`,
  "a 100 is not": `
    [unreliable]
      100  100            -> transmit
   200000  200            -> transmit
   232000                 -> terminated`,
  "no 100 after a provisional response within 200 ms": `
    [unreliable]
      199  180            -> transmit
      300  dispose        -> terminated`,
  "no 100 after a final response within 200 ms": `
    [reliable]
      199  200            -> transmit
    32199                 -> terminated`,
  // "If timer G fires, the response is passed to the transport layer once more for retransmission,
  // and timer G is set to fire in MIN(2*T1, T2) seconds. From then on ... timer G is reset with a
  // value that doubles, unless that value exceeds T2, in which case it is reset with the value of
  // T2." And timer H: "the server transaction MUST transition to the "Terminated" state, and MUST
  // indicate to the TU that a transaction failure has occurred."
  "timer G doubles up to T2, and leaves timer H running": `
    [unreliable]
      100  486            -> transmit
      600                 -> transmit
     1600                 -> transmit
     3600                 -> transmit
     7600                 -> transmit
    11600                 -> transmit
    15600                 -> transmit
    19600                 -> transmit
    23600                 -> transmit
    27600                 -> transmit
    31600                 -> transmit
    32100                 -> timeout, terminated`,
  "timers G and H with another table": `
    [fast]
       50  486            -> transmit
      150                 -> transmit
      350                 -> transmit
      750                 -> transmit
     1550                 -> transmit
     3150                 -> transmit
     4750                 -> transmit
     6350                 -> transmit
     6450                 -> timeout, terminated`,
  // "When the "Completed" state is entered, timer H MUST be set to fire in 64*T1 seconds for all
  // transports."
  "over a reliable transport nothing is repeated, and timer H ends it": `
    [reliable]
      100  486            -> transmit
    32100                 -> timeout, terminated`,
  "an INVITE that comes again is answered, and leaves timers G and H running": `
    [slow]
      100  603            -> transmit
      600  request        -> transmit
     1100                 -> transmit
     1200  request        -> transmit
     3100                 -> transmit
     3200  ack            -> nothing
     8200                 -> terminated`,
  // "When this state is entered, timer I is set to fire in T4 seconds for unreliable transports, and
  // zero seconds for reliable transports." And "As Timer G is ignored in this state, any
  // retransmissions of the response will cease."
  "timer I is T4": `
    [unreliable]
      100  302            -> transmit
      600                 -> transmit
      700  ack            -> nothing
      800  ack            -> nothing
     5700                 -> terminated`,
  "timer I with another table": `
    [fast]
       50  486            -> transmit
      100  ack            -> nothing
      800                 -> terminated`,
  "timer I is zero over a reliable transport": `
    [reliable]
      100  486            -> transmit
      200  ack            -> nothing
      200                 -> terminated`,
  // RFC 6026 §7.1: timer L is 64*T1, whatever the transport.
  "timer L is 64*T1 from the first 2xx": `
    [unreliable]
      100  200            -> transmit
      600  200            -> transmit
      700  request        -> nothing
    32100                 -> terminated`,
  "timer L is the same over a reliable transport": `
    [reliable]
      100  200            -> transmit
      600  200            -> transmit
    32100                 -> terminated`,
  "timer L with another table": `
    [fast]
       50  200            -> transmit
     6450                 -> terminated`,
};

const respond = (status: number): InviteServerEvent => ({ type: "respond", status });

const events: Record<string, InviteServerEvent> = {
  request: { type: "request" },
  "100": respond(100),
  "180": respond(180),
  "183 reliable": { type: "respond", status: 183, needsPrack: true },
  "200": respond(200),
  "302": respond(302),
  "486": respond(486),
  "603": respond(603),
  ack: { type: "ack" },
  cancel: { type: "cancel" },
  transportError: { type: "transportError" },
  dispose: { type: "dispose" },
};

testMachine("INVITE server", {
  machine: inviteServerMachine,
  inputs: TIMINGS,
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    const emissions = emissionsOf(run);
    assert(emissions.filter((type) => type === "timeout").length <= 1);
    const trying = run.moments.filter(({ emissions }) =>
      emissions.some(({ type }) => type === "transmitTrying")
    );
    assert(trying.every(({ at }) => at === 200), "100 after 200 ms or never");
    if (trying.length > 0) {
      const first = emissions.find((type) => type.startsWith("transmit"));
      assertEquals(first, "transmitTrying", "100 before anything else is sent, or never");
    }
  },
});
