import { assert, assertEquals } from "@std/assert";
import { type InviteClientEvent, inviteClientMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf, Run, TIMINGS } from "./support.ts";

/**
 * RFC 3261 §17.1.1 and Figure 5, with `accepted` of RFC 6026 §7.2; before the slash the CANCEL of
 * §9.1. `200 b` is a 2xx with another To-tag than `200`.
 */
const TABLE = `
none/calling.retransmitting  [unreliable]
  # "If the client transaction receives a provisional response while in the "Calling" state, it
  # transitions to the "Proceeding" state ... the provisional response MUST be passed to the TU."
  100             possible/proceeding            trying
  180             possible/proceeding            progress
  # RFC 6026 §8.4: a 2xx in "Calling" or "Proceeding" leads to "Accepted" and is passed to the TU.
  200             done/accepted                  accept
  200 b           done/accepted                  accept
  # "When in either the "Calling" or "Proceeding" states, reception of a response with status code
  # from 300-699 MUST cause the client transaction to transition to "Completed". The client
  # transaction MUST pass the received response up to the TU, and the client transaction MUST
  # generate an ACK request, even if the transport is reliable".
  302             done/completed                 acknowledge, redirect
  486             done/completed                 acknowledge, reject
  603             done/completed                 acknowledge, reject
  # §22.2: "When the originating UAC receives the 401 (Unauthorized), it SHOULD, if it is able,
  # re-originate the request with the proper credentials." The ACK belongs to this attempt.
  401 retriable   done/completed                 acknowledge, retry
  # §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent; rather,
  # the client MUST wait for the arrival of a provisional response before sending the request."
  cancel          deferred/calling.retransmitting  nothing
  # RFC 3263 §4.3: nobody has answered, and there is another server.
  abandon         deferred/abandoned             nothing
  # §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred, and
  # the client transaction SHOULD transition directly to the "Terminated" state."
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

none/calling.waiting  [reliable]
  100             possible/proceeding            trying
  180             possible/proceeding            progress
  200             done/accepted                  accept
  200 b           done/accepted                  accept
  302             done/completed                 acknowledge, redirect
  486             done/completed                 acknowledge, reject
  603             done/completed                 acknowledge, reject
  401 retriable   done/completed                 acknowledge, retry
  cancel          deferred/calling.waiting       nothing
  # RFC 3263 §4.3: nobody has answered, and there is another server.
  abandon         deferred/abandoned             nothing
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

deferred/calling.retransmitting  [unreliable]  cancel
  # The CANCEL leaves first: whoever is told of the response finds the call cancelled.
  100             sent/proceeding                cancel, trying
  180             sent/proceeding                cancel, progress
  # §9.1: "If the original request has generated a final response, the CANCEL SHOULD NOT be sent, as
  # it is an effective no-op".
  200             done/accepted                  accept
  200 b           done/accepted                  accept
  302             done/completed                 acknowledge, redirect
  486             done/completed                 acknowledge, reject
  603             done/completed                 acknowledge, reject
  # Nobody wants this call any more: the challenge is its outcome.
  401 retriable   done/completed                 acknowledge, reject
  cancel          stays                          nothing
  abandon         deferred/abandoned             nothing
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

deferred/calling.waiting  [reliable]  cancel
  100             sent/proceeding                cancel, trying
  180             sent/proceeding                cancel, progress
  200             done/accepted                  accept
  200 b           done/accepted                  accept
  302             done/completed                 acknowledge, redirect
  486             done/completed                 acknowledge, reject
  603             done/completed                 acknowledge, reject
  401 retriable   done/completed                 acknowledge, reject
  cancel          stays                          nothing
  abandon         deferred/abandoned             nothing
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

possible/proceeding  [unreliable, reliable]  100
  # "Any further provisional responses MUST be passed up to the TU while in the "Proceeding" state."
  100             stays                          trying
  180             stays                          progress
  200             done/accepted                  accept
  200 b           done/accepted                  accept
  302             done/completed                 acknowledge, redirect
  486             done/completed                 acknowledge, reject
  603             done/completed                 acknowledge, reject
  401 retriable   done/completed                 acknowledge, retry
  cancel          sent/proceeding                cancel
  abandon         stays                          nothing
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

sent/proceeding  [unreliable, reliable]  180, cancel
  100             stays                          trying
  180             stays                          progress
  # §15: "If the INVITE results in 2xx final response(s) to the INVITE, this means that a UAS
  # accepted the invitation while the CANCEL was in progress."
  200             done/accepted                  accept
  200 b           done/accepted                  accept
  302             done/completed                 acknowledge, redirect
  486             done/completed                 acknowledge, reject
  603             done/completed                 acknowledge, reject
  401 retriable   done/completed                 acknowledge, reject
  cancel          stays                          nothing
  abandon         stays                          nothing
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

sent/proceeding  [unreliable, reliable]  cancel, 100
  100             stays                          trying
  180             stays                          progress
  200             done/accepted                  accept
  200 b           done/accepted                  accept
  302             done/completed                 acknowledge, redirect
  486             done/completed                 acknowledge, reject
  603             done/completed                 acknowledge, reject
  401 retriable   done/completed                 acknowledge, reject
  cancel          stays                          nothing
  abandon         stays                          nothing
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

done/accepted  [unreliable, reliable]  200
  100             stays                          nothing
  180             stays                          nothing
  # RFC 6026 §8.4: "Any 2xx responses that match this client transaction and that are received while
  # in the "Accepted" state MUST be passed up to the TU. The client transaction MUST NOT generate an
  # ACK to the 2xx response. The client transaction takes no further action."
  200             stays                          repeatedAccept
  # §13.2.2.4: "Each response is distinguished by the tag parameter in the To header field, and each
  # represents a distinct dialog".
  200 b           stays                          accept
  302             stays                          nothing
  486             stays                          nothing
  603             stays                          nothing
  401 retriable   stays                          nothing
  cancel          stays                          nothing
  abandon         stays                          nothing
  # The transaction sends nothing in this state.
  transportError  stays                          nothing
  dispose         done/terminated                terminated

done/completed  [unreliable, reliable]  486
  100             stays                          nothing
  180             stays                          nothing
  # A 2xx of another branch crosses the failure (§16.7 lets a proxy forward it): a call that nobody
  # waits for any more, and that somebody has to end.
  200             stays                          lateAccept
  200 b           stays                          lateAccept
  # "Any retransmissions of the final response that are received while in the "Completed" state MUST
  # cause the ACK to be re-passed to the transport layer for retransmission, but the newly received
  # response MUST NOT be passed up to the TU."
  302             stays                          acknowledge
  486             stays                          acknowledge
  603             stays                          acknowledge
  401 retriable   stays                          acknowledge
  cancel          stays                          nothing
  abandon         stays                          nothing
  # Figure 5: "Transport Err. / Inform TU".
  transportError  done/terminated                transportError, terminated
  dispose         done/terminated                terminated

# RFC 3263 §4.3: the INVITE has gone elsewhere. Whoever answers all the same, and is told to stop, or has
# a call that has to be ended, is not left alone with it.
deferred/abandoned  [unreliable, reliable]  abandon
  100             sent/abandoned                 cancel
  180             sent/abandoned                 cancel
  200             done/abandoned                 lateAccept
  200 b           done/abandoned                 lateAccept
  302             done/completed                 acknowledge
  486             done/completed                 acknowledge
  603             done/completed                 acknowledge
  401 retriable   done/completed                 acknowledge
  cancel          stays                          nothing
  abandon         stays                          nothing
  transportError  done/terminated                terminated
  dispose         done/terminated                terminated

sent/abandoned  [unreliable, reliable]  abandon, 180
  100             stays                          nothing
  180             stays                          nothing
  200             done/abandoned                 lateAccept
  200 b           done/abandoned                 lateAccept
  302             done/completed                 acknowledge
  486             done/completed                 acknowledge
  603             done/completed                 acknowledge
  401 retriable   done/completed                 acknowledge
  cancel          stays                          nothing
  abandon         stays                          nothing
  transportError  done/terminated                terminated
  dispose         done/terminated                terminated

done/abandoned  [unreliable, reliable]  abandon, 200
  100             stays                          nothing
  180             stays                          nothing
  200             stays                          lateAccept
  200 b           stays                          lateAccept
  302             done/completed                 acknowledge
  486             done/completed                 acknowledge
  603             done/completed                 acknowledge
  401 retriable   done/completed                 acknowledge
  cancel          stays                          nothing
  abandon         stays                          nothing
  transportError  done/terminated                terminated
  dispose         done/terminated                terminated

# "The client transaction MUST be destroyed the instant it enters the "Terminated" state."
done/terminated  [unreliable, reliable]  180, cancel, transportError
  100             stays                          nothing
  180             stays                          nothing
  200             stays                          nothing
  200 b           stays                          nothing
  302             stays                          nothing
  486             stays                          nothing
  603             stays                          nothing
  401 retriable   stays                          nothing
  cancel          stays                          nothing
  abandon         stays                          nothing
  transportError  stays                          nothing
  dispose         stays                          nothing
`;

const TIMELINES = {
  // "When timer A fires, the client transaction MUST retransmit the request by passing it to the
  // transport layer, and MUST reset the timer with a value of 2*T1 ... This process MUST continue so
  // that the request is retransmitted with intervals that double after each transmission." And "The
  // value of 64*T1 is equal to the amount of time required to send seven requests".
  "timer A doubles without end, and leaves timer B running": `
    [unreliable]
        0                 -> transmit
      500                 -> transmit
     1500                 -> transmit
     3500                 -> transmit
     7500                 -> transmit
    15500                 -> transmit
    31500                 -> transmit
    32000                 -> timeout, terminated`,
  "timers A and B with another table": `
    [fast]
        0                 -> transmit
      100                 -> transmit
      300                 -> transmit
      700                 -> transmit
     1500                 -> transmit
     3100                 -> transmit
     6300                 -> transmit
     6400                 -> timeout, terminated`,
  // "For any transport, the client transaction MUST start timer B with a value of 64*T1 seconds".
  "over a reliable transport nothing is repeated, and timer B ends it": `
    [reliable]
        0                 -> transmit
    32000                 -> timeout, terminated`,
  // "These retransmissions SHOULD only be done while the client transaction is in the "calling"
  // state": and timer B means nothing in "Proceeding", where a phone may ring for ever.
  "timers A and B end with the first provisional response": `
    [unreliable]
        0                 -> transmit
      500                 -> transmit
      600  100            -> trying
    60000  180            -> progress`,
  // "The client transaction SHOULD start timer D when it enters the "Completed" state, with a value
  // of at least 32 seconds for unreliable transports, and a value of zero seconds for reliable
  // transports."
  "timer D is 32 seconds": `
    [unreliable]
        0                 -> transmit
      100  486            -> acknowledge, reject
     5000  486            -> acknowledge
    32100                 -> terminated`,
  // "an absolute minimum of 32s is used instead of basing Timer D on T1".
  "timer D is 32 seconds with a smaller T1, too": `
    [fast]
        0                 -> transmit
       50  302            -> acknowledge, redirect
    32050                 -> terminated`,
  "timer D is 64*T1 with a greater T1": `
    [slow]
        0                 -> transmit
      100  603            -> acknowledge, reject
    64100                 -> terminated`,
  "timer D is zero over a reliable transport": `
    [reliable]
        0                 -> transmit
      100  486            -> acknowledge, reject
      100                 -> terminated`,
  // RFC 6026 §8.4: timer M is 64*T1, and a 2xx does not set it again: RFC 3261 §13.2.2.4, "64*T1
  // seconds after the reception of the first 2xx response".
  "timer M is 64*T1 from the first 2xx": `
    [unreliable]
        0                 -> transmit
      100  200            -> accept
    10000  200            -> repeatedAccept
    20000  200 b          -> accept
    30000  200 b          -> repeatedAccept
    32100                 -> terminated`,
  "timer M is the same over a reliable transport": `
    [reliable]
        0                 -> transmit
      100  200            -> accept
    32100                 -> terminated`,
  "timer M with another table": `
    [fast]
        0                 -> transmit
       50  200            -> accept
     6450                 -> terminated`,
  // §9.1: "If there is no final response for the original request in 64*T1 seconds ... the client
  // SHOULD then consider the original transaction cancelled and SHOULD destroy the client
  // transaction handling the original request."
  "64*T1 after the CANCEL it ends": `
    [unreliable]
        0                 -> transmit
      100  180            -> progress
     1000  cancel         -> cancel
    20000  180            -> progress
    33000                 -> timeout, terminated`,
  "64*T1 after the CANCEL it ends, over a reliable transport": `
    [reliable]
        0                 -> transmit
      100  180            -> progress
     1000  cancel         -> cancel
    33000                 -> timeout, terminated`,
  "64*T1 after the CANCEL with another table": `
    [fast]
        0                 -> transmit
       50  180            -> progress
       60  cancel         -> cancel
     6460                 -> timeout, terminated`,
  "the time of a deferred CANCEL runs from when it leaves": `
    [unreliable]
        0                 -> transmit
      100  cancel         -> nothing
      500                 -> transmit
      700  100            -> cancel, trying
      800  cancel         -> nothing
    32700                 -> timeout, terminated`,
  "a final response in time ends the time of the CANCEL": `
    [unreliable]
        0                 -> transmit
      100  180            -> progress
     1000  cancel         -> cancel
     1100  486            -> acknowledge, reject
    33100                 -> terminated`,
  // The ACK to a challenge is sent again while the next attempt is under way.
  "a challenge that comes again is acknowledged again": `
    [unreliable]
        0                 -> transmit
      100  401 retriable  -> acknowledge, retry
      600  401 retriable  -> acknowledge
    32100                 -> terminated`,
  "what is abandoned is repeated no more, and forgotten after 64*T1": `
    [unreliable]
        0                 -> transmit
      500                 -> transmit
     1000  abandon        -> nothing
    33000                 -> terminated`,
  "a CANCEL of what was abandoned has its time, too": `
    [reliable]
        0                 -> transmit
     1000  abandon        -> nothing
     2000  180            -> cancel
    33000                 -> terminated`,
  "a CANCEL of what was abandoned that is not answered, with little time left": `
    [unreliable]
        0                 -> transmit
      100  abandon        -> nothing
      200  180            -> cancel
      300  486            -> acknowledge
    32300                 -> terminated`,
  "a CANCEL that was deferred until timer B is never sent": `
    [reliable]
        0                 -> transmit
      100  cancel         -> nothing
    32000                 -> timeout, terminated`,
};

const response = (status: number, toTag?: string): InviteClientEvent => ({
  type: "response",
  status,
  toTag,
});

const events: Record<string, InviteClientEvent> = {
  "100": response(100),
  "180": response(180, "a"),
  "200": response(200, "a"),
  "200 b": response(200, "b"),
  "302": response(302, "a"),
  "486": response(486, "a"),
  "603": response(603, "a"),
  "401 retriable": { type: "response", status: 401, toTag: "a", retriable: true },
  cancel: { type: "cancel" },
  abandon: { type: "abandon" },
  transportError: { type: "transportError" },
  dispose: { type: "dispose" },
};

const subject = {
  machine: inviteClientMachine,
  inputs: TIMINGS,
  events,
  // 64*T1 that ran out in one region, for the other: no cell, since nobody sends it.
  raised: ["expired"],
  last: "terminated",
};

function count(run: Run, emission: string): number {
  return emissionsOf(run).filter((type) => type === emission).length;
}

testMachine("INVITE client", subject, {
  table: TABLE,
  timelines: TIMELINES,
  property: (run) => {
    assert(count(run, "cancel") <= 1, "one CANCEL");
    for (const branch of ["200", "200 b"]) {
      const accepts = run.moments.filter(({ event, emissions }) =>
        event === branch && emissions.some(({ type }) => type === "accept")
      );
      assert(accepts.length <= 1, "one accept for each To-tag");
    }
    const cancelled = run.moments.findIndex(({ emissions }) =>
      emissions.some(({ type }) => type === "cancel")
    );
    const received = run.moments.slice(0, cancelled + 1).map(({ event }) => event);
    const final = received.some((event) => /^[2-6]/.test(event));
    const provisional = received.some((event) => event.startsWith("1"));
    assert(cancelled < 0 || (provisional && !final), "CANCEL between a 1xx and the final response");
    const outcomes = count(run, "redirect") + count(run, "reject") + count(run, "timeout") +
      count(run, "retry");
    assert(outcomes <= 1 && (outcomes === 0 || count(run, "accept") === 0), "one outcome");
    const retried = run.moments.findIndex(({ emissions }) =>
      emissions.some(({ type }) => type === "retry")
    );
    const unwanted = run.moments.findIndex(({ event }) => event === "cancel");
    assert(
      unwanted < 0 || retried < 0 || retried < unwanted,
      "what was cancelled does not go again",
    );
  },
});

Deno.test("INVITE client: a 2xx without a To-tag is one branch", () => {
  const untagged: Record<string, InviteClientEvent> = {
    "200": response(200),
    "201": response(201),
  };
  const run = new Run({ ...subject, events: untagged }, "unreliable");
  assertEquals([run.send("200"), run.send("201")], [["accept"], ["repeatedAccept"]]);
});
