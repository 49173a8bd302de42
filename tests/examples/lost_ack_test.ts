import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromJsonLines } from "@strowger/sip/inspector/json_lines";
import { Program } from "./program.ts";

Deno.test("lost_ack: the call whose ACKs are lost is drawn, and recorded at both ends", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const file = `${directory}/lost_ack.jsonl`;
    const { code, out, err } = await Program.run("lost_ack", [file], [
      `--allow-write=${directory}`,
    ]);
    assertEquals(code, 0);
    assertMatch(err.join("\n"), /^TimeoutError: no ACK to the 2xx of call \S+: hanging up$/);
    assert(out.some((line) => /ACK ─*×/.test(line)), "an ACK is lost");
    assert(out.some((line) => /◀─* BYE/.test(line)), "Bob hangs up");
    assertEquals(out.at(-1), `Recorded in ${file}.`);

    const { calls } = fromJsonLines(await Deno.readTextFile(file));
    const [call, ...others] = calls.filter(({ callId }) => callId !== "");
    assertEquals(others.length, 0);
    assertEquals(call?.dropped, 0);
    assertEquals(new Set(call?.entries.map(({ core }) => core)), new Set(["alice", "bob"]));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("lost_ack: who names no file, is told so", async () => {
  const { code, err } = await Program.run("lost_ack", [], []);
  assertEquals([code, err.length], [1, 1]);
  assertMatch(err[0] ?? "", /^lost_ack: expected the name of the file/);
});
