/**
 * Kamailio as a registrar and proxy that keeps flows, and that may crash.
 */
import { DOMAIN } from "./kamailio.ts";
import { HOST, PeerProcess } from "./peer_process.ts";

/** What it is started with. */
export interface FlowProxyOptions {
  /** Where it listens, for UDP and for TCP. */
  readonly port: number;
  /** A second port of its own, and that of a NAT by which it is reached. */
  readonly nat?: { readonly behind: number; readonly port: number };
  /** A directory of its own. */
  readonly directory: string;
  /** After how many seconds it ends by itself. */
  readonly seconds: number;
}

/** One Kamailio at work. */
export class FlowProxy {
  private readonly process: PeerProcess;

  private constructor(process: PeerProcess) {
    this.process = process;
  }

  /** Starts it; resolves when it takes messages. */
  static async start({ port, nat, directory, seconds }: FlowProxyOptions): Promise<FlowProxy> {
    const template = await Deno.readTextFile(new URL("./flow_proxy.cfg", import.meta.url));
    const values: Record<string, string | number> = {
      DOMAIN,
      PORT: port,
      PORT_BEHIND_NAT: nat?.behind ?? 0,
      NAT_PORT: nat?.port ?? 0,
    };
    const text = template.replaceAll(/@([A-Z_]+)@/g, (_, name) => `${values[name]}`);
    await Deno.writeTextFile(`${directory}/kamailio.cfg`, text);
    const paths = ["-f", `${directory}/kamailio.cfg`, "-Y", directory, "-w", directory];
    const defines = nat === undefined ? [] : ["-A", "NAT"];
    const args = ["-DD", "-E", "-m", "32", "-M", "4", ...paths, ...defines];
    const process = PeerProcess.start("kamailio", args, seconds);
    await process.ready(() => isListening(port));
    return new FlowProxy(process);
  }

  /** Ends it without giving it the time to take leave of anybody. */
  crash(): Promise<void> {
    return this.process.kill();
  }

  /** Ends it. */
  stop(): Promise<void> {
    return this.process.stop();
  }
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: HOST, port })).close();
    return true;
  } catch {
    return false;
  }
}
