/**
 * The engine challenges, as a registrar and as a callee (RFC 3261 §22.2). SIPp knows MD5 only.
 */
import { DigestAuthenticator, type IncomingRequest } from "@strowger/sip";
import { passwordOf } from "./kamailio.ts";
import { answer, type SippScenario, type Story } from "./sipp_scenario.ts";

export const CHALLENGES: readonly SippScenario[] = [
  {
    title: "the engine challenges REGISTER",
    file: "registers.xml",
    calls: 20,
    story: "absent authenticated sipp 200",
    serve: (begin) => {
      const isAllowed = guard(begin);
      return {
        onRegister: (request) => {
          const story = isAllowed(request);
          if (story === undefined) return;
          const [contact = ""] = request.message.getHeaders("Contact");
          request.accept({ statusCode: 200, extraHeaders: [`Contact: ${contact};expires=60`] });
          story.push("200");
        },
      };
    },
  },
  {
    title: "the engine challenges INVITE",
    file: "caller_is_challenged.xml",
    calls: 20,
    story: "absent authenticated sipp ringing accepted ACK Confirmed Stable BYE Terminated",
    serve: (begin) => {
      const isAllowed = guard(begin);
      return {
        onInvite: (request) => {
          const story = isAllowed(request);
          if (story !== undefined) answer(request, story);
        },
      };
    },
  },
];

/** Lets a request through when its credentials are right; a story begins with the challenge. */
function guard(begin: () => Story): (request: IncomingRequest) => Story | undefined {
  const authenticator = new DigestAuthenticator({
    realm: "engine.interop.test",
    algorithms: ["MD5"],
    // SIPp hashes a URI without user and parameters, whatever its request is for.
    acceptsURI: (uri, { ruri }) => uri.host === ruri.host && uri.port === ruri.port,
    lookUp: (username) => ({ password: passwordOf(username) }),
  });
  const stories = new Map<string, Story>();
  return (request) => {
    const { message } = request;
    const story = stories.get(message.callId) ?? begin();
    stories.set(message.callId, story);
    const verdict = authenticator.verify(message);
    if (verdict.kind === "authenticated") {
      story.push(verdict.kind, verdict.username);
      return story;
    }
    story.push(verdict.reason);
    request.reject(verdict.response);
    return undefined;
  };
}
