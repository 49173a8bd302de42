import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  InvalidArgumentError,
  InvalidStateError,
  type RegistrationOptions,
  URI,
} from "@strowger/sip";
import { TIMER_B } from "../../support/exchange.ts";
import { INSTANCE, Registering } from "../../support/registering.ts";

Deno.test("registration: the first REGISTER says who is where, for how long", () => {
  const x = new Registering();
  const registration = x.register({ expires: 900 });
  const { last } = x;
  assertEquals(`${last.ruri}`, "sip:bob.example");
  assertEquals(`${last.from.uri}`, "sip:alice@bob.example");
  assertEquals(`${last.to.uri}`, "sip:alice@bob.example");
  assertEquals(last.getHeader("Contact"), "<sip:alice@alice.example:5060>");
  assertEquals(last.getHeader("Expires"), "900");
  // RFC 3327 §5.1: "a UA supporting Path" says so.
  assertEquals(last.getHeader("Supported"), "path");
  assertEquals(last.cseq, 1);
  assertEquals([registration.state, registration.flowState], ["Initial", "connecting"]);
  x.grant();
  assertEquals([registration.state, registration.flowState], ["Registered", "open"]);
  assertEquals(registration.expires, 600);
  assertEquals(x.takeEvents(), ["REGISTER", "flow open", "onRegistered 200"]);
  registration.dispose();
  assertEquals(registration.state, "Terminated");
  assertEquals(x.takeEvents(), []);
  x.finish();
});

Deno.test("registration: it is refreshed before it expires, as the registrar says", () => {
  const x = new Registering();
  x.register();
  const first = x.last;
  x.grant(600);
  x.takeEvents();
  x.clock.advance(535_999);
  assertEquals(x.takeEvents(), []);
  x.clock.advance(1);
  assertEquals(x.takeEvents(), ["REGISTER"]);
  // §10.2: "A UA ... SHOULD use the same Call-ID for all registrations ... sent to a particular
  // registrar", and "MUST increment the CSeq value by one for each REGISTER request".
  assertEquals([x.last.callId, x.last.cseq], [first.callId, 2]);
  assertEquals(x.last.fromTag, first.fromTag);
  assert(x.last.viaBranch !== first.viaBranch);
  // It asks for as long as before: the registrar may think otherwise by now.
  assertEquals(x.last.getHeader("Expires"), "3600");
  x.grant(60);
  x.clock.advance(30_000);
  assertEquals(x.takeEvents(), ["onRefreshed 200", "REGISTER"]);
  x.registration.dispose();
  x.finish();
});

for (
  const [what, contacts, headers, due] of [
    ["Expires", ["<sip:alice@alice.example:5060>"], ["Expires: 60"], 30],
    [
      "expires of its own Contact",
      ["<sip:alice@alice.example:5060>;expires=60"],
      ["Expires: 600"],
      30,
    ],
    ["neither", ["<sip:alice@alice.example:5060>"], [], 3240],
    ["an expires that is none", ["<sip:alice@alice.example:5060>;expires=soon"], [], 3240],
    [
      "its own among others",
      [
        "<sip:alice@192.0.2.1>;expires=7",
        "<sip:alice@192.0.2.2>;expires=8, <sip:alice@alice.example:5060>;expires=60",
      ],
      [],
      30,
    ],
    [
      "its own beside one that nobody understands",
      [
        "<sip:alice@@>",
        "<sip:alice@alice.example:5060>;expires=60",
      ],
      [],
      30,
    ],
    // An ALG has written another host into it.
    ["one with its user at another host", ["<sip:alice@192.0.2.1:1024>;expires=60"], [], 30],
    ["no binding at all", [], ["Expires: 60"], 30],
  ] as const
) {
  Deno.test(`registration: how long it lasts, by ${what}`, () => {
    const x = new Registering();
    x.register();
    const lines = [...headers, ...contacts.map((each) => `Contact: ${each}`)];
    x.peer.respond(x.last, 200, { headers: lines });
    assertEquals(x.registration.state, "Registered");
    x.takeEvents();
    x.clock.advance(due * 1000 - 1);
    assertEquals(x.takeEvents(), []);
    x.clock.advance(1);
    assertEquals(x.takeEvents(), ["REGISTER"]);
    x.registration.dispose();
    x.finish();
  });
}

Deno.test("registration: by instance and flow, whatever the address is", () => {
  const x = new Registering();
  x.register({ instanceId: INSTANCE, regId: 2 });
  assertEquals(
    x.last.getHeader("Contact"),
    `<sip:alice@alice.example:5060>;+sip.instance="<${INSTANCE}>";reg-id=2`,
  );
  assertEquals(x.last.getHeader("Supported"), "path, outbound, gruu");
  const line = (id: number, expires: number) =>
    `Contact: <sip:alice@192.0.2.${id}>;reg-id=${id};+sip.instance="<${INSTANCE}>";expires=${expires}`;
  x.peer.respond(x.last, 200, { headers: [line(1, 20), line(2, 60)] });
  assertEquals(x.registration.expires, 60);
  x.registration.dispose();
  x.finish();
});

for (
  const [what, headers] of [
    ["has other bindings only", ["Contact: <sip:carol@192.0.2.1>;expires=60"]],
    ["grants no time", ["Contact: <sip:alice@alice.example:5060>;expires=0"]],
    ["grants no time by Expires", ["Contact: <sip:alice@alice.example:5060>", "Expires: 0"]],
    ["has a Service-Route that does not parse", ["Service-Route: <sip:a", "Expires: 60"]],
    ["has a Service-Route that leads out of SIP", ["Service-Route: <tel:+1>", "Expires: 60"]],
    [
      "has a Service-Route without end",
      [`Service-Route: ${new Array(17).fill("<sip:a.example;lr>").join(", ")}`, "Expires: 60"],
    ],
  ] as const
) {
  Deno.test(`registration: a 200 that ${what} is a failure, and is tried again`, () => {
    const x = new Registering();
    x.register();
    x.peer.respond(x.last, 200, { headers });
    assertEquals(x.takeEvents(), [
      "REGISTER",
      "flow backingOff",
      "onFailed, again later, 200",
    ]);
    assertEquals(x.registration.state, "Initial");
    x.clock.advance(x.assertWait(60_000));
    assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
    x.registration.dispose();
    x.finish("ProtocolError");
  });
}

Deno.test("registration: a registrar that names 10,000 bindings is read as far as makes sense", () => {
  const x = new Registering();
  x.register();
  const many = new Array(10_000).fill("<sip:carol@192.0.2.1>;expires=60").join(", ");
  x.peer.respond(x.last, 200, {
    headers: [`Contact: ${many}`, "Contact: <sip:alice@alice.example:5060>"],
  });
  assertEquals(x.registration.state, "Initial");
  x.registration.dispose();
  x.finish("ProtocolError");
});

Deno.test("registration: a 423 is asked again with what it asks for, and so are the refreshes", () => {
  const x = new Registering();
  x.register({ expires: 60 });
  x.peer.respond(x.last, 423, { headers: ["Min-Expires: 300"] });
  assertEquals([x.last.getHeader("Expires"), x.last.cseq], ["300", 2]);
  x.grant(300);
  x.clock.advance(236_000);
  assertEquals([x.last.getHeader("Expires"), x.last.cseq], ["300", 3]);
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: a 423 that never is content", () => {
  const x = new Registering();
  x.register({ expires: 60 });
  x.peer.respond(x.last, 423, { headers: ["Min-Expires: 300"] });
  x.peer.respond(x.last, 423, { headers: ["Min-Expires: 400"] });
  assertEquals(x.takeEvents().at(-1), "onFailed, again never, 423");
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: challenged once, it has its credentials with it from then on", () => {
  const x = new Registering({
    configuration: { credentials: [{ username: "alice", password: "wonderland" }] },
  });
  x.register();
  x.peer.respond(x.last, 401, { headers: [`WWW-Authenticate: Digest realm="a", nonce="n"`] });
  assertEquals(x.last.cseq, 2);
  assertMatch(x.last.getHeader("Authorization") ?? "", /^Digest username="alice", realm="a"/);
  x.grant(60);
  x.clock.advance(30_000);
  assertEquals(x.last.cseq, 3);
  assert(x.last.hasHeader("Authorization"));
  x.registration.dispose();
  x.finish();
});

for (
  const [status, headers, least] of [
    [500, [], 0],
    [503, ["Retry-After: 10"], 0],
    [503, ["Retry-After: 90"], 90_000],
    [503, ["Retry-After: 4294967295"], 2_147_483_000],
    [480, [], 0],
    [404, ["Retry-After: 90 (busy)"], 90_000],
    [305, [], 0],
  ] as const
) {
  Deno.test(`registration: after ${status} ${headers.join()} it is tried again`, () => {
    const x = new Registering();
    x.register();
    x.peer.respond(x.last, status, { headers });
    assertEquals(x.takeEvents(), [
      "REGISTER",
      "flow backingOff",
      `onFailed, again later, ${status}`,
    ]);
    // RFC 5626 §4.5: half of min(1800, 30 * 2^1) at least, or longer.
    const wait = least === 0 ? x.assertWait(60_000) : least;
    assertEquals(x.waits, [wait]);
    x.clock.advance(wait - 1);
    assertEquals(x.takeEvents(), []);
    x.clock.advance(1);
    assertEquals(x.takeEvents(), ["flow connecting", "REGISTER"]);
    x.registration.dispose();
    x.finish();
  });
}

for (const status of [400, 401, 403, 404, 407, 420, 600, 603]) {
  Deno.test(`registration: ${status} will not pass by itself, and the program may try again`, () => {
    const x = new Registering();
    x.register();
    x.peer.respond(x.last, status);
    assertEquals(x.takeEvents(), [
      "REGISTER",
      "flow closed",
      `onFailed, again never, ${status}`,
    ]);
    x.clock.advance(10_000_000);
    assertEquals(x.takeEvents(), []);
    x.registration.register();
    x.grant();
    assertEquals(x.takeEvents(), ["REGISTER", "flow open", "onRegistered 200"]);
    assertEquals(x.last.cseq, 2);
    x.registration.dispose();
    x.finish();
  });
}

Deno.test("registration: nobody answers, for hours", () => {
  const x = new Registering();
  x.register();
  x.clock.advance(TIMER_B);
  const events = x.takeEvents();
  assertEquals(events.filter((each) => each === "REGISTER").length, 11);
  assertEquals(events.slice(-2), ["flow backingOff", "onFailed, again later, 408 local"]);
  for (const most of [60_000, 120_000, 240_000, 480_000, 960_000, 1_800_000, 1_800_000]) {
    x.clock.advance(x.assertWait(most) + TIMER_B);
  }
  assertEquals(x.waits.length, 8);
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: a binding whose refresh nobody answers lapses, and comes back", () => {
  const x = new Registering();
  x.register();
  x.grant(600);
  x.takeEvents();
  x.clock.advance(600_000);
  const events = x.takeEvents().filter((each) => each !== "REGISTER");
  // The flow had been good: a second attempt goes at once.
  assertEquals(events, [
    "flow connecting",
    "onFailed, again at once, 408 local",
    "onUnregistered",
    "flow backingOff",
    "onFailed, again later, 408 local",
  ]);
  assertEquals(x.registration.state, "Unregistered");
  x.clock.advance(x.assertWait(60_000));
  x.grant(600);
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER", "flow open", "onRegistered 200"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: unregister removes its own binding, and is done when that is", async () => {
  const x = new Registering();
  x.register({ instanceId: INSTANCE, regId: 1 });
  x.grant();
  x.takeEvents();
  const done = x.registration.unregister();
  // §10.2.2: an "expiration interval of "0" for that contact address".
  assertEquals(x.last.getHeader("Expires"), "0");
  assertMatch(x.last.getHeader("Contact") ?? "", /^<sip:alice@alice\.example:5060>.*;reg-id=1$/);
  assertEquals(x.registration.state, "Registered");
  x.peer.respond(x.last, 200);
  await done;
  assertEquals(x.takeEvents(), ["REGISTER", "flow closed", "onUnregistered"]);
  assertEquals(x.registration.state, "Terminated");
  assertThrows(() => x.registration.register(), InvalidStateError, "register");
  await x.registration.unregister();
  x.finish();
});

Deno.test("registration: unregister waits for the REGISTER that is under way (§10.2)", async () => {
  const x = new Registering();
  x.register();
  const done = x.registration.unregister();
  assertEquals(x.takeEvents(), ["REGISTER"]);
  x.grant();
  assertEquals(x.last.getHeader("Expires"), "0");
  x.takeEvents();
  x.peer.respond(x.last, 503);
  await done;
  assertEquals(x.takeEvents(), ["onFailed, again never, 503", "flow closed", "onUnregistered"]);
  x.finish();
});

Deno.test("registration: unregister where nothing is bound sends nothing", async () => {
  const x = new Registering();
  x.register();
  x.peer.respond(x.last, 503);
  x.takeEvents();
  await x.registration.unregister();
  assertEquals(x.takeEvents(), ["flow closed", "onUnregistered"]);
  x.finish();
});

Deno.test("registration: that its end was refused is told before its end, whatever the reason", () => {
  for (const status of [403, 503]) {
    const x = new Registering();
    x.register();
    x.grant();
    x.registration.unregister();
    x.takeEvents();
    x.peer.respond(x.last, status);
    assertEquals(x.takeEvents(), [
      `onFailed, again never, ${status}`,
      "flow closed",
      "onUnregistered",
    ]);
    x.finish();
  }
});

Deno.test("registration: a core that is stopped removes the binding first", async () => {
  const x = new Registering();
  x.grantAll();
  x.register();
  const stopped = x.core.stop();
  await x.clock.advanceAsync(1);
  await stopped;
  assertEquals(x.takeEvents(), [
    "REGISTER",
    "onRegistered 200",
    "flow open",
    "REGISTER",
    "flow closed",
    "onUnregistered",
  ]);
  assertThrows(() => x.register(), InvalidStateError, "running");
  x.finish();
});

Deno.test("registration: a registrar that is gone does not keep the core from stopping", async () => {
  const x = new Registering();
  x.register();
  x.grant();
  const stopped = x.core.stop({ deadline: 700 });
  await x.clock.advanceAsync(700);
  await stopped;
  x.finish();
});

Deno.test("registration: what is disposed of is silent, also in the middle of a REGISTER", () => {
  const x = new Registering();
  x.register();
  x.registration.dispose();
  x.grant();
  x.registration[Symbol.dispose]();
  assertEquals(x.takeEvents(), ["REGISTER"]);
  assertEquals(x.registration.state, "Terminated");
  x.assertEmpty();
  x.finish();
});

Deno.test("registration: what a delegate throws is reported, and changes nothing", () => {
  const x = new Registering();
  const boom = (): never => {
    throw new Error("boom");
  };
  const registration = x.register();
  registration.delegate = { onRegistered: boom, onRefreshed: boom, onFlowChange: boom };
  x.grant(60);
  x.clock.advance(30_000);
  x.grant(60);
  assertEquals(registration.state, "Registered");
  registration.dispose();
  x.finish("DelegateError", "DelegateError", "DelegateError");
});

Deno.test("registration: register() refreshes at once, and once only", () => {
  const x = new Registering();
  x.register();
  x.registration.register();
  x.grant();
  x.takeEvents();
  x.registration.register();
  x.registration.register();
  x.grant();
  assertEquals(x.takeEvents(), ["REGISTER", "onRefreshed 200"]);
  x.registration.dispose();
  x.finish();
});

Deno.test("registration: register() does not wait for the end of a back-off", () => {
  const x = new Registering();
  x.register();
  x.peer.respond(x.last, 503, { headers: ["Retry-After: 3000"] });
  x.takeEvents();
  x.registration.register();
  x.grant();
  assertEquals(x.takeEvents(), ["flow connecting", "REGISTER", "flow open", "onRegistered 200"]);
  x.registration.dispose();
  x.finish();
});

const uri = (text: string): URI => URI.parse(text);

for (
  const [field, options] of [
    ["registrar", { registrar: uri("sip:alice@bob.example") }],
    ["registrar", { registrar: uri("tel:+1") }],
    ["registrar", { registrar: "sip:bob.example" as unknown as URI }],
    ["aor", { aor: uri("tel:+1") }],
    ["contact", { contact: uri("mailto:a@b.example") }],
    ["expires", { expires: 0 }],
    ["expires", { expires: 1.5 }],
    ["expires", { expires: 2 ** 32 }],
    ["instanceId", { instanceId: "00000000-0000-1000-8000-aabbccddeeff" }],
    ["instanceId", { instanceId: 'urn:uuid:1">;x="\r\nX: y' }],
    ["regId", { regId: 1 }],
    ["regId", { regId: 0, instanceId: INSTANCE }],
    ["regId", { regId: 2 ** 31, instanceId: INSTANCE }],
    ["keepAlive", { keepAlive: -1 }],
    ["gruu", { gruu: "private" as unknown as "none" }],
    ["extraHeaders", { extraHeaders: ["X: a\r\nY: b"] }],
    ["routeSet", { routeSet: ["<sip:a.example"] }],
  ] as [string, Partial<RegistrationOptions>][]
) {
  Deno.test(`registration: refuses ${field} of ${JSON.stringify(options[field as "expires"])}`, () => {
    const x = new Registering();
    const error = assertThrows(() => x.register(options), InvalidArgumentError);
    assertMatch(error.field, new RegExp(`^${field}`));
    assertEquals(x.takeEvents(), []);
    x.assertEmpty();
  });
}
