/**
 * Who takes part in the flows of RFC 3665: Alice in Atlanta, Bob in Biloxi, and the proxies of both.
 *
 * @module
 */
import { parseMessage, URI } from "@strowger/sip";
import { challenge, isRight } from "../support/challenge.ts";
import type { ProxyScript } from "../support/test_proxy.ts";
import type { WireText } from "../support/wire_text.ts";
import type { Agent, AskOptions } from "./agent.ts";
import { Cast } from "./cast.ts";

/** The addresses of record. */
export const ALICE: URI = URI.parse("sip:alice@atlanta.example.com");
/** See above. */
export const BOB: URI = URI.parse("sip:bob@biloxi.example.com");

/** What every INVITE of Alice has in From and To. */
export const NAMES: AskOptions = { fromDisplayName: "Alice", toDisplayName: "Bob" };

/** Where each is, by the hosts of §1.3. */
export const HOSTS = {
  alice: "client.atlanta.example.com",
  bob: "client.biloxi.example.com",
  chicago: "client.chicago.example.com",
  proxy1: "ss1.atlanta.example.com",
  proxy2: "ss2.biloxi.example.com",
  proxy3: "ss3.chicago.example.com",
  alg: "alg1.atlanta.example.com",
} as const;

/** Whom a domain's requests go to, where it has a proxy; else they go to Bob himself. */
export const WITH_PROXIES = { "biloxi.example.com": HOSTS.proxy2 } as const;

const CREDENTIALS = ["atlanta.example.com", "biloxi.example.com"].map((realm) => ({
  realm,
  username: "alice",
  password: "pass1234",
}));

/** A proxy that asks for Alice's password in its realm. */
export function challenging(realm: string): ProxyScript {
  const refuse = (request: WireText): [string, string] | undefined => {
    const message = parseMessage(request.encode());
    if (message.kind !== "request") throw new Error(`no request: ${request.startLine}`);
    if (isRight(message, "pass1234", "Proxy-Authorization", realm)) return undefined;
    const line = challenge({ realm, nonce: `nonce of ${realm}`, qop: "auth", proxy: true });
    return ["407 Proxy Authentication Required", line];
  };
  return { realm, refuse };
}

/** Where Bob is, as his proxy knows it. */
export function locateBob(ruri: string): readonly string[] | undefined {
  return ruri === `${BOB}` ? [`sip:bob@${HOSTS.bob}`] : undefined;
}

/** Alice, who sends everything by way of a proxy, or by none. */
export function makeAlice(cast: Cast, proxy?: string, protocol = "UDP"): Agent {
  return cast.agent("Alice", HOSTS.alice, {
    protocol,
    aor: ALICE,
    credentials: CREDENTIALS,
    ...proxy === undefined ? {} : { routeSet: [`<sip:${proxy};lr>`] },
  });
}

/** Bob. */
export function makeBob(cast: Cast, protocol = "UDP"): Agent {
  return cast.agent("Bob", HOSTS.bob, { protocol, aor: BOB });
}

/** Alice, Proxy 1 in Atlanta, Proxy 2 in Biloxi, and Bob. */
export function throughTwoProxies(
  protocol: "TCP" | "UDP",
  first: ProxyScript,
  second: ProxyScript,
  shown: readonly string[] = [],
): { cast: Cast; alice: Agent; bob: Agent } {
  const cast = new Cast(WITH_PROXIES, shown);
  cast.proxy("P1", HOSTS.proxy1, first, protocol);
  cast.proxy("P2", HOSTS.proxy2, { locate: locateBob, ...second }, protocol);
  return {
    cast,
    alice: makeAlice(cast, HOSTS.proxy1, protocol),
    bob: makeBob(cast, protocol),
  };
}
