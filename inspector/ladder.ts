/**
 * The ladder of a call that was recorded: who takes part, the messages between them, and what each
 * did to the machines at its ends.
 *
 * This is what is drawn; `ladderText`, `ladderSvg` and `ladderMermaid` draw it.
 *
 * @module
 */
import { parseMessage } from "../messages/parser.ts";
import type { Entry, MessageEntry } from "./entry.ts";
import { type Flight, flightsOf, merged } from "./flights.ts";
import { MachineNotes } from "./ladders/machine_notes.ts";
import { type Participant, Participants } from "./ladders/participants.ts";
import type { RecordedCall } from "./recording.ts";

export { ladderMermaid } from "./ladders/ladder_mermaid.ts";
export { ladderSvg } from "./ladders/ladder_svg.ts";
export { ladderText, type LadderTextOptions } from "./ladders/ladder_text.ts";
export type { Participant } from "./ladders/participants.ts";

/** What kind of message an arrow is: what its colour says. */
export type ArrowKind = "request" | "provisional" | "success" | "failure" | "other";

/** A message. */
export interface Arrow {
  /** Always `arrow`. */
  readonly type: "arrow";
  /** The call of its message, and the place of that in the call. */
  readonly callId: string;
  readonly n: number;
  /** When it was sent, in milliseconds since the ladder begins. */
  readonly time: number;
  /** From which of the ladder's participants. */
  readonly from: number;
  /** To which of them. */
  readonly to: number;
  /** The method, or the status and the reason. */
  readonly label: string;
  /** What kind it is. */
  readonly kind: ArrowKind;
  /** Whether the same message has gone the same way before. */
  readonly isRepeated: boolean;
  /** Whether it went to a core that was watched, and did not arrive. */
  readonly isLost: boolean;
  /** Octets. */
  readonly size: number;
  /** The states of the machines that moved to send it. */
  readonly sender: readonly string[];
  /** The states of the machines that it moved. */
  readonly receiver: readonly string[];
}

/** Something that happened at one of the participants. */
export interface Remark {
  /** Always `remark`. */
  readonly type: "remark";
  /** When, in milliseconds since the ladder begins. */
  readonly time: number;
  /** At which of the ladder's participants. */
  readonly at: number;
  /** What it is. */
  readonly kind: "error" | "delegate" | "timer" | "gap";
  /** What it says. */
  readonly text: string;
}

/** The ladder of one call, or of several that belong together. */
export interface Ladder {
  /** Who takes part, from left to right. */
  readonly participants: readonly Participant[];
  /** What happens, from top to bottom. */
  readonly rows: readonly (Arrow | Remark)[];
  /** When it begins, in milliseconds since 1970. */
  readonly begin: number;
}

/** What a ladder shows beside messages, errors and what was dropped. */
export interface LadderOptions {
  /** The states of machines; true by default. */
  states?: boolean;
  /** What delegates are told; false by default. */
  delegates?: boolean;
  /** The timers that fire; false by default. */
  timers?: boolean;
}

/**
 * Makes the ladder of a call.
 *
 * @param calls A call; or several whose messages are to stand in one ladder, the two sides of a B2BUA
 * say.
 *
 * @example
 * ```ts
 * import { URI, UserAgentCore } from "@strowger/sip";
 * import { ladderOf, ladderText } from "@strowger/sip/inspector/ladder";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 *
 * const network = new MemoryNetwork();
 * const recorder = new Recorder();
 * const transports = [network.transport({ host: "alice.example", port: 5060 })];
 * const core = new UserAgentCore(recorder.watch({ transports }, "alice"));
 * const bob = URI.parse("sip:bob@bob.example");
 * core.invite(core.makeOutgoingRequestMessage("INVITE", bob, bob, bob));
 *
 * const text = ladderText(ladderOf(recorder.calls));
 * console.assert(text.includes("INVITE"));
 * await core.dispose();
 * ```
 */
export function ladderOf(
  calls: RecordedCall | readonly RecordedCall[],
  options: LadderOptions = {},
): Ladder {
  const list = Array.isArray(calls) ? calls : [calls as RecordedCall];
  const entries = merged(list).filter(({ callId }) => callId !== "");
  const begin = entries.find(({ kind }) => kind === "message")?.time ?? entries[0]?.time ?? 0;
  const flights = flightsOf(entries);
  const participants = new Participants(entries, flights);
  const isWhole = list.every(({ dropped }) => dropped === 0);
  const made = new LadderMaker(entries, flights, participants, { ...options, begin, isWhole });
  return { participants: participants.list, rows: made.rows, begin };
}

interface MakerOptions extends LadderOptions {
  readonly begin: number;
  /** Whether nothing was dropped: only then is what did not arrive lost. */
  readonly isWhole: boolean;
}

/** Goes through what happened once, and makes the rows. */
class LadderMaker {
  readonly rows: (Arrow | Remark)[] = [];
  readonly #participants: Participants;
  readonly #options: MakerOptions;
  readonly #notes: MachineNotes;
  /** The branches of each call that have answered an INVITE, by their tags. */
  readonly #branches: Map<string, string[]>;
  readonly #seen = new Set<string>();
  readonly #numbers = new Map<string, number>();

  constructor(
    entries: readonly Entry[],
    flights: readonly Flight[],
    participants: Participants,
    options: MakerOptions,
  ) {
    this.#participants = participants;
    this.#options = options;
    this.#notes = new MachineNotes(options.states === false ? [] : entries);
    this.#branches = branchesOf(flights);
    const byMessage = new Map(flights.map((flight) => [flight.message, flight]));
    // Whoever takes part is known by the messages, and so before anything else is told of them.
    for (const flight of flights) participants.ofFlight(flight);
    for (const entry of entries) {
      this.#checkGap(entry);
      const flight = entry.kind === "message" ? byMessage.get(entry) : undefined;
      if (flight !== undefined) this.rows.push(this.#arrow(flight));
      else this.#remark(entry);
    }
  }

  #arrow(flight: Flight): Arrow {
    const { message, received } = flight;
    const [from, to] = this.#participants.ofFlight(flight);
    const { label, kind, branch } = describe(message, this.#branches.get(message.callId) ?? []);
    const key = `${from} ${to} ${new TextDecoder().decode(message.octets)}`;
    const isRepeated = this.#seen.has(key);
    this.#seen.add(key);
    const isToCore = this.#options.isWhole && this.#participants.list[to]?.isCore === true &&
      message.direction === "out";
    return {
      type: "arrow",
      callId: message.callId,
      n: message.n,
      time: message.time - this.#options.begin,
      from,
      to,
      label: branch === undefined ? label : `${label} [${branch}]`,
      kind,
      isRepeated,
      isLost: isToCore && received === undefined,
      size: message.octets.length,
      sender: message.direction === "in" ? [] : this.#notes.of(message),
      receiver: this.#notes.of(message.direction === "in" ? message : received),
    };
  }

  #remark(entry: Entry): void {
    const { delegates, timers } = this.#options;
    switch (entry.kind) {
      case "error":
        return this.#say(entry, "error", `${entry.code}: ${entry.message}`);
      case "delegate":
        return delegates ? this.#say(entry, "delegate", `${entry.method}()`) : undefined;
      case "timer":
        if (!timers || entry.delay !== undefined) return;
        return this.#say(entry, "timer", `${entry.timer} fires`);
    }
  }

  /** A number that is missing was dropped. */
  #checkGap(entry: Entry): void {
    const { callId, n } = entry;
    const next = this.#numbers.get(callId) ?? 0;
    this.#numbers.set(callId, n + 1);
    if (n > next) this.#say(entry, "gap", `${n - next} entries were dropped`);
  }

  #say({ core, time }: Entry, kind: Remark["kind"], text: string): void {
    const at = Math.max(core === undefined ? 0 : this.#participants.ofCore(core), 0);
    const { begin } = this.#options;
    this.rows.push({ type: "remark", time: time - begin, at, kind, text });
  }
}

/** The To tags of what answered an INVITE, of each call that has several. */
function branchesOf(flights: readonly Flight[]): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const { message } of flights) {
    const parsed = parseMessage(message.octets);
    if (parsed.kind !== "response" || parsed.method !== "INVITE" || !parsed.toTag) continue;
    // What refuses the whole of a fork is no branch of it.
    if (parsed.statusCode >= 300) continue;
    const tags = all.get(message.callId) ?? [];
    if (!tags.includes(parsed.toTag)) all.set(message.callId, [...tags, parsed.toTag]);
  }
  for (const [callId, tags] of all) if (tags.length < 2) all.delete(callId);
  return all;
}

/** What an arrow says. */
function describe(
  { octets }: MessageEntry,
  branches: readonly string[],
): { label: string; kind: ArrowKind; branch?: number } {
  const parsed = parseMessage(octets);
  if (parsed.kind === "fault") return { label: firstLine(octets), kind: "other" };
  const tags = [parsed.toTag, parsed.fromTag];
  const at = branches.findIndex((tag) => tags.includes(tag));
  const branch = at < 0 ? {} : { branch: at + 1 };
  if (parsed.kind === "request") return { label: parsed.method, kind: "request", ...branch };
  const { statusCode, reasonPhrase, method } = parsed;
  const answered = method === "INVITE" ? "" : ` (${method})`;
  const kind = statusCode < 200 ? "provisional" : statusCode < 300 ? "success" : "failure";
  return { label: `${statusCode} ${reasonPhrase}${answered}`, kind, ...branch };
}

function firstLine(octets: Uint8Array): string {
  return new TextDecoder().decode(octets.subarray(0, 200)).split(/[\r\n]/, 1)[0] ?? "";
}
