/**
 * The callee of a simulated call.
 *
 * @module
 */
import {
  type IncomingInviteRequest,
  type IncomingPrackRequest,
  InvalidStateError,
  type Session,
  URI,
} from "@strowger/sip";
import { description, Guest, type Stage } from "./guest.ts";
import type { CalleePlan, CallPlan } from "./plan.ts";

/** See the module. */
export class Callee extends Guest {
  readonly plan: CalleePlan;
  request: IncomingInviteRequest | undefined;
  session: Session | undefined;
  /** Whether it will not answer any more, since it has, or may not, or its callback has failed. */
  private isClosed = false;
  private hasAnswered = false;
  hasDisposedSession = false;
  private hasLeft = false;
  private invitedAt = Infinity;

  constructor(stage: Stage, call: CallPlan) {
    const engine = call.from === 0 ? 1 : 0;
    super(stage, engine, `callee${call.id}`, call.callee.manners);
    this.plan = call.callee;
  }

  /** Takes the call. */
  receive(request: IncomingInviteRequest): void | Promise<void> {
    const now = this.stage.clock.now();
    if (now >= this.invitedAt + 64 * 500) {
      // Its transaction has ended by timer L, and now a copy comes that was on its way all the time.
      return void request.reject({ statusCode: 482 });
    }
    if (this.heard("onInvite")) this.violation("onInvite a second time");
    this.invitedAt = now;
    this.request = request;
    const { plan } = this;
    request.delegate = {
      onCancel: () => {
        if (this.hasAnswered) this.violation("onCancel after the answer");
        this.isClosed = true;
        return this.take({ name: "onCancel" }, () => {});
      },
      onTransportError: () => this.take({ name: "onTransportError" }, () => {}),
    };
    this.stage.clock.setTimeout(() => this.reject(480), plan.patience);
    try {
      return this.take({ name: "onInvite" }, () => {
        for (const moment of plan.rings) this.at(moment, () => this.ring());
        if (plan.answer !== "none") this.at(plan.answersAt, () => this.answer());
      });
    } finally {
      // The engine refuses a call whose `onInvite` has failed.
      if (plan.manners !== "good") this.isClosed = true;
    }
  }

  /** From here on it has answered, even while its answer is being sent. */
  private close(): void {
    this.isClosed = true;
    this.hasAnswered = true;
  }

  private ring(): void {
    this.respond("progress", (request) => {
      const { ringsReliably, describesEarly } = this.plan;
      const { session } = request.progress({
        statusCode: 180,
        extraHeaders: ringsReliably ? ["Require: 100rel"] : [],
        ...ringsReliably && describesEarly ? { body: description("callee") } : {},
      });
      this.hold(session);
      if (this.plan.disposesEarly) this.dispose(session);
    });
  }

  private answer(): void {
    const { answer } = this.plan;
    if (answer === "accept") this.accept();
    else if (answer === "redirect") {
      this.respond("redirect", (request) => {
        this.close();
        request.redirect([URI.parse("sip:elsewhere@example.com")]);
      });
    } else this.reject(486);
  }

  private accept(): void {
    const { plan } = this;
    this.respond("accept", (request) => {
      this.close();
      const { session } = request.accept({ statusCode: 200, body: description("callee") });
      // Where it waits for a PRACK, the call may still be cancelled.
      this.hasAnswered = session.sessionState !== "Early";
      this.hold(session);
      this.at(plan.talks, () => this.bye());
      if (plan.disposesSession !== undefined) {
        this.at(plan.disposesSession, () => this.dispose(session));
      }
    });
  }

  private dispose(session: Session): void {
    this.note("session.dispose()");
    this.hasDisposedSession = true;
    session.dispose();
  }

  private reject(statusCode: number): void {
    this.respond("reject", (request) => {
      this.close();
      request.reject({ statusCode });
    });
  }

  /** Answers, unless it is too late; and then it must not be too late for the engine, either. */
  private respond(name: string, act: (request: IncomingInviteRequest) => void): void {
    if (this.request === undefined || this.isClosed) return;
    this.note(`${name}()`);
    try {
      act(this.request);
    } catch (error) {
      const { stage, session, hasDisposedSession } = this;
      const isOver = stage.hasEnded(this.engine) || this.heard("onTransportError") ||
        session?.sessionState === "Terminated";
      if (!(error instanceof InvalidStateError) || !isOver) {
        this.violation(`${name}() threw ${error}`);
      }
      this.isClosed = true;
      if (!hasDisposedSession || name === "reject") return;
      // Without its session the call can be neither rung nor accepted; and still be refused.
      this.isClosed = false;
      this.hasAnswered = false;
      this.reject(480);
    }
  }

  private hold(session: Session): void {
    this.session = session;
    if (!this.plan.listens) return;
    const take = (name: string): void | Promise<void> => {
      if (this.hasDisposedSession) this.violation(`${name} after session.dispose()`);
      return this.take({ name }, () => {});
    };
    session.delegate ??= {
      onAck: () => take("onAck"),
      onAckTimeout: () => take("onAckTimeout"),
      onPrack: (prack) => this.takePrack(prack, session),
      onPrackTimeout: () => {
        this.isClosed = true;
        return take("onPrackTimeout");
      },
      onBye: () => {
        this.isClosed = true;
        return take("onBye");
      },
    };
  }

  private takePrack(prack: IncomingPrackRequest, session: Session): void | Promise<void> {
    if (this.hasDisposedSession) this.violation("onPrack after session.dispose()");
    const { answersPrack } = this.plan;
    return this.take({ name: "onPrack" }, () => {
      if (session.signalingState !== "HaveRemoteOffer" || answersPrack === "never") return;
      this.at(answersPrack, () => {
        this.note("prack.accept()");
        try {
          prack.accept({ statusCode: 200, body: description("callee-again") });
        } catch (error) {
          // The engine has answered for it, since it took too long, or has failed.
          const isLate = answersPrack !== "inside" || this.stage.hasEnded(this.engine);
          if (!(error instanceof InvalidStateError) || !isLate) throw error;
        }
      });
    });
  }

  private bye(): void {
    const { session } = this;
    if (session === undefined || session.sessionState === "Terminated" || this.hasLeft) return;
    this.hasLeft = true;
    this.note(`bye() in ${session.sessionState}`);
    // Its 2xx is still waiting for a PRACK.
    if (session.sessionState === "Early") return void this.request?.reject();
    try {
      session.bye();
    } catch (error) {
      // The engine is being stopped, and hangs up itself as soon as the ACK is there.
      const isLeaving = error instanceof InvalidStateError && this.stage.hasEnded(this.engine);
      if (!isLeaving) throw error;
    }
  }
}
