/**
 * Plays a recording again, in the terminal or on the page: `deno task replay recording.jsonl`.
 *
 * @module
 */
import { captureReplayText, replayCapture, withMachines } from "./capture_replay.ts";
import { violationsOf, violationsText } from "./conformance.ts";
import { ladderOf, ladderText } from "./ladder.ts";
import { fromJsonLines } from "./json_lines.ts";
import { servePage } from "./page/page_server.ts";
import { fromPcap } from "./pcap.ts";
import { Player } from "./page/player.ts";
import type { RecordedCall, Recording } from "./recording.ts";
import { regressionTest } from "./regression.ts";
import { type Difference, replay, type Replayed } from "./replay.ts";
import { shownText } from "./shown_text.ts";

const USAGE = `Plays a recorded call again, through today's machines.

  deno task replay FILE [options]

FILE is a recording (JSON Lines) or a capture (pcap, pcapng).

  --call ID       only the call with this Call-ID
  --speed N       draw it N times as fast as it was; at once without this
  --step          draw it row by row, on Enter
  --page [PORT]   show it on a page with a time slider; any free port without PORT
  --test OUT.ts   write a test that plays it again
  --help          this

Of a recording it says where today's machines do otherwise; of a capture, what Strowger would have
sent or not, and what was against the RFC.

Exit codes: 0 nothing was different, or against the RFC; 1 something was; 2 the file or an option is
wrong.`;

/** What is wrong with what was asked. */
class UsageError extends Error {}

interface Options {
  readonly file: string;
  readonly call?: string;
  readonly speed?: number;
  readonly isStepped: boolean;
  readonly page?: number;
  readonly test?: string;
}

/** How much is kept of a file. */
const LIMITS = { maxCalls: 10_000, maxEntries: 100_000, maxOctets: 1 << 30 };

function parseOptions(args: readonly string[]): Options {
  const given: Record<string, string> = {};
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("--")) {
      if (given.file !== undefined) throw new UsageError(`expected one file, found "${word}", too`);
      given.file = word;
      continue;
    }
    const name = word.slice(2);
    if (name === "step") given.step = "";
    else if (name === "page") given.page = /^\d+$/.test(rest[0] ?? "") ? rest.shift() ?? "0" : "0";
    else if (name === "call" || name === "speed" || name === "test") {
      const value = rest.shift();
      if (value === undefined) throw new UsageError(`expected something after --${name}`);
      given[name] = value;
    } else throw new UsageError(`expected an option, found "${word}"; --help lists them`);
  }
  const { file, call, speed, test, page, step } = given;
  if (file === undefined) throw new UsageError("expected a file; --help says more");
  if (speed !== undefined && !(Number(speed) > 0)) {
    throw new UsageError(`--speed: expected a number above 0, found "${speed}"`);
  }
  if (page !== undefined && Number(page) > 65_535) {
    throw new UsageError(`--page: expected a port, found "${page}"`);
  }
  return {
    file,
    isStepped: step !== undefined,
    ...(call === undefined ? {} : { call }),
    ...(speed === undefined ? {} : { speed: Number(speed) }),
    ...(page === undefined ? {} : { page: Number(page) }),
    ...(test === undefined ? {} : { test }),
  };
}

async function read(file: string): Promise<Recording> {
  const octets = await Deno.readFile(file);
  // A recording begins with "{"; the formats of captures begin with other octets.
  if (octets[0] !== 0x7b) return fromPcap(octets, LIMITS).recording;
  return fromJsonLines(new TextDecoder().decode(octets), LIMITS);
}

function choose(recording: Recording, { call, file }: Options): RecordedCall[] {
  if (call === undefined) return recording.calls;
  const chosen = recording.call(call);
  if (chosen === undefined) throw new UsageError(`there is no call "${call}" in ${file}`);
  return [chosen];
}

/** Draws a call: at once, at a speed, or row by row. */
async function draw(call: RecordedCall, { speed, isStepped }: Options): Promise<void> {
  const ladder = ladderOf(call, { delegates: true, timers: true });
  const isTerminal = Deno.stdout.isTerminal();
  const columns = isTerminal ? Deno.consoleSize().columns : 80;
  const color = isTerminal && !Deno.noColor;
  if (speed === undefined && !isStepped) {
    return console.log(ladderText(ladder, { columns, color }));
  }
  let time = 0;
  for (const [from, row] of ladder.rows.entries()) {
    if (isStepped) await enter();
    else if (speed !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, (row.time - time) / speed));
    }
    time = row.time;
    const rows = ladder.rows.slice(0, from + 1);
    const options = { columns, color, head: from === 0, from, beside: 26 };
    Deno.stdout.writeSync(
      new TextEncoder().encode(ladderText({ ...ladder, rows }, options)),
    );
  }
}

async function enter(): Promise<void> {
  const octets = new Uint8Array(256);
  let count: number | null;
  do {
    count = await Deno.stdin.read(octets);
  } while (count !== null && !octets.subarray(0, count).includes(0x0a));
}

function say({ actors, steps, differences, unplayed }: Replayed): void {
  for (const { machine, actor, why } of unplayed) {
    console.log(`not played: ${machine} (${actor}): ${why}`);
  }
  for (const difference of differences) sayDifference(difference);
  if (differences.length === 0 && actors > 0) {
    console.log(`${actors} machines, ${steps} steps: all as they were recorded.`);
  }
}

function sayDifference({ machine, actor, core, n, expected, found }: Difference): void {
  const where = `${machine} (${actor}${core === undefined ? "" : `, ${core}`}), entry ${n}`;
  console.log(shownText(`different: ${where}`));
  console.log(`  recorded: ${shownText(expected)}`);
  console.log(`  today:    ${shownText(found)}`);
}

/** Whether nothing but messages is there. */
function isCapture({ entries }: RecordedCall): boolean {
  return !entries.some((entry) => "machine" in entry);
}

/** What the messages alone tell: of a capture, where no machine was recorded. */
function judge(call: RecordedCall): boolean {
  const begin = call.entries[0]?.time ?? 0;
  console.log(captureReplayText(replayCapture(call), begin));
  const violations = violationsOf(call);
  console.log(
    violations.length === 0
      ? "Nothing was against the RFC, as far as can be told."
      : violationsText(violations, begin),
  );
  return violations.length === 0;
}

async function show(calls: readonly RecordedCall[], port: number): Promise<void> {
  const player = new Player(calls);
  const page = await servePage({ recording: player.recording, player, port });
  player.request({ time: player.position.end });
  console.log(`${page.url} (Ctrl-C ends it)`);
  await new Promise<void>((resolve) => Deno.addSignalListener("SIGINT", () => resolve()));
  await page.close();
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(USAGE);
    return 0;
  }
  const options = parseOptions(args);
  const recording = await read(options.file);
  const calls = choose(recording, options);
  if (calls.length === 0) throw new UsageError(`there is no call in ${options.file}`);
  let isSame = true;
  for (const call of calls) {
    if (call.callId !== "") console.log(`Call ${shownText(call.callId)}\n`);
    if (options.page === undefined && call.callId !== "") await draw(call, options);
    if (isCapture(call) && call.callId !== "") isSame = judge(call) && isSame;
    const replayed = replay(call);
    if (!isCapture(call)) say(replayed);
    isSame &&= replayed.differences.length === 0;
  }
  // Of a capture, with the machines that have just played it.
  const whole = calls.map((call) => isCapture(call) ? withMachines(call) : call);
  if (options.test !== undefined) {
    await Deno.writeTextFile(options.test, regressionTest(whole, `as recorded: ${options.file}`));
    console.log(`Wrote ${options.test}.`);
  }
  if (options.page !== undefined) await show(whole, options.page);
  return isSame ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(`replay: ${error instanceof Error ? error.message : error}`);
    Deno.exit(2);
  }
}
