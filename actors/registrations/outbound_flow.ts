/**
 * The flow that a registration goes by, at work: it is watched over, asked whether it is still there, and
 * formed again when it is not (RFC 5626 §4.4, §4.5).
 *
 * @module
 */
import {
  DEFAULT_RECOVERY,
  type FlowEmission,
  type FlowEvent,
  flowMachine,
  type FlowState,
  flowStateOf,
} from "../../machines/mod.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import { connectionKey, type Flow } from "../locating/flow.ts";
import type { ConnectionUser } from "../registry.ts";
import type { Supervisor } from "../supervisor.ts";

/** Whoever uses a flow. */
export interface FlowUser {
  /** That of the registration. */
  readonly callId: string;
  /** Forms it: by a REGISTER. */
  connect(): void;
  /** It is tried again in so many milliseconds. */
  backOff(delay: number): void;
  /** Whether another flow of the same account works. */
  othersWork(): boolean;
  /** It is in another state; `probing`, which comes and goes with each keep-alive, is none. */
  changed(state: FlowState): void;
}

/** How often it is asked: the milliseconds between two keep-alives, at least and at most. */
export interface KeepAlive {
  readonly least: number;
  readonly most: number;
  /** Whether the far end has promised to answer. */
  readonly isOwed: boolean;
}

const RANDOM_STEPS = 2 ** 20;

/** See the module. */
export class OutboundFlow {
  /** How often its connection was another one, or its address another one, since it began. */
  incarnation = 0;
  private readonly supervisor: Supervisor;
  private readonly user: FlowUser;
  private readonly actor: ActorOf<typeof flowMachine>;
  private told: FlowState = "connecting";
  /** The keep-alive that is waited for. A refresh that goes through meanwhile does not answer it. */
  private openPing: object | undefined;
  /** What it went by when it was open last, and what hears of the loss of its connection. */
  private way: { readonly flow: Flow; readonly watcher: ConnectionUser } | undefined;

  /** Nothing happens before `start`. */
  constructor(supervisor: Supervisor, user: FlowUser) {
    this.supervisor = supervisor;
    this.user = user;
    this.actor = makeActor(
      supervisor.actors,
      user.callId,
      flowMachine,
      DEFAULT_RECOVERY,
      (emission) => this.tell(emission),
    );
  }

  /** How it is. */
  get state(): FlowState {
    return flowStateOf(this.actor.state);
  }

  /** Whether it works. */
  get isUp(): boolean {
    return this.state === "open" || this.state === "probing";
  }

  /** Forms it for the first time. */
  start(): void {
    this.actor.start();
  }

  /** A REGISTER that went this way was accepted. */
  open(flow: Flow, { least, most, isOwed }: KeepAlive): void {
    this.watch(flow);
    const canPing = flow.transport.ping !== undefined;
    this.send({
      type: "opened",
      least: canPing ? least : 0,
      most: canPing ? most : 0,
      isOwed,
      random: this.random(),
    });
  }

  /** It is gone: nothing comes back by it. */
  lose(): void {
    this.send({ type: "lost", ...this.failure() });
  }

  /** Whoever it leads to has refused a REGISTER; not again before so many milliseconds. */
  refuse(retryAfter: number): void {
    this.send({ type: "refused", retryAfter, ...this.failure() });
  }

  /** Forms it anew, at once. */
  reconnect(): void {
    this.send({ type: "reconnect" });
  }

  /** Forgets it. */
  dispose(): void {
    this.send({ type: "dispose" });
  }

  private send(event: FlowEvent): void {
    this.actor.send(event);
  }

  private note(state: FlowState): void {
    if (state === this.told) return;
    this.told = state;
    this.user.changed(state);
  }

  private random(): number {
    return this.supervisor.environment.identifiers.number(RANDOM_STEPS) / RANDOM_STEPS;
  }

  private failure(): { random: number; othersWork: boolean } {
    return { random: this.random(), othersWork: this.user.othersWork() };
  }

  /** Hears of it when the connection is lost. Without connections, only a keep-alive can tell. */
  private watch(flow: Flow): void {
    this.unwatch();
    const watcher: ConnectionUser = {
      fail: () => {
        if (this.way?.watcher !== watcher) return;
        this.incarnation++;
        if (this.isUp) this.lose();
      },
    };
    this.way = { flow, watcher };
    this.supervisor.registry.joinConnection(connectionKey(flow), watcher);
  }

  private unwatch(): void {
    if (this.way === undefined) return;
    const { flow, watcher } = this.way;
    this.way = undefined;
    this.supervisor.registry.leaveConnection(connectionKey(flow), watcher);
  }

  private ping(): void {
    const { way } = this;
    if (way?.flow.transport.ping === undefined) return;
    const { transport, remote } = way.flow;
    const ping = this.openPing = {};
    const answered = (error?: unknown): void => {
      // A loss of the connection may have told the same already.
      if (this.openPing !== ping) return;
      if (error === undefined) return this.send({ type: "answered", random: this.random() });
      const why = error instanceof Error ? error.message : `${error}`;
      this.supervisor.note(`a keep-alive to ${remote.host} failed: ${why}`);
      this.send({ type: "unanswered", ...this.failure() });
    };
    const settle = (error?: unknown): void => this.supervisor.guard(() => answered(error));
    try {
      transport.ping?.(remote).then(() => settle(), (error) => settle(error ?? true));
    } catch (error) {
      queueMicrotask(() => settle(error ?? true));
    }
  }

  private tell(emission: FlowEmission): void {
    switch (emission.type) {
      case "connect":
        this.openPing = undefined;
        this.note("connecting");
        return this.user.connect();
      case "open":
        return this.note("open");
      case "ping":
        return this.ping();
      case "failed":
        this.openPing = undefined;
        // Its connection may still be there, and be lost before the next REGISTER: calls hear of that.
        return;
      case "backOff":
        this.note("backingOff");
        return this.user.backOff(emission.delay);
      case "terminated":
        this.openPing = undefined;
        this.unwatch();
        return this.note("closed");
    }
  }
}
