/**
 * Engines that talk to each other on a virtual clock, and what they send and are told, line by line.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { URI, UserAgentCore } from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { VirtualClock } from "../support/virtual_clock.ts";
import { nameOf, readMessage, type WireMessage } from "./wire.ts";

/** How long a message is on its way, in milliseconds. */
const LATENCY = 10;

/** The headers that a line shows, where a message has them. */
const SHOWN = ["Event", "Subscription-State", "Expires", "Refer-To", "Refer-Sub", "Replaces"];

/** Engines by name, each at a host of that name. */
export class Engines {
  readonly clock: VirtualClock = new VirtualClock();
  private readonly network: MemoryNetwork;
  private readonly cores: UserAgentCore[] = [];
  private lines: string[] = [];

  constructor() {
    this.network = new MemoryNetwork({
      deliver: (run) => void this.clock.setTimeout(run, LATENCY),
    });
  }

  /** An engine at `name.example`. */
  engine(name: string): UserAgentCore {
    const core = new UserAgentCore({
      clock: this.clock,
      transports: [this.network.transport({ host: `${name}.example`, port: 5060 })],
      onError: (error) => this.note(`${name} ${error.name}: ${error.message}`),
      trace: ({ direction, bytes }) => {
        if (direction === "out") this.note(`${name} ${shown(readMessage(bytes))}`);
      },
    });
    this.cores.push(core);
    return core;
  }

  /** Notes what somebody is told. */
  note(what: string): void {
    this.lines.push(`${this.clock.now()} ${what}`);
  }

  /** Compares what has happened since the last time. */
  expect(text: string): void {
    const expected = text.trim().split("\n").map((line) => line.trim().replace(/^F\d+ +/, ""));
    assertEquals(this.lines, expected);
    this.lines = [];
  }

  /** Lets every timer run out, and looks whether anything is left. */
  async end(): Promise<void> {
    this.lines = [];
    const stopped = this.cores.map((core) => core.stop());
    this.clock.advance(64_000);
    await Promise.all(stopped);
    const nothing = { clients: 0, servers: 0, dialogs: 0, entries: 0 };
    for (const core of this.cores) assertEquals(core.live, nothing);
    assertEquals(this.clock.pending, 0);
  }
}

/** The address of somebody, at the host of that name. */
export function at(name: string): URI {
  return URI.parse(`sip:${name}@${name}.example`);
}

function shown(message: WireMessage): string {
  const headers = SHOWN.flatMap((name) => {
    const value = message.header(name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  const body = new TextDecoder().decode(message.body).trim();
  const isFragment = message.header("Content-Type")?.startsWith("message/sipfrag");
  return [nameOf(message), ...headers, ...(isFragment ? [`(${body})`] : [])].join(", ");
}
