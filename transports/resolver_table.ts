/**
 * A resolver that asks nobody: for tests, and for networks whose servers are configured.
 *
 * @module
 */
import type { NaptrRecord, RecordSet, Resolver, SrvRecord } from "./resolver.ts";

export type { NaptrRecord, RecordSet, Resolver, SrvRecord };

/** What a {@linkcode TableResolver} knows, each by its name. */
export interface ResolverTable {
  /** IPv4 addresses. */
  readonly a?: Readonly<Record<string, readonly string[]>>;
  /** IPv6 addresses, without brackets. */
  readonly aaaa?: Readonly<Record<string, readonly string[]>>;
  /** Servers, by the name of their service: `_sip._udp.example.com`. */
  readonly srv?: Readonly<Record<string, readonly SrvRecord[]>>;
  /** Rules of a domain. */
  readonly naptr?: Readonly<Record<string, readonly NaptrRecord[]>>;
}

/**
 * A fixed table. What is not in it does not exist.
 *
 * @example Two servers of a domain, of which the second is there if the first is not
 * ```ts
 * import { UserAgentCore } from "@strowger/sip";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 * import { TableResolver } from "@strowger/sip/transports/resolver_table";
 *
 * const resolver = new TableResolver({
 *   srv: {
 *     "_sip._udp.example.com": [
 *       { priority: 10, weight: 1, port: 5060, target: "one.example.com" },
 *       { priority: 20, weight: 1, port: 5060, target: "two.example.com" },
 *     ],
 *   },
 *   a: { "one.example.com": ["192.0.2.1"], "two.example.com": ["192.0.2.2"] },
 * });
 * const transport = new MemoryNetwork().transport({ host: "192.0.2.9", port: 5060 });
 * const core = new UserAgentCore({ transports: [transport], resolver });
 * await core.dispose();
 * ```
 */
export class TableResolver implements Resolver {
  readonly #table: ResolverTable;

  /** @param table What there is; names are compared without regard to case. */
  constructor(table: ResolverTable) {
    this.#table = table;
  }

  /** See {@linkcode Resolver.a}. */
  a(name: string): Promise<RecordSet<string>> {
    return find(this.#table.a, name);
  }

  /** See {@linkcode Resolver.aaaa}. */
  aaaa(name: string): Promise<RecordSet<string>> {
    return find(this.#table.aaaa, name);
  }

  /** See {@linkcode Resolver.srv}. */
  srv(name: string): Promise<RecordSet<SrvRecord>> {
    return find(this.#table.srv, name);
  }

  /** See {@linkcode Resolver.naptr}. */
  naptr(name: string): Promise<RecordSet<NaptrRecord>> {
    return find(this.#table.naptr, name);
  }
}

// Nothing is kept of what costs nothing to look up: a table may change.
function find<T>(
  table: Readonly<Record<string, readonly T[]>> | undefined,
  name: string,
): Promise<RecordSet<T>> {
  const wanted = name.toLowerCase();
  const [, records = []] = Object.entries(table ?? {})
    .find(([key]) => key.toLowerCase() === wanted) ?? [];
  return Promise.resolve({ records, ttl: 0 });
}
