import { assert, assertEquals, assertMatch } from "@std/assert";
import { TransportError, URI } from "@strowger/sip";
import { sdp } from "../../support/exchange.ts";
import { INSTANCE, Registering } from "../../support/registering.ts";

const ALICE = "sip:alice@bob.example";
const FLOW = { instanceId: INSTANCE, regId: 1 };

/** Sends an INVITE of the address that is registered. */
function callFrom(x: Registering, address = ALICE): void {
  const from = URI.parse(address);
  const to = URI.parse("sip:carol@bob.example");
  x.core.invite(x.core.makeOutgoingRequestMessage("INVITE", to, from, to), x.recorder());
}

/** Reports the connection to the registrar as lost. */
function lose(x: Registering): void {
  x.transport.receiver?.disconnected(
    { host: "bob.example", port: 5060, connection: "1" },
    new Error("reset"),
  );
}

/** A registration over TCP whose registrar has taken the flow. */
function overTcp(): Registering {
  const x = new Registering({ protocol: "TCP" });
  x.register(FLOW);
  x.grant(600, "Require: outbound");
  // A flow that was lost before would not be formed again at once.
  x.clock.advance(10_000);
  x.takeEvents();
  return x;
}

Deno.test("outbound: the requests of the address go by its proxy, Service-Route, and flow", () => {
  const x = new Registering();
  x.register({ ...FLOW, routeSet: ["<sip:bob.example;lr>"] });
  assertEquals(x.last.getHeaders("Route"), ["<sip:bob.example;lr>"]);
  x.grant(600, "Require: outbound", "Service-Route: <sip:home.example;lr>");
  assertEquals(x.registration.routeSet, ["<sip:bob.example;lr>", "<sip:home.example;lr>"]);
  callFrom(x);
  const invite = x.peer.request("INVITE");
  assertEquals(invite.getHeaders("Route"), ["<sip:bob.example;lr>", "<sip:home.example;lr>"]);
  // RFC 5626 §9.5: Contact of an INVITE has "ob".
  assertEquals(invite.getHeader("Contact"), "<sip:alice@alice.example:5060;ob>");
  x.peer.respond(invite, 486);
  // A REGISTER goes by the proxy, and not by what it has been answered.
  x.registration.register();
  assertEquals(x.last.getHeaders("Route"), ["<sip:bob.example;lr>"]);
  x.grant();
  // Another address has nothing of this.
  callFrom(x, "sip:dave@bob.example");
  assertEquals(x.peer.request("INVITE").getHeaders("Route"), []);
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: what a message says of its routes goes before what the registration says", () => {
  const x = new Registering();
  x.register({ routeSet: ["<sip:proxy.example;lr>"] });
  const address = URI.parse(ALICE);
  const message = x.core.makeOutgoingRequestMessage("OPTIONS", address, address, address, {
    routeSet: [],
  });
  assertEquals(message.getHeaders("Route"), []);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: a Service-Route that begins with the proxy names it once", () => {
  const x = new Registering();
  x.register({ routeSet: ["<sip:bob.example;lr>"] });
  x.grant(600, "Service-Route: <sip:bob.example;lr>, <sip:home.example;lr>");
  assertEquals(x.registration.routeSet, ["<sip:bob.example;lr>", "<sip:home.example;lr>"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: without Require: outbound there is no flow to keep, and no ob", () => {
  const x = new Registering();
  x.register(FLOW);
  x.grant();
  callFrom(x);
  assertEquals(x.peer.request("INVITE").getHeader("Contact"), "<sip:alice@alice.example:5060>");
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: a call that comes in is answered with the Contact of its flow", () => {
  const x = new Registering();
  x.register(FLOW);
  x.grant(600, "Require: outbound");
  x.takeInvites((request) => void request.accept());
  const invite = x.peer.writeRequest("INVITE", { uri: "sip:alice@alice.example:5060" })
    .replace("To: <sip:alice@alice.example>", `To: <${ALICE}>`);
  x.peer.send(invite);
  assertEquals(
    x.peer.response("INVITE").getHeader("Contact"),
    "<sip:alice@alice.example:5060;ob>",
  );
  x.registration.dispose();
  x.core.dispose();
});

for (
  const [gruu, contact] of [
    [undefined, `<${ALICE};gr=urn:uuid:1>`],
    ["public", `<${ALICE};gr=urn:uuid:1>`],
    ["temporary", "<sip:tgruu.7hs@bob.example;gr>"],
    ["none", "<sip:alice@alice.example:5060>"],
  ] as const
) {
  Deno.test(`outbound: the GRUU in Contact is ${gruu ?? "the public one"} (RFC 5627 §4.4)`, () => {
    const x = new Registering();
    x.register({ instanceId: INSTANCE, ...(gruu === undefined ? {} : { gruu }) });
    assertEquals(x.last.getHeader("Supported"), gruu === "none" ? "path" : "path, gruu");
    const own = `${x.last.getHeader("Contact")};expires=600;pub-gruu="${ALICE};gr=urn:uuid:1"` +
      `;temp-gruu="sip:tgruu.7hs@bob.example;gr"`;
    x.peer.respond(x.last, 200, { contact: own });
    assertEquals(x.registration.contact, contact);
    callFrom(x);
    assertEquals(x.peer.request("INVITE").getHeader("Contact"), contact);
    x.peer.respond(x.peer.request("INVITE"), 486);
    x.registration.dispose();
    x.finish();
  });
}

for (const gruu of ["sip:@@", "tel:+1;gr", "sip:alice@bob.example", "sip:a@b\x00;gr"]) {
  Deno.test(`outbound: ${JSON.stringify(gruu)} is no GRUU`, () => {
    const x = new Registering();
    x.register({ instanceId: INSTANCE });
    x.peer.respond(x.last, 200, {
      contact: `${x.last.getHeader("Contact")};expires=600;pub-gruu="${gruu}"`,
    });
    assertEquals(x.registration.gruus, {});
    assertEquals(x.registration.contact, "<sip:alice@alice.example:5060>");
    x.registration.dispose();
    x.finish();
  });
}

Deno.test("outbound: after a 439 it is registered without (RFC 5626 §11.6)", () => {
  const x = new Registering();
  x.register(FLOW);
  x.peer.respond(x.last, 439);
  assertEquals(x.last.getHeader("Contact")?.includes("reg-id"), false);
  assertEquals(x.last.getHeader("Supported"), "path, gruu");
  assertMatch(x.last.getHeader("Contact") ?? "", /sip\.instance/);
  x.grant(60);
  x.clock.advance(30_000);
  assertEquals(x.last.getHeader("Contact")?.includes("reg-id"), false);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: a connection that is lost is opened anew at once, with the same reg-id", () => {
  const x = overTcp();
  lose(x);
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  // §4.5: "Each new registration MUST have the same reg-id value as the registration it replaces."
  assertMatch(x.last.getHeader("Contact") ?? "", /;reg-id=1$/);
  x.grant(600, "Require: outbound");
  assertEquals(x.takeEvents(), ["flow open", "onRefreshed 200"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: a registrar that drops each connection gets one after a while, and no flood", () => {
  const x = overTcp();
  for (let i = 0; i < 3; i++) {
    lose(x);
    x.clock.advance(30_000);
    assertEquals(x.takeEvents().filter((each) => each === "REGISTER").length, 1);
    x.grant(600, "Require: outbound");
    x.takeEvents();
  }
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: a registrar that is away is tried with growing waits until it is back", () => {
  const x = overTcp();
  x.transport.onSend = () => Promise.reject(new TransportError("connection refused"));
  lose(x);
  assertEquals(x.takeEvents(), ["flow connecting"]);
  return (async () => {
    await x.clock.advanceAsync(0);
    assertEquals(x.takeEvents(), ["flow backingOff", "onFailed, again later, 503 local"]);
    await x.clock.advanceAsync(x.assertWait(60_000));
    assertEquals(x.takeEvents().at(-1), "onFailed, again later, 503 local");
    const wait = x.assertWait(120_000);
    x.transport.onSend = () => {};
    await x.clock.advanceAsync(wait);
    x.grant(600, "Require: outbound");
    assertEquals(x.takeEvents(), ["flow connecting", "REGISTER", "flow open", "onRefreshed 200"]);
    // What was lost long ago is forgotten.
    x.clock.advance(10_000);
    lose(x);
    assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
    x.registration.dispose();
    x.finish();
  })();
});

Deno.test("outbound: a connection that is lost while it refreshes is one loss", () => {
  const x = overTcp();
  x.registration.register();
  lose(x);
  assertEquals(x.takeEvents(), ["REGISTER", "flow connecting", "REGISTER"]);
  x.grant(600, "Require: outbound");
  assertEquals(x.takeEvents(), ["flow open", "onRefreshed 200"]);
  x.registration.dispose();
  x.finish();
});

/** A flow whose keep-alives a test answers. */
function pinged(options: { protocol?: string; headers?: string[]; keepAlive?: number } = {}) {
  const { protocol = "TCP", headers = ["Require: outbound"], keepAlive } = options;
  const x = new Registering({ protocol });
  const pings: { readonly at: number; readonly host: string }[] = [];
  const open: PromiseWithResolvers<void>[] = [];
  x.transport.ping = ({ host }) => {
    pings.push({ at: x.clock.now(), host });
    const ping = Promise.withResolvers<void>();
    open.push(ping);
    return ping.promise;
  };
  x.register({ ...FLOW, ...(keepAlive === undefined ? {} : { keepAlive }) });
  x.grant(6000, ...headers);
  x.takeEvents();
  const settle = async (error?: Error): Promise<void> => {
    const ping = open.shift();
    if (error === undefined) ping?.resolve();
    else ping?.reject(error);
    await x.clock.advanceAsync(0);
  };
  return { x, pings, settle };
}

for (
  const [what, options, least, most] of [
    // RFC 5626 §4.4: by default.
    ["TCP", {}, 95, 120],
    ["UDP", { protocol: "UDP" }, 24, 29],
    ["Flow-Timer: 50", { headers: ["Flow-Timer: 50"] }, 40, 50],
    ["Flow-Timer: 1", { headers: ["Flow-Timer: 1"] }, 4, 5],
    ["what the program says", { keepAlive: 10 }, 8, 10],
    ["what the program says, unasked", { keepAlive: 10, headers: [] }, 8, 10],
  ] as const
) {
  Deno.test(`outbound: keep-alives are ${least} to ${most} s apart: ${what}`, async () => {
    const { x, pings, settle } = pinged({
      ...options,
      headers: [...("headers" in options ? options.headers : ["Require: outbound"])],
    });
    await settle();
    for (let i = 0; i < 5; i++) {
      await x.clock.advanceAsync(most * 1000);
      await settle();
    }
    const gaps = pings.slice(1).map(({ at }, i) => at - (pings[i]?.at ?? 0));
    assert(gaps.length >= 3, "there are some");
    // The answer comes when the longest time is over.
    for (const gap of gaps) assert(gap >= least * 1000 && gap <= 2 * most * 1000, `${gap} ms`);
    assertEquals(pings[0]?.host, "bob.example");
    x.registration.dispose();
    x.finish();
  });
}

for (
  const [what, options] of [
    ["the registrar promises no answers", { headers: [] }],
    ["the program wants none", { keepAlive: 0 }],
    ["Flow-Timer is no number", { headers: ["Flow-Timer: soon"] }],
    // A clock counts 24 days.
    ["Flow-Timer is longer than the binding", { headers: ["Flow-Timer: 999999999"] }],
  ] as const
) {
  Deno.test(`outbound: no keep-alives where ${what}`, () => {
    const { x, pings } = pinged({
      ...options,
      headers: [...("headers" in options ? options.headers : ["Require: outbound"])],
    });
    const [first] = pings;
    x.clock.advance(600_000);
    // One goes at once, where there are any.
    assertEquals(pings, first === undefined ? [] : [first]);
    x.registration.dispose();
    x.finish();
  });
}

Deno.test("outbound: a keep-alive without an answer is a flow that has failed", async () => {
  const { x, settle } = pinged();
  assertEquals(x.registration.flowState, "probing");
  await settle();
  assertEquals(x.registration.flowState, "open");
  await x.clock.advanceAsync(120_000);
  x.takeEvents();
  await settle(new TransportError("no pong"));
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: one that never has answered is no success: the next waits", async () => {
  const { x, settle } = pinged();
  await settle(new TransportError("no pong"));
  assertEquals(x.takeEvents(), ["flow backingOff"]);
  await x.clock.advanceAsync(60_000);
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: a pong that comes too late, of a flow that is gone, is nobody's", async () => {
  const { x, settle } = pinged();
  await settle();
  await x.clock.advanceAsync(120_000);
  lose(x);
  x.takeEvents();
  await settle(new TransportError("the connection is gone"));
  assertEquals(x.takeEvents(), []);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: two flows are two registrations, and one takes the other's place", () => {
  const x = new Registering({ protocol: "TCP" });
  const second = x.peerAt("proxy2.example");
  const first = x.register({ ...FLOW, routeSet: ["<sip:bob.example;transport=tcp;lr>"] });
  x.grant(600, "Require: outbound");
  const other = x.core.registration({
    registrar: URI.parse("sip:bob.example"),
    aor: URI.parse(ALICE),
    instanceId: INSTANCE,
    regId: 2,
    routeSet: ["<sip:proxy2.example;transport=tcp;lr>"],
  });
  const register = second.request("REGISTER");
  assertMatch(register.getHeader("Contact") ?? "", /;reg-id=2$/);
  assert(register.callId !== x.last.callId);
  second.respond(register, 200, {
    contact: `${register.getHeader("Contact")};expires=600`,
    headers: ["Require: outbound"],
  });
  callFrom(x);
  x.peer.respond(x.peer.request("INVITE"), 486);
  // The first loses its flow, and its proxy is away.
  x.clock.advance(10_000);
  x.takeEvents();
  lose(x);
  x.peer.respond(x.last, 503);
  // §4.5: 90 seconds and not 30, since another flow works.
  x.assertWait(180_000);
  callFrom(x);
  assertEquals(second.requests("INVITE").length, 1);
  second.respond(second.request("INVITE"), 486);
  for (const each of [first, other]) each.dispose();
  x.finish();
});

Deno.test("outbound: a call that is up tells of the new connection when the flow is back", () => {
  const x = overTcp();
  callUp(x);
  lose(x);
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
  x.grant(600, "Require: outbound");
  assertEquals(x.takeEvents(), ["flow open", "onRefreshed 200", "INVITE"]);
  const again = x.peer.request("INVITE");
  assertEquals(again.getHeader("Contact"), "<sip:alice@alice.example:5060;transport=tcp;ob>");
  assertEquals(again.body, "mine");
  x.peer.respond(again, 200, { body: "theirs" });
  assertEquals(x.takeEvents(), ["ACK"]);
  x.lastSession().bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.registration.dispose();
  x.finish();
});

/** A call of the address that is registered, which the far end has answered. */
function callUp(x: Registering): void {
  const from = URI.parse(ALICE);
  const to = URI.parse("sip:carol@bob.example");
  const message = x.core.makeOutgoingRequestMessage(
    "INVITE",
    to,
    from,
    to,
    {},
    [],
    sdp("mine"),
  );
  x.core.invite(message, x.recorder());
  x.peer.respond(x.peer.request("INVITE"), 200, { body: "theirs" });
  x.takeEvents();
}

Deno.test("outbound: a refresh by the same flow is no reason to tell calls of anything", () => {
  const x = overTcp();
  callUp(x);
  x.clock.advance(526_000);
  x.grant(600, "Require: outbound");
  assertEquals(x.takeEvents(), ["REGISTER", "onRefreshed 200"]);
  x.registration.dispose();
  x.core.dispose();
});

Deno.test("outbound: where a NAT has given another port, calls are told when a refresh shows it", () => {
  const x = new Registering();
  let port = 1024;
  x.peer.script = (message) => {
    if (message.kind !== "request" || message.method !== "REGISTER") return;
    const text = x.peer.write(message, 200, {
      contact: `${message.getHeader("Contact")};expires=600`,
    });
    x.peer.send(text.replace(";rport", `;rport=${port};received=192.0.2.1`));
  };
  x.register();
  callUp(x);
  x.registration.register();
  assertEquals(x.takeEvents(), ["REGISTER", "onRefreshed 200"]);
  port = 1025;
  x.registration.register();
  assertEquals(
    x.takeEvents(),
    ["REGISTER", "INVITE", "onRefreshed 200"].toSorted((a, b) =>
      a === "INVITE" && b.startsWith("on") ? 1 : 0
    ),
  );
  x.registration.dispose();
  x.core.dispose();
});

for (
  const [what, parameters] of [
    ["another device", `+sip.instance="<urn:uuid:1>";reg-id=1`],
    ["another flow", `+sip.instance="<${INSTANCE}>";reg-id=2`],
  ] as const
) {
  Deno.test(`outbound: the binding of ${what} is not this one, and its GRUU neither`, () => {
    const x = new Registering();
    x.register(FLOW);
    const contact = `<sip:alice@192.0.2.9>;${parameters};expires=60;pub-gruu="${ALICE};gr=1"`;
    x.peer.respond(x.last, 200, { contact });
    assertEquals(x.takeEvents(), ["REGISTER", "flow backingOff", "onFailed, again later, 200"]);
    assertEquals(x.registration.gruus, {});
    x.registration.dispose();
    x.finish("ProtocolError");
  });
}

Deno.test("outbound: what came with a binding is over with it", () => {
  const x = new Registering();
  x.register(FLOW);
  const contact = `${x.last.getHeader("Contact")};expires=60;temp-gruu="sip:t@bob.example;gr"`;
  x.peer.respond(x.last, 200, { contact, headers: ["Service-Route: <sip:home.example;lr>"] });
  assertEquals(x.registration.routeSet, ["<sip:home.example;lr>"]);
  x.clock.advance(60_000);
  assertEquals([x.registration.state, x.registration.expires], ["Unregistered", undefined]);
  assertEquals([x.registration.routeSet, x.registration.gruus], [[], {}]);
  callFrom(x);
  assertEquals(x.peer.request("INVITE").getHeader("Contact"), "<sip:alice@alice.example:5060>");
  x.peer.respond(x.peer.request("INVITE"), 486);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: a connection that is lost during a back-off is another one for calls", () => {
  const x = overTcp();
  callUp(x);
  x.registration.register();
  x.peer.respond(x.last, 503);
  lose(x);
  x.takeEvents();
  x.clock.advance(x.assertWait(60_000));
  x.grant(600, "Require: outbound");
  assertEquals(
    x.takeEvents(),
    ["flow connecting", "REGISTER", "flow open", "onRefreshed 200", "INVITE"],
  );
  x.registration.dispose();
  x.core.dispose();
});

Deno.test("outbound: a refresh while a keep-alive is open does not end the keep-alives", async () => {
  const { x, pings, settle } = pinged();
  x.registration.register();
  x.grant(6000, "Require: outbound");
  await settle();
  await settle();
  assertEquals(x.registration.flowState, "open");
  const { length } = pings;
  await x.clock.advanceAsync(120_000);
  assertEquals(pings.length, length + 1);
  x.registration.dispose();
  x.finish();
});

Deno.test("outbound: an instance in other letters is the same (RFC 4122 §3)", () => {
  const x = new Registering();
  x.register(FLOW);
  const instance = INSTANCE.toUpperCase();
  x.peer.respond(x.last, 200, {
    contact: `<sip:alice@192.0.2.1>;+sip.instance="<${instance}>";reg-id=1;expires=60`,
  });
  assertEquals(x.registration.expires, 60);
  x.registration.dispose();
  x.finish();
});
