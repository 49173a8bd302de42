/**
 * Strowger as a caller: alone, against the far end that is a script, or with Strowger as the callee.
 *
 * @module
 */
import {
  type Clock,
  type Transport,
  type TransportReceiver,
  URI,
  UserAgentCore,
  type UserAgentCoreConfiguration,
} from "../mod.ts";
import { MemoryNetwork } from "../transports/memory.ts";
import { answer } from "./far_end.ts";
import { SDP } from "./messages.ts";

/** A side that calls; the benches know every stack by this. */
export interface Caller {
  /** What the table calls it. */
  readonly name: string;
  /** Places one call, and resolves when it is up and acknowledged. */
  place(): Promise<Call>;
}

/** A call that is up. */
export interface Call {
  /** Sends BYE, and resolves when it was answered. */
  hangUp(): Promise<void>;
}

/** A caller, and the engines that take part, so that a bench can look into them. */
export interface StrowgerCaller extends Caller {
  readonly cores: readonly UserAgentCore[];
}

const ADDRESSES = {
  alice: { host: "192.0.2.101", port: 5060 },
  bob: { host: "192.0.2.201", port: 5060 },
};
/** A description, as what is sent has it. */
export const BODY = { contentDisposition: "session", contentType: "application/sdp", content: SDP };

/** What goes wrong without anybody to catch it: nothing may, here. */
export function onError(error: Error): never {
  throw error;
}

function callerOn(name: string, core: UserAgentCore, others: UserAgentCore[] = []): StrowgerCaller {
  const from = URI.parse("sip:alice@192.0.2.101");
  const to = URI.parse("sip:bob@192.0.2.201");
  return {
    name,
    cores: [core, ...others],
    place: () => {
      const { promise, resolve, reject } = Promise.withResolvers<Call>();
      const message = core.makeOutgoingRequestMessage("INVITE", to, from, to, {}, [], BODY);
      core.invite(message, {
        onAccept: (response) => {
          const { session } = response;
          response.ack();
          resolve({
            hangUp: () => new Promise((resolve) => session.bye({ onAccept: () => resolve() })),
          });
        },
        onReject: (response) => reject(new Error(`${response.message.statusCode}`)),
      });
      return promise;
    },
  };
}

/** A transport of one side, of which the far end is a script; and what it receives by. */
export function scriptedTransport(
  side: keyof typeof ADDRESSES,
  send: (text: string) => void,
): { transport: Transport; receive: (text: string) => void } {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const source = ADDRESSES[side === "alice" ? "bob" : "alice"];
  let receiver: TransportReceiver | undefined;
  const transport: Transport = {
    protocol: "UDP",
    reliable: false,
    secure: false,
    local: ADDRESSES[side],
    attach: (given) => void (receiver = given),
    send: (bytes) => {
      send(decoder.decode(bytes));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return { transport, receive: (text) => receiver?.receive(encoder.encode(text), source) };
}

/** The caller's side only; `watch` may add to what its core is made from. */
export function callerAlone(
  clock: Clock,
  watch: (configuration: UserAgentCoreConfiguration) => UserAgentCoreConfiguration = (each) => each,
): StrowgerCaller {
  const { transport, receive } = scriptedTransport("alice", (text) => answer(text, receive));
  const core = new UserAgentCore(watch({ transports: [transport], clock, onError }));
  return callerOn("Strowger, caller", core);
}

/** Both sides, over a network in memory. */
export function callerAndCallee(clock: Clock): StrowgerCaller {
  const network = new MemoryNetwork();
  const caller = new UserAgentCore({
    transports: [network.transport(ADDRESSES.alice)],
    clock,
    onError,
  });
  const callee = new UserAgentCore({
    transports: [network.transport(ADDRESSES.bob)],
    clock,
    onError,
  }, {
    onInvite: (request) => {
      request.trying();
      request.progress();
      request.accept({ statusCode: 200, body: BODY });
    },
  });
  return callerOn("Strowger, caller and callee", caller, [callee]);
}
