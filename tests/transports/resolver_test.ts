// What the resolvers make of what a name server says.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "@strowger/sip";
import { DenoResolver } from "@strowger/sip/transports/resolver_deno";
import { HttpsResolver } from "@strowger/sip/transports/resolver_https";
import { NodeResolver } from "@strowger/sip/transports/resolver_node";
import {
  type Resolver,
  type ResolverTable,
  TableResolver,
} from "@strowger/sip/transports/resolver_table";
import { answerTo, DnsServer, type Zone } from "../support/dns_server.ts";

const RULE = {
  order: 10,
  preference: 20,
  flags: "s",
  services: "SIP+D2U",
  regexp: "",
  replacement: "_sip._udp.example.test",
};
const TABLE: ResolverTable = {
  a: { "host.example.test": ["192.0.2.1", "192.0.2.2"] },
  aaaa: { "host.example.test": ["2001:db8::7"] },
  srv: {
    "_sip._udp.example.test": [
      { priority: 1, weight: 60, port: 5070, target: "host.example.test" },
      { priority: 2, weight: 0, port: 65535, target: "." },
    ],
  },
  naptr: { "example.test": [RULE] },
};

const forever = (): AbortSignal => new AbortController().signal;

/** A resolver of each kind that asks the same zone. */
async function withResolvers(
  zone: Zone,
  test: (resolver: Resolver, kind: string) => Promise<void>,
): Promise<void> {
  await using server = new DnsServer(zone);
  const { port } = server;
  const overHttps = async (request: Request): Promise<Response> => {
    assertEquals([request.method, request.headers.get("content-type")], [
      "POST",
      "application/dns-message",
    ]);
    const question = new Uint8Array(await request.arrayBuffer());
    // RFC 8484 §4.1: "a DNS ID of 0 in every DNS request".
    assertEquals([question[0], question[1]], [0, 0]);
    const headers = { "content-type": "application/dns-message" };
    return new Response(answerTo(question, zone), { headers });
  };
  await test(new TableResolver(zone), "table");
  await test(new DenoResolver({ nameServer: { ipAddr: "127.0.0.1", port } }), "deno");
  await test(new NodeResolver({ servers: [`127.0.0.1:${port}`] }), "node");
  await test(new HttpsResolver("https://dns.test/dns-query", { fetch: overHttps }), "https");
}

const withoutDots = (record: object): object =>
  Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key,
      typeof value === "string" && value !== "." ? value.replace(/\.$/, "") : value,
    ]),
  );
const inOrder = <T>(records: readonly T[]): string[] =>
  records.map((each) => JSON.stringify(each)).sort();

Deno.test("addresses, servers and rules are the same by every resolver", async () => {
  await withResolvers(TABLE, async (resolver, kind) => {
    const [a, aaaa, srv, naptr] = await Promise.all([
      resolver.a("host.example.test", forever()),
      resolver.aaaa("host.example.test", forever()),
      resolver.srv("_sip._udp.example.test", forever()),
      resolver.naptr("example.test", forever()),
    ]);
    assertEquals(inOrder(a.records), inOrder(["192.0.2.1", "192.0.2.2"]), kind);
    assertEquals(aaaa.records, ["2001:db8::7"], kind);
    const sorted = [...srv.records].sort((one, other) => one.priority - other.priority);
    assertEquals(sorted.map(({ priority, weight, port }) => [priority, weight, port]), [
      [1, 60, 5070],
      [2, 0, 65535],
    ], kind);
    // The root is "." or nothing: whoever reads it takes the dot away.
    assertEquals(sorted.map(({ target }) => target.replace(/\.$/, "")), [
      "host.example.test",
      "",
    ], kind);
    assertEquals(naptr.records.map(withoutDots), [RULE], kind);
  });
});

Deno.test("what does not exist is nothing, and no error, by every resolver", async () => {
  for (const rcode of [0, 3]) {
    await withResolvers({ rcode }, async (resolver, kind) => {
      assertEquals((await resolver.a("nobody.test", forever())).records, [], kind);
      assertEquals((await resolver.aaaa("nobody.test", forever())).records, [], kind);
      assertEquals((await resolver.srv("_sip._udp.nobody.test", forever())).records, [], kind);
      assertEquals((await resolver.naptr("nobody.test", forever())).records, [], kind);
    });
  }
});

Deno.test("a time to live is told by who knows it; of nothing it is the zone's (RFC 2308)", async () => {
  await withResolvers({ ...TABLE, ttl: 1234 }, async (resolver, kind) => {
    const { ttl } = await resolver.a("host.example.test", forever());
    assertEquals(ttl, { table: 0, deno: undefined, node: 1234, https: 1234 }[kind], kind);
    if (kind !== "https") return;
    assertEquals((await resolver.srv("_sip._udp.example.test", forever())).ttl, 1234);
    assertEquals((await resolver.srv("nobody.test", forever())).ttl, 7);
  });
});

// Deno's, and its node:dns, tell no failure from nothing: see `record_cache.ts`.
Deno.test("a server failure is an error over HTTPS", async () => {
  await withResolvers({ ...TABLE, rcode: 2 }, async (resolver, kind) => {
    if (kind !== "https") return;
    await assertRejects(() => resolver.a("host.example.test", forever()), Error);
  });
});

Deno.test("Deno's resolver is not waited for once nobody cares", async () => {
  // A port that takes questions and says nothing.
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const resolver = new DenoResolver({ nameServer: { ipAddr: "127.0.0.1", port } });
  const nobody = new AbortController();
  const asked = resolver.a("host.example.test", nobody.signal);
  nobody.abort();
  await assertRejects(() => asked, Error);
  silent.close();
});

Deno.test("over HTTPS: another status, another type, and too much are refused", async () => {
  const big = new Uint8Array(70_000);
  const bodies: [Response, RegExp][] = [
    [new Response("no", { status: 500 }), /expected 200 application\/dns-message, found 500/],
    [new Response("<html>", { headers: { "content-type": "text/html" } }), /found 200 text\/html/],
    [new Response(big, { headers: { "content-type": "application/dns-message" } }), /too long/],
    [
      new Response(null, { headers: { "content-type": "application/dns-message" } }),
      /cut off/,
    ],
  ];
  for (const [response, expected] of bodies) {
    const fetch = () => Promise.resolve(response);
    const resolver = new HttpsResolver("https://dns.test/", { fetch });
    const error = await assertRejects(() => resolver.a("host.test", forever()), Error);
    assert(expected.test(error.message), error.message);
  }
});

Deno.test("over HTTPS: what is no URL is refused", () => {
  for (const url of ["", "dns.test", "ftp://dns.test", "https://"]) {
    assertThrows(() => new HttpsResolver(url), InvalidArgumentError);
  }
});

Deno.test("a table has names in any case", async () => {
  const resolver = new TableResolver({ a: { "Host.Example": ["192.0.2.1"] } });
  assertEquals((await resolver.a("hOST.example")).records, ["192.0.2.1"]);
});
