/**
 * A registration that lasts, as a program holds it, and what it is made from (RFC 3261 §10.2, RFC 5626).
 *
 * @module
 */
import type { FlowState } from "../../machines/mod.ts";
import { InvalidArgumentError, URI } from "../../messages/mod.ts";
import type { IncomingResponse } from "../transactions/outgoing_request.ts";

export type { FlowState };

/** How far a registration is: the names are those of SIP.js's `RegistererState`. */
export type RegistrationState =
  /** No registrar has accepted it yet. */
  | "Initial"
  | "Registered"
  /** It was registered, and its time is over. */
  | "Unregistered"
  /** It was unregistered, or disposed of. */
  | "Terminated";

/** What becomes of a REGISTER that has failed. */
export interface RegistrationFailure extends IncomingResponse {
  /**
   * Milliseconds until it is tried again, by RFC 5626 §4.5 or the registrar's Retry-After: 0 where it is
   * tried at once, `undefined` where a refusal will not pass by itself, and nothing is tried before
   * `register()` is called.
   */
  readonly retryIn: number | undefined;
}

/** Who is told what becomes of a registration. Each method is optional; what it throws is reported. */
export interface RegistrationDelegate {
  /** It is registered, and was not before. */
  onRegistered?(response: IncomingResponse): void;
  /** It lasts on: refreshed before it has expired, or made anew over another flow. */
  onRefreshed?(response: IncomingResponse): void;
  /**
   * A REGISTER was refused, got no answer, or could not be sent. The binding that was there before, if
   * any, lasts until it expires.
   */
  onFailed?(failure: RegistrationFailure): void;
  /** It has expired, or was unregistered. */
  onUnregistered?(): void;
  /**
   * Its flow is in another state; `closed` comes last. That it is asked whether it is still there,
   * `probing`, is not told.
   */
  onFlowChange?(state: FlowState): void;
}

/** Which GRUU goes into Contact where the registrar has made any (RFC 5627). */
export type GruuUse =
  /** The one that is the same each time, and tells whose it is. */
  | "public"
  /** One that does not tell. */
  | "temporary"
  /** None: Contact has the address of the transport. */
  | "none";

/** What a registration is made from. */
export interface RegistrationOptions {
  /** The registrar: the Request-URI. RFC 3261 §10.2: "the "userinfo" and "@" components ... MUST NOT be present". */
  registrar: URI;
  /** Whose calls are taken: the address of record. */
  aor: URI;
  /** Where they are taken; by default the transport's address with the user of `aor`. */
  contact?: URI;
  /** How many seconds are asked for; 3,600 by default. The registrar decides. */
  expires?: number;
  /**
   * What names this device, the same after each start: `urn:uuid:` and a UUID that the program keeps
   * (RFC 5626 §4.1). With it, a registrar that can makes GRUUs.
   */
  instanceId?: string;
  /**
   * The number of this flow among those of the device, from 1 on (RFC 5626 §4.2): calls are then taken by
   * the flow that the REGISTER went by. Each of several flows is a registration of its own, with its own
   * `regId` and, in `routeSet`, another outbound proxy.
   */
  regId?: number;
  /** What REGISTER, and the requests of this address, go through: Route values; the core's by default. */
  routeSet?: string[];
  /**
   * Seconds between two keep-alives, at most; 0 for none. By default there are some where the registrar
   * promises to answer them: it says `Require: outbound`, or Flow-Timer. On a connection, one without an
   * answer ends the connection.
   */
  keepAlive?: number;
  /** Which GRUU goes into Contact; `public` by default. */
  gruu?: GruuUse;
  /**
   * Hosts, beside that of `registrar`, that may ask for a password when the registrar refers to them
   * (3xx). None by default: they are asked, and what they challenge fails.
   */
  trustedHosts?: string[];
  /** Header lines for each REGISTER. */
  extraHeaders?: string[];
}

/** A registration that is kept up: see `UserAgentCore.registration`. */
export interface Registration {
  /** Who is told; it may be set or replaced at any time. */
  delegate?: RegistrationDelegate;
  /** The address of record. */
  readonly aor: URI;
  /** How far it is. */
  readonly state: RegistrationState;
  /** How its flow is. */
  readonly flowState: FlowState;
  /** For how many seconds it was granted last; `undefined` where it is not, or no more. */
  readonly expires: number | undefined;
  /**
   * What goes into Contact of this address's requests and responses: a GRUU, or the registered address,
   * with `ob` where calls are to take this flow (RFC 5626 §4.3).
   */
  readonly contact: string;
  /** What this address's requests go through: `options.routeSet`, then Service-Route (RFC 3608). */
  readonly routeSet: readonly string[];
  /** The GRUUs that the registrar has made. */
  readonly gruus: { readonly public?: URI; readonly temporary?: URI };
  /** Sends a REGISTER now: to refresh it, or to try again before its time. */
  register(): void;
  /**
   * Removes the binding at the registrar, and ends the registration. Resolves when that is done, or has
   * failed.
   */
  unregister(): Promise<void>;
  /** Forgets it at once: nothing is sent, and nobody is told anything any more. */
  dispose(): void;
  /** For `using`: as `dispose()`. */
  [Symbol.dispose](): void;
}

/** RFC 5626 §4.2.1: reg-id is 1 to 2^31 - 1. */
const MAX_REG_ID = 2 ** 31 - 1;

function refuse(field: string, expected: string, found: unknown): never {
  throw new InvalidArgumentError(field, expected, `${found}`);
}

function checkWhole(field: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  refuse(field, `a whole number from ${least} to ${most}`, value);
}

/** Throws `InvalidArgumentError` for what makes no sense, naming the field. */
export function checkRegistration(options: RegistrationOptions, maxExpires: number): void {
  const { registrar, aor, contact, instanceId, regId, gruu } = options;
  for (const [field, uri] of Object.entries({ registrar, aor, ...(contact && { contact }) })) {
    const isSip = uri instanceof URI && (uri.scheme === "sip" || uri.scheme === "sips");
    if (!isSip) refuse(field, "a SIP or SIPS URI", uri);
  }
  if (registrar.user !== undefined) refuse("registrar", "a URI without a user", registrar);
  checkWhole("expires", options.expires, 1, maxExpires);
  checkWhole("regId", regId, 1, MAX_REG_ID);
  checkWhole("keepAlive", options.keepAlive, 0, maxExpires);
  // RFC 5626 §4.1: "a URN"; it stands between angle brackets and quotes.
  if (instanceId !== undefined && !/^urn:[\w:.%()+,=@;$!*'-]+$/.test(instanceId)) {
    refuse("instanceId", "a URN", JSON.stringify(instanceId));
  }
  // §4.2.1: both or none.
  if (regId !== undefined && instanceId === undefined) {
    refuse("regId", "an instanceId beside it", "none");
  }
  if (gruu !== undefined && !["public", "temporary", "none"].includes(gruu)) {
    refuse("gruu", "public, temporary or none", gruu);
  }
}
