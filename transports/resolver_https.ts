/**
 * The DNS over HTTPS (RFC 8484), for runtimes that have `fetch` and no DNS of their own: edge runtimes
 * and browsers.
 *
 * @module
 */
import { InvalidArgumentError, TransportError } from "../messages/errors.ts";
import { decodeAnswer, encodeQuestion, type RecordTypes } from "./dns_message.ts";
import type { NaptrRecord, RecordSet, Resolver, SrvRecord } from "./resolver.ts";

export type { NaptrRecord, RecordSet, Resolver, SrvRecord };

/** What an {@linkcode HttpsResolver} may be given. */
export interface HttpsResolverOptions {
  /** What asks; the platform's own `fetch` by default. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The most that a message of the DNS can have. */
const MAX_ANSWER = 65_535;
const MEDIA_TYPE = "application/dns-message";

/**
 * Asks one server, which the program has chosen: there is none by default, since it learns of everybody
 * who is called.
 *
 * @example
 * ```ts
 * import { UserAgentCore } from "@strowger/sip";
 * import { MemoryNetwork } from "@strowger/sip/transports/memory";
 * import { HttpsResolver } from "@strowger/sip/transports/resolver_https";
 *
 * const transport = new MemoryNetwork().transport({ host: "192.0.2.9", port: 5060 });
 * const resolver = new HttpsResolver("https://dns.example/dns-query");
 * const core = new UserAgentCore({ transports: [transport], resolver });
 * await core.dispose();
 * ```
 */
export class HttpsResolver implements Resolver {
  readonly #url: string;
  readonly #fetch: (request: Request) => Promise<Response>;

  /**
   * @param url The server's, as in `https://dns.example/dns-query`.
   * @throws `InvalidArgumentError` for what is no URL of HTTP.
   */
  constructor(url: string, options: HttpsResolverOptions = {}) {
    if (!/^https?:/i.test(url) || !URL.canParse(url)) {
      throw new InvalidArgumentError("url", "an https: URL", `"${url}"`);
    }
    this.#url = url;
    this.#fetch = options.fetch ?? ((request) => fetch(request));
  }

  /** See {@linkcode Resolver.a}. */
  a(name: string, signal: AbortSignal): Promise<RecordSet<string>> {
    return this.#ask(name, "A", signal);
  }

  /** See {@linkcode Resolver.aaaa}. */
  aaaa(name: string, signal: AbortSignal): Promise<RecordSet<string>> {
    return this.#ask(name, "AAAA", signal);
  }

  /** See {@linkcode Resolver.srv}. */
  srv(name: string, signal: AbortSignal): Promise<RecordSet<SrvRecord>> {
    return this.#ask(name, "SRV", signal);
  }

  /** See {@linkcode Resolver.naptr}. */
  naptr(name: string, signal: AbortSignal): Promise<RecordSet<NaptrRecord>> {
    return this.#ask(name, "NAPTR", signal);
  }

  async #ask<T extends keyof RecordTypes>(
    name: string,
    type: T,
    signal: AbortSignal,
  ): Promise<RecordSet<RecordTypes[T]>> {
    const response = await this.#fetch(
      new Request(this.#url, {
        method: "POST",
        headers: { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE },
        body: encodeQuestion(name, type),
        signal,
      }),
    );
    const found = `${response.status} ${response.headers.get("content-type") ?? ""}`;
    if (found !== `200 ${MEDIA_TYPE}`) {
      await response.body?.cancel();
      throw new TransportError(`${this.#url}: expected 200 ${MEDIA_TYPE}, found ${found}`);
    }
    return decodeAnswer(await read(response), type);
  }
}

/** The body, unless it is longer than any answer can be. */
async function read({ body }: Response): Promise<Uint8Array> {
  const bytes = new Uint8Array(MAX_ANSWER);
  const reader = body?.getReader();
  for (let length = 0;;) {
    const chunk = (await reader?.read())?.value;
    if (chunk === undefined) return bytes.subarray(0, length);
    if (length + chunk.length > MAX_ANSWER) {
      await reader?.cancel();
      throw new TransportError("the answer is too long");
    }
    bytes.set(chunk, length);
    length += chunk.length;
  }
}
