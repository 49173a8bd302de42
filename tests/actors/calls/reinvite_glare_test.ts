// A re-INVITE that meets another: RFC 3261 §14.1.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { InvalidStateError, type OutgoingInviteRequest } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { sdp, TIMER_B } from "../../support/exchange.ts";

const AGREED = "Confirmed Stable offer 1 answer 1";

function callOut(octet?: number): Call {
  const random = (octets: Uint8Array) => void octets.fill(octet ?? 0);
  const configuration = octet === undefined ? {} : { random };
  return Call.out({ body: sdp("offer 1") }, { body: "answer 1" }, { configuration });
}

function callIn(octet?: number): Call {
  const random = (octets: Uint8Array) => void octets.fill(octet ?? 0);
  const configuration = octet === undefined ? {} : { random };
  const answer = { statusCode: 200, body: sdp("answer 1") };
  return Call.in({ body: "offer 1" }, answer, { configuration });
}

function reinvite(c: Call): OutgoingInviteRequest {
  return c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
}

/** A re-INVITE that waits to go again; over TCP, where nothing is repeated. */
function waiting(): { c: Call; request: OutgoingInviteRequest } {
  const c = Call.out({ body: sdp("offer 1") }, { body: "answer 1" }, { protocol: "TCP" });
  const request = reinvite(c);
  c.respond("INVITE", 491);
  c.saw("INVITE", "ACK");
  return { c, request };
}

/** How long after a 491 the next INVITE comes, in milliseconds. */
function delayOf(c: Call): number {
  reinvite(c);
  c.respond("INVITE", 491);
  const from = c.x.clock.now();
  while (c.peer.requests("INVITE").filter(({ toTag }) => toTag !== undefined).length < 2) {
    c.pass(1);
    assert(c.x.clock.now() - from <= 4000, "no INVITE in four seconds");
  }
  const delay = c.x.clock.now() - from;
  c.respond("INVITE", 200, { body: "answer 2" });
  c.end();
  return delay;
}

// §14.1: "If the UAC is the owner of the Call-ID of the dialog ID (meaning it generated the value), T
// has a randomly chosen value between 2.1 and 4 seconds in units of 10 ms. 2. If the UAC is not the
// owner of the Call-ID of the dialog ID, T has a randomly chosen value of between 0 and 2 seconds in
// units of 10 ms."
Deno.test("491: again after 2.1 to 4 seconds as caller, after 0 to 2 as callee", () => {
  const [out, into] = [new Set<number>(), new Set<number>()];
  for (let octet = 0; octet < 256; octet += 15) {
    const delay = delayOf(callOut(octet));
    assert(delay >= 2100 && delay <= 4000 && delay % 10 === 0, `${delay}`);
    out.add(delay);
    const other = delayOf(callIn(octet));
    assert(other <= 2000 && (other % 10 === 0 || other === 1), `${other}`);
    into.add(other);
  }
  assert(out.size > 5 && into.size > 5, "not random");
});

Deno.test("491: until it goes again, nothing is told, and the session is what it was", () => {
  const { c } = waiting();
  assertEquals(c.states, AGREED);
  c.pass(4000);
  c.saw("INVITE");
  const [, first, second] = c.peer.requests("INVITE");
  assert(first !== undefined && second !== undefined);
  assertEquals([first.cseq, second.cseq, second.body], [2, 3, "offer 2"]);
  assertNotEquals(first.viaBranch, second.viaBranch);
  assertEquals(c.states, "Confirmed HaveLocalOffer offer 2 -");
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("onAccept 200", "ACK");
  assertEquals(c.peer.request("ACK").cseq, 3);
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

Deno.test("491 every time: in the end onReject, and no more INVITEs", () => {
  const c = callOut();
  reinvite(c);
  c.peer.script = (message) => {
    if (message.kind === "request" && message.method === "INVITE") c.peer.respond(message, 491);
  };
  c.respond("INVITE", 491);
  c.pass(60_000);
  assertEquals(c.x.events.filter((event) => event === "onReject 491").length, 1);
  const count = c.peer.requests("INVITE").length;
  assert(count > 2 && count < 10, `${count}`);
  c.pass(60_000);
  assertEquals(c.peer.requests("INVITE").length, count);
  assertEquals(c.states, AGREED);
  c.end();
});

// "When the timer fires, the UAC SHOULD attempt the re-INVITE once more, if it still desires for that
// session modification to take place."
Deno.test("491: the far end's re-INVITE is taken meanwhile, and ours waits until it is over", () => {
  const { c } = waiting();
  let answer = () => {};
  c.session.delegate = {
    onInvite: (request) => {
      answer = () => void request.accept({ statusCode: 200, body: sdp("their answer") });
    },
  };
  c.ask("INVITE", { body: "their offer" });
  c.pass(10_000);
  c.saw("100 INVITE");
  answer();
  assertEquals(c.states, "Confirmed Stable their offer their answer");
  c.pass(400);
  c.saw("200 INVITE");
  c.ack();
  c.pass(4000);
  c.saw("INVITE");
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("onAccept 200", "ACK");
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end();
});

Deno.test("491: an offer in an UPDATE that waits for its answer holds ours up, too", () => {
  const { c } = waiting();
  let answer = () => {};
  c.session.delegate = {
    onUpdate: (request) => {
      answer = () => void request.accept({ statusCode: 200, body: sdp("their answer") });
    },
  };
  c.ask("UPDATE", { body: "their offer" });
  c.pass(10_000);
  c.saw();
  answer();
  c.pass(4000);
  c.saw("200 UPDATE", "INVITE");
  c.respond("INVITE", 488);
  assertEquals(c.states, "Confirmed Stable their offer their answer");
  c.end();
});

Deno.test("491: while it waits, another invite() is refused, an update() is not", () => {
  const { c } = waiting();
  assertThrows(() => c.session.invite(), InvalidStateError);
  c.session.update(undefined, { body: sdp("offer 3") });
  c.pass(4000);
  c.saw("UPDATE");
  assertEquals(c.peer.requests("INVITE").length, 2);
  c.respond("UPDATE", 200, { body: "answer 3" });
  c.pass(4000);
  assertEquals(c.peer.requests("INVITE").length, 3);
  c.respond("INVITE", 488);
  assertEquals(c.states, "Confirmed Stable offer 3 answer 3");
  c.end();
});

for (
  const [what, end] of [
    ["bye()", (c: Call) => void c.session.bye()],
    ["a BYE", (c: Call) => c.ask("BYE")],
  ] as const
) {
  Deno.test(`491 and ${what} while it waits: it does not go; onReject 491`, () => {
    const { c } = waiting();
    end(c);
    const events = c.x.takeEvents();
    assertEquals(events.filter((event) => event === "onReject 491").length, 1);
    for (const bye of c.peer.requests("BYE")) c.peer.respond(bye, 200);
    c.pass(60_000);
    c.saw();
    c.x.finish();
  });
}

Deno.test("491 and session.dispose() while it waits: silent, nothing is left", () => {
  const { c } = waiting();
  c.session.dispose();
  c.pass(60_000);
  c.saw();
  c.x.finish();
});

Deno.test("491 and stop() while it waits: BYE, onReject 491", async () => {
  const { c } = waiting();
  const stopped = c.x.core.stop();
  c.saw("onReject 491", "BYE");
  c.respond("BYE", 200);
  await stopped;
  c.x.finish();
});

Deno.test("491 and cancel() while it waits: onReject 491, nothing is sent", () => {
  const { c, request } = waiting();
  request.cancel();
  request.cancel();
  c.saw("onReject 491");
  c.pass(10_000);
  c.saw();
  assertEquals(c.states, AGREED);
  c.end();
});

// The far end's INVITE is none of the request's that waits.
for (const how of ["cancel", "dispose"] as const) {
  Deno.test(`491 and ${how}() while the far end's re-INVITE is open: that one goes on`, () => {
    const { c, request } = waiting();
    let answer = () => {};
    c.session.delegate = {
      onInvite: (invite) => {
        answer = () => void invite.accept({ statusCode: 200, body: sdp("their answer") });
      },
    };
    c.ask("INVITE", { body: "their offer" });
    request[how]();
    c.pass(5000);
    assertEquals(c.states, "Confirmed HaveRemoteOffer their offer -");
    answer();
    c.x.takeEvents();
    c.pass(500);
    c.saw("200 INVITE");
    c.ack();
    c.pass(5000);
    c.saw();
    assertEquals(c.states, "Confirmed Stable their offer their answer");
    c.end();
  });
}

// The transaction of an INVITE ends 64*T1 after its 2xx; another INVITE may be in progress by then.
for (const [role, make] of [["caller", callOut], ["callee", callIn]] as const) {
  for (const origin of ["ours", "theirs"]) {
    Deno.test(`an INVITE of ${origin} across the end of the first one's transaction, as ${role}`, () => {
      const c = make();
      let answer = () => {};
      c.session.delegate = {
        onInvite: (request) => {
          answer = () => void request.accept({ statusCode: 200, body: sdp("answer 2") });
        },
      };
      c.pass(TIMER_B - 100);
      if (origin === "ours") reinvite(c);
      else c.ask("INVITE", { body: "offer 2" });
      c.pass(400);
      assert(c.session.signalingState.startsWith("Have"), c.states);
      c.x.takeEvents();
      if (origin === "ours") c.respond("INVITE", 200, { body: "answer 2" });
      else answer();
      assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
      if (origin === "theirs") c.pass(500);
      c.saw(...origin === "ours" ? ["onAccept 200", "ACK"] : ["200 INVITE", "200 INVITE"]);
      if (origin === "theirs") c.ack();
      c.end();
    });
  }
}
