/**
 * Challenges requests and verifies what comes back: for registrars, answering machines, and whoever
 * wants to know who calls (RFC 3261 §22.2, RFC 7616 §3.3, RFC 8760 §2).
 *
 * @module
 */
import {
  DIGEST_HASHES,
  type DigestCredentials,
  digestHA1,
  type DigestHash,
  type DigestQop,
  digestResponse,
  equivalentURI,
  Fault,
  Identifiers,
  type IncomingRequestMessage,
  InvalidArgumentError,
  parseHeaderValue,
  parseUri,
  printChallenge,
  type RandomSource,
  readCredentials,
  type ResponseOptions,
  URI,
} from "../../messages/mod.ts";
import { checkHA1, checkText } from "./credentials.ts";
import { equalInConstantTime, ServerNonces } from "./server_nonces.ts";
import { checkMilliseconds, checkSome } from "../user_agent_core_configuration.ts";

/** What a user is known by: the password, or HA1 by hash function (see `digestHA1`). */
export type DigestSecret =
  | { readonly password: string }
  | { readonly ha1: { readonly [H in DigestHash]?: string } };

/** What an authenticator is made from. */
export interface DigestAuthenticatorOptions {
  /** The realm; RFC 3261 §22.1: "Realm strings MUST be globally unique". */
  realm: string;
  /**
   * Finds what a user is known by; `undefined` for a user that is not known. Where that takes time,
   * leave it out: ask `usernameOf()`, wait, and pass the secret to `verify()`.
   */
  lookUp?: (username: string) => DigestSecret | undefined;
  /** 401 for a user agent server and a registrar, 407 for a proxy; 401 by default. */
  statusCode?: 401 | 407;
  /** Which hash functions are offered, each in a challenge of its own, the preferred one first. */
  algorithms?: readonly DigestHash[];
  /** How requests may be protected; `["auth"]` by default. */
  qop?: readonly DigestQop[];
  /** How long a nonce may be used, in milliseconds; five minutes by default. */
  nonceLifetime?: number;
  /** How many nonces in use are remembered against replay; 10,000 by default. */
  maxNonces?: number;
  /**
   * Whether the URI that was hashed is what the request is for. By default it has to be equivalent to
   * the Request-URI. Behind a proxy that rewrites it that is too much to ask (§22.4, item 6).
   */
  acceptsURI?: (uri: URI, request: IncomingRequestMessage) => boolean;
  /** The time in milliseconds; the runtime's by default. */
  now?: () => number;
  /** Where nonces come from; the runtime's cryptographic source by default. */
  random?: RandomSource;
}

/** What became of a request's credentials. */
export type DigestVerdict =
  | {
    /** They are right. Whether this user may do what the request asks is the program's to say. */
    readonly kind: "authenticated";
    /** Whose they are. */
    readonly username: string;
    /** How they were hashed. */
    readonly algorithm: DigestHash;
    /** What they protect; absent for a client of RFC 2069. */
    readonly qop: DigestQop | undefined;
  }
  | {
    /** They have to come, or to come again. */
    readonly kind: "challenge";
    /** There were none; they were wrong; they were right, and their nonce too old or used before. */
    readonly reason: "absent" | "wrong" | "stale";
    /** What to refuse the request with, as in `request.reject(verdict.response)`. */
    readonly response: ResponseOptions;
  };

/** How many credentials of one request are looked at. */
const MAX_CREDENTIALS = 8;
const NONCE_LIFETIME = 300_000;
const MAX_NONCES = 10_000;

function isSameURI(uri: URI, request: IncomingRequestMessage): boolean {
  return equivalentURI(uri, request.ruri);
}

/**
 * Challenges and verifies. It keeps nothing of a challenge, so that a flood of requests does not make
 * it grow; of nonces that were used it keeps a bounded table, against replay. With
 * `core.replyStateless()` the core keeps nothing of what is challenged, either.
 *
 * @example A registrar
 * ```ts
 * import { DigestAuthenticator, UserAgentCore } from "@strowger/sip";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 *
 * const passwords = new Map([["alice", "wonderland"]]);
 * const authenticator = new DigestAuthenticator({
 *   realm: "biloxi.com",
 *   lookUp: (username) => {
 *     const password = passwords.get(username);
 *     return password === undefined ? undefined : { password };
 *   },
 * });
 *
 * const network = new MemoryNetwork();
 * const transport = network.transport({ host: "biloxi.com", port: 5060 });
 * const registrar = new UserAgentCore({ transports: [transport] }, {
 *   onRegister: (request) => {
 *     const verdict = authenticator.verify(request.message);
 *     if (verdict.kind === "challenge") return void request.reject(verdict.response);
 *     if (verdict.username !== request.message.to.uri.user) {
 *       return void request.reject({ statusCode: 403 });
 *     }
 *     request.accept();
 *   },
 * });
 * await registrar.dispose();
 * ```
 */
export class DigestAuthenticator {
  /** The realm. */
  readonly realm: string;
  readonly #lookUp: (username: string) => DigestSecret | undefined;
  readonly #statusCode: 401 | 407;
  readonly #algorithms: readonly DigestHash[];
  readonly #qop: readonly DigestQop[];
  readonly #acceptsURI: (uri: URI, request: IncomingRequestMessage) => boolean;
  readonly #nonces: ServerNonces;

  /** Throws `InvalidArgumentError` for options that make no sense. */
  constructor(options: DigestAuthenticatorOptions) {
    const { realm, algorithms = DIGEST_HASHES, qop = ["auth"], statusCode = 401 } = options;
    const { nonceLifetime = NONCE_LIFETIME, maxNonces = MAX_NONCES } = options;
    if (typeof realm !== "string" || realm === "" || /[\r\n\0]/.test(realm)) {
      throw new InvalidArgumentError("realm", "a line of text", JSON.stringify(realm));
    }
    if (statusCode !== 401 && statusCode !== 407) {
      throw new InvalidArgumentError("statusCode", "401 or 407", `${statusCode}`);
    }
    checkFunction("lookUp", options.lookUp);
    checkFunction("acceptsURI", options.acceptsURI);
    checkSome("algorithms", algorithms, DIGEST_HASHES);
    checkSome("qop", qop, ["auth", "auth-int"]);
    checkMilliseconds("nonceLifetime", nonceLifetime, 1);
    if (!Number.isInteger(maxNonces) || maxNonces < 1) {
      throw new InvalidArgumentError("maxNonces", "an integer from 1", `${maxNonces}`);
    }
    this.realm = realm;
    this.#lookUp = options.lookUp ?? (() => undefined);
    this.#statusCode = statusCode;
    this.#algorithms = [...algorithms];
    this.#qop = [...qop];
    this.#acceptsURI = options.acceptsURI ?? isSameURI;
    this.#nonces = new ServerNonces(new Identifiers(options.random), {
      now: options.now ?? (() => Date.now()),
      lifetime: nonceLifetime,
      limit: maxNonces,
    });
  }

  /** Who a request says that it is from; `undefined` where it has no credentials for this realm. */
  usernameOf(request: IncomingRequestMessage): string | undefined {
    return this.#credentialsOf(request)?.username;
  }

  /**
   * Verifies the credentials of a request.
   *
   * @param secret What its user is known by, where `lookUp` is not there to find it.
   * @throws `InvalidArgumentError` for an ACK or a CANCEL: §22.1, "Servers MUST NOT attempt to
   * challenge an ACK", nor a CANCEL; for a secret that is neither a password nor HA1, as where
   * `lookUp` is asynchronous; what `lookUp` throws.
   */
  verify(request: IncomingRequestMessage, secret?: DigestSecret): DigestVerdict {
    const { method } = request;
    if (method === "ACK" || method === "CANCEL") {
      throw new InvalidArgumentError("request", "one that may be challenged", method);
    }
    const credentials = this.#credentialsOf(request);
    if (credentials === undefined) return this.#challenge("absent");
    const { username, algorithm = "MD5", qop, nonce, nc = "1" } = credentials;
    const hash = this.#algorithms.find((each) => each === algorithm);
    const known = secret ?? this.#lookUp(username) ?? undefined;
    if (known !== undefined) checkSecret(known);
    if (hash === undefined || !this.#isRight(request, credentials, hash, known)) {
      return this.#challenge("wrong");
    }
    // RFC 2617 §3.2.1: stale only "with a valid digest for that nonce (indicating that the client knows
    // the correct username/password)".
    if (!this.#nonces.take(nonce, parseInt(nc, 16))) return this.#challenge("stale");
    return { kind: "authenticated", username, algorithm: hash, qop };
  }

  #isRight(
    request: IncomingRequestMessage,
    credentials: DigestCredentials,
    hash: DigestHash,
    secret: DigestSecret | undefined,
  ): boolean {
    const { username, uri, qop, response, userhash } = credentials;
    // Servers MUST stay compatible with RFC 2069 (§22.4), whose clients protect no more than `auth`.
    if (userhash || !this.#qop.includes(qop ?? "auth")) return false;
    const ha1 = this.#ha1(hash, username, secret);
    const expected = digestResponse({
      ...credentials,
      algorithm: hash,
      ha1: ha1 ?? "",
      method: request.method,
      body: request.bodyBytes,
    });
    const isEqual = equalInConstantTime(expected, response.toLowerCase());
    const hashed = parseUri(uri);
    // Nobody may be known by an HA1 that is not there.
    const isKnown = secret !== undefined && ha1 !== undefined;
    return isEqual && isKnown && hashed instanceof URI &&
      this.#acceptsURI(hashed, request);
  }

  /** For a user that is not known, or known by HA1, the same work, so that time does not tell. */
  #ha1(hash: DigestHash, username: string, secret: DigestSecret | undefined): string | undefined {
    const password = secret !== undefined && "password" in secret ? secret.password : "";
    const made = digestHA1(hash, username, this.realm, password);
    if (secret === undefined || "password" in secret) return made;
    return secret.ha1[hash]?.toLowerCase();
  }

  #credentialsOf(request: IncomingRequestMessage): DigestCredentials | undefined {
    const name = this.#statusCode === 401 ? "Authorization" : "Proxy-Authorization";
    // Each line by itself: what is for others may be of schemes that nobody here can read.
    for (const line of request.getHeaders(name).slice(0, MAX_CREDENTIALS)) {
      const parsed = parseHeaderValue(name, line);
      const [header] = parsed instanceof Fault ? [] : parsed;
      const credentials = header === undefined ? undefined : readCredentials(header);
      if (credentials?.realm === this.realm) return credentials;
    }
    return undefined;
  }

  #challenge(reason: "absent" | "wrong" | "stale"): DigestVerdict {
    const name = this.#statusCode === 401 ? "WWW-Authenticate" : "Proxy-Authenticate";
    // RFC 8760 §2.3: a server that supports several "MUST add multiple ... header fields, one for each
    // algorithm", in the order of its preference.
    // §22.4: "servers MUST always send a "qop" parameter".
    const common = { realm: this.realm, nonce: this.#nonces.make(), qop: this.#qop };
    const stale = reason === "stale";
    const extraHeaders = this.#algorithms.map((algorithm) =>
      `${name}: ${printChallenge({ ...common, algorithm, stale, userhash: false })}`
    );
    const response = { statusCode: this.#statusCode, extraHeaders };
    return { kind: "challenge", reason, response };
  }
}

function checkFunction(field: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new InvalidArgumentError(field, "a function", typeof value);
}

/** An empty column of a data base must not become a password, or an HA1, that anybody can have. */
function checkSecret(secret: DigestSecret): void {
  const isObject = typeof secret === "object";
  if (isObject && "password" in secret) {
    return void checkText("secret.password", secret.password);
  }
  if (!isObject || typeof secret.ha1 !== "object" || secret.ha1 === null) {
    throw new InvalidArgumentError("secret", "a password or ha1", "neither");
  }
  for (const hash of DIGEST_HASHES) {
    const ha1 = secret.ha1[hash];
    if (ha1 !== undefined) checkHA1(`secret.ha1.${hash}`, hash, ha1);
  }
}
