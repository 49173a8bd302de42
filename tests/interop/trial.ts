/**
 * One trial, and the verdict: what an engine and a real peer did together, over one transport.
 */
import { auditCall } from "./audit.ts";
import type { Engine, Protocol } from "./engine.ts";
import type { Column, PeerName } from "./matrix.ts";
import { callsOf, type LoggedMessage } from "./message_log.ts";

/** See the module. */
export abstract class Trial {
  /** With whom. */
  abstract readonly peer: PeerName;
  abstract readonly title: string;
  readonly protocol: Protocol;
  /** What of the matrix it is a trial of. */
  abstract readonly cells: readonly Column[];
  /** How many calls, registrations or the like there are to be. */
  abstract readonly calls: number;
  /** Those that went as they have to, at both ends. */
  ok = 0;
  /** Messages and errors that one of the ends had not expected. */
  unexpected = 0;
  /** Messages that one of the ends sent more than once. */
  retransmissions = 0;
  /** Everything that was not as it has to be, a line each; empty if the trial has passed. */
  readonly complaints: string[] = [];
  protected readonly engines: Engine[] = [];

  constructor(protocol: Protocol) {
    this.protocol = protocol;
  }

  /** Does it, and looks at what both ends have to say of it. */
  abstract run(): Promise<void>;

  /** Ends the peer, if it is still there. */
  abort(): void {}

  /** Waits until the engines have forgotten every call, and stops them. */
  async finish(): Promise<void> {
    const all = await Promise.all(this.engines.map((engine) => engine.finish()));
    this.complaints.push(...all.flat());
    for (const engine of this.engines) this.unexpected += engine.unexpected;
  }

  /** Audits every message; returns how many calls they make. */
  protected audit(messages: readonly LoggedMessage[]): number {
    const calls = callsOf(messages);
    for (const [callId, each] of calls) {
      const { complaints, repeated } = auditCall(each);
      for (const complaint of complaints) this.complaints.push(`call ${callId}: ${complaint}`);
      this.retransmissions += repeated;
    }
    return calls.size;
  }

  /**
   * RFC 3261 §17: a reliable transport needs no repetition. The loopback loses nothing either, but a
   * machine that stands still for T1 sees a few; one in every call is something else.
   */
  protected judgeRetransmissions(): void {
    const { retransmissions, calls, protocol } = this;
    const isTooMuch = protocol === "TCP" ? retransmissions > 0 : retransmissions >= calls;
    if (isTooMuch) this.complaints.push(`${retransmissions} retransmissions`);
  }

  protected expect(what: string, found: unknown, expected: unknown): void {
    if (found !== expected) this.complaints.push(`${what}: ${found}, expected ${expected}`);
  }
}
