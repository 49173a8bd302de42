/**
 * Calls with baresip that are held and resumed, through Kamailio (RFC 5359 §2.1).
 */
import { Inbox } from "./inbox.ts";
import { type LiveCall, reInvite } from "./line.ts";
import { callFromPhone, callPhone, hangUp, phoneHangsUp } from "./phone_calls.ts";
import type { ProxyScenario } from "./proxy_trial.ts";
import { directionOf } from "./sipp_changes.ts";
import { description } from "./sipp_scenario.ts";

export const PHONE_HOLDS: readonly ProxyScenario[] = [
  {
    title: "the phone holds and resumes",
    peer: "baresip",
    async play(scene) {
      const { phone, expect } = scene;
      const { here } = await callPhone(scene);
      const offers = new Inbox<string>("re-INVITE");
      here.session.delegate = {
        ...here.session.delegate,
        onInvite: (request) => {
          const direction = directionOf(request.message.body);
          const opposite = direction === "sendonly" ? "recvonly" : "sendrecv";
          request.accept({ statusCode: 200, body: description("alice", 2, opposite) });
          offers.put(direction);
        },
      };
      await phone.control.command("hold");
      expect("the first offer", await offers.next(), "sendonly");
      await here.acks.next();
      await phone.control.command("resume");
      expect("the second offer", await offers.next(), "sendrecv");
      await here.acks.next();
      expect("offer and answer", here.session.signalingState, "Stable");
      await phoneHangsUp(scene, here);
    },
  },
  {
    title: "the engine holds and resumes",
    peer: "baresip",
    async play(scene) {
      const { expect } = scene;
      const { here } = await callFromPhone(scene);
      expect("the answer to hold", await offer(here, 2, "sendonly"), "200 recvonly");
      expect("the answer to resume", await offer(here, 3, "sendrecv"), "200 sendrecv");
      await hangUp(scene, here);
    },
  },
];

/** Offers again: the answer's status code and direction. */
async function offer({ session }: LiveCall, version: number, direction: string): Promise<string> {
  const message = await reInvite(session, description("alice", version, direction));
  return `${message.statusCode} ${directionOf(message.body)}`;
}
