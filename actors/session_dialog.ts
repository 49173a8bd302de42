/**
 * A session at work: its dialog, its statechart, and the requests within it.
 *
 * @module
 */
import { type Actor, createActor } from "xstate";
import { type SessionEmission, sessionMachine, type SessionRole } from "../machines/mod.ts";
import {
  type BinaryBody,
  type Body,
  bodyOf,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InvalidStateError,
  TimeoutError,
  type URI,
} from "../messages/mod.ts";
import { Ack } from "./ack.ts";
import type { Dialog } from "./dialog.ts";
import { DialogUsages, type SessionUsage } from "./dialog_usages.ts";
import { OfferAnswer } from "./offer_answer.ts";
import type {
  OutgoingAckRequest,
  OutgoingByeRequest,
  OutgoingPrackRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "./outgoing_request.ts";
import type { Call } from "./registry.ts";
import type { ReliableProvisionalClient } from "./reliable_provisional_client.ts";
import type { ServerTransaction } from "./server_transaction.ts";
import type { Session, SessionDelegate, SessionState, SignalingState } from "./session.ts";
import type { Supervisor } from "./supervisor.ts";
import { UserAgentClient } from "./user_agent_client.ts";
import { UserAgentServer } from "./user_agent_server.ts";

const SESSION_STATES = {
  initial: "Initial",
  early: "Early",
  owingAck: "AckWait",
  awaitingAck: "AckWait",
  confirmed: "Confirmed",
  // §15.1.1: "The UAC MUST consider the session terminated (and therefore stop sending or listening
  // for media) as soon as the BYE request is passed to the client transaction."
  leaving: "Terminated",
  terminated: "Terminated",
} as const satisfies { [state: string]: SessionState };

const SIGNALING_STATES = {
  initial: "Initial",
  haveLocalOffer: "HaveLocalOffer",
  haveRemoteOffer: "HaveRemoteOffer",
  stable: "Stable",
  closed: "Closed",
} as const satisfies { [state: string]: SignalingState };

/** What the two sides of a call do differently. */
export interface SessionOptions {
  readonly role: SessionRole;
  /** The number of the INVITE, which the ACK to its 2xx repeats. */
  readonly inviteSequence: number;
  /** For the caller: the INVITE that it comes from. */
  readonly call?: Call;
  /** For the caller: gives the INVITE up. */
  readonly cancel?: () => void;
  /** For the callee: sends the 2xx again. */
  readonly repeatAccept?: () => void;
  /** For the callee: the far end has hung up before the INVITE was answered. */
  readonly onEarlyBye?: () => void;
}

/** See the module. */
export class SessionDialog implements Session, SessionUsage {
  delegate: SessionDelegate | undefined;
  readonly dialog: Dialog;
  readonly usages: DialogUsages;
  private readonly supervisor: Supervisor;
  private readonly options: SessionOptions;
  private readonly actor: Actor<typeof sessionMachine>;
  /** The ACK to the 2xx: a repeated 2xx gets the very same. */
  private acknowledgement: Ack | undefined;
  private byeClient: UserAgentClient | undefined;
  /** The reliable provisional responses to this side's INVITE. */
  provisionals: ReliableProvisionalClient | undefined;
  private readonly offerAnswer = new OfferAnswer();
  /** Whether the engine hangs up by itself. */
  private isEnding = false;
  private isDisposed = false;

  constructor(supervisor: Supervisor, dialog: Dialog, options: SessionOptions) {
    this.supervisor = supervisor;
    this.dialog = dialog;
    this.options = options;
    this.actor = createActor(sessionMachine, {
      ...supervisor.actorOptions,
      id: sessionMachine.id,
      input: { ...supervisor.environment.timers, role: options.role },
    });
    this.actor.on("*", (emission) => supervisor.guard(() => this.tell(emission)));
    this.usages = new DialogUsages(supervisor, dialog);
    this.usages.addSession(this);
    if (options.call !== undefined) supervisor.registry.holdCall(options.call);
    this.actor.start();
  }

  get id(): string {
    return this.dialog.callId + this.dialog.localTag + this.dialog.remoteTag;
  }

  get callId(): string {
    return this.dialog.callId;
  }

  get localTag(): string {
    return this.dialog.localTag;
  }

  get localURI(): URI {
    return this.dialog.local.uri;
  }

  get remoteTag(): string {
    return this.dialog.remoteTag;
  }

  get remoteTarget(): URI {
    return this.dialog.remoteTarget;
  }

  get remoteURI(): URI {
    return this.dialog.remote.uri;
  }

  get sessionState(): SessionState {
    const { dialog } = this.actor.getSnapshot().value;
    return typeof dialog === "string" ? SESSION_STATES[dialog] : "AckWait";
  }

  get signalingState(): SignalingState {
    return SIGNALING_STATES[this.actor.getSnapshot().value.signaling];
  }

  get offer(): Body | undefined {
    return this.offerAnswer.offer;
  }

  get answer(): Body | undefined {
    return this.offerAnswer.answer;
  }

  /** Whether this side has an offer of the far end to answer. */
  get owesAnswer(): boolean {
    return this.signalingState === "HaveRemoteOffer";
  }

  dispose(): void {
    this.isDisposed = true;
    this.byeClient?.dispose();
    this.provisionals?.dispose();
    this.actor.send({ type: "dispose" });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  bye(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingByeRequest {
    if (this.byeClient !== undefined && this.isEnding) {
      // The engine hangs up already, of which a program need not know: the core is being stopped.
      this.isEnding = false;
      if (delegate !== undefined) this.byeClient.delegate = delegate;
      return this.byeClient;
    }
    const { sessionState } = this;
    const mayLeave = sessionState === "Confirmed" || sessionState === "AckWait" ||
      (sessionState === "Early" && this.options.role === "caller");
    if (!mayLeave || this.byeClient !== undefined) {
      throw new InvalidStateError(`bye: expected a call that is up, found it ${sessionState}`);
    }
    const client = this.byeClient = this.makeBye(delegate, options);
    this.noteSequence();
    this.actor.send({ type: "bye" });
    return client;
  }

  prack(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingPrackRequest {
    if (this.provisionals === undefined) {
      throw new InvalidStateError("prack: expected a reliable provisional response, found none");
    }
    return this.provisionals.acknowledgeLast(delegate, options);
  }

  /** Acknowledges the 2xx; again, it is the same request as before. */
  ack(options?: RequestOptions): OutgoingAckRequest {
    if (this.acknowledgement !== undefined) return this.acknowledgement;
    const { supervisor, dialog } = this;
    const { inviteSequence, call } = this.options;
    const ack = new Ack(supervisor, dialog, inviteSequence, options, call?.credentials);
    this.acknowledgement = ack;
    if (options?.body !== undefined) this.takeLocalBody(options.body);
    // First, since what the far end sends on the ACK may come before `send` has returned.
    this.actor.send({ type: "ack" });
    ack.send();
    return ack;
  }

  /**
   * Acknowledges the 2xx for a program that does not listen, and hangs up where there is nothing to
   * keep: nobody wants the call, or the 2xx has an offer that nobody will answer (§13.2.2.4).
   */
  acknowledgeUnheard(isUnwanted: boolean): void {
    const isOver = isUnwanted || this.owesAnswer;
    this.ack();
    if (isOver) this.end();
  }

  /** The far end is ringing. */
  progress(): void {
    this.actor.send({ type: "progress" });
  }

  /** A 2xx was sent, or came. */
  accept(response?: IncomingResponseMessage): void {
    if (response !== undefined) this.dialog.confirm(response);
    this.actor.send({ type: "accept" });
  }

  /** Its INVITE came to nothing: if the session is not up by now, it will never be. */
  cease(): void {
    const { sessionState } = this;
    if (sessionState === "Early" || sessionState === "Initial") this.actor.send({ type: "end" });
  }

  repeatAccept(): void {
    this.actor.send({ type: "repeatedAccept" });
  }

  end(): void {
    const { sessionState } = this;
    // An early session ends with its INVITE, which is cancelled or refused.
    const isUp = sessionState === "AckWait" || sessionState === "Confirmed";
    if (!isUp || this.byeClient !== undefined) return;
    this.bye();
    this.isEnding = true;
  }

  /** Follows offer and answer by a body of the far end. */
  takeRemoteBody(message: IncomingRequestMessage | IncomingResponseMessage): void {
    const body = bodyOf(message);
    if (body !== undefined) this.takeBody(body, "remote");
  }

  /** The same for a body of this side. */
  takeLocalBody(body: Body | BinaryBody): void {
    this.takeBody(body, "local");
  }

  get session(): Session {
    return this;
  }

  get isCaller(): boolean {
    return this.options.role === "caller";
  }

  replace(): void {
    if (this.sessionState === "Early") this.options.cancel?.();
    else this.end();
  }

  takes({ method }: IncomingRequestMessage): boolean {
    return method === "BYE" || method === "INVITE";
  }

  receive(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    if (request.method === "BYE") this.receiveBye(request, transaction);
    else transaction.refuse(488);
  }

  acknowledge(request: IncomingRequestMessage): void {
    if (this.options.role !== "callee" || this.sessionState !== "AckWait") return;
    if (request.cseq !== this.options.inviteSequence) return;
    this.takeRemoteBody(request);
    this.actor.send({ type: "ack" });
    this.callGuest("onAck", () => this.delegate?.onAck?.({ message: request }));
  }

  private makeBye(delegate?: OutgoingRequestDelegate, options?: RequestOptions): UserAgentClient {
    const message = this.dialog.request("BYE", options);
    const onEnd = (): void => this.actor.send({ type: "byeEnded" });
    return new UserAgentClient(this.supervisor, message, this.dialog, delegate, { onEnd });
  }

  /** A 2xx may have crossed the end of an early session, and calls for one more request in it. */
  private noteSequence(): void {
    const { call } = this.options;
    if (call === undefined || this.acknowledgement !== undefined) return;
    call.sequences ??= new Map();
    call.sequences.set(this.remoteTag, this.dialog.sequence);
  }

  private receiveBye(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const server = new UserAgentServer(this.supervisor, request, transaction);
    const isEarly = this.sessionState === "Early";
    this.actor.send({ type: "byeReceived" });
    this.callGuest("onBye", () => this.delegate?.onBye?.(server));
    // §15.1.2: the UAS core "MUST generate a 2xx response to the BYE".
    if (!server.isAnswered) server.accept();
    if (isEarly) this.options.onEarlyBye?.();
  }

  private tell(emission: SessionEmission): void {
    switch (emission.type) {
      case "transmit":
        return this.options.repeatAccept?.();
      case "acknowledge":
        return this.acknowledgement === undefined ? void this.ack() : this.acknowledgement.send();
      case "bye":
        this.byeClient ??= this.makeBye();
        this.byeClient.start();
        return;
      case "ackOverdue":
        return this.acknowledgeUnasked();
      case "ackTimeout":
        return this.reportAckTimeout();
      case "terminated":
        this.noteSequence();
        this.provisionals?.end();
        this.usages.remove(this);
        if (this.options.call !== undefined) {
          this.supervisor.registry.releaseCall(this.options.call);
        }
    }
  }

  /** Nobody has called `ack()`: the far end must not be left to repeat its 2xx and give up. */
  private acknowledgeUnasked(): void {
    const text = `no ack() for the 2xx of call ${this.callId}: the engine acknowledges it`;
    const outcome = this.owesAnswer ? `${text}, and hangs up` : text;
    this.supervisor.report(new InvalidStateError(outcome));
    this.acknowledgeUnheard(false);
  }

  private reportAckTimeout(): void {
    if (this.delegate?.onAckTimeout !== undefined) {
      return this.callGuest("onAckTimeout", () => this.delegate?.onAckTimeout?.());
    }
    const text = `no ACK to the 2xx of call ${this.callId} in 64*T1: hanging up`;
    this.supervisor.report(new TimeoutError(text));
  }

  private takeBody(body: Body | BinaryBody, origin: "local" | "remote"): void {
    const event = this.offerAnswer.take(body, origin, this.signalingState);
    if (event !== undefined) this.actor.send(event);
  }

  /** Calls the program, unless it has disposed of the session. */
  callGuest(name: string, call: () => unknown, onFailure?: () => void): void {
    if (!this.isDisposed) this.supervisor.callGuest(name, call, onFailure);
  }
}
