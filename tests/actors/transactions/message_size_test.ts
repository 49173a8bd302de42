// A request that is too large for UDP: RFC 3261 §18.1.1.
import { assertEquals, assertNotEquals } from "@std/assert";
import {
  type StrowgerError,
  URI,
  UserAgentCore,
  type UserAgentCoreConfiguration,
} from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { HookedTransport } from "../../support/hooked_transport.ts";
import { ScriptedPeer } from "../../support/scripted_peer.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const ALICE = { host: "192.0.2.9", port: 5060 };
const BOB = { host: "192.0.2.1", port: 5060 };

/** A core over UDP and TCP, and a far end that has both, or UDP only. */
class Scene {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ deliver: (run) => run() });
  readonly udp = new HookedTransport(this.network.transport(ALICE, { protocol: "UDP" }));
  readonly tcp = new HookedTransport(this.network.transport(ALICE, { protocol: "TCP" }));
  readonly overUdp: ScriptedPeer;
  readonly overTcp: ScriptedPeer | undefined;
  readonly core: UserAgentCore;
  readonly told: string[] = [];
  readonly errors: StrowgerError[] = [];

  constructor(
    { hasTcp = true, ...configuration }: Partial<UserAgentCoreConfiguration> & {
      hasTcp?: boolean;
    } = {},
  ) {
    const peer = (protocol: string) =>
      new ScriptedPeer(this.network.transport(BOB, { protocol }), ALICE);
    this.overUdp = peer("UDP");
    this.overTcp = hasTcp ? peer("TCP") : undefined;
    this.core = new UserAgentCore({
      transports: [this.udp, this.tcp],
      clock: this.clock,
      onError: (error) => this.errors.push(error),
      ...configuration,
    });
  }

  /** Sends an INVITE whose message has about so many octets. */
  async invite(octets: number, uri = "sip:bob@192.0.2.1") {
    const to = URI.parse(uri);
    const alice = URI.parse("sip:alice@192.0.2.9");
    const make = (length: number) =>
      this.core.makeOutgoingRequestMessage("INVITE", to, alice, to, {}, [
        `Subject: ${"x".repeat(length)}`,
      ]);
    // What else a core adds to an INVITE without a body.
    const rest = 430;
    const request = this.core.invite(make(Math.max(1, octets - rest)), {
      onReject: ({ message }) => this.told.push(`${message.statusCode}`),
      onAccept: (response) => void response.ack(),
    });
    await this.clock.advanceAsync(0);
    return request;
  }

  async end(): Promise<void> {
    await this.clock.advanceAsync(200_000);
    assertEquals(this.core.live, { clients: 0, servers: 0, dialogs: 0, entries: 0 });
    assertEquals(this.errors, []);
    await this.core.dispose();
  }
}

const sizeOf = (peer: ScriptedPeer | undefined): number =>
  new TextEncoder().encode(peer?.texts[0] ?? "").length;

// "If a request is within 200 bytes of the path MTU, or if it is larger than 1300 bytes and the path MTU
// is unknown, the request MUST be sent using an RFC 2914 congestion controlled transport protocol, such
// as TCP. If this causes a change in the transport protocol from the one indicated in the top Via, the
// value in the top Via MUST be changed."
Deno.test("up to 1,300 octets go over UDP, more over TCP, and Via says so", async () => {
  let least = 0;
  for (let octets = 1250; least === 0 && octets < 1400; octets++) {
    const s = new Scene();
    await s.invite(octets);
    if (sizeOf(s.overUdp) > 0) {
      assertEquals(sizeOf(s.overUdp) <= 1300, true);
      s.overUdp.respond(s.overUdp.request("INVITE"), 486);
    } else {
      least = sizeOf(s.overTcp);
      const invite = s.overTcp?.request("INVITE");
      assertEquals(invite?.via.transport, "TCP");
      // Where the far end's own requests go stays as it was.
      assertEquals(invite?.getHeader("Contact"), "<sip:alice@192.0.2.9:5060>");
      if (invite !== undefined) s.overTcp?.respond(invite, 486);
    }
    await s.end();
  }
  assertEquals(least, 1301);
});

// "If the attempt to establish the connection generates either an ICMP Protocol Not Supported, or
// results in a TCP reset, the element SHOULD retry the request, using UDP."
Deno.test("who refuses TCP gets it over UDP, at once, and the next one over UDP directly", async () => {
  const s = new Scene({ hasTcp: false });
  let attempts = 0;
  s.tcp.onSend = () => void attempts++;
  await s.invite(2000);
  const invite = s.overUdp.request("INVITE");
  assertEquals([invite.via.transport, attempts], ["UDP", 1]);
  s.overUdp.respond(invite, 486);
  assertEquals(s.told, ["486"]);
  await s.invite(2000);
  assertEquals([s.overUdp.requests("INVITE").length, attempts], [2, 1]);
  assertNotEquals(s.overUdp.request("INVITE").viaBranch, invite.viaBranch);
  s.overUdp.respond(s.overUdp.request("INVITE"), 486);
  await s.end();
});

Deno.test("a 503 over TCP is the outcome: UDP is for who refuses TCP only", async () => {
  const s = new Scene();
  await s.invite(2000);
  if (s.overTcp !== undefined) s.overTcp.respond(s.overTcp.request("INVITE"), 503);
  assertEquals([s.told, s.overUdp.received.length], [["503"], 0]);
  await s.end();
});

Deno.test("without a TCP transport a large request goes over UDP", async () => {
  const s = new Scene();
  const core = new UserAgentCore({
    transports: [s.network.transport({ host: "192.0.2.8", port: 5060 })],
    clock: s.clock,
  });
  const uri = URI.parse("sip:bob@192.0.2.1");
  core.request(core.makeOutgoingRequestMessage("OPTIONS", uri, uri, uri, {}, [
    `Subject: ${"x".repeat(2000)}`,
  ]));
  assertEquals(s.overUdp.requests("OPTIONS").length, 1);
  await core.dispose();
  await s.end();
});

Deno.test("what is challenged, and grows by the answer, leaves UDP then", async () => {
  const s = new Scene({
    credentials: [{ realm: "example", username: "alice", password: "secret" }],
  });
  await s.invite(1250);
  s.overUdp.respond(s.overUdp.request("INVITE"), 407, {
    headers: [`Proxy-Authenticate: Digest realm="example", nonce="${"n".repeat(200)}"`],
  });
  await s.clock.advanceAsync(0);
  const invite = s.overTcp?.request("INVITE");
  assertEquals([invite?.cseq, invite?.via.transport], [2, "TCP"]);
  if (invite !== undefined) s.overTcp?.respond(invite, 486);
  assertEquals(s.told, ["486"]);
  await s.end();
});

Deno.test("a CANCEL goes where its INVITE went, and a small request of the call over UDP", async () => {
  const s = new Scene();
  const request = await s.invite(2000);
  const invite = s.overTcp?.request("INVITE");
  if (invite === undefined) throw new Error("no INVITE");
  s.overTcp?.respond(invite, 180);
  request.cancel();
  assertEquals(s.overTcp?.request("CANCEL").via.branch, invite.viaBranch);
  assertEquals(s.overUdp.received.length, 0);
  s.overTcp?.respond(s.overTcp.request("CANCEL"), 200);
  s.overTcp?.respond(invite, 487);
  await s.end();
});
