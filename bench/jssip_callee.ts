/**
 * JsSIP as a callee, of a script that calls.
 *
 * @module
 */
import type { MakeCallee } from "./calling_script.ts";
import { jsSipAgent } from "./jssip_agent.ts";

/** The callee's side only: JsSIP answers with 100 and 180 by itself. */
export const jsSipCallee: MakeCallee = (send) => {
  const { agent, receive } = jsSipAgent("bob", "192.0.2.201", send);
  agent.on("newRTCSession", ({ session }: { session: { answer(options: unknown): void } }) => {
    session.answer({ mediaConstraints: { audio: false, video: false } });
  });
  return { name: "JsSIP 3.13.8, callee", receive };
};
