// Before a request is sent: RFC 3263 §4, at a core.
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { InvalidArgumentError, URI, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { type ResolverTable, TableResolver } from "@strowger/sip/transports/resolver_table";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";
import { ScriptedPeer } from "../../support/scripted_peer.ts";
import { SlowResolver } from "../../support/slow_resolver.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const ONE = "192.0.2.1";
const TARGET = "sip:bob@example.com";
const TABLE: ResolverTable = {
  srv: { "_sip._udp.example.com": [{ priority: 1, weight: 1, port: 5060, target: "one.example" }] },
  a: { "one.example": [ONE] },
};

function slow(table = TABLE): { x: Exchange; resolver: SlowResolver; one: ScriptedPeer } {
  const resolver = new SlowResolver(table);
  const x = new Exchange({ configuration: { resolver } });
  return { x, resolver, one: x.peerAt(ONE) };
}

/** Answers every question, one after the other. */
async function answerAll(x: Exchange, resolver: SlowResolver): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await x.clock.advanceAsync(0);
    resolver.answer();
  }
  await x.clock.advanceAsync(0);
}

Deno.test("a numeric host is sent to inside invite(), and nothing is asked", () => {
  const { x, resolver, one } = slow();
  x.invite(x.recorder(), { to: `sip:bob@${ONE}` });
  assertEquals(one.requests("INVITE").length, 1);
  assertEquals(resolver.asked, []);
  one.respond(one.request("INVITE"), 486);
  x.finish();
});

Deno.test("a name: the INVITE leaves when it is known where to", async () => {
  const { x, resolver, one } = slow();
  const request = x.invite(x.recorder(), { to: TARGET });
  assertEquals(x.core.live.clients, 1);
  await answerAll(x, resolver);
  assertEquals(resolver.asked, [
    "naptr example.com",
    "srv _sip._udp.example.com",
    "aaaa one.example",
    "a one.example",
  ]);
  const invite = one.request("INVITE");
  // "The procedures defined here in no way affect this URI".
  assertEquals(`${invite.ruri}`, TARGET);
  assertEquals(request.message.branch, invite.viaBranch);
  one.respond(invite, 200);
  x.lastSession().bye();
  one.respond(one.request("BYE"), 200);
  assertEquals(x.takeEvents(), [
    `${ONE} INVITE`,
    "onAccept 200",
    `${ONE} ACK`,
    `${ONE} BYE`,
  ]);
  x.finish();
});

// RFC 3261 §9.1: a CANCEL is for what was sent.
Deno.test("cancel() while somebody is asked: nothing is sent, a local 487, once", async () => {
  const { x, resolver } = slow();
  const request = x.invite(x.recorder(), { to: TARGET });
  request.cancel("enough");
  assertEquals(x.takeEvents(), ["onReject 487 local"]);
  x.assertSound();
  assertEquals(x.core.live.entries, 0);
  request.cancel();
  await answerAll(x, resolver);
  await x.clock.advanceAsync(TIMER_B);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("dispose() while somebody is asked: nothing is sent, nobody is told, nothing is left", async () => {
  const { x, resolver } = slow();
  const request = x.invite(x.recorder(), { to: TARGET });
  request.dispose();
  assertEquals(x.core.live.entries, 0);
  await answerAll(x, resolver);
  await x.clock.advanceAsync(TIMER_B);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("stop() while somebody is asked: an INVITE is given up, and the core stops", async () => {
  const { x, resolver } = slow();
  x.invite(x.recorder(), { to: TARGET });
  await x.core.stop();
  assertEquals(x.takeEvents(), ["onReject 487 local"]);
  assert(resolver.signals.every(({ aborted }) => aborted));
  await x.clock.advanceAsync(0);
  x.finish();
});

Deno.test("dispose() of the core while somebody is asked: nobody is asked any more", async () => {
  const { x, resolver } = slow();
  x.invite(x.recorder(), { to: TARGET });
  await x.core.dispose();
  assert(resolver.signals.every(({ aborted }) => aborted));
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("what cannot go onto the wire is refused at once, whoever has to be asked", () => {
  const { x } = slow();
  const message = x.message({ to: TARGET });
  message.extraHeaders.push("Contact: <<");
  const error = assertThrows(() => x.core.invite(message), InvalidArgumentError);
  assertMatch(error.field, /Contact/);
  assertEquals(x.core.live.entries, 0);
  x.finish();
});

Deno.test("a name server that is silent: given up after 5 seconds a question; then a local 503", async () => {
  const { x, resolver } = slow();
  x.invite(x.recorder(), { to: TARGET });
  await x.clock.advanceAsync(14_999);
  assertEquals(x.takeEvents(), []);
  await x.clock.advanceAsync(1);
  assertEquals(x.takeEvents(), ["onReject 503 local"]);
  assertMatch(x.rejected[0]?.message.reasonPhrase ?? "", /example\.com.*name server/);
  assert(resolver.signals.every(({ aborted }) => aborted));
  // RFC 9520: a failure is remembered, for a short while.
  const asked = resolver.asked.length;
  x.invite(x.recorder(), { to: TARGET });
  await x.clock.advanceAsync(0);
  assertEquals(resolver.asked.length < asked + 3, true);
  await x.clock.advanceAsync(20_000);
  x.finish();
});

Deno.test("a resolver that throws, or rejects: a local 503", async () => {
  for (
    const fail of [() => Promise.reject(new Error("no net")), () => {
      throw new Error("no net");
    }]
  ) {
    const resolver = { a: fail, aaaa: fail, srv: fail, naptr: fail };
    const x = new Exchange({ configuration: { resolver } });
    x.invite(x.recorder(), { to: TARGET });
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["onReject 503 local"]);
    x.finish();
  }
});

Deno.test("answers are kept for their time to live, and shared by calls that ask at the same time", async () => {
  const { x, resolver, one } = slow();
  resolver.ttl = 30;
  const call = async () => {
    x.invite(x.recorder(), { to: TARGET });
    await answerAll(x, resolver);
    one.respond(one.request("INVITE"), 486);
  };
  x.invite(x.recorder(), { to: TARGET });
  await call();
  assertEquals(one.requests("INVITE").length, 2);
  one.respond(one.requests("INVITE")[0] ?? one.request("INVITE"), 486);
  assertEquals(resolver.asked.length, 4);
  await x.clock.advanceAsync(29_999);
  // Nothing has to be asked: it leaves at once.
  x.invite(x.recorder(), { to: TARGET });
  assertEquals(one.requests("INVITE").length, 3);
  one.respond(one.request("INVITE"), 486);
  await x.clock.advanceAsync(1);
  await call();
  assertEquals(resolver.asked.length, 8);
  x.finish();
});

Deno.test("a time to live of 0: each request asks again, and gets through", async () => {
  const { x, resolver, one } = slow();
  resolver.ttl = 0;
  for (const times of [1, 2]) {
    x.invite(x.recorder(), { to: TARGET });
    await answerAll(x, resolver);
    assertEquals([one.requests("INVITE").length, resolver.asked.length], [times, 4 * times]);
    one.respond(one.request("INVITE"), 486);
  }
  x.finish();
});

Deno.test("that there is nothing is kept, too", async () => {
  const { x, resolver } = slow({});
  resolver.ttl = 100;
  x.invite(x.recorder(), { to: TARGET });
  await answerAll(x, resolver);
  assertEquals(x.takeEvents(), ["onReject 503 local"]);
  const asked = resolver.asked.length;
  await x.clock.advanceAsync(99_000);
  x.invite(x.recorder(), { to: TARGET });
  await x.clock.advanceAsync(0);
  assertEquals([x.takeEvents(), resolver.asked.length], [["onReject 503 local"], asked]);
  x.finish();
});

Deno.test("without a resolver a name is the transport's affair, at once", () => {
  const x = new Exchange();
  const peer = x.peerAt("example.com");
  x.invite(x.recorder(), { to: TARGET });
  assertEquals(peer.requests("INVITE").length, 1);
  peer.respond(peer.request("INVITE"), 486);
  x.finish();
});

Deno.test("maddr without a resolver: the message goes there, and the URI stays", () => {
  const x = new Exchange();
  const peer = x.peerAt("192.0.2.77", 5070);
  x.invite(x.recorder(), { to: "sip:bob@example.com:5070;maddr=192.0.2.77" });
  assertEquals(`${peer.request("INVITE").ruri}`, "sip:bob@example.com:5070;maddr=192.0.2.77");
  peer.respond(peer.request("INVITE"), 486);
  x.finish();
});

// RFC 3261 §18.1.1: "A client that sends a request to a multicast address MUST add the "maddr" parameter
// to its Via header field value containing the destination multicast address, and for IPv4, SHOULD add
// the "ttl" parameter with a value of 1."
Deno.test("a request to a group has maddr and ttl in its Via, and no other has", () => {
  const x = new Exchange();
  const group = x.peerAt("224.0.1.75");
  x.invite(x.recorder(), { to: "sip:bob@224.0.1.75" });
  const { via } = group.request("INVITE");
  assertEquals([via.parameters["maddr"], via.parameters["ttl"]], ["224.0.1.75", "1"]);
  group.respond(group.request("INVITE"), 486);
  assertEquals(group.request("ACK").via.parameters["maddr"], "224.0.1.75");
  x.invite(x.recorder());
  assertEquals(x.peer.request("INVITE").via.parameters["maddr"], undefined);
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.finish();
});

// RFC 3261 §8.1.1.8: Contact is where the far end sends its requests.
Deno.test("a domain that prefers TCP gets it, and Via and Contact say so", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ deliver: (run) => run() });
  const local = { host: "192.0.2.9", port: 5060 };
  const [udp, tcp] = ["UDP", "TCP"].map((protocol) => network.transport(local, { protocol }));
  const peer = network.transport({ host: ONE, port: 5060 }, { protocol: "TCP" });
  const bob = new ScriptedPeer(peer, local);
  const rule = { order: 1, preference: 1, flags: "s", regexp: "" };
  const core = new UserAgentCore({
    transports: [udp, tcp].flatMap((each) => each ?? []),
    clock,
    resolver: new TableResolver({
      naptr: {
        "example.com": [{ ...rule, services: "SIP+D2T", replacement: "_sip._tcp.example.com" }],
      },
      srv: { "_sip._tcp.example.com": TABLE.srv?.["_sip._udp.example.com"] ?? [] },
      a: TABLE.a ?? {},
    }),
  });
  const alice = URI.parse("sip:alice@example.com");
  core.invite(core.makeOutgoingRequestMessage("INVITE", alice, alice, alice));
  core.invite(core.makeOutgoingRequestMessage("INVITE", alice, alice, alice, {}, [
    "Contact: <sip:alice@192.0.2.9:5060>",
  ]));
  await clock.advanceAsync(0);
  const [own, given] = bob.requests("INVITE");
  assertEquals(own?.via.transport, "TCP");
  assertEquals(own?.getHeader("Contact"), "<sip:alice@192.0.2.9:5060;transport=tcp>");
  assertEquals(given?.getHeader("Contact"), "<sip:alice@192.0.2.9:5060>");
  await core.dispose();
});

Deno.test("a call by names, to its end: what is asked serves every request of it", async () => {
  const resolver = new SlowResolver({
    ...TABLE,
    srv: {
      ...TABLE.srv,
      "_sip._udp.phone.example": TABLE.srv?.["_sip._udp.example.com"] ?? [],
    },
  }, true);
  const x = new Exchange({ configuration: { resolver } });
  const one = x.peerAt(ONE);
  x.invite(x.recorder(), { to: TARGET, body: sdp("v=0") });
  await x.clock.advanceAsync(0);
  const invite = one.request("INVITE");
  one.respond(invite, 200, { contact: "<sip:bob@phone.example>", body: "v=0" });
  x.lastSession().bye();
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), [`${ONE} INVITE`, "onAccept 200", `${ONE} ACK`, `${ONE} BYE`]);
  // The ACK is the same every time (RFC 3261 §13.2.2.4).
  one.respond(invite, 200, { contact: "<sip:bob@phone.example>", body: "v=0" });
  await x.clock.advanceAsync(0);
  const [first, second] = one.requests("ACK");
  assertEquals(`${second}`, `${first}`);
  one.respond(one.request("BYE"), 200);
  x.finish();
});
