// A core over real TCP connections: what its tests in memory cannot show.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type IncomingResponse, parseMessage, URI, UserAgentCore } from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { messageText } from "../../support/scripted_peer.ts";

async function start() {
  const transport = await TcpTransport.listen();
  const { host, port } = transport.local;
  const core = new UserAgentCore({
    transports: [transport],
    logger: { debug: () => {}, warn: () => {} },
  });
  return { core, host, port };
}

async function write(conn: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Reads one message, which arrives in one piece here, or what is left. */
async function read(conn: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(65_536);
  const count = await conn.read(buffer);
  return buffer.slice(0, count ?? 0);
}

/** A response to a request that was read. */
function respond(bytes: Uint8Array, status: string): string {
  const request = parseMessage(bytes);
  assert(request.kind === "request");
  return messageText([
    `SIP/2.0 ${status}`,
    ...["Via", "From", "To", "Call-ID", "CSeq"].map((name) =>
      `${name}: ${request.getHeader(name)}`
    ),
  ]);
}

Deno.test("what goes by a new connection does not end with the broken one before it", async () => {
  const { core } = await start();
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const bob = URI.parse(`sip:bob@127.0.0.1:${server.addr.port};transport=tcp`);
  const told: string[] = [];
  /** An INVITE, its connection, and when its outcome is told. */
  async function invite() {
    const outcome = Promise.withResolvers<void>();
    const message = core.makeOutgoingRequestMessage("INVITE", bob, bob, bob);
    core.invite(message, {
      onReject: ({ message }: IncomingResponse) => {
        told.push(`${message.statusCode}${message.local ? " local" : ""}`);
        outcome.resolve();
      },
    });
    const conn = await server.accept();
    return { conn, bytes: await read(conn), outcome: outcome.promise };
  }
  const first = await invite();
  await write(first.conn, "SIP/2.0 200 OK\r\n\r\n");
  // This side has ended the connection; the other has not yet.
  assertEquals((await read(first.conn)).length, 0);

  const second = await invite();
  first.conn.close();
  await first.outcome;
  assertEquals(told, ["503 local"]);
  await write(second.conn, respond(second.bytes, "100 Trying"));
  await write(second.conn, respond(second.bytes, "486 Busy Here").replace(/^To: .*$/m, "$&;tag=b"));
  await second.outcome;
  assertEquals(told, ["503 local", "486"]);

  assertMatch(new TextDecoder().decode(await read(second.conn)), /^ACK /);
  second.conn.close();
  server.close();
  await core.dispose();
});

Deno.test("a request over TCP whose lines end in bare LF: 400, and the connection is closed", async () => {
  const { core, host, port } = await start();
  const conn = await Deno.connect({ hostname: host, port });
  const request = messageText([
    "OPTIONS sip:alice@127.0.0.1 SIP/2.0",
    "Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKlf",
    "From: <sip:bob@127.0.0.1>;tag=b",
    "To: <sip:alice@127.0.0.1>",
    "Call-ID: lf",
    "CSeq: 1 OPTIONS",
  ]);
  await write(conn, request.replaceAll("\r\n", "\n"));
  const response = parseMessage(await read(conn));
  assert(response.kind === "response");
  assertEquals([response.statusCode, response.viaBranch, response.callId], [
    400,
    "z9hG4bKlf",
    "lf",
  ]);
  assertEquals((await read(conn)).length, 0);
  conn.close();
  await core.dispose();
});
