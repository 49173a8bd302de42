/**
 * Writes the pictures of `docs/diagrams/` and what `docs/machines.md` has of each machine, or says what
 * they would be: `deno task diagrams`.
 *
 * @module
 */
import type { AnyStateMachine } from "xstate";
import { descriptionOf, mermaidOf, svgOf } from "../inspector/diagrams.ts";
import { machinesAmong } from "../inspector/machine_index.ts";
import * as exported from "../machines/mod.ts";

const docs = new URL("./", import.meta.url);
const BEGIN = "<!-- deno task diagrams: what follows is generated -->\n";

/** Every machine that `machines/mod.ts` exports, by id. */
export function machinesOf(
  module: Readonly<Record<string, unknown>> = exported,
): AnyStateMachine[] {
  return [...machinesAmong(Object.values(module)).values()].sort((a, b) => a.id < b.id ? -1 : 1);
}

/** What each generated file has to hold, by its path within `docs/`. */
export async function drawings(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const machines = machinesOf();
  for (const machine of machines) {
    files.set(`diagrams/${machine.id}.svg`, await svgOf(machine));
  }
  const page = await Deno.readTextFile(new URL("machines.md", docs));
  const [head = ""] = page.split(BEGIN);
  files.set("machines.md", [head + BEGIN, ...machines.map(sectionOf)].join("\n"));
  return files;
}

function sectionOf(machine: AnyStateMachine): string {
  const { root } = descriptionOf(machine);
  return `## ${root.id}

${root.description}

![${root.id}](diagrams/${root.id}.svg)

<details><summary>As Mermaid</summary>

\`\`\`mermaid
${mermaidOf(machine)}\`\`\`

</details>
`;
}

if (import.meta.main) {
  await Deno.mkdir(new URL("diagrams/", docs), { recursive: true });
  for await (const { name } of Deno.readDir(new URL("diagrams/", docs))) {
    await Deno.remove(new URL(`diagrams/${name}`, docs));
  }
  for (const [path, text] of await drawings()) {
    await Deno.writeTextFile(new URL(path, docs), text);
  }
}
