/**
 * Calls that are set up, or not, and end.
 */
import type { IncomingInviteRequest, IncomingRequest, URI, UserAgentCore } from "@strowger/sip";
import {
  answer,
  call,
  type CallExtras,
  callUp,
  description,
  hangUp,
  isSlow,
  requestTo,
  type SippScenario,
  SLOW,
  type Story,
} from "./sipp_scenario.ts";

export const CALLS: readonly SippScenario[] = [
  {
    title: "SIPp answers, the engine hangs up",
    file: "callee_answers.xml",
    calls: 200,
    cells: ["we call", "hang up here"],
    story: "100 180 200 Confirmed Stable Terminated BYE:200",
    place: (core, target, story) =>
      callUp(
        core,
        target,
        story,
        (session) => hangUp(session, story, 200 + story.index % 300),
      ),
  },
  {
    title: "SIPp rings, the engine cancels",
    file: "callee_is_cancelled.xml",
    calls: 20,
    cells: ["cancel"],
    story: "180 487",
    place: (core, target, story) => {
      // Half of the calls are given up when they ring, half before anything has come.
      const isEarly = story.index % 2 === 0;
      const request = call(core, target, story, {
        onProgress: ({ message }) => {
          story.push(`${message.statusCode}`);
          if (!isEarly) request.cancel("not needed any more");
        },
      });
      if (isEarly) request.cancel();
    },
  },
  {
    title: "SIPp is busy",
    file: "callee_is_busy.xml",
    calls: 20,
    cells: ["busy"],
    story: "100 486",
    place: (core, target, story) => void call(core, target, story),
  },
  {
    title: "SIPp's 200 crosses the engine's CANCEL",
    file: "callee_answers_cancel.xml",
    calls: 20,
    story: "180 200 Confirmed Stable Terminated BYE:200",
    place: (core, target, story) => {
      const request = call(core, target, story, {
        onProgress: ({ message }) => {
          story.push(`${message.statusCode}`);
          request.cancel();
        },
        onAccept: (response) => {
          const { session } = response;
          response.ack();
          story.push("200", session.sessionState, session.signalingState);
          hangUp(session, story, 0);
        },
      });
    },
  },
  {
    title: "SIPp forks, and both answer",
    file: "callee_forks.xml",
    calls: 20,
    story: "180 180 200 Confirmed desk Terminated BYE:200",
    place: (core, target, story) => {
      const body = description("engine");
      core.invite(requestTo(core, "INVITE", target, undefined, body), {
        ...story.tell(),
        onAccept: (response) => {
          const { session } = response;
          response.ack();
          story.push("200", session.sessionState, session.remoteTarget.user ?? "nobody");
          hangUp(session, story, 200);
        },
      }, { keepFirst: true });
    },
  },
  {
    title: "SIPp has moved",
    file: "callee_has_moved.xml",
    calls: 20,
    story: "302 127.0.0.2 127.0.0.3",
    place: (core, target, story) =>
      void call(core, target, story, {
        onRedirect: ({ message }) => {
          const hosts = message.getHeaders("Contact").map((each) =>
            /@([\d.]+)/.exec(each)?.[1] ?? ""
          );
          story.push(`${message.statusCode}`, ...hosts);
        },
      }),
  },
  {
    title: "the engine offers nothing, SIPp offers",
    file: "callee_offers.xml",
    calls: 20,
    story: "180 200 HaveRemoteOffer Confirmed Stable Terminated BYE:200",
    place: (core, target, story) =>
      void core.invite(requestTo(core, "INVITE", target), {
        ...story.tell(),
        onAccept: (response) => {
          const { session } = response;
          story.push("200", session.signalingState);
          response.ack({ body: description("engine") });
          story.push(session.sessionState, session.signalingState);
          hangUp(session, story, 50);
        },
      }),
  },
  {
    title: "SIPp rings reliably, the program sends PRACK",
    file: "callee_rings_reliably.xml",
    calls: 20,
    story: "183 180 200 Confirmed Stable Terminated BYE:200",
    place: (core, target, story) =>
      callReliably(core, target, story, (response) => {
        story.push(`${response.message.statusCode}`);
        response.prack();
      }),
  },
  {
    title: "SIPp rings reliably, nobody listens",
    file: "callee_rings_reliably.xml",
    calls: 20,
    story: "200 Confirmed Stable Terminated BYE:200",
    place: (core, target, story) => callReliably(core, target, story, null),
  },
  {
    title: "the engine answers, SIPp hangs up",
    file: "caller_hangs_up.xml",
    calls: 200,
    cells: ["called", "hang up there"],
    story: "ringing accepted ACK Confirmed Stable BYE Terminated",
    serve: (begin) => ({ onInvite: (request) => answer(request, begin()) }),
  },
  {
    title: "the engine answers and hangs up",
    file: "caller_is_hung_up_on.xml",
    calls: 20,
    cells: ["called", "hang up here"],
    story: "ringing accepted ACK Confirmed Stable Terminated BYE:200",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        answer(request, story, (session) => hangUp(session, story, 200));
      },
    }),
  },
  {
    title: "the engine rings reliably (100rel)",
    file: "caller_wants_reliable.xml",
    calls: 20,
    story: "183 PRACK 180 PRACK accepted ACK Confirmed Stable BYE Terminated",
    serve: (begin) => ({ onInvite: (request) => answerReliably(request, begin()) }),
  },
  {
    title: "the engine refuses",
    file: "caller_is_refused.xml",
    calls: 20,
    cells: ["busy"],
    story: "refused",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        story.later(isSlow(story) ? SLOW : 20, () => {
          request.reject({ statusCode: 486 });
          story.push("refused");
        });
      },
    }),
  },
  {
    title: "the engine rings, SIPp cancels",
    file: "caller_cancels.xml",
    calls: 20,
    cells: ["cancel"],
    story: "ringing CANCEL",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        request.progress();
        story.push("ringing");
        request.delegate = { onCancel: () => story.push("CANCEL") };
      },
    }),
  },
];

/** RFC 3262 §4: the engine acknowledges reliable responses where nobody listens. */
function callReliably(
  core: UserAgentCore,
  target: URI,
  story: Story,
  onProgress: CallExtras["onProgress"],
): void {
  const extras = { extraHeaders: ["Supported: 100rel"], onProgress };
  callUp(core, target, story, (session) => hangUp(session, story, 100), extras);
}

/** RFC 3262 §3: each provisional response waits for the PRACK to the one before. */
function answerReliably(request: IncomingInviteRequest, story: Story): void {
  const body = description("engine");
  story.push("183");
  const { session } = request.progress({ statusCode: 183, body });
  session.delegate = {
    onPrack: (first) => {
      first.accept();
      story.push("PRACK", "180");
      session.delegate = { ...session.delegate, onPrack: accept };
      request.progress();
    },
    onAck: () => story.push("ACK", session.sessionState, session.signalingState),
    onBye: () => story.push("BYE", session.sessionState),
  };
  const accept = (second: IncomingRequest): void => {
    second.accept();
    story.push("PRACK", "accepted");
    request.accept();
  };
}
