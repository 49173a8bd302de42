/**
 * Message bodies (RFC 3261 §7.4, §20.11, §20.15).
 *
 * @module
 */
import type { IncomingMessage } from "./incoming_message.ts";
import { checkLine } from "./parameters.ts";

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

/** A head without its blank line and a body, as octets. The body's headers are added here. */
export function printMessage(head: string, body: Body | BinaryBody | undefined): Uint8Array {
  if (body === undefined) return encoder.encode(`${head}Content-Length: 0\r\n\r\n`);
  const content = typeof body.content === "string" ? encoder.encode(body.content) : body.content;
  const start = encoder.encode(`${head}${bodyHeaders(body, content.length)}\r\n`);
  const bytes = new Uint8Array(start.length + content.length);
  bytes.set(start);
  bytes.set(content, start.length);
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
    contentType: type,
    content: message.body,
  };
}
