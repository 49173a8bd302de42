/**
 * Strowger over UDP or TCP, as a subject: the transport is the argument.
 *
 * @module
 */
import process from "node:process";
import { URI, UserAgentCore } from "../../mod.ts";
import { TcpTransport } from "../../transports/tcp.ts";
import { UdpTransport } from "../../transports/udp.ts";
import { SDP } from "../messages.ts";
import { RECEIVE_BUFFER, serve } from "./subject.ts";

const HOST = "127.0.0.1";
const BODY = { contentDisposition: "session", contentType: "application/sdp", content: SDP };

const protocol = process.argv.includes("TCP") ? "TCP" : "UDP";
const transport = protocol === "TCP"
  ? await TcpTransport.listen()
  : await UdpTransport.listen({ receiveBuffer: RECEIVE_BUFFER });
const { port } = transport.local;

let sent = 0;
const send = transport.send.bind(transport);
transport.send = (bytes, to) => {
  sent++;
  return send(bytes, to);
};

const core = new UserAgentCore({ transports: [transport], onError: () => {} }, {
  onInvite: (request) => {
    request.trying();
    request.progress();
    request.accept({ statusCode: 200, body: BODY });
  },
});
const from = URI.parse(`sip:caller@${HOST}`);

/** One call. */
function call(port: number): Promise<void> {
  const to = URI.parse(`sip:callee@${HOST}:${port};transport=${protocol}`);
  const message = core.makeOutgoingRequestMessage("INVITE", to, from, to, {}, [], BODY);
  return new Promise((resolve, reject) => {
    const onReject = (response: { message: { statusCode: number | undefined } }) => {
      reject(new Error(`${response.message.statusCode}`));
    };
    core.invite(message, {
      onAccept: (response) => {
        response.ack();
        response.session.bye({ onAccept: () => resolve(), onReject });
      },
      onReject,
    });
  });
}

await serve({ port, sent: () => sent, call });
