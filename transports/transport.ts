/**
 * The one interface behind which every transport stands, and which a program may implement for a
 * network of its own (RFC 3261 §18).
 *
 * @module
 */
import type { Fault } from "../messages/fault.ts";

/** IPv4 or IPv6. */
export type AddressFamily = 4 | 6;

/** Where a message goes to, or came from. */
export interface Destination {
  /** A host name or address; an IPv6 address stands without brackets. */
  readonly host: string;
  /** The port, 1 to 65535. */
  readonly port: number;
  /**
   * The connection that a message came by, where the transport has connections. What is sent to a
   * destination that names one goes by it while it is open, and to `host` and `port` otherwise.
   */
  readonly connection?: string;
  /**
   * The domain that was asked for, where `host` is an address that was found for it: whom the far
   * end has to prove to be, over TLS (RFC 5922 §7.3). Without it, `host` is the name.
   */
  readonly name?: string;
  /**
   * Of whom a message came from: the SIP domains, in lower case, that its certificate has proven
   * (RFC 5922 §7.1): that of whom this end has called, or of who has called and was asked for one.
   */
  readonly identities?: readonly string[];
}

/** How others reach this end. */
export interface LocalAddress {
  /** A host name or address; an IPv6 address stands without brackets. */
  readonly host: string;
  /** The port; absent where nobody can connect to this end (RFC 7118 §5). */
  readonly port?: number;
}

/**
 * What a transport hands its messages to: the engine. None of these methods throws.
 */
export interface TransportReceiver {
  /**
   * One whole message. The receiver keeps `bytes`, so a transport that reads into a reused buffer
   * copies first.
   */
  receive(bytes: Uint8Array, from: Destination): void;
  /**
   * A stream can no longer be cut into messages. The receiver may answer, once, through `send` to
   * `from` before it returns; the transport closes the connection after that answer has gone out.
   */
  fault(fault: Fault, from: Destination): void;
  /**
   * The connection named by `from.connection` is gone; requests that used it have failed. Where this
   * end opened it, `from` has the host and port that `send` was called with, and the name if the
   * transport is secure.
   */
  disconnected(from: Destination, error: Error): void;
}

/**
 * A way to send and receive SIP messages.
 *
 * The contract, for whoever implements one:
 *
 * - It exists bound: a program makes it (often with an `await`) and gives it to one
 *   `UserAgentCore`, which calls `attach` once. Nothing is delivered before that.
 * - `send` hands over one whole message. The promise resolves when the network has taken it and
 *   rejects when it could not; it says nothing about arrival. `send` may deliver an answer before
 *   it returns. Messages to one destination leave in the order of the calls, awaited or not.
 * - `bytes` belong to the caller: the transport neither changes them nor keeps them after the
 *   promise has settled.
 * - An error on one connection is reported with `disconnected` and harms no other.
 * - `close` lets what was handed over before leave first, if the network takes it soon, and then
 *   releases everything. From the call on `send` rejects and nothing is delivered.
 */
export interface Transport {
  /** The name in a Via (`UDP`, `TCP`, `TLS`, `WS`, `WSS`), RFC 3261 §20.42. */
  readonly protocol: string;
  /** Whether what was sent arrives, so that no timer has to repeat it (RFC 3261 §17). */
  readonly reliable: boolean;
  /** Whether TLS is below it, so that `sips:` may go this way. */
  readonly secure: boolean;
  /** What Via's sent-by and a Contact name: where this end can be reached. */
  readonly local: LocalAddress;
  /**
   * To which kinds of addresses it can send, the preferred one first (RFC 7984); to both, IPv6 first,
   * where it does not say.
   */
  readonly families?: readonly AddressFamily[];
  /**
   * Set by transports that reach one far end only (a WebSocket to a proxy): every request goes
   * there, whatever its URI says.
   */
  readonly fixedRemote?: Destination;
  /**
   * Notes that a host at which nobody can be called, as those who open a WebSocket have one in Via and
   * Contact (RFC 7118 §5), is at the far end of the connection that `at` names. It stays so until that
   * connection is gone, whoever else says that he is there. Where connections are not known, it is
   * missing.
   */
  noteHost?(host: string, at: Destination): void;
  /** Where what is for such a host goes, while its connection is open. */
  destinationOf?(host: string): Destination | undefined;
  /** Starts delivering to `receiver`. Called once. */
  attach(receiver: TransportReceiver): void;
  /** Sends one message; see above for the promise. */
  send(bytes: Uint8Array, to: Destination): Promise<void>;
  /**
   * Sends a ping by the connection to `to`, which has to be open (RFC 5626 §4.4.1): resolves on the
   * pong; rejects with a TransportError if there is no such connection, if it is lost, or if there
   * is no pong within 10 s, after which the connection is closed. One ping is on its way at a time;
   * a second call waits for the same pong. Without connections it is STUN that asks (§4.4.2), and
   * another address of this end than the time before is a failure, too. Missing where neither is known.
   */
  ping?(to: Destination): Promise<void>;
  /**
   * Ends every connection at once, and reports none: this machine is on another network, where they
   * lead nowhere, and whoever calls this knows it. What is sent later opens new ones. Missing where
   * there are none.
   */
  disconnect?(): void;
  /** Closes every socket, after what was sent before. Resolves when they are closed. */
  close(): Promise<void>;
}
