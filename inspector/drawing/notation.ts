/**
 * How diagrams write what is in a machine: `event [guard]`, and `action ▸ emission` or
 * `action ↻ event` under it.
 *
 * @module
 */
import type {
  ActionDescription,
  DelayDescription,
  GuardDescription,
  MachineDescription,
  StateDescription,
  TransitionDescription,
} from "./description.ts";

/** What a transition waits for, and its guard. */
export function conditionText(
  { trigger, guard }: TransitionDescription,
  delays: MachineDescription["delays"],
): string {
  const what = trigger.kind === "always"
    ? "always"
    : trigger.kind === "event"
    ? trigger.name
    : delayText(delays.find(({ name }) => name === trigger.name));
  return guard === undefined ? what : `${what} [${guardText(guard)}]`;
}

/** A transition without what it does: `calling: response [isSuccess] -> accepted`. */
export function transitionText(transition: TransitionDescription): string {
  const { source, trigger, guard, targets } = transition;
  const what = trigger.kind === "always" ? "always" : trigger.name;
  const condition = guard === undefined ? "" : ` [${guardText(guard)}]`;
  const target = targets.map(pathText).join(", ") || "stays";
  return `${pathText(source)}: ${what}${condition} -> ${target}`;
}

/** An id without the machine's; the machine's own is `*`. */
function pathText(id: string): string {
  return id.split(".").slice(1).join(".") || "*";
}

/** A guard in words. */
export function guardText(guard: GuardDescription): string {
  switch (guard.kind) {
    case "named":
      return guard.name;
    case "in":
      return `in ${pathText(guard.state)}`;
    case "not":
      return `not ${guard.guards.map(operandText).join()}`;
    default:
      return guard.guards.map(operandText).join(` ${guard.kind} `);
  }
}

function operandText(guard: GuardDescription): string {
  return guard.kind === "and" || guard.kind === "or" ? `(${guardText(guard)})` : guardText(guard);
}

/** An action, and what it emits or raises; its name alone where it does neither. */
export function actionText({ name, kind, event }: ActionDescription): string {
  if (event === undefined) return name;
  const does = `${kind === "emit" ? "▸" : "↻"} ${event}`;
  return name === event ? does : `${name} ${does}`;
}

/** A delay, and how long it is by default. */
function delayText(delay: DelayDescription | undefined): string {
  if (delay === undefined) return "";
  const { name, ms, isFirst } = delay;
  return ms === undefined ? name : `${name} (${timeText(ms)}${isFirst ? " at first" : ""})`;
}

function timeText(ms: number): string {
  return ms > 0 && ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** Something that happens: what it waits for, and then each action. */
type Lines = [condition: string, ...actions: string[]];

/** What happens in a state without an arrow. */
export function innerLines(state: StateDescription, delays: MachineDescription["delays"]): Lines[] {
  const inner = state.transitions.filter((each) => !isArrow(each, state));
  const [entry, exit] = [state.entry.map(actionText), state.exit.map(actionText)];
  return [
    ...(entry.length > 0 ? [["entry", ...entry] satisfies Lines] : []),
    ...(exit.length > 0 ? [["exit", ...exit] satisfies Lines] : []),
    ...inner.map((each) => transitionLines(each, delays)),
  ];
}

/** Whether a transition is drawn as an arrow, and not as a line within its state. */
export function isArrow({ targets }: TransitionDescription, source: StateDescription): boolean {
  const isLoop = targets.every((id) => id === source.id);
  return targets.length > 0 && (!isLoop || source.states.length === 0);
}

/** A transition: what it waits for, and then each action. */
export function transitionLines(
  transition: TransitionDescription,
  delays: MachineDescription["delays"],
): Lines {
  const { actions, targets, source } = transition;
  const isAgain = targets.length > 0 && targets.every((id) => id === source);
  const does = actions.map(actionText);
  if (targets.length === 0 && does.length === 0) does.push("nothing");
  return [`${conditionText(transition, delays)}${isAgain ? ", begins anew" : ""}`, ...does];
}
