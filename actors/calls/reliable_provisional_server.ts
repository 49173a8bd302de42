/**
 * The reliable provisional responses to an INVITE of the far end, and the PRACKs that answer them
 * (RFC 3262 §3).
 *
 * @module
 */
import {
  type ReliableProvisionalServerEmission,
  reliableProvisionalServerMachine,
} from "../../machines/mod.ts";
import {
  Fault,
  type IncomingRequestMessage,
  InvalidStateError,
  type PrintedResponse,
  type ResponseOptions,
  TimeoutError,
  valuesIn,
} from "../../messages/mod.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import type { DialogUsage } from "../dialogs/dialog_usages.ts";
import { describesSession } from "./offer_answer.ts";
import { PrackUserAgentServer } from "./prack_user_agent_server.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type { SessionDialog } from "./session_dialog.ts";
import type { Supervisor } from "../supervisor.ts";

/** A reliable provisional response. */
export interface NumberedResponse {
  readonly rseq: number;
  readonly options: ResponseOptions;
  readonly response: PrintedResponse;
}

/** The INVITE, as far as it is answered from here. */
interface AnswerableInvite {
  readonly isAnswered: boolean;
  progress(options: ResponseOptions): unknown;
  reject(options: ResponseOptions): unknown;
}

/** Whether a program asks for a response to be sent reliably: it requires 100rel, as with SIP.js. */
export function asksForPrack({ extraHeaders = [] }: ResponseOptions): boolean {
  return valuesIn(extraHeaders, "Require")
    .some((value) => value.split(",").some((tag) => tag.trim().toLowerCase() === "100rel"));
}

/**
 * §3: the response "MUST contain a Require header field containing the option tag 100rel, and MUST
 * include an RSeq header field." The number is the engine's to give; a program's own is left out.
 */
export function withNumber(options: ResponseOptions, rseq: number): ResponseOptions {
  const lines = options.extraHeaders ?? [];
  const extraHeaders = lines.filter((line) => valuesIn([line], "RSeq").length === 0);
  if (!asksForPrack(options)) extraHeaders.push("Require: 100rel");
  extraHeaders.push(`RSeq: ${rseq}`);
  return { ...options, extraHeaders };
}

/**
 * Refuses a PRACK that nobody takes. §3: "If a PRACK request is received by the UA core that does not
 * match any unacknowledged reliable provisional response, the UAS MUST respond to the PRACK with a 481
 * response."
 */
export function refusePrack(request: IncomingRequestMessage): ResponseOptions {
  const rack = request.parseHeader("RAck");
  if (rack !== undefined && !(rack instanceof Fault)) return { statusCode: 481 };
  const what = rack === undefined ? "expected a RAck, found none" : `${rack}`;
  return { statusCode: 400, reasonPhrase: `Bad Request: ${what}` };
}

/** See the module. It uses the dialog for as long as a PRACK may come. */
export class ReliableProvisionalServer implements DialogUsage {
  private readonly supervisor: Supervisor;
  /** The transaction of the INVITE. */
  private readonly transaction: ServerTransaction;
  /** The number of the INVITE. */
  private readonly cseq: number;
  private readonly session: SessionDialog;
  private readonly invite: AnswerableInvite;
  private readonly actor: ActorOf<typeof reliableProvisionalServerMachine>;
  /** The responses without a PRACK: the first is under way, the others wait for it. */
  private readonly line: NumberedResponse[] = [];
  private last: NumberedResponse | undefined;
  /** The PRACK for the first in line, while it is being answered. */
  private prack: PrackUserAgentServer | undefined;
  private sendAccept: (() => void) | undefined;
  private isRefused = false;

  constructor(
    supervisor: Supervisor,
    transaction: ServerTransaction,
    session: SessionDialog,
    invite: AnswerableInvite,
  ) {
    this.supervisor = supervisor;
    this.transaction = transaction;
    this.cseq = transaction.request.cseq;
    this.session = session;
    this.invite = invite;
    this.actor = makeActor(
      supervisor.actors,
      session.callId,
      reliableProvisionalServerMachine,
      supervisor.environment.timers,
      (emission) => this.tell(emission),
    );
    session.usages.add(this);
    this.actor.start();
  }

  /** RSeq of the next response. §3: it "MUST be greater by exactly one." */
  get nextNumber(): number | undefined {
    return this.last === undefined ? undefined : this.last.rseq + 1;
  }

  /** Whether a 2xx waits for a PRACK. */
  get isAccepting(): boolean {
    return this.sendAccept !== undefined;
  }

  /** Sends a response, as soon as those before it have their PRACKs. */
  send(response: NumberedResponse): void {
    this.line.push(response);
    this.last = response;
    this.actor.send({ type: "provisional" });
  }

  /** Calls `sendAccept` to send the 2xx, at once or when the last PRACK is there. */
  accept(sendAccept: () => void): void {
    const hasUnacknowledgedSession = this.line.some(({ options }) =>
      describesSession(options.body)
    );
    this.sendAccept = sendAccept;
    this.actor.send({ type: "accept", hasUnacknowledgedSession });
  }

  /** The INVITE was refused. */
  finish(): void {
    this.isRefused = true;
    // What waits in line will never be sent.
    this.line.splice(1);
    this.sendAccept = undefined;
    this.actor.send({ type: "final" });
    if (this.supervisor.state === "draining") this.end();
  }

  /**
   * §3: "A matching PRACK is defined as one within the same dialog as the response, and whose method,
   * CSeq-num, and response-num in the RAck header field match, respectively, the method from the CSeq,
   * the sequence number from the CSeq, and the sequence number from the RSeq of the reliable
   * provisional response."
   */
  takes(request: IncomingRequestMessage): boolean {
    const [first] = this.line;
    if (request.method !== "PRACK" || first === undefined || this.prack !== undefined) return false;
    const rack = request.parseHeader("RAck");
    if (rack === undefined || rack instanceof Fault) return false;
    return rack.rseq === first.rseq && rack.cseq === this.cseq && rack.method === "INVITE";
  }

  receive(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const { supervisor, session } = this;
    // The answer in the response that it acknowledges is known by now.
    if (!this.isRefused) session.offers.confirm();
    const prack = new PrackUserAgentServer(
      supervisor,
      request,
      transaction,
      session,
      // The answer to an offer that went with the INVITE would be taken for another offer.
      { isStale: this.isRefused, onAnswered: () => this.prackAnswered() },
    );
    this.prack = prack;
    this.actor.send({ type: "prack" });
    const mayWait = prack.hasOffer && session.delegate?.onPrack !== undefined;
    session.callGuest(
      "onPrack",
      () => session.delegate?.onPrack?.(prack),
      () => this.answer(prack),
    );
    // "it MUST be responded to with a 2xx response." The answer to an offer may take its time.
    if (!mayWait) this.answer(prack);
  }

  /** Nothing is waited for any more that is not under way. */
  end(): void {
    if (this.actor.state.answer === "given") this.dispose();
  }

  dispose(): void {
    this.actor.send({ type: "dispose" });
  }

  private prackAnswered(): void {
    this.prack = undefined;
    this.line.shift();
    this.actor.send({ type: "prackAnswered", hasNext: this.line.length > 0 });
  }

  /**
   * Answers a PRACK for a program that has not. The engine has no answer to an offer: RFC 6337 §3.3 has
   * a 200 then, "followed by ... termination of dialog".
   */
  private answer(prack: PrackUserAgentServer): void {
    if (prack.isAnswered) return;
    const { invite } = this;
    prack.accept();
    if (!prack.hasOffer) return;
    const { callId } = prack.message;
    const text = `nobody has answered the offer in the PRACK of call ${callId}: the call is ended`;
    this.supervisor.report(new InvalidStateError(text), this.session.callId);
    if (invite.isAnswered) this.session.end();
    else invite.reject({ statusCode: 488 });
  }

  private passAccept(): void {
    const { sendAccept } = this;
    this.sendAccept = undefined;
    sendAccept?.();
  }

  private giveUp(): void {
    const { invite, session } = this;
    if (invite.isAnswered) return;
    // §3: "the UAS SHOULD reject the original request with a 5xx response."
    invite.reject({ statusCode: 504 });
    if (session.delegate?.onPrackTimeout !== undefined) {
      return session.callGuest("onPrackTimeout", () => session.delegate?.onPrackTimeout?.());
    }
    const text = `no PRACK for a provisional response to call ${session.callId} in 64*T1: refused`;
    this.supervisor.report(new TimeoutError(text), session.callId);
  }

  /** A new one, and without a body: what has its PRACK is not repeated, and says nothing new. */
  private extend(): void {
    const { invite, session, last } = this;
    if (invite.isAnswered || session.sessionState === "Terminated" || last === undefined) return;
    const { statusCode } = last.options;
    // After a 199 (RFC 6228) only the refusal can follow.
    if (statusCode === 199) return;
    invite.progress({ statusCode, extraHeaders: ["Require: 100rel"] });
  }

  private tell(emission: ReliableProvisionalServerEmission): void {
    const [first] = this.line;
    switch (emission.type) {
      case "send":
      case "transmit":
        if (first === undefined) return;
        return this.transaction.pass(first.response, first.options.statusCode, true);
      case "accept":
        return this.passAccept();
      case "timeout":
        return this.giveUp();
      case "prackOverdue":
        return this.prack === undefined ? undefined : this.answer(this.prack);
      case "extensionDue":
        return this.extend();
      case "terminated":
        this.session.usages.remove(this);
    }
  }
}
