/**
 * SIP.js's core as a printer of messages.
 *
 * @module
 */
import {
  constructOutgoingResponse,
  IncomingRequestMessage,
  LoggerFactory,
  OutgoingRequestMessage,
  Parser,
  URI,
} from "sip.js/lib/core/index.js";
import {
  ALLOW,
  at,
  BODY,
  BRANCHES,
  CALL_IDS,
  CALLEE,
  CALLER,
  FROM_TAG,
  INVITES,
  OPTION_TAGS,
  type Printer,
  TO_TAG,
  USER_AGENT,
} from "./printer.ts";

/** SIP.js's core. */
export function sipJsPrinter(): Printer {
  const silence = new LoggerFactory();
  silence.builtinEnabled = false;
  const invites = INVITES.map((text) => {
    const message = Parser.parseMessage(text, silence.getLogger("bench"));
    if (!(message instanceof IncomingRequestMessage)) throw new Error("expected a request");
    return message;
  });
  const from = new URI("sip", "alice", "atlanta.example.com");
  const to = new URI("sip", "bob", "biloxi.example.com");
  return {
    name: "SIP.js 0.21.2",
    ok: (call) =>
      constructOutgoingResponse(at(invites, call), {
        statusCode: 200,
        toTag: TO_TAG,
        supported: OPTION_TAGS,
        extraHeaders: [`Contact: <${CALLEE}>`, `Allow: ${ALLOW}`],
        body: BODY,
      }).message,
    invite(call) {
      const options = {
        callId: at(CALL_IDS, call),
        fromTag: FROM_TAG,
        fromDisplayName: "Alice Liddell",
        forceRport: true,
        optionTags: OPTION_TAGS,
        userAgentString: USER_AGENT,
        viaHost: "192.0.2.101:5060",
      };
      const headers = [`Contact: <${CALLER}>`, `Allow: ${ALLOW}`];
      const message = new OutgoingRequestMessage("INVITE", to, from, to, options, headers, BODY);
      message.setViaHeader(at(BRANCHES, call), "UDP");
      return message.toString();
    },
  };
}
