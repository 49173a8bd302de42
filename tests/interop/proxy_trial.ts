/**
 * A trial through Kamailio, with another engine or with a phone at the far end.
 */
import { Engine, type Protocol } from "./engine.ts";
import type { Kamailio } from "./kamailio.ts";
import { Line, type LineOptions } from "./line.ts";
import type { Column, PeerName } from "./matrix.ts";
import type { Phone, PhoneProtocol } from "./phone.ts";
import type { Stage } from "./stage.ts";
import { Trial } from "./trial.ts";

/** What a scenario has at hand. */
export interface Scene {
  readonly protocol: Protocol;
  readonly stage: Stage;
  /** The proxy of the scenario. */
  readonly proxy: Kamailio;
  /** The phone that goes by the same transport as the engine. */
  readonly phone: Phone;
  /** Another of its kind, that goes by another transport. */
  readonly other: Phone;
  /** Makes an engine for a user. */
  open(user: string, options?: LineOptions): Promise<Line>;
  /** Makes an engine that is no user's. */
  start(): Promise<Engine>;
  /** How many messages were lost so far. */
  lost(): number;
  /** Complains if something is not as it has to be. */
  expect(what: string, found: unknown, expected: unknown): void;
}

/** One row of the table, once for each of its transports. */
export interface ProxyScenario {
  readonly title: string;
  readonly peer: Exclude<PeerName, "SIPp">;
  /** What of the matrix it is a trial of. */
  readonly cells?: readonly Column[];
  /** Whether the proxy challenges with SHA-256, and not with MD5. */
  readonly isSha256?: boolean;
  /** By what the engine goes; UDP and TCP by default. */
  readonly protocols?: readonly Protocol[];
  /** How much is lost at the engines; over UDP, that is. */
  readonly loss?: number;
  /** All of it; throws where something does not come that has to. */
  play(scene: Scene): Promise<void>;
}

/** By what the phone goes; where the engine has a WebSocket, by what is below it. */
const PHONE_PROTOCOLS: Readonly<Record<Protocol, PhoneProtocol>> = {
  UDP: "UDP",
  TCP: "TCP",
  TLS: "TLS",
  WS: "TCP",
  WSS: "TLS",
};

/** How often a message may have to be repeated over UDP, where a machine stands still for T1. */
const REPETITIONS = 3;

/** See the module. */
export class ProxyTrial extends Trial {
  readonly calls = 1;
  private readonly scenario: ProxyScenario;
  private readonly stage: () => Promise<Stage>;
  private readonly lines: Line[] = [];

  constructor(scenario: ProxyScenario, protocol: Protocol, stage: () => Promise<Stage>) {
    super(protocol);
    this.scenario = scenario;
    this.stage = stage;
  }

  get title(): string {
    return this.scenario.title;
  }

  get peer(): PeerName {
    return this.scenario.peer;
  }

  get cells(): readonly Column[] {
    return this.scenario.cells ?? [];
  }

  async run(): Promise<void> {
    try {
      await this.playOn(await this.stage());
    } catch (error) {
      this.complaints.push(`${error instanceof Error ? error.message : error}`);
    }
    // What is registered would get the next trial's calls, too.
    for (const line of this.lines) await line.leave().catch(() => {});
    for (const engine of this.engines) this.audit(engine.messages);
    const limit = this.protocol === "UDP" ? REPETITIONS : 0;
    const isLossy = this.scenario.loss !== undefined;
    if (!isLossy && this.retransmissions > limit) {
      this.complaints.push(`${this.retransmissions} repetitions`);
    }
    if (this.complaints.length === 0) this.ok = 1;
  }

  private async playOn(stage: Stage): Promise<void> {
    stage.takeComplaints();
    try {
      await this.scenario.play(this.scene(stage));
    } catch (error) {
      await stage.hangUp();
      throw error;
    } finally {
      this.complaints.push(...stage.takeComplaints());
      stage.drain();
    }
  }

  private scene(stage: Stage): Scene {
    const { protocol, scenario } = this;
    const phones = stage.phones[scenario.peer === "linphone" ? "linphone" : "baresip"];
    const proxy = scenario.isSha256 ? stage.sha256 : stage.md5;
    return {
      protocol,
      stage,
      proxy,
      phone: phones[PHONE_PROTOCOLS[protocol]],
      other: phones[protocol === "UDP" ? "TCP" : "UDP"],
      open: async (user, options) => {
        const { loss = 0 } = scenario;
        const line = await Line.open(protocol, user, proxy, { loss, ...options });
        this.engines.push(line.engine);
        this.lines.push(line);
        return line;
      },
      start: async () => {
        const engine = await Engine.start(protocol, {}, { proxy });
        this.engines.push(engine);
        return engine;
      },
      lost: () => this.engines.reduce((sum, engine) => sum + engine.lost(), 0),
      expect: (what, found, expected) => this.expect(what, found, expected),
    };
  }
}
