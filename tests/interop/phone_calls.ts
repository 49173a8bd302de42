/**
 * Calls with a phone, baresip or linphone, through Kamailio.
 */
import { EVERY_PROTOCOL } from "./engine.ts";
import { follow, type Line, type LiveCall } from "./line.ts";
import type { PhoneName } from "./phone.ts";
import type { ProxyScenario, Scene } from "./proxy_trial.ts";
import { register } from "./registrations.ts";
import { description } from "./sipp_scenario.ts";

/** The scenarios that every phone has. */
function callsWith(peer: PhoneName): ProxyScenario[] {
  return [
    {
      title: "the engine calls and hangs up",
      peer,
      cells: ["we call", "hang up here"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { here } = await callPhone(scene);
        await hangUp(scene, here);
      },
    },
    {
      title: "the engine calls a phone of the other transport",
      peer,
      async play(scene) {
        // Kamailio records itself twice, once for each side.
        const across = { ...scene, phone: scene.other };
        const { here } = await callPhone(across);
        await hangUp(across, here);
      },
    },
    {
      title: "the engine calls, the phone hangs up",
      peer,
      cells: ["we call", "hang up there"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { here } = await callPhone(scene);
        await phoneHangsUp(scene, here);
      },
    },
    {
      title: "the phone calls, the engine hangs up",
      peer,
      cells: ["called", "hang up here"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { here } = await callFromPhone(scene);
        await hangUp(scene, here);
      },
    },
    {
      title: "the phone calls and hangs up",
      peer,
      cells: ["called", "hang up there"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { here } = await callFromPhone(scene);
        await phoneHangsUp(scene, here);
      },
    },
    {
      title: "the engine calls, the phone refuses",
      peer,
      cells: ["busy"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { phone, expect } = scene;
        const placed = (await openAlice(scene)).call(phone.user);
        await phone.called();
        expect("progress", await placed.progress.next(), 180);
        await phone.hangUp();
        expect("the answer", await placed.progress.next(), phone.refusal);
        await phone.closed();
      },
    },
    {
      title: "the engine calls, and gives up",
      peer,
      cells: ["cancel"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { phone, expect } = scene;
        const placed = (await openAlice(scene)).call(phone.user);
        await phone.called();
        expect("progress", await placed.progress.next(), 180);
        placed.request.cancel();
        await phone.closed();
        expect("the answer", await placed.progress.next(), 487);
      },
    },
    {
      title: "the phone calls, and gives up",
      peer,
      cells: ["cancel"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { phone, expect } = scene;
        const alice = await openAlice(scene);
        await phone.dial(ALICE);
        const request = await alice.invites.next();
        const cancelled = Promise.withResolvers<boolean>();
        request.delegate = { onCancel: () => cancelled.resolve(true) };
        request.progress();
        await phone.ringing();
        await phone.hangUp();
        await phone.closed();
        expect("cancelled", await cancelled.promise, true);
      },
    },
    {
      title: "the phone calls, the engine is busy",
      peer,
      cells: ["busy"],
      protocols: EVERY_PROTOCOL,
      async play(scene) {
        const { phone, expect } = scene;
        const alice = await openAlice(scene);
        await phone.dial(ALICE);
        (await alice.invites.next()).reject({ statusCode: 486 });
        expect("why it closed", await phone.closed(), WHY_BUSY[peer]);
      },
    },
  ];
}

export const PHONE_CALLS: readonly ProxyScenario[] = [
  ...callsWith("baresip"),
  {
    title: "the phone calls, the engine declines",
    peer: "baresip",
    async play(scene) {
      const { phone, expect } = scene;
      const alice = await openAlice(scene);
      await phone.dial(ALICE);
      (await alice.invites.next()).reject({ statusCode: 603 });
      expect("why it closed", await phone.closed(), "603 Decline");
    },
  },
  ...callsWith("linphone"),
  {
    title: "the phone is in a call, and is called by another engine",
    peer: "linphone",
    cells: ["busy"],
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { phone, open, expect } = scene;
      const { here } = await callPhone(scene);
      const dave = await open("dave");
      expect("the answer", await dave.call(phone.user).progress.next(), 486);
      expect("the call that was there", here.session.sessionState, "Confirmed");
      await hangUp(scene, here);
    },
  },
];

/** Whom the phones call. */
const ALICE = "sip:alice@interop.test";

/** What the phones say when whom they call is busy. */
const WHY_BUSY: Readonly<Record<PhoneName, string>> = {
  baresip: "486 Busy Here",
  linphone: "Error",
};

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
  await phone.called();
  expect("progress", await placed.progress.next(), 180);
  await phone.accept();
  const here = follow((await placed.accepted.next()).session);
  await phone.established();
  return { alice, here };
}

/** A call from the phone that is up. */
export async function callFromPhone(scene: Scene): Promise<{ alice: Line; here: LiveCall }> {
  const { phone } = scene;
  const alice = await openAlice(scene);
  await phone.dial(ALICE);
  const request = await alice.invites.next();
  request.progress();
  await phone.ringing();
  const here = follow(request.accept({ statusCode: 200, body: description("alice") }).session);
  await here.acks.next();
  await phone.established();
  return { alice, here };
}

/** The engine hangs up. */
export async function hangUp({ phone, expect }: Scene, { session }: LiveCall): Promise<void> {
  const answered = Promise.withResolvers<number | undefined>();
  const put = ({ message }: { message: { statusCode: number | undefined } }) =>
    answered.resolve(message.statusCode);
  session.bye({ onAccept: put, onReject: put });
  await phone.closed();
  expect("the answer to BYE", await answered.promise, 200);
}

/** The phone hangs up. */
export async function phoneHangsUp({ phone, expect }: Scene, here: LiveCall): Promise<void> {
  await phone.hangUp();
  await here.byes.next();
  expect("the session", here.session.sessionState, "Terminated");
  await phone.closed();
}
