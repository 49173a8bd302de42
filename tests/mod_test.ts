/**
 * What an edge runtime asks of the core: web standards only, and nothing done at import.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

const root = new URL("..", import.meta.url);
const PORTABLE = ["mod.ts", "machines/mod.ts", "messages/mod.ts", "transports/memory.ts"]
  .concat("transports/websocket.ts");

async function deno(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: root });
  const { code, stdout, stderr } = await command.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the portable entries import no platform module and name no platform global", async () => {
  for (const entry of PORTABLE) {
    const graph = JSON.parse(await deno("info", "--json", entry)) as {
      modules: { specifier: string; local?: string }[];
    };
    for (const { specifier, local } of graph.modules) {
      assertEquals(specifier.startsWith("node:"), false, `${entry} imports ${specifier}`);
      if (local === undefined || !specifier.startsWith(root.href)) continue;
      const source = await Deno.readTextFile(local);
      const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      assertEquals(/\bDeno\.|\bprocess\.|\bBuffer\b/.test(code), false, specifier);
    }
  }
});

Deno.test("importing arms no timer, draws no random value and opens nothing", async () => {
  const guard = `
    const refuse = (what) => () => { throw new Error(what + " at import") };
    for (const name of ["setTimeout", "setInterval", "fetch", "WebSocket"]) {
      globalThis[name] = refuse(name);
    }
    crypto.getRandomValues = refuse("getRandomValues");
    crypto.randomUUID = refuse("randomUUID");
    Math.random = refuse("Math.random");
    for (const entry of ${JSON.stringify(PORTABLE)}) await import("${root.href}" + entry);
    console.log("imported");
  `;
  assertEquals(await deno("eval", "--no-check", guard), "imported\n");
});
