/**
 * Changing a call that is up (RFC 3261 §14, RFC 3311, RFC 5057).
 *
 * @module
 */
import { type Scenario, sdp, type Stage } from "../stage.ts";
import { takeCall } from "./incoming_call.ts";

/** Sends a re-INVITE and lets it arrive. */
async function hold(stage: Stage): Promise<void> {
  stage.session.invite(stage.inviteRecorder({}, "re-INVITE "), { body: sdp("offer2") });
  await stage.settle();
}

async function end(stage: Stage): Promise<void> {
  stage.told.push(`${stage.session.sessionState} ${stage.session.signalingState}`);
  stage.told.push(`offer ${stage.session.offer?.content}, answer ${stage.session.answer?.content}`);
  stage.attempt("bye()", () => stage.session.bye());
  await stage.settle();
  if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
}

/** Takes re-INVITEs. */
function takeReInvites(stage: Stage, answer: "accept" | "reject" | "wait"): void {
  stage.session.delegate = {
    onInvite: (request) => {
      stage.told.push("onInvite");
      stage.invited.push(request);
      request.delegate = { onCancel: () => void stage.told.push("onCancel") };
      if (answer === "accept") request.accept({ statusCode: 200, body: sdp("answer2") });
      else if (answer === "reject") request.reject({ statusCode: 488 });
    },
    onAck: () => void stage.told.push("onAck"),
  };
}

export const reInvites: readonly Scenario[] = [
  {
    name: "a re-INVITE is accepted",
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      await stage.respond(100);
      await stage.respond(200, { body: "answer2" });
      await end(stage);
    },
  },
  ...[302, 488, 503].map((status): Scenario => ({
    name: `a re-INVITE is refused with ${status}`,
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      await stage.respond(status);
      await stage.settle();
      await end(stage);
    },
  })),
  ...[408, 481].map((status): Scenario => ({
    name: `a re-INVITE is refused with ${status}`,
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      await stage.respond(status);
      await stage.settle();
      await end(stage);
    },
  })),
  {
    name: "a re-INVITE is refused with 491, and sent again",
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      await stage.respond(491);
      await stage.advance(5000);
      if (stage.peer.requests("INVITE").length === 3) await stage.respond(200, { body: "answer2" });
      await end(stage);
    },
  },
  {
    name: "a re-INVITE is never answered",
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      await stage.advance(60_000);
      await end(stage);
    },
  },
  {
    name: "a re-INVITE is never acknowledged by the program",
    play: async (stage) => {
      const session = await stage.call();
      session.invite(stage.inviteRecorder({ onAccept: () => {} }, "re-INVITE "), {
        body: sdp("offer2"),
      });
      await stage.settle();
      await stage.respond(200, { body: "answer2" });
      await stage.advance(30_000);
      await end(stage);
    },
  },
  {
    name: "a re-INVITE that nobody listens to is accepted",
    play: async (stage) => {
      const session = await stage.call();
      session.invite(undefined, { body: sdp("offer2") });
      await stage.settle();
      await stage.respond(200, { body: "answer2" });
      await end(stage);
    },
  },
  {
    name: "the 200 to a re-INVITE comes again",
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      await stage.respond(200, { body: "answer2" });
      await stage.respond(200, { body: "answer2" });
      await end(stage);
    },
  },
  {
    name: "a re-INVITE moves the remote target",
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      await stage.respond(200, { body: "answer2", contact: "<sip:bob2@bob.example:5060>" });
      await end(stage);
    },
  },
  {
    name: "a re-INVITE is cancelled",
    play: async (stage) => {
      const session = await stage.call();
      const request = session.invite(stage.inviteRecorder({}, "re-INVITE "), {
        body: sdp("offer2"),
      });
      await stage.settle();
      await stage.respond(180);
      request.cancel();
      await stage.settle();
      await stage.respond(200, {}, "CANCEL");
      await stage.respond(487);
      await end(stage);
    },
  },
  {
    name: "a re-INVITE while another is under way",
    play: async (stage) => {
      const session = await stage.call();
      await hold(stage);
      stage.attempt("invite()", () => session.invite(undefined, { body: sdp("offer3") }));
      await stage.settle();
      const first = stage.peer.requests("INVITE")[1];
      if (first !== undefined) stage.peer.respond(first, 200, { body: "answer2" });
      await stage.settle();
      await end(stage);
    },
  },
  {
    name: "a re-INVITE comes in, and is accepted",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "accept");
      await stage.askWithin("INVITE", 1, { body: "offer2" });
      await stage.askWithin("ACK", 1);
      await end(stage);
    },
  },
  {
    name: "a re-INVITE comes in, and is refused",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "reject");
      await stage.askWithin("INVITE", 1, { body: "offer2", branch: "z9hG4bKre" });
      await stage.askWithin("ACK", 1, { branch: "z9hG4bKre" });
      await end(stage);
    },
  },
  {
    name: "a re-INVITE comes in, and nobody listens",
    play: async (stage) => {
      await stage.call();
      await stage.askWithin("INVITE", 1, { body: "offer2", branch: "z9hG4bKre" });
      await stage.askWithin("ACK", 1, { branch: "z9hG4bKre" });
      await end(stage);
    },
  },
  {
    name: "a re-INVITE comes in, and is cancelled",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "wait");
      await stage.askWithin("INVITE", 1, { body: "offer2", branch: "z9hG4bKre" });
      await stage.askWithin("CANCEL", 1, { branch: "z9hG4bKre" });
      await stage.askWithin("ACK", 1, { branch: "z9hG4bKre" });
      await end(stage);
    },
  },
  {
    name: "a re-INVITE comes in, is accepted, and no ACK comes",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "accept");
      await stage.askWithin("INVITE", 1, { body: "offer2" });
      await stage.advance(60_000);
      if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
      else await end(stage);
    },
  },
  {
    name: "two re-INVITEs come in at once",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "wait");
      await stage.askWithin("INVITE", 1, { body: "offer2" });
      await stage.askWithin("INVITE", 2, { body: "offer3" });
      stage.incoming.accept({ statusCode: 200, body: sdp("answer2") });
      await stage.settle();
      await stage.askWithin("ACK", 1);
      await end(stage);
    },
  },
  {
    name: "glare: a re-INVITE comes in while another goes out",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "accept");
      await hold(stage);
      const mine = stage.peer.request("INVITE");
      await stage.askWithin("INVITE", 1, { body: "offer3" });
      stage.peer.respond(mine, 200, { body: "answer2" });
      await stage.settle();
      await end(stage);
    },
  },
  {
    name: "a re-INVITE comes in to the callee of a call",
    play: async (stage) => {
      await takeCall(stage);
      takeReInvites(stage, "accept");
      const toTag = stage.peer.response("INVITE").toTag ?? "";
      await stage.ask("INVITE", { toTag, cseq: 2, body: "offer2" });
      await stage.ask("ACK", { toTag, cseq: 2 });
      await end(stage);
    },
  },
  {
    name: "UPDATE comes in a call",
    play: async (stage) => {
      await stage.call();
      await stage.askWithin("UPDATE", 1);
      await end(stage);
    },
  },
  {
    name: "a re-INVITE cannot be sent",
    play: async (stage) => {
      await stage.call();
      stage.unplug();
      await hold(stage);
      stage.session.dispose();
    },
  },
  {
    name: "a re-INVITE is disposed of, and then accepted",
    play: async (stage) => {
      const session = await stage.call();
      const told = stage.inviteRecorder({}, "re-INVITE ");
      const request = session.invite(told, { body: sdp("offer2") });
      await stage.settle();
      request.dispose();
      await stage.respond(200, { body: "answer2" });
      await stage.advance(5000);
      session.dispose();
    },
  },
  {
    name: "the session is disposed of while a re-INVITE is under way",
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      stage.session.dispose();
      await stage.respond(488);
    },
  },
  {
    name: "a re-INVITE comes in, rings, and is accepted",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "wait");
      await stage.askWithin("INVITE", 1, { body: "offer2" });
      stage.attempt("progress()", () => stage.incoming.progress());
      await stage.settle();
      stage.incoming.accept({ statusCode: 200, body: sdp("answer2") });
      await stage.settle();
      await stage.askWithin("ACK", 1);
      await end(stage);
    },
  },
  {
    name: "a re-INVITE comes in without an offer, and the ACK has the answer",
    play: async (stage) => {
      await stage.call();
      takeReInvites(stage, "wait");
      await stage.askWithin("INVITE", 1);
      stage.incoming.accept({ statusCode: 200, body: sdp("offer2") });
      await stage.settle();
      await stage.askWithin("ACK", 1, { body: "answer2" });
      await end(stage);
    },
  },
  {
    name: "a BYE comes in while a re-INVITE goes out",
    play: async (stage) => {
      await stage.call();
      await hold(stage);
      const mine = stage.peer.request("INVITE");
      await stage.askWithin("BYE", 1);
      stage.peer.respond(mine, 487);
      await stage.settle();
      stage.told.push(stage.session.sessionState);
    },
  },
  {
    name: "a re-INVITE goes out before the callee has got its ACK",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
      });
      await stage.ask("INVITE", { branch: "z9hG4bKring", body: "offer" });
      stage.attempt("invite()", () => stage.session.invite({}, { body: sdp("offer2") }));
      await stage.settle();
      stage.session.dispose();
    },
  },
];
