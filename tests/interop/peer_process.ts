/**
 * A peer as a child process, which ends by itself even if nobody is left to end it.
 */

/** Where every peer is. */
export const HOST = "127.0.0.1";

/** How long a peer may take to end when it is asked to, in milliseconds. */
const GRACE = 3000;

/** What not every peer needs. */
export interface PeerOptions {
  /** Its environment, besides ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes what it writes to its standard output; it is then told what to do by `write()`. */
  readonly onText?: (text: string) => void;
}

/** One peer at work. */
export class PeerProcess {
  private readonly name: string;
  private readonly child: Deno.ChildProcess;
  private readonly ended: Promise<void>;
  private readonly log: Uint8Array[] = [];
  private readonly input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  private hasEnded = false;

  private constructor(name: string, child: Deno.ChildProcess, { onText }: PeerOptions) {
    this.name = name;
    this.child = child;
    this.input = onText === undefined ? undefined : child.stdin.getWriter();
    const outputs = [this.read(child.stdout, onText), this.read(child.stderr)];
    this.ended = Promise.all([child.status, ...outputs]).then(() => void (this.hasEnded = true));
  }

  /** Starts a command that is ended after some seconds at the latest. */
  static start(
    command: string,
    args: string[],
    seconds: number,
    options: PeerOptions = {},
  ): PeerProcess {
    const child = new Deno.Command("timeout", {
      args: ["-k", "3", `${seconds}`, command, ...args],
      env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin`, ...options.env },
      stdin: options.onText === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new PeerProcess(command, child, options);
  }

  /** What it has said so far. */
  get output(): string {
    return this.log.map((each) => new TextDecoder().decode(each)).join("");
  }

  /** Writes a line to its standard input. */
  async write(line: string): Promise<void> {
    await this.input?.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits until `isReady`; if that does not come about, ends it and throws what it has said. */
  async ready(isReady: () => boolean | Promise<boolean>, milliseconds = 10_000): Promise<void> {
    for (let waited = 0; waited < milliseconds; waited += 20) {
      if (this.hasEnded) break;
      if (await isReady()) return;
      await pause(20);
    }
    await this.stop();
    throw new Error(`${this.name} is not ready: ${this.output.slice(-2000)}`);
  }

  /** Asks it to end, and makes it where it does not listen. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), GRACE);
    await this.ended;
    await this.input?.close().catch(() => {});
    clearTimeout(timer);
  }

  /** Ends it and its children at once. */
  async kill(): Promise<void> {
    // `timeout` leads a group of its own, and what it runs is in it.
    if (!this.hasEnded) Deno.kill(-this.child.pid, "SIGKILL");
    await this.ended;
  }

  private signal(signal: Deno.Signal): void {
    try {
      this.child.kill(signal);
    } catch {
      // It has ended meanwhile.
    }
  }

  private async read(
    stream: ReadableStream<Uint8Array>,
    onText?: (text: string) => void,
  ): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.log.push(chunk);
      onText?.(decoder.decode(chunk, { stream: true }));
    }
  }
}

/** Resolves later. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The first of `count` ports in a row that were free just now, for UDP and for TCP. */
export function freePort(count = 1): number {
  for (;;) {
    const first = bindBoth(0);
    if (first === undefined) continue;
    const isFree = Array.from({ length: count - 1 }, (_, i) => bindBoth(first + i + 1))
      .every((port) => port !== undefined);
    if (isFree) return first;
  }
}

function bindBoth(wanted: number): number | undefined {
  try {
    using stream = Deno.listen({ transport: "tcp", hostname: HOST, port: wanted });
    const { port } = stream.addr as Deno.NetAddr;
    Deno.listenDatagram({ transport: "udp", hostname: HOST, port }).close();
    return port;
  } catch {
    return undefined;
  }
}
