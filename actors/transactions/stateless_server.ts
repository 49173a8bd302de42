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
} from "../../messages/mod.ts";
import { type Flow, flowBack } from "../locating/flow.ts";
import type { Supervisor } from "../supervisor.ts";

/** See the module. */
export class StatelessServer {
  private readonly supervisor: Supervisor;

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
    const { environment, statelessTags } = this.supervisor;
    const { userAgent } = environment;
    const response = constructOutgoingResponse(request, {
      ...(userAgent === undefined ? {} : { userAgent }),
      ...options,
      toTag: statelessTags.of({
        from: request.getHeader("From") ?? "",
        callId: request.callId,
        cseq: `${request.cseq} ${request.method}`,
        via: `${request.viaBranch}`,
      }),
    });
    this.supervisor.transmit(response.bytes, flowBack(request, flow), (error) => {
      this.supervisor.report(error, request.callId);
    });
    return response;
  }
}
