/**
 * The supervisor: takes what the transports deliver to whom it is for, sends what the transactions
 * tell it to, and has a life of its own (running, draining, stopped).
 *
 * It knows transactions and dialogs by the small interfaces of `registry.ts` only.
 *
 * @module
 */
import type { InspectionEvent } from "xstate";
import { supervisorMachine, type SupervisorState, type TimerTable } from "../machines/mod.ts";
import {
  constructFaultResponse,
  DelegateError,
  type Fault,
  type Identifiers,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InternalError,
  parseMessage,
  type StrowgerError,
  TransportError,
  type URI,
} from "../messages/mod.ts";
import { type ActorEnvironment, type ActorOf, makeActor } from "./actor.ts";
import type { ClientAuthentication } from "./authentication/client_authentication.ts";
import type { Clock } from "../transports/clock.ts";
import { isNobodys } from "../transports/destination.ts";
import type {
  Destination,
  LocalAddress,
  Transport,
  TransportReceiver,
} from "../transports/transport.ts";
import type { EventPolicy } from "./subscriptions/event_inspection.ts";
import { connectionKey, type Flow } from "./locating/flow.ts";
import type { Locator } from "./locating/locator.ts";
import type { SessionTimerPolicy } from "./calls/session_timer.ts";
import type { Logger } from "./logger.ts";
import type { Observers } from "./observers.ts";
import type { Registrations } from "./registrations/registrations.ts";
import type { InspectionPolicy } from "./transactions/request_inspection.ts";
import { type Call, dialogKey, Registry, serverKey } from "./registry.ts";
import { StatelessTags } from "./transactions/stateless_tags.ts";

/** A message on its way, as `trace` is told of it. */
export interface TraceEntry {
  /** Whether it came in or goes out. */
  readonly direction: "in" | "out";
  /** The message, whole. */
  readonly bytes: Uint8Array;
  /** By which transport, `UDP` say. */
  readonly protocol: string;
  /** Where it came from, or goes to. */
  readonly remote: Destination;
  /** Where that transport can be reached. */
  readonly local: LocalAddress;
}

/** A method of a delegate that is called, or would be if it were there. */
export interface DelegateCall {
  /** Its name, `onProgress` say. */
  readonly name: string;
  /** The Call-ID of what it is told about. */
  readonly callId: string;
}

/** What everything that runs in a core has in common. */
export interface Environment extends InspectionPolicy, EventPolicy {
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly logger: Logger;
  readonly timers: TimerTable;
  /** By which ways it sends and receives; another network may bring others. */
  readonly transports: Transport[];
  /** What every new request goes through. */
  readonly routeSet: readonly string[];
  /** The registrations that are kept up. */
  readonly registrations: Registrations;
  /** Finds where requests go. */
  readonly locator: Locator;
  /** How long a place may be silent where there is another, and how long one that failed is avoided. */
  readonly failoverTimeout: number;
  readonly avoidFailedFor: number;
  /** What answers challenges; absent where a program has given no credentials. */
  readonly authentication: ClientAuthentication | undefined;
  /** What calls are given of session timers. */
  readonly sessionTimer: SessionTimerPolicy;
  /** The Info Packages that calls take; `undefined` where INFO is not spoken of. */
  readonly infoPackages: readonly string[] | undefined;
  /** The value of Supported: the option tags. */
  readonly supported: string;
  /** What goes into User-Agent and Server. */
  readonly userAgent: string | undefined;
  /** The header lines that say what is understood here, as an answer to OPTIONS has them. */
  readonly capabilities: () => string[];
  /**
   * A value for Contact: where this side can be reached by a transport, or by the registration of its
   * own address, if that is given and there is one. `sip` is the default scheme.
   */
  readonly contact: (
    transport: Transport,
    user: string | undefined,
    address?: URI,
    scheme?: "sip" | "sips",
  ) => string;
  /** Takes what went wrong without anybody being there to catch it. */
  readonly onError: (error: StrowgerError, callId?: string) => void;
  readonly trace: ((entry: TraceEntry) => void) | undefined;
  /** Those who watch. */
  readonly observers: Observers;
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
}

/** Whom the supervisor asks when nobody in the registry is meant. */
export interface TransactionUser {
  /** A request that belongs to no transaction; its dialog, if it names one, does not exist. */
  receiveRequest(request: IncomingRequestMessage, flow: Flow): void;
  /** A 2xx to an INVITE of ours that belongs to no transaction and no dialog. */
  receiveStrayAccept(response: IncomingResponseMessage, call: Call): void;
}

/** See the module. */
export class Supervisor {
  readonly registry: Registry = new Registry();
  readonly environment: Environment;
  readonly statelessTags: StatelessTags;
  /** What every actor is made with. */
  readonly actors: ActorEnvironment;
  /** How many messages nobody was there for, or nobody could understand. */
  dropped = 0;
  private readonly user: TransactionUser;
  /** What has come in place of a transport that is closed. */
  private readonly successors = new WeakMap<Transport, Transport>();
  private readonly actor: ActorOf<typeof supervisorMachine>;
  private readonly closed: Promise<void>;

  constructor(environment: Environment, user: TransactionUser) {
    this.environment = environment;
    this.statelessTags = new StatelessTags(environment.identifiers);
    this.user = user;
    this.actors = {
      clock: environment.clock,
      inspect: environment.inspect,
      observers: environment.observers,
      onFailure: (cause) => this.reportFailure(cause),
    };
    let onClosed = (): void => {};
    this.closed = new Promise((resolve) => onClosed = resolve);
    this.actor = makeActor(this.actors, "", supervisorMachine, undefined, ({ type }) => {
      if (type === "stopped") void this.closeTransports().then(onClosed);
      else for (const each of this.registry.all()) each.end();
    });
    this.actor.start();
    this.registry.onQuiet = () => this.checkDrained();
    for (const transport of environment.transports) transport.attach(this.receiverOf(transport));
  }

  /** Running, draining or stopped. */
  get state(): SupervisorState {
    return this.actor.state;
  }

  /** Ends every call politely; what is not over after `deadline` milliseconds is dropped. */
  stop(deadline: number): Promise<void> {
    this.actor.send({ type: "stop", deadline });
    this.checkDrained();
    return this.closed;
  }

  /** Drops everything at once. */
  dispose(): Promise<void> {
    this.actor.send({ type: "dispose" });
    return this.closed;
  }

  /**
   * The network is another one. Connections lead nowhere any more, whether or not the system knows it
   * yet; what was to be sent by a transport that is replaced goes by the one that has come for it.
   *
   * @param begin Begins anew what is kept up. What was on its way fails after that.
   */
  changeNetwork(transports: readonly Transport[] | undefined, begin: () => void): void {
    const { environment, registry } = this;
    const before = [...environment.transports];
    const after = transports ?? before;
    const lost = before.filter(({ reliable }) => reliable).flatMap((each) =>
      registry.clientsBy(each)
    );
    environment.transports.splice(0, before.length, ...after);
    for (const transport of after) {
      // One may come back; two that each take the other's place would be asked without end.
      this.successors.delete(transport);
      if (!before.includes(transport)) transport.attach(this.receiverOf(transport));
    }
    for (const transport of before) {
      if (after.includes(transport)) transport.disconnect?.();
      else this.replace(transport, after.find(({ protocol }) => protocol === transport.protocol));
    }
    begin();
    const error = new TransportError("the network is another one");
    for (const client of lost) client.fail(error);
  }

  private replace(transport: Transport, next: Transport | undefined): void {
    if (next !== undefined) this.successors.set(transport, next);
    transport.close().catch((cause) => this.note(`closing a transport: ${cause}`));
  }

  /** By what goes now what would have gone by a transport that another has taken the place of. */
  currentFlow({ transport, remote }: Flow): Flow {
    let current = transport;
    for (let next = this.successors.get(current); next !== undefined;) {
      current = next;
      next = this.successors.get(current);
    }
    return { transport: current, remote };
  }

  /**
   * Sends a message; `onError` is called if the transport cannot, at once or later, and `onSent` when it
   * has.
   */
  transmit(
    bytes: Uint8Array,
    flow: Flow,
    onError: (error: TransportError) => void,
    onSent?: () => void,
  ): void {
    const { transport, remote } = this.currentFlow(flow);
    // A program may still hold requests and sessions when the core is gone.
    if (this.state === "stopped") return;
    this.trace("out", bytes, { transport, remote });
    const fail = (cause: unknown): void => {
      if (cause instanceof TransportError) return onError(cause);
      const where = `${transport.protocol} ${remote.host}:${remote.port}`;
      const why = cause instanceof Error ? cause.message : `${cause}`;
      onError(new TransportError(`cannot send to ${where}: ${why}`, { cause }));
    };
    try {
      transport.send(bytes, remote).then(onSent, fail);
    } catch (error) {
      // A transport that throws instead of rejecting breaks its contract, and no call. It fails
      // later like any other: whoever sends has not finished yet.
      queueMicrotask(() => fail(error));
    }
  }

  /**
   * Calls a method of a user's delegate; what it throws, or its promise rejects with, is reported.
   *
   * @param callId Of what it is told about.
   * @param onFailure Called after that report, to do what the user's function has not done.
   */
  callGuest(
    name: string,
    callId: string,
    call: () => unknown,
    onFailure: () => void = () => {},
  ): void {
    const { observers } = this.environment;
    if (!observers.isEmpty) observers.tell((each) => each.delegateCall?.({ name, callId }));
    callThenable(call, (cause) => {
      this.reportGuest(name, cause, callId);
      onFailure();
    });
  }

  private reportGuest(name: string, cause: unknown, callId?: string): void {
    const why = cause instanceof Error ? cause.message : `${cause}`;
    this.report(new DelegateError(`${name} failed: ${why}`, { cause }), callId);
  }

  /** Hands an error to whoever takes them; that one's own errors end here. */
  report(error: StrowgerError, callId?: string): void {
    const { observers } = this.environment;
    if (!observers.isEmpty) observers.tell((each) => each.error?.(error, callId));
    const giveUp = (cause: unknown): void => this.log("warn", `onError failed: ${cause}`);
    callThenable(() => this.environment.onError(error, callId), giveUp);
  }

  /**
   * Does a part of the engine's own work. What it throws would end the process, with every other
   * call in it: XState throws on in a timer, a transport in its read loop.
   */
  guard(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.reportFailure(cause);
    }
  }

  private reportFailure(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : `${cause}`;
    this.report(new InternalError(`the engine failed: ${why}`, { cause }));
  }

  private checkDrained(): void {
    if (this.state === "draining" && this.registry.isQuiet) this.actor.send({ type: "drained" });
  }

  private receiverOf(transport: Transport): TransportReceiver {
    return {
      receive: (bytes, remote) => this.guard(() => this.receive(bytes, { transport, remote })),
      fault: (fault, remote) => this.guard(() => this.refuse(fault, { transport, remote })),
      disconnected: (remote, error) =>
        this.guard(() => this.disconnected({ transport, remote }, error)),
    };
  }

  private receive(bytes: Uint8Array, flow: Flow): void {
    if (this.state === "stopped") return;
    this.trace("in", bytes, flow);
    const parsed = parseMessage(bytes);
    if (parsed.kind === "fault") return this.refuse(parsed, flow);
    parsed.source = flow.remote;
    if (parsed.kind === "request" && isNobodys(parsed.via.host)) {
      flow.transport.noteHost?.(parsed.via.host, flow.remote);
    }
    if (parsed.kind === "response") this.routeResponse(parsed);
    else this.routeRequest(parsed, flow);
  }

  /** RFC 3261 §17.1.3, §18.1.2. */
  private routeResponse(response: IncomingResponseMessage): void {
    // §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD
    // discard the message."
    if (response.hasMoreVias) return this.drop("a response that has more than one Via");
    const client = this.registry.clientOf(response);
    if (client !== undefined) return client.receive(response);
    const isAccept = response.method === "INVITE" && response.statusCode >= 200 &&
      response.statusCode < 300;
    const call = isAccept ? this.registry.callOf(response) : undefined;
    if (call === undefined) return this.drop("a response that belongs to no transaction");
    const { callId, fromTag = "", toTag = "" } = response;
    const dialog = this.registry.dialog(dialogKey(callId, fromTag, toTag));
    if (dialog !== undefined) dialog.repeatAccept(response);
    else this.user.receiveStrayAccept(response, call);
  }

  /** RFC 3261 §17.2.3, §12.2.2. */
  private routeRequest(request: IncomingRequestMessage, flow: Flow): void {
    const { method } = request;
    const isAck = method === "ACK";
    const key = serverKey(request, isAck ? "INVITE" : method);
    const server = this.registry.server(key);
    if (server !== undefined) {
      if (!isAck) return server.repeat();
      if (server.acknowledge(request)) return;
    }
    const { callId, toTag, fromTag = "" } = request;
    if (toTag !== undefined) {
      const dialog = this.registry.dialog(dialogKey(callId, toTag, fromTag));
      if (dialog !== undefined && method !== "CANCEL") return dialog.receive(request, flow);
    }
    if (isAck) return this.drop("an ACK that nobody waits for");
    this.user.receiveRequest(request, flow);
  }

  /** Answers what could not be understood, where that is possible (RFC 3261 §8.2, §18.3). */
  private refuse(fault: Fault, flow: Flow): void {
    this.drop(fault.toString());
    if (fault.request === undefined) return;
    const { bytes } = constructFaultResponse(fault.request, {
      statusCode: fault.status,
      toTag: this.statelessTags.of({ ...fault.request, via: fault.request.via[0] ?? "" }),
      ...(fault.status === 400 ? { reasonPhrase: `Bad Request: ${fault}` } : {}),
    }, flow.remote);
    this.transmit(bytes, flow, (error) => this.report(error));
  }

  /** A socket error fails the requests that used it, and nothing else. */
  private disconnected(flow: Flow, error: Error): void {
    const connection = connectionKey(flow);
    if (connection === undefined) return;
    for (const client of this.registry.usersOf(connection)) client.fail(error);
  }

  /** Says what happens, for whoever follows it. */
  note(what: string): void {
    this.log("debug", what);
  }

  /** Counts a message that nobody takes. */
  drop(what: string): void {
    this.dropped++;
    this.log("debug", `dropped: ${what}`);
  }

  private trace(direction: "in" | "out", bytes: Uint8Array, { transport, remote }: Flow): void {
    const { observers, trace } = this.environment;
    if (trace === undefined && observers.isEmpty) return;
    const { protocol, local } = transport;
    const entry = { direction, bytes, protocol, remote, local };
    observers.tell((each) => each.message?.(entry));
    callThenable(
      () => trace?.(entry),
      (cause) => this.reportGuest("trace", cause),
    );
  }

  /** A logger is a guest, too, and the last one that could be told. */
  private log(level: keyof Logger, line: string): void {
    callThenable(() => this.environment.logger[level](line), () => {});
  }

  private async closeTransports(): Promise<void> {
    for (const each of this.registry.all()) each.dispose();
    const { locator, transports } = this.environment;
    locator.close();
    await Promise.allSettled(transports.map(async (transport) => await transport.close()));
  }
}

/** Calls something that may throw, or return a promise that is rejected. */
function callThenable(call: () => unknown, onFailure: (cause: unknown) => void): void {
  try {
    const result = call();
    // Any thenable: a promise of another realm is no `Promise` here.
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") {
      Promise.resolve(result).catch(onFailure);
    }
  } catch (cause) {
    onFailure(cause);
  }
}
