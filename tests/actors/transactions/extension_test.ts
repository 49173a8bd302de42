/**
 * Extensions: 420, 421, Supported, and the option tags of a program (RFC 3261 §8.2.2.3, §8.2.4).
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError, URI, type UserAgentCoreConfiguration } from "@strowger/sip";
import { Exchange } from "../../support/exchange.ts";

function takeInvite(headers: string[], configuration: Partial<UserAgentCoreConfiguration> = {}) {
  const x = new Exchange({ configuration });
  x.core.delegate = { onInvite: (request) => void request.reject({ statusCode: 486 }) };
  x.peer.ask("INVITE", { headers });
  const response = x.peer.response("INVITE");
  x.peer.ask("ACK", { branch: "z9hG4bKscripted1", toTag: response.toTag ?? "" });
  x.finish();
  return response;
}

// "it MUST respond by generating a response with status code 420 (Bad Extension). The UAS MUST add an
// Unsupported header field, and list in it those options it does not understand amongst those in the
// Require header field of the request."
Deno.test("420 lists what is not understood, and only that", () => {
  const headers = ["Require: foo, path", "Require: bar"];
  const response = takeInvite(headers, { supportedOptionTags: ["Path"] });
  assertEquals(response.statusCode, 420);
  assertEquals(response.getHeaders("Unsupported"), ["foo", "bar"]);
});

Deno.test("a program's own extension may be required, in any case of its letters", () => {
  const response = takeInvite(["Require: PATH"], { supportedOptionTags: ["path"] });
  assertEquals(response.statusCode, 486);
});

// RFC 3329 is not supported: 420, and never 494.
Deno.test("a security agreement that is required: 420", () => {
  const response = takeInvite(["Require: sec-agree", "Proxy-Require: sec-agree"]);
  assertEquals(response.statusCode, 420);
  assertEquals(response.getHeaders("Unsupported"), ["sec-agree"]);
});

// §20.29: Proxy-Require is for proxies.
Deno.test("what is required of proxies does not concern a user agent", () => {
  assertEquals(takeInvite(["Proxy-Require: foo"]).statusCode, 486);
});

// "The needed extension(s) MUST be included in a Require header field in the response."
Deno.test("421 where the program cannot do without an extension that the caller has not", () => {
  const configuration = { requiredOptionTags: ["timer", "path"] };
  const response = takeInvite(["Supported: path"], configuration);
  assertEquals(response.statusCode, 421);
  assertEquals(response.getHeaders("Require"), ["timer"]);
  assertEquals(takeInvite(["Supported: path, timer"], configuration).statusCode, 486);
});

Deno.test("421 is for INVITEs only", () => {
  const x = new Exchange({ configuration: { requiredOptionTags: ["timer"] } });
  x.core.delegate = { onInvite: () => {} };
  x.peer.ask("OPTIONS");
  assertEquals(x.peer.response("OPTIONS").statusCode, 200);
  x.finish();
});

// RFC 3261 §13.2.1, §13.3.1.4, §11.2: Supported in the INVITE, in what accepts it, and in the answer
// to OPTIONS.
Deno.test("Supported says the same of the engine and the program everywhere", () => {
  const x = new Exchange({ configuration: { supportedOptionTags: ["path"] } });
  x.invite().dispose();
  const tags = x.peer.request("INVITE").getHeaders("Supported");
  assertEquals(tags.includes("path"), true);
  x.takeInvites((request) => void request.accept());
  x.peer.ask("INVITE");
  assertEquals(x.peer.response("INVITE").getHeaders("Supported"), tags);
  x.peer.ask("OPTIONS", { callId: "another" });
  assertEquals(x.peer.response("OPTIONS").getHeaders("Supported"), tags);
  x.core.dispose();
});

Deno.test("a program may say itself what it supports in one call", () => {
  const x = new Exchange();
  x.invite(undefined, { extraHeaders: ["Supported: gruu"] }).dispose();
  assertEquals(x.peer.request("INVITE").getHeaders("Supported"), ["gruu"]);
  x.finish();
});

Deno.test("what is no option tag is refused when the core is made", () => {
  for (const tag of ["", "a b", "a,b", "a\r\nb", 7 as unknown as string]) {
    for (const field of ["supportedOptionTags", "requiredOptionTags"]) {
      const make = () => new Exchange({ configuration: { [field]: [tag] } });
      assertThrows(make, InvalidArgumentError, field);
    }
  }
});

// §8.1.1.9, §11.1: "The Accept header field SHOULD be included", and RFC 4538 §3.
Deno.test("OPTIONS says what may come back, and what can make a dialog what is supported", () => {
  const x = new Exchange();
  const uri = URI.parse("sip:bob@bob.example");
  const sent = (method: string, headers: string[]) => {
    const message = x.core.makeOutgoingRequestMessage(method, uri, uri, uri, {}, headers);
    const send = { OPTIONS: "request", REFER: "refer", SUBSCRIBE: "subscribe" } as const;
    x.core[send[method as keyof typeof send]](message).dispose();
    return x.peer.request(method);
  };
  const options = sent("OPTIONS", []);
  assertEquals(options.getHeaders("Accept"), ["application/sdp"]);
  assertEquals(sent("OPTIONS", ["Accept: text/plain"]).getHeaders("Accept"), ["text/plain"]);
  for (
    const request of [
      options,
      sent("REFER", ["Refer-To: <sip:carol@carol.example>"]),
      sent("SUBSCRIBE", ["Event: presence"]),
    ]
  ) {
    assertEquals(request.getHeaders("Supported").includes("tdialog"), true, request.method);
  }
  x.core.dispose();
});
