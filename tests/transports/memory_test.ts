import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { InvalidArgumentError, TransportError } from "../../messages/errors.ts";
import { type Delivery, MemoryNetwork } from "../../transports/memory.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { decode, encode, Recorder } from "./recorder.ts";

const ALICE = { host: "alice.example.com", port: 5060 };
const BOB = { host: "bob.example.com", port: 5060 };

/** Alice and Bob on one network, with what each of them hears. */
function pair(network: MemoryNetwork, options?: { protocol?: string; reliable?: boolean }) {
  const [alice, bob] = [network.transport(ALICE, options), network.transport(BOB, options)];
  const [toAlice, toBob] = [new Recorder(), new Recorder()];
  alice.attach(toAlice);
  bob.attach(toBob);
  return { alice, bob, toAlice, toBob };
}

Deno.test("what one end sends, the other one gets, with the name of the sender", async () => {
  const { alice, bob, toAlice, toBob } = pair(new MemoryNetwork());
  await alice.send(encode("1"), BOB);
  await alice.send(encode("2"), { host: "BOB.example.com", port: 5060 });
  await bob.send(encode("3"), ALICE);
  await toAlice.until({ messages: 1 });
  assertEquals([toBob.texts, toBob.source], [["1", "2"], ALICE]);
  assertEquals([toAlice.texts, toAlice.source], [["3"], BOB]);
});

Deno.test("by default a message arrives after send has returned, and in order", async () => {
  const { alice, toBob } = pair(new MemoryNetwork());
  for (let i = 0; i < 100; i++) void alice.send(encode(String(i)), BOB);
  assertEquals(toBob.texts, []);
  await toBob.until({ messages: 100 });
  assertEquals(toBob.texts, Array.from({ length: 100 }, (_, i) => String(i)));
});

Deno.test("a network that does not wait delivers the answer inside send", () => {
  const { alice, bob, toAlice, toBob } = pair(new MemoryNetwork({ deliver: (run) => run() }));
  toBob.onReceive = (_, from) => void bob.send(encode("answer"), from);
  void alice.send(encode("question"), BOB);
  assertEquals(toAlice.texts, ["answer"]);
});

Deno.test("a copy is delivered: the sender may use its buffer again at once", async () => {
  const { alice, toBob } = pair(new MemoryNetwork());
  const buffer = encode("message");
  const sent = alice.send(buffer, BOB);
  buffer.fill(0x78);
  await sent;
  await toBob.until({ messages: 1 });
  assertEquals(toBob.texts, ["message"]);
  assertNotStrictEquals(toBob.bytes[0]?.buffer, buffer.buffer);
});

Deno.test("the network is told enough to delay, lose, repeat and reorder", () => {
  const clock = new VirtualClock();
  const seen: Delivery[] = [];
  const network = new MemoryNetwork({
    deliver(run, delivery) {
      seen.push(delivery);
      const text = decode(delivery.bytes);
      if (text === "lose") return;
      clock.setTimeout(run, text === "late" ? 100 : 20);
      if (text === "twice") clock.setTimeout(run, 60);
    },
  });
  const { alice, toBob } = pair(network);
  for (const text of ["late", "lose", "twice", "soon"]) void alice.send(encode(text), BOB);
  assertEquals(seen.map(({ from, to, protocol, reliable }) => [from, to, protocol, reliable]), [
    ...Array.from({ length: 4 }, () => [ALICE, BOB, "UDP", false]),
  ]);
  clock.advance(19);
  assertEquals(toBob.texts, []);
  clock.advance(81);
  assertEquals(toBob.texts, ["twice", "soon", "twice", "late"]);
});

Deno.test("where nobody is, an unreliable end loses and a reliable one rejects", async () => {
  const network = new MemoryNetwork();
  await network.transport(ALICE).send(encode("x"), BOB);
  const tcp = network.transport(ALICE, { protocol: "TCP" });
  const error = await assertRejects(() => tcp.send(encode("x"), BOB), TransportError);
  assertEquals(error.message, "cannot send to bob.example.com:5060: nobody is there");
  const other = network.transport(BOB);
  other.attach(new Recorder());
  await assertRejects(() => tcp.send(encode("x"), BOB), TransportError);
});

Deno.test("the protocol says whether an end is reliable and secure, unless the caller does", () => {
  const network = new MemoryNetwork();
  const told = (protocol: string, reliable?: boolean) => {
    const end = network.transport({ host: `${protocol}.${reliable}`, port: 1 }, {
      protocol,
      reliable,
    });
    return [end.protocol, end.reliable, end.secure];
  };
  assertEquals(told("UDP"), ["UDP", false, false]);
  assertEquals(told("TCP"), ["TCP", true, false]);
  assertEquals(told("TLS"), ["TLS", true, true]);
  assertEquals(told("WSS"), ["WSS", true, true]);
  assertEquals(told("UDP", true), ["UDP", true, false]);
});

Deno.test("after close nothing is sent or delivered, and the name is free again", async () => {
  const network = new MemoryNetwork();
  const { alice, bob, toBob } = pair(network, { protocol: "TCP" });
  await alice.send(encode("on its way"), BOB);
  const late = alice.send(encode("on its way too"), BOB);
  await bob.close();
  await bob.close();
  await late;
  await assertRejects(() => bob.send(encode("x"), ALICE), TransportError, "closed");
  await assertRejects(() => alice.send(encode("x"), BOB), TransportError, "nobody");
  assertEquals(toBob.texts, ["on its way"]);
  const again = network.transport(BOB, { protocol: "TCP" });
  const toAgain = new Recorder();
  again.attach(toAgain);
  await alice.send(encode("again"), BOB);
  await toAgain.until({ messages: 1 });
});

Deno.test("nothing is delivered before attach", async () => {
  const network = new MemoryNetwork({ deliver: (run) => run() });
  const alice = network.transport(ALICE);
  const bob = network.transport(BOB);
  await alice.send(encode("early"), BOB);
  const toBob = new Recorder();
  bob.attach(toBob);
  await alice.send(encode("in time"), BOB);
  assertEquals(toBob.texts, ["in time"]);
});

Deno.test("what a deliver function throws rejects that send", async () => {
  const { alice } = pair(
    new MemoryNetwork({
      deliver: () => {
        throw new TransportError("cut");
      },
    }),
  );
  await assertRejects(() => alice.send(encode("x"), BOB), TransportError, "cut");
});

Deno.test("a name that is taken, or is none, is refused", () => {
  const network = new MemoryNetwork();
  network.transport(ALICE);
  const refused = (host: string, port: number) =>
    assertThrows(() => network.transport({ host, port }), InvalidArgumentError).field;
  assertEquals(refused("Alice.Example.com", 5060), "local");
  assertEquals(refused("", 5060), "local.host");
  assertEquals(refused("[::1]", 5060), "local.host");
  assertEquals(refused("bob", 0), "local.port");
  assertEquals(refused("bob", 65536), "local.port");
  assert(network.transport({ host: "::1", port: 5060 }));
});
