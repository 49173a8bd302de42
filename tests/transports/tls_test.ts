import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { connect as openTls, createServer, type TLSSocket } from "node:tls";
import { InvalidArgumentError, TransportError } from "../../messages/errors.ts";
import { type TlsClientOptions, type TlsOptions, TlsTransport } from "../../transports/tls.ts";
import type { Destination } from "../../transports/transport.ts";
import { Authority, type Certified, selfSigned } from "../support/certificates.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { encode, LOOPBACKS, message, Recorder } from "./recorder.ts";

const authority = await Authority.make();
const ca = authority.cert;
const BILOXI = await authority.issue({ names: ["URI:sip:biloxi.com", "DNS:biloxi.com"] });
const ATLANTA = await authority.issue({ names: ["URI:sip:atlanta.com"] });
const HOSTS = await authority.issue({ names: ["IP:127.0.0.1", "IP:::1", "DNS:localhost"] });
const DAY = 86_400_000;

async function listen(options: TlsOptions): Promise<[TlsTransport, Recorder]> {
  return attached(await TlsTransport.listen(options));
}

function client(options: TlsClientOptions): [TlsTransport, Recorder] {
  return attached(TlsTransport.client(options));
}

function attached(transport: TlsTransport): [TlsTransport, Recorder] {
  const recorder = new Recorder();
  transport.attach(recorder);
  return [transport, recorder];
}

/** Where a transport listens, asked for by a name or by its address. */
function at({ local }: TlsTransport, name?: string): Destination {
  const { host, port = 0 } = local;
  return name === undefined ? { host, port } : { host, port, name };
}

function closeAll(...transports: TlsTransport[]): Promise<void[]> {
  return Promise.all(transports.map((each) => each.close()));
}

for (const host of LOOPBACKS) {
  Deno.test(`a message and its answer go by one connection, over ${host}`, async () => {
    const [alice, toAlice] = await listen({ host, ca, ...HOSTS });
    const [bob, toBob] = await listen({ host, ca, ...HOSTS });
    toBob.onReceive = (bytes, from) => void bob.send(bytes, from);
    await alice.send(encode(message("1")), at(bob));
    await toAlice.until({ messages: 1 });
    assertEquals(toAlice.texts, [message("1")]);
    assertEquals([toAlice.source.host, toAlice.source.port], [host, bob.local.port]);
    assert(toBob.source.port !== alice.local.port, "the answer went to the listening socket");
    await alice.ping(at(bob));
    assertEquals([alice.protocol, alice.reliable, alice.secure], ["TLS", true, true]);
    assertEquals([alice.counts.outgoing, bob.counts.incoming], [1, 1]);
    await closeAll(alice, bob);
  });
}

// RFC 5922 §7.1: "MUST accept the value ... if and only if no other identity is found that matches
// the "sip" URI type"; §7.2: case does not count, and a name is matched whole.
const GOOD: [string, string[], string][] = [
  ["a URI", ["URI:sip:biloxi.com"], "biloxi.com"],
  ["a URI in another case", ["URI:SIP:Biloxi.COM"], "biloxi.com"],
  ["a name in another case", ["DNS:Biloxi.com"], "BILOXI.com"],
  ["one of several", ["URI:sip:atlanta.com", "URI:sip:biloxi.com"], "biloxi.com"],
  ["a DNS name where the URIs are no SIP domains", [
    "URI:sips:a.com",
    "URI:sip:bob@a.com",
    "URI:https://a.com",
    "DNS:biloxi.com",
  ], "biloxi.com"],
];
const BAD: [string, string[], string, RegExp][] = [
  ["another name", ["DNS:atlanta.com"], "biloxi.com", /is for atlanta.com, and not for biloxi.com/],
  ["a DNS name beside a SIP domain", ["URI:sip:atlanta.com", "DNS:biloxi.com"], "biloxi.com", /./],
  ["a wildcard", ["DNS:*.biloxi.com"], "sip.biloxi.com", /\*\.biloxi.com.*wildcards are not/],
  ["a wildcard, asked for by name", ["DNS:*.biloxi.com"], "*.biloxi.com", /wildcards are not/],
  ["a suffix", ["DNS:biloxi.com"], "sip.biloxi.com", /not for sip.biloxi.com/],
  ["a longer name", ["DNS:sip.biloxi.com"], "biloxi.com", /not for biloxi.com/],
  ["a user", ["URI:sip:bob@biloxi.com"], "biloxi.com", /no SIP domain/],
  ["sips", ["URI:sips:biloxi.com"], "biloxi.com", /no SIP domain/],
  ["no name", [], "biloxi.com", /no SIP domain/],
  ["a name with a comma", ["URI:http://x, DNS:biloxi.com"], "biloxi.com", /no SIP domain/],
  ["a name for its address", ["DNS:127.0.0.1"], "127.0.0.2", /not for 127.0.0.2/],
];

for (const [title, names, name] of GOOD) {
  Deno.test(`a certificate for ${title} is taken`, async () => {
    const [bob, toBob] = await listen(await authority.issue({ names }));
    const [alice] = client({ ca });
    await alice.send(encode(message("1")), at(bob, name));
    await toBob.until({ messages: 1 });
    await closeAll(alice, bob);
  });
}

for (const [title, names, name, reason] of BAD) {
  Deno.test(`a certificate for ${title} is refused`, async () => {
    const [bob, toBob] = await listen(await authority.issue({ names }));
    const [alice, toAlice] = client({ ca });
    const sent = alice.send(encode(message("1")), at(bob, name));
    const error = await assertRejects(() => sent, TransportError, "the certificate is for");
    assertMatch(error.message, reason);
    await closeAll(alice, bob);
    assertEquals([toBob.texts, toAlice.disconnections], [[], []]);
  });
}

const UNTRUSTED: [string, () => Promise<Certified>, RegExp][] = [
  ["has expired", () =>
    authority.issue({
      names: ["DNS:biloxi.com"],
      from: new Date(Date.now() - 2 * DAY),
      until: new Date(Date.now() - DAY),
    }), /expired/i],
  ["is not valid yet", () =>
    authority.issue({
      names: ["DNS:biloxi.com"],
      from: new Date(Date.now() + DAY),
      until: new Date(Date.now() + 2 * DAY),
    }), /not yet valid/i],
  ["is self-signed", () => selfSigned({ names: ["DNS:biloxi.com"] }), /self-signed/i],
  [
    "another authority has issued",
    async () => (await Authority.make("Another")).issue({ names: ["DNS:biloxi.com"] }),
    /issuer|first cert/i,
  ],
];

for (const [title, issue, reason] of UNTRUSTED) {
  Deno.test(`a certificate that ${title} is refused, and nothing is sent`, async () => {
    const [bob, toBob] = await listen(await issue());
    const [alice] = client({ ca });
    const sent = alice.send(encode(message("1")), at(bob, "biloxi.com"));
    const error = await assertRejects(() => sent, TransportError, "cannot send to 127.0.0.1");
    assertMatch(error.message, reason);
    await closeAll(alice, bob);
    assertEquals([toBob.texts, bob.counts.incoming], [[], 0]);
  });
}

Deno.test("the runtime's authorities are believed by default, and those alone", async () => {
  const [bob] = await listen(BILOXI);
  const [alice] = client({});
  await assertRejects(() => alice.send(encode("x"), at(bob, "biloxi.com")), TransportError);
  await closeAll(alice, bob);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`who has the wrong name is sent nothing, over ${version}`, async () => {
    const closed = Promise.withResolvers<string>();
    const options = { ...ATLANTA, minVersion: version, maxVersion: version } as const;
    const impostor = createServer(options, (socket) => {
      let heard = "";
      socket.on("data", (chunk) => heard += String(chunk));
      socket.on("error", () => {});
      socket.on("close", () => closed.resolve(heard));
    }).on("tlsClientError", () => closed.resolve(""));
    await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
    const { port } = impostor.address() as { port: number };
    const [alice] = client({ ca });
    const to = { host: "127.0.0.1", port, name: "biloxi.com" };
    const sends = Array.from({ length: 100 }, (_, i) => alice.send(encode(message(i)), to));
    for (const { status } of await Promise.allSettled(sends)) assertEquals(status, "rejected");
    assertEquals(await closed.promise, "");
    await alice.close();
    await new Promise((resolve) => impostor.close(resolve));
  });

  Deno.test(`a far end that speaks ${version} is taken`, async () => {
    const [bob, toBob] = await listen(BILOXI);
    const socket = await opened(bob, { minVersion: version, maxVersion: version });
    assertEquals(socket.getProtocol(), version);
    socket.write(message("1"));
    await toBob.until({ messages: 1 });
    socket.destroy();
    await bob.close();
  });
}

function opened(bob: TlsTransport, options: object): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { host, port } = at(bob);
    const socket = openTls({ host, port, ca, servername: "biloxi.com", ...options });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
  });
}

Deno.test("TLS 1.1 is refused", async () => {
  const [bob] = await listen(BILOXI);
  await assertRejects(() => opened(bob, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }));
  await bob.close();
});

// RFC 5922 §7.3 with RFC 5923: a connection is for the name that it was verified for.
Deno.test("a connection is reused for the same name, and for no other", async () => {
  const [bob, toBob] = await listen(
    await authority.issue({ names: ["DNS:biloxi.com", "DNS:example.com"] }),
  );
  const [alice] = client({ ca });
  const names = ["biloxi.com", "Biloxi.com", "example.com", "biloxi.com"];
  for (const name of names) await alice.send(encode(message(name)), at(bob, name));
  await toBob.until({ messages: 4 });
  const connections = toBob.sources.map(({ connection }) => connection);
  assertEquals(new Set(connections).size, 2);
  await assertRejects(
    () => alice.send(encode("x"), at(bob, "atlanta.com")),
    TransportError,
    "and not for atlanta.com",
  );
  await closeAll(alice, bob);
});

Deno.test("a connection that is lost is told of with the name that was called", async () => {
  const [bob, toBob] = await listen(BILOXI);
  const [alice, toAlice] = client({ ca });
  await alice.send(encode(message("1")), at(bob, "biloxi.com"));
  await toBob.until({ messages: 1 });
  await bob.close();
  await toAlice.until({ gone: 1 });
  const { connection: _, ...from } = toAlice.disconnections[0]?.from ?? { host: "", port: 0 };
  assertEquals(from, at(bob, "biloxi.com"));
  await alice.close();
});

// RFC 5922 §7.4: a client that shows no certificate "MUST NOT be considered authenticated".
Deno.test("a client's certificate is asked for, and proves its domains", async () => {
  const [bob, toBob] = await listen({ ...BILOXI, ca, clientCertificates: "required" });
  const [alice, toAlice] = await listen({ ...ATLANTA, ca });
  await alice.send(encode(message("1")), at(bob, "biloxi.com"));
  await toBob.until({ messages: 1 });
  assertEquals(toBob.source.identities, ["atlanta.com"]);
  await bob.send(encode(message("back")), toBob.source);
  await toAlice.until({ messages: 1 });
  assertEquals(toAlice.source.identities, ["biloxi.com"]);
  // What goes to where it came from goes by it, for the name that it has proven.
  const { host, port } = toBob.source;
  await bob.send(encode(message("2")), { host, port, name: "atlanta.com" });
  await toAlice.until({ messages: 2 });
  await assertRejects(() => bob.send(encode("x"), { host, port, name: "example.com" }));
  await closeAll(alice, bob);
});

const CALLERS: [string, () => Promise<TlsClientOptions>][] = [
  ["no certificate", () => Promise.resolve({})],
  ["a self-signed one", () => selfSigned({ names: ["DNS:atlanta.com"] })],
  [
    "one of another authority",
    async () => (await Authority.make("Another")).issue({ names: ["DNS:atlanta.com"] }),
  ],
];
for (const [title, options] of CALLERS) {
  Deno.test(`a client with ${title} is turned away where one is required`, async () => {
    const [bob, toBob] = await listen({ ...BILOXI, ca, clientCertificates: "required" });
    const [alice, toAlice] = client({ ...await options(), ca });
    // TLS 1.3: the client is through before the server has looked.
    await alice.send(encode(message("1")), at(bob, "biloxi.com")).catch(() => {});
    await Promise.race([
      toAlice.until({ gone: 1 }),
      alice.ping(at(bob, "biloxi.com")).catch(() => {}),
    ]);
    await closeAll(alice, bob);
    assertEquals([toBob.texts, bob.counts.failedHandshakes], [[], 1]);
    // RFC 8446 §6.2: the alert says so.
    const [gone] = toAlice.disconnections;
    if (title === "no certificate") assertMatch(`${gone?.error}`, /certificate ?required/i);
  });

  Deno.test(`a client with ${title} has proven nothing where one is requested`, async () => {
    const [bob, toBob] = await listen({ ...BILOXI, ca, clientCertificates: "requested" });
    const [alice] = client({ ...await options(), ca });
    await alice.send(encode(message("1")), at(bob, "biloxi.com"));
    await toBob.until({ messages: 1 });
    assertEquals(toBob.source.identities, undefined);
    await closeAll(alice, bob);
  });
}

Deno.test("who was not asked has proven nothing; a request to where it came from is not sent by its connection", async () => {
  const [bob, toBob] = await listen({ ...BILOXI, ca });
  const [alice] = client({ ...ATLANTA, ca });
  await alice.send(encode(message("1")), at(bob, "biloxi.com"));
  await toBob.until({ messages: 1 });
  assertEquals(toBob.source.identities, undefined);
  const { host, port } = toBob.source;
  await assertRejects(() => bob.send(encode("x"), { host, port }), TransportError);
  await closeAll(alice, bob);
});

Deno.test("a handshake that does not end is ended by connectTimeout, at both ends", async () => {
  const clock = new VirtualClock();
  const [bob, toBob] = await listen({ ...BILOXI, clock, connectTimeout: 3_000 });
  const { host, port } = at(bob);
  const silent = await Deno.connect({ hostname: host, port });
  while (bob.counts.incoming === 0) await clock.advanceAsync(1);
  await clock.advanceAsync(3_000);
  assertEquals(await silent.read(new Uint8Array(1)).catch(() => null), null);
  silent.close();
  assertEquals([bob.counts.failedHandshakes, bob.counts.incoming], [1, 0]);

  const listener = Deno.listen({ hostname: host, port: 0 });
  const [alice] = client({ ca, clock, connectTimeout: 3_000 });
  const sent = alice.send(encode("x"), { host, port: listener.addr.port });
  const conn = await listener.accept();
  clock.advance(3_000);
  await assertRejects(() => sent, TransportError, "no connection within 3000 ms");
  conn.close();
  listener.close();
  await closeAll(alice, bob);
  assertEquals([clock.pending, toBob.disconnections], [0, []]);
});

Deno.test("what is no TLS is ended, and harms nobody", async () => {
  const [bob, toBob] = await listen(BILOXI);
  const { host, port } = at(bob);
  const conn = await Deno.connect({ hostname: host, port });
  await conn.write(encode(message("plain")));
  while (await conn.read(new Uint8Array(100)).catch(() => null) !== null);
  conn.close();
  const [alice] = client({ ca });
  await alice.send(encode(message("1")), at(bob, "biloxi.com"));
  await toBob.until({ messages: 1 });
  assertEquals([toBob.texts, bob.counts.failedHandshakes], [[message("1")], 1]);
  await closeAll(alice, bob);
});

Deno.test("handshakes count among the connections that an address may hold", async () => {
  const [bob] = await listen({ ...BILOXI, maxConnectionsPerAddress: 2 });
  const { host, port } = at(bob);
  const conns = [];
  for (let i = 0; i < 3; i++) conns.push(await Deno.connect({ hostname: host, port }));
  assertEquals(await conns[2]?.read(new Uint8Array(1)).catch(() => null), null);
  assertEquals([bob.counts.incoming, bob.counts.refused], [2, 1]);
  for (const conn of conns) conn.close();
  await bob.close();
});

Deno.test("10,000 sends that nobody awaits leave in the order of the calls", async () => {
  const [bob, toBob] = await listen(BILOXI);
  const [alice] = client({ ca });
  for (let i = 0; i < 10_000; i++) void alice.send(encode(message(i)), at(bob, "biloxi.com"));
  await toBob.until({ messages: 10_000 });
  assertEquals(toBob.texts, Array.from({ length: 10_000 }, (_, i) => message(i)));
  await closeAll(alice, bob);
});

Deno.test("an end that does not listen has a host that is nobody's", async () => {
  const [alice] = client({ random: (octets) => void octets.fill(3) });
  assertEquals(alice.local, { host: "dddddddddddd.invalid" });
  assertMatch(TlsTransport.client().local.host, /^[a-z0-9]{12}\.invalid$/);
  await alice.close();
});

Deno.test("what is no certificate, or no key of it, is refused at once, and not shown", async () => {
  const { cert, key } = BILOXI;
  const secret = key.split("\n")[1] ?? "";
  const cases: [string, Partial<TlsOptions>][] = [
    ["cert", { cert: "nonsense" }],
    ["key", { key: `nonsense ${secret}` }],
    ["key", { key: key.replace(/\n[^\n]{8}/, "\nAAAAAAAA") }],
    ["key", { key: ATLANTA.key }],
    ["ca", { ca: "nonsense" }],
  ];
  for (const [field, options] of cases) {
    const error = await assertRejects(
      () => TlsTransport.listen({ cert, key, ...options }),
      InvalidArgumentError,
    );
    assertEquals(error.field, field);
    assert(!`${error.stack}${Deno.inspect(error)}`.includes(secret));
  }
  assertThrows(() => TlsTransport.client({ key }), InvalidArgumentError);
  const [bob] = await listen(BILOXI);
  assert(!Deno.inspect(bob, { depth: 10, showHidden: true }).includes(secret));
  await bob.close();
});
