/**
 * JsSIP as a caller.
 *
 * @module
 */
import type { Call, Caller } from "./caller.ts";
import { answer } from "./far_end.ts";
import { jsSipAgent } from "./jssip_agent.ts";

/** The caller's side only. */
export function jsSipCaller(): Caller {
  let onByeAnswered = (): void => {};
  const { agent, receive } = jsSipAgent("alice", "192.0.2.101", (text) => {
    answer(text, receive);
    if (text.startsWith("BYE ")) queueMicrotask(() => onByeAnswered());
  });
  return {
    name: "JsSIP 3.13.8, caller",
    place: () => {
      const { promise, resolve, reject } = Promise.withResolvers<Call>();
      const session = agent.call("sip:bob@192.0.2.201", {
        mediaConstraints: { audio: false, video: false },
        eventHandlers: {
          confirmed: () =>
            resolve({
              hangUp: () => {
                return new Promise((resolve) => {
                  onByeAnswered = resolve;
                  session.terminate();
                });
              },
            }),
          failed: ({ cause }: { cause: string }) => reject(new Error(cause)),
        },
      });
      return promise;
    },
  };
}
