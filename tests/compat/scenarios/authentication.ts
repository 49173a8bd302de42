/**
 * Requests that are challenged (RFC 3261 §22, RFC 7616, RFC 8760).
 *
 * @module
 */
import { type Scenario, sdp, type Stage } from "../stage.ts";
import { REALM } from "../sip_js_core.ts";

/** A challenge's header line. */
function challenge(
  by: 401 | 407,
  more: string = ', algorithm=MD5, qop="auth"',
  nonce = "n1",
): string[] {
  const name = by === 401 ? "WWW-Authenticate" : "Proxy-Authenticate";
  return [`${name}: Digest realm="${REALM}", nonce="${nonce}"${more}`];
}

/** The far end challenges the last request of a method. */
function challengeLast(
  stage: Stage,
  by: 401 | 407,
  method: string,
  more?: string,
  nonce?: string,
): Promise<void> {
  return stage.respond(by, { headers: challenge(by, more, nonce) }, method);
}

async function register(stage: Stage): Promise<void> {
  stage.core.register(stage.request("REGISTER"), stage.recorder());
  await stage.settle();
}

async function hangUp(stage: Stage): Promise<void> {
  stage.session.bye(stage.recorder({}, "bye "));
  await stage.settle();
  await stage.respond(200, {}, "BYE");
}

export const challenges: readonly Scenario[] = [
  {
    name: "INVITE is challenged by a proxy, and then answered",
    play: async (stage) => {
      await stage.invite({ body: sdp("offer") });
      await challengeLast(stage, 407, "INVITE");
      await stage.respond(180);
      await stage.respond(200, { body: "answer" });
      await hangUp(stage);
    },
  },
  {
    name: "REGISTER is challenged",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER");
      await stage.respond(200, {}, "REGISTER");
    },
  },
  {
    name: "REGISTER is challenged without qop",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER", ', opaque="o"');
      await stage.respond(200, {}, "REGISTER");
    },
  },
  {
    name: "MESSAGE is challenged",
    play: async (stage) => {
      stage.core.message(stage.request("MESSAGE"), stage.recorder());
      await stage.settle();
      await challengeLast(stage, 407, "MESSAGE");
      await stage.respond(200, {}, "MESSAGE");
    },
  },
  {
    name: "INVITE is challenged by a proxy and by the far end",
    play: async (stage) => {
      await stage.invite();
      await challengeLast(stage, 407, "INVITE");
      await challengeLast(stage, 401, "INVITE", undefined, "n2");
      if (stage.peer.requests("INVITE").length === 3) await stage.respond(486);
    },
  },
  {
    name: "the password is wrong",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER");
      await challengeLast(stage, 401, "REGISTER", undefined, "n2");
    },
  },
  {
    name: "the nonce is stale",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER");
      await challengeLast(stage, 401, "REGISTER", ', algorithm=MD5, qop="auth", stale=true', "n2");
      await stage.respond(200, {}, "REGISTER");
    },
  },
  {
    name: "the nonce is stale again and again",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER");
      for (let i = 2; i < 20; i++) {
        const { length } = stage.peer.requests("REGISTER");
        if (length < i) break;
        await challengeLast(stage, 401, "REGISTER", ", algorithm=MD5, stale=true", `n${i}`);
      }
    },
  },
  {
    name: "the challenge has only an algorithm that SIP.js does not know",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER", ', algorithm=SHA-256, qop="auth"');
      if (stage.peer.requests("REGISTER").length === 2) await stage.respond(200, {}, "REGISTER");
    },
  },
  {
    name: "the challenge has an algorithm that nobody knows",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER", ', algorithm=CAESAR, qop="auth"');
    },
  },
  {
    name: "two challenges, the stronger one second",
    play: async (stage) => {
      await register(stage);
      const headers = [
        ...challenge(401, ', algorithm=MD5, qop="auth"', "n1"),
        ...challenge(401, ', algorithm=SHA-256, qop="auth"', "n2"),
      ];
      await stage.respond(401, { headers }, "REGISTER");
      await stage.respond(200, {}, "REGISTER");
    },
  },
  {
    name: "a 401 without a challenge",
    play: async (stage) => {
      await register(stage);
      await stage.respond(401, {}, "REGISTER");
    },
  },
  {
    name: "a challenge that is not Digest",
    play: async (stage) => {
      await register(stage);
      await stage.respond(
        401,
        { headers: ['WWW-Authenticate: Basic realm="example"'] },
        "REGISTER",
      );
    },
  },
  {
    name: "cancelled before any response, which is a challenge",
    play: async (stage) => {
      const request = await stage.invite();
      request.cancel();
      await stage.settle();
      await challengeLast(stage, 407, "INVITE");
      if (stage.peer.requests("INVITE").length === 2) {
        await stage.respond(180);
        if (stage.peer.requests("CANCEL").length === 1) await stage.respond(200, {}, "CANCEL");
        await stage.respond(487);
      }
    },
  },
  {
    name: "cancelled after 100, and then challenged",
    play: async (stage) => {
      const request = await stage.invite();
      await stage.respond(100);
      request.cancel();
      await stage.settle();
      await stage.respond(200, {}, "CANCEL");
      await challengeLast(stage, 407, "INVITE");
      if (stage.peer.requests("INVITE").length === 2) {
        await stage.respond(180);
        await stage.respond(487);
      }
    },
  },
  {
    name: "cancelled after a challenge was answered",
    play: async (stage) => {
      const request = await stage.invite();
      await challengeLast(stage, 407, "INVITE");
      request.cancel();
      await stage.settle();
      await stage.respond(180);
      await stage.respond(200, {}, "CANCEL");
      await stage.respond(487);
    },
  },
  {
    name: "disposed of before a challenge",
    play: async (stage) => {
      const request = await stage.invite();
      request.dispose();
      await challengeLast(stage, 407, "INVITE");
    },
  },
  {
    name: "BYE is challenged by a proxy",
    play: async (stage) => {
      const session = await stage.call();
      session.bye(stage.recorder({}, "bye "));
      await stage.settle();
      await challengeLast(stage, 407, "BYE");
      await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "a second REGISTER to who has challenged the first",
    play: async (stage) => {
      await register(stage);
      await challengeLast(stage, 401, "REGISTER");
      await stage.respond(200, {}, "REGISTER");
      await register(stage);
      if (!stage.peer.request("REGISTER").hasHeader("Authorization")) {
        await challengeLast(stage, 401, "REGISTER", undefined, "n2");
      }
      await stage.respond(200, {}, "REGISTER");
    },
  },
  {
    name: "a re-INVITE is challenged by a proxy",
    play: async (stage) => {
      const session = await stage.call();
      session.invite(stage.inviteRecorder({}, "re-INVITE "), { body: sdp("offer2") });
      await stage.settle();
      await challengeLast(stage, 407, "INVITE");
      await stage.respond(200, { body: "answer2" });
      await hangUp(stage);
    },
  },
  {
    name: "BYE is challenged by the far end itself",
    play: async (stage) => {
      const session = await stage.call();
      session.bye(stage.recorder({}, "bye "));
      await stage.settle();
      await challengeLast(stage, 401, "BYE");
      if (stage.peer.requests("BYE").length === 2) await stage.respond(200, {}, "BYE");
    },
  },
  {
    name: "SUBSCRIBE is challenged",
    play: async (stage) => {
      const extraHeaders = ["Event: presence", "Expires: 60"];
      stage.core.subscribe(stage.request("SUBSCRIBE", { extraHeaders }), stage.recorder());
      await stage.settle();
      await challengeLast(stage, 401, "SUBSCRIBE");
      await stage.respond(403, {}, "SUBSCRIBE");
    },
  },
  {
    name: "a realm that nobody has a password for",
    play: async (stage) => {
      await register(stage);
      const headers = ['WWW-Authenticate: Digest realm="elsewhere", nonce="n"'];
      await stage.respond(401, { headers }, "REGISTER");
      if (stage.peer.requests("REGISTER").length === 2) await stage.respond(403, {}, "REGISTER");
    },
  },
];
