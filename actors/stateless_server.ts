/**
 * Answers of which nothing is kept (RFC 3261 §8.2.7): the same request gets the same answer again
 * because it is made again.
 *
 * @module
 */
import {
  constructOutgoingResponse,
  type IncomingRequestMessage,
  InvalidArgumentError,
  type PrintedResponse,
  type ResponseOptions,
} from "../messages/mod.ts";
import { type Flow, flowBack } from "./flow.ts";
import type { Supervisor } from "./supervisor.ts";

/** A hash of 64 bits (FNV-1a, twice), in the letters that a token may have. */
function hash(text: string): string {
  let [high, low] = [0x811c9dc5, 0x1b873593];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code ^ (high >>> 15), 0x85ebca6b);
  }
  return (high >>> 0).toString(36) + (low >>> 0).toString(36);
}

/** See the module. */
export class StatelessServer {
  private readonly supervisor: Supervisor;
  /** So that a tag tells nothing, and is another in each core: §19.3 wants it "globally unique". */
  private secret: string | undefined;

  constructor(supervisor: Supervisor) {
    this.supervisor = supervisor;
  }

  /**
   * Sends a final response, and forgets it.
   *
   * @throws `InvalidArgumentError` for a response that cannot be sent so.
   */
  reply(request: IncomingRequestMessage, flow: Flow, options: ResponseOptions): PrintedResponse {
    // "A stateless UAS MUST NOT send provisional (1xx) responses." And a 2xx to an INVITE makes a
    // call, which has to be kept.
    const least = request.method === "INVITE" ? 300 : 200;
    if (options.statusCode < least) {
      throw new InvalidArgumentError("statusCode", `${least} to 699`, `${options.statusCode}`);
    }
    const { userAgent } = this.supervisor.environment;
    const response = constructOutgoingResponse(request, {
      ...(userAgent === undefined ? {} : { userAgent }),
      ...options,
      toTag: this.tagOf(request),
    });
    this.supervisor.transmit(response.bytes, flowBack(request, flow), (error) => {
      this.supervisor.report(error);
    });
    return response;
  }

  /**
   * "To header tags MUST be generated for responses in a stateless manner - in a manner that will
   * generate the same tag for the same request consistently."
   */
  private tagOf({ method, cseq, callId, fromTag, viaBranch }: IncomingRequestMessage): string {
    this.secret ??= this.supervisor.environment.identifiers.tag();
    return hash([this.secret, method, cseq, callId, fromTag, viaBranch].join(" "));
  }
}
