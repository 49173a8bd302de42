/**
 * Who is measured on the wire, and how each is started.
 *
 * @module
 */
import { freePort } from "../../tests/interop/peer_process.ts";
import type { Protocol } from "./sipp.ts";
import { SubjectProcess } from "./subject_process.ts";

/** One who is measured. */
export interface Candidate {
  /** What the tables call it. */
  readonly name: string;
  readonly protocols: readonly Protocol[];
  start(protocol: Protocol): Promise<SubjectProcess>;
}

/** Bundles for Node, which reads no TypeScript, are put here. */
const bundles = await Deno.makeTempDir({ prefix: "strowger-wire-" });

/** Removes what was put aside. */
export async function cleanUp(): Promise<void> {
  await Deno.remove(bundles, { recursive: true });
}

function urlOf(file: string): string {
  return new URL(file, import.meta.url).href;
}

function onDeno(file: string, ...flags: string[]): Candidate["start"] {
  return (protocol) =>
    SubjectProcess.start(Deno.execPath(), [
      "run",
      "-A",
      "--no-check",
      ...flags,
      urlOf(file),
      protocol,
    ]);
}

function onNode(file: string): Candidate["start"] {
  return async (protocol) => {
    const bundle = `${bundles}/${file.replace(/ts$/, "mjs")}`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--platform", "deno", "-o", bundle, urlOf(file)],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await SubjectProcess.start("node", [bundle, protocol, `${freePort()}`]);
  };
}

/** All of them; the first is what the others are compared with. */
export const CANDIDATES: readonly Candidate[] = [
  { name: "Strowger", protocols: ["UDP", "TCP"], start: onDeno("strowger.ts") },
  { name: "Strowger, on Node", protocols: ["UDP"], start: onNode("strowger.ts") },
  { name: "sip 0.0.6, on Node", protocols: ["UDP", "TCP"], start: onNode("sip.ts") },
  { name: "fixed answers", protocols: ["UDP"], start: onDeno("fixed_answers.ts") },
];
