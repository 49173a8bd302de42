// INFO, MESSAGE, NOTIFY and OPTIONS within a call: RFC 3261 §12.2, RFC 3428, RFC 6086.
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type IncomingInfoRequest,
  InvalidArgumentError,
  InvalidStateError,
  type Session,
  type SessionDelegate,
  type UserAgentCoreConfiguration,
} from "@strowger/sip";
import { Call } from "../../support/call.ts";
import { Exchange, sdp, TIMER_B } from "../../support/exchange.ts";

const METHODS = ["info", "message", "notify"] as const;
const TEXT = { contentDisposition: "render", contentType: "text/plain", content: "hello" };

function call(configuration: Partial<UserAgentCoreConfiguration> = {}): Call {
  const answer = { body: "answer 1", headers: ["Recv-Info: foo"] };
  return Call.out({ body: sdp("offer 1") }, answer, { configuration });
}

for (const method of METHODS) {
  const name = method.toUpperCase();

  Deno.test(`${method}(): in the dialog, with headers and a body; its outcome is told`, () => {
    const c = call();
    const extraHeaders = ["X-Any: thing"];
    const request = c.session[method](c.x.recorder({}), { extraHeaders, body: TEXT });
    const received = c.peer.request(name);
    assertEquals([received.callId, received.fromTag, received.toTag], [c.callId, c.tag, "far"]);
    assertEquals([received.cseq, `${received.ruri}`], [2, "sip:bob@bob.example:5060"]);
    assertEquals([received.getHeader("X-Any"), received.body], ["thing", "hello"]);
    assertEquals(request.message.method, name);
    // NOTIFY refreshes the target (RFC 6665 §3.2); RFC 3428 §4: "User Agents MUST NOT insert Contact
    // header fields into MESSAGE requests."
    assertEquals(received.hasHeader("Contact"), method === "notify");
    c.respond(name, 100);
    c.respond(name, 200);
    c.saw(name, "onTrying 100", "onAccept 200");
    assertEquals(c.states, "Confirmed Stable offer 1 answer 1");
    c.end();
  });

  Deno.test(`${method}() refused, with or without a delegate: the call stays`, () => {
    for (const status of [302, 403, 405, 415, 469, 500, 603]) {
      const c = call();
      c.session[method](c.x.recorder({}));
      c.respond(name, status);
      c.saw(name, `${status < 400 ? "onRedirect" : "onReject"} ${status}`);
      c.session[method]();
      c.respond(name, status);
      assertEquals(c.peer.request(name).cseq, 3);
      c.end();
    }
  });

  // RFC 3261 §12.2.1.2: on 481, 408 or nothing "the UAC SHOULD terminate the dialog".
  Deno.test(`${method}() answered with 481, 408 or nothing: BYE`, () => {
    for (const status of [481, 408, undefined]) {
      const c = call();
      c.session[method](c.x.recorder({}));
      if (status === undefined) c.pass(TIMER_B);
      else c.respond(name, status);
      assertEquals(c.x.takeEvents().slice(-2), ["BYE", `onReject ${status ?? "408 local"}`]);
      c.ended();
    }
  });

  Deno.test(`${method}() of an early session, as caller and as callee`, () => {
    const x = new Exchange();
    x.invite();
    x.peer.respond(x.peer.request("INVITE"), 180);
    x.progressed[0]?.session?.[method]();
    x.peer.respond(x.peer.request(name), 200);
    x.peer.respond(x.peer.request("INVITE"), 486);
    x.takeInvites();
    x.peer.ask("INVITE", { branch: "z9hG4bKa" });
    const { session } = x.lastInvite().progress();
    session[method]();
    assertEquals(x.peer.request(name).cseq, 1);
    x.peer.respond(x.peer.request(name), 481);
    x.lastInvite().reject();
    x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: session.localTag });
    x.finish();
  });

  Deno.test(`${method}() after the end, and with what cannot be sent: refused`, () => {
    const c = call();
    const extraHeaders = ["X-A: b\r\nX-C: d"];
    assertThrows(() => c.session[method](undefined, { extraHeaders }), InvalidArgumentError);
    c.session.bye();
    assertThrows(() => c.session[method](), InvalidStateError, method);
    assertEquals(c.peer.request("BYE").cseq, 2);
    c.ended();
  });

  Deno.test(`dispose() of ${method}(): silent; a failure ends nothing`, () => {
    const c = call();
    const request = c.session[method](c.x.recorder({}));
    request.cancel();
    request.dispose();
    request.dispose();
    c.respond(name, 481);
    c.saw(name);
    c.end();
  });
}

const HANDLERS = { INFO: "onInfo", MESSAGE: "onMessage", NOTIFY: "onNotify" } as const;

function listen(
  session: Session,
  name: keyof SessionDelegate,
  answer: (request: {
    accept(): unknown;
    reject(): unknown;
  }) => void,
): void {
  session.delegate = { [name]: answer };
}

for (const [method, name] of Object.entries(HANDLERS)) {
  Deno.test(`${method}: ${name} answers, at once or later`, () => {
    const c = call();
    let later = () => {};
    listen(c.session, name, (request) => {
      later = () => void request.accept();
    });
    c.ask(method);
    c.saw();
    later();
    c.saw(`200 ${method}`);
    listen(c.session, name, (request) => void request.reject());
    c.ask(method);
    c.saw(`480 ${method}`);
    c.end();
  });

  Deno.test(`${method}: ${name} throws, or rejects: 500, and the call stays`, async () => {
    const c = call();
    listen(c.session, name, () => {
      throw new Error("no");
    });
    c.ask(method);
    c.saw(`500 ${method}`);
    listen(c.session, name, () => Promise.reject(new Error("no")));
    c.ask(method);
    await c.x.clock.advanceAsync(0);
    c.saw(`500 ${method}`);
    c.end("DelegateError", "DelegateError");
  });

  // RFC 3261 §8.2.1: 405 with Allow; RFC 6665 §4.1.3: 481 for a NOTIFY that no subscription wants.
  Deno.test(`${method}, and nobody listens: refused, and Allow tells the truth`, () => {
    const c = call();
    c.ask(method);
    const response = c.peer.response(method);
    assertEquals(response.statusCode, method === "NOTIFY" ? 481 : 405);
    listen(c.session, "onInfo", () => {});
    c.ask("FOO");
    assertEquals(c.peer.response("FOO").statusCode, 501);
    if (method === "MESSAGE") {
      c.ask(method);
      const allowed = c.peer.response(method).getHeaders("Allow");
      assertEquals([allowed.includes("INFO"), allowed.includes("MESSAGE")], [true, false]);
    }
    c.end();
  });

  Deno.test(`${method} in an early session, and after bye()`, () => {
    const x = new Exchange();
    x.takeInvites();
    x.peer.ask("INVITE");
    const { session } = x.lastInvite().progress();
    listen(session, name, (request) => void request.accept());
    x.takeEvents();
    const { localTag: toTag } = session;
    x.peer.ask(method, { toTag, cseq: 2 });
    assertEquals(x.takeEvents(), [`200 ${method}`]);
    x.lastInvite().accept();
    x.peer.ask("ACK", { toTag });
    session.bye();
    x.takeEvents();
    x.peer.ask(method, { toTag, cseq: 3 });
    assertEquals(x.takeEvents(), [`481 ${method}`]);
    x.peer.respond(x.peer.request("BYE"), 200);
    x.finish();
  });
}

// §11.2: "An OPTIONS request received within a dialog generates a 200 (OK) response that is identical to
// one constructed outside a dialog and does not have any impact on the dialog."
Deno.test("OPTIONS within a call: 200 with what is understood; the call is as before", () => {
  const c = call();
  c.x.core.delegate = { onInvite: () => {} };
  c.x.peer.ask("OPTIONS", { callId: "outside" });
  const outside = c.peer.response("OPTIONS");
  c.ask("OPTIONS", { contact: "<sip:else@else.example>" });
  const inside = c.peer.response("OPTIONS");
  for (const header of ["Allow", "Accept", "Supported"]) {
    assertEquals(inside.getHeaders(header), outside.getHeaders(header));
  }
  assertEquals([inside.statusCode, outside.statusCode], [200, 200]);
  assertEquals(c.states, "Confirmed Stable offer 1 answer 1");
  c.end();
});

// RFC 6086 §4.2.2: "If a UA receives an INFO request associated with an Info Package that the UA has not
// indicated willingness to receive, the UA MUST send a 469 (Bad Info Package) response ..., which
// contains a Recv-Info header field with Info Packages for which the UA is willing to receive INFO
// requests."
for (
  const [packages, header, status] of [
    [["foo", "bar"], "foo", 200],
    [["foo", "bar"], "BAR;x=y", 200],
    [["foo", "bar"], "baz", 469],
    [["foo", "bar"], "foo.bar", 469],
    [["foo", "bar"], "", 469],
    [[], "foo", 469],
    [undefined, "foo", 469],
    [["foo"], undefined, 200],
    [undefined, undefined, 200],
  ] as [string[] | undefined, string | undefined, number][]
) {
  Deno.test(`infoPackages ${packages}, and an INFO with Info-Package ${header}: ${status}`, () => {
    const c = call(packages === undefined ? {} : { infoPackages: packages });
    listen(c.session, "onInfo", (request) => void request.accept());
    c.ask("INFO", { headers: header === undefined ? [] : [`Info-Package: ${header}`] });
    c.saw(`${status} INFO`);
    if (status === 469) {
      const text = c.peer.texts.at(-1) ?? "";
      assert(new RegExp(`^Recv-Info:\\s*${(packages ?? []).join(", ")}\\s*$`, "m").test(text));
    }
    c.end();
  });
}

// §5.2.3: "The sender of an initial INVITE request MUST include a Recv-Info header field in the initial
// INVITE request, even if the sender is not willing to receive INFO requests associated with any Info
// Package."
Deno.test("Recv-Info and INFO in Allow: in INVITE and re-INVITE where there are Info Packages", () => {
  for (const infoPackages of [["foo", "bar"], []]) {
    const c = call({ infoPackages });
    c.session.invite(c.x.recorder());
    for (const invite of c.peer.requests("INVITE")) {
      assert(invite.hasHeader("Recv-Info"));
      assertEquals(invite.getHeaders("Recv-Info").join(", "), infoPackages.join(", "));
      assert(invite.getHeaders("Allow").includes("INFO"));
    }
    c.respond("INVITE", 200);
    c.end();
  }
  const c = call();
  assertEquals(c.peer.request("INVITE").hasHeader("Recv-Info"), false);
  c.end();
});

// "The receiver of a request that contains a Recv-Info header field MUST include a Recv-Info header field
// in a reliable 18x/2xx response to the request". "A UA MUST NOT include a Recv-Info header field in a
// response if the associated request did not contain a Recv-Info header field."
Deno.test("Recv-Info in a 2xx: where the request has it, and nowhere else", () => {
  for (const headers of [["Recv-Info: baz"], ["Recv-Info:"], []]) {
    const configuration = { infoPackages: ["foo"] };
    const c = Call.in({ headers }, undefined, { configuration });
    c.ask("UPDATE", { headers });
    for (const method of ["INVITE", "UPDATE"]) {
      const expected = headers.length > 0 ? ["foo"] : [];
      assertEquals(c.peer.response(method).getHeaders("Recv-Info"), expected, method);
    }
    c.end();
  }
});

// §4.2.2: 469 "represents a Transaction Only failure, and does not terminate the invite dialog usage."
Deno.test("info() with an Info-Package: as the program says it; a 469 is its outcome only", () => {
  const c = call();
  const body = { ...TEXT, contentDisposition: "Info-Package" };
  c.session.info(c.x.recorder({}), { extraHeaders: ["Info-Package: foo"], body });
  const info = c.peer.request("INFO");
  assertEquals(info.getHeaders("Info-Package"), ["foo"]);
  assertEquals(info.getHeader("Content-Disposition"), "Info-Package");
  // §4.2.1: "The INFO request MUST NOT contain a Recv-Info header field."
  assertEquals(info.hasHeader("Recv-Info"), false);
  c.respond("INFO", 469, { headers: ["Recv-Info: bar"] });
  c.saw("INFO", "onReject 469");
  c.end();
});

// RFC 3261 §15.1.2: the UAS "MUST still respond to any pending requests received for that dialog. It is
// RECOMMENDED that a 487 (Request Terminated) response be generated to those pending requests."
for (const who of ["the far end", "this side"]) {
  Deno.test(`an INFO that nobody has answered when ${who} hangs up: 487`, () => {
    const c = Call.in();
    let request: IncomingInfoRequest | undefined;
    c.session.delegate = { onInfo: (info) => void (request = info) };
    c.ask("INFO");
    if (who === "this side") c.session.bye();
    else c.ask("BYE");
    assertEquals(c.peer.response("INFO").statusCode, 487);
    assertThrows(() => request?.accept(), InvalidStateError);
    if (who === "this side") c.respond("BYE", 200);
    c.x.finish();
  });
}

Deno.test("session.dispose() with requests of both sides under way: silent, and nothing is left", () => {
  for (const method of ["info", "message", "notify"] as const) {
    const c = Call.in();
    c.session.delegate = { onInfo: () => {}, onMessage: () => {} };
    c.ask("INFO");
    c.ask("MESSAGE");
    c.session[method](c.x.recorder({}));
    c.x.takeEvents();
    c.session.dispose();
    c.respond(method.toUpperCase(), 200);
    c.saw();
    c.x.finish();
    c.saw();
  }
});

Deno.test("10,000 INFOs that nobody answers: what waits for the program is limited", () => {
  const c = Call.in();
  c.session.delegate = { onInfo: () => {} };
  for (let i = 0; i < 10_000; i++) c.ask("INFO");
  assertEquals(c.peer.responses("INFO").length, 9900);
  const refused = c.peer.response("INFO");
  assertEquals(refused.statusCode, 500);
  assertEquals(refused.getHeaders("Retry-After").length, 1);
  c.ask("BYE");
  assertEquals(c.peer.responses("INFO").length, 10_000);
  c.x.finish();
});
