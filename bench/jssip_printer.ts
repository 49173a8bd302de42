/**
 * JsSIP as a printer of messages.
 *
 * @module
 */
import JsSIP from "jssip";
import jssipMessages from "jssip/lib/SIPMessage.js";
import jssipParser from "jssip/lib/Parser.js";
import { SDP } from "./messages.ts";
import {
  ALLOW,
  at,
  BRANCHES,
  CALL_IDS,
  CALLEE,
  CALLER,
  FROM_TAG,
  INVITES,
  type Printer,
  TO_TAG,
  USER_AGENT,
} from "./printer.ts";

/** What JsSIP's types do not know of. */
interface JsSipMessages {
  InitialOutgoingInviteRequest: new (
    ruri: JsSIP.URI,
    agent: unknown,
    params: { [name: string]: unknown },
    headers: string[],
    body: string,
  ) => { setHeader(name: string, value: string): void };
}

/** JsSIP. */
export function jsSipPrinter(): Printer {
  const configuration = { user_agent: USER_AGENT, session_timers: false };
  const agent = { configuration, contact: {}, transport: {} };
  let response = "";
  const invites = INVITES.map((text) => {
    const message = jssipParser.parseMessage(text, agent);
    message.to_tag = TO_TAG;
    message.server_transaction = {
      receiveResponse: (_code: number, printed: string) => response = printed,
    };
    return message;
  });
  const from = new JsSIP.URI("sip", "alice", "atlanta.example.com");
  const to = new JsSIP.URI("sip", "bob", "biloxi.example.com");
  return {
    name: "JsSIP 3.13.8",
    ok(call) {
      at(invites, call).reply(200, null, [`Contact: <${CALLEE}>`, `Allow: ${ALLOW}`], SDP);
      return response;
    },
    invite(call) {
      const params = {
        call_id: at(CALL_IDS, call),
        cseq: 1,
        from_uri: from,
        from_tag: FROM_TAG,
        from_display_name: "Alice Liddell",
      };
      const headers = [`Contact: <${CALLER}>`, "Content-Type: application/sdp"];
      const { InitialOutgoingInviteRequest } = jssipMessages as unknown as JsSipMessages;
      const message = new InitialOutgoingInviteRequest(to, agent, params, headers, SDP);
      message.setHeader("via", `SIP/2.0/UDP 192.0.2.101:5060;branch=${at(BRANCHES, call)};rport`);
      message.setHeader("max-forwards", "70");
      return `${message}`;
    },
  };
}
