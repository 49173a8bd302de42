/**
 * Calls that are placed, and what goes wrong with them: messages that are not for them or cannot be
 * read, a network that is gone, a program that throws or disposes of what it has.
 *
 * @module
 */
import type { Scenario } from "../stage.ts";

export const outgoingTrouble: readonly Scenario[] = [
  {
    name: "a response with an unknown branch",
    play: async (stage) => {
      await stage.invite();
      const text = stage.peer.write(stage.peer.request("INVITE"), 200);
      stage.peer.send(text.replace(/branch=[^;\r]+/, "branch=z9hG4bKunknown"));
      await stage.settle();
      await stage.respond(486);
    },
  },
  {
    name: "a response with two Vias",
    play: async (stage) => {
      await stage.invite();
      const text = stage.peer.write(stage.peer.request("INVITE"), 200);
      stage.peer.send(
        text.replace("\r\nVia:", "\r\nVia: SIP/2.0/TCP x.example;branch=z9hG4bKx\r\nVia:"),
      );
      await stage.settle();
      await stage.respond(486);
    },
  },
  {
    name: "the INVITE cannot be sent",
    play: async (stage) => {
      stage.unplug();
      await stage.invite();
    },
  },
  {
    name: "disposed of before any response, and then answered",
    play: async (stage) => {
      const request = await stage.invite();
      request.dispose();
      await stage.respond(180);
      await stage.respond(200);
      await stage.advance(1000);
      if (stage.peer.requests("BYE").length > 0) await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "disposed of while it rings, and then refused",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(180);
      request.dispose();
      await stage.respond(486);
    },
  },
  {
    name: "the session is disposed of while the call is up",
    play: async (stage) => {
      const session = await stage.call();
      session.delegate = { onBye: () => void stage.told.push("onBye") };
      session.dispose();
      await stage.askWithin("BYE", 1);
    },
  },
  {
    name: "the core is disposed of while one call rings and another is up",
    play: async (stage) => {
      await stage.call();
      await stage.invite();
      await stage.respond(180);
      stage.core.dispose();
      await stage.respond(200);
      await stage.askWithin("BYE", 1);
    },
  },
  {
    name: "the program's onProgress throws",
    play: async (stage) => {
      const delegate = stage.inviteRecorder({
        onProgress: () => {
          throw new Error("a bug in the program");
        },
      });
      await stage.invite({}, delegate);
      await stage.respond(180);
      await stage.respond(486);
    },
  },
  {
    name: "the program's onAccept throws",
    play: async (stage) => {
      const delegate = stage.inviteRecorder({
        onAccept: () => {
          throw new Error("a bug in the program");
        },
      });
      await stage.invite({}, delegate);
      await stage.respond(200);
      await stage.advance(20_000);
      await stage.askWithin("BYE", 1);
    },
  },
  {
    name: "what comes cannot be read",
    play: async (stage) => {
      await stage.invite();
      const good = stage.peer.write(stage.peer.request("INVITE"), 200);
      for (
        const text of [
          "",
          "\r\n\r\n",
          "nonsense\r\n\r\n",
          good.replace(/CSeq:.*\r\n/, ""),
          good.replace(/Call-ID:.*\r\n/, ""),
          good.replace(/Via:.*\r\n/, ""),
          good.replace("SIP/2.0 200", "SIP/2.0 2000"),
        ]
      ) {
        stage.peer.send(text);
        await stage.settle();
      }
      await stage.respond(486);
    },
  },
];
