/**
 * What the tests of calls stand on: one core, a scripted far end, the network between them, which
 * delivers inside `send()`, and a clock that stands still.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type AckableIncomingResponseWithSession,
  type Body,
  type IncomingInviteRequest,
  type IncomingRequestMessage,
  type IncomingResponse,
  type OutgoingInviteRequest,
  type OutgoingInviteRequestDelegate,
  type OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  type PrackableIncomingResponseWithSession,
  type Session,
  type StrowgerError,
  URI,
  UserAgentCore,
  type UserAgentCoreConfiguration,
} from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { HookedTransport } from "./hooked_transport.ts";
import { ScriptedPeer } from "./scripted_peer.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** 64*T1, with the RFC's T1. */
export const TIMER_B = 32_000;

const ALICE = { host: "alice.example", port: 5060 };

/** A session description. */
export function sdp(content: string): Body {
  return { contentDisposition: "session", contentType: "application/sdp", content };
}

/** What a test may choose. */
export interface ExchangeOptions {
  /** `UDP` by default. */
  readonly protocol?: string;
  /** What else the core is configured with. */
  readonly configuration?: Partial<UserAgentCoreConfiguration>;
}

/** What an INVITE may have. */
export interface InviteOptions {
  readonly to?: string;
  readonly extraHeaders?: string[];
  readonly body?: Body;
  readonly options?: OutgoingRequestMessageOptions;
}

/** See the module. */
export class Exchange {
  readonly clock: VirtualClock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly transport: HookedTransport;
  readonly core: UserAgentCore;
  readonly peer: ScriptedPeer;
  /** What happened, in order: what the peer received, and what a recording delegate was told. */
  readonly events: string[] = [];
  /** What was reported to `onError`. */
  readonly errors: StrowgerError[] = [];
  /** What was told, by kind. */
  readonly accepted: AckableIncomingResponseWithSession[] = [];
  readonly progressed: PrackableIncomingResponseWithSession[] = [];
  readonly rejected: IncomingResponse[] = [];
  readonly invited: IncomingInviteRequest[] = [];
  private readonly thrown: unknown[] = [];
  private readonly peers: ScriptedPeer[] = [];
  private readonly protocol: string;

  constructor({ protocol = "UDP", configuration = {} }: ExchangeOptions = {}) {
    this.protocol = protocol;
    this.network = new MemoryNetwork({
      deliver: (run) => {
        try {
          run();
        } catch (error) {
          this.thrown.push(error);
        }
      },
    });
    this.transport = new HookedTransport(this.network.transport(ALICE, { protocol }));
    this.core = new UserAgentCore({
      transports: [this.transport],
      clock: this.clock,
      onError: (error) => this.errors.push(error),
      logger: { debug: () => {}, warn: () => {} },
      ...configuration,
    });
    this.peer = this.peerAt("bob.example");
  }

  /** Another scripted end. What it receives is among the events, too, with its name. */
  peerAt(host: string, port = 5060): ScriptedPeer {
    const transport = this.network.transport({ host, port }, { protocol: this.protocol });
    const peer = new ScriptedPeer(transport, ALICE);
    const prefix = host === "bob.example" ? "" : `${host} `;
    peer.onMessage = (message) => {
      const what = message.kind === "request"
        ? message.method
        : `${message.statusCode} ${message.method}`;
      this.events.push(prefix + what);
    };
    this.peers.push(peer);
    return peer;
  }

  /** An INVITE to the peer, not sent yet. */
  message({ to, extraHeaders, body, options }: InviteOptions = {}): OutgoingRequestMessage {
    const alice = URI.parse("sip:alice@alice.example");
    const bob = URI.parse(to ?? "sip:bob@bob.example:5060");
    return this.core.makeOutgoingRequestMessage(
      "INVITE",
      bob,
      alice,
      bob,
      options,
      extraHeaders,
      body,
    );
  }

  /** Notes what it is told; acknowledges a 2xx at once. */
  recorder(
    more: OutgoingInviteRequestDelegate = { onAccept: (response) => void response.ack() },
  ): OutgoingInviteRequestDelegate {
    const note = (name: string, { message }: IncomingResponse) => {
      const local = message.local ? " local" : "";
      this.events.push(`${name} ${message.statusCode}${local}`);
    };
    return {
      onTrying: (response) => {
        note("onTrying", response);
        return more.onTrying?.(response);
      },
      onProgress: (response) => {
        note("onProgress", response);
        this.progressed.push(response);
        return more.onProgress?.(response);
      },
      onAccept: (response) => {
        note("onAccept", response);
        this.accepted.push(response);
        return more.onAccept?.(response);
      },
      onRedirect: (response) => {
        note("onRedirect", response);
        return more.onRedirect?.(response);
      },
      onReject: (response) => {
        note("onReject", response);
        this.rejected.push(response);
        return more.onReject?.(response);
      },
    };
  }

  /** Sends an INVITE to the peer. */
  invite(
    delegate: OutgoingInviteRequestDelegate | undefined = this.recorder(),
    options?: InviteOptions,
  ): OutgoingInviteRequest {
    return this.core.invite(this.message(options), delegate);
  }

  /** An INVITE that the peer has answered with 200; the session is up. */
  callOut(options?: InviteOptions): { session: Session; invite: IncomingRequestMessage } {
    this.invite(this.recorder(), options);
    const invite = this.peer.request("INVITE");
    this.peer.respond(invite, 200);
    this.events.length = 0;
    return { session: this.lastSession(), invite };
  }

  /** The session of the last 2xx. */
  lastSession(): Session {
    const last = this.accepted.at(-1);
    if (last === undefined) throw new Error("no 2xx was accepted");
    return last.session;
  }

  /** Takes the next INVITE of the peer, and notes what is told of it. */
  takeInvites(answer: (request: IncomingInviteRequest) => void = () => {}): void {
    this.core.delegate = {
      onInvite: (request) => {
        this.events.push("onInvite");
        this.invited.push(request);
        request.delegate = { onCancel: () => void this.events.push("onCancel") };
        return answer(request);
      },
    };
  }

  /** The last INVITE that came in. */
  lastInvite(): IncomingInviteRequest {
    const last = this.invited.at(-1);
    if (last === undefined) throw new Error("no INVITE came in");
    return last;
  }

  /** The events since this was last called. */
  takeEvents(): string[] {
    return this.events.splice(0);
  }

  /** Asserts that nothing lives in the core: no transaction, no dialog, no timer. */
  assertEmpty(): void {
    assertEquals(
      { ...this.core.live, timers: this.clock.pending },
      { clients: 0, servers: 0, dialogs: 0, entries: 0, timers: 0 },
    );
  }

  /**
   * Lets five minutes pass and asserts that nothing is left, that nothing was thrown at the
   * network, that everything that was sent could be read, and what was reported.
   */
  finish(...reported: string[]): void {
    this.clock.advance(300_000);
    assertEquals(this.errors.map((error) => error.name), reported);
    this.assertSound();
    this.assertEmpty();
  }

  /** The part of `finish` that holds at any time. */
  assertSound(): void {
    assertEquals(this.thrown, []);
    for (const peer of this.peers) assertEquals(peer.unreadable, []);
  }
}
