/**
 * Requests outside of any dialog, both ways (RFC 3261 §8, §10, §11, RFC 3428, RFC 3903).
 *
 * @module
 */
import type { UserAgentCoreDelegate } from "@strowger/sip";
import type { Scenario, Stage } from "../stage.ts";

/** Sends a request of a method, with the core's own method for it where there is one. */
async function send(stage: Stage, method: string, extraHeaders: string[] = []): Promise<void> {
  const { core } = stage;
  const message = stage.request(method, { extraHeaders });
  const told = stage.recorder();
  if (method === "MESSAGE") core.message(message, told);
  else if (method === "PUBLISH") core.publish(message, told);
  else if (method === "REGISTER") core.register(message, told);
  else core.request(message, told);
  await stage.settle();
}

const SENT: readonly [method: string, headers: string[]][] = [
  ["MESSAGE", []],
  ["PUBLISH", ["Event: presence", "Expires: 3600"]],
  ["REGISTER", ["Expires: 3600"]],
  ["OPTIONS", []],
];

const TAKEN: readonly [method: string, name: keyof UserAgentCoreDelegate, headers: string[]][] = [
  ["MESSAGE", "onMessage", []],
  ["NOTIFY", "onNotify", ["Event: presence", "Subscription-State: active"]],
  ["REFER", "onRefer", ["Refer-To: <sip:carol@carol.example>", "Contact: <sip:bob@bob.example>"]],
  ["REGISTER", "onRegister", ["Contact: <sip:bob@bob.example>"]],
  ["SUBSCRIBE", "onSubscribe", ["Event: presence", "Contact: <sip:bob@bob.example>"]],
];

export const outOfDialog: readonly Scenario[] = [
  ...SENT.flatMap(([method, headers]): Scenario[] => [
    {
      name: `${method} is accepted`,
      play: async (stage) => {
        await send(stage, method, headers);
        await stage.respond(100, {}, method);
        await stage.respond(200, {}, method);
      },
    },
    {
      name: `${method} is refused`,
      play: async (stage) => {
        await send(stage, method, headers);
        await stage.respond(403, {}, method);
      },
    },
  ]),
  {
    name: "PUBLISH is refused: a condition is not met",
    play: async (stage) => {
      await send(stage, "PUBLISH", ["Event: presence", "SIP-If-Match: 1"]);
      await stage.respond(412, {}, "PUBLISH");
    },
  },
  {
    name: "REGISTER is refused: too brief",
    play: async (stage) => {
      await send(stage, "REGISTER", ["Expires: 1"]);
      await stage.respond(423, { headers: ["Min-Expires: 60"] }, "REGISTER");
    },
  },
  {
    name: "REGISTER is redirected",
    play: async (stage) => {
      await send(stage, "REGISTER");
      await stage.respond(301, { contact: "<sip:other.example>" }, "REGISTER");
    },
  },
  {
    name: "MESSAGE is never answered",
    play: async (stage) => {
      await send(stage, "MESSAGE");
      await stage.advance(60_000);
    },
  },
  {
    name: "MESSAGE is never answered, over UDP",
    protocol: "UDP",
    play: async (stage) => {
      await send(stage, "MESSAGE");
      await stage.advance(60_000);
    },
  },
  {
    name: "MESSAGE cannot be sent",
    play: async (stage) => {
      stage.unplug();
      await send(stage, "MESSAGE");
    },
  },
  {
    name: "MESSAGE is disposed of, and then answered",
    play: async (stage) => {
      const request = stage.core.message(stage.request("MESSAGE"), stage.recorder());
      await stage.settle();
      request.dispose();
      await stage.respond(200, {}, "MESSAGE");
    },
  },
  {
    name: "the 200 to a MESSAGE comes again",
    play: async (stage) => {
      await send(stage, "MESSAGE");
      await stage.respond(200, {}, "MESSAGE");
      await stage.respond(200, {}, "MESSAGE");
    },
  },
  ...TAKEN.flatMap(([method, name, headers]): Scenario[] => [
    {
      name: `${method} comes in, and is taken`,
      play: async (stage) => {
        stage.take(name);
        await stage.ask(method, { headers });
      },
    },
    {
      name: `${method} comes in, and is refused`,
      play: async (stage) => {
        stage.take(name, (request) => void request.reject({ statusCode: 403 }));
        await stage.ask(method, { headers });
      },
    },
    {
      name: `${method} comes in, and nobody listens`,
      play: async (stage) => {
        stage.core.delegate = {};
        await stage.ask(method, { headers });
      },
    },
  ]),
  {
    name: "MESSAGE comes in twice",
    play: async (stage) => {
      stage.take("onMessage");
      await stage.ask("MESSAGE", { branch: "z9hG4bKtwice" });
      await stage.ask("MESSAGE", { branch: "z9hG4bKtwice" });
    },
  },
  {
    name: "MESSAGE comes in, and its delegate throws",
    play: async (stage) => {
      stage.take("onMessage", () => {
        throw new Error("a bug in the program");
      });
      await stage.ask("MESSAGE");
    },
  },
  ...["OPTIONS", "BYE", "INFO", "PRACK", "PUBLISH", "UPDATE", "DANCE"].map((method): Scenario => ({
    name: `${method} comes in outside of any dialog`,
    play: async (stage) => {
      stage.core.delegate = {};
      await stage.ask(method);
    },
  })),
  {
    name: "MESSAGE for a dialog that nobody knows",
    play: async (stage) => {
      stage.take("onMessage");
      await stage.ask("MESSAGE", { toTag: "nobody" });
    },
  },
  {
    name: "MESSAGE comes in by two ways",
    play: async (stage) => {
      stage.take("onMessage", () => {});
      await stage.ask("MESSAGE", { branch: "z9hG4bKone" });
      await stage.ask("MESSAGE", { branch: "z9hG4bKtwo" });
    },
  },
];
