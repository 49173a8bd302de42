import { assertEquals, assertThrows } from "@std/assert";
import {
  type BinaryBody,
  type Body,
  bodyOf,
  constructOutgoingResponse,
  InvalidArgumentError,
  OutgoingRequestMessage,
  URI,
} from "../../messages/mod.ts";
import { requestOf, responseOf } from "./support.ts";

const bob = URI.parse("sip:bob@biloxi.com");

function sent(body: Body | BinaryBody | undefined): OutgoingRequestMessage {
  const message = new OutgoingRequestMessage("OPTIONS", bob, bob, bob, {}, [], body);
  message.setViaHeader("z9hG4bK1", "UDP", "a.example.com");
  return message;
}

const text = (contentType: string, content: string, contentDisposition = ""): Body => {
  return { contentType, content, contentDisposition };
};

Deno.test('RFC 3261 §20.14: without a body, Content-Length "MUST be set to zero"', () => {
  const printed = sent(undefined).toString();
  assertEquals(printed.endsWith("\r\nContent-Length: 0\r\n\r\n"), true);
  assertEquals(printed.includes("Content-Type"), false);
});

Deno.test("RFC 3261 §20.14, §20.15: Content-Length counts octets, Content-Type tells what they are", () => {
  for (
    const content of ["", "v=0\r\n", "Zoë", "大停電\u{1f4de}", "a\0b\rc\nd\r\n\r\n", "\ufeffx"]
  ) {
    const printed = sent(text("text/plain", content)).toBytes();
    const size = new TextEncoder().encode(content).length;
    const received = requestOf(printed);
    assertEquals(received.getHeader("Content-Length"), `${size}`);
    assertEquals(received.getHeader("Content-Type"), "text/plain");
    assertEquals(received.bodyBytes, new TextEncoder().encode(content));
  }
});

Deno.test("a body of octets goes out as it is", () => {
  const content = Uint8Array.from({ length: 512 }, (_, i) => i & 255);
  const body: BinaryBody = { contentType: "application/isup;x=y", contentDisposition: "", content };
  const received = requestOf(sent(body).toBytes());
  assertEquals(received.bodyBytes, content);
  assertEquals(received.parseHeader("Content-Length"), 512);
  const answer = constructOutgoingResponse(received, { statusCode: 200, body });
  assertEquals(responseOf(answer.bytes).bodyBytes, content);
});

Deno.test("RFC 3261 §20.11: Content-Disposition goes out where it is not what the type implies", () => {
  const disposition = (type: string, disposition: string) =>
    requestOf(sent(text(type, "x", disposition)).toBytes()).getHeader("Content-Disposition");
  assertEquals(disposition("application/sdp", "session"), undefined);
  assertEquals(disposition("Application/SDP", "session"), undefined);
  assertEquals(disposition("text/plain", "render"), undefined);
  assertEquals(disposition("text/plain", ""), undefined);
  assertEquals(disposition("application/sdp", "render"), "render");
  assertEquals(disposition("application/sdp", "early-session"), "early-session");
  assertEquals(disposition("text/plain", "session;handling=optional"), "session;handling=optional");
});

Deno.test("a body may be set, changed and taken away until the message is printed", () => {
  const message = sent(undefined);
  message.body = text("text/plain", "é");
  assertEquals(requestOf(message.toBytes()).body, "é");
  message.body = undefined;
  assertEquals(requestOf(message.toBytes()).bodyBytes.length, 0);
});

Deno.test("CR, LF and NUL are refused in what describes a body, and the field is named", () => {
  for (const evil of ["\r", "\n", "\0", "x\r\nEvil: 1"]) {
    for (const field of ["contentType", "contentDisposition"] as const) {
      const body = { ...text("text/plain", "x", "icon"), [field]: evil };
      const names = [
        assertThrows(() => sent(body).toBytes(), InvalidArgumentError),
        assertThrows(() => sent(body).toString(), InvalidArgumentError),
        assertThrows(
          () => constructOutgoingResponse(requestOf(), { statusCode: 200, body }),
          InvalidArgumentError,
        ),
      ].map((error) => error.field);
      assertEquals(names, Array(3).fill(`body.${field}`));
    }
  }
});

Deno.test("RFC 3261 §20.11: the body of a message that came in, and what it is for", () => {
  const body = (...extra: string[]) => bodyOf(requestOf({ extra, body: "é" }));
  const sdp = { contentType: "application/sdp", contentDisposition: "session", content: "é" };
  assertEquals(body("Content-Type: application/sdp"), sdp);
  assertEquals(body("c: application/sdp", "Content-Length: 2"), sdp);
  assertEquals(body("Content-Type: Application/SDP ;x=y")?.contentDisposition, "session");
  assertEquals(body("Content-Type: text/plain")?.contentDisposition, "render");
  assertEquals(
    body("Content-Type: text/plain;charset=UTF-8")?.contentType,
    "text/plain;charset=UTF-8",
  );
  // "If there is none, "render" is assumed."
  assertEquals(body()?.contentDisposition, "render");
  assertEquals(
    body("Content-Type: application/sdp", "Content-Disposition: Icon;handling=optional")
      ?.contentDisposition,
    "icon",
  );
  assertEquals(
    body("Content-Type: application/sdp", "Content-Disposition: ;;")?.contentDisposition,
    "session",
  );
  assertEquals(bodyOf(requestOf({ extra: ["Content-Type: application/sdp"] })), undefined);
});
