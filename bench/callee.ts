/**
 * Strowger as a callee, of a script that calls.
 *
 * @module
 */
import { type Clock, UserAgentCore } from "../mod.ts";
import { BODY, onError, scriptedTransport } from "./caller.ts";
import type { MakeCallee } from "./calling_script.ts";

/** The callee's side only: it answers with 100, 180 and 200. */
export function callee(clock: Clock): MakeCallee {
  return (send) => {
    const { transport, receive } = scriptedTransport("bob", send);
    new UserAgentCore({ transports: [transport], clock, onError }, {
      onInvite: (request) => {
        request.trying();
        request.progress();
        request.accept({ statusCode: 200, body: BODY });
      },
    });
    return { name: "Strowger, callee", receive };
  };
}
