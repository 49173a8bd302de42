/**
 * Diagrams of what can happen, made from the machines themselves: a picture (SVG), and texts that
 * other tools draw or run: Mermaid, SCXML, and Stately's JSON.
 *
 * They show the states of a machine, those within others and those of parallel regions; its
 * transitions, with events, guards, actions and what these emit (`▸`) or raise (`↻`); its delays, by the
 * RFCs' names, with the times that they have by default.
 *
 * @module
 */
export {
  type ActionDescription,
  type DelayDescription,
  descriptionOf,
  type GuardDescription,
  type MachineDescription,
  type StateDescription,
  type TransitionDescription,
  type TriggerDescription,
} from "./drawing/description.ts";
export { mermaidOf } from "./drawing/mermaid.ts";
export { scxmlOf } from "./drawing/scxml.ts";
export {
  type StatelyAction,
  statelyOf,
  type StatelyState,
  type StatelyTransition,
  type StatelyTransitions,
} from "./drawing/stately.ts";
export { svgOf } from "./drawing/svg.ts";
