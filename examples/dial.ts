/**
 * Calls a SIP address from a terminal and shows what becomes of the call.
 *
 * @module
 */
import {
  type AckableIncomingResponseWithSession,
  DEFAULT_TIMERS,
  type IncomingResponse,
  type OutgoingInviteRequest,
  parseUri,
  type Session,
  type Transport,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { TlsTransport } from "@strowger/sip/transports/tls";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { WebSocketTransport } from "@strowger/sip/transports/websocket";
import { localAddress } from "./support/local_address.ts";
import {
  duration,
  oneOf,
  type Options,
  parseOptions,
  text,
  UsageError,
} from "./support/options.ts";
import {
  EXIT,
  EXIT_CODES,
  interrupted,
  placeOf,
  plain,
  readText,
  run,
  say,
} from "./support/program.ts";
import { inactiveOffer } from "./support/sdp.ts";

const USAGE = `Usage: deno run --allow-net --allow-sys examples/dial.ts URI [options]

Calls a SIP address and shows what becomes of the call. No media is sent or
received: the one audio stream of the call is offered as inactive.

  --transport KIND        how to get there, udp, tcp, tls or ws: as the URI
                          says, or else UDP
  --ca FILE               whose certificates are believed over TLS, in PEM:
                          those that the runtime believes; needs --allow-read
  --ws-url URL            the WebSocket server, for --transport ws
  --from URI              who calls: sip:me at this machine's address
  --host ADDRESS          this machine's address, where the guess is wrong
  --cancel-after TIME     give up when nobody has answered by then
  --hang-up-after TIME    hang up so long after the answer
  --help                  this text

A TIME is 2s, 500ms, or a plain number of seconds. Ctrl-C cancels or hangs up;
a second one leaves at once. A call is done when either side has ended it, or
when it was cancelled as you asked.

${EXIT_CODES}

Example: dial.ts sip:bob@127.0.0.1:5060 --hang-up-after 5s`;

const OPTIONS = {
  transport: oneOf("udp", "tcp", "tls", "ws"),
  ca: text,
  "ws-url": text,
  from: text,
  host: text,
  "cancel-after": duration,
  "hang-up-after": duration,
};

type DialOptions = Options<typeof OPTIONS>;

/** How long an answer is waited for, in milliseconds (RFC 3261 §17.1.1.2, timer B). */
const PATIENCE = 64 * DEFAULT_TIMERS.T1;

function readAddress(text: string): URI {
  const uri = parseUri(text);
  if (!(uri instanceof URI)) {
    const why = `expected ${uri.expected} at ${uri.offset}, found ${uri.found}`;
    throw new UsageError(`"${text}" is no address such as sip:bob@127.0.0.1:5060: ${why}`);
  }
  if (uri.scheme === "sip" || uri.scheme === "sips") return uri;
  throw new UsageError(`"${text}" is no sip: or sips: address`);
}

function transportOf(target: URI, options: DialOptions): "udp" | "tcp" | "tls" | "ws" {
  const asked = target.scheme === "sips" ? "tls" : target.getParam("transport")?.toLowerCase();
  const { transport = asked ?? "udp" } = options;
  if (transport === "ws" && options["ws-url"] === undefined) {
    throw new UsageError("--transport ws needs --ws-url, the server to connect to");
  }
  if (transport !== "ws" && options["ws-url"] !== undefined) {
    throw new UsageError(`--ws-url is for --transport ws, and this call goes by ${transport}`);
  }
  if (transport !== "ws" && asked !== undefined && asked !== transport) {
    throw new UsageError(`${target} asks for ${asked}, and --transport for ${transport}`);
  }
  for (const each of ["udp", "tcp", "tls", "ws"] as const) if (each === transport) return each;
  throw new UsageError(`${target} asks for ${transport}; there are udp, tcp, tls and ws`);
}

async function openTransport(target: URI, options: DialOptions): Promise<Transport> {
  const transport = transportOf(target, options);
  if (transport === "tls") {
    return TlsTransport.client(options.ca === undefined ? {} : { ca: await readText(options.ca) });
  }
  if (transport === "ws") return WebSocketTransport.connect(options["ws-url"] ?? "");
  const host = options.host ?? localAddress(target.host);
  return transport === "tcp" ? TcpTransport.listen({ host }) : UdpTransport.listen({ host });
}

/** One outgoing call; `outcome` resolves with an exit code. */
class Call {
  readonly outcome: Promise<number>;
  private readonly request: OutgoingInviteRequest;
  private readonly hangUpAfter: number | undefined;
  private session: Session | undefined;
  private isCancelled = false;
  private end: (code: number) => void = () => {};

  constructor(core: UserAgentCore, target: URI, from: URI, host: string, options: DialOptions) {
    this.outcome = new Promise((resolve) => this.end = resolve);
    this.hangUpAfter = options["hang-up-after"];
    const cancelAfter = options["cancel-after"];
    const offer = inactiveOffer(host);
    const message = core.makeOutgoingRequestMessage("INVITE", target, from, target, {}, [], offer);
    this.request = core.invite(message, {
      onTrying: sayResponse,
      onProgress: sayResponse,
      onAccept: (response) => this.accept(response),
      onRedirect: (response) => this.refuse(response),
      onReject: (response) => this.refuse(response),
    });
    if (cancelAfter !== undefined) setTimeout(() => this.cancel(), cancelAfter);
  }

  /** Cancels the call, or hangs up. */
  leave(): void {
    if (this.session === undefined) this.cancel();
    else this.hangUp(this.session);
  }

  private cancel(): void {
    if (this.session !== undefined || this.isCancelled) return;
    say("cancelling");
    this.isCancelled = true;
    this.request.cancel();
  }

  private accept(response: AckableIncomingResponseWithSession): void {
    const { session } = response;
    response.ack();
    // A second phone of a fork has answered, too: one is enough.
    if (this.session !== undefined) return void session.bye();
    this.session = session;
    say(`${statusOf(response)}: the call is up; no media is sent`);
    session.delegate = { onBye: () => this.finish("the far end hung up") };
    if (this.isCancelled) this.hangUp(session);
    else if (this.hangUpAfter !== undefined) {
      setTimeout(() => this.hangUp(session), this.hangUpAfter);
    }
  }

  private hangUp(session: Session): void {
    if (session.sessionState === "Terminated") return;
    say("hanging up");
    session.bye({
      onAccept: () => this.finish("the call is over"),
      onRedirect: (response) => this.fail("the BYE was refused", response),
      onReject: (response) => this.fail("the BYE was refused", response),
    });
  }

  private refuse(response: IncomingResponse): void {
    const isCancellation = this.isCancelled && response.message.statusCode === 487;
    if (isCancellation) this.finish(`${statusOf(response)}: the call is cancelled`);
    else this.fail("refused", response);
  }

  private finish(line: string): void {
    say(line);
    this.end(EXIT.done);
  }

  private fail(what: string, response: IncomingResponse): void {
    const { statusCode, reasonPhrase, local } = response.message;
    const contact = response.message.getHeader("Contact");
    const isMoved = statusCode < 400 && contact !== undefined;
    // What the engine says itself stands for what became of the request (RFC 3261 §8.1.3.1).
    if (local && statusCode === 408) {
      this.complain(`no answer within ${PATIENCE / 1000} s`, EXIT.noAnswer);
    } else if (local && statusCode === 503) {
      this.complain(reasonPhrase.replace(/^Service Unavailable: /, ""), EXIT.transport);
    } else {
      const where = isMoved ? `, try ${contact}` : "";
      this.complain(`${what}: ${statusOf(response)}${where}`, EXIT.refused);
    }
  }

  private complain(line: string, code: number): void {
    console.error(plain(`dial: ${line}`));
    this.end(code);
  }
}

function statusOf({ message }: IncomingResponse): string {
  return `${message.statusCode} ${message.reasonPhrase}`;
}

function sayResponse(response: IncomingResponse): void {
  say(statusOf(response));
}

async function main(args: string[]): Promise<number> {
  const { options, operands } = parseOptions(args, OPTIONS);
  const [operand, ...others] = operands;
  if (operand === undefined || others.length > 0) {
    throw new UsageError(`expected one address to call, found ${operands.length}`);
  }
  const target = readAddress(operand);
  const caller = options.from === undefined ? undefined : readAddress(options.from);
  const transport = await openTransport(target, options);
  const { host } = transport.local;
  await using core = new UserAgentCore({ transports: [transport] });
  const from = caller ?? new URI("sip", "me", host.includes(":") ? `[${host}]` : host);
  const call = new Call(core, target, from, host, options);
  say(`calling ${target} by ${transport.protocol} from ${placeOf(transport)}`);
  const stopped = interrupted().then(async () => {
    call.leave();
    // A far end that says nothing is not waited for as long as the RFC would.
    await core.stop();
    return EXIT.done;
  });
  return await Promise.race([call.outcome, stopped]);
}

await run("dial", USAGE, main);
