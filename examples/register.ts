/**
 * Registers an address at a terminal, and answers its calls, until Ctrl-C.
 *
 * @module
 */
import {
  parseUri,
  type RegistrationFailure,
  type Transport,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { Call } from "./support/call.ts";
import { localAddress } from "./support/local_address.ts";
import { integer, oneOf, type Options, parseOptions, text, UsageError } from "./support/options.ts";
import { EXIT, EXIT_CODES, interrupted, run, say } from "./support/program.ts";

const USAGE = `Usage: deno run --allow-net --allow-sys --allow-env=SIP_PASSWORD
         examples/register.ts ADDRESS [options]

Registers ADDRESS, sip:alice@example.com say, keeps it registered, and answers
every call to it, until Ctrl-C. No media is sent or received. The password is in
the environment variable SIP_PASSWORD.

  --registrar URI       where to register: sip: and the host of ADDRESS
  --proxy URI           what everything goes through
  --transport udp|tcp   by what: UDP
  --username NAME       for the password: the user of ADDRESS
  --expires SECONDS     for how long to ask: 3600
  --instance URN        what names this device: urn:uuid:... With it, calls come
                        by the connection that the registration has gone by,
                        where the registrar can do that (RFC 5626)
  --help                this text

When the network of this machine changes, kill -HUP tells the program.

${EXIT_CODES}

Example: register.ts sip:alice@example.com --proxy "sip:192.0.2.1;lr"`;

const OPTIONS = {
  registrar: text,
  proxy: text,
  transport: oneOf("udp", "tcp"),
  username: text,
  expires: integer(1, 604_800),
  instance: text,
};

/** More calls than this at once, and the line is busy. */
const MAX_CALLS = 1000;

function uriOf(name: string, value: string): URI {
  const uri = parseUri(value);
  if (uri instanceof URI) return uri;
  throw new UsageError(`${name}: expected a SIP URI, found "${value}"`);
}

function openTransport(kind: string | undefined, peer: string): Promise<Transport> {
  const host = localAddress(peer);
  return kind === "tcp" ? TcpTransport.listen({ host }) : UdpTransport.listen({ host });
}

function tellFailure({ message, retryIn }: RegistrationFailure): void {
  const when = retryIn === undefined ? "not again" : `again in ${Math.round(retryIn / 1000)} s`;
  say(`not registered: ${message.statusCode} ${message.reasonPhrase}; ${when}`);
}

function makeCore(transport: Transport, aor: URI, options: Options<typeof OPTIONS>): UserAgentCore {
  const password = Deno.env.get("SIP_PASSWORD");
  const username = options.username ?? aor.user ?? "";
  let calls = 0;
  return new UserAgentCore({
    transports: [transport],
    ...(password === undefined ? {} : { credentials: [{ username, password }] }),
  }, {
    onInvite(request) {
      if (calls >= MAX_CALLS) return void request.reject({ statusCode: 486 });
      new Call(request, ++calls, {}).take(transport.local.host);
    },
  });
}

async function main(args: string[]): Promise<number> {
  const { options, operands: [address = "", ...others] } = parseOptions(args, OPTIONS);
  if (others.length > 0) throw new UsageError(`expected one address, found "${others[0]}" too`);
  const aor = uriOf("ADDRESS", address);
  const registrar = uriOf("--registrar", options.registrar ?? `sip:${aor.host}`);
  const proxy = options.proxy === undefined ? undefined : uriOf("--proxy", options.proxy);
  const first = proxy ?? registrar;
  if (!first.hasParam("transport") && options.transport === "tcp") {
    first.setParam("transport", "tcp");
  }
  const transport = await openTransport(options.transport, first.host);
  const core = makeCore(transport, aor, options);
  const { instance, expires = 3600 } = options;
  core.registration({
    registrar,
    aor,
    expires,
    ...(instance === undefined ? {} : { instanceId: instance, regId: 1 }),
    ...(proxy === undefined ? {} : { routeSet: [`<${proxy}>`] }),
  }, {
    onRegistered: () => say(`registered as ${aor}`),
    onFailed: tellFailure,
    onUnregistered: () => say("no longer registered"),
    onFlowChange: (state) => state === "connecting" && say("the registrar is not reached"),
  });
  Deno.addSignalListener("SIGHUP", () => core.networkChanged());
  await interrupted();
  say("ending all calls");
  await core.stop();
  return EXIT.done;
}

await run("register", USAGE, main);
