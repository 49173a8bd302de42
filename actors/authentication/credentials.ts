/**
 * What a program gives of itself to whoever asks for it, and to nobody else.
 *
 * @module
 */
import {
  chooseChallenge,
  DIGEST_HASHES,
  type DigestChallenge,
  digestHA1,
  type DigestHash,
  InvalidArgumentError,
  type OutgoingRequestMessage,
  URI,
} from "../../messages/mod.ts";

/**
 * A name and a password, and whom they are for. Neither the password nor HA1 reaches a log, an
 * error, `inspect`, or `core.configuration`: a core takes them over when it is made.
 *
 * @example
 * ```ts
 * import { UserAgentCore } from "@strowger/sip";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 *
 * const network = new MemoryNetwork();
 * const core = new UserAgentCore({
 *   transports: [network.transport({ host: "alice.example", port: 5060 })],
 *   credentials: [{ realm: "biloxi.com", username: "alice", password: "wonderland" }],
 * });
 * console.assert(core.configuration.credentials === undefined);
 * await core.dispose();
 * ```
 */
export interface Credentials {
  /**
   * The realm that they are for, as challenges name it; case counts. Without one they are for one's
   * own registrar: for whoever challenges a REGISTER, and from then on for its realm in every
   * request.
   */
  readonly realm?: string;
  /** The user's name for authentication, which need not be that in an address. */
  readonly username: string;
  /** The password. */
  readonly password?: string;
  /** In place of the password: HA1 in hexadecimal digits, by hash function; see `digestHA1`. */
  readonly ha1?: { readonly [H in DigestHash]?: string };
  /** Only for requests that have this address in From: for programs with several users. */
  readonly aor?: URI;
  /**
   * Also for the far end of a dialog. A 401 to a request within a dialog is the far end's own, and
   * it does not get what was meant for a registrar or a proxy, unless it was given the same before:
   * in answer to a 401 to the INVITE or SUBSCRIBE that made the dialog. False by default.
   */
  readonly forFarEnd?: boolean;
}

/** How many realms of one's own registrar are remembered. */
const MAX_REALMS = 8;

/** User and host of an address, for comparing. */
export function addressOf({ user = "", host }: URI): string {
  return `${user}@${host.toLowerCase()}`;
}

/** Throws for what is no text of one line. */
export function checkText(field: string, value: unknown): string {
  // What is wrong with it may be told, but never what it is.
  if (typeof value !== "string") throw new InvalidArgumentError(field, "a text", typeof value);
  if (/[\r\n\0]/.test(value)) {
    throw new InvalidArgumentError(field, "text without CR, LF and NUL", "one of them");
  }
  return value;
}

/** Throws for what is no hash; gives it in lower case. */
export function checkHA1(field: string, hash: DigestHash, value: unknown): string {
  const digits = hash === "MD5" ? 32 : 64;
  if (typeof value !== "string" || !/^[0-9a-f]*$/i.test(value) || value.length !== digits) {
    throw new InvalidArgumentError(field, `${digits} hexadecimal digits`, "something else");
  }
  return value.toLowerCase();
}

/** Credentials as the engine keeps them: nothing that is printed or stored shows what is secret. */
export class Account {
  readonly username: string;
  readonly forFarEnd: boolean;
  readonly #realm: string | undefined;
  readonly #aor: string | undefined;
  readonly #password: string | undefined;
  /** By hash function, as they were given; or by hash function and realm, as they are made. */
  readonly #ha1 = new Map<string, string>();
  /** Those of the registrar, where no realm was given. */
  readonly #learned = new Set<string>();

  /** Throws `InvalidArgumentError` for what makes no sense, naming the field. */
  constructor(credentials: Credentials, field: string) {
    if (typeof credentials !== "object" || credentials === null) {
      throw new InvalidArgumentError(field, "credentials", typeof credentials);
    }
    const { realm, username, password, ha1, aor } = credentials;
    this.username = checkText(`${field}.username`, username);
    this.#realm = realm === undefined ? undefined : checkText(`${field}.realm`, realm);
    if ((password === undefined) === (ha1 === undefined)) {
      const found = password === undefined ? "neither" : "both";
      throw new InvalidArgumentError(`${field}.password`, "either a password or ha1", found);
    }
    this.#password = password === undefined ? undefined : checkText(`${field}.password`, password);
    for (const hash of DIGEST_HASHES) {
      const value = ha1?.[hash];
      if (value !== undefined) this.#ha1.set(hash, checkHA1(`${field}.ha1.${hash}`, hash, value));
    }
    if (ha1 !== undefined && this.#ha1.size === 0) {
      throw new InvalidArgumentError(`${field}.ha1`, DIGEST_HASHES.join(" or "), "none of them");
    }
    if (aor !== undefined && !(aor instanceof URI)) {
      throw new InvalidArgumentError(`${field}.aor`, "a URI", typeof aor);
    }
    this.#aor = aor === undefined ? undefined : addressOf(aor);
    this.forFarEnd = credentials.forFarEnd === true;
  }

  /** Whether a request may carry them for a realm. */
  isFor(realm: string, { method, fromURI }: OutgoingRequestMessage): boolean {
    if (this.#aor !== undefined && this.#aor !== addressOf(fromURI)) return false;
    if (this.#realm !== undefined) return this.#realm === realm;
    return method === "REGISTER" || this.#learned.has(realm);
  }

  /** Notes that a realm was answered. */
  learn(realm: string): void {
    if (this.#realm === undefined && this.#learned.size < MAX_REALMS) this.#learned.add(realm);
  }

  /** Which of several challenges to answer; `hashes` are those that the program allows. */
  choose(
    challenges: readonly DigestChallenge[],
    hashes: readonly DigestHash[],
  ): DigestChallenge | undefined {
    const able = hashes.filter((hash) => this.#password !== undefined || this.#ha1.has(hash));
    return chooseChallenge(challenges, able);
  }

  /** HA1 for a realm. */
  ha1(hash: DigestHash, realm: string): string {
    if (this.#password === undefined) return this.#ha1.get(hash) ?? "";
    const key = `${hash} ${realm}`;
    const known = this.#ha1.get(key);
    if (known !== undefined) return known;
    const made = digestHA1(hash, this.username, realm, this.#password);
    if (this.#ha1.size < MAX_REALMS) this.#ha1.set(key, made);
    return made;
  }
}
