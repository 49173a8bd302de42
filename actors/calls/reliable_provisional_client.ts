/**
 * The reliable provisional responses to an INVITE of this side, in one early dialog (RFC 3262 §4).
 *
 * @module
 */
import {
  type ReliableProvisionalClientEmission,
  reliableProvisionalClientMachine,
} from "../../machines/mod.ts";
import { Fault, IncomingResponseMessage, InvalidStateError } from "../../messages/mod.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import { hasTag } from "../transactions/option_tags.ts";
import { describesSession } from "./offer_answer.ts";
import type {
  OutgoingPrackRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "../transactions/outgoing_request.ts";
import type { SessionDialog } from "./session_dialog.ts";
import type { Supervisor } from "../supervisor.ts";
import { UserAgentClient } from "../transactions/user_agent_client.ts";

/** §4: reliable are those that require `100rel` and have a number, which is 1 at least (§7.1). */
export function reliableNumber(response: IncomingResponseMessage): number | undefined {
  const rseq = response.parseHeader("RSeq");
  const isReliable = rseq !== undefined && !(rseq instanceof Fault) && rseq > 0 &&
    hasTag(response, "100rel", "Require");
  return isReliable ? rseq : undefined;
}

/**
 * How many responses may be without a PRACK, or with one that has no answer yet. What comes beyond is
 * as if it were lost, and comes again: whoever sends them has waited for none of the PRACKs, and each
 * is repeated to an address of his choice.
 */
const MAX_UNSETTLED = 64;

/** One reliable provisional response, and its PRACK. */
export interface ReliableProvisional {
  readonly message: IncomingResponseMessage;
  readonly rseq: number;
  /** The PRACK, once it was sent. */
  request?: UserAgentClient;
}

/** Whoever sent the INVITE. */
export interface ReliableProvisionalListener {
  /** A response is here, the next in order. */
  onProgress(provisional: ReliableProvisional): void;
  /** Its offer will not be answered. */
  onUnanswered(): void;
}

/** See the module. */
export class ReliableProvisionalClient {
  private readonly supervisor: Supervisor;
  private readonly session: SessionDialog;
  private readonly listener: ReliableProvisionalListener;
  private readonly actor: ActorOf<typeof reliableProvisionalClientMachine>;
  /** Those without a PRACK, by their numbers. */
  private readonly owed = new Map<number, ReliableProvisional>();
  private last: ReliableProvisional | undefined;
  // Not asked of the machine: what comes within its own emission waits for it there.
  private isOver = false;
  /** The PRACKs without a final response. */
  private readonly pracks = new Set<UserAgentClient>();
  /** Of them, the one with an offer. */
  private offering: UserAgentClient | undefined;

  constructor(
    supervisor: Supervisor,
    session: SessionDialog,
    listener: ReliableProvisionalListener,
  ) {
    this.supervisor = supervisor;
    this.session = session;
    this.listener = listener;
    this.actor = makeActor(
      supervisor.actors,
      session.callId,
      reliableProvisionalClientMachine,
      supervisor.environment.timers,
      (emission) => this.tell(emission),
    );
    this.actor.start();
  }

  /** Whether an offer in a PRACK waits for its answer, which may come after the 2xx to the INVITE. */
  get isOffering(): boolean {
    return this.offering !== undefined;
  }

  /** Takes a response; one that is repeated or out of order goes no further. */
  receive(message: IncomingResponseMessage, rseq: number): void {
    if (this.owed.size + this.pracks.size >= MAX_UNSETTLED) return;
    this.actor.send({ type: "provisional", rseq, message });
  }

  /** Acknowledges the last response; again, it is the same request as before. */
  acknowledgeLast(
    delegate?: OutgoingRequestDelegate,
    options?: RequestOptions,
  ): OutgoingPrackRequest {
    if (this.last === undefined) {
      throw new InvalidStateError("prack: expected a reliable provisional response, found none");
    }
    return this.acknowledge(this.last, delegate, options);
  }

  /**
   * Acknowledges a response, with the answer to its offer or, where it has an answer, with another
   * offer (§5); again, it is the same request as before: "a UAC SHOULD NOT retransmit the
   * PRACK request when it receives a retransmission of the provisional response being acknowledged".
   *
   * @throws `InvalidStateError` where the dialog is over, or an offer of this side is still open.
   */
  acknowledge(
    provisional: ReliableProvisional,
    delegate?: OutgoingRequestDelegate,
    options?: RequestOptions,
  ): OutgoingPrackRequest {
    if (provisional.request !== undefined) {
      if (delegate !== undefined) provisional.request.delegate = delegate;
      return provisional.request;
    }
    const { session } = this;
    if (session.sessionState === "Terminated") {
      throw new InvalidStateError("prack: expected an open session, found it terminated");
    }
    const hasSession = describesSession(options?.body);
    // RFC 3264 §4: no offer "if it has generated a prior offer for which it has not yet received an
    // answer or a rejection."
    if (hasSession && session.offers.awaitsAnswer) {
      throw new InvalidStateError("prack: expected no open offer, found HaveLocalOffer");
    }
    const hasOffer = hasSession && !session.offers.owesAnswer;
    const message = session.dialog.request("PRACK", options);
    // §7.2; what a program has put there itself stays.
    if (!message.hasHeader("RAck")) {
      const { cseq, method } = provisional.message;
      message.setHeader("RAck", `${provisional.rseq} ${cseq} ${method}`);
    }
    const client = new UserAgentClient(this.supervisor, message, session.dialog, delegate, {
      onEnd: (response) => this.conclude(client, response),
    });
    if (options?.body !== undefined) session.offers.takeLocal(options.body, "otherRequest");
    provisional.request = client;
    this.pracks.add(client);
    if (hasOffer) this.offering = client;
    this.owed.delete(provisional.rseq);
    this.actor.send({ type: "prack", rseq: provisional.rseq });
    return client.start();
  }

  /**
   * Acknowledges a response for a program that does not listen. §5: an offer in it MUST be answered in
   * the PRACK; the engine has no answer, and the call cannot come about.
   */
  acknowledgeUnheard(provisional: ReliableProvisional): void {
    if (provisional.request !== undefined || this.session.sessionState === "Terminated") return;
    const isUnanswered = this.session.offers.owesAnswer;
    this.acknowledge(provisional);
    if (isUnanswered) this.listener.onUnanswered();
  }

  /** The INVITE has its final response, or will have none. */
  end(): void {
    this.isOver = true;
    this.actor.send({ type: "final" });
  }

  /** Nothing is sent any more. */
  dispose(): void {
    for (const client of this.pracks) client.dispose();
    this.end();
  }

  private tell(emission: ReliableProvisionalClientEmission): void {
    switch (emission.type) {
      case "progress":
        if (emission.message instanceof IncomingResponseMessage) this.progress(emission.message);
        return;
      case "prackOverdue":
        return this.acknowledgeOverdue();
      case "terminated":
        this.owed.clear();
    }
  }

  private progress(message: IncomingResponseMessage): void {
    if (this.isOver) return;
    const provisional = { message, rseq: reliableNumber(message) ?? 0 };
    this.owed.set(provisional.rseq, provisional);
    this.last = provisional;
    this.listener.onProgress(provisional);
  }

  /** Nobody has called `prack()`: the far end must not be left to repeat its response and give up. */
  private acknowledgeOverdue(): void {
    for (const provisional of [...this.owed.values()]) {
      const { message: { statusCode, callId } } = provisional;
      const text = `no prack() for the reliable ${statusCode} of call ${callId}: ` +
        `the engine acknowledges it`;
      const outcome = this.session.offers.owesAnswer ? `${text}, and cancels` : text;
      this.supervisor.report(new InvalidStateError(outcome), this.session.callId);
      this.acknowledgeUnheard(provisional);
    }
  }

  /**
   * §5: the 2xx to a PRACK with an offer has the answer; without one, the offer is void. A PRACK that
   * fails is told to its delegate; if the far end has not got it, it refuses the INVITE.
   */
  private conclude(
    client: UserAgentClient,
    response?: IncomingResponseMessage,
  ): void {
    // The end of its transaction comes after its outcome, and perhaps within the next offer.
    if (!this.pracks.delete(client)) return;
    const { session } = this;
    const hasOffer = this.offering === client;
    if (hasOffer) this.offering = undefined;
    if (response !== undefined && response.statusCode < 300) {
      session.offers.takeRemote(response, "response");
    }
    if (hasOffer && session.offers.awaitsAnswer) session.offers.rollback();
  }
}
