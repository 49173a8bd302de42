/**
 * Whose a request is: the Request-URI, Max-Forwards, methods that need a dialog, and OPTIONS
 * (RFC 3261 §8.2.1, §8.2.2.1, §11.2).
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Exchange } from "../../support/exchange.ts";

Deno.test("a Request-URI of somebody else: the program's to judge, and taken by default", () => {
  const x = new Exchange();
  x.takeInvites((request) => void request.reject({ statusCode: 486 }));
  x.peer.ask("INVITE", { uri: "sip:carol@elsewhere.example", branch: "z9hG4bKa" });
  assertEquals(x.takeEvents(), ["onInvite", "486 INVITE"]);
  x.peer.ask("ACK", { branch: "z9hG4bKa", toTag: x.peer.response("INVITE").toTag ?? "" });
  x.finish();
});

// "If the Request-URI does not identify an address that the UAS is willing to accept requests for, it
// SHOULD reject the request with a 404 (Not Found) response."
Deno.test("isRecipient: 404 for whom the program does not answer, for every method", () => {
  const x = new Exchange();
  const handler = (request: { accept(): unknown }) => void request.accept();
  x.core.delegate = {
    isRecipient: ({ ruri }) => ruri.user === "alice",
    onMessage: handler,
    onRegister: handler,
    onInvite: () => {},
  };
  for (const method of ["MESSAGE", "REGISTER", "OPTIONS"]) {
    x.peer.ask(method, { uri: "sip:carol@alice.example", callId: "carol" });
    assertEquals(x.peer.response(method).statusCode, 404);
    x.peer.ask(method, { uri: "sip:alice@alice.example", callId: "alice" });
    assertEquals(x.peer.response(method).statusCode, 200);
  }
  x.finish();
});

Deno.test("isRecipient that throws: 500, and the error is reported", () => {
  const x = new Exchange();
  x.core.delegate = {
    isRecipient: () => {
      throw new Error("no");
    },
    onMessage: (request) => void request.accept(),
  };
  x.peer.ask("MESSAGE");
  assertEquals(x.peer.response("MESSAGE").statusCode, 500);
  x.finish("DelegateError");
});

Deno.test("isRecipient is not asked within a session", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  x.core.delegate = { isRecipient: () => false };
  x.peer.ask("BYE", { callId: invite.callId, fromTag: "far", toTag: session.localTag });
  assertEquals(x.peer.response("BYE").statusCode, 200);
  x.finish();
});

// RFC 4475 §3.3.11: an endpoint answers as it would have otherwise; 483 is a proxy's (§16.3).
Deno.test("Max-Forwards: 0 is answered as anything else", () => {
  const x = new Exchange();
  x.core.delegate = { onMessage: (request) => void request.accept() };
  x.peer.send(x.peer.writeRequest("MESSAGE").replace("Max-Forwards: 70", "Max-Forwards: 0"));
  assertEquals(x.peer.response("MESSAGE").statusCode, 200);
  x.finish();
});

// §8.1.1.6: "If the Max-Forwards value reaches 0 before the request reaches its destination, it will be
// rejected with a 483(Too Many Hops) error response."
Deno.test("Max-Forwards: 0, and it is for somebody else: 483", () => {
  const x = new Exchange();
  x.core.delegate = { isRecipient: () => false, onMessage: (request) => void request.accept() };
  for (const [hops, status] of [["0", 483], ["1", 404]] as const) {
    const text = x.peer.writeRequest("MESSAGE", { callId: hops });
    x.peer.send(text.replace("Max-Forwards: 70", `Max-Forwards: ${hops}`));
    assertEquals(x.peer.response("MESSAGE").statusCode, status);
  }
  x.finish();
});

// RFC 6086 §4.2.1: "A UA MUST NOT send an INFO request outside an invite dialog usage".
for (const method of ["BYE", "INFO", "PRACK", "UPDATE"]) {
  Deno.test(`${method} outside of a dialog: 481, whoever listens`, () => {
    const x = new Exchange();
    x.core.delegate = { onRequest: (request) => void request.accept() };
    x.peer.ask(method);
    assertEquals(x.peer.response(method).statusCode, 481);
    x.finish();
  });
}

// §11.2: "a 486 (Busy Here) would be returned if the UAS is busy".
Deno.test("OPTIONS: the program may answer as it would an INVITE; else the engine does", () => {
  const x = new Exchange();
  let isBusy = true;
  x.core.delegate = {
    onInvite: () => {},
    onOptions: (request) => {
      x.events.push("onOptions");
      if (isBusy) request.reject({ statusCode: 486 });
    },
  };
  x.peer.ask("OPTIONS");
  isBusy = false;
  x.peer.ask("OPTIONS", { callId: "another" });
  assertEquals(x.takeEvents(), ["onOptions", "486 OPTIONS", "onOptions", "200 OPTIONS"]);
  x.finish();
});

// "Allow, Accept, Accept-Encoding, Accept-Language, and Supported header fields SHOULD be present".
Deno.test("OPTIONS in and out of a session tells the same, and the truth", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  x.core.delegate = { onMessage: () => {}, onInvite: () => {} };
  x.peer.ask("OPTIONS", { callId: "another" });
  const outside = x.peer.response("OPTIONS");
  x.peer.ask("OPTIONS", { callId: invite.callId, fromTag: "far", toTag: session.localTag });
  const inside = x.peer.response("OPTIONS");
  assertEquals(inside.callId, invite.callId);
  for (const name of ["Allow", "Accept", "Accept-Encoding", "Accept-Language", "Supported"]) {
    assertEquals(outside.hasHeader(name), true, name);
    assertEquals(inside.getHeaders(name), outside.getHeaders(name), name);
  }
  assertEquals(outside.getHeaders("Allow").includes("MESSAGE"), true);
  assertEquals(outside.getHeaders("Allow").includes("PUBLISH"), false);
  session.dispose();
  x.finish();
});
