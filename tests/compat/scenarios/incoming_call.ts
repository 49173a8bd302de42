/**
 * Calls that come in (RFC 3261 §8.2, §9.2, §13.3, §17.2.1).
 *
 * @module
 */
import { type Scenario, sdp, type Stage } from "../stage.ts";

/** An INVITE of the far end, and the dialog that answers to it make. */
export async function ring(stage: Stage, headers: string[] = [], body = "offer"): Promise<void> {
  await stage.ask("INVITE", { branch: "z9hG4bKring", headers, body });
}

/** A request of the far end within the call that it has made. */
export async function within(stage: Stage, method: string, cseq: number): Promise<void> {
  const toTag = stage.peer.response("INVITE").toTag ?? "";
  await stage.ask(method, { toTag, cseq });
}

/** A call that has come in and is up. */
export async function takeCall(stage: Stage): Promise<void> {
  stage.takeInvites((request) => {
    stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
    stage.session.delegate = {
      onAck: () => void stage.told.push("onAck"),
      onBye: (bye) => {
        stage.told.push("onBye");
        bye.accept();
      },
    };
  });
  await ring(stage);
  await within(stage, "ACK", 1);
}

async function hangUp(stage: Stage): Promise<void> {
  stage.session.bye(stage.recorder({}, "bye "));
  await stage.settle();
  await stage.respond(200, {}, "BYE");
}

export const incomingCalls: readonly Scenario[] = [
  {
    name: "a call comes in and is taken; the callee hangs up",
    play: async (stage) => {
      await takeCall(stage);
      stage.told.push(`${stage.session.sessionState} ${stage.session.signalingState}`);
      await hangUp(stage);
    },
  },
  {
    name: "a call comes in and is taken; the caller hangs up",
    play: async (stage) => {
      await takeCall(stage);
      await within(stage, "BYE", 2);
    },
  },
  {
    name: "a call comes in, rings, and is taken",
    play: async (stage) => {
      stage.takeInvites((request) => {
        request.trying();
        stage.sessions.push(request.progress().session);
      });
      await ring(stage);
      stage.told.push(stage.session.sessionState);
      await stage.advance(1000);
      stage.incoming.accept({ statusCode: 200, body: sdp("answer") });
      await stage.settle();
      stage.told.push(stage.session.sessionState);
      await within(stage, "ACK", 1);
      stage.told.push(stage.session.sessionState);
      await within(stage, "BYE", 2);
    },
  },
  {
    name: "a call comes in and rings for three minutes",
    play: async (stage) => {
      stage.takeInvites((request) => void request.progress());
      await ring(stage);
      await stage.advance(185_000);
      stage.incoming.reject({ statusCode: 480 });
    },
  },
  {
    name: "a call comes in without an offer; the ACK has the answer",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("offer") }).session);
      });
      await ring(stage, [], "");
      stage.told.push(stage.session.signalingState);
      const toTag = stage.peer.response("INVITE").toTag ?? "";
      await stage.ask("ACK", { toTag, body: "answer" });
      stage.told.push(stage.session.signalingState);
      await hangUp(stage);
    },
  },
  ...[[486, "busy"], [488, "not acceptable"], [600, "busy everywhere"]].map((
    [statusCode, what],
  ): Scenario => ({
    name: `a call comes in and is refused: ${what}`,
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: Number(statusCode) }));
      await ring(stage);
      await stage.ask("ACK", {
        branch: "z9hG4bKring",
        toTag: stage.peer.response("INVITE").toTag ?? "",
      });
    },
  })),
  {
    name: "a call comes in and is refused, with what the engine takes for granted",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject());
      await ring(stage);
      await stage.ask("ACK", {
        branch: "z9hG4bKring",
        toTag: stage.peer.response("INVITE").toTag ?? "",
      });
    },
  },
  {
    name: "a call comes in and is redirected",
    play: async (stage) => {
      stage.takeInvites((request) => void request.redirect([stage.uri("sip:carol@carol.example")]));
      await ring(stage);
      await stage.ask("ACK", {
        branch: "z9hG4bKring",
        toTag: stage.peer.response("INVITE").toTag ?? "",
      });
    },
  },
  {
    name: "a call comes in, and nobody is there",
    play: async (stage) => {
      stage.core.delegate = {};
      await ring(stage);
      await stage.ask("ACK", {
        branch: "z9hG4bKring",
        toTag: stage.peer.response("INVITE").toTag ?? "",
      });
    },
  },
  {
    name: "a call comes in, is refused, and no ACK comes",
    protocol: "UDP",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
      await ring(stage);
      await stage.advance(40_000);
    },
  },
  {
    name: "a call comes in, is refused, and comes again",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
      await ring(stage);
      await ring(stage);
    },
  },
  {
    name: "a call comes in, rings, and comes again",
    play: async (stage) => {
      stage.takeInvites((request) => void request.progress());
      await ring(stage);
      await ring(stage);
      stage.incoming.reject({ statusCode: 486 });
    },
  },
  {
    name: "a call comes in and is taken, and no ACK comes",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
        stage.session.delegate = { onAckTimeout: () => void stage.told.push("onAckTimeout") };
      });
      await ring(stage);
      await stage.advance(60_000);
      if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "a call comes in and is taken, no ACK comes, and nobody listens to that",
    play: async (stage) => {
      stage.takeInvites((request) => void request.accept({ statusCode: 200, body: sdp("answer") }));
      await ring(stage);
      await stage.advance(60_000);
      if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "the callee hangs up before the ACK",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
      });
      await ring(stage);
      stage.attempt("bye()", () => stage.session.bye());
      await stage.settle();
      await within(stage, "ACK", 1);
      if (stage.peer.requests("BYE").length === 0) stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "the callee hangs up while it rings",
    play: async (stage) => {
      stage.takeInvites((request) => void stage.sessions.push(request.progress().session));
      await ring(stage);
      stage.attempt("bye()", () => stage.session.bye());
      stage.incoming.reject({ statusCode: 480 });
    },
  },
  {
    name: "the caller hangs up before its ACK",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
        stage.session.delegate = {
          onBye: (bye) => {
            stage.told.push("onBye");
            bye.accept();
          },
        };
      });
      await ring(stage);
      await within(stage, "BYE", 2);
    },
  },
  {
    name: "the caller hangs up while it rings, with BYE",
    play: async (stage) => {
      stage.takeInvites((request) => void stage.sessions.push(request.progress().session));
      await ring(stage);
      await within(stage, "BYE", 2);
      stage.attempt("reject()", () => stage.incoming.reject({ statusCode: 487 }));
    },
  },
  {
    name: "a call comes in and is cancelled while it rings",
    play: async (stage) => {
      stage.takeInvites((request) => void request.progress());
      await ring(stage);
      await stage.ask("CANCEL", { branch: "z9hG4bKring" });
      stage.attempt(
        "accept()",
        () => stage.incoming.accept({ statusCode: 200, body: sdp("answer") }),
      );
    },
  },
  {
    name: "a call comes in and is cancelled before anything was answered",
    play: async (stage) => {
      stage.takeInvites();
      await ring(stage);
      await stage.ask("CANCEL", { branch: "z9hG4bKring", headers: ["Reason: SIP;cause=200"] });
    },
  },
  {
    name: "a call comes in and is cancelled after it was taken",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
      });
      await ring(stage);
      await stage.ask("CANCEL", { branch: "z9hG4bKring" });
      await within(stage, "ACK", 1);
      await hangUp(stage);
    },
  },
  {
    name: "a call comes in by a recorded route",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
      });
      await ring(stage, ["Record-Route: <sip:bob.example:5060;lr>, <sip:other.example;lr>"]);
      await within(stage, "ACK", 1);
      await hangUp(stage);
    },
  },
  {
    name: "a call comes in over UDP and is taken, and no ACK comes",
    protocol: "UDP",
    play: async (stage) => {
      stage.takeInvites((request) => void request.accept({ statusCode: 200, body: sdp("answer") }));
      await ring(stage);
      await stage.advance(60_000);
      if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "the session of a call that came in is disposed of before the ACK",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
      });
      await ring(stage);
      stage.session.dispose();
      await within(stage, "ACK", 1);
      await within(stage, "BYE", 2);
    },
  },
];
