/**
 * Holds connections to whom it is told, in a process of its own, until its input ends:
 * `connection_holder.ts <kind> <host> <port> <count> <how>`, where `how` is `idle` for one message each
 * and nothing more, `half` for half of one, or `silent` for nothing. Prints a line when all are open.
 *
 * @module
 */
// @ts-types="@types/ws"
import { WebSocket } from "ws";

const REQUEST = [
  "OPTIONS sip:bob@127.0.0.1 SIP/2.0",
  "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKheld",
  "From: <sip:alice@127.0.0.1>;tag=held",
  "To: <sip:bob@127.0.0.1>",
  "Call-ID: held-",
  "CSeq: 1 OPTIONS",
  "Max-Forwards: 70",
  "Content-Length: 0",
].join("\r\n");

function request(number: number): string {
  return `${
    REQUEST.replace("held\r\n", `held${number}\r\n`).replace("held-", `held-${number}`)
  }\r\n\r\n`;
}

/** One connection, when it is open; what it gets is read, and forgotten. */
async function open(kind: string, host: string, port: number, text: string): Promise<void> {
  if (kind === "WS") {
    const socket = new WebSocket(`ws://${host}:${port}/`, ["sip"]);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    socket.on("error", () => {});
    if (text !== "") socket.send(text);
    return;
  }
  const conn = await Deno.connect({ hostname: host, port });
  if (text !== "") await conn.write(new TextEncoder().encode(text));
  conn.readable.pipeTo(new WritableStream()).catch(() => {});
}

const [kind = "", host = "", port = "", count = "", how = ""] = Deno.args;
for (let i = 0; i < Number(count); i++) {
  const text = how === "silent" ? "" : request(i);
  await open(kind, host, Number(port), how === "half" ? text.slice(0, 100) : text);
}
console.log("open");
for await (const _ of Deno.stdin.readable);
Deno.exit();
