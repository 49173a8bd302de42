import { assert, assertEquals, assertThrows } from "@std/assert";
import { Fault, InvalidArgumentError, parseUri, URI } from "../../messages/mod.ts";
import { plain } from "./support.ts";

/** What a URI is expected to be made of; what is left out is absent. */
interface Expected {
  scheme?: string;
  user?: string;
  password?: string;
  host?: string;
  port?: number;
  parameters?: Record<string, string | null>;
  headers?: Record<string, string[]>;
  opaque?: string;
}

const valid: [text: string, parts: Expected][] = [
  // RFC 3261 §19.1.3.
  ["sip:alice@atlanta.com", { user: "alice", host: "atlanta.com" }],
  ["sip:alice:secretword@atlanta.com;transport=tcp", {
    user: "alice",
    password: "secretword",
    host: "atlanta.com",
    parameters: { transport: "tcp" },
  }],
  ["sips:alice@atlanta.com?subject=project%20x&priority=urgent", {
    scheme: "sips",
    user: "alice",
    host: "atlanta.com",
    headers: { subject: ["project%20x"], priority: ["urgent"] },
  }],
  ["sip:+1-212-555-1212:1234@gateway.com;user=phone", {
    user: "+1-212-555-1212",
    password: "1234",
    host: "gateway.com",
    parameters: { user: "phone" },
  }],
  ["sips:1212@gateway.com", { scheme: "sips", user: "1212", host: "gateway.com" }],
  ["sip:alice@192.0.2.4", { user: "alice", host: "192.0.2.4" }],
  ["sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", {
    host: "atlanta.com",
    parameters: { method: "REGISTER" },
    headers: { to: ["alice%40atlanta.com"] },
  }],
  ["sip:alice;day=tuesday@atlanta.com", { user: "alice;day=tuesday", host: "atlanta.com" }],
  // What the grammar allows beyond these.
  ["sip:h", { host: "h" }],
  ["sip:h:0", { host: "h", port: 0 }],
  ["sip:h:65535", { host: "h", port: 65535 }],
  ["sip:a:@h", { user: "a", password: "", host: "h" }],
  ["sip:example.com.", { host: "example.com." }],
  ["sip:-_.!~*'()&=+$,;?/@h", { user: "-_.!~*'()&=+$,;?/", host: "h" }],
  ["sip:a%40%3A%2525@h", { user: "a%40%3A%2525", host: "h" }],
  ["sip:%00@h;%6c%72;n%61me=v%61lue%25%34%31", {
    user: "%00",
    host: "h",
    parameters: { "%6c%72": null, "n%61me": "v%61lue%25%34%31" },
  }],
  ["sip:h;lr;a=[]/:&+$-_.!~*'();b", {
    host: "h",
    parameters: { lr: null, a: "[]/:&+$-_.!~*'()", b: null },
  }],
  ["sip:h?a=&a=2&b=[]/?:+$", { host: "h", headers: { a: ["", "2"], b: ["[]/?:+$"] } }],
  ["sip:h;x=y?a=b", { host: "h", parameters: { x: "y" }, headers: { a: ["b"] } }],
  ["sip:a?b@h?c=d", { user: "a?b", host: "h", headers: { c: ["d"] } }],
  ["sip:h;constructor=1;__proto__=2", {
    host: "h",
    parameters: JSON.parse('{"constructor":"1","__proto__":"2"}'),
  }],
  // IPv6 references.
  ["sip:[::]", { host: "[::]" }],
  ["sip:[::1]:5060", { host: "[::1]", port: 5060 }],
  ["sip:a@[2001:db8::9:1]", { user: "a", host: "[2001:db8::9:1]" }],
  ["sip:a@[2001:DB8::9:1]:5070;lr", {
    user: "a",
    host: "[2001:DB8::9:1]",
    port: 5070,
    parameters: { lr: null },
  }],
  ["sip:[::ffff:192.0.2.10]", { host: "[::ffff:192.0.2.10]" }],
  ["sip:[1:2:3:4:5:6:7:8]", { host: "[1:2:3:4:5:6:7:8]" }],
  ["sip:h;maddr=[2001:db8::1]", { host: "h", parameters: { maddr: "[2001:db8::1]" } }],
  // RFC 3966.
  ["tel:+358-555-1234567", { scheme: "tel", user: "+358-555-1234567", host: "" }],
  ["tel:+1(201)555.0123;ext=22", {
    scheme: "tel",
    user: "+1(201)555.0123",
    host: "",
    parameters: { ext: "22" },
  }],
  ["tel:863-1234;phone-context=+1-914-555", {
    scheme: "tel",
    user: "863-1234",
    host: "",
    parameters: { "phone-context": "+1-914-555" },
  }],
  ["tel:*#06#;phone-context=example.com;isub=a%3Bb", {
    scheme: "tel",
    user: "*#06#",
    host: "",
    parameters: { "phone-context": "example.com", isub: "a%3Bb" },
  }],
  // Any other scheme is one piece.
  ["http://www.example.com:80/a;b?c=d&e#f", {
    scheme: "http",
    host: "",
    opaque: "//www.example.com:80/a;b?c=d&e#f",
  }],
  ["urn:service:sos", { scheme: "urn", host: "", opaque: "service:sos" }],
  ["mailto:bob@biloxi.com?subject=x", {
    scheme: "mailto",
    host: "",
    opaque: "bob@biloxi.com?subject=x",
  }],
  ["data:,a%0D%0A~!*'()[]", { scheme: "data", host: "", opaque: ",a%0D%0A~!*'()[]" }],
  ["soap.beep://192.0.2.103:3002", {
    scheme: "soap.beep",
    host: "",
    opaque: "//192.0.2.103:3002",
  }],
  ["x+y-z.9:%25", { scheme: "x+y-z.9", host: "", opaque: "%25" }],
  ["sipx:a@b", { scheme: "sipx", host: "", opaque: "a@b" }],
];

for (const [text, parts] of valid) {
  Deno.test(`is a URI, and prints as it came: ${text}`, () => {
    const uri = parseUri(text);
    assert(uri instanceof URI, `${uri}`);
    const { scheme = "sip", parameters = {}, headers = {} } = parts;
    assertEquals(uri.scheme, scheme);
    assertEquals([uri.user, uri.password, uri.port], [parts.user, parts.password, parts.port]);
    assertEquals([uri.host, uri.opaque], [parts.host, parts.opaque]);
    assertEquals(plain(uri.parameters), parameters);
    assertEquals({ ...uri.headers }, headers);
    assertEquals(uri.toString(), text);
    assertEquals(uri.toRaw(), text);
    assertEquals(uri.clone().toString(), text);
  });
}

const broken: [text: string, at: number][] = [
  ["", 0],
  ["sip", 3],
  ["sip:", 4],
  [":a@b", 0],
  ["1sip:a@b", 0],
  ["si p:a@b", 2],
  ["sip :a@b", 3],
  ["<sip:a@b>", 0],
  ["sip:@h", 4],
  ["sip::pw@h", 4],
  ["sip:a@", 6],
  ["sip:a@b@c", 7],
  ["sip:a@;lr", 6],
  ["sip:a b@h", 5],
  ["sip:a@h ", 7],
  ["sip:a\tb@h", 5],
  ["sip:a\r\nb@h", 5],
  ["sip:a\0b@h", 5],
  ["sip:Zoë@h", 6],
  ["sip:a@hö", 7],
  ["sip:a@h%41", 7],
  ['sip:"a"@h', 4],
  ["sip:a<b@h", 5],
  ["sip:a%@h", 5],
  ["sip:a%4@h", 5],
  ["sip:a%zz@h", 5],
  ["sip:a@h:", 8],
  ["sip:a@h:x", 8],
  ["sip:a@h:-1", 8],
  ["sip:a@h:65536", 8],
  ["sip:a@h:99999999999999999999", 8],
  ["sip:a@h:50 60", 10],
  ["sip:a@[::1", 10],
  ["sip:a@[]", 7],
  ["sip:a@[g::1]", 7],
  ["sip:a@[fe80::1%25eth0]", 14],
  ["sip:a@[::1]x", 11],
  ["sip:a@2001:db8::1", 15],
  ["sip:a@h;x=%4", 10],
  ['sip:a@h;x="y"', 10],
  ["sip:a@h;x=<>", 10],
  ["sip:a@h?x=a b", 11],
  ["sip:a@h?x=%", 10],
  ["tel:", 4],
  ["tel:+1 2", 6],
  ["tel:+1%4", 6],
  ["http:", 5],
  ["http://a/<b>", 9],
  ['data:,"', 6],
  ["urn:ä", 4],
];

for (const [text, at] of broken) {
  Deno.test(`is no URI: ${JSON.stringify(text)}`, () => {
    const fault = parseUri(text);
    assert(fault instanceof Fault, `was taken: ${fault}`);
    assertEquals(fault.status, 400);
    // At the place, or at the beginning of the piece that is wrong.
    assert(fault.offset <= at + 1 && fault.offset >= at - 9, `${fault}, not ${at}`);
    assertThrows(() => URI.parse(text), InvalidArgumentError, "URI");
  });
}

Deno.test("the scheme's case does not count, and no parameter name's does", () => {
  const uri = URI.parse("SIPS:Bob@Biloxi.COM;TransPort=TCP;LR");
  assertEquals([uri.scheme, uri.user, uri.host], ["sips", "Bob", "Biloxi.COM"]);
  assertEquals([uri.getParam("TRANSPORT"), uri.getParam("lr")], ["TCP", null]);
  assertEquals([uri.hasParam("Lr"), uri.hasParam("ttl")], [true, false]);
  assertEquals(URI.parse("TEL:+1").scheme, "tel");
});

Deno.test("escapes are decoded once, and where they are no UTF-8 not at all", () => {
  const decoded = (user: string) => URI.parse(`sip:${user}@h`).decodedUser;
  assertEquals(decoded("%61lice"), "alice");
  assertEquals(decoded("a%2525b"), "a%25b");
  assertEquals(decoded("%25%34%31"), "%41");
  assertEquals(decoded("j%40s0n%3b%00"), "j@s0n;\0");
  assertEquals(decoded("Zo%C3%AB"), "Zoë");
  assertEquals(decoded("%ff%fe"), "%ff%fe");
  assertEquals(decoded("%C3x"), "%C3x");
  assertEquals(URI.parse("sip:h").decodedUser, undefined);
});

Deno.test('RFC 3261 §19.1.2: "the user "j@s0n" must have at least the @ sign encoded"', () => {
  const printed = (user: string) => new URI("sip", user, "h").toString();
  assertEquals(printed("j@s0n"), "sip:j%40s0n@h");
  assertEquals(printed("a b:c"), "sip:a%20b%3Ac@h");
  assertEquals(printed("Zoë"), "sip:Zo%C3%AB@h");
  assertEquals(printed('<>"\\^`{|}[]'), "sip:%3C%3E%22%5C%5E%60%7B%7C%7D%5B%5D@h");
  assertEquals(printed("100%"), "sip:100%25@h");
  assertEquals(printed("%41%2525"), "sip:%41%2525@h");
  assertEquals(printed("a;b?c/d&e=f+g$h,i"), "sip:a;b?c/d&e=f+g$h,i@h");
  assertEquals(printed("\ud800"), "sip:%EF%BF%BD@h");
  for (const user of ["j@s0n", "Zoë", "\u{1f4de}", "a b", "x\ty"]) {
    assertEquals(URI.parse(printed(user)).decodedUser, user);
  }
});

Deno.test("a URI is made from parts, as in SIP.js", () => {
  const uri = new URI("sip", "alice", "atlanta.com", 5070, { Transport: "tcp", lr: null, ttl: 5 }, {
    subject: ["x"],
  });
  assertEquals(uri.toString(), "sip:alice@atlanta.com:5070;transport=tcp;lr;ttl=5?subject=x");
  assertEquals(uri.aor, "alice@atlanta.com");
  assertEquals(new URI(undefined, "", "h").toString(), "sip:h");
  uri.setParam("x", "1");
  assertEquals([uri.deleteParam("TTL"), uri.deleteParam("ttl")], ["5", undefined]);
  uri.setHeader("priority", ["urgent", "normal"]);
  assertEquals([uri.hasHeader("priority"), uri.getHeader("subject")], [true, ["x"]]);
  assertEquals(uri.deleteHeader("subject"), ["x"]);
  assertEquals(
    uri.toString(),
    "sip:alice@atlanta.com:5070;transport=tcp;lr;x=1?priority=urgent&priority=normal",
  );
  uri.clearParams();
  uri.clearHeaders();
  uri.user = undefined;
  uri.port = undefined;
  assertEquals(uri.toString(), "sip:atlanta.com");
});

Deno.test("a copy shares nothing with its original", () => {
  const uri = URI.parse("sip:a:b@h;x=1?s=t");
  const copy = uri.clone();
  copy.setParam("x", "2");
  copy.getHeader("s")?.push("u");
  copy.user = "c";
  assertEquals(uri.toString(), "sip:a:b@h;x=1?s=t");
  assertEquals(copy.toString(), "sip:c:b@h;x=2?s=t&s=u");
});

Deno.test("the address of a URI without a host is what stands behind its scheme", () => {
  assertEquals(URI.parse("tel:+12125551212;ext=1").aor, "+12125551212");
  assertEquals(URI.parse("urn:service:sos").aor, "service:sos");
});

Deno.test("CR, LF and NUL are refused where a program builds a URI, and the part is named", () => {
  for (const evil of ["\r", "\n", "\0", "\r\nEvil: 1", "a\0"]) {
    const refused = (field: string, make: () => unknown) => {
      assertEquals(assertThrows(make, InvalidArgumentError).field, field);
    };
    refused("scheme", () => new URI(`sip${evil}`, "a", "h"));
    refused("user", () => new URI("sip", `a${evil}`, "h"));
    refused("host", () => new URI("sip", "a", `h${evil}`));
    refused("parameter x", () => new URI("sip", "a", "h", undefined, { x: evil }));
    refused("parameter x", () => URI.parse("sip:h").setParam("x", evil));
    refused("parameter name", () => URI.parse("sip:h").setParam(`x${evil}`, null));
    refused("URI", () => URI.parse(`sip:a@h${evil}`));
  }
});
