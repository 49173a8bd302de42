/**
 * SIP.js's core as a caller.
 *
 * @module
 */
import { type Session, URI } from "sip.js/lib/core/index.js";
import type { Caller } from "./caller.ts";
import { answer } from "./far_end.ts";
import { SDP } from "./messages.ts";
import { sipJsCore } from "./sip_js_core.ts";

const BODY = { contentDisposition: "session", contentType: "application/sdp", content: SDP };

/** The caller's side only. It takes the runtime's timers. */
export function sipJsCaller(): Caller {
  const from = new URI("sip", "alice", "192.0.2.101");
  const to = new URI("sip", "bob", "192.0.2.201");
  const { core, receive } = sipJsCore("alice", "192.0.2.101", (text) => answer(text, receive));
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
