/**
 * One call, as it happens: two engines in this process, a real UDP socket each, and a ladder of what
 * goes between them. `deno task demo` runs it.
 *
 * @module
 */
import { URI, UserAgentCore } from "@strowger/sip";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { Ladder } from "./support/ladder.ts";
import { inactiveAnswer, inactiveOffer } from "./support/sdp.ts";

const HOST = "127.0.0.1";
const DEADLINE = 10_000;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function makeLadder(): Ladder {
  const isTerminal = Deno.stdout.isTerminal();
  return new Ladder({
    columns: isTerminal ? Deno.consoleSize().columns : 80,
    color: isTerminal && !Deno.noColor,
    print: (line) => console.log(line),
    now: () => performance.now(),
  });
}

/** Bob lets it ring, and picks up. Before that the engine answers 100 (Trying) by itself. */
function answer(bob: UserAgentCore): void {
  bob.delegate.onInvite = async (request) => {
    await pause(500);
    request.progress();
    await pause(800);
    const body = inactiveAnswer(request.message.body, HOST);
    request.accept(body === undefined ? { statusCode: 200 } : { statusCode: 200, body });
  };
}

/** Alice calls, and hangs up after a while. Resolves when the call is over. */
function call(alice: UserAgentCore, to: URI): Promise<void> {
  return new Promise((resolve, reject) => {
    const from = URI.parse(`sip:alice@${HOST}`);
    const offer = inactiveOffer(HOST);
    const invite = alice.makeOutgoingRequestMessage("INVITE", to, from, to, {}, [], offer);
    alice.invite(invite, {
      async onAccept(response) {
        response.ack();
        await pause(600);
        response.session.bye({
          onAccept: () => resolve(),
          onReject: ({ message }) => reject(new Error(`BYE failed: ${message.reasonPhrase}`)),
        });
      },
      onReject: ({ message }) => reject(new Error(`INVITE failed: ${message.reasonPhrase}`)),
    });
  });
}

async function main(): Promise<void> {
  const ladder = makeLadder();
  const failure = Promise.withResolvers<never>();
  setTimeout(() => failure.reject(new Error("the call has not ended in 10 s")), DEADLINE);
  const onError = failure.reject;
  const [left, right] = [await UdpTransport.listen(), await UdpTransport.listen()];
  const alice = new UserAgentCore({ transports: [left], onError, ...ladder.watch("left") });
  const bob = new UserAgentCore({ transports: [right], onError, ...ladder.watch("right") });

  console.log("A call over UDP, and the state of each machine after each message.\n");
  ladder.head(`alice ${HOST}:${left.local.port}`, `bob ${HOST}:${right.local.port}`);
  answer(bob);
  const bobsAddress = URI.parse(`sip:bob@${HOST}:${right.local.port}`);
  await Promise.race([call(alice, bobsAddress), failure.promise]);

  await Promise.all([alice.stop(), bob.stop()]);
  const remaining = alice.live.entries + bob.live.entries;
  if (remaining > 0) throw new Error(`${remaining} transactions and dialogs were left behind`);
  console.log("\nThe call is over, and both engines are empty again.");
}

try {
  await main();
  Deno.exit(0);
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
