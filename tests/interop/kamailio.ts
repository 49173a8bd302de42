/**
 * Kamailio as registrar and proxy, as a child process.
 */
import { URI } from "@strowger/sip";
import type { Authority } from "../support/certificates.ts";
import type { Protocol } from "./engine.ts";
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
  /** Who issues its certificate, and whose it believes. */
  authority: Authority;
  /** A directory of its own. */
  directory: string;
  /** After how many seconds it ends by itself. */
  seconds: number;
}

/** One Kamailio at work. */
export class Kamailio {
  /** Who has issued its certificate. */
  readonly authority: Authority;
  private readonly ports: Ports;
  private readonly process: PeerProcess;

  private constructor(authority: Authority, ports: Ports, process: PeerProcess) {
    this.authority = authority;
    this.ports = ports;
    this.process = process;
  }

  /** Starts it; resolves when it takes messages. */
  static async start(options: KamailioOptions): Promise<Kamailio> {
    const { algorithm, nonceExpire, withinDialogs, authority, directory, seconds } = options;
    const port = freePort(4);
    const ports = { UDP: port, TCP: port, TLS: port + 1, WS: port + 2, WSS: port + 3 };
    await writeCertificates(directory, authority);
    const template = await Deno.readTextFile(new URL("./kamailio.cfg", import.meta.url));
    const values: Record<string, string | number> = {
      DOMAIN,
      DIRECTORY: directory,
      PORT: port,
      TLS_PORT: ports.TLS,
      WS_PORT: ports.WS,
      WSS_PORT: ports.WSS,
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
    const kamailio = new Kamailio(authority, ports, process);
    await process.ready(() => kamailio.isListening());
    return kamailio;
  }

  /** Where it listens for a transport. */
  port(protocol: Protocol): number {
    return this.ports[protocol];
  }

  /** The way there, as a Route value. */
  route(protocol: Protocol): string {
    const transport = protocol.toLowerCase().replace("wss", "ws");
    return `<sip:${HOST}:${this.port(protocol)};transport=${transport};lr>`;
  }

  /** What it complained of, a line each. */
  get complaints(): string[] {
    return this.process.output.split("\n").filter((line) =>
      /\b(ERROR|CRITICAL|BUG|WARNING)\b|insane/.test(line) && !IS_USUAL.test(line)
    );
  }

  /** Ends it. */
  stop(): Promise<void> {
    return this.process.stop();
  }

  private async isListening(): Promise<boolean> {
    try {
      (await Deno.connect({ hostname: HOST, port: this.ports.TCP })).close();
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * linphone leaves Content-Length out over UDP, where it may (RFC 3261 §18.3); who has ended, as the
 * engine of the trial before has, may reset its connections.
 */
const IS_USUAL = /check_cl|tcp_read_(data|req)\(\)/;

type Ports = Readonly<Record<Protocol, number>>;

/** Its certificate, and that it asks others for theirs where it calls. */
async function writeCertificates(directory: string, authority: Authority): Promise<void> {
  const names = [`URI:sip:${DOMAIN}`, `DNS:${DOMAIN}`, `IP:${HOST}`];
  const { cert, key } = await authority.issue({ names });
  const file = (name: string) => `${directory}/${name}.pem`;
  const own = [`private_key = ${file("key")}`, `certificate = ${file("cert")}`];
  const client = ["verify_certificate = yes", `ca_list = ${file("ca")}`];
  const settings = [
    ...["[server:default]", "method = TLSv1.2+", "verify_certificate = no", ...own],
    ...["[client:default]", "method = TLSv1.2+", ...client, ...own],
  ];
  await Promise.all([
    Deno.writeTextFile(file("key"), key),
    Deno.writeTextFile(file("cert"), cert),
    Deno.writeTextFile(file("ca"), authority.cert),
    Deno.writeTextFile(`${directory}/tls.cfg`, settings.map((line) => `${line}\n`).join("")),
  ]);
}

/** The address of a user there. */
export function addressOf(user: string): URI {
  return URI.parse(`sip:${user}@${DOMAIN}`);
}
