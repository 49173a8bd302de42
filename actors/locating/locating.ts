/**
 * The time in which somebody is asked where a request goes (RFC 3263 §4).
 *
 * @module
 */
import { type LocatingEmission, locatingMachine } from "../../machines/mod.ts";
import { type ActorOf, makeActor } from "../actor.ts";
import type { Located } from "./locator.ts";
import type { ClientEntry } from "../registry.ts";
import type { Supervisor } from "../supervisor.ts";

/** See the module. It is in the registry, so that a core that is being stopped ends it. */
export class Locating implements ClientEntry {
  /** No response is for it. */
  readonly sentBy = "";
  readonly callId: string;
  private readonly supervisor: Supervisor;
  /** What names it in the registry. */
  private readonly branch: string;
  private readonly located: Promise<Located>;
  /** Where the request goes, once it is known. */
  found: Located | undefined;
  private readonly listener: (emission: LocatingEmission) => void;
  private readonly onDrain: () => void;
  private readonly actor: ActorOf<typeof locatingMachine>;

  /**
   * Nothing is entered before `start`.
   *
   * @param callId Whose request it is.
   * @param located Where the request goes; the promise is never rejected.
   * @param onDrain What ends the request politely.
   */
  constructor(
    supervisor: Supervisor,
    callId: string,
    located: Promise<Located>,
    listener: (emission: LocatingEmission) => void,
    onDrain: () => void,
  ) {
    this.supervisor = supervisor;
    this.callId = callId;
    this.branch = supervisor.environment.identifiers.branch();
    this.located = located;
    this.listener = listener;
    this.onDrain = onDrain;
    this.actor = makeActor(
      supervisor.actors,
      callId,
      locatingMachine,
      {},
      (emission) => this.tell(emission),
    );
  }

  /** Waits. */
  start(): void {
    const { registry } = this.supervisor;
    registry.addClient(this.branch, "", undefined, this);
    registry.unsettle();
    this.actor.start();
    void this.located.then((found) => {
      this.found = found;
      this.actor.send({ type: "located" });
    });
  }

  /** Nothing is to be sent. */
  cancel(): void {
    this.actor.send({ type: "cancel" });
  }

  receive(): void {}

  fail(): void {}

  end(): void {
    this.onDrain();
  }

  dispose(): void {
    this.actor.send({ type: "dispose" });
  }

  private tell(emission: LocatingEmission): void {
    this.listener(emission);
    if (emission.type !== "terminated") return;
    const { registry } = this.supervisor;
    registry.removeClient(this.branch, "");
    registry.settle();
  }
}
