/**
 * A request that came in, as a program answers it (RFC 3261 §8.2).
 *
 * @module
 */
import type { InviteServerEmission } from "../../machines/mod.ts";
import {
  IncomingRequestMessage,
  InvalidArgumentError,
  InvalidStateError,
  type OutgoingResponse,
  type ResponseOptions,
  TimeoutError,
  TransportError,
  type URI,
} from "../../messages/mod.ts";
import type { IncomingRequest, IncomingRequestDelegate } from "./incoming_request.ts";
import { watchPatience } from "./request_expiry.ts";
import { targetDialogOf } from "../calls/replaces.ts";
import type { ServerTransaction } from "./server_transaction.ts";
import type { Session } from "../calls/session.ts";
import type { Supervisor } from "../supervisor.ts";

/** See the module. */
export class UserAgentServer implements IncomingRequest {
  delegate?: IncomingRequestDelegate;
  readonly message: IncomingRequestMessage;
  protected readonly supervisor: Supervisor;
  protected readonly transaction: ServerTransaction;

  constructor(
    supervisor: Supervisor,
    message: IncomingRequestMessage,
    transaction: ServerTransaction,
  ) {
    this.supervisor = supervisor;
    this.message = message;
    this.transaction = transaction;
    transaction.listener = (emission) => this.take(emission);
  }

  get targetDialog(): Session | undefined {
    return targetDialogOf(this.supervisor.registry, this.message);
  }

  /** Whether a final response was sent, or none can be sent any more. */
  get isAnswered(): boolean {
    return this.transaction.isAnswered;
  }

  accept(options: ResponseOptions = { statusCode: 200 }): OutgoingResponse {
    this.check("accept", 200, 299, options);
    return this.respond(options);
  }

  progress(options: ResponseOptions = { statusCode: 180 }): OutgoingResponse {
    this.check("progress", 101, 199, options);
    return this.respond(options);
  }

  redirect(contacts: URI[], options: ResponseOptions = { statusCode: 302 }): OutgoingResponse {
    this.check("redirect", 300, 399, options);
    const lines = contacts.map((uri) => `Contact: <${uri}>`);
    const extraHeaders = [...lines, ...options.extraHeaders ?? []];
    return this.respond({ ...options, extraHeaders });
  }

  reject(options: ResponseOptions = { statusCode: 480 }): OutgoingResponse {
    this.check("reject", 400, 699, options);
    return this.respond(options);
  }

  trying(options: ResponseOptions = { statusCode: 100 }): OutgoingResponse {
    this.check("trying", 100, 100, options);
    return this.respond(options);
  }

  /** Forgets the request: nothing is sent. */
  dispose(): void {
    if (!this.isAnswered) this.transaction.dispose();
  }

  /**
   * The program will answer later. When the client has given up (§17.1.2.2, timer F), nobody waits for
   * the answer any more, and nothing is kept of the request. An INVITE is waited for: see §13.3.1.1.
   */
  awaitAnswer(): void {
    if (this.isAnswered || this.message.method === "INVITE") return;
    const { method, callId } = this.message;
    this.transaction.onAnswered = watchPatience(this.supervisor, callId, () => {
      const text = `nobody has answered the ${method} of Call-ID ${callId} in 64*T1`;
      this.supervisor.report(new TimeoutError(`${text}: its client has given up`), callId);
      this.transaction.dispose();
    });
  }

  /** Sends what one of the methods above has made. */
  protected respond(options: ResponseOptions): OutgoingResponse {
    return this.transaction.respond(options);
  }

  /** Throws unless this is the moment for a response of this kind. */
  protected check(method: string, from: number, to: number, { statusCode }: ResponseOptions): void {
    if (statusCode < from || statusCode > to) {
      throw new InvalidArgumentError(`${method}: statusCode`, `${from} to ${to}`, `${statusCode}`);
    }
    if (this.isAnswered) {
      throw new InvalidStateError(`${method}: expected an open request, found it answered`);
    }
  }

  /** Takes what the transaction tells. */
  protected take(emission: InviteServerEmission): void {
    if (emission.type === "cancel") this.receiveCancel(emission.message);
    if (emission.type === "transportError") this.receiveTransportError(emission.error);
  }

  private receiveCancel(message: unknown): void {
    if (!(message instanceof IncomingRequestMessage)) return;
    this.supervisor.callGuest("onCancel", message.callId, () => this.delegate?.onCancel?.(message));
    // §9.2: "the UAS SHOULD immediately respond to the INVITE with a 487 (Request Terminated)."
    if (!this.isAnswered) this.reject({ statusCode: 487 });
  }

  private receiveTransportError(cause: unknown): void {
    const error = cause instanceof TransportError
      ? cause
      : new TransportError("an answer could not be sent", { cause });
    const { callId } = this.message;
    if (this.delegate?.onTransportError === undefined) {
      return this.supervisor.report(error, callId);
    }
    this.supervisor.callGuest(
      "onTransportError",
      callId,
      () => this.delegate?.onTransportError?.(error),
    );
  }
}
