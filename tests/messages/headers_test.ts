import { assert, assertEquals } from "@std/assert";
import type { HeaderValues, ParameterizedValue } from "../../messages/mod.ts";
import { headerFault, plain, valueOf } from "./support.ts";

/** What a header says, in a form that tests can compare. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if ("uri" in value) return `${value}`;
  const { parameters, ...others } = value as ParameterizedValue;
  return parameters === undefined ? others : { ...others, ...plain(parameters) };
}

type Row = [name: keyof HeaderValues, lines: string[], says: unknown];

// Examples from RFC 3261 §20 unless another RFC is named, and what else their grammars allow.
const good: Row[] = [
  ["Accept", ["application/sdp;level=1, application/x-private, text/html"], [
    { value: "application/sdp", level: "1" },
    { value: "application/x-private" },
    { value: "text/html" },
  ]],
  ["Accept", ["*/*;q=0.5", "Text / *"], [{ value: "*/*", q: "0.5" }, { value: "text/*" }]],
  ["Accept", [""], []],
  ["Allow", ["INVITE, ACK, OPTIONS", "CANCEL,\r\n BYE"], [
    "INVITE",
    "ACK",
    "OPTIONS",
    "CANCEL",
    "BYE",
  ]],
  ["Allow", ["invite"], ["invite"]],
  ["Allow", [""], []],
  ["Allow-Events", ["presence, message-summary.winfo"], ["presence", "message-summary.winfo"]],
  ["Authentication-Info", ['nextnonce="47364c23432d2e131a5fb210812c", qop=auth, nc=00000001'], [{
    scheme: "",
    nextnonce: "47364c23432d2e131a5fb210812c",
    qop: "auth",
    nc: "00000001",
  }]],
  [
    "Authorization",
    [
      'Digest username="Alice", realm="a,\\"b\\"",\r\n nonce="84a4cc6f3082121f32b42a2187831a9e",\r\n' +
      ' uri="sip:h;x=y" , RESPONSE = "7587245234b3434cc3412213e5f113a5432"',
      "Basic realm=x",
    ],
    [
      {
        scheme: "digest",
        username: "Alice",
        realm: 'a,"b"',
        nonce: "84a4cc6f3082121f32b42a2187831a9e",
        uri: "sip:h;x=y",
        response: "7587245234b3434cc3412213e5f113a5432",
      },
      { scheme: "basic", realm: "x" },
    ],
  ],
  [
    "Call-Info",
    [
      "<http://wwww.example.com/alice/photo.jpg> ;purpose=icon,\r\n" +
      "  <http://www.example.com/alice/,x> ;purpose=info",
    ],
    [
      { value: "http://wwww.example.com/alice/photo.jpg", purpose: "icon" },
      { value: "http://www.example.com/alice/,x", purpose: "info" },
    ],
  ],
  [
    "Contact",
    [
      '"Mr. Watson, \\"J\\"" <sip:watson@worcester.bell-telephone.com>\r\n ;q=0.7; expires=3600,\r\n' +
      ' "Mr. Watson" <mailto:watson@bell-telephone.com> ;q=0.1',
      "sip:a@b;x, <tel:+1,2>",
    ],
    [
      '"Mr. Watson, \\"J\\"" <sip:watson@worcester.bell-telephone.com>;q=0.7;expires=3600',
      '"Mr. Watson" <mailto:watson@bell-telephone.com>;q=0.1',
      "<sip:a@b>;x",
      "<tel:+1,2>",
    ],
  ],
  ["Contact", ["*"], "*"],
  ["Contact", [" \r\n *\r\n "], "*"],
  ["Contact", ["*star* <sip:a@b>"], ['"*star*" <sip:a@b>']],
  ["Content-Disposition", ["Session;HANDLING=optional"], {
    value: "session",
    handling: "optional",
  }],
  ["Content-Encoding", ["gzip", "tar, x-y"], ["gzip", "tar", "x-y"]],
  ["Content-Type", ["text/html; charset=ISO-8859-4"], {
    value: "text/html",
    charset: "ISO-8859-4",
  }],
  ["Content-Type", ['Multipart / Mixed ;boundary="a;\\"b"'], {
    value: "multipart/mixed",
    boundary: 'a;"b',
  }],
  ["Date", ["Sat, 13 Nov 2010 23:29:00 GMT"], new Date("2010-11-13T23:29:00Z")],
  ["Event", ["presence;id=Q1"], { value: "presence", id: "Q1" }],
  // RFC 6665 §8.2.1: "compared byte by byte".
  ["Event", ["Presence.WInfo"], { value: "Presence.WInfo" }],
  ["Expires", ["0"], 0],
  ["Expires", ["4294967295"], 4294967295],
  ["In-Reply-To", ["70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com"], [
    "70710@saturn.bell-tel.com",
    "17320@saturn.bell-tel.com",
  ]],
  ["Min-Expires", ["60"], 60],
  ["Min-SE", ["3600;lr"], { value: "3600", lr: null }],
  ["Path", ["<sip:p1.example.com;lr>,<sip:p2.example.com>"], [
    "<sip:p1.example.com;lr>",
    "<sip:p2.example.com>",
  ]],
  [
    "Proxy-Authenticate",
    [
      'Digest realm="atlanta.com",\r\n domain="sip:ss1.carrier.com", qop="auth,auth-int",\r\n' +
      ' nonce="f84f1cec41e6cbe5aea9c8e88d359",\r\n opaque="", stale=FALSE, algorithm=MD5',
    ],
    [{
      scheme: "digest",
      realm: "atlanta.com",
      domain: "sip:ss1.carrier.com",
      qop: "auth,auth-int",
      nonce: "f84f1cec41e6cbe5aea9c8e88d359",
      opaque: "",
      stale: "FALSE",
      algorithm: "MD5",
    }],
  ],
  ["Proxy-Authorization", ['Digest nc=00000001,cnonce="0a/4+="'], [{
    scheme: "digest",
    nc: "00000001",
    cnonce: "0a/4+=",
  }]],
  ["Proxy-Require", ["foo"], ["foo"]],
  ["RAck", ["776656 1\r\n INVITE"], { rseq: 776656, cseq: 1, method: "INVITE" }],
  ["Reason", ['SIP ;cause=200 ;text="Call, completed"', "Q.850;cause=16"], [
    { value: "sip", cause: "200", text: "Call, completed" },
    { value: "q.850", cause: "16" },
  ]],
  ["Record-Route", ["<sip:server10.biloxi.com;lr>,\r\n  <sip:bigbox3.site3.atlanta.com;lr>;x=1"], [
    "<sip:server10.biloxi.com;lr>",
    "<sip:bigbox3.site3.atlanta.com;lr>;x=1",
  ]],
  [
    "Refer-To",
    ["<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345>"],
    "<sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345>",
  ],
  ["Referred-By", ['<sip:r@ref.example>;cid="2.3@x"'], '<sip:r@ref.example>;cid="2.3@x"'],
  ["Replaces", ["425928@bobster.example.org;to-tag=7743;From-Tag=6472;early-only"], {
    value: "425928@bobster.example.org",
    "to-tag": "7743",
    "from-tag": "6472",
    "early-only": null,
  }],
  ["Reply-To", ["Bob <sip:bob@biloxi.com>"], '"Bob" <sip:bob@biloxi.com>'],
  ["Require", ["100rel", "timer, replaces"], ["100rel", "timer", "replaces"]],
  ["Retry-After", ["18000;duration=3600"], { seconds: 18000, duration: "3600" }],
  ["Retry-After", ["120 (I'm in a meeting)"], { seconds: 120 }],
  ["Retry-After", ["1(a (nested, (twice)) \\) \\\\ ;x)\r\n ;y=z"], { seconds: 1, y: "z" }],
  ["Route", ["<sip:alice@atlanta.com>", "<sip:bob@biloxi.com>,\r\n <sip:carol@chicago.com;lr>"], [
    "<sip:alice@atlanta.com>",
    "<sip:bob@biloxi.com>",
    "<sip:carol@chicago.com;lr>",
  ]],
  ["RSeq", ["988789"], 988789],
  ["RSeq", ["4294967295"], 4294967295],
  ["Service-Route", ["<sip:orig@s.example.com;lr>"], ["<sip:orig@s.example.com;lr>"]],
  ["Session-Expires", ["4000;refresher=uac"], { value: "4000", refresher: "uac" }],
  ["Subscription-State", ["Terminated;reason=noresource;retry-after=10"], {
    value: "terminated",
    reason: "noresource",
    "retry-after": "10",
  }],
  ["Supported", ["100rel,timer", ""], ["100rel", "timer"]],
  ["Unsupported", ["foo"], ["foo"]],
  ["WWW-Authenticate", ['Digest realm="a"', 'Digest realm="b",algorithm=SHA-256'], [
    { scheme: "digest", realm: "a" },
    { scheme: "digest", realm: "b", algorithm: "SHA-256" },
  ]],
];

for (const [name, lines, says] of good) {
  Deno.test(`${name} is read: ${JSON.stringify(lines.join(" | "))}`, () => {
    const value = valueOf(name, ...lines.map((line) => `${name}: ${line}`));
    assertEquals(told(value), says);
  });
}

Deno.test("the headers of routing are read as every other header is", () => {
  assertEquals(told(valueOf("From")), '"Alice" <sip:alice@atlanta.com>;tag=1928301774');
  assertEquals(told(valueOf("To")), '"Bob" <sip:bob@biloxi.com>');
  assertEquals(valueOf("CSeq"), { number: 314159, method: "OPTIONS" });
  assertEquals(valueOf("Max-Forwards"), 70);
  assertEquals(valueOf("Content-Length", "l: 0"), 0);
  assertEquals(valueOf("Via").length, 1);
});

const bad: [name: keyof HeaderValues, ...values: string[]][] = [
  ["Accept", "text/", "/html", "text/html,", "text/html;q="],
  ["Allow", "INVITE ACK", "INVITE,", ",", "INVITE,,ACK", "<INVITE>", "é"],
  [
    "Authorization",
    "",
    "Digest",
    "Digest a",
    "Digest a=",
    "Digest ,",
    'Digest a="b',
    "Digest a=b c=d",
  ],
  ["Call-Info", "http://a", "<>", "<http://a", "<http://a>;purpose="],
  [
    "Contact",
    "",
    ",",
    "<sip:a@b>,",
    "<sip:a@b>,,<sip:c@d>",
    "*;expires=0",
    "*, <sip:a@b>",
    "<sip:a@b>, *",
    "**",
    "sip:a@b?c=d",
    "<sip:a@b",
    '"a <sip:a@b>',
    "Zoë",
  ],
  ["Content-Disposition", "", ";handling=optional", "session;", "a b"],
  ["Content-Type", "", "text", "text/", "/plain", "text/plain;", "text/plain text/html"],
  [
    "Date",
    "",
    "Fri, 01 Jan 2010 16:00:00 EST",
    "Fri, 01 Jan 2010 16:00:00",
    "fri, 01 Jan 2010 16:00:00 GMT",
    "Fri, 01 jan 2010 16:00:00 GMT",
    "Fri, 32 Jan 2010 16:00:00 GMT",
    "Fri, 01 Jan 2010 24:00:00 GMT",
    "Fri, 01 Jan 2010 16:00 GMT",
    "Fri, 01 Jan 2010 1:2:3:44 GMT",
    "Fri, 01 Jan 2010 :::::::: GMT",
    "Fri, 01 Jan 2010 16:00:00 GMT+1",
    "2010-01-01T16:00:00Z",
    "1262361600",
  ],
  ["Event", "", ";id=1", "a b"],
  ["Expires", "", "-1", "+1", "1.5", "1e3", "0x10", "4294967296", "9".repeat(400), "1 2", "never"],
  ["In-Reply-To", "", "a b", "a;b", "a,"],
  ["Min-Expires", "x"],
  ["RAck", "1 INVITE", "1 2", "1 2 INVITE x", "4294967296 1 INVITE", "1 2147483648 INVITE"],
  ["Reason", "", ";cause=1", 'SIP;text="'],
  ["Refer-To", "", "Bob", "<sip:a@b>, <sip:c@d>", "sip:a@b?Replaces=c"],
  ["Replaces", ";to-tag=1", "a b", "a;to-tag="],
  ["Require", "a b", "a,"],
  ["Retry-After", "", "x", "-5", "1 (", "1 (a", "1 (a))", "1 ((a)", "1 (\\)", "4294967296"],
  ["Route", "", "<sip:a@b>,", "<sip:a@b> <sip:c@d>", "<>"],
  ["RSeq", "", "4294967296", "1 1", "a"],
  ["Subscription-State", "", "active;", "a b"],
  ["WWW-Authenticate", "", "Digest", 'Digest realm="', 'Digest realm="a" nonce="b"'],
];

for (const [name, ...values] of bad) {
  for (const value of values) {
    Deno.test(`${name} is told to be wrong: ${JSON.stringify(value.slice(0, 40))}`, () => {
      const fault = headerFault(name, `${name}: ${value}`);
      assertEquals([fault.header, fault.status], [name, 400]);
      assert(fault.expected !== "" && fault.offset > 0, `${fault}`);
    });
  }
}

Deno.test('RFC 3261 §10.2.2: "*" beside other contacts is wrong, on whatever lines', () => {
  for (const [one, other] of [["*", "<sip:a@b>"], ["<sip:a@b>", "*"], ["*", "*"]]) {
    assertEquals(headerFault("Contact", `Contact: ${one}`, `m: ${other}`).header, "Contact");
  }
});

Deno.test("one wrong line spoils the list that it is in, not the others", () => {
  const lines = ["Route: <sip:a@b>", "Route: <sip:c", "Supported: x"];
  assertEquals(headerFault("Route", ...lines).header, "Route");
  assertEquals(valueOf("Supported", ...lines), ["x"]);
});
