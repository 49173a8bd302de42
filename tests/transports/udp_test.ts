import {
  assert,
  assertEquals,
  assertMatch,
  assertNotStrictEquals,
  assertRejects,
} from "@std/assert";
import { InvalidArgumentError, TransportError } from "../../messages/errors.ts";
import { UdpTransport } from "../../transports/udp.ts";
import { decode, encode, LOOPBACKS, message, Recorder } from "./recorder.ts";

type Listen = typeof UdpTransport.listen;

/** A listener on the socket that runtimes without `Deno.listenDatagram` have. */
const listenNode: Listen = (options) => {
  const own = Object.getOwnPropertyDescriptor(Deno, "listenDatagram");
  Reflect.deleteProperty(Deno, "listenDatagram");
  try {
    return UdpTransport.listen(options);
  } finally {
    if (own !== undefined) Object.defineProperty(Deno, "listenDatagram", own);
  }
};

const LISTENERS: Record<string, Listen> = {
  "Deno.listenDatagram": (options) => UdpTransport.listen(options),
  "node:dgram": listenNode,
};

/** Registers a test for each kind of socket. */
function test(name: string, run: (listen: Listen) => Promise<void>): void {
  for (const [kind, listen] of Object.entries(LISTENERS)) {
    Deno.test(`${kind}: ${name}`, () => run(listen));
  }
}

for (const host of LOOPBACKS) {
  test(`a datagram and its answer, over ${host}`, async (listen) => {
    const [alice, bob] = [await listen({ host }), await listen({ host })];
    const [toAlice, toBob] = [new Recorder(), new Recorder()];
    alice.attach(toAlice);
    bob.attach(toBob);
    toBob.onReceive = (bytes, from) => void bob.send(encode(`${decode(bytes)}!`), from);
    await alice.send(encode("hello"), bob.local);
    await toAlice.until({ messages: 1 });
    assertEquals([toBob.texts, toBob.source], [["hello"], alice.local]);
    assertEquals([toAlice.texts, toAlice.source], [["hello!"], bob.local]);
    assertEquals(alice.local.host, host);
    assertEquals([alice.protocol, alice.reliable, alice.secure], ["UDP", false, false]);
    await Promise.all([alice.close(), bob.close()]);
  });
}

test("10,000 sends that nobody awaits leave in the order of the calls", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toBob = new Recorder();
  bob.attach(toBob);
  const settled: number[] = [];
  const sends = Array.from({ length: 10_000 }, async (_, i) => {
    await alice.send(encode(message(i)), bob.local);
    settled.push(i);
  });
  await Promise.all(sends);
  assertEquals(settled, Array.from({ length: 10_000 }, (_, i) => i));
  await toBob.until({ messages: 1 });
  await Promise.all([alice.close(), bob.close()]);
  // The system has dropped what its buffer could not hold, but not changed the order of the others.
  const heard = toBob.texts.map((text) => Number(/Call-ID: (\d+)/.exec(text)?.[1]));
  assertEquals(heard, heard.toSorted((a, b) => a - b));
});

test("100 bursts of 100 sends that nobody awaits arrive in the order of the calls", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toBob = new Recorder();
  bob.attach(toBob);
  for (let burst = 0; burst < 10_000; burst += 100) {
    for (let i = burst; i < burst + 100; i++) void alice.send(encode(message(i)), bob.local);
    await toBob.until({ messages: burst + 100 });
  }
  assertEquals(toBob.texts, Array.from({ length: 10_000 }, (_, i) => message(i)));
  await Promise.all([alice.close(), bob.close()]);
});

test("each message is an array of its own", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toBob = new Recorder();
  bob.attach(toBob);
  await alice.send(encode("first"), bob.local);
  await alice.send(encode("SECOND"), bob.local);
  await toBob.until({ messages: 2 });
  const [first, second] = toBob.bytes;
  assertEquals([first && decode(first), second && decode(second)], ["first", "SECOND"]);
  assertEquals(first?.constructor, Uint8Array);
  assertNotStrictEquals(first?.buffer, second?.buffer);
  await Promise.all([alice.close(), bob.close()]);
});

test("the largest datagram of §18.1.1 arrives whole; a larger one is rejected", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toBob = new Recorder();
  bob.attach(toBob);
  const largest = "x".repeat(65_507);
  await alice.send(encode(largest), bob.local);
  await toBob.until({ messages: 1 });
  assertEquals(toBob.texts[0]?.length, largest.length);
  await assertRejects(() => alice.send(encode(`${largest}x`), bob.local), TransportError);
  await Promise.all([alice.close(), bob.close()]);
});

// RFC 5626 §3.5.2 and §8: what keeps a binding alive is no message.
test("keep-alives, STUN and empty datagrams are ignored", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toBob = new Recorder();
  bob.attach(toBob);
  const stun = new Uint8Array(20);
  stun.set([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
  for (const bytes of [new Uint8Array(0), encode("\r\n\r\n"), encode("\r\n"), stun]) {
    await alice.send(bytes, bob.local);
  }
  await alice.send(encode("\r\nOPTIONS"), bob.local);
  await toBob.until({ messages: 1 });
  assertEquals(toBob.texts, ["\r\nOPTIONS"]);
  await Promise.all([alice.close(), bob.close()]);
});

test("a send that fails rejects alone", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toBob = new Recorder();
  bob.attach(toBob);
  const sends = await Promise.allSettled([
    alice.send(encode("1"), bob.local),
    alice.send(encode("2"), { host: "127.0.0.1", port: 0 }),
    alice.send(encode("3"), { host: "127.0.0.1", port: 70_000 }),
    alice.send(encode("4"), { host: "no such host", port: 5060 }),
    alice.send(encode("5"), { host: "300.0.0.1", port: 5060 }),
    alice.send(encode("6"), bob.local),
  ]);
  assertEquals(sends.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "rejected",
    "rejected",
    "rejected",
    "fulfilled",
  ]);
  for (const sent of sends) {
    if (sent.status === "fulfilled") continue;
    assert(sent.reason instanceof TransportError);
    assertMatch(sent.reason.message, /^cannot send to [^ ]+.*:\d+: .+$/);
  }
  await toBob.until({ messages: 2 });
  assertEquals(toBob.texts, ["1", "6"]);
  await Promise.all([alice.close(), bob.close()]);
});

test("a port that nobody listens on harms neither the socket nor later sends", async (listen) => {
  const [alice, bob, gone] = [await listen(), await listen(), await listen()];
  const toBob = new Recorder();
  alice.attach(new Recorder());
  bob.attach(toBob);
  await gone.close();
  for (let i = 0; i < 5; i++) {
    await alice.send(encode("lost"), gone.local).catch(() => {});
    await alice.send(encode(`${i}`), bob.local);
  }
  await toBob.until({ messages: 5 });
  await Promise.all([alice.close(), bob.close()]);
});

test("a host name is looked up, in the order of the calls", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toBob = new Recorder();
  bob.attach(toBob);
  const to = { host: "localhost", port: bob.local.port };
  await Promise.all(["1", "2", "3"].map((text) => alice.send(encode(text), to)));
  await toBob.until({ messages: 3 });
  assertEquals(toBob.texts, ["1", "2", "3"]);
  await Promise.all([alice.close(), bob.close()]);
});

if (LOOPBACKS.includes("::1")) {
  test("a socket for both families speaks IPv4 by its own name", async (listen) => {
    const both = await listen({ host: "::", advertise: { host: "both.example.com" } });
    const [four, six] = [await listen({ host: "127.0.0.1" }), await listen({ host: "::1" })];
    const [toBoth, toFour, toSix] = [new Recorder(), new Recorder(), new Recorder()];
    both.attach(toBoth);
    four.attach(toFour);
    six.attach(toSix);
    toBoth.onReceive = (bytes, from) => void both.send(bytes, from);
    const { port } = both.local;
    await four.send(encode("4"), { host: "127.0.0.1", port });
    await toFour.until({ messages: 1 });
    await six.send(encode("6"), { host: "::1", port });
    await toSix.until({ messages: 1 });
    await both.send(encode("name"), { host: "localhost", port: four.local.port });
    await toFour.until({ messages: 2 });
    assertEquals(toBoth.sources, [four.local, six.local]);
    assertEquals(both.local.host, "both.example.com");
    await Promise.all([both.close(), four.close(), six.close()]);
  });
}

test("an address that is taken is refused in one line", async (listen) => {
  const alice = await listen();
  const { port } = alice.local;
  const error = await assertRejects(() => listen({ port }), TransportError);
  assertMatch(error.message, new RegExp(`^cannot listen on 127.0.0.1:${port}: [^\n]+$`));
  await alice.close();
});

test("close lets what was sent before leave; afterwards nothing is sent or delivered", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const toAlice = new Recorder();
  alice.attach(toAlice);
  const queued = Array.from({ length: 50 }, () => alice.send(encode("x"), bob.local));
  const settled = Promise.allSettled(queued);
  await Promise.all([alice.close(), alice.close()]);
  assertEquals((await settled).filter(({ status }) => status === "rejected"), []);
  await assertRejects(() => alice.send(encode("x"), bob.local), TransportError, "closed");
  await bob.send(encode("late"), alice.local).catch(() => {});
  assertEquals(toAlice.texts, []);
  await bob.close();
});

test("what waits to be sent is bounded", async (listen) => {
  const [alice, bob] = [await listen(), await listen()];
  const bytes = new Uint8Array(60_000);
  const sends = Array.from({ length: 300 }, () => alice.send(bytes, bob.local));
  const rejected = (await Promise.allSettled(sends)).filter(({ status }) => status === "rejected");
  assertEquals(rejected.length, 300 - Math.floor(16_777_216 / 60_000));
  await alice.send(encode("there is room again"), bob.local);
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("options that mean nothing are refused at the call", async () => {
  const field = async (options: Parameters<Listen>[0]) =>
    (await assertRejects(() => UdpTransport.listen(options), InvalidArgumentError)).field;
  assertEquals(await field({ port: -1 }), "port");
  assertEquals(await field({ port: 5060.5 }), "port");
  assertEquals(await field({ host: "" }), "host");
  assertEquals(await field({ host: "[::1]" }), "host");
  assertEquals(await field({ host: "0.0.0.0" }), "advertise");
  assertEquals(await field({ host: "::" }), "advertise");
  assertEquals(await field({ advertise: { host: "a b" } }), "advertise.host");
  assertEquals(await field({ advertise: { host: "a", port: 0 } }), "advertise.port");
});

test("what is advertised stands in `local`, with the bound port if it names none", async (listen) => {
  const alice = await listen({ host: "0.0.0.0", advertise: { host: "192.0.2.1" } });
  assertEquals(alice.local.host, "192.0.2.1");
  assert(alice.local.port > 0);
  await alice.close();
  const bob = await listen({ advertise: { host: "sip.example.com", port: 5062 } });
  assertEquals(bob.local, { host: "sip.example.com", port: 5062 });
  await bob.close();
});
