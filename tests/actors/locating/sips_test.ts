// What is asked for by SIPS goes by TLS alone, whatever routes and Contacts say (RFC 3261 §8.1.2, §12).
import { assertEquals } from "@std/assert";
import { URI, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { ScriptedPeer } from "../../support/scripted_peer.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const ALICE = URI.parse("sip:alice@alice.example");
const BOB = URI.parse("sips:bob@bob.example");

/** One who has UDP and TLS, and calls who has both: at `bob.example`, and before it `proxy.example`. */
class Caller {
  /** What the far ends have received: protocol, who it was, and the method or status. */
  readonly received: string[] = [];
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ deliver: (run) => run() });
  readonly core: UserAgentCore;
  readonly #peers = new Map<string, ScriptedPeer>();

  constructor() {
    const transports = ["UDP", "TLS"].map((protocol) => this.#end("alice.example", protocol));
    this.core = new UserAgentCore({
      transports,
      clock: this.clock,
      logger: { debug: () => {}, warn: () => {} },
    }, { onInvite: (request) => void request.accept() });
    for (const protocol of ["UDP", "TLS"]) {
      for (const host of ["bob.example", "proxy.example"]) this.#addPeer(host, protocol);
    }
  }

  #end(host: string, protocol: string) {
    return this.network.transport({ host, port: protocol === "TLS" ? 5061 : 5060 }, { protocol });
  }

  #addPeer(host: string, protocol: string): void {
    const target = { host: "alice.example", port: protocol === "TLS" ? 5061 : 5060 };
    const peer = new ScriptedPeer(this.#end(host, protocol), target);
    peer.onMessage = (message) => {
      const what = message.kind === "request" ? message.method : message.statusCode;
      this.received.push(`${protocol} ${host} ${what}`);
    };
    this.#peers.set(`${protocol} ${host}`, peer);
  }

  peer(name: string): ScriptedPeer {
    const peer = this.#peers.get(name);
    if (peer === undefined) throw new Error(`there is no ${name}`);
    return peer;
  }
}

for (const route of ["<sip:proxy.example;lr>", "<sip:proxy.example>"]) {
  Deno.test(`sips: by the route ${route} goes by TLS`, async () => {
    const caller = new Caller();
    const options = { routeSet: [route] };
    caller.core.request(
      caller.core.makeOutgoingRequestMessage("MESSAGE", BOB, ALICE, BOB, options),
    );
    assertEquals(caller.received, ["TLS proxy.example MESSAGE"]);
    await caller.core.dispose();
  });
}

Deno.test("sips: by a route that says UDP goes nowhere", async () => {
  const caller = new Caller();
  const options = { routeSet: ["<sip:proxy.example;transport=udp;lr>"] };
  const message = caller.core.makeOutgoingRequestMessage("MESSAGE", BOB, ALICE, BOB, options);
  const statuses: unknown[] = [];
  caller.core.request(message, { onReject: ({ message }) => statuses.push(message.statusCode) });
  await caller.clock.advanceAsync(0);
  assertEquals([caller.received, statuses], [[], [503]]);
  await caller.core.dispose();
});

for (
  const [title, contact, headers, far] of [
    ["a Contact without", "<sip:bob@bob.example>", [], "bob.example"],
    ["a route without", "<sips:bob@bob.example>", ["<sip:proxy.example;lr>"], "proxy.example"],
    ["neither", "<sip:bob@bob.example>", ["<sip:proxy.example;lr>"], "proxy.example"],
  ] as const
) {
  Deno.test(`a call to sips: stays on TLS where the answer has ${title}`, async () => {
    const caller = new Caller();
    const { core, received } = caller;
    core.invite(core.makeOutgoingRequestMessage("INVITE", BOB, ALICE, BOB), {
      onAccept: (response) => {
        response.ack();
        response.session.bye();
      },
    });
    const bob = caller.peer("TLS bob.example");
    bob.respond(bob.request("INVITE"), 200, {
      contact,
      headers: headers.map((route) => `Record-Route: ${route}`),
    });
    await caller.clock.advanceAsync(0);
    assertEquals(received, ["TLS bob.example INVITE", `TLS ${far} ACK`, `TLS ${far} BYE`]);
    await core.dispose();
  });
}

// §12.1.1: the flag is for what "arrived over TLS": behind who takes TLS off, it is on nobody's way.
for (
  const [protocol, scheme, back] of [["TLS", "sips", "TLS"], ["UDP", "sips", "UDP"], [
    "TLS",
    "sip",
    "UDP",
  ]]
) {
  Deno.test(`who was called at ${scheme}: over ${protocol} hangs up over ${back}`, async () => {
    const caller = new Caller();
    const { core, received } = caller;
    core.delegate = {
      onInvite: (request) => {
        const { session } = request.accept();
        session.delegate = { onAck: () => void session.bye() };
      },
    };
    const bob = caller.peer(`${protocol} bob.example`);
    const contact = "<sip:bob@bob.example>";
    bob.ask("INVITE", { uri: `${scheme}:alice@alice.example`, contact });
    const { toTag = "" } = bob.response("INVITE");
    bob.ask("ACK", { uri: `${scheme}:alice@alice.example`, toTag });
    await caller.clock.advanceAsync(0);
    assertEquals(received.at(-1), `${back} bob.example BYE`);
    await core.dispose();
  });
}
