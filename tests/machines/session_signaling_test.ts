import { assert, assertEquals } from "@std/assert";
import { DEFAULT_TIMERS, type SessionEvent, sessionMachine } from "../../machines/mod.ts";
import { testMachine } from "./suite.ts";
import { Run } from "./support.ts";

/**
 * Offer and answer (RFC 3264 §4): one offer at a time, of either side, in whatever message it comes.
 * What they leave behind a refused one (RFC 3261 §14.1) depends on whether an earlier one was answered.
 */
const TABLE = `
signaling.initial  [caller, callee]
  localOffer    signaling.haveLocalOffer      nothing
  remoteOffer   signaling.haveRemoteOffer     nothing
  # An answer to no offer is none.
  localAnswer   stays                         nothing
  remoteAnswer  stays                         nothing
  # There is nothing to take back.
  rollback      stays                         nothing
  accept        stays                         nothing
  ack           stays                         nothing
  bye           stays                         nothing
  byeReceived   stays                         nothing
  end           signaling.closed              terminated
  dispose       signaling.closed              terminated

signaling.haveLocalOffer  [caller, callee]  localOffer
  # RFC 3264 §4: "At any time, either agent MAY generate a new offer ... However, it MUST NOT generate
  # a new offer if it has received an offer which it has not yet answered or rejected. Furthermore, it
  # MUST NOT generate a new offer if it has generated a prior offer for which it has not yet received
  # an answer or a rejection."
  localOffer    stays                         nothing
  remoteOffer   stays                         nothing
  localAnswer   stays                         nothing
  remoteAnswer  signaling.stable              nothing
  # Nothing has been agreed on yet.
  rollback      signaling.initial             nothing
  accept        stays                         nothing
  ack           stays                         nothing
  bye           stays                         nothing
  byeReceived   stays                         nothing
  end           signaling.closed              terminated
  dispose       signaling.closed              terminated

signaling.haveRemoteOffer  [caller, callee]  remoteOffer
  localOffer    stays                         nothing
  remoteOffer   stays                         nothing
  localAnswer   signaling.stable              nothing
  remoteAnswer  stays                         nothing
  rollback      signaling.initial             nothing
  accept        stays                         nothing
  ack           stays                         nothing
  bye           stays                         nothing
  byeReceived   stays                         nothing
  end           signaling.closed              terminated
  dispose       signaling.closed              terminated

signaling.stable  [caller, callee]  localOffer, remoteAnswer
  localOffer    signaling.haveLocalOffer      nothing
  remoteOffer   signaling.haveRemoteOffer     nothing
  localAnswer   stays                         nothing
  remoteAnswer  stays                         nothing
  rollback      stays                         nothing
  # Before the 2xx, too: an answer may be in a reliable provisional response.
  accept        stays                         nothing
  ack           stays                         nothing
  bye           stays                         nothing
  byeReceived   stays                         nothing
  end           signaling.closed              terminated
  dispose       signaling.closed              terminated

# The dialog is up.
signaling.stable  [caller, callee]  remoteOffer, localAnswer, accept, ack
  localOffer    signaling.haveLocalOffer      nothing
  remoteOffer   signaling.haveRemoteOffer     nothing
  localAnswer   stays                         nothing
  remoteAnswer  stays                         nothing
  rollback      stays                         nothing
  accept        stays                         nothing
  ack           stays                         nothing
  # §15.1.1: "The UAC MUST consider the session terminated (and therefore stop sending or listening for
  # media) as soon as the BYE request is passed to the client transaction".
  bye           signaling.closed              bye
  # §15: "When a BYE is received on a dialog, any session associated with that dialog SHOULD terminate."
  byeReceived   signaling.closed              terminated
  end           stays                         nothing
  dispose       signaling.closed              terminated

signaling.initial  [caller, callee]  accept, ack
  localOffer    signaling.haveLocalOffer      nothing
  remoteOffer   signaling.haveRemoteOffer     nothing
  localAnswer   stays                         nothing
  remoteAnswer  stays                         nothing
  rollback      stays                         nothing
  accept        stays                         nothing
  ack           stays                         nothing
  bye           signaling.closed              bye
  byeReceived   signaling.closed              terminated
  end           stays                         nothing
  dispose       signaling.closed              terminated

# A later offer, once something was agreed on.
signaling.haveLocalOffer  [caller, callee]  localOffer, remoteAnswer, accept, ack, localOffer
  localOffer    stays                         nothing
  remoteOffer   stays                         nothing
  localAnswer   stays                         nothing
  remoteAnswer  signaling.stable              nothing
  # RFC 3261 §14.1: "the session parameters MUST remain unchanged, as if no re-INVITE had been issued."
  rollback      signaling.stable              nothing
  accept        stays                         nothing
  ack           stays                         nothing
  bye           signaling.closed              bye
  byeReceived   signaling.closed              terminated
  end           stays                         nothing
  dispose       signaling.closed              terminated

signaling.haveRemoteOffer  [caller, callee]  localOffer, remoteAnswer, accept, ack, remoteOffer
  localOffer    stays                         nothing
  remoteOffer   stays                         nothing
  localAnswer   signaling.stable              nothing
  remoteAnswer  stays                         nothing
  rollback      signaling.stable              nothing
  accept        stays                         nothing
  ack           stays                         nothing
  bye           signaling.closed              bye
  byeReceived   signaling.closed              terminated
  end           stays                         nothing
  dispose       signaling.closed              terminated

signaling.closed  [caller, callee]  localOffer, remoteAnswer, accept, ack, bye
  # A session that is being left has nothing to negotiate.
  localOffer    stays                         nothing
  remoteOffer   stays                         nothing
  localAnswer   stays                         nothing
  remoteAnswer  stays                         nothing
  rollback      stays                         nothing
  accept        stays                         acknowledge|nothing
  ack           stays                         nothing
  bye           stays                         nothing
  # The two BYEs crossed.
  byeReceived   stays                         terminated
  end           stays                         terminated|nothing
  dispose       stays                         terminated
`;

const events: Record<string, SessionEvent> = {
  localOffer: { type: "localOffer" },
  remoteOffer: { type: "remoteOffer" },
  localAnswer: { type: "localAnswer" },
  remoteAnswer: { type: "remoteAnswer" },
  rollback: { type: "rollback" },
  accept: { type: "accept" },
  ack: { type: "ack" },
  bye: { type: "bye" },
  byeReceived: { type: "byeReceived" },
  end: { type: "end" },
  dispose: { type: "dispose" },
};

const subject = {
  machine: sessionMachine,
  regions: ["signaling"],
  raised: ["over"],
  inputs: {
    caller: { ...DEFAULT_TIMERS, role: "caller" },
    callee: { ...DEFAULT_TIMERS, role: "callee" },
  },
  events,
  last: "terminated",
};

testMachine("session, offer and answer", subject, {
  table: TABLE,
  timelines: {},
  property: (run) => {
    const offers = ["localOffer", "remoteOffer", "localAnswer", "remoteAnswer", "rollback"];
    const told = run.moments.filter(({ event, emissions }) =>
      offers.includes(event) && emissions.length > 0
    );
    assert(told.length === 0, "offer and answer are nothing for the wire");
  },
});

Deno.test("session, offer and answer: any number of refused offers leave what was agreed on", () => {
  const refused = ["localOffer", "rollback", "remoteOffer", "rollback"];
  for (const input of Object.keys(subject.inputs)) {
    const run = new Run(subject, input);
    for (const word of [...refused, ...refused]) run.step(word);
    assertEquals(run.state, "signaling.initial");
    for (const word of ["remoteOffer", "localAnswer", ...refused, ...refused]) run.step(word);
    assertEquals(run.state, "signaling.stable");
    run.step("dispose");
  }
});
