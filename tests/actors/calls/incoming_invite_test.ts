// An INVITE that comes in: RFC 3261 §13.3, §17.2.1, RFC 6026 §7.1.
import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { InvalidStateError, URI } from "@strowger/sip";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

const BRANCH = "z9hG4bKinvite";

function arrive(x: Exchange, script = {}) {
  x.takeInvites();
  x.peer.ask("INVITE", { branch: BRANCH, ...script });
  assertEquals(x.takeEvents(), ["onInvite"]);
  return x.lastInvite();
}

/** The ACK to a final response but 2xx. */
function acknowledge(x: Exchange) {
  x.peer.ask("ACK", { branch: BRANCH, toTag: x.peer.response("INVITE").toTag ?? "" });
}

/** The ACK to a 2xx, and a BYE. */
function endCall(x: Exchange, ...reported: string[]) {
  const toTag = x.peer.response("INVITE").toTag ?? "";
  x.peer.ask("ACK", { toTag });
  x.peer.ask("BYE", { toTag, cseq: 2 });
  x.finish(...reported);
}

Deno.test("no onInvite: 480", () => {
  const x = new Exchange();
  x.peer.ask("INVITE", { branch: BRANCH });
  assertEquals(x.takeEvents(), ["480 INVITE"]);
  acknowledge(x);
  x.finish();
});

// "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will
// generate a provisional or final response within 200 ms".
Deno.test("nobody answers within 200 ms: 100, once", () => {
  const x = new Exchange();
  const request = arrive(x);
  x.clock.advance(199);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["100 INVITE"]);
  assertEquals(x.peer.response("INVITE").toTag, undefined);
  x.clock.advance(60_000);
  assertEquals(x.takeEvents(), []);
  request.reject();
  acknowledge(x);
  x.finish();
});

for (const method of ["trying", "progress"] as const) {
  Deno.test(`${method}() within 200 ms: no 100 of the engine's own`, () => {
    const x = new Exchange();
    const request = arrive(x);
    request[method]();
    assertEquals(x.takeEvents(), [method === "trying" ? "100 INVITE" : "180 INVITE"]);
    x.clock.advance(1000);
    assertEquals(x.takeEvents(), []);
    request.reject();
    acknowledge(x);
    x.finish();
  });
}

// §12.1.1: "The UAS MUST add a Contact header field to the response", "MUST copy all Record-Route
// header field values from the request into the response ... and MUST maintain the order".
Deno.test("progress(): 180 with a tag, Contact and Record-Route; an early session", () => {
  const x = new Exchange();
  const request = arrive(x, {
    headers: ["Record-Route: <sip:p1.example;lr>", "Record-Route: <sip:p2.example;lr>"],
  });
  const { session, message } = request.progress({ statusCode: 183, reasonPhrase: "Any" });
  const response = x.peer.response("INVITE");
  assertMatch(message, /^SIP\/2.0 183 Any\r\n/);
  assertEquals([response.statusCode, response.reasonPhrase], [183, "Any"]);
  assert(response.toTag);
  assertEquals(response.getHeaders("Contact"), ["<sip:alice@alice.example:5060>"]);
  assertEquals(response.getHeaders("Record-Route"), ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]);
  assertEquals([session.sessionState, session.localTag], ["Early", response.toTag]);
  request.reject();
  assertEquals(session.sessionState, "Terminated");
  acknowledge(x);
  x.finish();
});

Deno.test("progress() several times, and accept(): one session, one To-tag", () => {
  const x = new Exchange();
  const request = arrive(x);
  const sessions = [
    request.progress().session,
    request.progress({ statusCode: 183 }).session,
    request.accept().session,
  ];
  assertEquals(new Set(sessions).size, 1);
  assertEquals(new Set(x.peer.responses("INVITE").map(({ toTag }) => toTag)).size, 1);
  assertEquals(x.takeEvents(), ["180 INVITE", "183 INVITE", "200 INVITE"]);
  endCall(x);
});

for (
  const [method, status] of [["reject", 480], ["redirect", 302]] as const
) {
  Deno.test(`${method}(): ${status}, repeated until the ACK comes`, () => {
    const x = new Exchange();
    const request = arrive(x);
    if (method === "reject") request.reject();
    else request.redirect([URI.parse("sip:a@b.example"), URI.parse("sip:c@d.example")]);
    x.clock.advance(1500);
    assertEquals(x.takeEvents(), Array(3).fill(`${status} INVITE`));
    if (method === "redirect") {
      assertEquals(x.peer.response("INVITE").getHeaders("Contact"), [
        "<sip:a@b.example>",
        "<sip:c@d.example>",
      ]);
    }
    acknowledge(x);
    acknowledge(x);
    x.clock.advance(10_000);
    assertEquals(x.takeEvents(), []);
    x.finish();
  });
}

Deno.test("reject() over TCP: sent once", () => {
  const x = new Exchange({ protocol: "TCP" });
  arrive(x).reject({ statusCode: 486 });
  x.clock.advance(10_000);
  assertEquals(x.takeEvents(), ["486 INVITE"]);
  acknowledge(x);
  x.finish();
});

Deno.test("reject(), and no ACK ever: reported after timer H; nothing is left", () => {
  const x = new Exchange();
  arrive(x).reject();
  x.clock.advance(TIMER_B);
  x.assertEmpty();
  x.finish("TimeoutError");
});

Deno.test("any answer after a final one: InvalidStateError, nothing sent", () => {
  for (const final of ["accept", "reject"] as const) {
    const x = new Exchange();
    const request = arrive(x);
    request[final]();
    x.takeEvents();
    for (
      const late of [
        () => request.trying(),
        () => request.progress(),
        () => request.accept(),
        () => request.redirect([]),
        () => request.reject(),
      ]
    ) assertThrows(late, InvalidStateError);
    assertEquals(x.takeEvents(), []);
    if (final === "accept") endCall(x);
    else {
      acknowledge(x);
      x.finish();
    }
  }
});

Deno.test("the INVITE again: silence at first, then the last provisional; onInvite once", () => {
  const x = new Exchange();
  const request = arrive(x);
  const again = () => x.peer.ask("INVITE", { branch: BRANCH });
  again();
  assertEquals(x.takeEvents(), []);
  request.progress();
  again();
  request.progress({ statusCode: 183 });
  again();
  assertEquals(x.takeEvents(), ["180 INVITE", "180 INVITE", "183 INVITE", "183 INVITE"]);
  request.reject();
  again();
  assertEquals(x.takeEvents(), ["480 INVITE", "480 INVITE"]);
  acknowledge(x);
  again();
  assertEquals(x.takeEvents(), []);
  x.finish();
});

// RFC 6026 §7.1: "Any retransmissions of the INVITE request that are received while in this state are
// absorbed".
Deno.test("the INVITE again after the 200: absorbed", () => {
  const x = new Exchange();
  arrive(x).accept();
  x.takeEvents();
  x.peer.ask("INVITE", { branch: BRANCH });
  assertEquals(x.takeEvents(), []);
  endCall(x);
});

// §8.2.2.2: "If the request has no tag in the To header field, the UAS core MUST check the request
// against ongoing transactions. If the From tag, Call-ID, and CSeq exactly match those associated with
// an ongoing transaction, but the request does not match that transaction ..., the UAS core SHOULD
// generate a 482 (Loop Detected) response".
Deno.test("the INVITE again with another branch: 482", () => {
  const x = new Exchange();
  const request = arrive(x);
  x.peer.ask("INVITE", { branch: "z9hG4bKother" });
  assertEquals(x.takeEvents(), ["482 INVITE"]);
  x.peer.ask("ACK", { branch: "z9hG4bKother", toTag: x.peer.response("INVITE").toTag ?? "" });
  request.reject();
  acknowledge(x);
  x.finish();
});

Deno.test("an INVITE after the first one ended, with its Call-ID and a new CSeq: a new call", () => {
  const x = new Exchange();
  arrive(x).reject();
  acknowledge(x);
  x.takeEvents();
  x.peer.ask("INVITE", { branch: "z9hG4bKother", cseq: 2 });
  assertEquals(x.takeEvents(), ["onInvite"]);
  x.lastInvite().reject();
  x.peer.ask("ACK", {
    branch: "z9hG4bKother",
    cseq: 2,
    toTag: x.peer.response("INVITE").toTag ?? "",
  });
  x.finish();
});

// §15.1.2: a BYE on the early dialog: "The UAS MUST still respond to any pending requests received for
// that dialog. It is RECOMMENDED that a 487 (Request Terminated) response be generated".
Deno.test("a BYE before the INVITE is answered: 200 to the BYE, 487 to the INVITE", () => {
  const x = new Exchange();
  const request = arrive(x);
  const { session } = request.progress();
  x.takeEvents();
  x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  assertEquals(x.takeEvents().sort(), ["200 BYE", "487 INVITE"]);
  assertThrows(() => request.accept(), InvalidStateError);
  acknowledge(x);
  x.finish();
});

Deno.test("session.dispose() of an early session, and then accept(): refused, or a session that works", () => {
  const x = new Exchange();
  const request = arrive(x);
  request.progress().session.dispose();
  try {
    const { session } = request.accept();
    x.peer.ask("ACK", { toTag: session.localTag });
    assertEquals(session.sessionState, "Confirmed");
    x.peer.ask("BYE", { toTag: session.localTag, cseq: 2 });
  } catch (error) {
    assert(error instanceof InvalidStateError);
    request.reject();
    acknowledge(x);
  }
  x.finish();
});

for (
  const [what, script, status, header] of [
    ["an option that nobody knows", { headers: ["Require: foo, bar"] }, 420, [
      "Unsupported",
      "foo",
    ]],
    ["no Contact", { contact: null }, 400, undefined],
    ["two Contacts", { contact: "<sip:a@b.example>, <sip:c@d.example>" }, 400, undefined],
    ["a Contact that is a telephone number", { contact: "<tel:+1234>" }, 400, undefined],
    ["a Contact that is a mailbox", { contact: "<mailto:bob@bob.example>" }, 400, undefined],
    ["Contact: *", { contact: "*" }, 400, undefined],
    ["a broken Contact", { contact: "<<" }, 400, undefined],
    ["a broken Record-Route", { headers: ["Record-Route: <<"] }, 400, undefined],
    ["a To-tag of no dialog", { toTag: "unknown" }, 481, undefined],
    ["a URI of another scheme", { uri: "mailto:alice@alice.example" }, 416, undefined],
  ] as const
) {
  Deno.test(`an INVITE with ${what}: ${status}, without the program`, () => {
    const x = new Exchange();
    x.takeInvites();
    x.peer.ask("INVITE", { branch: BRANCH, ...script });
    assertEquals(x.takeEvents(), [`${status} INVITE`]);
    if (header !== undefined) {
      assertEquals(x.peer.response("INVITE").getHeaders(header[0])[0], header[1]);
    }
    acknowledge(x);
    x.finish();
  });
}

Deno.test("a late answer, in another task: the request is open until then", async () => {
  const x = new Exchange();
  const request = arrive(x);
  await x.clock.advanceAsync(60_000);
  request.accept();
  assertEquals(x.takeEvents(), ["100 INVITE", "200 INVITE"]);
  endCall(x);
});

Deno.test("two INVITEs with one branch from two ends: two calls", () => {
  const x = new Exchange();
  const carol = x.peerAt("carol.example");
  x.takeInvites();
  x.peer.ask("INVITE", { branch: BRANCH, callId: "one" });
  carol.ask("INVITE", { branch: BRANCH, callId: "two" });
  assertEquals(x.takeEvents(), ["onInvite", "onInvite"]);
  const [one, two] = x.invited;
  assertNotEquals(one?.message.callId, two?.message.callId);
  two?.reject({ statusCode: 486 });
  one?.reject({ statusCode: 603 });
  assertEquals(x.takeEvents(), ["carol.example 486 INVITE", "603 INVITE"]);
  carol.ask("ACK", { branch: BRANCH, callId: "two", toTag: carol.response("INVITE").toTag ?? "" });
  x.peer.ask("ACK", {
    branch: BRANCH,
    callId: "one",
    toTag: x.peer.response("INVITE").toTag ?? "",
  });
  x.finish();
});
