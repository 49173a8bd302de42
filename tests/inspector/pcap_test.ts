// Captures: what is written is what other programs read, and what they write is read.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "@strowger/sip";
import { fromPcap, toPcap } from "../../inspector/pcap.ts";
import { tcpPacket, udpPacket } from "../../inspector/captures/internet_packet.ts";
import { ladderOf } from "../../inspector/ladder.ts";
import type { Recording } from "../../inspector/recording.ts";
import { type Line, made, recordingOf } from "./made_messages.ts";

function call(a: string, b: string, core?: string): Line[] {
  return [
    [a, b, core, { first: "INVITE", body: "hello" }],
    [b, a, core, { first: "180 Ringing", toTag: "b" }],
    [b, a, core, { first: "200 OK", toTag: "b", body: "x".repeat(3_000) }],
    [a, b, core, { first: "ACK", toTag: "b", cseq: "1 ACK" }],
  ];
}

function messagesOf(recording: Recording) {
  return recording.calls.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.kind === "message" ? [entry] : [])
  );
}

const FAMILIES: [string, string][] = [
  ["192.0.2.1:5060", "198.51.100.2:5070"],
  ["[2001:db8::1]:5060", "[2001:db8:0:1::2]:5070"],
];
for (const protocol of ["UDP", "TCP"]) {
  for (const [a, b] of FAMILIES) {
    Deno.test(`what is written is read again: ${protocol}, ${a}`, () => {
      const recording = recordingOf(call(a, b), protocol);
      const { recording: again, messages } = fromPcap(toPcap(recording.calls));
      assertEquals(messages, 4);
      assertEquals(messagesOf(again), messagesOf(recording));
    });
  }
}

Deno.test("the octets of a datagram in a capture, one by one", () => {
  const file = toPcap(
    recordingOf([["192.0.2.1", "192.0.2.2", undefined, { first: "INVITE" }]]).calls,
  );
  const octets = made({ first: "INVITE" });
  assertEquals([...file.subarray(0, 24)], [
    ...[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0],
  ]);
  const view = new DataView(file.buffer);
  assertEquals(view.getUint32(24, true), 1_700_000_000);
  assertEquals(view.getUint32(32, true), 28 + octets.length);
  const packet = file.subarray(40);
  assertEquals([...packet.subarray(0, 2)], [0x45, 0]);
  assertEquals([...packet.subarray(12, 24)], [192, 0, 2, 1, 192, 0, 2, 2, 0x13, 0xc4, 0x13, 0xc4]);
  assertEquals(packet.subarray(28), octets);
  // RFC 1071: what is right sums up to all ones.
  assertEquals(sum(packet.subarray(0, 20)), 0xffff);
  const pseudo = [...packet.subarray(12, 20), 0, 17, ...packet.subarray(24, 26)];
  assertEquals(sum(Uint8Array.from([...pseudo, ...packet.subarray(20)])), 0xffff);
});

function sum(octets: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < octets.length; i += 2) total += (octets[i] ?? 0) * 256 + (octets[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
  return total;
}

Deno.test("host names get addresses that are on no network, and a message is there once", () => {
  const [first = ["", "", undefined, { first: "" }] as Line] = call("alice", "bob", "alice");
  const recording = recordingOf([first, ["alice", "bob", "bob", first[3]]]);
  const messages = messagesOf(fromPcap(toPcap(recording.calls)).recording);
  assertEquals(messages.map(({ source, destination }) => [source.host, destination.host]), [
    ["198.18.0.1", "198.18.0.2"],
  ]);
});

Deno.test("one end of IPv4 and the other of IPv6", () => {
  const recording = recordingOf([["192.0.2.1", "[2001:db8::1]", undefined, { first: "INVITE" }]]);
  const [message] = messagesOf(fromPcap(toPcap(recording.calls)).recording);
  assertEquals(message?.source.host, "::ffff:c000:201");
});

const PATH = {
  source: Uint8Array.of(192, 0, 2, 1),
  destination: Uint8Array.of(192, 0, 2, 2),
  sourcePort: 50_000,
  destinationPort: 5060,
};
const INVITE = made({ first: "INVITE", body: "hello" });
const BYE = made({ first: "BYE", toTag: "b", cseq: "2 BYE" });

/** A capture of these packets. */
function capture(
  packets: readonly Uint8Array[],
  { linkType = 101, isLittle = true, magic = 0xa1b2c3d4 } = {},
): Uint8Array {
  const file = new Uint8Array(24 + packets.reduce((total, { length }) => total + 16 + length, 0));
  const view = new DataView(file.buffer);
  view.setUint32(0, magic, isLittle);
  view.setUint16(4, 2, isLittle);
  view.setUint32(20, linkType, isLittle);
  let at = 24;
  for (const packet of packets) {
    view.setUint32(at, 10, isLittle);
    view.setUint32(at + 4, 500_000, isLittle);
    view.setUint32(at + 8, packet.length, isLittle);
    view.setUint32(at + 12, packet.length, isLittle);
    file.set(packet, at + 16);
    at += 16 + packet.length;
  }
  return file;
}

function tcp(sequence: number, payload: Uint8Array, flags = 0x18): Uint8Array {
  return tcpPacket(PATH, { sequence: sequence >>> 0, acknowledgement: 0, flags }, payload);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function readOctets(file: Uint8Array): Uint8Array[] {
  return messagesOf(fromPcap(file).recording).map(({ octets }) => octets);
}

Deno.test("byte orders, and times in nanoseconds", () => {
  const packets = [udpPacket(PATH, INVITE)];
  for (const isLittle of [true, false]) {
    const [micro] = messagesOf(fromPcap(capture(packets, { isLittle })).recording);
    assertEquals(micro?.time, 10_500);
    const nano = capture(packets, { isLittle, magic: 0xa1b23c4d });
    assertEquals(messagesOf(fromPcap(nano).recording)[0]?.time, 10_000.5);
  }
});

Deno.test("link layers: Ethernet with and without VLANs, Linux cooked, loopback", () => {
  const packet = udpPacket(PATH, INVITE);
  const ethernet = (...types: number[]) =>
    joined(new Uint8Array(12), Uint8Array.from(types), packet);
  const frames: [number, Uint8Array][] = [
    [1, ethernet(8, 0)],
    [1, ethernet(0x81, 0, 0, 7, 8, 0)],
    [1, ethernet(0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 8, 0)],
    [113, joined(new Uint8Array(14), Uint8Array.of(8, 0), packet)],
    [276, joined(Uint8Array.of(8, 0), new Uint8Array(18), packet)],
    [0, joined(Uint8Array.of(2, 0, 0, 0), packet)],
    [108, joined(Uint8Array.of(0, 0, 0, 2), packet)],
    // Ethernet fills up what is short.
    [1, joined(ethernet(8, 0), new Uint8Array(9))],
  ];
  for (const [linkType, frame] of frames) {
    assertEquals(readOctets(capture([frame], { linkType })), [INVITE], `${linkType}`);
  }
  for (const [linkType, frame] of [[1, ethernet(8, 6)], [147, packet]] as const) {
    assertEquals(readOctets(capture([frame], { linkType })), []);
  }
});

Deno.test("a stream: cut anywhere, out of order, repeated, and over the end of numbers", () => {
  const stream = joined(INVITE, BYE, INVITE);
  const start = 0xffff_ff80;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += 50) {
    pieces.push(tcp(start + 1 + at, stream.subarray(at, at + 50)));
  }
  const syn = tcp(start, new Uint8Array(0), 0x02);
  const orders = [
    pieces,
    pieces.flatMap((piece) => [piece, piece]),
    pieces.map((_, i) => pieces[i ^ 1] ?? pieces[i] ?? syn),
    [...pieces].reverse(),
  ];
  for (const order of orders) {
    assertEquals(readOctets(capture([syn, ...order])), [INVITE, BYE, INVITE]);
  }
});

Deno.test("a stream of which a part was not captured goes on with the next message", () => {
  const first = tcp(1_000, INVITE.subarray(0, 100));
  const later = tcp(1_000 + INVITE.length, BYE);
  assertEquals(readOctets(capture([first, later])), [BYE]);
  assertEquals(readOctets(capture([tcp(5, INVITE.subarray(90)), tcp(5_000, BYE)])), [BYE]);
});

Deno.test("what is not SIP is passed over", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const { packets, messages } = fromPcap(capture([
    udpPacket(PATH, encode("\x80\x00rtp")),
    udpPacket(PATH, encode("\r\n\r\n")),
    udpPacket(PATH, new Uint8Array(0)),
    tcp(1, encode("GET / HTTP/1.1\r\nHost: sip.example\r\n\r\n")),
    tcp(39, encode("GET http://a/ HTTP/1.1\r\n\r\n")),
    new Uint8Array(0),
    Uint8Array.of(0x45),
    Uint8Array.of(0x60),
    udpPacket(PATH, INVITE).subarray(0, 60),
  ]));
  assertEquals([packets, messages], [9, 0]);
});

/** An IPv4 packet in fragments of so many octets. */
function fragments(packet: Uint8Array, size: number): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (let at = 20; at < packet.length; at += size) {
    const fragment = joined(packet.subarray(0, 20), packet.subarray(at, at + size));
    const view = new DataView(fragment.buffer);
    view.setUint16(2, fragment.length);
    view.setUint16(6, (at + size < packet.length ? 0x2000 : 0) | ((at - 20) / 8));
    result.push(fragment);
  }
  return result;
}

Deno.test("fragments of IPv4 are put together, in any order", () => {
  const large = made({ first: "INVITE", body: "x".repeat(4_000) });
  const parts = fragments(udpPacket(PATH, large), 1_480);
  assertEquals(parts.length, 3);
  assertEquals(readOctets(capture(parts)), [large]);
  assertEquals(readOctets(capture([...parts].reverse())), [large]);
  assertEquals(readOctets(capture(parts.slice(1))), []);
});

Deno.test("IPv6 with extension headers, and in fragments", () => {
  const ends = {
    ...PATH,
    source: new Uint8Array(16).fill(1),
    destination: new Uint8Array(16).fill(2),
  };
  const packet = udpPacket(ends, INVITE);
  const withHeaders = (kind: number, ...headers: Uint8Array[]) => {
    const whole = joined(packet.subarray(0, 40), ...headers);
    new DataView(whole.buffer).setUint16(4, whole.length - 40);
    whole[6] = kind;
    return whole;
  };
  const datagram = packet.subarray(40);
  const options = Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0);
  assertEquals(readOctets(capture([withHeaders(60, options, datagram)])), [INVITE]);
  const head = (place: number) => Uint8Array.of(17, 0, place >> 8, place, 0, 0, 0, 9);
  const parts = [
    withHeaders(44, head(1), datagram.subarray(0, 160)),
    withHeaders(44, head(160), datagram.subarray(160)),
  ];
  assertEquals(readOctets(capture(parts)), [INVITE]);
  assertEquals(readOctets(capture(parts.reverse())), [INVITE]);
});

/** A block of pcapng. */
function block(type: number, isLittle: boolean, ...values: (number | Uint8Array)[]): Uint8Array {
  const body = values.flatMap((value) => {
    if (typeof value !== "number") return [...value];
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, value, isLittle);
    return [...new Uint8Array(view.buffer)];
  });
  while (body.length % 4 !== 0) body.push(0);
  const whole = new Uint8Array(12 + body.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, type, isLittle);
  view.setUint32(4, whole.length, isLittle);
  whole.set(body, 8);
  view.setUint32(8 + body.length, whole.length, isLittle);
  return whole;
}

Deno.test("pcapng: both byte orders, two interfaces, resolutions, blocks that say nothing of SIP", () => {
  const packet = udpPacket(PATH, INVITE);
  for (const isLittle of [true, false]) {
    const put = (type: number, ...values: (number | Uint8Array)[]) =>
      block(type, isLittle, ...values);
    const half = (value: number) => isLittle ? value : value * 65_536;
    const nano = isLittle
      ? Uint8Array.of(9, 0, 1, 0, 9, 0, 0, 0)
      : Uint8Array.of(0, 9, 0, 1, 9, 0, 0, 0);
    const file = joined(
      put(0x0a0d0d0a, 0x1a2b3c4d, half(1), 0xffffffff, 0xffffffff),
      put(1, half(1), 65_536),
      put(1, half(101), 65_536, nano),
      put(5, 0, 0, 0),
      put(6, 1, 2, 1_410_065_408, packet.length, packet.length, packet),
      put(3, packet.length + 14, joined(new Uint8Array(12), Uint8Array.of(8, 0), packet)),
    );
    const times = messagesOf(fromPcap(file).recording).map(({ time }) => time);
    assertEquals(times, [10_000, 0], `little: ${isLittle}`);
  }
});

Deno.test("a file that is none, or is cut off, is refused, and it is said where", () => {
  const file = capture([udpPacket(PATH, INVITE), udpPacket(PATH, BYE)]);
  const refused = (octets: Uint8Array, where: string) =>
    assertThrows(() => fromPcap(octets), InvalidArgumentError, where);
  refused(new Uint8Array(0), "octet 0: expected a pcap or pcapng file");
  refused(new TextEncoder().encode("INVITE sip:bob"), "octet 0: expected a pcap or pcapng file");
  refused(file.subarray(0, 20), "octet 20: expected a file header of 24 octets");
  refused(file.subarray(0, 30), "octet 24: expected a packet header of 16 octets");
  refused(file.subarray(0, -1), "octets of a packet, found the end");
  const large = file.slice();
  new DataView(large.buffer).setUint32(32, 0x7fffffff, true);
  refused(large, "octet 32: expected a packet of at most 262144 octets, found 2147483647");
  const section = block(0x0a0d0d0a, true, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff);
  refused(section.subarray(0, 20), "octet 4: expected a block of 28 octets, found the end");
  refused(joined(section, block(6, true, 0, 0, 0, 0, 0)), "expected an interface");
  refused(joined(section, block(1, true, 1, 0), block(6, true, 0, 0, 0, 99, 99)), "99 octets");
  const odd = section.slice();
  odd[8] = 0;
  refused(odd, "octet 8: expected a byte order");
});

Deno.test("files that were damaged are read or refused, and nothing else", () => {
  const stream = joined(INVITE, BYE);
  const files = [
    capture([
      udpPacket(PATH, INVITE),
      ...fragments(udpPacket(PATH, BYE), 64),
      tcp(0, new Uint8Array(0), 2),
      tcp(1, stream.subarray(0, 99)),
      tcp(100, stream.subarray(99)),
    ]),
    joined(
      block(0x0a0d0d0a, true, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff),
      block(1, true, 101, 0),
      block(6, true, 0, 0, 0, INVITE.length + 28, INVITE.length + 28, udpPacket(PATH, INVITE)),
    ),
  ];
  // A generator of Lehmer's: the same each time.
  let seed = 7;
  const random = (below: number) => (seed = seed * 48_271 % 0x7fffffff) % below;
  for (let i = 0; i < 4_000; i++) {
    const file = files[i % 2]?.slice(0) ?? new Uint8Array(0);
    for (let n = random(4); n >= 0; n--) file[random(file.length)] = random(256);
    try {
      fromPcap(file.subarray(0, random(3) === 0 ? random(file.length) : file.length));
    } catch (error) {
      assert(error instanceof InvalidArgumentError, `${error}`);
    }
  }
});

Deno.test("a capture of more than is kept: the limits hold, credentials are hidden", () => {
  const packets = Array.from(
    { length: 200 },
    (_, i) =>
      udpPacket(PATH, made({ first: "INVITE", callId: `${i}`, extra: ["Authorization: secret"] })),
  );
  const { recording, messages } = fromPcap(capture(packets), { maxCalls: 20 });
  assertEquals([messages, recording.calls.length, recording.droppedCalls], [200, 20, 180]);
  for (const { octets } of messagesOf(recording)) {
    assertEquals(new TextDecoder().decode(octets).includes("secret"), false);
  }
});

Deno.test("a ladder of a capture: between addresses", () => {
  const { recording } = fromPcap(toPcap(recordingOf(call("192.0.2.1", "192.0.2.2"), "TCP").calls));
  const { participants, rows } = ladderOf(recording.calls);
  assertEquals(participants.map(({ name }) => name), ["192.0.2.1:5060", "192.0.2.2:5060"]);
  assertEquals(rows.length, 4);
});
