/**
 * The scenarios: what SIPp plays, what the engine does, and what each call has to come to.
 */
import {
  type Body,
  type IncomingInviteRequest,
  type IncomingResponse,
  type OutgoingInviteRequest,
  type OutgoingRequestDelegate,
  type OutgoingResponseWithSession,
  type Session,
  URI,
  type UserAgentCore,
} from "@strowger/sip";

/** What the engine's user was told of one call, in order. */
export type Story = string[];

/** One row of the table, once for each transport. */
export interface Scenario {
  readonly title: string;
  /** SIPp's part, a file in `sipp/`. */
  readonly file: string;
  readonly calls: number;
  /** What the story of every call has to be, joined by spaces. */
  readonly story: string;
  /** The engine's part where SIPp is called; `target` is SIPp's URI. */
  readonly place?: (core: UserAgentCore, target: URI, story: Story, index: number) => void;
  /** The engine's part where SIPp calls. */
  readonly take?: (request: IncomingInviteRequest, story: Story, index: number) => void;
}

const ENGINE = URI.parse("sip:engine@127.0.0.1");

/** Every tenth call is answered so late that the engine says 100 by itself (RFC 3261 §17.2.1). */
const SLOW = 300;

export const SCENARIOS: readonly Scenario[] = [
  {
    title: "SIPp answers, the engine hangs up",
    file: "callee_answers.xml",
    calls: 200,
    story: "100 180 200 Confirmed Stable Terminated BYE:200",
    place: callAndHangUp,
  },
  {
    title: "SIPp rings, the engine cancels",
    file: "callee_is_cancelled.xml",
    calls: 20,
    story: "180 487",
    place: callAndCancel,
  },
  {
    title: "SIPp is busy",
    file: "callee_is_busy.xml",
    calls: 20,
    story: "100 486",
    place: (core, target, story) => void call(core, target, story),
  },
  {
    title: "the engine answers, SIPp hangs up",
    file: "caller_hangs_up.xml",
    calls: 200,
    story: "ringing accepted ACK Confirmed Stable BYE Terminated",
    take: (request, story, index) => answer(request, story, index),
  },
  {
    title: "the engine answers and hangs up",
    file: "caller_is_hung_up_on.xml",
    calls: 20,
    story: "ringing accepted ACK Confirmed Stable Terminated BYE:200",
    take: (request, story, index) =>
      answer(request, story, index, (session) =>
        later(story, 200, () => {
          session.bye(tell(story, "BYE:"));
          story.push(session.sessionState);
        })),
  },
  {
    title: "the engine refuses",
    file: "caller_is_refused.xml",
    calls: 20,
    story: "refused",
    take: (request, story, index) =>
      later(story, index % 10 === 0 ? SLOW : 20, () => {
        request.reject({ statusCode: 486 });
        story.push("refused");
      }),
  },
  {
    title: "the engine rings, SIPp cancels",
    file: "caller_cancels.xml",
    calls: 20,
    story: "ringing CANCEL",
    take: (request, story) => {
      request.progress();
      story.push("ringing");
      request.delegate = { onCancel: () => void story.push("CANCEL") };
    },
  },
];

function callAndHangUp(core: UserAgentCore, target: URI, story: Story, index: number): void {
  const request = call(core, target, story);
  request.delegate = {
    ...request.delegate,
    onAccept: (response) => {
      const { session } = response;
      response.ack();
      story.push(`${response.message.statusCode}`, session.sessionState, session.signalingState);
      later(story, 200 + index % 300, () => {
        session.bye(tell(story, "BYE:"));
        story.push(session.sessionState);
      });
    },
  };
}

/** Half of the calls are given up when they ring, half before anything has come. */
function callAndCancel(core: UserAgentCore, target: URI, story: Story, index: number): void {
  const request = call(core, target, story);
  if (index % 2 === 0) return request.cancel();
  request.delegate = {
    ...request.delegate,
    onProgress: ({ message }) => {
      story.push(`${message.statusCode}`);
      request.cancel("not needed any more");
    },
  };
}

function call(core: UserAgentCore, target: URI, story: Story): OutgoingInviteRequest {
  const message = core.makeOutgoingRequestMessage(
    "INVITE",
    target,
    ENGINE,
    target,
    { fromDisplayName: "Engine" },
    undefined,
    description("engine"),
  );
  return core.invite(message, tell(story));
}

function answer(
  request: IncomingInviteRequest,
  story: Story,
  index: number,
  then: (session: Session) => void = () => {},
): void {
  const ring = (): OutgoingResponseWithSession => {
    story.push("ringing");
    return request.progress();
  };
  const isSlow = index % 10 === 0;
  if (!isSlow) ring();
  later(story, isSlow ? SLOW : 50 + index % 200, () => {
    if (isSlow) ring();
    const { session } = request.accept({ statusCode: 200, body: description("engine") });
    story.push("accepted");
    session.delegate = {
      onAck: () => {
        story.push("ACK", session.sessionState, session.signalingState);
        then(session);
      },
      onBye: () => void story.push("BYE", session.sessionState),
      onAckTimeout: () => void story.push("no ACK"),
    };
  });
}

/** A delegate that tells a story in status codes. */
function tell(story: Story, prefix = ""): OutgoingRequestDelegate {
  const push = ({ message }: IncomingResponse): void => {
    story.push(`${message.local ? "local:" : ""}${prefix}${message.statusCode}`);
  };
  return { onTrying: push, onProgress: push, onAccept: push, onRedirect: push, onReject: push };
}

/** Runs `run` later; what it throws is part of the story. */
function later(story: Story, milliseconds: number, run: () => void): void {
  setTimeout(() => {
    try {
      run();
    } catch (error) {
      story.push(`${error}`);
    }
  }, milliseconds);
}

function description(user: string): Body {
  const lines = [
    "v=0",
    `o=${user} 1 1 IN IP4 127.0.0.1`,
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    "m=audio 40002 RTP/AVP 0",
    "a=rtpmap:0 PCMU/8000",
  ];
  return {
    contentDisposition: "session",
    contentType: "application/sdp",
    content: lines.map((line) => `${line}\r\n`).join(""),
  };
}
