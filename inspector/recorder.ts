/**
 * Records what happens in calls: every message, the steps and timers of every machine, what delegates
 * were told, and errors.
 *
 * A core that is not watched knows nothing of this, and costs what it did.
 *
 * @module
 */
import type { InspectionEvent } from "xstate";
import { defaultLogger } from "../actors/logger.ts";
import type { DelegateCall, TraceEntry } from "../actors/supervisor.ts";
import type { UserAgentCoreConfiguration } from "../actors/user_agent_core_configuration.ts";
import { callIdOf } from "./call_id.ts";
import { entryOf } from "./inspection.ts";
import { Recording, type RecordingLimits } from "./recording.ts";
import { Redaction } from "./redaction.ts";

export type * from "./entry.ts";
export { type RecordedCall, Recording, type RecordingLimits } from "./recording.ts";

/** How much of an error's text is kept. */
const MAX_ERROR = 1024;

/** What a {@linkcode Recorder} may be given. */
export interface RecorderOptions extends RecordingLimits {
  /**
   * Names of headers whose values are not to be recorded, beside Authorization and
   * Proxy-Authorization; of SDP lines, too, as `a=crypto` is by itself.
   */
  redact?: readonly string[];
  /**
   * Whether only messages, delegate calls and errors are recorded, which costs little; machines are
   * recorded as XState inspects them, which takes XState's own actors.
   */
  withoutMachines?: boolean;
  /** The time in milliseconds since 1970; the runtime's own by default, with fractions. */
  now?: () => number;
}

/**
 * A recording of what happens in the cores that it watches.
 *
 * @example
 * ```ts
 * import { URI, UserAgentCore } from "@strowger/sip";
 * import { Recorder } from "@strowger/sip/inspector/recorder";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 *
 * const network = new MemoryNetwork();
 * const recorder = new Recorder();
 * const transports = [network.transport({ host: "alice.example", port: 5060 })];
 * const core = new UserAgentCore(recorder.watch({ transports }, "alice"));
 *
 * const bob = URI.parse("sip:bob@bob.example");
 * const request = core.invite(core.makeOutgoingRequestMessage("INVITE", bob, bob, bob));
 * const call = recorder.call(request.message.callId);
 * console.assert(call?.entries.some(({ kind }) => kind === "message"));
 * await core.dispose();
 * ```
 */
export class Recorder extends Recording {
  readonly #redaction: Redaction;
  readonly #withoutMachines: boolean;
  readonly #now: () => number;
  #cores = 0;

  /**
   * Records nothing before it watches a core.
   *
   * @throws `InvalidArgumentError` for a limit or a name that makes no sense.
   */
  constructor(options: RecorderOptions = {}) {
    super(options);
    this.#redaction = new Redaction(options.redact);
    this.#withoutMachines = options.withoutMachines ?? false;
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
  }

  /**
   * Adds to a configuration what a core has to be made from to be recorded. What is there already, a
   * `trace` say, is called as before.
   *
   * @param configuration What the core would be made from otherwise.
   * @param name What the recording calls it; `core 1`, `core 2` and so on by default.
   */
  watch(
    configuration: UserAgentCoreConfiguration,
    name: string = `core ${++this.#cores}`,
  ): UserAgentCoreConfiguration {
    const { trace, inspect, onError, onDelegateCall, logger = defaultLogger } = configuration;
    const warn = ({ name, message }: Error): void => logger.warn(`${name}: ${message}`);
    const watched: UserAgentCoreConfiguration = {
      ...configuration,
      trace: (entry) => {
        this.#message(name, entry);
        return trace?.(entry);
      },
      onError: (error, callId) => {
        const { code } = error;
        const message = error.message.slice(0, MAX_ERROR);
        this.add({ ...this.#at(name, callId), kind: "error", code, message });
        return onError === undefined ? warn(error) : onError(error, callId);
      },
      onDelegateCall: (call: DelegateCall) => {
        this.add({ ...this.#at(name, call.callId), kind: "delegate", method: call.name });
        return onDelegateCall?.(call);
      },
    };
    if (this.#withoutMachines) return watched;
    const inspectAlso = (event: InspectionEvent): void => {
      const entry = entryOf(event, this.#now(), name);
      if (entry !== undefined) this.add(entry);
      inspect?.(event);
    };
    return { ...watched, inspect: inspectAlso };
  }

  #at(core: string, callId = ""): { core: string; callId: string; time: number } {
    return { core, callId, time: this.#now() };
  }

  #message(name: string, { direction, bytes, protocol, local, remote }: TraceEntry): void {
    const isOut = direction === "out";
    const here = endpoint(local);
    const there = endpoint(remote);
    const octets = this.#redaction.apply(bytes);
    this.add({
      ...this.#at(name, callIdOf(octets)),
      kind: "message",
      direction,
      protocol,
      source: isOut ? here : there,
      destination: isOut ? there : here,
      // A part of a larger array would keep the whole of it.
      octets: octets.length < octets.buffer.byteLength ? octets.slice() : octets,
    });
  }
}

function endpoint(
  { host, port }: { host: string; port?: number },
): { host: string; port?: number } {
  return port === undefined ? { host } : { host, port };
}
