/**
 * Calls that come in, and what is wrong with them (RFC 3261 §8.2, §9.2, §12.2.2).
 *
 * @module
 */
import { ring, within } from "./incoming_call.ts";
import { type Scenario, sdp } from "../stage.ts";

export const incomingTrouble: readonly Scenario[] = [
  {
    name: "a CANCEL for nothing",
    play: async (stage) => {
      stage.takeInvites();
      await stage.ask("CANCEL", { branch: "z9hG4bKnothing" });
    },
  },
  {
    name: "an ACK for nothing",
    play: async (stage) => {
      stage.takeInvites();
      await stage.ask("ACK", { toTag: "nobody" });
    },
  },
  {
    name: "a call comes in by two ways",
    play: async (stage) => {
      stage.takeInvites((request) => void request.progress());
      await ring(stage);
      await stage.ask("INVITE", { branch: "z9hG4bKother", body: "offer" });
      stage.incoming.reject({ statusCode: 486 });
    },
  },
  {
    name: "a call comes in that requires what nobody supports",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
      await ring(stage, ["Require: telepathy"]);
    },
  },
  {
    name: "a call comes in without Contact",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
      await stage.ask("INVITE", { contact: null });
    },
  },
  {
    name: "a call comes in for somebody else",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
      await stage.ask("INVITE", { uri: "sip:carol@alice.example" });
    },
  },
  {
    name: "a call comes in for a sips: address",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
      await stage.ask("INVITE", { uri: "sips:alice@alice.example" });
    },
  },
  {
    name: "a call comes in for an address of another scheme",
    play: async (stage) => {
      stage.takeInvites((request) => void request.reject({ statusCode: 486 }));
      await stage.ask("INVITE", { uri: "mailto:alice@alice.example" });
    },
  },
  {
    name: "an INVITE for a dialog that nobody knows",
    play: async (stage) => {
      stage.takeInvites();
      await stage.ask("INVITE", { toTag: "nobody" });
    },
  },
  {
    name: "answered twice",
    play: async (stage) => {
      stage.takeInvites((request) => {
        request.reject({ statusCode: 486 });
        stage.attempt("accept()", () => request.accept({ statusCode: 200, body: sdp("answer") }));
        stage.attempt("progress()", () => request.progress());
      });
      await ring(stage);
    },
  },
  {
    name: "a response cannot be sent",
    play: async (stage) => {
      stage.takeInvites((request) => {
        request.delegate = { onTransportError: () => void stage.told.push("onTransportError") };
        stage.unplug();
        request.reject({ statusCode: 486 });
      });
      await ring(stage);
    },
  },
  {
    name: "an ACK with another CSeq",
    play: async (stage) => {
      stage.takeInvites((request) => {
        stage.sessions.push(request.accept({ statusCode: 200, body: sdp("answer") }).session);
      });
      await ring(stage);
      await within(stage, "ACK", 5);
      stage.told.push(stage.session.sessionState);
      await within(stage, "BYE", 6);
    },
  },
  {
    name: "the program's onInvite throws",
    play: async (stage) => {
      stage.takeInvites(() => {
        throw new Error("a bug in the program");
      });
      await ring(stage);
    },
  },
];
