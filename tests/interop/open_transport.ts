/**
 * The engine's transport of a trial.
 */
import type { Transport } from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { TlsTransport } from "@strowger/sip/transports/tls";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { WebSocketTransport } from "@strowger/sip/transports/websocket";
// @ts-types="@types/ws"
import { WebSocket as Client } from "ws";
import type { Protocol } from "./engine.ts";
import type { Kamailio } from "./kamailio.ts";
import { HOST } from "./peer_process.ts";

/** Opens one, on a free port, or to the proxy. */
export async function openTransport(protocol: Protocol, proxy?: Kamailio): Promise<Transport> {
  if (protocol === "UDP") return UdpTransport.listen();
  if (protocol === "TCP") return TcpTransport.listen();
  if (proxy === undefined) throw new Error(`${protocol} is for trials with a proxy`);
  const ca = proxy.authority.cert;
  if (protocol === "TLS") {
    const certified = await proxy.authority.issue({ names: [`IP:${HOST}`] });
    return TlsTransport.listen({ ...certified, ca, clientCertificates: "required" });
  }
  class WebSocket extends Client {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { ca });
    }
  }
  const url = `${protocol.toLowerCase()}://${HOST}:${proxy.port(protocol)}/`;
  return WebSocketTransport.connect(url, protocol === "WSS" ? { WebSocket } : {});
}
