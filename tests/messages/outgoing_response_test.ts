import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  constructOutgoingResponse,
  InvalidArgumentError,
  type ResponseOptions,
} from "../../messages/mod.ts";
import { type Parts, requestOf, responseOf } from "./support.ts";

const invite: Parts = {
  start: "INVITE sip:bob@biloxi.com SIP/2.0",
  replace: {
    Via: "v:SIP/2.0/UDP server10.biloxi.com;branch=z9hG4bK4b43c2ff8.1,\r\n" +
      " SIP/2.0/TCP pc33.atlanta.com ;branch=z9hG4bK776asdhds",
    From: 'f: "Zo\\ë, A" <sip:alice@atlanta.com> ; tag=1928301774 ;x="y\\""',
    To: "To:\r\n Bob <sip:bob@biloxi.com>",
    CSeq: "CSeq:  007\r\n INVITE",
  },
  extra: [
    "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>;x=1",
    "Timestamp: 54.5",
    "Record-Route: <sip:p0.example.com;lr>",
    "Max-Breadth: 60",
  ],
};

function answer(parts: Parts, options: ResponseOptions, source?: { host: string; port: number }) {
  const request = requestOf(parts);
  request.source = source;
  const printed = constructOutgoingResponse(request, options);
  assertEquals(new TextDecoder().decode(printed.bytes), printed.message);
  return { message: printed.message, parsed: responseOf(printed.bytes) };
}

Deno.test("a response prints as it stands on the wire", () => {
  const { message } = answer(invite, {
    statusCode: 200,
    reasonPhrase: "Schön",
    toTag: "a6c85cf",
    userAgent: "Strowger",
    supported: ["100rel", "timer"],
    extraHeaders: ["Contact: <sip:bob@192.0.2.4>"],
    body: { contentType: "application/sdp", contentDisposition: "session", content: "é" },
  });
  assertEquals(
    message,
    "SIP/2.0 200 Schön\r\n" +
      "Via: SIP/2.0/UDP server10.biloxi.com;branch=z9hG4bK4b43c2ff8.1\r\n" +
      "Via: SIP/2.0/TCP pc33.atlanta.com ;branch=z9hG4bK776asdhds\r\n" +
      "Record-Route: <sip:p2.example.com;lr>\r\n" +
      "Record-Route: <sip:p1.example.com;lr>;x=1\r\n" +
      "Record-Route: <sip:p0.example.com;lr>\r\n" +
      'From: "Zo\\ë, A" <sip:alice@atlanta.com> ; tag=1928301774 ;x="y\\""\r\n' +
      "To: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n" +
      "Call-ID: a84b4c76e66710\r\n" +
      "CSeq: 007 INVITE\r\n" +
      "Supported: 100rel, timer\r\n" +
      "Server: Strowger\r\n" +
      "Contact: <sip:bob@192.0.2.4>\r\n" +
      "Content-Type: application/sdp\r\n" +
      "Content-Length: 2\r\n" +
      "\r\n" +
      "é",
  );
});

Deno.test("RFC 3261 §8.2.6.2: From, Call-ID, CSeq and Via MUST equal those of the request", () => {
  const request = requestOf(invite);
  for (const statusCode of [100, 180, 200, 302, 486, 500, 603]) {
    const { parsed } = answer(invite, { statusCode });
    for (const name of ["From", "Call-ID", "CSeq"]) {
      assertEquals(parsed.getHeader(name), request.getHeader(name));
    }
    assertEquals(parsed.getHeaders("Via"), request.getHeaders("Via"));
    assertEquals(parsed.statusCode, statusCode);
  }
});

Deno.test('RFC 3261 §8.2.6.2: "the UAS MUST add a tag to the To header field", but not to a 100', () => {
  assertEquals(answer(invite, { statusCode: 100 }).parsed.toTag, undefined);
  assertEquals(answer(invite, { statusCode: 100, toTag: "x" }).parsed.toTag, "x");
  for (const statusCode of [101, 180, 200, 302, 404, 500, 600]) {
    const one = answer(invite, { statusCode }).parsed.toTag;
    const other = answer(invite, { statusCode }).parsed.toTag;
    assert(one !== undefined && other !== undefined);
    // Each is random: the caller passes the same one for every answer to one request.
    assertNotEquals(one, other);
    assertEquals(answer(invite, { statusCode, toTag: "x" }).parsed.toTag, "x");
  }
  for (const to of ["To: sip:bob@biloxi.com;x=y", 't: "a;tag=1" <sip:bob@biloxi.com;tag=2>']) {
    const { parsed } = answer({ replace: { To: to } }, { statusCode: 200, toTag: "x" });
    assertEquals([parsed.toTag, parsed.to.uri.user], ["x", "bob"]);
  }
});

Deno.test('RFC 3261 §8.2.6.2: "If a request contained a To tag", it is kept', () => {
  for (const to of ["To: <sip:b@h>;tag=old", "t: sip:b@h ;x=y ; TAG = old"]) {
    for (const statusCode of [100, 180, 200, 481]) {
      const { parsed } = answer({ replace: { To: to } }, { statusCode, toTag: "new" });
      assertEquals(parsed.toTag, "old");
      assertEquals(parsed.getHeader("To"), to.replace(/^\w+: /, ""));
    }
  }
});

Deno.test("RFC 3261 §12.1.1: Record-Route is copied where a dialog may be made, and only there", () => {
  const all = [
    "<sip:p2.example.com;lr>",
    "<sip:p1.example.com;lr>;x=1",
    "<sip:p0.example.com;lr>",
  ];
  for (const statusCode of [180, 183, 200]) {
    assertEquals(answer(invite, { statusCode }).parsed.getHeaders("Record-Route"), all);
  }
  for (const statusCode of [100, 302, 404, 500, 603]) {
    assertEquals(answer(invite, { statusCode }).parsed.hasHeader("Record-Route"), false);
  }
});

Deno.test('RFC 3261 §20, Table 3: Record-Route is "not applicable" to REGISTER', () => {
  const register: Parts = {
    start: "REGISTER sip:biloxi.com SIP/2.0",
    replace: { CSeq: "CSeq: 1 REGISTER" },
    extra: ["Record-Route: <sip:p1.example.com;lr>"],
  };
  assertEquals(answer(register, { statusCode: 200 }).parsed.hasHeader("Record-Route"), false);
});

Deno.test('RFC 3261 §8.2.6.1: a Timestamp "MUST be copied into this 100 (Trying) response"', () => {
  assertEquals(answer(invite, { statusCode: 100 }).parsed.getHeader("Timestamp"), "54.5");
  assertEquals(answer(invite, { statusCode: 180 }).parsed.hasHeader("Timestamp"), false);
  assertEquals(answer({}, { statusCode: 100 }).parsed.hasHeader("Timestamp"), false);
});

const B = "branch=z9hG4bK1";

/** RFC 3261 §18.2.1 and RFC 3581 §4: what the topmost Via says about where the request came from. */
const vias: [
  says: string,
  via: string,
  from: [host: string, port: number] | undefined,
  received: string | undefined,
  rport: number | null | undefined,
][] = [
  ["the source is not known", `h;rport;${B}`, undefined, undefined, null],
  ["the source is what sent-by says", `192.0.2.1;${B}`, ["192.0.2.1", 5060], undefined, undefined],
  ["sent-by has a port", `192.0.2.1:5070;${B}`, ["192.0.2.1", 9], undefined, undefined],
  ["sent-by is a name", `bobspc.biloxi.com:5060;${B}`, ["192.0.2.4", 5060], "192.0.2.4", undefined],
  ["sent-by is another address", `10.1.1.1;${B}`, ["192.0.2.1", 5060], "192.0.2.1", undefined],
  ["RFC 3581 §8's example", `10.1.1.1:4540;rport;${B}`, ["192.0.2.1", 9988], "192.0.2.1", 9988],
  ["rport, and the address is right", `192.0.2.1;rport;${B}`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["rport at the end", `h;${B};rport`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["rport in any case, with white space", `h ; RPORT ;${B}`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["rport on a folded line", `h;${B}\r\n ;\r\n rport`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["rport in a quoted string first", `h;x=";rport;";rport;${B}`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["another parameter's name begins so", `h;rports;rport;${B}`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["an IPv6 address", `[2001:db8::9:1];${B}`, ["2001:db8::9:1", 1], undefined, undefined],
  ["an IPv6 address in brackets", `[2001:DB8::1];${B}`, ["[2001:db8::1]", 1], undefined, undefined],
  ["another IPv6 address", `[2001:db8::1];rport;${B}`, ["2001:db8::2", 1], "2001:db8::2", 1],
  ["a source in brackets", `h;${B}`, ["[2001:db8::2]", 1], "2001:db8::2", undefined],
  ["rport with a value", `h;rport = 5;${B}`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["rport twice", `h;rport=5;${B};rport`, ["192.0.2.1", 7], "192.0.2.1", 7],
  ["received without a value", `h;received;${B}`, ["192.0.2.1", 7], "192.0.2.1", undefined],
  ["a forged received", `10.1.1.1;received=6.6.6.6;${B}`, ["192.0.2.1", 1], "192.0.2.1", undefined],
];

for (const [says, value, from, received, rport] of vias) {
  Deno.test(`RFC 3261 §18.2.1, RFC 3581 §4: ${says}`, () => {
    const below = "SIP/2.0/UDP below;rport;branch=z9hG4bK2";
    const source = from === undefined ? undefined : { host: from[0], port: from[1] };
    for (const via of [`Via: SIP/2.0/UDP ${value}`, `v: SIP/2.0/UDP ${value} , ${below}`]) {
      const { parsed } = answer({ replace: { Via: via } }, { statusCode: 200 }, source);
      assertEquals([parsed.via.received, parsed.via.rport], [received, rport]);
      assertEquals(parsed.viaBranch, "z9hG4bK1");
      const [, second] = parsed.getHeaders("Via");
      assertEquals(second, via.startsWith("v") ? below : undefined);
    }
  });
}

Deno.test("a reason phrase is the RFC's own where none is given", () => {
  const reason = (statusCode: number, reasonPhrase?: string) =>
    answer({}, { statusCode, ...reasonPhrase === undefined ? {} : { reasonPhrase } }).parsed
      .reasonPhrase;
  assertEquals(reason(100), "Trying");
  assertEquals(reason(180), "Ringing");
  assertEquals(reason(481), "Call/Transaction Does Not Exist");
  assertEquals(reason(487), "Request Terminated");
  assertEquals(reason(606), "Not Acceptable");
  // One that nobody registered is treated as x00 of its class (§8.1.3.2).
  assertEquals(reason(299), "OK");
  assertEquals(reason(699), reason(600));
  assertEquals(reason(200, "\u{1f4de} ist da"), "\u{1f4de} ist da");
  assertEquals(reason(200, ""), "");
});

Deno.test("a status code is an integer from 100 to 699", () => {
  for (const statusCode of [99, 700, 0, -200, 200.5, NaN, Infinity]) {
    const error = assertThrows(() => answer({}, { statusCode }), InvalidArgumentError);
    assertEquals(error.field, "statusCode");
  }
});

Deno.test("CR, LF and NUL are refused wherever they enter, and the field is named", () => {
  const places: [field: string, options: (evil: string) => Partial<ResponseOptions>][] = [
    ["reasonPhrase", (reasonPhrase) => ({ reasonPhrase })],
    ["toTag", (toTag) => ({ toTag })],
    ["userAgent", (userAgent) => ({ userAgent })],
    ["supported", (evil) => ({ supported: ["a", evil] })],
    ["extraHeaders[1]", (evil) => ({ extraHeaders: ["A: b", `X: ${evil}`] })],
    ["extraHeaders[0]", (evil) => ({ extraHeaders: [`X${evil}: y`] })],
  ];
  for (const evil of ["\r", "\n", "\0", "x\r\nEvil: 1", "x\r\n folded", "\r\n\r\nbody"]) {
    for (const [field, options] of places) {
      const make = () => answer({}, { statusCode: 200, ...options(evil) });
      assertEquals(assertThrows(make, InvalidArgumentError).field, field);
    }
  }
});

Deno.test("nothing that a request says can add a line to its answer", () => {
  const { message } = answer({
    replace: {
      From: 'From: "a\\\0\r\n Evil: 1" <sip:a@b>;tag=1\r\n ;x="\r\n y"',
      To: "To: a\r\n Evil: 1\r\n <sip:b@c>".replace("Evil: 1", "Evil"),
    },
    extra: ["Timestamp: 1\r\n Evil: 2", 'Record-Route: <sip:a@b>;x="\r\n Evil: 3"'],
  }, { statusCode: 100 });
  assertEquals(message.match(/^\s*Evil/gm), null);
  assertEquals(message.includes("\r\n "), false);
});
