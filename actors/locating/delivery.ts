/**
 * A message that no client transaction carries, on its way to the first place that takes it: the ACK to
 * a 2xx, and a response whose own way has failed (RFC 3263 §4.3, §5).
 *
 * @module
 */
import { TransportError } from "../../messages/mod.ts";
import type { Flow } from "./flow.ts";
import { Itinerary } from "./itinerary.ts";
import type { Located } from "./locator.ts";
import type { Supervisor } from "../supervisor.ts";

/** What is delivered. */
export interface Deliverable {
  /** The message as it goes one way; called again for each other way. */
  print(flow: Flow | TransportError): Uint8Array;
  /** Called when somebody has taken it. */
  onSent?(): void;
  /** Called when nobody takes it. */
  onError(error: TransportError): void;
  /** Whether it has to leave UDP where it is large (RFC 3261 §18.1.1). */
  readonly isRequest?: boolean;
}

/** See the module. */
export class Delivery {
  private readonly supervisor: Supervisor;
  private readonly deliverable: Deliverable;
  /** Where it goes, once that is known. */
  private itinerary: Itinerary | undefined;
  private bytes: Uint8Array = new Uint8Array();
  private isWaiting = false;

  /**
   * Nothing is sent yet; where it is known where to, the message is printed.
   *
   * @param located Where it may go.
   */
  constructor(
    supervisor: Supervisor,
    located: Located | Promise<Located>,
    deliverable: Deliverable,
  ) {
    this.supervisor = supervisor;
    this.deliverable = deliverable;
    if (located instanceof Promise) {
      void located.then((found) => supervisor.guard(() => this.begin(found)));
    } else {
      this.begin(located);
    }
  }

  /** Sends it, as soon as it is known where to; again where it last went. */
  send(): void {
    const { deliverable, itinerary } = this;
    if (itinerary === undefined) this.isWaiting = true;
    else if (itinerary.flow instanceof TransportError) deliverable.onError(itinerary.flow);
    else {
      // The ACK is the same every time; of responses it is the last one that counts.
      if (!deliverable.isRequest) this.print(itinerary);
      const fail = (error: TransportError): void => this.fail(error);
      this.supervisor.transmit(this.bytes, itinerary.flow, fail, () => deliverable.onSent?.());
    }
  }

  private begin(found: Located): void {
    this.itinerary = new Itinerary(this.supervisor.environment.locator, found);
    this.print(this.itinerary);
    if (this.isWaiting) this.send();
  }

  private print(itinerary: Itinerary): void {
    const { deliverable } = this;
    const { transports } = this.supervisor.environment;
    this.bytes = deliverable.print(itinerary.flow);
    if (deliverable.isRequest && itinerary.enlarge(this.bytes.length, transports)) {
      this.bytes = deliverable.print(itinerary.flow);
    }
  }

  private fail(error: TransportError): void {
    const { itinerary } = this;
    itinerary?.fail(this.supervisor.environment.avoidFailedFor);
    if (!itinerary?.hasNext(true)) return this.deliverable.onError(error);
    itinerary.advance(true);
    this.print(itinerary);
    this.send();
  }
}
