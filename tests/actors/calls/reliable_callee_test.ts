// Reliable provisional responses to an INVITE that came in: RFC 3262 §3, §5.
import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import {
  type IncomingInviteRequest,
  type IncomingPrackRequest,
  InvalidStateError,
  type ResponseOptions,
} from "@strowger/sip";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

const BRANCH = "z9hG4bKinvite";
const SUPPORTED = { headers: ["Supported: 100rel"] };
const REQUIRED = { headers: ["Require: 100rel"] };

/** What a program says to have a response sent reliably. */
function reliably(statusCode: number, more: Partial<ResponseOptions> = {}): ResponseOptions {
  return { statusCode, extraHeaders: ["Require: 100rel"], ...more };
}

function arrive(x: Exchange, script: object = SUPPORTED): IncomingInviteRequest {
  x.takeInvites();
  x.peer.ask("INVITE", { branch: BRANCH, ...script });
  assertEquals(x.takeEvents(), ["onInvite"]);
  return x.lastInvite();
}

function rseq(x: Exchange): number {
  const value = x.peer.response("INVITE").parseHeader("RSeq");
  if (typeof value !== "number") throw new Error("the last response has no RSeq");
  return value;
}

/** Sends a PRACK, by default for the last response. */
function prack(x: Exchange, { number = rseq(x), cseq = 2, rack = "", body = "" } = {}): void {
  x.peer.ask("PRACK", {
    toTag: x.peer.response("INVITE").toTag ?? "",
    cseq,
    headers: [`RAck: ${rack === "" ? `${number} 1 INVITE` : rack}`],
    body,
  });
}

function acknowledge(x: Exchange): void {
  x.peer.ask("ACK", { branch: BRANCH, toTag: x.peer.response("INVITE").toTag ?? "" });
}

/** Refuses the INVITE, and asserts that nothing is left. */
function refuse(x: Exchange, ...reported: string[]): void {
  x.lastInvite().reject();
  acknowledge(x);
  x.finish(...reported);
}

/** The ACK to a 2xx, and a BYE. */
function endCall(x: Exchange, ...reported: string[]): void {
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { toTag });
  x.peer.ask("BYE", { toTag, cseq: 100 });
  x.finish(...reported);
}

// "it MUST contain a Require header field containing the option tag 100rel, and MUST include an RSeq
// header field. The value of the header field for the first reliable provisional response in a
// transaction MUST be between 1 and 2**31 - 1."
const WAYS: [string, object, ResponseOptions][] = [
  ["the program requires it", SUPPORTED, reliably(183)],
  ["the program requires it, as it does with SIP.js", SUPPORTED, {
    statusCode: 183,
    extraHeaders: ["Require: 100rel", "RSeq: 4711"],
  }],
  ["the program requires it in other letters", SUPPORTED, {
    statusCode: 183,
    extraHeaders: ["require: foo, 100REL"],
  }],
  ["the INVITE requires it", REQUIRED, { statusCode: 183 }],
  ["the INVITE requires it, and so does the program", REQUIRED, reliably(183)],
];
for (const [what, script, options] of WAYS) {
  Deno.test(`progress() where ${what}: RSeq and Require, and repeated until its PRACK`, () => {
    const x = new Exchange();
    const request = arrive(x, script);
    const { session, message } = request.progress(options);
    const response = x.peer.response("INVITE");
    assertEquals(x.takeEvents(), ["183 INVITE"]);
    const required = response.parseHeader("Require");
    assert(Array.isArray(required));
    assertEquals(required.filter((tag) => tag.toLowerCase() === "100rel").length, 1);
    assertEquals(response.getHeaders("RSeq").length, 1);
    assert(rseq(x) >= 1 && rseq(x) < 2 ** 31);
    assertNotEquals(rseq(x), 4711);
    assertMatch(message, new RegExp(`\r\nRSeq: ${rseq(x)}\r\n`));
    assertEquals(session.sessionState, "Early");
    x.clock.advance(500);
    assertEquals(x.takeEvents(), ["183 INVITE"]);
    assertEquals(new Set(x.peer.responses("INVITE").map((each) => each.getHeader("RSeq"))).size, 1);
    prack(x);
    x.clock.advance(100_000);
    assertEquals(x.takeEvents(), ["200 PRACK"]);
    refuse(x);
  });
}

// "The usage of RSeq numbering space is within a single transaction", "It is RECOMMENDED that it be
// chosen uniformly in this range."
Deno.test("the first RSeq is drawn from the core's random source", () => {
  const numbers = [0, 255].map((octet) => {
    const x = new Exchange({ configuration: { random: (octets) => void octets.fill(octet) } });
    arrive(x).progress(reliably(180));
    const number = rseq(x);
    prack(x);
    refuse(x);
    return number;
  });
  assertEquals(new Set(numbers).size, 2);
  for (const number of numbers) assert(number >= 1 && number < 2 ** 31, `${number}`);
});

// "If the request did not include either a Supported or Require header field indicating this feature,
// the UAS MUST NOT send the provisional response reliably."
for (
  const [what, headers] of [
    ["says nothing of 100rel", []],
    ["supports something else", ["Supported: timer, replaces"]],
  ] as const
) {
  Deno.test(`progress() with Require: 100rel, and a caller that ${what}: InvalidStateError`, () => {
    const x = new Exchange();
    const request = arrive(x, { headers });
    assertThrows(() => request.progress(reliably(183)), InvalidStateError, "100rel");
    assertEquals(x.takeEvents(), []);
    request.progress();
    assertEquals(x.peer.response("INVITE").hasHeader("RSeq"), false);
    refuse(x);
  });
}

// "A UAS MUST NOT attempt to send a 100 (Trying) response reliably."
Deno.test("a 100 is never reliable, whatever the INVITE requires", () => {
  const x = new Exchange();
  const request = arrive(x, REQUIRED);
  request.trying();
  const response = x.peer.response("INVITE");
  assertEquals([response.statusCode, response.hasHeader("RSeq")], [100, false]);
  x.clock.advance(10_000);
  assertEquals(x.takeEvents(), ["100 INVITE"]);
  refuse(x);
});

Deno.test("a caller that supports 100rel, and a program that does not ask: not reliable", () => {
  const x = new Exchange();
  arrive(x).progress();
  const response = x.peer.response("INVITE");
  assertEquals([response.hasHeader("RSeq"), response.hasHeader("Require")], [false, false]);
  x.clock.advance(10_000);
  assertEquals(x.takeEvents(), ["180 INVITE"]);
  refuse(x);
});

// "an interval that starts at T1 seconds and doubles for each retransmission ... This differs from
// retransmissions of 2xx responses, whose intervals cap at T2 seconds". It is end to end, and so
// whatever the transport is.
for (const protocol of ["UDP", "TCP"]) {
  Deno.test(`no PRACK over ${protocol}: repeated at T1 and doubling; 504 after 64*T1`, () => {
    const x = new Exchange({ protocol });
    const times: number[] = [];
    const request = arrive(x);
    x.peer.script = () => times.push(x.clock.now());
    request.progress(reliably(183));
    x.clock.advance(TIMER_B - 1);
    assertEquals(times, [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    x.takeEvents();
    x.clock.advance(1);
    assertEquals(x.takeEvents(), ["504 INVITE"]);
    assertThrows(() => request.accept(), InvalidStateError);
    acknowledge(x);
    x.finish("TimeoutError");
  });
}

Deno.test("no PRACK: onPrackTimeout instead of a report", () => {
  const x = new Exchange();
  const { session } = arrive(x).progress(reliably(183));
  session.delegate = { onPrackTimeout: () => void x.events.push("onPrackTimeout") };
  x.clock.advance(TIMER_B - 1);
  x.takeEvents();
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["504 INVITE", "onPrackTimeout"]);
  assertEquals(session.sessionState, "Terminated");
  acknowledge(x);
  x.finish();
});

Deno.test("the INVITE again: the last response again, whether it was reliable or not", () => {
  const x = new Exchange();
  const request = arrive(x);
  const again = () => x.peer.ask("INVITE", { branch: BRANCH, ...SUPPORTED });
  request.progress(reliably(183));
  again();
  assertEquals(x.takeEvents(), ["183 INVITE", "183 INVITE"]);
  assertEquals(new Set(x.peer.responses("INVITE").map((each) => each.getHeader("RSeq"))).size, 1);
  prack(x);
  request.progress();
  again();
  assertEquals(x.takeEvents(), ["200 PRACK", "180 INVITE", "180 INVITE"]);
  refuse(x);
});

// "The UAS MUST NOT send a second reliable provisional response until the first is acknowledged."
// "The value of the RSeq in each subsequent reliable provisional response for the same request MUST be
// greater by exactly one."
Deno.test("three reliable responses at once: each goes when the one before has its PRACK, RSeq + 1", () => {
  const x = new Exchange();
  const request = arrive(x);
  const numbers = [183, 180, 182].map((status) => {
    const { message } = request.progress(reliably(status));
    return Number(/\r\nRSeq: (\d+)/.exec(message)?.[1]);
  });
  const [first = 0] = numbers;
  assertEquals(numbers, [first, first + 1, first + 2]);
  assertEquals(x.takeEvents(), ["183 INVITE"]);
  x.clock.advance(600);
  assertEquals(x.takeEvents(), ["183 INVITE"]);
  prack(x, { cseq: 2 });
  assertEquals(x.takeEvents(), ["200 PRACK", "180 INVITE"]);
  assertEquals(rseq(x), first + 1);
  x.clock.advance(500);
  assertEquals(x.takeEvents(), ["180 INVITE"]);
  prack(x, { cseq: 3 });
  assertEquals(x.takeEvents(), ["200 PRACK", "182 INVITE"]);
  prack(x, { cseq: 4 });
  assertEquals(x.takeEvents(), ["200 PRACK"]);
  refuse(x);
});

Deno.test("the second gets no PRACK: it has 64*T1 of its own", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.progress(reliably(183));
  x.clock.advance(20_000);
  prack(x);
  request.progress(reliably(180));
  x.clock.advance(TIMER_B - 1);
  assert(!x.takeEvents().includes("504 INVITE"));
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["504 INVITE"]);
  acknowledge(x);
  x.finish("TimeoutError");
});

Deno.test("an unreliable response does not wait for a reliable one", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.progress(reliably(183));
  request.progress({ statusCode: 180 });
  assertEquals(x.takeEvents(), ["183 INVITE", "180 INVITE"]);
  prack(x, { number: Number(x.peer.responses("INVITE")[0]?.getHeader("RSeq")) });
  assertEquals(x.takeEvents(), ["200 PRACK"]);
  refuse(x);
});

// "If a PRACK request is received by the UA core that does not match any unacknowledged reliable
// provisional response, the UAS MUST respond to the PRACK with a 481 response." A matching one is one
// "within the same dialog as the response, and whose method, CSeq-num, and response-num in the RAck
// header field match".
for (
  const [what, rack] of [
    ["another RSeq", (number: number) => `${number + 1} 1 INVITE`],
    ["another CSeq", (number: number) => `${number} 2 INVITE`],
    ["another method", (number: number) => `${number} 1 UPDATE`],
    // §7.2: "The method name in the RAck header is case sensitive."
    ["the method in other letters", (number: number) => `${number} 1 invite`],
  ] as const
) {
  Deno.test(`a PRACK with ${what}: 481, and the response is repeated on`, () => {
    const x = new Exchange();
    const { session } = arrive(x).progress(reliably(183));
    session.delegate = { onPrack: () => void x.events.push("onPrack") };
    x.takeEvents();
    prack(x, { rack: rack(rseq(x)) });
    x.clock.advance(500);
    assertEquals(x.takeEvents(), ["481 PRACK", "183 INVITE"]);
    prack(x, { cseq: 3 });
    assertEquals(x.takeEvents(), ["onPrack", "200 PRACK"]);
    refuse(x);
  });
}

Deno.test("the same PRACK as another request: 481, since its response is acknowledged", () => {
  const x = new Exchange();
  arrive(x).progress(reliably(183));
  x.takeEvents();
  prack(x, { cseq: 2 });
  prack(x, { cseq: 3 });
  assertEquals(x.takeEvents(), ["200 PRACK", "481 PRACK"]);
  refuse(x);
});

Deno.test("the same PRACK again: the same answer, and onPrack once", () => {
  const x = new Exchange();
  const { session } = arrive(x).progress(reliably(183));
  session.delegate = { onPrack: () => void x.events.push("onPrack") };
  x.takeEvents();
  const text = x.peer.writeRequest("PRACK", {
    toTag: session.localTag,
    cseq: 2,
    headers: [`RAck: ${rseq(x)} 1 INVITE`],
  });
  x.peer.send(text);
  x.peer.send(text);
  assertEquals(x.takeEvents(), ["onPrack", "200 PRACK", "200 PRACK"]);
  refuse(x);
});

Deno.test("a PRACK without RAck, or with a broken one: 400", () => {
  for (const headers of [[], ["RAck: what"], ["RAck: 1 INVITE"]]) {
    const x = new Exchange();
    const { session } = arrive(x).progress(reliably(183));
    x.takeEvents();
    x.peer.ask("PRACK", { toTag: session.localTag, cseq: 2, headers });
    assertEquals(x.takeEvents(), ["400 PRACK"]);
    prack(x, { cseq: 3 });
    refuse(x);
  }
});

Deno.test("a PRACK in a session that has sent nothing reliably: 481", () => {
  const x = new Exchange();
  arrive(x).progress();
  x.takeEvents();
  prack(x, { number: 1 });
  assertEquals(x.takeEvents(), ["481 PRACK"]);
  refuse(x);
});

Deno.test("a PRACK of no dialog: 481", () => {
  const x = new Exchange();
  x.takeInvites();
  for (const toTag of ["unknown", undefined]) {
    const callId = `call ${toTag}`.replace(" ", "-");
    x.peer.ask("PRACK", {
      callId,
      ...toTag === undefined ? {} : { toTag },
      headers: ["RAck: 1 1 INVITE"],
    });
  }
  assertEquals(x.takeEvents(), ["481 PRACK", "481 PRACK"]);
  x.finish();
});

Deno.test("Allow names PRACK", () => {
  const x = new Exchange();
  arrive(x).accept();
  assert(x.peer.response("INVITE").getHeader("Allow")?.includes("PRACK"));
  endCall(x);
});

Deno.test("onPrack may answer by itself", () => {
  const x = new Exchange();
  const { session } = arrive(x).progress(reliably(183));
  session.delegate = {
    onPrack: (request) => void request.accept({ statusCode: 200, extraHeaders: ["X-Any: thing"] }),
  };
  prack(x);
  assertEquals(x.peer.response("PRACK").getHeader("X-Any"), "thing");
  refuse(x);
});

Deno.test("onPrack that throws, or rejects: 200, reported", async () => {
  for (const isAsync of [false, true]) {
    const x = new Exchange();
    const { session } = arrive(x).progress(reliably(183));
    session.delegate = {
      onPrack: isAsync ? () => Promise.reject(new Error("no")) as unknown as void : () => {
        throw new Error("no");
      },
    };
    x.takeEvents();
    prack(x);
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["200 PRACK"]);
    refuse(x, "DelegateError");
  }
});

Deno.test("accept() inside onPrack: 200 to the PRACK, then 200 to the INVITE", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  const { session } = request.progress(reliably(183, { body: sdp("answer") }));
  session.delegate = { onPrack: () => void request.accept() };
  x.takeEvents();
  prack(x);
  assertEquals(x.takeEvents(), ["200 PRACK", "200 INVITE"]);
  assertEquals(session.sessionState, "AckWait");
  endCall(x);
});

// "unless the final response is 2xx and any of the unacknowledged reliable provisional responses
// contained a session description. In that case, it MUST NOT send a final response until those
// provisional responses are acknowledged."
Deno.test("accept() with an unacknowledged answer: the 2xx waits for the PRACK", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  request.progress(reliably(183, { body: sdp("answer") }));
  const { session, message } = request.accept();
  assertMatch(message, /^SIP\/2.0 200 OK\r\n/);
  assertEquals(x.takeEvents(), ["183 INVITE"]);
  assertEquals(session.sessionState, "Early");
  x.clock.advance(500);
  assertEquals(x.takeEvents(), ["183 INVITE"]);
  prack(x);
  assertEquals(x.takeEvents(), ["200 PRACK", "200 INVITE"]);
  assertEquals([session.sessionState, session.signalingState], ["AckWait", "Stable"]);
  x.clock.advance(500);
  assertEquals(x.takeEvents(), ["200 INVITE"]);
  endCall(x);
});

Deno.test("accept() with several in line: all of them go before the 2xx", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  request.progress(reliably(180));
  request.progress(reliably(183, { body: sdp("answer") }));
  request.accept();
  assertEquals(x.takeEvents(), ["180 INVITE"]);
  prack(x, { cseq: 2 });
  assertEquals(x.takeEvents(), ["200 PRACK", "183 INVITE"]);
  prack(x, { cseq: 3 });
  assertEquals(x.takeEvents(), ["200 PRACK", "200 INVITE"]);
  endCall(x);
});

Deno.test("accept() that waits, and no PRACK: 504 in place of the 2xx", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  request.progress(reliably(183, { body: sdp("answer") }));
  const { session } = request.accept();
  x.clock.advance(TIMER_B - 1);
  x.takeEvents();
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["504 INVITE"]);
  assertEquals(session.sessionState, "Terminated");
  acknowledge(x);
  x.finish("TimeoutError");
});

Deno.test("while a 2xx waits: no other but a refusal, which takes its place", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  request.progress(reliably(183, { body: sdp("answer") }));
  request.accept();
  x.takeEvents();
  for (const late of [() => request.accept(), () => request.progress(), () => request.trying()]) {
    assertThrows(late, InvalidStateError);
  }
  assertEquals(x.takeEvents(), []);
  request.reject({ statusCode: 486 });
  assertEquals(x.takeEvents(), ["486 INVITE"]);
  acknowledge(x);
  prack(x, { number: Number(x.peer.responses("INVITE")[0]?.getHeader("RSeq")) });
  assertEquals(x.takeEvents(), ["200 PRACK"]);
  x.finish();
});

Deno.test("while a 2xx waits, CANCEL: onCancel and 487", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  request.progress(reliably(183, { body: sdp("answer") }));
  request.accept();
  x.takeEvents();
  x.peer.ask("CANCEL", { branch: BRANCH });
  assertEquals(x.takeEvents(), ["200 CANCEL", "onCancel", "487 INVITE"]);
  acknowledge(x);
  x.finish();
});

Deno.test("while a 2xx waits, BYE: 487", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  const { session } = request.progress(reliably(183, { body: sdp("answer") }));
  request.accept();
  x.takeEvents();
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  assertEquals(x.takeEvents().sort(), ["200 BYE", "487 INVITE"]);
  acknowledge(x);
  x.finish();
});

Deno.test("while a 2xx waits, its session is disposed of: the 2xx is never sent", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  request.progress(reliably(183, { body: sdp("answer") }));
  request.accept().session.dispose();
  x.takeEvents();
  prack(x);
  assertEquals(x.takeEvents(), ["200 PRACK", "480 INVITE"]);
  acknowledge(x);
  x.finish();
});

// "The UAS MAY send a final response to the initial request before having received PRACKs for all
// unacknowledged reliable provisional responses"; then "it SHOULD NOT continue to retransmit the
// unacknowledged reliable provisional responses, but it MUST be prepared to process PRACK requests for
// those outstanding responses."
Deno.test("accept() with no session description unacknowledged: at once; a PRACK is still taken", () => {
  const x = new Exchange();
  const request = arrive(x);
  const { session } = request.progress(reliably(180));
  const number = rseq(x);
  request.accept();
  assertEquals(x.takeEvents(), ["180 INVITE", "200 INVITE"]);
  x.peer.ask("ACK", { toTag: session.localTag });
  x.clock.advance(20_000);
  assertEquals(x.takeEvents(), []);
  prack(x, { number });
  assertEquals(x.takeEvents(), ["200 PRACK"]);
  prack(x, { number, cseq: 3 });
  assertEquals(x.takeEvents(), ["481 PRACK"]);
  endCall(x);
});

for (const method of ["reject", "redirect"] as const) {
  Deno.test(`${method}() with one unacknowledged: at once; a PRACK is still taken, for 64*T1`, () => {
    const x = new Exchange();
    const request = arrive(x);
    const { session } = request.progress(reliably(183, { body: sdp("offer") }));
    session.delegate = { onPrack: () => void x.events.push("onPrack") };
    const number = rseq(x);
    if (method === "reject") request.reject();
    else request.redirect([]);
    x.takeEvents();
    acknowledge(x);
    assertEquals(session.sessionState, "Terminated");
    x.clock.advance(TIMER_B - 1);
    assertEquals(x.takeEvents(), []);
    prack(x, { number });
    assertEquals(x.takeEvents(), ["onPrack", "200 PRACK"]);
    prack(x, { number, cseq: 3 });
    assertEquals(x.takeEvents(), ["481 PRACK"]);
    x.finish();
  });
}

// "A UAS MUST NOT send new reliable provisional responses (as opposed to retransmissions of
// unacknowledged ones) after sending a final response to a request."
Deno.test("what waits in line is dropped by a final response", () => {
  for (const final of ["accept", "reject"] as const) {
    const x = new Exchange();
    const request = arrive(x);
    request.progress(reliably(180));
    const number = rseq(x);
    request.progress(reliably(182));
    request[final]();
    x.takeEvents();
    prack(x, { number });
    x.clock.advance(100);
    assertEquals(x.takeEvents(), ["200 PRACK"]);
    if (final === "accept") endCall(x);
    else {
      acknowledge(x);
      x.finish();
    }
  }
});

// §5: "If the INVITE contained an offer, the UAS MAY generate an answer in a reliable provisional
// response".
Deno.test("offer in the INVITE, answer in the 183: Stable before the call is up", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  const { session } = request.progress(reliably(183, { body: sdp("answer") }));
  assertEquals(session.signalingState, "Stable");
  assertEquals([session.offer?.content, session.answer?.content], ["offer", "answer"]);
  prack(x);
  request.accept();
  assertEquals(session.signalingState, "Stable");
  endCall(x);
});

// "If the UAC receives a reliable provisional response with an offer ..., it MUST generate an answer
// in the PRACK."
Deno.test("offer in the 183, answer in the PRACK: Stable", () => {
  const x = new Exchange();
  const request = arrive(x);
  const { session } = request.progress(reliably(183, { body: sdp("offer") }));
  assertEquals(session.signalingState, "HaveLocalOffer");
  session.delegate = {
    onPrack: ({ message }) =>
      void x.events.push(`onPrack ${message.body} ${session.signalingState}`),
  };
  x.takeEvents();
  prack(x, { body: "answer" });
  assertEquals(x.takeEvents(), ["onPrack answer Stable", "200 PRACK"]);
  assertEquals([session.offer?.content, session.answer?.content], ["offer", "answer"]);
  request.accept();
  endCall(x);
});

// "If the UAC receives a reliable provisional response with an answer, it MAY generate an additional
// offer in the PRACK. If the UAS receives a PRACK with an offer, it MUST place the answer in the 2xx to
// the PRACK."
function secondOffer(x: Exchange) {
  const request = arrive(x, { ...SUPPORTED, body: "offer 1" });
  const { session } = request.progress(reliably(183, { body: sdp("answer 1") }));
  const pracks: IncomingPrackRequest[] = [];
  session.delegate = { onPrack: (each) => void pracks.push(each) };
  x.takeEvents();
  prack(x, { body: "offer 2" });
  return { request, session, pracks };
}

Deno.test("an offer in the PRACK: the answer is the program's, later; the 2xx waits for it", () => {
  const x = new Exchange();
  const { request, session, pracks } = secondOffer(x);
  assertEquals(session.signalingState, "HaveRemoteOffer");
  request.accept();
  x.clock.advance(10_000);
  assertEquals(x.takeEvents(), []);
  pracks[0]?.accept({ statusCode: 200, body: sdp("answer 2") });
  assertEquals(x.takeEvents(), ["200 PRACK", "200 INVITE"]);
  assertEquals(x.peer.response("PRACK").body, "answer 2");
  assertEquals(session.signalingState, "Stable");
  assertEquals([session.offer?.content, session.answer?.content], ["offer 2", "answer 2"]);
  endCall(x);
});

// RFC 6337 §3.3, Table 2: an offer in a PRACK is refused by "200 PRACK Resp. followed by new offer OR
// termination of dialog".
Deno.test("an offer in the PRACK that nobody answers: 200 after 32*T1, and 488; reported", () => {
  const x = new Exchange();
  const { session } = secondOffer(x);
  x.clock.advance(15_999);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["200 PRACK", "488 INVITE"]);
  assertEquals(session.sessionState, "Terminated");
  acknowledge(x);
  x.finish("InvalidStateError");
});

Deno.test("an offer in the PRACK, and no onPrack: 200 and 488 at once; reported", () => {
  const x = new Exchange();
  arrive(x, { ...SUPPORTED, body: "offer 1" }).progress(reliably(183, { body: sdp("answer 1") }));
  x.takeEvents();
  prack(x, { body: "offer 2" });
  assertEquals(x.takeEvents(), ["200 PRACK", "488 INVITE"]);
  acknowledge(x);
  x.finish("InvalidStateError");
});

Deno.test("an offer in the PRACK that the program refuses: what was agreed on before holds", () => {
  const x = new Exchange();
  const { request, session, pracks } = secondOffer(x);
  pracks[0]?.reject({ statusCode: 488 });
  assertEquals(x.takeEvents(), ["488 PRACK"]);
  assertEquals(session.signalingState, "Stable");
  assertEquals([session.offer?.content, session.answer?.content], ["offer 1", "answer 1"]);
  x.clock.advance(1000);
  assertEquals(x.takeEvents(), []);
  request.accept();
  endCall(x);
});

Deno.test("the INVITE is refused while the offer of a PRACK is open: the PRACK is answered all the same", () => {
  const x = new Exchange();
  const { request } = secondOffer(x);
  request.reject();
  acknowledge(x);
  assertEquals(x.takeEvents(), ["480 INVITE"]);
  x.clock.advance(16_000);
  assertEquals(x.takeEvents(), ["200 PRACK"]);
  x.finish("InvalidStateError");
});

Deno.test("a PRACK without a body while the INVITE's offer is open: 200 at once", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  const { session } = request.progress(reliably(180));
  session.delegate = { onPrack: () => void x.events.push("onPrack") };
  x.takeEvents();
  prack(x);
  assertEquals(x.takeEvents(), ["onPrack", "200 PRACK"]);
  request.accept({ statusCode: 200, body: sdp("answer") });
  assertEquals(session.signalingState, "Stable");
  endCall(x);
});

// "the UAS can send the response reliably, in which case the UAS SHOULD send provisional responses
// once every two and a half minutes": new ones, as an acknowledged one is repeated no more.
Deno.test("it rings for long: a new reliable response every two and a half minutes", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  request.progress(reliably(183, { body: sdp("answer") }));
  const first = rseq(x);
  prack(x);
  x.takeEvents();
  for (const i of [1, 2]) {
    x.clock.advance(149_999);
    assertEquals(x.takeEvents(), []);
    x.clock.advance(1);
    assertEquals(x.takeEvents(), ["183 INVITE"]);
    assertEquals([rseq(x), x.peer.response("INVITE").body], [first + i, ""]);
    prack(x, { cseq: 2 + i });
    assertEquals(x.takeEvents(), ["200 PRACK"]);
  }
  request.accept();
  endCall(x);
});

Deno.test("stop() while one is unacknowledged: 503, and nothing is waited for", async () => {
  const x = new Exchange();
  arrive(x).progress(reliably(183));
  x.takeEvents();
  const stopped = x.core.stop();
  assertEquals(x.takeEvents(), ["503 INVITE"]);
  acknowledge(x);
  await stopped;
  x.finish();
});

Deno.test("dispose() of the core while one is unacknowledged: not a word", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.progress(reliably(183, { body: sdp("offer") }));
  request.accept();
  x.takeEvents();
  x.core.dispose();
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("a header that cannot be sent: InvalidArgumentError, and no number is used up", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.progress(reliably(183));
  const first = rseq(x);
  prack(x);
  assertThrows(() =>
    request.progress({ statusCode: 180, extraHeaders: ["Require: 100rel", "X\n"] })
  );
  request.progress(reliably(180));
  assertEquals(rseq(x), first + 1);
  prack(x, { cseq: 3 });
  refuse(x);
});

// What is under way within a callback is under way: a far end that answers inside `send()`.
Deno.test("a PRACK that comes while the response is being sent: accept() there is noted at once", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer" });
  const { session } = request.progress({ statusCode: 180 });
  session.delegate = {
    onPrack: () => {
      request.accept();
      assertThrows(() => request.accept(), InvalidStateError);
      assertThrows(() => request.progress(), InvalidStateError);
    },
  };
  x.peer.script = (message) => {
    if (message.kind === "response" && message.statusCode === 183) prack(x);
  };
  x.takeEvents();
  request.progress(reliably(183, { body: sdp("answer") }));
  assertEquals(x.takeEvents(), ["183 INVITE", "200 PRACK", "200 INVITE"]);
  endCall(x);
});

// RFC 3262 §3 is about INVITE, and a re-INVITE is one.
Deno.test("a re-INVITE: its provisional responses have numbers of their own", () => {
  const x = new Exchange();
  const request = arrive(x, { ...SUPPORTED, body: "offer 1" });
  const { session } = request.progress(reliably(183, { body: sdp("answer 1") }));
  prack(x);
  request.accept();
  x.peer.ask("ACK", { toTag: session.localTag });
  const again: IncomingInviteRequest[] = [];
  session.delegate = {
    onInvite: (each) => void again.push(each),
    onPrack: () => void x.events.push("onPrack"),
  };
  x.takeEvents();
  x.peer.ask("INVITE", { toTag: session.localTag, cseq: 3, ...SUPPORTED, body: "offer 2" });
  again[0]?.progress(reliably(183, { body: sdp("answer 2") }));
  again[0]?.accept();
  assertEquals(x.takeEvents(), ["183 INVITE"]);
  prack(x, { cseq: 4, rack: `${rseq(x)} 1 INVITE` });
  assertEquals(x.takeEvents(), ["481 PRACK"]);
  prack(x, { cseq: 5, rack: `${rseq(x)} 3 INVITE` });
  assertEquals(x.takeEvents(), ["onPrack", "200 PRACK", "200 INVITE"]);
  x.peer.ask("ACK", { toTag: session.localTag, cseq: 3 });
  assertEquals([session.sessionState, session.signalingState], ["Confirmed", "Stable"]);
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 100 });
  x.finish();
});

Deno.test("a re-INVITE whose reliable response gets no PRACK: 504, and the session stays", () => {
  const x = new Exchange();
  const { session } = arrive(x, { ...SUPPORTED, body: "offer 1" })
    .accept({ statusCode: 200, body: sdp("answer 1") });
  x.peer.ask("ACK", { toTag: session.localTag });
  session.delegate = {
    onInvite: (each) => void each.progress(reliably(183)),
    onPrackTimeout: () => void x.events.push("onPrackTimeout"),
  };
  const branch = "z9hG4bKagain";
  x.peer.ask("INVITE", { branch, toTag: session.localTag, cseq: 3, ...SUPPORTED, body: "offer 2" });
  x.clock.advance(TIMER_B - 1);
  x.takeEvents();
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["504 INVITE", "onPrackTimeout"]);
  x.peer.ask("ACK", { branch, toTag: session.localTag, cseq: 3 });
  assertEquals([session.sessionState, session.signalingState], ["Confirmed", "Stable"]);
  assertEquals(session.answer?.content, "answer 1");
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 100 });
  x.finish();
});
