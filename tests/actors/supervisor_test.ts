// What comes in, and whom it is for: RFC 3261 §17.1.3, §17.2.3, §18.1.2, §18.2.2, §8.2.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Fault } from "@strowger/sip";
import { Exchange, TIMER_B } from "../support/exchange.ts";
import { messageText } from "../support/scripted_peer.ts";

function ringing(x: Exchange) {
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.takeEvents();
  return invite;
}

function end(x: Exchange, ...reported: string[]) {
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.finish(...reported);
}

// "If ... the "sent-by" parameter in the topmost Via ... does not correspond to a value that the client
// transport is configured to insert into requests, the response MUST be silently discarded."
for (const status of [180, 200, 486]) {
  Deno.test(`a ${status} with another sent-by: silently discarded`, () => {
    const x = new Exchange();
    const invite = ringing(x);
    const text = x.peer.write(invite, status, { toTag: "other" });
    x.peer.send(text.replace("alice.example:5060;", "mallory.example:5060;"));
    assertEquals(x.takeEvents(), []);
    assertEquals(x.core.dropped, 1);
    end(x);
  });
}

Deno.test("a 200 with another sent-by to an INVITE that was disposed of: silently discarded", () => {
  const x = new Exchange();
  x.invite().dispose();
  x.takeEvents();
  const text = x.peer.write(x.peer.request("INVITE"), 200);
  x.peer.send(text.replace("alice.example:5060;", "mallory.example:5060;"));
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("a response whose sent-by host is written in capitals: it is the same host", () => {
  const x = new Exchange();
  const invite = ringing(x);
  x.peer.send(x.peer.write(invite, 486).replace("alice.example:5060;", "ALICE.example:5060;"));
  assertEquals(x.takeEvents(), ["ACK", "onReject 486"]);
  x.finish();
});

// "The method of the request that created the transaction matches the method in the CSeq header field."
for (const method of ["BYE", "CANCEL", "OPTIONS"]) {
  Deno.test(`a response with the INVITE's branch and ${method} in CSeq: dropped`, () => {
    const x = new Exchange();
    const invite = ringing(x);
    for (const status of [180, 200, 486]) {
      x.peer.send(x.peer.write(invite, status).replace("1 INVITE", `1 ${method}`));
    }
    assertEquals(x.takeEvents(), []);
    assertEquals(x.core.dropped, 3);
    end(x);
  });
}

for (const status of [180, 486]) {
  Deno.test(`a ${status} with a guessed branch: dropped`, () => {
    const x = new Exchange();
    const invite = ringing(x);
    x.peer.send(x.peer.write(invite, status).replace(invite.viaBranch ?? "", "z9hG4bKguess"));
    assertEquals(x.takeEvents(), []);
    assertEquals(x.core.dropped, 1);
    end(x);
  });
}

// Whoever has seen a branch only, as in a Via that a proxy has passed on, has not seen the request.
for (
  const [what, line, other] of [
    ["Call-ID", /^Call-ID: /m, "Call-ID: x"],
    ["From tag", /^(From: .*;tag=)/m, "$1x"],
    ["CSeq number", /^CSeq: 1 /m, "CSeq: 2 "],
  ] as const
) {
  Deno.test(`a response with the INVITE's branch and another ${what}: dropped, and counted`, () => {
    const x = new Exchange();
    const invite = ringing(x);
    for (const status of [180, 200, 401, 486]) {
      const text = x.peer.write(invite, status);
      assert(line.test(text));
      x.peer.send(text.replace(line, other));
    }
    assertEquals(x.takeEvents(), []);
    assertEquals(x.core.dropped, 4);
    end(x);
  });
}

Deno.test("a 200 to no INVITE of ours: dropped", () => {
  const x = new Exchange();
  const invite = ringing(x);
  const text = x.peer.write(invite, 200).replace(invite.viaBranch ?? "", "z9hG4bKguess");
  x.peer.send(text.replace(invite.callId, "unknown"));
  x.peer.send(text.replace(/(?<=From: .*;tag=)\w+/, "unknown"));
  assertEquals(x.takeEvents(), []);
  assertEquals(x.core.dropped, 2);
  end(x);
});

// §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard
// the message."
Deno.test("a response with two Vias: dropped", () => {
  const x = new Exchange();
  const invite = ringing(x);
  const text = x.peer.write(invite, 486);
  x.peer.send(text.replace("From:", "Via: SIP/2.0/UDP other.example;branch=z9hG4bKx\r\nFrom:"));
  assertEquals(x.takeEvents(), []);
  assertEquals(x.core.dropped, 1);
  end(x);
});

Deno.test("a response to a CANCEL or BYE that was never sent: dropped", () => {
  const x = new Exchange();
  const invite = ringing(x);
  x.peer.send(x.peer.write(invite, 200, { contact: null }).replace("1 INVITE", "1 CANCEL"));
  assertEquals([x.takeEvents(), x.core.dropped], [[], 1]);
  end(x);
});

Deno.test("calls do not hear of each other", () => {
  const x = new Exchange();
  const told: string[] = [];
  for (const name of ["one", "two", "three"]) {
    x.invite({ onReject: ({ message }) => void told.push(`${name} ${message.statusCode}`) });
  }
  const [one, two, three] = x.peer.requests("INVITE");
  if (one && two && three) {
    x.peer.respond(two, 486);
    x.peer.respond(three, 603);
    x.peer.respond(one, 404);
  }
  assertEquals(told, ["two 486", "three 603", "one 404"]);
  x.finish();
});

// §8.2.6.2, §18.2.2.
Deno.test("an answer repeats Via, From, To, Call-ID and CSeq of its request", () => {
  const x = new Exchange();
  x.peer.send(messageText([
    "OPTIONS sip:alice@alice.example SIP/2.0",
    "v: SIP/2.0/UDP bob.example:5060;branch=z9hG4bK1;x=y",
    "Via: SIP/2.0/UDP first.example;branch=z9hG4bK0, SIP/2.0/TCP zeroth.example;branch=z9hG4bK",
    'f: "Bob, B" <sip:bob@bob.example>;tag=9;z',
    "t: Alice <sip:alice@alice.example>",
    "i: a@b",
    "CSeq: 0009 OPTIONS",
    "Max-Forwards: 70",
  ]));
  const response = x.peer.response("OPTIONS");
  assertEquals(response.statusCode, 480);
  assertEquals(response.getHeaders("Via"), [
    "SIP/2.0/UDP bob.example:5060;branch=z9hG4bK1;x=y",
    "SIP/2.0/UDP first.example;branch=z9hG4bK0",
    "SIP/2.0/TCP zeroth.example;branch=z9hG4bK",
  ]);
  assertEquals(response.getHeader("From"), '"Bob, B" <sip:bob@bob.example>;tag=9;z');
  assertMatch(response.getHeader("To") ?? "", /^Alice <sip:alice@alice.example>;tag=\w+$/);
  assertEquals([response.callId, response.cseq], ["a@b", 9]);
  x.finish();
});

Deno.test("an answer goes where the request came from, with received and rport (RFC 3581)", () => {
  const x = new Exchange();
  const nat = x.peerAt("192.0.2.9", 40_000);
  nat.ask("OPTIONS", { via: "SIP/2.0/UDP 10.1.1.1:5060;branch=z9hG4bK1;rport" });
  const via = nat.response("OPTIONS").getHeader("Via") ?? "";
  assertMatch(via, /;rport=40000/);
  assertMatch(via, /;received=192\.0\.2\.9/);
  x.finish();
});

Deno.test("without rport an answer goes to the source address and the port in Via", () => {
  const x = new Exchange();
  const source = x.peerAt("192.0.2.9", 40_000);
  const listening = x.peerAt("192.0.2.9", 5070);
  source.ask("OPTIONS", { via: "SIP/2.0/UDP 10.1.1.1:5070;branch=z9hG4bK1" });
  assertEquals([source.received.length, listening.received.length], [0, 1]);
  x.finish();
});

// §8.2.1, §21.5.2.
for (
  const [method, status] of [
    ["OPTIONS", 480],
    ["MESSAGE", 405],
    ["REGISTER", 405],
    ["REINVENT", 501],
  ] as const
) {
  Deno.test(`${method} outside of a dialog: ${status} with Allow`, () => {
    const x = new Exchange();
    x.peer.ask(method, { branch: "z9hG4bKa" });
    x.peer.ask(method, { branch: "z9hG4bKa" });
    assertEquals(x.takeEvents(), [`${status} ${method}`, `${status} ${method}`]);
    assert(x.peer.response(method).hasHeader("Allow"));
    x.finish();
  });
}

for (const method of ["BYE", "INFO", "PRACK", "INVITE"]) {
  Deno.test(`${method} with tags of no dialog: 481`, () => {
    const x = new Exchange();
    x.takeInvites();
    x.peer.ask(method, { toTag: "unknown", branch: "z9hG4bKa" });
    assertEquals(x.takeEvents(), [`481 ${method}`]);
    if (method === "INVITE") x.peer.ask("ACK", { toTag: "unknown", branch: "z9hG4bKa" });
    x.finish();
  });
}

Deno.test("CANCEL without match: 481", () => {
  const x = new Exchange();
  x.peer.ask("CANCEL");
  assertEquals(x.takeEvents(), ["481 CANCEL"]);
  x.finish();
});

// §17.1.1.3: an ACK is never answered.
Deno.test("an ACK that nobody waits for: dropped", () => {
  const x = new Exchange();
  x.peer.ask("ACK");
  x.peer.ask("ACK", { toTag: "unknown" });
  assertEquals([x.takeEvents(), x.core.dropped], [[], 2]);
  x.assertEmpty();
  x.finish();
});

for (
  const [what, change, status] of [
    ["CSeq out of range", ["CSeq: 1 ", "CSeq: 4294967296 "], 400],
    ["a CSeq of another method", ["1 INVITE", "1 BYE"], 400],
    ["another version", ["SIP/2.0\r\nVia", "SIP/7.0\r\nVia"], 505],
    ["a body that is too short", ["Content-Length: 0", "Content-Length: 100"], 400],
    ["a negative Content-Length", ["Content-Length: 0", "Content-Length: -1"], 400],
    ["two Call-IDs", ["CSeq:", "Call-ID: b\r\nCSeq:"], 400],
  ] as const
) {
  Deno.test(`a broken INVITE, ${what}: ${status}, dropped and counted; no state`, () => {
    const x = new Exchange();
    x.takeInvites();
    x.peer.send(x.peer.writeRequest("INVITE").replace(change[0], change[1]));
    // An answer repeats a broken CSeq as it came, so it cannot be read either.
    const [text] = [...x.peer.texts, ...x.peer.unreadable.splice(0)];
    assertMatch(text ?? "", new RegExp(`^SIP/2.0 ${status} `, "m"));
    assertEquals([x.invited.length, x.core.dropped], [0, 1]);
    x.assertEmpty();
    x.finish();
  });
}

for (
  const [what, text] of [
    ["nothing", ""],
    ["two CRLFs", "\r\n\r\n"],
    ["a STUN request", "\0\x01\0\0!\x12\xa4B"],
    ["a line of text", "hello"],
    ["a start line", "INVITE sip:alice@alice.example SIP/2.0\r\n\r\n"],
    ["a status line", "SIP/2.0 200 OK\r\n\r\n"],
    ["a broken response", "SIP/2.0 200 OK\r\nVia: ?\r\nCSeq: 1 INVITE\r\n\r\n"],
    ["a broken ACK", "ACK sip:alice@alice.example SIP/2.0\r\nVia: SIP/2.0/UDP bob.example\r\n\r\n"],
  ] as const
) {
  Deno.test(`what cannot be answered (${what}) is dropped and counted`, () => {
    const x = new Exchange();
    x.peer.send(text);
    assertEquals(x.takeEvents(), []);
    assert(x.core.dropped <= 1);
    x.assertEmpty();
    x.finish();
  });
}

Deno.test("a request over UDP whose lines end in bare LF: 400", () => {
  const x = new Exchange();
  x.peer.send(x.peer.writeRequest("OPTIONS").replaceAll("\r\n", "\n"));
  assertEquals(x.takeEvents(), ["400 OPTIONS"]);
  assertEquals(x.core.dropped, 1);
  x.assertEmpty();
  x.finish();
});

// A stream's fault comes from the transport; the answer goes back by its connection.
for (const answerable of [true, false]) {
  Deno.test(`a stream that cannot be cut any more: ${answerable ? "one answer" : "none, if there is nothing to answer"}`, () => {
    const x = new Exchange({ protocol: "TCP" });
    const request = {
      method: "INVITE",
      via: ["SIP/2.0/TCP bob.example:5060;branch=z9hG4bK1"],
      from: "<sip:bob@bob.example>;tag=1",
      to: "<sip:alice@alice.example>",
      callId: "a",
      cseq: "1 INVITE",
    };
    const fault = new Fault({
      header: "Content-Length",
      offset: 10,
      expected: "a number",
      found: "?",
      ...answerable ? { request } : {},
    });
    x.transport.receiver?.fault(fault, { host: "bob.example", port: 5060, connection: "1" });
    assertEquals(x.takeEvents(), answerable ? ["400 INVITE"] : []);
    assertEquals(x.core.dropped, 1);
    x.assertEmpty();
    x.finish();
  });
}

Deno.test("10,000 stray responses leave nothing behind", () => {
  const x = new Exchange();
  const invite = ringing(x);
  const text = x.peer.write(invite, 200);
  for (let i = 0; i < 10_000; i++) {
    x.peer.send(
      text.replace(invite.viaBranch ?? "", `z9hG4bK${i}`).replace(invite.callId, `call-${i}`),
    );
  }
  assertEquals(x.core.dropped, 10_000);
  assertEquals(x.core.live.clients, 1);
  assertEquals(x.takeEvents(), []);
  end(x);
});

Deno.test("10,000 stray ACKs leave nothing behind", () => {
  const x = new Exchange();
  for (let i = 0; i < 10_000; i++) x.peer.ask("ACK", { callId: `call-${i}`, toTag: `tag-${i}` });
  assertEquals(x.core.dropped, 10_000);
  x.assertEmpty();
});

for (const method of ["CANCEL", "BYE", "OPTIONS", "INVITE"]) {
  Deno.test(`10,000 stray ${method}s leave nothing behind after 64*T1`, () => {
    const x = new Exchange({ protocol: method === "INVITE" ? "TCP" : "UDP" });
    let answers = 0;
    x.peer.onMessage = () => answers++;
    for (let i = 0; i < 10_000; i++) {
      x.peer.ask(method, { callId: `call-${i}`, ...method === "BYE" ? { toTag: "x" } : {} });
    }
    assertEquals(answers, 10_000);
    x.peer.received.length = 0;
    x.clock.advance(TIMER_B + 5000);
    x.assertSound();
    x.assertEmpty();
  });
}

Deno.test("a request is answered in a core that is running only", async () => {
  const x = new Exchange();
  await x.core.dispose();
  x.peer.ask("OPTIONS");
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("trace is told of every message, before it is sent and before it is taken in", () => {
  const trace: string[] = [];
  const x = new Exchange({
    configuration: {
      trace: ({ direction, bytes, protocol, remote }) => {
        const line = new TextDecoder().decode(bytes).split(" ", 2).join(" ");
        trace.push(`${direction} ${protocol} ${remote.host} ${line}`);
      },
    },
  });
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(trace, [
    "out UDP bob.example INVITE sip:bob@bob.example:5060",
    "in UDP bob.example SIP/2.0 486",
    "out UDP bob.example ACK sip:bob@bob.example:5060",
  ]);
  x.finish();
});

Deno.test("what the configuration says of every request: routes, User-Agent; and Server in answers", () => {
  const x = new Exchange({
    configuration: {
      routeSet: ["<sip:bob.example;lr>"],
      userAgentHeaderFieldValue: "Tester/1",
    },
  });
  x.invite(x.recorder(), { to: "sip:carol@carol.example" });
  const invite = x.peer.request("INVITE");
  assertEquals(invite.getHeaders("Route"), ["<sip:bob.example;lr>"]);
  assertEquals(invite.getHeader("User-Agent"), "Tester/1");
  assertEquals(invite.getHeaders("Contact"), ["<sip:alice@alice.example:5060>"]);
  assert(invite.getHeaders("Allow").includes("BYE"));
  x.peer.ask("OPTIONS");
  assertEquals(x.peer.response("OPTIONS").getHeader("Server"), "Tester/1");
  x.peer.respond(invite, 486);
  x.finish();
});
