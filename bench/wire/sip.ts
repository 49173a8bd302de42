/**
 * `sip` 0.0.6, as a subject for Node: `sip.ts UDP|TCP PORT`.
 *
 * @module
 */
import dgram from "node:dgram";
import process from "node:process";
import sip from "sip";
import { SDP } from "../messages.ts";
import { RECEIVE_BUFFER, serve } from "./subject.ts";

const HOST = "127.0.0.1";
const isTcp = process.argv.includes("TCP");
const port = Number(process.argv.at(-1));

// It makes its socket itself, with the system's small buffer.
const { createSocket } = dgram;
Object.assign(dgram, {
  createSocket: (...given: Parameters<typeof createSocket>) => {
    const socket = createSocket(...given);
    return socket.once("listening", () => socket.setRecvBufferSize(RECEIVE_BUFFER));
  },
});

interface Address {
  uri: string;
  params?: { tag?: string };
}

/** What the package makes of a message, as far as this looks at it. */
interface SipMessage {
  method?: string;
  status?: number;
  uri?: string;
  headers: {
    [name: string]: unknown;
    to: Address;
    from: Address;
    contact?: Address[];
    cseq: { method: string; seq: number };
  };
  content?: string;
}

let sent = 0;
let tags = 0;
const options = {
  address: HOST,
  // To its own host it sends by a flow that has to be named.
  publicAddress: "localhost",
  port,
  udp: !isTcp,
  tcp: isTcp,
  // Over TCP it breaks a connection of which it reads more than this at once, 60,480 by default.
  maxBytesHeaders: 16_777_216,
  logger: { send: () => void sent++ },
};

const stack = sip.create(options, (request: SipMessage) => {
  const answer = (status: number, reason: string, extension = {}) =>
    stack.send(sip.makeResponse(request, status, reason, extension));
  if (request.method === "BYE") return answer(200, "OK");
  if (request.method !== "INVITE") return;
  const headers = { contact: [{ uri: `sip:callee@${HOST}:${port}` }] };
  answer(100, "Trying");
  (request.headers.to.params ??= {}).tag = `callee-${++tags}`;
  answer(180, "Ringing", { headers });
  answer(200, "OK", {
    headers: { ...headers, "content-type": "application/sdp" },
    content: SDP,
  });
});

/** One call. */
function call(target: number): Promise<void> {
  const uri = `sip:callee@${HOST}:${target};transport=${isTcp ? "tcp" : "udp"}`;
  const id = ++tags;
  const request = (method: string, seq: number, to: Address, rest = {}): SipMessage => ({
    method,
    uri,
    headers: {
      to,
      from: { uri: `sip:caller@${HOST}`, params: { tag: `caller-${id}` } },
      "call-id": `${id}-${process.pid}@${HOST}`,
      cseq: { method, seq },
      "max-forwards": 70,
      ...rest,
    },
  });
  const own = {
    contact: [{ uri: `sip:caller@${HOST}:${port}` }],
    "content-type": "application/sdp",
  };
  const invite = { ...request("INVITE", 1, { uri: `sip:callee@${HOST}` }, own), content: SDP };
  return new Promise((resolve, reject) => {
    let isUp = false;
    stack.send(invite, ({ status = 0, headers }: SipMessage) => {
      if (status < 200) return;
      if (status >= 300) return reject(new Error(`${status}`));
      stack.send({ ...request("ACK", 1, headers.to), uri: headers.contact?.[0]?.uri });
      if (isUp) return;
      isUp = true;
      const bye = { ...request("BYE", 2, headers.to), uri: headers.contact?.[0]?.uri };
      stack.send(bye, ({ status = 0 }: SipMessage) => {
        if (status < 300) resolve();
        else reject(new Error(`${status}`));
      });
    });
  });
}

await serve({ port, sent: () => sent, call });
