/**
 * Two engines, a network that impairs what goes over it, and calls between the two: all of it drawn
 * from one seed, and run on a virtual clock.
 *
 * @module
 */
import { type StrowgerError, UserAgentCore } from "@strowger/sip";
import type { MemoryNetwork } from "@strowger/sip/transports/memory";
import { nameOf, readMessage, type WireMessage } from "../flows/wire.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { checkCalls } from "./call_invariants.ts";
import { Callee } from "./callee.ts";
import { Caller, HOSTS } from "./caller.ts";
import { checkDialogs } from "./dialog_invariants.ts";
import { checkErrors } from "./error_invariants.ts";
import type { Stage } from "./guest.ts";
import { drawImpairment, impairedNetwork, type Impairment } from "./impairment.ts";
import { type CallPlan, drawCalls, drawEnd, type EndPlan } from "./plan.ts";
import { Prng } from "./prng.ts";
import { checkReliable } from "./reliable_invariants.ts";
import { checkRetransmissions } from "./retransmission_invariants.ts";
import { checkTransactions } from "./transaction_invariants.ts";

/** A message that an engine sent or got. */
export interface WireEntry {
  readonly at: number;
  readonly engine: 0 | 1;
  readonly direction: "in" | "out";
  readonly message: WireMessage;
  /** Whether the network has refused it. */
  isRefused?: boolean;
}

/** An error that an engine reported. */
export interface Report {
  readonly engine: 0 | 1;
  readonly error: StrowgerError;
}

/** How far time goes before the engines are stopped: longer than any plan and its timeouts. */
const LONG = 600_000;
/** How far time goes between two looks at what promises have to do. */
export const STEP = 250;

/** See the module. */
export class Simulation implements Stage {
  readonly clock: VirtualClock = new VirtualClock();
  readonly impairment: Impairment;
  readonly calls: readonly CallPlan[];
  readonly end: EndPlan | undefined;
  readonly wire: WireEntry[] = [];
  readonly reports: Report[] = [];
  readonly violations: string[] = [];
  /** Everything that happened, line by line. */
  readonly trace: string[] = [];
  /** When both engines were stopped, everything being over. */
  stoppedAt = Infinity;
  readonly callers: Caller[];
  readonly callees: Map<number, Callee> = new Map();
  private readonly network: MemoryNetwork;
  private readonly cores: [UserAgentCore, UserAgentCore];
  private readonly ended: Set<0 | 1> = new Set();

  constructor(seed: number) {
    const prng = new Prng(seed);
    this.impairment = drawImpairment(prng);
    this.calls = drawCalls(prng, new Prng(~seed));
    this.end = drawEnd(prng);
    this.network = impairedNetwork(this.impairment, this.clock, prng.fork(), (delivery) => {
      const { startLine } = readMessage(delivery.bytes);
      this.log(`${delivery.from.host} lost ${startLine}`);
    });
    this.cores = [this.makeCore(0, prng.fork()), this.makeCore(1, prng.fork())];
    this.callers = this.calls.map((call) => new Caller(this, call));
  }

  /** Runs it to its end, and checks every invariant. */
  async run(): Promise<this> {
    try {
      this.log(JSON.stringify(this.impairment));
      for (const call of this.calls) this.log(JSON.stringify(call));
      for (const [i, call] of this.calls.entries()) {
        this.clock.setTimeout(() => this.callers[i]?.start(), call.at);
      }
      await this.endOneAndWait();
      checkCalls(this);
      this.checkQuiet();
      await this.stopBoth();
      checkErrors(this);
      checkTransactions(this);
      checkDialogs(this);
      checkRetransmissions(this);
      checkReliable(this);
    } catch (error) {
      this.violation(`threw ${error instanceof Error ? error.stack : error}`);
    }
    return this;
  }

  core(engine: 0 | 1): UserAgentCore {
    return this.cores[engine];
  }

  hasEnded(engine: 0 | 1): boolean {
    return this.ended.has(engine);
  }

  note(engine: 0 | 1, line: string): void {
    this.log(`${HOSTS[engine]} ${line}`);
  }

  violation(text: string): void {
    this.violations.push(text);
    this.log(`VIOLATION ${text}`);
  }

  private log(line: string): void {
    this.trace.push(`${this.clock.now()} ${line}`);
  }

  private makeCore(engine: 0 | 1, prng: Prng): UserAgentCore {
    const { protocol } = this.impairment;
    const transport = this.network.transport({ host: HOSTS[engine], port: 5060 }, { protocol });
    const send = transport.send.bind(transport);
    transport.send = (bytes, to) => {
      // The trace has just told of it.
      const entry = this.wire.at(-1);
      const sent = send(bytes, to);
      sent.catch(() => entry !== undefined && (entry.isRefused = true));
      return sent;
    };
    return new UserAgentCore({
      transports: [transport],
      clock: this.clock,
      random: (octets) => prng.fill(octets),
      onError: (error) => {
        this.note(engine, `onError ${error.name}: ${error.message}`);
        this.reports.push({ engine, error });
      },
      trace: ({ direction, bytes }) => this.take(engine, direction, readMessage(bytes)),
    }, {
      onInvite: (request) => {
        const id = Number(request.message.getHeader("X-Call"));
        const call = this.calls[id];
        if (call === undefined) return this.violation(`onInvite for an unknown call ${id}`);
        const callee = this.callees.get(id) ?? new Callee(this, call);
        this.callees.set(id, callee);
        return callee.receive(request);
      },
    });
  }

  private take(engine: 0 | 1, direction: "in" | "out", message: WireMessage): void {
    this.wire.push({ at: this.clock.now(), engine, direction, message });
    const { cseq, branch, callId, fromTag, toTag } = message;
    const where = direction === "in" ? "<-" : "->";
    const what = `${nameOf(message)} cseq=${cseq} call=${callId.slice(0, 6)}`;
    const tags = `from=${fromTag.slice(0, 4)} to=${(toTag ?? "-").slice(0, 4)}`;
    this.note(engine, `${where} ${what} ${tags} branch=${branch.slice(7, 13)}`);
  }

  private async endOneAndWait(): Promise<void> {
    const { end } = this;
    let stopped: Promise<void> | undefined;
    if (end !== undefined) {
      this.clock.setTimeout(() => {
        this.note(end.engine, `core.${end.how}()`);
        this.ended.add(end.engine);
        const { deadline } = end;
        const core = this.cores[end.engine];
        stopped = end.how === "stop" ? core.stop({ deadline }) : core.dispose();
      }, end.at);
    }
    await this.settle(LONG);
    await stopped;
  }

  /** With every plan carried out, there is nothing left to wait for. */
  private checkQuiet(): void {
    if (this.clock.pending > 0) this.violation(`${this.clock.pending} timers still run`);
    for (const engine of [0, 1] as const) {
      const { clients, servers } = this.cores[engine].live;
      if (clients + servers > 0) {
        this.violation(`${HOSTS[engine]}: ${clients} clients and ${servers} servers still live`);
      }
    }
  }

  private async stopBoth(): Promise<void> {
    for (const engine of [0, 1] as const) this.ended.add(engine);
    this.log("stop both");
    this.stoppedAt = this.clock.now();
    const stopped = this.cores.map((core) => core.stop());
    await this.settle(100_000);
    await Promise.all(stopped);
    for (const engine of [0, 1] as const) {
      const { entries } = this.cores[engine].live;
      if (entries > 0) this.violation(`${HOSTS[engine]}: ${entries} entries after stop()`);
    }
    if (this.clock.pending > 0) this.violation(`${this.clock.pending} timers after stop()`);
  }

  /** Lets time pass until no timer is armed, and promises go on in between. */
  private async settle(longest: number): Promise<void> {
    const until = this.clock.now() + longest;
    do {
      this.clock.advance(STEP);
      for (let i = 0; i < 5; i++) await Promise.resolve();
    } while (this.clock.pending > 0 && this.clock.now() < until);
  }
}
