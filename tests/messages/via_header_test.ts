import { assert, assertEquals } from "@std/assert";
import { faultOf, headerFault, plain, requestOf, valueOf } from "./support.ts";

interface Expected {
  transport?: string;
  host: string;
  port?: number;
  branch?: string;
  received?: string;
  rport?: number | null;
  more?: Record<string, string | null>;
}

const valid: [value: string, expected: Expected][] = [
  // RFC 3261 §20.42.
  ["SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7", {
    host: "erlang.bell-telephone.com",
    port: 5060,
    branch: "z9hG4bK87asdks7",
  }],
  ["SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207\r\n     ;branch=z9hG4bK77asjd", {
    host: "192.0.2.1",
    port: 5060,
    received: "192.0.2.207",
    branch: "z9hG4bK77asjd",
  }],
  [
    "SIP / 2.0 / UDP first.example.com: 4000;ttl=16\r\n ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
    {
      host: "first.example.com",
      port: 4000,
      branch: "z9hG4bKa7c6a8dlze.1",
      more: { ttl: "16", maddr: "224.2.0.1" },
    },
  ],
  // RFC 3581 §3, §4.
  ["SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff", {
    host: "10.1.1.1",
    port: 4540,
    rport: null,
    branch: "z9hG4bKkjshdyff",
  }],
  ["SIP/2.0/UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff", {
    host: "10.1.1.1",
    port: 4540,
    received: "192.0.2.1",
    rport: 9988,
    branch: "z9hG4bKkjshdyff",
  }],
  ["SIP/2.0/UDP h;RPort=65535;BRANCH=Z9", { host: "h", rport: 65535, branch: "Z9" }],
  // IPv6 (RFC 5118 §4.5: received with and without brackets).
  ["SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3", {
    host: "[2001:db8::9:1]",
    received: "[2001:db8::9:255]",
    branch: "z9hG4bKas3",
  }],
  ["SIP/2.0/WSS [::1]:443 ;received=2001:db8::9:255", {
    transport: "WSS",
    host: "[::1]",
    port: 443,
    received: "2001:db8::9:255",
  }],
  ["SIP/2.0/TLS [::ffff:192.0.2.1]\r\n :\r\n 5061", {
    transport: "TLS",
    host: "[::ffff:192.0.2.1]",
    port: 5061,
  }],
  // Any transport, in any case.
  ["sip/2.0/tcp Host.Example", { transport: "TCP", host: "Host.Example" }],
  ["SIP/2.0/TLS-SCTP h.invalid", { transport: "TLS-SCTP", host: "h.invalid" }],
  ['SIP/2.0/UDP h;x="a;branch=no,\\"";branch=yes;y', {
    host: "h",
    branch: "yes",
    more: { x: 'a;branch=no,"', y: null },
  }],
];

for (const [value, expected] of valid) {
  Deno.test(`is a Via: ${JSON.stringify(value)}`, () => {
    const { via } = requestOf({ replace: { Via: `Via: ${value}` } });
    const { transport = "UDP", host, port, branch, received, rport, more = {} } = expected;
    assertEquals([via.transport, via.host, via.port], [transport, host, port]);
    assertEquals([via.branch, via.received, via.rport], [branch, received, rport]);
    const others = plain(via.parameters);
    for (const name of ["branch", "received", "rport"]) delete others[name];
    assertEquals(others, more);
  });
}

Deno.test("RFC 3261 §7.3.1: Vias on any lines, in any form, are one list in order", () => {
  const message = requestOf({
    replace: { Via: 'Via: SIP/2.0/UDP a;x=",";branch=1,\r\n SIP/2.0/TCP [::1]:1;branch=2' },
    extra: [
      "v: SIP/2.0/TLS c;branch=3",
      "Subject: x",
      "VIA : SIP/2.0/SCTP d;branch=4 , SIP/2.0/WS e;branch=5",
    ],
  });
  const vias = message.parseHeader("Via");
  assert(Array.isArray(vias), `${vias}`);
  assertEquals(vias.map((via) => via.branch), ["1", "2", "3", "4", "5"]);
  assertEquals(message.getHeaders("v").length, 5);
  assertEquals(message.getHeaders("Via")[1], "SIP/2.0/TCP [::1]:1;branch=2");
  assertEquals(message.via.branch, "1");
});

const broken = [
  "",
  "SIP/2.0/UDP",
  "SIP/2.0 h",
  "SIP/2.0/ h",
  "/2.0/UDP h",
  "SIP/3.0/UDP h",
  "HTTP/2.0/UDP h",
  "SIP/2.0/UDP ;branch=1",
  "SIP/2.0/UDP h:",
  "SIP/2.0/UDP h:x",
  "SIP/2.0/UDP h:65536",
  "SIP/2.0/UDP [::1",
  "SIP/2.0/UDP []",
  "SIP/2.0/UDP [x]",
  "SIP/2.0/UDP 2001:db8::1",
  "SIP/2.0/UDP h h",
  "SIP/2.0/UDP h;",
  "SIP/2.0/UDP h;;branch=1",
  "SIP/2.0/UDP h;branch=",
  "SIP/2.0/UDP h;rport=x",
  "SIP/2.0/UDP h;rport=-1",
  "SIP/2.0/UDP h;rport=65536",
  'SIP/2.0/UDP h;x="',
  "SIP/2.0/UDP é",
];

for (const value of broken) {
  Deno.test(`is no Via: ${JSON.stringify(value)}`, () => {
    // The topmost is what routing needs; one below it spoils nothing but the list.
    const fault = faultOf({ replace: { Via: `Via: ${value}` } });
    assertEquals([fault.header, fault.status], ["Via", 400]);
    assertEquals(headerFault("Via", `Via: ${value}`).header, "Via");
  });
}

Deno.test("an empty element between two Vias is a fault of the list, not of the topmost", () => {
  assertEquals(headerFault("Via", "Via: SIP/2.0/UDP a,,SIP/2.0/UDP b").header, "Via");
  assertEquals(headerFault("Via", "Via: SIP/2.0/UDP a,").header, "Via");
  assertEquals(valueOf("Via", "Via: SIP/2.0/UDP a").length, 2);
});
