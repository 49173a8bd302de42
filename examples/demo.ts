/**
 * One call, as it happens: two engines in this process, a real UDP socket each, and a ladder of what
 * goes between them. `deno task demo` runs it.
 *
 * @module
 */
import { URI, UserAgentCore } from "@strowger/sip";
import { ladderOf, ladderText } from "@strowger/sip/inspector/ladder";
import { Recorder } from "@strowger/sip/inspector/recorder";
import { UdpTransport } from "@strowger/sip/transports/udp";
import { inactiveAnswer, inactiveOffer } from "./support/sdp.ts";

const HOST = "127.0.0.1";
const DEADLINE = 30_000;
/** A machine that is busy with other things repeats nothing: this call is to look the same everywhere. */
const TIMERS = { T1: 5_000 };
/** So many milliseconds without anything that happens. */
const AT_REST = 100;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Writes the ladder of what is recorded, row by row, once what a message has moved is at rest. */
function writeAsItHappens(recorder: Recorder): void {
  const isTerminal = Deno.stdout.isTerminal();
  const columns = isTerminal ? Deno.consoleSize().columns : 80;
  const color = isTerminal && !Deno.noColor;
  let written = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    const ladder = ladderOf(recorder.calls);
    // What is still on its way has not moved anything yet.
    const underway = ladder.rows.findIndex((row) => row.type === "arrow" && row.isLost);
    const rows = underway < 0 ? ladder.rows : ladder.rows.slice(0, underway);
    if (rows.length === written) return;
    const options = { columns, color, beside: 26, head: written === 0, from: written };
    Deno.stdout.writeSync(new TextEncoder().encode(ladderText({ ...ladder, rows }, options)));
    written = rows.length;
  };
  recorder.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(write, AT_REST);
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
  const recorder = new Recorder();
  const failure = Promise.withResolvers<never>();
  setTimeout(() => failure.reject(new Error("the call has not ended in 30 s")), DEADLINE);
  const common = { onError: failure.reject, timers: TIMERS };
  const [left, right] = [await UdpTransport.listen(), await UdpTransport.listen()];
  const alice = new UserAgentCore(recorder.watch({ transports: [left], ...common }, "alice"));
  const bob = new UserAgentCore(recorder.watch({ transports: [right], ...common }, "bob"));

  console.log("A call over UDP, and the state of each machine after each message.\n");
  writeAsItHappens(recorder);
  answer(bob);
  const bobsAddress = URI.parse(`sip:bob@${HOST}:${right.local.port}`);
  await Promise.race([call(alice, bobsAddress), failure.promise]);
  await pause(2 * AT_REST);

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
