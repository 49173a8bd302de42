/**
 * Message bodies (RFC 3261 §7.4, §20.11, §20.15).
 *
 * @module
 */
import type { IncomingMessage } from "./incoming_message.ts";
import { ownText } from "./own_text.ts";
import { checkLine } from "./line.ts";

/** A body of text. */
export interface Body {
  /** How it is to be understood: `session` for an offer or answer, `render` for people. */
  contentDisposition: string;
  /** Its media type, `application/sdp` say. */
  contentType: string;
  /** The text, which goes onto the wire in UTF-8. */
  content: string;
}

/** A body of octets that are no text. */
export interface BinaryBody {
  /** As in {@linkcode Body}. */
  contentDisposition: string;
  /** As in {@linkcode Body}. */
  contentType: string;
  /** The octets, which go onto the wire as they are. */
  content: Uint8Array;
}

/** RFC 3261 §20.11: what a body is for when Content-Disposition does not say. */
function defaultDisposition(contentType: string): string {
  return contentType.toLowerCase() === "application/sdp" ? "session" : "render";
}

/** Throws `InvalidArgumentError` for a body that cannot go onto the wire. */
export function checkBody({ contentType, contentDisposition }: Body | BinaryBody): void {
  checkLine("body.contentType", contentType);
  checkLine("body.contentDisposition", contentDisposition);
}

/** The header lines that describe a body, each with its CRLF; Content-Length counts octets. */
function bodyHeaders(body: Body | BinaryBody | undefined, length: number): string {
  if (body === undefined) return "Content-Length: 0\r\n";
  const { contentType, contentDisposition } = body;
  let text = `Content-Type: ${checkLine("body.contentType", contentType)}\r\n`;
  if (contentDisposition !== "" && contentDisposition !== defaultDisposition(contentType)) {
    text += `Content-Disposition: ${checkLine("body.contentDisposition", contentDisposition)}\r\n`;
  }
  return `${text}Content-Length: ${length}\r\n`;
}

const encoder = new TextEncoder();

/** A text as octets, one for each character; `undefined` where it is not all ASCII. */
function encodeASCII(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  return encoder.encodeInto(text, bytes).read === text.length ? bytes : undefined;
}

/** A head without its blank line and a body, as octets. The body's headers are added here. */
export function printMessage(head: string, body: Body | BinaryBody | undefined): Uint8Array {
  const content = body?.content ?? "";
  if (typeof content === "string") {
    // Nearly all are ASCII, and as long in octets as in characters: so they are written once.
    const whole = encodeASCII(`${head}${bodyHeaders(body, content.length)}\r\n${content}`);
    if (whole !== undefined) return whole;
  }
  const octets = typeof content === "string" ? encoder.encode(content) : content;
  const start = encoder.encode(`${head}${bodyHeaders(body, octets.length)}\r\n`);
  const bytes = new Uint8Array(start.length + octets.length);
  bytes.set(start);
  bytes.set(octets, start.length);
  return bytes;
}

/** The body of a message that came in, or `undefined` where it has none. */
export function bodyOf(message: IncomingMessage): Body | undefined {
  if (message.bodyBytes.length === 0) return undefined;
  const type = message.getHeader("Content-Type") ?? "";
  const disposition = message.parseHeader("Content-Disposition");
  return {
    contentDisposition: disposition !== undefined && "value" in disposition
      ? disposition.value
      : defaultDisposition(type.split(";", 1)[0]?.trim() ?? ""),
    contentType: ownText(type),
    content: message.body,
  };
}
