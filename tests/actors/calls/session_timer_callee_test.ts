// Session timers where the far end asks, in an INVITE or within the call: RFC 4028 §9, §10.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { UserAgentCoreConfiguration } from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, sdp } from "../../support/exchange.ts";

const TIMER = "Supported: timer";
const ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE";

/** A call of the far end, whose INVITE has these headers. */
function callIn(headers: string[], configuration: Partial<UserAgentCoreConfiguration> = {}): Call {
  const answer = { statusCode: 200, body: sdp("answer 1") };
  return Call.in({ body: "offer 1", headers }, answer, { configuration });
}

/** Session-Expires in the last 2xx of this side, and whether it requires `timer`. */
function terms(c: Call, method = "INVITE"): string {
  const response = c.peer.response(method);
  assertEquals(response.statusCode, 200);
  const required = response.getHeaders("Require").includes("timer") ? ", required" : "";
  return `${response.getHeaders("Session-Expires").join()}${required}`;
}

/** The far end hangs up, and nothing is left. */
function end(c: Call): void {
  c.end();
}

// Table 2, and: "If the refresher parameter in the Session-Expires header field in the 2xx response has
// a value of 'uac', the UAS MUST place a Require header field into the response with the value
// 'timer'. ... If the refresher parameter in the 2xx response has a value of 'uas' and the Supported
// header field in the request contained the value 'timer', the UAS SHOULD place a Require header field
// into the response with the value 'timer'."
for (
  const [headers, expected] of [
    [["Session-Expires: 1800"], "1800;refresher=uas"],
    // "this particular combination should not happen": it is answered as the one before.
    [["Session-Expires: 1800;refresher=uac"], "1800;refresher=uas"],
    [["Session-Expires: 1800;refresher=uas"], "1800;refresher=uas"],
    [[TIMER, "Session-Expires: 1800"], "1800;refresher=uac, required"],
    [[TIMER, "Session-Expires: 1800;refresher=uac"], "1800;refresher=uac, required"],
    [[TIMER, "Session-Expires: 1800;refresher=uas"], "1800;refresher=uas, required"],
    [["k: timer", "x: 1800 ; REFRESHER = UAS"], "1800;refresher=uas, required"],
    [["Require: timer", "Session-Expires: 1800"], "1800;refresher=uac, required"],
    [[TIMER], ""],
    [[], ""],
    [[TIMER, "Session-Expires: nonsense"], ""],
    [[TIMER, "Session-Expires: -1"], ""],
    [[TIMER, "Session-Expires: 99999999999999"], ""],
    [[TIMER, "Session-Expires: 4294967295"], "2147483;refresher=uac, required"],
    // Not even a 422 is for who does not know of timers: nothing expires then.
    [["Session-Expires: 0"], ""],
    [["Session-Expires: 1"], ""],
  ] as [string[], string][]
) {
  Deno.test(`an INVITE with [${headers.join("; ")}]: [${expected}] in the 2xx`, () => {
    const c = callIn(headers);
    assertEquals(terms(c), expected);
    end(c);
  });
}

// "The UAS response MAY reduce its value but MUST NOT set it to a duration lower than the value in the
// Min-SE header field in the request, if it is present; otherwise the lower bound is 90 seconds".
for (
  const [headers, expected] of [
    [[TIMER, "Session-Expires: 1800"], "300;refresher=uac, required"],
    [[TIMER, "Session-Expires: 200"], "200;refresher=uac, required"],
    [[TIMER, "Session-Expires: 1800", "Min-SE: 600"], "600;refresher=uac, required"],
    [[TIMER, "Session-Expires: 500", "Min-SE: 600"], "500;refresher=uac, required"],
    // "The UAS may request a session timer in the 2XX response".
    [[TIMER], "300;refresher=uac, required"],
    [[TIMER, "Min-SE: 600"], "600;refresher=uac, required"],
    [[], "300;refresher=uas"],
  ] as [string[], string][]
) {
  Deno.test(`sessionExpires: 300 and [${headers.join("; ")}]: [${expected}]`, () => {
    const c = callIn(headers, { sessionExpires: 300 });
    assertEquals(terms(c), expected);
    end(c);
  });
}

Deno.test("what the program says of Session-Expires does not count beside what is agreed on", () => {
  const extraHeaders = ["Session-Expires: 7;refresher=uac"];
  const invite = { headers: [TIMER, "Session-Expires: 1800"] };
  const c = Call.in(invite, { statusCode: 200, extraHeaders });
  assertEquals(terms(c), "1800;refresher=uac, required");
  end(c);
});

// "... the UAS MAY reject the INVITE request with a 422 (Session Interval Too Small) response if the
// session interval in the Session-Expires header field is smaller than the minimum interval defined by
// the UAS' local policy. When sending the 422 response, the UAS MUST include a Min-SE header field with
// the value of its minimum interval."
for (
  const [headers, minimum] of [
    [[TIMER, "Session-Expires: 89"], 90],
    [[TIMER, "Session-Expires: 0"], 90],
    [[TIMER, "Session-Expires: 299;refresher=uas"], 300],
  ] as [string[], number][]
) {
  Deno.test(`an INVITE with [${headers.join("; ")}]: 422 with Min-SE: ${minimum}`, () => {
    const x = new Exchange({ configuration: { minSessionExpires: minimum } });
    x.takeInvites();
    x.peer.ask("INVITE", { branch: "z9hG4bKa", headers });
    assertEquals(x.takeEvents(), ["422 INVITE"]);
    const response = x.peer.response("INVITE");
    assertEquals(response.getHeaders("Min-SE"), [`${minimum}`]);
    x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: response.toTag ?? "" });
    x.finish();
  });

  Deno.test(`within a call, with [${headers.join("; ")}]: 422 with Min-SE: ${minimum}; it stays`, () => {
    const c = callIn([], { minSessionExpires: minimum });
    for (const method of ["INVITE", "UPDATE"]) {
      c.ask(method, { headers });
      c.saw(`422 ${method}`);
      assertEquals(c.peer.response(method).getHeaders("Min-SE"), [`${minimum}`]);
      if (method === "INVITE") c.ack();
    }
    c.end();
  });
}

Deno.test("less than the minimum from who does not support timers: no 422, and not more in the 2xx", () => {
  const c = callIn(["Session-Expires: 200"], { minSessionExpires: 300 });
  assertEquals(terms(c), "200;refresher=uas");
  end(c);
});

// §7.2: "It is RECOMMENDED that this refresh be sent once half the session interval has elapsed."
// §7.4: "it is RECOMMENDED that the refresher parameter be set to 'uac' if the element sending the
// request is currently performing refreshes", and "that the UPDATE method be used".
Deno.test("this side refreshes: UPDATE after half the interval, again and again", () => {
  const c = callIn([TIMER, ALLOW, "Session-Expires: 200;refresher=uas"]);
  for (let i = 0; i < 3; i++) {
    c.pass(99_999);
    c.saw();
    c.pass(1);
    c.saw("UPDATE");
    const update = c.peer.request("UPDATE");
    assertEquals(update.getHeaders("Session-Expires"), ["200;refresher=uac"]);
    assertEquals([update.body, update.getHeaders("Supported").includes("timer")], ["", true]);
    c.respond("UPDATE", 200, { headers: ["Require: timer", "Session-Expires: 200;refresher=uac"] });
  }
  assertEquals(c.states, "Confirmed Stable offer 1 answer 1");
  end(c);
});

// "If a re-INVITE is used ... it SHOULD contain an offer", the same as before.
Deno.test("this side refreshes a far end without UPDATE: re-INVITE with the last description", () => {
  const c = callIn(["Session-Expires: 200", "Allow: INVITE, ACK, BYE"]);
  c.pass(100_000);
  c.saw("INVITE");
  assertEquals(c.peer.request("INVITE").body, "answer 1");
  const headers = ["Session-Expires: 200;refresher=uac"];
  c.respond("INVITE", 200, { body: "offer 1", headers });
  c.saw("ACK");
  assertEquals(c.states, "Confirmed Stable answer 1 offer 1");
  c.pass(100_000);
  c.saw("INVITE");
  c.respond("INVITE", 200, { body: "offer 1" });
  end(c);
});

Deno.test("a refused offer of either side is no description to refresh with", () => {
  const c = callIn(["Session-Expires: 200", "Allow: INVITE, ACK, BYE"]);
  c.session.invite(c.x.recorder(), { body: sdp("offer 2") });
  c.respond("INVITE", 488);
  c.x.takeEvents();
  c.pass(100_000);
  assertEquals(c.peer.request("INVITE").body, "answer 1");
  c.respond("INVITE", 200, { body: "offer 1" });
  end(c);
});

// §7.2: "If the 2xx response did not contain a Session-Expires header field, there is no session
// expiration. In this case, no refreshes need to be sent."
Deno.test("a refresh that is answered without Session-Expires turns the timer off", () => {
  const c = callIn([TIMER, ALLOW, "Session-Expires: 200;refresher=uas"]);
  c.pass(100_000);
  c.respond("UPDATE", 200);
  c.x.takeEvents();
  c.pass(1_000_000);
  c.saw();
  end(c);
});

// §10: "if the side not performing refreshes does not receive a session refresh request before the
// session expiration, it SHOULD send a BYE to terminate the session, slightly before the session
// expiration. The minimum of 32 seconds and one third of the session interval is RECOMMENDED."
for (const [interval, margin] of [[1800, 32], [90, 30]] as const) {
  Deno.test(`the far end does not refresh within ${interval} s: onExpire and BYE ${margin} s before`, () => {
    const c = callIn([TIMER, `Session-Expires: ${interval};refresher=uac`]);
    c.session.delegate = { onExpire: () => void c.x.events.push("onExpire") };
    c.pass((interval - margin) * 1000 - 1);
    c.saw();
    c.pass(1);
    c.saw("onExpire", "BYE");
    assertEquals(c.session.sessionState, "Terminated");
    c.ended();
  });
}

Deno.test("nobody listens for onExpire: it is reported", () => {
  const c = callIn([TIMER, "Session-Expires: 90"]);
  c.pass(60_000);
  c.saw("BYE");
  assertMatch(c.x.errors[0]?.message ?? "", /refreshed/);
  c.ended("TimeoutError");
});

// "a re-INVITE or UPDATE request sent within a dialog for purposes other than session refreshes will
// also have the effect of refreshing the session".
for (const method of ["INVITE", "UPDATE"]) {
  Deno.test(`an ${method} of the far end refreshes; who does it next may change`, () => {
    const c = callIn([TIMER, ALLOW, "Session-Expires: 200;refresher=uac"]);
    const refresh = (...headers: string[]) => {
      c.ask(method, {
        headers: [TIMER, ALLOW, ...headers],
        body: method === "INVITE" ? "offer 1" : "",
      });
      if (method === "INVITE") c.ack();
      c.x.takeEvents();
    };
    c.pass(160_000);
    refresh("Session-Expires: 200;refresher=uac");
    c.pass(160_000);
    refresh("Session-Expires: 200;refresher=uas");
    assertEquals(terms(c, method), "200;refresher=uas, required");
    c.pass(100_000);
    c.saw("UPDATE");
    c.respond("UPDATE", 200, { headers: ["Session-Expires: 200;refresher=uas"] });
    c.pass(160_000);
    c.saw();
    // One that says nothing of it does not end it.
    refresh();
    assertEquals(terms(c, method), "200;refresher=uac, required");
    c.pass(160_000);
    c.saw();
    end(c);
  });

  Deno.test(`an ${method} that is refused refreshes nothing`, () => {
    const c = callIn([TIMER, "Session-Expires: 90"]);
    c.pass(50_000);
    c.ask(method, { headers: [TIMER, "Session-Expires: 90"], body: "offer 2" });
    if (method === "INVITE") c.ack();
    c.x.takeEvents();
    c.pass(10_000);
    c.saw("BYE");
    c.ended("TimeoutError");
  });
}

Deno.test("no timer is left after the end, whoever hangs up", () => {
  for (const refresher of ["uac", "uas"]) {
    for (const end of ["bye", "dispose"] as const) {
      const c = callIn([TIMER, ALLOW, `Session-Expires: 4294967295;refresher=${refresher}`]);
      c.session[end]();
      if (end === "bye") c.respond("BYE", 200);
      c.x.finish();
      assert(c.x.clock.pending === 0);
    }
  }
});
