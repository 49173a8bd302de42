/**
 * Answers calls at a terminal, until Ctrl-C.
 *
 * @module
 */
import { type Transport, UserAgentCore } from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { TlsTransport } from "@strowger/sip/transports/tls";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { Call } from "./support/call.ts";
import { localAddress } from "./support/local_address.ts";
import {
  duration,
  integer,
  oneOf,
  type Options,
  parseOptions,
  text,
  UsageError,
} from "./support/options.ts";
import { EXIT, EXIT_CODES, interrupted, placeOf, readText, run, say } from "./support/program.ts";

const USAGE = `Usage: deno run --allow-net --allow-sys examples/answer.ts [options]

Answers every call that comes in, until Ctrl-C. No media is sent or received:
the audio of a call is answered as inactive.

  --transport KIND      what to listen on, udp, tcp, tls, ws or wss: UDP
  --cert FILE           the certificate to show over TLS and WSS, in PEM, with
                        those between it and its authority behind it
  --key FILE            its private key; both need --allow-read, and WebSockets
                        --allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE
  --host ADDRESS        the address to listen on: 127.0.0.1, which no other
                        machine reaches; 0.0.0.0 or :: for every address
  --port NUMBER         the port to listen on: 5060, or 5061 for TLS; 0 for any
                        that is free
  --ring-for TIME       how long it rings before the answer: 1s
  --reject CODE         refuse with a status code from 400 to 699: at once, or
                        after --ring-for
  --hang-up-after TIME  hang up so long after the call is up
  --help                this text

A TIME is 2s, 500ms, or a plain number of seconds. Ctrl-C hangs up whatever is
up; a second one leaves at once.

${EXIT_CODES}

Examples: answer.ts --host 0.0.0.0 --ring-for 3s
          answer.ts --transport tls --cert cert.pem --key key.pem`;

const OPTIONS = {
  transport: oneOf("udp", "tcp", "tls", "ws", "wss"),
  cert: text,
  key: text,
  host: text,
  port: integer(0, 65535),
  "ring-for": duration,
  reject: integer(400, 699),
  "hang-up-after": duration,
};

type AnswerOptions = Options<typeof OPTIONS>;

/** More calls than this at once, and the line is busy. */
const MAX_CALLS = 1000;

async function openTransport(options: AnswerOptions): Promise<Transport> {
  const { transport = "udp", host = "127.0.0.1" } = options;
  const isSecure = transport === "tls" || transport === "wss";
  const { port = isSecure ? 5061 : 5060 } = options;
  const isAny = host === "0.0.0.0" || host === "::";
  const listen = { host, port, ...(isAny ? { advertise: { host: localAddress(host) } } : {}) };
  switch (transport) {
    case "tcp":
      return await TcpTransport.listen(listen);
    case "tls":
      return await TlsTransport.listen({ ...listen, ...await readCertificate(options) });
    case "ws":
    case "wss": {
      // What it stands on asks for permissions that the others do without.
      const server = await import("@strowger/sip/transports/websocket_server");
      const certified = isSecure ? await readCertificate(options) : {};
      return await server.WebSocketServerTransport.listen({ ...listen, ...certified });
    }
    default:
      return await UdpTransport.listen(listen);
  }
}

async function readCertificate(options: AnswerOptions): Promise<{ cert: string; key: string }> {
  const { transport, cert, key } = options;
  if (cert === undefined || key === undefined) {
    throw new UsageError(`--transport ${transport} needs --cert and --key`);
  }
  return { cert: await readText(cert), key: await readText(key) };
}

async function main(args: string[]): Promise<number> {
  const { options, operands } = parseOptions(args, OPTIONS);
  if (operands.length > 0) throw new UsageError(`expected options only, found "${operands[0]}"`);
  const transport = await openTransport(options);
  const core = new UserAgentCore({ transports: [transport] });
  let calls = 0;
  core.delegate.onInvite = (request) => {
    if (core.live.dialogs >= MAX_CALLS) return void request.reject({ statusCode: 486 });
    new Call(request, ++calls, {
      ringFor: options["ring-for"],
      reject: options.reject,
      hangUpAfter: options["hang-up-after"],
    }).take(transport.local.host);
  };
  // Whoever has read that it listens may end it at once.
  const interruption = interrupted();
  say(`listening on ${placeOf(transport)} (${transport.protocol}); Ctrl-C ends it`);
  await interruption;
  say("ending all calls");
  await core.stop();
  return EXIT.done;
}

await run("answer", USAGE, main);
