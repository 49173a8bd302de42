/**
 * Registrations at Kamailio, and what it challenges.
 */
import { EVERY_PROTOCOL } from "./engine.ts";
import { header, parameter } from "./logged_header.ts";
import { follow, type Line, type LiveCall, reInvite } from "./line.ts";
import { pause } from "./peer_process.ts";
import type { ProxyScenario, Scene } from "./proxy_trial.ts";
import { directionOf } from "./sipp_changes.ts";
import { description } from "./sipp_scenario.ts";
import { NONCE_EXPIRE } from "./stage.ts";

/** The scenarios that are there for each algorithm. */
function challenged(algorithm: "MD5" | "SHA-256"): ProxyScenario[] {
  const isSha256 = algorithm === "SHA-256";
  return [
    {
      title: `REGISTER, challenged with ${algorithm}; refreshed; removed`,
      peer: "Kamailio",
      isSha256,
      protocols: isSha256 ? ["UDP", "TCP"] : EVERY_PROTOCOL,
      async play({ open, expect }) {
        const alice = await open("alice");
        const first = await alice.register(60);
        expect("the answer", first.statusCode, 200);
        expect("bindings", first.getHeaders("Contact").length, 1);
        expect("what went", wire(alice), "REGISTER 401 REGISTER+1 200");
        expect("the algorithm", challenge(alice, "algorithm"), algorithm);
        const refreshed = await alice.register(60);
        expect("the answer to the second", refreshed.statusCode, 200);
        expect("what went then", wire(alice), "REGISTER 401 REGISTER+1 200 REGISTER+2 200");
        const removed = await alice.register(0);
        expect("the answer to the last", removed.statusCode, 200);
        expect("bindings at the end", removed.getHeaders("Contact").length, 0);
      },
    },
    {
      title: `INVITE and MESSAGE, challenged with ${algorithm}`,
      peer: "Kamailio",
      isSha256,
      protocols: isSha256 ? ["UDP", "TCP"] : EVERY_PROTOCOL,
      async play(scene) {
        const { open, expect } = scene;
        const [alice, dave] = await Promise.all([open("alice"), open("dave")]);
        await register(scene, alice, dave);
        const placed = alice.call("dave");
        const request = await dave.invites.next();
        request.progress();
        expect("progress", await placed.progress.next(), 180);
        const there = follow(request.accept().session);
        const here = follow((await placed.accepted.next()).session);
        const invites = alice.engine.messages.filter((each) => each.method === "INVITE");
        expect("INVITEs", invites.length, 2);
        expect("CSeqs", invites.map((each) => parseInt(header(each, "cseq"))).join(), "1,2");
        // A BYE may overtake the ACK between the processes of the proxy.
        await there.acks.next();
        here.session.bye();
        await there.byes.next();
        const answer = await alice.sendText("dave", "Watson, come here.");
        expect("the answer to MESSAGE", answer.statusCode, 200);
        expect("the text", (await dave.texts.next()).body, "Watson, come here.");
      },
    },
  ];
}

export const REGISTRATIONS: readonly ProxyScenario[] = [
  ...challenged("MD5"),
  ...challenged("SHA-256"),
  {
    title: "a nonce grows stale",
    peer: "Kamailio",
    isSha256: true,
    async play({ open, expect }) {
      const alice = await open("alice");
      await alice.register(60);
      await pause((NONCE_EXPIRE + 1.5) * 1000);
      const second = await alice.register(60);
      expect("the answer", second.statusCode, 200);
      const went = "REGISTER 401 REGISTER+1 200 REGISTER+2 401 REGISTER+1 200";
      expect("what went", wire(alice), went);
      expect("stale", challenge(alice, "stale")?.toLowerCase(), "true");
    },
  },
  {
    title: "requests within a dialog are challenged",
    peer: "Kamailio",
    isSha256: true,
    async play(scene) {
      const { open, expect } = scene;
      const [alice, dave] = await Promise.all([open("alice"), open("dave")]);
      await register(scene, alice, dave);
      const placed = alice.call("dave");
      const there = follow(
        (await dave.invites.next()).accept({
          statusCode: 200,
          body: description("dave"),
        }).session,
      );
      const here = follow((await placed.accepted.next()).session);
      await there.acks.next();
      // The caller's nonce has grown old meanwhile; the callee has had none for its INVITE.
      await pause((NONCE_EXPIRE + 1.5) * 1000);
      const direction = async (call: LiveCall, user: string) =>
        directionOf((await reInvite(call.session, description(user, 2, "sendonly"))).body);
      const takeReInvite = (call: LiveCall, user: string) => {
        call.session.delegate = {
          ...call.session.delegate,
          onInvite: (request) => {
            const body = description(user, 2, "recvonly");
            request.accept({ statusCode: 200, body });
          },
        };
      };
      takeReInvite(there, "dave");
      takeReInvite(here, "alice");
      expect("the answer to the caller", await direction(here, "alice"), "recvonly");
      await there.acks.next();
      expect("the answer to the callee", await direction(there, "dave"), "recvonly");
      await here.acks.next();
      const challenges = (line: Line) =>
        line.engine.messages.filter(({ isPeers, status }) => isPeers && status === 407).length;
      expect("challenges to the caller", challenges(alice), 2);
      expect("challenges to the callee", challenges(dave), 1);
      there.session.bye();
      await here.byes.next();
    },
  },
  {
    title: "a wrong password is tried once",
    peer: "Kamailio",
    async play({ open, expect }) {
      const alice = await open("alice", { password: "guessed" });
      const answer = await alice.register(60);
      expect("the answer", answer.statusCode, 401);
      expect("what went", wire(alice), "REGISTER 401 REGISTER+1 401");
    },
  },
  {
    title: "a call forks",
    peer: "Kamailio",
    async play(scene) {
      const { open, expect } = scene;
      const [alice, desk, mobile] = await Promise.all([open("alice"), open("dave"), open("dave")]);
      await register(scene, alice, desk, mobile);
      const placed = alice.call("dave");
      const requests = [await desk.invites.next(), await mobile.invites.next()];
      const isCancelled = Promise.withResolvers<boolean>();
      for (const request of requests) {
        request.delegate = { onCancel: () => isCancelled.resolve(request === requests[1]) };
        request.progress();
        expect("progress", await placed.progress.next(), 180);
      }
      const there = requests[0]?.accept().session;
      const here = follow((await placed.accepted.next()).session);
      expect("the other is cancelled", await isCancelled.promise, true);
      expect("the tag at the other end", here.session.remoteTag, there?.localTag);
      there?.bye();
      await here.byes.next();
    },
  },
  {
    title: "a call to nobody",
    peer: "Kamailio",
    async play({ open, expect }) {
      const alice = await open("alice");
      expect("the answer", await alice.call("nobody").progress.next(), 404);
    },
  },
];

/** Registers lines for the length of a trial. */
export async function register({ expect }: Scene, ...lines: Line[]): Promise<void> {
  for (const line of lines) {
    expect(`registering ${line.user}`, (await line.register(60)).statusCode, 200);
  }
}

/** Methods, with the nonce count where there are credentials, and status codes. */
function wire({ engine }: Line): string {
  return engine.messages.map((each) => {
    const count = parameter(`;${header(each, "authorization").replaceAll(", ", ";")}`, "nc");
    return each.status ?? (count === undefined ? each.method : `${each.method}+${parseInt(count)}`);
  }).join(" ");
}

/** A parameter of the last challenge that came. */
function challenge({ engine }: Line, name: string): string | undefined {
  const challenges = engine.messages.map((each) =>
    header(each, "www-authenticate") || header(each, "proxy-authenticate")
  ).filter((each) => each !== "");
  const values = `;${challenges.at(-1)?.replaceAll(/,\s*/g, ";")}`.replaceAll('"', "");
  return parameter(values, name);
}
