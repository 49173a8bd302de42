/**
 * SIP.js's core on one of our transports.
 *
 * @module
 */
import {
  DigestAuthentication,
  IncomingRequestMessage,
  IncomingResponseMessage,
  LoggerFactory,
  Parser,
  URI,
  UserAgentCore,
} from "sip.js/lib/core/index.js";
import type { Destination, Transport } from "@strowger/sip";

/** The one user of the tests, in both libraries. */
export const ALICE = { user: "alice", password: "secret", host: "alice.example", port: 5060 };

/** Where the user's password is for. */
export const REALM = "example";

/**
 * SIP.js's core. What the layer above it does in SIP.js, to open a transport and to parse, is here.
 *
 * @param destination Where all of it goes: SIP.js leaves that to its transport.
 */
export function sipJsCore(
  transport: Transport,
  destination: Destination,
  contact: string,
): UserAgentCore {
  const loggerFactory = new LoggerFactory();
  loggerFactory.builtinEnabled = false;
  const logger = loggerFactory.getLogger("compat");
  const core = new UserAgentCore({
    aor: new URI("sip", ALICE.user, ALICE.host),
    contact: {
      pubGruu: undefined,
      tempGruu: undefined,
      uri: new URI("sip", ALICE.user, ALICE.host, ALICE.port),
      toString: () => contact,
    },
    displayName: "",
    loggerFactory,
    hackViaTcp: false,
    routeSet: [],
    sipjsId: "compat",
    supportedOptionTags: [],
    supportedOptionTagsResponse: [],
    userAgentHeaderFieldValue: "compat",
    viaForceRport: true,
    viaHost: `${ALICE.host}:${ALICE.port}`,
    authenticationFactory: () =>
      new DigestAuthentication(loggerFactory, undefined, ALICE.user, ALICE.password),
    transportAccessor: () => ({
      protocol: transport.protocol,
      send: (text) => transport.send(new TextEncoder().encode(text), destination),
    }),
  });
  transport.attach({
    receive: (bytes) => {
      const message = Parser.parseMessage(new TextDecoder().decode(bytes), logger);
      if (message instanceof IncomingRequestMessage) {
        core.receiveIncomingRequestFromTransport(message);
      } else if (message instanceof IncomingResponseMessage) {
        core.receiveIncomingResponseFromTransport(message);
      }
    },
    fault: () => {},
    disconnected: () => {},
  });
  return core;
}
