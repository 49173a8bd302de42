/**
 * Records what happens in calls: every message, the steps and timers of every machine, what delegates
 * were told, and errors.
 *
 * A core that is not watched knows nothing of this, and costs what it did.
 *
 * @module
 */
import type { CoreObserver } from "../actors/observers.ts";
import type { TraceEntry } from "../actors/supervisor.ts";
import type { UserAgentCoreConfiguration } from "../actors/user_agent_core_configuration.ts";
import { callIdOf } from "./call_id.ts";
import { entryOf } from "./observation.ts";
import { Recording, type RecordingLimits } from "./recording.ts";
import { Redaction } from "./redaction.ts";

export type * from "./entry.ts";
export { type RecordedCall, Recording, type RecordingLimits } from "./recording.ts";

/** How much of an error's text is kept. */
const MAX_ERROR = 1024;

/** What can be watched: a `UserAgentCore`. */
export interface Observed {
  /** As of `UserAgentCore`. */
  observe(observer: CoreObserver): () => void;
}

/** What a {@linkcode Recorder} may be given. */
export interface RecorderOptions extends RecordingLimits {
  /**
   * Names of headers whose values are not to be recorded, beside Authorization and
   * Proxy-Authorization; of SDP lines, too, as `a=crypto` is by itself.
   */
  redact?: readonly string[];
  /**
   * Whether only messages, delegate calls and errors are recorded, which costs less. Machines that
   * XState runs, where a configuration has `inspect`, are never recorded.
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
   * Adds to a configuration what a core has to be made from to be recorded from its beginning. Who
   * watches already is told as before.
   *
   * @param configuration What the core would be made from otherwise.
   * @param name What the recording calls it; `core 1`, `core 2` and so on by default.
   */
  watch(configuration: UserAgentCoreConfiguration, name?: string): UserAgentCoreConfiguration {
    const observers = [...configuration.observers ?? [], this.#observer(name)];
    return { ...configuration, observers };
  }

  /**
   * Records a core that is there already, from now on. Of machines that are at work, what they do next
   * is recorded, but not how they began.
   *
   * @param core The core.
   * @param name What the recording calls it; `core 1`, `core 2` and so on by default.
   * @returns To be called when no more is to be recorded.
   */
  attach(core: Observed, name?: string): () => void {
    return core.observe(this.#observer(name));
  }

  #observer(name: string = `core ${++this.#cores}`): CoreObserver {
    const observer: CoreObserver = {
      message: (entry) => this.#message(name, entry),
      delegateCall: (call) =>
        this.add({ ...this.#at(name, call.callId), kind: "delegate", method: call.name }),
      error: ({ code, message }, callId) => {
        const text = message.slice(0, MAX_ERROR);
        this.add({ ...this.#at(name, callId), kind: "error", code, message: text });
      },
    };
    if (this.#withoutMachines) return observer;
    return { ...observer, step: (step) => this.add(entryOf(step, this.#now(), name)) };
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
