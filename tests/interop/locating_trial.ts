/**
 * Calls to a domain whose proxies are found in a real DNS, and of which one is dead (RFC 3263).
 */
import { type Resolver, URI } from "@strowger/sip";
import { DenoResolver } from "@strowger/sip/transports/resolver_deno";
import { NodeResolver } from "@strowger/sip/transports/resolver_node";
import { Authority } from "../support/certificates.ts";
import { Dnsmasq, type Domain } from "./dnsmasq.ts";
import { Kamailio } from "./kamailio.ts";
import { Engine } from "./engine.ts";
import type { Column } from "./matrix.ts";
import { freePort, HOST, pause } from "./peer_process.ts";
import { Trial } from "./trial.ts";

/** One row of the table, once for each transport. */
export interface LocatingScenario {
  readonly title: string;
  /** Whether the dead proxy takes what it is sent, and says nothing. */
  readonly isSilent: boolean;
  /** Whether NAPTR leads to SRV, or SRV is looked up directly. */
  readonly hasRule: boolean;
  /** Makes the resolver that the caller asks by. */
  resolver(server: Dnsmasq): Resolver;
}

const byDeno = (server: Dnsmasq): Resolver => new DenoResolver({ nameServer: server.nameServer });
const byNode = ({ port }: Dnsmasq): Resolver => new NodeResolver({ servers: [`${HOST}:${port}`] });

/** Two proxies of the same priority and weight: about every second call would go to the dead one. */
export const LOCATING: readonly LocatingScenario[] = [
  {
    title: "two by NAPTR and SRV of dnsmasq, where nobody is at one",
    isSilent: false,
    hasRule: true,
    resolver: byDeno,
  },
  {
    title: "two by SRV of dnsmasq, of which one is silent",
    isSilent: true,
    hasRule: false,
    resolver: byNode,
  },
];

const CALLS = 100;
/** Calls a second. */
const RATE = 50;
/** How long a call is up, in milliseconds. */
const TALK = 1000;
/** How long all of them may take, in milliseconds: one silence of 4 seconds, and a slow machine. */
const DEADLINE = 12_000;
const DOMAIN = "proxies.test";
/** After how many seconds the peers end by themselves. */
const LIFETIME = 60;
/** It relays what is for nobody of its own domain, without asking who that is. */
const PROXY = { algorithm: "MD5", nonceExpire: 300, withinDialogs: false };

/** See the module. */
export class LocatingTrial extends Trial {
  readonly peer = "Kamailio";
  /** What a call is, the others try. */
  readonly cells: readonly Column[] = [];
  readonly calls = CALLS;
  private readonly scenario: LocatingScenario;

  constructor(scenario: LocatingScenario, protocol: "UDP" | "TCP") {
    super(protocol);
    this.scenario = scenario;
  }

  get title(): string {
    return this.scenario.title;
  }

  async run(): Promise<void> {
    await using place = new AsyncDisposableStack();
    try {
      const directory = await Deno.makeTempDir({ prefix: "interop-" });
      place.defer(() => Deno.remove(directory, { recursive: true }));
      const authority = await Authority.make();
      const proxy = await Kamailio.start({ ...PROXY, authority, directory, seconds: LIFETIME });
      place.defer(() => proxy.stop());
      const dead = freePort();
      if (this.scenario.isSilent) place.use(this.takeInSilence(dead));
      const zone = [this.domain(dead, proxy.port(this.protocol))];
      const server = await Dnsmasq.start(zone, { directory, seconds: LIFETIME });
      place.defer(() => server.stop());
      await this.makeCalls(this.scenario.resolver(server));
    } catch (error) {
      this.complaints.push(`the trial itself failed: ${error}`);
    }
    for (const engine of this.engines) this.audit(engine.messages);
    this.expect("calls that succeeded", this.ok, CALLS);
  }

  private domain(dead: number, alive: number): Domain {
    const { protocol, scenario } = this;
    const same = { priority: 10, weight: 10 };
    return {
      name: DOMAIN,
      service: `_sip._${protocol.toLowerCase()}`,
      servers: [{ host: "dead", port: dead, ...same }, { host: "alive", port: alive, ...same }],
      ...(scenario.hasRule ? { rule: protocol === "UDP" ? "SIP+D2U" : "SIP+D2T" } : {}),
    };
  }

  /** Somebody who never answers. */
  private takeInSilence(port: number): Disposable {
    const socket = this.protocol === "UDP"
      ? Deno.listenDatagram({ transport: "udp", hostname: HOST, port })
      : Deno.listen({ hostname: HOST, port });
    return { [Symbol.dispose]: () => socket.close() };
  }

  private async makeCalls(resolver: Resolver): Promise<void> {
    const callee = await Engine.start(this.protocol);
    const routeSet = [`<sip:${DOMAIN};lr>`];
    const caller = await Engine.start(this.protocol, { resolver, routeSet });
    this.engines.push(callee, caller);
    callee.core.delegate = { onInvite: (request) => void request.accept() };
    const parameter = this.protocol === "UDP" ? "" : ";transport=tcp";
    const target = URI.parse(`sip:callee@${callee.hostport}${parameter}`);
    const from = URI.parse("sip:caller@elsewhere.test");
    const start = performance.now();
    const calls: Promise<void>[] = [];
    for (let i = 0; i < CALLS; i++) {
      calls.push(this.call(caller, from, target));
      await pause(Math.max(0, start + (i + 1) * 1000 / RATE - performance.now()));
    }
    await Promise.race([Promise.all(calls), pause(DEADLINE - (performance.now() - start))]);
  }

  /** One call that is answered and hung up. */
  private call({ core }: Engine, from: URI, target: URI): Promise<void> {
    return new Promise((resolve) => {
      const message = core.makeOutgoingRequestMessage("INVITE", target, from, target);
      core.invite(message, {
        onAccept: async (response) => {
          response.ack();
          // A 200 that is repeated by a slow machine still finds its call.
          await pause(TALK);
          response.session.bye({
            onAccept: () => {
              this.ok++;
              resolve();
            },
          });
        },
        onReject: ({ message: { statusCode, reasonPhrase } }) => {
          this.complaints.push(`a call got ${statusCode} ${reasonPhrase}`);
          resolve();
        },
      });
    });
  }
}
