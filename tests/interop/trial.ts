/**
 * One trial: a scenario over one transport, with an engine and a SIPp of its own, and the verdict.
 */
import { type Transport, URI, UserAgentCore } from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { auditCall } from "./audit.ts";
import { callsOf, parseMessageLog } from "./message_log.ts";
import type { Scenario, Story } from "./scenarios.ts";
import { pause, Sipp, type SippResult } from "./sipp.ts";

/** Calls a second, so that many are up at the same time. */
const RATE = 50;
/** How long the calls of one trial may take, in seconds. */
const TRIAL_DEADLINE = 20;
/** How long the engine may know of a call's end after SIPp, in milliseconds. */
const GRACE = 2000;
/**
 * How long transactions may stay after the last call. The longest wait for repetitions is 64*T1,
 * 32 seconds (RFC 3261 Table 4); the rest is for a slow machine.
 */
const LINGER = 40_000;

/** See the module. */
export class Trial {
  readonly scenario: Scenario;
  readonly protocol: "UDP" | "TCP";
  /** Everything that was not as it has to be, a line each; empty if the trial has passed. */
  readonly complaints: string[] = [];
  /** Calls that went as they have to, at both ends. */
  ok = 0;
  /** Messages and errors that one of the ends had not expected. */
  unexpected = 0;
  /** Messages that one of the ends sent more than once. */
  retransmissions = 0;
  private readonly stories: Story[] = [];
  private readonly errors: string[] = [];
  private core: UserAgentCore | undefined;
  private sipp: Sipp | undefined;

  constructor(scenario: Scenario, protocol: "UDP" | "TCP") {
    this.scenario = scenario;
    this.protocol = protocol;
  }

  /** Calls that did not. */
  get failed(): number {
    return this.scenario.calls - this.ok;
  }

  /** Makes the calls, and looks at what both ends have to say of them. */
  async run(): Promise<void> {
    const directory = await Deno.makeTempDir({ prefix: "interop-" });
    try {
      const result = await this.makeCalls(directory);
      this.judgeEngine();
      this.judgeSipp(result);
      this.judgeMessages(result.messages);
    } catch (error) {
      this.complaints.push(`the trial itself failed: ${error}`);
    } finally {
      this.abort();
      await Deno.remove(directory, { recursive: true });
    }
  }

  /** Waits until the engine has forgotten every call, and stops it. */
  async finish(): Promise<void> {
    if (this.core === undefined) return;
    const live = () => JSON.stringify(this.core?.live);
    const nothing = JSON.stringify({ clients: 0, servers: 0, dialogs: 0, entries: 0 });
    for (let waited = 0; live() !== nothing && waited < LINGER; waited += 100) await pause(100);
    this.expect("live after the last timer", live(), nothing);
    await this.core.stop();
    this.expect("live after stop()", live(), nothing);
    const { errors, core: { dropped } } = this;
    this.expect("messages that the engine dropped", dropped, 0);
    for (const error of errors) this.complaints.push(`the engine reported ${error}`);
    this.unexpected += dropped + errors.length;
  }

  /** Kills SIPp, if it is still there. */
  abort(): void {
    this.sipp?.kill();
  }

  private async makeCalls(directory: string): Promise<SippResult> {
    const { scenario, protocol } = this;
    const transport: Transport = protocol === "UDP"
      ? await UdpTransport.listen()
      : await TcpTransport.listen();
    const core = new UserAgentCore({
      transports: [transport],
      onError: (error) => this.errors.push(`${error.name}: ${error.message}`),
    });
    core.delegate.onInvite = (request) => {
      const index = this.stories.length;
      scenario.take?.(request, this.newStory(), index);
    };
    this.core = core;
    const { host, port } = transport.local;
    const sipp = await Sipp.start({
      scenario: scenario.file,
      protocol,
      calls: scenario.calls,
      rate: RATE,
      ...(scenario.place === undefined ? { target: `${host}:${port}` } : {}),
      directory,
      timeout: TRIAL_DEADLINE,
    });
    this.sipp = sipp;
    // SIPp gives up by itself first, and says why.
    const timer = setTimeout(() => sipp.kill(), (TRIAL_DEADLINE + 5) * 1000);
    const target = URI.parse(`sip:callee@127.0.0.1:${sipp.port};transport=${protocol}`);
    if (scenario.place !== undefined) await this.placeCalls(scenario.place, core, target);
    const result = await sipp.result();
    clearTimeout(timer);
    for (let waited = 0; !this.isTold() && waited < GRACE; waited += 10) await pause(10);
    return result;
  }

  private async placeCalls(
    place: NonNullable<Scenario["place"]>,
    core: UserAgentCore,
    target: URI,
  ): Promise<void> {
    const start = performance.now();
    for (let index = 0; index < this.scenario.calls; index++) {
      place(core, target, this.newStory(), index);
      await pause(Math.max(0, start + (index + 1) * 1000 / RATE - performance.now()));
    }
  }

  private newStory(): Story {
    const story: Story = [];
    this.stories.push(story);
    return story;
  }

  private isTold(): boolean {
    return this.stories.every((story) => story.join(" ") === this.scenario.story);
  }

  private judgeEngine(): void {
    const { core, scenario, stories } = this;
    const counts = new Map<string, number>();
    for (const story of stories) {
      const told = story.join(" ");
      counts.set(told, (counts.get(told) ?? 0) + 1);
    }
    for (const [told, count] of counts) {
      if (told !== scenario.story) {
        this.complaints.push(`${count} calls went "${told}", expected "${scenario.story}"`);
      }
    }
    this.expect("calls at the engine", stories.length, scenario.calls);
    this.ok = counts.get(scenario.story) ?? 0;
    this.expect("dialogs after the last call", core?.live.dialogs, 0);
  }

  private judgeSipp({ code, statistics, errors }: SippResult): void {
    const { calls } = this.scenario;
    this.expect("SIPp's exit code", code, 0);
    this.expect("SIPp's successful calls", statistics["SuccessfulCall"], calls);
    for (const [name, count] of Object.entries(statistics)) {
      if (isFailure(name)) this.expect(`SIPp's ${name}`, count, 0);
    }
    // Each begins with its date, but not always on a line of its own.
    for (const each of errors.split(/(?=\d{4}-\d\d-\d\d\t)/)) {
      const line = each.replace(/\s+/g, " ").trim();
      if (line !== "") this.complaints.push(`SIPp: ${line}`);
    }
    this.ok = Math.min(this.ok, statistics["SuccessfulCall"] ?? 0);
    for (const name of UNEXPECTED) this.unexpected += statistics[name] ?? 0;
    this.retransmissions += statistics["Retransmissions"] ?? 0;
  }

  private judgeMessages(log: Uint8Array): void {
    const calls = callsOf(parseMessageLog(log));
    this.expect("calls in SIPp's log", calls.size, this.scenario.calls);
    for (const [callId, messages] of calls) {
      const { complaints, repeated } = auditCall(messages);
      for (const each of complaints) this.complaints.push(`call ${callId}: ${each}`);
      this.retransmissions += repeated;
    }
    // RFC 3261 §17: a reliable transport needs no repetition. The loopback loses nothing either, but
    // a machine that stands still for T1 sees a few; one in every call is something else.
    const { retransmissions, scenario } = this;
    const isTooMuch = this.protocol === "TCP"
      ? retransmissions > 0
      : retransmissions >= scenario.calls;
    if (isTooMuch) this.complaints.push(`${retransmissions} retransmissions`);
  }

  private expect(what: string, found: unknown, expected: unknown): void {
    if (found !== expected) this.complaints.push(`${what}: ${found}, expected ${expected}`);
  }
}

/** SIPp's counters of messages that it did not expect. */
const UNEXPECTED = ["FailedUnexpectedMessage", "OutOfCallMsgs", "DeadCallMsgs", "AutoAnswered"];

function isFailure(counter: string): boolean {
  return counter.startsWith("Failed") || UNEXPECTED.includes(counter) ||
    counter === "Warnings" || counter === "FatalErrors";
}
