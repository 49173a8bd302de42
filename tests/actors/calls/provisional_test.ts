// Provisional responses to an outgoing INVITE: RFC 3261 §12.1.2, §13.2.2.1, RFC 3262.
import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { InvalidStateError } from "@strowger/sip";
import { Exchange, sdp } from "../../support/exchange.ts";

function done(x: Exchange, ...reported: string[]) {
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.finish(...reported);
}

Deno.test("100: onTrying, and no session", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 100);
  assertEquals(x.takeEvents(), ["INVITE", "onTrying 100"]);
  assertEquals(x.core.live.dialogs, 0);
  x.clock.advance(10_000);
  assertEquals(x.takeEvents(), []);
  done(x);
});

Deno.test("100 with a To-tag and a Contact: onTrying, and no session", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 100, { toTag: "far", contact: "<sip:bob@bob.example>" });
  assertEquals(x.core.live.dialogs, 0);
  done(x);
});

Deno.test("180 with To-tag and Contact: onProgress with an early session", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  const session = x.progressed[0]?.session;
  assertEquals(session?.sessionState, "Early");
  assertEquals(session?.remoteTag, "far");
  assertEquals(session?.localTag, invite.fromTag);
  assertEquals(session?.callId, invite.callId);
  assertEquals(`${session?.remoteTarget}`, "sip:bob@bob.example:5060");
  assertEquals(`${session?.remoteURI}`, "sip:bob@bob.example:5060");
  assertEquals(`${session?.localURI}`, "sip:alice@alice.example");
  done(x);
  assertEquals(session?.sessionState, "Terminated");
});

for (
  const [what, script] of [
    ["without To-tag", { toTag: null }],
    ["without Contact", { contact: null }],
    ["without both", { toTag: null, contact: null }],
    ["with a broken Contact", { contact: "<<>" }],
    ["with Contact: *", { contact: "*" }],
  ] as const
) {
  Deno.test(`180 ${what}: onProgress, and no session`, () => {
    const x = new Exchange();
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), 180, script);
    assertEquals(x.takeEvents(), ["INVITE", "onProgress 180"]);
    assertEquals(x.progressed[0]?.session, undefined);
    assertEquals(x.core.live.dialogs, 0);
    assertThrows(() => x.progressed[0]?.prack(), InvalidStateError);
    done(x);
  });
}

Deno.test("180 without Contact and then 183 with one: the session comes with the second", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, { contact: null });
  x.peer.respond(invite, 183);
  assertEquals(x.progressed.map(({ session }) => session?.sessionState), [undefined, "Early"]);
  done(x);
});

// "Zero, one or multiple provisional responses may arrive before one or more final responses are
// received. ... each will create an early dialog": one for each To-tag.
Deno.test("several To-tags: each its own early session", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  for (const toTag of ["one", "two", "one", "three"]) x.peer.respond(invite, 180, { toTag });
  const sessions = x.progressed.map(({ session }) => session);
  assertEquals(sessions.map((session) => session?.remoteTag), ["one", "two", "one", "three"]);
  assertStrictEquals(sessions[0], sessions[2]);
  assertNotStrictEquals(sessions[0], sessions[1]);
  assertEquals(x.core.live.dialogs, 3);
  done(x);
  assertEquals(sessions.map((session) => session?.sessionState), Array(4).fill("Terminated"));
});

Deno.test("several To-tags, then a 2xx of one: the other early sessions are gone 64*T1 later", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  for (const toTag of ["one", "two"]) x.peer.respond(invite, 180, { toTag });
  x.peer.respond(invite, 200, { toTag: "one" });
  x.clock.advance(32_000);
  const [one, two] = x.progressed.map(({ session }) => session);
  assertEquals([one?.sessionState, two?.sessionState], ["Confirmed", "Terminated"]);
  assertStrictEquals(one, x.lastSession());
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

// "any further provisional responses MUST be passed up to the TU while in the "Proceeding" state."
Deno.test("repeated and reordered 1xx: each is told, in the order of arrival", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  for (const status of [183, 180, 180, 100, 199]) x.peer.respond(invite, status);
  assertEquals(x.takeEvents(), [
    "INVITE",
    "onProgress 183",
    "onProgress 180",
    "onProgress 180",
    "onTrying 100",
    "onProgress 199",
  ]);
  assertEquals(new Set(x.progressed.map(({ session }) => session)).size, 1);
  done(x);
});

Deno.test("1xx after 2xx, and after 486: told to nobody", () => {
  for (const status of [200, 486]) {
    const x = new Exchange();
    x.invite();
    const invite = x.peer.request("INVITE");
    x.peer.respond(invite, status);
    x.takeEvents();
    for (const late of [100, 180]) x.peer.respond(invite, late, { toTag: "late" });
    assertEquals(x.takeEvents(), []);
    if (status === 200) {
      assertEquals(x.lastSession().sessionState, "Confirmed");
      x.lastSession().bye();
      x.peer.respond(x.peer.request("BYE"), 200);
    }
    x.finish();
  }
});

Deno.test("in proceeding there is no timer: it may ring for an hour", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.takeEvents();
  x.clock.advance(3_600_000);
  assertEquals(x.takeEvents(), []);
  assertEquals(x.clock.pending, 0);
  done(x);
});

Deno.test("an early session has an offer and an answer", () => {
  const x = new Exchange();
  x.invite(x.recorder(), { body: sdp("offer") });
  x.peer.respond(x.peer.request("INVITE"), 183, { body: "answer" });
  const session = x.progressed[0]?.session;
  assertEquals(session?.signalingState, "Stable");
  assertEquals([session?.offer?.content, session?.answer?.content], ["offer", "answer"]);
  done(x);
  assertEquals(session?.signalingState, "Closed");
});

const reliable = (rseq: number) => ({ headers: ["Require: 100rel", `RSeq: ${rseq}`] });

// RFC 3262 §7.2: "The RAck header is sent in a PRACK request ... The first number is the value from
// the RSeq header ... The next number, and the method, are copied from the CSeq in the response".
Deno.test("a reliable 1xx: prack() sends PRACK with RAck within the early dialog", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: (response) => void response.prack() }));
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  const prack = x.peer.request("PRACK");
  assertEquals(prack.getHeader("RAck"), "7 1 INVITE");
  assertEquals([prack.cseq, prack.toTag], [2, "far"]);
  assertEquals(`${prack.ruri}`, "sip:bob@bob.example:5060");
  x.peer.respond(prack, 200);
  done(x);
});

Deno.test("a reliable 1xx: prack() takes extra headers, a body and a delegate", () => {
  const x = new Exchange();
  x.invite(x.recorder({
    onProgress: (response) => {
      const request = response.prack({ extraHeaders: ["X-Any: thing"], body: sdp("offer") });
      request.delegate = { onAccept: () => void x.events.push("PRACK accepted") };
    },
  }));
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(7));
  const prack = x.peer.request("PRACK");
  assertEquals([prack.getHeader("X-Any"), prack.body], ["thing", "offer"]);
  x.peer.respond(prack, 200);
  assert(x.events.includes("PRACK accepted"));
  done(x);
});

Deno.test("a reliable 1xx that nobody listens for: the engine sends PRACK", () => {
  const x = new Exchange();
  x.invite({ onReject: () => {} });
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(1));
  assertEquals(x.peer.request("PRACK").getHeader("RAck"), "1 1 INVITE");
  x.peer.respond(x.peer.request("PRACK"), 200);
  done(x);
});

// RFC 3262 §4: "If the provisional response is a retransmission ..., the UAC MUST discard" it, and
// "If the UAC receives another reliable provisional response to the same request, and its RSeq value
// is not one higher than the value of the sequence number, that response MUST NOT be acknowledged
// with a PRACK, and MUST NOT be processed further by the UAC."
Deno.test("a reliable 1xx that is repeated or out of order: no PRACK, told to nobody", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: (response) => void response.prack() }));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, reliable(7));
  x.takeEvents();
  for (const rseq of [7, 9, 6]) x.peer.respond(invite, 183, reliable(rseq));
  assertEquals(x.takeEvents(), []);
  x.peer.respond(invite, 183, reliable(8));
  assertEquals(x.takeEvents(), ["onProgress 183", "PRACK"]);
  assertEquals(x.peer.request("PRACK").getHeader("RAck"), "8 1 INVITE");
  for (const prack of x.peer.requests("PRACK")) x.peer.respond(prack, 200);
  done(x);
});

Deno.test("reliable 1xx of two branches: RSeq counts in each by itself", () => {
  const x = new Exchange();
  x.invite(x.recorder({ onProgress: (response) => void response.prack() }));
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, { ...reliable(7), toTag: "one" });
  x.peer.respond(invite, 180, { ...reliable(100), toTag: "two" });
  assertEquals(
    x.peer.requests("PRACK").map((prack) => `${prack.toTag} ${prack.getHeader("RAck")}`),
    ["one 7 1 INVITE", "two 100 1 INVITE"],
  );
  for (const prack of x.peer.requests("PRACK")) x.peer.respond(prack, 200);
  done(x);
});

Deno.test("prack() of the first reliable 1xx after the second has come: RAck is that of the first", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, reliable(7));
  x.peer.respond(invite, 183, reliable(8));
  x.progressed[0]?.prack();
  assertEquals(x.peer.request("PRACK").getHeader("RAck"), "7 1 INVITE");
  x.peer.respond(x.peer.request("PRACK"), 200);
  done(x);
});

Deno.test("an unreliable 1xx: prack() throws, and nothing is sent", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 180, { headers: ["RSeq: 1"] });
  x.takeEvents();
  assertThrows(() => x.progressed[0]?.prack(), InvalidStateError);
  assertEquals(x.takeEvents(), []);
  done(x);
});

Deno.test("PRACK is refused: the call goes on", () => {
  const x = new Exchange();
  x.invite({});
  x.peer.respond(x.peer.request("INVITE"), 180, reliable(1));
  x.peer.respond(x.peer.request("PRACK"), 481);
  x.peer.respond(x.peer.request("INVITE"), 200);
  assertEquals(x.peer.requests("ACK").length, 1);
  x.peer.ask("BYE", {
    callId: x.peer.request("INVITE").callId,
    toTag: x.peer.request("INVITE").fromTag ?? "",
  });
  x.finish();
});

Deno.test("10,000 1xx, each with another To-tag: the sessions that a peer can make are limited", () => {
  const x = new Exchange();
  x.invite({});
  const invite = x.peer.request("INVITE");
  for (let i = 0; i < 10_000; i++) x.peer.respond(invite, 180, { toTag: `tag${i}` });
  assert(x.core.live.dialogs <= 1000, `${x.core.live.dialogs} early dialogs`);
  x.core.dispose();
});
