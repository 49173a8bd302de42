/**
 * A session at work: its dialog, its statechart, and the requests within it.
 *
 * @module
 */
import { type Actor, createActor } from "xstate";
import { type SessionEmission, sessionMachine, type SessionRole } from "../machines/mod.ts";
import {
  type Body,
  bodyOf,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InvalidStateError,
  type OutgoingRequestMessage,
  TimeoutError,
  TransportError,
  type URI,
} from "../messages/mod.ts";
import { ALLOW } from "./allowed_methods.ts";
import type { Dialog } from "./dialog.ts";
import { type Flow, flowTo, sentBy } from "./flow.ts";
import type {
  OutgoingAckRequest,
  OutgoingByeRequest,
  OutgoingPrackRequest,
  OutgoingRequestDelegate,
  RequestOptions,
} from "./outgoing_request.ts";
import type { DialogEntry } from "./registry.ts";
import { ServerTransaction } from "./server_transaction.ts";
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
  /** Sends the 2xx again; for the callee. */
  readonly repeatAccept?: () => void;
}

/** See the module. */
export class SessionDialog implements Session, DialogEntry {
  delegate: SessionDelegate | undefined;
  readonly dialog: Dialog;
  private readonly supervisor: Supervisor;
  private readonly options: SessionOptions;
  private readonly actor: Actor<typeof sessionMachine>;
  private ackRequest: OutgoingAckRequest | undefined;
  private byeClient: UserAgentClient | undefined;
  /** RSeq of the last reliable provisional response, and whether a PRACK was sent for it. */
  private reliable: { rseq: number; cseq: number; isAcknowledged: boolean } | undefined;
  private bodies: { offer?: Body; answer?: Body } = {};
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
    this.actor.on("*", (emission) => this.tell(emission));
    supervisor.registry.addDialog(dialog.key, this);
    if (options.role === "caller") supervisor.registry.holdCall(dialog.callId, dialog.localTag);
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
    return this.bodies.offer;
  }

  get answer(): Body | undefined {
    return this.bodies.answer;
  }

  /** Whether this side has an offer of the far end to answer. */
  get owesAnswer(): boolean {
    return this.signalingState === "HaveRemoteOffer";
  }

  dispose(): void {
    this.isDisposed = true;
    this.byeClient?.dispose();
    this.actor.send({ type: "dispose" });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  bye(delegate?: OutgoingRequestDelegate, options?: RequestOptions): OutgoingByeRequest {
    const { sessionState } = this;
    const mayLeave = sessionState === "Confirmed" || sessionState === "AckWait" ||
      (sessionState === "Early" && this.options.role === "caller");
    if (!mayLeave || this.byeClient !== undefined) {
      throw new InvalidStateError(`bye: expected a call that is up, found it ${sessionState}`);
    }
    this.byeClient = new UserAgentClient(
      this.supervisor,
      // Before the ACK there is no number after the INVITE's to spoil: an ACK repeats the INVITE's.
      this.dialog.request("BYE", options),
      delegate,
      () => this.actor.send({ type: "byeEnded" }),
    );
    this.actor.send({ type: "bye" });
    return this.byeClient;
  }

  prack(delegate?: OutgoingRequestDelegate, options: RequestOptions = {}): OutgoingPrackRequest {
    if (this.reliable === undefined) {
      throw new InvalidStateError("prack: expected a reliable provisional response, found none");
    }
    const { rseq, cseq } = this.reliable;
    this.reliable.isAcknowledged = true;
    const message = this.dialog.request("PRACK", options);
    // RFC 3262 §7.2; what a program has put there itself stays.
    if (!message.hasHeader("RAck")) message.setHeader("RAck", `${rseq} ${cseq} INVITE`);
    return new UserAgentClient(this.supervisor, message, delegate).start();
  }

  /** Acknowledges the 2xx; again, it is the same request as before. */
  ack(options: RequestOptions = {}): OutgoingAckRequest {
    if (this.ackRequest !== undefined) return this.ackRequest;
    const message = this.dialog.request("ACK", options, this.options.inviteSequence);
    this.ackRequest = { message };
    if (options.body !== undefined) this.takeLocalBody(options.body);
    this.sendAck(message);
    this.actor.send({ type: "ack" });
    return this.ackRequest;
  }

  /**
   * Notes a reliable provisional response (RFC 3262 §4): "If the provisional response ... is
   * received out of order, it MUST NOT be acknowledged with a PRACK, and MUST NOT be processed
   * further". False for those, and for repeated ones.
   */
  takeReliable(rseq: number, cseq: number): boolean {
    if (this.reliable !== undefined && rseq !== this.reliable.rseq + 1) return false;
    this.reliable = { rseq, cseq, isAcknowledged: false };
    return true;
  }

  /** Whether nobody has acknowledged the last reliable provisional response. */
  get owesPrack(): boolean {
    return this.reliable?.isAcknowledged === false;
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
    if (this.byeClient === undefined && this.sessionState !== "Terminated") {
      if (this.sessionState === "Early" && this.options.role === "callee") return;
      this.bye();
    }
  }

  /** Follows offer and answer by a body of the far end; only `session` bodies are of that kind. */
  takeRemoteBody(message: IncomingRequestMessage | IncomingResponseMessage): void {
    const body = bodyOf(message);
    if (body?.contentDisposition === "session") this.takeBody(body, "remote");
  }

  /** The same for a body of this side. */
  takeLocalBody(body: { contentDisposition: string; contentType: string; content: unknown }): void {
    if (body.contentDisposition !== "session") return;
    this.takeBody({ ...body, content: textOf(body.content) }, "local");
  }

  receive(request: IncomingRequestMessage, flow: Flow): void {
    if (request.method === "ACK") return this.receiveAck(request);
    const transaction = new ServerTransaction(this.supervisor, request, flow);
    if (!this.dialog.takeSequence(request.cseq)) {
      // §12.2.2: "If the remote sequence number was not empty, but the sequence number of the
      // request is lower than the remote sequence number, the request is out of order and MUST be
      // rejected with a 500 (Server Internal Error) response."
      return transaction.refuse(500);
    }
    if (request.method === "BYE") return this.receiveBye(request, transaction);
    if (request.method === "INVITE") return transaction.refuse(488);
    transaction.refuse(405, [ALLOW]);
  }

  private receiveAck(request: IncomingRequestMessage): void {
    if (this.options.role !== "callee" || this.sessionState !== "AckWait") return;
    if (request.cseq !== this.options.inviteSequence) return;
    this.takeRemoteBody(request);
    this.actor.send({ type: "ack" });
    this.callGuest("onAck", () => this.delegate?.onAck?.({ message: request }));
  }

  private receiveBye(request: IncomingRequestMessage, transaction: ServerTransaction): void {
    const server = new UserAgentServer(this.supervisor, request, transaction);
    this.actor.send({ type: "byeReceived" });
    this.callGuest("onBye", () => this.delegate?.onBye?.(server));
    // §15.1.2: the UAS core "MUST generate a 2xx response to the BYE".
    if (!server.isAnswered) server.accept();
  }

  private tell(emission: SessionEmission): void {
    switch (emission.type) {
      case "transmit":
        return this.options.repeatAccept?.();
      case "acknowledge":
        return this.ackRequest === undefined
          ? void this.ack()
          : this.sendAck(this.ackRequest.message);
      case "bye":
        this.byeClient ??= new UserAgentClient(
          this.supervisor,
          this.dialog.request("BYE"),
          undefined,
          () => this.actor.send({ type: "byeEnded" }),
        );
        this.byeClient.start();
        return;
      case "ackOverdue":
        return this.acknowledgeUnasked();
      case "ackTimeout":
        return this.reportAckTimeout();
      case "terminated":
        this.supervisor.registry.removeDialog(this.dialog.key);
        if (this.options.role === "caller") {
          this.supervisor.registry.releaseCall(this.dialog.callId);
        }
    }
  }

  /** Nobody has called `ack()`: the far end must not be left to repeat its 2xx and give up. */
  private acknowledgeUnasked(): void {
    const text = `no ack() for the 2xx of call ${this.callId}: the engine acknowledges it`;
    // §13.2.2.4: an offer in the 2xx has to be answered in the ACK; without an answer there is no
    // session to keep.
    const owesAnswer = this.owesAnswer;
    this.supervisor.report(new InvalidStateError(owesAnswer ? `${text}, and hangs up` : text));
    this.ack();
    if (owesAnswer) this.bye();
  }

  private reportAckTimeout(): void {
    if (this.delegate?.onAckTimeout !== undefined) {
      return this.callGuest("onAckTimeout", () => this.delegate?.onAckTimeout?.());
    }
    const text = `no ACK to the 2xx of call ${this.callId} in 64*T1: hanging up`;
    this.supervisor.report(new TimeoutError(text));
  }

  private sendAck(message: OutgoingRequestMessage): void {
    const { environment } = this.supervisor;
    const flow = flowTo(message.ruri, message.getHeader("Route"), environment.transports);
    const report = (error: TransportError): void => this.supervisor.report(error);
    if (flow instanceof TransportError) return report(flow);
    // §13.2.2.4: the ACK to a 2xx is passed to the transport directly, with a branch of its own.
    if (message.branch === undefined) {
      message.setViaHeader(
        environment.identifiers.branch(),
        flow.transport.protocol,
        sentBy(flow.transport),
      );
    }
    this.supervisor.transmit(message.toBytes(), flow, report);
  }

  /** A body that is neither the first offer nor the answer to it repeats what is known. */
  private takeBody(body: Body, origin: "local" | "remote"): void {
    const { signalingState } = this;
    const owing = origin === "local" ? "HaveRemoteOffer" : "HaveLocalOffer";
    if (signalingState === owing) {
      this.bodies = { ...this.bodies, answer: body };
      this.actor.send({ type: `${origin}Answer` });
    } else if (signalingState === "Initial") {
      this.bodies = { offer: body };
      this.actor.send({ type: `${origin}Offer` });
    }
  }

  private callGuest(name: string, call: () => unknown): void {
    if (!this.isDisposed) this.supervisor.callGuest(name, call);
  }
}

function textOf(content: unknown): string {
  return content instanceof Uint8Array ? new TextDecoder().decode(content) : `${content}`;
}
