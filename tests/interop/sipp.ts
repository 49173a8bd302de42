/**
 * SIPp as a child process: started with a scenario of ours, waited for, read out.
 */
import type { Protocol } from "./engine.ts";
import { freePort, HOST, pause } from "./peer_process.ts";

/** What SIPp counted, from the last line of its statistics. */
export type Statistics = Readonly<Record<string, number>>;

/** How a run of SIPp ended, and what it left behind. */
export interface SippResult {
  /** Its exit code: 0 if every call came to the end of the scenario. */
  readonly code: number;
  readonly statistics: Statistics;
  /** What it complained of: unexpected messages, timeouts. */
  readonly errors: string;
  /** Every message that it sent and received, as `message_log.ts` reads it. */
  readonly messages: Uint8Array;
}

/** What SIPp is started with. */
export interface SippOptions {
  /** The scenario, a file in `sipp/`. */
  scenario: string;
  protocol: Protocol;
  calls: number;
  /** Calls a second, where SIPp is the caller. */
  rate: number;
  /** Whom SIPp calls, as `host:port`; absent where SIPp is called. */
  target?: string;
  /** A directory of its own for what it leaves behind. */
  directory: string;
  /** After how many seconds it gives up. */
  timeout: number;
}

/** SIPp's exit code when a port is taken: -2, as the system shows it. */
const BIND_ERROR = 254;

const ATTEMPTS = 3;

/** One SIPp at work. */
export class Sipp {
  /** Where it listens. */
  readonly port: number;
  private readonly options: SippOptions;
  private readonly child: Deno.ChildProcess;
  private readonly ended: Promise<Deno.CommandOutput>;
  private hasEnded = false;

  private constructor(options: SippOptions, port: number) {
    this.options = options;
    this.port = port;
    this.child = new Deno.Command("sipp", {
      args: argumentsOf(options, port),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.ended = this.child.output().finally(() => this.hasEnded = true);
  }

  /** Starts SIPp on a free port; resolves once its socket is bound. */
  static async start(options: SippOptions): Promise<Sipp> {
    for (let attempt = 1;; attempt++) {
      const sipp = new Sipp(options, freePort());
      while (!sipp.hasEnded && !await sipp.isBound()) await pause(10);
      // Between our look for a free port and SIPp's bind somebody else may have taken it.
      const isTaken = sipp.hasEnded && (await sipp.ended).code === BIND_ERROR;
      if (!isTaken || attempt === ATTEMPTS) return sipp;
    }
  }

  /** Kills it; harmless where it has ended. */
  kill(): void {
    if (!this.hasEnded) this.child.kill("SIGKILL");
  }

  /** Waits for its end, and reads what it left behind. */
  async result(): Promise<SippResult> {
    const { code, stderr } = await this.ended;
    const { directory } = this.options;
    const [statistics, errors, messages] = await Promise.all(
      ["statistics.csv", "errors.log", "messages.log"].map((name) => read(`${directory}/${name}`)),
    );
    const decoder = new TextDecoder();
    const output = code === 0 || code === 1 ? "" : decoder.decode(stderr);
    return {
      code,
      statistics: parseStatistics(decoder.decode(statistics)),
      errors: output + decoder.decode(errors),
      messages: messages ?? new Uint8Array(),
    };
  }

  /** Whether the socket at our port is there, and is this process's. */
  private async isBound(): Promise<boolean> {
    const table = await Deno.readTextFile(`/proc/net/${this.options.protocol.toLowerCase()}`);
    const suffix = `:${this.port.toString(16).toUpperCase().padStart(4, "0")}`;
    const sockets = table.split("\n").map((line) => line.trim().split(/\s+/))
      .filter(([, local]) => local?.endsWith(suffix))
      .map((fields) => `socket:[${fields[9]}]`);
    try {
      for await (const { name } of Deno.readDir(`/proc/${this.child.pid}/fd`)) {
        const link = await Deno.readLink(`/proc/${this.child.pid}/fd/${name}`);
        if (sockets.includes(link)) return true;
      }
    } catch {
      // The process, or one of its files, is gone meanwhile.
    }
    return false;
  }
}

function argumentsOf(options: SippOptions, port: number): string[] {
  const { scenario, protocol, calls, rate, target, directory, timeout } = options;
  return [
    ...(target === undefined ? [] : [target, "-r", `${rate}`]),
    ...["-sf", new URL(`./sipp/${scenario}`, import.meta.url).pathname],
    ...["-t", protocol === "UDP" ? "u1" : "t1", "-m", `${calls}`],
    ...["-i", HOST, "-p", `${port}`, "-ci", HOST],
    ...["-buff_size", "1048576", "-max_socket", "1000"],
    ...["-timeout", `${timeout}s`, "-timeout_error", "-nostdin"],
    // It warns of a slow machine, which is nobody's message.
    ...["-watchdog_interval", "0"],
    ...["-trace_stat", "-stf", `${directory}/statistics.csv`],
    ...["-trace_err", "-error_file", `${directory}/errors.log`],
    ...["-trace_msg", "-message_file", `${directory}/messages.log`],
  ];
}

/** SIPp writes a file only when it has something to write. */
async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The cumulative counters, `(C)`, of the last line. */
function parseStatistics(csv: string): Statistics {
  const lines = csv.trim().split("\n");
  const names = lines[0]?.split(";") ?? [];
  const values = lines.at(-1)?.split(";") ?? [];
  const counters = names.flatMap((name, i) =>
    name.endsWith("(C)") ? [[name.slice(0, -3), Number(values[i])] as const] : []
  );
  return lines.length < 2 ? {} : Object.fromEntries(counters);
}
