/**
 * What XState says of an actor at work, as entries of a recording.
 *
 * @module
 */
import type { AnyMachineSnapshot, AnyStateNode, InspectionEvent, StateValue } from "xstate";
import type { Edge, EventEntry, NewEntry, TimerEntry, TransitionEntry } from "./entry.ts";

type Inspected<T extends InspectionEvent["type"]> = Extract<InspectionEvent, { type: T }>;
type Transition = Inspected<"@xstate.microstep">["_transitions"][number];
/** What an entry says of its actor. */
type Of = Pick<EventEntry, "callId" | "time" | "core" | "actor" | "machine">;

/** The entry that an event of XState makes; most make none. */
export function entryOf(
  inspected: InspectionEvent,
  time: number,
  core: string,
): NewEntry | undefined {
  switch (inspected.type) {
    case "@xstate.event":
      return eventEntry(inspected, time, core);
    case "@xstate.microstep":
      return transitionEntry(inspected, time, core);
    case "@xstate.action":
      return armedEntry(inspected, time, core);
    default:
      return undefined;
  }
}

/** An actor's id is its machine's, and the Call-ID. */
function ofActor({ actorRef }: InspectionEvent, time: number, core: string): Of {
  const { id = "", sessionId } = actorRef as unknown as { id?: string; sessionId: string };
  const space = id.indexOf(" ");
  const machine = space < 0 ? id : id.slice(0, space);
  return { callId: space < 0 ? "" : id.slice(space + 1), time, core, actor: sessionId, machine };
}

function eventEntry(inspected: Inspected<"@xstate.event">, time: number, core: string): NewEntry {
  const of = ofActor(inspected, time, core);
  const { type, status } = inspected.event as { type: string; status?: unknown };
  if (type === "xstate.init") {
    const { value } = (inspected.actorRef.getSnapshot() ?? {}) as { value?: StateValue };
    return { kind: "start", ...of, state: value ?? {} };
  }
  const timer = timerOf(type, of.machine);
  if (timer !== undefined) return { kind: "timer", ...of, timer } satisfies Omit<TimerEntry, "n">;
  return {
    kind: "event",
    ...of,
    event: type,
    ...(typeof status === "number" ? { status } : {}),
  };
}

function transitionEntry(
  inspected: Inspected<"@xstate.microstep">,
  time: number,
  core: string,
): Omit<TransitionEntry, "n"> | undefined {
  const { _transitions, snapshot } = inspected;
  if (_transitions.length === 0) return undefined;
  const { value } = snapshot as AnyMachineSnapshot;
  const edges = _transitions.map(edgeOf);
  return { kind: "transition", ...ofActor(inspected, time, core), edges, state: value };
}

/** The same for every actor of a machine, and so kept with the machine's own transition. */
const edges = new WeakMap<Transition, Edge>();

function edgeOf(transition: Transition): Edge {
  const known = edges.get(transition);
  if (known !== undefined) return known;
  const { source, eventType, target } = transition;
  const edge: Edge = {
    source: source.id,
    index: Math.max(siblings(source, eventType).indexOf(transition), 0),
    event: eventType,
    targets: (target ?? []).map(({ id }) => id),
  };
  edges.set(transition, edge);
  return edge;
}

/** What leads away from a state for the same event, in the order in which guards are asked. */
function siblings(source: AnyStateNode, event: string): readonly Transition[] {
  return (event === "" ? source.always : source.transitions.get(event)) ?? [];
}

function armedEntry(
  inspected: Inspected<"@xstate.action">,
  time: number,
  core: string,
): NewEntry | undefined {
  const { type, params } = inspected.action;
  if (type !== "xstate.raise") return undefined;
  const { event, delay } = (params ?? {}) as { event?: { type?: string }; delay?: unknown };
  if (typeof delay !== "number") return undefined;
  const of = ofActor(inspected, time, core);
  const timer = timerOf(event?.type ?? "", of.machine) ?? event?.type ?? "";
  return { kind: "timer", ...of, timer, delay };
}

/** `timerB` in `xstate.after.timerB.inviteClient.transaction.calling`. */
function timerOf(event: string, machine: string): string | undefined {
  if (!event.startsWith("xstate.after.")) return undefined;
  const name = event.slice("xstate.after.".length);
  const end = name.indexOf(`.${machine}`);
  return end < 0 ? name : name.slice(0, end);
}
