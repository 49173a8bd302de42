/**
 * No SIP stack at all, as a subject for Deno: fixed texts over one socket, nothing is checked, kept
 * or sent again. It is what a stack cannot be below of.
 *
 * @module
 */
import process from "node:process";
import { raiseReceiveBuffer } from "../../transports/receive_buffer.ts";
import { answersTo } from "../far_end.ts";
import { SDP } from "../messages.ts";
import { RECEIVE_BUFFER, serve } from "./subject.ts";

const HOST = "127.0.0.1";
const socket = Deno.listenDatagram({ transport: "udp", hostname: HOST, port: 0 });
const { port } = socket.addr as Deno.NetAddr;
raiseReceiveBuffer({ host: HOST, port }, RECEIVE_BUFFER);

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let sent = 0;

async function send(text: string, to: Deno.Addr): Promise<void> {
  sent++;
  await socket.send(encoder.encode(text), to);
}

/** What ends the calls that are on, by their Call-IDs. */
const calls = new Map<string, () => void>();
let lastCall = 0;

function request(method: string, to: number, rest: string): string {
  return `${method} sip:callee@${HOST}:${to} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP ${HOST}:${port};branch=z9hG4bK${method}${lastCall}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:caller@${HOST}>;tag=caller\r\n${rest}`;
}

function call(to: number): Promise<void> {
  const id = `${++lastCall}-${process.pid}`;
  const remote: Deno.NetAddr = { transport: "udp", hostname: HOST, port: to };
  const invite = request(
    "INVITE",
    to,
    `To: <sip:callee@${HOST}>\r\nCall-ID: ${id}\r\nCSeq: 1 INVITE\r\n` +
      `Contact: <sip:caller@${HOST}:${port}>\r\nContent-Type: application/sdp\r\n` +
      `Content-Length: ${SDP.length}\r\n\r\n${SDP}`,
  );
  return new Promise((resolve) => {
    calls.set(id, resolve);
    void send(invite, remote);
  });
}

function lineOf(message: string, name: string): string {
  const start = message.indexOf(`\r\n${name}: `) + 2;
  return message.slice(start, message.indexOf("\r\n", start));
}

async function takeResponse(response: string, from: Deno.NetAddr): Promise<void> {
  if (!response.startsWith("SIP/2.0 200")) return;
  const id = lineOf(response, "Call-ID");
  if (response.includes("\r\nCSeq: 1 INVITE")) {
    const dialog = `${lineOf(response, "To")}\r\n${id}\r\n`;
    const end = "\r\nContent-Length: 0\r\n\r\n";
    await send(request("ACK", from.port, `${dialog}CSeq: 1 ACK${end}`), from);
    await send(request("BYE", from.port, `${dialog}CSeq: 2 BYE${end}`), from);
  } else {
    const key = id.slice("Call-ID: ".length);
    calls.get(key)?.();
    calls.delete(key);
  }
}

async function read(): Promise<never> {
  const buffer = new Uint8Array(65_535);
  for (;;) {
    const [bytes, from] = await socket.receive(buffer);
    const message = decoder.decode(bytes);
    if (message.startsWith("SIP/2.0 ")) await takeResponse(message, from as Deno.NetAddr);
    else for (const answer of answersTo(message)) await send(answer, from);
  }
}

await Promise.all([read(), serve({ port, sent: () => sent, call })]);
