/**
 * An example program as a child process: what it says, line by line, and how it ends.
 *
 * @module
 */

/** What a program has said, and how it ended. */
export interface Result {
  readonly code: number;
  /** The lines on the standard output. */
  readonly out: readonly string[];
  /** The lines on the standard error. */
  readonly err: readonly string[];
}

/** After so many milliseconds a program is ended, which fails its test. */
const DEADLINE = 60_000;

/** Who waits for a line. */
interface Waiter {
  readonly pattern: RegExp;
  readonly resolve: (match: RegExpExecArray) => void;
  readonly reject: (error: Error) => void;
}

/** A program that runs. It is ended with the block that it was started in. */
export class Program implements AsyncDisposable {
  /** Resolves when the program has ended. */
  readonly ended: Promise<Result>;
  private readonly child: Deno.ChildProcess;
  private readonly out: string[] = [];
  private readonly err: string[] = [];
  private waiters: Waiter[] = [];
  private isRunning = true;

  private constructor(child: Deno.ChildProcess) {
    this.child = child;
    this.ended = this.follow();
  }

  /** Starts `examples/<name>.ts`. It may not ask for any permission beyond those that are given. */
  static start(name: string, args: string[], permissions = ["--allow-net=127.0.0.1"]): Program {
    const file = new URL(`../../examples/${name}.ts`, import.meta.url).pathname;
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", ...permissions, file, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    return new Program(command.spawn());
  }

  /** Runs a program to its end. */
  static async run(name: string, args: string[], permissions?: string[]): Promise<Result> {
    await using program = Program.start(name, args, permissions);
    return await program.ended;
  }

  /** The first line on the standard output that fits, said or yet to be said. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    for (const line of this.out) {
      const match = pattern.exec(line);
      if (match !== null) return Promise.resolve(match);
    }
    if (!this.isRunning) return Promise.reject(this.missing(pattern));
    return new Promise((resolve, reject) => this.waiters.push({ pattern, resolve, reject }));
  }

  /** What Ctrl-C does. */
  interrupt(): void {
    this.child.kill("SIGINT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) this.child.kill("SIGKILL");
    await this.ended;
  }

  private async follow(): Promise<Result> {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), DEADLINE);
    await Promise.all([
      this.read(this.child.stdout, this.out),
      this.read(this.child.stderr, this.err),
    ]);
    const { code } = await this.child.status;
    clearTimeout(timer);
    this.isRunning = false;
    for (const { pattern, reject } of this.waiters) reject(this.missing(pattern));
    return { code, out: this.out, err: this.err };
  }

  private async read(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const texts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = texts.pop() ?? "";
      for (const text of texts) this.take(text, lines);
    }
    if (rest !== "") this.take(rest, lines);
  }

  private take(line: string, lines: string[]): void {
    lines.push(line);
    if (lines !== this.out) return;
    this.waiters = this.waiters.filter(({ pattern, resolve }) => {
      const match = pattern.exec(line);
      if (match !== null) resolve(match);
      return match === null;
    });
  }

  private missing(pattern: RegExp): Error {
    const said = [...this.out, ...this.err].join("\n");
    return new Error(`the program ended without ${pattern}; it said:\n${said}`);
  }
}
