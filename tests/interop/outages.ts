/**
 * What becomes of registrations and calls when a real proxy crashes, or a NAT forgets: `deno task outages`.
 *
 * Everything stays on 127.0.0.1 and ends by itself within five minutes. The last line is
 * `N passed, N failed`. Words after the command pick the trials that have all of them.
 */
import {
  type IncomingInviteRequest,
  type Registration,
  type RegistrationFailure,
  type Session,
  URI,
} from "@strowger/sip";
import { Engine, type Protocol } from "./engine.ts";
import { Inbox } from "./inbox.ts";
import { FlowProxy } from "./flow_proxy.ts";
import { addressOf, DOMAIN, passwordOf } from "./kamailio.ts";
import { Nat } from "./nat.ts";
import { providePeers } from "./packages.ts";
import { freePort, HOST, pause } from "./peer_process.ts";
import { description } from "./sipp_scenario.ts";

const CALLS = 50;
const RINGING = 10;
/** RFC 5626 §4.5: the first attempt fails at once, the second comes 30 to 60 seconds later. */
const BACK_OFF = 60_000;
const LIFETIME = 240;

const problem = await providePeers();
if (problem !== undefined) {
  console.error(problem);
  Deno.exit(1);
}

/** One user, kept registered. */
class User {
  readonly name: string;
  readonly engine: Engine;
  readonly registration: Registration;
  readonly invites: Inbox<IncomingInviteRequest> = new Inbox("INVITE");
  readonly failures: RegistrationFailure[] = [];
  readonly flow: string[] = [];
  /** ACKs and BYEs of far ends. */
  acks = 0;
  byes = 0;
  registrations = 0;

  private constructor(name: string, engine: Engine, proxy: string) {
    this.name = name;
    this.engine = engine;
    engine.core.delegate = { onInvite: (request) => this.invites.put(request) };
    this.registration = engine.core.registration({
      registrar: URI.parse(`sip:${DOMAIN}`),
      aor: addressOf(name),
      expires: 60,
      instanceId: `urn:uuid:${crypto.randomUUID()}`,
      regId: 1,
      routeSet: [proxy],
    }, {
      onRegistered: () => this.registrations++,
      onRefreshed: () => this.registrations++,
      onFailed: (failure) => void this.failures.push(failure),
      onFlowChange: (state) => void this.flow.push(state),
    });
  }

  static async open(name: string, protocol: Protocol, port: number): Promise<User> {
    const engine = await Engine.start(protocol, {
      credentials: [{ realm: DOMAIN, username: name, password: passwordOf(name) }],
    });
    const proxy = `<sip:${HOST}:${port};transport=${protocol.toLowerCase()};lr>`;
    const user = new User(name, engine, proxy);
    await until(`${name} is registered`, () => user.registration.state === "Registered");
    return user;
  }

  /** Notes what becomes of a session. */
  follow(session: Session): Session {
    session.delegate = { onAck: () => void this.acks++, onBye: () => void this.byes++ };
    return session;
  }

  /** Calls another user; what came of it. */
  call(to: string): { session: Promise<Session>; failure: Promise<string> } {
    const { core } = this.engine;
    const session = Promise.withResolvers<Session>();
    const failure = Promise.withResolvers<string>();
    const message = core.makeOutgoingRequestMessage(
      "INVITE",
      addressOf(to),
      addressOf(this.name),
      addressOf(to),
      {},
      undefined,
      description(this.name),
    );
    core.invite(message, {
      onAccept: (response) => {
        response.ack();
        session.resolve(this.follow(response.session));
      },
      onReject: ({ message }) => failure.resolve(`${message.statusCode} ${message.reasonPhrase}`),
    });
    return { session: session.promise, failure: failure.promise };
  }
}

async function until(what: string, isSo: () => boolean, milliseconds = 10_000): Promise<number> {
  const begin = performance.now();
  while (!isSo()) {
    if (performance.now() - begin > milliseconds) throw new Error(`expected that ${what}`);
    await pause(20);
  }
  return Math.round(performance.now() - begin);
}

function expect(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: expected ${expected}, found ${found}`);
}

/** Answers a call, with a description. */
function answer(user: User, request: IncomingInviteRequest): Session {
  const body = description(user.name);
  return user.follow(request.accept({ statusCode: 200, body }).session);
}

/** Re-INVITEs are accepted by the engine, which repeats its description: it changes nothing. */
async function crash(protocol: Protocol, directory: string): Promise<string> {
  const port = freePort();
  const start = (): Promise<FlowProxy> => FlowProxy.start({ directory, port, seconds: LIFETIME });
  let kamailio = await start();
  const users = await Promise.all(["alice", "dave"].map((each) => User.open(each, protocol, port)));
  const [alice, dave] = users as [User, User];
  const sessions: Session[] = [];
  for (let i = 0; i < CALLS; i++) {
    const placed = alice.call("dave");
    answer(dave, await dave.invites.next());
    sessions.push(await placed.session);
  }
  const ringing: IncomingInviteRequest[] = [];
  const failures: Promise<string>[] = [];
  for (let i = 0; i < RINGING; i++) {
    failures.push(alice.call("dave").failure);
    const request = await dave.invites.next();
    request.progress();
    ringing.push(request);
  }
  await until("every call is up", () => dave.acks === CALLS);
  const before = users.map((each) => each.registrations);
  await kamailio.crash();
  const crashed = performance.now();
  await pause(3000);
  kamailio = await start();
  const isBack = (user: User, i: number): boolean =>
    user.registrations > (before[i] ?? 0) && user.registration.state === "Registered";
  await until("both are registered again", () => users.every(isBack), BACK_OFF + 40_000);
  const back = Math.round((performance.now() - crashed) / 1000);
  // Those whose INVITE has had a provisional response wait for the final one, over UDP for ever.
  if (protocol === "TCP") {
    for (const failure of await Promise.all(failures)) {
      if (!failure.startsWith("503")) throw new Error(`expected a 503, found ${failure}`);
    }
  }
  for (const request of ringing) request.reject({ statusCode: 480 });
  if (protocol === "UDP") await Promise.all(failures);
  // The far ends are told of the new connections, if any; what has met meanwhile is over.
  await pause(3000);
  for (const session of sessions) session.bye();
  await until("every call has been hung up", () => dave.byes === CALLS, 20_000);
  // Whoever is called now is found.
  const placed = alice.call("dave");
  answer(dave, await dave.invites.next());
  (await placed.session).bye();
  const complaints = (await Promise.all(users.map(({ engine }) => leave(engine)))).flat();
  await kamailio.stop();
  if (complaints.length > 0) throw new Error(complaints.join("; "));
  return `registered again after ${back} s; ${failures.length} of ${RINGING} calls being set up told: ` +
    `${await failures[0]}`;
}

/** A NAT that forgets: the flow heals, and an incoming call arrives. */
async function forget(protocol: Protocol, directory: string): Promise<string> {
  const port = freePort(3);
  const kamailio = await FlowProxy.start({
    directory,
    port,
    nat: { behind: port + 1, port: port + 2 },
    seconds: LIFETIME,
  });
  const nat = new Nat(port + 2, port + 1);
  const alice = await User.open("alice", protocol, port);
  const dave = await User.open("dave", protocol, nat.port);
  const first = alice.call("dave");
  const there = answer(dave, await dave.invites.next());
  const here = await first.session;
  await until("the flow is proven", () => dave.flow.includes("open") && dave.acks === 1);
  const before = dave.registrations;
  nat.forget();
  const healed = await until(
    "dave is registered by another flow",
    () => dave.registrations > before,
    60_000,
  );
  await pause(2000);
  // A call comes in, and the one that was up can be hung up by the side that was called.
  const second = alice.call("dave");
  answer(dave, await dave.invites.next());
  (await second.session).bye();
  await until("the second call is over", () => dave.byes === 1);
  // The far end of the call that was up has been told where dave is.
  here.bye();
  await until("the first call is over", () => dave.byes === 2);
  expect("the session", there.sessionState, "Terminated");
  const complaints = (await Promise.all([alice, dave].map(({ engine }) => leave(engine)))).flat();
  nat.close();
  await kamailio.stop();
  if (complaints.length > 0) throw new Error(complaints.join("; "));
  return `registered by another flow after ${healed} ms`;
}

/** Stops an engine, of which nothing may be left. */
async function leave({ core, errors }: Engine): Promise<string[]> {
  await core.stop({ deadline: 3000 });
  const left = Object.values(core.live).some((count) => count !== 0);
  return [...errors, ...(left ? [`left: ${JSON.stringify(core.live)}`] : [])];
}

const trials = (["UDP", "TCP"] as const).flatMap((protocol) => [
  { title: `Kamailio crashes in the middle of ${CALLS} calls, ${protocol}`, run: crash, protocol },
  { title: `a NAT forgets, ${protocol}`, run: forget, protocol },
]).filter(({ title }) => Deno.args.every((word) => title.includes(word)));
let failed = 0;
for (const { title, run, protocol } of trials) {
  const directory = await Deno.makeTempDir({ prefix: "outages-" });
  try {
    console.log(`${title}: ${await run(protocol, directory)}`);
  } catch (error) {
    failed++;
    console.log(`${title}: FAILED: ${error instanceof Error ? error.stack : error}`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
console.log(`${trials.length - failed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
