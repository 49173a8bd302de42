/**
 * Parsers in C, each in a process of its own that does what it is told and says what it took. The
 * programs are in `c/`; they are compiled here, against Debian's packages.
 *
 * @module
 */
import { installPackages } from "../tests/interop/packages.ts";
import { OtherProcess } from "./other_process.ts";
import type { Reading } from "./parse.ts";

/** A library, and what compiling against it takes. */
export interface Library {
  readonly name: string;
  readonly source: string;
  readonly package: string;
  readonly flags: readonly string[];
}

/** The libraries that are measured. */
export const LIBRARIES: readonly Library[] = [
  {
    name: "sofia-sip",
    source: "sofia_sip.c",
    package: "libsofia-sip-ua-dev",
    flags: ["-I/usr/include/sofia-sip-1.12", "-lsofia-sip-ua"],
  },
  { name: "oSIP", source: "osip2.c", package: "libosip2-dev", flags: ["-losipparser2"] },
];

const PROGRAMS = new URL("./c/", import.meta.url).pathname;

/** Whether a command could be run, and what it said. */
async function run(command: string, args: string[]): Promise<{ success: boolean; output: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
    const decoder = new TextDecoder();
    return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    return { success: false, output: `${error}` };
  }
}

async function compile(library: Library, into: string): Promise<boolean> {
  const sources = ["main.c", library.source].map((file) => PROGRAMS + file);
  const build = () => run("cc", ["-O2", "-Wall", "-o", into, ...sources, ...library.flags]);
  if ((await build()).success) return true;
  await installPackages(["gcc", "libc6-dev", library.package]);
  const { success, output } = await build();
  if (!success) console.log(output);
  return success;
}

async function versionOf({ package: name }: Library): Promise<string> {
  const { output } = await run("dpkg-query", ["-W", "-f", "${Version}", name]);
  return /^[\d.]*\d/.exec(output)?.[0] ?? "";
}

/** One library at work. */
export class CParser {
  /** What the table calls it. */
  readonly name: string;
  readonly #process: OtherProcess;
  readonly #messages: number;

  private constructor(name: string, program: string, messages: number) {
    this.name = name;
    this.#process = new OtherProcess(program);
    this.#messages = messages;
  }

  /** Compiles it and hands it the messages; nothing where that is not possible. */
  static async start(
    library: Library,
    messages: readonly Uint8Array[],
  ): Promise<CParser | undefined> {
    const directory = await Deno.makeTempDir();
    try {
      const program = `${directory}/parser`;
      if (!await compile(library, program)) return undefined;
      const name = `${library.name} ${await versionOf(library)}, in C`;
      const parser = new CParser(name, program, messages.length);
      await parser.#process.write(`${messages.length}\n`);
      for (const each of messages) {
        await parser.#process.write(`${each.length}\n`);
        await parser.#process.write(each);
      }
      return parser;
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }

  /** What it reads of each message, with URIs as text. */
  async readAll(): Promise<Reading[]> {
    await this.#process.write("read\n");
    const readings: Reading[] = [];
    while (readings.length < this.#messages) {
      const [fromUri, fromTag, toUri, toTag, viaHost, viaBranch, sequence, method, contactUri] =
        (await this.#process.line()).split("\t").map((text) => text === "" ? undefined : text);
      readings.push({
        fromUri,
        fromTag,
        toUri,
        toTag,
        viaHost: viaHost ?? "",
        viaBranch,
        sequence: Number(sequence),
        method: method ?? "",
        contactUri,
      });
    }
    return readings;
  }

  /** Parses and reads that many messages; says the microseconds of processor time it took. */
  async run(times: number): Promise<number> {
    await this.#process.write(`run ${times}\n`);
    return Number(await this.#process.line());
  }

  /** Ends it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
