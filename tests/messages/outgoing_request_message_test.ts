import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  type Body,
  checkHeaderLine,
  InvalidArgumentError,
  NameAddrHeader,
  OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  URI,
} from "../../messages/mod.ts";
import { requestOf } from "./support.ts";

const alice = () => URI.parse("sip:alice@atlanta.com");
const bob = () => URI.parse("sip:bob@biloxi.com");

function invite(
  options: OutgoingRequestMessageOptions = {},
  extraHeaders: string[] = [],
  body?: Body,
): OutgoingRequestMessage {
  return new OutgoingRequestMessage("INVITE", bob(), alice(), bob(), options, extraHeaders, body);
}

Deno.test("a request prints as it stands on the wire", () => {
  const message = new OutgoingRequestMessage(
    "INVITE",
    URI.parse("sip:bob@192.0.2.4;lr?"),
    alice(),
    bob(),
    {
      callId: "a84b4c76e66710@pc33.atlanta.com",
      cseq: 314159,
      fromDisplayName: 'Zoë "A"',
      fromTag: "1928301774",
      toDisplayName: "Bob",
      toTag: "a6c85cf",
      optionTags: ["100rel", "timer"],
      routeSet: ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"],
      userAgentString: "Strowger",
      viaHost: "pc33.atlanta.com:5062",
    },
    ["Subject: lunch", "X-Empty:", "X-Name : value"],
    { contentDisposition: "session", contentType: "application/sdp", content: "v=é" },
  );
  message.setViaHeader("z9hG4bK776asdhds", "TCP", "ignored.example.com");
  assertEquals(
    message.toString(),
    "INVITE sip:bob@192.0.2.4;lr SIP/2.0\r\n" +
      "Via: SIP/2.0/TCP pc33.atlanta.com:5062;branch=z9hG4bK776asdhds;rport\r\n" +
      "Route: <sip:p1.example.com;lr>\r\n" +
      "Route: <sip:p2.example.com;lr>\r\n" +
      "Max-Forwards: 70\r\n" +
      'From: "Zoë \\"A\\"" <sip:alice@atlanta.com>;tag=1928301774\r\n' +
      'To: "Bob" <sip:bob@biloxi.com>;tag=a6c85cf\r\n' +
      "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n" +
      "CSeq: 314159 INVITE\r\n" +
      "Supported: 100rel, timer\r\n" +
      "User-Agent: Strowger\r\n" +
      "Subject: lunch\r\n" +
      "X-Empty:\r\n" +
      "X-Name : value\r\n" +
      "Content-Type: application/sdp\r\n" +
      "Content-Length: 4\r\n" +
      "\r\n" +
      "v=é",
  );
  assertEquals(message.toBytes(), new TextEncoder().encode(message.toString()));
});

Deno.test("RFC 3261 §8.1.1: every request has To, From, CSeq, Call-ID, Max-Forwards and Via", () => {
  const message = invite();
  message.setViaHeader("z9hG4bK1", "UDP", "192.0.2.1:5060");
  const parsed = requestOf(message.toBytes());
  assertEquals([parsed.maxForwards, parsed.cseq, parsed.method], [70, 1, "INVITE"]);
  assertEquals([parsed.via.host, parsed.via.port, parsed.via.rport], ["192.0.2.1", 5060, null]);
  // "A request outside of a dialog MUST NOT contain a To tag."
  assertEquals(parsed.toTag, undefined);
  // "The From field MUST contain a new "tag" parameter."
  assertEquals(parsed.fromTag, message.fromTag);
  assertEquals([parsed.callId, parsed.viaBranch], [message.callId, "z9hG4bK1"]);
});

Deno.test("the surface is that of SIP.js", () => {
  const [ruri, from, to] = [URI.parse("sip:bob@192.0.2.4"), alice(), bob()];
  const body = { contentDisposition: "render", contentType: "text/plain", content: "x" };
  const extra = ["Subject: lunch"];
  const message = new OutgoingRequestMessage(
    "INVITE",
    ruri,
    from,
    to,
    { fromTag: "1", toTag: "2", callId: "3", cseq: 4 },
    extra,
    body,
  );
  assertEquals(message.method, "INVITE");
  assertStrictEquals(message.ruri, ruri);
  assertStrictEquals(message.fromURI, from);
  assertStrictEquals(message.toURI, to);
  assert(message.from instanceof NameAddrHeader && message.to instanceof NameAddrHeader);
  assertEquals([message.fromTag, message.toTag, message.callId, message.cseq], ["1", "2", "3", 4]);
  assertEquals([message.from.getParam("tag"), message.to.getParam("tag")], ["1", "2"]);
  assertEquals(message.branch, undefined);
  assertEquals(message.extraHeaders, extra);
  assertStrictEquals(message.body, body);
  assertEquals(message.headers["CSeq"], ["4 INVITE"]);
  message.setViaHeader("z9hG4bK1");
  assertEquals(message.branch, "z9hG4bK1");
  assertEquals(message.getHeader("via"), "SIP/2.0/WSS invalid;branch=z9hG4bK1;rport");
});

Deno.test("headers are found by any form of their name, the engine's first", () => {
  const message = invite({ optionTags: ["100rel"], routeSet: ["<sip:a>", "<sip:b>"] }, [
    "m: <sip:1@a>",
    "CONTACT : <sip:2@a>",
    "x-Y: z:w",
    "Supported: timer",
  ]);
  assertEquals(message.getHeaders("contact"), ["<sip:1@a>", "<sip:2@a>"]);
  assertEquals(message.getHeader("Contact"), "<sip:1@a>");
  assertEquals(message.getHeaders("k"), ["100rel", "timer"]);
  assertEquals(message.getHeaders("route"), ["<sip:a>", "<sip:b>"]);
  assertEquals([message.getHeader("X-y"), message.hasHeader("X-Y")], ["z:w", true]);
  assertEquals([message.getHeader("Event"), message.hasHeader("o")], [undefined, false]);
  assertEquals(message.getHeaders("constructor"), []);
});

Deno.test("a header that is set stands in the place of what was set before", () => {
  const message = invite();
  message.setHeader("Contact", "<sip:a@b>");
  message.setHeader("m", ["<sip:c@d>", "<sip:e@f>"]);
  message.setHeader("max-forwards", "5");
  message.setHeader("X-Case", "1");
  message.setHeader("x-cASE", "2");
  const printed = message.toString();
  assertEquals(message.getHeaders("Contact"), ["<sip:c@d>", "<sip:e@f>"]);
  assertEquals(printed.match(/^Contact: .*$/gm), ["Contact: <sip:c@d>", "Contact: <sip:e@f>"]);
  assertEquals(printed.match(/^max-forwards: .*$/gim), ["Max-Forwards: 5"]);
  assertEquals(printed.match(/^x-case: .*$/gim)?.length, 1);
});

Deno.test("cseq may be set, and CSeq follows", () => {
  const message = invite({ cseq: 2 ** 31 - 2 });
  message.cseq++;
  assertEquals([message.cseq, message.getHeader("CSeq")], [2147483647, "2147483647 INVITE"]);
  for (const cseq of [-1, 1.5, NaN, Infinity, 2 ** 31]) {
    assertEquals(assertThrows(() => invite({ cseq }), InvalidArgumentError).field, "cseq");
    assertEquals(assertThrows(() => message.cseq = cseq, InvalidArgumentError).field, "cseq");
  }
  assertEquals(invite({ cseq: 0 }).cseq, 0);
});

Deno.test("RFC 3581 §3: rport is asked for unless that is switched off", () => {
  const via = (forceRport?: boolean) => {
    const message = invite(forceRport === undefined ? {} : { forceRport });
    message.setViaHeader("z9hG4bK1", "UDP", "[2001:db8::1]:5060");
    return message.getHeader("Via");
  };
  assertEquals(via(), "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1;rport");
  assertEquals(via(true), via());
  assertEquals(via(false), "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1");
});

Deno.test("a Call-ID is new, or has a prefix, or is the program's", () => {
  assert(invite().callId !== invite().callId);
  assert(invite({ callIdPrefix: "abc-" }).callId.startsWith("abc-"));
  assertEquals(invite({ callIdPrefix: "abc-", callId: "mine" }).callId, "mine");
});

Deno.test("RFC 3261 §19.1.1: a Request-URI has no header components and no method", () => {
  const ruri = URI.parse("sip:bob@biloxi.com;lr;method=INVITE?subject=lunch");
  const message = new OutgoingRequestMessage("INVITE", ruri, alice(), bob());
  message.setViaHeader("z9hG4bK1");
  assertEquals(requestOf(message.toBytes()).ruri.toString(), "sip:bob@biloxi.com;lr");
});

const evils = ["\r", "\n", "\0", "x\r\nEvil: 1", "x\r\n folded", "x\r\n\r\nbody"];

/** Every place where a text of the program's enters, and what the error has to name. */
const places: [field: RegExp, make: (evil: string) => OutgoingRequestMessage][] = [
  [/^method$/, (evil) => new OutgoingRequestMessage(`A${evil}`, bob(), bob(), bob())],
  [/callId/, (callId) => invite({ callId })],
  [/callId/, (callIdPrefix) => invite({ callIdPrefix })],
  [/tag|From/i, (fromTag) => invite({ fromTag })],
  [/tag|To/i, (toTag) => invite({ toTag })],
  [/display name/, (fromDisplayName) => invite({ fromDisplayName })],
  [/display name/, (toDisplayName) => invite({ toDisplayName })],
  [/Route/, (evil) => invite({ routeSet: ["<sip:a>", evil] })],
  [/Supported/, (evil) => invite({ optionTags: ["a", evil] })],
  [/User-Agent/, (userAgentString) => invite({ userAgentString })],
  [/extraHeaders\[1\]/, (evil) => invite({}, ["A: b", `X-Y: ${evil}`])],
  [/extraHeaders\[0\]/, (evil) => invite({}, [`X${evil}: y`])],
];

/** The same for what may be changed later: refused there, or at the latest when it is printed. */
const changes: [field: RegExp, change: (message: OutgoingRequestMessage, evil: string) => void][] =
  [
    [/Via/, (message, evil) => message.setViaHeader(evil)],
    [/Via/, (message, evil) => message.setViaHeader("z9hG4bK1", evil)],
    [/Via/, (message, evil) => message.setViaHeader("z9hG4bK1", "UDP", evil)],
    [/X-Y/, (message, evil) => message.setHeader("X-Y", evil)],
    [/X-Y/, (message, evil) => message.setHeader("X-Y", ["a", evil])],
    [/header name/, (message, evil) => message.setHeader(`X${evil}`, "a")],
    [/extraHeaders\[0\]/, (message, evil) => message.extraHeaders.push(`X-Y: ${evil}`)],
    [/extraHeaders\[0\]/, (message, evil) => message.extraHeaders = [`X${evil}: y`]],
    [/X-Y/, (message, evil) => message.headers["X-Y"] = [evil]],
    [/header name/, (message, evil) => message.headers[`X${evil}`] = ["a"]],
    [/Via/, (message, evil) => message.headers["Via"] = [evil]],
    [/ruri/, (message, evil) => message.ruri.user = evil],
    [/ruri/, (message, evil) => message.ruri.password = evil],
    [/ruri/, (message, evil) => message.ruri.host = evil],
    [/ruri/, (message, evil) => message.ruri.opaque = evil],
    [/ruri/, (message, evil) => message.ruri.parameters["x"] = evil],
    [/display name/, (message, evil) => message.from.displayName = evil],
  ];

Deno.test("CR, LF and NUL are refused wherever they enter, before anything goes out", () => {
  for (const evil of evils) {
    for (const [field, make] of places) {
      const error = assertThrows(() => make(evil), InvalidArgumentError);
      assert(field.test(error.field), `${error.field} is not ${field}`);
      assertEquals([error.code, error.origin], ["invalid-argument", "caller"]);
      assert(!/[\r\n\0]/.test(error.field), JSON.stringify(error.field));
    }
    const viaHost = invite({ viaHost: evil });
    assert(
      /via/i.test(assertThrows(() => viaHost.setViaHeader("z9hG4bK1"), InvalidArgumentError).field),
    );
  }
});

for (const [i, [field, change]] of changes.entries()) {
  Deno.test(`what is changed later is checked too: ${field.source} (${i})`, () => {
    for (const evil of evils) {
      for (const print of ["toBytes", "toString"] as const) {
        const message = invite();
        message.setViaHeader("z9hG4bK1");
        const error = assertThrows(() => {
          change(message, evil);
          message[print]();
        }, InvalidArgumentError);
        assert(field.test(error.field), `${error.field} is not ${field}`);
      }
    }
  });
}

Deno.test("CR, LF and NUL in a URI that goes into From or To are refused at the call", () => {
  for (const evil of evils) {
    const uri = URI.parse("sip:a@b");
    uri.password = evil;
    for (
      const make of [
        () => new OutgoingRequestMessage("INVITE", bob(), uri, bob()),
        () => new OutgoingRequestMessage("INVITE", bob(), bob(), uri),
      ]
    ) {
      assert(/From|To/.test(assertThrows(make, InvalidArgumentError).field));
    }
    const headers = URI.parse("sip:a@b");
    headers.setHeader("x", evil);
    assertThrows(
      () => new OutgoingRequestMessage("INVITE", bob(), headers, bob()),
      InvalidArgumentError,
    );
  }
});

Deno.test("a method and a header's name are tokens", () => {
  for (const name of ["", " ", "A B", "A:", "A/B", "é", "<A>", '"A"', "A\t"]) {
    const method = () => new OutgoingRequestMessage(name, bob(), bob(), bob());
    assertEquals(assertThrows(method, InvalidArgumentError).field, "method");
    const error = assertThrows(() => invite().setHeader(name, "x"), InvalidArgumentError);
    assertEquals(error.field, "header name");
  }
  for (
    const line of ["", "X", ":", ": y", " X: y", "X Y: z", "X\u00a0: y", "é: y", "<X>: y", "\tX: y"]
  ) {
    const error = assertThrows(
      () => checkHeaderLine("field", line),
      InvalidArgumentError,
      "",
      line,
    );
    assertEquals(error.field, "field");
    assertThrows(() => invite({}, [line]), InvalidArgumentError, "extraHeaders[0]");
  }
  for (const line of ["Q:", "Q: y", "Q : y", "Q\t:y:z", "!%*_+`'~-.0: é"]) {
    assertEquals(checkHeaderLine("field", line), line);
  }
});

Deno.test("a header line that was good in one message is refused in one that has its header", () => {
  const line = "User-Agent: Strowger/1";
  assertEquals(invite({}, [line]).getHeaders("User-Agent"), ["Strowger/1"]);
  assertThrows(() => invite({}, [line, line]), InvalidArgumentError, "one User-Agent only");
  const message = invite({}, [line]);
  message.setHeader("User-Agent", "other");
  assertThrows(() => message.toBytes(), InvalidArgumentError, "one User-Agent only");
});

Deno.test("Content-Length counts octets, whatever is beyond ASCII and wherever", () => {
  const type = { contentDisposition: "render", contentType: "text/plain" };
  const octets = new Uint8Array([0xc3, 0xa9, 0xff, 0]);
  const bodies: [content: string | Uint8Array, octets: number[]][] = [
    ["abc", [97, 98, 99]],
    ["a\u00e9", [97, 0xc3, 0xa9]],
    ["\u{1f4de}", [0xf0, 0x9f, 0x93, 0x9e]],
    ["\ud83d", [0xef, 0xbf, 0xbd]],
    ["", []],
    [octets, [...octets]],
  ];
  for (const subject of ["lunch", "d\u00e9jeuner"]) {
    for (const [content, expected] of bodies) {
      const body = { ...type, content } as Body;
      const message = invite({}, [`Subject: ${subject}`], body);
      message.setViaHeader("z9hG4bK1");
      const parsed = requestOf(message.toBytes());
      assertEquals(parsed.getHeader("Content-Length"), `${expected.length}`);
      assertEquals([...parsed.bodyBytes], expected);
      assertEquals(parsed.getHeader("Subject"), subject);
    }
  }
});
