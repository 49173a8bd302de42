/**
 * What Strowger would have done with the messages of a capture.
 *
 * For every transaction of it, each side is played by the machine that would be at work here: it gets
 * what that side has received, and what its program has decided, which is read from what it sent; and
 * what the machine sends by itself (repetitions, ACKs to failures, CANCELs that wait) is laid beside
 * what was captured.
 *
 * @module
 */
import type { EventObject } from "xstate";
import { LeanActor } from "../actors/lean_actor.ts";
import { Observers } from "../actors/observers.ts";
import type { AnyStatechart } from "../machines/macrostep.ts";
import {
  DEFAULT_TIMERS,
  inviteClientMachine,
  inviteServerMachine,
  nonInviteClientMachine,
  nonInviteServerMachine,
} from "../machines/mod.ts";
import {
  type CapturedMessage,
  type CapturedTransaction,
  messagesOf,
  transactionsOf,
} from "./captures/captured_transaction.ts";
import { RecordedClock } from "./recorded_clock.ts";
import type { Entry, NewEntry } from "./entry.ts";
import { entryOf } from "./observation.ts";
import { addressOf } from "./ladders/participants.ts";
import { type RecordedCall, Recording } from "./recording.ts";

/** Something that one side does, in the capture or here. */
export interface Deed {
  /** When, in milliseconds since 1970. */
  readonly time: number;
  /** `INVITE`, `200`, `ACK`. */
  readonly what: string;
  /**
   * `same` where both do it, `captured` where only the capture has it, `ours` where only Strowger
   * would have done it.
   */
  readonly by: "same" | "captured" | "ours";
  /** The place of the message in its call, where it was captured. */
  readonly n?: number;
  /** What asks for it, where it is Strowger's alone. */
  readonly section?: string;
}

/** One side of a transaction. */
export interface PlayedSide {
  readonly method: string;
  readonly branch: string;
  readonly role: "client" | "server";
  /** Who it is. */
  readonly address: string;
  readonly deeds: readonly Deed[];
  /** What the machine did that played it, as a recorder would have it. */
  readonly entries: readonly NewEntry[];
}

/** So much earlier or later is the same time: programs and networks are not punctual. */
const TOLERANCE = 300;

/**
 * Plays both sides of every transaction of a call.
 *
 * @example
 * ```ts
 * import { replayCapture } from "@strowger/sip/inspector/capture_replay";
 * import { fromPcap, toPcap } from "@strowger/sip/inspector/pcap";
 *
 * const { recording } = fromPcap(toPcap([]));
 * for (const call of recording.calls) console.log(replayCapture(call));
 * ```
 */
export function replayCapture(call: RecordedCall): PlayedSide[] {
  const messages = messagesOf(call);
  const end = messages.at(-1)?.entry.time ?? 0;
  return transactionsOf(messages).flatMap((transaction) => [
    played(transaction, "client", messages, end),
    played(transaction, "server", messages, end),
  ]);
}

function played(
  transaction: CapturedTransaction,
  role: PlayedSide["role"],
  all: readonly CapturedMessage[],
  end: number,
): PlayedSide {
  const { method, branch } = transaction;
  const address = role === "client" ? transaction.client : transaction.server;
  const player = role === "client"
    ? new ClientPlayer(transaction, address)
    : new ServerPlayer(transaction, address);
  for (const each of transaction.messages) player.take(each);
  player.end(end);
  const sent = transaction.messages.filter(({ from }) => from === address);
  if (role === "client" && method === "INVITE") sent.push(...acksOf(transaction, all));
  const deeds = compared(player.ours, sent);
  return { method, branch, role, address, deeds, entries: player.entries };
}

/**
 * The call with the machines that would have been at work, as if it had been recorded here: to be shown
 * on a page, or to be kept as a test.
 */
export function withMachines(call: RecordedCall): RecordedCall {
  const steps = replayCapture(call).flatMap(({ entries }) => entries);
  const all: NewEntry[] = [...call.entries.flatMap(bothEnds), ...steps];
  const recording = new Recording({ maxEntries: UNBOUNDED, maxOctets: UNBOUNDED });
  for (const entry of all.sort((a, b) => a.time - b.time)) recording.add(entry);
  return recording.call(call.callId) ?? call;
}

/** A message as its sender and its receiver would have recorded it. */
function bothEnds({ n: _, ...entry }: Entry): NewEntry[] {
  if (entry.kind !== "message") return [];
  return [
    { ...entry, direction: "out", core: addressOf(entry.source) },
    { ...entry, direction: "in", core: addressOf(entry.destination) },
  ];
}

/** A call that was read from a file has been bounded there. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** The ACKs to a 2xx, which are transactions of their own (§13.2.2.4). */
function acksOf(
  { branch, cseq, client }: CapturedTransaction,
  all: readonly CapturedMessage[],
): CapturedMessage[] {
  return all.filter(({ message, from }) =>
    message.kind === "request" && message.method === "ACK" && message.cseq === cseq &&
    from === client && message.viaBranch !== branch
  );
}

/** What Strowger does by itself, and why. */
interface Our {
  readonly time: number;
  readonly what: string;
  readonly section: string;
}

/** What both sides have in common. */
abstract class SidePlayer {
  readonly ours: Our[] = [];
  readonly entries: NewEntry[] = [];
  protected readonly clock: RecordedClock;
  private readonly actor: LeanActor;

  constructor(
    machine: AnyStatechart,
    { messages, isReliable, callId }: CapturedTransaction,
    address: string,
  ) {
    this.clock = new RecordedClock(messages[0]?.entry.time ?? 0);
    const onFailure = (): void => {};
    const observers = new Observers(onFailure);
    observers.add({
      step: (step) => this.entries.push(entryOf(step, this.clock.time, address)),
    });
    const environment = { clock: this.clock, inspect: undefined, observers, onFailure };
    const input = { ...DEFAULT_TIMERS, reliable: isReliable };
    this.actor = new LeanActor(
      environment,
      callId,
      machine,
      input,
      (emission) => this.emit(emission),
    );
  }

  /** Takes a message of the capture, at its time. */
  abstract take(captured: CapturedMessage): void;

  protected abstract emit(emission: EventObject): void;

  protected start(): void {
    this.actor.start();
  }

  protected send(event: EventObject): void {
    this.actor.send(event);
  }

  protected add(what: string, section: string): void {
    this.ours.push({ time: this.clock.time, what, section });
  }

  /** Lets time pass to the end of the capture. */
  end(time: number): void {
    this.clock.goTo(time);
  }
}

class ClientPlayer extends SidePlayer {
  readonly #transaction: CapturedTransaction;
  #isBegun = false;

  constructor(transaction: CapturedTransaction, address: string) {
    const isInvite = transaction.method === "INVITE";
    super(
      (isInvite ? inviteClientMachine : nonInviteClientMachine) as unknown as AnyStatechart,
      transaction,
      address,
    );
    this.#transaction = transaction;
  }

  take({ message, entry }: CapturedMessage): void {
    this.clock.goTo(entry.time);
    if (!this.#isBegun) {
      this.#isBegun = true;
      return this.start();
    }
    if (message.kind === "response") {
      const { statusCode: status, toTag = "" } = message;
      return this.send({ type: "response", status, toTag, retriable: false } as EventObject);
    }
    const { method } = this.#transaction;
    if (message.method === "CANCEL" && method !== "CANCEL") this.send({ type: "cancel" });
  }

  protected emit({ type }: EventObject): void {
    const { method, isReliable } = this.#transaction;
    const section = method === "INVITE" ? "RFC 3261 §17.1.1.2" : "RFC 3261 §17.1.2.2";
    if (type === "transmit") this.add(method, isReliable ? "RFC 3261 §17.1" : section);
    else if (type === "acknowledge") this.add("ACK", "RFC 3261 §17.1.1.3");
    else if (type === "cancel") this.add("CANCEL", "RFC 3261 §9.1");
    else if (method === "INVITE" && (type === "accept" || type === "repeatedAccept")) {
      this.add("ACK", "RFC 3261 §13.2.2.4");
    }
  }
}

class ServerPlayer extends SidePlayer {
  readonly #transaction: CapturedTransaction;
  #isBegun = false;
  #status = 0;
  #responses = new Set<string>();

  constructor(transaction: CapturedTransaction, address: string) {
    const isInvite = transaction.method === "INVITE";
    super(
      (isInvite ? inviteServerMachine : nonInviteServerMachine) as unknown as AnyStatechart,
      transaction,
      address,
    );
    this.#transaction = transaction;
  }

  take({ message, entry }: CapturedMessage): void {
    this.clock.goTo(entry.time);
    if (message.kind === "response") return this.#answer(message.statusCode, entry);
    const { method } = this.#transaction;
    if (!this.#isBegun) {
      this.#isBegun = true;
      this.start();
    } else if (message.method === method) this.send({ type: "request" });
    else if (message.method === "ACK") this.send({ type: "ack" });
    else if (message.method === "CANCEL") this.send({ type: "cancel" });
  }

  /** A response that goes again is no decision of the program's, but for a 2xx (§13.3.1.4). */
  #answer(status: number, { octets }: CapturedMessage["entry"]): void {
    const text = new TextDecoder().decode(octets);
    const isRepeated = this.#responses.has(text);
    this.#responses.add(text);
    const isAccept = status >= 200 && status < 300 && this.#transaction.method === "INVITE";
    if (isRepeated && !isAccept) return;
    this.#status = status;
    this.send({ type: "respond", status } as EventObject);
  }

  protected emit({ type }: EventObject): void {
    const { method } = this.#transaction;
    const section = method === "INVITE" ? "RFC 3261 §17.2.1" : "RFC 3261 §17.2.2";
    if (type === "transmit") this.add(`${this.#status}`, section);
    else if (type === "transmitTrying") {
      this.#status = 100;
      this.add("100", section);
    }
  }
}

/** Lays what Strowger does beside what was captured: the nearest of the same kind are the same. */
function compared(ours: readonly Our[], captured: readonly CapturedMessage[]): Deed[] {
  const open = [...captured];
  const deeds: Deed[] = [];
  for (const { time, what, section } of ours) {
    const at = open.findIndex(({ entry, message }) =>
      whatOf(message) === what && Math.abs(entry.time - time) <= toleranceOf(what)
    );
    const [found] = at < 0 ? [] : open.splice(at, 1);
    deeds.push(
      found === undefined
        ? { time, what, by: "ours", section }
        : { time: found.entry.time, what, by: "same", n: found.entry.n },
    );
  }
  for (const { entry: { time, n }, message } of open) {
    deeds.push({ time, what: whatOf(message), by: "captured", n });
  }
  return deeds.sort((a, b) => a.time - b.time);
}

/** A program takes its time to acknowledge a 2xx. */
function toleranceOf(what: string): number {
  return what === "ACK" ? 4 * TOLERANCE : TOLERANCE;
}

function whatOf(message: CapturedMessage["message"]): string {
  return message.kind === "request" ? message.method : `${message.statusCode}`;
}

/** What is different, a line each; nothing where nothing is. */
export function captureReplayText(sides: readonly PlayedSide[], begin: number): string {
  const lines = sides.flatMap(({ method, role, address, deeds }) =>
    deeds.filter(({ by }) => by !== "same").map(({ time, what, by, n, section }) => {
      const at = `${Math.round(time - begin)}`.padStart(6);
      const who = `${address}, ${role} of ${method}`;
      return by === "ours"
        ? `${at}  ${who}: Strowger would have sent ${what} (${section})`
        : `${at}  ${who}: Strowger would not have sent ${what} (entry ${n})`;
    })
  );
  const alike = sides.reduce(
    (sum, { deeds }) => sum + deeds.filter(({ by }) => by === "same").length,
    0,
  );
  return [...lines, `${alike} messages as Strowger would have sent them.`].join("\n");
}
