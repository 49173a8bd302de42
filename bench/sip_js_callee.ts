/**
 * SIP.js's core as a callee, of a script that calls.
 *
 * @module
 */
import type { MakeCallee } from "./calling_script.ts";
import { SDP } from "./messages.ts";
import { sipJsCore } from "./sip_js_core.ts";

const BODY = { contentDisposition: "session", contentType: "application/sdp", content: SDP };

/** The callee's side only: it answers with 100, 180 and 200. It takes the runtime's timers. */
export const sipJsCallee: MakeCallee = (send) => {
  const { core, receive } = sipJsCore("bob", "192.0.2.201", send);
  core.delegate = {
    onInvite: (request) => {
      request.trying();
      request.progress();
      request.accept({ statusCode: 200, body: BODY });
    },
  };
  return { name: "SIP.js 0.21.2, callee", receive };
};
