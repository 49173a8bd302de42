/**
 * Requests that are no INVITE, outside of any dialog: sent (RFC 3261 §8.1) and taken (§8.2).
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import {
  type IncomingRequest,
  InvalidArgumentError,
  InvalidStateError,
  type OutgoingRequestMessage,
  URI,
  type UserAgentCoreDelegate,
} from "@strowger/sip";
import { Exchange, TIMER_B } from "../../support/exchange.ts";

const ALICE = URI.parse("sip:alice@alice.example");
const BOB = URI.parse("sip:bob@bob.example:5060");

function made(x: Exchange, method: string, extraHeaders?: string[]): OutgoingRequestMessage {
  return x.core.makeOutgoingRequestMessage(method, BOB, ALICE, BOB, {}, extraHeaders);
}

const ANSWERS: [status: number, callback: string][] = [
  [200, "onAccept 200"],
  [202, "onAccept 202"],
  [302, "onRedirect 302"],
  [404, "onReject 404"],
  [603, "onReject 603"],
];

for (const [status, callback] of ANSWERS) {
  Deno.test(`a MESSAGE that is answered ${status}: ${callback}, once`, () => {
    const x = new Exchange();
    x.core.message(made(x, "MESSAGE"), x.recorder({}));
    x.peer.respond(x.peer.request("MESSAGE"), 100);
    x.peer.respond(x.peer.request("MESSAGE"), status);
    x.peer.respond(x.peer.request("MESSAGE"), status);
    assertEquals(x.events, ["MESSAGE", "onTrying 100", callback]);
    x.finish();
  });
}

Deno.test("a REGISTER that nobody answers: repeated by timer E, and a local 408 by timer F", () => {
  const x = new Exchange();
  x.core.register(made(x, "REGISTER", ["Contact: <sip:alice@alice.example>"]), x.recorder({}));
  x.clock.advance(TIMER_B - 1);
  // 0, 0.5, 1.5, 3.5, 7.5 s, and every 4 s from there on.
  assertEquals(x.peer.requests("REGISTER").length, 11);
  assertEquals(new Set(x.peer.requests("REGISTER").map(String)).size, 1);
  x.clock.advance(1);
  assertEquals(x.events.at(-1), "onReject 408 local");
  x.finish();
});

Deno.test("a request that is disposed of: nobody is told, and nothing is left", () => {
  const x = new Exchange();
  const request = x.core.publish(made(x, "PUBLISH"), x.recorder({}));
  request.dispose();
  x.peer.respond(x.peer.request("PUBLISH"), 200);
  assertEquals(x.events, ["PUBLISH"]);
  x.assertEmpty();
});

Deno.test("SUBSCRIBE and REFER get a Contact, MESSAGE gets none (RFC 3428 §4)", () => {
  const x = new Exchange();
  for (const method of ["SUBSCRIBE", "REFER", "MESSAGE", "OPTIONS"]) {
    x.core.request(made(x, method)).dispose();
  }
  const contact = "<sip:alice@alice.example:5060>";
  assertEquals(x.peer.request("SUBSCRIBE").getHeader("Contact"), contact);
  assertEquals(x.peer.request("REFER").getHeader("Contact"), contact);
  assertEquals(x.peer.request("MESSAGE").hasHeader("Contact"), false);
  assertEquals(x.peer.request("OPTIONS").hasHeader("Contact"), false);
  x.finish();
});

Deno.test("what is no request of its own, or of another method, is refused at the call", () => {
  const x = new Exchange();
  for (const method of ["INVITE", "ACK", "CANCEL"]) {
    assertThrows(() => x.core.request(made(x, method)), InvalidArgumentError, method);
  }
  assertThrows(() => x.core.message(made(x, "INFO")), InvalidArgumentError, "INFO");
  assertThrows(() => x.core.register(made(x, "PUBLISH")), InvalidArgumentError, "PUBLISH");
  assertThrows(() => x.core.request(undefined as never), InvalidArgumentError, "undefined");
  assertEquals(x.peer.received, []);
  x.finish();
});

Deno.test("a core that is being stopped waits for an answer, and takes no new request", async () => {
  const x = new Exchange();
  x.core.request(made(x, "INFO"), x.recorder({}));
  const stopped = x.core.stop();
  assertThrows(() => x.core.request(made(x, "INFO")), InvalidStateError);
  x.peer.respond(x.peer.request("INFO"), 200);
  await stopped;
  assertEquals(x.events, ["INFO", "onAccept 200"]);
  assertEquals(x.core.state, "stopped");
});

const TAKEN: [method: string, handler: keyof UserAgentCoreDelegate][] = [
  ["MESSAGE", "onMessage"],
  ["NOTIFY", "onNotify"],
  ["PUBLISH", "onPublish"],
  ["REGISTER", "onRegister"],
  ["FOO", "onRequest"],
];
const CONTACT = { headers: ["Contact: <sip:bob@bob.example>"] };

for (const [method, handler] of TAKEN) {
  Deno.test(`${method} goes to ${handler}, whose answer is repeated when it comes again`, () => {
    const x = new Exchange();
    x.core.delegate = {
      [handler]: (request: IncomingRequest) => {
        x.events.push(handler);
        request.accept({ statusCode: 202, extraHeaders: ["Expires: 60"] });
      },
    };
    x.peer.ask(method, { branch: "z9hG4bKa", ...CONTACT });
    x.peer.ask(method, { branch: "z9hG4bKa", ...CONTACT });
    assertEquals(x.events, [handler, `202 ${method}`, `202 ${method}`]);
    assertEquals(x.peer.response(method).getHeader("Expires"), "60");
    x.finish();
  });
}

// SUBSCRIBE and REFER make subscriptions: tests/actors/subscriptions/notifier_test.ts, refer_test.ts.
const WITH_SUBSCRIPTION: typeof TAKEN = [["REFER", "onRefer"], ["SUBSCRIBE", "onSubscribe"]];

for (const [method, handler] of [...TAKEN, ...WITH_SUBSCRIPTION]) {
  Deno.test(`${method} without ${handler}: refused, with an Allow that is true`, () => {
    const x = new Exchange();
    x.peer.ask(method, CONTACT);
    const { statusCode } = x.peer.response(method);
    assertEquals(statusCode, method === "FOO" ? 501 : 405);
    const allow = ["ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "PRACK", "UPDATE"];
    assertEquals(x.peer.response(method).parseHeader("Allow"), allow);
    x.finish();
  });
}

Deno.test("a handler that throws before it has answered: 500, and the error is reported", () => {
  const x = new Exchange();
  x.core.delegate = {
    onMessage: () => {
      throw new Error("no");
    },
  };
  x.peer.ask("MESSAGE");
  assertEquals(x.peer.response("MESSAGE").statusCode, 500);
  x.finish("DelegateError");
});

Deno.test("an answer may come later", () => {
  const x = new Exchange();
  let held: IncomingRequest | undefined;
  x.core.delegate = { onMessage: (request) => void (held = request) };
  x.peer.ask("MESSAGE");
  assertEquals(x.peer.responses("MESSAGE").length, 0);
  held?.reject({ statusCode: 486 });
  assertEquals(x.peer.response("MESSAGE").statusCode, 486);
  assertThrows(() => held?.accept(), InvalidStateError);
  x.finish();
});

Deno.test("SUBSCRIBE and REFER without a Contact: 400; a required extension: 420", () => {
  const x = new Exchange();
  x.core.delegate = { onSubscribe: (r) => void r.accept(), onRefer: (r) => void r.accept() };
  x.peer.ask("SUBSCRIBE", { headers: [] });
  assertEquals(x.peer.response("SUBSCRIBE").statusCode, 400);
  x.peer.ask("REFER", { headers: [...CONTACT.headers, "Require: multiple-refer"] });
  assertEquals(x.peer.response("REFER").statusCode, 420);
  assertEquals(x.peer.response("REFER").getHeader("Unsupported"), "multiple-refer");
  x.finish();
});

Deno.test('OPTIONS: "the same that would have been chosen had the request been an INVITE"', () => {
  const x = new Exchange();
  x.peer.ask("OPTIONS");
  assertEquals(x.peer.response("OPTIONS").statusCode, 480);
  x.core.delegate = { onInvite: () => {}, onMessage: () => {}, onRequest: () => {} };
  x.peer.ask("OPTIONS", { callId: "another" });
  const response = x.peer.response("OPTIONS");
  assertEquals(response.statusCode, 200);
  assertEquals(
    response.getHeader("Allow"),
    "ACK, BYE, CANCEL, INVITE, OPTIONS, PRACK, UPDATE, MESSAGE",
  );
  assertEquals(response.getHeader("Accept"), "application/sdp");
  // A delegate may get handlers later, and lose them.
  Object.assign(x.core.delegate, { onMessage: undefined, onRegister: () => {} });
  x.peer.ask("OPTIONS", { callId: "third" });
  assertEquals(
    x.peer.response("OPTIONS").getHeader("Allow"),
    "ACK, BYE, CANCEL, INVITE, OPTIONS, PRACK, UPDATE, REGISTER",
  );
  x.finish();
});

Deno.test("OPTIONS within a session is answered by the engine, and changes nothing", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  x.peer.ask("OPTIONS", { callId: invite.callId, fromTag: "far", toTag: invite.fromTag ?? "" });
  assertEquals(x.peer.response("OPTIONS").statusCode, 200);
  assertEquals(session.sessionState, "Confirmed");
  session.dispose();
  x.finish();
});

// RFC 3903 §6: 412 where the entity-tag is not known; a 423 "MUST contain a Min-Expires header field";
// "The ESC MUST NOT include a Record-Route header field in any response to a PUBLISH request."
Deno.test("PUBLISH: entity-tags and intervals pass, both ways; they are the program's", () => {
  const x = new Exchange();
  const answers = [
    { statusCode: 200, extraHeaders: ["SIP-ETag: a1", "Expires: 600"] },
    { statusCode: 412 },
    { statusCode: 423, extraHeaders: ["Min-Expires: 60"] },
  ];
  x.core.delegate = {
    onPublish: (request) => {
      const { message } = request;
      x.events.push(`${message.getHeader("SIP-If-Match")} ${message.parseHeader("Expires")}`);
      const options = answers.shift() ?? { statusCode: 500 };
      if (options.statusCode < 300) request.accept(options);
      else request.reject(options);
    },
  };
  ["Expires: 600", "SIP-If-Match: a0\r\nExpires: 600", "SIP-If-Match: a1\r\nExpires: 1"].forEach(
    (lines, i) => {
      const headers = ["Event: presence", "Record-Route: <sip:p.example;lr>", lines];
      x.peer.ask("PUBLISH", { headers, callId: `${i}` });
    },
  );
  assertEquals(x.takeEvents(), [
    "undefined 600",
    "200 PUBLISH",
    "a0 600",
    "412 PUBLISH",
    "a1 1",
    "423 PUBLISH",
  ]);
  const [first, , last] = x.peer.responses("PUBLISH");
  assertEquals([first?.getHeader("SIP-ETag"), first?.hasHeader("Record-Route")], ["a1", false]);
  assertEquals(last?.parseHeader("Min-Expires"), 60);

  const told: (string | undefined)[] = [];
  const message = made(x, "PUBLISH", ["Event: presence", "SIP-If-Match: b1"]);
  x.core.publish(message, {
    onAccept: ({ message }) => void told.push(message.getHeader("SIP-ETag")),
  });
  assertEquals(x.peer.request("PUBLISH").getHeader("SIP-If-Match"), "b1");
  x.peer.respond(x.peer.request("PUBLISH"), 200, { headers: ["SIP-ETag: b2"] });
  assertEquals(told, ["b2"]);
  x.finish();
});

// §17.1.2.2: after timer F, 64*T1, the client has given up.
Deno.test("a request that the program never answers: nothing is kept of it after 64*T1", () => {
  const x = new Exchange();
  const held: IncomingRequest[] = [];
  const hold = (request: IncomingRequest) => void held.push(request);
  x.core.delegate = { onMessage: hold, onSubscribe: hold, onRefer: hold, onRequest: hold };
  const { session, invite } = x.callOut();
  session.delegate = { onInfo: hold };
  const more = { headers: ["Contact: <sip:bob@bob.example>"] };
  x.peer.ask("MESSAGE", { callId: "1" });
  x.peer.ask("FOO", { callId: "2" });
  x.peer.ask("SUBSCRIBE", { callId: "3", headers: [...more.headers, "Event: presence"] });
  x.peer.ask("REFER", { callId: "4", headers: [...more.headers, "Refer-To: <sip:c@c.example>"] });
  x.peer.ask("INFO", { callId: invite.callId, fromTag: "far", toTag: session.localTag });
  const methods = ["MESSAGE", "FOO", "SUBSCRIBE", "REFER", "INFO"];
  assertEquals(held.map(({ message }) => message.method), methods);
  x.clock.advance(TIMER_B - 1);
  assertEquals(x.errors, []);
  assertEquals(x.core.live.servers, methods.length);
  x.clock.advance(1);
  assertEquals(x.core.live.servers, 0);
  for (const request of held) assertThrows(() => request.accept(), InvalidStateError);
  session.dispose();
  x.finish(...methods.map(() => "TimeoutError"));
});

Deno.test("a request that the program answers late, but in time: nothing is reported", () => {
  const x = new Exchange();
  const held: IncomingRequest[] = [];
  x.core.delegate = { onMessage: (request) => void held.push(request) };
  x.peer.ask("MESSAGE");
  x.clock.advance(TIMER_B - 1);
  held[0]?.accept();
  assertEquals(x.peer.response("MESSAGE").statusCode, 200);
  x.finish();
});

Deno.test("a handler that is taken away while the request is looked at: 405, and nothing is left", () => {
  const x = new Exchange();
  x.core.delegate = {
    isRecipient: () => {
      delete x.core.delegate.onMessage;
      return true;
    },
    onMessage: (request) => void request.accept(),
  };
  x.peer.ask("MESSAGE");
  assertEquals(x.peer.response("MESSAGE").statusCode, 405);
  x.finish();
});
