/**
 * A far end without a stack: it notes what it receives, and sends whatever a test writes.
 *
 * @module
 */
import {
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  parseMessage,
} from "@strowger/sip";
import type { Destination, Transport } from "@strowger/sip";

/** What a scripted response has beyond what it repeats of its request; `null` leaves out. */
export interface ResponseScript {
  /** The tag in To; `far` by default, and none in a 100. */
  readonly toTag?: string | null;
  /** Contact; the peer's own by default in what makes a dialog. */
  readonly contact?: string | null;
  /** More header lines. */
  readonly headers?: readonly string[];
  /** A session description. */
  readonly body?: string;
}

/** What a scripted request has; everything has a default. */
export interface RequestScript {
  readonly uri?: string;
  /** The whole value of Via. */
  readonly via?: string;
  readonly branch?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly callId?: string;
  readonly cseq?: number | string;
  readonly contact?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A message that the peer received. */
export type Received = IncomingRequestMessage | IncomingResponseMessage;

/** Header lines and a body as one message; Content-Length is added where it is missing. */
export function messageText(lines: readonly string[], body = ""): string {
  const all = [...lines];
  if (body !== "" && !all.some((line) => /^content-type/i.test(line))) {
    all.push("Content-Type: application/sdp");
  }
  if (!all.some((line) => /^content-length/i.test(line))) {
    all.push(`Content-Length: ${new TextEncoder().encode(body).length}`);
  }
  return `${all.join("\r\n")}\r\n\r\n${body}`;
}

/** One scripted end. */
export class ScriptedPeer {
  /** Everything that it received, in order. */
  readonly received: Received[] = [];
  /** The same as text. */
  readonly texts: string[] = [];
  /** What it received that does not parse. */
  readonly unreadable: string[] = [];
  /** Notes each message, before it is answered. */
  onMessage: (message: Received) => void = () => {};
  /** Answers each message while its sender is still inside `send()`. */
  script: (message: Received) => void = () => {};
  /** Whom it talks to. */
  target: Destination;
  private readonly transport: Transport;
  private branches = 0;

  /** @param target Whom it talks to. */
  constructor(transport: Transport, target: Destination) {
    this.transport = transport;
    this.target = target;
    transport.attach({
      receive: (bytes) => this.receive(bytes),
      fault: () => {},
      disconnected: () => {},
    });
  }

  /** The requests with a method that it received. */
  requests(method: string): IncomingRequestMessage[] {
    return this.received.filter((each): each is IncomingRequestMessage =>
      each.kind === "request" && each.method === method
    );
  }

  /** The last of them; throws where there is none. */
  request(method: string): IncomingRequestMessage {
    const found = this.requests(method).at(-1);
    if (found === undefined) throw new Error(`the peer has received no ${method}`);
    return found;
  }

  /** The responses to requests of a method that it received. */
  responses(method: string): IncomingResponseMessage[] {
    return this.received.filter((each): each is IncomingResponseMessage =>
      each.kind === "response" && each.method === method
    );
  }

  /** The last of them; throws where there is none. */
  response(method: string): IncomingResponseMessage {
    const found = this.responses(method).at(-1);
    if (found === undefined) throw new Error(`the peer has received no response to ${method}`);
    return found;
  }

  /** Sends a text as it is. */
  send(text: string): void {
    this.transport.send(new TextEncoder().encode(text), this.target).catch(() => {});
  }

  /** Writes a response to a request that was received. */
  write(request: IncomingRequestMessage, status: number, script: ResponseScript = {}): string {
    const makesDialog = request.method === "INVITE" && status > 100 && status < 300;
    const toTag = script.toTag === undefined ? (status > 100 ? "far" : null) : script.toTag;
    const own = makesDialog ? this.contact : null;
    const contact = script.contact === undefined ? own : script.contact;
    const to = request.getHeader("To") ?? "";
    const hasTag = request.toTag !== undefined;
    return messageText([
      `SIP/2.0 ${status} Scripted`,
      ...request.getHeaders("Via").map((via) => `Via: ${via}`),
      `From: ${request.getHeader("From")}`,
      `To: ${to}${toTag === null || hasTag ? "" : `;tag=${toTag}`}`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${request.cseq} ${request.method}`,
      ...contact === null ? [] : [`Contact: ${contact}`],
      ...script.headers ?? [],
    ], script.body);
  }

  /** Writes and sends a response. */
  respond(request: IncomingRequestMessage, status: number, script?: ResponseScript): void {
    this.send(this.write(request, status, script));
  }

  /** Writes a request from `sip:bob` to `sip:alice`. */
  writeRequest(method: string, script: RequestScript = {}): string {
    const { host, port } = this.transport.local;
    const branch = script.branch ?? `z9hG4bKscripted${++this.branches}`;
    const contact = script.contact === undefined
      ? (method === "INVITE" ? this.contact : null)
      : script.contact;
    const cseq = script.cseq ?? 1;
    return messageText([
      `${method} ${script.uri ?? "sip:alice@alice.example:5060"} SIP/2.0`,
      `Via: ${script.via ?? `SIP/2.0/${this.transport.protocol} ${host}:${port};branch=${branch}`}`,
      "Max-Forwards: 70",
      `From: <sip:bob@bob.example>;tag=${script.fromTag ?? "far"}`,
      `To: <sip:alice@alice.example>${script.toTag === undefined ? "" : `;tag=${script.toTag}`}`,
      `Call-ID: ${script.callId ?? "scripted-call"}`,
      `CSeq: ${typeof cseq === "number" ? `${cseq} ${method}` : cseq}`,
      ...contact === null ? [] : [`Contact: ${contact}`],
      ...script.headers ?? [],
    ], script.body);
  }

  /** Writes and sends a request. */
  ask(method: string, script?: RequestScript): void {
    this.send(this.writeRequest(method, script));
  }

  private get contact(): string {
    const { host, port } = this.transport.local;
    return `<sip:bob@${host}:${port}>`;
  }

  private receive(bytes: Uint8Array): void {
    const message = parseMessage(bytes);
    const text = new TextDecoder().decode(bytes);
    if (message.kind === "fault") {
      this.unreadable.push(`${message}\n${text}`);
      return;
    }
    this.texts.push(text);
    this.received.push(message);
    this.onMessage(message);
    this.script(message);
  }
}
