/**
 * A call that is recorded at both ends.
 *
 * @module
 */
import { URI, UserAgentCore } from "@strowger/sip";
import { Recorder } from "../../inspector/recorder.ts";
import { MemoryNetwork } from "../../transports/memory.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** INVITE, 180, 200, ACK, BYE, 200. */
export async function recordedCall(): Promise<Recorder> {
  const clock = new VirtualClock();
  const recorder = new Recorder({ now: () => 1_700_000_000_000 + clock.now() });
  const network = new MemoryNetwork({ deliver: (run) => void clock.setTimeout(run, 10) });
  const [alice, bob] = ["alice", "bob"].map((name) => {
    const transports = [network.transport({ host: `${name}.example`, port: 5060 })];
    return new UserAgentCore(recorder.watch({ transports, clock }, name));
  });
  if (alice === undefined || bob === undefined) throw new TypeError("expected two cores");
  bob.delegate.onInvite = (request) => {
    request.progress();
    clock.setTimeout(() => request.accept(), 1_000);
  };
  const to = URI.parse("sip:bob@bob.example");
  const from = URI.parse("sip:alice@alice.example");
  alice.invite(alice.makeOutgoingRequestMessage("INVITE", to, from, to), {
    onAccept: (response) => {
      response.ack();
      clock.setTimeout(() => response.session.bye(), 1_000);
    },
  });
  await clock.advanceAsync(60_000);
  await Promise.all([alice.dispose(), bob.dispose()]);
  return recorder;
}
