/**
 * Requests outside of any call.
 */
import { requestTo, type SippScenario, take, text } from "./sipp_scenario.ts";

export const REQUESTS: readonly SippScenario[] = [
  {
    title: "the engine sends MESSAGE",
    file: "takes_message.xml",
    calls: 50,
    story: "202",
    place: (core, target, story) =>
      void core.message(
        requestTo(core, "MESSAGE", target, undefined, text(`line ${story.index}`)),
        story.tell(),
      ),
  },
  {
    title: "SIPp sends MESSAGE",
    file: "sends_message.xml",
    calls: 50,
    story: "MESSAGE Watson, come here.",
    serve: (begin) => ({ onMessage: take(begin, (request) => request.accept()) }),
  },
  {
    title: "the engine sends OPTIONS",
    file: "takes_options.xml",
    calls: 20,
    story: "200",
    place: (core, target, story) =>
      void core.request(
        requestTo(core, "OPTIONS", target, ["Accept: application/sdp"]),
        story.tell(),
      ),
  },
  {
    title: "SIPp sends OPTIONS",
    file: "sends_options.xml",
    calls: 20,
    serve: () => ({ onInvite: () => {} }),
  },
  {
    title: "the engine sends PUBLISH",
    file: "takes_publish.xml",
    calls: 20,
    story: "200 etag-1",
    place: (core, target, story) => {
      const headers = ["Event: presence", "Expires: 60"];
      core.publish(requestTo(core, "PUBLISH", target, headers, text("open")), {
        ...story.tell(),
        onAccept: ({ message }) =>
          story.push(`${message.statusCode}`, message.getHeader("SIP-ETag") ?? "no SIP-ETag"),
      });
    },
  },
];
