/**
 * INFO, MESSAGE, NOTIFY and REFER within a call, both ways (RFC 3428, RFC 3515, RFC 6086).
 *
 * @module
 */
import { type Scenario, sdp } from "../stage.ts";
import { takeCall, within } from "./incoming_call.ts";

const REQUESTS = [
  ["INFO", "info", "onInfo"],
  ["MESSAGE", "message", "onMessage"],
  ["NOTIFY", "notify", "onNotify"],
  ["REFER", "refer", "onRefer"],
] as const;

/** Headers that a request has to have. */
const HEADERS: { [method: string]: string[] } = {
  NOTIFY: ["Event: refer", "Subscription-State: active;expires=60"],
  REFER: ["Refer-To: <sip:carol@carol.example>"],
};

export const sessionRequests: readonly Scenario[] = [
  ...REQUESTS.flatMap(([method, name, told]): Scenario[] => [
    {
      name: `${method} goes out in a call, and is accepted`,
      play: async (stage) => {
        const session = await stage.call();
        const extraHeaders = HEADERS[method] ?? [];
        session[name](stage.recorder(), { extraHeaders, body: sdp("x") });
        await stage.settle();
        await stage.respond(200, {}, method);
        session.dispose();
      },
    },
    {
      name: `${method} goes out in a call, and is refused`,
      play: async (stage) => {
        const session = await stage.call();
        session[name](stage.recorder(), { extraHeaders: HEADERS[method] ?? [] });
        await stage.settle();
        await stage.respond(488, {}, method);
        session.dispose();
      },
    },
    {
      name: `${method} comes in a call, and is taken`,
      play: async (stage) => {
        const session = await stage.call();
        session.delegate = {
          [told]: (request: { accept(): unknown }) => {
            stage.told.push(told);
            request.accept();
          },
        };
        await stage.askWithin(method, 1, { headers: HEADERS[method] ?? [] });
        session.dispose();
      },
    },
    {
      name: `${method} comes in a call, and nobody listens`,
      play: async (stage) => {
        const session = await stage.call();
        await stage.askWithin(method, 1, { headers: HEADERS[method] ?? [] });
        session.dispose();
      },
    },
  ]),
  {
    name: "MESSAGE goes out in a call, and gets 481",
    play: async (stage) => {
      const session = await stage.call();
      session.message(stage.recorder(), { body: sdp("x") });
      await stage.settle();
      await stage.respond(481, {}, "MESSAGE");
      stage.told.push(session.sessionState);
      session.dispose();
    },
  },
  {
    name: "INFO goes out in a call, and is never answered",
    play: async (stage) => {
      const session = await stage.call();
      session.info(stage.recorder());
      await stage.advance(60_000);
      stage.told.push(session.sessionState);
      session.dispose();
    },
  },
  {
    name: "a message after the call has ended",
    play: async (stage) => {
      const session = await stage.call();
      session.bye();
      await stage.settle();
      await stage.respond(200, {}, "BYE");
      stage.attempt("message()", () => session.message(stage.recorder(), { body: sdp("x") }));
      await stage.settle();
    },
  },
  {
    name: "the callee of a call sends INFO",
    play: async (stage) => {
      await takeCall(stage);
      stage.session.info(stage.recorder());
      await stage.settle();
      await stage.respond(200, {}, "INFO");
      await within(stage, "BYE", 2);
    },
  },
  {
    name: "INFO goes out in an early dialog",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180);
      stage.attempt("info()", () => stage.progressed[0]?.session?.info(stage.recorder()));
      await stage.settle();
      if (stage.peer.requests("INFO").length > 0) await stage.respond(200, {}, "INFO");
      await stage.respond(486);
    },
  },
  {
    name: "INFO comes in an early dialog",
    play: async (stage) => {
      await stage.invite();
      await stage.respond(180);
      const session = stage.progressed[0]?.session;
      if (session !== undefined) {
        session.delegate = {
          onInfo: (request) => {
            stage.told.push("onInfo");
            request.accept();
          },
        };
      }
      await stage.askWithin("INFO", 1);
      await stage.respond(486);
    },
  },
];
