/**
 * Calls through Kamailio with messages lost on the way: what timers A, E, G and H are for, and those
 * of a 2xx and of its ACK (RFC 3261 §17, §13.3.1.4).
 */
import { follow, reInvite } from "./line.ts";
import { hangUp } from "./phone_calls.ts";
import type { ProxyScenario, Scene } from "./proxy_trial.ts";
import { register } from "./registrations.ts";
import { directionOf } from "./sipp_changes.ts";
import { description } from "./sipp_scenario.ts";

/** How much is lost at the engine, of what it sends and of what it is sent. */
const LOSS = 0.15;
/** How many calls there are in each trial. */
const CALLS = 4;

export const LOSSY_CALLS: readonly ProxyScenario[] = [
  {
    title: "the engine calls, holds and hangs up; every seventh message is lost",
    peer: "baresip",
    loss: LOSS,
    protocols: ["UDP"],
    async play(scene) {
      const { open, phone, expect } = scene;
      const alice = await open("alice");
      await register(scene, alice);
      for (let i = 0; i < CALLS; i++) {
        const placed = alice.call(phone.user);
        await phone.called();
        await phone.accept();
        const here = follow((await placed.accepted.next()).session);
        await phone.established();
        const answer = await reInvite(here.session, description("alice", 2, "sendonly"));
        expect("the answer to hold", directionOf(answer.body), "recvonly");
        await hangUp(scene, here);
      }
      expectLosses(scene);
    },
  },
  {
    title: "the phone calls and hangs up; every seventh message is lost",
    peer: "baresip",
    loss: LOSS,
    protocols: ["UDP"],
    async play(scene) {
      const { open, phone, expect } = scene;
      const alice = await open("alice");
      await register(scene, alice);
      for (let i = 0; i < CALLS; i++) {
        await phone.dial("sip:alice@interop.test");
        const request = await alice.invites.next();
        request.progress();
        const body = description("alice");
        const here = follow(request.accept({ statusCode: 200, body }).session);
        await here.acks.next();
        await phone.established();
        await phone.hangUp();
        await here.byes.next();
        await phone.closed();
        expect("the session", here.session.sessionState, "Terminated");
      }
      expectLosses(scene);
    },
  },
  {
    title: "two engines call, and one gives up; every seventh message is lost",
    peer: "Kamailio",
    loss: LOSS,
    protocols: ["UDP"],
    async play(scene) {
      const { open, expect } = scene;
      const [alice, dave] = await Promise.all([open("alice"), open("dave")]);
      await register(scene, alice, dave);
      for (let i = 0; i < CALLS; i++) {
        const placed = alice.call("dave");
        const request = await dave.invites.next();
        const isCancelled = Promise.withResolvers<boolean>();
        request.delegate = { onCancel: () => isCancelled.resolve(true) };
        request.progress();
        placed.request.cancel();
        expect("cancelled", await isCancelled.promise, true);
        let code = await placed.progress.next();
        while (code < 200) code = await placed.progress.next();
        expect("the answer", code, 487);
      }
      expectLosses(scene);
    },
  },
];

function expectLosses({ lost, expect }: Scene): void {
  expect("losses", lost() > 0, true);
}
