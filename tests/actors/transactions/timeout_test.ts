// No answer: RFC 3261 §17.1.1.2 (timers A and B), §8.1.3.1.
import { assertEquals, assertMatch } from "@std/assert";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

// "When timer A fires, the client transaction MUST retransmit the request by passing it to the
// transport layer, and MUST reset the timer with a value of 2*T1 ... the request is retransmitted
// with intervals that double after each transmission."
Deno.test("timer A: the INVITE is repeated, the same bytes, at doubling intervals", () => {
  const x = new Exchange();
  const times: number[] = [];
  x.peer.script = () => times.push(x.clock.now());
  x.invite();
  x.clock.advance(TIMER_B);
  assertEquals(times, [0, 500, 1500, 3500, 7500, 15500, 31500]);
  assertEquals(new Set(x.peer.texts).size, 1);
  x.finish();
});

Deno.test("timer A: no repetition after a provisional, and none over a reliable transport", () => {
  const x = new Exchange();
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 100);
  x.clock.advance(60_000);
  assertEquals(x.peer.requests("INVITE").length, 1);
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.finish();
  const y = new Exchange({ protocol: "TCP" });
  y.invite();
  y.clock.advance(TIMER_B - 1);
  assertEquals(y.takeEvents(), ["INVITE"]);
  y.clock.advance(1);
  assertEquals(y.takeEvents(), ["onReject 408 local"]);
  y.finish();
});

// §8.1.3.1: "When a timeout error is received from the transaction layer, it MUST be treated as if a
// 408 (Request Timeout) status code has been received."
Deno.test("timer B: onReject with a local 408 at 64*T1, once", () => {
  const x = new Exchange();
  x.invite();
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.rejected.length, 0);
  x.clock.advance(1);
  assertEquals(x.rejected.length, 1);
  const message = x.rejected[0]?.message;
  assertEquals([message?.statusCode, message?.local], [408, true]);
  assertMatch(message?.reasonPhrase ?? "", /Request Timeout/);
  assertEquals(message?.callId, x.peer.request("INVITE").callId);
  x.assertEmpty();
  x.finish();
});

Deno.test("timer B: late answers are dropped", () => {
  const x = new Exchange();
  x.invite();
  x.clock.advance(TIMER_B);
  x.takeEvents();
  for (const status of [100, 180, 302, 486]) x.peer.respond(x.peer.request("INVITE"), status);
  assertEquals(x.takeEvents(), []);
  assertEquals(x.core.dropped, 4);
  x.assertEmpty();
  x.finish();
});

Deno.test("timer B, and then a 2xx: acknowledged and ended with BYE; told to nobody", () => {
  const x = new Exchange();
  x.invite();
  x.clock.advance(TIMER_B);
  x.takeEvents();
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.peer.respond(invite, 200);
  assertEquals(x.takeEvents(), ["ACK", "BYE", "ACK"]);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

Deno.test("timer B, then a 2xx whose BYE was answered, and the 2xx again: no second BYE", () => {
  const x = new Exchange();
  x.invite();
  x.clock.advance(TIMER_B);
  const invite = x.peer.request("INVITE");
  x.peer.respond(invite, 200);
  x.peer.respond(x.peer.request("BYE"), 200);
  x.peer.respond(invite, 200);
  assertEquals(x.peer.requests("BYE").length, 1);
  x.finish();
});

Deno.test("timer B, and then a late 2xx without Contact: acknowledged as far as that is possible", () => {
  const x = new Exchange();
  x.invite();
  x.clock.advance(TIMER_B);
  x.takeEvents();
  x.peer.respond(x.peer.request("INVITE"), 200, { contact: null });
  x.clock.advance(100_000);
  x.assertEmpty();
  x.assertSound();
});

Deno.test("the timers are the core's: T1 of 100 ms", () => {
  const x = new Exchange({ configuration: { timers: { T1: 100 } } });
  x.invite();
  x.clock.advance(6399);
  assertEquals(x.rejected.length, 0);
  x.clock.advance(1);
  assertEquals(x.rejected.length, 1);
  x.finish();
});
