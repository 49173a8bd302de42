import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { InvalidArgumentError, TransportError } from "../../messages/errors.ts";
import { connect as openSocket, type Socket } from "node:net";
import { TcpTransport } from "../../transports/tcp.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { decode, encode, LOOPBACKS, message, Recorder } from "./recorder.ts";

type Options = Parameters<typeof TcpTransport.listen>[0];

/** A transport with what it hears. */
async function listen(options?: Options): Promise<[TcpTransport, Recorder]> {
  const transport = await TcpTransport.listen(options);
  const recorder = new Recorder();
  transport.attach(recorder);
  return [transport, recorder];
}

/** A peer that is only a socket. */
function connect({ local }: TcpTransport): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: local.host, port: local.port });
}

async function write(conn: Deno.Conn, text: string): Promise<void> {
  const bytes = encode(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Reads until so many octets have come, or the far end has closed. */
async function read(conn: Deno.Conn, length = Infinity): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  while (text.length < length) {
    const count = await conn.read(buffer);
    if (count === null) break;
    text += decode(buffer.subarray(0, count));
  }
  return text;
}

function localOf(conn: Deno.TcpConn): { host: string; port: number } {
  return { host: conn.localAddr.hostname, port: conn.localAddr.port };
}

for (const host of LOOPBACKS) {
  // RFC 3261 §18.2.2: "the response MUST be sent using the existing connection to the source of the
  // original request that created the transaction, if that connection is still open".
  Deno.test(`a message and its answer go by one connection, over ${host}`, async () => {
    const [alice, toAlice] = await listen({ host });
    const [bob, toBob] = await listen({ host });
    toBob.onReceive = (bytes, from) => void bob.send(bytes, from);
    await alice.send(encode(message("1")), bob.local);
    await toAlice.until({ messages: 1 });
    assertEquals(toAlice.texts, [message("1")]);
    assertEquals([toAlice.source.host, toAlice.source.port], [host, bob.local.port]);
    assertEquals(toBob.source.host, host);
    assert(toBob.source.port !== alice.local.port, "the answer went to the listening socket");
    assertEquals([alice.protocol, alice.reliable, alice.secure], ["TCP", true, false]);
    await Promise.all([alice.close(), bob.close()]);
  });
}

Deno.test("what goes to one host and port goes by one connection", async () => {
  const [alice] = await listen();
  const [bob, toBob] = await listen();
  await Promise.all([1, 2].map((i) => alice.send(encode(message(i)), bob.local)));
  await alice.send(encode(message(3)), bob.local);
  await toBob.until({ messages: 3 });
  assertEquals(new Set(toBob.sources.map(({ connection }) => connection)).size, 1);
  await Promise.all([alice.close(), bob.close()]);
});

// RFC 3261 §18: connections "are shared between client and server transport functions. ... When the
// connection is accepted by the transport layer, this index is set to the source IP address, port
// number, and transport." SIPp listens at the port that it connects from.
Deno.test("what goes to where a connection came from goes by it", async () => {
  const [alice, toAlice] = await listen();
  const conn = await connect(alice);
  const to = localOf(conn);
  await write(conn, message("1"));
  await toAlice.until({ messages: 1 });
  // Nobody listens there: a connection of its own would be refused.
  await alice.send(encode(message("2")), to);
  assertEquals(await read(conn, message("2").length), message("2"));
  conn.close();
  await toAlice.until({ gone: 1 });
  await assertRejects(() => alice.send(encode(message("3")), to), TransportError);
  await alice.close();
});

Deno.test("10,000 sends that nobody awaits leave in the order of the calls", async () => {
  const [alice] = await listen();
  const [bob, toBob] = await listen();
  for (let i = 0; i < 10_000; i++) void alice.send(encode(message(i)), bob.local);
  await toBob.until({ messages: 10_000 });
  assertEquals(toBob.texts, Array.from({ length: 10_000 }, (_, i) => message(i)));
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("a message arrives whole, however it is cut on the way", async () => {
  const [bob, toBob] = await listen();
  const conn = await connect(bob);
  const text = message("1", "body") + message("2", "x".repeat(60_000)) + "\r\n" + message("3");
  for (let at = 0; at < text.length; at += at < 200 ? 1 : 7_001) {
    await write(conn, text.slice(at, at < 200 ? at + 1 : at + 7_001));
  }
  await toBob.until({ messages: 3 });
  assertEquals(toBob.texts.join(""), text.replace("\r\n" + message("3"), message("3")));
  assertEquals(toBob.bytes[0]?.constructor, Uint8Array);
  conn.close();
  await bob.close();
});

Deno.test("what names a connection that is gone goes to the host and port", async () => {
  const [bob, toBob] = await listen();
  const [alice, toAlice] = await listen();
  const conn = await connect(bob);
  await write(conn, message("1"));
  await toBob.until({ messages: 1 });
  const { connection } = toBob.source;
  conn.close();
  await toBob.until({ gone: 1 });
  assertEquals(toBob.disconnections[0]?.from, toBob.source);
  await bob.send(encode(message("answer")), { ...alice.local, connection });
  await toAlice.until({ messages: 1 });
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("a refused connection rejects in one line, and the next send tries again", async () => {
  const [alice, toAlice] = await listen();
  const [gone] = await listen();
  await gone.close();
  const sends = [1, 2].map((i) => alice.send(encode(message(i)), gone.local));
  for (const sent of await Promise.allSettled(sends)) {
    assert(sent.status === "rejected" && sent.reason instanceof TransportError);
    const { port } = gone.local;
    assertMatch(
      sent.reason.message,
      new RegExp(`^cannot send to 127.0.0.1:${port}: .*refused`, "i"),
    );
  }
  const [bob, toBob] = await listen({ port: gone.local.port });
  await alice.send(encode(message(3)), gone.local);
  await toBob.until({ messages: 1 });
  assertEquals(toAlice.disconnections, []);
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("what cannot be a destination rejects", async () => {
  const [alice] = await listen();
  for (const to of [{ host: "127.0.0.1", port: 0 }, { host: "127.0.0.1", port: 70_000 }]) {
    await assertRejects(() => alice.send(encode("x"), to), TransportError, "port");
  }
  await assertRejects(
    () => alice.send(encode("x"), { host: "no such host", port: 1 }),
    TransportError,
  );
  await alice.close();
});

Deno.test("a connection that takes too long rejects, and is not waited for", async () => {
  const clock = new VirtualClock();
  const [alice] = await listen({ clock, connectTimeout: 3_000 });
  const [bob, toBob] = await listen();
  const sent = alice.send(encode(message("1")), bob.local);
  assertEquals(clock.pending, 1);
  // No event of a socket is handled before this function waits: the connection has no time at all.
  clock.advance(3_000);
  const error = await assertRejects(() => sent, TransportError);
  const { port } = bob.local;
  assertEquals(error.message, `cannot send to 127.0.0.1:${port}: no connection within 3000 ms`);
  await alice.send(encode(message("2")), bob.local);
  await toBob.until({ messages: 1 });
  assertEquals(toBob.texts, [message("2")]);
  await bob.close();
  await alice.close();
  assertEquals(clock.pending, 0);
});

// RFC 5626 §5.4: "it MUST immediately respond with a single CRLF over the same connection".
Deno.test("a ping is answered with one CRLF, and a lone CRLF with nothing", async () => {
  const [bob, toBob] = await listen();
  const conn = await connect(bob);
  await write(conn, "\r\n\r\n");
  assertEquals(await read(conn, 2), "\r\n");
  await write(conn, "\r\n" + message("1"));
  await toBob.until({ messages: 1 });
  await bob.send(encode(message("2")), toBob.source);
  assertEquals(await read(conn, message("2").length), message("2"));
  conn.close();
  await bob.close();
});

Deno.test("a flood of pings does not fill the queue", async () => {
  const [bob, toBob] = await listen({ maxQueuedBytes: 1_000 });
  const conn = await connect(bob);
  await write(conn, "\r\n\r\n".repeat(50_000) + message("1"));
  await toBob.until({ messages: 1 });
  await bob.send(encode(message("2")), toBob.source);
  const text = await read(conn, message("2").length + 2);
  assert(text.trimStart() === message("2").trimStart(), JSON.stringify(text.slice(0, 100)));
  conn.close();
  await bob.close();
});

Deno.test("a fault is told, its answer goes out, and the connection closes", async () => {
  const [bob, toBob] = await listen();
  const other = await connect(bob);
  await write(other, message("other"));
  await toBob.until({ messages: 1 });
  toBob.onFault = (fault, from) => void bob.send(encode(`SIP/2.0 ${fault.status} ${fault}`), from);
  const conn = await connect(bob);
  await write(conn, message("1") + "BYE sip:bob@example.com SIP/2.0\r\n\r\n" + message("never"));
  const answer = await read(conn);
  assertEquals(
    answer,
    "SIP/2.0 400 Content-Length: expected a Content-Length at octet 33, found none",
  );
  conn.close();
  await toBob.until({ messages: 2, faults: 1, gone: 1 });
  assertEquals(toBob.texts, [message("other"), message("1")]);
  const [broken] = toBob.faults;
  assertEquals(broken?.from, toBob.disconnections[0]?.from);
  await write(other, message("still here"));
  await toBob.until({ messages: 3 });
  other.close();
  await bob.close();
});

Deno.test("after a fault, a peer that neither reads nor closes is not waited for long", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock });
  const conn = await connect(bob);
  await write(conn, "BYE sip:bob@example.com SIP/2.0\r\n\r\n");
  await toBob.until({ faults: 1 });
  assertEquals(clock.pending, 1);
  clock.advance(5_000);
  await toBob.until({ gone: 1 });
  assertEquals(clock.pending, 0);
  conn.close();
  await bob.close();
});

/** A message that has only begun, and what it lacks. */
const HALF = ["BYE sip:bob@example.com SIP/2.0\r\n", "l: 0\r\n\r\n"] as const;

Deno.test("half a message, one that comes octet by octet, or none at all, holds a connection for messageTimeout", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock, messageTimeout: 3_000 });
  const conns = [await connect(bob), await connect(bob), await connect(bob), await connect(bob)];
  const [whole, half, slow] = conns as [Deno.TcpConn, Deno.TcpConn, Deno.TcpConn];
  await write(whole, message("whole"));
  await toBob.until({ messages: 1 });
  await write(half, message("half") + HALF[0]);
  await toBob.until({ messages: 2 });
  for (const octet of message("slow").slice(0, 29)) {
    await write(slow, octet);
    await clock.advanceAsync(100);
  }
  assertEquals(toBob.disconnections, []);
  await clock.advanceAsync(100);
  await toBob.until({ gone: 3 });
  for (const { error } of toBob.disconnections) {
    assertMatch(`${error}`, /no whole message within 3000 ms/);
  }
  assertEquals(
    toBob.disconnections.map(({ from }) => from.port).toSorted(),
    conns.slice(1).map((conn) => localOf(conn).port).toSorted(),
  );
  assertEquals([bob.counts.expired, bob.counts.incoming], [3, 1]);
  clock.advance(1_000_000);
  await write(whole, message("still here"));
  await toBob.until({ messages: 3 });
  for (const conn of conns) conn.close();
  await bob.close();
  assertEquals(clock.pending, 0);
});

// RFC 3261 §18 has connections "kept open for some implementation-defined duration after the last
// message was sent or received".
Deno.test("a connection that is not used for idleTimeout is closed; pings and messages use it", async () => {
  const clock = new VirtualClock();
  const [alice] = await listen({ clock, idleTimeout: 60_000, messageTimeout: 3_000 });
  const [bob, toBob] = await listen({ clock, idleTimeout: 60_000, messageTimeout: 3_000 });
  await alice.send(encode(message(1)), bob.local);
  await toBob.until({ messages: 1 });
  const uses = [
    () => alice.ping(bob.local),
    () => alice.send(encode(message(2)), bob.local),
    () => bob.send(encode(message(3)), toBob.source),
  ];
  for (const use of uses) {
    await clock.advanceAsync(59_999);
    await use();
    await bob.ping(toBob.source);
    await alice.ping(bob.local);
  }
  await clock.advanceAsync(59_999);
  assertEquals(toBob.disconnections, []);
  await clock.advanceAsync(1);
  await toBob.until({ gone: 1 });
  assertMatch(`${toBob.disconnections[0]?.error}`, /nothing came or went for 60000 ms|closed it/);
  await Promise.all([alice.close(), bob.close()]);
  assertEquals(clock.pending, 0);
});

Deno.test("a peer that does not read for writeTimeout is closed, and one that reads slowly is not", async () => {
  const clock = new VirtualClock();
  const options = { clock, writeTimeout: 3_000, maxQueuedBytes: 8_000_000 };
  const [bob, toBob] = await listen(options);
  const conns = [await connect(bob), await connect(bob)] as const;
  for (const conn of conns) await write(conn, message("1"));
  await toBob.until({ messages: 2 });
  const bytes = encode(message("x", "x".repeat(60_000)));
  const sends = toBob.sources.map((from) =>
    Promise.allSettled(Array.from({ length: 120 }, () => bob.send(bytes, from)))
  );
  const queued = bob.counts.queuedBytes;
  assert(queued > 1_000_000, `${queued}`);
  const [deaf, slow] = toBob.sources[0]?.port === localOf(conns[0]).port
    ? conns
    : [conns[1], conns[0]];
  await clock.advanceAsync(2_999);
  const all = read(slow, 120 * bytes.length);
  await sends[1];
  await all;
  assertEquals(bob.counts.expired, 0);
  await clock.advanceAsync(1);
  await toBob.until({ gone: 1 });
  assertMatch(`${toBob.disconnections[0]?.error}`, /not read within 3000 ms/);
  assertEquals(toBob.disconnections[0]?.from.port, localOf(deaf).port);
  assertEquals([bob.counts.queuedBytes, bob.counts.expired], [0, 1]);
  assert((await sends[0])?.some(({ status }) => status === "rejected"));
  await clock.advanceAsync(1_000_000);
  await bob.send(encode(message(2)), toBob.sources[1] ?? bob.local);
  assertEquals(await read(slow, message(2).length), message(2));
  for (const conn of conns) conn.close();
  await bob.close();
});

Deno.test("one address holds only so many connections, and others still come in", async () => {
  const [bob, toBob] = await listen({ maxConnectionsPerAddress: 2 });
  const from = (localAddress: string) =>
    new Promise<Socket>((resolve) => {
      const { host, port } = bob.local;
      const socket = openSocket({ host, port, localAddress }, () => resolve(socket));
      socket.on("error", () => {});
    });
  const closed = (socket: Socket) =>
    new Promise<void>((resolve) => void socket.once("close", () => resolve()).resume());
  const held = [await from("127.0.0.2"), await from("127.0.0.2")];
  await closed(await from("127.0.0.2"));
  assertEquals([bob.counts.incoming, bob.counts.refused], [2, 1]);
  held.push(await from("127.0.0.3"));
  for (const socket of held) socket.write(message("1"));
  await toBob.until({ messages: 3 });
  held[0]?.destroy();
  await toBob.until({ gone: 1 });
  held.push(await from("127.0.0.2"));
  held.at(-1)?.write(message("2"));
  await toBob.until({ messages: 4 });
  assertEquals([bob.counts.incoming, bob.counts.refused], [3, 1]);
  const ends = held.slice(1).map(closed);
  await Promise.all([bob.close(), ...ends]);
  assertEquals(bob.counts.incoming, 0);
});

Deno.test("once half a message has become whole, the next one has all of messageTimeout", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock, messageTimeout: 3_000 });
  const conn = await connect(bob);
  for (let round = 1; round <= 3; round++) {
    await write(conn, message(round) + HALF[0]);
    await toBob.until({ messages: 2 * round - 1 });
    clock.advance(2_999);
    assertEquals(toBob.disconnections, []);
    await write(conn, HALF[1]);
    await toBob.until({ messages: 2 * round });
  }
  clock.advance(3_000);
  assertEquals(toBob.disconnections, []);
  conn.close();
  await bob.close();
});

Deno.test("a connection that cannot be cut any more is told of once: when it is given up, not when it closes", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock });
  const conn = await connect(bob);
  await write(conn, HALF[0] + "\r\n");
  await toBob.until({ faults: 1 });
  assertEquals(toBob.disconnections.length, 1);
  assertEquals(toBob.disconnections[0]?.from, toBob.faults[0]?.from);
  conn.close();
  // The last timer is the one that waits for the far end to close.
  while (clock.pending > 0) await clock.advanceAsync(0);
  assertEquals(toBob.disconnections.length, 1);
  await bob.close();
});

Deno.test("limits of head and body are the framer's", async () => {
  const [bob, toBob] = await listen({ maxHeadBytes: 100, maxBodyBytes: 10 });
  const statuses: unknown[] = [];
  toBob.onFault = (fault) => statuses.push(fault.status);
  for (const text of [message("1", "x".repeat(11)), `BYE ${"x".repeat(100)}`]) {
    const conn = await connect(bob);
    await write(conn, text);
    assertEquals(await read(conn), "");
    conn.close();
  }
  assertEquals(statuses, [413, 513]);
  await bob.close();
});

Deno.test("a peer that does not read fills its own queue only, and only to the limit", async () => {
  const [bob, toBob] = await listen({ maxQueuedBytes: 300_000 });
  const deaf = await connect(bob);
  await write(deaf, message("deaf"));
  await toBob.until({ messages: 1 });
  const from = toBob.source;
  const bytes = encode(message("x", "x".repeat(50_000)));
  const sends = Array.from({ length: 1_000 }, () => bob.send(bytes, from));
  const settled = Promise.allSettled(sends);
  await assertRejects(() => bob.send(bytes, from), TransportError, "does not read");

  const [alice, toAlice] = await listen();
  await bob.send(encode(message("other")), alice.local);
  await toAlice.until({ messages: 1 });

  deaf.close();
  await toBob.until({ gone: 1 });
  const reasons = (await settled).flatMap((s) => s.status === "rejected" ? [s.reason] : []);
  // 50 MB were sent; the system's own buffers take a few.
  assert(reasons.length > 500 && reasons.every((reason) => reason instanceof TransportError));
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("what is queued on a connection that breaks rejects", async () => {
  const [alice, toAlice] = await listen({ maxQueuedBytes: 100_000_000 });
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const to = { host: "127.0.0.1", port: server.addr.port };
  const bytes = encode(message("x", "x".repeat(100_000)));
  const sends = Array.from({ length: 200 }, () => alice.send(bytes, to));
  const settled = Promise.allSettled(sends);
  const conn = await server.accept();
  await read(conn, 1);
  conn.close();
  await toAlice.until({ gone: 1 });
  assertEquals((await settled).at(-1)?.status, "rejected");
  const { from, error } = toAlice.disconnections[0] ?? {};
  assertEquals([from?.host, from?.port], [to.host, to.port]);
  assert(error instanceof TransportError);
  assertMatch(error.message, /^the connection with 127.0.0.1:\d+ is gone: .+$/);
  server.close();
  await alice.close();
});

Deno.test("a connection that the peer closes is opened again when it is needed", async () => {
  const [alice, toAlice] = await listen();
  const [bob] = await listen();
  const { local } = bob;
  await alice.send(encode(message(1)), local);
  await bob.close();
  await toAlice.until({ gone: 1 });
  const [again, toAgain] = await listen({ port: local.port });
  await alice.send(encode(message(2)), local);
  await toAgain.until({ messages: 1 });
  await Promise.all([alice.close(), again.close()]);
});

Deno.test("connections over the limit are closed, and there is room when others have gone", async () => {
  const [bob, toBob] = await listen({ maxConnections: 2 });
  const conns = [await connect(bob), await connect(bob)];
  for (const conn of conns) await write(conn, message("1"));
  await toBob.until({ messages: 2 });
  const third = await connect(bob);
  assertEquals(await read(third).catch(() => ""), "");
  third.close();
  conns.pop()?.close();
  await toBob.until({ gone: 1 });
  const fourth = await connect(bob);
  await write(fourth, message("2"));
  await toBob.until({ messages: 3 });
  fourth.close();
  conns.pop()?.close();
  await bob.close();
});

Deno.test("so are those that this end would open", async () => {
  const [alice] = await listen({ maxConnections: 1 });
  const [bob, carol] = [(await listen())[0], (await listen())[0]];
  await alice.send(encode(message(1)), bob.local);
  await assertRejects(() => alice.send(encode("x"), carol.local), TransportError, "limit");
  await alice.send(encode(message(2)), bob.local);
  await Promise.all([alice, bob, carol].map((transport) => transport.close()));
});

Deno.test("nothing is delivered before attach, and nothing is lost", async () => {
  const bob = await TcpTransport.listen();
  const conn = await connect(bob);
  await write(conn, message("early"));
  const toBob = new Recorder();
  bob.attach(toBob);
  await write(conn, message("late"));
  await toBob.until({ messages: 2 });
  assertEquals(toBob.texts, [message("early"), message("late")]);
  conn.close();
  await bob.close();
});

Deno.test("a host name is a destination, and named in what is reported", async () => {
  const [alice, toAlice] = await listen();
  const [bob, toBob] = await listen();
  await alice.send(encode(message(1)), { host: "localhost", port: bob.local.port });
  await toBob.until({ messages: 1 });
  await bob.close();
  await toAlice.until({ gone: 1 });
  assertEquals(toAlice.disconnections[0]?.from.host, "localhost");
  await alice.close();
});

if (LOOPBACKS.includes("::1")) {
  Deno.test("a socket for both families names an IPv4 peer by its own name", async () => {
    const [both, toBoth] = await listen({ host: "::", advertise: { host: "both.example.com" } });
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: both.local.port });
    await write(conn, message(1));
    await toBoth.until({ messages: 1 });
    const { host, port } = toBoth.source;
    assertEquals({ host, port }, localOf(conn));
    conn.close();
    await both.close();
  });
}

Deno.test("after close nothing is sent, delivered or reported", async () => {
  const [alice, toAlice] = await listen();
  const [bob, toBob] = await listen();
  toBob.onReceive = () => void bob.close();
  await alice.send(encode(message(1) + message(2)), bob.local);
  await toAlice.until({ gone: 1 });
  await Promise.all([bob.close(), bob.close()]);
  await assertRejects(() => bob.send(encode("x"), alice.local), TransportError, "closed");
  assertEquals([toBob.texts, toBob.disconnections], [[message(1)], []]);
  const connecting = alice.send(encode("x"), alice.local);
  const rejected = assertRejects(() => connecting, TransportError);
  await alice.close();
  await rejected;
});

Deno.test("close lets what was sent before leave first", async () => {
  const [alice] = await listen();
  const [bob, toBob] = await listen();
  await alice.send(encode(message(1)), bob.local);
  const late = alice.send(encode(message(2)), bob.local);
  await alice.close();
  await late;
  await toBob.until({ messages: 2, gone: 1 });
  assertEquals(toBob.texts, [message(1), message(2)]);
  await bob.close();
});

Deno.test("a transport that is closed keeps no process alive", async () => {
  const child = `
    import { connect as openSocket, type Socket } from "node:net";
import { TcpTransport } from "${new URL("../../transports/tcp.ts", import.meta.url)}";
    const [a, b] = [await TcpTransport.listen(), await TcpTransport.listen()];
    await a.send(new TextEncoder().encode("OPTIONS"), b.local);
    await Promise.all([a.close(), b.close()]);
    Deno.unrefTimer(setTimeout(() => Deno.exit(1), 10_000));
  `;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--ext=ts", child],
  }).output();
  assertEquals(code, 0);
});

Deno.test("an address that is taken, or options that mean nothing, are refused", async () => {
  const [alice] = await listen();
  const { port } = alice.local;
  const error = await assertRejects(() => TcpTransport.listen({ port }), TransportError);
  assertMatch(error.message, new RegExp(`^cannot listen on 127.0.0.1:${port}: [^\n]+$`));
  await alice.close();
  const field = async (options: Options) =>
    (await assertRejects(() => TcpTransport.listen(options), InvalidArgumentError)).field;
  assertEquals(await field({ port: 70_000 }), "port");
  assertEquals(await field({ host: "::" }), "advertise");
  assertEquals(await field({ idleTimeout: Infinity }), "idleTimeout");
  assertEquals(await field({ maxConnections: 0 }), "maxConnections");
});

Deno.test("half a message right behind the rest of another has all of messageTimeout, too", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ clock, messageTimeout: 3_000 });
  const conn = await connect(bob);
  await write(conn, message("1") + HALF[0]);
  await toBob.until({ messages: 1 });
  for (let messages = 2; messages <= 4; messages++) {
    clock.advance(2_000);
    await write(conn, HALF[1] + HALF[0]).catch(() => {});
    await Promise.race([toBob.until({ messages }), toBob.until({ gone: 1 })]);
  }
  assertEquals([toBob.texts.length, toBob.disconnections], [4, []]);
  await clock.advanceAsync(2_999);
  assertEquals(toBob.disconnections, []);
  clock.advance(1);
  await toBob.until({ gone: 1 });
  conn.close();
  await bob.close();
});

// RFC 5626 §4.4.1.
Deno.test("a ping resolves on the pong, and goes by a connection that is open", async () => {
  const [alice] = await listen();
  const [bob, toBob] = await listen();
  await assertRejects(() => alice.ping(bob.local), TransportError, "there is no connection");
  await alice.send(encode(message(1)), bob.local);
  await Promise.all([alice.ping(bob.local), alice.ping(bob.local)]);
  await alice.ping(bob.local);
  await toBob.until({ messages: 1 });
  // The end that was called may ask, too.
  await bob.ping(toBob.source);
  await alice.send(encode(message(2)), bob.local);
  await toBob.until({ messages: 2 });
  assertEquals(new Set(toBob.sources.map(({ connection }) => connection)).size, 1);
  await Promise.all([alice.close(), bob.close()]);
  await assertRejects(() => alice.ping(bob.local), TransportError);
});

Deno.test("a ping of each side at once is answered to each", async () => {
  const [alice] = await listen();
  const [bob, toBob] = await listen();
  await alice.send(encode(message(1)), bob.local);
  await toBob.until({ messages: 1 });
  for (let i = 0; i < 10; i++) {
    await Promise.all([alice.ping(bob.local), bob.ping(toBob.source)]);
  }
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("without a pong within 10 s the connection is closed, and told of", async () => {
  const clock = new VirtualClock();
  const [alice, toAlice] = await listen({ clock });
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const to = { host: "127.0.0.1", port: server.addr.port };
  const [conn] = await Promise.all([server.accept(), alice.send(encode(message(1)), to)]);
  const pinged = assertRejects(() => alice.ping(to), TransportError, "no pong within 10000 ms");
  assertEquals(await read(conn, message(1).length + 4), message(1) + "\r\n\r\n");
  clock.advance(9_999);
  assertEquals(toAlice.disconnections, []);
  clock.advance(1);
  await pinged;
  await toAlice.until({ gone: 1 });
  conn.close();
  server.close();
  await alice.close();
});

Deno.test("a ping rejects when the connection is lost, or the transport closed", async () => {
  const [alice, toAlice] = await listen();
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const to = { host: "127.0.0.1", port: server.addr.port };
  for (const lose of [(conn: Deno.Conn) => conn.close(), () => void alice.close()]) {
    const [conn] = await Promise.all([server.accept(), alice.send(encode(message(1)), to)]);
    const pinged = assertRejects(() => alice.ping(to), TransportError, "is gone");
    await read(conn, message(1).length + 4);
    lose(conn);
    await pinged;
    try {
      conn.close();
    } catch {
      // It was what was lost.
    }
  }
  assertEquals(toAlice.disconnections.length, 1);
  server.close();
  await alice.close();
});
