// HEP3: the octets as the specification has them, and a sender on a real socket.
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "@strowger/sip";
import type { MessageEntry } from "../../inspector/entry.ts";
import { HepEncoder } from "../../inspector/hep.ts";
import { HepSender } from "../../inspector/hep_sender.ts";
import { openDatagramSocket } from "../../transports/datagram_socket.ts";
import { endpoint } from "./made_messages.ts";

function message(
  source: string,
  destination: string,
  over: Partial<MessageEntry> = {},
): MessageEntry {
  return {
    kind: "message",
    callId: "abc",
    n: 0,
    time: 1_313_440_459_000.5,
    protocol: "UDP",
    source: endpoint(source),
    destination: endpoint(destination),
    octets: new TextEncoder().encode("INVITE"),
    ...over,
  };
}

/** The chunks of a packet, by their types. */
function chunksOf(packet: Uint8Array | undefined): Map<number, number[]> {
  const octets = packet ?? new Uint8Array(0);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  assertEquals(new TextDecoder().decode(octets.subarray(0, 4)), "HEP3");
  assertEquals(view.getUint16(4), octets.length);
  const chunks = new Map<number, number[]>();
  for (let at = 6; at < octets.length; at += view.getUint16(at + 4)) {
    assertEquals(view.getUint16(at), 0, "a generic chunk");
    chunks.set(view.getUint16(at + 2), [...octets.subarray(at + 6, at + view.getUint16(at + 4))]);
  }
  return chunks;
}

function words(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

Deno.test("the chunks of a packet, one by one", () => {
  const encoder = new HepEncoder({ agentId: 228, key: "myHep" });
  const packet = encoder.encode(message("212.202.0.1:12010", "82.116.0.211:5060"));
  assertEquals(Object.fromEntries(chunksOf(packet)), {
    0x01: [0x02],
    0x02: [0x11],
    0x03: [0xd4, 0xca, 0x00, 0x01],
    0x04: [0x52, 0x74, 0x00, 0xd3],
    0x07: [0x2e, 0xea],
    0x08: [0x13, 0xc4],
    0x09: [0x4e, 0x49, 0x82, 0xcb],
    0x0a: [0x00, 0x00, 0x01, 0xf4],
    0x0b: [0x01],
    0x0c: [0x00, 0x00, 0x00, 0xe4],
    0x0e: words("myHep"),
    0x11: words("abc"),
    0x0f: words("INVITE"),
  });
});

Deno.test("IPv6 and TCP", () => {
  const packet = new HepEncoder()
    .encode(message("[2001:db8::1]:5060", "[2001:db8::2]:5061", { protocol: "TLS" }));
  const chunks = chunksOf(packet);
  assertEquals(chunks.get(1), [10]);
  assertEquals(chunks.get(2), [6]);
  assertEquals(chunks.get(5), [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  assertEquals(chunks.get(6)?.at(-1), 2);
  assertEquals(chunks.has(3) || chunks.has(4) || chunks.has(14), false);
});

Deno.test("what no packet can carry makes none; a number that does not fit is refused", () => {
  const octets = new Uint8Array(65_500);
  assertEquals(new HepEncoder().encode(message("192.0.2.1", "192.0.2.2", { octets })), undefined);
  for (const agentId of [-1, 1.5, 2 ** 32]) {
    assertThrows(() => new HepEncoder({ agentId }), InvalidArgumentError, "agentId");
  }
});

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test(`a collector on ${host} gets the packets, in order`, async () => {
    const collector = await openDatagramSocket(host, 0, undefined);
    const got: Uint8Array[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    collector.read((bytes) => {
      if (got.push(bytes) === 20) resolve();
    });
    const sender = await HepSender.open({ host, port: collector.port });
    const sent = Array.from(
      { length: 20 },
      (_, i) => message("192.0.2.1", "192.0.2.2", { callId: `${i}` }),
    );
    for (const each of sent) sender.send(each);
    sender.send({ kind: "delegate", callId: "1", n: 0, time: 0, method: "onAck" });
    sender.send(message("a", "b", { octets: new Uint8Array(65_500) }));
    await promise;
    await sender.close();
    await collector.close();
    assertEquals(
      got.map((packet) => chunksOf(packet).get(17)),
      sent.map(({ callId }) => words(callId)),
    );
    assertEquals(sender.dropped, 1);
  });
}

Deno.test("a port that is none is refused", async () => {
  const error = await HepSender.open({ host: "127.0.0.1", port: 0 }).catch((cause) => cause);
  assertEquals(error instanceof InvalidArgumentError, true);
});
