/**
 * The DNS by Deno's own resolver.
 *
 * @module
 */
import type { NaptrRecord, RecordSet, Resolver, SrvRecord } from "./resolver.ts";

export type { NaptrRecord, RecordSet, Resolver, SrvRecord };

/** What a {@linkcode DenoResolver} may be given. */
export interface DenoResolverOptions {
  /** The name server to ask; the system's by default. */
  readonly nameServer?: {
    /** Its address. */
    readonly ipAddr: string;
    /** Its port; 53 by default. */
    readonly port?: number;
  };
}

/**
 * Asks by `Deno.resolveDns`, which needs `--allow-net` for the name server. It tells no time to live,
 * so that the engine decides how long an answer is kept.
 *
 * @example
 * ```ts
 * import { UserAgentCore } from "@strowger/sip";
 * import { DenoResolver } from "@strowger/sip/transports/resolver_deno";
 * import { UdpTransport } from "@strowger/sip/transports/udp";
 *
 * const core = new UserAgentCore({
 *   transports: [await UdpTransport.listen()],
 *   resolver: new DenoResolver(),
 * });
 * await core.stop();
 * ```
 */
export class DenoResolver implements Resolver {
  readonly #options: DenoResolverOptions;

  /** @param options Whom to ask. */
  constructor(options: DenoResolverOptions = {}) {
    this.#options = options;
  }

  /** See {@linkcode Resolver.a}. */
  a(name: string, signal: AbortSignal): Promise<RecordSet<string>> {
    return found(Deno.resolveDns(absolute(name), "A", { ...this.#options, signal }));
  }

  /** See {@linkcode Resolver.aaaa}. */
  aaaa(name: string, signal: AbortSignal): Promise<RecordSet<string>> {
    return found(Deno.resolveDns(absolute(name), "AAAA", { ...this.#options, signal }));
  }

  /** See {@linkcode Resolver.srv}. */
  srv(name: string, signal: AbortSignal): Promise<RecordSet<SrvRecord>> {
    return found(Deno.resolveDns(absolute(name), "SRV", { ...this.#options, signal }));
  }

  /** See {@linkcode Resolver.naptr}. */
  naptr(name: string, signal: AbortSignal): Promise<RecordSet<NaptrRecord>> {
    return found(Deno.resolveDns(absolute(name), "NAPTR", { ...this.#options, signal }));
  }
}

/** Without the dot, the system's search list would be tried, too. */
function absolute(name: string): string {
  return `${name}.`;
}

async function found<T>(answer: Promise<T[]>): Promise<RecordSet<T>> {
  try {
    return { records: await answer };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { records: [] };
    throw error;
  }
}
