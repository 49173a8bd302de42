/**
 * A request that is no INVITE: BYE, CANCEL, PRACK (RFC 3261 §8.1).
 *
 * @module
 */
import type { InviteClientEmission } from "../../machines/mod.ts";
import type { IncomingResponseMessage, OutgoingRequestMessage } from "../../messages/mod.ts";
import { Attempts, type RetryPolicy, type Way } from "./attempts.ts";
import type { ClientTransaction } from "./client_transaction.ts";
import { localResponse, responseOf } from "./local_response.ts";
import type {
  OutgoingRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "./outgoing_request.ts";
import type { Supervisor } from "../supervisor.ts";

/** What may be said about a request beside its message. */
export interface UserAgentClientOptions {
  /** Called when its outcome is there: the final response, or nothing where it was disposed of. */
  readonly onEnd?: (response?: IncomingResponseMessage) => void;
  /** The INVITE that a CANCEL is for. */
  readonly original?: ClientTransaction;
  /** Who may answer a failure by sending the request again. */
  readonly retry?: RetryPolicy;
  /** Called when a failure is to be answered so, and when the message shows the next attempt. */
  readonly onRetry?: () => void;
  readonly onNext?: () => void;
}

/** See the module. */
export class UserAgentClient implements OutgoingRequest {
  delegate?: OutgoingRequestDelegate;
  readonly message: OutgoingRequestMessage;
  private readonly supervisor: Supervisor;
  private readonly attempts: Attempts;
  private readonly onEnd: (response?: IncomingResponseMessage) => void;
  private readonly onRetry: () => void;
  private isSent = false;
  private isDisposed = false;

  /**
   * Prepares it; nothing is sent before `start`.
   *
   * @param way Its dialog, or whom it goes to first.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    way: Way,
    delegate?: OutgoingRequestDelegate,
    options: UserAgentClientOptions = {},
  ) {
    const { onEnd = () => {}, onRetry = () => {}, onNext, original, retry } = options;
    this.supervisor = supervisor;
    this.message = message;
    if (delegate !== undefined) this.delegate = delegate;
    this.onEnd = onEnd;
    this.onRetry = onRetry;
    this.attempts = new Attempts(supervisor, message, way, (emission) => this.take(emission), {
      original,
      retry,
      ...(onNext === undefined ? {} : { onNext }),
    });
  }

  /** Sends it. */
  start(): this {
    this.isSent = true;
    this.attempts.start();
    return this;
  }

  /** See `Attempts.takeNumber`. */
  takeNumber(): void {
    this.attempts.takeNumber();
  }

  /** Does not send it again, where it waits to be. */
  abandon(): void {
    this.attempts.cancel();
  }

  /** Where it still waits to be sent, it never will be, and its program is told so. */
  abandonUnsent(why: string): void {
    if (this.isSent) return;
    const reason = `Call/Transaction Does Not Exist: ${why}`;
    this.call("onReject", localResponse(this.message, 481, reason));
  }

  /** Does nothing: "A CANCEL request SHOULD NOT be sent to cancel a request other than INVITE". */
  cancel(_reason?: string, _options?: RequestOptions): void {}

  dispose(): void {
    this.isDisposed = true;
    this.attempts.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private take(emission: InviteClientEmission): void {
    if (emission.type === "terminated") return this.onEnd();
    if (emission.type === "retry") return this.onRetry();
    const message = responseOf(this.message, emission);
    switch (emission.type) {
      case "trying":
        return this.call("onTrying", message);
      case "progress":
        return this.call("onProgress", message);
    }
    // First, so that a delegate finds the session that a BYE has ended ended.
    this.onEnd(message);
    if (emission.type === "accept") this.call("onAccept", message);
    else if (emission.type === "redirect") this.call("onRedirect", message);
    else this.call("onReject", message);
  }

  private call(method: keyof OutgoingRequestDelegate, message: IncomingResponseMessage): void {
    if (this.isDisposed) return;
    this.supervisor.callGuest(method, message.callId, () => this.delegate?.[method]?.({ message }));
  }
}
