/**
 * Requests within a call that do not change it: INFO (RFC 6086), MESSAGE (RFC 3428) and REFER
 * (RFC 3515).
 */
import { answer, callUp, hangUp, type SippScenario, text } from "./sipp_scenario.ts";

export const WITHIN_CALLS: readonly SippScenario[] = [
  {
    title: "the engine sends INFO and MESSAGE within a call",
    file: "callee_gets_info.xml",
    calls: 20,
    story: "180 200 Confirmed Stable INFO:200 MESSAGE:200 Terminated BYE:200",
    place: (core, target, story) =>
      callUp(core, target, story, (session) => {
        const content = "Signal=5\r\nDuration=160\r\n";
        const body = {
          contentDisposition: "signal",
          contentType: "application/dtmf-relay",
          content,
        };
        session.info({
          ...story.tell("INFO:"),
          onAccept: () => {
            story.push("INFO:200");
            session.message({
              ...story.tell("MESSAGE:"),
              onAccept: () => {
                story.push("MESSAGE:200");
                hangUp(session, story, 50);
              },
            }, { body: text("Watson, come here.") });
          },
        }, { body });
      }),
  },
  {
    title: "SIPp sends INFO and MESSAGE within a call",
    file: "caller_sends_info.xml",
    calls: 20,
    story: "ringing accepted ACK Confirmed Stable Signal=5 Watson, come here. BYE Terminated",
    serve: (begin) => ({
      onInvite: (request) => {
        const story = begin();
        answer(request, story, undefined, {
          onInfo: (request) => {
            request.accept();
            story.push(/Signal=\d/.exec(request.message.body)?.[0] ?? "no signal");
          },
          onMessage: (request) => {
            request.accept();
            story.push(request.message.body.trim());
          },
        });
      },
    }),
  },
];
