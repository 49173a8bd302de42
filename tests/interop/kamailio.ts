/**
 * Kamailio as registrar and proxy, as a child process.
 */
import { URI } from "@strowger/sip";
import { freePort, HOST, PeerProcess } from "./peer_process.ts";

/** The domain that it is responsible for, which is in no DNS. */
export const DOMAIN = "interop.test";

/** The password of a user there. */
export function passwordOf(user: string): string {
  return `password-of-${user}`;
}

/** What it is started with. */
export interface KamailioOptions {
  /** With what it challenges: `MD5` or `SHA-256`. */
  algorithm: string;
  /** How long a nonce is good for, in seconds. */
  nonceExpire: number;
  /** Whether it challenges within dialogs, too. */
  withinDialogs: boolean;
  /** A directory of its own. */
  directory: string;
  /** After how many seconds it ends by itself. */
  seconds: number;
}

/** One Kamailio at work. */
export class Kamailio {
  /** Where it listens, for UDP and for TCP. */
  readonly port: number;
  private readonly process: PeerProcess;

  private constructor(port: number, process: PeerProcess) {
    this.port = port;
    this.process = process;
  }

  /** Starts it; resolves when it takes messages. */
  static async start(options: KamailioOptions): Promise<Kamailio> {
    const { algorithm, nonceExpire, withinDialogs, directory, seconds } = options;
    const port = freePort();
    const template = await Deno.readTextFile(new URL("./kamailio.cfg", import.meta.url));
    const values: Record<string, string | number> = {
      DOMAIN,
      PORT: port,
      ALGORITHM: algorithm,
      NONCE_EXPIRE: nonceExpire,
    };
    const text = template.replaceAll(/@([A-Z_]+)@/g, (_, name) => `${values[name]}`);
    await Deno.writeTextFile(`${directory}/kamailio.cfg`, text);
    const memory = ["-m", "32", "-M", "4"];
    const paths = ["-f", `${directory}/kamailio.cfg`, "-Y", directory, "-w", directory];
    const defines = withinDialogs ? ["-A", "CHALLENGES_WITHIN_DIALOGS"] : [];
    const args = ["-DD", "-E", ...memory, ...paths, ...defines];
    const process = PeerProcess.start("kamailio", args, seconds);
    const kamailio = new Kamailio(port, process);
    await process.ready(() => kamailio.isListening());
    return kamailio;
  }

  /** The way there, as a Route value. */
  route(protocol: "UDP" | "TCP"): string {
    return `<sip:${HOST}:${this.port};transport=${protocol.toLowerCase()};lr>`;
  }

  /** What it complained of, a line each. */
  get complaints(): string[] {
    return this.process.output.split("\n").filter((line) =>
      /\b(ERROR|CRITICAL|BUG|WARNING)\b|insane/.test(line)
    );
  }

  /** Ends it. */
  stop(): Promise<void> {
    return this.process.stop();
  }

  private async isListening(): Promise<boolean> {
    try {
      (await Deno.connect({ hostname: HOST, port: this.port })).close();
      return true;
    } catch {
      return false;
    }
  }
}

/** The address of a user there. */
export function addressOf(user: string): URI {
  return URI.parse(`sip:${user}@${DOMAIN}`);
}
