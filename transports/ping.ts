/**
 * Keep-alive by ping and pong, at the end that pings (RFC 5626 §4.4.1).
 *
 * @module
 */
import { TransportError } from "../messages/errors.ts";
import type { Clock } from "./clock.ts";

/** §4.4.1: "If the client does not receive a pong within 10 seconds", the flow has failed. */
const PONG_TIMEOUT = 10_000;

/** What is sent: CRLF CRLF (§3.5.1). */
export const PING: Uint8Array<ArrayBuffer> = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);
/** What answers it: one CRLF. */
export const PONG: Uint8Array<ArrayBuffer> = new Uint8Array([0x0d, 0x0a]);

/** A ping that is on its way. */
export class Ping {
  /** Resolves when it is answered. */
  readonly answer: Promise<void>;
  readonly #clock: Clock;
  readonly #timer: unknown;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  /**
   * Starts to wait.
   *
   * @param onSilence Called when there is no pong in time; it is what calls `fail`.
   */
  constructor(clock: Clock, onSilence: (error: TransportError) => void) {
    this.#clock = clock;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = clock.setTimeout(
      () => onSilence(new TransportError(`no pong within ${PONG_TIMEOUT} ms`)),
      PONG_TIMEOUT,
    );
  }

  /** A pong has come. */
  pong(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#resolve();
  }

  /** None will come any more. */
  fail(error: Error): void {
    this.#clock.clearTimeout(this.#timer);
    this.#reject(error);
  }
}
