// Questions and answers of the DNS as octets: RFC 1035 §4.
import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "@strowger/sip";
import { decodeAnswer, encodeQuestion } from "../../transports/dns_message.ts";
import { answerTo } from "../support/dns_server.ts";

const bytesOf = (hex: string): Uint8Array =>
  new Uint8Array((hex.match(/[0-9a-f]{2}/gi) ?? []).map((each) => parseInt(each, 16)));
const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");

// RFC 8484 §4.1.1 has the question for www.example.com, type A.
Deno.test("a question is that of RFC 8484's own example", () => {
  assertEquals(
    hexOf(encodeQuestion("www.example.com", "A")),
    "00000100000100000000000003777777076578616d706c6503636f6d0000010001",
  );
  assertEquals(hexOf(encodeQuestion("a.b", "SRV")).slice(-8), "00210001");
  assertEquals(hexOf(encodeQuestion("a.b", "NAPTR")).slice(-8), "00230001");
});

// RFC 8484 §4.2.2: "an example response for IN AAAA records for "www.example.com"", TTL 3709.
Deno.test("an answer is read as RFC 8484's own example", () => {
  const answer = bytesOf(
    "00008180000100010000000003777777076578616d706c6503636f6d00001c0001" +
      "c00c001c000100000e7d001020010db8abcd00120001000200030004",
  );
  assertEquals(decodeAnswer(answer, "AAAA"), {
    records: ["2001:db8:abcd:12:1:2:3:4"],
    ttl: 3709,
  });
  assertEquals(decodeAnswer(answer, "A").records, []);
});

// RFC 1034 §3.6.2: the answer has the alias, and what it stands for.
Deno.test("an alias is followed, and the shortest time to live counts", () => {
  const question = "0000818000010002000000000161017800000100 01";
  const alias = "c00c 0005 0001 0000000a 0004 0162c00e";
  const address = "c01f 0001 0001 00000e10 0004 c0000201";
  const answer = bytesOf((question + alias + address).replaceAll(" ", ""));
  assertEquals(decodeAnswer(answer, "A"), { records: ["192.0.2.1"], ttl: 10 });
});

// RFC 2181 §8.
Deno.test("a time to live with its highest bit set is none", () => {
  const answer = answerTo(encodeQuestion("a.b", "A"), {
    a: { "a.b": ["192.0.2.1"] },
    ttl: 0xffffffff,
  });
  assertEquals(decodeAnswer(answer, "A").ttl, 0);
});

Deno.test("what is no name is refused before anybody is asked", () => {
  for (const name of ["", "a..b", ".", "a.", "x".repeat(64), "a.".repeat(127) + "aa"]) {
    assertThrows(() => encodeQuestion(name, "A"), ProtocolError);
  }
  assertEquals(encodeQuestion("x".repeat(63), "A").length, 12 + 65 + 4);
});

const GOOD = answerTo(encodeQuestion("_sip._udp.a.b", "SRV"), {
  srv: { "_sip._udp.a.b": [{ priority: 1, weight: 2, port: 3, target: "c.d" }] },
});

Deno.test("an answer that is cut off anywhere is an error, and none is read past its end", () => {
  assertEquals(decodeAnswer(GOOD, "SRV").records, [
    { priority: 1, weight: 2, port: 3, target: "c.d" },
  ]);
  for (let length = 0; length < GOOD.length; length++) {
    assertThrows(() => decodeAnswer(GOOD.subarray(0, length), "SRV"), ProtocolError);
  }
});

Deno.test("names that point at themselves, or at each other, are an error", () => {
  for (const pointer of ["c00c", "c00ec00c"]) {
    const answer = bytesOf(
      `000081800001000100000000${pointer}00010001${pointer}000100010000000000`,
    );
    assertThrows(() => decodeAnswer(answer, "A"), ProtocolError);
  }
});

Deno.test("a question, a failure and a refusal are errors; that there is no such name is none", () => {
  const withFlags = (flags: number) => {
    const bytes = answerTo(encodeQuestion("a.b", "A"), {});
    bytes[2] = flags >> 8;
    bytes[3] = flags & 255;
    return bytes;
  };
  for (const flags of [0x0100, 0x8181, 0x8182, 0x8185]) {
    assertThrows(() => decodeAnswer(withFlags(flags), "A"), ProtocolError);
  }
  assertEquals(decodeAnswer(withFlags(0x8183), "A"), { records: [], ttl: 7 });
});

Deno.test("whatever octets are changed: an answer or a ProtocolError, and soon", () => {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let i = 0; i < 20_000; i++) {
    const bytes = GOOD.slice();
    for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256);
    try {
      decodeAnswer(bytes, "SRV");
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }
});
