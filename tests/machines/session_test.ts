import { assert } from "@std/assert";
import { DEFAULT_TIMERS, type SessionEvent, sessionMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf } from "./support.ts";

/**
 * RFC 3261 §12, §13 and §15: the dialog; after the slash offer and answer (RFC 3264). Each region has
 * its part of the table: the dialog while an offer has been answered, offer and answer while the
 * dialog is confirmed.
 *
 * Offer and answer are closed with the session: §15.1.1, "The UAC MUST consider the session terminated
 * (and therefore stop sending or listening for media) as soon as the BYE request is passed to the
 * client transaction"; §15, "When a BYE is received on a dialog, any session associated with that
 * dialog SHOULD terminate".
 */
const TABLE = `
initial/stable  [caller, callee]  localOffer, remoteAnswer
  progress        early/stable                                     nothing
  # §13.2.2.4: "a new dialog in the "confirmed" state MUST be constructed": here told apart by whose
  # turn the ACK is.
  accept          owingAck/stable|awaitingAck.repeating/stable     nothing
  repeatedAccept  stays                                            nothing
  ack             stays                                            nothing
  # §15: "A UA MUST NOT send a BYE outside of a dialog."
  bye             stays                                            nothing
  byeEnded        stays                                            nothing
  # §15.1.2: "If the BYE does not match an existing dialog, the UAS core SHOULD generate a 481".
  byeReceived     stays                                            nothing
  # §15: "If an initial INVITE generates a non-2xx final response, that terminates all sessions (if
  # any) and all dialogs (if any) that were created through responses to the request."
  end             terminated/closed                                terminated
  localOffer      initial/haveLocalOffer                           nothing
  remoteOffer     initial/haveRemoteOffer                          nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

early/stable  [caller]  localOffer, progress, remoteAnswer
  progress        stays                                            nothing
  accept          owingAck/stable                                  nothing
  repeatedAccept  stays                                            nothing
  ack             stays                                            nothing
  # §15: "The caller's UA MAY send a BYE for either confirmed or early dialogs".
  bye             leaving/closed                                   bye
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             terminated/closed                                terminated
  localOffer      early/haveLocalOffer                             nothing
  remoteOffer     early/haveRemoteOffer                            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

early/stable  [callee]  remoteOffer, progress, localAnswer
  progress        stays                                            nothing
  accept          awaitingAck.repeating/stable                     nothing
  repeatedAccept  stays                                            nothing
  ack             stays                                            nothing
  # "and the callee's UA MAY send a BYE on confirmed dialogs, but MUST NOT send a BYE on early
  # dialogs."
  bye             stays                                            nothing
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             terminated/closed                                terminated
  localOffer      early/haveLocalOffer                             nothing
  remoteOffer     early/haveRemoteOffer                            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

owingAck/stable  [caller]  localOffer, accept, remoteAnswer
  progress        stays                                            nothing
  accept          stays                                            nothing
  # There is no ACK yet that could be sent again.
  repeatedAccept  stays                                            nothing
  ack             confirmed/stable                                 nothing
  # §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received", and "If, after
  # acknowledging any 2xx response to an INVITE, the UAC does not want to continue with that dialog,
  # then the UAC MUST terminate the dialog by sending a BYE".
  bye             leaving/closed                                   acknowledge, bye
  byeEnded        stays                                            nothing
  # The MUST above holds for a dialog that the far end has ended already, too.
  byeReceived     terminated/closed                                acknowledge, terminated
  # No failure can come after the 2xx.
  end             stays                                            nothing
  localOffer      owingAck/haveLocalOffer                          nothing
  remoteOffer     owingAck/haveRemoteOffer                         nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

awaitingAck.repeating/stable  [callee]  remoteOffer, localAnswer, accept
  progress        stays                                            nothing
  accept          stays                                            nothing
  repeatedAccept  stays                                            nothing
  ack             confirmed/stable                                 nothing
  # §15: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an ACK for
  # its 2xx response or until the server transaction times out."
  bye             stays                                            nothing
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  localOffer      awaitingAck.repeating/haveLocalOffer             nothing
  remoteOffer     awaitingAck.repeating/haveRemoteOffer            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

# This side has hung up already.
awaitingAck.repeating/stable  [callee]  remoteOffer, localAnswer, accept, bye
  progress        stays                                            nothing
  accept          stays                                            nothing
  repeatedAccept  stays                                            nothing
  # §15: "hanging up would result in a BYE after the ACK is received."
  ack             leaving/closed                                   bye
  bye             stays                                            nothing
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  localOffer      awaitingAck.repeating/haveLocalOffer             nothing
  remoteOffer     awaitingAck.repeating/haveRemoteOffer            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

confirmed/stable  [caller]  localOffer, progress, remoteAnswer, accept, ack
  progress        stays                                            nothing
  accept          stays                                            nothing
  # §13.2.2.4: "The ACK MUST be passed to the client transport every time a retransmission of the 2xx
  # final response that triggered the ACK arrives."
  repeatedAccept  stays                                            acknowledge
  ack             stays                                            nothing
  bye             leaving/closed                                   bye
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  localOffer      confirmed/haveLocalOffer                         nothing
  remoteOffer     confirmed/haveRemoteOffer                        nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

confirmed/stable  [callee]  remoteOffer, localAnswer, accept, ack
  progress        stays                                            nothing
  accept          stays                                            nothing
  # The callee owes no ACK.
  repeatedAccept  stays                                            nothing
  ack             stays                                            nothing
  bye             leaving/closed                                   bye
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  localOffer      confirmed/haveLocalOffer                         nothing
  remoteOffer     confirmed/haveRemoteOffer                        nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

# Left while it was early: the INVITE has no final response yet.
leaving/closed  [caller]  localOffer, progress, remoteAnswer, bye
  progress        stays                                            nothing
  # "The UAC core MUST generate an ACK request for each 2xx received from the transaction layer."
  accept          stays                                            acknowledge
  repeatedAccept  stays                                            acknowledge
  ack             stays                                            nothing
  bye             stays                                            nothing
  # §15.1.1: whatever answers the BYE, or nothing does, "the UAC MUST consider the session and the
  # dialog terminated."
  byeEnded        terminated/closed                                terminated
  # The two BYEs crossed.
  byeReceived     terminated/closed                                terminated
  # As in early: the 487 "terminates ... all dialogs (if any) that were created".
  end             terminated/closed                                terminated
  localOffer      stays                                            nothing
  remoteOffer     stays                                            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

leaving/closed  [callee]  remoteOffer, localAnswer, accept, bye, ack
  progress        stays                                            nothing
  accept          stays                                            nothing
  repeatedAccept  stays                                            nothing
  ack             stays                                            nothing
  bye             stays                                            nothing
  byeEnded        terminated/closed                                terminated
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  localOffer      stays                                            nothing
  remoteOffer     stays                                            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

terminated/closed  [caller, callee]  localOffer, progress, remoteAnswer, byeReceived
  progress        stays                                            nothing
  accept          stays                                            nothing
  repeatedAccept  stays                                            nothing
  ack             stays                                            nothing
  bye             stays                                            nothing
  byeEnded        stays                                            nothing
  byeReceived     stays                                            nothing
  end             stays                                            nothing
  localOffer      stays                                            nothing
  remoteOffer     stays                                            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         stays                                            nothing

# Offer and answer, as far as the part above does not show them.
confirmed/initial  [caller, callee]  accept, ack
  progress        stays                                            nothing
  accept          stays                                            nothing
  repeatedAccept  stays                                            acknowledge|nothing
  ack             stays                                            nothing
  bye             leaving/closed                                   bye
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  localOffer      confirmed/haveLocalOffer                         nothing
  remoteOffer     confirmed/haveRemoteOffer                        nothing
  localAnswer     stays                                            nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated

confirmed/haveLocalOffer  [caller, callee]  accept, ack, localOffer
  progress        stays                                            nothing
  accept          stays                                            nothing
  repeatedAccept  stays                                            acknowledge|nothing
  ack             stays                                            nothing
  bye             leaving/closed                                   bye
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  # RFC 3264 §4: "At any time, either agent MAY generate a new offer ... However, it MUST NOT generate
  # a new offer if it has received an offer which it has not yet answered or rejected. Furthermore, it
  # MUST NOT generate a new offer if it has generated a prior offer for which it has not yet received
  # an answer or a rejection."
  localOffer      stays                                            nothing
  remoteOffer     stays                                            nothing
  localAnswer     stays                                            nothing
  remoteAnswer    confirmed/stable                                 nothing
  dispose         terminated/closed                                terminated

confirmed/haveRemoteOffer  [caller, callee]  accept, ack, remoteOffer
  progress        stays                                            nothing
  accept          stays                                            nothing
  repeatedAccept  stays                                            acknowledge|nothing
  ack             stays                                            nothing
  bye             leaving/closed                                   bye
  byeEnded        stays                                            nothing
  byeReceived     terminated/closed                                terminated
  end             stays                                            nothing
  localOffer      stays                                            nothing
  remoteOffer     stays                                            nothing
  localAnswer     confirmed/stable                                 nothing
  remoteAnswer    stays                                            nothing
  dispose         terminated/closed                                terminated
`;

const TIMELINES = {
  // §13.3.1.4: "The 2xx response is passed to the transport with an interval that starts at T1 seconds
  // and doubles for each retransmission until it reaches T2 seconds ... If the server retransmits the
  // 2xx response for 64*T1 seconds without receiving an ACK, the dialog is confirmed, but the session
  // SHOULD be terminated. This is accomplished with a BYE".
  "the 2xx is repeated until 64*T1, then the callee leaves": `
    [callee]
        0  accept         -> nothing
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
    32000                 -> ackTimeout, bye
    32100  byeEnded       -> terminated`,
  "the 2xx is repeated with another table": `
    [callee fast]
       50  progress       -> nothing
     1000  accept         -> nothing
     1100                 -> transmit
     1300                 -> transmit
     1700                 -> transmit
     2500                 -> transmit
     4100                 -> transmit
     5700                 -> transmit
     7300                 -> transmit
     7400                 -> ackTimeout, bye
     7500  byeReceived    -> terminated`,
  // "Response retransmissions cease when an ACK request for the response is received."
  "the 2xx is repeated until the ACK": `
    [callee]
        0  accept         -> nothing
      500                 -> transmit
     1500                 -> transmit
     2000  ack            -> nothing
    90000  bye            -> bye
    90100  byeEnded       -> terminated`,
  "the callee that hung up before the ACK leaves with it": `
    [callee]
        0  accept         -> nothing
      500                 -> transmit
     1000  bye            -> nothing
     1500                 -> transmit
     2000  ack            -> bye
     2100  byeEnded       -> terminated`,
  "the callee that hung up leaves after 64*T1 without an ACK, with one BYE": `
    [callee]
        0  accept         -> nothing
      400  bye            -> nothing
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
    32000                 -> ackTimeout, bye
    32100  ack            -> nothing
    32200  bye            -> nothing`,
  "the caller is warned of a missing ACK after half of the time that the callee has patience": `
    [caller]
      100  accept         -> nothing
    16100                 -> ackOverdue
    16200  ack            -> nothing
    16300  repeatedAccept -> acknowledge`,
  "the warning of a missing ACK with another table": `
    [caller fast]
      100  accept         -> nothing
     3300                 -> ackOverdue`,
  "no warning after the ACK": `
    [caller]
      100  accept         -> nothing
    16099  ack            -> nothing`,
  "a session that is up has no timer": `
    [caller]
      100  progress       -> nothing
      200  accept         -> nothing
      300  ack            -> nothing
   800000  byeReceived    -> terminated`,
};

const events: Record<string, SessionEvent> = {
  progress: { type: "progress" },
  accept: { type: "accept" },
  repeatedAccept: { type: "repeatedAccept" },
  ack: { type: "ack" },
  bye: { type: "bye" },
  byeEnded: { type: "byeEnded" },
  byeReceived: { type: "byeReceived" },
  end: { type: "end" },
  localOffer: { type: "localOffer" },
  remoteOffer: { type: "remoteOffer" },
  localAnswer: { type: "localAnswer" },
  remoteAnswer: { type: "remoteAnswer" },
  dispose: { type: "dispose" },
};

const FAST = { T1: 100, T2: 1600, T4: 700 };

testMachine("session", {
  machine: sessionMachine,
  raised: ["over"],
  inputs: {
    caller: { ...DEFAULT_TIMERS, role: "caller" },
    callee: { ...DEFAULT_TIMERS, role: "callee" },
    "caller fast": { ...FAST, role: "caller" },
    "callee fast": { ...FAST, role: "callee" },
  },
  events,
  last: "terminated",
}, {
  table: TABLE,
  timelines: TIMELINES,
  isByRegion: true,
  property: (run) => {
    const emissions = emissionsOf(run);
    assert(emissions.filter((type) => type === "bye").length <= 1, "one BYE");
    const at = (emission: string) =>
      run.moments.findIndex(({ emissions }) => emissions.some(({ type }) => type === emission));
    const sent = (event: string) => run.moments.findIndex((moment) => moment.event === event);
    const left = at("bye");
    if (left < 0) return;
    const before = run.moments.slice(0, left).map(({ event }) => event);
    assert(before.includes("progress") || before.includes("accept"), "no BYE outside of a dialog");
    if (run.input.startsWith("callee")) {
      const accepted = sent("accept");
      const acknowledged = run.moments.findIndex(({ event }, i) => i > accepted && event === "ack");
      const timedOut = at("ackTimeout");
      assert(
        (acknowledged >= 0 && acknowledged <= left) || (timedOut >= 0 && timedOut <= left),
        "no BYE of the callee before the ACK or its timeout",
      );
    }
    assert(emissions.lastIndexOf("transmit") < emissions.indexOf("bye"), "no 2xx after the BYE");
  },
});
