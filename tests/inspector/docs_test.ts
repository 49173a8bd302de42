import { assertEquals } from "@std/assert";
import { drawings } from "../../docs/draw.ts";

const docs = new URL("../../docs/", import.meta.url);

Deno.test("the pictures and texts of docs/ are those of the machines", async () => {
  const wanted = await drawings();
  for (const [path, text] of wanted) {
    const found = await Deno.readTextFile(new URL(path, docs));
    assertEquals(found === text, true, `docs/${path} is stale: run \`deno task diagrams\``);
  }
  const pictures = [...Deno.readDirSync(new URL("diagrams/", docs))].map(({ name }) => name);
  const drawn = [...wanted.keys()].filter((path) => path.startsWith("diagrams/"));
  assertEquals(pictures.map((name) => `diagrams/${name}`).toSorted(), drawn.toSorted());
});
