/**
 * Answers calls at a terminal, until Ctrl-C.
 *
 * @module
 */
import { type Transport, UserAgentCore } from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
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
import { EXIT, EXIT_CODES, interrupted, placeOf, run, say } from "./support/program.ts";

const USAGE = `Usage: deno run --allow-net --allow-sys examples/answer.ts [options]

Answers every call that comes in, until Ctrl-C. No media is sent or received:
the audio of a call is answered as inactive.

  --transport udp|tcp   what to listen on: UDP
  --host ADDRESS        the address to listen on: 127.0.0.1, which no other
                        machine reaches; 0.0.0.0 or :: for every address
  --port NUMBER         the port to listen on: 5060; 0 for any that is free
  --ring-for TIME       how long it rings before the answer: 1s
  --reject CODE         refuse with a status code from 400 to 699: at once, or
                        after --ring-for
  --hang-up-after TIME  hang up so long after the call is up
  --help                this text

A TIME is 2s, 500ms, or a plain number of seconds. Ctrl-C hangs up whatever is
up; a second one leaves at once.

${EXIT_CODES}

Example: answer.ts --host 0.0.0.0 --ring-for 3s`;

const OPTIONS = {
  transport: oneOf("udp", "tcp"),
  host: text,
  port: integer(0, 65535),
  "ring-for": duration,
  reject: integer(400, 699),
  "hang-up-after": duration,
};

type AnswerOptions = Options<typeof OPTIONS>;

/** More calls than this at once, and the line is busy. */
const MAX_CALLS = 1000;

function openTransport(options: AnswerOptions): Promise<Transport> {
  const { host = "127.0.0.1", port = 5060, transport } = options;
  const isAny = host === "0.0.0.0" || host === "::";
  const listen = { host, port, ...(isAny ? { advertise: { host: localAddress(host) } } : {}) };
  return transport === "tcp" ? TcpTransport.listen(listen) : UdpTransport.listen(listen);
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
  say(`listening on ${placeOf(transport)} (${transport.protocol}); Ctrl-C ends it`);
  await interrupted();
  say("ending all calls");
  await core.stop();
  return EXIT.done;
}

await run("answer", USAGE, main);
