/**
 * The live page: what every call of a core can do and is doing, in a browser.
 *
 * @module
 */
import type { CoreObserver } from "../actors/observers.ts";
import type { Control } from "./page/actor_list.ts";
import { type Page, servePage } from "./page/page_server.ts";
import { Recorder } from "./recorder.ts";

export type { Control, Page };

/** How many calls a page keeps where nobody says otherwise, those that were quiet longest go first. */
const MAX_CALLS = 5_000;

/** What can be inspected: a `UserAgentCore`. */
export interface Inspected {
  /** As of `UserAgentCore`. */
  observe(observer: CoreObserver): () => void;
  /** As of `UserAgentCore`. */
  endCall(callId: string): boolean;
}

/** What {@linkcode inspect} may be given. */
export interface InspectOptions {
  /** The port to listen at, 8089 by default; 0 for any that is free. */
  port?: number;
  /** The address to listen at. By default `127.0.0.1`, which nobody else reaches. */
  host?: string;
  /** What whoever looks has to show, 16 characters and more; needed where others reach `host`. */
  token?: string;
  /** What the page may do; nothing by default. */
  allow?: readonly Control[];
  /** What the page calls the core; `core 1` by default. */
  name?: string;
  /**
   * What records, if there is one already: the page then shows the cores that it watches. By default
   * one that keeps 5,000 calls, those that have been quiet for longest going first.
   */
  recorder?: Recorder;
}

/** A page that is being served. */
export interface Inspection extends Page {
  /** What records. */
  readonly recorder: Recorder;
}

/**
 * Serves a page that shows the calls of a core while they are made: the actors, the statechart of each
 * with the states that it is in, the ladder, the messages, and the timers.
 *
 * Needs `node:http`, and so Deno (`--allow-net`, `--allow-read` for the files of the page) or Node; a
 * bundler does not take those files along.
 *
 * @param core The core; calls that are up already are shown from now on.
 * @throws `InvalidArgumentError` for a host that others can reach where no token is given.
 *
 * @example
 * ```ts
 * import { UserAgentCore } from "@strowger/sip";
 * import { inspect } from "@strowger/sip/inspector/live";
 *
 * const core = new UserAgentCore({ transports: [] });
 * const page = await inspect(core, { port: 0 });
 * console.log("look at", page.url);
 * await page.close();
 * await core.dispose();
 * ```
 */
export async function inspect(core: Inspected, options: InspectOptions = {}): Promise<Inspection> {
  const { port = 8089, name, recorder = new Recorder({ maxCalls: MAX_CALLS }), ...others } =
    options;
  const page = await servePage({
    ...others,
    port,
    recording: recorder,
    endCall: (callId) => core.endCall(callId),
  });
  const detach = options.recorder === undefined ? recorder.attach(core, name) : () => {};
  const close = async (): Promise<void> => {
    detach();
    await page.close();
  };
  return { url: page.url, recorder, close, [Symbol.asyncDispose]: close };
}
