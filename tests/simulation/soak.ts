/**
 * A long day of two engines: thousands of calls, subscriptions and other requests, many at a time, over
 * a network that loses and repeats messages; and a fifth of them are made to fail in some way.
 *
 * @module
 */
import {
  type Body,
  DigestAuthenticator,
  InvalidStateError,
  type OutgoingRequestMessage,
  type StrowgerError,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { TestProxy } from "../support/test_proxy.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { description } from "./guest.ts";
import { Prng } from "./prng.ts";
import { CALLS, serveCalls } from "./soak_calls.ts";
import { REQUESTS, serveRequests } from "./soak_requests.ts";

/** One way in which an operation may go. */
export interface Operation {
  /** How often, beside the others. */
  readonly weight: number;
  /** Whether it is made to fail. */
  readonly fails: boolean;
  /** Begins it; `tell` says what became of it. */
  readonly begin: (soak: Soak, tell: (outcome: string) => void) => void;
}

/** What the engines were left with. */
export interface Leftovers {
  readonly live: readonly (typeof UserAgentCore.prototype.live)[];
  readonly timers: number;
}

const OPERATIONS: { readonly [name: string]: Operation } = { ...CALLS, ...REQUESTS };

/** How far apart operations begin, in milliseconds: a thousand of them are under way at a time. */
const PACE = 40;
/** What of all messages gets lost, and what comes twice. */
const LOSS = 0.02;
const REPETITION = 0.02;

/** See the module. */
export class Soak {
  readonly clock: VirtualClock = new VirtualClock();
  readonly prng: Prng;
  /** Who calls. */
  readonly near: UserAgentCore;
  /** Who is called, and whom a proxy forks to besides. */
  readonly far: UserAgentCore;
  readonly other: UserAgentCore;
  readonly authenticator: DigestAuthenticator;
  /** How many operations there were, by name; and how many of them were told of, by what. */
  readonly begun: Map<string, number> = new Map();
  readonly outcomes: Map<string, number> = new Map();
  readonly reports: StrowgerError[] = [];
  /** The most that lived at one time, in all engines. */
  peak = 0;
  private readonly network: MemoryNetwork;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    const weather = this.prng.fork();
    this.network = new MemoryNetwork({
      deliver: (run) => {
        const deliver = (): void => void this.clock.setTimeout(run, weather.integer(1, 100));
        if (!weather.chance(LOSS)) deliver();
        if (weather.chance(REPETITION)) deliver();
      },
    });
    this.near = this.core("near.example");
    this.far = this.core("far.example");
    this.other = this.core("other.example");
    this.authenticator = new DigestAuthenticator({
      realm: "far.example",
      lookUp: () => ({ password: "secret" }),
      now: () => this.clock.now(),
    });
    const proxy = this.network.transport({ host: "fork.example", port: 5060 });
    new TestProxy(proxy, {
      locate: (ruri) =>
        ruri.includes("@fork.example") ? ["sip:b@far.example", "sip:b@other.example"] : undefined,
    });
    serveCalls(this);
    serveRequests(this);
  }

  /** Plays so many operations, and waits until all of them are over by themselves. */
  run(operations: number): Leftovers {
    const names = Object.entries(OPERATIONS).flatMap(([name, { weight }]) =>
      Array<string>(weight).fill(name)
    );
    for (let i = 0; i < operations; i++) {
      const name = names[this.prng.integer(0, names.length - 1)] ?? "";
      this.later(i * PACE, () => this.begin(name));
    }
    for (let i = 0; i < operations; i += 100) {
      this.clock.advance(100 * PACE);
      const entries = [this.near, this.far, this.other].map(({ live }) => live.entries);
      this.peak = Math.max(this.peak, entries.reduce((sum, each) => sum + each, 0));
    }
    // Longer than any session, subscription and timer.
    this.clock.advance(1_000_000);
    return {
      live: [this.near, this.far, this.other].map(({ live }) => live),
      timers: this.clock.pending,
    };
  }

  /** Closes everything. */
  async stop(): Promise<void> {
    const stopped = [this.near, this.far, this.other].map((core) => core.stop());
    this.clock.advance(100_000);
    await Promise.all(stopped);
  }

  /** How many operations of those that began were made to fail. */
  get failures(): number {
    return [...this.begun].reduce(
      (sum, [name, count]) => sum + (OPERATIONS[name]?.fails ? count : 0),
      0,
    );
  }

  /** What was not told of as often as it began. */
  get untold(): string[] {
    return Object.keys(OPERATIONS).filter((name) => {
      const told = [...this.outcomes].filter(([key]) => key.startsWith(`${name}: `))
        .reduce((sum, [, count]) => sum + count, 0);
      const begun = this.begun.get(name) ?? 0;
      return begun === 0 || told < begun;
    });
  }

  /** What was reported that the plans and the network do not explain. */
  get unexplained(): string[] {
    const known = [
      /nobody has (refreshed|answered)/,
      /no ack\(\)/,
      /no ACK/,
      /no PRACK/,
      /soak/,
      /the CANCEL of call .* failed: 4/,
    ];
    return this.reports.map(({ message }) => message)
      .filter((message) => !known.some((each) => each.test(message)));
  }

  /** A request of the near engine; the far one reads what to do with it in `X-Plan`. */
  message(
    method: string,
    plan: string,
    host = "far.example",
    extraHeaders: string[] = [],
    body?: Body,
  ): OutgoingRequestMessage {
    const to = URI.parse(`sip:b@${host}`);
    const from = URI.parse("sip:a@near.example");
    const headers = [`X-Plan: ${plan}`, ...extraHeaders];
    return this.near.makeOutgoingRequestMessage(method, to, from, to, {}, headers, body);
  }

  /** A session description. */
  describe(): Body {
    return description(`${this.prng.integer(1, 1_000_000)}`);
  }

  /** Does something later; what is too late by then is refused at the call, and that is all. */
  later(ms: number, run: () => unknown): void {
    this.clock.setTimeout(() => {
      try {
        run();
      } catch (error) {
        if (!(error instanceof InvalidStateError)) throw error;
      }
    }, ms);
  }

  /** Within so many milliseconds. */
  soon(longest: number, run: () => unknown): void {
    this.later(this.prng.integer(1, longest), run);
  }

  private begin(name: string): void {
    this.begun.set(name, (this.begun.get(name) ?? 0) + 1);
    OPERATIONS[name]?.begin(this, (outcome) => {
      const key = `${name}: ${outcome}`;
      this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
    });
  }

  private core(host: string): UserAgentCore {
    const random = this.prng.fork();
    return new UserAgentCore({
      transports: [this.network.transport({ host, port: 5060 })],
      clock: this.clock,
      random: (octets) => random.fill(octets),
      credentials: [
        { realm: "far.example", username: "a", password: "secret" },
        { realm: "elsewhere.example", username: "a", password: "wrong" },
      ],
      minSubscriptionExpires: 20,
      onError: (error) => this.reports.push(error),
    });
  }
}
