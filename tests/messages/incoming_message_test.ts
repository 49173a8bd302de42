import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Fault } from "../../messages/mod.ts";
import { headerFault, indexOf, octets, requestOf, responseOf } from "./support.ts";

Deno.test("what routing does not need is not looked at until it is asked for", () => {
  const message = requestOf({
    extra: [
      'Contact: "x <sip:a',
      "Expires: never",
      "Date: yesterday",
      "Content-Type: ;;",
      "Route: <",
      "Authorization: ,",
      'Warning: "((<',
    ],
  });
  assertEquals(message.callId, "a84b4c76e66710");
  for (
    const name of ["Contact", "Expires", "Date", "Content-Type", "Route", "Authorization"] as const
  ) {
    const fault = message.parseHeader(name);
    assert(fault instanceof Fault, name);
    assertEquals([fault.header, fault.status], [name, 400]);
    assertEquals(message.getHeaders(name).length, 1);
  }
  assertEquals(message.getHeader("Expires"), "never");
  assertEquals(message.getHeaders("Warning"), ['"((<']);
});

Deno.test("a header that is not there has no value and no fault", () => {
  const message = requestOf();
  assertEquals(message.parseHeader("Contact"), undefined);
  assertEquals(message.parseHeader("Content-Length"), undefined);
  assertEquals(message.getHeader("Contact"), undefined);
  assertEquals(message.getHeaders("Contact"), []);
  assertEquals(message.hasHeader("Contact"), false);
});

Deno.test("what was parsed once is kept: the same object twice", () => {
  const message = requestOf({ extra: ["m: <sip:a@b>", "Expires: x", "Via: SIP/2.0/UDP b"] });
  for (const name of ["Contact", "Via", "From", "To", "CSeq", "Expires", "Route"] as const) {
    assertStrictEquals(message.parseHeader(name), message.parseHeader(name));
  }
  assertStrictEquals(message.from, message.from);
  assertStrictEquals(message.from, message.parseHeader("From"));
  assertStrictEquals(message.to, message.to);
  assertStrictEquals(message.ruri, message.ruri);
  assertStrictEquals(message.via, message.via);
});

Deno.test("the whole message is kept as it came", () => {
  const bytes = octets({ extra: ["X-Y: é"], body: Uint8Array.of(0, 255, 13) });
  const message = requestOf(bytes);
  assertStrictEquals(message.bytes, bytes);
  assertEquals(message.toString(), new TextDecoder().decode(bytes));
  assertEquals(message.bodyBytes.buffer, bytes.buffer);
  assertEquals(message.source, undefined);
});

Deno.test("all headers at once: by their long names, with every value of each", () => {
  const { headers, data } = requestOf({
    extra: ["m: <sip:a@b>, <sip:c@d>", "X-a: 1", "X-A: 2", "__proto__: 3"],
  });
  assertEquals(headers["Contact"], [{ raw: "<sip:a@b>" }, { raw: "<sip:c@d>" }]);
  assertEquals(headers["X-a"], [{ raw: "1" }, { raw: "2" }]);
  assertEquals(headers["__proto__"], [{ raw: "3" }]);
  assertEquals(Object.keys(headers).length, 9);
  assertEquals(data.includes("\r\nX-A: 2\r\n"), true);
});

Deno.test("RFC 3261 §7.3.1: lists are split at the commas that separate, and only at those", () => {
  const message = requestOf({
    extra: [
      'Contact: "a, \\"b, c" <sip:1,2@a;x=3,4>;y="5,6" , sip:7@a,\r\n <sip:8@a?x=,>',
      "m: tel:+9",
      "Supported: a , b,c,\r\n d",
      "Supported:",
      "k: ,",
      'Warning: 307 isi.edu "Session, not understood", 399 x "y"',
      "Subject: one, two",
      "X-Y: three, four",
      "User-Agent: a (b, c)",
      "Retry-After: 18 (d, e (f, g))",
      'WWW-Authenticate: Digest realm="a", nonce="b"',
      'WWW-Authenticate: Digest realm="c", nonce="d"',
    ],
  });
  assertEquals(message.getHeaders("Contact"), [
    '"a, \\"b, c" <sip:1,2@a;x=3,4>;y="5,6"',
    "sip:7@a",
    "<sip:8@a?x=,>",
    "tel:+9",
  ]);
  assertEquals(message.getHeaders("Supported"), ["a", "b", "c", "d"]);
  assertEquals(message.getHeaders("Warning"), [
    '307 isi.edu "Session, not understood"',
    '399 x "y"',
  ]);
  assertEquals(message.getHeaders("Subject"), ["one, two"]);
  assertEquals(message.getHeaders("X-Y"), ["three, four"]);
  assertEquals(message.getHeaders("User-Agent"), ["a (b, c)"]);
  assertEquals(message.getHeaders("Retry-After"), ["18 (d, e (f, g))"]);
  assertEquals(message.getHeaders("WWW-Authenticate"), [
    'Digest realm="a", nonce="b"',
    'Digest realm="c", nonce="d"',
  ]);
});

Deno.test('RFC 3261 §25.1: "Comments are only allowed in fields containing "comment"', () => {
  // "In all other fields, parentheses are considered part of the field value."
  const message = requestOf({ extra: ["Contact: sip:a(b@h, sip:c)d@h, sip:e@h"] });
  assertEquals(message.getHeaders("Contact"), ["sip:a(b@h", "sip:c)d@h", "sip:e@h"]);
  const contacts = message.parseHeader("Contact");
  assert(Array.isArray(contacts), `${contacts}`);
  assertEquals(contacts.length, 3);
});

Deno.test("RFC 3261 §7.3.1: every way to write a list on lines is the same list", () => {
  const routes = ["<sip:alice@atlanta.com>", "<sip:bob@biloxi.com>", "<sip:carol@chicago.com>"];
  const [a, b, c] = routes;
  const forms = [
    [`Route: ${a}`, "Subject: Lunch", `Route: ${b}`, `Route: ${c}`],
    [`Route: ${a}, ${b}`, `Route: ${c}`, "Subject: Lunch"],
    ["Subject: Lunch", `Route: ${a}, ${b},\r\n       ${c}`],
  ];
  for (const extra of forms) {
    const message = requestOf({ extra });
    assertEquals(message.getHeaders("Route"), routes);
    const parsed = message.parseHeader("Route");
    assert(Array.isArray(parsed), `${parsed}`);
    assertEquals(parsed.map(String), routes);
  }
});

Deno.test("a fold is one space, whatever stands around it", () => {
  const value = (line: string) => requestOf({ extra: [line] }).getHeader("X-Y");
  assertEquals(value("X-Y: a \t\r\n \t b"), "a b");
  assertEquals(value("X-Y: a\r\n b\r\n\tc"), "a b c");
  assertEquals(value("X-Y:\r\n a"), "a");
  // What looks like white space elsewhere is text here.
  assertEquals(value("X-Y: \u00a0a\u00a0\r\n \u3000b\ufeff"), "\u00a0a\u00a0 \u3000b\ufeff");
});

Deno.test("the offset of a fault is in octets, also behind UTF-8", () => {
  const places: [line: string, name: "Contact" | "Expires" | "Reply-To" | "Route", at: string][] = [
    ["Expires: 1x", "Expires", "x\r\n"],
    ["Contact: <sip:a@b>,\r\n <sip:c@d>;x=é", "Contact", "é\r\n"],
    ['Contact: é \u{1f4de} "', "Contact", '"\r\n'],
    ['Contact: \u{1f4de}"', "Contact", '"\r\n'],
    ['Contact: é"', "Contact", '"\r\n'],
    ["Reply-To: 停", "Reply-To", "\r\n\r\n"],
    ['Route: "停电" x', "Route", "x\r\n"],
  ];
  for (
    const subject of ["lunch", "é!", "大停電 \u{1f4de}\u{1f4de}", "\u0000".replace("\0", "\u007f")]
  ) {
    for (const [line, name, at] of places) {
      const extra = [`Subject: ${subject}`, line];
      const fault = headerFault(name, ...extra);
      assertEquals(fault.offset, indexOf(octets({ extra }), at), `${line} behind ${subject}`);
    }
  }
});

Deno.test("octets that are no UTF-8 shift nothing, and spoil nothing", () => {
  const subject = new Uint8Array([0x53, 0x3a, 0xff, 0xc3, 0x28, 0xe5, 0x81, 0x0d, 0x0a]);
  const plain = octets({ extra: ["Expires: x"], body: Uint8Array.of(0xff, 0xfe) });
  const cut = indexOf(plain, "Expires");
  const bytes = new Uint8Array([...plain.subarray(0, cut), ...subject, ...plain.subarray(cut)]);
  const message = requestOf(bytes);
  assertEquals(message.bodyBytes, Uint8Array.of(0xff, 0xfe));
  const fault = message.parseHeader("Expires");
  assert(fault instanceof Fault);
  assertEquals(fault.offset, indexOf(bytes, "x\r\n\r\n"));
});

Deno.test("a response has the accessors that a request has", () => {
  const message = responseOf({
    start: "SIP/2.0 180 Ringing",
    replace: { To: "To: Bob <sip:bob@biloxi.com>;tag=8321234356", CSeq: "CSeq: 1 INVITE" },
    extra: ["Contact: <sip:bob@192.0.2.4>", "RSeq: 5"],
  });
  assertEquals([message.method, message.cseq, message.toTag], ["INVITE", 1, "8321234356"]);
  assertEquals(message.to.getParam("tag"), "8321234356");
  assertEquals(message.parseHeader("RSeq"), 5);
});
