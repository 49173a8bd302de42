/**
 * The calls of a soak.
 *
 * @module
 */
import {
  type AckableIncomingResponseWithSession,
  DigestAuthenticator,
  type IncomingInviteRequest,
  type OutgoingInviteRequest,
  type OutgoingInviteRequestDelegate,
  type Session,
  type SessionDelegate,
  URI,
  type UserAgentCore,
} from "@strowger/sip";
import type { Operation, Soak } from "./soak.ts";

type Tell = (outcome: string) => void;

/** What both sides do with what comes in a session. */
function inSession(soak: Soak, core: UserAgentCore): SessionDelegate {
  return {
    onInvite: (request) => {
      if (soak.prng.chance(0.1)) request.reject({ statusCode: 488 });
      else soak.soon(2000, () => request.accept({ statusCode: 200, body: soak.describe() }));
    },
    onUpdate: (request) =>
      void request.accept({
        statusCode: 200,
        ...request.message.body === "" ? {} : { body: soak.describe() },
      }),
    onInfo: (request) => void request.accept(),
    onMessage: (request) => void request.accept(),
    onRefer: (request) => {
      const { notifier } = request.accept();
      const from = URI.parse("sip:b@far.example");
      const to = request.referTo.uri;
      const message = core.makeOutgoingRequestMessage("INVITE", to, from, to, {}, [
        "X-Plan: answered",
      ], soak.describe());
      core.invite(message, {
        onAccept: (response) => {
          response.ack();
          soak.soon(5000, () => response.session.bye());
          soak.soon(100, () => notifier?.report(200));
        },
        onReject: ({ message }) => soak.soon(100, () => notifier?.report(message.statusCode)),
      });
    },
  };
}

/** Places a call; it is acknowledged, told of, and hung up in the end. */
function call(
  soak: Soak,
  tell: Tell,
  plan: string,
  options: {
    readonly host?: string;
    readonly headers?: string[];
    /** What happens once it is up. */
    readonly up?: (session: Session) => void;
    readonly more?: OutgoingInviteRequestDelegate;
    readonly keepFirst?: boolean;
  } = {},
): OutgoingInviteRequest {
  const { host, headers, up = () => {}, more = {}, keepFirst = false } = options;
  const message = soak.message("INVITE", plan, host, headers, soak.describe());
  return soak.near.invite(message, {
    onProgress: (response) => {
      if (response.message.hasHeader("RSeq") && response.session !== undefined) response.prack();
    },
    onAccept: (response: AckableIncomingResponseWithSession) => {
      const { session } = response;
      tell(`${response.message.statusCode}`);
      response.ack();
      session.delegate ??= inSession(soak, soak.near);
      up(session);
      soak.soon(30_000, () => session.bye());
    },
    onRedirect: ({ message }) => tell(`${message.statusCode}`),
    onReject: ({ message }) => tell(`${message.statusCode}${message.local ? " local" : ""}`),
    ...more,
  }, { keepFirst });
}

/** How a call may go. */
export const CALLS: { readonly [name: string]: Operation } = {
  "answered": {
    weight: 12,
    fails: false,
    begin: (soak, tell) => void call(soak, tell, "answered"),
  },
  "hung up by the callee": {
    weight: 4,
    fails: false,
    begin: (soak, tell) => void call(soak, tell, "leaves"),
  },
  "with reliable ringing": {
    weight: 5,
    fails: false,
    begin: (soak, tell) => void call(soak, tell, "reliable"),
  },
  "forked": {
    weight: 6,
    fails: false,
    begin: (soak, tell) =>
      void call(soak, tell, "forked", {
        host: "fork.example",
        keepFirst: soak.prng.chance(0.5),
      }),
  },
  "challenged": {
    weight: 5,
    fails: false,
    begin: (soak, tell) => void call(soak, tell, "challenged"),
  },
  "held": {
    weight: 5,
    fails: false,
    begin: (soak, tell) =>
      void call(soak, tell, "answered", {
        up: (session) => {
          for (let i = 0; i < 3; i++) {
            soak.soon(20_000, () =>
              session.invite({ onAccept: (response) => void response.ack() }, {
                body: soak.describe(),
              }));
          }
        },
      }),
  },
  "changed by both at once": {
    weight: 4,
    fails: false,
    begin: (soak, tell) =>
      void call(soak, tell, "changes", {
        up: (session) =>
          soak.soon(1200, () =>
            session.invite({ onAccept: (response) => void response.ack() }, {
              body: soak.describe(),
            })),
      }),
  },
  "updated": {
    weight: 4,
    fails: false,
    begin: (soak, tell) =>
      void call(soak, tell, "changes", {
        up: (session) => {
          soak.soon(2000, () => session.update({}, { body: soak.describe() }));
          soak.soon(2000, () => session.info());
          soak.soon(2000, () => session.message());
        },
      }),
  },
  "transferred": {
    weight: 4,
    fails: false,
    begin: (soak, tell) =>
      void call(soak, tell, "answered", {
        up: (session) =>
          soak.soon(5000, () =>
            session.refer({}, { extraHeaders: ["Refer-To: <sip:c@near.example>"] })),
      }),
  },
  "refreshed": {
    weight: 4,
    fails: false,
    begin: (soak, tell) =>
      void call(soak, tell, "answered", {
        headers: ["Session-Expires: 90"],
        up: (session) => soak.later(100_000, () => session.info()),
      }),
  },
  "refused": {
    weight: 4,
    fails: true,
    begin: (soak, tell) => void call(soak, tell, "refused"),
  },
  "redirected": {
    weight: 1,
    fails: true,
    begin: (soak, tell) => void call(soak, tell, "redirected"),
  },
  "cancelled": {
    weight: 4,
    fails: true,
    begin: (soak, tell) => {
      const request = call(soak, tell, "rings");
      soak.soon(5000, () => request.cancel());
    },
  },
  "expired while it rang": {
    weight: 1,
    fails: true,
    begin: (soak, tell) => void call(soak, tell, "rings", { headers: ["Expires: 5"] }),
  },
  "to nobody": {
    weight: 2,
    fails: true,
    begin: (soak, tell) => void call(soak, tell, "answered", { host: "nobody.example" }),
  },
  "with a wrong password": {
    weight: 2,
    fails: true,
    begin: (soak, tell) => void call(soak, tell, "elsewhere"),
  },
  "disposed of": {
    weight: 2,
    fails: true,
    begin: (soak, tell) => {
      const request = call(soak, () => {}, "answered");
      soak.soon(3000, () => {
        tell("disposed of");
        request.dispose();
      });
    },
  },
  "without a PRACK": {
    weight: 1,
    fails: true,
    begin: (soak, tell) => {
      const request = call(soak, () => {}, "reliable", {
        more: {
          onProgress: () => {
            tell("disposed of");
            request.dispose();
          },
        },
      });
    },
  },
  "without an ACK": {
    weight: 1,
    fails: true,
    begin: (soak, tell) =>
      void call(soak, tell, "answered", {
        more: { onAccept: ({ message }) => tell(`${message.statusCode}`) },
      }),
  },
  "with a program that throws": {
    weight: 1,
    fails: true,
    begin: (soak, tell) =>
      void call(soak, tell, "throws", {
        more: {
          onAccept: ({ message }) => {
            tell(`${message.statusCode}`);
            throw new Error("soak");
          },
        },
      }),
  },
  "forgotten by the far end": {
    weight: 2,
    fails: true,
    begin: (soak, tell) =>
      void call(soak, tell, "forgets", {
        // The one or the other was to refresh it.
        headers: [`Session-Expires: 90;refresher=${soak.prng.pick(["uac", "uas"])}`],
        more: {
          onAccept: (response) => {
            tell(`${response.message.statusCode}`);
            response.ack();
          },
        },
      }),
  },
};

/** What becomes of a call where it comes in. */
export function serveCalls(soak: Soak): void {
  const elsewhere = new DigestAuthenticator({
    realm: "elsewhere.example",
    lookUp: () => ({ password: "right" }),
    now: () => soak.clock.now(),
  });
  for (const core of [soak.near, soak.far, soak.other]) {
    core.delegate.onInvite = (request) => {
      const plan = request.message.getHeader("X-Plan") ?? "";
      const checked = { challenged: soak.authenticator, elsewhere }[plan];
      const verdict = checked?.verify(request.message);
      if (verdict?.kind === "challenge") return void request.reject(verdict.response);
      if (plan === "refused") {
        return void request.reject({ statusCode: soak.prng.pick([486, 603]) });
      }
      if (plan === "redirected") return void request.redirect([URI.parse("sip:c@nobody.example")]);
      if (soak.prng.chance(0.7) || plan === "rings") request.progress();
      if (plan === "reliable") {
        request.progress({
          statusCode: 183,
          extraHeaders: ["Require: 100rel"],
          ...soak.prng.chance(0.5) ? { body: soak.describe() } : {},
        });
      }
      // A caller whose CANCEL never comes is not waited for.
      if (plan === "rings") return soak.later(60_000, () => request.reject());
      soak.soon(5000, () => accept(soak, core, request, plan));
      if (plan === "throws") throw new Error("soak");
    };
  }
}

function accept(
  soak: Soak,
  core: UserAgentCore,
  request: IncomingInviteRequest,
  plan: string,
): void {
  const { session } = request.accept({ statusCode: 200, body: soak.describe() });
  const delegate = inSession(soak, core);
  session.delegate = {
    ...delegate,
    onAck: () => {
      if (plan === "leaves") soak.soon(10_000, () => session.bye());
      if (plan === "changes") {
        soak.soon(1200, () =>
          session.invite({ onAccept: (response) => void response.ack() }, {
            body: soak.describe(),
          }));
      }
      if (plan === "forgets") soak.soon(10_000, () => session.dispose());
    },
  };
  // Whoever has called may be gone.
  soak.later(200_000, () => session.bye());
}
