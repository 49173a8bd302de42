/**
 * `sip` as a printer of messages.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import sip from "sip";
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
  OPTION_TAGS,
  type Printer,
  TO_TAG,
  USER_AGENT,
} from "./printer.ts";

/** `sip` prints what it is given as objects; there is nothing else to it. */
export function sipPrinter(): Printer {
  const invites = INVITES.map((text) => sip.parse(Buffer.from(text)));
  return {
    name: "sip 0.0.6",
    ok(call) {
      const response = sip.makeResponse(at(invites, call), 200, "OK", {
        headers: {
          supported: OPTION_TAGS.join(", "),
          contact: [{ uri: CALLEE }],
          allow: ALLOW,
          "content-type": "application/sdp",
        },
        content: SDP,
      });
      response.headers.to.params.tag = TO_TAG;
      return sip.stringify(response);
    },
    invite: (call) =>
      sip.stringify({
        method: "INVITE",
        uri: "sip:bob@biloxi.example.com",
        headers: {
          via: [{
            version: "2.0",
            protocol: "UDP",
            host: "192.0.2.101",
            port: 5060,
            params: { branch: at(BRANCHES, call), rport: null },
          }],
          "max-forwards": 70,
          from: {
            name: '"Alice Liddell"',
            uri: "sip:alice@atlanta.example.com",
            params: { tag: FROM_TAG },
          },
          to: { uri: "sip:bob@biloxi.example.com", params: {} },
          "call-id": at(CALL_IDS, call),
          cseq: { seq: 1, method: "INVITE" },
          supported: OPTION_TAGS.join(", "),
          "user-agent": USER_AGENT,
          contact: [{ uri: CALLER }],
          allow: ALLOW,
          "content-type": "application/sdp",
        },
        content: SDP,
      }),
  };
}
