/**
 * Calls that are changed or refreshed while they are up: re-INVITE (RFC 3261 §14), UPDATE
 * (RFC 3311), session timers (RFC 4028).
 */
import type { IncomingResponse, Session, SessionDelegate } from "@strowger/sip";
import {
  answer,
  callUp,
  description,
  hangUp,
  type SippScenario,
  type Story,
} from "./sipp_scenario.ts";

export const CHANGES: readonly SippScenario[] = [
  {
    title: "the engine holds and resumes (re-INVITE)",
    file: "callee_is_held.xml",
    calls: 20,
    cells: ["hold"],
    story: "180 200 Confirmed Stable 200 Stable recvonly 200 Stable sendrecv Terminated BYE:200",
    place: (core, target, story) =>
      callUp(
        core,
        target,
        story,
        (session) =>
          reInvite(session, story, 2, "sendonly", () =>
            reInvite(session, story, 3, "sendrecv", () =>
              hangUp(session, story, 50))),
      ),
  },
  {
    title: "SIPp holds and resumes (re-INVITE)",
    file: "caller_holds.xml",
    calls: 20,
    cells: ["hold"],
    story:
      "ringing accepted ACK Confirmed Stable INVITE sendonly ACK INVITE sendrecv ACK BYE Terminated",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        answer(request, story, undefined, takeReInvites(story));
      },
    }),
  },
  {
    title: "SIPp refuses the engine's re-INVITE",
    file: "callee_refuses_change.xml",
    calls: 20,
    story: "180 200 Confirmed Stable 488 Confirmed Stable Terminated BYE:200",
    place: (core, target, story) =>
      callUp(
        core,
        target,
        story,
        (session) =>
          reInvite(session, story, 2, "sendonly", () => {
            story.push(session.sessionState, session.signalingState);
            hangUp(session, story, 50);
          }),
      ),
  },
  {
    title: "SIPp refuses the engine's re-INVITE for its own, as callee (491)",
    file: "callee_glares.xml",
    calls: 10,
    story: "180 200 Confirmed Stable 200 Stable recvonly Terminated BYE:200",
    place: (core, target, story) =>
      callUp(
        core,
        target,
        story,
        (session) => reInvite(session, story, 2, "sendonly", () => hangUp(session, story, 50)),
      ),
  },
  {
    title: "SIPp refuses the engine's re-INVITE for its own, as caller (491)",
    file: "caller_glares.xml",
    calls: 10,
    story: "ringing accepted ACK Confirmed Stable 200 Stable recvonly BYE Terminated",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        answer(request, story, (session) => reInvite(session, story, 2, "sendonly", () => {}));
      },
    }),
  },
  {
    title: "SIPp offers nothing, in INVITE and re-INVITE",
    file: "caller_offers_nothing.xml",
    calls: 20,
    story: "ringing accepted ACK Confirmed Stable INVITE unsaid ACK BYE Terminated",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        answer(request, story, undefined, takeReInvites(story));
      },
    }),
  },
  {
    title: "the engine refuses SIPp's re-INVITE",
    file: "caller_is_refused_a_change.xml",
    calls: 20,
    story: "ringing accepted ACK Confirmed Stable BYE Terminated",
    // Nobody takes re-INVITEs.
    serve: (begin) => ({ onInvite: (request) => answer(request, begin()) }),
  },
  {
    title: "the engine sends UPDATE",
    file: "callee_is_updated.xml",
    calls: 20,
    story: "180 200 Confirmed Stable 200 Stable recvonly Terminated BYE:200",
    place: (core, target, story) =>
      callUp(core, target, story, (session) => {
        const then = (): void => hangUp(session, story, 50);
        session.update(report(session, story, then), {
          body: description("engine", 2, "sendonly"),
        });
      }),
  },
  {
    title: "SIPp sends UPDATE",
    file: "caller_updates.xml",
    calls: 20,
    story: "ringing accepted ACK Confirmed Stable UPDATE sendonly BYE Terminated",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        answer(request, story, undefined, takeUpdates(story));
      },
    }),
  },
  {
    title: "SIPp answers 422, and refreshes (session timer)",
    file: "callee_wants_longer.xml",
    calls: 20,
    story: "200 Confirmed Stable BYE:200",
    configuration: { sessionExpires: 90 },
    place: (core, target, story) =>
      callUp(
        core,
        target,
        story,
        (session) => story.later(200, () => session.bye(story.tell("BYE:"))),
      ),
  },
  {
    title: "the engine answers 422, SIPp refreshes (session timer)",
    file: "caller_wants_shorter.xml",
    calls: 20,
    story: "ringing accepted ACK Confirmed Stable BYE Terminated",
    serve: (begin) => ({ onInvite: (request) => answer(request, begin()) }),
  },
  {
    title: "SIPp sends UPDATE before the call is up",
    file: "callee_updates_early.xml",
    calls: 20,
    story: "183 UPDATE sendonly 200 Confirmed Stable Terminated BYE:200",
    place: (core, target, story) =>
      callUp(core, target, story, (session) => hangUp(session, story, 50), {
        extraHeaders: ["Supported: 100rel"],
        onProgress: (response) => {
          const { message, session } = response;
          if (session !== undefined) session.delegate = takeUpdates(story);
          story.push(`${message.statusCode}`);
          response.prack();
        },
      }),
  },
];

/** Offers again; what comes of it is told before `then`. */
function reInvite(
  session: Session,
  story: Story,
  version: number,
  direction: string,
  then: () => void,
): void {
  session.invite({
    onAccept: (response) => {
      response.ack();
      report(session, story, then).onAccept(response);
    },
    onReject: report(session, story, then).onReject,
  }, { body: description("engine", version, direction) });
}

/** Tells what came of an offer. */
function report(session: Session, story: Story, then: () => void) {
  return {
    onAccept: ({ message }: IncomingResponse): void => {
      story.push(`${message.statusCode}`, session.signalingState, directionOf(message.body));
      then();
    },
    onReject: ({ message }: IncomingResponse): void => {
      story.push(`${message.statusCode}`);
      then();
    },
  };
}

function takeReInvites(story: Story): SessionDelegate {
  return {
    onInvite: (request) => {
      story.push("INVITE", directionOf(request.message.body));
      request.accept({ statusCode: 200, body: description("engine", 2) });
    },
  };
}

function takeUpdates(story: Story): SessionDelegate {
  return {
    onUpdate: (request) => {
      story.push("UPDATE", directionOf(request.message.body));
      request.accept({ statusCode: 200, body: description("engine", 2) });
    },
  };
}

/** What the media may do, of a session description. */
export function directionOf(body: string): string {
  return /a=(sendrecv|sendonly|recvonly|inactive)/.exec(body)?.[1] ?? "unsaid";
}
