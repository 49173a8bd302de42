/**
 * 199 (Early Dialog Terminated): RFC 6228.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError, InvalidStateError } from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

const BUSY = { statusCode: 199, extraHeaders: ["Reason: SIP;cause=486"] };

// §4: "it MUST insert a "199" option-tag in the Supported header field of the request. The UAC SHOULD
// NOT insert the "199" option-tag in the Require header field".
Deno.test("an INVITE supports 199, and does not require it", () => {
  const x = new Exchange();
  x.invite().dispose();
  const invite = x.peer.request("INVITE");
  assertEquals(invite.getHeaders("Supported").includes("199"), true);
  assertEquals(invite.hasHeader("Require"), false);
  x.finish();
});

Deno.test("a 199 ends its branch, and no other; the call may come about by another", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180, { toTag: "one" });
  x.peer.respond(invite, 180, { toTag: "two" });
  x.takeEvents();
  x.peer.respond(invite, 199, { toTag: "one", headers: ["Reason: SIP;cause=486"] });
  assertEquals(x.takeEvents(), ["onProgress 199"]);
  const [one, two, end] = x.progressed.map(({ session }) => session);
  assertEquals(end, one);
  assertEquals([one?.sessionState, two?.sessionState], ["Terminated", "Early"]);
  x.peer.respond(invite, 200, { toTag: "two" });
  assertEquals([one?.sessionState, two?.sessionState], ["Terminated", "Confirmed"]);
  two?.dispose();
  x.finish();
});

Deno.test("the session is over when onProgress is told", () => {
  const x = new Exchange();
  const states: (string | undefined)[] = [];
  x.invite({ onProgress: ({ session }) => void states.push(session?.sessionState) });
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 180);
  x.peer.respond(invite, 199);
  assertEquals(states, ["Early", "Terminated"]);
  x.peer.respond(invite, 486);
  x.finish();
});

Deno.test("a 199 of a branch that nobody knows makes no session", () => {
  const x = new Exchange();
  x.invite();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 199, { toTag: "unknown" });
  assertEquals(x.takeEvents(), ["INVITE", "onProgress 199"]);
  assertEquals([x.progressed[0]?.session, x.core.live.dialogs], [undefined, 0]);
  x.peer.respond(invite, 486);
  x.finish();
});

Deno.test("a reliable 199 gets its PRACK from the engine, whoever listens", () => {
  for (
    const more of [{}, { onProgress: (response: { prack(): unknown }) => void response.prack() }]
  ) {
    const x = new Exchange();
    x.invite(x.recorder(more));
    const invite = x.peer.request("INVITE");
    const reliable = (rseq: number) => ({ headers: ["Require: 100rel", `RSeq: ${rseq}`] });
    x.peer.respond(invite, 183, reliable(1));
    if (x.peer.requests("PRACK").length === 0) x.progressed[0]?.prack();
    x.peer.respond(x.peer.request("PRACK"), 200);
    x.takeEvents();
    x.peer.respond(invite, 199, reliable(2));
    assertEquals(x.takeEvents().sort(), ["PRACK", "onProgress 199"]);
    assertEquals(x.peer.request("PRACK").getHeader("RAck"), "2 1 INVITE");
    x.peer.respond(x.peer.request("PRACK"), 200);
    x.peer.respond(invite, 486);
    x.finish();
  }
});

/** An INVITE that rings here. */
function ringing(headers: string[]) {
  const x = new Exchange();
  x.takeInvites();
  x.peer.script = (message) => {
    if (message.kind !== "response" || message.method !== "INVITE" || message.statusCode < 300) {
      return;
    }
    x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: message.toTag ?? "" });
  };
  x.peer.ask("INVITE", { branch: "z9hG4bKa", headers });
  return { x, request: x.lastInvite() };
}

// §5: the 199 MUST contain a To tag and a Reason; "The UAS MUST NOT insert a "199" option-tag in the
// Supported, Require, or Proxy-Require header field of the 199 response."
Deno.test("progress() with 199: the session is over, and the final response follows", () => {
  const { x, request } = ringing(["Supported: 199"]);
  const { session } = request.progress();
  request.progress(BUSY);
  const response = x.peer.response("INVITE");
  assertEquals([response.statusCode, response.toTag], [199, session.localTag]);
  assertEquals(response.getHeader("Reason"), "SIP;cause=486");
  assertEquals([response.hasHeader("Supported"), response.hasHeader("Require")], [false, false]);
  assertEquals(session.sessionState, "Terminated");
  assertThrows(() => request.accept(), InvalidStateError, "199");
  assertThrows(() => request.progress(), InvalidStateError, "199");
  request.reject({ statusCode: 486 });
  x.finish();
});

Deno.test("progress() with 199: only to a caller that supports it, in a session, with a Reason", () => {
  const { x, request } = ringing(["Supported: timer"]);
  request.progress();
  assertThrows(() => request.progress(BUSY), InvalidStateError, "supports 199");
  request.reject();
  x.finish();
  const other = ringing(["Supported: 199"]);
  assertThrows(() => other.request.progress(BUSY), InvalidStateError, "early session");
  other.request.progress();
  const bare = () => other.request.progress({ statusCode: 199 });
  assertThrows(bare, InvalidArgumentError, "Reason");
  other.request.accept().session.dispose();
  assert(other.x.takeEvents().includes("200 INVITE"));
  other.x.core.dispose();
});

// RFC 3262 §3: all provisional responses are sent reliably where the caller requires it.
Deno.test("progress() with 199 is reliable only where the caller requires 100rel", () => {
  const { x, request } = ringing(["Supported: 199, 100rel"]);
  request.progress();
  request.progress(BUSY);
  assertEquals(x.peer.response("INVITE").hasHeader("RSeq"), false);
  request.reject();
  x.finish();
  const other = ringing(["Supported: 199", "Require: 100rel"]);
  const { session } = other.request.progress();
  const ring = other.x.peer.response("INVITE");
  const prack = (rack: string, cseq: number) =>
    other.x.peer.ask("PRACK", {
      toTag: session.localTag,
      cseq,
      headers: [`RAck: ${rack} 1 INVITE`],
    });
  prack(ring.getHeader("RSeq") ?? "", 2);
  other.request.progress(BUSY);
  const end = other.x.peer.response("INVITE");
  assertEquals([end.statusCode, end.getHeader("Require")], [199, "100rel"]);
  prack(end.getHeader("RSeq") ?? "", 3);
  assertEquals(other.x.peer.response("PRACK").statusCode, 200);
  assertThrows(() => other.request.accept(), InvalidStateError, "199");
  other.request.reject({ statusCode: 486 });
  assertEquals(session.sessionState, "Terminated");
  other.x.finish();
});
