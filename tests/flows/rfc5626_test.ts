/**
 * RFC 5626 §9: Bob is registered by two edge proxies, one of which crashes.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { URI } from "@strowger/sip";
import type { Agent } from "./agent.ts";
import { Cast } from "./cast.ts";
import { Prng } from "../simulation/prng.ts";

const BOB = URI.parse("sip:bob@example.com");
const ALICE = URI.parse("sip:alice@a.example");
const INSTANCE = "urn:uuid:00000000-0000-1000-8000-aabbccddeeff";

/** Random octets that are always the same, for the times between keep-alives. */
function predictable(): (octets: Uint8Array) => void {
  const prng = new Prng(5626);
  return (octets) => octets.forEach((_, i) => octets[i] = Math.floor(prng.next() * 256));
}

/** The cast: Bob, EP1 and EP2, the proxy with the registrar of example.com, and Alice. */
function start(): { cast: Cast; bob: Agent; alice: Agent } {
  const cast = new Cast({ "a.example": "alice.a.example", "example.com": "proxy.example.com" });
  const bob = cast.agent("Bob", "bob.example.com", {
    protocol: "TCP",
    aor: BOB,
    random: predictable(),
  });
  cast.proxy("EP1", "ep1.example.com", {}, "TCP");
  cast.proxy("EP2", "ep2.example.com", {}, "TCP");
  const registrar = cast.agent("Proxy", "proxy.example.com", { protocol: "TCP", aor: BOB });
  registrar.core.delegate.onRegister = (request) => {
    const contacts = request.message.getHeaders("Contact");
    request.accept({
      statusCode: 200,
      extraHeaders: [
        ...contacts.map((each) => `Contact: ${each};expires=3600`),
        "Require: outbound",
      ],
    });
  };
  const alice = cast.agent("Alice", "alice.a.example", { protocol: "TCP", aor: ALICE });
  return { cast, bob, alice };
}

function registerBy(bob: Agent, regId: number): void {
  bob.core.registration({
    registrar: URI.parse("sip:example.com"),
    aor: BOB,
    instanceId: INSTANCE,
    regId,
    routeSet: [`<sip:ep${regId}.example.com;lr>`],
  });
}

Deno.test("RFC 5626 §9.2, registration by two edge proxies, and their keep-alives", async () => {
  const { cast, bob } = start();
  registerBy(bob, 1);
  registerBy(bob, 2);
  await cast.clock.advanceAsync(100_000);
  // The first keep-alive of each goes at once; the RFC has it "about 120 seconds later".
  cast.expect(`
    F9   0 Bob > EP1 REGISTER example.com, CSeq 1, Contact bob@bob.example.com, Route ep1.example.com
    F13  0 Bob > EP2 REGISTER example.com, CSeq 1, Contact bob@bob.example.com, Route ep2.example.com
    F10  10 EP1 > Proxy REGISTER example.com, CSeq 1, Contact bob@bob.example.com, Record-Route ep1.example.com
    F14  10 EP2 > Proxy REGISTER example.com, CSeq 1, Contact bob@bob.example.com, Record-Route ep2.example.com
    F11  20 Proxy > EP1 200 OK, CSeq 1 REGISTER, To;tag, Contact bob@bob.example.com;expires=3600
    F15  20 Proxy > EP2 200 OK, CSeq 1 REGISTER, To;tag, Contact bob@bob.example.com;expires=3600
    F12  30 EP1 > Bob 200 OK, CSeq 1 REGISTER, To;tag, Contact bob@bob.example.com;expires=3600
    F16  30 EP2 > Bob 200 OK, CSeq 1 REGISTER, To;tag, Contact bob@bob.example.com;expires=3600
    F17  40 Bob > EP1 CRLF CRLF
    F19  40 Bob > EP2 CRLF CRLF
         96605 Bob > EP2 CRLF CRLF
  `);
  const registers = cast.messages.filter(({ method, status }) =>
    method === "REGISTER" && status === undefined
  );
  for (const [i, { text }] of registers.entries()) {
    assertMatch(
      text,
      RegExp(`Contact: .*;\\+sip\\.instance="<${INSTANCE}>";reg-id=${i % 2 + 1}\r\n`),
    );
    assertMatch(text, /Supported: path, outbound/);
  }
  assertEquals(new Set(registers.map(({ callId }) => callId)).size, 2);
  await cast.end();
});

Deno.test("RFC 5626 §9.4, an edge proxy has crashed; §9.5, an outgoing call", async () => {
  const { cast, bob, alice } = start();
  registerBy(bob, 1);
  registerBy(bob, 2);
  await cast.clock.advanceAsync(15_000);
  cast.rebooted.add("ep1.example.com");
  cast.forget();
  await cast.clock.advanceAsync(105_000);
  cast.expect(`
    F35  96605 Bob > EP2 CRLF CRLF
    F37  115648 Bob > nobody CRLF CRLF
    F38  115648 Bob > EP1 REGISTER example.com, CSeq 2, Contact bob@bob.example.com, Route ep1.example.com
    F39  115658 EP1 > Proxy REGISTER example.com, CSeq 2, Contact bob@bob.example.com, Record-Route ep1.example.com
    F40  115668 Proxy > EP1 200 OK, CSeq 2 REGISTER, To;tag, Contact bob@bob.example.com;expires=3600
    F41  115678 EP1 > Bob 200 OK, CSeq 2 REGISTER, To;tag, Contact bob@bob.example.com;expires=3600
         115688 Bob > EP1 CRLF CRLF
  `);
  alice.answer([0, (request) => request.accept()]);
  bob.invite(ALICE);
  await cast.clock.advanceAsync(1000);
  const [invite] = cast.messages.filter(({ method }) => method === "INVITE");
  assertEquals(invite?.header("Route"), "<sip:ep1.example.com;lr>");
  assertEquals(invite?.header("Contact"), "<sip:bob@bob.example.com:5060;transport=tcp;ob>");
  // Only by the way of the calls that it makes, since the RFC leaves out some of its hops.
  const path = cast.messages.filter(({ method, status }) => method === "INVITE" && !status);
  assertEquals(path.length, 2);
  bob.session.bye();
  await cast.clock.advanceAsync(1000);
  assertEquals([bob, alice].map((each) => each.session.sessionState), ["Terminated", "Terminated"]);
  await cast.end();
});
