/**
 * Where a scenario is played: one core, SIP.js's or ours, a scripted far end, and what is noted of
 * both. A scenario is written once, against the types that both have (`types_test.ts`).
 *
 * @module
 */
import {
  type Body,
  type IncomingInviteRequest,
  type IncomingRequest,
  type IncomingResponse,
  type OutgoingInviteRequest,
  type OutgoingInviteRequestDelegate,
  type OutgoingRequestDelegate,
  type OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  type PrackableIncomingResponseWithSession,
  type Session,
  URI,
  UserAgentCore,
  type UserAgentCoreDelegate,
} from "@strowger/sip";
import { MemoryNetwork } from "@strowger/sip/transports/memory";
import { Grammar } from "sip.js/lib/core/index.js";
import { HookedTransport } from "../support/hooked_transport.ts";
import { type RequestScript, type ResponseScript, ScriptedPeer } from "../support/scripted_peer.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { underClock } from "./runtime.ts";
import { ALICE, REALM, sipJsCore } from "./sip_js_core.ts";
import { type WireMessage, wireMessage } from "./wire.ts";

/** Whose core it is. */
export type Library = "SIP.js" | "Strowger";

/** What a scenario needs of a core. */
export type Core = Pick<
  UserAgentCore,
  | "delegate"
  | "dispose"
  | "invite"
  | "request"
  | "message"
  | "publish"
  | "register"
  | "subscribe"
  | "makeOutgoingRequestMessage"
>;

/** One play: who does what when. */
export interface Scenario {
  /** What happens, in a few words; differences are listed under it. */
  readonly name: string;
  /** `TCP` by default: nothing is sent again, by either library. */
  readonly protocol?: "TCP" | "UDP";
  readonly play: (stage: Stage) => Promise<void>;
}

/** What a core did in a scenario. */
export interface Record {
  /** What its user was told, in order, and what was left at the end. */
  readonly told: readonly string[];
  /** What it sent, in order. */
  readonly wire: readonly WireMessage[];
}

/** What a request may have. */
export interface MessageOptions {
  readonly to?: string;
  readonly uri?: string;
  readonly extraHeaders?: string[];
  readonly body?: Body;
  readonly options?: OutgoingRequestMessageOptions;
}

const BOB = { host: "bob.example", port: 5060 };

/** A session description. */
export function sdp(content: string): Body {
  return { contentDisposition: "session", contentType: "application/sdp", content };
}

/** See the module. */
export class Stage {
  readonly library: Library;
  readonly clock: VirtualClock = new VirtualClock();
  readonly told: string[] = [];
  readonly wire: WireMessage[] = [];
  readonly transport: HookedTransport;
  readonly peer: ScriptedPeer;
  readonly core: Core;
  /** The sessions that a delegate was told of, the last one last. */
  readonly sessions: Session[] = [];
  readonly progressed: PrackableIncomingResponseWithSession[] = [];
  readonly invited: IncomingInviteRequest[] = [];
  /** What was reported; SIP.js has nobody to report to. */
  readonly reported: string[] = [];
  private readonly contact: string;
  /** What lives in the core. */
  private readonly left: () => { [what: string]: number };

  private constructor(library: Library, protocol: "TCP" | "UDP") {
    this.library = library;
    const network = new MemoryNetwork({
      deliver: (run) =>
        queueMicrotask(() => {
          try {
            run();
          } catch (error) {
            this.failed(error);
          }
        }),
    });
    const { host, port } = ALICE;
    this.transport = new HookedTransport(network.transport({ host, port }, { protocol }));
    this.transport.onSend = (text) => this.sent(text);
    this.peer = new ScriptedPeer(network.transport(BOB, { protocol }), ALICE);
    const parameter = protocol === "UDP" ? "" : `;transport=${protocol.toLowerCase()}`;
    this.contact = `<sip:${ALICE.user}@${host}:${port}${parameter}>`;
    if (library === "SIP.js") {
      const core = sipJsCore(this.transport, BOB, this.contact);
      this.core = core as unknown as Core;
      this.left = () => ({
        clients: core.userAgentClients.size + core.subscribers.size,
        servers: core.userAgentServers.size,
        dialogs: core.dialogs.size,
      });
    } else {
      const core = new UserAgentCore({
        transports: [this.transport],
        clock: this.clock,
        userAgentHeaderFieldValue: "compat",
        credentials: [{ realm: REALM, username: ALICE.user, password: ALICE.password }],
        logger: { debug: () => {}, warn: () => {} },
        onError: (error) => void this.reported.push(error.name),
      });
      this.core = core;
      this.left = () => {
        const { clients, servers, dialogs } = core.live;
        return { clients, servers, dialogs };
      };
    }
  }

  /** Plays a scenario with a library, until five minutes after its end. */
  static async play(scenario: Omit<Scenario, "name">, library: Library): Promise<Stage> {
    const stage = new Stage(library, scenario.protocol ?? "TCP");
    await underClock(stage.clock, (error) => stage.failed(error), async () => {
      await scenario.play(stage);
      await stage.advance(300_000);
    });
    const left = Object.entries({ ...stage.left(), timers: stage.clock.pending });
    for (const [what, count] of left) if (count > 0) stage.told.push(`left: ${what}`);
    for (const text of stage.peer.unreadable) stage.told.push(`unreadable: ${text}`);
    return stage;
  }

  /** Lets all happen that waits for nothing. */
  settle(): Promise<void> {
    return this.clock.advanceAsync(0);
  }

  /** Lets time pass. */
  advance(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms);
  }

  uri(text: string): URI {
    if (this.library === "Strowger") return URI.parse(text);
    const uri = Grammar.URIParse(text);
    if (uri === undefined) throw new Error(`no URI: ${text}`);
    return uri as unknown as URI;
  }

  /** A request from alice to bob, not sent yet; with Contact, which SIP.js does not add. */
  request(method: string, more: MessageOptions = {}): OutgoingRequestMessage {
    return this.core.makeOutgoingRequestMessage(
      method,
      this.uri(more.uri ?? "sip:bob@bob.example:5060"),
      this.uri("sip:alice@alice.example"),
      this.uri(more.to ?? "sip:bob@bob.example"),
      more.options ?? {},
      [`Contact: ${this.contact}`, ...more.extraHeaders ?? []],
      more.body,
    );
  }

  /** A delegate that notes what it is told. */
  recorder(more: OutgoingRequestDelegate = {}, prefix = ""): Required<OutgoingRequestDelegate> {
    const note = (name: string, { message }: IncomingResponse): void => {
      this.told.push(`${prefix}${name} ${message.statusCode}`);
    };
    const method = (name: keyof OutgoingRequestDelegate) => (response: IncomingResponse): void => {
      note(name, response);
      more[name]?.(response);
    };
    return {
      onTrying: method("onTrying"),
      onProgress: method("onProgress"),
      onAccept: method("onAccept"),
      onRedirect: method("onRedirect"),
      onReject: method("onReject"),
    };
  }

  /** The same for an INVITE: keeps its sessions, and acknowledges unless it is told otherwise. */
  inviteRecorder(
    more: OutgoingInviteRequestDelegate = {},
    prefix = "",
  ): OutgoingInviteRequestDelegate {
    const { onAccept, onProgress, ...others } = more;
    const told = this.recorder(others, prefix);
    return {
      ...told,
      onProgress: (response) => {
        this.progressed.push(response);
        told.onProgress(response);
        onProgress?.(response);
      },
      onAccept: (response) => {
        this.sessions.push(response.session);
        told.onAccept(response);
        if (onAccept === undefined) response.ack();
        else onAccept(response);
      },
    };
  }

  /** Sends an INVITE and lets it arrive. */
  async invite(
    more: MessageOptions = {},
    delegate: OutgoingInviteRequestDelegate = this.inviteRecorder(),
  ): Promise<OutgoingInviteRequest> {
    const request = this.core.invite(this.request("INVITE", more), delegate);
    await this.settle();
    return request;
  }

  /** The far end answers the last request of a method that it has got. */
  async respond(status: number, script: ResponseScript = {}, method = "INVITE"): Promise<void> {
    this.peer.respond(this.peer.request(method), status, script);
    await this.settle();
  }

  /** The far end sends a request. */
  async ask(method: string, script: RequestScript = {}): Promise<void> {
    this.peer.ask(method, script);
    await this.settle();
  }

  /** The far end sends a request within the dialog of the last INVITE that it got. */
  askWithin(method: string, cseq: number, script: RequestScript = {}): Promise<void> {
    const invite = this.peer.request("INVITE");
    return this.ask(method, {
      callId: invite.callId,
      toTag: invite.fromTag ?? "",
      contact: "<sip:bob@bob.example:5060>",
      cseq,
      ...script,
    });
  }

  /** An outgoing call that is up. */
  async call(more: MessageOptions = { body: sdp("offer") }): Promise<Session> {
    await this.invite(more);
    await this.respond(200, { body: "answer" });
    return this.session;
  }

  /** Notes INVITEs that come in. */
  takeInvites(answer: (request: IncomingInviteRequest) => void = () => {}): void {
    this.take("onInvite", (request: IncomingInviteRequest) => {
      this.invited.push(request);
      request.delegate = { onCancel: () => void this.told.push("onCancel") };
      answer(request);
    });
  }

  /** Notes requests that come in, and answers them. */
  take<T extends IncomingRequest>(
    name: keyof UserAgentCoreDelegate,
    answer: (request: T) => void = (request) => void request.accept(),
  ): void {
    this.core.delegate = {
      ...this.core.delegate,
      [name]: (request: T) => {
        this.told.push(name);
        answer(request);
      },
    };
  }

  /** Does what may throw, and notes whether it does. */
  attempt(what: string, run: () => unknown): void {
    try {
      run();
    } catch {
      this.told.push(`${what} throws`);
    }
  }

  /** The last session. */
  get session(): Session {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error("there is no session");
    return session;
  }

  /** The last INVITE that came in. */
  get incoming(): IncomingInviteRequest {
    const request = this.invited.at(-1);
    if (request === undefined) throw new Error("no INVITE came in");
    return request;
  }

  /** From now on nothing can be sent. */
  unplug(): void {
    this.transport.onSend = () => Promise.reject(new Error("unplugged"));
  }

  private sent(text: string): void {
    this.wire.push(wireMessage(text));
  }

  private failed(_error: unknown): void {
    this.told.push("throws where nobody can catch it");
  }
}
