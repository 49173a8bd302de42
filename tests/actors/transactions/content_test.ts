/**
 * Bodies that are not understood: 415 and 406 (RFC 3261 §8.2.3, §20.11, §21.4.7).
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { type AcceptedContent, InvalidArgumentError, UserAgentCore } from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

/** What an INVITE, or another request, with these headers and a body is answered. */
function ask(
  method: string,
  headers: string[],
  { content, body = "x" }: { content?: AcceptedContent; body?: string } = {},
) {
  const x = new Exchange({ configuration: content === undefined ? {} : { content } });
  x.core.delegate = {
    onInvite: (request) => void request.reject({ statusCode: 486 }),
    onMessage: (request) => void request.accept(),
  };
  x.peer.ask(method, { headers, body });
  const response = x.peer.response(method);
  if (method === "INVITE") {
    x.peer.ask("ACK", { branch: "z9hG4bKscripted1", toTag: response.toTag ?? "" });
  }
  x.finish();
  return response;
}

// "the UAS MUST reject the request with a 415 (Unsupported Media Type) response. The response MUST
// contain an Accept header field listing the types of all bodies it understands".
Deno.test("an INVITE with a body of a type that is not understood: 415 with Accept", () => {
  const response = ask("INVITE", ["Content-Type: application/unknownformat"]);
  assertEquals(response.statusCode, 415);
  assertEquals(response.getHeaders("Accept"), ["application/sdp"]);
  assertEquals(response.hasHeader("Accept-Encoding"), false);
});

const TAKEN: [what: string, headers: string[]][] = [
  ["application/sdp", ["Content-Type: application/sdp"]],
  ["the type in another case, and with parameters", ["Content-Type: Application/SDP;charset=x"]],
  ["another type that is optional", [
    "Content-Type: application/unknownformat",
    "Content-Disposition: render;handling=OPTIONAL",
  ]],
  ["an encoding that changes nothing", ["Content-Type: application/sdp", "e: identity"]],
  ["any language", ["Content-Type: application/sdp", "Content-Language: tlh"]],
];
for (const [what, headers] of TAKEN) {
  Deno.test(`an INVITE with ${what}: taken`, () => {
    assertEquals(ask("INVITE", headers).statusCode, 486);
  });
}

// §7.4.1: a session description goes alone "if the remote implementation requests this through an
// Accept header field that does not contain multipart".
Deno.test("an INVITE with a multipart body: 415, or taken where the program says so", () => {
  const headers = ["Content-Type: multipart/mixed;boundary=b"];
  assertEquals(ask("INVITE", headers).statusCode, 415);
  const content = { types: { INVITE: ["application/sdp", "multipart/*"] } };
  assertEquals(ask("INVITE", headers, { content }).statusCode, 486);
});

// "... the response MUST contain an Accept-Encoding header field listing the encodings understood".
Deno.test("an encoding that is not understood: 415 with Accept-Encoding", () => {
  const response = ask("MESSAGE", ["Content-Type: text/plain", "Content-Encoding: gzip"]);
  assertEquals(response.statusCode, 415);
  assertEquals(response.getHeaders("Accept-Encoding"), ["identity"]);
  assertEquals(response.hasHeader("Accept"), false);
  const content = { encodings: ["gzip", "identity"] };
  const headers = ["Content-Type: text/plain", "Content-Encoding: GZIP"];
  assertEquals(ask("MESSAGE", headers, { content }).statusCode, 200);
});

// "... the response MUST contain an Accept-Language header field indicating the languages".
Deno.test("a language that is not understood: 415 with Accept-Language", () => {
  const content = { languages: ["en", "de"] };
  const inLanguage = (language: string) =>
    ask("MESSAGE", ["Content-Type: text/plain", `Content-Language: ${language}`], { content });
  const response = inLanguage("fr");
  assertEquals(response.statusCode, 415);
  assertEquals(response.getHeaders("Accept-Language"), ["en", "de"]);
  assertEquals(inLanguage("en-GB").statusCode, 200);
  assertEquals(inLanguage("en, fr").statusCode, 415);
});

Deno.test("another method takes what the program says it takes, and everything by default", () => {
  const headers = ["Content-Type: text/html"];
  assertEquals(ask("MESSAGE", headers).statusCode, 200);
  const response = ask("MESSAGE", headers, { content: { types: { MESSAGE: ["text/plain"] } } });
  assertEquals(response.statusCode, 415);
  assertEquals(response.getHeaders("Accept"), ["text/plain"]);
});

// §20.15: "The Content-Type header field MUST be present if the body is not empty."
Deno.test("a body without Content-Type: 400; a Content-Type without a body: no matter", () => {
  const x = new Exchange();
  x.core.delegate = { onMessage: (request) => void request.accept() };
  const text = x.peer.writeRequest("MESSAGE", { body: "x", headers: ["Content-Type: text/plain"] });
  x.peer.send(text.replace("Content-Type: text/plain\r\n", ""));
  assertEquals(x.peer.response("MESSAGE").statusCode, 400);
  assertEquals(ask("INVITE", ["Content-Type: a/b"], { body: "" }).statusCode, 486);
  x.finish();
});

const ACCEPTS: [accept: string, status: number][] = [
  ["text/nobodyKnowsThis", 406],
  ["", 406],
  ["application/sdp;q=0, text/plain", 406],
  ["application/sdp", 486],
  ["text/plain, application/*;q=0.5", 486],
  ["*/*", 486],
  ["nonsense", 486],
];
for (const [accept, status] of ACCEPTS) {
  Deno.test(`an INVITE that accepts "${accept}": ${status}`, () => {
    const headers = ["Content-Type: application/sdp", `Accept: ${accept}`];
    assertEquals(ask("INVITE", headers).statusCode, status);
  });
}

Deno.test("OPTIONS tells the same of bodies", () => {
  const content = {
    types: { INVITE: ["application/sdp", "multipart/mixed"] },
    encodings: ["gzip"],
    languages: ["en"],
  };
  const x = new Exchange({ configuration: { content } });
  x.peer.ask("OPTIONS");
  const response = x.peer.response("OPTIONS");
  assertEquals(response.getHeaders("Accept"), ["application/sdp", "multipart/mixed"]);
  assertEquals(response.getHeaders("Accept-Encoding"), ["gzip"]);
  assertEquals(response.getHeaders("Accept-Language"), ["en"]);
  x.finish();
});

Deno.test("what cannot stand in Accept is refused when the core is made", () => {
  const make = (content: AcceptedContent) => new UserAgentCore({ transports: [], content });
  assertThrows(() => make({ types: { MESSAGE: ["text"] } }), InvalidArgumentError, "content.types");
  assertThrows(() => make({ encodings: ["a\r\nb"] }), InvalidArgumentError, "content.encodings");
});

// §12.2.2: "the UAS first applies the same processing rules for requests outside of a dialog".
Deno.test("a re-INVITE with a body of a type that is not understood: 415, and the call goes on", () => {
  const x = new Exchange();
  const { session, invite } = x.callOut();
  const script = { callId: invite.callId, fromTag: "far", toTag: session.localTag, body: "x" };
  const branch = "z9hG4bKre";
  x.peer.ask("INVITE", { ...script, branch, headers: ["Content-Type: application/unknown"] });
  assertEquals(x.peer.response("INVITE").statusCode, 415);
  x.peer.ask("ACK", { ...script, branch, body: "" });
  assertEquals(session.sessionState, "Confirmed");
  session.dispose();
  x.finish();
});
