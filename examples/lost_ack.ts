/**
 * A call with a fault: the network loses every ACK, so that Bob, who has picked up, never hears that
 * Alice knows. It is recorded at both ends, drawn, and written to a file that `deno task replay` reads;
 * docs/debugging.md goes on from there.
 *
 * @module
 */
import { URI, UserAgentCore } from "@strowger/sip";
import { toJsonLines } from "@strowger/sip/inspector/json_lines";
import { ladderOf, ladderText } from "@strowger/sip/inspector/ladder";
import { Recorder } from "@strowger/sip/inspector/recorder";
import { type Delivery, MemoryNetwork } from "@strowger/sip/transports/memory";
import { inactiveAnswer, inactiveOffer } from "./support/sdp.ts";

/** A tenth of the RFC's, so that 64*T1 are 3 seconds and not half a minute. */
const TIMERS = { T1: 50, T2: 400, T4: 500 };
const DEADLINE = 30_000;

function isAck({ bytes }: Delivery): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 4)) === "ACK ";
}

function addressOf(name: string): URI {
  return URI.parse(`sip:${name}@${name}.example`);
}

/** The call; resolves when Bob has given it up. */
function call(recorder: Recorder): Promise<void> {
  const network = new MemoryNetwork({
    deliver: (run, delivery) => isAck(delivery) ? undefined : void setTimeout(run, 5),
  });
  const core = (name: string) => {
    const transports = [network.transport({ host: `${name}.example`, port: 5060 })];
    return new UserAgentCore(recorder.watch({ transports, timers: TIMERS }, name));
  };
  const [alice, bob] = [core("alice"), core("bob")];
  bob.delegate.onInvite = (request) => {
    request.progress();
    const body = inactiveAnswer(request.message.body, "bob.example");
    setTimeout(() => request.accept({ statusCode: 200, ...(body && { body }) }), 200);
  };
  const [from, to] = [addressOf("alice"), addressOf("bob")];
  return new Promise((resolve) => {
    const offer = inactiveOffer("alice.example");
    const invite = alice.makeOutgoingRequestMessage("INVITE", to, from, to, {}, [], offer);
    alice.invite(invite, {
      onAccept(response) {
        response.ack();
        response.session.delegate = {
          async onBye(bye) {
            bye.accept();
            await Promise.all([alice.stop(), bob.stop()]);
            resolve();
          },
        };
      },
    });
  });
}

async function main([file]: readonly string[]): Promise<void> {
  if (file === undefined) {
    throw new Error("expected the name of the file to write, lost_ack.jsonl say");
  }
  const recorder = new Recorder();
  const deadline = setTimeout(() => {
    console.error("lost_ack: the call has not ended in 30 s");
    Deno.exit(1);
  }, DEADLINE);
  await call(recorder);
  clearTimeout(deadline);
  console.log(ladderText(ladderOf(recorder.calls), { columns: 80 }));
  await Deno.writeTextFile(file, [...toJsonLines(recorder.calls)].join(""));
  console.log(`Recorded in ${file}.`);
}

try {
  await main(Deno.args);
} catch (error) {
  console.error(`lost_ack: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
