/**
 * A process that does what it is told, a line at a time, and answers in lines.
 *
 * @module
 */

/** One such process, which ends with its input. */
export class OtherProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #rest = "";

  /** Starts it. */
  constructor(command: string, args: string[] = []) {
    this.#child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts a bench's other half, with the collector in its hands. */
  static deno(file: string, ...args: string[]): OtherProcess {
    const url = new URL(file, import.meta.url).href;
    return new OtherProcess(Deno.execPath(), ["run", "-A", "--v8-flags=--expose-gc", url, ...args]);
  }

  /** Hands it text, or octets. */
  write(what: string | Uint8Array): Promise<void> {
    return this.#input.write(typeof what === "string" ? new TextEncoder().encode(what) : what);
  }

  /** The next line that it says. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#output.read();
      if (done) throw new Error("the other process has ended");
      this.#rest += value;
    }
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#output.cancel();
    await this.#child.status;
  }
}
