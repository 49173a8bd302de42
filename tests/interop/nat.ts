/**
 * A NAT between engines and a proxy on loopback: whoever sends to its port reaches the proxy from a port
 * that it makes for that sender, for UDP and for TCP. It can forget all of them.
 */
import { HOST } from "./peer_process.ts";

/** What one sender has been given. */
interface Mapping {
  /** Passes nothing on any more, either way; says nothing of it to either end. */
  forget(): void;
  close(): void;
}

/** See the module. */
export class Nat {
  /** Where the proxy is reached through it. */
  readonly port: number;
  private readonly proxy: number;
  private readonly datagrams: Deno.DatagramConn;
  private readonly listener: Deno.TcpListener;
  private readonly outside = new Map<string, { send(bytes: Uint8Array): void } & Mapping>();
  private readonly mappings = new Set<Mapping>();

  /** @param port A port that is free for UDP and TCP. */
  constructor(port: number, proxy: number) {
    this.port = port;
    this.proxy = proxy;
    this.datagrams = Deno.listenDatagram({ transport: "udp", hostname: HOST, port });
    this.listener = Deno.listen({ hostname: HOST, port });
    this.readDatagrams();
    this.takeConnections();
  }

  /** Forgets every mapping: what still comes by the old ones is lost. */
  forget(): void {
    for (const mapping of this.mappings) mapping.forget();
    this.outside.clear();
  }

  /** Ends it. */
  close(): void {
    this.datagrams.close();
    this.listener.close();
    for (const mapping of this.mappings) mapping.close();
  }

  private async readDatagrams(): Promise<void> {
    for await (const [bytes, from] of this.datagrams) {
      const key = `${(from as Deno.NetAddr).port}`;
      const mapping = this.outside.get(key) ?? this.map(from as Deno.NetAddr);
      this.outside.set(key, mapping);
      mapping.send(bytes);
    }
  }

  private map(inside: Deno.NetAddr): { send(bytes: Uint8Array): void } & Mapping {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: HOST, port: 0 });
    const to = { transport: "udp", hostname: HOST, port: this.proxy } as const;
    let isOpen = true;
    const close = (): void => {
      if (isOpen) socket.close();
      isOpen = false;
      this.mappings.delete(mapping);
    };
    const mapping = {
      send: (bytes: Uint8Array) => void socket.send(bytes, to).catch(() => {}),
      forget: close,
      close,
    };
    this.mappings.add(mapping);
    (async () => {
      for await (const [bytes] of socket) await this.datagrams.send(bytes, inside).catch(() => {});
    })().catch(() => {});
    return mapping;
  }

  private async takeConnections(): Promise<void> {
    for await (const inside of this.listener) this.join(inside).catch(() => {});
  }

  private async join(inside: Deno.TcpConn): Promise<void> {
    const outside = await Deno.connect({ hostname: HOST, port: this.proxy }).catch(() => undefined);
    if (outside === undefined) return inside.close();
    let isPassing = true;
    const close = (): void => {
      this.mappings.delete(mapping);
      for (const each of [inside, outside]) {
        try {
          each.close();
        } catch {
          // It is closed.
        }
      }
    };
    const mapping = { forget: () => void (isPassing = false), close };
    this.mappings.add(mapping);
    const pass = async (from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> => {
      const buffer = new Uint8Array(65_536);
      for (;;) {
        const count = await from.read(buffer).catch(() => null);
        // A NAT that has forgotten a connection says nothing to anybody.
        if (count === null) break;
        if (isPassing) await writeAll(to, buffer.slice(0, count));
      }
      if (isPassing) close();
      else from.close();
    };
    await Promise.all([pass(inside, outside), pass(outside, inside)]);
  }
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await to.write(bytes.subarray(at)).catch(() => Infinity);
  }
}
