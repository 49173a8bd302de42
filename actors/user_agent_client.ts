/**
 * A request that is no INVITE: BYE, CANCEL, PRACK (RFC 3261 §8.1).
 *
 * @module
 */
import { errorOf, type InviteClientEmission } from "../machines/mod.ts";
import { IncomingResponseMessage, type OutgoingRequestMessage, type URI } from "../messages/mod.ts";
import { ClientTransaction } from "./client_transaction.ts";
import { localResponse } from "./local_response.ts";
import type {
  OutgoingRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "./outgoing_request.ts";
import type { Supervisor } from "./supervisor.ts";

/** The response that a final emission of a client transaction stands for. */
export function responseOf(
  request: OutgoingRequestMessage,
  emission: InviteClientEmission,
): IncomingResponseMessage {
  if ("message" in emission && emission.message instanceof IncomingResponseMessage) {
    return emission.message;
  }
  if (emission.type === "timeout") {
    return localResponse(request, 408, "Request Timeout: no final response in 64*T1");
  }
  const error = errorOf(emission);
  const why = error instanceof Error ? error.message : "transport error";
  return localResponse(request, 503, `Service Unavailable: ${why}`);
}

/** See the module. */
export class UserAgentClient implements OutgoingRequest {
  delegate?: OutgoingRequestDelegate;
  readonly message: OutgoingRequestMessage;
  private readonly supervisor: Supervisor;
  private readonly transaction: ClientTransaction;
  private readonly onEnd: () => void;
  private isDisposed = false;

  /**
   * Prepares it; nothing is sent before `start`.
   *
   * @param nextHop Whom it goes to first.
   * @param onEnd Called when its outcome is there, whatever it is.
   * @param original The INVITE that a CANCEL is for.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    nextHop: URI,
    delegate?: OutgoingRequestDelegate,
    onEnd: () => void = () => {},
    original?: ClientTransaction,
  ) {
    this.supervisor = supervisor;
    this.message = message;
    if (delegate !== undefined) this.delegate = delegate;
    this.onEnd = onEnd;
    this.transaction = new ClientTransaction(
      supervisor,
      message,
      nextHop,
      (emission) => this.take(emission),
      original,
    );
  }

  /** Sends it. */
  start(): this {
    this.transaction.start();
    return this;
  }

  /** Does nothing: "A CANCEL request SHOULD NOT be sent to cancel a request other than INVITE". */
  cancel(_reason?: string, _options?: RequestOptions): void {}

  dispose(): void {
    this.isDisposed = true;
    this.transaction.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private take(emission: InviteClientEmission): void {
    if (emission.type === "terminated") return this.onEnd();
    const message = responseOf(this.message, emission);
    switch (emission.type) {
      case "trying":
        return this.call("onTrying", message);
      case "progress":
        return this.call("onProgress", message);
    }
    // First, so that a delegate finds the session that a BYE has ended ended.
    this.onEnd();
    if (emission.type === "accept") this.call("onAccept", message);
    else if (emission.type === "redirect") this.call("onRedirect", message);
    else this.call("onReject", message);
  }

  private call(method: keyof OutgoingRequestDelegate, message: IncomingResponseMessage): void {
    if (this.isDisposed) return;
    this.supervisor.callGuest(method, () => this.delegate?.[method]?.({ message }));
  }
}
