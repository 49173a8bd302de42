/**
 * What the programs at a terminal have in common: how they say what happens, how they end, and what
 * Ctrl-C does.
 *
 * @module
 */
import { InvalidArgumentError, type Transport, TransportError } from "@strowger/sip";
import { UsageError } from "./options.ts";

/** The exit codes, apart from 1, which is a fault of the program itself. */
export const EXIT = { done: 0, usage: 2, refused: 3, noAnswer: 4, transport: 5 } as const;

/** The exit codes in words, for `--help`. */
export const EXIT_CODES =
  `Exit code: 0 done; 2 wrong usage; 3 refused by the far end; 4 no answer; 5 no
port could be opened, or nothing could be sent; 1 a fault of this program.`;

/** A text from the network as it may be shown: nothing in it moves a cursor or turns the writing. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "?");
}

/** Where a transport can be reached, for people to read. */
export function placeOf({ local: { host, port } }: Transport): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

/** What a file holds that was named in an option. */
export async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Tells what happened, in one line. */
export function say(line: string): void {
  console.log(plain(line));
}

/**
 * Runs a program to its end, and the process with it. What it throws becomes one line on the
 * standard error and an exit code.
 *
 * @param name What the line begins with.
 * @param usage What `--help` prints.
 * @param main The program; it returns its exit code.
 */
export async function run(
  name: string,
  usage: string,
  main: (args: string[]) => Promise<number>,
): Promise<never> {
  if (Deno.args.includes("--help")) {
    console.log(usage);
    Deno.exit(EXIT.done);
  }
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(plain(`${name}: ${error instanceof Error ? error.message : error}`));
    Deno.exit(exitCodeOf(error));
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof InvalidArgumentError) return EXIT.usage;
  return error instanceof TransportError ? EXIT.transport : 1;
}

/** Resolves at the first Ctrl-C. The second one ends the process at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let times = 0;
    Deno.addSignalListener("SIGINT", () => {
      if (++times > 1) Deno.exit(130);
      resolve();
    });
  });
}
