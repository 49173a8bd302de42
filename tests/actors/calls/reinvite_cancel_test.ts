// A re-INVITE that is taken back or forgotten, or crosses a BYE: RFC 3261 §9.1, §15.
import { assert, assertEquals } from "@std/assert";
import type { OutgoingInviteRequest } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { sdp, TIMER_B } from "../../support/exchange.ts";

const AGREED = "Confirmed Stable offer 1 answer 1";

function callOut(): Call {
  return Call.out({ body: sdp("offer 1") }, { body: "answer 1" });
}

function reinvite(c: Call): OutgoingInviteRequest {
  return c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
}

// §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent; rather, the
// client MUST wait for the arrival of a provisional response before sending the request."
Deno.test("cancel() waits for a provisional response; 487, and the session is what it was", () => {
  const c = callOut();
  const request = reinvite(c);
  request.cancel("changed my mind");
  request.cancel();
  c.saw("INVITE");
  c.respond("INVITE", 100);
  c.saw("CANCEL", "onTrying 100");
  const cancel = c.peer.request("CANCEL");
  assertEquals([cancel.cseq, cancel.toTag], [2, "far"]);
  assertEquals(cancel.viaBranch, c.peer.request("INVITE").viaBranch);
  assertEquals(cancel.getHeader("Reason"), 'SIP;text="changed my mind"');
  c.peer.respond(cancel, 200);
  c.respond("INVITE", 487);
  c.saw("ACK", "onReject 487");
  assertEquals(c.states, AGREED);
  c.end();
});

Deno.test("cancel() crosses the 2xx: the session is as the far end has it", () => {
  const c = callOut();
  const request = reinvite(c);
  c.respond("INVITE", 180);
  request.cancel();
  c.respond("INVITE", 200, { body: "answer 2" });
  c.respond("CANCEL", 481);
  request.cancel();
  c.saw("INVITE", "onProgress 180", "CANCEL", "onAccept 200", "ACK");
  assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
  c.end("ProtocolError");
});

Deno.test("cancel(), and then a 491: it does not go again", () => {
  const c = callOut();
  const request = reinvite(c);
  c.respond("INVITE", 100);
  request.cancel();
  c.respond("CANCEL", 200);
  c.respond("INVITE", 491);
  c.pass(10_000);
  assertEquals(c.x.takeEvents().slice(-1), ["onReject 491"]);
  assertEquals(c.peer.requests("INVITE").length, 2);
  c.end();
});

// §9.1: "if there is no final response for the original request in 64*T1 seconds ... the client SHOULD
// then consider the original transaction cancelled".
Deno.test("cancel() and no final response: a local 408, and a BYE", () => {
  const c = callOut();
  const request = reinvite(c);
  c.respond("INVITE", 180);
  request.cancel();
  c.respond("CANCEL", 200);
  c.pass(TIMER_B);
  assertEquals(c.x.takeEvents().slice(-2), ["BYE", "onReject 408 local"]);
  c.ended();
});

Deno.test("bye() while it is in progress: no more of it; 487 is its outcome", () => {
  const c = callOut();
  reinvite(c);
  c.respond("INVITE", 180);
  c.session.bye();
  c.respond("BYE", 200);
  c.respond("INVITE", 487);
  c.saw("INVITE", "onProgress 180", "BYE", "ACK", "onReject 487");
  c.x.finish();
});

// §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received from the transaction
// layer."
for (const when of ["before", "after"]) {
  Deno.test(`bye() crosses the 2xx, ${when} its own answer: the 2xx is acknowledged`, () => {
    const c = callOut();
    reinvite(c);
    c.session.bye();
    if (when === "after") c.respond("BYE", 200);
    c.x.takeEvents();
    c.respond("INVITE", 200, { body: "answer 2" });
    assert(c.x.takeEvents().includes("ACK"));
    assertEquals(c.peer.request("ACK").cseq, 2);
    if (when === "before") c.respond("BYE", 200);
    c.x.finish();
  });
}

const STATES: [string, (c: Call) => void][] = [
  ["in calling", () => {}],
  ["in proceeding", (c) => c.respond("INVITE", 180)],
  ["after cancel()", (c) => c.respond("INVITE", 100)],
  ["after a failure", (c) => c.respond("INVITE", 488)],
  ["after the 2xx", (c) => c.respond("INVITE", 200, { body: "answer 2" })],
];
for (const [what, prepare] of STATES) {
  Deno.test(`dispose() ${what}: silent, and the session works on`, () => {
    const c = callOut();
    const request = reinvite(c);
    prepare(c);
    if (what === "after cancel()") request.cancel();
    request.dispose();
    request.dispose();
    request.cancel();
    c.x.takeEvents();
    c.respond("INVITE", 180);
    c.respond("INVITE", 404);
    c.saw();
    assertEquals(c.states.startsWith("Confirmed Stable"), true);
    c.session.invite(c.x.recorder(), { body: sdp("offer 3") });
    c.respond("INVITE", 200, { body: "answer 3" });
    c.saw("INVITE", "onAccept 200", "ACK");
    assertEquals(c.states, "Confirmed Stable offer 3 answer 3");
    c.end();
  });
}

Deno.test("dispose(), and then a 2xx: acknowledged each time, told to nobody; the call stays", () => {
  const c = callOut();
  const request = reinvite(c);
  request.dispose();
  c.x.takeEvents();
  c.respond("INVITE", 200, { body: "answer 2" });
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("ACK", "ACK");
  assertEquals(c.peer.request("ACK").cseq, 2);
  c.end();
});

Deno.test("dispose(), another invite() that fails, and then the 2xx of the first: its ACK", () => {
  const c = callOut();
  const request = reinvite(c);
  const first = c.peer.request("INVITE");
  request.dispose();
  c.session.invite(c.x.recorder());
  c.respond("INVITE", 500);
  c.x.takeEvents();
  c.peer.respond(first, 200, { body: "answer 2" });
  c.saw("ACK");
  assertEquals(c.peer.request("ACK").cseq, first.cseq);
  c.end();
});

Deno.test("session.dispose() while it is in progress: silent; a late 2xx is acknowledged and ended", () => {
  const c = callOut();
  reinvite(c);
  c.session.dispose();
  c.x.takeEvents();
  c.respond("INVITE", 200, { body: "answer 2" });
  c.saw("ACK", "BYE");
  c.ended();
});
