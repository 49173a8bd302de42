// Session timers where this side asks, in its INVITE or within the call: RFC 4028 §7, §10.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError, type UserAgentCoreConfiguration } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, type InviteOptions, sdp } from "../../support/exchange.ts";

const ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE";

/** A call whose 2xx has these headers; over TCP, where nothing is repeated. */
function call(
  headers: string[],
  configuration: Partial<UserAgentCoreConfiguration> = {},
  invite: InviteOptions = {},
): Call {
  const options = { protocol: "TCP", configuration };
  return Call.out({ body: sdp("offer 1"), ...invite }, { body: "answer 1", headers }, options);
}

function headersOf(c: Call, method: string): string[] {
  const request = c.peer.request(method);
  return [...request.getHeaders("Session-Expires"), ...request.getHeaders("Min-SE")];
}

// §7.1: "A UAC ... MUST include a Supported header field in each request (except ACK), listing the
// option tag 'timer'. It MUST do so even if the UAC is not requesting usage of the session timer".
for (
  const [configuration, expected] of [
    [{}, []],
    [{ minSessionExpires: 300 }, []],
    [{ sessionExpires: 1800 }, ["1800"]],
    [{ sessionExpires: 1800, minSessionExpires: 300 }, ["1800", "300"]],
    [{ sessionExpires: 90 }, ["90"]],
  ] as [Partial<UserAgentCoreConfiguration>, string[]][]
) {
  Deno.test(`INVITE with ${JSON.stringify(configuration)}: [${expected}]`, () => {
    const c = call([], configuration);
    assert(c.peer.request("INVITE").getHeaders("Supported").includes("timer"));
    assertEquals(headersOf(c, "INVITE"), expected);
    c.end();
  });
}

Deno.test("what the program says of Session-Expires in its INVITE counts", () => {
  const extraHeaders = ["Session-Expires: 600;refresher=uas", "Min-SE: 500"];
  const c = call([], { sessionExpires: 1800 }, { extraHeaders });
  assertEquals(headersOf(c, "INVITE"), ["600;refresher=uas", "500"]);
  c.end();
});

// §7.2: "UACs MUST be prepared to receive a Session-Expires header field in a response, even if none
// were present in the request." "The 'refresher' parameter will be present".
for (
  const [value, refresh, expiry] of [
    ["200;refresher=uac", 100, 0],
    ["200;refresher=uas", 0, 168],
    ["200", 100, 0],
    ["200;refresher=nobody", 100, 0],
    ["4294967295;refresher=uas", 0, 2147483 - 32],
    // Shorter than any may be: it is no reason to flood the far end.
    ["1;refresher=uac", 45, 0],
    ["1;refresher=uas", 0, 60],
    ["0", 0, 0],
    ["nonsense", 0, 0],
    ["", 0, 0],
  ] as [string, number, number][]
) {
  Deno.test(`a 2xx with Session-Expires: ${value}: refresh after ${refresh} s, BYE after ${expiry} s`, () => {
    const c = call([ALLOW, `Session-Expires: ${value}`]);
    const due = Math.max(refresh, expiry) * 1000;
    if (due === 0) {
      c.pass(10_000_000);
      c.saw();
      return c.end();
    }
    c.pass(due - 1);
    c.saw();
    c.pass(1);
    c.saw(refresh > 0 ? "UPDATE" : "BYE");
    if (expiry > 0) return c.ended("TimeoutError");
    c.respond("UPDATE", 200);
    c.end();
  });
}

// §7.4: the refresher parameter is "'uac' if the element sending the request is currently performing
// refreshes, and ... 'uas' if its peer is performing the refreshes."
for (const refresher of ["uac", "uas"]) {
  for (const method of ["invite", "update"] as const) {
    Deno.test(`${method}() in a call that ${refresher} refreshes: the role stays, and time starts anew`, () => {
      const c = call([ALLOW, `Session-Expires: 200;refresher=${refresher}`]);
      c.pass(90_000);
      c.session[method]();
      const name = method.toUpperCase();
      assertEquals(headersOf(c, name), [`200;refresher=${refresher}`]);
      c.respond(name, 200, { headers: [`Session-Expires: 200;refresher=${refresher}`] });
      c.x.takeEvents();
      c.pass(refresher === "uac" ? 99_999 : 167_999);
      c.saw();
      c.pass(1);
      c.saw(refresher === "uac" ? "UPDATE" : "BYE");
      if (refresher === "uas") return c.ended("TimeoutError");
      c.respond("UPDATE", 200);
      c.end();
    });
  }
}

Deno.test("a re-INVITE that is refused starts nothing anew", () => {
  const c = call(["Session-Expires: 90;refresher=uas"]);
  c.pass(50_000);
  c.session.invite();
  c.respond("INVITE", 488, { headers: ["Session-Expires: 1800;refresher=uac"] });
  c.x.takeEvents();
  c.pass(10_000);
  c.saw("BYE");
  c.ended("TimeoutError");
});

Deno.test("a refresh takes the role away from this side, and the timer off", () => {
  const c = call([ALLOW, "Session-Expires: 200;refresher=uac"]);
  c.pass(100_000);
  c.respond("UPDATE", 200, { headers: ["Session-Expires: 200;refresher=uas"] });
  c.saw("UPDATE");
  c.pass(167_999);
  c.saw();
  c.ask("UPDATE", { headers: ["Supported: timer", "Session-Expires: 200;refresher=uac"] });
  c.saw("200 UPDATE");
  c.end();
});

// §10: "Note that only a 2xx response to a session refresh request extends the session expiration." "If
// the session refresh request does not generate a 2xx response ... and a response other than 408 or 481
// is received, the UAC SHOULD ... retry if possible."
Deno.test("a refresh that fails is tried again, now and then; in the end onExpire and BYE, in time", () => {
  const c = call([ALLOW, "Session-Expires: 1800;refresher=uac"]);
  c.session.delegate = { onExpire: () => void c.x.events.push("onExpire") };
  c.peer.script = (message) => {
    if (message.kind === "request" && message.method === "UPDATE") c.peer.respond(message, 500);
  };
  c.pass(1_768_000 - 1);
  const tries = c.x.takeEvents();
  assert(tries.every((event) => event === "UPDATE"), `${tries}`);
  assert(tries.length > 2 && tries.length < 10, `${tries.length}`);
  c.pass(1);
  c.saw("onExpire", "BYE");
  c.ended();
});

Deno.test("a refresh that fails twice and then not: the call lives on", () => {
  const c = call([ALLOW, "Session-Expires: 1800;refresher=uac"]);
  const outcomes = [503, 500, 200, 200];
  const headers = ["Session-Expires: 1800;refresher=uac"];
  c.peer.script = (message) => {
    if (message.kind !== "request" || message.method !== "UPDATE") return;
    c.peer.respond(message, outcomes.shift() ?? 500, { headers });
  };
  c.pass(1_200_000);
  c.saw("UPDATE", "UPDATE", "UPDATE");
  c.pass(600_000);
  c.saw();
  c.pass(300_000);
  c.saw("UPDATE");
  c.end();
});

// "If the session refresh request transaction times out or generates a 408 or 481 response, then the
// UAC sends a BYE request as per Section 12.2.1.2 of RFC 3261".
for (const status of [408, 481, undefined]) {
  Deno.test(`a refresh answered with ${status ?? "nothing"}: BYE`, () => {
    const c = call([ALLOW, "Session-Expires: 1800;refresher=uac"]);
    c.pass(900_000);
    if (status === undefined) c.pass(32_000);
    else c.respond("UPDATE", status);
    c.saw("UPDATE", "BYE");
    c.ended();
  });
}

Deno.test("a refresh that meets the far end's INVITE (491) goes again by itself", () => {
  const c = call(["Allow: INVITE", "Session-Expires: 200;refresher=uac"]);
  c.pass(100_000);
  c.respond("INVITE", 491);
  c.pass(4000);
  c.saw("INVITE", "ACK", "INVITE");
  c.respond("INVITE", 200, { body: "answer 1", headers: ["Session-Expires: 200;refresher=uac"] });
  c.saw("ACK");
  c.pass(99_999);
  c.saw();
  c.end();
});

Deno.test("it is time to refresh by re-INVITE, and another INVITE is open: later", () => {
  const c = call(["Allow: INVITE", "Session-Expires: 1800;refresher=uac"]);
  c.session.invite(c.x.recorder());
  c.respond("INVITE", 183);
  c.x.takeEvents();
  c.pass(900_000);
  c.saw();
  c.respond("INVITE", 488);
  c.x.takeEvents();
  while (c.peer.requests("INVITE").length === 2) c.pass(1000);
  c.saw("INVITE");
  c.respond("INVITE", 200, { body: "answer 1" });
  c.end();
});

// §7.3: "If the response to a session refresh request is a 422 ..., then the UAC MAY retry the request."
// §7.4: "The value of the Min-SE header field present in a session refresh request MUST be the largest
// value among all Min-SE header field values returned in all 422 responses or received in session
// refresh requests, on the same dialog".
Deno.test("an INVITE refused with 422: again with its Min-SE, and CSeq counted on; kept in the call", () => {
  const x = new Exchange({ configuration: { sessionExpires: 120 } });
  const request = x.invite();
  const first = x.peer.request("INVITE");
  x.peer.respond(first, 422, { toTag: "proxy", headers: ["Min-SE: 300"] });
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "INVITE"]);
  const second = x.peer.request("INVITE");
  assertEquals([second.callId, second.fromTag], [first.callId, first.fromTag]);
  assertEquals([second.cseq, second.toTag], [first.cseq + 1, undefined]);
  assertEquals(second.getHeaders("Session-Expires"), ["300"]);
  assertEquals(second.getHeaders("Min-SE"), ["300"]);
  x.peer.respond(second, 422, { toTag: "callee", headers: ["Min-SE: 600"] });
  const third = x.peer.request("INVITE");
  assertEquals(third.getHeaders("Session-Expires"), ["600"]);
  assertEquals(third.getHeaders("Min-SE"), ["600"]);
  assertEquals(request.message.cseq, third.cseq);
  x.peer.respond(third, 200, { headers: ["Session-Expires: 600;refresher=uac"] });
  const session = x.lastSession();
  session.update();
  const update = x.peer.request("UPDATE");
  assertEquals(update.getHeaders("Session-Expires"), ["600;refresher=uac"]);
  assertEquals(update.getHeaders("Min-SE"), ["600"]);
  x.peer.respond(update, 200);
  session.bye();
  x.peer.respond(x.peer.request("BYE"), 200);
  x.finish();
});

for (const method of ["invite", "update"] as const) {
  Deno.test(`${method}() refused with 422: again, with the same refresher`, () => {
    const c = call([ALLOW, "Session-Expires: 200;refresher=uas"]);
    const name = method.toUpperCase();
    c.session[method](undefined, { body: sdp("offer 2") });
    c.respond(name, 422, { headers: ["Min-SE: 300"] });
    c.saw(name, ...method === "invite" ? ["ACK"] : [], name);
    assertEquals(headersOf(c, name), ["300;refresher=uas", "300"]);
    assertEquals([c.peer.request(name).cseq, c.peer.request(name).body], [3, "offer 2"]);
    assertEquals(c.states, "Confirmed HaveLocalOffer offer 2 -");
    c.respond(name, 200, { body: "answer 2", headers: ["Session-Expires: 300;refresher=uas"] });
    assertEquals(c.states, "Confirmed Stable offer 2 answer 2");
    c.pass(267_999);
    assertEquals(c.session.sessionState, "Confirmed");
    c.end();
  });

  // "the UAC SHOULD NOT continuously retry the request if the server indicates the same error response."
  for (const minimum of ["Min-SE: 200", "Min-SE: nonsense", "X: no Min-SE at all"]) {
    Deno.test(`${method}() refused with 422 and ${minimum}: that is the outcome`, () => {
      const c = call([ALLOW, "Session-Expires: 200;refresher=uas"]);
      c.session[method](c.x.recorder());
      c.respond(method.toUpperCase(), 422, { headers: [minimum] });
      assertEquals(c.x.takeEvents().at(-1), "onReject 422");
      assertEquals(c.peer.requests(method.toUpperCase()).filter((each) => each.toTag).length, 1);
      c.end();
    });
  }
}

Deno.test("422 with a Min-SE that nobody can count: tried once, and not for ever", () => {
  const x = new Exchange({ configuration: { sessionExpires: 120 } });
  x.peer.script = (message) => {
    if (message.kind !== "request" || message.method !== "INVITE") return;
    x.peer.respond(message, 422, { headers: ["Min-SE: 4294967295"] });
  };
  x.invite();
  assertEquals(x.takeEvents(), ["INVITE", "ACK", "INVITE", "ACK", "onReject 422"]);
  assertEquals(x.peer.request("INVITE").getHeaders("Min-SE"), ["2147483"]);
  x.finish();
});

// §5: its value "MUST NOT be less than 90 seconds"; the most is what a clock can count.
for (const value of [-1, 1, 89, 90.5, 2_147_484, NaN, "1800" as unknown as number]) {
  for (const name of ["sessionExpires", "minSessionExpires"] as const) {
    Deno.test(`${name}: ${value}: refused`, () => {
      assertThrows(
        () => new Exchange({ configuration: { [name]: value } }),
        InvalidArgumentError,
        name,
      );
    });
  }
}

Deno.test("sessionExpires below minSessionExpires: refused", () => {
  const configuration = { sessionExpires: 300, minSessionExpires: 301 };
  assertThrows(() => new Exchange({ configuration }), InvalidArgumentError, "sessionExpires");
});
