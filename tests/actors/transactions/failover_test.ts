// From one server to the next: RFC 3263 §4.3, and what is avoided afterwards.
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  type IncomingRequestMessage,
  InvalidArgumentError,
  type UserAgentCoreConfiguration,
} from "@strowger/sip";
import type { SrvRecord } from "@strowger/sip/transports/resolver_table";
import { TableResolver } from "@strowger/sip/transports/resolver_table";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";
import type { ScriptedPeer } from "../../support/scripted_peer.ts";

const ONE = "192.0.2.1";
const TWO = "192.0.2.2";
const TARGET = "sip:bob@example.com";

/** Servers of example.com, one priority each, in this order. */
function serversAt(hosts: readonly string[], transport = "udp"): TableResolver {
  const names = hosts.map((host) => `at-${host}.example.com`);
  const srv: SrvRecord[] = names.map((target, i) => ({
    priority: i,
    weight: 0,
    port: 5060,
    target,
  }));
  return new TableResolver({
    srv: { [`_sip._${transport}.example.com`]: srv },
    a: Object.fromEntries(hosts.map((host, i) => [names[i] ?? "", [host]])),
  });
}

interface Scene {
  readonly x: Exchange;
  readonly one: ScriptedPeer;
  readonly two: ScriptedPeer;
}

/** Two servers behind one name, over UDP unless a test says otherwise. */
function scene(
  protocol = "UDP",
  configuration: Partial<UserAgentCoreConfiguration> = {},
): Scene {
  const resolver = serversAt([ONE, TWO], protocol.toLowerCase());
  const x = new Exchange({ protocol, configuration: { resolver, ...configuration } });
  return { x, one: x.peerAt(ONE), two: x.peerAt(TWO) };
}

/** Fails what is sent to a host. */
function cut(x: Exchange, ...hosts: string[]): void {
  x.transport.onSend = (_text, to) =>
    hosts.includes(to.host) ? Promise.reject(new TypeError("unreachable")) : undefined;
}

async function invite({ x }: Scene): Promise<ReturnType<Exchange["invite"]>> {
  const request = x.invite(x.recorder(), { to: TARGET });
  await x.clock.advanceAsync(0);
  return request;
}

/** All but what has to differ from one attempt to the next. */
function identity(request: IncomingRequestMessage): unknown[] {
  const { ruri, callId, fromTag, cseq } = request;
  return [`${ruri}`, callId, fromTag, cseq, request.getHeaders("Contact"), request.body];
}

// RFC 3263 §4.3: "the client SHOULD create a new request, which is identical to the previous, but has a
// different value of the Via branch ID than the previous (and therefore constitutes a new SIP
// transaction). That request is sent to the next element in the list".
Deno.test("a transport error: the same request goes to the next server at once, with a new branch", async () => {
  const { x, one, two } = scene();
  let first = "";
  x.transport.onSend = (text, to) => {
    if (to.host !== ONE) return;
    first = text;
    return Promise.reject(new TypeError("unreachable"));
  };
  await invite({ x, one, two });
  assertEquals(x.takeEvents(), [`${TWO} INVITE`]);
  const second = two.texts[0] ?? "";
  const branch = /;branch=[^;\r]+/;
  assertNotEquals(branch.exec(second)?.[0], branch.exec(first)?.[0]);
  assertEquals(second.replace(branch, ""), first.replace(branch, ""));
  two.respond(two.request("INVITE"), 200);
  assertEquals(x.takeEvents(), ["onAccept 200", `${TWO} ACK`]);
  x.lastSession().dispose();
  x.finish();
});

// "For SIP requests, failure occurs if the transaction layer reports a 503 error response".
Deno.test("a 503: acknowledged, and the next server is tried; nobody is told", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  one.respond(one.request("INVITE"), 503);
  assertEquals(x.takeEvents(), [`${ONE} INVITE`, `${ONE} ACK`, `${TWO} INVITE`]);
  const [a, b] = [one.request("INVITE"), two.request("INVITE")];
  assertEquals(identity(b), identity(a));
  assertNotEquals(b.viaBranch, a.viaBranch);
  two.respond(b, 486);
  assertEquals(x.takeEvents(), [`${TWO} ACK`, "onReject 486"]);
  x.finish();
});

Deno.test("other failures are outcomes: 500, 480 and 603 go nowhere else", async () => {
  for (const status of [500, 480, 603]) {
    const s = scene();
    await invite(s);
    s.one.respond(s.one.request("INVITE"), status);
    assertEquals(s.x.takeEvents(), [`${ONE} INVITE`, `${ONE} ACK`, `onReject ${status}`]);
    s.x.finish();
  }
});

for (const protocol of ["UDP", "TCP"]) {
  Deno.test(`silence over ${protocol}: the next server after 4 seconds, and the first hears no more`, async () => {
    const s = scene(protocol);
    const { x, one, two } = s;
    await invite(s);
    await x.clock.advanceAsync(3999);
    assertEquals(two.received.length, 0);
    await x.clock.advanceAsync(1);
    assertEquals(two.requests("INVITE").length, 1);
    const heard = one.received.length;
    two.respond(two.request("INVITE"), 180);
    await x.clock.advanceAsync(TIMER_B);
    assertEquals(one.received.length, heard);
    two.respond(two.request("INVITE"), 486);
    assertEquals(x.takeEvents().at(-1), "onReject 486");
    x.finish();
  });
}

Deno.test("failoverTimeout says how long; the last server gets timer B", async () => {
  const s = scene("UDP", { failoverTimeout: 1000 });
  await invite(s);
  await s.x.clock.advanceAsync(1000);
  assertEquals(s.two.requests("INVITE").length, 1);
  await s.x.clock.advanceAsync(TIMER_B - 1);
  assertEquals(s.x.events.filter((each) => each.startsWith("on")), []);
  await s.x.clock.advanceAsync(1);
  assertEquals(s.x.takeEvents().at(-1), "onReject 408 local");
  s.x.finish();
});

// "Without ever having received any response, provisional or final".
Deno.test("a server that has said anything is not left by silence", async () => {
  const s = scene();
  await invite(s);
  s.one.respond(s.one.request("INVITE"), 100);
  await s.x.clock.advanceAsync(60_000);
  assertEquals(s.two.received.length, 0);
  s.one.respond(s.one.request("INVITE"), 486);
  assertEquals(s.x.takeEvents().at(-1), "onReject 486");
  s.x.finish();
});

Deno.test("a connection that breaks while it rings: a local 503, and no other phone rings", async () => {
  const s = scene("TCP");
  const { x, one, two } = s;
  await invite(s);
  one.respond(one.request("INVITE"), 180);
  x.transport.receiver?.disconnected({ host: ONE, port: 5060 }, new Error("the cable is cut"));
  await x.clock.advanceAsync(10_000);
  assertEquals(two.received.length, 0);
  assertEquals(x.takeEvents().at(-1), "onReject 503 local");
  x.finish();
});

// RFC 3261 §9.1: nobody wants the call any more.
Deno.test("cancel() before the first server has failed: no second attempt, by whatever it fails", async () => {
  const failures: ((s: Scene) => void)[] = [
    ({ one }) => one.respond(one.request("INVITE"), 503),
    ({ x }) => cut(x, ONE),
    () => {},
  ];
  for (const fail of failures) {
    const s = scene();
    const request = await invite(s);
    request.cancel();
    fail(s);
    await s.x.clock.advanceAsync(TIMER_B);
    assertEquals(s.two.received.length, 0);
    assertEquals(s.x.events.filter((each) => each.startsWith("onReject")).length, 1);
    s.x.finish();
  }
});

Deno.test("cancel() in the second attempt: its CANCEL, where that attempt went", async () => {
  const s = scene();
  const { x, one, two } = s;
  const request = await invite(s);
  one.respond(one.request("INVITE"), 503);
  request.cancel("enough");
  two.respond(two.request("INVITE"), 180);
  assertEquals(two.request("CANCEL").viaBranch, two.request("INVITE").viaBranch);
  assertEquals(one.requests("CANCEL").length, 0);
  two.respond(two.request("CANCEL"), 200);
  two.respond(two.request("INVITE"), 487);
  assertEquals(x.takeEvents().at(-1), "onReject 487");
  x.finish();
});

for (const when of ["in the first attempt", "in the second"]) {
  Deno.test(`dispose() ${when}: nothing is sent any more, and nothing is left`, async () => {
    const s = scene();
    const request = await invite(s);
    if (when === "in the second") await s.x.clock.advanceAsync(4000);
    request.dispose();
    s.x.takeEvents();
    s.x.assertEmpty();
    await s.x.clock.advanceAsync(TIMER_B);
    assertEquals(s.x.takeEvents(), []);
    s.x.finish();
  });
}

Deno.test("all servers are dead: one onReject, local; nothing is left", async () => {
  const s = scene();
  cut(s.x, ONE, TWO);
  await invite(s);
  assertEquals(s.x.takeEvents(), ["onReject 503 local"]);
  s.x.assertEmpty();
  const silent = scene();
  await invite(silent);
  await silent.x.clock.advanceAsync(4000 + TIMER_B);
  assertEquals(silent.x.events.filter((each) => each.startsWith("on")), ["onReject 408 local"]);
  silent.x.finish();
  s.x.finish();
});

Deno.test("all servers say 503: the last one's is told", async () => {
  const s = scene();
  await invite(s);
  s.one.respond(s.one.request("INVITE"), 503);
  s.two.respond(s.two.request("INVITE"), 503);
  assertEquals(s.x.takeEvents().at(-1), "onReject 503");
  s.x.finish();
});

// The far end is slow, not dead: what it has begun has to end.
Deno.test("a late 180 from the server that was left: CANCEL there, and the call goes on elsewhere", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  await x.clock.advanceAsync(4000);
  const slow = one.request("INVITE");
  x.takeEvents();
  one.respond(slow, 180);
  assertEquals(x.takeEvents(), [`${ONE} CANCEL`]);
  assertEquals([one.request("CANCEL").viaBranch, one.request("CANCEL").cseq], [
    slow.viaBranch,
    slow.cseq,
  ]);
  one.respond(one.request("CANCEL"), 200);
  one.respond(slow, 487);
  assertEquals(x.takeEvents(), [`${ONE} ACK`]);
  two.respond(two.request("INVITE"), 486);
  assertEquals(x.takeEvents(), [`${TWO} ACK`, "onReject 486"]);
  x.finish();
});

Deno.test("a late 200 from the server that was left: acknowledged and ended, and the call goes on elsewhere", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  await x.clock.advanceAsync(4000);
  x.takeEvents();
  one.respond(one.request("INVITE"), 200, { toTag: "slow", contact: `<sip:bob@${ONE}>` });
  assertEquals(x.takeEvents(), [`${ONE} ACK`, `${ONE} BYE`]);
  one.respond(one.request("BYE"), 200);
  two.respond(two.request("INVITE"), 200, { contact: `<sip:bob@${TWO}>` });
  assertEquals(x.takeEvents(), ["onAccept 200", `${TWO} ACK`]);
  x.lastSession().bye();
  two.respond(two.request("BYE"), 200);
  x.finish();
});

// §2: "The identity of the available server would ideally be cached for some amount of time".
Deno.test("who has failed is tried last for a minute, and first again after it", async () => {
  const s = scene();
  const { x, one, two } = s;
  const call = async (): Promise<string[]> => {
    await invite(s);
    const asked = x.takeEvents().filter((each) => each.endsWith("INVITE"));
    const peer = asked.at(-1)?.startsWith(ONE) ? one : two;
    peer.respond(peer.request("INVITE"), 486);
    x.takeEvents();
    return asked;
  };
  await invite(s);
  one.respond(one.request("INVITE"), 503);
  two.respond(two.request("INVITE"), 486);
  x.takeEvents();
  assertEquals(await call(), [`${TWO} INVITE`]);
  await x.clock.advanceAsync(59_000);
  assertEquals(await call(), [`${TWO} INVITE`]);
  await x.clock.advanceAsync(1_000);
  assertEquals(await call(), [`${ONE} INVITE`]);
  x.finish();
});

// RFC 3261 §21.5.4: "It SHOULD NOT forward any other requests to that server for the duration specified
// in the Retry-After header field, if present."
Deno.test("Retry-After in a 503 says for how long it is avoided", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  one.respond(one.request("INVITE"), 503, { headers: ["Retry-After: 300"] });
  two.respond(two.request("INVITE"), 486);
  await x.clock.advanceAsync(299_000);
  x.takeEvents();
  await invite(s);
  two.respond(two.request("INVITE"), 486);
  assertEquals(x.takeEvents()[0], `${TWO} INVITE`);
  await x.clock.advanceAsync(1_000);
  await invite(s);
  assertEquals(x.takeEvents()[0], `${ONE} INVITE`);
  one.respond(one.request("INVITE"), 486);
  x.finish();
});

Deno.test("a server that is avoided is tried all the same where the others fail, and is good again when it answers", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  one.respond(one.request("INVITE"), 503);
  two.respond(two.request("INVITE"), 486);
  await invite(s);
  x.takeEvents();
  two.respond(two.request("INVITE"), 503);
  assertEquals(x.takeEvents(), [`${TWO} ACK`, `${ONE} INVITE`]);
  one.respond(one.request("INVITE"), 486);
  x.takeEvents();
  await invite(s);
  assertEquals(x.takeEvents(), [`${ONE} INVITE`]);
  one.respond(one.request("INVITE"), 486);
  x.finish();
});

// RFC 3261 §8.1.3.5, §22.2: who has challenged gets the answer.
Deno.test("a challenge of the second server is answered there, with the next number", async () => {
  const s = scene("UDP", {
    credentials: [{ realm: "example.com", username: "alice", password: "secret" }],
  });
  const { x, one, two } = s;
  await invite(s);
  one.respond(one.request("INVITE"), 503);
  two.respond(two.request("INVITE"), 407, {
    headers: ['Proxy-Authenticate: Digest realm="example.com", nonce="n", qop="auth"'],
  });
  assertEquals(two.requests("INVITE").map(({ cseq }) => cseq), [1, 2]);
  assertEquals(one.requests("INVITE").length, 1);
  two.respond(two.request("INVITE"), 486);
  x.finish();
});

for (const protocol of ["UDP", "TCP"]) {
  Deno.test(`a request that is no INVITE goes to the next server, too, over ${protocol}`, async () => {
    const { x, one, two } = scene(protocol);
    const uri = x.message({ to: TARGET }).ruri;
    const register = x.core.makeOutgoingRequestMessage("REGISTER", uri, uri, uri);
    x.core.register(register, x.recorder({}));
    await x.clock.advanceAsync(4000);
    assertEquals(two.requests("REGISTER").length, 1);
    assertEquals(two.request("REGISTER").cseq, one.request("REGISTER").cseq);
    two.respond(two.request("REGISTER"), 200);
    assertEquals(x.takeEvents().at(-1), "onAccept 200");
    x.finish();
  });
}

Deno.test("within a call: a BYE, and the ACK to a 2xx, go to the next server where one is gone", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  cut(x, ONE);
  one.respond(one.request("INVITE"), 200, { contact: "<sip:bob@example.com>" });
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), [`${ONE} INVITE`, "onAccept 200", `${TWO} ACK`]);
  x.lastSession().bye();
  await x.clock.advanceAsync(0);
  assertEquals(two.requests("BYE").length, 1);
  two.respond(two.request("BYE"), 200);
  x.finish();
});

Deno.test("within a call: a re-INVITE that gets a 503 goes to the next server, and the call goes on", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  one.respond(one.request("INVITE"), 200, { contact: "<sip:bob@example.com>" });
  await x.clock.advanceAsync(0);
  const session = x.lastSession();
  session.invite(x.recorder());
  await x.clock.advanceAsync(0);
  x.takeEvents();
  one.respond(one.request("INVITE"), 503);
  assertEquals(x.takeEvents(), [`${ONE} ACK`, `${TWO} INVITE`]);
  assertEquals(two.request("INVITE").cseq, one.request("INVITE").cseq);
  two.respond(two.request("INVITE"), 200, { contact: "<sip:bob@example.com>" });
  await x.clock.advanceAsync(0);
  assertEquals(x.takeEvents(), ["onAccept 200", `${TWO} ACK`]);
  assertEquals(session.sessionState, "Confirmed");
  session.bye();
  await x.clock.advanceAsync(0);
  two.respond(two.request("BYE"), 200);
  x.finish();
});

Deno.test("within a call: an UPDATE whose server is silent goes to the next one, with its offer", async () => {
  const s = scene();
  const { x, one, two } = s;
  await invite(s);
  one.respond(one.request("INVITE"), 200, {
    contact: "<sip:bob@example.com>",
    headers: ["Allow: UPDATE"],
  });
  await x.clock.advanceAsync(0);
  const session = x.lastSession();
  session.update(x.recorder({}), { body: sdp("v=0 more") });
  await x.clock.advanceAsync(4000);
  const update = two.request("UPDATE");
  assertEquals([update.cseq, update.body], [one.request("UPDATE").cseq, "v=0 more"]);
  assertEquals(session.signalingState, "HaveLocalOffer");
  two.respond(update, 200, { body: "v=0 answer" });
  assertEquals(session.signalingState, "Stable");
  session.dispose();
  x.finish();
});

Deno.test("failoverTimeout and avoidFailedFor have to be delays; the first follows T1", async () => {
  for (const configuration of [{ failoverTimeout: 0 }, { avoidFailedFor: -1 }]) {
    assertThrows(() => scene("UDP", configuration), InvalidArgumentError);
  }
  const s = scene("UDP", { timers: { T1: 100 } });
  await invite(s);
  await s.x.clock.advanceAsync(799);
  assertEquals(s.two.received.length, 0);
  await s.x.clock.advanceAsync(1);
  assertEquals(s.two.requests("INVITE").length, 1);
  s.two.respond(s.two.request("INVITE"), 486);
  s.x.finish();
});
