import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { type Frame, Framer } from "../../messages/framer.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A MESSAGE whose head and body can be told from any other. */
function message(id: string, body: string, length = `Content-Length: ${encode(body).length}`) {
  return [
    "MESSAGE sip:bob@example.com SIP/2.0",
    `Via: SIP/2.0/TCP alice.example.com;branch=z9hG4bK${id}`,
    "From: <sip:alice@example.com>;tag=a",
    "To: <sip:bob@example.com>",
    `Call-ID: ${id}`,
    "CSeq: 1 MESSAGE",
    length,
    "",
    body,
  ].join("\r\n");
}

/** What a frame is, in a form that can be compared. */
function summary(frame: Frame): unknown {
  if (frame.type === "message") return decode(frame.bytes);
  if (frame.type === "keepAlive") return "(ping)";
  if (frame.type === "pong") return "(pong)";
  const { header, offset, expected, found, status, request } = frame.fault;
  return { header, offset, expected, found, status, callId: request?.callId };
}

function frames(text: string, framer: Framer = new Framer()): unknown[] {
  return framer.push(encode(text)).map(summary);
}

function fault(text: string, framer: Framer = new Framer()) {
  const frame = framer.push(encode(text)).at(-1);
  assert(frame?.type === "fault", `no fault: ${JSON.stringify(frame)}`);
  return frame.fault;
}

/** Numbers that look random and are the same in every run. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed;;) yield (state = (state * 48271) % 2147483647);
}

Deno.test("a chunk that holds many messages gives all of them, in order", () => {
  const texts = [message("1", "one"), message("2", ""), message("3", "drei Öre ₂")];
  assertEquals(frames(texts.join("")), texts);
});

Deno.test("Content-Length counts octets, in every form that the grammar allows", () => {
  const forms = [
    "Content-Length: 4",
    "content-length:4",
    "CONTENT-LENGTH \t: \t4  ",
    "l: 4",
    "L:4",
    "l   : 0000000000000000000000000004",
    "Content-Length:\r\n 4",
    "Content-Length:\r\n\t\r\n  4\r\n ",
  ];
  for (const form of forms) {
    const text = message("form", "åä", form);
    assertEquals(frames(text + message("next", "")), [text, message("next", "")], form);
  }
});

Deno.test("a header that only looks like Content-Length is not it", () => {
  for (
    const other of ["Content-Lengths: 9", "Content-Length-: 9", "ll: 9", "Content: 9", "l;9: 9"]
  ) {
    const text = message("x", "body", `${other}\r\nl: 4`);
    assertEquals(frames(text), [text], other);
  }
  const folded = message("x", "body", "Subject: a\r\n l: 9\r\n Content-Length: 9\r\nl: 4");
  assertEquals(frames(folded), [folded]);
  assertEquals(fault("l: 4\r\n\r\n").expected, "a Content-Length");
});

// RFC 3261 §18.3: "The Content-Length header field MUST be used with stream oriented transports."
Deno.test("a head without a Content-Length that can be read is a 400 that can be answered", () => {
  const wrong = {
    "Subject: none": ["a Content-Length", "none"],
    "Content-Length:": ["a number", `""`],
    "Content-Length: -1": ["a number", `"-1"`],
    "Content-Length: +1": ["a number", `"+1"`],
    "Content-Length: 0x10": ["a number", `"0x10"`],
    "Content-Length: 4, 4": ["a number", `"4, 4"`],
    "Content-Length: 4\r\n 4": ["a number", `"4 4"`],
    "Content-Length: 4;a=b": ["a number", `"4;a=b"`],
    "Content-Length: 4\r\nl: 4": ["one Content-Length", `"l: 4"`],
    "l: 4\r\nSubject: x\r\ncontent-length: 5": ["one Content-Length", `"content-length: 5"`],
  };
  for (const [line, [expected, found]] of Object.entries(wrong)) {
    const { status, header, request, ...rest } = fault(message("wrong", "body", line));
    assertEquals([status, header, rest.expected, rest.found], [
      400,
      "Content-Length",
      expected,
      found,
    ]);
    assertEquals([request?.method, request?.callId], ["MESSAGE", "wrong"]);
  }
});

Deno.test("the offset of a fault is where it stands in its message", () => {
  const good = message("1", "body");
  const bad = message("2", "body", "Content-Length: four");
  assertEquals(fault(good + bad).offset, bad.indexOf("four"));
});

Deno.test("a fault in a response has nothing to answer", () => {
  assertEquals(fault("SIP/2.0 200 OK\r\nl: x\r\n\r\n").request, undefined);
});

Deno.test("a body over the limit is a 413, before any of it has come", () => {
  const framer = new Framer({ maxBodyBytes: 10 });
  const ten = message("ten", "0123456789");
  assertEquals(frames(ten, framer), [ten]);
  const over = fault(message("eleven", "", "Content-Length: 11"), framer);
  assertEquals([over.status, over.request?.callId], [413, "eleven"]);
  for (const huge of ["9".repeat(400), "65537", "9007199254740993"]) {
    assertEquals(fault(message("huge", "", `l: ${huge}`)).status, 413);
  }
});

Deno.test("a head over the limit is a 513, whether or not it ever ends", () => {
  const head = message("head", "");
  const exact = new Framer({ maxHeadBytes: head.length });
  assertEquals(frames(head + head, exact), [head, head]);
  const tight = { maxHeadBytes: head.length - 1 };
  assertEquals(fault(head, new Framer(tight)).status, 513);
  const endless = new Framer();
  let found: Frame[] = [];
  let pushed = 0;
  while (found.length === 0) {
    found = endless.push(encode("Subject: and so on\r\n".repeat(10)));
    pushed += 200;
  }
  assert(pushed <= 65_536 + 400, `${pushed} octets`);
  assertEquals(found.map((frame) => frame.type === "fault" && frame.fault.status), [513]);
});

Deno.test("a head over the limit can be answered if what has come of it is enough", () => {
  const long = message("long", "", "Content-Length: 0\r\nSubject: " + "x".repeat(500));
  const limits = { maxHeadBytes: 400 };
  assertEquals(fault(long, new Framer(limits)).request?.callId, "long");
});

Deno.test("a CR or LF that is no line end is a fault: another reader would cut the stream there", () => {
  const smuggled = message("x", "body", "Subject: a\nContent-Length: 90\r\nContent-Length: 4");
  const bare = fault(smuggled);
  assertEquals([bare.status, bare.found, bare.offset], [
    400,
    "a bare LF",
    smuggled.indexOf("a\nC") + 1,
  ]);
  const cr = message("x", "body", "Subject: a\rContent-Length: 90\r\nContent-Length: 4");
  const bareCr = fault(cr);
  assertEquals([bareCr.found, bareCr.offset], ["a bare CR", cr.indexOf("\rC")]);
});

Deno.test("a peer that ends lines with LF alone is told so, and not kept waiting", () => {
  const text = message("lf", "body").replaceAll("\r\n", "\n");
  assertEquals(fault(text).found, "a bare LF");
  assertEquals(fault("\n").found, "a bare LF");
  assertEquals(fault("\rINVITE\r\n\r\n").found, "a bare CR");
});

Deno.test("nothing is found after a fault", () => {
  const framer = new Framer();
  assertEquals(frames(`${message("1", "")}BYE x\r\n\r\n${message("2", "")}`, framer).length, 2);
  assertEquals(frames(message("3", ""), framer), []);
  assertEquals(frames("\r\n\r\n", framer), []);
});

// RFC 3261 §7.5: "Implementations processing SIP messages over stream-oriented transports MUST
// ignore any CRLF appearing before the start-line".
Deno.test("CRLFs before a start line are ignored; every two of them are a ping", () => {
  const text = message("1", "body");
  assertEquals(frames(`\r\n${text}\r\n${text}`), [text, text]);
  assertEquals(frames(`\r\n\r\n${text}`), ["(ping)", text]);
  assertEquals(frames(`\r\n\r\n\r\n${text}\r\n`), ["(ping)", text]);
  assertEquals(frames("\r\n\r\n\r\n\r\n"), ["(ping)", "(ping)"]);
});

Deno.test("a ping may come in pieces, and a lone CRLF is the answer to one", () => {
  const framer = new Framer();
  assertEquals(["\r", "\n\r", "\n", "\r\n"].map((text) => frames(text, framer)), [
    [],
    [],
    ["(ping)"],
    [],
  ]);
  assertEquals(frames(message("1", "") + "\r\n", framer), [message("1", "")]);
});

Deno.test("what was returned stays what it was when the read buffer is used again", () => {
  for (const buffer of [new Uint8Array(4096), Buffer.alloc(4096)]) {
    const framer = new Framer();
    const whole = message("1", "body");
    const split = message("2", "another body");
    const { written } = new TextEncoder().encodeInto(whole + split.slice(0, 50), buffer);
    const found = framer.push(buffer.subarray(0, written));
    buffer.fill(0);
    found.push(...framer.push(encode(split.slice(50))));
    buffer.fill(0);
    assertEquals(found.map(summary), [whole, split]);
    for (const frame of found) {
      assert(frame.type === "message");
      assertEquals(frame.bytes.constructor, Uint8Array);
      assertEquals(frame.bytes.buffer.byteLength, frame.bytes.length);
    }
  }
});

/** Streams with everything in them that a framer meets. */
function stream(seed: number): Uint8Array {
  const next = random(seed);
  const pieces: string[] = [];
  for (let i = 0; i < 12; i++) {
    const kind = next.next().value % 8;
    const body = "b\r\n\r\nöd y\n".repeat(next.next().value % 20);
    if (kind === 0) pieces.push("\r\n");
    else if (kind === 1) pieces.push("\r\n\r\n");
    else if (kind === 2) pieces.push(message(`${i}`, body, `l\t:\r\n ${encode(body).length}`));
    else pieces.push(message(`${i}`, body));
  }
  const ends = [
    "",
    message("lies", "x", "Content-Length: x"),
    message("large", "", "Content-Length: 5000"),
    message("long", "", `Subject: ${"long ".repeat(300)}`),
    message("bare", "", "Subject: a\nb"),
    "\n",
    "INVITE sip:never-whole@example.com",
  ];
  pieces.push(ends[next.next().value % ends.length] ?? "", message("after", ""));
  return encode(pieces.join(""));
}

Deno.test("however a stream is cut, the frames are those of the whole", () => {
  const limits = { maxHeadBytes: 1200, maxBodyBytes: 1000 };
  for (let seed = 1; seed <= 300; seed++) {
    const bytes = stream(seed);
    const whole = new Framer(limits).push(bytes).map(summary);
    const next = random(seed);
    const largest = [1, 3, 40, 700][seed % 4] ?? 1;
    const framer = new Framer(limits);
    const found: unknown[] = [];
    const buffer = new Uint8Array(largest);
    for (let at = 0; at < bytes.length;) {
      const chunk = bytes.subarray(at, at + 1 + (next.next().value % largest));
      buffer.set(chunk);
      found.push(...framer.push(buffer.subarray(0, chunk.length)).map(summary));
      at += chunk.length;
    }
    assertEquals(found, whole, `seed ${seed}`);
  }
});

/** How many octets `run` searches and moves: what a scan or a copy from the start would inflate. */
function work(run: () => void): number {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype);
  const { indexOf, lastIndexOf, set, copyWithin } = prototype;
  let octets = 0;
  prototype.indexOf = function (this: Uint8Array, value: number, from = 0) {
    const found = indexOf.call(this, value, from);
    octets += (found === -1 ? this.length : found + 1) - from;
    return found;
  };
  prototype.lastIndexOf = function (this: Uint8Array, value: number) {
    octets += this.length;
    return lastIndexOf.call(this, value);
  };
  prototype.set = function (this: Uint8Array, source: ArrayLike<number>, at?: number) {
    octets += source.length;
    return set.call(this, source, at);
  };
  prototype.copyWithin = function (this: Uint8Array, to: number, from: number, end: number) {
    octets += end - from;
    return copyWithin.call(this, to, from, end);
  };
  try {
    run();
  } finally {
    Object.assign(prototype, { indexOf, lastIndexOf, set, copyWithin });
  }
  return octets;
}

Deno.test("the work is linear, also when a message comes one octet at a time", () => {
  for (const lines of [10, 100, 1000]) {
    const header = `X-Filler: ${"x".repeat(40)}\r\n`.repeat(lines);
    const bytes = encode(message("1", "b".repeat(lines * 40), `${header}l: ${lines * 40}`));
    for (const size of [1, 7, 1000, bytes.length]) {
      const framer = new Framer();
      let found = 0;
      const octets = work(() => {
        for (let at = 0; at < bytes.length; at += size) {
          found += framer.push(bytes.subarray(at, at + size)).length;
        }
      });
      assertEquals(found, 1);
      assert(octets <= 8 * bytes.length, `${octets} for ${bytes.length} in chunks of ${size}`);
    }
  }
});

Deno.test("the work is linear for many messages that straddle their chunks", () => {
  const bytes = encode(message("1", "body").repeat(2000));
  const framer = new Framer();
  let found = 0;
  const octets = work(() => {
    for (let at = 0; at < bytes.length; at += 65_537) {
      found += framer.push(bytes.subarray(at, at + 65_537)).length;
    }
  });
  assertEquals(found, 2000);
  assert(octets <= 8 * bytes.length, `${octets} for ${bytes.length}`);
});

Deno.test("the sentence about a fault is one line, whatever the peer sent", () => {
  const text = String(fault(message("x", "", "Content-Length: \r\n\t\x00\x1b[2J\r\n 5 000")));
  assertStringIncludes(text, "Content-Length: expected a number");
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x1f]/.test(text), JSON.stringify(text));
});

// RFC 5626 §3.5.1: the pong is one CRLF, so that two of them look like the ping.
Deno.test("a CRLF is a pong as often as one is expected, however it is cut", () => {
  const framer = new Framer();
  framer.expectPong();
  assertEquals(frames("\r\n\r\n\r\n", framer), ["(pong)", "(ping)"]);
  framer.expectPong();
  framer.expectPong();
  assertEquals(frames("\r", framer), []);
  assertEquals(frames("\n\r", framer), ["(pong)"]);
  assertEquals(frames("\n" + message("1", ""), framer), ["(pong)", message("1", "")]);
  assertEquals(frames("\r\n", framer), []);
  framer.expectPong();
  assertEquals(frames("\r\n\r\n", framer), ["(ping)", "(pong)"]);
});
