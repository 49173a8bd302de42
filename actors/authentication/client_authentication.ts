/**
 * Answers challenges to requests of ours (RFC 3261 §22.2, §22.3; RFC 7616 §3.6).
 *
 * @module
 */
import {
  type DigestChallenge,
  type DigestHash,
  digestHash,
  digestResponse,
  Fault,
  hashOfChallenge,
  type Identifiers,
  type IncomingResponseMessage,
  type OutgoingRequestMessage,
  parseHeaderValue,
  printCredentials,
  readChallenge,
  requestUri,
  valuesIn,
} from "../../messages/mod.ts";
import { isText } from "../../messages/digest_challenge.ts";
import type { Retry, Way } from "../transactions/attempts.ts";
import { Account, addressOf, type Credentials } from "./credentials.ts";
import { boundedSet } from "../bounded_map.ts";

/** What goes together: the far end's headers, and the proxies'. */
const HEADERS = [
  {
    challenge: "WWW-Authenticate",
    credentials: "Authorization",
    info: "Authentication-Info",
  },
  {
    challenge: "Proxy-Authenticate",
    credentials: "Proxy-Authorization",
    info: "Proxy-Authentication-Info",
  },
] as const;
type Headers = (typeof HEADERS)[number];
const [FAR_END] = HEADERS;

/** What a peer can make grow has a limit. */
const MAX_CHALLENGES = 16;
const MAX_ANSWERS = 16;
const MAX_PARTIES = 1000;
const MAX_NONCES = 1000;

/** How often a nonce was used: one count, whichever request uses it. */
interface NonceUse {
  count: number;
  readonly cnonce: string;
}

/** What a realm asks for, and what it gets. */
export interface Answer {
  readonly headers: Headers;
  readonly account: Account;
  challenge: DigestChallenge;
  use: NonceUse;
}

/** The answers that the requests of one call, or to one party, carry, by header and realm. */
export type Answers = Map<string, Answer>;

function keyOf({ credentials }: Headers, realm: string): string {
  return `${credentials} ${realm}`;
}

/** The challenges in a response that can be answered, by their realm. */
function challengesIn(
  response: IncomingResponseMessage,
  { challenge: name }: Headers,
): Map<string, DigestChallenge[]> {
  const realms = new Map<string, DigestChallenge[]>();
  // Each line by itself: one that nobody understands must not hide the others.
  const found = response.getHeaders(name).slice(0, MAX_CHALLENGES).flatMap((line) => {
    const parsed = parseHeaderValue(name, line);
    return parsed instanceof Fault ? [] : parsed;
  });
  for (const header of found.slice(0, MAX_CHALLENGES)) {
    const challenge = readChallenge(header);
    if (challenge === undefined) continue;
    const others = realms.get(challenge.realm);
    if (others === undefined) realms.set(challenge.realm, [challenge]);
    else others.push(challenge);
  }
  return realms;
}

/** What a core knows to answer challenges with. */
export class ClientAuthentication {
  readonly #identifiers: Identifiers;
  readonly #hashes: readonly DigestHash[];
  readonly #accounts: readonly Account[];
  readonly #parties = new Map<string, Answers>();
  readonly #nonces = new Map<string, NonceUse>();

  /** Throws `InvalidArgumentError` for credentials that make no sense, naming the field. */
  constructor(
    credentials: readonly Credentials[],
    hashes: readonly DigestHash[],
    identifiers: Identifiers,
  ) {
    this.#accounts = credentials.map((each, i) => new Account(each, `credentials[${i}]`));
    this.#hashes = hashes;
    this.#identifiers = identifiers;
  }

  /** What answers for one request. */
  of(message: OutgoingRequestMessage, way: Way): RequestAuthentication {
    return new RequestAuthentication(this, message, way);
  }

  /** Chooses among the challenges of one realm, and what to answer them with. */
  answer(
    realm: string,
    challenges: readonly DigestChallenge[],
    message: OutgoingRequestMessage,
  ): { account: Account; challenge: DigestChallenge } | undefined {
    for (const account of this.#accounts) {
      if (!account.isFor(realm, message)) continue;
      const challenge = account.choose(challenges, this.#hashes);
      if (challenge !== undefined) return { account, challenge };
    }
    return undefined;
  }

  /** RFC 7616 §3.4: nc is "the count of the number of requests ... with the nonce value". */
  useOf({ realm, nonce }: DigestChallenge): NonceUse {
    const key = `${realm} ${nonce}`;
    const use = this.#nonces.get(key) ?? { count: 0, cnonce: this.#identifiers.characters(16) };
    boundedSet(this.#nonces, key, use, MAX_NONCES);
    return use;
  }

  /** What is known of a party from earlier requests. */
  known(party: string): Answers | undefined {
    return this.#parties.get(party);
  }

  /** Keeps an answer for later requests to a party. */
  remember(party: string, key: string, answer: Answer): void {
    const answers = this.#parties.get(party) ?? new Map<string, Answer>();
    boundedSet(answers, key, answer, MAX_ANSWERS);
    boundedSet(this.#parties, party, answers, MAX_PARTIES);
  }
}

/** What answers for one request, from its first attempt to its last. */
export class RequestAuthentication {
  /** What its attempts carry; those of a dialog share it with all that is sent in the dialog. */
  readonly answers: Answers;
  readonly #client: ClientAuthentication;
  readonly #message: OutgoingRequestMessage;
  readonly #nextHop: string;
  /** What was answered in this request, by header and realm. */
  readonly #answered = new Set<string>();

  constructor(client: ClientAuthentication, message: OutgoingRequestMessage, way: Way) {
    this.#client = client;
    this.#message = message;
    const { host, port } = way.nextHop;
    this.#nextHop = `${host.toLowerCase()}:${port ?? ""}`;
    this.answers = way.answers ??= new Map();
    if (this.#isInDialog) return;
    for (const headers of HEADERS) {
      for (const [key, answer] of client.known(this.#partyOf(headers)) ?? []) {
        if (answer.headers === headers) this.answers.set(key, answer);
      }
    }
  }

  /** Puts onto the message what its next attempt carries. */
  authorize(): void {
    const message = this.#message;
    for (const { credentials } of HEADERS) {
      // What a program has put there itself is its own affair.
      if (valuesIn(message.extraHeaders, credentials).length > 0) continue;
      const values = [...this.answers.values()]
        .filter((answer) => answer.headers.credentials === credentials)
        .map((answer) => this.#print(answer));
      if (values.length > 0 || message.hasHeader(credentials)) {
        message.setHeader(credentials, values);
      }
    }
  }

  /**
   * Answers every challenge that can be answered. §22.1: "A UAC MUST NOT re-attempt requests with
   * the credentials that have just been rejected (though the request may be retried if the nonce was
   * stale)": then it forgets them.
   */
  retry(response: IncomingResponseMessage): Retry | undefined {
    if (response.statusCode !== 401 && response.statusCode !== 407) return undefined;
    const found: Answer[] = [];
    // §22.3: "If a UA receives a Proxy-Authenticate header field value in a 401/407 response": a
    // proxy that forks collects both kinds in one.
    for (const headers of HEADERS) {
      // Within a dialog nothing forks: a 401 is the far end's own, whatever it has in it.
      const isFarEnd = this.#isInDialog && (headers === FAR_END || response.statusCode === 401);
      for (const [realm, challenges] of challengesIn(response, headers)) {
        const answer = this.#client.answer(realm, challenges, this.#message);
        if (answer === undefined) continue;
        const key = keyOf(headers, realm);
        if (isFarEnd && !this.#mayGet(headers, key, answer.account)) continue;
        if (this.#answered.has(key) && !this.#isStale(key, answer.challenge)) {
          return this.#forget(headers, key);
        }
        found.push({ headers, ...answer, use: this.#client.useOf(answer.challenge) });
      }
    }
    return found.length === 0 ? undefined : { change: () => this.#take(found) };
  }

  /** RFC 7616 §3.5: nextnonce is "the nonce the server wishes the client to use" from now on. */
  learn(response: IncomingResponseMessage): void {
    for (const headers of HEADERS) {
      const parsed = response.parseHeader(headers.info);
      const [info] = parsed === undefined || parsed instanceof Fault ? [] : parsed;
      const nonce = info?.parameters["nextnonce"];
      if (!nonce || !isText(nonce)) continue;
      const candidates = [...this.answers.values()].filter((each) => each.headers === headers);
      // It names no realm; where there are several, the client's nonce tells whose it is.
      const cnonce = info?.parameters["cnonce"];
      const answer = candidates.length === 1
        ? candidates[0]
        : candidates.find(({ use }) => use.cnonce === cnonce);
      if (answer === undefined) continue;
      answer.challenge = { ...answer.challenge, nonce, stale: false };
      answer.use = this.#client.useOf(answer.challenge);
    }
  }

  get #isInDialog(): boolean {
    return this.#message.toTag !== undefined;
  }

  /**
   * Whether the far end of a dialog gets what it asks for: it gets what a program says is for it, and
   * what it has been given in this dialog before.
   */
  #mayGet(headers: Headers, key: string, account: Account): boolean {
    if (account.forFarEnd) return true;
    return headers === FAR_END && this.answers.get(key)?.account === account;
  }

  /** That a nonce is stale tells who has another: with the same one, there would be no end of it. */
  #isStale(key: string, { stale, nonce }: DigestChallenge): boolean {
    return stale && nonce !== this.answers.get(key)?.challenge.nonce;
  }

  /**
   * Who gets the same answer again. §22.2: "UAs SHOULD cache the credentials for a given value of the
   * To header field and "realm" and attempt to re-use these values on the next request for that
   * destination"; of a proxy it is the domain that it takes requests to.
   */
  #partyOf(headers: Headers): string {
    const { fromURI, toURI } = this.#message;
    const to = headers === FAR_END ? addressOf(toURI) : toURI.host.toLowerCase();
    return `${headers.credentials} ${this.#nextHop} ${addressOf(fromURI)} ${to}`;
  }

  #take(found: readonly Answer[]): void {
    for (const answer of found) {
      const { headers, account, challenge } = answer;
      const key = keyOf(headers, challenge.realm);
      account.learn(challenge.realm);
      this.#answered.add(key);
      boundedSet(this.answers, key, answer, MAX_ANSWERS);
      if (!this.#isInDialog) this.#client.remember(this.#partyOf(headers), key, answer);
    }
  }

  #forget(headers: Headers, key: string): undefined {
    this.answers.delete(key);
    this.#client.known(this.#partyOf(headers))?.delete(key);
  }

  #print({ account, challenge, use }: Answer): string {
    const { realm, nonce, opaque, algorithm, userhash } = challenge;
    const { method, ruri, body } = this.#message;
    const hash = hashOfChallenge(challenge);
    const uri = requestUri(ruri);
    // §22.4: "If a client receives a "qop" parameter in a challenge header field, it MUST send the
    // "qop" parameter". Where both are offered: what is between may change bodies.
    const [qop] = challenge.qop;
    const nc = qop === undefined ? undefined : (++use.count).toString(16).padStart(8, "0");
    // "a cnonce value MUST NOT be sent ... if no qop directive has been sent".
    const cnonce = qop === undefined ? undefined : use.cnonce;
    const response = digestResponse({
      algorithm: algorithm ?? hash,
      ha1: account.ha1(hash, realm),
      method,
      uri,
      nonce,
      qop,
      nc,
      cnonce,
      body: body?.content,
    });
    const username = userhash ? digestHash(hash, `${account.username}:${realm}`) : account.username;
    const sent = { username, realm, nonce, opaque, algorithm, userhash };
    return printCredentials({ ...sent, uri, response, qop, nc, cnonce });
  }
}
