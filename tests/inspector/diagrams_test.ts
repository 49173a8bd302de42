import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type AnyStateMachine,
  type AnyStateNode,
  type AnyTransitionDefinition,
  createMachine,
} from "xstate";
import { machinesOf } from "../../docs/draw.ts";
import { descriptionOf, mermaidOf, scxmlOf, statelyOf, svgOf } from "../../inspector/diagrams.ts";
import { inviteClientMachine, sessionMachine } from "../../machines/mod.ts";
import { nodesOf } from "../machines/support.ts";
import { elementsOf, parseXml } from "./xml.ts";

const MACHINES = machinesOf();

/** Every state of a machine, as XState has it. */
function nodes(machine: AnyStateMachine): AnyStateNode[] {
  return [...nodesOf(machine.root)];
}

function transitions(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function targetsOf(transition: AnyTransitionDefinition): string[] {
  return (transition.target ?? []).map((node: AnyStateNode) => node.id);
}

/** What XState does for delayed transitions by itself is none of a state's own actions. */
function ownActions(actions: readonly unknown[]): string[] {
  return actions.flatMap((action) => {
    if (typeof action === "string") return [action];
    const { type } = action as { type: string };
    return typeof action === "object" ? [type] : [];
  });
}

function guardName(guard: unknown): string {
  return guard === undefined ? "" : typeof guard === "string" ? guard : "composed";
}

Deno.test("every machine that is exported is drawn", () => {
  const ids = MACHINES.map(({ id }) => id);
  for (const id of ["inviteClient", "nonInviteServer", "session", "subscription", "flow"]) {
    assert(ids.includes(id), id);
  }
});

for (const machine of MACHINES) {
  Deno.test(`${machine.id}: every state says what it is, with its section`, () => {
    for (const { id, description } of nodes(machine)) {
      assert(description !== undefined, id);
      // No RFC has a machine of what runs the others.
      if (machine.id !== "supervisor") assert(/^RFC \d+ §\d/.test(description), id);
    }
  });

  Deno.test(`${machine.id}: the SVG has every state and every way from one to another`, async () => {
    const svg = await svgOf(machine);
    const groups = elementsOf(parseXml(svg)).filter(({ name }) => name === "g");
    const states = groups.flatMap(({ attributes }) => attributes.get("data-state") ?? []);
    assertEquals(states.toSorted(), nodes(machine).map(({ id }) => id).toSorted());
    const ids = groups.map(({ attributes }) => attributes.get("id"));
    assertEquals(new Set(ids).size, ids.length, "an id is there twice");
    for (const node of nodes(machine)) {
      for (const target of transitions(node).flatMap(targetsOf)) {
        const isInBox = target === node.id && Object.keys(node.states).length > 0;
        if (!isInBox) assert(ids.includes(`${node.id}~${target}`), `${node.id}~${target}`);
      }
    }
    const texts = elementsOf(parseXml(svg)).map(({ text }) => text).join("\n");
    const actions = nodes(machine).flatMap((node) => [
      ...ownActions(node.entry),
      ...transitions(node).flatMap((each) => ownActions(each.actions)),
    ]);
    for (const action of actions) {
      // An action that has the name of what it emits or raises is written as that.
      assert(texts.includes(`/ ${action}`) || texts.includes(` ${action}`), action);
    }
  });

  Deno.test(`${machine.id}: the SVG is the same each time, and has no text outside of it`, async () => {
    const svg = await svgOf(machine);
    assertEquals(await svgOf(machine), svg);
    const [root, ...others] = elementsOf(parseXml(svg));
    const width = Number(root?.attributes.get("width"));
    for (const { name, attributes, text } of others) {
      if (name !== "text") continue;
      const size = Number(attributes.get("font-size"));
      const right = 14.4 + Number(attributes.get("x")) + 0.5 * size * text.length;
      assert(right < width, `${text} reaches to ${right} of ${width}`);
    }
  });

  Deno.test(`${machine.id}: the Mermaid text declares every state, and says every transition`, () => {
    const lines = mermaidOf(machine).split("\n").map((line) => line.trim());
    const declared = new Set(["[*]"]);
    for (const line of lines) {
      const name = /^state "[^"]*" as (\w+)/.exec(line)?.[1];
      if (name !== undefined) assert(!declared.has(name), `twice: ${name}`);
      if (name !== undefined) declared.add(name);
    }
    for (const { id } of nodes(machine)) assert(declared.has(id.replaceAll(".", "_")), id);
    for (const line of lines) {
      const [, from, to] = /^(\S+) --> (\S+)/.exec(line) ?? [];
      if (from !== undefined) assert(declared.has(from) && declared.has(to ?? ""), line);
      const text = / : (.*)$/.exec(line)?.[1] ?? "";
      assert(!/[:;"]/.test(text), `Mermaid would end it there: ${line}`);
    }
    const said = lines.filter((line) => / : /.test(line) && !/ : (RFC|entry|exit) /.test(line));
    const all = nodes(machine).flatMap(transitions);
    assertEquals(said.length - (machine.id === "supervisor" ? 3 : 0), all.length);
    const opened = lines.filter((line) => line.endsWith("{")).length;
    assertEquals(lines.filter((line) => line === "}").length, opened);
  });

  Deno.test(`${machine.id}: the SCXML, read again, is the machine`, () => {
    const document = parseXml(scxmlOf(machine));
    assertEquals(document.attributes.get("xmlns"), "http://www.w3.org/2005/07/scxml");
    const states = elementsOf(document).filter(({ name }) =>
      ["state", "parallel", "final"].includes(name)
    );
    const read = states.map(({ name, attributes, children }) => {
      const initial = attributes.get("initial");
      const taken = children.filter((child) => child.name === "transition").map((each) => ({
        event: each.attributes.get("event") ?? "",
        targets: each.attributes.get("target")?.split(" ") ?? [],
        actions: each.children.map((action) => action.attributes.get("strowger:action")),
      }));
      const entry = children.filter((child) => child.name === "onentry")
        .flatMap((block) => block.children.map((each) => each.attributes.get("strowger:action")))
        .filter((action) => action !== undefined);
      return { name, id: attributes.get("id"), initial, taken, entry };
    });
    const wanted = nodes(machine).map((node) => ({
      name: node.type === "parallel" || node.type === "final" ? node.type : "state",
      id: node.id,
      initial: node.type === "compound" ? node.initial.target[0]?.id : undefined,
      taken: node.type === "final" ? [] : transitions(node).map((each) => ({
        event: each.eventType,
        targets: targetsOf(each),
        actions: ownActions(each.actions),
      })),
      entry: ownActions(node.entry),
    }));
    assertEquals(read, wanted);
    // What a delayed transition waits for is sent by its state, after a delay that is known.
    const known = elementsOf(document).filter(({ name }) => name === "data")
      .map(({ attributes }) => attributes.get("id"));
    const sent = elementsOf(document).filter(({ attributes }) => attributes.has("delayexpr"));
    for (const { attributes } of sent) assert(known.includes(attributes.get("delayexpr")));
    const delayed = nodes(machine).flatMap((node) => node.after.map(({ eventType }) => eventType));
    const events = sent.map(({ attributes }) => attributes.get("event"));
    assertEquals(events.toSorted(), [...new Set(delayed)].toSorted());
  });

  Deno.test(`${machine.id}: XState makes the same machine of Stately's JSON`, () => {
    const json = JSON.stringify(statelyOf(machine));
    const made = createMachine(JSON.parse(json));
    const shape = (each: AnyStateMachine) =>
      nodes(each).map((node) => ({
        id: node.id,
        type: node.type,
        description: node.description,
        initial: node.type === "compound" ? node.initial.target[0]?.id : undefined,
        entry: ownActions(node.entry),
        transitions: transitions(node).map((transition) => ({
          event: transition.eventType,
          targets: targetsOf(transition),
          reenter: transition.reenter && targetsOf(transition).length > 0,
          actions: ownActions(transition.actions),
          hasGuard: transition.guard !== undefined,
        })),
      }));
    assertEquals(shape(made), shape(machine));
    for (const node of nodes(machine)) {
      for (const name of transitions(node).map((each) => guardName(each.guard))) {
        if (name !== "" && name !== "composed") assert(json.includes(`"type":"${name}"`), name);
      }
    }
  });
}

Deno.test("what an action emits or raises is said", async () => {
  const svg = await svgOf(inviteClientMachine);
  for (const text of ["/ tellAccept ▸ accept", "/ ▸ transmit", "/ expire ↻ expired"]) {
    assert(svg.includes(text), text);
    assert(mermaidOf(inviteClientMachine).includes(text), text);
  }
});

Deno.test("guards are written as they are made", () => {
  const mermaid = mermaidOf(inviteClientMachine);
  assert(mermaid.includes("response [isRetriable and isWanted]"));
  // SCXML can ask for states by itself.
  const none = "(!(In('inviteClient.cancellation.deferred')) &amp;&amp; " +
    "!(In('inviteClient.cancellation.sent')))";
  assert(scxmlOf(inviteClientMachine).includes(`cond="(isRetriable() &amp;&amp; ${none})"`));
});

Deno.test("delays have the RFC's default times, or those of the input, or none", () => {
  const delaysOf = (machine: AnyStateMachine, input?: Record<string, unknown>) =>
    Object.fromEntries(
      descriptionOf(machine, input).delays.map(({ name, ms, isFirst }) => [
        name,
        `${ms}${isFirst ? " at first" : ""}`,
      ]),
    );
  assertEquals(delaysOf(inviteClientMachine), {
    cancelTimeout: "32000",
    timerB: "32000",
    timerA: "500 at first",
    timerM: "32000",
    timerD: "32000",
  });
  assertEquals(delaysOf(inviteClientMachine, { T1: 100, reliable: true }).timerD, "0");
  assertEquals(delaysOf(inviteClientMachine, { T1: 100 }).timerB, "6400");
  // A session has no session timer until one is agreed on.
  assertEquals(delaysOf(sessionMachine).refreshDelay, "undefined");
  assertEquals(delaysOf(sessionMachine).ackTimeout, "32000");
});

Deno.test("what no diagram would show is refused", () => {
  const machine = createMachine({ initial: "a", states: { a: { onDone: "b" }, b: {} } });
  assertThrows(() => descriptionOf(machine), TypeError, "onDone");
});

Deno.test("nothing of it comes with the engine", async () => {
  const args = ["info", "--json", "mod.ts"];
  const cwd = new URL("../..", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { specifier: string }[];
  };
  const specifiers = modules.map(({ specifier }) => specifier);
  assert(specifiers.some((each) => each.includes("/actors/")));
  assertEquals(specifiers.filter((each) => /inspector|graphviz/.test(each)), []);
});
