/**
 * SIPp as the far end, in either role.
 *
 * @module
 */
import { freePort, HOST, pause } from "../../tests/interop/peer_process.ts";

/** By which transport. */
export type Protocol = "UDP" | "TCP";

/** What SIPp counted. */
export interface Counts {
  /** Calls that came to their end. */
  readonly successful: number;
  /** Calls that did not. */
  readonly failed: number;
  /** Messages that SIPp sent again. */
  readonly retransmissions: number;
  /** From the first call to the end of the last, in seconds. */
  readonly seconds: number;
}

/** What SIPp is to do. */
export interface Task {
  readonly protocol: Protocol;
  /** Whom to call; absent where SIPp is called. */
  readonly target?: { readonly port: number; readonly rate: number; readonly calls: number };
}

/** Seconds after which it gives up: as a callee, and as a caller after the last call was due. */
const DEADLINE_S = 60;
const PATIENCE_S = 3;

/** One SIPp at work. */
export class Sipp {
  /** Where it listens. */
  readonly port: number;
  readonly #isCallee: boolean;
  readonly #directory: string;
  readonly #child: Deno.ChildProcess;

  private constructor(task: Task, port: number, directory: string) {
    this.port = port;
    this.#isCallee = task.target === undefined;
    this.#directory = directory;
    this.#child = new Deno.Command("sipp", {
      args: argumentsOf(task, port, directory),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Starts it; resolves once it can be called. */
  static async start(task: Task): Promise<Sipp> {
    const directory = await Deno.makeTempDir({ prefix: "strowger-wire-" });
    const sipp = new Sipp(task, freePort(), directory);
    if (sipp.#isCallee) await sipp.#listening(task.protocol);
    return sipp;
  }

  /** Waits for its end; a callee is asked to come to one. */
  async counts(): Promise<Counts> {
    if (this.#isCallee) this.#askToEnd();
    await this.#child.status;
    const csv = await Deno.readTextFile(`${this.#directory}/statistics.csv`);
    await Deno.remove(this.#directory, { recursive: true });
    const lines = csv.trim().split("\n").map((line) => line.split(";"));
    const [names = [], last = []] = [lines[0], lines.at(-1)];
    const value = (name: string) => last[names.indexOf(name)] ?? "";
    return {
      successful: Number(value("SuccessfulCall(C)")),
      failed: Number(value("FailedCall(C)")),
      retransmissions: Number(value("Retransmissions(C)")),
      seconds: secondsOf(value("ElapsedTime(C)")),
    };
  }

  #askToEnd(): void {
    try {
      this.#child.kill("SIGUSR1");
    } catch {
      // It has ended by itself: at its deadline, or since the subject has broken its connection.
    }
  }

  async #listening(protocol: Protocol): Promise<void> {
    const local = `0100007F:${this.port.toString(16).toUpperCase().padStart(4, "0")} `;
    for (let tries = 0; tries < 500; tries++) {
      const table = await Deno.readTextFile(`/proc/net/${protocol.toLowerCase()}`);
      if (table.includes(local)) return;
      await pause(10);
    }
    throw new Error(`SIPp does not listen on port ${this.port}`);
  }
}

function argumentsOf({ protocol, target }: Task, port: number, directory: string): string[] {
  const role = target === undefined ? ["-timeout", `${DEADLINE_S}s`] : [
    ...[`${HOST}:${target.port}`, "-r", `${target.rate}`, "-m", `${target.calls}`],
    // Without a limit of its own SIPp calls more slowly where answers come slowly.
    ...["-l", "1000000", "-timeout", `${Math.ceil(target.calls / target.rate) + PATIENCE_S}s`],
  ];
  const scenario = target === undefined ? "callee.xml" : "caller.xml";
  return [
    ...role,
    ...["-sf", new URL(scenario, import.meta.url).pathname],
    ...["-t", protocol === "UDP" ? "u1" : "t1", "-i", HOST, "-p", `${port}`],
    ...["-buff_size", "1048576", "-max_socket", "1000", "-watchdog_interval", "0", "-nostdin"],
    // It ends a call whose INVITE comes again after the 200, and every later message is lost on it.
    ...["-default_behaviors", "all,-abortunexp"],
    ...["-trace_stat", "-stf", `${directory}/statistics.csv`],
  ];
}

/** Of `hh:mm:ss` and a fraction, which SIPp writes behind a colon or a point. */
function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0, fraction = 0] = time.split(/[:.]/).map(Number);
  return hours * 3600 + minutes * 60 + seconds + fraction / 1e6;
}
