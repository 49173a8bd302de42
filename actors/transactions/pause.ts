/**
 * The time between two attempts of a request, while no transaction of it is open.
 *
 * @module
 */
import { type PauseEmission, pauseMachine } from "../../machines/mod.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import type { ClientEntry } from "../registry.ts";
import type { Supervisor } from "../supervisor.ts";

/** See the module. It is in the registry, so that a core that is being stopped ends it. */
export class Pause implements ClientEntry {
  /** No response is for it. */
  readonly sentBy = "";
  readonly callId: string;
  private readonly supervisor: Supervisor;
  /** What names it in the registry: its own, since one pause may begin before another is gone. */
  private readonly branch: string;
  private readonly listener: (emission: PauseEmission) => void;
  private readonly actor: ActorOf<typeof pauseMachine>;

  /**
   * Nothing is entered, and no time passes, before `start`.
   *
   * @param callId Whose pause it is.
   * @param delay In milliseconds.
   */
  constructor(
    supervisor: Supervisor,
    callId: string,
    delay: number,
    listener: (emission: PauseEmission) => void,
  ) {
    this.supervisor = supervisor;
    this.callId = callId;
    this.branch = supervisor.environment.identifiers.branch();
    this.listener = listener;
    this.actor = makeActor(
      supervisor.actors,
      callId,
      pauseMachine,
      { delay },
      (emission) => this.tell(emission),
    );
  }

  /** Lets the time pass. */
  start(): void {
    const { registry } = this.supervisor;
    registry.addClient(this.branch, "", undefined, this);
    registry.unsettle();
    this.actor.start();
  }

  /** There is no next attempt. */
  cancel(): void {
    this.actor.send({ type: "cancel" });
  }

  receive(): void {}

  fail(): void {}

  end(): void {
    this.cancel();
  }

  dispose(): void {
    this.actor.send({ type: "dispose" });
  }

  private tell(emission: PauseEmission): void {
    this.listener(emission);
    if (emission.type !== "terminated") return;
    const { registry } = this.supervisor;
    registry.removeClient(this.branch, "");
    registry.settle();
  }
}
