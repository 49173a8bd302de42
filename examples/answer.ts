/**
 * Answers calls at a terminal, until Ctrl-C.
 *
 * @module
 */
import {
  type IncomingInviteRequest,
  type Session,
  type Transport,
  UserAgentCore,
} from "@strowger/sip";
import { TcpTransport } from "@strowger/sip/transports/tcp";
import { UdpTransport } from "@strowger/sip/transports/udp";
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
import { inactiveAnswer, inactiveOffer } from "./support/sdp.ts";

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

const RING_FOR = 1000;
/** More calls than this at once, and the line is busy. */
const MAX_CALLS = 1000;

function openTransport(options: AnswerOptions): Promise<Transport> {
  const { host = "127.0.0.1", port = 5060, transport } = options;
  const isAny = host === "0.0.0.0" || host === "::";
  const listen = { host, port, ...(isAny ? { advertise: { host: localAddress(host) } } : {}) };
  return transport === "tcp" ? TcpTransport.listen(listen) : UdpTransport.listen(listen);
}

/** One incoming call. */
class Call {
  private readonly request: IncomingInviteRequest;
  private readonly options: AnswerOptions;
  private readonly name: string;

  constructor(request: IncomingInviteRequest, number: number, options: AnswerOptions) {
    this.request = request;
    this.options = options;
    this.name = `call ${number}`;
    request.delegate = {
      onCancel: () => this.tell("the caller gave up"),
      onTransportError: (error) => this.tell(error.message),
    };
  }

  /** Lets it ring, and then answers or refuses. `host` is what a session description names. */
  take(host: string): void {
    const { reject, "ring-for": ringFor = reject === undefined ? RING_FOR : 0 } = this.options;
    this.tell(`from ${this.request.message.from.friendlyName}`);
    if (reject !== undefined && ringFor === 0) return this.reject(reject);
    const { session } = this.request.progress();
    this.tell("ringing");
    setTimeout(() => {
      // Whatever ends the INVITE first, a CANCEL say, ends its session.
      if (session.sessionState === "Terminated") return;
      if (reject === undefined) this.accept(session, host);
      else this.reject(reject);
    }, ringFor);
  }

  private accept(session: Session, host: string): void {
    const { message } = this.request;
    const body = message.body === "" ? inactiveOffer(host) : inactiveAnswer(message.body, host);
    // RFC 3261 §13.3.1.3: a 488 is for an offer with nothing in it that could be taken.
    if (body === undefined) return this.reject(488);
    session.delegate = {
      onAck: () => this.confirmed(session),
      onAckTimeout: () => this.tell("hanging up: the caller does not acknowledge the answer"),
      onBye: () => this.tell("the caller hung up"),
    };
    this.request.accept({ statusCode: 200, body });
    this.tell("answered");
  }

  private confirmed(session: Session): void {
    this.tell("up; no media is sent");
    const { "hang-up-after": hangUpAfter } = this.options;
    if (hangUpAfter !== undefined) setTimeout(() => this.hangUp(session), hangUpAfter);
  }

  private hangUp(session: Session): void {
    if (session.sessionState !== "Confirmed") return;
    this.tell("hanging up");
    session.bye({
      onAccept: () => this.tell("over"),
      onReject: ({ message }) => this.tell(`over: ${message.statusCode} ${message.reasonPhrase}`),
    });
  }

  private reject(statusCode: number): void {
    this.request.reject({ statusCode });
    this.tell(`refused with ${statusCode}`);
  }

  private tell(what: string): void {
    say(`${this.name}: ${what}`);
  }
}

async function main(args: string[]): Promise<number> {
  const { options, operands } = parseOptions(args, OPTIONS);
  if (operands.length > 0) throw new UsageError(`expected options only, found "${operands[0]}"`);
  const transport = await openTransport(options);
  const core = new UserAgentCore({ transports: [transport] });
  let calls = 0;
  core.delegate.onInvite = (request) => {
    if (core.live.dialogs >= MAX_CALLS) return void request.reject({ statusCode: 486 });
    new Call(request, ++calls, options).take(transport.local.host);
  };
  say(`listening on ${placeOf(transport)} (${transport.protocol}); Ctrl-C ends it`);
  await interrupted();
  say("ending all calls");
  await core.stop();
  return EXIT.done;
}

await run("answer", USAGE, main);
