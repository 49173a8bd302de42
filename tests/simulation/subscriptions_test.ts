/**
 * Subscriptions and referrals between two engines over bad networks: many seeds, and what each has to
 * keep.
 *
 * `SEED=123 deno test -A tests/simulation/subscriptions_test.ts` plays one seed again and prints what
 * happened.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  InternalError,
  type Notifier,
  type ReferNotifier,
  type StrowgerError,
  type Subscription,
  subscriptionStateOf,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { VirtualClock } from "../support/virtual_clock.ts";
import { drawImpairment, impairedNetwork, type NetworkKind } from "./impairment.ts";
import { Prng } from "./prng.ts";

const SEEDS = 600;
const replayed = Deno.env.get("SEED");
const PIDF = { contentDisposition: "", contentType: "application/pidf+xml", content: "<open/>" };

/** One run of a seed. */
class Play {
  readonly prng: Prng;
  readonly clock: VirtualClock = new VirtualClock();
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  readonly network: NetworkKind;
  /** What was told now and then, so that the seeds are known to say something. */
  readonly seen: Set<string> = new Set();
  private readonly alice: UserAgentCore;
  private readonly bob: UserAgentCore;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    const impairment = drawImpairment(this.prng);
    this.network = impairment.kind;
    const network = impairedNetwork(impairment, this.clock, this.prng.fork(), () => {});
    const core = (host: string): UserAgentCore => {
      const random = this.prng.fork();
      return new UserAgentCore({
        transports: [network.transport({ host, port: 5060 }, { protocol: impairment.protocol })],
        clock: this.clock,
        random: (octets) => random.fill(octets),
        logger: { debug: () => {}, warn: () => {} },
        onError: (error) => this.report(error),
        minSubscriptionExpires: 20,
        trace: ({ direction, bytes }) => {
          if (direction === "in") return;
          const text = new TextDecoder().decode(bytes);
          this.note(`${host} ${text.slice(0, 40).replaceAll("\r\n", " ")}`);
        },
      });
    };
    this.alice = core("alice.example");
    this.bob = core("bob.example");
  }

  /** Plays it to its end. */
  async run(): Promise<this> {
    this.serve();
    for (let i = this.prng.integer(1, 4); i > 0; i--) {
      this.later(30_000, () => this.prng.chance(0.3) ? this.refer() : this.subscribe());
    }
    this.clock.advance(200_000);
    const stops = this.prng.chance(0.5);
    const ended = [this.alice, this.bob].map((core) =>
      stops ? core.stop({ deadline: 40_000 }) : undefined
    );
    // Whatever was asked for is over by then, by itself.
    this.clock.advance(900_000);
    await Promise.all(ended);
    const nothing = { clients: 0, servers: 0, dialogs: 0, entries: 0 };
    for (const core of [this.alice, this.bob]) {
      const left = JSON.stringify(core.live);
      if (left !== JSON.stringify(nothing)) this.violations.push(`left in a core: ${left}`);
    }
    if (this.clock.pending > 0) this.violations.push(`timers left: ${this.clock.pending}`);
    if (!stops) await Promise.all([this.alice.dispose(), this.bob.dispose()]);
    return this;
  }

  private serve(): void {
    this.bob.delegate.onSubscribe = (request) => {
      if (this.prng.chance(0.1)) return void request.reject({ statusCode: 403 });
      const { notifier } = request.accept();
      this.hold(notifier);
      if (this.prng.chance(0.5)) this.attempt(() => notifier.notify("pending"));
      for (let i = this.prng.integer(0, 3); i > 0; i--) {
        this.later(60_000, () => notifier.notify("active", PIDF));
      }
      if (this.prng.chance(0.3)) this.later(60_000, () => notifier.terminate("deactivated"));
      if (this.prng.chance(0.1)) this.later(60_000, () => notifier.dispose());
    };
    this.bob.delegate.onRefer = (request) => {
      if (this.prng.chance(0.1)) return void request.reject({ statusCode: 603 });
      const { notifier } = request.accept();
      if (notifier === undefined) return void this.seen.add("no reports");
      this.hold(notifier);
      this.proceed(notifier);
    };
  }

  private proceed(notifier: ReferNotifier): void {
    if (this.prng.chance(0.7)) this.later(10_000, () => notifier.report(180));
    if (this.prng.chance(0.7)) {
      this.later(60_000, () => notifier.report(this.prng.pick([200, 486])));
    }
  }

  /** Nothing is told after the end. */
  private hold(notifier: Notifier): void {
    this.seen.add("notifier");
    let ends = 0;
    notifier.delegate = {
      onTerminated: () => {
        this.seen.add("notifier ended");
        if (++ends > 1) this.violations.push("a notifier ended twice");
        if (notifier.subscriptionState !== "Terminated") this.violations.push("it ended and lives");
      },
    };
  }

  private subscribe(): void {
    const expires = this.prng.pick(["0", "5", "30", "60", "300"]);
    const message = this.made("SUBSCRIBE", ["Event: presence", `Expires: ${expires}`]);
    const request = this.alice.subscribe(message, {
      onReject: ({ message }) => void this.seen.add(`onReject ${message.statusCode}`),
      onNotifyTimeout: () => void this.seen.add("onNotifyTimeout"),
      onNotify: ({ subscription }) => this.keep(subscription),
    });
    if (this.prng.chance(0.1)) this.later(20_000, () => request.dispose());
    if (this.prng.chance(0.1)) this.later(20_000, () => request.waitNotifyStop());
  }

  private refer(): void {
    const headers = ["Refer-To: <sip:carol@carol.example>"];
    if (this.prng.chance(0.2)) headers.push("Refer-Sub: false");
    this.alice.refer(this.made("REFER", headers), {
      onNotify: ({ subscription }) => this.keep(subscription),
    });
  }

  private keep(subscription: Subscription | undefined): void {
    if (subscription === undefined) return void this.seen.add("fetched");
    this.seen.add("subscription");
    let isOver = false;
    const end = (how: string): void => {
      this.seen.add(how);
      if (isOver) this.violations.push(`told of its end again: ${how}`);
      isOver = true;
      if (subscription.subscriptionState !== "Terminated") {
        this.violations.push("it ended and lives");
      }
      if (subscription.subscriptionExpires !== 0) {
        this.violations.push("it ended and has time left");
      }
    };
    subscription.delegate = {
      onNotify: ({ message }) => {
        if (isOver) this.violations.push("a NOTIFY after the end");
        if (subscriptionStateOf(message)?.state === "terminated") end("ended by NOTIFY");
      },
      onTerminated: () => end("onTerminated"),
      onRefresh: () => void this.seen.add("onRefresh"),
    };
    // It ends at last, whatever happens.
    if (this.prng.chance(0.4)) {
      subscription.autoRefresh = true;
      this.clock.setTimeout(() => subscription.autoRefresh = false, 100_000);
    }
    if (this.prng.chance(0.3)) this.later(60_000, () => subscription.refresh());
    if (this.prng.chance(0.4)) this.later(100_000, () => subscription.unsubscribe());
    if (this.prng.chance(0.1)) {
      this.later(60_000, () => {
        subscription.dispose();
        isOver = true;
      });
    }
  }

  private made(method: string, headers: string[]) {
    const [alice, bob] = [URI.parse("sip:alice@alice.example"), URI.parse("sip:bob@bob.example")];
    return this.alice.makeOutgoingRequestMessage(method, bob, alice, bob, {}, headers);
  }

  private later(longest: number, run: () => unknown): void {
    this.clock.setTimeout(() => this.attempt(run), this.prng.delay(longest));
  }

  /** What comes too late is refused at the call, and that is all. */
  private attempt(run: () => unknown): void {
    try {
      run();
    } catch (error) {
      this.seen.add(`refused: ${(error as Error).name}`);
      if ((error as Error).name !== "InvalidStateError") this.violations.push(`threw ${error}`);
    }
  }

  private report(error: StrowgerError): void {
    this.note(`${error}`);
    const isOurs = error instanceof InternalError || error.name === "DelegateError";
    if (isOurs) this.violations.push(`reported: ${error}`);
  }

  private note(what: string): void {
    this.trace.push(`${this.clock.now()} ${what}`);
  }
}

Deno.test(
  "one seed of subscriptions, with its trace",
  { ignore: replayed === undefined },
  async () => {
    const { trace, violations } = await new Play(Number(replayed)).run();
    console.log(trace.join("\n"));
    assertEquals(violations, []);
  },
);

Deno.test(`${SEEDS} seeds of subscriptions: nothing is left, nothing is told after the end`, async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const play = await new Play(seed).run();
    const replay = `SEED=${seed} deno test -A tests/simulation/subscriptions_test.ts`;
    assertEquals([...new Set(play.violations)], [], `${play.network}; replay: ${replay}`);
    for (const each of play.seen) seen.add(each);
  }
  for (
    const what of [
      "subscription",
      "notifier",
      "fetched",
      "no reports",
      "ended by NOTIFY",
      "onTerminated",
      "notifier ended",
      "onRefresh",
      "onNotifyTimeout",
      "onReject 403",
      "onReject 408",
      "refused: InvalidStateError",
    ]
  ) assert(seen.has(what), `it never happens: ${what}`);
});
