import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  InvalidArgumentError,
  InvalidStateError,
  type Transport,
  TransportError,
  URI,
} from "@strowger/sip";
import { sdp } from "../../support/exchange.ts";
import { HookedTransport } from "../../support/hooked_transport.ts";
import { INSTANCE, Registering } from "../../support/registering.ts";

const ALICE = URI.parse("sip:alice@bob.example");
const CAROL = URI.parse("sip:carol@bob.example");

/** Puts the machine on another network, where its name is `elsewhere.example`. */
function move(x: Registering, protocol = "UDP"): HookedTransport {
  const address = { host: "elsewhere.example", port: 5060 };
  const next = new HookedTransport(x.network.transport(address, { protocol }));
  x.peer.target = address;
  x.core.networkChanged([next]);
  return next;
}

/** A call from an address, which the far end has answered. */
function callUp(x: Registering, from = ALICE): void {
  const message = x.core.makeOutgoingRequestMessage("INVITE", CAROL, from, CAROL, {}, [], sdp("1"));
  x.core.invite(message, x.recorder());
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "2" });
  x.takeEvents();
}

Deno.test("network: a registration is made anew by the new transport, and then its calls are told", () => {
  const x = new Registering();
  x.register();
  x.grant();
  callUp(x);
  move(x);
  assertEquals(x.transport.closed, 1);
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  // RFC 3261 §10.2.2: nobody answers at the old one any more.
  assertEquals(x.last.getHeaders("Contact"), [
    "<sip:alice@elsewhere.example:5060>",
    "<sip:alice@alice.example:5060>;expires=0",
  ]);
  assertEquals(x.last.via.host, "elsewhere.example");
  x.grant();
  assertEquals(x.takeEvents(), ["flow open", "onRefreshed 200", "INVITE"]);
  const again = x.peer.request("INVITE");
  assertEquals(again.getHeader("Contact"), "<sip:alice@elsewhere.example:5060>");
  assertEquals([again.via.host, again.body], ["elsewhere.example", "1"]);
  x.registration.dispose();
  x.core.dispose();
});

Deno.test("network: the old binding is removed once, and not by who has an instance", () => {
  for (const options of [{}, { instanceId: INSTANCE, regId: 1 }]) {
    const x = new Registering();
    x.register(options);
    x.grant();
    move(x);
    assertEquals(x.last.getHeaders("Contact").length, "regId" in options ? 1 : 2);
    x.grant();
    x.registration.register();
    assertEquals(x.last.getHeaders("Contact").length, 1);
    x.registration.dispose();
    x.core.dispose();
  }
});

Deno.test("network: a call without a registration is told at once", () => {
  const x = new Registering();
  callUp(x, URI.parse("sip:dave@dave.example"));
  move(x);
  assertEquals(x.takeEvents(), ["INVITE"]);
  assertEquals(
    x.peer.request("INVITE").getHeader("Contact"),
    "<sip:dave@elsewhere.example:5060>",
  );
  x.core.dispose();
});

Deno.test("network: a call that came in is told of with its own user", () => {
  const x = new Registering();
  x.takeInvites((request) => void request.accept({ statusCode: 200, body: sdp("1") }));
  x.peer.ask("INVITE", { uri: "sip:desk7@alice.example", body: "2" });
  x.peer.ask("ACK", { toTag: x.peer.response("INVITE").toTag ?? "" });
  x.takeEvents();
  move(x);
  assertEquals(x.takeEvents(), ["INVITE"]);
  assertEquals(
    x.peer.request("INVITE").getHeader("Contact"),
    "<sip:desk7@elsewhere.example:5060>",
  );
  x.core.dispose();
});

Deno.test("network: with onNetworkChange, the program invites, and Contact is new all the same", () => {
  const x = new Registering();
  callUp(x);
  const session = x.lastSession();
  session.delegate = {
    onNetworkChange: () => void session.invite(undefined, { body: sdp("media elsewhere") }),
  };
  move(x);
  assertEquals(x.takeEvents(), ["INVITE"]);
  const again = x.peer.request("INVITE");
  assertEquals(again.body, "media elsewhere");
  assertEquals(again.getHeader("Contact"), "<sip:alice@elsewhere.example:5060>");
  x.core.dispose();
});

Deno.test("network: a call that is busy is told when it is not", () => {
  const x = new Registering();
  callUp(x);
  x.lastSession().invite(x.recorder(), { body: sdp("3") });
  x.takeEvents();
  move(x);
  assertEquals(x.takeEvents(), []);
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "4" });
  x.takeEvents();
  x.clock.advance(4000);
  assertEquals(x.takeEvents(), ["INVITE"]);
  assertEquals(x.peer.request("INVITE").getHeader("Contact"), "<sip:alice@elsewhere.example:5060>");
  x.core.dispose();
});

Deno.test("network: nothing is told of a call that ends meanwhile, and nothing is left", () => {
  const x = new Registering();
  callUp(x);
  x.lastSession().invite(x.recorder(), { body: sdp("3") });
  move(x);
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "4" });
  x.takeEvents();
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.clock.advance(4000);
  assertEquals(x.takeEvents(), ["BYE"]);
  x.finish();
});

Deno.test("network: a call that was being set up over UDP goes on by the new socket", () => {
  const x = new Registering();
  x.core.invite(x.core.makeOutgoingRequestMessage("INVITE", CAROL, ALICE, CAROL), x.recorder());
  const next = move(x);
  const sent: string[] = [];
  next.onSend = (text) => void sent.push(text.slice(0, 6));
  x.clock.advance(500);
  assertEquals(sent, ["INVITE"]);
  x.core.dispose();
});

Deno.test("network: over TCP, what was on its way fails with a reason", () => {
  const x = new Registering({ protocol: "TCP" });
  x.core.invite(x.core.makeOutgoingRequestMessage("INVITE", CAROL, ALICE, CAROL), x.recorder());
  move(x, "TCP");
  assertEquals(x.takeEvents(), ["INVITE", "onReject 503 local"]);
  assertEquals(
    x.rejected[0]?.message.reasonPhrase,
    "Service Unavailable: the network is another one",
  );
  x.finish();
});

Deno.test("network: connections are given up where the transports stay", () => {
  const x = new Registering({ protocol: "TCP" });
  let count = 0;
  (x.transport as Transport).disconnect = () => void count++;
  x.register();
  x.grant();
  callUp(x);
  x.core.networkChanged();
  assertEquals([count, x.transport.closed], [1, 0]);
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  x.grant();
  assertEquals(x.takeEvents(), ["flow open", "onRefreshed 200", "INVITE"]);
  x.registration.dispose();
  x.core.dispose();
});

Deno.test("network: a REGISTER that was under way is sent once more, and is no failure", () => {
  const x = new Registering({ protocol: "TCP" });
  x.register();
  x.core.networkChanged();
  assertEquals(x.takeEvents(), ["REGISTER", "REGISTER"]);
  x.grant();
  assertEquals(x.takeEvents(), ["flow open", "onRegistered 200"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("network: what waits for its time is tried at once", () => {
  const x = new Registering();
  x.register();
  x.peer.respond(x.last, 503, { headers: ["Retry-After: 3000"] });
  x.takeEvents();
  x.core.networkChanged();
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("network: there may be none for a while", async () => {
  const x = new Registering();
  x.register();
  x.grant();
  x.takeEvents();
  x.core.networkChanged([]);
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), [
    "flow connecting",
    "flow backingOff",
    "onFailed, again later, 503 local",
  ]);
  move(x);
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("network: what was refused for good stays so", () => {
  const x = new Registering();
  x.register();
  x.peer.respond(x.last, 403);
  x.takeEvents();
  x.core.networkChanged();
  assertEquals(x.takeEvents(), []);
  x.registration.dispose();
  x.finish();
});

Deno.test("network: refuses what are no transports, and a core that is being stopped", async () => {
  const x = new Registering();
  for (const wrong of [[{}], "udp", [undefined]]) {
    assertThrows(
      () => x.core.networkChanged(wrong as unknown as Transport[]),
      InvalidArgumentError,
      "transports",
    );
  }
  await x.core.dispose();
  assertThrows(() => x.core.networkChanged(), InvalidStateError, "running");
  x.finish();
});

Deno.test("network: a transport that cannot be closed harms nobody", async () => {
  const x = new Registering();
  x.transport.close = () => Promise.reject(new TransportError("no"));
  move(x);
  await x.clock.advanceAsync(0);
  x.finish();
});

/** A call from an address, which rings. */
function ringing(x: Registering): void {
  const message = x.core.makeOutgoingRequestMessage(
    "INVITE",
    CAROL,
    ALICE,
    CAROL,
    {},
    [],
    sdp("1"),
  );
  x.core.invite(message, x.recorder());
  x.peer.respond(x.peer.request("INVITE"), 180);
  x.takeEvents();
}

for (const isRegistered of [false, true]) {
  const who = isRegistered ? "of an address that is registered" : "of any address";
  Deno.test(`network: a call ${who} that rang at the far end is told when it is up`, () => {
    const x = new Registering();
    if (isRegistered) x.register();
    if (isRegistered) x.grant();
    ringing(x);
    move(x);
    if (isRegistered) x.grant();
    x.takeEvents();
    x.clock.advance(10_000);
    assertEquals(x.takeEvents(), []);
    x.peer.respond(x.peer.request("INVITE"), 200, { body: "2" });
    assertEquals(x.takeEvents(), ["onAccept 200", "ACK"]);
    x.clock.advance(2000);
    assertEquals(x.takeEvents(), ["INVITE"]);
    assertEquals(
      x.peer.request("INVITE").getHeader("Contact"),
      "<sip:alice@elsewhere.example:5060>",
    );
    x.core.dispose();
  });

  Deno.test(`network: a call ${who} that rang here is accepted with the new one`, () => {
    const x = new Registering();
    if (isRegistered) x.register();
    if (isRegistered) x.grant();
    x.takeInvites((request) => void request.progress({ statusCode: 180 }));
    const invite = x.peer.writeRequest("INVITE", { uri: "sip:alice@alice.example", body: "2" });
    x.peer.send(invite.replace("To: <sip:alice@alice.example>", `To: <${ALICE}>`));
    move(x);
    if (isRegistered) x.grant();
    x.lastInvite().accept({ statusCode: 200, body: sdp("1") });
    const accept = x.peer.response("INVITE");
    assertEquals(accept.getHeader("Contact"), "<sip:alice@elsewhere.example:5060>");
    x.peer.ask("ACK", { toTag: accept.toTag ?? "" });
    x.takeEvents();
    x.clock.advance(20_000);
    // The 200 has said it.
    assertEquals(x.takeEvents(), []);
    x.core.dispose();
  });
}

Deno.test("network: onNetworkChange of a call that rings is called when it is up", () => {
  const x = new Registering();
  ringing(x);
  let count = 0;
  const session = x.progressed[0]?.session;
  assert(session);
  session.delegate = { onNetworkChange: () => void count++ };
  move(x);
  assertEquals(count, 0);
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "2" });
  x.clock.advance(4000);
  assertEquals([count, x.takeEvents()], [1, ["onAccept 200", "ACK"]]);
  x.core.dispose();
});

Deno.test("network: nothing is left of a call that rings, and is refused after a change", () => {
  const x = new Registering();
  ringing(x);
  move(x);
  x.peer.respond(x.peer.request("INVITE"), 486);
  assertEquals(x.takeEvents(), ["onReject 486", "ACK"].toSorted());
  x.finish();
});

for (
  const [what, change] of [
    ["was refused before", (x: Registering) => {
      x.registration.register();
      x.peer.respond(x.last, 403);
      move(x);
    }],
    ["is refused now", (x: Registering) => {
      move(x);
      x.peer.respond(x.last, 403);
    }],
    ["is disposed of meanwhile", (x: Registering) => {
      move(x);
      x.registration.dispose();
    }],
  ] as const
) {
  Deno.test(`network: calls are told without a registration that ${what}`, () => {
    const x = new Registering();
    x.register();
    x.grant();
    callUp(x);
    change(x);
    assertEquals(x.takeEvents().filter((each) => each === "INVITE"), ["INVITE"]);
    assertEquals(
      x.peer.request("INVITE").getHeader("Contact"),
      "<sip:alice@elsewhere.example:5060>",
    );
    x.registration.dispose();
    x.core.dispose();
  });
}

Deno.test("network: calls are told where the first REGISTER is accepted after the change only", () => {
  const x = new Registering();
  x.register();
  x.peer.respond(x.last, 503);
  callUp(x);
  move(x);
  x.grant();
  assertEquals(
    x.takeEvents(),
    ["flow connecting", "REGISTER", "flow open", "onRegistered 200", "INVITE"],
  );
  x.registration.dispose();
  x.core.dispose();
});

Deno.test("network: a core that is stopped after a change sends no re-INVITE", async () => {
  const x = new Registering();
  x.register();
  x.grant();
  callUp(x);
  move(x);
  const stopped = x.core.stop({ deadline: 1000 });
  x.peer.respond(x.last, 403);
  await x.clock.advanceAsync(1000);
  await stopped;
  assertEquals(x.takeEvents().includes("INVITE"), false);
});

Deno.test("network: a call that nobody has heard ring is accepted with the new address, too", () => {
  const x = new Registering();
  x.takeInvites();
  x.peer.ask("INVITE", { uri: "sip:desk7@alice.example", body: "2" });
  move(x);
  x.lastInvite().accept({ statusCode: 200, body: sdp("1") });
  assertEquals(
    x.peer.response("INVITE").getHeader("Contact"),
    "<sip:desk7@elsewhere.example:5060>",
  );
  x.core.dispose();
});

Deno.test("network: a transport of before may be named again", () => {
  const x = new Registering();
  x.register();
  move(x);
  x.peer.target = { host: "alice.example", port: 5060 };
  x.core.networkChanged([x.transport]);
  assertEquals(x.last.via.host, "elsewhere.example");
  x.registration.dispose();
  x.core.dispose();
});
