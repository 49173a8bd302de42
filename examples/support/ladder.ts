/**
 * The ladder of a call between two engines in one process, drawn line by line as it happens.
 *
 * Each message is an arrow. Beside it stands, on both sides, the state of every machine that the
 * message moved, or that moved to send it.
 *
 * @module
 */
import type { TraceEntry, UserAgentCoreConfiguration } from "@strowger/sip";
import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent, StateValue } from "xstate";

/** How a ladder is drawn. */
export interface LadderOptions {
  /** The width of the terminal; the ladder takes 80 to 120 columns of it. */
  columns: number;
  /** Whether to use colours. */
  color: boolean;
  /** Takes each line. */
  print: (line: string) => void;
  /** The time in milliseconds, since whenever. */
  now: () => number;
}

type Side = "left" | "right";

/** A message on its way, with the states that its sender was in once it had sent it. */
interface Arrow {
  readonly sentAt: number;
  readonly label: string;
  readonly to: Side;
  states: string[];
}

/** What is known of one engine. */
interface Engine {
  /** Machines that took an event since the last message of this side. */
  readonly moved: Set<AnyActorRef>;
  /** Those of the last message, which stay where a message moves nothing. */
  shown: readonly AnyActorRef[];
  /** The message that it is taking in. */
  incoming: Arrow | undefined;
}

/** What a program does to a machine; a message of the same name may do it, too. */
const OWN_EVENTS = ["respond", "ack", "bye", "cancel"];

const STATE_WIDTH = 25;
const TIME_WIDTH = 5;

/** The ladder of a call. */
export class Ladder {
  private readonly options: LadderOptions;
  private readonly arrowWidth: number;
  private readonly engines: Record<Side, Engine> = {
    left: { moved: new Set(), shown: [], incoming: undefined },
    right: { moved: new Set(), shown: [], incoming: undefined },
  };
  /** What was sent and has not arrived, oldest first. */
  private readonly underway: Arrow[] = [];
  private start: number | undefined;

  constructor(options: LadderOptions) {
    this.options = options;
    const width = Math.min(Math.max(options.columns, 80), 120);
    this.arrowWidth = width - TIME_WIDTH - 2 * STATE_WIDTH - 6;
  }

  /** Names the two sides. */
  head(left: string, right: string): void {
    this.row("ms", left, " ".repeat(this.arrowWidth), right);
    this.row("", "", " ".repeat(this.arrowWidth), "");
  }

  /** What the engine on one side has to be configured with to be seen. */
  watch(side: Side): Required<Pick<UserAgentCoreConfiguration, "trace" | "inspect">> {
    return {
      trace: (entry) => entry.direction === "out" ? this.send(side, entry) : this.receive(side),
      inspect: (event) => this.inspect(side, event),
    };
  }

  private inspect(side: Side, event: InspectionEvent): void {
    if (event.type !== "@xstate.event") return;
    // From here on, what happens belongs to the answer and no more to what is being answered.
    const { type } = event.event;
    const isOwn = this.engines[side].incoming?.label.toLowerCase() !== type;
    if (isOwn && OWN_EVENTS.includes(type)) this.settle(side);
    this.engines[side].moved.add(event.actorRef as AnyActorRef);
  }

  private send(side: Side, { bytes }: TraceEntry): void {
    this.settle(side);
    const sentAt = this.options.now();
    this.start ??= sentAt;
    const to = side === "left" ? "right" : "left";
    const arrow: Arrow = { sentAt, label: labelOf(bytes), to, states: [] };
    this.underway.push(arrow);
    // A machine sends in the middle of a step: its state counts once the step is done.
    queueMicrotask(() => arrow.states = this.takeStates(side));
  }

  private receive(side: Side): void {
    this.settle(side);
    const index = this.underway.findIndex((arrow) => arrow.to === side);
    if (index < 0) return;
    this.engines[side].incoming = this.underway.splice(index, 1)[0];
    queueMicrotask(() => this.settle(side));
  }

  /** Draws what came in, if what it does to its receiver's machines is done. */
  private settle(side: Side): void {
    const { incoming: arrow } = this.engines[side];
    if (arrow === undefined) return;
    this.engines[side].incoming = undefined;
    const states = { [otherSide(side)]: arrow.states, [side]: this.takeStates(side) };
    this.draw(arrow, states.left ?? [], states.right ?? []);
  }

  private takeStates(side: Side): string[] {
    const engine = this.engines[side];
    if (engine.moved.size > 0) engine.shown = [...engine.moved];
    engine.moved.clear();
    const states = engine.shown.map(describe).filter((state) => !state.startsWith("supervisor"));
    // A transaction before the session that it made or ends.
    return states.sort((a, b) => Number(a.startsWith("session")) - Number(b.startsWith("session")));
  }

  private draw(arrow: Arrow, left: string[], right: string[]): void {
    const time = (arrow.sentAt - (this.start ?? 0)).toFixed(0);
    this.row(time, left[0], this.shaft(arrow), right[0]);
    for (let i = 1; i < Math.max(left.length, right.length); i++) {
      this.row("", left[i], " ".repeat(this.arrowWidth), right[i]);
    }
  }

  private shaft({ label, to }: Arrow): string {
    const line = "─".repeat(this.arrowWidth - 1);
    const at = Math.floor((line.length - label.length - 2) / 2);
    const shaft = `${line.slice(0, at)} ${label} ${line.slice(at + label.length + 2)}`;
    return this.paint(colorOf(label), to === "right" ? `${shaft}▶` : `◀${shaft}`);
  }

  private row(time: string, left = "", middle: string, right = ""): void {
    const start = this.paint(DIM, time.padStart(TIME_WIDTH));
    const space = " ".repeat(Math.max(STATE_WIDTH - left.length, 0));
    const cells = `${start}  ${space}${this.state(left)} │${middle}│ ${this.state(right)}`;
    this.options.print(cells.trimEnd());
  }

  /** The name of a machine recedes behind its state. */
  private state(text: string): string {
    const [, name = "", state = ""] = /^(\S* ?)(.*)$/.exec(text) ?? [];
    return this.paint(DIM, name) + state;
  }

  private paint(color: number, text: string): string {
    return this.options.color && text.trim() !== "" ? `\x1b[${color}m${text}\x1b[0m` : text;
  }
}

const DIM = 2;
const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const CYAN = 36;

function colorOf(label: string): number {
  const status = Number.parseInt(label);
  if (Number.isNaN(status)) return CYAN;
  return status < 200 ? YELLOW : status < 300 ? GREEN : RED;
}

function otherSide(side: Side): Side {
  return side === "left" ? "right" : "left";
}

/** The method of a request; the status and reason of a response. */
function labelOf(bytes: Uint8Array): string {
  const [line = ""] = new TextDecoder().decode(bytes).split("\r\n", 1);
  return line.startsWith("SIP/2.0 ") ? line.slice("SIP/2.0 ".length) : line.split(" ", 1)[0] ?? "";
}

function describe(actor: AnyActorRef): string {
  const { machine, value } = actor.getSnapshot() as AnyMachineSnapshot;
  return `${machine.id} ${stateName(value)}`;
}

/** The state as the figures of RFC 3261 name it: of several regions, the one that they show. */
function stateName(value: StateValue): string {
  if (typeof value === "string") return value;
  const region = value.transaction ?? value.dialog ?? value.response;
  if (region !== undefined) return stateName(region);
  const [[name, child] = ["", ""]] = Object.entries(value);
  return typeof child === "object" && child.response !== undefined ? stateName(child) : name;
}
