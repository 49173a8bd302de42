/**
 * What looks names up in the DNS, as far as SIP needs it (RFC 3263): the one interface behind which
 * every resolver stands, and which a program may implement for a directory of its own.
 *
 * @module
 */

/** One server for a service: RFC 2782. */
export interface SrvRecord {
  /** Lower ones are tried first. */
  readonly priority: number;
  /** How much of the load it gets, among those of the same priority. */
  readonly weight: number;
  /** Where it listens. */
  readonly port: number;
  /** Its name; `.` says that there is no such service. */
  readonly target: string;
}

/** One rule of a domain: RFC 3403 §4. */
export interface NaptrRecord {
  /** Lower ones come first, and what comes first and fits excludes the others. */
  readonly order: number;
  /** Lower ones come first among those of the same order. */
  readonly preference: number;
  /** `s` where `replacement` has SRV records. */
  readonly flags: string;
  /** What the rule is for, `SIP+D2U` say. */
  readonly services: string;
  /** Empty for SIP. */
  readonly regexp: string;
  /** The name to look up next. */
  readonly replacement: string;
}

/** What a name has of one kind. */
export interface RecordSet<T> {
  /** The records, in the order of the answer; empty where the name, or the kind, does not exist. */
  readonly records: readonly T[];
  /** For how many seconds that may be kept; where it is missing, the engine decides. */
  readonly ttl?: number;
}

/**
 * Looks names up. Names have no dot at the end, and are no addresses. Each method resolves with what
 * is there, also if that is nothing, and rejects where nobody could be asked; when `signal` is
 * aborted nobody waits for it any more.
 */
export interface Resolver {
  /** IPv4 addresses. */
  a(name: string, signal: AbortSignal): Promise<RecordSet<string>>;
  /** IPv6 addresses, without brackets. */
  aaaa(name: string, signal: AbortSignal): Promise<RecordSet<string>>;
  /** The servers of a service, `_sip._udp.example.com` say. */
  srv(name: string, signal: AbortSignal): Promise<RecordSet<SrvRecord>>;
  /** The rules of a domain. */
  naptr(name: string, signal: AbortSignal): Promise<RecordSet<NaptrRecord>>;
}
