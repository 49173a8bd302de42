/**
 * A server transaction at work: one request, its statechart, and the way its answers go
 * (RFC 3261 §17.2).
 *
 * @module
 */
import {
  type InviteServerEmission,
  inviteServerMachine,
  nonInviteServerMachine,
} from "../../machines/mod.ts";
import {
  constructOutgoingResponse,
  type IncomingRequestMessage,
  MAGIC_COOKIE,
  type PrintedResponse,
  type ResponseOptions,
  type TransportError,
} from "../../messages/mod.ts";
import { ownText } from "../../messages/own_text.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import { Delivery } from "../locating/delivery.ts";
import { type Flow, flowBack, sentByUri } from "../locating/flow.ts";
import { mergedKey, type ServerEntry, serverKey } from "../registry.ts";
import type { Supervisor } from "../supervisor.ts";

// An INVITE's machine takes and tells all that another request's does, and more.
const otherMachine = nonInviteServerMachine as unknown as typeof inviteServerMachine;

/** Takes what a server transaction tells; `transmit` is done already. */
export type ServerListener = (emission: InviteServerEmission) => void;

const NOTHING = (): void => {};

/** See the module. */
export class ServerTransaction implements ServerEntry {
  readonly callId: string;
  private readonly method: string;
  /** The request, for as long as anything may be answered to it. */
  private open: IncomingRequestMessage | undefined;
  /** The tag in To of every response: the request's, or one of this side's own. */
  readonly toTag: string;
  /** By which way the request came. */
  readonly flow: Flow;
  /** Which way its responses go. */
  private readonly back: Flow;
  /** Who is told; set by whoever answers. */
  listener: ServerListener = NOTHING;
  /** What ends it politely; set by whoever can. */
  onDrain: () => void = NOTHING;
  /** Called when there is a final response, or there will be none; set by whoever waits for it. */
  onAnswered: () => void = NOTHING;
  /** Called when it is over; set by whoever waits for it. */
  onEnd: () => void = NOTHING;
  private readonly supervisor: Supervisor;
  private readonly key: string;
  private readonly mergedKey: string;
  private readonly actor: ActorOf<typeof inviteServerMachine>;
  private response: PrintedResponse | undefined;
  private backup: Delivery | undefined;
  // Not asked of the machine: within its own emission it has not got the answer yet.
  private hasFinalResponse = false;
  private isSettled = false;

  /** Enters it, so that repetitions of the request find it. */
  constructor(supervisor: Supervisor, request: IncomingRequestMessage, flow: Flow) {
    const { environment, registry } = supervisor;
    this.supervisor = supervisor;
    this.method = request.method;
    this.open = request;
    this.flow = flow;
    this.back = flowBack(request, flow);
    this.callId = ownText(request.callId);
    this.toTag = ownText(request.toTag ?? environment.identifiers.tag());
    this.key = serverKey(request, request.method);
    this.mergedKey = mergedKey(request);
    const machine = request.method === "INVITE" ? inviteServerMachine : otherMachine;
    this.actor = makeActor(supervisor.actors, this.callId, machine, {
      ...environment.timers,
      reliable: flow.transport.reliable,
    }, (emission) => this.tell(emission));
    registry.addServer(this.key, this.mergedKey, this);
    registry.unsettle();
    this.actor.start();
  }

  /** The request that is answered by it. */
  get request(): IncomingRequestMessage {
    if (this.open === undefined) throw new TypeError("expected an open transaction, found it done");
    return this.open;
  }

  /** Whether a final response was sent, or the transaction is over. */
  get isAnswered(): boolean {
    return this.hasFinalResponse || this.actor.isOver;
  }

  /**
   * Sends a response.
   *
   * @param beforeSending Called once it is sure that the response can be sent, and before it is: an
   * ACK may come before a transport's `send` has returned.
   * @throws `InvalidArgumentError` for a response that cannot go onto the wire.
   */
  respond(options: ResponseOptions, beforeSending: () => void = () => {}): PrintedResponse {
    const response = this.print(options);
    beforeSending();
    this.pass(response, options.statusCode);
    return response;
  }

  /**
   * Makes a response, which `pass` sends.
   *
   * @throws `InvalidArgumentError` for a response that cannot go onto the wire.
   */
  print(options: ResponseOptions): PrintedResponse {
    const { userAgent } = this.supervisor.environment;
    return constructOutgoingResponse(this.request, {
      toTag: this.toTag,
      ...(userAgent === undefined ? {} : { userAgent }),
      ...options,
    });
  }

  /**
   * Sends a response.
   *
   * @param needsPrack Whether it is a provisional one that is sent reliably.
   */
  pass(response: PrintedResponse, status: number, needsPrack = false): void {
    this.response = response;
    this.hasFinalResponse ||= status >= 200;
    if (this.hasFinalResponse) this.onAnswered();
    this.send(status, needsPrack);
  }

  /** Answers with a status code and nothing to say about it. */
  refuse(statusCode: number, extraHeaders: string[] = []): void {
    this.respond({ statusCode, extraHeaders });
  }

  /** Sends the last response again; for the 2xx to an INVITE, which the session repeats. */
  repeatResponse(): void {
    this.send(200);
  }

  repeat(): void {
    this.actor.send({ type: "request" });
  }

  acknowledge(ack: IncomingRequestMessage): boolean {
    const { state } = this.actor;
    const isFailed = state === "confirmed" || (typeof state === "object" && "completed" in state);
    if (!isFailed) return false;
    // §17.2.3: an ACK without the cookie matches by "the To tag ... of the response sent", too.
    const isOld = !ack.viaBranch?.startsWith(MAGIC_COOKIE);
    if (isOld && ack.toTag !== undefined && ack.toTag !== this.toTag) return false;
    this.actor.send({ type: "ack" });
    this.settle();
    this.release();
    return true;
  }

  cancel(message: IncomingRequestMessage): void {
    this.actor.send({ type: "cancel", message });
  }

  end(): void {
    this.onDrain();
  }

  dispose(): void {
    this.actor.send({ type: "dispose" });
  }

  private send(status: number, needsPrack = false): void {
    this.actor.send({ type: "respond", status, needsPrack });
    const isFinal = status >= 200;
    if (isFinal && (this.method !== "INVITE" || status < 300)) this.settle();
  }

  private tell(emission: InviteServerEmission): void {
    switch (emission.type) {
      case "transmitTrying":
        this.response = constructOutgoingResponse(this.request, { statusCode: 100 });
        return this.transmit();
      case "transmit":
        return this.transmit();
      case "terminated":
        this.listener(emission);
        this.onAnswered();
        this.onEnd();
        this.supervisor.registry.removeServer(this.key, this.mergedKey, this);
        return this.settle();
      default:
        this.listener(emission);
    }
  }

  /**
   * Lets go of all that made the answer: what is left to do is to absorb repetitions, or to answer
   * them with the same octets, for 64*T1. For an INVITE, its ACK has come, and nothing is repeated.
   */
  release(): void {
    this.open = undefined;
    this.listener = NOTHING;
    this.onDrain = NOTHING;
    this.onAnswered = NOTHING;
    if (this.method === "INVITE") this.response = undefined;
  }

  private onSent(): void {
    if (this.hasFinalResponse && this.method !== "INVITE") this.release();
  }

  private transmit(): void {
    const { response, supervisor } = this;
    if (response === undefined) return;
    if (this.backup !== undefined) return this.backup.send();
    supervisor.transmit(response.bytes, this.back, (error) => {
      // The error may come late: what was sent since then has a way of its own.
      if (this.response !== response || this.actor.isOver) return;
      this.backup ??= this.makeBackup(error);
      this.backup.send();
    }, () => this.onSent());
  }

  /** RFC 3263 §5: where responses go when the way that the request came by has failed. */
  private makeBackup(error: TransportError): Delivery {
    const { environment } = this.supervisor;
    const uri = this.open === undefined ? undefined : sentByUri(this.open, this.flow);
    const located = uri === undefined ? error : environment.locator.locate(uri);
    return new Delivery(this.supervisor, located, {
      print: () => this.response?.bytes ?? new Uint8Array(),
      onError: (error) => this.actor.send({ type: "transportError", error }),
      onSent: () => this.onSent(),
    });
  }

  private settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.supervisor.registry.settle();
  }
}
