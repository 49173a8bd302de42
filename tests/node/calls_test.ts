import { assertEquals } from "@std/assert";
import { LOOPBACKS } from "../transports/recorder.ts";

/** Runs a command to its end; what it printed, or a failure with all of it. */
async function output(command: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${out}${err}`);
  return out ?? "";
}

/** Whether there is a Node of version 20 or later: before that it has no `crypto` of its own. */
function hasNode(): boolean {
  try {
    const { stdout } = new Deno.Command("node", { args: ["--version"] }).outputSync();
    const [, major] = /^v(\d+)\./.exec(new TextDecoder().decode(stdout)) ?? [];
    return Number(major) >= 20;
  } catch {
    return false;
  }
}

Deno.test({
  name: "the same files place calls under Node over every transport, and leave nothing behind",
  ignore: !hasNode(),
  async fn() {
    const bundle = await Deno.makeTempFile({ suffix: ".mjs" });
    try {
      const program = new URL("./calls.ts", import.meta.url).pathname;
      await output(Deno.execPath(), ["bundle", "-q", "--platform", "node", "-o", bundle, program]);
      // Node ends by itself only when no socket and no timer is left.
      const lines = (await output("node", [bundle, ...LOOPBACKS])).trim().split("\n");
      const protocols = ["UDP", "TCP", "TLS", "WS", "WSS"];
      assertEquals(lines, LOOPBACKS.flatMap((host) => protocols.map((p) => `${p} over ${host}`)));
    } finally {
      await Deno.remove(bundle);
    }
  },
});
