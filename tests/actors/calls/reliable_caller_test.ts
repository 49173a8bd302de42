// Reliable provisional responses to an outgoing INVITE: RFC 3262 §4, §5.
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { InvalidStateError } from "@strowger/sip";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";
import type { ResponseScript } from "../../support/scripted_peer.ts";

function reliable(rseq: number, more: ResponseScript = {}): ResponseScript {
  return { headers: ["Require: 100rel", `RSeq: ${rseq}`], ...more };
}

/** Refuses the INVITE, and asserts that nothing is left. */
function done(x: Exchange, ...reported: string[]) {
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.finish(...reported);
}

/** What RAck said, PRACK by PRACK. */
function racks(x: Exchange): (string | undefined)[] {
  return x.peer.requests("PRACK").map((prack) => prack.getHeader("RAck"));
}

/** Answers each PRACK with 200. */
function answerPracks(x: Exchange) {
  x.peer.script = (message) => {
    if (message.kind === "request" && message.method === "PRACK") x.peer.respond(message, 200);
  };
}

// "If the UAC does not wish to insist on usage of reliable provisional responses, but merely indicate
// that it supports them ..., a Supported header MUST be included in the request with the option tag
// 100rel. The UAC SHOULD include this in all INVITE requests."
Deno.test("every INVITE supports 100rel; a program may require it", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { extraHeaders: ["Require: 100rel"] });
  const invite = x.peer.request("INVITE");
  const supported = invite.parseHeader("Supported");
  assert(Array.isArray(supported) && supported.includes("100rel"));
  assertEquals(invite.parseHeader("Require"), ["100rel"]);
  done(x);
});

// "A Require header with the value 100rel MUST NOT be present in any requests excepting INVITE".
Deno.test("the PRACK itself requires nothing", () => {
  const x = new Exchange();
  x.invite({}, { extraHeaders: ["Require: 100rel"] });
  answerPracks(x);
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(1));
  assertEquals(x.peer.request("PRACK").hasHeader("Require"), false);
  done(x);
});

// "If the response is a 100 (Trying) (as opposed to 101 to 199), this option tag MUST be ignored, and
// the procedures below MUST NOT be used."
Deno.test("a 100 that looks reliable: no PRACK", () => {
  const x = new Exchange();
  x.invite({});
  x.peer.respond(x.peer.request("INVITE"), 100, reliable(1, { toTag: "far" }));
  x.clock.advance(TIMER_B);
  assertEquals(x.takeEvents(), ["INVITE"]);
  done(x);
});

for (
  const [what, headers] of [
    ["RSeq and no Require", ["RSeq: 1"]],
    ["Require and no RSeq", ["Require: 100rel"]],
    ["Require of something else", ["Require: foo", "RSeq: 1"]],
    ["RSeq beyond 32 bits", ["Require: 100rel", "RSeq: 4294967296"]],
    ["RSeq 0", ["Require: 100rel", "RSeq: 0"]],
    ["a broken RSeq", ["Require: 100rel", "RSeq: x"]],
  ] as const
) {
  Deno.test(`${what}: a response like any other; prack() throws`, () => {
    const x = new Exchange();
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), 180, { headers });
    assertEquals(x.takeEvents(), ["INVITE", "onProgress 180"]);
    assertThrows(() => x.progressed[0]?.prack(), InvalidStateError);
    x.clock.advance(TIMER_B);
    assertEquals(x.takeEvents(), []);
    done(x);
  });
}

Deno.test("Require has 100rel among others, in other letters: reliable", () => {
  const x = new Exchange();
  x.invite({});
  answerPracks(x);
  x.peer.respond(x.peer.request("INVITE"), 180, { headers: ["Require: foo, 100REL", "RSeq: 1"] });
  assertEquals(racks(x), ["1 1 INVITE"]);
  done(x);
});

// "if the UAC receives another reliable provisional response to the same request, and its RSeq value is
// not one higher than the value of the sequence number, that response MUST NOT be acknowledged with a
// PRACK, and MUST NOT be processed further by the UAC."
Deno.test("out of order: not acknowledged, told to nobody, until the gap is closed", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: (response) => void response.prack() }));
  const invite = x.peer.request("INVITE");
  answerPracks(x);
  x.takeEvents();
  for (const [rseq, status] of [[7, 181], [9, 183], [8, 182], [9, 183]] as const) {
    x.peer.respond(invite, status, reliable(rseq, { body: `${rseq}` }));
  }
  assertEquals(x.takeEvents(), [
    "onProgress 181",
    "PRACK",
    "onProgress 182",
    "PRACK",
    "onProgress 183",
    "PRACK",
  ]);
  assertEquals(racks(x), ["7 1 INVITE", "8 1 INVITE", "9 1 INVITE"]);
  done(x);
});

Deno.test("RSeq up to 2**32 - 1 is taken, and 1 after it is out of order", () => {
  const x = new Exchange();
  x.invite({});
  const invite = x.peer.request("INVITE");
  answerPracks(x);
  for (const rseq of [4294967294, 4294967295, 1]) x.peer.respond(invite, 180, reliable(rseq));
  assertEquals(racks(x), ["4294967294 1 INVITE", "4294967295 1 INVITE"]);
  done(x);
});

// "a UAC SHOULD NOT retransmit the PRACK request when it receives a retransmission of the provisional
// response being acknowledged": the PRACK is repeated as any other request is.
Deno.test("the response again, since the PRACK was lost: the transaction repeats the PRACK, and only it", () => {
  const x = new Exchange();
  x.invite({});
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, reliable(1));
  x.takeEvents();
  x.peer.respond(invite, 180, reliable(1));
  assertEquals(x.takeEvents(), []);
  x.clock.advance(500);
  assertEquals(x.takeEvents(), ["PRACK"]);
  assertEquals(new Set(x.peer.requests("PRACK").map(({ viaBranch }) => viaBranch)).size, 1);
  x.peer.respond(x.peer.request("PRACK"), 200);
  done(x);
});

Deno.test("an unreliable response between reliable ones does not count", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: () => {} }));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 183, reliable(1));
  x.peer.respond(invite, 180);
  x.peer.respond(invite, 183, reliable(2));
  assertEquals(x.takeEvents(), ["INVITE", "onProgress 183", "onProgress 180", "onProgress 183"]);
  answerPracks(x);
  for (const response of x.progressed) {
    if (response.message.hasHeader("RSeq")) response.prack();
  }
  done(x);
});

Deno.test("a number is kept for each early dialog by itself", () => {
  const x = new Exchange();
  x.invite({});
  const invite = x.peer.request("INVITE");
  answerPracks(x);
  x.peer.respond(invite, 180, reliable(7, { toTag: "one" }));
  x.peer.respond(invite, 180, reliable(7, { toTag: "two" }));
  x.peer.respond(invite, 183, reliable(8, { toTag: "two" }));
  x.peer.respond(invite, 183, reliable(8, { toTag: "one" }));
  assertEquals(
    x.peer.requests("PRACK").map((prack) => `${prack.toTag} ${prack.getHeader("RAck")}`),
    ["one 7 1 INVITE", "two 7 1 INVITE", "two 8 1 INVITE", "one 8 1 INVITE"],
  );
  done(x);
});

Deno.test("prack() twice, and session.prack(): the same request", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  const [response] = x.progressed;
  const first = response?.prack();
  assertStrictEquals(response?.prack({ extraHeaders: ["X-Any: thing"] }), first);
  const delegate = { onAccept: () => void x.events.push("accepted") };
  assertStrictEquals(response?.session?.prack(delegate), first);
  x.takeEvents();
  x.peer.respond(x.peer.request("PRACK"), 200);
  assertEquals([x.peer.requests("PRACK").length, ...x.takeEvents()], [1, "accepted"]);
  done(x);
});

Deno.test("session.prack() without a reliable response: InvalidStateError", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  assertThrows(() => x.progressed[0]?.session?.prack(), InvalidStateError);
  done(x);
});

Deno.test("prack() with what cannot be sent: an error, and then it can be called again", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  x.takeEvents();
  assertThrows(() => x.progressed[0]?.prack({ extraHeaders: ["X\n: y"] }));
  assertEquals(x.takeEvents(), []);
  answerPracks(x);
  x.progressed[0]?.prack();
  assertEquals([racks(x), x.peer.request("PRACK").cseq], [["7 1 INVITE"], 2]);
  done(x);
});

// A forgotten prack() is as a forgotten ack(): the far end repeats its response for 64*T1, and then
// refuses the INVITE.
Deno.test("onProgress that never calls prack(): the engine does after 32*T1, and reports it", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: () => {} }));
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  x.clock.advance(15_999);
  assertEquals(x.takeEvents(), ["INVITE", "onProgress 180"]);
  answerPracks(x);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["PRACK"]);
  assertEquals(x.errors.map(({ name }) => name), ["InvalidStateError"]);
  const late = x.progressed[0]?.prack();
  assertEquals(late?.message.getHeader("RAck"), "7 1 INVITE");
  assertEquals(x.peer.requests("PRACK").length, 1);
  done(x, "InvalidStateError");
});

Deno.test("several that are never acknowledged: the engine does it for each", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: () => {} }));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, reliable(7));
  x.peer.respond(invite, 183, reliable(8));
  answerPracks(x);
  x.progressed[1]?.prack();
  x.peer.respond(invite, 183, reliable(9));
  x.clock.advance(16_000);
  assertEquals(racks(x).sort(), ["7 1 INVITE", "8 1 INVITE", "9 1 INVITE"]);
  done(x, "InvalidStateError", "InvalidStateError");
});

Deno.test("the final response ends what is owed: no PRACK by the engine afterwards", () => {
  for (const status of [200, 486]) {
    const x = new Exchange();
    x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180, reliable(7));
    x.peer.respond(invite, status);
    x.takeEvents();
    x.clock.advance(TIMER_B);
    assertEquals(x.takeEvents().filter((event) => event === "PRACK"), []);
    if (status === 200) {
      x.lastSession().bye();
      x.peer.respond(x.peer.request("BYE"), 200);
    } else assertThrows(() => x.progressed[0]?.prack(), InvalidStateError);
    x.finish();
  }
});

Deno.test("the delegate comes later than the response: it was acknowledged already", () => {
  const x = new Exchange();
  const request = x.invite({});
  answerPracks(x);
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  request.delegate = x.recorder();
  x.takeEvents();
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  x.clock.advance(TIMER_B);
  assertEquals(x.takeEvents(), []);
  done(x);
});

Deno.test("onProgress that throws before prack(): reported; the engine acknowledges in time", () => {
  const x = new Exchange();
  x.invite(x.recorder({
    onProgress: () => {
      throw new Error("no");
    },
  }));
  answerPracks(x);
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  x.clock.advance(16_000);
  assertEquals(racks(x), ["7 1 INVITE"]);
  done(x, "DelegateError", "InvalidStateError");
});

for (const status of [481, 500, undefined]) {
  Deno.test(`the PRACK gets ${status ?? "no answer"}: its delegate is told, the call goes on`, () => {
    const x = new Exchange();
    x.invite(x.recorder({
      onProgress: (response) => {
        const note = (code: number) => void x.events.push(`PRACK ${code}`);
        response.prack().delegate = { onReject: ({ message }) => note(message.statusCode) };
      },
      onAccept: (response) => void response.ack(),
    }));
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, 180, reliable(7));
    if (status !== undefined) x.peer.respond(x.peer.request("PRACK"), status);
    x.clock.advance(TIMER_B);
    assert(x.takeEvents().includes(`PRACK ${status ?? 408}`));
    assertEquals(x.progressed[0]?.session?.sessionState, "Early");
    x.peer.respond(invite, 200);
    assertEquals(x.takeEvents(), ["onAccept 200", "ACK"]);
    x.lastSession().bye();
    x.peer.respond(x.peer.request("BYE"), 200);
    x.finish();
  });
}

Deno.test("the PRACK goes by the early dialog's route, to its Contact", () => {
  const x = new Exchange();
  x.invite({});
  x.peer.respond(x.peer.request("INVITE"), 180, {
    contact: "<sip:bob@elsewhere.example>",
    headers: [
      "Require: 100rel",
      "RSeq: 1",
      "Record-Route: <sip:far.example;lr>, <sip:bob.example;lr>",
    ],
  });
  const prack = x.peer.request("PRACK");
  assertEquals(`${prack.ruri}`, "sip:bob@elsewhere.example");
  assertEquals(prack.parseHeader("Route")?.toString(), "<sip:bob.example;lr>,<sip:far.example;lr>");
  x.peer.respond(prack, 200);
  done(x);
});

Deno.test("request.dispose() and session.dispose(): the PRACK is repeated no more", () => {
  for (const what of ["request", "session"]) {
    const x = new Exchange();
    const request = x.invite(x.recorder({ onProgress: (response) => void response.prack() }));
    x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
    x.takeEvents();
    if (what === "request") request.dispose();
    else x.progressed[0]?.session?.dispose();
    x.clock.advance(TIMER_B);
    assertEquals(x.takeEvents(), []);
    if (what === "request") x.finish();
    else done(x);
  }
});

Deno.test("a reliable response in an early dialog that was hung up: no PRACK", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: ({ session }) => void session?.bye() }));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.peer.respond(invite, 183, reliable(1));
  x.clock.advance(16_000);
  assertEquals(x.peer.requests("PRACK").length, 0);
  done(x);
});

// §5: "If the INVITE contained an offer, the UAS MAY generate an answer in a reliable provisional
// response".
Deno.test("offer in the INVITE, answer in the 183: Stable before the call is up", () => {
  const x = new Exchange();
  x.invite(
    x.recorder({
      onProgress: (response) => void response.prack(),
      onAccept: (response) => void response.ack(),
    }),
    { body: sdp("offer") },
  );
  const invite = x.peer.request("INVITE");
  answerPracks(x);
  x.peer.respond(invite, 183, reliable(1, { body: "answer" }));
  const session = x.progressed[0]?.session;
  assertEquals(session?.signalingState, "Stable");
  assertEquals([session?.offer?.content, session?.answer?.content], ["offer", "answer"]);
  x.peer.respond(invite, 200);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// "If the UAC receives a reliable provisional response with an offer ..., it MUST generate an answer
// in the PRACK."
Deno.test("offer in the 183, answer in the PRACK: Stable", () => {
  const x = new Exchange();
  x.invite(x.recorder({
    onProgress: (response) => void response.prack({ body: sdp("answer") }),
  }));
  answerPracks(x);
  x.peer.respond(x.peer.request("INVITE"), 183, reliable(1, { body: "offer" }));
  const session = x.progressed[0]?.session;
  assertEquals(x.peer.request("PRACK").body, "answer");
  assertEquals(session?.signalingState, "Stable");
  assertEquals([session?.offer?.content, session?.answer?.content], ["offer", "answer"]);
  done(x);
});

Deno.test("offer in the 183, and nobody listens: PRACK, and the call is cancelled", () => {
  const x = new Exchange();
  x.invite({ onReject: ({ message }) => void x.events.push(`onReject ${message.statusCode}`) });
  const invite = x.peer.request("INVITE");
  answerPracks(x);
  x.peer.respond(invite, 183, reliable(1, { body: "offer" }));
  assertEquals(x.takeEvents(), ["INVITE", "PRACK", "CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  assertEquals(x.takeEvents(), ["ACK", "onReject 487"]);
  x.finish();
});

Deno.test("offer in the 183, and prack() is never called: PRACK after 32*T1, and CANCEL", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: () => {} }));
  const invite = x.peer.request("INVITE");
  answerPracks(x);
  x.peer.respond(invite, 183, reliable(1, { body: "offer" }));
  x.takeEvents();
  x.clock.advance(16_000);
  assertEquals(x.takeEvents(), ["PRACK", "CANCEL"]);
  x.peer.respond(x.peer.request("CANCEL"), 200);
  x.peer.respond(invite, 487);
  x.finish("InvalidStateError");
});

// "If the UAC receives a reliable provisional response with an answer, it MAY generate an additional
// offer in the PRACK. If the UAS receives a PRACK with an offer, it MUST place the answer in the 2xx to
// the PRACK."
function secondOffer(x: Exchange) {
  x.invite(
    x.recorder({ onProgress: (response) => void response.prack({ body: sdp("offer 2") }) }),
    { body: sdp("offer 1") },
  );
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 183, reliable(1, { body: "answer 1" }));
  const session = x.progressed[0]?.session;
  assertEquals(x.peer.request("PRACK").body, "offer 2");
  assertEquals([session?.signalingState, session?.offer?.content], ["HaveLocalOffer", "offer 2"]);
  return session;
}

Deno.test("another offer in the PRACK, its answer in the 2xx: Stable", () => {
  const x = new Exchange();
  const session = secondOffer(x);
  x.peer.respond(x.peer.request("PRACK"), 200, { body: "answer 2" });
  assertEquals(session?.signalingState, "Stable");
  assertEquals([session?.offer?.content, session?.answer?.content], ["offer 2", "answer 2"]);
  done(x);
});

for (const status of [200, 488, undefined]) {
  const what = status === undefined ? "no response" : `${status} without an answer`;
  Deno.test(`another offer in the PRACK, and ${what}: what was agreed on before holds`, () => {
    const x = new Exchange();
    const session = secondOffer(x);
    if (status === undefined) x.clock.advance(TIMER_B);
    else x.peer.respond(x.peer.request("PRACK"), status);
    assertEquals(session?.signalingState, "Stable");
    assertEquals([session?.offer?.content, session?.answer?.content], ["offer 1", "answer 1"]);
    done(x);
  });
}

Deno.test("an offer in the PRACK while the INVITE's is open: InvalidStateError, nothing sent", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer") });
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(1));
  x.takeEvents();
  assertThrows(() => x.progressed[0]?.prack({ body: sdp("another") }), InvalidStateError);
  assertEquals(x.takeEvents(), []);
  answerPracks(x);
  x.progressed[0]?.prack();
  assertEquals(x.progressed[0]?.session?.signalingState, "HaveLocalOffer");
  done(x);
});

// §4: "The UAC MUST maintain a sequence number that indicates the most recently received in-order
// reliable provisional response for the initial request."
Deno.test("a re-INVITE: its reliable responses have numbers of their own", () => {
  const x = new Exchange();
  x.invite(
    x.recorder({
      onProgress: (response) => void response.prack(),
      onAccept: (response) => void response.ack(),
    }),
    { body: sdp("offer 1") },
  );
  const invite = x.peer.request("INVITE");
  answerPracks(x);
  x.peer.respond(invite, 183, reliable(700, { body: "answer 1" }));
  x.peer.respond(invite, 200);
  const session = x.lastSession();
  session.invite(
    x.recorder({
      onProgress: (response) => void response.prack(),
      onAccept: (response) => void response.ack(),
    }),
    { body: sdp("offer 2") },
  );
  const again = x.peer.request("INVITE");
  x.takeEvents();
  x.peer.respond(again, 183, reliable(3, { body: "answer 2" }));
  assertEquals(x.takeEvents(), ["onProgress 183", "PRACK"]);
  assertEquals(racks(x), ["700 1 INVITE", `3 ${again.cseq} INVITE`]);
  assertStrictEquals(x.progressed[0]?.prack(), x.progressed[0]?.prack());
  assertEquals(x.peer.requests("PRACK").length, 2);
  x.peer.respond(again, 200);
  assertEquals([session.signalingState, session.answer?.content], ["Stable", "answer 2"]);
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

for (const isHeard of [true, false]) {
  const who = isHeard ? "an onProgress that calls no prack()" : "nobody listens";
  Deno.test(`10,000 reliable responses, and ${who}: what is kept and sent is limited`, () => {
    const x = new Exchange();
    x.invite(isHeard ? { onProgress: () => {} } : {});
    const invite = x.peer.request("INVITE");
    for (let rseq = 1; rseq <= 10_000; rseq++) x.peer.respond(invite, 180, reliable(rseq));
    x.clock.advance(16_000);
    assert(x.core.live.clients <= 100, `${x.core.live.clients} client transactions`);
    assert(new Set(racks(x)).size <= 100);
    x.core.dispose();
  });
}
