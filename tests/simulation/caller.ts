/**
 * The caller of a simulated call.
 *
 * @module
 */
import {
  type AckableIncomingResponseWithSession,
  type IncomingResponse,
  type OutgoingInviteRequest,
  type OutgoingInviteRequestDelegate,
  type PrackableIncomingResponseWithSession,
  type RequestOptions,
  type Session,
  URI,
} from "@strowger/sip";
import { description, Guest, type Stage, type Told } from "./guest.ts";
import type { CallerCallback, CallerPlan, CallPlan } from "./plan.ts";

/** The hosts of the two engines. */
export const HOSTS = ["north.example.com", "south.example.com"] as const;

function toldOf(name: string, { message }: IncomingResponse): Told {
  const { statusCode: status, local, toTag } = message;
  const rseq = message.hasHeader("RSeq") ? Number(message.getHeader("RSeq")) : undefined;
  return { name, status, local, toTag, rseq };
}

/** See the module. */
export class Caller extends Guest {
  readonly plan: CallerPlan;
  private readonly call: CallPlan;
  private request: OutgoingInviteRequest | undefined;
  callId = "";
  /** The sessions that it was given, confirmed or not. */
  readonly sessions: Set<Session> = new Set();
  /** How many callbacks there were before it disposed of the request. */
  disposedAfter: number | undefined;
  /** When that was. */
  disposedAt = Infinity;
  /** Whether it disposed of the session. */
  hasDisposedSession = false;
  /** Whether it hung up an early session. */
  hasLeftEarly = false;
  hasCancelled = false;
  /** Whether it hangs up in the end, having been told of the call. */
  hasTalked = false;
  private hasAcknowledged = false;

  constructor(stage: Stage, call: CallPlan) {
    super(stage, call.from, `caller${call.id}`, call.caller.manners);
    this.plan = call.caller;
    this.call = call;
  }

  /** Whether it knows what became of its call, or does not want to. */
  get hasOutcome(): boolean {
    return this.disposedAfter !== undefined ||
      this.heard("onAccept") || this.heard("onRedirect") || this.heard("onReject");
  }

  /** Places the call. */
  start(): void {
    const core = this.stage.core(this.engine);
    if (core.state !== "running") return;
    const { plan } = this;
    const to = URI.parse(`sip:callee@${HOSTS[1 - this.engine]}`);
    const from = URI.parse(`sip:caller@${HOSTS[this.engine]}`);
    const message = core.makeOutgoingRequestMessage(
      "INVITE",
      to,
      from,
      to,
      {},
      [`X-Call: ${this.call.id}`, ...plan.requiresReliable ? ["Require: 100rel"] : []],
      plan.offers ? description("caller") : undefined,
    );
    this.callId = message.callId;
    this.request = core.invite(message, plan.delegate === "present" ? this.delegate() : undefined);
    const { clock } = this.stage;
    if (plan.delegate === "late") {
      clock.setTimeout(() => {
        if (this.request !== undefined) this.request.delegate = this.delegate();
      }, 1000);
    }
    for (const delay of plan.cancels) clock.setTimeout(() => this.cancel(), delay);
    if (plan.disposes !== undefined) clock.setTimeout(() => this.dispose(), plan.disposes);
    clock.setTimeout(() => {
      if (!this.hasOutcome) this.cancel();
    }, plan.patience);
  }

  private delegate(): OutgoingInviteRequestDelegate {
    return {
      onTrying: (response) => this.hear("onTrying", response),
      onProgress: (response) =>
        this.hear("onProgress", response, () => {
          if (response.session !== undefined) this.hold(response.session);
          if (response.message.hasHeader("RSeq")) this.acknowledge(response);
          if (this.plan.leavesEarly && response.session?.sessionState === "Early") {
            this.hasLeftEarly = true;
            this.bye(response.session);
          }
        }),
      onAccept: (response) => this.hear("onAccept", response, () => this.accept(response)),
      onRedirect: (response) => this.hear("onRedirect", response),
      onReject: (response) => this.hear("onReject", response),
    };
  }

  private hear(
    name: CallerCallback,
    response: IncomingResponse,
    act: () => void = () => {},
  ): void | Promise<void> {
    return this.take(toldOf(name, response), () => {
      act();
      if (this.plan.cancelsInside === name) this.cancel();
      if (this.plan.disposesInside === name) this.dispose();
    });
  }

  private accept(response: AckableIncomingResponseWithSession): void {
    const { session } = response;
    const { plan } = this;
    this.hold(session);
    const acknowledge = (): void => {
      if (this.hasDisposedSession || this.hasAcknowledged) return;
      this.hasAcknowledged = true;
      this.note("ack()");
      response.ack(this.answer(session));
    };
    if (plan.acknowledge !== "never") this.at(plan.acknowledge, acknowledge);
    this.at(plan.talks, () => {
      this.hasTalked = true;
      this.bye(session);
    });
    if (plan.disposesSession !== undefined) {
      this.at(plan.disposesSession, () => {
        this.note("session.dispose()");
        this.hasDisposedSession = true;
        session.dispose();
      });
    }
  }

  private acknowledge(response: PrackableIncomingResponseWithSession): void {
    if (this.plan.pracks === "never") return;
    this.at(this.plan.pracks, () => {
      const { session } = response;
      if (session === undefined || session.sessionState === "Terminated") return;
      this.note("prack()");
      const mayOffer = session.signalingState === "Stable" && this.plan.offersAgain;
      response.prack(mayOffer ? { body: description("caller-again") } : this.answer(session));
    });
  }

  /** The answer, where there is an offer. */
  private answer({ signalingState }: Session): RequestOptions {
    return signalingState === "HaveRemoteOffer" ? { body: description("caller") } : {};
  }

  private hold(session: Session): void {
    this.sessions.add(session);
    if (this.plan.delegate === "absent") return;
    session.delegate ??= {
      onAck: () => this.violation("onAck at the caller"),
      onAckTimeout: () => this.violation("onAckTimeout at the caller"),
      onBye: () => {
        if (this.hasDisposedSession) this.violation("onBye after session.dispose()");
        return this.take({ name: "onBye" }, () => {});
      },
    };
  }

  private cancel(): void {
    if (this.request === undefined) return;
    this.note("cancel()");
    this.hasCancelled = true;
    this.request.cancel();
  }

  private dispose(): void {
    if (this.request === undefined) return;
    this.note("dispose()");
    this.disposedAfter ??= this.told.length;
    this.disposedAt = Math.min(this.disposedAt, this.stage.clock.now());
    this.request.dispose();
  }

  private bye(session: Session): void {
    const { sessionState } = session;
    if (sessionState === "Terminated") return;
    this.note(`bye() in ${sessionState}`);
    session.bye();
  }
}
