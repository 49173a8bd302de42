/**
 * SIP.js's core as a caller, on the transport that its own `UserAgent` would give it.
 *
 * @module
 */
import {
  IncomingResponseMessage,
  LoggerFactory,
  Parser,
  type Session,
  type Transport,
  URI,
  UserAgentCore,
} from "sip.js/lib/core/index.js";
import type { Caller } from "./caller.ts";
import { answer } from "./far_end.ts";
import { SDP } from "./messages.ts";

const BODY = { contentDisposition: "session", contentType: "application/sdp", content: SDP };

/** The caller's side only. It takes the runtime's timers. */
export function sipJsCaller(): Caller {
  const loggerFactory = new LoggerFactory();
  loggerFactory.builtinEnabled = false;
  loggerFactory.level = "error" as never;
  const logger = loggerFactory.getLogger("bench");
  const from = new URI("sip", "alice", "192.0.2.101");
  const to = new URI("sip", "bob", "192.0.2.201");

  const receive = (text: string): void => {
    const message = Parser.parseMessage(text, logger);
    if (!(message instanceof IncomingResponseMessage)) throw new Error("expected a response");
    core.receiveIncomingResponseFromTransport(message);
  };
  const transport: Transport = {
    protocol: "UDP",
    send: (text) => {
      answer(text, receive);
      return Promise.resolve();
    },
  };
  const core = new UserAgentCore({
    aor: from,
    contact: {
      pubGruu: undefined,
      tempGruu: undefined,
      uri: new URI("sip", "alice", "192.0.2.101", 5060),
      toString: () => "<sip:alice@192.0.2.101:5060>",
    },
    displayName: "",
    loggerFactory,
    hackViaTcp: false,
    routeSet: [],
    sipjsId: "bench",
    supportedOptionTags: [],
    supportedOptionTagsResponse: [],
    userAgentHeaderFieldValue: undefined,
    viaForceRport: true,
    viaHost: "192.0.2.101",
    authenticationFactory: () => undefined,
    transportAccessor: () => transport,
  });

  const call = (session: Session) => ({
    hangUp: () => new Promise<void>((resolve) => session.bye({ onAccept: () => resolve() })),
  });
  return {
    name: "SIP.js 0.21.2, caller",
    place: () => {
      const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof call>>();
      const headers = ["Contact: <sip:alice@192.0.2.101:5060>"];
      const message = core.makeOutgoingRequestMessage("INVITE", to, from, to, {}, headers, BODY);
      core.invite(message, {
        onAccept: (response) => {
          response.ack();
          resolve(call(response.session));
        },
        onReject: (response) => reject(new Error(`${response.message.statusCode}`)),
      });
      return promise;
    },
  };
}
