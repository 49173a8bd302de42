/**
 * A transport that fails when a test wants it to.
 *
 * @module
 */
import type { Destination, LocalAddress, Transport, TransportReceiver } from "@strowger/sip";

/** Another transport, with a hook in `send`. */
export class HookedTransport implements Transport {
  readonly protocol: string;
  readonly reliable: boolean;
  readonly secure: boolean;
  readonly local: LocalAddress;
  /** Where the core takes messages; for tests that report faults and lost connections. */
  receiver: TransportReceiver | undefined;
  /** How often it was closed. */
  closed = 0;
  /**
   * Called with each message before it is sent: what it throws is thrown by `send`; a promise that
   * it returns is what `send` returns, and nothing is sent.
   */
  onSend: (text: string, to: Destination) => Promise<void> | void = () => {};
  /** What answers a keep-alive; where it is set before the core is made, the transport has pings. */
  ping?: (to: Destination) => Promise<void>;
  private readonly inner: Transport;

  constructor(inner: Transport) {
    this.inner = inner;
    this.protocol = inner.protocol;
    this.reliable = inner.reliable;
    this.secure = inner.secure;
    this.local = inner.local;
  }

  attach(receiver: TransportReceiver): void {
    this.receiver = receiver;
    this.inner.attach(receiver);
  }

  send(bytes: Uint8Array, to: Destination): Promise<void> {
    return this.onSend(new TextDecoder().decode(bytes), to) ?? this.inner.send(bytes, to);
  }

  close(): Promise<void> {
    this.closed++;
    return this.inner.close();
  }
}
