/**
 * ARCHITECTURE.md says of every export of SIP.js's core whether it is kept, and why not.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import * as sipjs from "sip.js/lib/core/index.js";
import * as strowger from "@strowger/sip";
import { DIFFERING, KEPT } from "./kept.ts";

/** The names that a module of declarations exports, those of modules that it exports whole too. */
async function exportsOf(module: URL): Promise<Set<string>> {
  const text = await Deno.readTextFile(module);
  const names = new Set<string>();
  for (const [, path] of text.matchAll(/^export \* from "(.*)\.js";$/gm)) {
    for (const name of await exportsOf(new URL(`${path}.d.ts`, module))) names.add(name);
  }
  const declaration =
    /^export (?:declare )?(?:abstract )?(?:class|const|enum|function|interface|namespace|type) (\w+)/gm;
  for (const [, name] of text.matchAll(declaration)) if (name !== undefined) names.add(name);
  return names;
}

/** The names in backticks of one section of ARCHITECTURE.md; in a list, of what is before the colon. */
function namesIn(heading: string): string[] {
  const section = architecture.split(`\n### ${heading}\n`)[1]?.split(/\n##/)[0] ?? "";
  const list = section.includes("\n- ") ? section.split("\n- ") : [section.split("\n\n").at(-1)];
  return list.flatMap((item = "") =>
    [...item.split(":", 1).join().matchAll(/`([\w.]+)`/g)].map(([, name = ""]) => name)
  );
}

const architecture = await Deno.readTextFile(new URL("../../ARCHITECTURE.md", import.meta.url));
const kept = namesIn("Kept from SIP.js's core");
const notKept = namesIn("Not kept");

Deno.test("every export of SIP.js's core is kept, or has a reason why not", async () => {
  const index = new URL(import.meta.resolve("sip.js/lib/core/index.js"));
  const all = await exportsOf(new URL("index.d.ts", index));
  assertEquals([...kept, ...notKept].toSorted(), [...all].toSorted());
  // What runs is among what the declarations declare.
  for (const name of Object.keys(sipjs)) assertEquals(all.has(name), true, name);
});

Deno.test("what is kept is compared by types_test.ts", () => {
  assertEquals(kept.toSorted(), Object.keys(KEPT).toSorted());
});

Deno.test("what is kept and not a type can be imported", () => {
  const values = Object.keys(sipjs).filter((name) => kept.includes(name));
  const missing = values.filter((name) => !(name in strowger));
  // Enumerations are types here: unions of their values.
  assertEquals(missing, ["SessionState", "SignalingState", "SubscriptionState"]);
});

Deno.test("each member that differs has a reason, and no other", () => {
  const members = Object.entries(DIFFERING)
    // These two have what differs from IncomingMessage.
    .filter(([name]) => name !== "IncomingRequestMessage" && name !== "IncomingResponseMessage")
    .flatMap(([name, members]) => members.map((member) => `${name}.${member}`));
  assertEquals(namesIn("Members that differ").toSorted(), members.toSorted());
});
