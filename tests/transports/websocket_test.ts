import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { InvalidArgumentError, TransportError } from "../../messages/errors.ts";
import {
  type WebSocketConstructor,
  type WebSocketOptions,
  WebSocketTransport,
} from "../../transports/websocket.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { encode, LOOPBACKS, message, Recorder } from "./recorder.ts";

/** A server that notes what it gets, and the sockets that it got it from. */
class FakeServer implements AsyncDisposable {
  readonly frames: unknown[] = [];
  readonly offered: (string | null)[] = [];
  readonly sockets: WebSocket[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #closed: Promise<unknown>[] = [];
  #waiting: (() => void)[] = [];

  constructor(protocol: string | undefined, hostname = "127.0.0.1") {
    this.#server = Deno.serve({ hostname, port: 0, onListen: () => {} }, (request) => {
      this.offered.push(request.headers.get("sec-websocket-protocol"));
      const { socket, response } = Deno.upgradeWebSocket(request, { protocol });
      socket.binaryType = "arraybuffer";
      this.sockets.push(socket);
      this.#closed.push(new Promise((resolve) => socket.onclose = resolve));
      socket.onmessage = ({ data }) => {
        this.frames.push(data);
        for (const wake of this.#waiting.splice(0)) wake();
      };
      return response;
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    const { hostname, port } = this.#server.addr;
    return `ws://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/sip`;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.sockets[0]?.send(data);
  }

  async until(frames: number): Promise<void> {
    while (this.frames.length < frames) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) if (socket.readyState === 1) socket.close();
    await Promise.all(this.#closed);
    await this.#server.shutdown();
  }
}

async function connect(
  server: FakeServer,
  options?: WebSocketOptions,
): Promise<[WebSocketTransport, Recorder]> {
  const transport = await WebSocketTransport.connect(server.url, options);
  const recorder = new Recorder();
  transport.attach(recorder);
  return [transport, recorder];
}

for (const hostname of LOOPBACKS) {
  // RFC 7118 §4.1: the client offers the subprotocol "sip"; §4.2: one SIP message a WebSocket message.
  Deno.test(`messages go as text, one a frame, over ${hostname}`, async () => {
    await using server = new FakeServer("sip", hostname);
    const [alice, toAlice] = await connect(server);
    assertEquals(server.offered, ["sip"]);
    const texts = Array.from({ length: 100 }, (_, i) => message(i, "Grüße ₂ \u{feff}"));
    for (const text of texts) void alice.send(encode(text), alice.fixedRemote);
    await server.until(100);
    assertEquals(server.frames, texts);
    for (const text of texts) server.send(text);
    await toAlice.until({ messages: 100 });
    assertEquals(toAlice.texts, texts);
    assertEquals(toAlice.source, alice.fixedRemote);
    assertEquals(alice.fixedRemote, { host: hostname, port: server.port, connection: "1" });
    await alice.close();
  });
}

// RFC 7118 §4.2: text and binary frames both have to be accepted.
Deno.test("binary frames are received, and sent where a body is not UTF-8", async () => {
  await using server = new FakeServer("sip");
  const [alice, toAlice] = await connect(server);
  const bytes = new Uint8Array([...encode(message(1)), 0xff, 0xfe, 0x00]);
  server.send(bytes);
  await toAlice.until({ messages: 1 });
  assertEquals(toAlice.bytes, [bytes]);
  const sent = alice.send(bytes, alice.fixedRemote);
  const expected = bytes.slice();
  await sent;
  bytes.fill(0);
  await server.until(1);
  assert(server.frames[0] instanceof ArrayBuffer);
  assertEquals(new Uint8Array(server.frames[0]), expected);
  await alice.close();
});

Deno.test("a byte order mark is part of the message", async () => {
  await using server = new FakeServer("sip");
  const [alice] = await connect(server);
  await alice.send(encode("\u{feff}x"), alice.fixedRemote);
  await server.until(1);
  assertEquals(server.frames, ["\u{feff}x"]);
  await alice.close();
});

Deno.test("a ping is answered with one CRLF, and a lone CRLF with nothing", async () => {
  await using server = new FakeServer("sip");
  const [alice, toAlice] = await connect(server);
  for (const text of ["\r\n", "", "\r\n\r\n"]) {
    server.send(text);
    server.send(encode(text));
  }
  server.send(message(1));
  await toAlice.until({ messages: 1 });
  await alice.send(encode(message(2)), alice.fixedRemote);
  await server.until(3);
  assertEquals([toAlice.texts, server.frames], [[message(1)], ["\r\n", "\r\n", message(2)]]);
  await alice.close();
});

// RFC 7118 §6: "the CRLF NAT keep-alive mechanism ... [RFC5626]" may be used over WebSocket, too.
Deno.test("a ping resolves on the pong", async () => {
  await using server = new FakeServer("sip");
  const [alice, toAlice] = await connect(server);
  const pinged = Promise.all([alice.ping(alice.fixedRemote), alice.ping(alice.fixedRemote)]);
  await server.until(1);
  server.send("\r\n");
  await pinged;
  assertEquals(server.frames, ["\r\n\r\n"]);
  const lost = assertRejects(() => alice.ping(alice.fixedRemote), TransportError, "is gone");
  server.sockets[0]?.close();
  await lost;
  await assertRejects(() => alice.ping(alice.fixedRemote), TransportError, "closed");
  assertEquals(toAlice.disconnections.length, 1);
  await alice.close();
});

Deno.test("the local host is random and nobody's; everything goes to the server", async () => {
  await using server = new FakeServer("sip");
  const [alice] = await connect(server, { random: (octets) => void octets.fill(3) });
  const [bob] = await connect(server);
  assertEquals(alice.local, { host: "dddddddddddd.invalid" });
  assertMatch(bob.local.host, /^[a-z0-9]{12}\.invalid$/);
  assertEquals([alice.protocol, alice.reliable, alice.secure], ["WS", true, false]);
  await alice.send(encode(message(1)), { host: "192.0.2.1", port: 5060 });
  await server.until(1);
  await Promise.all([alice.close(), bob.close()]);
});

// RFC 7118 §4.1: the server has to name the subprotocol "sip" in its answer.
Deno.test("a server that does not select the subprotocol is refused", async () => {
  await using server = new FakeServer(undefined);
  const error = await assertRejects(() => connect(server), TransportError);
  const url = `ws://127.0.0.1:${server.port}/sip`;
  assertEquals(
    error.message,
    `cannot connect to ${url}: the server did not select the subprotocol "sip"`,
  );
});

Deno.test("a refused connection, or an answer that is no WebSocket, rejects in one line", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("no", { status: 404 }),
  );
  const url = `ws://127.0.0.1:${server.addr.port}/`;
  const one = await assertRejects(() => WebSocketTransport.connect(url), TransportError);
  await server.shutdown();
  const two = await assertRejects(() => WebSocketTransport.connect(url), TransportError);
  for (const { message } of [one, two]) {
    assertMatch(message, /^cannot connect to ws:\/\/[^\n]+: [^\n]+$/);
  }
});

Deno.test("a server that does not answer is not waited for", async () => {
  const clock = new VirtualClock();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `ws://127.0.0.1:${listener.addr.port}`;
  const connecting = WebSocketTransport.connect(url, { clock, connectTimeout: 3_000 });
  const conn = await listener.accept();
  clock.advance(3_000);
  const error = await assertRejects(() => connecting, TransportError);
  assertEquals(error.message, `cannot connect to ${url}: no connection within 3000 ms`);
  assertEquals(clock.pending, 0);
  conn.close();
  listener.close();
});

Deno.test("a server that closes is reported, once, and send rejects", async () => {
  await using server = new FakeServer("sip");
  const [alice, toAlice] = await connect(server);
  await alice.send(encode(message(1)), alice.fixedRemote);
  await server.until(1);
  server.sockets[0]?.close(4000, "going away");
  await toAlice.until({ gone: 1 });
  const [{ from, error } = {}] = toAlice.disconnections;
  assertEquals(from, alice.fixedRemote);
  assert(error instanceof TransportError);
  assertEquals(
    error.message,
    `the connection with 127.0.0.1:${server.port} is gone: 4000 going away`,
  );
  const rejected = await assertRejects(() => alice.send(encode("x"), alice.fixedRemote));
  assert(rejected instanceof TransportError);
  await alice.close();
  assertEquals(toAlice.disconnections.length, 1);
});

Deno.test("a message that is too large ends the connection", async () => {
  await using server = new FakeServer("sip");
  const [alice, toAlice] = await connect(server);
  server.send(message(1, "x".repeat(200_000)));
  await toAlice.until({ gone: 1 });
  assertEquals(toAlice.texts, []);
  assertMatch(toAlice.disconnections[0]?.error.message ?? "", /a message of 200\d+ octets$/);
  await alice.close();
});

Deno.test("after close nothing is sent, delivered or reported", async () => {
  await using server = new FakeServer("sip");
  const [alice, toAlice] = await connect(server);
  server.send(message(1));
  const closed = Promise.all([alice.close(), alice.close()]);
  await assertRejects(() => alice.send(encode("x"), alice.fixedRemote), TransportError, "closed");
  await closed;
  assertEquals([toAlice.texts, toAlice.disconnections], [[], []]);
});

/** A WebSocket without a network, which does what the test says and nothing else. */
class FakeWebSocket {
  static last: FakeWebSocket;
  protocol = "sip";
  readyState = 1;
  bufferedAmount = 0;
  binaryType = "blob";
  closes = 0;
  readonly sent: unknown[] = [];
  onopen: ((event: never) => unknown) | null = null;
  onmessage: ((event: never) => unknown) | null = null;
  onerror: ((event: never) => unknown) | null = null;
  onclose: ((event: never) => unknown) | null = null;

  constructor(readonly url: string, readonly protocols: string[]) {
    FakeWebSocket.last = this;
    queueMicrotask(() => (this.onopen as (event: unknown) => void)({}));
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(): void {
    this.closes++;
  }
}

Deno.test("another WebSocket may be passed; wss: is WSS, on 443 unless the URL says more", async () => {
  const clock = new VirtualClock();
  const options = { clock, WebSocket: FakeWebSocket };
  const alice = await WebSocketTransport.connect("wss://[2001:db8::1]/ws", options);
  const { url, protocols, binaryType } = FakeWebSocket.last;
  assertEquals([url, protocols, binaryType], ["wss://[2001:db8::1]/ws", ["sip"], "arraybuffer"]);
  assertEquals([alice.protocol, alice.secure, alice.local.port], ["WSS", true, undefined]);
  assertEquals(alice.fixedRemote, { host: "2001:db8::1", port: 443, connection: "1" });
  const other = await WebSocketTransport.connect("ws://example.com:5066", options);
  assertEquals(other.fixedRemote, { host: "example.com", port: 5066, connection: "1" });
  assertEquals(clock.pending, 0);
});

Deno.test("a server that does not read fills the queue only to the limit", async () => {
  const alice = await WebSocketTransport.connect("ws://example.com", { WebSocket: FakeWebSocket });
  const { last } = FakeWebSocket;
  last.bufferedAmount = 1_048_570;
  await alice.send(encode("123456"), alice.fixedRemote);
  await assertRejects(
    () => alice.send(encode("1234567"), alice.fixedRemote),
    TransportError,
    "cannot send to example.com:80: it does not read what it is sent",
  );
  assertEquals(last.sent, ["123456"]);
});

Deno.test("a server that does not answer a ping is given up", async () => {
  const clock = new VirtualClock();
  const options = { clock, WebSocket: FakeWebSocket };
  const alice = await WebSocketTransport.connect("ws://example.com", options);
  const toAlice = new Recorder();
  alice.attach(toAlice);
  const silent = assertRejects(() => alice.ping(alice.fixedRemote), TransportError, "no pong");
  clock.advance(10_000);
  await silent;
  assertEquals([toAlice.disconnections.length, FakeWebSocket.last.closes], [1, 1]);
  await assertRejects(() => alice.send(encode("x"), alice.fixedRemote), TransportError, "closed");
  clock.advance(5_000);
  await alice.close();
});

Deno.test("a server that does not answer a close is not waited for long", async () => {
  const clock = new VirtualClock();
  const options = { clock, WebSocket: FakeWebSocket };
  const alice = await WebSocketTransport.connect("ws://example.com", options);
  const closed = alice.close();
  assertEquals([FakeWebSocket.last.closes, clock.pending], [1, 1]);
  clock.advance(5_000);
  await closed;
});

Deno.test("what cannot be connected to is refused at the call", async () => {
  for (const url of ["", "sip.example.com", "http://example.com", "ws://", "ws://example.com#a"]) {
    const error = await assertRejects(() => WebSocketTransport.connect(url), InvalidArgumentError);
    assertEquals(error.field, "url");
  }
});

Deno.test("a runtime without a WebSocket is told what to pass", async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    const connecting = WebSocketTransport.connect("ws://example.com");
    assertEquals((await assertRejects(() => connecting, InvalidArgumentError)).field, "WebSocket");
  } finally {
    if (own !== undefined) Object.defineProperty(globalThis, "WebSocket", own);
  }
});

Deno.test("the platform's WebSocket fits the type", () => {
  const platform: WebSocketConstructor = WebSocket;
  assert(platform === WebSocket);
});
