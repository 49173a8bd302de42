/**
 * dnsmasq as name server, as a child process.
 */
import { freePort, HOST, PeerProcess } from "./peer_process.ts";

/** One server under the name of a service. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What a domain has. */
export interface Domain {
  readonly name: string;
  /** The service that NAPTR names, `SIP+D2U` say; without one there is no NAPTR. */
  readonly rule?: string;
  /** `_sip._udp` say. */
  readonly service: string;
  readonly servers: readonly Server[];
}

/** One dnsmasq at work. */
export class Dnsmasq {
  readonly port: number;
  private readonly process: PeerProcess;

  private constructor(port: number, process: PeerProcess) {
    this.port = port;
    this.process = process;
  }

  /** Starts it; resolves when it answers. */
  static async start(
    domains: readonly Domain[],
    { directory, seconds }: { readonly directory: string; readonly seconds: number },
  ): Promise<Dnsmasq> {
    const port = freePort();
    const lines = [
      `port=${port}`,
      `listen-address=${HOST}`,
      ...["bind-interfaces", "no-resolv", "no-hosts", "no-daemon", "user=root", "local=/test/"],
      "host-record=ready.test,127.0.0.1,60",
      ...domains.flatMap(linesOf),
    ];
    const path = `${directory}/dnsmasq.conf`;
    await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
    const dnsmasq = new Dnsmasq(port, PeerProcess.start("dnsmasq", ["-C", path], seconds));
    await dnsmasq.process.ready(() => dnsmasq.isAnswering());
    return dnsmasq;
  }

  /** As Deno takes it. */
  get nameServer(): { readonly ipAddr: string; readonly port: number } {
    return { ipAddr: HOST, port: this.port };
  }

  /** Ends it. */
  stop(): Promise<void> {
    return this.process.stop();
  }

  private async isAnswering(): Promise<boolean> {
    try {
      await Deno.resolveDns("ready.test.", "A", {
        nameServer: this.nameServer,
        signal: AbortSignal.timeout(500),
      });
      return true;
    } catch {
      return false;
    }
  }
}

function linesOf({ name, rule, service, servers }: Domain): string[] {
  const naptr = rule === undefined
    ? []
    : [`naptr-record=${name},50,50,s,${rule},,${service}.${name}`];
  return [
    ...naptr,
    ...servers.flatMap(({ host, port, priority, weight }) => [
      `srv-host=${service}.${name},${host}.${name},${port},${priority},${weight}`,
      `host-record=${host}.${name},${HOST},60`,
    ]),
  ];
}
