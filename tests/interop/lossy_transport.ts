/**
 * A transport that loses some of what it is given, in both directions: the loopback never does.
 */
import type { Destination, LocalAddress, Transport, TransportReceiver } from "@strowger/sip";

/** See the module. */
export class LossyTransport implements Transport {
  readonly protocol: string;
  readonly reliable: boolean;
  readonly secure: boolean;
  readonly local: LocalAddress;
  /** How many messages were lost. */
  lost = 0;
  private readonly transport: Transport;
  private readonly share: number;
  private seed = 1;

  /** @param share How much is lost, from 0 to 1. */
  constructor(transport: Transport, share: number) {
    this.transport = transport;
    this.share = share;
    this.protocol = transport.protocol;
    this.reliable = transport.reliable;
    this.secure = transport.secure;
    this.local = transport.local;
  }

  attach(receiver: TransportReceiver): void {
    this.transport.attach({
      receive: (bytes, from) => {
        if (!this.loses()) receiver.receive(bytes, from);
      },
      fault: (fault, from) => receiver.fault(fault, from),
      disconnected: (from, error) => receiver.disconnected(from, error),
    });
  }

  send(bytes: Uint8Array, to: Destination): Promise<void> {
    return this.loses() ? Promise.resolve() : this.transport.send(bytes, to);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  /** The same in every run, as far as the messages are: a linear congruential generator. */
  private loses(): boolean {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    const isLost = this.seed / 2 ** 32 < this.share;
    if (isLost) this.lost++;
    return isLost;
  }
}
