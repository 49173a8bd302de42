/**
 * A subject, as the bench holds it: a process that is told what to do by lines.
 *
 * @module
 */
import type { Command, Usage } from "./subject.ts";

/** One subject at work. */
export class SubjectProcess {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(command: string, args: string[]) {
    this.#child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#commands = this.#child.stdin.getWriter();
  }

  /** Starts it; resolves once it can be called. */
  static async start(command: string, args: string[]): Promise<SubjectProcess> {
    const subject = new SubjectProcess(command, args);
    await subject.#usage();
    return subject;
  }

  /** Has it do something; resolves when it is done. */
  async tell(command: Command): Promise<Usage> {
    await this.#commands.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
    return await this.#usage();
  }

  async #usage(): Promise<Usage> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error("a subject has ended by itself");
      // `sip` has things to say, too.
      if (value.startsWith("{")) return JSON.parse(value);
    }
  }

  /** Ends it. */
  async stop(): Promise<void> {
    await this.#commands.close().catch(() => {});
    await this.#child.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
