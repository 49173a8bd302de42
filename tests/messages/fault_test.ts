import { assert, assertEquals } from "@std/assert";
import {
  answerableRequest,
  constructFaultResponse,
  Fault,
  parseMessage,
} from "../../messages/mod.ts";
import {
  faultOf,
  indexOf,
  join,
  type Line,
  octets,
  type Parts,
  requestOf,
  responseOf,
} from "./support.ts";

/** Headers that may stand once, each with two values of its grammar and its compact form. */
const single: [name: string, one: string, other: string, compact?: string][] = [
  ["Call-ID", "a", "b", "i"],
  ["Content-Disposition", "session", "render"],
  ["Content-Length", "0", "0", "l"],
  ["Content-Type", "application/sdp", "text/plain", "c"],
  ["CSeq", "1 OPTIONS", "1 OPTIONS"],
  ["Date", "Sat, 13 Nov 2010 23:29:00 GMT", "Sat, 13 Nov 2010 23:29:01 GMT"],
  ["Event", "presence", "dialog", "o"],
  ["Expires", "5", "6"],
  ["From", "<sip:a@b>;tag=1", "<sip:a@b>;tag=1", "f"],
  ["Max-Forwards", "70", "69"],
  ["MIME-Version", "1.0", "1.0"],
  ["Min-Expires", "5", "6"],
  ["Min-SE", "90", "91"],
  ["Organization", "a", "b"],
  ["Priority", "normal", "urgent"],
  ["RAck", "1 1 INVITE", "2 1 INVITE"],
  ["Refer-To", "<sip:a@b>", "<sip:c@d>", "r"],
  ["Referred-By", "<sip:a@b>", "<sip:c@d>", "b"],
  ["Replaces", "a;to-tag=1;from-tag=2", "b;to-tag=1;from-tag=2"],
  ["Reply-To", "<sip:a@b>", "<sip:c@d>"],
  ["Retry-After", "1", "2"],
  ["RSeq", "1", "2"],
  ["Server", "a", "b"],
  ["Session-Expires", "90", "91", "x"],
  ["Subject", "a", "b", "s"],
  ["Subscription-State", "active", "pending"],
  ["Timestamp", "54", "55"],
  ["To", "<sip:a@b>", "<sip:a@b>", "t"],
  ["User-Agent", "a", "b"],
];

for (const [name, one, other, compact] of single) {
  Deno.test(`RFC 3261 §7.3.1: ${name} twice is a fault`, () => {
    const pairs = [[name, name], [name, name.toUpperCase()], [name.toLowerCase(), `${name} `]];
    if (compact !== undefined) pairs.push([name, compact], [compact.toUpperCase(), compact]);
    for (const [first = "", second = ""] of pairs) {
      const extra = [`${first}: ${one}`, "X-Between: x", `${second}: ${other}`];
      const fault = faultOf({ replace: { [name]: "" }, extra });
      assertEquals([fault.header, fault.status], [name, 400], `${extra}`);
      const bytes = octets({ replace: { [name]: "" }, extra });
      assertEquals(fault.offset, indexOf(bytes, "X-Between") + "X-Between: x\r\n".length);
    }
  });
}

for (const name of ["Via", "From", "To", "Call-ID", "CSeq"] as Line[]) {
  Deno.test(`RFC 3261 §8.1.1: a message without ${name} is a fault, and cannot be answered`, () => {
    for (const start of ["OPTIONS sip:b@biloxi.com SIP/2.0", "SIP/2.0 200 OK"]) {
      const fault = faultOf({ start, replace: { [name]: "" } });
      assertEquals([fault.header, fault.status, fault.request], [name, 400, undefined]);
    }
  });
}

const start = "OPTIONS sip:b@biloxi.com SIP/2.0";

/** Faults by the header that they are told of; `at` begins where the fault is. */
const faults: [says: string, header: string | undefined, parts: Parts, at?: string][] = [
  ["a CSeq of 2^31", "CSeq", { replace: { CSeq: "CSeq: 2147483648 OPTIONS" } }, "2147483648"],
  ["an endless CSeq", "CSeq", { replace: { CSeq: `CSeq: ${"9".repeat(5000)} OPTIONS` } }, "999"],
  ["a negative CSeq", "CSeq", { replace: { CSeq: "CSeq: -1 OPTIONS" } }, "-1 O"],
  ["a CSeq without a number", "CSeq", { replace: { CSeq: "CSeq: OPTIONS" } }],
  ["a CSeq without a method", "CSeq", { replace: { CSeq: "CSeq: 1" } }],
  ["a CSeq without a space", "CSeq", { replace: { CSeq: "CSeq: 1OPTIONS" } }],
  ["an empty CSeq", "CSeq", { replace: { CSeq: "CSeq:" } }],
  ["a CSeq with two methods", "CSeq", { replace: { CSeq: "CSeq: 1 OPTIONS OPTIONS" } }],
  ["a CSeq in hexadecimal", "CSeq", { replace: { CSeq: "CSeq: 0x1 OPTIONS" } }],
  ["a CSeq of another method", "CSeq", { replace: { CSeq: "CSeq: 8 INVITE" } }, "INVITE"],
  [
    "a CSeq of a method in another case",
    "CSeq",
    { replace: { CSeq: "CSeq: 8 Options" } },
    "Options",
  ],
  ["an empty Call-ID", "Call-ID", { replace: { "Call-ID": "Call-ID: " } }],
  ["a Call-ID with a space", "Call-ID", { replace: { "Call-ID": "Call-ID: a b" } }, " b\r\n"],
  ["a Call-ID that begins with @", "Call-ID", { replace: { "Call-ID": "Call-ID: @a" } }],
  ["a Call-ID that ends with @", "Call-ID", { replace: { "Call-ID": "Call-ID: a@" } }],
  ["a Call-ID with two @", "Call-ID", { replace: { "Call-ID": "Call-ID: a@b@c" } }, "@c"],
  ["a Call-ID with a semicolon", "Call-ID", { replace: { "Call-ID": "Call-ID: a;b" } }, ";b\r\n"],
  ["a Call-ID that is no ASCII", "Call-ID", { replace: { "Call-ID": "Call-ID: aé" } }, "é"],
  ["a From without a URI", "From", { replace: { From: "From: Alice" } }],
  ["an empty From", "From", { replace: { From: "From:" } }],
  ["a From with an open quote", "From", { replace: { From: 'From: "A <sip:a@b>;tag=1' } }],
  ["a From with an empty tag", "From", { replace: { From: "From: <sip:a@b>;tag=" } }],
  ["a From with a quoted tag", "From", { replace: { From: 'From: <sip:a@b>;tag="1"' } }],
  ["a From with something behind", "From", { replace: { From: "From: <sip:a@b> x" } }, "x\r\n"],
  ["a From with two values", "From", { replace: { From: "From: <sip:a@b>, <sip:c@d>" } }],
  ["a To with a bad escape", "To", { replace: { To: "To: <sip:a%4@b>" } }, "%4@"],
  ["a To with two values", "To", { replace: { To: "To: <sip:a@b>, <sip:c@d>" } }],
  ["a Max-Forwards beyond 255", "Max-Forwards", {
    replace: { "Max-Forwards": "Max-Forwards: 256" },
  }, "256"],
  ["a negative Max-Forwards", "Max-Forwards", {
    replace: { "Max-Forwards": "Max-Forwards: -1" },
  }, "-1"],
  ["an empty Max-Forwards", "Max-Forwards", { replace: { "Max-Forwards": "Max-Forwards:" } }],
  ["a Content-Length of more than there is", "Content-Length", {
    extra: ["Content-Length: 5"],
    body: "four",
  }, "5\r\n\r\n"],
  ["a negative Content-Length", "Content-Length", { extra: ["Content-Length: -999"] }, "-999"],
  ["an empty Content-Length", "Content-Length", { extra: ["Content-Length:"] }],
  ["a Content-Length in words", "Content-Length", { extra: ["l: none"] }, "none"],
  ["a Content-Length with a sign", "Content-Length", { extra: ["l: +0"] }, "+0"],
  ["a Content-Length in hexadecimal", "Content-Length", { extra: ["l: 0x0"] }, "x0"],
  ["a Content-Length with an exponent", "Content-Length", { extra: ["l: 0e0"] }, "e0"],
  ["a Content-Length with a list", "Content-Length", { extra: ["l: 0, 0"] }, ", 0"],
  ["a Content-Length beyond numbers", "Content-Length", {
    extra: [`Content-Length: ${"9".repeat(400)}`],
  }, "999"],
  ["a Content-Length of 2^32", "Content-Length", { extra: ["l: 4294967296"] }, "4294967296"],
  ["a header without a name", undefined, { extra: [": x"] }, ": x\r\n\r\n"],
  ["a header with a space in its name", undefined, { extra: ["Sub ject: x"] }, "Sub ject"],
  ["a header with a folded colon", undefined, { extra: ["Subject\r\n : x"] }, "Subject"],
  ["a header without a colon", undefined, { extra: ["Subject"] }, "Subject"],
  ["a header name that is no ASCII", undefined, { extra: ["Sübject: x"] }, "Sübject"],
  ["a header name in angle brackets", undefined, { extra: ["<Subject>: x"] }, "<Subject>"],
];

for (const [says, header, parts, at] of faults) {
  Deno.test(`is a fault: ${says}`, () => {
    // UTF-8 in front of the fault must not shift it.
    for (const subject of ["lunch", "大停電 \u{1f4de}"]) {
      const bytes = octets({ start: `${start}\r\nX-Y: ${subject}`, ...parts });
      const fault = faultOf(bytes);
      assertEquals([fault.header, fault.status], [header, 400]);
      if (at !== undefined) assertEquals(fault.offset, indexOf(bytes, at), `${fault}`);
    }
  });
}

const startLines: [line: string, status: number][] = [
  ["OPTIONS sip:b@biloxi.com SIP/3.0", 505],
  ["OPTIONS sip:b@biloxi.com sip/1.0", 505],
  ["OPTIONS sip:b@biloxi.com SIP/7.12", 505],
  ["OPTIONS sip:b@biloxi.com SIP/2.1", 505],
  ["OPTIONS sip:b@biloxi.com SIP/2", 400],
  ["OPTIONS sip:b@biloxi.com HTTP/1.1", 400],
  ["OPTIONS sip:b@biloxi.com", 400],
  ["OPTIONS sip:b@biloxi.com SIP/2.0\r\n folded", 400],
  ["OPTIONS", 400],
  ["", 400],
  [" OPTIONS sip:b@biloxi.com SIP/2.0", 400],
  ["\tOPTIONS sip:b@biloxi.com SIP/2.0", 400],
  ["OPTIONS  sip:b@biloxi.com SIP/2.0", 400],
  ["OPTIONS\tsip:b@biloxi.com SIP/2.0", 400],
  ["OPTIONS sip:b@biloxi.com  SIP/2.0", 400],
  ["OPTIONS sip:b@biloxi.com\tSIP/2.0", 400],
  ["OPTIONS sip:b@biloxi.com SIP/2.0 ", 400],
  ["OPTIONS sip:b@biloxi.com SIP/2.0\t", 400],
  ["OPTIONS sip:b@biloxi.com SIP / 2.0", 400],
  ["OPTIONS sip:b@biloxi.com; lr SIP/2.0", 400],
  ["OPTIONS sip:b@biloxi.com\r\n SIP/2.0", 400],
  ["OPTIONS <sip:b@biloxi.com> SIP/2.0", 400],
  ["OPTIONS sip:b@biloxi.com?subject=x SIP/2.0", 400],
  ["OPTIONS bob SIP/2.0", 400],
  ["OPTIONS * SIP/2.0", 400],
  ["OPTIONS sip: SIP/2.0", 400],
  ["OPTIONS sip:Zoë@biloxi.com SIP/2.0", 400],
  ["OPTIÖNS sip:b@biloxi.com SIP/2.0", 400],
  ["OPT<IONS sip:b@biloxi.com SIP/2.0", 400],
  ["SIP/2.0 99 Low", 400],
  ["SIP/2.0 099 Low", 400],
  ["SIP/2.0 000 Zero", 400],
  ["SIP/2.0 700 High", 400],
  ["SIP/2.0 999 High", 400],
  ["SIP/2.0 4294967301 better not break the receiver", 400],
  ["SIP/2.0 2000 OK", 400],
  ["SIP/2.0 20 OK", 400],
  ["SIP/2.0 -20 OK", 400],
  ["SIP/2.0 2e2 OK", 400],
  ["SIP/2.0 ２００ OK", 400],
  ["SIP/2.0  200 OK", 400],
  ["SIP/2.0\t200 OK", 400],
  ["SIP/2.0 200\tOK", 400],
  ["SIP/2.0 OK", 400],
  ["SIP/2.0 ", 400],
  ["SIP/2.0", 400],
  [" SIP/2.0 200 OK", 400],
  ["SIP/3.0 200 OK", 400],
  ["SIP/2.00 200 OK", 400],
];

for (const [start, status] of startLines) {
  Deno.test(`is no start line: ${JSON.stringify(start)}`, () => {
    const fault = faultOf({ start });
    assertEquals([fault.status, fault.header], [status, undefined], `${fault}`);
    assert(fault.offset <= octets({ start }).length);
    if (start.startsWith("SIP/")) assertEquals(fault.request, undefined);
  });
}

Deno.test("RFC 3261 §7: a bare CR, a bare LF and a NUL are faults wherever they stand in the head", () => {
  const places: [says: string, parts: (evil: string) => Parts][] = [
    ["method", (evil) => ({ start: `OPT${evil}IONS sip:b@biloxi.com SIP/2.0` })],
    ["Request-URI", (evil) => ({ start: `OPTIONS sip:b${evil}@biloxi.com SIP/2.0` })],
    ["version", (evil) => ({ start: `OPTIONS sip:b@biloxi.com SIP/2.0${evil}` })],
    ["reason phrase", (evil) => ({ start: `SIP/2.0 200 O${evil}K` })],
    ["status", (evil) => ({ start: `SIP/2.0 2${evil}0 OK` })],
    ["header name", (evil) => ({ extra: [`Sub${evil}ject: x`] })],
    ["before the colon", (evil) => ({ extra: [`Subject${evil}: x`] })],
    ["value", (evil) => ({ extra: [`Subject: lun${evil}ch`] })],
    ["unknown header", (evil) => ({ extra: [`X-Y: ${evil}`] })],
    ["folded line", (evil) => ({ extra: [`Subject: a\r\n b${evil}c`] })],
    ["quoted string", (evil) => ({ extra: [`Contact: "a${evil}b" <sip:a@b>`] })],
    ["quoted string of From", (evil) => ({ replace: { From: `From: "a${evil}b" <sip:a@b>` } })],
    ["Via", (evil) => ({ replace: { Via: `Via: SIP/2.0/UDP h;branch=z${evil}` } })],
    ["Call-ID", (evil) => ({ replace: { "Call-ID": `Call-ID: a${evil}b` } })],
  ];
  for (const [says, parts] of places) {
    for (const evil of ["\r", "\n", "\0", "\n\r", "\r\r", "\n\n"]) {
      const fault = faultOf(parts(evil));
      assertEquals(fault.status, 400, `${says}: ${JSON.stringify(evil)}`);
      assert(!/[\r\n\0]/.test(`${fault}`), JSON.stringify(`${fault}`));
    }
  }
  // Bare LF as every line's end.
  assert(faultOf(join(new TextDecoder().decode(octets()).replaceAll("\r\n", "\n"))));
  // An escape does not help CR and LF: "the characters CR and LF cannot be escaped".
  for (const evil of ["\\\r", "\\\n"]) assert(faultOf({ extra: [`X-Y: "a${evil}"`] }));
});

Deno.test("RFC 3261 §7: the head ends with an empty line", () => {
  const whole = octets();
  for (const cut of [1, 2, 3, 4]) {
    assertEquals(faultOf(whole.subarray(0, whole.length - cut)).status, 400);
  }
  for (const nothing of ["", "\r\n", "\r\n\r\n\r\n", "\0", "\r", "\n", " ", "x"]) {
    assertEquals(faultOf(join(nothing)).request, undefined);
  }
});

Deno.test('RFC 3261 §18.3: "If the message is a response, it MUST be discarded"', () => {
  const fault = faultOf({ start: "SIP/2.0 200 OK", extra: ["Content-Length: 1"] });
  assertEquals([fault.header, fault.request], ["Content-Length", undefined]);
  assertEquals(responseOf({ start: "SIP/2.0 200 OK", extra: ["Content-Length: 0"] }).body, "");
});

Deno.test("RFC 3261 §8.2.6.2: a fault carries what its answer has to repeat", () => {
  const parts: Parts = {
    replace: {
      Via: "v : SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP\r\n b;branch=2",
      From: 'f: "Zoë" <sip:z@b>\r\n ;tag=1',
    },
    extra: ["VIA: SIP/2.0/UDP c", "Content-Length: 9", "X-Y: z"],
  };
  const expected = {
    method: "OPTIONS",
    via: ["SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b;branch=2", "SIP/2.0/UDP c"],
    from: '"Zoë" <sip:z@b> ;tag=1',
    to: "Bob <sip:bob@biloxi.com>",
    callId: "a84b4c76e66710",
    cseq: "314159 OPTIONS",
  };
  assertEquals(faultOf(parts).request, expected);
  assertEquals(answerableRequest(octets(parts)), expected);
  assertEquals(answerableRequest(join("\r\n\r\n", octets(parts))), expected);
  // A head alone will do, and so will one whose other headers are broken.
  assertEquals(answerableRequest(octets({ extra: ["broken", ": x"] }))?.callId, "a84b4c76e66710");
  assertEquals(faultOf({ replace: { CSeq: "CSeq: x" } }).request?.cseq, "x");
});

Deno.test("RFC 3261 §17.1.1.3: nothing answers an ACK, nor what lacks a header", () => {
  const ack = "ACK sip:b@biloxi.com SIP/2.0";
  assertEquals(faultOf({ start: ack, replace: { CSeq: "CSeq: x ACK" } }).request, undefined);
  for (const name of ["Via", "From", "To", "Call-ID", "CSeq"] as Line[]) {
    assertEquals(answerableRequest(octets({ replace: { [name]: "" } })), undefined);
    assertEquals(answerableRequest(octets({ replace: { [name]: `${name}:` } })), undefined);
  }
  assertEquals(answerableRequest(octets({ start: "SIP/2.0 200 OK" })), undefined);
  assertEquals(answerableRequest(new Uint8Array()), undefined);
});

Deno.test("what is no method is not repeated in an answer, so that none can break it", () => {
  for (const method of ["OPT\rIONS", "OPTIONS\r", "OPT\0IONS", "OPT<IONS", "OPTIÖNS"]) {
    assertEquals(faultOf({ start: `${method} sip:b@biloxi.com SIP/2.0` }).request, undefined);
  }
});

Deno.test("the answer to a fault is a message that its sender can read", () => {
  const fault = faultOf({ extra: ["Content-Length: 9", "Subject: é\u{1f4de}"] });
  assert(fault.request !== undefined);
  const { bytes } = constructFaultResponse(fault.request, {
    statusCode: fault.status,
    reasonPhrase: `${fault}`,
  });
  const answer = responseOf(bytes);
  assertEquals([answer.statusCode, answer.reasonPhrase], [400, `${fault}`]);
  assertEquals([answer.callId, answer.cseq, answer.method], ["a84b4c76e66710", 314159, "OPTIONS"]);
  assertEquals(answer.via.branch, "z9hG4bK776asdhds");
  assert(answer.toTag !== undefined);
});

Deno.test('RFC 3261 §8.2.6.2: the answer to a fault adds a To tag where "tag" is something else', () => {
  for (
    const to of ["<sip:bob@biloxi.com;tag=1>", '"x;tag=1" <sip:bob@biloxi.com>', "sip:b@b;x-tag=1"]
  ) {
    const { request } = faultOf({ replace: { To: `To: ${to}` }, extra: ["Content-Length: 9"] });
    assert(request !== undefined);
    const answer = responseOf(
      constructFaultResponse(request, { statusCode: 400, toTag: "new" }).bytes,
    );
    assertEquals(answer.toTag, "new", to);
  }
  const { request } = faultOf({ replace: { To: "t: <sip:b@b> ; TAG = old" }, extra: ["l: 9"] });
  assert(request !== undefined);
  const answer = responseOf(
    constructFaultResponse(request, { statusCode: 400, toTag: "new" }).bytes,
  );
  assertEquals(answer.toTag, "old");
});

Deno.test("a fault is one line for a log, and says where, what and instead of what", () => {
  const fault = faultOf({ replace: { CSeq: "CSeq: 1x OPTIONS" } });
  assertEquals(fault.kind, "fault");
  assertEquals(
    `${fault}`.startsWith(`CSeq: expected ${fault.expected} at octet ${fault.offset}`),
    true,
  );
  const made = new Fault({ offset: 3, expected: "this", found: "that" });
  assertEquals([made.status, `${made}`], [400, "expected this at octet 3, found that"]);
});

Deno.test("CSeq 2^31 - 1 is the last that is legal", () => {
  assertEquals(requestOf({ replace: { CSeq: "CSeq: 2147483647 OPTIONS" } }).cseq, 2 ** 31 - 1);
  assertEquals(requestOf({ replace: { CSeq: "CSeq: 0002147483647 OPTIONS" } }).cseq, 2 ** 31 - 1);
  assertEquals(
    parseMessage(octets({ replace: { CSeq: "CSeq: 2147483648 OPTIONS" } })).kind,
    "fault",
  );
});
