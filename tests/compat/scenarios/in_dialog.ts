/**
 * BYE, and other requests within a call that is up (RFC 3261 §12.2, §15).
 *
 * @module
 */
import type { Scenario } from "../stage.ts";

export const inDialog: readonly Scenario[] = [
  {
    name: "OPTIONS comes in a call",
    play: async (stage) => {
      const session = await stage.call();
      await stage.askWithin("OPTIONS", 1);
      session.dispose();
    },
  },
  {
    name: "a method that nobody knows comes in a call",
    play: async (stage) => {
      const session = await stage.call();
      await stage.askWithin("DANCE", 1);
      session.dispose();
    },
  },
  {
    name: "PUBLISH comes in a call",
    play: async (stage) => {
      const session = await stage.call();
      await stage.askWithin("PUBLISH", 1, { headers: ["Event: presence"] });
      session.dispose();
    },
  },
  {
    name: "PRACK for nothing comes in a call",
    play: async (stage) => {
      const session = await stage.call();
      await stage.askWithin("PRACK", 1, { headers: ["RAck: 1 1 INVITE"] });
      session.dispose();
    },
  },
  {
    name: "CSeq falls within a call",
    play: async (stage) => {
      const session = await stage.call();
      await stage.askWithin("OPTIONS", 5);
      await stage.askWithin("BYE", 4);
      session.dispose();
    },
  },
  {
    name: "BYE goes out, and gets 481",
    play: async (stage) => {
      const session = await stage.call();
      session.bye(stage.recorder());
      await stage.settle();
      await stage.respond(481, {}, "BYE");
    },
  },
  {
    name: "BYE goes out, and is never answered",
    play: async (stage) => {
      const session = await stage.call();
      session.bye(stage.recorder());
      await stage.advance(60_000);
    },
  },
  {
    name: "BYE goes out twice",
    play: async (stage) => {
      const session = await stage.call();
      session.bye(stage.recorder());
      await stage.settle();
      stage.attempt("bye()", () => session.bye(stage.recorder()));
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "BYE goes out with a reason",
    play: async (stage) => {
      const session = await stage.call();
      session.bye(stage.recorder(), { extraHeaders: ["Reason: Q.850;cause=16"] });
      await stage.settle();
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "BYE goes out in an early dialog",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180);
      const session = stage.progressed[0]?.session;
      session?.bye(stage.recorder({}, "bye "));
      await stage.settle();
      await stage.respond(200, {}, "BYE");
      await stage.respond(487);
    },
  },
  {
    name: "BYE comes in, and nobody listens",
    play: async (stage) => {
      await stage.call();
      await stage.askWithin("BYE", 1);
    },
  },
  {
    name: "BYE comes in twice",
    play: async (stage) => {
      await stage.call();
      await stage.askWithin("BYE", 1, { branch: "z9hG4bKbye1" });
      await stage.askWithin("BYE", 2, { branch: "z9hG4bKbye2" });
    },
  },
  {
    name: "BYE crosses BYE",
    play: async (stage) => {
      const session = await stage.call();
      session.bye(stage.recorder());
      await stage.askWithin("BYE", 1);
      await stage.respond(481, {}, "BYE");
    },
  },
  {
    name: "the BYE cannot be sent",
    play: async (stage) => {
      const session = await stage.call();
      stage.unplug();
      session.bye(stage.recorder());
      await stage.settle();
    },
  },
  {
    name: "the ACK cannot be sent",
    play: async (stage) => {
      await stage.invite(
        {},
        stage.inviteRecorder({
          onAccept: (response) => {
            stage.unplug();
            stage.attempt("ack()", () => response.ack());
          },
        }),
      );
      await stage.respond(200);
      await stage.settle();
      stage.session.dispose();
    },
  },
];
