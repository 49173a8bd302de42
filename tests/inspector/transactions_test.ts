/**
 * What docs/transactions.md says of the figures of RFC 3261 is so in the machines.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type StateDescription, statesOf } from "../../inspector/drawing/description.ts";
import { descriptionOf } from "../../inspector/diagrams.ts";
import { transitionText } from "../../inspector/drawing/notation.ts";
import {
  inviteClientMachine,
  inviteServerMachine,
  nonInviteClientMachine,
  nonInviteServerMachine,
} from "../../machines/mod.ts";

const page = await Deno.readTextFile(new URL("../../docs/transactions.md", import.meta.url));

/** How many arrows each figure has, but the one that it begins with. */
const ARROWS = { inviteClient: 14, nonInviteClient: 11, inviteServer: 17, nonInviteServer: 9 };

const MACHINES = [
  inviteClientMachine,
  nonInviteClientMachine,
  inviteServerMachine,
  nonInviteServerMachine,
];

/** An arrow of a figure, and the transitions that it is in the machine. */
interface Arrow {
  readonly from: string;
  readonly event: string;
  readonly to: string;
  readonly transitions: readonly string[];
}

function sectionOf(id: string): string {
  const [, section = ""] = page.split(`\n## ${id}\n`);
  return section.split("\n## ")[0] ?? "";
}

function arrowsOf(section: string): Arrow[] {
  const rows = section.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return rows.map((row) => {
    const [, from = "", event = "", to = "", cell = ""] = row.split("|").map((each) => each.trim());
    return { from, event, to, transitions: spansOf(cell) };
  });
}

/** The transitions in a text, each between backticks. */
function spansOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+ -> [^`]+)`/g)].map(([, span = ""]) =>
    span.replaceAll(/\s+/g, " ")
  );
}

/** Whether a machine can be in both at once. */
function areTogether(states: readonly StateDescription[], one: string, other: string): boolean {
  if (`${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`)) return true;
  const around = states.filter(({ id }) => one.startsWith(`${id}.`) && other.startsWith(`${id}.`));
  return around.at(-1)?.type === "parallel";
}

for (const machine of MACHINES) {
  const states = statesOf(descriptionOf(machine).root);
  const known = new Map(
    states.flatMap(({ transitions }) => transitions).map((each) => [transitionText(each), each]),
  );
  const section = sectionOf(machine.id);

  Deno.test(`${machine.id}: every arrow of the figure is a transition from and to those states`, () => {
    const arrows = arrowsOf(section);
    assertEquals(arrows.length, ARROWS[machine.id as keyof typeof ARROWS]);
    for (const { from, event, to, transitions } of arrows) {
      const at = (name: string) => {
        const state = states.find(({ key }) => key === name.toLowerCase());
        assert(state !== undefined, `no such state: ${name}`);
        return state.id;
      };
      for (const text of transitions) {
        const found = known.get(text);
        assert(found !== undefined, `no such transition: ${text}`);
        assert(areTogether(states, found.source, at(from)), `${text} is none of ${from}`);
        const [target = at(from)] = found.targets;
        assert(areTogether(states, target, at(to)), `${text} does not lead to ${to}`);
        const timer = /^Timer (\w)/.exec(event)?.[1];
        if (timer === undefined) continue;
        const { trigger } = found;
        assert(trigger.kind === "delay" && trigger.name === `timer${timer}`, `${event}: ${text}`);
      }
    }
  });

  Deno.test(`${machine.id}: every transition is that of the figure or listed beside it`, () => {
    assertEquals([...new Set(spansOf(section))].toSorted(), [...known.keys()].toSorted());
  });
}
