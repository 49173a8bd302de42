/**
 * Calls of two engines through Kamailio, both of which say what they have come to.
 */
import { EVERY_PROTOCOL } from "./engine.ts";
import { Inbox } from "./inbox.ts";
import { follow, type Line, type LiveCall, reInvite } from "./line.ts";
import type { ProxyScenario, Scene } from "./proxy_trial.ts";
import { register } from "./registrations.ts";
import { directionOf } from "./sipp_changes.ts";
import { description } from "./sipp_scenario.ts";

export const ENGINE_CALLS: readonly ProxyScenario[] = [
  {
    title: "two engines: the caller hangs up",
    peer: "Kamailio",
    cells: ["we call", "called", "hang up here"],
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { here, there } = await callUp(scene);
      await hangUp(scene, here, there);
    },
  },
  {
    title: "two engines: the callee hangs up",
    peer: "Kamailio",
    cells: ["we call", "called", "hang up there"],
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { here, there } = await callUp(scene);
      await hangUp(scene, there, here);
    },
  },
  {
    title: "two engines: each holds and resumes",
    peer: "Kamailio",
    cells: ["hold"],
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { here, there } = await callUp(scene);
      await holdAndResume(scene, here, there);
      await holdAndResume(scene, there, here);
      await hangUp(scene, here, there);
    },
  },
  {
    title: "two engines: the caller gives up",
    peer: "Kamailio",
    cells: ["cancel"],
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const { expect } = scene;
      const [alice, dave] = await openBoth(scene);
      const placed = alice.call("dave");
      const request = await dave.invites.next();
      const cancelled = Promise.withResolvers<string>();
      request.delegate = { onCancel: ({ method }) => cancelled.resolve(method) };
      request.progress();
      expect("progress", await placed.progress.next(), 180);
      placed.request.cancel();
      expect("at the callee", await cancelled.promise, "CANCEL");
      expect("the answer", await placed.progress.next(), 487);
    },
  },
  {
    title: "two engines: the callee is busy",
    peer: "Kamailio",
    cells: ["busy"],
    protocols: EVERY_PROTOCOL,
    async play(scene) {
      const [alice, dave] = await openBoth(scene);
      const placed = alice.call("dave");
      (await dave.invites.next()).reject({ statusCode: 486 });
      scene.expect("the answer", await placed.progress.next(), 486);
    },
  },
];

async function openBoth(scene: Scene): Promise<[Line, Line]> {
  const [alice, dave] = await Promise.all([scene.open("alice"), scene.open("dave")]);
  await register(scene, alice, dave);
  return [alice, dave];
}

/** A call that is up at both ends. */
async function callUp(scene: Scene): Promise<{ here: LiveCall; there: LiveCall }> {
  const { expect } = scene;
  const [alice, dave] = await openBoth(scene);
  const placed = alice.call("dave");
  const request = await dave.invites.next();
  request.progress();
  expect("progress", await placed.progress.next(), 180);
  const body = description("dave");
  const there = follow(request.accept({ statusCode: 200, body }).session);
  const here = follow((await placed.accepted.next()).session);
  await there.acks.next();
  for (const { session } of [here, there]) {
    expect("the session", `${session.sessionState} ${session.signalingState}`, "Confirmed Stable");
  }
  return { here, there };
}

/** One end offers twice; the other says what it was offered, and agrees. */
async function holdAndResume({ expect }: Scene, one: LiveCall, other: LiveCall): Promise<void> {
  const offers = new Inbox<string>("re-INVITE");
  other.session.delegate = {
    ...other.session.delegate,
    onInvite: (request) => {
      const direction = directionOf(request.message.body);
      const answer = direction === "sendonly" ? "recvonly" : "sendrecv";
      request.accept({ statusCode: 200, body: description("other", 2, answer) });
      offers.put(direction);
    },
  };
  for (const [offer, answer] of [["sendonly", "recvonly"], ["sendrecv", "sendrecv"]] as const) {
    const { statusCode, body } = await reInvite(one.session, description("one", 2, offer));
    expect("the answer", `${statusCode} ${directionOf(body)}`, `200 ${answer}`);
    expect("the offer", await offers.next(), offer);
    await other.acks.next();
    expect("offer and answer", other.session.signalingState, "Stable");
  }
}

/** One end hangs up, and both are told. */
async function hangUp({ expect }: Scene, one: LiveCall, other: LiveCall): Promise<void> {
  const answers = new Inbox<number | undefined>("answer to BYE");
  const put = ({ message }: { message: { statusCode: number | undefined } }) =>
    answers.put(message.statusCode);
  one.session.bye({ onAccept: put, onReject: put });
  await other.byes.next();
  expect("the answer to BYE", await answers.next(), 200);
  expect("the session that was hung up", other.session.sessionState, "Terminated");
}
