/**
 * A request and its attempts. What a failure asks for may be answered by sending the request again,
 * as a new transaction: "it MUST increment the CSeq header field value as it would normally when
 * sending an updated request" (RFC 3261 §22.2), and Call-ID, From, To and the way stay (§8.1.3.5).
 *
 * @module
 */
import type { StateValue } from "xstate";
import type { InviteClientEmission, RetryEmission } from "../machines/mod.ts";
import {
  IncomingResponseMessage,
  InternalError,
  type OutgoingRequestMessage,
  type URI,
} from "../messages/mod.ts";
import type { Answers, RequestAuthentication } from "./client_authentication.ts";
import { type ClientListener, ClientTransaction } from "./client_transaction.ts";
import { Pause } from "./pause.ts";
import type { Supervisor } from "./supervisor.ts";

/** Which way a request goes, and who counts it: a dialog is one; outside of any, the next hop. */
export interface Way {
  /** Whom it goes to first: see `nextHopOf`. */
  readonly nextHop: URI;
  /** What was answered to challenges here, and goes along from now on. */
  answers?: Answers | undefined;
  /** Takes the next number, where a dialog counts; elsewhere each attempt counts on by itself. */
  nextSequence?(): number;
}

/** How a request goes again. */
export interface Retry {
  /** After how many milliseconds; at once by default. */
  readonly delay?: number;
  /** Whether it has to wait as long again, asked when the time has come. */
  isBlocked?(): boolean;
  /** Changes what has to change in the message; its CSeq and Via are changed already. */
  change(message: OutgoingRequestMessage): void;
}

/**
 * Says how a request goes again after a failure, 4xx to 6xx; `undefined` where that failure is its
 * outcome. It may be asked about one response more than once, so only `change` changes anything.
 */
export type RetryPolicy = (response: IncomingResponseMessage) => Retry | undefined;

/** What may be said about the attempts. */
export interface AttemptOptions {
  /** Who may answer a failure. */
  readonly retry?: RetryPolicy | undefined;
  /** Called when the message shows the next attempt, before that is sent. */
  readonly onNext?: () => void;
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
  private readonly nextHop: URI;
  private readonly listener: ClientListener;
  private readonly options: AttemptOptions;
  private readonly authentication: RequestAuthentication | undefined;
  private current: ClientTransaction;
  /** Those before it, which still acknowledge repeated failures. */
  private earlier: Set<ClientTransaction> | undefined;
  private pause: Pause | undefined;
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
    this.nextHop = way.nextHop;
    this.listener = listener;
    this.options = options;
    // A CANCEL has what its INVITE has: §22.1, "these requests cannot be resubmitted".
    if (options.original === undefined && options.isTrusted !== false) {
      this.authentication = supervisor.environment.authentication?.of(message, way);
    }
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

  /** Sends it. */
  start(): void {
    this.current.start();
  }

  /** Wants it no more: for an INVITE a CANCEL, and no attempt after this one. */
  cancel(): void {
    if (this.pause === undefined) this.current.cancel();
    else this.pause.cancel();
  }

  /** Ends every attempt without a word. */
  dispose(): void {
    for (const each of this.earlier ?? []) each.dispose();
    this.pause?.dispose();
    this.current.dispose();
  }

  private prepare(): ClientTransaction {
    const { original } = this.options;
    this.authentication?.authorize();
    const transaction: ClientTransaction = new ClientTransaction(
      this.supervisor,
      this.message,
      this.nextHop,
      (emission) => this.take(transaction, emission),
      { original, retry: (response) => this.retryOf(response) },
    );
    transaction.onDrain = this.options.onDrain ?? (() => {});
    return transaction;
  }

  private retryOf(response: IncomingResponseMessage): Retry | undefined {
    if (this.count >= MAX_ATTEMPTS) return undefined;
    return this.authentication?.retry(response) ?? this.options.retry?.(response);
  }

  private take(transaction: ClientTransaction, emission: InviteClientEmission): void {
    const isLast = transaction === this.current && this.pause === undefined;
    if (isLast && emission.type === "retry") return this.retry(emission, transaction.retry);
    if (isLast && "message" in emission) this.learn(emission.message);
    // Of the earlier ones only a call that nobody waits for matters: it has to be ended.
    if (isLast || emission.type === "lateAccept") this.listener(emission);
    if (emission.type === "terminated") this.earlier?.delete(transaction);
  }

  private learn(response: unknown): void {
    if (response instanceof IncomingResponseMessage) this.authentication?.learn(response);
  }

  private retry(failure: RetryEmission, retry: Retry | undefined): void {
    this.listener(failure);
    if (retry?.delay) this.wait(failure, retry, retry.delay);
    else this.next(failure, retry);
  }

  private wait(failure: RetryEmission, retry: Retry, delay: number): void {
    const pause = new Pause(this.supervisor, this.message.callId, delay, (emission) => {
      // Its end comes after what it has told, if it has.
      if (this.pause !== pause) return;
      this.pause = undefined;
      if (emission.type === "giveUp") return this.fail(failure);
      if (emission.type === "terminated") return this.tellTerminated();
      if (retry.isBlocked?.()) this.wait(failure, retry, delay);
      else this.next(failure, retry);
    });
    this.pause = pause;
    pause.start();
  }

  private next(failure: RetryEmission, retry: Retry | undefined): void {
    const { message, way } = this;
    try {
      message.cseq = way.nextSequence?.() ?? message.cseq + 1;
      retry?.change(message);
      const transaction = this.prepare();
      if (!this.current.isOver) (this.earlier ??= new Set()).add(this.current);
      this.current = transaction;
      this.count++;
    } catch (cause) {
      const text = `the ${message.method} cannot go again: ${cause}`;
      this.supervisor.report(new InternalError(text, { cause }), message.callId);
      return this.fail(failure);
    }
    this.options.onNext?.();
    this.current.start();
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
