/**
 * One user agent of a flow: an engine whose callbacks are written down.
 *
 * @module
 */
import {
  type AckableIncomingResponseWithSession,
  type BinaryBody,
  type Body,
  type IncomingInviteRequest,
  type IncomingRequestMessage,
  type IncomingResponse,
  type OutgoingInviteRequest,
  type OutgoingInviteRequestDelegate,
  type OutgoingRequest,
  type OutgoingRequestDelegate,
  type OutgoingRequestMessageOptions,
  type OutgoingResponse,
  type OutgoingResponseWithSession,
  type Session,
  type SessionDelegate,
  URI,
  type UserAgentCore,
} from "@strowger/sip";
import type { VirtualClock } from "../support/virtual_clock.ts";

/** What a request outside of any session has. */
export interface AskOptions extends OutgoingRequestMessageOptions {
  readonly extraHeaders?: string[];
  readonly body?: Body | BinaryBody;
  /** The Request-URI, where it is not the address that To has. */
  readonly ruri?: URI;
}

/** The session that a response belongs to; a refusal belongs to none. */
function sessionOf(response: OutgoingResponse | OutgoingResponseWithSession): Session | undefined {
  return "session" in response ? response.session : undefined;
}

/** See the module. */
export class Agent {
  readonly name: string;
  readonly core: UserAgentCore;
  /** The sessions that it has held, by Call-ID and far tag. */
  readonly sessions: Session[] = [];
  /** What its sessions' delegates do beside writing down; set before the session is there. */
  readonly inSession: SessionDelegate = {};
  private readonly states = new Map<Session, string>();
  private readonly clock: VirtualClock;
  private readonly write: (line: string) => void;

  constructor(
    name: string,
    core: UserAgentCore,
    clock: VirtualClock,
    write: (line: string) => void,
  ) {
    this.name = name;
    this.core = core;
    this.clock = clock;
    this.write = write;
  }

  /** Its last session; throws where it has none. */
  get session(): Session {
    const last = this.sessions.at(-1);
    if (last === undefined) throw new Error(`${this.name} has no session`);
    return last;
  }

  /** Calls somebody. Callbacks are written down, and then `delegate` is called. */
  invite(
    to: URI,
    delegate: OutgoingInviteRequestDelegate = { onAccept: (response) => void response.ack() },
    options: AskOptions = {},
  ): OutgoingInviteRequest {
    return this.core.invite(this.message("INVITE", to, options), this.heard(delegate));
  }

  /** Sends a request that is no INVITE. */
  ask(
    method: string,
    to: URI,
    options: AskOptions = {},
    delegate: OutgoingRequestDelegate = {},
  ): OutgoingRequest {
    return this.core.request(this.message(method, to, options), this.heard(delegate));
  }

  /** What it does with calls that come in, and when, in milliseconds after each came. */
  answer(...steps: [number, (request: IncomingInviteRequest) => OutgoingResponse][]): void {
    this.core.delegate.onInvite = (request) => this.take(request, "onInvite", steps);
  }

  /** The same for one INVITE. */
  take(
    request: IncomingInviteRequest,
    name: string,
    steps: [number, (request: IncomingInviteRequest) => OutgoingResponse][],
  ): void {
    this.write(name);
    request.delegate = { onCancel: () => this.write("onCancel") };
    for (const [delay, step] of steps) {
      this.clock.setTimeout(() => this.hold(sessionOf(step(request))), delay);
    }
  }

  /** Notes what it is told of a request that it sent. */
  heard(delegate: OutgoingInviteRequestDelegate = {}): OutgoingInviteRequestDelegate {
    return {
      onTrying: (response) => {
        this.told("onTrying", response);
        return delegate.onTrying?.(response);
      },
      onProgress: (response) => {
        this.told("onProgress", response);
        this.hold(response.session);
        return delegate.onProgress?.(response);
      },
      onAccept: (response: AckableIncomingResponseWithSession) => {
        this.told("onAccept", response);
        this.hold(response.session);
        return delegate.onAccept?.(response);
      },
      onRedirect: (response) => {
        this.told("onRedirect", response);
        return delegate.onRedirect?.(response);
      },
      onReject: (response) => {
        this.told("onReject", response);
        return delegate.onReject?.(response);
      },
    };
  }

  /** Hangs up its last session, or another one. */
  bye(session: Session = this.session): void {
    session.bye(this.heard());
  }

  /** Writes down how its sessions have changed since the last time. */
  noteStates(): void {
    for (const session of this.sessions) {
      const state = `${session.sessionState}/${session.signalingState}`;
      if (this.states.get(session) === state) continue;
      this.states.set(session, state);
      const which = this.sessions.length > 1 ? `${this.sessions.indexOf(session) + 1} ` : "";
      this.write(`session ${which}${state}`);
    }
  }

  private message(method: string, to: URI, options: AskOptions) {
    const { extraHeaders, body, ruri = to, ...more } = options;
    const from = this.core.configuration.aor ?? URI.parse("sip:anonymous@anonymous.invalid");
    return this.core.makeOutgoingRequestMessage(method, ruri, from, to, more, extraHeaders, body);
  }

  private hold(session: Session | undefined): void {
    if (session === undefined || this.sessions.includes(session)) return;
    this.sessions.push(session);
    const note = (name: string, request?: { readonly message: IncomingRequestMessage }): void => {
      const body = request === undefined || request.message.body === "" ? "" : " with a body";
      this.write(name + body);
    };
    const { onInvite, onUpdate, onRefer, onNotify } = this.inSession;
    session.delegate = {
      onAck: (request) => note("onAck", request),
      onAckTimeout: () => note("onAckTimeout"),
      onExpire: () => note("onExpire"),
      onBye: (request) => note("onBye", request),
      // What is not there is answered by the engine.
      ...onInvite && { onInvite },
      ...onUpdate && {
        onUpdate: (request) => {
          note("onUpdate", request);
          return onUpdate(request);
        },
      },
      ...onRefer && {
        onRefer: (request) => {
          note("onRefer", request);
          return onRefer(request);
        },
      },
      ...onNotify && {
        onNotify: (request) => {
          note("onNotify", request);
          return onNotify(request);
        },
      },
    };
  }

  private told(callback: string, { message }: IncomingResponse): void {
    const origin = message.local ? " local" : "";
    this.write(`${callback} ${message.statusCode}${origin}`);
  }
}
