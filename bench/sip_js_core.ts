/**
 * A core of SIP.js, on the transport that its own `UserAgent` would give it.
 *
 * @module
 */
import {
  IncomingRequestMessage,
  LoggerFactory,
  Parser,
  type Transport,
  URI,
  UserAgentCore,
} from "sip.js/lib/core/index.js";

/** Makes a core that sends by `send`, and what it receives by. */
export function sipJsCore(
  user: string,
  host: string,
  send: (text: string) => void,
): { core: UserAgentCore; receive: (text: string) => void } {
  const loggerFactory = new LoggerFactory();
  loggerFactory.builtinEnabled = false;
  loggerFactory.level = "error" as never;
  const logger = loggerFactory.getLogger("bench");
  const transport: Transport = {
    protocol: "UDP",
    send: (text) => {
      send(text);
      return Promise.resolve();
    },
  };
  const core = new UserAgentCore({
    aor: new URI("sip", user, host),
    contact: {
      pubGruu: undefined,
      tempGruu: undefined,
      uri: new URI("sip", user, host, 5060),
      toString: () => `<sip:${user}@${host}:5060>`,
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
    viaHost: host,
    authenticationFactory: () => undefined,
    transportAccessor: () => transport,
  });
  const receive = (text: string): void => {
    const message = Parser.parseMessage(text, logger);
    if (message === undefined) throw new Error("SIP.js could not parse a message");
    if (message instanceof IncomingRequestMessage) {
      core.receiveIncomingRequestFromTransport(message);
    } else {
      core.receiveIncomingResponseFromTransport(message);
    }
  };
  return { core, receive };
}
