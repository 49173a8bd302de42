import { assert } from "@std/assert";
import { DEFAULT_TIMERS, type SessionEvent, sessionMachine } from "../../machines/mod.ts";
import { TIMELINES } from "./session_timelines.ts";
import { testMachine } from "./suite.ts";
import { emissionsOf } from "./support.ts";

/**
 * RFC 3261 §12 to §15: the dialog, and after the slash the INVITE in progress, the first or a later
 * one. Offer and answer, and the session timer, have tests of their own.
 */
const TABLE = `
initial/inviting  [caller]
  progress          early/inviting                      nothing
  # §13.2.2.4: "a new dialog in the "confirmed" state MUST be constructed": here told apart by whether
  # its ACK is still to come, and whose it is.
  accept            accepted/owingAck                   nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  # §14.1: "a UAC MUST NOT initiate a new INVITE transaction within a dialog while another INVITE
  # transaction is in progress in either direction."
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  # Only a later INVITE comes to nothing without the dialog: see the end.
  reinviteRefused   stays                               nothing
  # §15: "A UA MUST NOT send a BYE outside of a dialog."
  bye               stays                               nothing
  byeEnded          stays                               nothing
  # §15.1.2: "If the BYE does not match an existing dialog, the UAS core SHOULD generate a 481".
  byeReceived       stays                               nothing
  # §15: "If an initial INVITE generates a non-2xx final response, that terminates all sessions (if
  # any) and all dialogs (if any) that were created through responses to the request."
  end               terminated/closed                   terminated
  dispose           terminated/closed                   terminated

initial/invited  [callee]
  progress          early/invited                       nothing
  accept            accepted/awaitingAck.repeating      nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  bye               stays                               nothing
  byeEnded          stays                               nothing
  byeReceived       stays                               nothing
  end               terminated/closed                   terminated
  dispose           terminated/closed                   terminated

early/inviting  [caller]  progress
  progress          stays                               nothing
  accept            accepted/owingAck                   nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  # §15: "The caller's UA MAY send a BYE for either confirmed or early dialogs".
  bye               leaving/closed                      bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               terminated/closed                   terminated
  dispose           terminated/closed                   terminated

early/invited  [callee]  progress
  progress          stays                               nothing
  accept            accepted/awaitingAck.repeating      nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  # "and the callee's UA MAY send a BYE on confirmed dialogs, but MUST NOT send a BYE on early
  # dialogs."
  bye               stays                               nothing
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               terminated/closed                   terminated
  dispose           terminated/closed                   terminated

accepted/owingAck  [caller]  accept
  progress          stays                               nothing
  accept            stays                               nothing
  # There is no ACK yet that could be sent again.
  repeatedAccept    stays                               nothing
  ack               confirmed/idle                      nothing
  reinvite          stays                               nothing
  # §14.2: "A UAS that receives an INVITE on a dialog while an INVITE it had sent on that dialog is in
  # progress MUST return a 491": nothing begins.
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  # §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received", and "If, after
  # acknowledging any 2xx response to an INVITE, the UAC does not want to continue with that dialog,
  # then the UAC MUST terminate the dialog by sending a BYE".
  bye               leaving/closed                      acknowledge, bye
  byeEnded          stays                               nothing
  # The MUST above holds for a dialog that the far end has ended already, too.
  byeReceived       terminated/closed                   acknowledge, terminated
  # No failure can come after the 2xx.
  end               stays                               nothing
  dispose           terminated/closed                   terminated

accepted/awaitingAck.repeating  [callee]  accept
  progress          stays                               nothing
  accept            stays                               nothing
  repeatedAccept    stays                               nothing
  ack               confirmed/idle                      nothing
  # §14.1: "the TU MUST wait until the transaction reaches the confirmed or terminated state before
  # initiating the new INVITE."
  reinvite          stays                               nothing
  # Whoever invites again has got the 2xx: it stands for the ACK.
  reinviteReceived  confirmed/invited                   nothing
  reinviteRefused   stays                               nothing
  # §15: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an ACK for
  # its 2xx response or until the server transaction times out."
  bye               stays                               nothing
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

# This side has hung up already.
accepted/awaitingAck.repeating  [callee]  accept, bye
  progress          stays                               nothing
  accept            stays                               nothing
  repeatedAccept    stays                               nothing
  # §15: "hanging up would result in a BYE after the ACK is received."
  ack               leaving/closed                      bye
  reinvite          stays                               nothing
  # So it does after what stands for the ACK.
  reinviteReceived  leaving/closed                      bye
  reinviteRefused   stays                               nothing
  bye               stays                               nothing
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

confirmed/idle  [caller, callee]  accept, ack
  progress          stays                               nothing
  accept            stays                               nothing
  # §13.2.2.4: "The ACK MUST be passed to the client transport every time a retransmission of the 2xx
  # final response that triggered the ACK arrives." The callee owes none.
  repeatedAccept    stays                               acknowledge|nothing
  ack               stays                               nothing
  # §14: "Either the caller or callee can modify an existing session."
  reinvite          confirmed/inviting                  nothing
  reinviteReceived  confirmed/invited                   nothing
  reinviteRefused   stays                               nothing
  bye               leaving/closed                      bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

# A re-INVITE of this side.
confirmed/inviting  [caller, callee]  accept, ack, reinvite
  progress          stays                               nothing
  accept            confirmed/owingAck                  nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  reinvite          stays                               nothing
  # As above: a 491, and nothing begins.
  reinviteReceived  stays                               nothing
  # §14.1: "If a UA receives a non-2xx final response to a re-INVITE, the session parameters MUST remain
  # unchanged, as if no re-INVITE had been issued."
  reinviteRefused   confirmed/idle                      nothing
  # §14.1: "a UA MAY initiate a regular transaction while an INVITE transaction is in progress."
  bye               leaving/closed                      bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  # Only the first INVITE makes the dialog, and ends it.
  end               stays                               nothing
  dispose           terminated/closed                   terminated

confirmed/owingAck  [caller, callee]  accept, ack, reinvite, accept
  progress          stays                               nothing
  accept            stays                               nothing
  repeatedAccept    stays                               nothing
  ack               confirmed/idle                      nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  # §14.1: the rules "for generating an ACK for a 2xx response to re-INVITE are the same as for the
  # initial INVITE": here, too, the ACK goes before the BYE.
  bye               leaving/closed                      acknowledge, bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   acknowledge, terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

confirmed/idle  [caller, callee]  accept, ack, reinvite, accept, ack
  progress          stays                               nothing
  accept            stays                               nothing
  # The callee has sent an ACK by now, as well.
  repeatedAccept    stays                               acknowledge
  ack               stays                               nothing
  reinvite          confirmed/inviting                  nothing
  reinviteReceived  confirmed/invited                   nothing
  reinviteRefused   stays                               nothing
  bye               leaving/closed                      bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

# A re-INVITE of the other side.
confirmed/invited  [caller, callee]  accept, ack, reinviteReceived
  progress          stays                               nothing
  accept            confirmed/awaitingAck.repeating     nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  # §14.1: no new INVITE "while another INVITE transaction is in progress in either direction."
  reinvite          stays                               nothing
  # §14.2: "A UAS that receives a second INVITE before it sends the final response to a first INVITE
  # ... MUST return a 500": nothing begins.
  reinviteReceived  stays                               nothing
  reinviteRefused   confirmed/idle                      nothing
  bye               leaving/closed                      bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

confirmed/awaitingAck.repeating  [caller, callee]  accept, ack, reinviteReceived, accept
  progress          stays                               nothing
  accept            stays                               nothing
  repeatedAccept    stays                               nothing
  ack               confirmed/idle                      nothing
  reinvite          stays                               nothing
  # As for the first 2xx: it stands for the ACK.
  reinviteReceived  confirmed/invited                   nothing
  reinviteRefused   stays                               nothing
  bye               leaving/closed                      bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

confirmed/idle  [caller, callee]  accept, ack, reinviteReceived, accept, ack
  progress          stays                               nothing
  accept            stays                               nothing
  # The last ACK was the other side's.
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  reinvite          confirmed/inviting                  nothing
  reinviteReceived  confirmed/invited                   nothing
  reinviteRefused   stays                               nothing
  bye               leaving/closed                      bye
  byeEnded          stays                               nothing
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

# Left while it was early: the INVITE has no final response yet.
leaving/closed  [caller]  progress, bye
  progress          stays                               nothing
  # §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received from the transaction
  # layer."
  accept            stays                               acknowledge
  repeatedAccept    stays                               acknowledge
  ack               stays                               nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  bye               stays                               nothing
  # §15.1.1: whatever answers the BYE, or nothing does, "the UAC MUST consider the session and the
  # dialog terminated."
  byeEnded          terminated/closed                   terminated
  # The two BYEs crossed.
  byeReceived       terminated/closed                   terminated
  # As in early: the 487 "terminates ... all dialogs (if any) that were created".
  end               terminated/closed                   terminated
  dispose           terminated/closed                   terminated

leaving/closed  [callee]  accept, bye, ack
  progress          stays                               nothing
  accept            stays                               nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  bye               stays                               nothing
  byeEnded          terminated/closed                   terminated
  byeReceived       terminated/closed                   terminated
  end               stays                               nothing
  dispose           terminated/closed                   terminated

# Left while a re-INVITE of this side had no final response yet: its 2xx may cross the BYE.
leaving/closed  [caller, callee]  accept, ack, reinvite, bye
  progress          stays                               nothing
  accept            stays                               acknowledge
  repeatedAccept    stays                               acknowledge
  ack               stays                               nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  bye               stays                               nothing
  byeEnded          terminated/closed                   terminated
  byeReceived       terminated/closed                   terminated
  end               terminated/closed|stays             terminated|nothing
  dispose           terminated/closed                   terminated

terminated/closed  [caller, callee]  accept, ack, byeReceived
  progress          stays                               nothing
  accept            stays                               nothing
  repeatedAccept    stays                               nothing
  ack               stays                               nothing
  reinvite          stays                               nothing
  reinviteReceived  stays                               nothing
  reinviteRefused   stays                               nothing
  bye               stays                               nothing
  byeEnded          stays                               nothing
  byeReceived       stays                               nothing
  end               stays                               nothing
  dispose           stays                               nothing
`;

const events: Record<string, SessionEvent> = {
  progress: { type: "progress" },
  accept: { type: "accept" },
  repeatedAccept: { type: "repeatedAccept" },
  ack: { type: "ack" },
  reinvite: { type: "reinvite" },
  reinviteReceived: { type: "reinviteReceived" },
  reinviteRefused: { type: "reinviteRefused" },
  bye: { type: "bye" },
  byeEnded: { type: "byeEnded" },
  byeReceived: { type: "byeReceived" },
  end: { type: "end" },
  dispose: { type: "dispose" },
};

const FAST = { T1: 100, T2: 1600, T4: 700 };

testMachine("session", {
  machine: sessionMachine,
  regions: ["dialog", "invitation"],
  raised: ["over", "lost"],
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
  property: (run) => {
    const emissions = emissionsOf(run);
    assert(emissions.filter((type) => type === "bye").length <= 1, "one BYE");
    const at = (emission: string) =>
      run.moments.findIndex(({ emissions }) => emissions.some(({ type }) => type === emission));
    const left = at("bye");
    if (left < 0) return;
    const before = run.moments.slice(0, left).map(({ event }) => event);
    assert(before.includes("progress") || before.includes("accept"), "no BYE outside of a dialog");
    if (run.input.startsWith("callee")) {
      const accepted = before.indexOf("accept");
      const acknowledged = run.moments.findIndex(({ event }, i) =>
        i > accepted && (event === "ack" || event === "reinviteReceived")
      );
      const timedOut = at("ackTimeout");
      assert(
        (acknowledged >= 0 && acknowledged <= left) || (timedOut >= 0 && timedOut <= left),
        "no BYE of the callee before the ACK or its timeout",
      );
    }
    assert(emissions.lastIndexOf("transmit") < emissions.indexOf("bye"), "no 2xx after the BYE");
  },
});
