// Who is not recorded loads nothing of a recorder.
import { assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** The modules that a file imports, in the words of the file. */
async function importsOf(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) => name);
}

async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    if (isDirectory) files.push(...await filesIn(`${folder}/${name}`));
    else if (name.endsWith(".ts")) files.push(`${folder}/${name}`);
  }
  return files;
}

Deno.test("no file of the engine imports the inspector", async () => {
  const folders = ["actors", "machines", "messages", "transports"];
  const files = ["mod.ts", ...(await Promise.all(folders.map(filesIn))).flat()];
  for (const file of files) {
    const inspected = (await importsOf(file)).filter((name) => name.includes("inspector"));
    assertEquals(inspected, [], file);
  }
});

Deno.test("of what records and draws, only the sender of HEP3 needs a platform", async () => {
  const recording = ["recorder", "ladder", "json_lines", "pcap", "hep"];
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const name of await importsOf(path)) {
      assertEquals(/^node:|datagram_socket|transports\/udp/.exec(name), null, `${path}: ${name}`);
      const next = new URL(name, new URL(path, ROOT));
      if (name.startsWith(".")) await visit(next.href.slice(ROOT.href.length));
    }
    const text = await Deno.readTextFile(new URL(path, ROOT));
    assertEquals(/^(?!\s*(?:\*|\/\/)).*\bDeno\./m.exec(text)?.[0], undefined, path);
  };
  for (const name of recording) await visit(`inspector/${name}.ts`);
});
