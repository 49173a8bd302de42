/**
 * A trial with SIPp: a scenario over one transport, with an engine and a SIPp of its own.
 */
import { URI, type UserAgentCore } from "@strowger/sip";
import { Engine, type Protocol } from "./engine.ts";
import type { Column } from "./matrix.ts";
import { parseMessageLog } from "./message_log.ts";
import { pause } from "./peer_process.ts";
import { Sipp, type SippResult } from "./sipp.ts";
import { type SippScenario, Story } from "./sipp_scenario.ts";
import { Trial } from "./trial.ts";

/** Calls a second, so that many are up at the same time. */
const RATE = 50;
/** How long the calls of one trial may take, in seconds. */
const TRIAL_DEADLINE = 20;
/** How long the engine may know of a call's end after SIPp, in milliseconds. */
const GRACE = 2000;

/** See the module. */
export class SippTrial extends Trial {
  readonly peer = "SIPp";
  private readonly scenario: SippScenario;
  private readonly stories: Story[] = [];
  private sipp: Sipp | undefined;

  constructor(scenario: SippScenario, protocol: Protocol) {
    super(protocol);
    this.scenario = scenario;
  }

  get title(): string {
    return this.scenario.title;
  }

  get calls(): number {
    return this.scenario.calls;
  }

  get cells(): readonly Column[] {
    return this.scenario.cells ?? [];
  }

  async run(): Promise<void> {
    const directory = await Deno.makeTempDir({ prefix: "interop-" });
    try {
      const result = await this.makeCalls(directory);
      this.judgeEngine();
      this.judgeSipp(result);
      this.expect(
        "calls in SIPp's log",
        this.audit(parseMessageLog(result.messages)),
        this.scenario.calls,
      );
      this.judgeRetransmissions();
    } catch (error) {
      this.complaints.push(`the trial itself failed: ${error}`);
    } finally {
      this.abort();
      await Deno.remove(directory, { recursive: true });
    }
  }

  override abort(): void {
    this.sipp?.kill();
  }

  private async makeCalls(directory: string): Promise<SippResult> {
    const { scenario, protocol } = this;
    const engine = await Engine.start(protocol, scenario.configuration);
    this.engines.push(engine);
    const { core, hostport } = engine;
    core.delegate = scenario.serve?.(() => this.newStory()) ?? {};
    const sipp = await Sipp.start({
      scenario: scenario.file,
      protocol,
      calls: scenario.calls,
      rate: RATE,
      ...(scenario.place === undefined ? { target: hostport } : {}),
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
    place: NonNullable<SippScenario["place"]>,
    core: UserAgentCore,
    target: URI,
  ): Promise<void> {
    const start = performance.now();
    for (let index = 0; index < this.scenario.calls; index++) {
      place(core, target, this.newStory());
      await pause(Math.max(0, start + (index + 1) * 1000 / RATE - performance.now()));
    }
  }

  private newStory(): Story {
    const story = new Story(this.stories.length);
    this.stories.push(story);
    return story;
  }

  private isTold(): boolean {
    return this.stories.every((story) => story.told === this.scenario.story);
  }

  private judgeEngine(): void {
    const { scenario, stories, engines } = this;
    const counts = new Map<string, number>();
    for (const story of stories) {
      counts.set(story.told, (counts.get(story.told) ?? 0) + 1);
    }
    for (const [told, count] of counts) {
      if (told !== scenario.story) {
        this.complaints.push(`${count} calls went "${told}", expected "${scenario.story}"`);
      }
    }
    const isTold = scenario.story !== undefined;
    this.expect("calls that the program was told of", stories.length, isTold ? this.calls : 0);
    this.ok = isTold ? counts.get(scenario.story) ?? 0 : this.calls;
    this.expect("dialogs after the last call", engines[0]?.core.live.dialogs, 0);
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
}

/** SIPp's counters of messages that it did not expect. */
const UNEXPECTED = ["FailedUnexpectedMessage", "OutOfCallMsgs", "DeadCallMsgs", "AutoAnswered"];

function isFailure(counter: string): boolean {
  return counter.startsWith("Failed") || UNEXPECTED.includes(counter) ||
    counter === "Warnings" || counter === "FatalErrors";
}
