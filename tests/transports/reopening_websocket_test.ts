import { assertEquals, assertRejects } from "@std/assert";
import { type Registration, TransportError, URI, UserAgentCore } from "@strowger/sip";
import { ReopeningWebSocketTransport } from "@strowger/sip/transports/reopening_websocket";
import { VirtualClock } from "../support/virtual_clock.ts";
import { WireText } from "../support/wire_text.ts";
import { encode, message, Recorder } from "./recorder.ts";

/** A server on one port, which may be away for a while. */
class Server implements AsyncDisposable {
  readonly texts: string[] = [];
  /** Answers a text. */
  answer: (text: string) => string | undefined = () => undefined;
  readonly port: number;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #sockets: WebSocket[] = [];
  #wake: () => void = () => {};

  constructor() {
    this.#server = this.#serve(0);
    this.port = this.#server.addr.port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  #serve(port: number): Deno.HttpServer<Deno.NetAddr> {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "sip" });
      this.#sockets.push(socket);
      socket.onmessage = ({ data }) => {
        this.texts.push(`${data}`);
        const answer = this.answer(`${data}`);
        if (answer !== undefined) socket.send(answer);
        this.#wake();
      };
      return response;
    });
  }

  /** Ends every WebSocket; resolves when they are closed. */
  async drop(): Promise<void> {
    const closed = this.#sockets.splice(0).filter((each) => each.readyState === 1).map((socket) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.onclose = () => resolve();
      socket.close();
      return promise;
    });
    await Promise.all(closed);
  }

  async leave(): Promise<void> {
    await this.drop();
    await this.#server.shutdown();
  }

  comeBack(): void {
    this.#server = this.#serve(this.port);
  }

  async until(count: number): Promise<void> {
    while (this.texts.length < count) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}

async function connect(server: Server): Promise<[ReopeningWebSocketTransport, Recorder]> {
  const transport = await ReopeningWebSocketTransport.connect(server.url);
  const recorder = new Recorder();
  transport.attach(recorder);
  return [transport, recorder];
}

Deno.test("reopening WebSocket: what is sent after a close opens another, in the order of the calls", async () => {
  await using server = new Server();
  const [transport, recorder] = await connect(server);
  const { local, fixedRemote } = transport;
  await transport.send(encode(message("a")), fixedRemote);
  await server.until(1);
  await server.drop();
  await recorder.until({ gone: 1 });
  const sent = ["b", "c", "d"].map((name) => transport.send(encode(message(name)), fixedRemote));
  await Promise.all(sent);
  await server.until(4);
  assertEquals(server.texts, ["a", "b", "c", "d"].map((name) => message(name)));
  assertEquals(transport.local, local);
  await transport.close();
});

Deno.test("reopening WebSocket: a server that is away rejects, and is there when it is back", async () => {
  await using server = new Server();
  const [transport, recorder] = await connect(server);
  const { fixedRemote } = transport;
  await server.leave();
  await recorder.until({ gone: 1 });
  await assertRejects(() => transport.ping(fixedRemote), TransportError);
  for (let i = 0; i < 2; i++) {
    await assertRejects(() => transport.send(encode(message("a")), fixedRemote), TransportError);
  }
  server.comeBack();
  await transport.send(encode(message("b")), fixedRemote);
  await server.until(1);
  assertEquals(server.texts, [message("b")]);
  await transport.close();
});

Deno.test("reopening WebSocket: disconnect() tells nobody, and the next message opens another", async () => {
  await using server = new Server();
  const [transport, recorder] = await connect(server);
  transport.disconnect();
  await transport.send(encode(message("a")), transport.fixedRemote);
  await server.until(1);
  assertEquals(recorder.disconnections.length, 0);
  await transport.close();
});

Deno.test("reopening WebSocket: what is closed stays closed", async () => {
  await using server = new Server();
  const [transport] = await connect(server);
  await transport.close();
  await assertRejects(
    () => transport.send(encode(message("a")), transport.fixedRemote),
    TransportError,
    "closed",
  );
  assertEquals(server.texts, []);
});

Deno.test("a registration by a WebSocket comes back when its server does", async () => {
  await using server = new Server();
  server.answer = (text) => {
    const request = WireText.read(encode(text));
    const contact = `Contact: ${request.get("Contact")};expires=600`;
    return new TextDecoder().decode(request.respond("200 OK", [contact]).encode());
  };
  const clock = new VirtualClock();
  const transport = await ReopeningWebSocketTransport.connect(server.url);
  const core = new UserAgentCore({ transports: [transport], clock });
  const told: string[] = [];
  let wake: () => void = () => {};
  const until = async (what: string): Promise<void> => {
    while (told.at(-1) !== what) await new Promise<void>((resolve) => wake = resolve);
  };
  const tell = (what: string): void => {
    told.push(what);
    wake();
  };
  const registration: Registration = core.registration({
    registrar: URI.parse("sip:example.com"),
    aor: URI.parse("sip:alice@example.com"),
  });
  registration.delegate = {
    onRegistered: () => tell("registered"),
    onRefreshed: () => tell("refreshed"),
    onFailed: ({ retryIn }) => tell(retryIn === 0 ? "at once" : "later"),
  };
  await until("registered");
  clock.advance(10_000);
  await server.leave();
  // The first attempt goes at once, and fails; the second waits.
  await until("later");
  server.comeBack();
  clock.advance(60_000);
  await until("refreshed");
  assertEquals(registration.state, "Registered");
  registration.dispose();
  await core.dispose();
});
