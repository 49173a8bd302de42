/**
 * A connection, as the transport that it belongs to sees it: of a stream, or a WebSocket.
 *
 * @module
 */
import type { Destination, TransportReceiver } from "./transport.ts";

/** See the module. */
export interface Connection {
  /** The far end: whom this end called, or where the connection came from. */
  readonly remote: Destination;
  /** Whether it was ever established. */
  readonly established: boolean;
  /** Whether something can still be sent by it, as far as is known here. */
  readonly usable: boolean;
  /** Octets that wait for the far end to read. */
  readonly queuedBytes: number;
  /** Starts reading. */
  read(receiver: TransportReceiver): void;
  /** Queues one message, and resolves when the network has taken it. */
  send(bytes: Uint8Array): Promise<void>;
  /** See {@linkcode Transport.ping}. */
  ping(): Promise<void>;
  /** Ends it because the transport closes, after what is queued if that leaves soon. */
  close(): void;
}

/** What a connection tells the transport that it belongs to. */
export interface ConnectionOwner {
  /** Nothing more can be sent by it, although what is queued still leaves. */
  retired(connection: Connection, error: Error): void;
  /** It is gone. */
  closed(connection: Connection): void;
  /** A deadline has passed, and it is ended. */
  expired(): void;
  /** A message was refused, since too much waits for the far end to read. */
  overflowed(): void;
}
