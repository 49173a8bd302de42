/**
 * The same scripted far end plays each scenario against SIP.js's core and against ours. What a
 * program is told and what goes onto the wire is the same, but for what `differences.ts` lists.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { differences } from "./compare.ts";
import { DIFFERENCES } from "./differences.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { Stage } from "./stage.ts";
import { NOT_COMPARED } from "./wire.ts";

const names = SCENARIOS.map(({ name }) => name);
/** The headers that were not compared and would have differed. */
const differing = new Set<string>();

for (const scenario of SCENARIOS) {
  Deno.test(`compat: ${scenario.name}`, async () => {
    const sipJs = await Stage.play(scenario, "SIP.js");
    const strowger = await Stage.play(scenario, "Strowger");
    const expected = DIFFERENCES.flatMap(({ scenarios }) => scenarios[scenario.name] ?? []);
    assertEquals(differences(sipJs, strowger).toSorted(), expected.toSorted());
    for (const name of Object.keys(NOT_COMPARED)) {
      const [theirs, ours] = [sipJs, strowger].map(({ wire }) =>
        wire.map(({ ignored }) => ignored[name])
      );
      if (JSON.stringify(theirs) !== JSON.stringify(ours)) differing.add(name);
    }
  });
}

Deno.test("compat: each name of a scenario is there once, and each difference is about one", () => {
  assertEquals(names.length, new Set(names).size);
  const listed = DIFFERENCES.flatMap(({ scenarios }) => Object.keys(scenarios));
  assertEquals(listed.filter((name) => !names.includes(name)), []);
});

Deno.test("compat: each header that is not compared differs", () => {
  assertEquals([...differing].toSorted(), Object.keys(NOT_COMPARED).toSorted());
});
