// RFC 3263 §4 and RFC 7984: where a request may go, from what the DNS says.
import { assertEquals } from "@std/assert";
import { TransportError, URI } from "@strowger/sip";
import type { AddressFamily, Transport } from "@strowger/sip";
import { type KnownRecords, targetsOf } from "../../transports/locating.ts";
import type { ResolverTable } from "../../transports/resolver_table.ts";

/** A transport that nothing goes by. */
function transport(
  protocol: string,
  families?: readonly AddressFamily[],
  fixed?: string,
): Transport {
  return {
    protocol,
    reliable: protocol !== "UDP",
    secure: protocol === "TLS" || protocol === "WSS",
    local: { host: "192.0.2.99", port: 5060 },
    ...(families === undefined ? {} : { families }),
    ...(fixed === undefined ? {} : { fixedRemote: { host: fixed, port: 443 } }),
    attach: () => {},
    send: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** What a zone says; notes what is asked. */
class Zone implements KnownRecords {
  readonly asked: string[] = [];
  readonly isWanting = false;
  private readonly table: ResolverTable;

  constructor(table: ResolverTable) {
    this.table = table;
  }

  a = (name: string) => this.read("a", name) as string[];
  aaaa = (name: string) => this.read("aaaa", name) as string[];
  srv = (name: string) => this.read("srv", name) as never[];
  naptr = (name: string) => this.read("naptr", name) as never[];

  private read(kind: keyof ResolverTable, name: string): readonly unknown[] {
    this.asked.push(`${kind} ${name}`);
    return this.table[kind]?.[name] ?? [];
  }
}

const naptr = (order: number, preference: number, services: string, replacement: string) => ({
  order,
  preference,
  flags: "s",
  services,
  regexp: "",
  replacement,
});
const srv = (priority: number, weight: number, port: number, target: string) => ({
  priority,
  weight,
  port,
  target,
});

/** The zone of RFC 3263 §4.1, with addresses. */
const EXAMPLE: ResolverTable = {
  naptr: {
    "example.com": [
      naptr(100, 50, "SIP+D2U", "_sip._udp.example.com."),
      naptr(50, 50, "SIPS+D2T", "_sips._tcp.example.com."),
      naptr(90, 50, "SIP+D2T", "_sip._tcp.example.com"),
    ],
  },
  srv: {
    "_sips._tcp.example.com": [srv(0, 1, 5061, "server1.example.com")],
    "_sip._tcp.example.com": [
      srv(1, 0, 5060, "server2.example.com"),
      srv(0, 0, 5062, "server1.example.com."),
    ],
    "_sip._udp.example.com": [srv(0, 0, 5060, "server1.example.com")],
  },
  a: {
    "server1.example.com": ["192.0.2.1"],
    "server2.example.com": ["192.0.2.2", "192.0.2.3"],
    "example.com": ["192.0.2.80"],
  },
};

/** One line for each place. */
function locate(
  uri: string,
  transports: readonly Transport[],
  table: ResolverTable | undefined = EXAMPLE,
): { found: string[]; asked: string[] } {
  const zone = new Zone(table);
  const found = targetsOf(URI.parse(uri), { transports, known: zone, random: () => 0 });
  if (found instanceof TransportError) return { found: [found.message], asked: zone.asked };
  const lines = found.map(({ transport, remote: { host, port, name } }) =>
    `${transport.protocol} ${host} ${port}${name === undefined ? "" : ` ${name}`}`
  );
  return { found: lines, asked: zone.asked };
}

const UDP = transport("UDP", [4]);
const TCP = transport("TCP", [4]);
const TLS = transport("TLS", [4]);

// "This indicates that the server supports TLS over TCP, TCP, and UDP, in that order of preference.
// Since the client supports TCP and UDP, TCP will be used".
Deno.test("RFC 3263 §4.1's own example: TCP, as the domain prefers it to UDP", () => {
  const { found, asked } = locate("sip:user@example.com", [UDP, TCP]);
  assertEquals(found, [
    "TCP 192.0.2.1 5062 example.com",
    "TCP 192.0.2.2 5060 example.com",
    "TCP 192.0.2.3 5060 example.com",
  ]);
  assertEquals(asked.slice(0, 2), ["naptr example.com", "srv _sip._tcp.example.com"]);
});

// "A client resolving a SIP URI SHOULD retain records with "SIPS" as the protocol, if the client
// supports TLS."
Deno.test("the same domain for who has TLS", () => {
  const { found } = locate("sip:user@example.com", [UDP, TCP, TLS]);
  assertEquals(found, ["TLS 192.0.2.1 5061 example.com"]);
});

// "A client resolving a SIPS URI MUST discard any services that do not contain "SIPS" as the protocol
// in the service field."
Deno.test("sips: over TLS only, whatever else there is", () => {
  assertEquals(locate("sips:user@example.com", [UDP, TCP, TLS]).found, [
    "TLS 192.0.2.1 5061 example.com",
  ]);
  const plain = { ...EXAMPLE, naptr: { "example.com": [naptr(1, 1, "SIP+D2T", "x")] }, srv: {} };
  const { found, asked } = locate("sips:user@example.com", [UDP, TCP, TLS], plain);
  assertEquals(found, ["TLS 192.0.2.80 5061 example.com"]);
  assertEquals(asked, [
    "naptr example.com",
    "srv _sips._tcp.example.com",
    "a example.com",
  ]);
  assertEquals(locate("sips:user@example.com", [UDP, TCP]).found, [
    "the core has no secure transport that could reach sips:user@example.com",
  ]);
});

// RFC 3403 §4.1.
Deno.test("of several rules: one order, by preference; what is broken or strange is passed over", () => {
  const table = {
    ...EXAMPLE,
    naptr: {
      "example.com": [
        { ...naptr(1, 1, "SIP+D2U", "_sip._udp.example.com"), regexp: "!^.*$!x!" },
        { ...naptr(1, 1, "SIP+D2U", "_sip._udp.example.com"), flags: "u" },
        naptr(1, 1, "E2U+sip", "_sip._udp.example.com"),
        naptr(1, 1, "SIP+D2S", "_sip._sctp.example.com"),
        naptr(5, 20, "sip+d2u", "_sip._udp.example.com"),
        { ...naptr(5, 10, "SIP+D2T", "_sip._tcp.example.com"), flags: "S" },
        naptr(6, 1, "SIP+D2U", "_sip._udp.elsewhere.example"),
      ],
    },
  };
  assertEquals(locate("sip:user@example.com", [UDP, TCP], table).found, [
    "TCP 192.0.2.1 5062 example.com",
    "TCP 192.0.2.2 5060 example.com",
    "TCP 192.0.2.3 5060 example.com",
    "UDP 192.0.2.1 5060 example.com",
  ]);
});

// "It is not necessary for the domain suffixes in the NAPTR replacement field to match the domain of
// the original query". Who is asked for stays the domain: RFC 5922 §7.3.
Deno.test("a rule that leads to another domain", () => {
  const table = {
    naptr: { "example.com": [naptr(1, 1, "SIP+D2U", "_sip._udp.school.example.")] },
    srv: { "_sip._udp.school.example": [srv(1, 1, 5070, "pbx.school.example.")] },
    a: { "pbx.school.example": ["198.51.100.7"] },
  };
  assertEquals(locate("sip:user@example.com", [UDP], table).found, [
    "UDP 198.51.100.7 5070 example.com",
  ]);
});

// "If no NAPTR records are found, the client constructs SRV queries for those transport protocols it
// supports, and does a query for each."
Deno.test("no NAPTR: SRV for every transport that is there, and TLS only where it is asked for", () => {
  const { found, asked } = locate("sip:user@example.com", [TCP, UDP, TLS], {
    ...EXAMPLE,
    naptr: {},
  });
  assertEquals(found, [
    "UDP 192.0.2.1 5060 example.com",
    "TCP 192.0.2.1 5062 example.com",
    "TCP 192.0.2.2 5060 example.com",
    "TCP 192.0.2.3 5060 example.com",
  ]);
  assertEquals(asked.filter((each) => each.startsWith("srv")), [
    "srv _sip._udp.example.com",
    "srv _sip._tcp.example.com",
  ]);
});

// "If no SRV records are found, the client SHOULD use TCP for a SIPS URI, and UDP for a SIP URI."
Deno.test("neither NAPTR nor SRV: addresses of the domain, UDP, the usual port", () => {
  const table = { a: { "example.com": ["192.0.2.80", "192.0.2.81"] } };
  assertEquals(locate("sip:user@example.com", [TCP, UDP], table).found, [
    "UDP 192.0.2.80 5060 example.com",
    "UDP 192.0.2.81 5060 example.com",
  ]);
});

// "If the URI specifies a transport protocol in the transport parameter, that transport protocol SHOULD
// be used": no NAPTR. "The client performs an SRV query for that specific transport".
Deno.test("a transport in the URI: SRV for that one; then its addresses", () => {
  const tcp = locate("sip:user@example.com;transport=tcp", [UDP, TCP]);
  assertEquals(tcp.asked[0], "srv _sip._tcp.example.com");
  assertEquals(tcp.found[0], "TCP 192.0.2.1 5062 example.com");
  const tls = locate("sip:user@example.com;transport=tls", [UDP, TCP, TLS]);
  assertEquals(tls.asked[0], "srv _sips._tcp.example.com");
  const none = locate("sip:user@example.com;transport=TCP", [UDP, TCP], { a: EXAMPLE.a ?? {} });
  assertEquals(none.found, ["TCP 192.0.2.80 5060 example.com"]);
  // RFC 3261 §26.2.2: below TLS.
  const sips = locate("sips:user@example.com;transport=tcp", [UDP, TCP, TLS]);
  assertEquals(sips.found, ["TLS 192.0.2.1 5061 example.com"]);
  const sctp = locate("sip:user@example.com;transport=sctp", [UDP, TCP]);
  assertEquals([sctp.asked.length, sctp.found[0]?.includes("no transport SCTP")], [0, true]);
});

// "If the TARGET was not a numeric IP address, but a port is present in the URI, the client performs an
// A or AAAA record lookup of the domain name."
Deno.test("a port in the URI: addresses only, even for 5060", () => {
  for (const port of [5060, 5099]) {
    const { found, asked } = locate(`sip:user@example.com:${port}`, [TCP, UDP]);
    assertEquals(found, [`UDP 192.0.2.80 ${port} example.com`]);
    assertEquals(asked, ["a example.com"]);
  }
});

// "If TARGET is a numeric IP address, the client uses that address. If the URI also contains a port, it
// uses that port. If no port is specified, it uses the default port for the particular transport
// protocol."
Deno.test("numeric hosts: nothing is asked; UDP unless the URI says otherwise", () => {
  const V6 = transport("UDP", [6]);
  for (
    const [uri, transports, expected] of [
      ["sip:192.0.2.7", [TCP, UDP], "UDP 192.0.2.7 5060"],
      ["sip:192.0.2.7:5070;transport=tcp", [UDP, TCP], "TCP 192.0.2.7 5070"],
      ["sips:192.0.2.7", [UDP, TCP, TLS], "TLS 192.0.2.7 5061"],
      ["sip:192.0.2.7", [TCP], "TCP 192.0.2.7 5060"],
      ["sip:[2001:db8::7]", [UDP, V6], "UDP 2001:db8::7 5060"],
      ["sip:user@example.com;maddr=192.0.2.8", [UDP], "UDP 192.0.2.8 5060"],
      ["sip:user@192.0.2.9:5070;maddr=239.255.255.1", [UDP], "UDP 239.255.255.1 5070"],
    ] as const
  ) {
    const { found, asked } = locate(uri, transports);
    assertEquals([uri, ...found, ...asked], [uri, expected]);
  }
});

// "We define TARGET as the value of the maddr parameter of the URI, if present".
Deno.test("maddr: a name there is looked up instead of the host", () => {
  const { found, asked } = locate("sip:user@192.0.2.9;maddr=example.com", [UDP, TCP]);
  assertEquals([found[0], asked[0]], ["TCP 192.0.2.1 5062 example.com", "naptr example.com"]);
});

// RFC 7984 §3.1; RFC 2782's order is the outer one.
Deno.test("both kinds of addresses, as the transports reach them, within the order of SRV", () => {
  const table = {
    srv: {
      "_sip._udp.example.com": [srv(2, 0, 5062, "two.example"), srv(1, 0, 5061, "one.example")],
    },
    a: { "one.example": ["192.0.2.1"], "two.example": ["192.0.2.2"] },
    aaaa: { "one.example": ["2001:db8::1"], "two.example": ["2001:db8::2"] },
  };
  const [four, six] = [transport("UDP", [4]), transport("UDP", [6])];
  const hosts = (...transports: Transport[]) =>
    locate("sip:user@example.com", transports, table).found.map((line) => line.split(" ")[1]);
  assertEquals(hosts(transport("UDP", [6, 4])), [
    "2001:db8::1",
    "192.0.2.1",
    "2001:db8::2",
    "192.0.2.2",
  ]);
  assertEquals(hosts(transport("UDP")), hosts(transport("UDP", [6, 4])));
  assertEquals(hosts(four, six), ["192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"]);
  assertEquals(hosts(six), ["2001:db8::1", "2001:db8::2"]);
  const { asked } = locate("sip:user@example.com", [four], table);
  assertEquals(asked.filter((each) => each.startsWith("aaaa")), []);
  const found = targetsOf(URI.parse("sip:user@example.com"), {
    transports: [four, six],
    known: new Zone(table),
    random: () => 0,
  });
  const used = found instanceof TransportError ? [] : found.map((each) => each.transport);
  assertEquals(used, [four, six, four, six]);
});

// RFC 2782: "A Target of "." means that the service is decidedly not available at this domain."
Deno.test("a domain that says it has no such service: not even its addresses", () => {
  const table = { ...EXAMPLE, naptr: {}, srv: { "_sip._udp.example.com": [srv(0, 0, 0, ".")] } };
  assertEquals(locate("sip:user@example.com", [UDP], table).found, [
    "example.com has no _sip._udp.example.com",
  ]);
  const tcp = { ...table.srv, "_sip._tcp.example.com": [srv(0, 0, 5060, "server1.example.com")] };
  assertEquals(locate("sip:user@example.com", [UDP, TCP], { ...table, srv: tcp }).found, [
    "TCP 192.0.2.1 5060 example.com",
  ]);
});

Deno.test("a WebSocket to a proxy takes all that it may, and nothing is asked", () => {
  const [ws, wss] = [transport("WS", undefined, "proxy"), transport("WSS", undefined, "proxy")];
  assertEquals(locate("sip:user@example.com", [ws, UDP]), { found: ["WS proxy 443"], asked: [] });
  assertEquals(locate("sips:user@example.com", [ws, wss]).found, ["WSS proxy 443"]);
});

Deno.test("what a domain can make of a request has a limit", () => {
  const many = Array.from({ length: 500 }, (_, i) => i);
  const table = {
    srv: { "_sip._udp.example.com": many.map((i) => srv(i, 0, 5060, `${i}.example`)) },
    a: Object.fromEntries(many.map((i) => [`${i}.example`, many.map(() => "192.0.2.1")])),
  };
  const { found, asked } = locate("sip:user@example.com", [UDP], table);
  assertEquals(found.length, 16);
  assertEquals(asked.length, 1 + 1 + 16);
});

Deno.test("nothing there: an error that names the domain", () => {
  assertEquals(locate("sip:user@nobody.example", [UDP]).found, [
    "nobody.example has no address that could be reached",
  ]);
});
