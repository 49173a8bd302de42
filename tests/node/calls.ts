/**
 * Calls over every transport, both ends in one process of Node: what `calls_test.ts` bundles and runs.
 * Prints a line for each, as soon as it is over.
 */
import process from "node:process";
// @ts-types="@types/ws"
import { WebSocket as Client } from "ws";
import { type Transport, URI, UserAgentCore } from "../../mod.ts";
import { TcpTransport } from "../../transports/tcp.ts";
import { TlsTransport } from "../../transports/tls.ts";
import { UdpTransport } from "../../transports/udp.ts";
import { type WebSocketConstructor, WebSocketTransport } from "../../transports/websocket.ts";
import { WebSocketServerTransport } from "../../transports/websocket_server.ts";
import { Authority } from "../support/certificates.ts";

const authority = await Authority.make();
const certified = await authority.issue({ names: ["IP:127.0.0.1", "IP:::1"] });
const ca = authority.cert;

/** For a platform that has none: the package's, which believes the test's authority. */
class Trusting extends Client {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { ca });
  }
}

async function webSockets(host: string, options: object): Promise<[Transport, Transport]> {
  const bob = await WebSocketServerTransport.listen({ host, ...options });
  const name = host.includes(":") ? `[${host}]` : host;
  const url = `${bob.protocol.toLowerCase()}://${name}:${bob.local.port}/sip`;
  const WebSocket = Trusting as unknown as WebSocketConstructor;
  return [await WebSocketTransport.connect(url, { WebSocket }), bob];
}

const PAIRS: Record<string, (host: string) => Promise<[Transport, Transport]>> = {
  UDP: (host) => Promise.all([UdpTransport.listen({ host }), UdpTransport.listen({ host })]),
  TCP: (host) => Promise.all([TcpTransport.listen({ host }), TcpTransport.listen({ host })]),
  TLS: async (host) => {
    const bob = await TlsTransport.listen({ host, ...certified });
    const alice = { host, ...certified, ca };
    return [await TlsTransport.listen(alice), bob];
  },
  WS: (host) => webSockets(host, {}),
  WSS: (host) => webSockets(host, certified),
};

/** Places a call, and hangs up when it is up. */
async function call(alice: Transport, bob: Transport): Promise<void> {
  const caller = new UserAgentCore({ transports: [alice] });
  const callee = new UserAgentCore({ transports: [bob] }, {
    onInvite(request) {
      request.progress();
      request.accept().session.delegate = { onBye: () => {} };
    },
  });
  const { host, port } = bob.local;
  const name = host.includes(":") ? `[${host}]` : host;
  const protocol = bob.protocol.toLowerCase().replace("wss", "ws");
  const target = URI.parse(`sip:bob@${name}:${port};transport=${protocol}`);
  const from = URI.parse("sip:alice@example.com");
  await new Promise<void>((resolve, reject) => {
    const message = caller.makeOutgoingRequestMessage("INVITE", target, from, target);
    caller.invite(message, {
      onAccept: (response) => {
        response.ack();
        response.session.bye({
          onAccept: () => resolve(),
          onReject: ({ message }) => reject(new Error(`BYE: ${message.statusCode}`)),
        });
      },
      onReject: ({ message }) => reject(new Error(`${message.statusCode} ${message.reasonPhrase}`)),
    });
  });
  await Promise.all([caller.stop({ deadline: 500 }), callee.stop({ deadline: 500 })]);
}

const [, , ...hosts] = process.argv;
for (const host of hosts) {
  for (const [protocol, open] of Object.entries(PAIRS)) {
    await call(...await open(host));
    console.log(`${protocol} over ${host}`);
  }
}
