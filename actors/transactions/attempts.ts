/**
 * A request and its attempts. What a failure asks for may be answered by sending the request again,
 * as a new transaction: "it MUST increment the CSeq header field value as it would normally when
 * sending an updated request" (RFC 3261 §22.2), and Call-ID, From, To and the way stay (§8.1.3.5).
 *
 * Where one place fails and there is another, "the client SHOULD create a new request, which is
 * identical to the previous, but has a different value of the Via branch ID" (RFC 3263 §4.3).
 *
 * @module
 */
import type { StateValue } from "xstate";
import type { InviteClientEmission, RetryEmission } from "../../machines/mod.ts";
import {
  IncomingResponseMessage,
  InternalError,
  type OutgoingRequestMessage,
  type TransportError,
} from "../../messages/mod.ts";
import type { Answers, RequestAuthentication } from "../authentication/client_authentication.ts";
import { type ClientListener, ClientTransaction } from "./client_transaction.ts";
import { followContact } from "../locating/contact.ts";
import { type Flow, flowTo } from "../locating/flow.ts";
import { Itinerary } from "../locating/itinerary.ts";
import { localResponse, responseOf } from "./local_response.ts";
import { Locating } from "../locating/locating.ts";
import type { Located } from "../locating/locator.ts";
import { Pause } from "./pause.ts";
import type { Retry, RetryPolicy, Way } from "./retry.ts";
import type { Environment, Supervisor } from "../supervisor.ts";

export type { Retry, RetryPolicy, Way };

/** What may be said about the attempts. */
export interface AttemptOptions {
  /** Who may answer a failure. */
  readonly retry?: RetryPolicy | undefined;
  /** Called when the message shows the next attempt, before that is sent. */
  readonly onNext?: () => void;
  /** Called when it is known where the first goes, if that had to be asked, before it is sent. */
  readonly onLocated?: () => void;
  /** What ends an attempt politely, while it is under way. */
  readonly onDrain?: () => void;
  /** The INVITE that a CANCEL is for. */
  readonly original?: ClientTransaction | undefined;
  /** Whether challenges are answered; true by default. */
  readonly isTrusted?: boolean;
}

/** What a peer can make grow has a limit: a proxy and a registrar, each with a stale nonce, and more. */
const MAX_ATTEMPTS = 8;

/** See the module. */
export class Attempts {
  private readonly supervisor: Supervisor;
  private readonly message: OutgoingRequestMessage;
  private readonly way: Way;
  private readonly listener: ClientListener;
  private readonly options: AttemptOptions;
  private readonly authentication: RequestAuthentication | undefined;
  /** Where it goes; a promise of it while somebody is asked. */
  private itinerary: Itinerary;
  private located: Promise<Located> | undefined;
  private current: ClientTransaction;
  /** Those before it, which still acknowledge repeated failures. */
  private earlier: Set<ClientTransaction> | undefined;
  /** What has to come before there is an attempt: a place, or the time for the next one. */
  private wait: Locating | Pause | undefined;
  /** Until when somebody has to have answered, where there is another place to go to. */
  private patience: unknown;
  private isWanted = true;
  private count = 1;

  /**
   * Prepares the first; nothing is sent before `start`.
   *
   * @param listener Takes what the current attempt tells; `retry` where it is not the last one.
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    way: Way,
    listener: ClientListener,
    options: AttemptOptions = {},
  ) {
    this.supervisor = supervisor;
    this.message = message;
    this.way = way;
    this.listener = listener;
    this.options = options;
    // A CANCEL has what its INVITE has: §22.1, "these requests cannot be resubmitted".
    if (options.original === undefined && options.isTrusted !== false) {
      this.authentication = supervisor.environment.authentication?.of(message, way);
    }
    this.itinerary = this.locate(options.original);
    this.current = this.prepare();
  }

  /** What its challenges were answered with: for what else is sent in the dialogs that it makes. */
  get answers(): Answers | undefined {
    return this.authentication?.answers;
  }

  /** The last attempt. */
  get transaction(): ClientTransaction {
    return this.current;
  }

  private get environment(): Environment {
    return this.supervisor.environment;
  }

  /** The state of the last attempt's machine. */
  get state(): StateValue {
    return this.current.state;
  }

  /**
   * Takes the next number of the dialog, for a request that was made with it and had to wait. Others may
   * have been sent meanwhile, and §12.2.2 refuses a lower number after a higher one.
   */
  takeNumber(): void {
    const { message, way } = this;
    const cseq = way.nextSequence?.() ?? message.cseq;
    if (cseq === message.cseq) return;
    message.cseq = cseq;
    this.current = this.prepare();
  }

  /** Sends it, as soon as it is known where to. */
  start(): void {
    if (this.located === undefined) return this.send();
    const wait = this.wait = new Locating(
      this.supervisor,
      this.message.callId,
      this.located,
      (emission) => {
        if (this.wait !== wait) return;
        this.wait = undefined;
        if (emission.type === "located") return this.begin(wait.found);
        // §9.1 has nothing to cancel here: nothing was sent.
        if (emission.type === "giveUp") {
          this.tellUnsent(487, "Request Terminated: before it was sent");
        }
        this.listener({ type: "terminated" });
      },
      () => this.options.onDrain?.(),
    );
    wait.start();
  }

  /** Wants it no more: for an INVITE a CANCEL, and no attempt after this one. */
  cancel(): void {
    this.isWanted = false;
    this.stopPatience();
    if (this.wait === undefined) this.current.cancel();
    else this.wait.cancel();
  }

  /** Ends every attempt without a word. */
  dispose(): void {
    this.isWanted = false;
    this.stopPatience();
    for (const each of this.earlier ?? []) each.dispose();
    this.wait?.dispose();
    this.current.dispose();
  }

  /** Where it goes, as far as that is known without asking. A CANCEL goes where its INVITE went. */
  private locate(original: ClientTransaction | undefined): Itinerary {
    const { locator, transports } = this.environment;
    if (original !== undefined) return Itinerary.by(original.flow, locator);
    const { nextHop } = this.way;
    const located = locator.locate(nextHop);
    if (!(located instanceof Promise)) return new Itinerary(locator, located);
    // Until it is known, the message shows what is likely: it is checked at once.
    this.located = located;
    return Itinerary.by(flowTo(nextHop, transports), locator);
  }

  /** The first place is known by now. */
  private begin(found: Located | undefined): void {
    this.located = undefined;
    if (found !== undefined) this.itinerary = new Itinerary(this.environment.locator, found);
    if (!this.isMade(() => this.current = this.make())) {
      this.tellUnsent(500, "Server Internal Error: it cannot go where it has to");
      return this.listener({ type: "terminated" });
    }
    this.options.onLocated?.();
    this.send();
  }

  /** Whether there is something to send; whatever is wrong is reported. */
  private isMade(make: () => void): boolean {
    try {
      make();
      return true;
    } catch (cause) {
      const { method, callId } = this.message;
      const text = `the ${method} cannot be sent: ${cause}`;
      this.supervisor.report(new InternalError(text, { cause }), callId);
      return false;
    }
  }

  private prepare(): ClientTransaction {
    this.authentication?.authorize();
    return this.make();
  }

  private make(): ClientTransaction {
    const { message, itinerary, options } = this;
    const { transports } = this.environment;
    if (!itinerary.isEnlarged) followContact(message, itinerary.flow, this.environment);
    const transaction = this.transactionBy(itinerary.flow);
    const isOther = options.original === undefined &&
      itinerary.enlarge(transaction.size, transports);
    return isOther ? this.transactionBy(itinerary.flow) : transaction;
  }

  private transactionBy(flow: Flow | TransportError): ClientTransaction {
    const { original } = this.options;
    const transaction: ClientTransaction = new ClientTransaction(
      this.supervisor,
      this.message,
      flow,
      (emission) => this.take(transaction, emission),
      { original, retry: (response) => this.retryOf(response) },
    );
    transaction.onDrain = this.options.onDrain ?? (() => {});
    return transaction;
  }

  private send(): void {
    const { current, itinerary } = this;
    if (this.isWanted && itinerary.hasNext(false)) {
      const { clock, failoverTimeout } = this.environment;
      const giveUp = (): void => this.supervisor.guard(() => this.abandon(current));
      this.patience = clock.setTimeout(giveUp, failoverTimeout);
    }
    current.start();
  }

  private stopPatience(): void {
    if (this.patience !== undefined) this.environment.clock.clearTimeout(this.patience);
    this.patience = undefined;
  }

  private retryOf(response: IncomingResponseMessage): Retry | undefined {
    const isSpent = this.count >= MAX_ATTEMPTS;
    const retry = isSpent
      ? undefined
      : this.authentication?.retry(response) ?? this.options.retry?.(response);
    const isFailure = response.statusCode === 503 && this.isWanted && this.itinerary.hasNext(false);
    return retry ?? (isFailure ? this.elsewhere(false) : undefined);
  }

  private take(transaction: ClientTransaction, emission: InviteClientEmission): void {
    const isLast = transaction === this.current && this.wait === undefined &&
      !transaction.isAbandoned;
    if (isLast) {
      this.stopPatience();
      if ("message" in emission) this.judge(emission.message);
      if (emission.type === "retry") return this.retry(emission, transaction.retry);
      if (this.hasFailed(transaction, emission)) return this.failOver(emission);
      if ("message" in emission) this.learn(emission.message);
    }
    // Of the earlier ones only a call that nobody waits for matters: it has to be ended.
    if (isLast || emission.type === "lateAccept") this.listener(emission);
    if (emission.type === "terminated") this.earlier?.delete(transaction);
  }

  /** RFC 3263 §4.3: a 503 is a failure of the one who sent it; any other response tells of life. */
  private judge(response: unknown): void {
    if (!(response instanceof IncomingResponseMessage)) return;
    if (response.statusCode !== 503) return this.itinerary.succeed();
    this.itinerary.fail(this.environment.avoidFailedFor, response);
  }

  /**
   * Whether a place has failed and there is another: "failure occurs if the transaction layer reports a
   * 503 error response or a transport failure of some sort", or "times out without ever having received
   * any response, provisional or final".
   */
  private hasFailed(transaction: ClientTransaction, { type }: InviteClientEmission): boolean {
    const isFailure = type === "transportError" || type === "timeout";
    if (!isFailure || transaction.isAnswered) return false;
    this.itinerary.fail(this.environment.avoidFailedFor);
    return this.isWanted && this.itinerary.hasNext(type === "transportError");
  }

  /** Nobody has answered for so long that the next place is tried. */
  private abandon(transaction: ClientTransaction): void {
    this.patience = undefined;
    if (transaction !== this.current || transaction.isAnswered || transaction.isOver) return;
    this.itinerary.fail(this.environment.avoidFailedFor);
    transaction.abandon();
    this.failOver({ type: "timeout" });
  }

  private failOver(emission: InviteClientEmission): void {
    const failure = { type: "retry", message: responseOf(this.message, emission) } as const;
    this.retry(failure, this.elsewhere(emission.type === "transportError"));
  }

  /** "Identical to the previous." */
  private elsewhere(isTransportError: boolean): Retry {
    return { isElsewhere: true, change: () => this.itinerary.advance(isTransportError) };
  }

  private learn(response: unknown): void {
    if (response instanceof IncomingResponseMessage) this.authentication?.learn(response);
  }

  private retry(failure: RetryEmission, retry: Retry | undefined): void {
    this.listener(failure);
    if (retry?.delay) this.pause(failure, retry, retry.delay);
    else this.next(failure, retry);
  }

  private pause(failure: RetryEmission, retry: Retry, delay: number): void {
    const wait = new Pause(this.supervisor, this.message.callId, delay, (emission) => {
      // Its end comes after what it has told, if it has.
      if (this.wait !== wait) return;
      this.wait = undefined;
      if (emission.type === "giveUp") return this.fail(failure);
      if (emission.type === "terminated") return this.tellTerminated();
      if (retry.isBlocked?.()) this.pause(failure, retry, delay);
      else this.next(failure, retry);
    });
    this.wait = wait;
    wait.start();
  }

  private next(failure: RetryEmission, retry: Retry | undefined): void {
    const { message, way } = this;
    const isMade = this.isMade(() => {
      if (!retry?.isElsewhere) {
        message.cseq = way.nextSequence?.() ?? message.cseq + 1;
        this.count++;
      }
      retry?.change(message);
      const transaction = this.prepare();
      if (!this.current.isOver) (this.earlier ??= new Set()).add(this.current);
      this.current = transaction;
    });
    if (!isMade) return this.fail(failure);
    this.options.onNext?.();
    this.send();
  }

  private tellUnsent(statusCode: number, reasonPhrase: string): void {
    const message = localResponse(this.message, statusCode, reasonPhrase);
    this.listener({ type: "reject", message });
  }

  /** The failure is the outcome after all. */
  private fail({ message }: RetryEmission): void {
    this.listener({ type: "reject", message });
    this.tellTerminated();
  }

  /** The last attempt may have ended during the pause, when there was more to come. */
  private tellTerminated(): void {
    if (this.current.isOver) this.listener({ type: "terminated" });
  }
}
