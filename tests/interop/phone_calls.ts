/**
 * Calls with baresip, through Kamailio.
 */
import { EVERY_PROTOCOL } from "./engine.ts";
import { follow, type Line, type LiveCall } from "./line.ts";
import type { ProxyScenario, Scene } from "./proxy_trial.ts";
import { register } from "./registrations.ts";
import { description } from "./sipp_scenario.ts";

export const PHONE_CALLS: readonly ProxyScenario[] = [
  {
    title: "the engine calls and hangs up",
    peer: "baresip",
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { here } = await callPhone(scene);
      await hangUp(scene, here);
    },
  },
  {
    title: "the engine calls a phone of the other transport",
    peer: "baresip",
    async play(scene) {
      // Kamailio records itself twice, once for each side.
      const across = { ...scene, phone: scene.other };
      const { here } = await callPhone(across);
      await hangUp(across, here);
    },
  },
  {
    title: "the engine calls, the phone hangs up",
    peer: "baresip",
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { here } = await callPhone(scene);
      await phoneHangsUp(scene, here);
    },
  },
  {
    title: "the phone calls, the engine hangs up",
    peer: "baresip",
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { here } = await callFromPhone(scene);
      await hangUp(scene, here);
    },
  },
  {
    title: "the phone calls and hangs up",
    peer: "baresip",
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { here } = await callFromPhone(scene);
      await phoneHangsUp(scene, here);
    },
  },
  {
    title: "the engine calls, the phone refuses",
    peer: "baresip",
    async play(scene) {
      const { phone, expect } = scene;
      const placed = (await openAlice(scene)).call(phone.user);
      await phone.control.event("CALL_INCOMING");
      expect("progress", await placed.progress.next(), 180);
      await phone.control.command("hangup");
      expect("the answer", await placed.progress.next(), 486);
    },
  },
  {
    title: "the engine calls, and gives up",
    peer: "baresip",
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { phone, expect } = scene;
      const placed = (await openAlice(scene)).call(phone.user);
      await phone.control.event("CALL_INCOMING");
      expect("progress", await placed.progress.next(), 180);
      placed.request.cancel();
      await phone.control.event("CALL_CLOSED");
      expect("the answer", await placed.progress.next(), 487);
    },
  },
  {
    title: "the phone calls, and gives up",
    peer: "baresip",
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { phone, expect } = scene;
      const alice = await openAlice(scene);
      await phone.control.command("dial", "sip:alice@interop.test");
      const request = await alice.invites.next();
      const cancelled = Promise.withResolvers<boolean>();
      request.delegate = { onCancel: () => cancelled.resolve(true) };
      request.progress();
      await phone.control.event("CALL_RINGING");
      await phone.control.command("hangup");
      await phone.control.event("CALL_CLOSED");
      expect("cancelled", await cancelled.promise, true);
    },
  },
  {
    title: "the phone calls, the engine refuses",
    peer: "baresip",
    async play(scene) {
      const { phone, expect } = scene;
      const alice = await openAlice(scene);
      await phone.control.command("dial", "sip:alice@interop.test");
      (await alice.invites.next()).reject({ statusCode: 603 });
      expect("why it closed", (await phone.control.event("CALL_CLOSED")).param, "603 Decline");
    },
  },
];

/** The engine's user, who is registered. */
async function openAlice(scene: Scene): Promise<Line> {
  const alice = await scene.open("alice");
  await register(scene, alice);
  return alice;
}

/** A call to the phone that is up. */
export async function callPhone(scene: Scene): Promise<{ alice: Line; here: LiveCall }> {
  const { phone, expect } = scene;
  const alice = await openAlice(scene);
  const placed = alice.call(phone.user);
  await phone.control.event("CALL_INCOMING");
  expect("progress", await placed.progress.next(), 180);
  await phone.control.command("accept");
  const here = follow((await placed.accepted.next()).session);
  await phone.control.event("CALL_ESTABLISHED");
  return { alice, here };
}

/** A call from the phone that is up. */
export async function callFromPhone(scene: Scene): Promise<{ alice: Line; here: LiveCall }> {
  const { phone } = scene;
  const alice = await openAlice(scene);
  await phone.control.command("dial", "sip:alice@interop.test");
  const request = await alice.invites.next();
  request.progress();
  await phone.control.event("CALL_RINGING");
  const here = follow(request.accept({ statusCode: 200, body: description("alice") }).session);
  await here.acks.next();
  await phone.control.event("CALL_ESTABLISHED");
  return { alice, here };
}

/** The engine hangs up. */
export async function hangUp({ phone, expect }: Scene, { session }: LiveCall): Promise<void> {
  const answered = Promise.withResolvers<number | undefined>();
  const put = ({ message }: { message: { statusCode: number | undefined } }) =>
    answered.resolve(message.statusCode);
  session.bye({ onAccept: put, onReject: put });
  await phone.control.event("CALL_CLOSED");
  expect("the answer to BYE", await answered.promise, 200);
}

/** The phone hangs up. */
export async function phoneHangsUp({ phone, expect }: Scene, here: LiveCall): Promise<void> {
  await phone.control.command("hangup");
  await here.byes.next();
  expect("the session", here.session.sessionState, "Terminated");
  await phone.control.event("CALL_CLOSED");
}
