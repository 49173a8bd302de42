/**
 * An engine for one trial: a core over one transport, and all that it did.
 */
import { type Transport, UserAgentCore, type UserAgentCoreConfiguration } from "@strowger/sip";
import type { Kamailio } from "./kamailio.ts";
import { openTransport } from "./open_transport.ts";
import { LossyTransport } from "./lossy_transport.ts";
import { latin1, type LoggedMessage, parseLoggedMessage } from "./message_log.ts";
import { pause } from "./peer_process.ts";

/** By what a trial goes. */
export type Protocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** All that there are. */
export const EVERY_PROTOCOL: readonly Protocol[] = ["UDP", "TCP", "TLS", "WS", "WSS"];

/**
 * How long transactions may stay after the last call. The longest wait for repetitions is 64*T1,
 * 32 seconds (RFC 3261 Table 4); the rest is for a slow machine.
 */
const LINGER = 40_000;

/** See the module. */
export class Engine {
  readonly core: UserAgentCore;
  readonly protocol: Protocol;
  /** Where it listens, as `host:port`; without a port where it does not. */
  readonly hostport: string;
  /** Every message that it sent and received. */
  readonly messages: LoggedMessage[] = [];
  /** How many messages were lost on the way from it and to it. */
  readonly lost: () => number;
  /** What it reported. */
  readonly errors: string[] = [];

  private constructor(
    protocol: Protocol,
    transport: Transport,
    configuration: Partial<UserAgentCoreConfiguration>,
    lost: () => number,
  ) {
    this.lost = lost;
    const { host, port } = transport.local;
    this.protocol = protocol;
    this.hostport = port === undefined ? host : `${host}:${port}`;
    this.core = new UserAgentCore({
      ...configuration,
      transports: [transport],
      onError: (error) => this.errors.push(`${error.name}: ${error.message}`),
      trace: ({ direction, bytes }) =>
        this.messages.push(parseLoggedMessage(latin1(bytes), direction === "in")),
    });
  }

  /**
   * Makes one, on a free port, that loses a share of its messages. `proxy` is whom TLS and WebSockets
   * are for.
   */
  static async start(
    protocol: Protocol,
    configuration: Partial<UserAgentCoreConfiguration> = {},
    { loss = 0, proxy }: { loss?: number; proxy?: Kamailio } = {},
  ): Promise<Engine> {
    const transport = await openTransport(protocol, proxy);
    const lossy = loss > 0 ? new LossyTransport(transport, loss) : undefined;
    return new Engine(protocol, lossy ?? transport, configuration, () => lossy?.lost ?? 0);
  }

  /** How many messages and errors it had not expected. */
  get unexpected(): number {
    return this.dropped + this.errors.length;
  }

  /**
   * Messages that it dropped, but for those of calls that it never said a word in: its port was
   * somebody else's just now, and whoever sent to that goes on for a while.
   */
  private get dropped(): number {
    const { core, messages } = this;
    if (core.dropped === 0) return 0;
    const callIdOf = ({ headers }: LoggedMessage) => headers.get("call-id") ?? "";
    const own = new Set(messages.filter(({ isPeers }) => !isPeers).map(callIdOf));
    const foreign = messages.filter((each) => each.isPeers && !own.has(callIdOf(each)));
    return Math.max(0, core.dropped - foreign.length);
  }

  /** Waits until it has forgotten everything, and stops it; returns what was not as it has to be. */
  async finish(): Promise<string[]> {
    const { core, errors } = this;
    for (let waited = 0; this.isHolding && waited < LINGER; waited += 100) await pause(100);
    const complaints = errors.map((error) => `the engine reported ${error}`);
    if (this.isHolding) complaints.push(`live after the last timer: ${JSON.stringify(core.live)}`);
    await core.stop();
    if (this.isHolding) complaints.push(`live after stop(): ${JSON.stringify(core.live)}`);
    if (this.dropped > 0) complaints.push(`the engine dropped ${this.dropped} messages`);
    return complaints;
  }

  private get isHolding(): boolean {
    return Object.values(this.core.live).some((count) => count !== 0);
  }
}
