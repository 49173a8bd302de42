// `deno task replay`, as it is typed.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { toJsonLines } from "../../inspector/json_lines.ts";
import { toPcap } from "../../inspector/pcap.ts";
import { recordedCall } from "./recorded_call.ts";

const CLI = new URL("../../inspector/replay_cli.ts", import.meta.url).pathname;

async function run(
  args: string[],
  stdin = "",
): Promise<{ code: number; out: string; err: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", CLI, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function inDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function record(directory: string): Promise<string> {
  const file = `${directory}/call.jsonl`;
  await Deno.writeTextFile(file, [...toJsonLines((await recordedCall()).calls)].join(""));
  return file;
}

Deno.test("replay: a recording is drawn, and is as it was", () =>
  inDirectory(async (directory) => {
    const { code, out, err } = await run([await record(directory)]);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, "INVITE");
    assertMatch(out, /\d+ machines, \d+ steps: all as they were recorded\.\n$/);
  }));

Deno.test("replay: row by row, and at a speed, it draws the same", () =>
  inDirectory(async (directory) => {
    const file = await record(directory);
    const arrows = (text: string) =>
      text.split("\n").filter((line) => /[▶◀]/.test(line)).map((line) => line.replace(/ .*│/, ""));
    const stepped = await run([file, "--step"], "\n".repeat(100));
    const fast = await run([file, "--speed", "100000"]);
    assert(arrows(stepped.out).length >= 6);
    assertEquals(arrows(stepped.out).length, arrows(fast.out).length);
  }));

Deno.test("replay: what is different today is said, and the exit code tells", () =>
  inDirectory(async (directory) => {
    const file = await record(directory);
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.replace('"timerB","delay":32000', '"timerB","delay":5'));
    const { code, out } = await run([file]);
    assertEquals(code, 1);
    assertMatch(out, /different: inviteClient \(\w+, alice\), entry \d+/);
    assertStringIncludes(out, "recorded: arms timerB for 5 ms");
    assertStringIncludes(out, "today:    arms timerB for 32000 ms");
  }));

Deno.test("replay: a test is written", () =>
  inDirectory(async (directory) => {
    const out = `${directory}/call_test.ts`;
    const { code } = await run([await record(directory), "--test", out]);
    assertEquals(code, 0);
    assertStringIncludes(await Deno.readTextFile(out), "Deno.test(");
  }));

Deno.test("replay: a capture is drawn, and what Strowger would have done is said", () =>
  inDirectory(async (directory) => {
    const file = `${directory}/call.pcap`;
    await Deno.writeFile(file, toPcap((await recordedCall()).calls));
    const test = `${directory}/call_test.ts`;
    const { code, out } = await run([file, "--test", test]);
    assertEquals(code, 0);
    assertStringIncludes(out, "6 messages as Strowger would have sent them.");
    assertStringIncludes(out, "Nothing was against the RFC, as far as can be told.");
    assertStringIncludes(await Deno.readTextFile(test), '"machine":"inviteServer"');
  }));

Deno.test("replay: what is wrong with the command is said in a line", () =>
  inDirectory(async (directory) => {
    const file = await record(directory);
    const broken = `${directory}/broken.jsonl`;
    await Deno.writeTextFile(broken, "{}\n");
    for (
      const [args, expected] of [
        [[], /expected a file/],
        [[file, "--fast"], /expected an option, found "--fast"/],
        [[file, "--speed", "0"], /--speed: expected a number above 0/],
        [[file, "--call", "x"], /there is no call "x"/],
        [[`${directory}/none`], /No such file/],
        [[broken], /line 1/],
        [[CLI], /./],
      ] as const
    ) {
      const { code, err } = await run([...args]);
      assertEquals(code, 2, args.join(" "));
      assertMatch(err, expected);
      assertEquals(err.trimEnd().split("\n").length, 1);
    }
  }));
