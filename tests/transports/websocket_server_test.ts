import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
// @ts-types="@types/ws"
import { WebSocket as Client } from "ws";
import { InvalidArgumentError, TransportError } from "../../messages/errors.ts";
import { type WebSocketOptions, WebSocketTransport } from "../../transports/websocket.ts";
import {
  type Handshake,
  type WebSocketServerOptions,
  WebSocketServerTransport,
} from "../../transports/websocket_server.ts";
import { Authority } from "../support/certificates.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { decode, encode, LOOPBACKS, message, Recorder } from "./recorder.ts";

async function listen(
  options?: WebSocketServerOptions,
): Promise<[WebSocketServerTransport, Recorder]> {
  const transport = await WebSocketServerTransport.listen(options);
  const recorder = new Recorder();
  transport.attach(recorder);
  return [transport, recorder];
}

function urlOf({ protocol, local: { host, port } }: WebSocketServerTransport): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${protocol.toLowerCase()}://${name}:${port}/sip`;
}

async function connect(
  server: WebSocketServerTransport,
  options?: WebSocketOptions,
): Promise<[WebSocketTransport, Recorder]> {
  const transport = await WebSocketTransport.connect(urlOf(server), options);
  const recorder = new Recorder();
  transport.attach(recorder);
  return [transport, recorder];
}

/** A client that is the `ws` package's, which shows frames. */
class RawClient {
  readonly frames: (string | Uint8Array)[] = [];
  readonly socket: Client;
  readonly opened: Promise<void>;
  readonly closed: Promise<[code: number, reason: string]>;
  #waiting: (() => void)[] = [];

  constructor(url: string, protocols: string[] = ["sip"], options: object = {}) {
    const socket = new Client(url, protocols, options);
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve([code, String(reason)]));
    });
    socket.on("message", (data, isBinary) => {
      const bytes = new Uint8Array(data as Uint8Array);
      this.frames.push(isBinary ? bytes : decode(bytes));
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  async until(frames: number): Promise<void> {
    while (this.frames.length < frames) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when the server has read what was sent before, and answered. */
  async roundTrip(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      this.socket.ping();
      await new Promise((resolve) => this.socket.once("pong", resolve));
    }
  }
}

for (const host of LOOPBACKS) {
  Deno.test(`a message and its answer go by the same WebSocket, over ${host}`, async () => {
    const [bob, toBob] = await listen({ host });
    const [alice, toAlice] = await connect(bob);
    const [carol, toCarol] = await connect(bob);
    toBob.onReceive = (bytes, from) => void bob.send(bytes, from);
    const texts = Array.from({ length: 100 }, (_, i) => message(i, "Grüße ₂"));
    for (const text of texts) void alice.send(encode(text), alice.fixedRemote);
    await toAlice.until({ messages: 100 });
    assertEquals([toAlice.texts, toBob.texts, toCarol.texts], [texts, texts, []]);
    assertEquals([toBob.source.host, bob.local.host], [host, host]);
    assertEquals([bob.protocol, bob.reliable, bob.secure], ["WS", true, false]);
    assertEquals(bob.counts.incoming, 2);
    await Promise.all([alice.ping(alice.fixedRemote), bob.ping(toBob.source)]);
    await Promise.all([alice.close(), carol.close()]);
    await toBob.until({ gone: 2 });
    await bob.close();
  });
}

Deno.test("over TLS it is WSS, with a certificate that the client believes", async () => {
  const authority = await Authority.make();
  const certified = await authority.issue({ names: ["IP:127.0.0.1"] });
  const [bob, toBob] = await listen(certified);
  using client = Deno.createHttpClient({ caCerts: [authority.cert] });
  class Trusting extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, { protocols, client } as unknown as string[]);
    }
  }
  const [alice] = await connect(bob, { WebSocket: Trusting });
  await alice.send(encode(message("1")), alice.fixedRemote);
  await toBob.until({ messages: 1 });
  assertEquals([bob.protocol, bob.secure, alice.protocol, alice.secure], [
    ...["WSS", true],
    ...["WSS", true],
  ]);
  await assertRejects(() => connect(bob), TransportError);
  await alice.close();
  await toBob.until({ gone: 1 });
  await bob.close();
});

// RFC 7118 §4.2: text and binary frames both have to be accepted.
Deno.test("binary frames are received, and sent where a body is not UTF-8", async () => {
  const [bob, toBob] = await listen();
  const client = new RawClient(urlOf(bob));
  await client.opened;
  const bytes = new Uint8Array([...encode(message(1)), 0xff, 0xfe, 0x00]);
  client.socket.send(bytes);
  client.socket.send(message(2));
  await toBob.until({ messages: 2 });
  assertEquals(toBob.bytes, [bytes, encode(message(2))]);
  assertEquals(toBob.bytes[0]?.constructor, Uint8Array);
  await Promise.all([bob.send(bytes, toBob.source), bob.send(encode("text"), toBob.source)]);
  await client.until(2);
  assertEquals(client.frames, [bytes, "text"]);
  await bob.close();
});

Deno.test("a message in several frames is one; an empty one is none", async () => {
  const [bob, toBob] = await listen();
  const client = new RawClient(urlOf(bob));
  await client.opened;
  client.socket.send("");
  const text = message("1", "body");
  client.socket.send(text.slice(0, 20), { fin: false });
  client.socket.ping();
  client.socket.send(text.slice(20), { fin: true });
  await toBob.until({ messages: 1 });
  assertEquals(toBob.texts, [text]);
  await bob.close();
});

Deno.test("a ping of CRLFs is answered with one CRLF, a lone CRLF with nothing, a ping frame with a pong", async () => {
  const [bob, toBob] = await listen();
  const client = new RawClient(urlOf(bob));
  await client.opened;
  const pong = new Promise<string>((resolve) =>
    client.socket.once("pong", (data) => resolve(`${data}`))
  );
  for (const text of ["\r\n", "\r\n\r\n", message(1)]) client.socket.send(text);
  client.socket.ping("x");
  await Promise.all([toBob.until({ messages: 1 }), client.until(1)]);
  assertEquals([client.frames, toBob.texts, await pong], [["\r\n"], [message(1)], "x"]);
  await bob.close();
});

// RFC 7118 §4.1: the client has to offer the subprotocol "sip", and the server to select it.
Deno.test("who does not offer the subprotocol is refused", async () => {
  const [bob] = await listen();
  for (const protocols of [[], ["xmpp"], ["sips", "SIP2"]]) {
    const client = new RawClient(urlOf(bob), protocols);
    await assertRejects(() => client.opened, Error, "400");
  }
  const client = new RawClient(urlOf(bob), ["xmpp", "sip"]);
  await client.opened;
  assertEquals(client.socket.protocol, "sip");
  await bob.close();
  assertEquals([(await client.closed)[0], bob.counts.failedHandshakes], [1001, 3]);
});

Deno.test("a program sees a handshake, and refuses it by path, by origin, or by failing", async () => {
  const seen: Handshake[] = [];
  const [bob, toBob] = await listen({
    onHandshake: (handshake) => {
      seen.push(handshake);
      if (handshake.path !== "/sip?user=1") return handshake.path === "/fail" ? fail() : 404;
      const isOurs = handshake.origin === "https://phone.example.com";
      return Promise.resolve(isOurs ? undefined : 403);
    },
  });
  const fail = () => {
    throw new Error("the program's own");
  };
  const base = urlOf(bob).replace("/sip", "");
  const origin = "https://phone.example.com";
  const trials: [string, string, string][] = [
    ["/", origin, "404"],
    ["/fail", origin, "500"],
    ["/sip?user=1", "https://evil.example.com", "403"],
  ];
  for (const [path, origin, status] of trials) {
    const client = new RawClient(`${base}${path}`, ["sip"], { origin });
    await assertRejects(() => client.opened, Error, status);
  }
  const client = new RawClient(`${base}/sip?user=1`, ["sip"], { origin, headers: { Cookie: "a" } });
  await client.opened;
  client.socket.send(message(1));
  await toBob.until({ messages: 1 });
  assertEquals(seen.at(-1)?.headers.cookie, "a");
  assertEquals(seen.at(-1)?.from, { host: toBob.source.host, port: toBob.source.port });
  await bob.close();
});

Deno.test("plain HTTP is told to upgrade", async () => {
  const [bob] = await listen();
  const response = await fetch(urlOf(bob).replace("ws", "http"));
  await response.body?.cancel();
  assertEquals([response.status, response.headers.get("upgrade")], [426, "websocket"]);
  await bob.close();
});

Deno.test("a message that is too large ends its WebSocket with 1009, and harms no other", async () => {
  const [bob, toBob] = await listen();
  const [large, other] = [new RawClient(urlOf(bob)), new RawClient(urlOf(bob))];
  await Promise.all([large.opened, other.opened]);
  large.socket.send(message(1, "x".repeat(200_000)));
  assertEquals((await large.closed)[0], 1009);
  await toBob.until({ gone: 1 });
  other.socket.send(message(2));
  await toBob.until({ messages: 1 });
  assertEquals([toBob.texts, bob.counts.incoming], [[message(2)], 1]);
  await bob.close();
});

Deno.test("what a client's close says is in what is reported, and nothing can be sent there", async () => {
  const [bob, toBob] = await listen();
  const client = new RawClient(urlOf(bob));
  await client.opened;
  client.socket.send(message(1));
  await toBob.until({ messages: 1 });
  client.socket.close(4000, "going away");
  await toBob.until({ gone: 1 });
  const { source, disconnections: [gone] } = toBob;
  assertEquals(gone?.from, source);
  assertMatch(gone?.error.message ?? "", /is gone: 4000 going away$/);
  await assertRejects(
    () => bob.send(encode("x"), source),
    TransportError,
    "a server cannot open one",
  );
  await bob.close();
});

/** A client that does as it is told, and no more: it does not answer pings. */
async function handshaken(bob: WebSocketServerTransport): Promise<Deno.TcpConn> {
  const { host, port = 0 } = bob.local;
  const conn = await Deno.connect({ hostname: host, port });
  // Or else a second write waits for the other end's delayed acknowledgement.
  conn.setNoDelay(true);
  const head = [
    "GET /sip HTTP/1.1",
    `Host: ${host}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: sip",
  ];
  await conn.write(encode(`${head.join("\r\n")}\r\n\r\n`));
  let answer = "";
  const buffer = new Uint8Array(1_000);
  while (!answer.includes("\r\n\r\n")) {
    answer += decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  }
  assertMatch(answer, /^HTTP\/1.1 101 /);
  return conn;
}

/** A frame as a client sends it, masked with zeros (RFC 6455 §5.2). */
function frame(text: string, opcode = 1): Uint8Array<ArrayBuffer> {
  const payload = encode(text);
  assert(payload.length < 126);
  return new Uint8Array([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}

async function drained(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(1_000);
  while (await conn.read(buffer).catch(() => null) !== null);
  conn.close();
}

Deno.test("a client that says nothing, half a message, or one octet by octet, is ended by messageTimeout", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock, messageTimeout: 3_000 });
  const client = new RawClient(urlOf(bob));
  await client.opened;
  client.socket.send(message("client"));
  const conns = [];
  for (let i = 0; i < 5; i++) conns.push(await handshaken(bob));
  const [whole, silent, half, slow, pinging] = conns as [Deno.TcpConn, ...Deno.TcpConn[]];
  const ends = [silent, half, slow, pinging].map((conn) => conn && drained(conn));
  await whole.write(frame(message("whole")));
  await half?.write(frame(message("half")));
  await toBob.until({ messages: 3 });
  await half?.write(frame(message("half")).subarray(0, 20));
  for (const octet of frame(message("slow")).subarray(0, 30)) {
    await slow?.write(new Uint8Array([octet]));
    await pinging?.write(frame("", 0x9));
    await whole.write(frame("", 0x9));
    // The network needs time, too.
    await client.roundTrip();
    await clock.advanceAsync(99);
  }
  assertEquals(toBob.disconnections, []);
  await clock.advanceAsync(100);
  await toBob.until({ gone: 4 });
  assertMatch(`${toBob.disconnections[0]?.error}`, /no whole message within 3000 ms/);
  await Promise.all(ends);
  await whole.write(frame(message("still here")));
  await toBob.until({ messages: 4 });
  assertEquals([bob.counts.expired, bob.counts.incoming], [4, 2]);
  await Promise.all([bob.close(), drained(whole), clock.advanceAsync(500)]);
  assertEquals(clock.pending, 0);
});

Deno.test("a client that does not answer pings is gone", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock, pingInterval: 20_000 });
  const [deaf, client] = [await handshaken(bob), new RawClient(urlOf(bob))];
  await client.opened;
  let pings = 0;
  client.socket.on("ping", () => pings++);
  await deaf.write(frame(message(1)));
  client.socket.send(message(2));
  await toBob.until({ messages: 2 });
  const ended = drained(deaf);
  for (let round = 1; round <= 3; round++) {
    await clock.advanceAsync(20_000);
    while (pings < round) await new Promise((resolve) => client.socket.once("ping", resolve));
    await bob.ping(toBob.sources.find(({ port }) => port !== deaf.localAddr.port) ?? toBob.source);
  }
  await ended;
  await toBob.until({ gone: 1 });
  assertMatch(`${toBob.disconnections[0]?.error}`, /no pong within 10000 ms/);
  assertEquals(bob.counts.incoming, 1);
  await bob.close();
});

Deno.test("a client that does not read fills its queue to the limit, and is ended by writeTimeout", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock, writeTimeout: 3_000, maxQueuedBytes: 300_000 });
  const deaf = await handshaken(bob);
  await deaf.write(frame(message(1)));
  await toBob.until({ messages: 1 });
  const { source } = toBob;
  const bytes = encode(message("x", "x".repeat(50_000)));
  const settled = Promise.allSettled(
    Array.from({ length: 1_000 }, () => bob.send(bytes, source)),
  );
  await assertRejects(() => bob.send(bytes, source), TransportError, "does not read");
  assert(bob.counts.queuedBytes <= 300_000);
  assert(bob.counts.overflowed > 500);
  const [alice] = await connect(bob);
  await alice.send(encode(message(2)), alice.fixedRemote);
  await toBob.until({ messages: 2 });
  await clock.advanceAsync(3_000);
  await toBob.until({ gone: 1 });
  assertMatch(`${toBob.disconnections[0]?.error}`, /has not read within 3000 ms/);
  await settled;
  assertEquals(bob.counts.queuedBytes, 0);
  await drained(deaf);
  await Promise.all([bob.close(), toBob.until({ gone: 1 })]);
  await alice.close();
});

Deno.test("a WebSocket that is not used for idleTimeout is ended, whatever pings there are", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock, idleTimeout: 60_000, pingInterval: 20_000 });
  const client = new RawClient(urlOf(bob));
  await client.opened;
  client.socket.send(message(1));
  await toBob.until({ messages: 1 });
  for (let i = 0; i < 2; i++) {
    await clock.advanceAsync(20_000);
    await bob.ping(toBob.source);
  }
  await clock.advanceAsync(20_000);
  await toBob.until({ gone: 1 });
  assertMatch(`${toBob.disconnections[0]?.error}`, /nothing came or went for 60000 ms/);
  await bob.close();
  assertEquals(clock.pending, 0);
});

Deno.test("a handshake that does not end is ended by connectTimeout", async () => {
  const clock = new VirtualClock();
  const [bob] = await listen({ clock, connectTimeout: 3_000 });
  const { host, port = 0 } = bob.local;
  const conns = [
    await Deno.connect({ hostname: host, port }),
    await Deno.connect({ hostname: host, port }),
  ];
  await conns[0]?.write(encode("GET /sip HTTP/1.1\r\nHost: x\r\n"));
  while (bob.counts.incoming < 2) await clock.advanceAsync(1);
  const ends = conns.map(drained);
  await clock.advanceAsync(3_000);
  await Promise.all(ends);
  while (bob.counts.incoming > 0) await clock.advanceAsync(1);
  assertEquals(bob.counts.failedHandshakes, 2);
  await bob.close();
});

Deno.test("nothing is delivered before attach, and nothing is lost", async () => {
  const bob = await WebSocketServerTransport.listen();
  const client = new RawClient(urlOf(bob));
  await client.opened;
  client.socket.send(message("early"));
  const toBob = new Recorder();
  bob.attach(toBob);
  client.socket.send(message("late"));
  await toBob.until({ messages: 2 });
  assertEquals(toBob.texts, [message("early"), message("late")]);
  await bob.close();
});

Deno.test("close lets what was sent before leave first, says 1001, and waits for nobody long", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock });
  const [client, deaf] = [new RawClient(urlOf(bob)), await handshaken(bob)];
  await client.opened;
  client.socket.send(message(1));
  await toBob.until({ messages: 1 });
  const sends = [1, 2, 3].map((i) => bob.send(encode(message(i)), toBob.source));
  const closed = bob.close();
  await assertRejects(() => bob.send(encode("x"), toBob.source), TransportError, "closed");
  assertEquals(await client.closed, [1001, ""]);
  assertEquals(client.frames, [1, 2, 3].map((i) => message(i)));
  await Promise.all(sends);
  await clock.advanceAsync(500);
  await Promise.all([closed, drained(deaf)]);
  assertEquals([toBob.disconnections, clock.pending], [[], 0]);
});

Deno.test("options that mean nothing are refused", async () => {
  const field = async (options: WebSocketServerOptions) =>
    (await assertRejects(() => WebSocketServerTransport.listen(options), InvalidArgumentError))
      .field;
  assertEquals(await field({ port: 70_000 }), "port");
  assertEquals(await field({ pingInterval: Infinity }), "pingInterval");
  assertEquals(await field({ cert: "nonsense", key: "nonsense" }), "cert");
  assertEquals(await field({ key: "nonsense" }), "cert");
});
