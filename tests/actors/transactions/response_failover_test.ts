// Responses: RFC 3261 §18.2.2 with RFC 3263 §5.
import { assertEquals } from "@std/assert";
import { type StrowgerError, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { type ResolverTable, TableResolver } from "@strowger/sip/transports/resolver_table";
import { HookedTransport } from "../../support/hooked_transport.ts";
import { ScriptedPeer } from "../../support/scripted_peer.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const CORE = { host: "192.0.2.9", port: 5060 };

/** A core that answers OPTIONS, and ends at some addresses. */
class Scene {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ deliver: (run) => run() });
  readonly transport: HookedTransport;
  readonly core: UserAgentCore;
  readonly errors: StrowgerError[] = [];
  readonly protocol: string;

  constructor(protocol: string, table: ResolverTable = {}, dead: readonly string[] = []) {
    this.protocol = protocol;
    this.transport = new HookedTransport(this.network.transport(CORE, { protocol }));
    this.transport.onSend = (_text, { host, port }) =>
      dead.includes(`${host}:${port}`) ? Promise.reject(new TypeError("refused")) : undefined;
    this.core = new UserAgentCore({
      transports: [this.transport],
      clock: this.clock,
      resolver: new TableResolver(table),
      onError: (error) => this.errors.push(error),
    }, { onInvite: (request) => void request.reject({ statusCode: 486 }) });
  }

  peer(host: string, port = 5060): ScriptedPeer {
    const end = this.network.transport({ host, port }, { protocol: this.protocol });
    return new ScriptedPeer(end, CORE);
  }

  /** Sends a request with a Via from a peer; resolves when all is done that has no timer. */
  async ask(peer: ScriptedPeer, via: string, method = "OPTIONS"): Promise<void> {
    peer.ask(method, { via: `SIP/2.0/${this.protocol} ${via};branch=z9hG4bKx`, uri: "sip:core" });
    await this.clock.advanceAsync(0);
  }

  async end(...reported: string[]): Promise<void> {
    await this.clock.advanceAsync(100_000);
    assertEquals(this.errors.map(({ name }) => name), reported);
    await this.core.dispose();
  }
}

/** The proxy has failed; another one stands in for its name. */
const BACKUP: ResolverTable = {
  srv: {
    "_sip._udp.proxy.example": [
      { priority: 2, weight: 0, port: 5080, target: "backup.example" },
      { priority: 1, weight: 0, port: 5060, target: "main.example" },
    ],
    "_sip._tcp.proxy.example": [
      { priority: 2, weight: 0, port: 5080, target: "backup.example" },
      { priority: 1, weight: 0, port: 5060, target: "main.example" },
    ],
  },
  a: {
    "main.example": ["192.0.2.1"],
    "backup.example": ["192.0.2.2"],
    "proxy.example": ["192.0.2.1", "192.0.2.3"],
  },
};

for (const protocol of ["UDP", "TCP"]) {
  // "If, however, the sent-by field contained a domain name and no port, the server queries for SRV
  // records at that domain name ... The resulting list is sorted as described in [2], and the response is
  // sent to the topmost element on the new list described there. If that results in a failure, the next
  // entry on the list is tried."
  Deno.test(`${protocol}: where the way back has failed, a name without a port in Via is looked up by SRV`, async () => {
    const s = new Scene(protocol, BACKUP, ["192.0.2.1:5060"]);
    const main = s.peer("192.0.2.1");
    const backup = s.peer("192.0.2.2", 5080);
    await s.ask(main, "proxy.example");
    assertEquals(backup.response("OPTIONS").statusCode, 200);
    await s.end();
  });

  // "If, however, the sent-by field contained a domain name and a port number, the server queries for A
  // or AAAA records with that name. It tries to send the response to each element on the resulting list
  // of IP addresses, using the port from the Via".
  Deno.test(`${protocol}: a name with a port by its addresses`, async () => {
    const s = new Scene(protocol, BACKUP, ["192.0.2.1:5090"]);
    const main = s.peer("192.0.2.1");
    const other = s.peer("192.0.2.3", 5090);
    await s.ask(main, "proxy.example:5090");
    assertEquals(other.response("OPTIONS").statusCode, 200);
    await s.end();
  });

  // "If it contains a numeric IP address, the server attempts to send the response to that address,
  // using the transport protocol from the Via header, and the port from sent-by, if present".
  Deno.test(`${protocol}: an address in Via, which is another than the request came from`, async () => {
    const s = new Scene(protocol, {}, ["192.0.2.1:5060"]);
    const nat = s.peer("192.0.2.1");
    const inside = s.peer("192.0.2.4");
    await s.ask(nat, "192.0.2.4");
    assertEquals(inside.response("OPTIONS").statusCode, 200);
    await s.end();
  });

  Deno.test(`${protocol}: when nobody takes it, that is reported, once, and nothing is left`, async () => {
    const s = new Scene(protocol, BACKUP, ["192.0.2.1:5060", "192.0.2.2:5080"]);
    await s.ask(s.peer("192.0.2.1"), "proxy.example");
    await s.clock.advanceAsync(100_000);
    assertEquals(s.core.live.entries, 0);
    await s.end(...s.errors.map(({ name }) => name));
  });
}

Deno.test("a final response that is repeated goes where the first one got through", async () => {
  const s = new Scene("UDP", BACKUP, ["192.0.2.1:5060"]);
  const main = s.peer("192.0.2.1");
  const backup = s.peer("192.0.2.2", 5080);
  await s.ask(main, "proxy.example", "INVITE");
  await s.clock.advanceAsync(1500);
  assertEquals(backup.responses("INVITE").map(({ statusCode }) => statusCode), [486, 486, 486]);
  assertEquals(main.received, []);
  await s.core.dispose();
});

Deno.test("what comes after it goes there, too: 180, and then 200", async () => {
  const s = new Scene("UDP", BACKUP, ["192.0.2.1:5060"]);
  const main = s.peer("192.0.2.1");
  const backup = s.peer("192.0.2.2", 5080);
  s.core.delegate = {
    onInvite: (request) => {
      request.progress();
      s.clock.setTimeout(() => request.accept(), 1000);
    },
  };
  await s.ask(main, "proxy.example", "INVITE");
  await s.clock.advanceAsync(1000);
  assertEquals(backup.responses("INVITE").map(({ statusCode }) => statusCode), [180, 200]);
  assertEquals(main.received, []);
  await s.core.dispose();
});

// §18.2.2: "if the Via header field value contains a "maddr" parameter, the response MUST be forwarded to
// the address listed there, using the port indicated in "sent-by", or port 5060 if none is present."
Deno.test("maddr: a response to a group goes there, to the port in Via", async () => {
  const s = new Scene("UDP");
  const group = s.peer("224.0.1.75", 5070);
  await s.ask(s.peer("192.0.2.1"), "192.0.2.1:5070;maddr=224.0.1.75;ttl=1");
  assertEquals(group.response("OPTIONS").statusCode, 200);
  await s.end();
});

// SECURITY.md: nobody is sent what somebody else has asked for.
Deno.test("maddr: an address that is no group is passed over, and any over TCP", async () => {
  for (
    const [protocol, maddr] of [["UDP", "192.0.2.66"], ["UDP", "victim.example"], [
      "TCP",
      "224.0.1.75",
    ]] as const
  ) {
    const s = new Scene(protocol, { a: { "victim.example": ["192.0.2.66"] } });
    const [peer, victim] = [s.peer("192.0.2.1"), s.peer("192.0.2.66")];
    await s.ask(peer, `192.0.2.1;maddr=${maddr}`);
    assertEquals([peer.responses("OPTIONS").length, victim.received.length], [1, 0]);
    await s.end();
  }
});
