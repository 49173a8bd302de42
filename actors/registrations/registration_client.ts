/**
 * A registration that is kept up: refreshed before it expires, made anew when its flow is lost, and
 * removed in the end (RFC 3261 §10.2, RFC 5626).
 *
 * @module
 */
import {
  type InviteClientEmission,
  MAX_EXPIRES,
  type RegistrationEmission,
  registrationMachine,
} from "../../machines/mod.ts";
import {
  type IncomingResponseMessage,
  InvalidStateError,
  type OutgoingRequestMessage,
  ProtocolError,
  TransportError,
  type URI,
} from "../../messages/mod.ts";
import type { Transport } from "../../transports/transport.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import { Attempts } from "../transactions/attempts.ts";
import { addressOf } from "../authentication/credentials.ts";
import { type Flow, nextHopOf } from "../locating/flow.ts";
import { OutboundFlow } from "./outbound_flow.ts";
import { keepAliveOf, RegisterRequests, type RequestMaker } from "./register_request.ts";
import { type Granted, readGranted } from "./register_response.ts";
import type {
  FlowState,
  Registration,
  RegistrationDelegate,
  RegistrationOptions,
  RegistrationState,
} from "./registration.ts";
import type { RegisteredAddress } from "./registrations.ts";
import type { RegistrationEntry } from "../registry.ts";
import { retryAfterOf, willPass } from "../transactions/retry_after.ts";
import type { Supervisor } from "../supervisor.ts";
import { responseOf } from "../transactions/local_response.ts";

/** What is said of the place of a registration while it has yet to be made from another network. */
const ANOTHER_NETWORK = "another network";

/** See the module. */
export class RegistrationClient implements Registration, RegisteredAddress, RegistrationEntry {
  delegate?: RegistrationDelegate;
  readonly aor: URI;
  private readonly supervisor: Supervisor;
  private readonly options: RegistrationOptions;
  private readonly requests: RegisterRequests;
  private readonly actor: ActorOf<typeof registrationMachine>;
  private flow: OutboundFlow;
  private prepared: Attempts | undefined;
  private attempts: Attempts | undefined;
  /** Whether the last REGISTER has no final response yet. */
  private isOpen = false;
  private granted: Granted | undefined;
  /** The last final response. */
  private response: IncomingResponseMessage | undefined;
  private way: Flow | undefined;
  /** Where this side was reached by the last binding. */
  private place: string | undefined;
  private wasRegistered = false;
  private isDisposed = false;
  /** What has failed, until the flow says when it is tried again. */
  private failure: IncomingResponseMessage | undefined;
  private readonly over: Promise<void>;
  private resolveOver: () => void = () => {};

  /** Prepares it; nothing is sent before `start`. */
  constructor(
    supervisor: Supervisor,
    options: RegistrationOptions,
    make: RequestMaker,
    delegate: RegistrationDelegate | undefined,
  ) {
    this.supervisor = supervisor;
    this.options = options;
    this.aor = options.aor;
    if (delegate !== undefined) this.delegate = delegate;
    this.over = new Promise((resolve) => this.resolveOver = resolve);
    this.requests = new RegisterRequests(supervisor.environment, options, make);
    this.actor = makeActor(
      supervisor.actors,
      this.requests.callId,
      registrationMachine,
      supervisor.environment.timers,
      (emission) => this.tell(emission),
    );
    this.flow = this.makeFlow();
  }

  /**
   * Enters it, and sends the first REGISTER.
   *
   * @throws `InvalidArgumentError` for what cannot go onto the wire.
   */
  start(): this {
    const { registry, environment } = this.supervisor;
    // What a program has asked for may make no message: it hears of it now, and not with each REGISTER.
    this.prepared = this.prepare(this.requests.binding.expires);
    registry.addRegistration(this);
    environment.registrations.add(this);
    this.actor.start();
    this.flow.start();
    return this;
  }

  get state(): RegistrationState {
    const { request, binding } = this.actor.state;
    if (request === "closed") return "Terminated";
    if (typeof binding === "object") return "Registered";
    return this.wasRegistered ? "Unregistered" : "Initial";
  }

  get flowState(): FlowState {
    return this.flow.state;
  }

  get isRegistered(): boolean {
    return this.state === "Registered";
  }

  get isUp(): boolean {
    return this.flow.isUp;
  }

  get transport(): Transport | undefined {
    return this.way?.transport;
  }

  get expires(): number | undefined {
    return this.granted?.expires;
  }

  get gruus(): { readonly public?: URI; readonly temporary?: URI } {
    return this.granted?.gruus ?? {};
  }

  get distinctContact(): string | undefined {
    const { options: { gruu = "public", contact }, granted } = this;
    const made = gruu === "none" ? undefined : granted?.gruus[gruu];
    if (made !== undefined) return `<${made}>`;
    if (granted?.isOutbound !== true) return contact && `<${contact}>`;
    // RFC 5626 §4.3: "ob" in a Contact that makes a dialog has its requests sent over the same flow.
    const uri = this.requests.binding.uri.clone();
    uri.setParam("ob", null);
    return `<${uri}>`;
  }

  get contact(): string {
    return this.distinctContact ?? `<${this.requests.binding.uri}>`;
  }

  get routeSet(): readonly string[] {
    const own = this.requests.routeSet;
    const [first, ...others] = this.granted?.serviceRoute ?? [];
    if (first === undefined) return own;
    // RFC 3608 §6.1 leaves open what becomes of an outbound proxy: it is the first hop, and not twice.
    return own.at(-1) === first ? [...own, ...others] : [...own, first, ...others];
  }

  register(): void {
    const { state } = this;
    if (state === "Terminated") {
      throw new InvalidStateError("register: expected a registration that goes on, found it over");
    }
    if (this.flowState === "closed") {
      this.flow = this.makeFlow();
      this.flow.start();
    } else if (this.flow.isUp) {
      this.requestNow();
    } else if (this.flowState === "backingOff") {
      this.flow.reconnect();
    }
  }

  unregister(): Promise<void> {
    this.actor.send({ type: "unregister" });
    return this.over;
  }

  end(): void {
    this.unregister();
  }

  dispose(): void {
    this.isDisposed = true;
    this.attempts?.dispose();
    this.actor.send({ type: "dispose" });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  networkChanged(): void {
    // Its calls are told of the new address, whatever that looks like from here.
    this.place = ANOTHER_NETWORK;
    if (this.flowState === "closed") this.forgetPlace();
    else this.flow.reconnect();
  }

  private requestNow(): void {
    const { request } = this.actor.state;
    // One that is under way does as well.
    if (request !== "registering") this.actor.send({ type: "register" });
  }

  private makeFlow(): OutboundFlow {
    return new OutboundFlow(this.supervisor, {
      callId: this.requests.callId,
      connect: () => {
        this.tellFailure(0);
        this.actor.send({ type: "register" });
      },
      backOff: (delay) => this.tellFailure(delay),
      othersWork: () => this.supervisor.environment.registrations.hasOtherFlow(this),
      changed: (state) =>
        this.callGuest("onFlowChange", () => this.delegate?.onFlowChange?.(state)),
    });
  }

  private tell(emission: RegistrationEmission): void {
    switch (emission.type) {
      case "sendRegister":
        return this.send(this.requests.binding.expires);
      case "sendUnregister":
        return this.send(0);
      case "registered":
        this.wasRegistered = true;
        return this.tellOf("onRegistered");
      case "refreshed":
        return this.tellOf("onRefreshed");
      case "lapsed":
        // RFC 5627 §4.2: temporary GRUUs are no longer valid; nor is a Service-Route without a binding.
        this.granted = undefined;
        return this.callGuest("onUnregistered", () => this.delegate?.onUnregistered?.());
      case "terminated":
        this.tellFailure(undefined);
        return this.close();
    }
  }

  private tellOf(method: "onRegistered" | "onRefreshed"): void {
    const { response: message } = this;
    if (message === undefined) return;
    this.callGuest(method, () => this.delegate?.[method]?.({ message }));
  }

  private close(): void {
    const { registry, environment } = this.supervisor;
    registry.removeRegistration(this);
    environment.registrations.remove(this);
    this.flow.dispose();
    this.forgetPlace();
    this.callGuest("onUnregistered", () => this.delegate?.onUnregistered?.());
    this.resolveOver();
  }

  private prepare(expires: number): Attempts {
    const { requests } = this;
    const message = requests.next(expires);
    const way = { nextHop: nextHopOf(message) };
    const attempts: Attempts = new Attempts(this.supervisor, message, way, (emission) => {
      // What was superseded by another has nothing to say.
      if (this.attempts === attempts) this.take(attempts, message, expires, emission);
    }, { retry: requests.retry(message), isTrusted: requests.isTrusted });
    return attempts;
  }

  private send(expires: number): void {
    // Its flow is gone, or the network; what was answered may still be repeated.
    if (this.isOpen) this.attempts?.dispose();
    this.attempts = this.prepared ?? this.prepare(expires);
    this.prepared = undefined;
    this.isOpen = true;
    this.attempts.start();
  }

  private take(
    attempts: Attempts,
    request: OutgoingRequestMessage,
    expires: number,
    emission: InviteClientEmission,
  ): void {
    if (["trying", "progress", "retry", "terminated"].includes(emission.type)) return;
    this.isOpen = false;
    const response = this.response = responseOf(request, emission);
    const { flow } = attempts.transaction;
    if (response.statusCode < 300 && !(flow instanceof TransportError)) {
      return this.accept(response, flow, expires);
    }
    if (this.requests.redirect(response)) return this.send(expires);
    if (response.local) this.fail(response, () => this.flow.lose());
    else if (willPass(response) || response.statusCode < 400) {
      this.fail(response, () => this.flow.refuse(retryAfterOf(response, MAX_EXPIRES)));
    } else {
      // What is wrong has to be mended first.
      this.failure = response;
      this.actor.send({ type: "refuse" });
      this.flow.dispose();
      this.tellFailure(undefined);
      this.forgetPlace();
    }
  }

  private accept(response: IncomingResponseMessage, way: Flow, asked: number): void {
    this.requests.settle();
    if (asked === 0) return this.actor.send({ type: "accept", expires: 0 });
    const granted = readGranted(response, this.requests.binding);
    if (granted instanceof ProtocolError) {
      this.supervisor.report(granted, this.requests.callId);
      return this.fail(response, () => this.flow.refuse(0));
    }
    this.granted = granted;
    this.way = way;
    this.flow.open(way, keepAliveOf(granted, way, this.options.keepAlive));
    this.actor.send({ type: "accept", expires: granted.expires });
    this.notePlace(response, way);
  }

  private fail(response: IncomingResponseMessage, blame: () => void): void {
    this.failure = response;
    this.actor.send({ type: "fail" });
    blame();
  }

  private tellFailure(retryIn: number | undefined): void {
    const message = this.failure;
    this.failure = undefined;
    if (message === undefined) return;
    this.callGuest("onFailed", () => this.delegate?.onFailed?.({ message, retryIn }));
  }

  /**
   * Where this side is reached now. The far ends of its calls are told where that is another place: its
   * own address, the one that a NAT gives it, or a new connection.
   */
  private notePlace({ via }: IncomingResponseMessage, { transport }: Flow): void {
    const mapped = `${via.received ?? ""}:${via.rport ?? ""}`;
    const connection = transport.reliable ? this.flow.incarnation : "";
    const place = `${this.requests.binding.uri} ${mapped} ${connection}`;
    const isMoved = this.place !== undefined && this.place !== place;
    this.place = place;
    if (isMoved) this.relocateCalls();
  }

  /** It is not made from the network of now: its calls are told without it. */
  private forgetPlace(): void {
    if (this.place !== ANOTHER_NETWORK) return;
    this.place = undefined;
    // What was granted leads to where this side is no more.
    this.granted = undefined;
    this.relocateCalls();
  }

  private relocateCalls(): void {
    if (this.supervisor.state !== "running") return;
    for (const call of this.supervisor.registry.invitedCalls) {
      if (addressOf(call.session.localURI) === addressOf(this.aor)) call.relocate();
    }
  }

  private callGuest(name: string, call: () => unknown): void {
    if (!this.isDisposed) this.supervisor.callGuest(name, this.requests.callId, call);
  }
}
