// What a core is made from and stopped with has to make sense.
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError, UserAgentCore } from "@strowger/sip";
import { Exchange } from "../support/exchange.ts";

function fieldOf(run: () => unknown): string {
  return assertThrows(run, InvalidArgumentError).field;
}

Deno.test("a core without a list of transports: refused", () => {
  assertEquals(fieldOf(() => new UserAgentCore({} as never)), "transports");
});

for (const name of ["T1", "T2", "T4"] as const) {
  Deno.test(`a ${name} that is no time: refused`, () => {
    for (const value of [NaN, 0, -1, Infinity]) {
      const make = () => new Exchange({ configuration: { timers: { [name]: value } } });
      assertEquals(fieldOf(make), `timers.${name}`, `${value}`);
    }
  });
}

// A delay beyond 2^31 - 1 ms ends at once, and timers B, F, H, J and L are 64*T1.
Deno.test("a T1 whose 64-fold no timer can count: refused", () => {
  const timers = { T1: 2 ** 25 };
  assertEquals(fieldOf(() => new Exchange({ configuration: { timers } })), "timers.T1");
});

Deno.test("a T1 that is undefined is the RFC's", () => {
  const x = new Exchange({ configuration: { timers: { T1: undefined } as never } });
  x.invite();
  x.clock.advance(499);
  assertEquals(x.takeEvents(), ["INVITE"]);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["INVITE"]);
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.finish();
});

Deno.test("stop() with a deadline that no clock can count: refused, and the core runs on", () => {
  const x = new Exchange();
  for (const deadline of [Infinity, NaN, -1]) {
    assertEquals(fieldOf(() => x.core.stop({ deadline })), "deadline", `${deadline}`);
  }
  assertEquals(x.core.state, "running");
  x.invite();
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "onReject 486"]);
  x.finish();
});
