/**
 * The DNS by Node's own resolver, which Deno and Bun have, too.
 *
 * @module
 */
import { promises as dns } from "node:dns";
import type { NaptrRecord, RecordSet, Resolver, SrvRecord } from "./resolver.ts";

export type { NaptrRecord, RecordSet, Resolver, SrvRecord };

/** What a {@linkcode NodeResolver} may be given. */
export interface NodeResolverOptions {
  /** The name servers to ask, `192.0.2.53` or `192.0.2.53:5353` each; the system's by default. */
  readonly servers?: readonly string[];
}

/** What a name server says where there is no such name, or nothing of that kind. */
const NOTHING = ["ENOTFOUND", "ENODATA"];

/**
 * Asks by `node:dns`. How long an answer may be kept is known of addresses only.
 *
 * @example
 * ```ts
 * import { UserAgentCore } from "@strowger/sip";
 * import { NodeResolver } from "@strowger/sip/transports/resolver_node";
 * import { UdpTransport } from "@strowger/sip/transports/udp";
 *
 * const core = new UserAgentCore({
 *   transports: [await UdpTransport.listen()],
 *   resolver: new NodeResolver(),
 * });
 * await core.stop();
 * ```
 */
export class NodeResolver implements Resolver {
  readonly #dns: dns.Resolver;

  /** @param options Whom to ask. */
  constructor(options: NodeResolverOptions = {}) {
    this.#dns = new dns.Resolver({ timeout: 2000, tries: 2 });
    if (options.servers !== undefined) this.#dns.setServers(options.servers);
  }

  /** See {@linkcode Resolver.a}. */
  a(name: string): Promise<RecordSet<string>> {
    return found(this.#dns.resolve4(name, { ttl: true }), ({ address }) => address);
  }

  /** See {@linkcode Resolver.aaaa}. */
  aaaa(name: string): Promise<RecordSet<string>> {
    return found(this.#dns.resolve6(name, { ttl: true }), ({ address }) => address);
  }

  /** See {@linkcode Resolver.srv}. */
  srv(name: string): Promise<RecordSet<SrvRecord>> {
    return found(this.#dns.resolveSrv(name), ({ name: target, ...rest }) => ({ ...rest, target }));
  }

  /** See {@linkcode Resolver.naptr}. */
  naptr(name: string): Promise<RecordSet<NaptrRecord>> {
    return found(
      this.#dns.resolveNaptr(name),
      ({ service: services, ...rest }) => ({ ...rest, services }),
    );
  }
}

async function found<R extends object, T>(
  answer: Promise<R[]>,
  make: (record: R) => T,
): Promise<RecordSet<T>> {
  try {
    const all = await answer;
    const ttls = all.flatMap((each) => "ttl" in each ? [Number(each.ttl)] : []);
    const ttl = ttls.length === 0 ? {} : { ttl: Math.min(...ttls) };
    return { records: all.map(make), ...ttl };
  } catch (error) {
    if (NOTHING.includes((error as { code?: string }).code ?? "")) return { records: [] };
    throw error;
  }
}
