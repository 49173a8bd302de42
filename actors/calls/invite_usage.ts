/**
 * The use that an INVITE makes of a dialog (RFC 5057 §2), as the engine runs it: its statechart, the
 * ACK and the BYE, offer and answer. What a program does with it is in `session_dialog.ts`.
 *
 * @module
 */
import {
  type SessionEmission,
  type SessionEvent,
  sessionMachine,
  type SessionMachineState,
  type SessionRole,
} from "../../machines/mod.ts";
import {
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InvalidStateError,
  TimeoutError,
} from "../../messages/mod.ts";
import type { Ack } from "./ack.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import type { Dialog } from "../dialogs/dialog.ts";
import { DialogUsages, type SessionUsage } from "../dialogs/dialog_usages.ts";
import { OfferAnswer } from "./offer_answer.ts";
import type {
  OutgoingAckRequest,
  OutgoingByeRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "../transactions/outgoing_request.ts";
import type { Call } from "../registry.ts";
import type { ServerTransaction } from "../transactions/server_transaction.ts";
import type { Session, SessionDelegate, SessionState, SignalingState } from "./session.ts";
import { SessionBye } from "./session_bye.ts";
import { SESSION_STATES, SIGNALING_STATES } from "./session_states.ts";
import { SessionTimer } from "./session_timer.ts";
import type { Supervisor } from "../supervisor.ts";

/** What the two sides of a call do differently. */
export interface SessionOptions {
  readonly role: SessionRole;
  /** The number of the first INVITE. */
  readonly inviteSequence: number;
  /** For the caller: the INVITE that it comes from. */
  readonly call?: Call;
  /** For the callee: sends the 2xx again. */
  readonly repeatAccept?: () => void;
  /** For the callee: its ACK has come, and the 2xx is repeated no more. */
  readonly onAcknowledged?: () => void;
  /** What an early session tells whoever runs its INVITE. */
  readonly early: EarlyListener;
}

/** Whoever runs the INVITE of a session that is early. */
export interface EarlyListener {
  /** For the caller: another call has taken its place while it was early. */
  readonly onReplaced?: () => void;
  /** For the callee: the far end has hung up before the INVITE was answered. */
  readonly onEarlyBye?: () => void;
}

/** The INVITE of either side that came last. */
export interface Invitation {
  readonly sequence: number;
  readonly repeatAccept?: (() => void) | undefined;
  readonly onAcknowledged?: (() => void) | undefined;
  /** What its ACK repeats: see `credentialsOf`. */
  readonly credentials?: readonly string[] | undefined;
}

/** See the module. */
export abstract class InviteUsage implements SessionUsage {
  delegate: SessionDelegate | undefined;
  readonly dialog: Dialog;
  readonly usages: DialogUsages;
  readonly supervisor: Supervisor;
  readonly role: SessionRole;
  /** Forgotten with the 2xx: it would keep all that the INVITE was made of. */
  early: EarlyListener | undefined;
  readonly timer: SessionTimer;
  /** Whether the far end has said that it takes UPDATE. */
  protected remoteTakesUpdate = false;
  readonly offers: OfferAnswer = new OfferAnswer(this);
  private readonly actor: ActorOf<typeof sessionMachine>;
  private readonly call: Call | undefined;
  private invitation: Invitation;
  /** Whether that is one of this side's. */
  /** Whether the last INVITE is this side's. */
  protected isInviter: boolean;
  private readonly acks: Acknowledgements;
  /** The last INVITE of this side that was disposed of. */
  protected abandonedCall: Call | undefined;
  /** The BYE of this side. */
  private ending: SessionBye | undefined;
  private isDisposed = false;

  constructor(supervisor: Supervisor, dialog: Dialog, options: SessionOptions) {
    this.supervisor = supervisor;
    this.dialog = dialog;
    this.role = options.role;
    this.call = options.call;
    this.early = options.early;
    this.invitation = {
      sequence: options.inviteSequence,
      repeatAccept: options.repeatAccept,
      onAcknowledged: options.onAcknowledged,
      credentials: options.call?.credentials,
    };
    this.isInviter = options.role === "caller";
    this.acks = new Acknowledgements(supervisor, dialog);
    this.actor = makeActor(supervisor.actors, dialog.callId, sessionMachine, {
      ...supervisor.environment.timers,
      role: options.role,
    }, (emission) => this.tell(emission));
    this.timer = new SessionTimer(supervisor.environment.sessionTimer, (event) => this.send(event));
    this.usages = new DialogUsages(supervisor, dialog);
    this.usages.addSession(this);
    if (options.call !== undefined) supervisor.registry.holdCall(options.call);
    this.actor.start();
  }

  get sessionState(): SessionState {
    return SESSION_STATES[this.state.dialog];
  }

  get signalingState(): SignalingState {
    return SIGNALING_STATES[this.state.signaling];
  }

  /** The states of its machine, region by region. */
  get state(): SessionMachineState {
    return this.actor.state;
  }

  /** The number of the last INVITE. */
  get inviteSequence(): number {
    return this.invitation.sequence;
  }

  dispose(): void {
    this.isDisposed = true;
    this.ending?.dispose();
    this.send({ type: "dispose" });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  bye(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingByeRequest {
    const adopted = this.state.dialog === "terminated" ? undefined : this.ending?.adopt(delegate);
    if (adopted !== undefined) return adopted;
    const { sessionState } = this;
    const mayLeave = sessionState === "Confirmed" || sessionState === "AckWait" ||
      (sessionState === "Early" && this.role === "caller");
    if (!mayLeave || this.ending !== undefined) {
      throw new InvalidStateError(`bye: expected a call that is up, found it ${sessionState}`);
    }
    const ending = this.makeBye(delegate, options);
    this.send({ type: "bye" });
    return ending.client;
  }

  /** Acknowledges the 2xx; again, it is the same request as before. */
  ack(options?: RequestOptions): OutgoingAckRequest {
    const { sequence, credentials } = this.invitation;
    const known = this.acknowledgement;
    if (known !== undefined) return known;
    const ack = this.acks.make(sequence, options, credentials);
    this.offers.takeLocal(options?.body, "response");
    // First, since what the far end sends on the ACK may come before `send` has returned.
    this.send({ type: "ack" });
    ack.send();
    return ack;
  }

  /**
   * Acknowledges the 2xx for a program that does not listen, and hangs up where there is nothing to
   * keep: nobody wants the call, or the 2xx has an offer that nobody will answer (§13.2.2.4).
   */
  acknowledgeUnheard(isUnwanted: boolean): void {
    const isOver = isUnwanted || this.offers.owesAnswer;
    this.ack();
    if (isOver) this.end();
  }

  private makeBye(delegate?: OutgoingRequestDelegate, options?: RequestOptions): SessionBye {
    const onEnd = (): void => {
      this.send({ type: "byeEnded" });
      // Its INVITE's transaction may keep the session for long after it.
      this.ending = undefined;
    };
    return this.ending = new SessionBye(this.supervisor, this.dialog, onEnd, delegate, options);
  }

  /** Tells the machine. */
  send(event: SessionEvent): void {
    this.actor.send(event);
  }

  /** The far end is ringing. */
  progress(): void {
    this.send({ type: "progress" });
  }

  /** A 2xx was sent, or came. */
  accept(response?: IncomingResponseMessage): void {
    if (response !== undefined) {
      const { sessionState } = this;
      const isFirst = sessionState === "Initial" || sessionState === "Early";
      if (isFirst) this.dialog.confirm(response);
      else this.dialog.refreshTarget(response);
      this.timer.takeResponse(response);
      this.noteAllow(response);
    }
    this.early = undefined;
    this.offers.confirm();
    this.send({ type: "accept" });
  }

  /** An INVITE within the session begins. */
  reinvite(origin: "local" | "remote", invitation: Invitation): void {
    this.invitation = invitation;
    this.isInviter = origin === "local";
    this.offers.beginRound();
    this.send({ type: origin === "local" ? "reinvite" : "reinviteReceived" });
  }

  /** Its first INVITE came to nothing: if the session is not up by now, it will never be. */
  cease(): void {
    const { sessionState } = this;
    if (sessionState === "Early" || sessionState === "Initial") this.send({ type: "end" });
  }

  /** The INVITE in progress was refused: a session that is up stays as it was (§14.1). */
  refuseInvite(): void {
    this.cease();
    const { invitation } = this.state;
    if (invitation !== "inviting" && invitation !== "invited") return;
    this.offers.rollback();
    this.send({ type: "reinviteRefused" });
  }

  /** Notes what the far end says of the methods that it takes. */
  noteAllow(message: IncomingRequestMessage | IncomingResponseMessage): void {
    const allow = message.parseHeader("Allow");
    if (Array.isArray(allow)) this.remoteTakesUpdate = allow.includes("UPDATE");
  }

  /**
   * A request within the session has failed. RFC 3261 §12.2.1.2: "If the response for a request
   * within a dialog is a 481 (Call/Transaction Does Not Exist) or a 408 (Request Timeout), the UAC
   * SHOULD terminate the dialog", which "consists of sending a BYE"; RFC 5057 §5.1.
   */
  noteFailure({ statusCode }: IncomingResponseMessage): void {
    if (statusCode === 408 || statusCode === 481) this.end();
  }

  /** The INVITE with this number is over for good: its 2xx is repeated no more. */
  forgetAck(sequence: number): void {
    this.acks.forget(sequence);
  }

  /** A 2xx came again; or late, to an INVITE that nobody waits for any more. */
  repeatAccept({ cseq }: IncomingResponseMessage): void {
    const known = this.acks.of(cseq);
    if (known !== undefined) return known.send();
    if (this.isInviter && this.inviteSequence === cseq) {
      return this.send({ type: "repeatedAccept" });
    }
    // It answers an INVITE that was disposed of: §13.2.2.4, "The UAC core MUST generate an ACK request
    // for each 2xx received".
    this.acks.make(cseq).send();
  }

  end(): void {
    const { sessionState } = this;
    // An early session ends with its INVITE, which is cancelled or refused.
    const isUp = sessionState === "AckWait" || sessionState === "Confirmed";
    if (!isUp || this.ending !== undefined) return;
    this.makeBye().own();
    this.send({ type: "bye" });
  }

  get isCaller(): boolean {
    return this.role === "caller";
  }

  replace(): void {
    if (this.sessionState === "Early") this.early?.onReplaced?.();
    else this.end();
  }

  takes({ method }: IncomingRequestMessage): boolean {
    return method !== "PRACK" && method !== "SUBSCRIBE";
  }

  /** Takes the ACK to a 2xx of this side. */
  acknowledge(request: IncomingRequestMessage): void {
    const isAwaited = typeof this.state.invitation === "object";
    if (!isAwaited || request.cseq !== this.inviteSequence) return;
    this.offers.takeRemote(request, "response");
    // The 2xx is not repeated any more, and what it was made of is not kept.
    this.invitation.onAcknowledged?.();
    this.invitation = { sequence: request.cseq };
    this.send({ type: "ack" });
    this.callGuest("onAck", () => this.delegate?.onAck?.({ message: request }));
  }

  /** Calls the program's function, unless the session was disposed of. */
  callGuest(name: string, call: () => unknown, onFailure?: () => void): void {
    if (!this.isDisposed) {
      this.supervisor.callGuest(name, this.dialog.callId, call, onFailure);
    }
  }

  /** Throws unless requests can be sent in the dialog. */
  checkOpen(method: string): void {
    const { sessionState } = this;
    if (sessionState !== "Initial" && sessionState !== "Terminated") return;
    throw new InvalidStateError(
      `${method}: expected a session that is open, found ${sessionState}`,
    );
  }

  /** What a program holds of it. */
  abstract readonly session: Session;

  /** This side is reached at another address. */
  abstract relocate(): void;

  /** Takes a request of the far end within the session. */
  abstract receive(request: IncomingRequestMessage, transaction: ServerTransaction): void;

  /** The session is over: requests in it that wait to go again do not. */
  protected abstract abandonRequests(): void;

  /** Refreshes the session (RFC 4028 §7.4). */
  protected abstract refresh(): void;

  /** The ACK to the 2xx of the last INVITE, where that is this side's. */
  private get acknowledgement(): Ack | undefined {
    return this.isInviter ? this.acks.of(this.inviteSequence) : undefined;
  }

  /** A 2xx may have crossed the end of an early session, and calls for one more request in it. */
  private noteSequence(): void {
    const { call } = this;
    const isOpen = this.acknowledgement === undefined;
    for (const each of [isOpen ? call : undefined, this.abandonedCall]) {
      if (each === undefined) continue;
      each.sequences ??= new Map();
      each.sequences.set(this.dialog.remoteTag, this.dialog.sequence);
    }
  }

  private tell(emission: SessionEmission): void {
    switch (emission.type) {
      case "transmit":
        return this.invitation.repeatAccept?.();
      case "acknowledge":
        return this.acknowledgement === undefined ? void this.ack() : this.acknowledgement.send();
      case "bye":
        this.abandonRequests();
        return (this.ending ?? this.makeBye()).send(() => this.noteSequence());
      case "ackOverdue":
        return this.acknowledgeUnasked();
      case "ackTimeout":
        return this.reportTimeout("onAckTimeout", "no ACK to the 2xx");
      case "refresh":
        return this.refresh();
      case "expired":
        return this.reportTimeout("onExpire", "nobody has refreshed the session");
      case "terminated":
        this.ending?.abandon();
        this.abandonRequests();
        this.noteSequence();
        this.usages.remove(this);
        if (this.call !== undefined) this.supervisor.registry.releaseCall(this.call);
    }
  }

  /** Nobody has called `ack()`: the far end must not be left to repeat its 2xx and give up. */
  private acknowledgeUnasked(): void {
    const text = `no ack() for the 2xx of call ${this.dialog.callId}: the engine acknowledges it`;
    const outcome = this.offers.owesAnswer ? `${text}, and hangs up` : text;
    this.supervisor.report(new InvalidStateError(outcome), this.dialog.callId);
    this.acknowledgeUnheard(false);
  }

  private reportTimeout(method: "onAckTimeout" | "onExpire", what: string): void {
    const { delegate } = this;
    if (delegate?.[method] !== undefined) return this.callGuest(method, () => delegate[method]?.());
    const { callId } = this.dialog;
    this.supervisor.report(new TimeoutError(`${what} of call ${callId}: hanging up`), callId);
  }
}
