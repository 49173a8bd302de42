import { assertEquals } from "@std/assert";
import {
  type Destination,
  type Transport,
  type TransportReceiver,
  UserAgentCore,
} from "@strowger/sip";
import { Program } from "./program.ts";

/** The server's end of one WebSocket: what an engine needs to be called by it (RFC 7118). */
class ServerWebSocket implements Transport {
  readonly protocol = "WS";
  readonly reliable = true;
  readonly secure = false;
  readonly local: Destination = { host: "127.0.0.1", port: 80 };
  readonly fixedRemote: Destination = { host: "client.invalid", port: 80, connection: "1" };
  private readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  attach(receiver: TransportReceiver): void {
    this.socket.onmessage = ({ data }) =>
      receiver.receive(new TextEncoder().encode(data), this.fixedRemote);
  }

  send(bytes: Uint8Array): Promise<void> {
    this.socket.send(new TextDecoder().decode(bytes));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState === WebSocket.CLOSED) return resolve();
      this.socket.onclose = () => resolve();
      this.socket.close();
    });
  }
}

Deno.test("ws: a call by a WebSocket server", async () => {
  const cores: UserAgentCore[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "sip" });
    const core = new UserAgentCore({ transports: [new ServerWebSocket(socket)] });
    core.delegate.onInvite = (request) => {
      request.progress();
      const { session } = request.accept();
      session.delegate = { onAck: () => void session.bye() };
    };
    cores.push(core);
    return response;
  });
  const url = `ws://127.0.0.1:${server.addr.port}/`;
  const { code, out, err } = await Program.run("dial", [
    "sip:bob@example.com",
    "--transport=ws",
    `--ws-url=${url}`,
  ]);
  await Promise.all(cores.map((core) => core.stop()));
  await server.shutdown();
  assertEquals(err, []);
  assertEquals(out.slice(1), [
    "180 Ringing",
    "200 OK: the call is up; no media is sent",
    "the far end hung up",
  ]);
  assertEquals(code, 0);
});
