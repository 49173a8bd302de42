import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  Fault,
  InvalidArgumentError,
  NameAddrHeader,
  parseNameAddr,
  URI,
} from "../../messages/mod.ts";
import { nameAddr, plain } from "./support.ts";

type Parameters = Record<string, string | null>;

const valid: [text: string, display: string, uri: string, parameters?: Parameters][] = [
  // RFC 3261 §20.10, §20.20, §20.31, §20.39.
  [
    '"Mr. Watson" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600',
    "Mr. Watson",
    "sip:watson@worcester.bell-telephone.com",
    { q: "0.7", expires: "3600" },
  ],
  [
    '"Mr. Watson" <mailto:watson@bell-telephone.com> ;q=0.1',
    "Mr. Watson",
    "mailto:watson@bell-telephone.com",
    { q: "0.1" },
  ],
  ["<sips:bob@192.0.2.4>;expires=60", "", "sips:bob@192.0.2.4", { expires: "60" }],
  [
    '"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s',
    "A. G. Bell",
    "sip:agb@bell-telephone.com",
    { tag: "a48s" },
  ],
  ["sip:+12125551212@server.phone2net.com;tag=887s", "", "sip:+12125551212@server.phone2net.com", {
    tag: "887s",
  }],
  ["Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous", "sip:c8oqz84zk7z@privacy.org", {
    tag: "hyh8",
  }],
  [
    "The Operator <sip:operator@cs.columbia.edu>;tag=287447",
    "The Operator",
    "sip:operator@cs.columbia.edu",
    { tag: "287447" },
  ],
  // Where the parameters belong (§20).
  ["<sip:a@b;x=1?s=t>;y=2", "", "sip:a@b;x=1?s=t", { y: "2" }],
  ["sip:a@b;x=1;lr", "", "sip:a@b", { x: "1", lr: null }],
  ["<sip:a;b@c>", "", "sip:a;b@c"],
  // White space, folds, and none where there should be some (RFC 4475 §3.1.1.6).
  [" \r\n\t Bob  <sip:a@b> \r\n ; tag \t=\r\n x ", "Bob", "sip:a@b", { tag: "x" }],
  ["caller<sip:a@b>", "caller", "sip:a@b"],
  ['"Bob"<sip:a@b>;x', "Bob", "sip:a@b", { x: null }],
  ["<sip:a@b>;a;b;c=d;A=e", "", "sip:a@b", { a: null, b: null, c: "d" }],
  // Display names.
  ['"" <sip:a@b>', "", "sip:a@b"],
  ['"a\\"b\\\\c\\d" <sip:a@b>', 'a"b\\cd', "sip:a@b"],
  ['"<sip:x@y>;tag=1, x" <sip:a@b>', "<sip:x@y>;tag=1, x", "sip:a@b"],
  ['"a\\\0\\\x07\\\x7f" <sip:a@b>', "a\0\x07\x7f", "sip:a@b"],
  ['"a  b\tc" <sip:a@b>', "a  b\tc", "sip:a@b"],
  ['"a\r\n b" <sip:a@b>', "a b", "sip:a@b"],
  ['" a\r\n b " <sip:a@b>', " a b ", "sip:a@b"],
  ['"Zoë \u{1f4de}" <sip:a@b>', "Zoë \u{1f4de}", "sip:a@b"],
  ["Zoë Ångström <sip:a@b>", "Zoë Ångström", "sip:a@b"],
  ["\u{1f4de} <sip:a@b>", "\u{1f4de}", "sip:a@b"],
  ["大停電<sip:a@b>", "大停電", "sip:a@b"],
  ["a\r\n b\t c <sip:a@b>", "a b\t c", "sip:a@b"],
  ["-.!%*_+`'~ <sip:a@b>", "-.!%*_+`'~", "sip:a@b"],
  ["*star* <sip:a@b>", "*star*", "sip:a@b"],
  // Parameters.
  ['<sip:a@b>;x="";y="a;b,c>\\"\\\\";z=[::1];w=::1', "", "sip:a@b", {
    x: "",
    y: 'a;b,c>"\\',
    z: "[::1]",
    w: "::1",
  }],
  ['<sip:a@b>;+sip.instance="<urn:uuid:0>"', "", "sip:a@b", { "+sip.instance": "<urn:uuid:0>" }],
  // Other schemes.
  ["<tel:+12125551212;ext=1>;tag=x", "", "tel:+12125551212;ext=1", { tag: "x" }],
  ["tel:+12125551212;ext=1", "", "tel:+12125551212", { ext: "1" }],
  ["<http://www.example.com/a,b;c?d>", "", "http://www.example.com/a,b;c?d"],
  ["urn:service:sos", "", "urn:service:sos"],
  ["<sip:[2001:db8::1]:5060>;received=[2001:db8::2]", "", "sip:[2001:db8::1]:5060", {
    received: "[2001:db8::2]",
  }],
];

for (const [text, display, uri, parameters = {}] of valid) {
  Deno.test(`is an address: ${JSON.stringify(text)}`, () => {
    const header = nameAddr(text);
    assertEquals(header.displayName, display);
    assertEquals(header.uri.toString(), uri);
    assertEquals(plain(header.parameters), parameters);
    // What is printed says the same.
    for (const printed of [nameAddr(header.toString()), header.clone()]) {
      assertEquals(printed.displayName, display);
      assertEquals(printed.uri.toString(), uri);
      assertEquals(plain(printed.parameters), parameters);
    }
  });
}

const broken: [text: string, at: number][] = [
  ["", 0],
  ["   ", 3],
  ["Bob", 3],
  ["<>", 1],
  ["<sip:a@b", 8],
  ['"Bob <sip:a@b>', 14],
  ['"Bob\\" <sip:a@b>', 16],
  ['"Bob"', 5],
  ['"a" "b" <sip:a@b>', 4],
  ['a "b" <sip:a@b>', 2],
  ["< sip:a@b>", 1],
  ["<sip:a@b >", 8],
  ["<sip:a@b> x", 10],
  ["<sip:a@b>>", 9],
  ["<<sip:a@b>>", 1],
  ["Bell, Alexander <sip:a@b>", 4],
  ["a:b <sip:a@b>", 4],
  ["Bob sip:a@b", 3],
  ["sip:a@b?s=t", 7],
  ["sip:a@b, sip:c@d", 7],
  ["sip:a@b>", 7],
  ["<sip:a@b>;", 10],
  ["<sip:a@b>;;x", 10],
  ["<sip:a@b>;=x", 10],
  ["<sip:a@b>;x=", 12],
  ["<sip:a@b>;x=a b", 14],
  ['<sip:a@b>;x="a', 14],
  ['<sip:a@b>;x="a"b', 15],
  ["<sip:a@b>;x=é", 12],
  ["<sip:Zoë@b>", 7],
];

for (const [text, at] of broken) {
  Deno.test(`is no address: ${JSON.stringify(text)}`, () => {
    const fault = parseNameAddr(text);
    assert(fault instanceof Fault, `was taken: ${fault}`);
    assert(Math.abs(fault.offset - at) <= 3, `${fault}, not ${at}`);
  });
}

Deno.test("a name-addr is made from parts, and printed with quotes and escapes", () => {
  const uri = URI.parse("sip:bob@biloxi.com;x=y");
  const printed = (name: string | undefined) => new NameAddrHeader(uri, name).toString();
  assertEquals(printed(undefined), "<sip:bob@biloxi.com;x=y>");
  assertEquals(printed(""), "<sip:bob@biloxi.com;x=y>");
  assertEquals(printed("Bob"), '"Bob" <sip:bob@biloxi.com;x=y>');
  assertEquals(printed('a"b\\c'), '"a\\"b\\\\c" <sip:bob@biloxi.com;x=y>');
  assertEquals(printed("Zoë"), '"Zoë" <sip:bob@biloxi.com;x=y>');
  const header = new NameAddrHeader(uri, "B", { Tag: "1", lr: null, n: 5, q: 'a "b"' });
  assertEquals(header.toString(), '"B" <sip:bob@biloxi.com;x=y>;tag=1;lr;n=5;q="a \\"b\\""');
  header.displayName = "C";
  header.setParam("TAG", "2");
  assertEquals([header.deleteParam("N"), header.hasParam("n")], ["5", false]);
  assertEquals(header.toString(), '"C" <sip:bob@biloxi.com;x=y>;tag=2;lr;q="a \\"b\\""');
});

Deno.test("every character but CR, LF and NUL may be in a display name, and comes back", () => {
  const uri = URI.parse("sip:a@b");
  for (let code = 1; code < 0x180; code++) {
    if (code === 0x0a || code === 0x0d) continue;
    const name = `a${String.fromCharCode(code)}b`;
    assertEquals(nameAddr(new NameAddrHeader(uri, name).toString()).displayName, name, `${code}`);
  }
});

Deno.test("what to show is the name, or the address where there is none", () => {
  assertEquals(nameAddr("Bob <sip:b@c>").friendlyName, "Bob");
  assertEquals(nameAddr("<sip:b@c:5060;x=y>").friendlyName, "b@c");
  assertEquals(nameAddr("sip:c").friendlyName, "c");
  assertEquals(nameAddr("<tel:+1201>").friendlyName, "+1201");
  assert(nameAddr("<urn:service:sos>").friendlyName !== "");
});

Deno.test("a copy shares nothing with its original, and keeps an escaped NUL", () => {
  const header = nameAddr('"a\\\0" <sip:a@b;x=1>;y="\\\0"');
  const copy = header.clone();
  copy.uri.setParam("x", "2");
  copy.setParam("y", "3");
  assertEquals(copy.displayName, "a\0");
  assertEquals([header.uri.getParam("x"), header.getParam("y")], ["1", "\0"]);
  assertStrictEquals(copy.uri === header.uri, false);
});

Deno.test("CR, LF and NUL are refused where a program builds one, and the field is named", () => {
  const uri = URI.parse("sip:a@b");
  for (const evil of ["\r", "\n", "\0", "x\r\nEvil: 1"]) {
    const refused = (field: string, make: () => unknown) => {
      assertEquals(assertThrows(make, InvalidArgumentError).field, field);
    };
    refused("display name", () => new NameAddrHeader(uri, evil));
    refused("display name", () => new NameAddrHeader(uri, "").displayName = evil);
    refused("parameter tag", () => new NameAddrHeader(uri, "", { tag: evil }));
    refused("parameter name", () => new NameAddrHeader(uri, "", { [evil]: null }));
    refused("parameter x", () => new NameAddrHeader(uri, "").setParam("x", evil));
  }
});
