/**
 * Calls that are cancelled, in every state (RFC 3261 §9.1).
 *
 * @module
 */
import type { Scenario, Stage } from "../stage.ts";

/** The far end takes the CANCEL and ends the INVITE. */
async function agree(stage: Stage): Promise<void> {
  await stage.respond(200, {}, "CANCEL");
  await stage.respond(487);
}

export const cancels: readonly Scenario[] = [
  {
    name: "cancelled before any response: CANCEL waits for one",
    play: async (stage) => {
      const request = await stage.invite();
      request.cancel();
      await stage.settle();
      await stage.respond(100);
      await agree(stage);
    },
  },
  {
    name: "cancelled after 100",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(100);
      request.cancel();
      await stage.settle();
      await agree(stage);
    },
  },
  {
    name: "cancelled while it rings, with a reason",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel('SIP;cause=200;text="Call completed elsewhere"');
      await stage.settle();
      await agree(stage);
    },
  },
  {
    name: "cancelled through a preloaded route",
    play: async (stage) => {
      const request = await stage.invite({ options: { routeSet: ["<sip:bob.example:5060;lr>"] } });
      await stage.respond(180);
      request.cancel();
      await stage.settle();
      await agree(stage);
    },
  },
  {
    name: "cancelled twice",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel();
      request.cancel();
      await stage.settle();
      await agree(stage);
    },
  },
  {
    name: "cancelled twice before any response",
    play: async (stage) => {
      const request = await stage.invite();
      request.cancel();
      request.cancel();
      await stage.respond(180);
      await agree(stage);
    },
  },
  {
    name: "cancelled by its own delegate while it rings",
    play: async (stage) => {
      const request = await stage.invite(
        {},
        stage.inviteRecorder({ onProgress: () => request.cancel() }),
      );
      await stage.respond(180);
      await agree(stage);
    },
  },
  {
    name: "the CANCEL crosses the 200",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel();
      await stage.settle();
      await stage.respond(200);
      await stage.respond(481, {}, "CANCEL");
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "cancelled before any response, and then refused",
    play: async (stage) => {
      const request = await stage.invite();
      request.cancel();
      await stage.respond(486);
    },
  },
  {
    name: "cancelled before any response, and then answered",
    play: async (stage) => {
      const request = await stage.invite();
      request.cancel();
      await stage.respond(200);
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "cancelled before any response, which never comes",
    play: async (stage) => {
      const request = await stage.invite();
      request.cancel();
      await stage.advance(60_000);
    },
  },
  {
    name: "the CANCEL is answered, the INVITE never",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel();
      await stage.settle();
      await stage.respond(200, {}, "CANCEL");
      await stage.advance(200_000);
    },
  },
  {
    name: "neither the CANCEL nor the INVITE is answered",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel();
      await stage.advance(200_000);
    },
  },
  {
    name: "cancelled after it was refused",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(486);
      stage.attempt("cancel()", () => request.cancel());
      await stage.settle();
    },
  },
  {
    name: "cancelled after it was answered",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(200);
      stage.attempt("cancel()", () => request.cancel());
      await stage.settle();
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "a MESSAGE cannot be cancelled",
    play: async (stage) => {
      const request = stage.core.message(stage.request("MESSAGE"), stage.recorder());
      await stage.settle();
      await stage.respond(100, {}, "MESSAGE");
      request.cancel();
      await stage.settle();
      await stage.respond(200, {}, "MESSAGE");
    },
  },
  {
    name: "cancelled while two branches ring",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180, { toTag: "far1" });
      await stage.respond(180, { toTag: "far2" });
      request.cancel();
      await stage.settle();
      await agree(stage);
    },
  },
  {
    name: "cancelled with more headers",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel(undefined, { extraHeaders: ["X-Why: because"] });
      await stage.settle();
      await agree(stage);
    },
  },
  {
    name: "cancelled with words for a reason",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      stage.attempt("cancel()", () => request.cancel("changed my mind"));
      await stage.settle();
      if (stage.peer.requests("CANCEL").length > 0) await stage.respond(200, {}, "CANCEL");
      await stage.respond(487);
    },
  },
  {
    name: "the CANCEL is accepted, and yet the call is answered",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel();
      await stage.settle();
      await stage.respond(200, {}, "CANCEL");
      await stage.respond(200);
      stage.session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "the CANCEL cannot be sent",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      stage.unplug();
      request.cancel();
      await stage.settle();
      await stage.advance(40_000);
    },
  },
  {
    name: "cancelled, and then disposed of",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.cancel();
      request.dispose();
      await stage.settle();
      await agree(stage);
    },
  },
  {
    name: "disposed of, and then cancelled",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.dispose();
      stage.attempt("cancel()", () => request.cancel());
      await stage.settle();
      if (stage.peer.requests("CANCEL").length > 0) await stage.respond(200, {}, "CANCEL");
      await stage.respond(487);
    },
  },
];
