/**
 * Calls with a phone that are held and resumed, through Kamailio (RFC 5359 §2.1).
 */
import { EVERY_PROTOCOL } from "./engine.ts";
import { Inbox } from "./inbox.ts";
import { type LiveCall, reInvite } from "./line.ts";
import { callFromPhone, callPhone, hangUp, phoneHangsUp } from "./phone_calls.ts";
import type { PhoneName } from "./phone.ts";
import type { ProxyScenario } from "./proxy_trial.ts";
import { directionOf } from "./sipp_changes.ts";
import { description } from "./sipp_scenario.ts";

/** The scenarios that every phone has. */
function holdsWith(peer: PhoneName): ProxyScenario[] {
  return [
    {
      title: "the phone holds and resumes",
      peer,
      cells: ["hold"],
      protocols: EVERY_PROTOCOL,
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
        await phone.hold();
        expect("the first offer", await offers.next(), "sendonly");
        await here.acks.next();
        await phone.resume();
        // RFC 3264 §6: that nothing is said means sendrecv.
        expect("the second offer", (await offers.next()).replace("unsaid", "sendrecv"), "sendrecv");
        await here.acks.next();
        expect("offer and answer", here.session.signalingState, "Stable");
        await phoneHangsUp(scene, here);
      },
    },
    {
      title: "the engine holds and resumes",
      peer,
      cells: ["hold"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { phone, expect } = scene;
        const { here } = await callFromPhone(scene);
        expect("the answer to hold", await offer(here, 2, "sendonly"), "200 recvonly");
        await phone.isHeld?.(true);
        const resumed = await offer(here, 3, "sendrecv");
        expect("the answer to resume", resumed.replace("unsaid", "sendrecv"), "200 sendrecv");
        await phone.isHeld?.(false);
        await hangUp(scene, here);
      },
    },
  ];
}

export const PHONE_HOLDS: readonly ProxyScenario[] = [
  ...holdsWith("baresip"),
  ...holdsWith("linphone"),
];

/** Offers again: the answer's status code and direction. */
async function offer({ session }: LiveCall, version: number, direction: string): Promise<string> {
  const message = await reInvite(session, description("alice", version, direction));
  return `${message.statusCode} ${directionOf(message.body)}`;
}
