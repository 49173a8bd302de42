/**
 * What SIPp plays, what the engine does, and what each call has to come to; and what the engine's
 * parts have in common.
 */
import {
  type AckableIncomingResponseWithSession,
  type Body,
  type IncomingInviteRequest,
  type IncomingRequest,
  type IncomingResponse,
  type OutgoingInviteRequest,
  type OutgoingInviteRequestDelegate,
  type OutgoingRequestDelegate,
  type OutgoingRequestMessage,
  type Session,
  type SessionDelegate,
  URI,
  type UserAgentCore,
  type UserAgentCoreConfiguration,
  type UserAgentCoreDelegate,
} from "@strowger/sip";
import type { Column } from "./matrix.ts";

/** What the engine's user was told of one call, in order. */
export class Story {
  /** Which call it is, from 0. */
  readonly index: number;
  private readonly words: string[] = [];

  constructor(index: number) {
    this.index = index;
  }

  /** All of it. */
  get told(): string {
    return this.words.join(" ");
  }

  /** Goes on. */
  push(...words: string[]): void {
    this.words.push(...words);
  }

  /** Runs `run` later; what it throws is part of the story. */
  later(milliseconds: number, run: () => void): void {
    setTimeout(() => {
      try {
        run();
      } catch (error) {
        this.push(`${error}`);
      }
    }, milliseconds);
  }

  /** A delegate that goes on in status codes. */
  tell(prefix = ""): OutgoingRequestDelegate {
    const push = ({ message }: IncomingResponse): void => {
      this.push(`${message.local ? "local:" : ""}${prefix}${message.statusCode}`);
    };
    return { onTrying: push, onProgress: push, onAccept: push, onRedirect: push, onReject: push };
  }
}

/** One row of the table, once for each transport. */
export interface SippScenario {
  readonly title: string;
  /** SIPp's part, a file in `sipp/`. */
  readonly file: string;
  readonly calls: number;
  /** What of the matrix it is a trial of. */
  readonly cells?: readonly Column[];
  /** What the story of every call has to be; none where the engine answers by itself. */
  readonly story?: string;
  /** What the engine is made from besides. */
  readonly configuration?: Partial<UserAgentCoreConfiguration>;
  /** The engine's part where SIPp is called; `target` is SIPp's URI. */
  readonly place?: (core: UserAgentCore, target: URI, story: Story) => void;
  /** The engine's part where SIPp calls; `begin` is for each call. */
  readonly serve?: (begin: () => Story) => UserAgentCoreDelegate;
}

const ENGINE = URI.parse("sip:engine@127.0.0.1");

/** A request to SIPp. */
export function requestTo(
  core: UserAgentCore,
  method: string,
  target: URI,
  extraHeaders?: string[],
  body?: Body,
): OutgoingRequestMessage {
  const options = { fromDisplayName: "Engine" };
  return core.makeOutgoingRequestMessage(
    method,
    target,
    ENGINE,
    target,
    options,
    extraHeaders,
    body,
  );
}

/** Calls SIPp; `delegate` is for what the story does not only tell. */
export function call(
  core: UserAgentCore,
  target: URI,
  story: Story,
  delegate: OutgoingInviteRequestDelegate = {},
  extraHeaders?: string[],
): OutgoingInviteRequest {
  const message = requestTo(core, "INVITE", target, extraHeaders, description("engine"));
  return core.invite(message, { ...story.tell(), ...delegate });
}

/** What a call may have besides. */
export interface CallExtras {
  readonly extraHeaders?: string[];
  /** Takes provisional responses instead of the story; `null` for nobody. */
  readonly onProgress?: OutgoingInviteRequestDelegate["onProgress"] | null;
}

/** Calls SIPp, acknowledges its 2xx, and goes on in the session that is up. */
export function callUp(
  core: UserAgentCore,
  target: URI,
  story: Story,
  then: (session: Session) => void,
  { extraHeaders, onProgress }: CallExtras = {},
): void {
  const onAccept = (response: AckableIncomingResponseWithSession): void => {
    const { session } = response;
    response.ack();
    story.push(`${response.message.statusCode}`, session.sessionState, session.signalingState);
    then(session);
  };
  const request = call(core, target, story, { onAccept }, extraHeaders);
  if (onProgress === undefined) return;
  const { onProgress: _, ...rest } = request.delegate ?? {};
  request.delegate = onProgress === null ? rest : { ...rest, onProgress };
}

/** Hangs up a little later. */
export function hangUp(session: Session, story: Story, milliseconds: number): void {
  story.later(milliseconds, () => {
    session.bye(story.tell("BYE:"));
    story.push(session.sessionState);
  });
}

/** Every tenth call is answered so late that the engine says 100 by itself (RFC 3261 §17.2.1). */
export function isSlow(story: Story): boolean {
  return story.index % 10 === 0;
}

/** How late that is, in milliseconds. */
export const SLOW = 300;

/** Rings and answers; `then` goes on in the session that is up. */
export function answer(
  request: IncomingInviteRequest,
  story: Story,
  then: (session: Session) => void = () => {},
  delegate: SessionDelegate = {},
): void {
  const ring = (): void => {
    story.push("ringing");
    request.progress();
  };
  if (!isSlow(story)) ring();
  story.later(isSlow(story) ? SLOW : 50 + story.index % 200, () => {
    if (isSlow(story)) ring();
    const { session } = request.accept({ statusCode: 200, body: description("engine") });
    story.push("accepted");
    session.delegate = {
      ...delegate,
      onAck: () => {
        story.push("ACK", session.sessionState, session.signalingState);
        session.delegate = { ...session.delegate, onAck: () => story.push("ACK") };
        then(session);
      },
      onBye: () => void story.push("BYE", session.sessionState),
      onAckTimeout: () => void story.push("no ACK"),
    };
  });
}

/** Takes a request that is answered at once, and tells of its method and body. */
export function take(
  begin: () => Story,
  answer: (request: IncomingRequest) => void,
): (request: IncomingRequest) => void {
  return (request) => {
    begin().push(request.message.method, request.message.body);
    answer(request);
  };
}

/** A session description. */
export function description(user: string, version = 1, direction = "sendrecv"): Body {
  const lines = [
    "v=0",
    `o=${user} 1 ${version} IN IP4 127.0.0.1`,
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    "m=audio 40002 RTP/AVP 0",
    "a=rtpmap:0 PCMU/8000",
    `a=${direction}`,
  ];
  return {
    contentDisposition: "session",
    contentType: "application/sdp",
    content: lines.map((line) => `${line}\r\n`).join(""),
  };
}

/** A line of text. */
export function text(content: string): Body {
  return { contentDisposition: "render", contentType: "text/plain", content };
}
