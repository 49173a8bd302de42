import { assert, assertEquals } from "@std/assert";
import { parseMessage } from "../../messages/mod.ts";
import { faultOf, join, octets, requestOf, responseOf } from "./support.ts";

Deno.test("RFC 3261 §7.1: a request line is a method, a Request-URI and the version", () => {
  const message = requestOf({
    start: "INVITE sips:bob@biloxi.com:5061;transport=tcp SIP/2.0",
    replace: { CSeq: "CSeq: 2147483647 INVITE" },
  });
  assertEquals(message.method, "INVITE");
  assertEquals(message.ruri.toString(), "sips:bob@biloxi.com:5061;transport=tcp");
  assertEquals(message.cseq, 2147483647);
  assertEquals(message.ruri, message.ruri);
});

Deno.test("RFC 3261 §25.1: any token is a method, and its case counts", () => {
  for (const method of ["SUBSCRIBE", "invite", "X", "!%*_+`'~-.0", "toString", "__proto__"]) {
    const message = requestOf({
      start: `${method} sip:b@biloxi.com SIP/2.0`,
      replace: { CSeq: `CSeq: 0 ${method}` },
    });
    assertEquals(message.method, method);
    assertEquals(message.cseq, 0);
  }
});

Deno.test('RFC 3261 §7.1: "The SIP-Version string is case-insensitive"', () => {
  assertEquals(requestOf({ start: "OPTIONS sip:b@biloxi.com sIp/2.0" }).method, "OPTIONS");
  assertEquals(responseOf({ start: "sip/2.0 200 OK" }).statusCode, 200);
});

Deno.test("a Request-URI may have any scheme, and an IPv6 reference as its host", () => {
  for (
    const uri of [
      "tel:+358-555-1234567;postd=pp22",
      "tel:7042;phone-context=example.com",
      "urn:service:sos",
      "http://www.example.com/a?b=c#d",
      "sip:[2001:db8::9:1]:5070;lr",
      "sip:sips%3Auser%40example.com@example.net",
      "nobodyknowsthisscheme:totallyopaquecontent",
    ]
  ) {
    assertEquals(requestOf({ start: `OPTIONS ${uri} SIP/2.0` }).ruri.toString(), uri);
  }
});

Deno.test("RFC 3261 §7.2: a status line is the version, a code and a reason phrase", () => {
  for (const code of [100, 180, 200, 302, 486, 503, 603, 699]) {
    const message = responseOf({ start: `SIP/2.0 ${code} Some  reason: 100% (really)` });
    assertEquals(message.statusCode, code);
    assertEquals(message.reasonPhrase, "Some  reason: 100% (really)");
    assertEquals(message.method, "OPTIONS");
    assertEquals(message.local, false);
  }
});

Deno.test("RFC 4475 §3.1.1.12, §3.1.1.13: a reason phrase may be UTF-8, or nothing", () => {
  const ukrainian = "= 2**3 * 5**2 но сто девяносто девять - простое";
  assertEquals(responseOf({ start: `SIP/2.0 200 ${ukrainian}` }).reasonPhrase, ukrainian);
  assertEquals(responseOf({ start: "SIP/2.0 200 \u{1f4de}" }).reasonPhrase, "\u{1f4de}");
  assertEquals(responseOf({ start: "SIP/2.0 200 " }).reasonPhrase, "");
  // Against the grammar, and common.
  assertEquals(responseOf({ start: "SIP/2.0 200" }).reasonPhrase, "");
});

Deno.test("RFC 3261 §7.5: CRLFs before the start line are ignored", () => {
  for (const count of [1, 2, 50]) {
    const message = requestOf(join("\r\n".repeat(count), octets({ body: "é" })));
    assertEquals(message.callId, "a84b4c76e66710");
    assertEquals(message.body, "é");
  }
});

Deno.test("RFC 3261 §7.3.1: white space around a header's colon means nothing", () => {
  for (const name of ["Subject", "subject", "SUBJECT", "sUbJeCt", "s", "S"]) {
    for (const colon of [":", ": ", " :", "\t:\t", "  \t :   ", ":\r\n ", " :\t\r\n\t  "]) {
      const message = requestOf({ extra: [`${name}${colon}lunch`] });
      assertEquals(message.getHeader("Subject"), "lunch");
    }
  }
});

Deno.test("RFC 3261 §7.3.1: a folded value is the value on one line", () => {
  const message = requestOf({
    extra: [
      "Subject: I know you're there,\r\n         pick up the phone\r\n\tand talk to me!",
      "X-Only: \r\n ",
      "X-Twice:\r\n \r\n folded \r\n \r\n",
      "X-Empty:",
      "X-Last: x",
    ].map((line) => line.replace(/\r\n$/, "")),
  });
  assertEquals(
    message.getHeader("Subject"),
    "I know you're there, pick up the phone and talk to me!",
  );
  assertEquals(message.getHeader("X-Only"), "");
  assertEquals(message.getHeader("X-Twice"), "folded");
  assertEquals(message.getHeader("X-Empty"), "");
  assertEquals(message.getHeader("X-Last"), "x");
});

Deno.test("the headers of routing may be folded wherever they may have white space", () => {
  const message = requestOf({
    replace: {
      Via: "v:  SIP\r\n / 2.0\r\n\t/\r\n UDP\r\n first.example.com\r\n :\r\n 4000\r\n ;ttl=16" +
        "\r\n ;\r\n maddr = 224.2.0.1 ;branch\r\n =\r\n z9hG4bKa7c6a8dlze.1",
      From: 'f:\r\n "A. G.\r\n Bell" \r\n <sip:agb@bell.com>\r\n ;\r\n tag\r\n =\r\n a48s',
      To: "TO :\r\n sip:bob@biloxi.com\r\n ; \t tag = 1918181833n",
      "Call-ID": "i:\r\n\ta84b4c76e66710\r\n ",
      CSeq: "cseq:\r\n 0009 \r\n\t OPTIONS \r\n ",
      "Max-Forwards": "MAX-FORWARDS:\r\n 0068 ",
    },
  });
  assertEquals(message.via.transport, "UDP");
  assertEquals([message.via.host, message.via.port], ["first.example.com", 4000]);
  assertEquals({ ...message.via.parameters }, {
    ttl: "16",
    maddr: "224.2.0.1",
    branch: "z9hG4bKa7c6a8dlze.1",
  });
  assertEquals(message.viaBranch, "z9hG4bKa7c6a8dlze.1");
  assertEquals(message.from.displayName, "A. G. Bell");
  assertEquals([message.fromTag, message.toTag], ["a48s", "1918181833n"]);
  assertEquals(message.to.uri.toString(), "sip:bob@biloxi.com");
  assertEquals([message.callId, message.cseq, message.maxForwards], ["a84b4c76e66710", 9, 68]);
});

Deno.test("a message of RFC 2543 has no tags, no branch and no Max-Forwards", () => {
  const message = requestOf({
    replace: {
      Via: "Via: SIP/2.0/UDP iftgw.example.com",
      From: "From: sip:alice@atlanta.com",
      "Max-Forwards": "",
    },
  });
  assertEquals(message.viaBranch, undefined);
  assertEquals([message.fromTag, message.toTag], [undefined, undefined]);
  assertEquals(message.maxForwards, undefined);
});

Deno.test("RFC 3261 §25.1: a Call-ID is any word, or two with '@' between them", () => {
  for (const callId of ["a", "a@b", "x%41@[::1]", `()<>:\\"/[]?{}@-.!%*_+\`'~`]) {
    assertEquals(requestOf({ replace: { "Call-ID": `Call-ID: ${callId}` } }).callId, callId);
  }
});

Deno.test("more Vias are noticed in the same line and in another one", () => {
  const second = "SIP/2.0/TCP b.example.com;branch=z9hG4bK2";
  const first = 'Via: SIP/2.0/UDP a.example.com;x=",";branch=z9hG4bK1';
  assertEquals(requestOf({ replace: { Via: first } }).hasMoreVias, false);
  assertEquals(requestOf({ replace: { Via: `${first}\r\n , ${second}` } }).hasMoreVias, true);
  assertEquals(requestOf({ replace: { Via: first }, extra: [`V: ${second}`] }).hasMoreVias, true);
});

const allOctets = Uint8Array.from({ length: 256 }, (_, i) => i);

Deno.test("a body of all 256 octet values is kept, behind a head in ASCII or in UTF-8", () => {
  for (const subject of ["lunch", "Mittagessen für Zoë \u{1f372}"]) {
    for (const length of [[], ["Content-Length: 256"], ["l : 256"]]) {
      const message = requestOf({ extra: [`Subject: ${subject}`, ...length], body: allOctets });
      assertEquals(message.bodyBytes, allOctets);
      assertEquals(message.getHeader("Subject"), subject);
    }
  }
});

Deno.test("RFC 3261 §20.14: Content-Length is a number of octets, not of characters", () => {
  const body = "Zoë \u{1f4de}\r\n\r\n€";
  const size = new TextEncoder().encode(body).length;
  const message = requestOf({ extra: [`Content-Length: ${size}`], body });
  assertEquals([message.body, message.bodyBytes.length], [body, size]);
  assertEquals(faultOf({ extra: [`Content-Length: ${size + 1}`], body }).header, "Content-Length");
});

Deno.test('RFC 3261 §18.3: octets beyond the end of the body "MUST be discarded"', () => {
  const message = requestOf({ extra: ["Content-Length: 4"], body: "bodyINVITE sip:b SIP/2.0\r\n" });
  assertEquals(message.body, "body");
  const none = requestOf({ extra: ["Content-Length: 0"], body: "\0\r\nnoise" });
  assertEquals([none.body, none.bodyBytes.length], ["", 0]);
});

Deno.test("RFC 3261 §18.3: without Content-Length the body goes to the end of the datagram", () => {
  assertEquals(requestOf({ body: "\r\n\r\nv=0\r\n" }).body, "\r\n\r\nv=0\r\n");
  assertEquals(requestOf({}).body, "");
});

Deno.test("a body as text says what its octets say, a byte order mark too", () => {
  assertEquals(requestOf({ body: "\ufeffv=0" }).body, "\ufeffv=0");
});

Deno.test("RFC 3261 §25.1: an escaped NUL in a quoted string is legal", () => {
  const message = requestOf({
    replace: { From: 'From: "a\\\0b" <sip:a@b>;tag=1' },
    extra: ['Contact: "x\\\0" <sip:a@b>', 'X: "\\\\\\\0"'],
  });
  assertEquals(message.from.displayName, "a\0b");
});

Deno.test("a message may have 1000 header lines, and no more", () => {
  const many = (count: number) => Array.from({ length: count - 6 }, () => "X-Y: z");
  assertEquals(requestOf({ extra: many(1000) }).getHeaders("X-Y").length, 994);
  assertEquals(faultOf({ extra: many(1001) }).status, 513);
});

Deno.test("no beginning of a message, and no message without one octet, makes anything throw", () => {
  const message = octets({
    start: "INVITE sip:[::1]:5060;a=b SIP/2.0",
    replace: { CSeq: "CSeq: 1 INVITE", From: 'From: "Zo\\ë" <sip:a@[::1]>;tag=1;x="y"' },
    extra: ['Contact: "é" <sip:a@b>;q=0.5,\r\n <tel:+1>', "Content-Length: 3"],
    body: "é\0",
  });
  for (let at = 0; at < message.length; at++) {
    for (
      const bytes of [
        message.subarray(0, at),
        join(message.subarray(0, at), message.subarray(at + 1)),
      ]
    ) {
      const parsed = parseMessage(bytes);
      if (parsed.kind === "fault") continue;
      parsed.parseHeader("Contact");
      `${parsed.from}${parsed.to}${parsed.body}${parsed.getHeaders("Contact")}`;
      assert(parsed.bodyBytes.length <= bytes.length);
    }
    assertEquals(parseMessage(message.subarray(0, at)).kind, "fault", `cut at ${at}`);
  }
});
