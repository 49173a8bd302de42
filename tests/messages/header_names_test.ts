import { assertEquals } from "@std/assert";
import { headerId, isList, isSingle, nameOf, UNKNOWN } from "../../messages/header_names.ts";
import { parseMessage } from "../../messages/mod.ts";
import { octets, requestOf } from "./support.ts";

/** RFC 3261 §20, and what was registered since. */
const compact: [long: string, short: string, value: string][] = [
  ["Accept-Contact", "a", "*;mobility=fixed"],
  ["Referred-By", "b", "<sip:r@ref.example>"],
  ["Content-Type", "c", "application/sdp"],
  ["Request-Disposition", "d", "proxy"],
  ["Content-Encoding", "e", "gzip"],
  ["Reject-Contact", "j", "*;actor=msg-taker"],
  ["Supported", "k", "100rel"],
  ["Content-Length", "l", "0"],
  ["Contact", "m", "<sip:a@b>"],
  ["Identity-Info", "n", "<https://atlanta.com/cer>;alg=rsa-sha1"],
  ["Event", "o", "presence"],
  ["Refer-To", "r", "<sip:a@b>"],
  ["Subject", "s", "lunch"],
  ["Allow-Events", "u", "presence"],
  ["Session-Expires", "x", "1800"],
  ["Identity", "y", '"ZYNBbHC00VMZ"'],
];

for (const [long, short, value] of compact) {
  Deno.test(`RFC 3261 §7.3.3: "${short}" is ${long}, in any case, before any colon`, () => {
    for (const name of [short, short.toUpperCase(), long, long.toLowerCase(), long.toUpperCase()]) {
      for (const colon of [":", " : ", "\t:"]) {
        const message = requestOf({ extra: [`${name}${colon}${value}`] });
        for (const asked of [short, short.toUpperCase(), long, long.toUpperCase()]) {
          assertEquals(message.getHeader(asked), value);
          assertEquals(message.getHeaders(asked), [value]);
          assertEquals(message.hasHeader(asked), true);
        }
        assertEquals(message.headerNames().at(-1), long);
      }
    }
  });
}

Deno.test("RFC 3261 §7.3.3: the headers of routing have compact forms too", () => {
  for (const to of [(name: string) => name, (name: string) => name.toUpperCase()]) {
    const message = requestOf({
      replace: {
        Via: `${to("v")}: SIP/2.0/TCP a.example.com;branch=z9hG4bK1`,
        From: `${to("f")} : <sip:a@b>;tag=x`,
        To: `${to("t")}\t: <sip:c@d>;tag=y`,
        "Call-ID": `${to("i")}: z`,
      },
    });
    assertEquals([message.via.branch, message.fromTag, message.toTag, message.callId], [
      "z9hG4bK1",
      "x",
      "y",
      "z",
    ]);
    const names = ["Via", "Max-Forwards", "To", "From", "Call-ID", "CSeq"];
    assertEquals(message.headerNames(), names);
    for (const name of names) assertEquals(message.hasHeader(name.toLowerCase()), true);
  }
});

Deno.test('RFC 3261 §7.3.3: "A header field name MAY appear in both long and short forms"', () => {
  const message = requestOf({
    extra: ["m: <sip:1@a>, <sip:2@a>", "CONTACT : <sip:3@a>", "M: <sip:4@a>", "contact:<sip:5@a>"],
  });
  assertEquals(message.getHeaders("m"), [1, 2, 3, 4, 5].map((n) => `<sip:${n}@a>`));
  assertEquals(message.headerNames().filter((name) => name === "Contact"), ["Contact"]);
});

Deno.test("a letter that is no compact form is a header of its own", () => {
  for (const name of ["g", "h", "p", "q", "w", "z", "ff", "-", "X-"]) {
    const message = requestOf({ extra: [`${name}: 1`, `${name}: 2`] });
    assertEquals(message.getHeaders(name.toUpperCase()), ["1", "2"]);
    assertEquals(headerId(name), UNKNOWN);
  }
});

Deno.test("unknown headers keep their name, and every line of them", () => {
  const message = requestOf({
    extra: ["X-Odd!%*_+`'~.9: a, b", "x-oDD!%*_+`'~.9: c", "__proto__: d"],
  });
  assertEquals(message.getHeaders("X-ODD!%*_+`'~.9"), ["a, b", "c"]);
  assertEquals(message.getHeader("__proto__"), "d");
  assertEquals(message.getHeader("constructor"), undefined);
  assertEquals(message.getHeaders("toString"), []);
  assertEquals(message.hasHeader(""), false);
});

Deno.test("RFC 3261 §7.3.1: a header occurs once, in a list, or line by line", () => {
  const names = Array.from({ length: 64 }, (_, id) => nameOf(id)).filter((name) => name !== "");
  const occurrence = (name: string) =>
    isSingle(headerId(name)) ? "single" : isList(headerId(name)) ? "list" : "lines";
  const of = (wanted: string) => names.filter((name) => occurrence(name) === wanted);
  // §20 gives these headers grammars with `*(COMMA ...)`.
  const lists = "Accept,Accept-Encoding,Accept-Language,Alert-Info,Allow,Call-Info,Contact," +
    "Content-Encoding,Content-Language,Error-Info,In-Reply-To,Proxy-Require,Record-Route," +
    "Require,Route,Supported,Unsupported,Via,Warning";
  for (const name of lists.split(",")) assertEquals(occurrence(name), "list", name);
  // "The exceptions to this rule": rows that "MUST NOT be combined".
  for (
    const name of ["WWW-Authenticate", "Authorization", "Proxy-Authenticate", "Proxy-Authorization"]
  ) {
    assertEquals(occurrence(name), "lines", name);
  }
  assertEquals(of("single").includes("CSeq"), true);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("RFC 8224 §4, RFC 9410: a request may carry several Identity headers", () => {
  const message = requestOf({
    extra: [
      "Identity: a.b.c;info=<https://x.example/1>",
      "y: d.e.f;info=<https://x.example/2>;ppt=div",
    ],
  });
  assertEquals(message.getHeaders("Identity").length, 2);
});

Deno.test("names that differ in case only are one header", () => {
  const message = requestOf({ extra: ["X-a: 1", "x-A: 2"] });
  assertEquals(message.headerNames().length, 7);
});

Deno.test("a message that is built here has the six headers and no more", () => {
  assertEquals(requestOf(octets()).headerNames().length, 6);
});

Deno.test("a header is known by its name alone, whatever octet stands in the place of another", () => {
  const parse = (name: number[]): boolean => {
    const head =
      "OPTIONS sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1" +
      "\r\nTo: <sip:b@c>\r\nCSeq: 1 OPTIONS\r\n";
    const octets = new TextEncoder().encode(`${head}${" ".repeat(name.length)}: 1\r\n\r\n`);
    octets.set(name, head.length);
    return parseMessage(octets).kind === "request";
  };
  const name = [...new TextEncoder().encode("Call-ID")];
  for (let place = 0; place < name.length; place++) {
    const taken = Array.from({ length: 256 }, (_, octet) => octet)
      .filter((octet) => parse(name.with(place, octet)));
    const letter = String.fromCharCode(name[place] ?? 0);
    const both = new Set([letter.toUpperCase(), letter.toLowerCase()]);
    assertEquals(String.fromCharCode(...taken), [...both].join(""));
  }
});
