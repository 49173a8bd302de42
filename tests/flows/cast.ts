/**
 * Everybody who takes part in a flow: engines, proxies between them, the network, and a virtual clock;
 * and what happens, as a ladder of lines that a test compares with the RFC's.
 *
 * A line of a message is: its number in the RFC, the time in milliseconds, from whom to whom, the
 * request or status line, CSeq, whether To has a tag, what stands in Contact, Route and Record-Route,
 * realms of challenges and credentials, what a flow wants to see besides, and the length of the body. Between the messages stands what
 * delegates are told, and how the sessions change. A message is on its way for 10 ms.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type Destination,
  type Transport,
  type URI,
  UserAgentCore,
  type UserAgentCoreConfiguration,
} from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { type ProxyScript, TestProxy } from "../support/test_proxy.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { Agent } from "./agent.ts";
import { readMessage, type WireMessage } from "./wire.ts";
import { checkWire } from "./wire_rules.ts";

/** How long a message is on its way, in milliseconds. */
const LATENCY = 10;

/** What an engine of a flow may have. */
export interface AgentOptions extends Partial<UserAgentCoreConfiguration> {
  readonly protocol?: string;
  readonly aor: URI;
}

/** What a value says without what is drawn at random. */
function shortened(name: string, value: string): string {
  return name === "Replaces" ? "..." : value.replace(/\?Replaces=[^>]*/, "?Replaces=...");
}

/** A body: what a `message/sipfrag` says, of others how long it is, and how media go. */
function summary({ body, header }: WireMessage): string[] {
  if (body.length === 0) return [];
  const text = new TextDecoder().decode(body);
  if (header("Content-Type")?.startsWith("message/sipfrag")) return [`(${text.trim()})`];
  const direction = /^a=(sendonly|recvonly|inactive)/m.exec(text)?.[1];
  return [`${body.length} octets${direction === undefined ? "" : ` ${direction}`}`];
}

const CHALLENGES = [
  "WWW-Authenticate",
  "Authorization",
  "Proxy-Authenticate",
  "Proxy-Authorization",
];

/** A value without display names, tags, ports (5060 everywhere) and parameters but `expires`. */
function bare(value: string): string {
  const uri = /<([^>]*)>/.exec(value)?.[1] ?? value;
  const expires = /;expires=\d+/.exec(value)?.[0] ?? "";
  return uri.replace(":5060", "").replace(/;.*/, "").replace(/^sips?:/, "") + expires;
}

/** A ladder as a test writes it: without indentation and the numbers that the RFC gives. */
function plain(ladder: string): string[] {
  return ladder.trim().split("\n").map((line) => line.trim().replace(/^F\d+ +/, ""));
}

/** See the module. */
export class Cast {
  readonly clock: VirtualClock = new VirtualClock();
  /** Everything that went over the wire, in order of sending. */
  readonly messages: WireMessage[] = [];
  /** Whether messages get lost: the network is down. */
  isDown = false;
  /** Hosts that have forgotten their connections: what is asked by an old one gets no answer. */
  readonly rebooted: Set<string> = new Set();
  private readonly lines: string[] = [];
  private readonly agents: Agent[] = [];
  /** Whose host is whose, and which host answers for a domain. */
  private readonly names = new Map<string, string>();
  private readonly domains: Map<string, string>;
  private readonly shown: readonly string[];
  private readonly sent: WireMessage[] = [];
  private readonly network: MemoryNetwork;

  /**
   * @param domains Plays DNS: domains, and the hosts that answer for them.
   * @param shown Which header fields the ladder shows beside the usual ones.
   */
  constructor(domains: { readonly [domain: string]: string } = {}, shown: readonly string[] = []) {
    this.domains = new Map(Object.entries(domains));
    this.shown = shown;
    this.network = new MemoryNetwork({
      deliver: (run, { from, to, bytes }) => {
        const message = readMessage(bytes);
        this.messages.push(message);
        const who = this.names.get(from.host) ?? from.host;
        const whom = this.names.get(to.host) ?? to.host;
        if (this.agents.some(({ name }) => name === who)) this.sent.push(message);
        this.note(`${who} > ${this.isDown ? "nobody" : whom} ${this.rung(message)}`);
        if (this.isDown) return;
        this.clock.setTimeout(() => {
          run();
          for (const agent of this.agents) agent.noteStates();
        }, LATENCY);
      },
    });
  }

  /** An engine; its name may be that of another one, which is the same user at another place. */
  agent(name: string, host: string, { protocol = "UDP", aor, ...more }: AgentOptions): Agent {
    const core = new UserAgentCore({
      clock: this.clock,
      transports: [this.transport(name, host, protocol)],
      aor,
      onError: (error) => this.note(`${name} ${error.name}: ${error.message}`),
      ...more,
    });
    const agent = new Agent(name, core, this.clock, (line) => this.note(`${name} ${line}`));
    this.agents.push(agent);
    return agent;
  }

  /** A proxy. */
  proxy(name: string, host: string, script: ProxyScript, protocol = "UDP"): void {
    new TestProxy(this.transport(name, host, protocol), script);
  }

  /** Somebody whose engine is not there. */
  absent(name: string, host: string, protocol = "UDP"): void {
    this.transport(name, host, protocol);
  }

  /** From now on, what goes to one host comes to another. */
  move(from: string, to: string): void {
    this.domains.set(from, to);
  }

  /** Compares what has happened since the last time with a ladder, line by line. */
  expect(ladder: string): void {
    const happened = this.lines.splice(0);
    assertEquals(happened, plain(ladder));
  }

  /** Passes over what has happened since the last time. */
  forget(): void {
    this.lines.length = 0;
  }

  /** Lets every timer run out, and looks whether anything is left. */
  async end(): Promise<void> {
    const stopped = this.agents.map(({ core }) => core.stop());
    this.clock.advance(64_000);
    await Promise.all(stopped);
    for (const { core } of this.agents) {
      assertEquals(core.live, { clients: 0, servers: 0, dialogs: 0, entries: 0 });
    }
    assertEquals(this.clock.pending, 0);
    checkWire(this.sent, this.messages);
  }

  private note(what: string): void {
    this.lines.push(`${this.clock.now()} ${what}`);
  }

  private transport(name: string, host: string, protocol: string): Transport {
    this.names.set(host, name);
    const inner = this.network.transport({ host, port: 5060 }, { protocol });
    return {
      protocol: inner.protocol,
      reliable: inner.reliable,
      secure: inner.secure,
      local: inner.local,
      attach: (receiver) => inner.attach(receiver),
      send: (bytes: Uint8Array, to: Destination) =>
        inner.send(bytes, { host: this.domains.get(to.host) ?? to.host, port: 5060 }),
      close: () => inner.close(),
      ...inner.reliable ? { ping: (to: Destination) => this.ping(name, to) } : {},
    };
  }

  /** RFC 5626 §4.4.1, by a connection that was there before. */
  private ping(who: string, { host }: Destination): Promise<void> {
    const whom = this.names.get(host) ?? host;
    const isGone = this.rebooted.delete(host);
    this.note(`${who} > ${isGone ? "nobody" : whom} CRLF CRLF`);
    return isGone ? Promise.reject(new Error("reset")) : Promise.resolve();
  }

  private rung(message: WireMessage): string {
    const { ruri, startLine, method, cseq, toTag } = message;
    const values = (name: string): string =>
      message.headers(name).flatMap((value) => value.split(/,\s*(?=<)/)).map(bare).join(" ");
    const usual = ["Contact", "Route", "Record-Route"].map((name) => [name, values(name)] as const);
    const realms = CHALLENGES.map((name) => {
      const found = message.headers(name).map((value) => /realm="([^"]*)"/.exec(value)?.[1] ?? "");
      return [name, found.join(" ")] as const;
    });
    const others = this.shown.map((name) =>
      [name, shortened(name, message.header(name) ?? "")] as const
    ).filter(([name]) => message.header(name) !== undefined);
    const parts = [
      ruri === undefined ? startLine.slice("SIP/2.0 ".length) : `${method} ${bare(ruri)}`,
      `CSeq ${cseq}${ruri === undefined ? ` ${method}` : ""}`,
      ...toTag === undefined ? [] : ["To;tag"],
      ...[...usual, ...realms, ...others].filter(([, value]) => value !== "")
        .map(([name, value]) => `${name} ${value}`),
      ...summary(message),
    ];
    return parts.join(", ");
  }
}
