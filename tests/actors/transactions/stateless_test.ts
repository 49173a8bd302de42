/**
 * Requests that the program takes before anything is kept of them, and answers of which nothing is
 * kept (RFC 3261 §8.2.7).
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  type IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
} from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

/** A core whose program takes what `takes` says. */
function taking(takes: (message: IncomingRequestMessage, x: Exchange) => boolean) {
  const x = new Exchange();
  const seen: IncomingRequestMessage[] = [];
  x.core.delegate = {
    onInvite: () => void x.events.push("onInvite"),
    onUnclaimedRequest: (message) => {
      seen.push(message);
      return takes(message, x);
    },
  };
  return { x, seen };
}

const refuse = (message: IncomingRequestMessage, x: Exchange) => {
  x.core.replyStateless(message, { statusCode: 503, extraHeaders: ["Retry-After: 7"] });
  return true;
};

// "If a stateless UAS receives a retransmission of a request, it regenerates the response and resends
// it", and "To header tags MUST be generated for responses in a stateless manner - in a manner that
// will generate the same tag for the same request consistently."
Deno.test("an INVITE that is answered without keeping it: the same again, the ACK is ignored", () => {
  const { x, seen } = taking(refuse);
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  x.assertEmpty();
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  const [first, second] = x.peer.texts;
  assertEquals(first, second);
  const response = x.peer.response("INVITE");
  assertEquals([response.statusCode, response.getHeader("Retry-After")], [503, "7"]);
  assert((response.toTag ?? "").length >= 8);
  x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: response.toTag ?? "" });
  assertEquals([seen.length, x.core.dropped], [2, 1]);
  assertEquals(x.takeEvents(), ["503 INVITE", "503 INVITE"]);
  x.finish();
});

Deno.test("another request, or another core, gets another tag", () => {
  const tags = new Set<string | undefined>();
  for (let i = 0; i < 2; i++) {
    const { x } = taking(refuse);
    for (const [callId, cseq] of [["a", 1], ["a", 2], ["b", 1]] as const) {
      x.peer.ask("INVITE", { branch: "z9hG4bKa", callId, cseq });
      tags.add(x.peer.response("INVITE").toTag);
    }
    x.finish();
  }
  assertEquals(tags.size, 6);
});

Deno.test("what is taken and left unanswered leaves nothing; what is not taken goes on as usual", () => {
  const { x } = taking(({ method }) => method === "OPTIONS");
  x.peer.ask("OPTIONS");
  assertEquals(x.takeEvents(), []);
  x.assertEmpty();
  x.peer.ask("INVITE");
  assertEquals(x.takeEvents(), ["onInvite"]);
  x.core.dispose();
});

Deno.test("the answer may come later, once", () => {
  const { x, seen } = taking(() => true);
  x.peer.ask("OPTIONS");
  const [message] = seen;
  assert(message);
  x.clock.advance(1000);
  x.core.replyStateless(message, { statusCode: 200, extraHeaders: x.core.configuration.routeSet });
  assertEquals(x.takeEvents(), ["200 OPTIONS"]);
  assertThrows(() => x.core.replyStateless(message, { statusCode: 200 }), InvalidStateError);
  x.finish();
});

Deno.test("whoever answers has taken the request, whatever is returned", () => {
  const { x } = taking((message, x) => !refuse(message, x));
  x.peer.ask("INVITE");
  assertEquals(x.takeEvents(), ["503 INVITE"]);
  x.finish();
});

// "A stateless UAS MUST NOT send provisional (1xx) responses."
Deno.test("no provisional response, and none that accepts an INVITE; then another may be sent", () => {
  const { x, seen } = taking(() => true);
  x.peer.ask("INVITE");
  const [message] = seen;
  assert(message);
  for (const statusCode of [100, 180, 200]) {
    const reply = () => x.core.replyStateless(message, { statusCode });
    assertThrows(reply, InvalidArgumentError, "statusCode");
  }
  x.core.replyStateless(message, { statusCode: 486 });
  assertEquals(x.takeEvents(), ["486 INVITE"]);
  x.finish();
});

Deno.test("a request that was not taken has a transaction, and is not answered so", () => {
  const { x, seen } = taking(() => false);
  x.peer.ask("INVITE");
  const [message] = seen;
  assert(message);
  assertThrows(() => x.core.replyStateless(message, { statusCode: 486 }), InvalidStateError);
  x.core.dispose();
});

Deno.test("asked: strays, with tags of no dialog or without; not asked: ACK, what is claimed", () => {
  const { x, seen } = taking(({ method }) => method !== "INVITE");
  x.peer.ask("BYE", { toTag: "gone" });
  x.peer.ask("CANCEL", { branch: "z9hG4bKgone" });
  x.peer.ask("ACK", { toTag: "gone" });
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  x.peer.ask("INVITE", { branch: "z9hG4bKa" });
  x.peer.ask("CANCEL", { branch: "z9hG4bKa" });
  assertEquals(seen.map(({ method }) => method), ["BYE", "CANCEL", "INVITE"]);
  x.core.dispose();
});

Deno.test("what it throws, or a promise, is no yes", async () => {
  const { x } = taking(() => {
    throw new Error("no");
  });
  x.peer.ask("INVITE");
  x.core.delegate.onUnclaimedRequest = (() => Promise.resolve(true)) as never;
  x.peer.ask("INVITE", { callId: "another" });
  assertEquals(x.takeEvents(), ["onInvite", "onInvite"]);
  await x.core.dispose();
  assertEquals(x.errors.map(({ name }) => name), ["DelegateError"]);
});

Deno.test("a flood of strays: refused all the same, and what is kept of it is limited", () => {
  const x = new Exchange();
  for (let i = 0; i < 5000; i++) x.peer.ask("INVITE", { toTag: "gone", callId: `${i}` });
  assertEquals(x.peer.responses("INVITE").length, 5000);
  assertEquals(new Set(x.peer.responses("INVITE").map(({ statusCode }) => statusCode)).size, 1);
  assert(x.core.live.servers <= 1000, `${x.core.live.servers} server transactions`);
  x.core.dispose();
});

for (const method of ["INVITE", "OPTIONS"]) {
  Deno.test(`a flood of ${method}, and no handler: 480 to all, and what is kept of it is limited`, () => {
    const x = new Exchange();
    for (let i = 0; i < 5000; i++) x.peer.ask(method, { callId: `${i}` });
    const answers = x.peer.responses(method).map(({ statusCode }) => statusCode);
    assertEquals([answers.length, new Set(answers)], [5000, new Set([480])]);
    assert(x.core.live.servers <= 1000, `${x.core.live.servers} server transactions`);
    x.core.dispose();
  });
}

Deno.test("after the flood has passed, a refusal is repeated again until its ACK", () => {
  const x = new Exchange();
  for (let i = 0; i < 1500; i++) x.peer.ask("OPTIONS", { toTag: "gone", callId: `${i}` });
  x.clock.advance(60_000);
  x.assertEmpty();
  x.takeEvents();
  x.peer.ask("INVITE", { toTag: "gone" });
  x.clock.advance(1000);
  assertEquals(x.takeEvents(), ["481 INVITE", "481 INVITE"]);
  assertNotEquals(x.core.live.servers, 0);
  x.core.dispose();
});

Deno.test("what cannot be read is refused without keeping it, with the same tag when it comes again", () => {
  const x = new Exchange();
  const broken = (callId: string) =>
    x.peer.send(
      x.peer.writeRequest("OPTIONS", { callId, branch: "z9hG4bKa" })
        .replace("Content-Length: 0", "Content-Length: 9"),
    );
  broken("a");
  broken("a");
  broken("b");
  const [first, second, third] = x.peer.responses("OPTIONS");
  assertEquals(first?.statusCode, 400);
  assertEquals(first?.toTag, second?.toTag);
  assertNotEquals(first?.toTag, third?.toTag);
  x.assertEmpty();
  x.finish();
});
