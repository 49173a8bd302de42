/**
 * A client transaction at work: one request, its statechart, and the way it goes (RFC 3261 §17.1).
 *
 * @module
 */
import type { StateValue } from "xstate";
import {
  type InviteClientEmission,
  inviteClientMachine,
  nonInviteClientMachine,
} from "../../machines/mod.ts";
import {
  IncomingResponseMessage,
  InvalidArgumentError,
  type OutgoingRequestMessage,
  parseMessage,
  TransportError,
} from "../../messages/mod.ts";
import type { Transport } from "../../transports/transport.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import type { Retry, RetryPolicy } from "./attempts.ts";
import { isMulticast } from "../../transports/destination.ts";
import { connectionKey, type Flow, sentBy } from "../locating/flow.ts";
import type { ClientEntry } from "../registry.ts";
import { siblingRequest } from "./sibling_request.ts";
import type { Supervisor } from "../supervisor.ts";

// An INVITE's machine takes and tells all that another request's does, and more.
const otherMachine = nonInviteClientMachine as unknown as typeof inviteClientMachine;

const NOTHING = new Uint8Array();

/** Takes what a client transaction tells. */
export type ClientListener = (emission: InviteClientEmission) => void;

/** What a program has made of addresses and headers has to be readable at the far end, too. */
function refuseUnreadable(bytes: Uint8Array): void {
  const parsed = parseMessage(bytes);
  if (parsed.kind !== "fault") return;
  throw new InvalidArgumentError(parsed.header ?? "start line", parsed.expected, parsed.found);
}

/** See the module. */
export class ClientTransaction implements ClientEntry {
  readonly message: OutgoingRequestMessage;
  readonly branch: string;
  /** The Via that it was sent with, whatever becomes of the message. */
  readonly via: string;
  readonly sentBy: string;
  /** Which way it goes, or why it cannot go at all. */
  readonly flow: Flow | TransportError;
  /** What ends it politely; set by whoever can. */
  onDrain: () => void = () => {};
  /** Whether anybody has answered. */
  isAnswered = false;
  /** Whether the request has gone elsewhere meanwhile. */
  isAbandoned = false;
  /** How the request goes again after the failure that came. */
  retry: Retry | undefined;
  private readonly supervisor: Supervisor;
  private readonly listener: ClientListener;
  /** What is sent, and repeated until there is an outcome. */
  private bytes: Uint8Array;
  /** Its number, whatever becomes of the message. */
  private readonly cseq: number;
  private readonly policy: RetryPolicy | undefined;
  /** The ACK to a failure. The message shows the next attempt by the time that one is repeated. */
  private acknowledgement: OutgoingRequestMessage | undefined;
  private readonly actor: ActorOf<typeof inviteClientMachine>;
  private readonly connection: string | undefined;
  private isSettled = false;
  /** The CANCEL of an INVITE that has gone elsewhere meanwhile. */
  private cancellation: OutgoingRequestMessage | undefined;

  /**
   * Prepares it; nothing is entered or sent before `start`.
   *
   * @param flow Which way it goes, or why it cannot go at all.
   * @param options `original`: the INVITE that a CANCEL is for, which has the same branch, Via and
   * way (§9.1); `retry`: who may answer a failure by sending the request again.
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    flow: Flow | TransportError,
    listener: ClientListener,
    options: {
      readonly original?: ClientTransaction | undefined;
      readonly retry?: RetryPolicy | undefined;
    } = {},
  ) {
    const { environment } = supervisor;
    const { original } = options;
    this.supervisor = supervisor;
    this.message = message;
    this.listener = listener;
    this.policy = options.retry;
    this.flow = original?.flow ?? flow;
    this.branch = original?.branch ?? environment.identifiers.branch();
    const transport = this.flow instanceof TransportError ? undefined : this.flow.transport;
    this.connection = this.flow instanceof TransportError ? undefined : connectionKey(this.flow);
    if (original === undefined) {
      const address = transport === undefined ? "invalid.invalid" : sentBy(transport);
      message.setViaHeader(this.branch, transport?.protocol ?? "UDP", address);
      if (transport?.protocol === "UDP") this.addGroup();
    }
    this.via = message.getHeader("Via") ?? "";
    this.sentBy = original?.sentBy ?? message.sentBy ?? "";
    this.bytes = message.toBytes();
    this.cseq = message.cseq;
    if (message.toTag === undefined) refuseUnreadable(this.bytes);
    const machine = message.method === "INVITE" ? inviteClientMachine : otherMachine;
    this.actor = makeActor(supervisor.actors, message.callId, machine, {
      ...environment.timers,
      reliable: transport?.reliable ?? true,
    }, (emission) => this.tell(emission));
  }

  get callId(): string {
    return this.message.callId;
  }

  /** By which transport it goes, if it can go at all. */
  get transport(): Transport | undefined {
    return this.flow instanceof TransportError ? undefined : this.flow.transport;
  }

  /** How many octets are sent. */
  get size(): number {
    return this.bytes.length;
  }

  /** The state of its machine. */
  get state(): StateValue {
    return this.actor.state;
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.actor.isOver;
  }

  /** Enters it, and then sends: an answer may come before `send` has returned. */
  start(): void {
    const { registry } = this.supervisor;
    registry.addClient(this.branch, this.message.method, this.connection, this);
    registry.unsettle();
    this.actor.start();
  }

  receive(response: IncomingResponseMessage): void {
    const { statusCode: status, toTag, callId, fromTag, cseq } = response;
    const { message } = this;
    // §8.2.6.2: these are the request's own in every response to it.
    if (callId !== message.callId || fromTag !== message.fromTag || cseq !== this.cseq) {
      return this.supervisor.drop("a response with the branch of a request, and not its Call-ID");
    }
    this.isAnswered = true;
    if (status >= 400 && !this.isSettled) this.retry = this.policy?.(response);
    const retriable = this.retry !== undefined;
    this.actor.send({ type: "response", status, toTag, retriable, message: response });
  }

  fail(error: Error): void {
    this.actor.send({ type: "transportError", error });
  }

  /** Asks for a CANCEL; for an INVITE only. */
  cancel(): void {
    this.actor.send({ type: "cancel" });
  }

  /**
   * The request goes elsewhere. What may still have to be said here is made now: the message shows the
   * next attempt by then.
   */
  abandon(): void {
    const { message, via } = this;
    if (message.method === "INVITE") {
      this.acknowledgement ??= siblingRequest(message, "ACK", via);
      this.cancellation = siblingRequest(message, "CANCEL", via);
    }
    this.isAbandoned = true;
    this.actor.send({ type: "abandon" });
    this.settle();
  }

  end(): void {
    this.onDrain();
  }

  dispose(): void {
    this.actor.send({ type: "dispose" });
  }

  /** Sends what belongs to this transaction: its request, and the ACK to a failure. */
  private transmit(bytes: Uint8Array): void {
    const fail = (error: Error): void => this.fail(error);
    const { flow } = this;
    // Later, as any failure to send: a delegate may still be set after `invite()` has returned.
    if (flow instanceof TransportError) queueMicrotask(() => fail(flow));
    else this.supervisor.transmit(bytes, flow, fail);
  }

  private tell(emission: InviteClientEmission): void {
    switch (emission.type) {
      case "transmit":
        return this.transmit(this.bytes);
      case "acknowledge":
        return this.acknowledge(emission.message);
      case "cancel":
        if (this.cancellation !== undefined) return this.sendCancel(this.cancellation);
        return this.listener(emission);
      case "terminated":
        this.listener(emission);
        this.supervisor.registry.removeClient(this.branch, this.message.method);
        return this.settle();
      case "accept":
      case "redirect":
      case "reject":
      case "retry":
      case "timeout":
      case "transportError":
        this.listener(emission);
        return this.settle();
      default:
        this.listener(emission);
    }
  }

  private acknowledge(response: unknown): void {
    if (!(response instanceof IncomingResponseMessage)) return;
    const ack = this.acknowledgement ??= siblingRequest(this.message, "ACK", this.via);
    // §17.1.1.3: "The To header field in the ACK MUST equal the To header field in the response
    // being acknowledged".
    ack.setHeader("To", response.getHeader("To") ?? "");
    this.transmit(ack.toBytes());
  }

  private sendCancel(message: OutgoingRequestMessage): void {
    const options = { original: this };
    new ClientTransaction(this.supervisor, message, this.flow, () => {}, options).start();
  }

  /** §18.1.1: "A client that sends a request to a multicast address MUST add the "maddr" parameter". */
  private addGroup(): void {
    if (this.flow instanceof TransportError || !isMulticast(this.flow.remote.host)) return;
    const { host } = this.flow.remote;
    this.message.setHeader("Via", `${this.message.getHeader("Via")};maddr=${host};ttl=1`);
  }

  private settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.bytes = NOTHING;
    // What is still to come is repetition: a connection that closes now takes nothing with it.
    this.supervisor.registry.leaveConnection(this.connection, this);
    this.supervisor.registry.settle();
  }
}
