/**
 * What an actor does, as entries of a recording.
 *
 * @module
 */
import type { EventObject } from "xstate";
import type { ActorStep } from "../actors/observers.ts";
import type { Emission, EntryBase, NewEntry } from "./entry.ts";
import { plainData } from "./plain_data.ts";

/** Names for actors; one that is gone needs none. */
const names = new WeakMap<object, string>();
let count = 0;

function nameOf(actor: object): string {
  const known = names.get(actor) ?? `a${++count}`;
  names.set(actor, known);
  return known;
}

/** The entry of a step. */
export function entryOf(step: ActorStep, time: number, core: string): NewEntry {
  const { callId, machine } = step;
  const of: Omit<EntryBase, "n"> & { actor: string; machine: string } = {
    callId,
    time,
    core,
    actor: nameOf(step.actor),
    machine,
  };
  switch (step.type) {
    case "start": {
      const { input, state, emitted } = step;
      const given = typeof input === "object" && input !== null ? { input: plainData(input) } : {};
      return { kind: "start", ...of, state, ...given, ...emissions(emitted) };
    }
    case "event":
      return { kind: "event", ...of, ...ofEvent(step.event) };
    case "transition":
      return {
        kind: "transition",
        ...of,
        edges: step.edges,
        state: step.state,
        ...emissions(step.emitted),
      };
    case "armed":
      return { kind: "timer", ...of, timer: step.timer, delay: step.delay };
    case "fired":
      return { kind: "timer", ...of, timer: step.timer };
  }
}

function ofEvent(event: EventObject) {
  const { status } = event as { status?: unknown };
  const data = plainData(event, ["type", "status"]);
  return {
    event: event.type,
    ...(typeof status === "number" ? { status } : {}),
    ...(Object.keys(data).length > 0 ? { data } : {}),
  };
}

/** Nothing where nothing is emitted, which is most of the time. */
function emissions(emitted: readonly EventObject[]): { emitted?: readonly Emission[] } {
  if (emitted.length === 0) return {};
  return { emitted: emitted.map((each) => ({ ...plainData(each), type: each.type })) };
}
