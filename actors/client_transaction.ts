/**
 * A client transaction at work: one request, its statechart, and the way it goes (RFC 3261 §17.1).
 *
 * @module
 */
import { type Actor, createActor, type StateValue } from "xstate";
import {
  type InviteClientEmission,
  inviteClientMachine,
  nonInviteClientMachine,
} from "../machines/mod.ts";
import {
  type IncomingResponseMessage,
  InvalidArgumentError,
  type OutgoingRequestMessage,
  parseMessage,
  TransportError,
} from "../messages/mod.ts";
import { connectionKey, type Flow, flowTo, sentBy } from "./flow.ts";
import type { ClientEntry } from "./registry.ts";
import type { Supervisor } from "./supervisor.ts";

// An INVITE's machine takes and tells all that another request's does, and more.
const otherMachine = nonInviteClientMachine as unknown as typeof inviteClientMachine;

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
  readonly sentBy: string;
  /** Which way it goes, or why it cannot go at all. */
  readonly flow: Flow | TransportError;
  /** What ends it politely; set by whoever can. */
  onDrain: () => void = () => {};
  private readonly supervisor: Supervisor;
  private readonly listener: ClientListener;
  private readonly bytes: Uint8Array;
  private readonly actor: Actor<typeof inviteClientMachine>;
  private readonly connection: string | undefined;
  private isSettled = false;

  /**
   * Prepares it; nothing is entered or sent before `start`.
   *
   * @param original The INVITE that a CANCEL is for: it has the same branch and way (§9.1).
   * @throws `InvalidArgumentError` for a message that cannot go onto the wire.
   */
  constructor(
    supervisor: Supervisor,
    message: OutgoingRequestMessage,
    listener: ClientListener,
    original?: ClientTransaction,
  ) {
    const { environment } = supervisor;
    this.supervisor = supervisor;
    this.message = message;
    this.listener = listener;
    this.flow = original?.flow ??
      flowTo(message.ruri, message.getHeader("Route"), environment.transports);
    this.branch = original?.branch ?? environment.identifiers.branch();
    const transport = this.flow instanceof TransportError ? undefined : this.flow.transport;
    this.connection = this.flow instanceof TransportError ? undefined : connectionKey(this.flow);
    this.sentBy = transport === undefined ? "invalid.invalid" : sentBy(transport);
    message.setViaHeader(this.branch, transport?.protocol ?? "UDP", this.sentBy);
    this.bytes = message.toBytes();
    if (message.toTag === undefined) refuseUnreadable(this.bytes);
    const machine = message.method === "INVITE" ? inviteClientMachine : otherMachine;
    this.actor = createActor(machine, {
      ...supervisor.actorOptions,
      id: machine.id,
      input: { ...environment.timers, reliable: transport?.reliable ?? true },
    });
    this.actor.on("*", (emission) => this.tell(emission));
  }

  /** The state of its machine. */
  get state(): StateValue {
    return this.actor.getSnapshot().value;
  }

  /** Enters it, and then sends: an answer may come before `send` has returned. */
  start(): void {
    const { registry } = this.supervisor;
    registry.addClient(this.branch, this.message.method, this.connection, this);
    registry.unsettle();
    this.actor.start();
  }

  receive(response: IncomingResponseMessage): void {
    const { statusCode: status, toTag } = response;
    this.actor.send({ type: "response", status, toTag, message: response });
  }

  fail(error: Error): void {
    this.actor.send({ type: "transportError", error });
  }

  /** Asks for a CANCEL; for an INVITE only. */
  cancel(): void {
    this.actor.send({ type: "cancel" });
  }

  end(): void {
    this.onDrain();
  }

  dispose(): void {
    this.actor.send({ type: "dispose" });
  }

  /** Sends a message that belongs to this transaction but is not its request: an ACK. */
  transmit(bytes: Uint8Array): void {
    const fail = (error: Error): void => this.fail(error);
    if (this.flow instanceof TransportError) fail(this.flow);
    else this.supervisor.transmit(bytes, this.flow, fail);
  }

  private tell(emission: InviteClientEmission): void {
    switch (emission.type) {
      case "transmit":
        return this.transmit(this.bytes);
      case "terminated":
        this.listener(emission);
        this.supervisor.registry.removeClient(
          this.branch,
          this.message.method,
          this.connection,
          this,
        );
        return this.settle();
      case "accept":
      case "redirect":
      case "reject":
      case "timeout":
      case "transportError":
        this.listener(emission);
        return this.settle();
      default:
        this.listener(emission);
    }
  }

  private settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.supervisor.registry.settle();
  }
}
