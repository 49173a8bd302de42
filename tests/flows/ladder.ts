/**
 * Alice, Bob and the network between them, on a virtual clock; and what happens there, as a ladder
 * of lines that a test compares with the RFC's.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Body,
  type Destination,
  type IncomingInviteRequest,
  type IncomingResponse,
  type OutgoingInviteRequest,
  type OutgoingInviteRequestDelegate,
  type OutgoingRequestMessageOptions,
  type OutgoingResponse,
  type OutgoingResponseWithSession,
  type Session,
  type Transport,
  URI,
  UserAgentCore,
} from "@strowger/sip";
import { type HostPort, MemoryNetwork } from "@strowger/sip/transports/memory";
import { VirtualClock } from "../support/virtual_clock.ts";
import { readMessage, type WireMessage } from "./wire.ts";

/** The two who call each other in RFC 3665. */
export type Party = "Alice" | "Bob";

/** How long a message is on its way, in milliseconds. */
const LATENCY = 10;

/** Plays DNS: domains, and the ends that answer for them. */
const DOMAINS: { readonly [domain: string]: string } = {
  "biloxi.example.com": "client.biloxi.example.com",
  "chicago.example.com": "client.chicago.example.com",
};

function sdp(lines: string[]): Body {
  const content = lines.map((line) => `${line}\r\n`).join("");
  return { contentDisposition: "session", contentType: "application/sdp", content };
}

/** RFC 3665 §3.1 F1: 151 octets. */
export const ALICE_SDP: Body = sdp([
  "v=0",
  "o=alice 2890844526 2890844526 IN IP4 client.atlanta.example.com",
  "s=-",
  "c=IN IP4 192.0.2.101",
  "t=0 0",
  "m=audio 49172 RTP/AVP 0",
  "a=rtpmap:0 PCMU/8000",
]);

/** RFC 3665 §3.1 F3: 147 octets. */
export const BOB_SDP: Body = sdp([
  "v=0",
  "o=bob 2890844527 2890844527 IN IP4 client.biloxi.example.com",
  "s=-",
  "c=IN IP4 192.0.2.201",
  "t=0 0",
  "m=audio 3456 RTP/AVP 0",
  "a=rtpmap:0 PCMU/8000",
]);

/** RFC 3665 §3.6 F9: 148 octets. */
export const CHICAGO_SDP: Body = sdp([
  "v=0",
  "o=bob 2890844527 2890844527 IN IP4 client.chicago.example.com",
  "s=-",
  "c=IN IP4 192.0.2.100",
  "t=0 0",
  "m=audio 3456 RTP/AVP 0",
  "a=rtpmap:0 PCMU/8000",
]);

/** The addresses of record. */
export const ALICE: URI = URI.parse("sip:alice@atlanta.example.com");
/** See above. */
export const BOB: URI = URI.parse("sip:bob@biloxi.example.com");

/** Where each end is, by the hosts that RFC 3665 §1.3 gives them. */
const ENDS: { readonly [end: string]: HostPort } = {
  "client.atlanta": { host: "client.atlanta.example.com", port: 5060 },
  "client.biloxi": { host: "client.biloxi.example.com", port: 5060 },
  "client.chicago": { host: "client.chicago.example.com", port: 5060 },
};

/** An end, as `UDP client.atlanta`. */
type End = `${"UDP" | "TCP"} ${"client.atlanta" | "client.biloxi" | "client.chicago"}`;

/** The session that a response belongs to; a refusal belongs to none. */
function sessionOf(response: OutgoingResponse | OutgoingResponseWithSession): Session | undefined {
  return "session" in response ? response.session : undefined;
}

/** A URI in angle brackets without its port, which is 5060 everywhere, and its parameters. */
function bareURI(value: string): string {
  return (/^<?([^>]*)>?/.exec(value)?.[1] ?? "").replace(":5060", "").replace(/;.*/, "");
}

/**
 * What a ladder says of a message: whose it is, what it is, CSeq, whether To has a tag, the address
 * in Contact, and how many octets its body has.
 */
function rung(who: Party, message: WireMessage): string {
  const { ruri, startLine, method, cseq, toTag, body } = message;
  const contact = message.header("Contact");
  const parts = [
    ruri === undefined ? startLine.slice("SIP/2.0 ".length) : `${method} ${bareURI(ruri)}`,
    `CSeq ${cseq} ${method}`,
    toTag === undefined ? "To" : "To;tag",
    ...(contact === undefined ? [] : [`Contact ${bareURI(contact)}`]),
    `${body.length} octets`,
  ];
  return `${who} ${parts.join(", ")}`;
}

/** A ladder as a test writes it: without indentation and the numbers that the RFC gives. */
function plain(ladder: string): string[] {
  return ladder.trim().split("\n").map((line) => line.trim().replace(/^F\d+ +/, ""));
}

/** Two engines, and the ladder of what goes on between them. */
export class Ladder {
  readonly clock: VirtualClock = new VirtualClock();
  readonly alice: UserAgentCore;
  readonly bob: UserAgentCore;
  /** Everything that went over the wire, in order of sending. */
  readonly messages: WireMessage[] = [];
  /** The sessions that the two hold, once they have one. */
  readonly sessions: { [party in Party]?: Session } = {};
  private readonly lines: string[] = [];
  private readonly network: MemoryNetwork;

  /**
   * @param alice The ends that Alice has.
   * @param bob Those that Bob has; none where he is not there.
   */
  constructor(alice: End[], bob: End[]) {
    this.network = new MemoryNetwork({
      deliver: (run) =>
        void this.clock.setTimeout(() => {
          run();
          this.note(`states ${this.stateOf("Alice")}, ${this.stateOf("Bob")}`);
        }, LATENCY),
    });
    this.alice = this.engine("Alice", alice);
    this.bob = this.engine("Bob", bob);
  }

  /** Alice calls Bob. Her callbacks are noted, and then `delegate` is called. */
  invite(
    delegate: OutgoingInviteRequestDelegate = {},
    { ruri = BOB, body, ...options }: OutgoingRequestMessageOptions & { ruri?: URI; body?: Body } =
      {},
  ): OutgoingInviteRequest {
    const message = this.alice.makeOutgoingRequestMessage(
      "INVITE",
      ruri,
      ALICE,
      BOB,
      { fromDisplayName: "Alice", toDisplayName: "Bob", ...options },
      [],
      body,
    );
    return this.alice.invite(message, {
      onTrying: (response) => {
        this.told("Alice", "onTrying", response);
        delegate.onTrying?.(response);
      },
      onProgress: (response) => {
        this.told("Alice", "onProgress", response);
        this.hold("Alice", response.session);
        delegate.onProgress?.(response);
      },
      onAccept: (response) => {
        this.told("Alice", "onAccept", response);
        this.hold("Alice", response.session);
        delegate.onAccept?.(response);
      },
      onRedirect: (response) => {
        this.told("Alice", "onRedirect", response);
        delegate.onRedirect?.(response);
      },
      onReject: (response) => {
        this.told("Alice", "onReject", response);
        delegate.onReject?.(response);
      },
    });
  }

  /** What Bob does with a call, and when, in milliseconds after it came. */
  answer(...steps: [number, (request: IncomingInviteRequest) => OutgoingResponse][]): void {
    this.bob.delegate.onInvite = (request) => {
      this.note("Bob onInvite");
      request.delegate = { onCancel: () => this.note("Bob onCancel") };
      for (const [delay, step] of steps) {
        this.clock.setTimeout(() => this.hold("Bob", sessionOf(step(request))), delay);
      }
    };
  }

  /** One side hangs up. */
  bye(party: Party): void {
    this.sessions[party]?.bye({
      onAccept: (response) => this.told(party, "onAccept", response),
      onReject: (response) => this.told(party, "onReject", response),
    });
  }

  /** Compares what has happened since the last time with a ladder, line by line. */
  expect(ladder: string): void {
    assertEquals(this.lines, plain(ladder));
    this.lines.length = 0;
  }

  /** Lets every timer run out, and looks whether anything is left. */
  async end(): Promise<void> {
    const stopped = [this.alice.stop(), this.bob.stop()];
    this.clock.advance(64_000);
    await Promise.all(stopped);
    const nothing = { clients: 0, servers: 0, dialogs: 0, entries: 0 };
    assertEquals([this.alice.live, this.bob.live], [nothing, nothing]);
    assertEquals(this.clock.pending, 0);
    for (const message of this.messages) checkAlone(message);
    checkTogether(this.messages);
  }

  private engine(who: Party, ends: End[]): UserAgentCore {
    return new UserAgentCore({
      clock: this.clock,
      transports: ends.map((end) => this.transport(end)),
      onError: (error) => this.note(`${who} ${error.name}: ${error.message}`),
      trace: ({ direction, bytes }) => {
        if (direction === "in") return;
        const message = readMessage(bytes);
        this.messages.push(message);
        this.note(rung(who, message));
      },
    });
  }

  private transport(name: End): Transport {
    const [protocol = "", end = ""] = name.split(" ");
    const local = ENDS[end];
    assert(local !== undefined);
    const inner = this.network.transport(local, { protocol });
    return {
      protocol: inner.protocol,
      reliable: inner.reliable,
      secure: inner.secure,
      local: inner.local,
      attach: (receiver) => inner.attach(receiver),
      send: (bytes: Uint8Array, to: Destination) =>
        inner.send(bytes, { ...to, host: DOMAINS[to.host] ?? to.host }),
      close: () => inner.close(),
    };
  }

  private hold(party: Party, session: Session | undefined): void {
    if (session === undefined) return;
    this.sessions[party] = session;
    session.delegate ??= {
      onAck: () => this.note(`${party} onAck`),
      onBye: () => this.note(`${party} onBye`),
      onAckTimeout: () => this.note(`${party} onAckTimeout`),
    };
  }

  private stateOf(party: Party): string {
    const session = this.sessions[party];
    if (session === undefined) return `${party} -`;
    return `${party} ${session.sessionState}/${session.signalingState}`;
  }

  private told(party: Party, callback: string, { message }: IncomingResponse): void {
    const origin = message.local ? " local" : "";
    this.note(`${party} ${callback} ${message.statusCode}${origin}`);
  }

  private note(what: string): void {
    this.lines.push(`${this.clock.now()} ${what}`);
  }
}

/** What is the same in every message of RFC 3665 §3. */
function checkAlone(message: WireMessage): void {
  const { startLine, status, branch, body } = message;
  // RFC 3261 §8.1.1.7: "The branch ID ... MUST always begin with the characters "z9hG4bK"."
  assertMatch(branch, /^z9hG4bK./, startLine);
  assertEquals(message.header("Content-Length"), `${body.length}`, startLine);
  assertEquals(message.header("Content-Type"), body.length > 0 ? "application/sdp" : undefined);
  if (status === undefined) assertEquals(message.header("Max-Forwards"), "70", startLine);
  // No proxy is there, so none has put itself into the route.
  assertEquals(message.header("Route"), undefined);
  assertEquals(message.header("Record-Route"), undefined);
}

/** What makes one call of the messages. */
function checkTogether(messages: WireMessage[]): void {
  const [invite] = messages;
  assert(invite !== undefined);
  for (const message of messages) {
    assertEquals(message.callId, invite.callId);
    const request = messages.find((each) =>
      each.status === undefined && each.branch === message.branch && each.method === message.method
    );
    if (message.status !== undefined) {
      // RFC 3261 §8.2.6.2: Via, From, Call-ID and CSeq of the response equal those of the request.
      assert(request !== undefined, message.startLine);
      assertEquals([message.cseq, message.fromTag], [request.cseq, request.fromTag]);
    }
    if (message.status !== undefined || message === invite) continue;
    const related = messages.find((each) =>
      each.method === "INVITE" && each.status === undefined && each.cseq === message.cseq
    );
    const final = messages.find((each) =>
      each.method === "INVITE" && each.cseq === message.cseq && (each.status ?? 0) >= 200
    );
    if (message.method === "CANCEL" || (message.method === "ACK" && (final?.status ?? 0) >= 300)) {
      // §9.1 and §17.1.1.3: Request-URI, Call-ID, From, the number in CSeq and the Via "MUST be
      // identical to the value in the request".
      assertEquals(
        [message.ruri, message.branch, message.header("From"), message.header("Via")],
        [related?.ruri, related?.branch, related?.header("From"), related?.header("Via")],
      );
    } else if (message.method === "ACK") {
      // §13.2.2.4: the ACK to a 2xx is a transaction of its own.
      assert(message.branch !== related?.branch);
      assertEquals(message.toTag, final?.toTag);
    }
    if (message.method === "ACK" && message.branch === related?.branch) {
      // §17.1.1.3: "The To header field in the ACK MUST equal the To header field in the response
      // being acknowledged".
      assertEquals(message.header("To"), final?.header("To"));
    }
    if (message.method === "CANCEL") assertEquals(message.header("To"), invite.header("To"));
  }
}
